//! The lookup of a name: one row for each question to a server, which what came of it is added to.

use super::{Place, Reader, Row, Span, Tone};
use crate::trace::quantity::{count, time};
use decide::step::{DnsStep, Step, Text};
use decide::time::Instant;
use std::collections::BTreeMap;

/// The row that the last question of each lookup has in the station.
pub(super) type Questions = BTreeMap<u64, usize>;

impl Reader<'_> {
    pub(super) fn dns(&mut self, at: Instant, step: &Step) -> bool {
        let Step::Dns(step) = step else { return false };
        if self.station().is_none_or(|station| station.place != Place::Name) {
            self.open(Place::Name, at);
            self.set_text("…".to_string());
            self.dns.clear();
        }
        let known = self.dns_question(at, step) || self.dns_outcome(at, step) || self.dns_warning(step);
        if !known {
            self.dns_beginning(at, step);
        }
        true
    }

    fn dns_question(&mut self, at: Instant, step: &DnsStep) -> bool {
        match *step {
            DnsStep::AskedNameServer { lookup, server, called, zone, name, kind, over, why } => {
                let (server, called, zone) = (self.text(server), self.text(called), self.text(zone));
                let whom = if called.is_empty() { server } else { format!("{called} ({server})") };
                let of = if called.is_empty() { String::new() } else { format!(" of {}", zone_name(&zone)) };
                let why = match why {
                    "first" => String::new(),
                    "strays" => ", over TCP for messages that were not the answer".to_string(),
                    "truncated" => ", over TCP".to_string(),
                    "without-edns" => ", without EDNS".to_string(),
                    other if over == "tcp" => format!(", {} over TCP", other.replace('-', " ")),
                    other => format!(", {}", other.replace('-', " ")),
                };
                let text = format!("{} {} at {whom}{of}{why}", self.text(name), self.text(kind));
                if let Some(station) = self.station() {
                    let row = station.rows.len();
                    self.dns.insert(lookup, row);
                }
                self.say_at(self.point(at), "ask", text, Tone::Plain);
            }
            DnsStep::NameServerAnswered { lookup, code, flags, took, size, answers, authority, additional, .. } => {
                let code = self.text(code);
                let mut text = if code == "NOERROR" { String::new() } else { format!(" → {code}") };
                if self.options.verbose {
                    let flags = self.text(flags);
                    let flags = if flags.is_empty() { String::new() } else { format!(" {flags},") };
                    text = format!(" → {code},{flags} {answers}+{authority}+{additional} records in {} bytes", size.0);
                }
                self.dns_add(lookup, &text, Some(self.before(at, took)), Tone::Plain);
            }
            DnsStep::DnsAnswerTruncated { lookup, .. } => self.dns_add(lookup, " → cut off", None, Tone::Plain),
            DnsStep::NameServerFailed { lookup, why, took, .. } => {
                let why = self.text(why);
                self.dns_add(lookup, &format!(" → {why}"), Some(self.before(at, took)), Tone::Bad);
            }
            DnsStep::Referred { lookup, to, servers, glue, ttl, .. } => {
                let (to, servers) = (self.text(to), self.text(servers));
                let number = servers.split(' ').filter(|name| !name.is_empty()).count();
                let mut text = format!(" → on to {to}, {}", count(number, "server", "servers"));
                if self.options.verbose {
                    text += &format!(
                        ": {servers}; {} came along; for {} s",
                        count(usize::try_from(glue).unwrap_or(0), "address", "addresses"),
                        ttl.as_secs()
                    );
                }
                self.dns_add(lookup, &text, None, Tone::Plain);
            }
            DnsStep::NoZoneCut { lookup, .. } => self.dns_add(lookup, " → no zone of its own", None, Tone::Plain),
            DnsStep::AliasFollowed { lookup, to, by, .. } => {
                let to = self.text(to);
                self.dns_add(lookup, &format!(" → {to} ({by})"), None, Tone::Plain);
            }
            _ => return false,
        }
        true
    }

    fn dns_outcome(&mut self, at: Instant, step: &DnsStep) -> bool {
        let verbose = self.options.verbose;
        match *step {
            DnsStep::RecordsFound { lookup, name, kind, records, ttl, .. } => {
                let text = format!(" → {}, for {} s", self.text(records), ttl.as_secs());
                self.dns_end(at, lookup, (name, kind), &text, Tone::Good);
            }
            DnsStep::RecordsAbsent { lookup, name, kind, why, ttl, .. } => {
                let text = format!(" → {}, for {} s", why.replace('-', " "), ttl.as_secs());
                self.dns_end(at, lookup, (name, kind), &text, Tone::Plain);
            }
            DnsStep::LookupFailed { lookup, name, kind, why, took } => {
                let text = format!(" → failed after {}: {}", time(took), self.text(why));
                self.dns.remove(&lookup);
                self.dns_end(at, lookup, (name, kind), &text, Tone::Bad);
            }
            DnsStep::FoundInDnsCache { lookup, name, kind, what, ttl } => {
                let text = format!("{} {}: {}, for {} s more", self.text(name), self.text(kind), self.text(what), ttl.as_secs());
                if let Some(station) = self.station() {
                    let row = station.rows.len();
                    self.dns.insert(lookup, row);
                }
                self.say_at(self.point(at), "known", text, Tone::Plain);
            }
            DnsStep::ServiceTold { name, record, then } => {
                let text = format!("{} HTTPS {}: {}", self.text(name), self.text(record), then.replace('-', " "));
                self.say("service", text, if then == "used" || then == "alias" { Tone::Plain } else { Tone::Warning });
            }
            DnsStep::SubnetScoped { subnet, scope, .. } => {
                let for_whom = if scope == 0 { "for everybody".to_string() } else { format!("for a subnet of {scope} bits") };
                let text = format!("told {}; the answer is {for_whom}", self.text(subnet));
                self.say("subnet", text, Tone::Plain);
            }
            DnsStep::LookupBegan { .. } | DnsStep::StartedAtZone { .. } => return !verbose,
            _ => return false,
        }
        true
    }

    fn dns_warning(&mut self, step: &DnsStep) -> bool {
        match *step {
            DnsStep::ExtendedDnsError { code, meaning, text, .. } => {
                let (meaning, text) = (self.text(meaning), self.text(text));
                let text = if text.is_empty() { String::new() } else { format!(": {text}") };
                self.say("why", format!("{meaning} ({code}){text}"), Tone::Warning);
            }
            DnsStep::DnsMessageDropped { from, why, .. } => {
                let why = match why {
                    "source" => "it is not from the server that was asked",
                    "id" => "it has another id than the query",
                    "question" => "it is about another question",
                    "not-an-answer" => "it is no answer",
                    other => other,
                };
                self.say("dropped", format!("a message from {}: {why}", self.text(from)), Tone::Warning);
            }
            DnsStep::GlueRejected { record, why, .. } | DnsStep::DnsRecordRejected { record, why, .. } => {
                let why = match why {
                    "out-of-bailiwick" => "it is not for this server to say",
                    "not-a-server" => "nobody has asked for it",
                    "not-from-dname" => "the DNAME beside it says otherwise",
                    other => other,
                };
                self.say("rejected", format!("{}: {why}", self.text(record)), Tone::Warning);
            }
            DnsStep::ServerAddressSought { server, zone, .. } => {
                let text = format!("the address of {}, a server of {}", self.text(server), zone_name(&self.text(zone)));
                self.say("needed", text, Tone::Plain);
            }
            DnsStep::ServerAddressMissing { server, zone, why, .. } => {
                let text = format!("{}, a server of {}: {why}", self.text(server), zone_name(&self.text(zone)));
                self.say("nowhere", text, Tone::Warning);
            }
            DnsStep::MinimisationEnded { why, .. } => self.say("whole", why, Tone::Warning),
            _ => return false,
        }
        true
    }

    fn dns_beginning(&mut self, at: Instant, step: &DnsStep) {
        match *step {
            DnsStep::HostsFileNamed { line: 0, .. } => self.say("hosts", "localhost is this machine, whatever the files say", Tone::Plain),
            DnsStep::HostsFileNamed { line, address, .. } => {
                self.say("hosts", format!("line {line} of /etc/hosts: {}", self.text(address)), Tone::Plain);
            }
            DnsStep::NameTried { name, why } => {
                let why = if why == "search-list" { "by the search list of /etc/resolv.conf" } else { "as it is" };
                self.say_at(self.point(at), "as", format!("{}, {why}", self.text(name)), Tone::Plain);
            }
            DnsStep::LookupBegan { lookup, within, name, kind } => {
                let for_whom = if within == 0 { String::new() } else { format!(", which lookup {within} needs") };
                let text = format!("lookup {lookup}: {} {}{for_whom}", self.text(name), self.text(kind));
                self.say_at(self.point(at), "begin", text, Tone::Plain);
            }
            DnsStep::StartedAtZone { lookup, zone, servers, why } => {
                let zone = self.text(zone);
                let servers = usize::try_from(servers).unwrap_or(usize::MAX);
                let whom = match why {
                    "resolver" => count(servers, "resolver", "resolvers"),
                    _ => format!("{} of {}", count(servers, "server", "servers"), zone_name(&zone)),
                };
                self.say_at(self.point(at), "start", format!("lookup {lookup} with {whom} ({})", why.replace('-', " ")), Tone::Plain);
            }
            _ => {}
        }
    }

    /// Adds to the row of a lookup's last question.
    fn dns_add(&mut self, lookup: u64, text: &str, span: Option<Span>, tone: Tone) {
        let Some(place) = self.dns.get(&lookup).copied() else { return };
        self.touched = Some(place);
        if let Some(row) = self.station().and_then(|station| station.rows.get_mut(place)) {
            row.text.push_str(text);
            row.span = span.or(row.span);
            row.tone = if tone == Tone::Plain { row.tone } else { tone };
        }
    }

    /// The end of a lookup: in the row of its last question, or in one of its own if it shared that with another lookup.
    fn dns_end(&mut self, at: Instant, lookup: u64, (name, kind): (Text, Text), text: &str, tone: Tone) {
        if self.dns.contains_key(&lookup) {
            return self.dns_add(lookup, text, None, tone);
        }
        let text = format!("{} {}{text}", self.text(name), self.text(kind));
        self.row(Row { label: "end", text, span: Some(self.point(at)), tone });
    }
}

fn zone_name(zone: &str) -> &str {
    if zone == "." { "the root" } else { zone }
}
