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

/// Which server of others an answer may be like.
struct Beside {
    nsd: Said,
    knot: Said,
}

impl Beside {
    /// What differs from both.
    fn differs(&self, ours: &Said, ask: &Ask) -> Vec<&'static str> {
        let (nsd, knot) = (&self.nsd, &self.knot);
        let mut differs = Vec::new();
        let mut field = |name, is_like: &dyn Fn(&Said) -> bool| {
            if !is_like(nsd) && !is_like(knot) {
                differs.push(name);
            }
        };
        field("code", &|theirs| theirs.code == ours.code);
        field("authoritative", &|theirs| theirs.authoritative == ours.authoritative);
        field("answer", &|theirs| theirs.answer == ours.answer);
        field("authority", &|theirs| theirs.authority == ours.authority);
        let _ = ask;
        differs
    }
}

#[test]
fn nsd_and_knot_and_this_one_say_the_same() {
    let place = Place::new();
    let all: Vec<(u64, Zone)> = seeds().into_iter().flat_map(|seed| zones_of(seed).into_iter().map(move |zone| (seed, zone))).collect();
    let files: Vec<String> = (0..).zip(&all).map(|(number, (_, zone))| place.file(&format!("{number}.zone"), &zone.text)).collect();
    let parts = |before: &str, after: &str| -> Vec<(String, String)> {
        all.iter().zip(&files).map(|((_, zone), file)| (zone.apex.clone(), format!("{before}{file}{after}"))).collect()
    };
    let (Some(nsd), Some(knot)) =
        (nsd(somewhere(), "", &parts(" zonefile: \"", "\"\n")), knot(somewhere(), "", &parts("    file: ", "\n")))
    else {
        return;
    };
    let (mut nsd, mut knot) = (Asker::of(nsd.at), Asker::of(knot.at));
    let ours: Vec<(String, String)> = all.iter().map(|(_, zone)| (zone.apex.clone(), zone.text.clone())).collect();
    let zones = crate::local::zones(&ours);
    let mut differ = std::collections::BTreeMap::<String, usize>::new();
    let mut asked = 0;
    for (seed, zone) in &all {
        for ask in questions::about(&mut Draw(*seed), zone) {
            let beside = Beside { nsd: nsd.ask(&ask), knot: knot.ask(&ask) };
            for prepared in [false, true] {
                let said = crate::local::ask(&zones, &ask, prepared);
                asked += 1;
                for what in beside.differs(&said, &ask) {
                    let n = differ.entry(format!("{} {what}", ask.kind)).or_default();
                    *n += 1;
                    if *n < 3 {
                        let show = |s: &Said| match what {
                            "code" => s.code.clone(),
                            "authoritative" => s.authoritative.to_string(),
                            "answer" => format!("{:?}", s.answer),
                            _ => format!("{:?}", s.authority),
                        };
                        println!(
                            "seed {seed} zone {} {} {} {:?} {what} prepared {prepared}\n  NSD  {}\n  Knot {}\n  ours {}",
                            zone.apex,
                            ask.name,
                            ask.kind,
                            ask.edns,
                            show(&beside.nsd),
                            show(&beside.knot),
                            show(&said)
                        );
                    }
                }
            }
        }
    }
    println!("{asked} {differ:?}");
}
