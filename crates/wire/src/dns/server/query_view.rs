//! A query, read in place.

use super::{EdnsView, HEADER, LONGEST_LABEL, LONGEST_NAME, bit, u16_at};
use crate::dns::{RecordType, ResponseCode};
use core::fmt;

const OPT: u16 = 41;
const TSIG: u16 = 250;
const CLASS_IN: u16 = 1;

/// Opcodes that are known here.
const QUERY: u8 = 0;
const NOTIFY: u8 = 4;

/// A query as it lies in its datagram.
#[derive(Clone, Copy)]
pub struct QueryView<'a> {
    bytes: &'a [u8],
    /// Bytes of the name, the root's label included; 0 where nothing is asked.
    name_len: u8,
    /// For which records.
    pub kind: RecordType,
    /// In which class; 1 is IN.
    pub class: u16,
    /// What the OPT record says, if there is one.
    pub edns: Option<EdnsView<'a>>,
    /// Where the record of a signature begins (RFC 8945), which is the last one.
    pub tsig: Option<usize>,
    /// What is wrong with it: it is to be answered with the mistake's code.
    pub mistake: Option<Mistake>,
}

/// What cannot be answered as a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reject {
    /// What is wrong.
    pub mistake: Mistake,
}

/// What is wrong with a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mistake {
    /// No room for a header: no answer.
    Short,
    /// It is an answer: no answer, else two servers could be made to talk with each other for ever.
    IsAnswer,
    /// An opcode that is not served.
    Opcode,
    /// Not one question (RFC 9619).
    Questions,
    /// The question cannot be read: its name has a pointer, is cut, or is too long.
    Question,
    /// Its other records cannot be read.
    Records,
    /// There is more behind its records.
    Trailing,
    /// Two OPT records, one that belongs to a name (RFC 6891 §6.1.1), or options that are cut.
    Edns,
    /// A client subnet that is wrongly formed (RFC 7871 §7.2.1).
    Subnet,
    /// A cookie of a wrong length (RFC 7873 §5.2.2).
    Cookie,
    /// A signature that is not the last record (RFC 8945 §5.1).
    Signature,
    /// EDNS of a version that does not exist (RFC 6891 §6.1.3).
    Version,
}

impl Reject {
    /// Writes the answer to `query`, of which only the header counts; nothing where it gets none.
    pub fn write(&self, query: &[u8], out: &mut alloc::vec::Vec<u8>) {
        if let Some(code) = self.mistake.code() {
            super::answer_writer::reject(out, query, code);
        }
    }
}

impl Mistake {
    /// How it is answered. `None`: not at all.
    pub fn code(self) -> Option<ResponseCode> {
        match self {
            Mistake::Short | Mistake::IsAnswer => None,
            Mistake::Opcode => Some(ResponseCode(4)),
            Mistake::Version => Some(ResponseCode(16)),
            _ => Some(ResponseCode(1)),
        }
    }

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Mistake::Short => "short",
            Mistake::IsAnswer => "is-answer",
            Mistake::Opcode => "opcode",
            Mistake::Questions => "questions",
            Mistake::Question => "question",
            Mistake::Records => "records",
            Mistake::Trailing => "trailing",
            Mistake::Edns => "edns",
            Mistake::Subnet => "subnet",
            Mistake::Cookie => "cookie",
            Mistake::Signature => "signature",
            Mistake::Version => "version",
        }
    }
}

impl<'a> QueryView<'a> {
    /// Reads a query. What has a question that can be read is a query, if perhaps one with a mistake.
    pub fn read(bytes: &'a [u8]) -> Result<QueryView<'a>, Reject> {
        let reject = |mistake| Err(Reject { mistake });
        let Some(header) = bytes.get(..HEADER) else { return reject(Mistake::Short) };
        if header[2] & 0x80 != 0 {
            return reject(Mistake::IsAnswer);
        }
        let opcode = (header[2] >> 3) & 0x0f;
        let count = |row: usize| u16::from_be_bytes([header[4 + 2 * row], header[5 + 2 * row]]);
        if opcode != QUERY && opcode != NOTIFY {
            return reject(Mistake::Opcode);
        }
        if count(0) > 1 {
            return reject(Mistake::Questions);
        }
        let mut view = QueryView { bytes, name_len: 0, kind: RecordType(0), class: CLASS_IN, edns: None, tsig: None, mistake: None };
        let mut at = HEADER;
        if count(0) == 1 {
            let Some(after) = view.read_question() else { return reject(Mistake::Question) };
            at = after;
        }
        let others = usize::from(count(1)) + usize::from(count(2));
        view.mistake = view.read_records(at, others, usize::from(count(3)));
        // RFC 7873 §5.4: who asks nothing but for a cookie may.
        if count(0) == 0 && view.mistake.is_none() && view.edns.is_none_or(|edns| edns.cookie.is_none()) {
            return reject(Mistake::Questions);
        }
        Ok(view)
    }

    /// Reads name, type and class; returns where they end.
    fn read_question(&mut self) -> Option<usize> {
        let mut len = 0;
        loop {
            let label = *self.bytes.get(HEADER + len)?;
            // A pointer could only lead forward, or into the header.
            if label > LONGEST_LABEL {
                return None;
            }
            let end = len + 1 + usize::from(label);
            if end > LONGEST_NAME {
                return None;
            }
            len = end;
            if label == 0 {
                break;
            }
        }
        self.kind = RecordType(u16_at(self.bytes, HEADER + len)?);
        self.class = u16_at(self.bytes, HEADER + len + 2)?;
        self.name_len = u8::try_from(len).expect("no longer than 255");
        Some(HEADER + len + 4)
    }

    /// Walks over the records; in the last `additional` of them OPT and TSIG count.
    fn read_records(&mut self, mut at: usize, others: usize, additional: usize) -> Option<Mistake> {
        let mut mistake = None;
        for index in 0..others + additional {
            if self.tsig.is_some() {
                return Some(Mistake::Signature);
            }
            let Some(record) = RawRecord::read(self.bytes, at) else { return Some(Mistake::Records) };
            let begun = at;
            at = record.end;
            match record.kind {
                OPT if index < others || self.edns.is_some() || !record.of_root => mistake = mistake.or(Some(Mistake::Edns)),
                OPT => {
                    let (edns, wrong) = EdnsView::read(record.class, record.ttl, record.data);
                    mistake = mistake.or(wrong);
                    self.edns = Some(edns);
                }
                TSIG if index >= others => self.tsig = Some(begun),
                _ => {}
            }
        }
        mistake.or((at < self.bytes.len()).then_some(Mistake::Trailing))
    }

    /// The whole message.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Which query it is.
    pub fn id(&self) -> u16 {
        u16::from_be_bytes([self.bytes[0], self.bytes[1]])
    }

    /// The header's second row: see [`bit`].
    pub fn flags(&self) -> u16 {
        u16::from_be_bytes([self.bytes[2], self.bytes[3]])
    }

    /// A zone has changed (RFC 1996), rather than a question.
    pub fn is_notify(&self) -> bool {
        (self.bytes[2] >> 3) & 0x0f == NOTIFY
    }

    /// The server is to walk for the client.
    pub fn recursion_desired(&self) -> bool {
        self.flags() & bit::RECURSION_DESIRED != 0
    }

    /// Something is asked; else only a cookie is wanted (RFC 7873 §5.4).
    pub fn has_question(&self) -> bool {
        self.name_len > 0
    }

    /// The name asked about, on the wire, in letters as they came.
    pub fn name(&self) -> &'a [u8] {
        &self.bytes[HEADER..HEADER + usize::from(self.name_len)]
    }

    /// The question as it came: name, type, class.
    pub fn question(&self) -> &'a [u8] {
        let len = usize::from(self.name_len);
        &self.bytes[HEADER..HEADER + if len == 0 { 0 } else { len + 4 }]
    }

    /// How it may be answered over UDP, in bytes: 512 without EDNS (RFC 1035 §4.2.1).
    pub fn size(&self) -> u16 {
        self.edns.map_or(512, |edns| edns.size)
    }
}

impl fmt::Debug for QueryView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryView")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("kind", &self.kind)
            .field("class", &self.class)
            .field("edns", &self.edns)
            .field("mistake", &self.mistake)
            .finish_non_exhaustive()
    }
}

/// A record of a query, not looked into.
struct RawRecord<'a> {
    of_root: bool,
    kind: u16,
    class: u16,
    ttl: [u8; 4],
    data: &'a [u8],
    end: usize,
}

impl<'a> RawRecord<'a> {
    fn read(bytes: &'a [u8], at: usize) -> Option<RawRecord<'a>> {
        let after = skip_name(bytes, at)?;
        let fixed: &[u8; 10] = bytes.get(after..)?.first_chunk()?;
        let [k0, k1, c0, c1, t0, t1, t2, t3, l0, l1] = *fixed;
        let end = after + 10 + usize::from(u16::from_be_bytes([l0, l1]));
        let data = bytes.get(after + 10..end)?;
        let (kind, class) = (u16::from_be_bytes([k0, k1]), u16::from_be_bytes([c0, c1]));
        Some(RawRecord { of_root: after == at + 1, kind, class, ttl: [t0, t1, t2, t3], data, end })
    }
}

/// Where a name ends. Pointers are not followed: nothing is asked about these names.
fn skip_name(bytes: &[u8], mut at: usize) -> Option<usize> {
    let begun = at;
    loop {
        match *bytes.get(at)? {
            0 => return Some(at + 1),
            label if label <= LONGEST_LABEL => at += 1 + usize::from(label),
            // RFC 1035 §4.1.4: a pointer ends a name, and leads backward.
            high if high >= 0xc0 => {
                let to = usize::from(u16_at(bytes, at)? & 0x3fff);
                return (to < begun).then_some(at + 2);
            }
            _ => return None,
        }
        if at - begun > LONGEST_NAME {
            return None;
        }
    }
}
