//! A decision in words: one place for them, so that `_why` and `explain` say the same.

use super::decision::{Candidate, Decision};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Candidate {
    /// How the place is, and what each layer knows of it for this client.
    pub fn facts(&self) -> Vec<String> {
        let mut facts = Vec::from([if self.healthy { "healthy" } else { "unhealthy" }.to_string()]);
        if self.share > 0 {
            let thousandths = self.thousandths();
            let this = if self.shed { ", this one too" } else { "" };
            facts.push(format!("sheds {}.{} % of networks{this}", thousandths / 10, thousandths % 10));
        }
        if let Some((_, route)) = &self.route {
            let origin = route.origin.word();
            facts.push(format!("local-pref {}", route.local_pref));
            facts.push(format!("path length {}", route.path_len));
            facts.push(format!("origin {origin}"));
            facts.push(format!("med {}", route.med));
        }
        if let Some(time) = self.time {
            let hundredths = time.as_micros() / 10;
            facts.push(format!("{}.{:02} ms", hundredths / 100, hundredths % 100));
        }
        if let Some(metres) = self.metres {
            facts.push(format!("{} km", metres / 1000));
        }
        facts
    }

    /// The share of networks that it sheds, in thousandths; what it sheds at all is never nothing.
    pub(super) fn thousandths(&self) -> u32 {
        (u32::from(self.share) * 1000).div_ceil(65_536)
    }

    /// What [`Candidate::why`] means for this place.
    pub fn meaning(&self) -> &'static str {
        match (self.why, self.chosen) {
            ("unhealthy", _) => "it does not serve",
            ("sheds", _) => "it has too much to do, and sheds this network",
            ("no-route", _) => "its routers have no route there",
            ("not-measured", _) => "nobody has measured the way to it",
            ("no-location", _) => "it is not said where it is",
            ("only-route", _) => "no other has a route there",
            ("local-pref", true) => "the highest local preference",
            ("local-pref", false) => "a lower local preference",
            ("path-length", true) => "the shortest AS path",
            ("path-length", false) => "a longer AS path",
            ("origin", true) => "the best origin",
            ("origin", false) => "a worse origin",
            ("med", true) => "the lowest MED",
            ("med", false) => "a higher MED",
            ("tie", true) => "as good a route as others, and first by the hash of the network",
            ("tie", false) => "as good a route, and later by the hash of the network",
            ("held", true) => "the network stays here: it has moved lately, or too many move",
            ("held", false) => "the network is held back where it is",
            ("shortest-time", _) => "the shortest time that clients have measured",
            ("slower", _) => "clients have measured a longer time",
            ("nearest", _) => "the nearest by distance",
            ("farther", _) => "farther away",
            ("first", _) => "the first of those that could be",
            ("later", _) => "written later",
            _ => "",
        }
    }

    /// The choice and its reason, then the facts: `not chosen: path-length, healthy, local-pref 100, …`.
    fn line(&self, name: &str) -> String {
        let chosen = if self.chosen { "chosen" } else { "not chosen" };
        format!("place {name}: {chosen}: {}, {}", self.why, self.facts().join(", "))
    }
}

impl Decision {
    /// What else is to be known, in words that a reader need not look up.
    pub fn remarks(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.notes.iter().map(|note| match *note {
            "held" => "held: the tables say another place by now; the network moves when its hold is over and a move is free",
            "all-unhealthy" => "all-unhealthy: no place serves, so that health is not looked at",
            "all-shed" => "all-shed: every place that serves sheds this network, so that shedding is not looked at",
            other => other,
        })
    }

    /// What a layer's word in [`Decision::passed`] means.
    pub fn passed_because(word: &str) -> &str {
        match word {
            "no-data" => "it knows nothing of this client",
            "no-candidate" => "no place that it knows of may be chosen",
            "not-measured" => "nobody has measured the place that is chosen otherwise",
            "little-gain" => "no place is so much faster that it would pay to go there",
            other => other,
        }
    }

    /// A line for the whole and one for each place, by their names.
    pub fn lines(&self, steering: &str, name: &dyn Fn(u16) -> String) -> Vec<String> {
        let mut whole = format!(
            "steering {steering}: {} by {}, version {}, scope /{}",
            name(self.answer.pop),
            self.layer.word(),
            self.version,
            self.answer.scope
        );
        if let Some(prefix) = self.prefix {
            whole += &format!(", prefix {prefix}");
        }
        self.passed.iter().for_each(|(layer, why)| whole += &format!(", {} passed: {why}", layer.word()));
        self.notes.iter().for_each(|note| whole += &format!(", {note}"));
        let mut lines = Vec::from([whole]);
        lines.extend(self.candidates.iter().map(|candidate| candidate.line(&name(candidate.pop))));
        lines
    }
}
