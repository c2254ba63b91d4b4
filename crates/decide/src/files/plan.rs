//! The whole answer for a file that was found.

use super::{Coding, Preference, media_type};
use crate::conditional::{Etag, Precondition, Validators, evaluate};
use crate::multipart::{self, Multipart};
use crate::range::{Requested, Span, requested};
use crate::time::{Calendar, Duration};
use crate::{config, date};
use alloc::format;
use alloc::string::String;
use core::fmt::Write as _;
use wire::http::{Fields, Known, Method};

/// A file left alone this long will not change again within the time stamp it has: clocks of file systems tick in whole seconds at
/// worst, and two seconds on FAT. What was changed more recently gets no strong validator (RFC 9110 §8.8.1, §8.8.2.2).
pub const SETTLED: Duration = Duration::from_secs(2);

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a Method,
    /// The header section.
    pub fields: &'a Fields,
    /// The time of day.
    pub now: Calendar,
    /// Separates the parts, should there be several: 1 to 70 letters and digits that no content holds, drawn at random.
    pub boundary: &'a str,
}

/// The file that was found, and its siblings.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The file's own name; its extension decides the media type.
    pub name: &'a str,
    /// The file.
    pub file: Stored,
    /// Its precompressed siblings. It is enough to list the first of [`Preference::iter`] that is there and [current](Sibling::is_current).
    pub siblings: &'a [Sibling],
}

/// What the file system says of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Bytes.
    pub size: u64,
    /// When its content last changed, as finely as the file system knows.
    pub modified: Calendar,
    /// What else tells it from another file that had its name: an inode number, for one. 0 for nothing: where several machines serve
    /// copies of one tree, their inodes differ and would make one file's tags differ.
    pub identity: u64,
}

/// A precompressed sibling of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sibling {
    /// Never `Identity`.
    pub coding: Coding,
    /// The sibling itself.
    pub stored: Stored,
}

impl Sibling {
    /// Whether it was made from the file as it is now: one that is older was made from an earlier one. Whole seconds, as compressors
    /// copy time stamps no finer.
    pub fn is_current(&self, file: &Stored) -> bool {
        self.stored.modified.0.as_secs() >= file.modified.0.as_secs()
    }
}

/// The answer, but for the bytes of the file. Its fields stand beside it; `Content-Length` is the caller's, from `length`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The status.
    pub status: u16,
    /// What is sent.
    pub body: Body,
    /// The `Content-Length`: the body's, or for HEAD that of the body that GET would get. `None`: the status has no such field.
    pub length: Option<u64>,
    /// Bytes of the selected representation; 0 where no file was selected.
    pub size: u64,
    /// Which of the files to send: the file itself or a sibling.
    pub encoding: Coding,
    /// The word in step `file-chosen`; `None` where no file was chosen (204, 405, 406).
    pub why: Option<&'static str>,
}

/// What of the chosen file is sent. Every span lies within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    None,
    /// All of it. It may have no bytes.
    Whole,
    /// These bytes.
    Part(Span),
    /// Several spans, framed.
    Parts(Multipart),
}

/// The answer for methods that need no file: 204 for OPTIONS, 405 for all but GET and HEAD. [`plan`] asks here first; who wants to spare
/// the file system asks before.
pub fn answer_without_file(method: &Method, add: &mut Fields) -> Option<Plan> {
    let status = match method {
        Method::Get | Method::Head => return None,
        Method::Options => 204,
        _ => 405,
    };
    // RFC 9110 §15.5.6: a 405 must say what is allowed; §9.3.7: OPTIONS asks for it.
    add.push_known(Known::Allow, b"GET, HEAD, OPTIONS");
    // RFC 9110 §8.6: no Content-Length with 204.
    Some(nothing(status, (status == 405).then_some(0)))
}

/// Decides the whole answer for a file. The fields it needs are appended to `add`.
pub fn plan(request: &Request<'_>, found: &Found<'_>, files: &config::Files, add: &mut Fields) -> Plan {
    if let Some(plan) = answer_without_file(request.method, add) {
        return plan;
    }
    if files.precompressed {
        // RFC 9110 §12.5.5: on every answer that could have been another, whichever it is.
        add.push_known(Known::Vary, b"Accept-Encoding");
    }
    let Some((encoding, stored)) = select(request, found, files) else {
        // RFC 9110 §15.5.7. Preconditions do not count where the answer is neither 2xx nor 412 without them (§13.2.1).
        return nothing(406, Some(0));
    };
    let tag = tag(&stored, encoding);
    // RFC 9110 §8.8.1: what may still change without its time stamp changing is known weakly.
    let weak = request.now.0.checked_sub(stored.modified.0).is_none_or(|age| age < SETTLED);
    let etag = Etag { weak, opaque: tag.as_bytes() };
    // RFC 9110 §8.8.2.1: never later than the answer itself.
    let last_modified = stored.modified.min(request.now);
    let validators = Validators { etag: Some(etag), last_modified: Some(last_modified), date_is_strong: !weak };
    let verdict = evaluate(request.method, request.fields, &validators, request.now);
    let chosen = Plan { status: 200, body: Body::None, length: None, size: stored.size, encoding, why: None };
    match verdict.precondition {
        Precondition::Failed => Plan { status: 412, length: Some(0), why: Some("precondition-failed"), ..chosen },
        Precondition::NotModified => {
            // RFC 9110 §15.4.5: of the fields of a 200, those that a cache needs and no others.
            add_etag(&etag, add);
            add_cache_control(files, add);
            Plan { status: 304, why: Some("not-modified"), ..chosen }
        }
        Precondition::Proceed => {
            let asked = if verdict.range { range(request.fields, &chosen) } else { Requested::Whole };
            add.push_known(Known::AcceptRanges, b"bytes");
            if asked == Requested::Unsatisfiable {
                // RFC 9110 §15.5.17: the current length, so that the client can ask again.
                add.push_known(Known::ContentRange, format!("bytes */{}", stored.size).as_bytes());
                return Plan { status: 416, length: Some(0), why: Some("unsatisfiable"), ..chosen };
            }
            add_etag(&etag, add);
            add.push_known(Known::LastModified, &date::format_imf(last_modified));
            add_cache_control(files, add);
            if encoding != Coding::Identity {
                add.push_known(Known::ContentEncoding, encoding.token().as_bytes());
            }
            deliver(request, media_type(found.name), asked, chosen, add)
        }
    }
}

/// The best representation that the client accepts and that is there.
fn select(request: &Request<'_>, found: &Found<'_>, files: &config::Files) -> Option<(Coding, Stored)> {
    if !files.precompressed {
        return Some((Coding::Identity, found.file));
    }
    Preference::of(request.fields).iter().find_map(|coding| {
        if coding == Coding::Identity {
            return Some((coding, found.file));
        }
        let fits = |sibling: &&Sibling| sibling.coding == coding && sibling.is_current(&found.file);
        found.siblings.iter().find(fits).map(|sibling| (coding, sibling.stored))
    })
}

/// What stands between the quotation marks of the `ETag`: time stamp, size, identity, coding (RFC 9110 §8.8.3.3: representations that
/// differ in their coding differ in their tag).
fn tag(stored: &Stored, encoding: Coding) -> String {
    let mut tag = format!("{:x}-{:x}", stored.modified.0.as_nanos(), stored.size);
    if stored.identity != 0 {
        write!(tag, "-{:x}", stored.identity).expect("a String takes everything");
    }
    if encoding != Coding::Identity {
        tag.push('-');
        tag.push_str(encoding.token());
    }
    tag
}

/// What the `Range` field comes to for the representation chosen.
fn range(fields: &Fields, chosen: &Plan) -> Requested {
    let mut values = fields.all(Known::Range);
    let Some(value) = values.next() else { return Requested::Whole };
    // The field is no list of values (RFC 9110 §14.2): two of them are not well formed.
    if values.next().is_some() {
        return Requested::Whole;
    }
    match requested(value, chosen.size) {
        // Content-Encoding would be said of the multipart body, whose parts alone are coded: clients would decode the wrong thing. Any
        // Range may be ignored (RFC 9110 §14.2).
        Requested::Spans(spans) if spans.len() > 1 && chosen.encoding != Coding::Identity => Requested::Whole,
        asked => asked,
    }
}

/// 200 or 206: body, length and the fields that depend on them.
///
/// A 206 has all the fields of the 200, after `If-Range` too: players and caches that join parts read each by itself.
fn deliver(request: &Request<'_>, content_type: &str, asked: Requested, chosen: Plan, add: &mut Fields) -> Plan {
    match asked {
        Requested::Spans(spans) if spans.len() > 1 => {
            // RFC 9110 §15.3.7.2: Content-Range stands in the parts, never in the header section.
            add.push_known(Known::ContentType, multipart::content_type(request.boundary).as_bytes());
            let parts = Multipart::new(&spans, Some(chosen.size), content_type, request.boundary);
            Plan { status: 206, length: Some(parts.length()), body: Body::Parts(parts), why: Some("parts"), ..chosen }
        }
        Requested::Spans(spans) => {
            let span = spans[0];
            add.push_known(Known::ContentType, content_type.as_bytes());
            add.push_known(Known::ContentRange, multipart::content_range(span, Some(chosen.size)).as_bytes());
            Plan { status: 206, body: Body::Part(span), length: Some(span.len), why: Some("part"), ..chosen }
        }
        Requested::Whole | Requested::Unsatisfiable => {
            add.push_known(Known::ContentType, content_type.as_bytes());
            // RFC 9110 §9.3.2: HEAD is answered as GET, without the content.
            let body = if *request.method == Method::Head { Body::None } else { Body::Whole };
            Plan { body, length: Some(chosen.size), why: Some("whole"), ..chosen }
        }
    }
}

fn add_etag(etag: &Etag<'_>, add: &mut Fields) {
    let mut value = alloc::vec::Vec::with_capacity(etag.opaque.len() + 4);
    value.extend_from_slice(if etag.weak { b"W/\"" } else { b"\"" });
    value.extend_from_slice(etag.opaque);
    value.push(b'"');
    add.push_known(Known::ETag, &value);
}

fn add_cache_control(files: &config::Files, add: &mut Fields) {
    if !files.cache_control.is_empty() {
        add.push_known(Known::CacheControl, files.cache_control.as_bytes());
    }
}

/// An answer for which no file was chosen.
fn nothing(status: u16, length: Option<u64>) -> Plan {
    Plan { status, body: Body::None, length, size: 0, encoding: Coding::Identity, why: None }
}

#[cfg(test)]
mod tests;
