//! The connection: attempts, ends, what the system measured.

use super::{Place, Reader, Row, Span, Tone};
use crate::text::thousands;
use crate::trace::quantity::{size, time};
use decide::step::Step;
use decide::time::{Duration, Instant};

impl Reader<'_> {
    pub(super) fn connect(&mut self, at: Instant, step: &Step) -> bool {
        match *step {
            Step::ConnectStarted { attempt, address, why } => {
                let address = self.text(address);
                let first = attempt == 1;
                if let Some(station) = self.at(Place::Connect, at)
                    && station.text.is_empty()
                {
                    station.text = format!("to {address}");
                }
                if !first {
                    let why = match why {
                        "no-answer-yet" => "no answer yet to the one before",
                        _ => "one had failed",
                    };
                    self.say_at(self.point(at), "attempt", format!("{attempt} to {address}: {why}"), Tone::Plain);
                }
            }
            Step::ConnectFailed { attempt, address, why, took } => {
                let address = self.text(address);
                let text = match why {
                    "refused" => "refused: nothing listens there",
                    "timeout" => "no answer",
                    "unreachable" => "no route",
                    "overtaken" => "overtaken, and given up",
                    "reset" => "reset",
                    other => other,
                };
                let tone = if why == "overtaken" { Tone::Warning } else { Tone::Bad };
                self.say_at(self.before(at, took), "attempt", format!("{attempt} to {address}: {text}"), tone);
            }
            Step::ConnectionOpened { local, remote, .. } => {
                let (local, remote) = (self.text(local), self.text(remote));
                self.set_text(if local.is_empty() { format!("to {remote}") } else { format!("{local} → {remote}") });
                self.close(at);
            }
            Step::ConnectionReused { remote } => {
                let remote = self.text(remote);
                self.open(Place::Connect, at);
                self.set_text(format!("{remote}, the connection of the leg before"));
                self.close(at);
            }
            Step::TcpMeasured { .. } => self.measured(step),
            Step::ConnectionEnded { by, how } => {
                let who = if by == "us" { "by us" } else { "by the server first" };
                let how = match how {
                    "reset" => "with a reset",
                    "end-of-tls" => "with the end of TLS",
                    _ => "with the end of the stream",
                };
                let tone = if how == "with a reset" { Tone::Bad } else { Tone::Plain };
                self.say_of_line("close", format!("{who}, {how}"), tone);
            }
            _ => return false,
        }
        true
    }

    fn say_of_line(&mut self, label: &'static str, text: String, tone: Tone) {
        if let Some(station) = self.line_station() {
            station.rows.push(Row { label, text, span: None, tone });
        }
    }

    fn measured(&mut self, step: &Step) {
        let Step::TcpMeasured { moment, rtt, rtt_deviation, window, segment, retransmitted, received } = *step else { return };
        if moment != "connected" && !self.options.verbose && (moment != "end" || retransmitted == 0) {
            return;
        }
        let lost = match retransmitted {
            0 => String::new(),
            1 => ", 1 segment sent again".to_string(),
            n => format!(", {} segments sent again", thousands(n)),
        };
        let came = if received.0 > 0 { format!(", {} came", size(received.0)) } else { String::new() };
        let when = match moment {
            "first-byte" => " at the first byte",
            "end" => " at the end",
            _ => "",
        };
        let trip = format!("{} ± {}", time(rtt), time(rtt_deviation));
        let text = format!("round trip {trip}, window {window} × {} bytes{lost}{came}{when}", thousands(segment));
        self.say_of_line("tcp", text, if retransmitted > 0 { Tone::Warning } else { Tone::Plain });
    }
}

/// From the first of these to now.
pub(super) fn since(start: Duration, now: Span) -> Span {
    Span { start, end: now.end }
}
