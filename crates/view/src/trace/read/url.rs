//! URL and name, and how the journey ends.

use super::{End, Leg, Place, Reader, Tone};
use crate::trace::quantity::{count, size, time};
use decide::step::Step;
use decide::time::{Duration, Instant};
use wire::http1::reason_phrase;

impl Reader<'_> {
    pub(super) fn url(&mut self, at: Instant, step: &Step) -> bool {
        match *step {
            Step::UrlRead { url, scheme, port, port_written, .. } => {
                let title = self.text(url);
                self.read.legs.push(Leg { title, ..Leg::default() });
                self.open(Place::Url, at);
                let (speaks, default) = match scheme {
                    "https" => ("HTTP inside TLS", "the default"),
                    "ws" => ("WebSocket", "the default, as of http"),
                    "wss" => ("WebSocket inside TLS", "the default, as of https"),
                    _ => ("HTTP", "the default"),
                };
                let from = if port_written { String::new() } else { format!(" ({default})") };
                self.set_text(format!("{speaks}, port {port}{from}"));
                self.close(at);
            }
            Step::UrlNormalised { rule, before, after } => {
                let (before, after) = (self.text(before), self.text(after));
                let change = match (before.is_empty(), after.is_empty()) {
                    (true, _) => after,
                    (_, true) => before.clone(),
                    _ => format!("{before} → {after}"),
                };
                let text = if before.is_empty() && rule.ends_with(&change) { rule.to_string() } else { format!("{rule}: {change}") };
                self.say("", text, Tone::Plain);
                self.close(at);
            }
            Step::NameResolved { name, addresses, source, ttl, took } => self.name(at, (name, addresses), source, ttl, took),
            Step::Stopped { station, fault, sentence, .. } => self.stopped(at, station, fault, sentence),
            Step::Arrived { status, size: bytes, legs, took } => {
                let legs =
                    if legs > 1 { format!(", after {}", count(usize::from(legs) - 1, "redirect", "redirects")) } else { String::new() };
                let text = format!("{}, {} in {}{legs}", status_text(status), size(bytes.0), time(took));
                self.read.end = Some(End { good: status < 400, text });
            }
            _ => return false,
        }
        true
    }

    fn name(
        &mut self,
        at: Instant,
        (name, addresses): (decide::step::Text, decide::step::Text),
        source: &str,
        ttl: Duration,
        took: Duration,
    ) {
        let span = self.before(at, took);
        let (name, addresses) = (self.text(name), self.text(addresses));
        let text = match source {
            "written" => format!("{name} is an address already"),
            "given" => format!("{name} is {addresses}, as the command line says"),
            _ if addresses.is_empty() => format!("{name} has no address"),
            _ => format!("{name} is {addresses}"),
        };
        if let Some(station) = self.at(Place::Name, at) {
            station.text = text;
            station.open = None;
            station.span = span;
        }
        if ttl > Duration::ZERO && self.options.verbose {
            self.say("", format!("that holds for {} s more", ttl.as_secs()), Tone::Plain);
        }
    }

    fn stopped(&mut self, at: Instant, station: &str, fault: &str, sentence: decide::step::Text) {
        let places = [Place::Url, Place::Name, Place::Connect, Place::Tls, Place::Http, Place::Decode, Place::Socket];
        if let Some(place) = places.into_iter().find(|place| place.name() == station) {
            if self.read.legs.is_empty() {
                self.read.legs.push(Leg::default());
            }
            // What comes behind the station may be there already.
            let told = place == Place::Decode;
            let known = self.read.legs.last_mut().and_then(|leg| leg.stations.iter_mut().rfind(|station| told && station.place == place));
            if let Some(station) = known {
                station.failed = true;
            } else if let Some(station) = self.at(place, at) {
                station.failed = true;
                if station.text.is_empty() || station.text == "…" {
                    station.text = fault.replace('-', " ");
                }
            }
            self.close(at);
        }
        self.read.end = Some(End { good: false, text: self.text(sentence) });
    }

    pub(super) fn set_text(&mut self, text: String) {
        if let Some(station) = self.station() {
            station.text = text;
        }
    }
}

/// `200 OK`
pub(super) fn status_text(status: u16) -> String {
    match reason_phrase(status) {
        "" => status.to_string(),
        reason => format!("{status} {reason}"),
    }
}
