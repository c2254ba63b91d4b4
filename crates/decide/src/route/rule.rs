//! One route, compiled: its conditions and its place among the others.

use super::path::{byte_of, normalise};
use super::record::Failure;
use crate::config::{PathMatch, Route, ValueMatch};
use crate::step::RouteRef;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;
use wire::http::{Method, RequestHead, TargetForm};

/// A route with its path in normal form.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) route: RouteRef,
    pub(super) name: String,
    path: PathMatch,
    methods: Vec<Method>,
    headers: Vec<ValueMatch>,
    query: Vec<ValueMatch>,
}

/// The first condition that does not hold.
#[derive(Clone, Copy, Debug)]
pub(super) enum Miss<'a> {
    Path(&'a PathMatch),
    Header(&'a ValueMatch),
    Query(&'a ValueMatch),
    /// Everything but the method holds.
    Method(&'a [Method]),
}

impl Rule {
    pub(super) fn build(route: RouteRef, from: &Route) -> Self {
        let path = match &from.when.path {
            PathMatch::Any => PathMatch::Any,
            PathMatch::Exact(path) => PathMatch::Exact(normal_or_as_written(path)),
            PathMatch::Prefix(path) => PathMatch::Prefix(normal_or_as_written(path)),
        };
        let methods = from.when.methods.iter().map(|method| Method::of(method)).collect();
        Self { route, name: from.name.clone(), path, methods, headers: from.when.headers.clone(), query: from.when.query.clone() }
    }

    /// The sort key: exact path, then longest prefix, then any path; among equals more conditions first. The sort is stable, so that
    /// the order written decides the rest.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        let path = match &self.path {
            PathMatch::Exact(_) => (0_u8, Reverse(0)),
            PathMatch::Prefix(prefix) => (1, Reverse(prefix.len())),
            PathMatch::Any => (2, Reverse(0)),
        };
        (path, Reverse(self.conditions()))
    }

    /// The rank in words.
    pub(super) fn rank_in_words(&self) -> String {
        let path = match &self.path {
            PathMatch::Exact(path) => alloc::format!("exactly {path}"),
            PathMatch::Prefix(path) => alloc::format!("prefix {path}"),
            PathMatch::Any => "any path".to_owned(),
        };
        match self.conditions() {
            0 => path,
            1 => path + ", 1 condition",
            more => alloc::format!("{path}, {more} conditions"),
        }
    }

    /// The length of the path's part that the rule's path covers, or the first condition that fails. The method comes last, so that a
    /// failure of the method says that all else holds.
    pub(super) fn holds(&self, path: &[u8], head: &RequestHead) -> Result<usize, Miss<'_>> {
        let matched = covered(&self.path, path, head.form).ok_or(Miss::Path(&self.path))?;
        if let Some(missing) = self.headers.iter().find(|wanted| !has_field(head, wanted)) {
            return Err(Miss::Header(missing));
        }
        if let Some(missing) = self.query.iter().find(|wanted| !has_parameter(head, wanted)) {
            return Err(Miss::Query(missing));
        }
        match self.methods.is_empty() || self.methods.iter().any(|method| admits(method, &head.method)) {
            true => Ok(matched),
            false => Err(Miss::Method(&self.methods)),
        }
    }

    fn conditions(&self) -> usize {
        usize::from(!self.methods.is_empty()) + self.headers.len() + self.query.len()
    }
}

impl Miss<'_> {
    pub(super) fn describe(self) -> Failure {
        let of = |sentence, wanted: &str, value: Option<&String>| Failure { sentence, wanted: wanted.to_owned(), value: value.cloned() };
        match self {
            Miss::Path(PathMatch::Exact(path)) => of("the path is not", path, None),
            Miss::Path(PathMatch::Prefix(path)) => of("the path is not at or below", path, None),
            Miss::Path(PathMatch::Any) => of("the target is not", "a path", None),
            Miss::Header(ValueMatch { name, value: None }) => of("there is no field", name, None),
            Miss::Header(ValueMatch { name, value }) => of("no field has the value", name, value.as_ref()),
            Miss::Query(ValueMatch { name, value: None }) => of("there is no query parameter", name, None),
            Miss::Query(ValueMatch { name, value }) => of("no query parameter has the value", name, value.as_ref()),
            Miss::Method(methods) => of("the method is none of", &list(methods), None),
        }
    }
}

/// The methods of an `Allow` field: those listed, and HEAD beside GET.
pub(super) fn list<'a>(methods: impl IntoIterator<Item = &'a Method>) -> String {
    let mut text = String::new();
    let mut add = |name: &str| {
        if !text.split(", ").any(|known| known == name) {
            text.push_str(if text.is_empty() { "" } else { ", " });
            text.push_str(name);
        }
    };
    for method in methods {
        add(method.as_str());
        if *method == Method::Get {
            add("HEAD");
        }
    }
    text
}

/// A server that supports GET supports HEAD (RFC 9110 §9.1), so a rule for GET holds for HEAD too.
fn admits(rule: &Method, asked: &Method) -> bool {
    rule == asked || (*rule == Method::Get && *asked == Method::Head)
}

fn covered(rule: &PathMatch, path: &[u8], form: TargetForm) -> Option<usize> {
    match rule {
        PathMatch::Any => Some(0),
        // `OPTIONS *` and CONNECT ask for no path.
        _ if matches!(form, TargetForm::Asterisk | TargetForm::Authority) => None,
        PathMatch::Exact(exact) => (exact.as_bytes() == path).then_some(path.len()),
        PathMatch::Prefix(prefix) => {
            let rest = path.strip_prefix(prefix.as_bytes())?;
            (rest.is_empty() || rest[0] == b'/' || prefix.ends_with('/')).then_some(prefix.len())
        }
    }
}

fn has_field(head: &RequestHead, wanted: &ValueMatch) -> bool {
    let mut values = head.fields.named(wanted.name.as_bytes());
    match &wanted.value {
        None => values.next().is_some(),
        Some(value) => values.any(|have| have == value.as_bytes()),
    }
}

fn has_parameter(head: &RequestHead, wanted: &ValueMatch) -> bool {
    let Some(query) = head.query() else { return false };
    query.split(|byte| *byte == b'&').any(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let value = pair.get(at + 1..).unwrap_or_default();
        decoded(&pair[..at]).eq(wanted.name.bytes())
            && wanted.value.as_ref().is_none_or(|value_wanted| decoded(value).eq(value_wanted.bytes()))
    })
}

/// A piece of a query as forms write it: `+` for a space, escapes decoded, a broken escape as it stands.
fn decoded(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = text;
    core::iter::from_fn(move || {
        let (byte, used) = match *rest {
            [] => return None,
            [b'+', ..] => (b' ', 1),
            [b'%', high, low, ..] => byte_of(high, low).map_or((b'%', 1), |byte| (byte, 3)),
            [byte, ..] => (byte, 1),
        };
        rest = &rest[used..];
        Some(byte)
    })
}

fn normal_or_as_written(path: &str) -> String {
    let mut out = Vec::new();
    match normalise(path.as_bytes(), &mut out) {
        Ok(normal) => String::from_utf8_lossy(normal).into_owned(),
        Err(_) => path.to_owned(),
    }
}
