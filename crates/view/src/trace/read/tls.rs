//! TLS: flights of messages, what was agreed, the chain.

use super::connect::since;
use super::{Place, Reader, Row, Span, Tone};
use crate::text::thousands;
use crate::trace::quantity::count;
use decide::step::Step;
use decide::time::{Duration, Instant};

const HANDSHAKE: &str = "handshake";

/// Messages one way that came close together, until one comes the other way.
#[derive(Default)]
pub(super) struct Flights {
    from: &'static str,
    span: Span,
    named: Vec<String>,
    sealed: (usize, u64),
}

impl Reader<'_> {
    pub(super) fn tls(&mut self, at: Instant, step: &Step) -> bool {
        match *step {
            Step::TlsPrepared { authorities, took } => {
                let span = self.before(at, took);
                if let Some(station) = self.at(Place::Tls, at) {
                    station.begin(span, at, took);
                }
                let known = count(usize::try_from(authorities).unwrap_or(usize::MAX), "authority", "authorities");
                self.say_at(span, "prepared", format!("{known} to trust, random numbers"), Tone::Plain);
            }
            Step::TlsOffered { server_name, versions, groups, shares, suites, alpn, ticket } => {
                self.at(Place::Tls, at);
                if self.options.verbose {
                    let texts = [server_name, versions, groups, shares, alpn].map(|text| self.text(text));
                    let [server_name, versions, groups, shares, alpn] = texts;
                    let name = if server_name.is_empty() { "no name".to_string() } else { format!("the name {server_name}") };
                    self.say("offered", format!("{name}; {versions}; {suites} cipher suites; {alpn}"), Tone::Quoted);
                    self.say("", format!("groups {groups}; keys for {shares}"), Tone::Quoted);
                }
                if ticket {
                    self.say("offered", "a ticket of the connection before", Tone::Plain);
                }
            }
            Step::TlsMessage { from, message, size } => self.message(at, from, message, size.0),
            Step::TlsCertificate { place, subject, issuer, names, holds_from, holds_until, left } => {
                self.certificate(place, [subject, issuer, names, holds_from, holds_until].map(|text| self.text(text)), left);
            }
            Step::TlsVerified { trusted, ignored, why } => {
                let why = self.text(why);
                match (trusted, ignored) {
                    (true, _) => self.say("trust", format!("yes: {why}"), Tone::Good),
                    (false, true) => self.say("trust", format!("no: {why}; --insecure goes on"), Tone::Warning),
                    (false, false) => self.say("trust", format!("no: {why}"), Tone::Bad),
                }
            }
            Step::Secured { version, group, cipher, alpn, resumed, .. } => {
                let version = version.replace("TLSv", "TLS ");
                let alpn = if alpn.is_empty() { "no protocol agreed".to_string() } else { alpn.to_string() };
                let group = if group.is_empty() { String::new() } else { format!(", {group}") };
                let resumed = if resumed { ", resumed by a ticket" } else { "" };
                self.set_text(format!(
                    "{version}{group}, {}, {alpn}{resumed}",
                    cipher.trim_start_matches("TLS13_").trim_start_matches("TLS_")
                ));
                self.close(at);
            }
            _ => return false,
        }
        true
    }

    fn message(&mut self, at: Instant, from: &'static str, message: &'static str, size: u64) {
        self.at(Place::Tls, at);
        let now = self.point(at);
        if self.options.verbose {
            let arrow = arrow(from);
            let label = self.handshake_label();
            return self.say_at(now, label, format!("{arrow} {message}, {} bytes", thousands(size)), Tone::Plain);
        }
        if self.tls.from != from {
            self.end_flight();
            self.tls = Flights { from, span: now, ..Flights::default() };
        }
        self.tls.span = since(self.tls.span.start, now);
        match message {
            "sealed" => self.tls.sealed = (self.tls.sealed.0 + 1, self.tls.sealed.1 + size),
            // A relict, which says nothing (RFC 8446 §D.4).
            "ChangeCipherSpec" => {}
            message => self.tls.named.push(format!("{message} {}", thousands(size))),
        }
    }

    pub(super) fn end_flight(&mut self) {
        let mut flight = std::mem::take(&mut self.tls);
        if flight.sealed.0 > 0 {
            flight.named.push(format!("{} {}", count(flight.sealed.0, "sealed record", "sealed records"), thousands(flight.sealed.1)));
        }
        if !flight.named.is_empty() {
            let text = format!("{} {} bytes", arrow(flight.from), flight.named.join(", "));
            let label = self.handshake_label();
            self.row(Row { label, text, span: Some(flight.span), tone: Tone::Plain });
        }
    }

    /// The first row of a handshake has a label.
    fn handshake_label(&mut self) -> &'static str {
        let begun = self.station().is_some_and(|station| station.rows.iter().any(|row| row.label == HANDSHAKE));
        if begun { "" } else { HANDSHAKE }
    }

    fn certificate(&mut self, place: u16, [subject, issuer, names, from, until]: [String; 5], left: Duration) {
        let days = left.as_secs() / 86_400;
        let left = match days {
            _ if left.is_zero() => "expired".to_string(),
            days => count(usize::try_from(days).unwrap_or(usize::MAX), "day left", "days left"),
        };
        let tone = if left == "expired" { Tone::Bad } else { Tone::Plain };
        if place == 0 {
            let names = if names.is_empty() { subject } else { names };
            self.say("certificate", format!("for {names}"), Tone::Plain);
            self.say("", format!("holds from {from} until {until}, {left}"), tone);
            self.say("", format!("signed by {issuer}"), Tone::Plain);
        } else if self.options.verbose {
            self.say("certificate", format!("{subject}, until {until}, {left}"), tone);
            self.say("", format!("signed by {issuer}"), Tone::Plain);
        }
    }
}

fn arrow(from: &str) -> &'static str {
    if from == "client" { "→" } else { "←" }
}
