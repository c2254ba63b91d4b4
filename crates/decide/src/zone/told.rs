//! What dynamic sets chose and among what, as steps and reports tell it: one list for all of them.

use super::{Candidate, How, Why, Zones};
use crate::config::{Config, Source};
use crate::steer::Decision;
use crate::step::{Field, List, Texts, Value};
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

impl Zones {
    /// A row for each dynamic set that was asked: `name`, then of a steering what [`Decision::fields`] has; of others `pool` if it is one,
    /// `order`, `how` and `candidates`. `decision` has what a steering (index into [`Config::steerings`]) decided for the answer.
    pub fn told<'d>(&self, why: &Why<'_>, config: &Config, decision: impl Fn(usize) -> Option<&'d Decision>, texts: &mut Texts) -> List {
        let mut rows: Vec<Vec<Field>> = Vec::new();
        let mut choices = why.choices.as_slice();
        while let Some(first) = choices.first() {
            // A pool says first how many are healthy, and then what it did with them.
            let of_set = choices.iter().take_while(|choice| choice.set == first.set).count();
            let (mine, others) = choices.split_at(of_set);
            choices = others;
            let set = self.set(first.set);
            let mut row = vec![("name", Value::Text(texts.keep(set.owner.to_string().as_bytes())))];
            if let Source::Steering(steering) = set.source {
                let known = config.steerings.get(steering).zip(decision(steering));
                row.extend(known.map(|(steering, decision)| decision.fields(&steering.name, &config.pops, texts)).unwrap_or_default());
                rows.push(row);
                continue;
            }
            if let Source::Pool { pool, .. } = set.source {
                let name = config.pools.get(pool).map_or("", |pool| &pool.name);
                row.push(("pool", Value::Text(texts.keep(name.as_bytes()))));
            }
            row.push(("order", Value::Word(set.order().word())));
            row.push(("how", Value::Word(mine.last().map_or("", |choice| choice.how.word()))));
            if mine.iter().any(|choice| choice.how == How::NoneHealthy) {
                row.push(("notes", Value::Word("none-healthy")));
            }
            let weighed = why.weighed.iter().find(|weighed| weighed.set == first.set);
            if let Some(weighed) = weighed {
                let candidates: Vec<_> = weighed.candidates.iter().map(|candidate| candidate.fields(texts)).collect();
                row.push(("candidates", Value::List(texts.list(candidates))));
            }
            rows.push(row);
        }
        texts.list(rows)
    }
}

impl Candidate {
    /// `value`, `given` (from 1, if it was), `why`, `healthy` (if it was asked), `weight`.
    fn fields(&self, texts: &mut Texts) -> Vec<Field> {
        let mut row = vec![("value", Value::Text(texts.keep(self.data.to_string().as_bytes())))];
        row.extend(self.given.map(|place| ("given", Value::Number(place as u64))));
        row.push(("why", Value::Word(self.why)));
        row.extend(self.healthy.map(|healthy| ("healthy", Value::Flag(healthy))));
        row.push(("weight", Value::Number(self.weight.into())));
        row
    }
}
