//! Parts of answers (RFC 9111 §3.3, §3.4): what has come is joined with what is stored of the same, and is whole once nothing is missing.

use super::object::{Content, Object, Piece};
use super::{Gauge, Store};
use decide::cache::{Part, Parts, Standing, can_combine, freshen};
use decide::range::Span;
use std::sync::Arc;
use wire::http::Known;

/// Others may store beside it: after so many attempts a part is not stored.
const MOST_ATTEMPTS: usize = 4;

impl Store {
    /// Stores a part of an answer, joined with what is stored of the same. All that is held of it takes no more than `largest` bytes.
    /// Returns whether what is stored has it now.
    pub(super) fn put_part(&self, key: &[u8], part: Object, largest: u64) -> bool {
        for _ in 0..MOST_ATTEMPTS {
            if self.standing(&part) == Standing::Gone {
                return false;
            }
            let stored = self.variants(key);
            let objects = stored.as_ref().map(|stored| stored.objects()).unwrap_or_default();
            let same = |other: &&Arc<Object>| other.selecting == part.selecting && self.standing(other) != Standing::Gone;
            let Some(old) = objects.iter().find(same) else { return self.put(key, Arc::new(part)) };
            let Some(joined) = joined(old, &part, largest, &self.contents) else { return false };
            if self.replace(key, old, Arc::new(joined)) {
                return true;
            }
        }
        false
    }
}

/// What takes the place of what is stored; `None`: that stays as it is.
fn joined(old: &Object, part: &Object, largest: u64, counted: &Arc<Gauge>) -> Option<Object> {
    let alone = || Some(part.same());
    // What was asked for since, or handed over, is there already.
    if old.born > part.born {
        return None;
    }
    if !can_combine(&old.head.fields, &part.head.fields) {
        // The whole serves more than a part does, as long as nothing says that it is another.
        let silent = !says_other(old, part, Known::ETag) && !says_other(old, part, Known::LastModified);
        let keeps = old.parts.is_none() && old.life.is_fresh(part.life.received) && silent;
        return if keeps { None } else { alone() };
    }
    let Some(old_parts) = &old.parts else { return Some(updated(old, part, old.content.clone(), None)) };
    let [new] = part.parts.as_ref().map(|parts| parts.spans()).unwrap_or_default() else { return None };
    let new = Part { span: *new, complete_length: part.complete_length() };
    if old_parts.contradicts(&new) {
        return alone();
    }
    let mut parts = (**old_parts).clone();
    if !parts.add(new) || parts.held() > largest {
        return None;
    }
    let content = Arc::new(Content::of(woven(old, part, new.span, &parts), counted));
    let parts = (!parts.is_complete()).then(|| Arc::new(parts));
    Some(updated(old, part, content, parts))
}

fn says_other(old: &Object, part: &Object, known: Known) -> bool {
    let (one, other) = (old.head.fields.get(known), part.head.fields.get(known));
    one.is_some() && other.is_some() && one != other
}

/// The stored answer with the fields of the part that has come (RFC 9111 §3.2, §3.4).
fn updated(old: &Object, part: &Object, content: Arc<Content>, parts: Option<Arc<Parts>>) -> Object {
    let mut object = Object { born: part.born, life: part.life, date: part.date, stale_since: None, ..old.with_content(content, parts) };
    freshen(&mut object.head.fields, &part.head.fields);
    if !part.names.tags.is_empty() {
        object.names = part.names.clone();
    }
    if object.parts.is_none() {
        object.head.fields.remove(Known::ContentLength);
        object.head.fields.push_known(Known::ContentLength, object.content.len().to_string().as_bytes());
    }
    object
}

/// The bytes of all the parts, one after the other: of those that both have, the newer.
fn woven(old: &Object, part: &Object, new: Span, parts: &Parts) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for span in parts.spans() {
        let mut at = span.start;
        while at < span.end() {
            let (from, start, end) = if new.start <= at && at < new.end() {
                (part, at - new.start, new.end())
            } else {
                let end = if at < new.start { span.end().min(new.start) } else { span.end() };
                let held = end_of_held(old, at).min(end);
                (old, old.place(Span { start: at, len: 1 }).expect("what the new part does not have is there"), held)
            };
            pieces.extend(from.content.slice(start, end - at));
            at = end;
        }
    }
    pieces
}

/// The end of the stored part that has this byte.
fn end_of_held(old: &Object, at: u64) -> u64 {
    let spans = old.parts.as_ref().map(|parts| parts.spans()).unwrap_or_default();
    spans.iter().find(|span| span.start <= at && at < span.end()).map_or(at, |span| span.end())
}

#[cfg(test)]
mod tests;
