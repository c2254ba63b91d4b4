//! An answer, written into a buffer.

use super::compress::Names;
use super::{HEADER, QueryView, bit};
use crate::dns::{RecordType, ResponseCode};
use alloc::borrow::Cow;
use alloc::vec::Vec;

const CLASS_IN: u16 = 1;
const OPT: u16 = 41;
/// An OPT record without options.
const OPT_FIXED: usize = 11;
/// The longest message.
const LONGEST: usize = 65_535;

/// A section of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What was asked for.
    Answer,
    /// Who would know, or the zone's start.
    Authority,
    /// What is useful beside.
    Additional,
}

/// What the OPT record of an answer says.
#[derive(Clone, Copy, Debug, Default)]
pub struct OptWriter<'a> {
    /// The largest datagram that we take.
    pub size: u16,
    /// Both cookies (RFC 7873 §5.2.3).
    pub cookie: Option<[u8; 24]>,
    /// The server's name (RFC 5001).
    pub nsid: Option<&'a [u8]>,
    /// How long a connection may idle, in tenths of a second (RFC 7828).
    pub keepalive: Option<u16>,
}

/// An answer under way. Its question is that of the query, and its OPT record is there if the query has one. Nothing of it is longer than
/// the limit: what does not fit is not there, and says so as the sections demand it.
pub struct AnswerWriter<'a> {
    out: &'a mut Vec<u8>,
    query: &'a QueryView<'a>,
    opt: OptWriter<'a>,
    start: usize,
    /// Behind the question.
    body: usize,
    /// Sections end here at the latest; behind is room for the OPT record.
    limit: usize,
    counts: [u16; 3],
    flags: u16,
    code: ResponseCode,
    names: Names,
    /// The names of the question are remembered.
    remembered: bool,
    scope: u8,
    error: Option<(u16, Cow<'static, str>)>,
}

impl<'a> AnswerWriter<'a> {
    /// Begins an answer at the end of `out`, of no more than `limit` bytes.
    pub fn new(out: &'a mut Vec<u8>, query: &'a QueryView<'a>, limit: usize, opt: OptWriter<'a>) -> AnswerWriter<'a> {
        let start = out.len();
        let opt_len = query.edns.map_or(0, |edns| {
            let subnet = edns.subnet.map_or(0, |subnet| 4 + subnet.option.len());
            let nsid = opt.nsid.filter(|_| edns.nsid).map_or(0, |name| 4 + name.len());
            OPT_FIXED + subnet + nsid + if opt.cookie.is_some() { 28 } else { 0 } + if opt.keepalive.is_some() { 6 } else { 0 }
        });
        out.extend_from_slice(&[0; HEADER]);
        out.extend_from_slice(query.question());
        let body = out.len();
        AnswerWriter {
            out,
            query,
            opt,
            start,
            body,
            limit: start + limit.min(LONGEST).saturating_sub(opt_len),
            counts: [0; 3],
            flags: 0,
            code: ResponseCode(0),
            names: Names::new(),
            remembered: false,
            scope: 0,
            error: None,
        }
    }

    /// The response code.
    pub fn set_code(&mut self, code: ResponseCode) {
        self.code = code;
    }

    /// Sets bits of the header: see [`bit`].
    pub fn set_flags(&mut self, flags: u16) {
        self.flags |= flags;
    }

    /// For how many bits of the client's subnet this is the answer (RFC 7871 §7.2.1).
    pub fn set_scope(&mut self, scope: u8) {
        self.scope = scope;
    }

    /// Why, more exactly (RFC 8914): a code, and words that may be empty. It is left out where there is no room.
    pub fn set_error(&mut self, code: u16, text: impl Into<Cow<'static, str>>) {
        self.error = Some((code, text.into()));
    }

    /// Leaves so many bytes of the message to what comes behind it: a signature.
    pub fn reserve(&mut self, bytes: usize) {
        self.limit = self.limit.saturating_sub(bytes);
    }

    /// Bytes that the sections may still have.
    pub fn room(&self) -> usize {
        self.limit.saturating_sub(self.out.len())
    }

    /// Adds sections that were written beforehand: their pointers count from the beginning of a message with this very question. False, and
    /// nothing is added, where they do not fit.
    #[must_use]
    pub fn prepared(&mut self, tail: &[u8], counts: [u16; 3]) -> bool {
        debug_assert_eq!(self.out.len(), self.body, "what is prepared has the message for itself");
        if tail.len() > self.room() {
            return false;
        }
        self.out.extend_from_slice(tail);
        self.counts = counts;
        true
    }

    /// Moves what has just been added beforehand-written by so many bytes: it was written for a question that is shorter by as much, and
    /// these of its pointers (offsets into it) lead behind the difference.
    pub fn shift(&mut self, tail: usize, pointers: &[u16], by: u16) {
        let start = self.out.len() - tail;
        for at in pointers {
            let at = start + usize::from(*at);
            let pointer = u16::from_be_bytes([self.out[at], self.out[at + 1]]) + by;
            self.out[at..at + 2].copy_from_slice(&pointer.to_be_bytes());
        }
    }

    /// Adds a record; sections come in their order. `data` writes what it says. False, and nothing is added, where it does not fit.
    #[must_use]
    pub fn record(
        &mut self,
        section: Section,
        owner: &[u8],
        kind: RecordType,
        ttl: u32,
        data: impl FnOnce(&mut DataWriter<'_>) -> bool,
    ) -> bool {
        if !self.remembered {
            self.remembered = true;
            self.names.remember(&self.out[self.start..], HEADER);
        }
        let (begun, names) = (self.out.len(), self.names.count());
        self.names.write(self.out, self.start, owner);
        self.out.extend_from_slice(&kind.0.to_be_bytes());
        self.out.extend_from_slice(&CLASS_IN.to_be_bytes());
        self.out.extend_from_slice(&ttl.to_be_bytes());
        self.out.extend_from_slice(&[0, 0]);
        let at = self.out.len();
        let written = data(&mut DataWriter { out: self.out, start: self.start, names: &mut self.names });
        match u16::try_from(self.out.len() - at) {
            Ok(len) if written && self.out.len() <= self.limit => {
                self.out[at - 2..at].copy_from_slice(&len.to_be_bytes());
                self.counts[section as usize] += 1;
                true
            }
            _ => {
                self.out.truncate(begun);
                self.names.back_to(names);
                false
            }
        }
    }

    /// Adds an address of the name asked about, four bytes or sixteen, to the answer section. False, and nothing is added, where it does
    /// not fit.
    #[must_use]
    pub fn address(&mut self, kind: RecordType, ttl: u32, address: &[u8]) -> bool {
        // The name is always the question's (RFC 1035 §4.1.4): there is nothing to look for.
        let [k0, k1] = kind.0.to_be_bytes();
        let [t0, t1, t2, t3] = ttl.to_be_bytes();
        let len = address.len() as u8;
        let fixed = [0xc0, HEADER as u8, k0, k1, 0, CLASS_IN as u8, t0, t1, t2, t3, 0, len];
        if fixed.len() + address.len() > self.room() {
            return false;
        }
        self.out.extend_from_slice(&fixed);
        self.out.extend_from_slice(address);
        self.counts[Section::Answer as usize] += 1;
        true
    }

    /// Where the sections are now, to come back to.
    pub fn mark(&self) -> Mark {
        Mark { len: self.out.len(), counts: self.counts, names: self.names.count() }
    }

    /// Takes back what was added since.
    pub fn back_to(&mut self, mark: Mark) {
        self.out.truncate(mark.len);
        self.counts = mark.counts;
        self.names.back_to(mark.names);
    }

    /// It does not fit: all sections are empty, and the client is to come by TCP (RFC 2181 §9).
    pub fn truncate(&mut self) {
        self.out.truncate(self.body);
        self.counts = [0; 3];
        self.names.back_to(0);
        self.remembered = false;
        self.flags |= bit::TRUNCATED;
    }

    /// Takes back everything, what was set too: as it began.
    pub fn reset(&mut self) {
        self.truncate();
        (self.flags, self.code, self.scope, self.error) = (0, ResponseCode(0), 0, None);
    }

    /// The code that was set.
    pub fn code(&self) -> ResponseCode {
        self.code
    }

    /// The scope that was set.
    pub fn scope(&self) -> u8 {
        self.scope
    }

    /// Records so far, by section.
    pub fn counts(&self) -> [u16; 3] {
        self.counts
    }

    /// Whether the server has the zone.
    pub fn is_authoritative(&self) -> bool {
        self.flags & bit::AUTHORITATIVE != 0
    }

    /// Takes all of it back: there is no answer.
    pub fn abandon(self) {
        self.out.truncate(self.start);
    }

    /// Whether it was truncated.
    pub fn is_truncated(&self) -> bool {
        self.flags & bit::TRUNCATED != 0
    }

    /// Ends the answer; returns its length.
    pub fn finish(mut self) -> usize {
        if self.query.edns.is_some() {
            self.write_opt();
        } else if self.code.0 > 15 {
            // Who knows nothing of EDNS has only four bits for the code.
            self.code = ResponseCode(1);
        }
        const KEPT: u16 = bit::OPCODE | bit::RECURSION_DESIRED | bit::CHECKING_DISABLED;
        let flags = bit::RESPONSE | (self.query.flags() & KEPT) | self.flags | (self.code.0 & 0x0f);
        let additional = self.counts[2] + u16::from(self.query.edns.is_some());
        let rows = [self.query.id(), flags, u16::from(self.query.has_question()), self.counts[0], self.counts[1], additional];
        for (to, row) in self.out[self.start..].chunks_exact_mut(2).zip(rows) {
            to.copy_from_slice(&row.to_be_bytes());
        }
        self.out.len() - self.start
    }

    fn write_opt(&mut self) {
        let Some(edns) = self.query.edns else { return };
        let begun = self.out.len();
        let high = u8::try_from(self.code.0 >> 4).unwrap_or(0);
        let ([k0, k1], [s0, s1]) = (OPT.to_be_bytes(), self.opt.size.to_be_bytes());
        // RFC 3225 §3: the bit is copied.
        let signatures = if edns.dnssec_ok { 0x80 } else { 0 };
        self.out.extend_from_slice(&[0, k0, k1, s0, s1, high, 0, signatures, 0, 0, 0]);
        if let Some(subnet) = edns.subnet {
            let scope_at = self.out.len() + 4 + 3;
            self.option(8, subnet.option);
            self.out[scope_at] = self.scope;
        }
        if let Some(cookie) = self.opt.cookie {
            self.option(10, &cookie);
        }
        if let Some(name) = self.opt.nsid.filter(|_| edns.nsid) {
            self.option(3, name);
        }
        if let Some(tenths) = self.opt.keepalive {
            self.option(11, &tenths.to_be_bytes());
        }
        if let Some((code, text)) = &self.error
            && self.room_for_error(begun, text.len())
        {
            let len = u16::try_from(2 + text.len()).expect("it fits with the rest");
            self.out.extend_from_slice(&15_u16.to_be_bytes());
            self.out.extend_from_slice(&len.to_be_bytes());
            self.out.extend_from_slice(&code.to_be_bytes());
            self.out.extend_from_slice(text.as_bytes());
        }
        let len = u16::try_from(self.out.len() - begun - OPT_FIXED).expect("options of ours are short");
        self.out[begun + 9..begun + 11].copy_from_slice(&len.to_be_bytes());
    }

    /// The sections have left so much of their room.
    fn room_for_error(&self, opt: usize, text: usize) -> bool {
        opt + 6 + text <= self.limit
    }

    fn option(&mut self, code: u16, data: &[u8]) {
        let ([c0, c1], [l0, l1]) = (code.to_be_bytes(), u16::try_from(data.len()).expect("options of ours are short").to_be_bytes());
        self.out.extend_from_slice(&[c0, c1, l0, l1]);
        self.out.extend_from_slice(data);
    }
}

/// A place in the sections of an answer.
#[derive(Clone, Copy)]
pub struct Mark {
    len: usize,
    counts: [u16; 3],
    names: usize,
}

/// Writes what a record says.
pub struct DataWriter<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    names: &'a mut Names,
}

impl DataWriter<'_> {
    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// A name that may be compressed: of the types of RFC 1035 only (RFC 3597 §4).
    pub fn compressed(&mut self, name: &[u8]) {
        self.names.write(self.out, self.start, name);
    }
}

/// Writes the answer to what is no question: a header with the query's id and a code, and nothing else. Nothing where it gets no answer.
pub(super) fn reject(out: &mut Vec<u8>, query: &[u8], code: ResponseCode) {
    let Some(&[id0, id1, flags0, flags1]) = query.first_chunk::<4>() else { return };
    let kept = u16::from_be_bytes([flags0, flags1]) & (bit::OPCODE | bit::RECURSION_DESIRED | bit::CHECKING_DISABLED);
    let flags = (bit::RESPONSE | kept | (code.0 & 0x0f)).to_be_bytes();
    out.extend_from_slice(&[id0, id1, flags[0], flags[1], 0, 0, 0, 0, 0, 0, 0, 0]);
}
