//! A decision as steps and reports tell it: by fields that programs read. [`super::words`] has it for people.

use super::decision::{Candidate, Decision};
use crate::config::{Layer, Pop};
use crate::step::{Field, List, Texts, Value};
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

impl Decision {
    /// `steering`, `place`, `layer`, `prefix` (if the layer has a table), `version`, `scope`, `unit` (if some place sheds), `passed`
    /// (layers that did not decide, each with why), `notes` (if there are any, with spaces between), `candidates`.
    pub fn fields(&self, steering: &str, pops: &[Pop], texts: &mut Texts) -> Vec<Field> {
        let place = pops.get(usize::from(self.answer.pop)).map_or("", |pop| &pop.name);
        let mut row = vec![
            ("steering", Value::Text(texts.keep(steering.as_bytes()))),
            ("place", Value::Text(texts.keep(place.as_bytes()))),
            ("layer", Value::Word(self.layer.word())),
        ];
        row.extend(self.prefix.map(|prefix| ("prefix", Value::Text(texts.keep(prefix.to_string().as_bytes())))));
        row.push(("version", Value::Number(self.version)));
        row.push(("scope", Value::Number(self.answer.scope.into())));
        row.extend(self.unit.map(|unit| ("unit", Value::Text(texts.keep(unit.to_string().as_bytes())))));
        if !self.passed.is_empty() {
            let one = |&(layer, why): &(Layer, &'static str)| vec![("layer", Value::Word(layer.word())), ("why", Value::Word(why))];
            row.push(("passed", Value::List(texts.list(self.passed.iter().map(one)))));
        }
        if !self.notes.is_empty() {
            row.push(("notes", Value::Text(texts.keep(self.notes.join(" ").as_bytes()))));
        }
        row.push(("candidates", Value::List(self.told(pops, texts))));
        row
    }

    /// Every place with what is known of it: `place`, `chosen`, `why`, `healthy`; `shed` and `shed_thousandths` where it sheds; `capacity`
    /// where it has a bound; `local_pref`, `path_length`, `origin` and `med` where its routers have a route; `time` where it is measured;
    /// `distance_m` where it is known where both are.
    pub fn told(&self, pops: &[Pop], texts: &mut Texts) -> List {
        let rows: Vec<_> = self.candidates.iter().map(|candidate| candidate.fields(pops, texts)).collect();
        texts.list(rows)
    }
}

impl Candidate {
    fn fields(&self, pops: &[Pop], texts: &mut Texts) -> Vec<Field> {
        let pop = pops.get(usize::from(self.pop));
        let mut row = vec![
            ("place", Value::Text(texts.keep(pop.map_or("", |pop| &pop.name).as_bytes()))),
            ("chosen", Value::Flag(self.chosen)),
            ("why", Value::Word(self.why)),
            ("healthy", Value::Flag(self.healthy)),
        ];
        if self.share > 0 {
            row.push(("shed", Value::Flag(self.shed)));
            row.push(("shed_thousandths", Value::Number(self.thousandths().into())));
        }
        row.extend(pop.filter(|pop| pop.capacity > 0).map(|pop| ("capacity", Value::Number(pop.capacity))));
        if let Some((_, route)) = &self.route {
            row.extend([
                ("local_pref", Value::Number(route.local_pref.into())),
                ("path_length", Value::Number(route.path_len.into())),
                ("origin", Value::Word(route.origin.word())),
                ("med", Value::Number(route.med.into())),
            ]);
        }
        row.extend(self.time.map(|time| ("time", Value::Span(time))));
        row.extend(self.metres.map(|metres| ("distance_m", Value::Number(metres.into()))));
        row
    }
}
