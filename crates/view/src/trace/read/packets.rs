//! Packets: rows of the stations whose steps they belong to. They are read when the stations are there.

use super::{Place, Reader, Row, Span, Station, Tone};
use crate::text::thousands;
use crate::trace::quantity::{count, size};
use decide::step::{PacketStep, Step};
use decide::time::Instant;
use std::collections::BTreeMap;

/// So many packets of content in a row have a row each; more are counted.
const MOST_ROWS: usize = 8;
/// So many where everything is wanted.
const MOST_ROWS_VERBOSE: usize = 200;
/// Of packets that are counted, so many that are out of order are named all the same.
const MOST_NAMED: usize = 8;

/// Where steps are shown, and the packets that belong to them.
#[derive(Default)]
pub(super) struct Packets {
    /// By a step's microsecond and name: leg and station.
    places: BTreeMap<(u64, &'static str), (usize, usize)>,
    flows: BTreeMap<u16, Flow>,
    seen: Vec<(Instant, PacketStep)>,
    said: Option<(String, Tone)>,
}

struct Flow {
    over: &'static str,
    local: String,
    remote: String,
}

impl Reader<'_> {
    /// A step of the packets is put aside.
    pub(super) fn packet(&mut self, at: Instant, step: &Step) -> bool {
        let Step::Packets(step) = step else { return false };
        match *step {
            PacketStep::FlowSeen { flow, over, local, remote } => {
                let flow_of = Flow { over, local: self.text(local), remote: self.text(remote) };
                self.packets.flows.insert(flow, flow_of);
            }
            PacketStep::PacketSeen { .. } => self.packets.seen.push((at, *step)),
            PacketStep::PacketsUnseen { why } => {
                let why = format!("not seen, so the kernel's figures stand for them: {}", self.text(why));
                self.packets.said = Some((why, Tone::Warning));
            }
            PacketStep::PacketsSeen { packets, again, strangers, untaken, file } => {
                let mut text = format!("{} of this journey", count(usize::try_from(packets).unwrap_or(usize::MAX), "packet", "packets"));
                if again > 0 {
                    text += &format!(", {} sent again", thousands(again));
                }
                if untaken > 0 {
                    text += &format!("; there was no room for {} more, so this is not all", thousands(untaken));
                }
                if strangers > 0 && self.options.verbose {
                    text += &format!("; {} of others are left out", thousands(strangers));
                }
                let file = self.text(file);
                if !file.is_empty() {
                    text += &format!("; in {file}, with the secrets of TLS: whoever has it can read everything");
                }
                self.packets.said = Some((text, if again + untaken > 0 { Tone::Warning } else { Tone::Plain }));
            }
        }
        true
    }

    /// Keeps where a step is shown.
    pub(super) fn place(&mut self, at: Instant, step: &Step) {
        let Some(leg) = self.read.legs.len().checked_sub(1) else { return };
        let stations = &self.read.legs[leg].stations;
        // The end of the connection is told behind the page, and its row stands where the connection was used.
        let of_line = |station: &Station| !matches!(step, Step::ConnectionEnded { .. }) || station.place.is_of_line();
        let Some(station) = stations.iter().rposition(of_line) else { return };
        let micros = u64::try_from(at.since(self.journey.began).as_micros()).unwrap_or(u64::MAX);
        self.packets.places.entry((micros, step.name())).or_insert((leg, station));
    }

    /// Gives the packets to their stations.
    pub(super) fn packets(&mut self) {
        let packets = std::mem::take(&mut self.packets);
        let mut by_station = BTreeMap::<(usize, usize), Vec<(Instant, PacketStep)>>::new();
        for (at, step) in packets.seen {
            let PacketStep::PacketSeen { of, of_t_us, .. } = step else { continue };
            if let Some(place) = packets.places.get(&(of_t_us, of)) {
                by_station.entry(*place).or_default().push((at, step));
            }
        }
        if let Some((text, tone)) = packets.said {
            let legs = self.read.legs.iter_mut();
            let mut stations = legs.flat_map(|leg| &mut leg.stations).collect::<Vec<_>>();
            let place = stations.iter().position(|station| station.place == Place::Connect).unwrap_or(stations.len().saturating_sub(1));
            if let Some(station) = stations.get_mut(place) {
                station.rows.push(Row { label: "packets", text, span: None, tone });
            }
        }
        for ((leg, station), seen) in by_station {
            let mut rows = self.packet_rows(&packets.flows, &seen);
            let station = &mut self.read.legs[leg].stations[station];
            if station.rows.iter().all(|row| row.label != "packets")
                && let Some(first) = rows.first_mut()
            {
                first.label = "packets";
            }
            station.rows.append(&mut rows);
        }
    }

    fn packet_rows(&self, flows: &BTreeMap<u16, Flow>, seen: &[(Instant, PacketStep)]) -> Vec<Row> {
        let most = if self.options.verbose { MOST_ROWS_VERBOSE } else { MOST_ROWS };
        let mut rows = Vec::new();
        for run in seen.chunk_by(|(_, one), (_, other)| is_bulk(one) && is_bulk(other)) {
            if run.len() > most {
                self.folded(run, &mut rows);
                continue;
            }
            for (at, packet) in run {
                rows.push(self.packet_row(*at, packet));
                if self.options.verbose {
                    self.layers(flows, packet, &mut rows);
                }
            }
        }
        rows
    }

    /// Many packets in one row for each direction, and those that are out of order.
    fn folded(&self, run: &[(Instant, PacketStep)], rows: &mut Vec<Row>) {
        for way in [false, true] {
            let of_way = || run.iter().filter(|(_, packet)| matches!(packet, PacketStep::PacketSeen { sent, .. } if *sent == way));
            let (Some((first, _)), Some((last, _))) = (of_way().next(), of_way().next_back()) else { continue };
            let (mut segments, mut bytes, mut again, mut acks) = (0_usize, 0_u64, 0_usize, 0_usize);
            for (_, packet) in of_way() {
                let PacketStep::PacketSeen { payload, order, .. } = *packet else { continue };
                again += usize::from(order == "retransmission");
                bytes += u64::from(payload);
                if payload > 0 { segments += 1 } else { acks += 1 }
            }
            let mut parts = Vec::new();
            if segments > 0 {
                parts.push(format!("{}, {}", count(segments, "segment", "segments"), size(bytes)));
            }
            if again > 0 {
                parts.push(format!("{} sent again", thousands(again as u64)));
            }
            if acks > 0 {
                parts.push(count(acks, "acknowledgement", "acknowledgements"));
            }
            let span = Span { start: self.point(*first).start, end: self.point(*last).end };
            let tone = if again > 0 { Tone::Warning } else { Tone::Plain };
            rows.push(Row { label: "", text: format!("{} {}", arrow(way), parts.join(", ")), span: Some(span), tone });
        }
        let is_odd = |packet: &PacketStep| matches!(packet, PacketStep::PacketSeen { order, .. } if *order != "next");
        let odd = || run.iter().filter(|(_, packet)| is_odd(packet));
        rows.extend(odd().take(MOST_NAMED).map(|(at, packet)| self.packet_row(*at, packet)));
        let more = odd().count().saturating_sub(MOST_NAMED);
        if more > 0 {
            let text = format!("and {} more out of order: --json has all", thousands(more as u64));
            rows.push(Row { label: "", text, span: None, tone: Tone::Warning });
        }
    }

    fn packet_row(&self, at: Instant, packet: &PacketStep) -> Row {
        let PacketStep::PacketSeen { sent, role, order, ack, seq, mss, scale, payload, .. } = *packet else {
            unreachable!("only packets are kept")
        };
        let options = match (mss, scale) {
            (0, _) => String::new(),
            (mss, 0) => format!(", segments of up to {} bytes", thousands(mss.into())),
            (mss, scale) => format!(", segments of up to {} bytes, windows × {}", thousands(mss.into()), 1_u64 << scale.min(14)),
        };
        let bytes = size(payload.into());
        let what = match role {
            "syn" => format!("SYN{options}"),
            "syn-ack" => format!("SYN ACK{options}"),
            "opened" => "ACK: the connection is open".to_string(),
            "data" if order == "next" => bytes,
            "data" => format!("{bytes} from byte {}", thousands(seq.into())),
            "ack" => format!("ACK up to byte {}", thousands(ack.into())),
            "duplicate-ack" => format!("ACK up to byte {}, as before: something after it is missing", thousands(ack.into())),
            "window-full" => "ACK: takes no more bytes now".to_string(),
            "keep-alive" => "asks whether anybody is there (keep-alive)".to_string(),
            "fin" if payload > 0 => format!("{bytes}, FIN"),
            "fin" => "FIN".to_string(),
            "reset" => "RST: the connection is no more".to_string(),
            "datagram" => format!("datagram, {bytes}"),
            other => format!("{other}, {bytes}"),
        };
        let how = match order {
            "retransmission" => ", sent again",
            "late" => ", late",
            "after-a-gap" => ", after a gap",
            _ => "",
        };
        let tone = match role {
            "reset" => Tone::Bad,
            "duplicate-ack" | "window-full" => Tone::Warning,
            _ if order != "next" => Tone::Warning,
            _ => Tone::Plain,
        };
        Row { label: "", text: format!("{} {what}{how}", arrow(sent)), span: Some(self.point(at)), tone }
    }

    /// A packet layer by layer, from the outside.
    fn layers(&self, flows: &BTreeMap<u16, Flow>, packet: &PacketStep, rows: &mut Vec<Row>) {
        let PacketStep::PacketSeen { flow, sent, frame, link_from, link_to, ttl, seq, ack, window, flags, payload, .. } = *packet else {
            return;
        };
        let Some(flow) = flows.get(&flow) else { return };
        let (from, to) = if sent { (&flow.local, &flow.remote) } else { (&flow.remote, &flow.local) };
        let (from, from_port) = from.rsplit_once(':').unwrap_or((from, ""));
        let (to, to_port) = to.rsplit_once(':').unwrap_or((to, ""));
        let mut say = |text: String| rows.push(Row { label: "", text, span: None, tone: Tone::Quoted });
        say(format!("· Ethernet {} → {}, {} bytes", self.text(link_from), self.text(link_to), thousands(frame.into())));
        let version = if from.starts_with('[') { "IPv6" } else { "IPv4" };
        say(format!("· {version} {} → {}, TTL {ttl}", from.trim_matches(['[', ']']), to.trim_matches(['[', ']'])));
        if flow.over == "udp" {
            return say(format!("· UDP {from_port} → {to_port}, {} bytes", thousands(payload.into())));
        }
        let (flags, numbers) = (self.text(flags), [seq, ack, window].map(|number| thousands(number.into())));
        let [seq, ack, window] = numbers;
        say(format!("· TCP {from_port} → {to_port}, {flags}, seq {seq}, ack {ack}, window {window}, {} bytes", thousands(payload.into())));
    }
}

/// Packets that come in great number.
fn is_bulk(packet: &PacketStep) -> bool {
    let PacketStep::PacketSeen { role, .. } = packet else { return false };
    matches!(*role, "data" | "ack" | "duplicate-ack" | "window-full" | "keep-alive")
}

fn arrow(sent: bool) -> &'static str {
    if sent { "→" } else { "←" }
}
