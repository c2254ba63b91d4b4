//! A look at what is stored: what it is good for, and every rule on the way.

use super::{Object, Store, Variants};
use decide::cache::{
    Admission, Answer, Forwarded, Policy, Record, Rest, Reuse, Rule, Standing, Variant, Wishes, admission, answer, rest, reuse, select,
};
use decide::time::Calendar;
use std::sync::Arc;
use wire::http::RequestHead;

/// A request that looks.
pub(crate) struct Looking<'a> {
    pub(crate) request: &'a RequestHead,
    /// It has content.
    pub(crate) with_content: bool,
    pub(crate) key: &'a [u8],
    pub(crate) wishes: &'a Wishes,
    pub(crate) policy: &'a Policy,
    pub(crate) now: Calendar,
}

/// What it comes to.
pub(crate) enum Look {
    /// This is the answer.
    Serve { object: Arc<Object>, rule: Rule, revalidate: bool },
    /// The request goes by the store.
    Pass(Forwarded, Rule),
    /// The origin must be asked.
    Ask(Ask),
}

/// A question to the origin.
pub(crate) struct Ask {
    pub(crate) forwarded: Forwarded,
    pub(crate) rule: Rule,
    /// What the selected answer is good for.
    pub(crate) good: Reuse,
    pub(crate) selected: Option<Arc<Object>>,
    /// What was found under the key.
    pub(crate) found: Option<Variants>,
    /// Of that, what is not gone.
    pub(crate) live: Vec<Arc<Object>>,
    /// The selected answer is stored in parts, and what is asked for is not all among them.
    pub(crate) lacking: bool,
    /// What the origin is asked for then, where the rest is enough.
    pub(crate) rest: Option<Rest>,
}

impl Store {
    /// Looks.
    pub(crate) fn look(&self, looking: &Looking<'_>, record: &mut Record) -> Look {
        let Looking { request, policy, .. } = looking;
        if let (Admission::Forward, rule) = admission(request, record) {
            return Look::Pass(Forwarded::by(rule), rule);
        }
        if record.ask(Rule::WithContent, looking.with_content) {
            return Look::Pass(Forwarded::by(Rule::WithContent), Rule::WithContent);
        }
        let ask = |rule, found, live| Ask {
            forwarded: Forwarded::by(rule),
            rule,
            good: Reuse::MustValidate,
            selected: None,
            found,
            live,
            lacking: false,
            rest: None,
        };
        let found = self.variants(looking.key);
        record.ask(Rule::Found, found.is_some());
        let Some(found) = found else { return Look::Ask(ask(Rule::Found, None, Vec::new())) };
        // Asked of each once, as a purge may come at any time; and without a list, which most looks have no use for.
        let mut live = Live::default();
        for (index, object) in found.objects().iter().enumerate() {
            live.add(index, self.standing(object) != Standing::Gone);
        }
        if record.ask(Rule::Purged, live.is_empty()) {
            return Look::Ask(ask(Rule::Purged, Some(found), Vec::new()));
        }
        let alive = || live.of(found.objects());
        let variants = alive().map(|object| Variant { selecting: &object.selecting, fields: &object.head.fields, date: object.date });
        let selected = select(variants, &request.fields, &policy.vary).and_then(|index| alive().nth(index)).cloned();
        let objects = || alive().cloned().collect();
        record.ask(Rule::Matches, selected.is_some());
        let Some(object) = selected else { return Look::Ask(ask(Rule::Matches, Some(found.clone()), objects())) };
        let (good, rule) = reuse(&object.life, looking.wishes, object.stale_since(self.standing(&object)), looking.now, record);
        let stored = object.stored();
        if object.parts.is_some() && !record.ask(Rule::Partial, answer(request, &stored, looking.now) != Answer::Missing) {
            let rule = if good.is_hit() { Rule::Partial } else { rule };
            let rest = rest(request, &stored, looking.now, record);
            let selected = Some(object.clone());
            // Whatever the origin says, what is stored is no answer.
            return Look::Ask(Ask { selected, lacking: true, rest, ..ask(rule, Some(found.clone()), objects()) });
        }
        match good.is_hit() {
            true => Look::Serve { object, rule, revalidate: good == Reuse::StaleWhileRevalidate },
            false => Look::Ask(Ask { good, selected: Some(object), ..ask(rule, Some(found.clone()), objects()) }),
        }
    }
}

/// Which of the answers under a key are not gone, a bit each.
#[derive(Clone, Copy, Default)]
struct Live(u64);

const _: () = assert!(super::MOST_VARIANTS <= u64::BITS as usize, "each has a bit");

impl Live {
    fn add(&mut self, index: usize, lives: bool) {
        self.0 |= u64::from(lives) << index;
    }

    fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn of(self, objects: &[Arc<Object>]) -> impl Iterator<Item = &Arc<Object>> {
        objects.iter().enumerate().filter(move |(index, _)| self.0 >> index & 1 == 1).map(|(_, object)| object)
    }
}
