//! What is asked about a zone: its names, and those in, below and beside them.

use super::zones::{Draw, Zone, key};
use crate::ask::Ask;
use domain::base::iana::Rtype;
use std::collections::BTreeMap;

const KINDS: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::NS,
    Rtype::SOA,
    Rtype::CNAME,
    Rtype::DNAME,
    Rtype::MX,
    Rtype::TXT,
    Rtype::SRV,
    Rtype::SVCB,
    Rtype::HTTPS,
    Rtype::CAA,
    Rtype::PTR,
    Rtype::NAPTR,
    Rtype::SSHFP,
    Rtype::DS,
    Rtype::DNSKEY,
    Rtype::NSEC,
    Rtype::ANY,
    Rtype::from_int(65_280),
    Rtype::from_int(65_281),
];

/// Questions about every name, of some types each.
pub(crate) fn about(draw: &mut Draw, zone: &Zone) -> Vec<Ask> {
    let mut names: BTreeMap<Vec<String>, String> = BTreeMap::new();
    let mut add = |name: String| {
        let labels = key(&name);
        // A name of more than 255 bytes is no name.
        if name.len() < 220 {
            names.entry(labels).or_insert(name);
        }
    };
    for name in &zone.names {
        add(name.clone());
        add(name.to_ascii_uppercase());
        for below in ["below", "*", "a.b", "www", "ns"] {
            add(format!("{below}.{name}"));
        }
        let mut rest = name.as_str();
        while let Some((_, parent)) = first(rest).filter(|(_, parent)| parent.len() > zone.apex.len()) {
            add(parent.to_owned());
            add(format!("beside.{parent}"));
            add(format!("x.beside.{parent}"));
            rest = parent;
        }
    }
    for name in ["beside", "no.such", "example.com"] {
        add(format!("{name}.{}", zone.apex));
    }
    let mut asks = Vec::new();
    for name in names.into_values() {
        for kind in KINDS {
            // All types of the first few, then about every third.
            if asks.len() < 400 || draw.happens(30) {
                let edns = [None, Some(false), Some(true)][draw.below(3)];
                asks.push(Ask { name: name.clone(), kind: *kind, edns });
            }
        }
    }
    asks
}

/// The first label, and what is behind its dot.
fn first(name: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, character) in name.char_indices() {
        match character {
            '\\' if !escaped => escaped = true,
            '.' if !escaped => return Some((&name[..at], &name[at + 1..])),
            _ => escaped = false,
        }
    }
    None
}
