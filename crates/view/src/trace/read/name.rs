//! Names: who was asked, what was said, whom that led to.

use super::{Place, Reader, Tone};
use crate::trace::quantity::count;
use decide::step::{DnsStep, Step, Text};
use decide::time::Instant;

/// Questions that wait for an answer: lookup, server, and how it is told of.
pub(super) type Questions = Vec<(u64, String, String)>;

impl Reader<'_> {
    pub(super) fn dns(&mut self, at: Instant, step: &Step) -> bool {
        let Step::Dns(dns) = *step else { return false };
        if self.station().is_none_or(|station| station.place != Place::Name) {
            self.open(Place::Name, at);
            if let Some(station) = self.station() {
                station.text = "…".to_string();
            }
        }
        let verbose = self.options.verbose;
        match dns {
            DnsStep::HostsFileNamed { line, address, .. } => {
                let text = format!("line {line} of /etc/hosts says {}", self.text(address));
                self.say("hosts", text, Tone::Plain);
            }
            DnsStep::AskedNameServer { lookup, server, called, zone, name, kind, over, why } => {
                let [server, called, zone, name, kind] = [server, called, zone, name, kind].map(|text| self.text(text));
                let at_port = server.strip_suffix(":53").unwrap_or(&server);
                // A resolver has no name here, and is asked about all zones.
                let who = if called.is_empty() { at_port.to_string() } else { format!("{called} ({at_port}) for {zone}") };
                let over = if over == "tcp" { " by TCP" } else { "" };
                if verbose && why != "first" {
                    self.say_at(self.point(at), "asks", format!("{who}{over}: {}", why.replace('-', " ")), Tone::Plain);
                }
                self.questions.retain(|(known, to, _)| (*known, to) != (lookup, &server));
                self.questions.push((lookup, server, format!("{who}{over}, {kind} of {name}")));
            }
            DnsStep::NameServerAnswered { lookup, server, code, flags, answers, took, .. } => {
                let [server, code, flags] = [server, code, flags].map(|text| self.text(text));
                let question = self.question(lookup, &server);
                let flags = if flags.is_empty() || !verbose { String::new() } else { format!(" ({flags})") };
                let records = count(usize::try_from(answers).unwrap_or(usize::MAX), "record", "records");
                let said = if code == "NOERROR" { records } else { code.clone() };
                let tone = if matches!(code.as_str(), "NOERROR" | "NXDOMAIN") { Tone::Plain } else { Tone::Warning };
                self.say_at(self.before(at, took), "asked", format!("{question}: {said}{flags}"), tone);
            }
            DnsStep::NameServerFailed { lookup, server, why, took, .. } => {
                let (server, why) = (self.text(server), self.text(why));
                if self.questions.iter().any(|(known, to, _)| (*known, to) == (lookup, &server)) {
                    let question = self.question(lookup, &server);
                    self.say_at(self.before(at, took), "asked", format!("{question}: {why}"), Tone::Bad);
                } else {
                    // Its answer stands above.
                    self.say("", format!("of no use: {why}"), Tone::Bad);
                }
            }
            DnsStep::Referred { to, servers, glue, .. } => {
                let (to, servers) = (self.text(to), self.text(servers));
                let names: Vec<&str> = servers.split([',', ' ']).filter(|name| !name.is_empty()).collect();
                let more = if names.len() > 2 { format!(" and {} more", names.len() - 2) } else { String::new() };
                let shown = names.iter().take(2).copied().collect::<Vec<_>>().join(", ");
                let glue = if glue > 0 { format!(", {}", count(glue as usize, "address with it", "addresses with it")) } else { String::new() };
                self.say("", format!("it refers to {to}: ask {shown}{more}{glue}"), Tone::Plain);
            }
            DnsStep::AliasFollowed { from, to, by, .. } => {
                let text = format!("{} is an alias for {} ({by})", self.text(from), self.text(to));
                self.say("alias", text, Tone::Plain);
            }
            DnsStep::ServiceTold { record, then, .. } => {
                let text = format!("{}: {}", self.text(record), then.replace('-', " "));
                self.say("service", text, Tone::Plain);
            }
            DnsStep::ExtendedDnsError { server, meaning, text, .. } => {
                let [server, meaning, text] = [server, meaning, text].map(|text| self.text(text));
                let text = if text.is_empty() { text } else { format!(" ({text})") };
                self.say("", format!("{server} says why: {meaning}{text}"), Tone::Warning);
            }
            DnsStep::GlueRejected { record, why, .. } | DnsStep::DnsRecordRejected { record, why, .. } => self.rejected(record, why),
            DnsStep::LookupFailed { name, kind, why, .. } => {
                let text = format!("no answer for {} of {}: {}", self.text(kind), self.text(name), self.text(why));
                self.say("", text, Tone::Bad);
            }
            _ if verbose => self.unknown(at, step),
            _ => {}
        }
        true
    }

    fn question(&mut self, lookup: u64, server: &str) -> String {
        match self.questions.iter().position(|(known, to, _)| (*known, to.as_str()) == (lookup, server)) {
            Some(place) => self.questions.remove(place).2,
            None => server.to_string(),
        }
    }

    fn rejected(&mut self, record: Text, why: &str) {
        let text = format!("not believed, for it is {}: {}", why.replace('-', " "), self.text(record));
        self.say("", text, Tone::Warning);
    }
}
