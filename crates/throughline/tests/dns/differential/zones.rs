//! Random zones that every name server loads: what makes no sense to one of them is not written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Numbers that look random and are the same for the same seed (splitmix64).
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("it was one")
    }

    pub(crate) fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    pub(crate) fn happens(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A zone, as text.
pub(crate) struct Zone {
    pub(crate) apex: String,
    /// The zone file.
    pub(crate) text: String,
    /// All names that have records, as they are written.
    pub(crate) names: Vec<String>,
}

/// Labels; some of them are hard to write, or look like something else.
const LABELS: &[&str] = &[
    "a",
    "b",
    "c",
    "www",
    "mail",
    "NS",
    "MiXeD",
    "*",
    "*",
    "_tcp",
    "_443",
    "x-y",
    "10",
    "sp\\032ace",
    "d\\.ot",
    "q\\\"uote",
    "semi\\;colon",
    "\\000\\255",
    "at\\@",
    "ast\\*",
    "back\\\\slash",
    "(par)en",
    "a-label-that-is-as-long-as-any-label-may-be-which-is-sixty-thre",
];

/// What a name is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    Alias,
    Tree,
    Cut,
}

/// The zone of this name, with about so many names.
pub(crate) fn zone(draw: &mut Draw, apex: &str, size: usize, others: &[&str]) -> Zone {
    let mut names: BTreeMap<Vec<String>, (String, Role)> = BTreeMap::new();
    for _ in 0..size {
        let depth = 1 + draw.below(3);
        let labels: Vec<&str> = (0..depth).map(|_| draw.one(LABELS).trim_matches('\0')).map(escaped).collect();
        let name = format!("{}.{apex}", labels.join("."));
        let role = match draw.below(100) {
            0..60 => Role::Plain,
            60..78 => Role::Alias,
            78..88 => Role::Tree,
            _ => Role::Cut,
        };
        // Asterisks that delegate, or that have a DNAME, are not defined (RFC 4592 §4.2, §4.4).
        let role = if labels[0] == "*" && matches!(role, Role::Cut | Role::Tree) { Role::Plain } else { role };
        names.entry(key(&name)).or_insert((name, role));
    }
    without_the_hidden(&mut names);
    let mut writer = Writer {
        draw,
        apex,
        others,
        text: String::new(),
        all: names.values().map(|(name, _)| name.clone()).collect(),
        done: BTreeSet::new(),
    };
    writer.apex();
    for (name, role) in names.values() {
        writer.name(name, *role);
    }
    let (text, names) = (writer.text, writer.all);
    Zone { apex: apex.to_owned(), text, names }
}

fn escaped(label: &str) -> &str {
    // Parentheses and the like are escaped in a zone file.
    if label == "(par)en" { "\\(par\\)en" } else { label }
}

/// The labels from the root on, in small letters, so that what is below a name follows it.
pub(crate) fn key(name: &str) -> Vec<String> {
    let mut labels = vec![String::new()];
    let mut characters = name.chars();
    while let Some(character) = characters.next() {
        match character {
            '.' => labels.push(String::new()),
            '\\' => labels.last_mut().expect("never empty").extend(['\\', characters.next().expect("something is escaped")]),
            other => labels.last_mut().expect("never empty").push(other.to_ascii_lowercase()),
        }
    }
    labels.retain(|label| !label.is_empty());
    labels.reverse();
    labels
}

/// Nothing is below a DNAME (RFC 6672 §2.4), and below a delegation only addresses, which the delegation itself writes.
fn without_the_hidden(names: &mut BTreeMap<Vec<String>, (String, Role)>) {
    let tops: Vec<Vec<String>> =
        names.iter().filter(|(_, (_, role))| matches!(role, Role::Tree | Role::Cut)).map(|(key, _)| key.clone()).collect();
    names.retain(|key, _| !tops.iter().any(|top| key.len() > top.len() && key.starts_with(top)));
}

struct Writer<'a> {
    draw: &'a mut Draw,
    apex: &'a str,
    others: &'a [&'a str],
    text: String,
    all: Vec<String>,
    /// Sets that are written: name and type.
    done: BTreeSet<(Vec<String>, &'static str)>,
}

impl Writer<'_> {
    fn apex(&mut self) {
        let apex = self.apex;
        let _ = writeln!(self.text, "$ORIGIN {apex}\n$TTL 3600\n@ 600 SOA ns1 hostmaster 2026010101 7200 900 1209600 300");
        let _ = writeln!(self.text, "@ NS ns1\n@ NS ns2.elsewhere.example.\nns1 A 192.0.2.1\nns1 AAAA 2001:db8::1");
        for kind in ["MX", "TXT", "CAA", "HTTPS"] {
            self.set(apex, kind);
        }
        if self.draw.happens(50) {
            self.set(apex, "A");
        }
        self.all.extend([apex.to_owned(), format!("ns1.{apex}")]);
        self.done.extend(["A", "AAAA"].map(|kind| (key(&format!("ns1.{apex}")), kind)));
    }

    fn name(&mut self, name: &str, role: Role) {
        match role {
            Role::Alias if key(name) != key(&format!("ns1.{}", self.apex)) => self.set(name, "CNAME"),
            Role::Tree => {
                self.set(name, "DNAME");
                if self.draw.happens(40) {
                    self.set(name, "TXT");
                }
            }
            Role::Cut => self.cut(name),
            _ => {
                for _ in 0..1 + self.draw.below(3) {
                    let kind =
                        self.draw.one(&["A", "AAAA", "MX", "TXT", "SRV", "SVCB", "HTTPS", "CAA", "PTR", "NAPTR", "TYPE65280", "SSHFP"]);
                    let kind = ALL.iter().find(|known| **known == kind).expect("it is one of them");
                    self.set(name, kind);
                }
            }
        }
    }

    fn cut(&mut self, name: &str) {
        self.text.push_str(&format!("{name} 1800 NS ns.{name}\n"));
        self.text.push_str(&format!("ns.{name} 1800 A 192.0.2.{}\n", self.draw.below(250)));
        self.all.push(format!("ns.{name}"));
        if self.draw.happens(50) {
            self.text.push_str(&format!("ns.{name} 1800 AAAA 2001:db8::{}\n", self.draw.below(250)));
        }
        if self.draw.happens(50) {
            let target = self.target();
            self.text.push_str(&format!("{name} 1800 NS {target}\n"));
        }
        if self.draw.happens(40) {
            self.text.push_str(&format!("{name} 900 DS 4711 13 2 {:064x}\n", self.draw.next()));
        }
    }

    /// A name that a record points to: one of the zone, of a neighbour, of nobody, or one that is not there.
    fn target(&mut self) -> String {
        let place = self.draw.below(self.all.len());
        match self.draw.below(10) {
            0..6 => self.all[place].clone(),
            6 => format!("missing.{}", self.apex),
            7 => format!("below.{}", self.all[place]),
            8 if !self.others.is_empty() => format!("www.{}", self.draw.one(self.others)),
            _ => "www.elsewhere.example.".to_owned(),
        }
    }

    /// A set of one type at a name, once.
    fn set(&mut self, name: &str, kind: &'static str) {
        if !self.done.insert((key(name), kind)) {
            return;
        }
        let ttl = [0, 60, 300, 86_400][self.draw.below(4)];
        let one = matches!(kind, "CNAME" | "DNAME");
        let mut lines = BTreeSet::new();
        for number in 0..if one { 1 } else { 1 + self.draw.below(3) } {
            let data = self.data(name, kind, number);
            lines.insert(data);
        }
        for data in lines {
            let _ = writeln!(self.text, "{name} {ttl} IN {kind} {data}");
        }
    }

    fn data(&mut self, name: &str, kind: &'static str, number: usize) -> String {
        let byte = self.draw.below(250);
        match kind {
            "A" => format!("192.0.2.{byte}"),
            "AAAA" => format!("2001:db8::{byte}"),
            "CNAME" | "PTR" => self.target(),
            // A tree that leads into itself grows until it has no room: each server ends that in its own way.
            "DNAME" => loop {
                let target = self.target();
                if !key(&target).starts_with(&key(name)) {
                    break target;
                }
            },
            "MX" => format!("{} {}", number * 10, self.target()),
            "SRV" => format!("{number} {byte} 443 {}", self.target()),
            "SVCB" | "HTTPS" => match self.draw.below(3) {
                0 => format!("0 {}", self.target()),
                1 => format!("{} . alpn=\"h2,h3\" port={}", number + 1, 400 + byte),
                _ => format!("{} {} alpn=h2 ipv4hint=192.0.2.{byte} ipv6hint=2001:db8::{byte}", number + 1, self.target()),
            },
            "TXT" => match self.draw.below(3) {
                0 => format!("\"one {byte}\" \"two; three\""),
                1 => format!("\"a \\\"quoted\\\" and \\{:03} byte\"", byte),
                _ => format!("\"{}\"", "long ".repeat(10 + byte / 8)),
            },
            "CAA" => format!("{} issue \"ca{byte}.example\"", 128 * (byte % 2)),
            "NAPTR" => format!("{number} 10 \"u\" \"sip+E2U\" \"!^.*$!sip:{byte}@example!\" ."),
            "SSHFP" => format!("4 2 {:064x}", self.draw.next()),
            _ => format!("\\# 4 0a0b0c{byte:02x}"),
        }
    }
}

const ALL: &[&str] = &["A", "AAAA", "MX", "TXT", "SRV", "SVCB", "HTTPS", "CAA", "PTR", "NAPTR", "TYPE65280", "SSHFP"];
