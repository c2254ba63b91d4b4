//! The steps of a client after the answer: what its bytes are, and what a page asks for.

use super::{Bytes, FieldInfo, FieldType, StepInfo, Text, Value};
use crate::time::Duration;

steps! {
    /// One thing that happened between the bytes of an answer and the page.
    PageStep:
    /// A content coding was undone, while the body came.
    Decoded "decoded" {
        /// `gzip`, `deflate`, `br`, `zstd`.
        coding: &'static str,
        /// Bytes that went in.
        before: Bytes,
        /// Bytes that came out.
        after: Bytes,
        /// What was wrong with it: `corrupt`, `torn`, `trailing`; empty if nothing was.
        fault: &'static str,
        /// The time it took, spread over the time of the body.
        took: Duration,
    }
    /// Content codings were left as they are.
    CodingKept "coding-kept" {
        /// As `Content-Encoding` names them.
        codings: Text,
        /// Why: `unknown`, or `part` for a part of coded content.
        why: &'static str,
    }
    /// What the content is was decided.
    Sniffed "sniffed" {
        /// Its media type.
        kind: Text,
        /// By which rule: `content-type`, `nosniff`, `pattern`, `image-pattern`, `media-pattern`, `text-by-bytes`, `binary-by-bytes`,
        /// `no-pattern-text`, `no-pattern-binary`.
        rule: &'static str,
        /// `Content-Type`, as it came; empty if there is none.
        declared: Text,
        /// Bytes of content, without codings.
        size: Bytes,
    }
    /// Which characters the bytes mean was decided.
    CharsetChosen "charset-chosen" {
        /// The encoding.
        charset: &'static str,
        /// By which rule: `byte-order-mark`, `content-type`, `meta`, `xml-declaration`, `format`, `guess`, `default`.
        rule: &'static str,
        /// `Content-Type` names one that nobody knows.
        unknown: bool,
        /// How much a guess is worth, in words; empty if none was made.
        confidence: &'static str,
        /// Bytes that a guess was made by.
        looked_at: Bytes,
        /// How many of those are outside ASCII, and so tell something.
        telling: Bytes,
        /// Sequences of bytes that mean nothing in this encoding.
        malformed: u64,
        /// Where the first of them is, from 0 on; 0 if there is none.
        first_malformed: u64,
    }
    /// An HTML document was parsed, while it came.
    Parsed "parsed" {
        /// Its title; empty if it has none.
        title: Text,
        /// Elements.
        elements: u64,
        /// Mistakes that the parser mended.
        mistakes: u64,
        /// It is shown as browsers of the last century would.
        quirks: bool,
        /// Resources it asks for.
        resources: u64,
        /// Of those, how many it waits for before anything is painted.
        blocking: u64,
        /// What it has inside as `data:`.
        inline: u64,
        /// The time that characters and parser took, spread over the time of the body.
        took: Duration,
    }
    /// A mistake in an HTML document. The first few are told, all are counted.
    ParseMistake "parse-mistake" {
        /// In which line, from 1 on.
        line: u64,
        /// What it is, in the parser's words.
        what: Text,
    }
    /// A document asks for a resource.
    ResourceFound "resource-found" {
        /// Its number, from 1 on.
        resource: u64,
        /// `style`, `script`, `image`, `media`, `frame`, `icon`, `preload`, `manifest`, `object`.
        kind: &'static str,
        /// Where it is.
        url: Text,
        /// Nothing is painted before it is there.
        blocks: bool,
        /// It is not asked for before somebody scrolls to it, or plays it.
        lazy: bool,
    }
    /// A connection that resources are fetched over.
    PageConnection "page-connection" {
        /// Its number; 1 is the document's own.
        connection: u64,
        /// Scheme, host and port.
        origin: Text,
        /// Address and port of the other end.
        remote: Text,
        /// `HTTP/1.1` or `HTTP/2`.
        version: &'static str,
        /// It is the document's.
        kept: bool,
        /// From its name to the end of its handshake; what was known already costs nothing.
        took: Duration,
    }
    /// A resource was fetched, or not.
    ResourceFetched "resource-fetched" {
        /// Its number.
        resource: u64,
        /// What it is for.
        kind: &'static str,
        /// Where it is; after redirects, where they led.
        url: Text,
        /// Nothing is painted before it is there.
        blocks: bool,
        /// The answer's status; 0 for none.
        status: u16,
        /// `HTTP/1.1` or `HTTP/2`; empty without an answer.
        version: &'static str,
        /// The number of the connection; 0 for none.
        connection: u64,
        /// Redirects that led there.
        redirects: u64,
        /// Bytes of its body, codings not undone.
        size: Bytes,
        /// From the request to the head of the answer.
        waited: Duration,
        /// From the request to the last byte.
        took: Duration,
        /// Why it is not here, in words; empty if it is.
        fault: Text,
    }
    /// Resources that were not asked for.
    ResourcesLeft "resources-left" {
        /// How many.
        resources: u64,
        /// Why: `lazy`, `limit`, `time`.
        why: &'static str,
    }
    /// No resource is under way any more.
    PageFetched "page-fetched" {
        /// Resources that are here, with a status below 400.
        good: u64,
        /// Resources that are not.
        bad: u64,
        /// Bytes of all their bodies.
        size: Bytes,
        /// From the first request to the last byte.
        took: Duration,
        /// From the first request until the last of those was here that nothing is painted without.
        blocked: Duration,
    }
}
