//! Random zones in three name servers, and the same questions to each. Where NSD and Knot agree, so must this one; where they differ, it
//! must be like one of them.
//!
//! The seeds are always the same; `THROUGHLINE_SEED=N` tries another one.

mod questions;
mod zones;

use crate::ask::{Ask, Asker, Said};
use crate::servers::{knot, nsd, somewhere};
use crate::support::place::Place;
use zones::{Draw, Zone};

fn seeds() -> Vec<u64> {
    match std::env::var("THROUGHLINE_SEED") {
        Ok(seed) => vec![seed.parse().expect("THROUGHLINE_SEED is a number")],
        Err(_) => (1..=8).collect(),
    }
}

/// The zones of a seed: two neighbours, and one below the first that is served here as well.
fn zones_of(seed: u64) -> Vec<Zone> {
    let mut draw = Draw(seed);
    let names = [format!("s{seed}.example."), format!("n{seed}.example."), format!("sub.s{seed}.example.")];
    let zone = |(place, name): (usize, &String)| {
        let others: Vec<&str> = names.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, name)| name.as_str()).collect();
        zones::zone(&mut draw, name, 40, &others)
    };
    names.iter().enumerate().map(zone).collect()
}

#[test]
fn nsd_and_knot_and_this_one_say_the_same() {
    let place = Place::new();
    let all: Vec<(u64, Zone)> = seeds().into_iter().flat_map(|seed| zones_of(seed).into_iter().map(move |zone| (seed, zone))).collect();
    let files: Vec<String> = all.iter().enumerate().map(|(number, (_, zone))| place.file(&format!("{number}.zone"), &zone.text)).collect();
    let nsd_parts: Vec<String> = files.iter().map(|file| format!(" zonefile: \"{file}\"\n")).collect();
    let knot_parts: Vec<String> = files.iter().map(|file| format!("    file: {file}\n")).collect();
    let served = |parts: &'_ [String]| -> Vec<(String, String)> {
        all.iter().zip(parts).map(|((_, zone), part)| (zone.apex.clone(), part.clone())).collect()
    };
    let (of_nsd, of_knot) = (served(&nsd_parts), served(&knot_parts));
    let borrowed = |of: &'_ [(String, String)]| of.iter().map(|(name, part)| (name.clone(), part.clone())).collect::<Vec<_>>();
    let (of_nsd, of_knot) = (borrowed(&of_nsd), borrowed(&of_knot));
    let of_nsd: Vec<(&str, &str)> = of_nsd.iter().map(|(name, part)| (name.as_str(), part.as_str())).collect();
    let of_knot: Vec<(&str, &str)> = of_knot.iter().map(|(name, part)| (name.as_str(), part.as_str())).collect();
    let (Some(nsd), Some(knot)) = (nsd(somewhere(), "", &of_nsd), knot(somewhere(), "", &of_knot)) else { return };
    let (mut nsd, mut knot) = (Asker::of(nsd.at), Asker::of(knot.at));
    let mut differ = std::collections::BTreeMap::<String, usize>::new();
    let mut asked = 0;
    for (seed, zone) in &all {
        for ask in questions::about(&mut Draw(*seed), zone) {
            let (one, other) = (nsd.ask(&ask), knot.ask(&ask));
            asked += 1;
            if one.code != other.code || one.answer != other.answer || one.authority != other.authority {
                let n = differ
                    .entry(format!(
                        "{} {}",
                        ask.kind,
                        if one.code != other.code {
                            "code"
                        } else if one.answer != other.answer {
                            "answer"
                        } else {
                            "authority"
                        }
                    ))
                    .or_default();
                *n += 1;
                if *n < 3 {
                    println!("{seed} {ask:?}\n  NSD {one:?}\n  Knot {other:?}");
                }
            }
        }
    }
    println!("{asked} {differ:?}");
}
