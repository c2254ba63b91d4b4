//! Random zones in three name servers, and the same questions to each. Where NSD and Knot agree, so must this one; where they differ, it
//! must be like one of them.
//!
//! The seeds are always the same; `THROUGHLINE_SEED=N` tries another one.

mod questions;
mod zones;

use crate::ask::{Ask, Asker, Said};
use crate::primary::Primary;
use crate::servers::{knot, nsd, somewhere};
use crate::support::place::Place;
use domain::base::iana::Rtype;
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

/// What others say to a question.
struct Beside {
    nsd: Said,
    knot: Said,
}

/// Where this server is meant to be like neither.
fn is_meant(ask: &Ask, what: &str, ours: &Said, beside: &Beside) -> bool {
    // RFC 8482 §4.1: of all types at a name one set is given, and not every one. It is one that the others give.
    let is_part = |theirs: &Said| ours.answer.is_subset(&theirs.answer) && ours.answer.is_empty() == theirs.answer.is_empty();
    ask.kind == Rtype::ANY && what == "answer" && (is_part(&beside.nsd) || is_part(&beside.knot))
}

impl Beside {
    /// What is like neither of the two.
    fn differs(&self, ours: &Said, ask: &Ask) -> Vec<&'static str> {
        let like_one = |is_like: &dyn Fn(&Said) -> bool| is_like(&self.nsd) || is_like(&self.knot);
        let all = [
            ("code", like_one(&|theirs| theirs.code == ours.code)),
            ("authoritative", like_one(&|theirs| theirs.authoritative == ours.authoritative)),
            ("answer", like_one(&|theirs| theirs.answer == ours.answer)),
            ("authority", like_one(&|theirs| theirs.authority == ours.authority)),
            ("glue", self.has_glue(ours, ask)),
        ];
        all.into_iter().filter(|(what, is_like)| !is_like && !is_meant(ask, what, ours, self)).map(|(what, _)| what).collect()
    }
}

impl Beside {
    /// What both find useful beside a referral, this one gives as well. Without EDNS there may be no room for all of it: that depends on
    /// how well each of them compresses.
    fn has_glue(&self, ours: &Said, ask: &Ask) -> bool {
        let both = self.nsd.additional.intersection(&self.knot.additional);
        ask.edns.is_none() || !ours.answer.is_empty() || both.into_iter().all(|glue| ours.additional.contains(glue))
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
    let served: Vec<(String, String, String)> =
        all.iter().zip(&files).map(|((_, zone), file)| (zone.apex.clone(), file.clone(), String::new())).collect();
    let primary = Primary::with(place, &served);
    let (mut of_nsd, mut of_knot, mut ours) = (Asker::of(nsd.at), Asker::of(knot.at), Asker::of(primary.at));
    let (mut asked, mut wrong) = (0, Vec::new());
    for (seed, zone) in &all {
        for ask in questions::about(&mut Draw(*seed), zone) {
            let beside = Beside { nsd: of_nsd.ask(&ask), knot: of_knot.ask(&ask) };
            let said = ours.ask(&ask);
            asked += 1;
            let differs = beside.differs(&said, &ask);
            if !differs.is_empty() && wrong.len() < 20 {
                let Beside { nsd, knot } = beside;
                wrong.push(format!("seed {seed}, {ask:?}: {differs:?}\n  NSD  {nsd:?}\n  Knot {knot:?}\n  ours {said:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "of {asked} questions these, and perhaps more:\n{}", wrong.join("\n"));
    assert!(asked > 1000, "{asked}");
}
