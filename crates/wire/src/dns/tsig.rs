//! Messages signed with a shared secret (TSIG, RFC 8945): the record both ways, what is signed, and what a server answers where a signature
//! does not hold.
//!
//! The MAC itself, and the comparison of two, come from outside ([`Key`]), so that no cryptography is in this crate. The crate `domain` has
//! TSIG too, tied to one library of cryptography that this program does not use; the tests hold this one against it.
//!
//! Order of calls, on the side that is asked: [`check`] for the query as it came; the answer is written with room for
//! [`Exchange::room`], and signed by [`Exchange::sign`], each message of a transfer in its turn. A refusal is answered by
//! [`Refusal::sign`]. On the side that asks: [`Exchange::ask`], then [`Exchange::read`] for each message that arrives.

use super::message::{Malformed, TooLong};
use super::{Name, ResponseCode};
use alloc::vec::Vec;
use core::fmt;
use domain::base::name::{ParsedName, ToName};
use domain::base::wire::Parse;
use domain::dep::octseq::Parser;

/// The record's type.
const TSIG: u16 = 250;
/// Class ANY.
const ANY: u16 = 255;
/// How far two clocks may be apart, in seconds: RFC 8945 §10 recommends it.
pub const FUDGE: u16 = 300;
/// So many messages of a transfer may come between two that are signed (RFC 8945 §5.3.1).
const MOST_UNSIGNED: u8 = 99;

/// An algorithm of RFC 8945 §6. Those of MD5 and SHA-1 are not there: §6 asks nobody to have them for new keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA-256
    Sha256,
    /// HMAC-SHA-384
    Sha384,
    /// HMAC-SHA-512
    Sha512,
}

impl Algorithm {
    /// How many bytes its MAC has.
    pub fn size(self) -> usize {
        match self {
            Algorithm::Sha256 => 32,
            Algorithm::Sha384 => 48,
            Algorithm::Sha512 => 64,
        }
    }

    /// Its name, as it is sent.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "hmac-sha256",
            Algorithm::Sha384 => "hmac-sha384",
            Algorithm::Sha512 => "hmac-sha512",
        }
    }

    fn wire(self) -> Vec<u8> {
        canonical(&Name::parse(self.name()).expect("a name of one label"))
    }
}

/// A shared secret, and what is made with it.
pub trait Key {
    /// Its name.
    fn name(&self) -> &Name;
    /// Its algorithm.
    fn algorithm(&self) -> Algorithm;
    /// The MAC over these parts, one after the other; as long as the algorithm says.
    fn mac(&self, parts: &[&[u8]]) -> Vec<u8>;
    /// Whether two MACs are the same, in a time that does not depend on where they differ.
    fn same(&self, one: &[u8], other: &[u8]) -> bool;
}

/// What a TSIG record says (RFC 8945 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tsig {
    /// The key's name: the record's owner.
    pub key: Name,
    /// The algorithm's name.
    pub algorithm: Name,
    /// When it was signed: seconds since 1970, 48 bits.
    pub time: u64,
    /// How far the reader's clock may be from that, in seconds.
    pub fudge: u16,
    /// The MAC; empty where it is not signed.
    pub mac: Vec<u8>,
    /// The message's id when it was signed.
    pub original_id: u16,
    /// What was wrong.
    pub error: u16,
    /// The server's time, where that is what was wrong.
    pub other: Vec<u8>,
}

impl Tsig {
    /// The TSIG record of a message, and how many bytes come before it. `None`: it has none. One that is not the last record, or is not
    /// alone, makes the message malformed (RFC 8945 §5.2).
    pub fn read(message: &[u8]) -> Result<Option<(Tsig, usize)>, Malformed> {
        let mut parser = Parser::from_ref(message);
        let mut header = [0; 12];
        parser.parse_buf(&mut header).map_err(|_| Malformed)?;
        let count = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        for _ in 0..count(4) {
            ParsedName::<&[u8]>::parse(&mut parser)?;
            parser.advance(4).map_err(|_| Malformed)?;
        }
        let (before, last) = (u32::from(count(6)) + u32::from(count(8)), u32::from(count(10)));
        for number in 1..=before + last {
            let start = parser.pos();
            let owner = ParsedName::<&[u8]>::parse(&mut parser)?;
            let kind = u16::parse(&mut parser)?;
            let (class, ttl) = (u16::parse(&mut parser)?, u32::parse(&mut parser)?);
            let len = usize::from(u16::parse(&mut parser)?);
            if kind != TSIG {
                parser.advance(len).map_err(|_| Malformed)?;
                continue;
            }
            if number != before + last || last == 0 || class != ANY || ttl != 0 || parser.remaining() != len {
                return Err(Malformed);
            }
            let key = Name(owner.to_vec());
            return Tsig::data(key, &mut parser).map(|tsig| Some((tsig, start)));
        }
        Ok(None)
    }

    fn data(key: Name, parser: &mut Parser<'_, [u8]>) -> Result<Tsig, Malformed> {
        let algorithm = Name(ParsedName::<&[u8]>::parse(parser)?.to_vec());
        let time = (u64::from(u16::parse(parser)?) << 32) | u64::from(u32::parse(parser)?);
        let fudge = u16::parse(parser)?;
        let mac = bytes(parser)?;
        let (original_id, error) = (u16::parse(parser)?, u16::parse(parser)?);
        let other = bytes(parser)?;
        if parser.remaining() != 0 {
            return Err(Malformed);
        }
        Ok(Tsig { key, algorithm, time, fudge, mac, original_id, error, other })
    }

    /// Puts the record at the end of a whole message.
    pub fn append(&self, message: &mut Vec<u8>) -> Result<(), TooLong> {
        let additional = message.get(10..12).map(|count| u16::from_be_bytes([count[0], count[1]])).ok_or(TooLong)?;
        let mut record = canonical(&self.key);
        record.extend_from_slice(&TSIG.to_be_bytes());
        record.extend_from_slice(&ANY.to_be_bytes());
        record.extend_from_slice(&0u32.to_be_bytes());
        let mut data = canonical(&self.algorithm);
        data.extend_from_slice(&self.timers());
        counted(&mut data, &self.mac)?;
        data.extend_from_slice(&self.original_id.to_be_bytes());
        data.extend_from_slice(&self.error.to_be_bytes());
        counted(&mut data, &self.other)?;
        counted(&mut record, &data)?;
        if message.len() + record.len() > usize::from(u16::MAX) {
            return Err(TooLong);
        }
        message[10..12].copy_from_slice(&additional.checked_add(1).ok_or(TooLong)?.to_be_bytes());
        message.extend_from_slice(&record);
        Ok(())
    }

    /// Whether it says that it is made with this key.
    fn is_of(&self, key: &impl Key) -> bool {
        self.key == *key.name() && canonical(&self.algorithm) == key.algorithm().wire()
    }

    /// RFC 8945 §4.3.3.1: what of it is signed, from the second message on.
    fn timers(&self) -> [u8; 8] {
        let mut timers = [0; 8];
        timers[..6].copy_from_slice(&self.time.to_be_bytes()[2..]);
        timers[6..].copy_from_slice(&self.fudge.to_be_bytes());
        timers
    }

    /// RFC 8945 §4.3.3: what of it is signed.
    fn variables(&self) -> Vec<u8> {
        let mut all = canonical(&self.key);
        all.extend_from_slice(&ANY.to_be_bytes());
        all.extend_from_slice(&0u32.to_be_bytes());
        all.extend_from_slice(&canonical(&self.algorithm));
        all.extend_from_slice(&self.timers());
        all.extend_from_slice(&self.error.to_be_bytes());
        all.extend_from_slice(&u16::try_from(self.other.len()).expect("read or made with 16 bits").to_be_bytes());
        all.extend_from_slice(&self.other);
        all
    }
}

/// What is wrong with a signature (RFC 8945 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The MAC is another.
    Signature,
    /// Nobody here knows such a key, or it is of another algorithm.
    Key,
    /// It was signed too long ago, or in the future: one of the clocks is wrong, or the message was kept and sent again.
    Time,
    /// The MAC was cut shorter than it should be.
    Cut,
}

impl Wrong {
    fn code(self) -> u16 {
        match self {
            Wrong::Signature => 16,
            Wrong::Key => 17,
            Wrong::Time => 18,
            Wrong::Cut => 22,
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wrong::Signature => "BADSIG",
            Wrong::Key => "BADKEY",
            Wrong::Time => "BADTIME",
            Wrong::Cut => "BADTRUNC",
        })
    }
}

/// The response code of an answer to a message whose signature does not hold.
pub const NOT_AUTHENTICATED: ResponseCode = ResponseCode(9);

/// What a query is worth.
pub enum Checked<K> {
    /// It is not signed.
    Unsigned,
    /// It is signed, and that holds.
    Signed {
        /// The place of the key among those given.
        key: usize,
        /// What signs the answers.
        exchange: Exchange<K>,
        /// How many bytes of the query come before its signature. The count of additional records still has it in.
        len: usize,
    },
    /// It is signed, and that does not hold: the answer is [`NOT_AUTHENTICATED`], and nothing else.
    Refused(Refusal<K>),
}

/// Judges a query that came at `now`, in seconds since 1970 (RFC 8945 §5.2).
pub fn check<K: Key + Clone>(query: &[u8], keys: &[K], now: u64) -> Result<Checked<K>, Malformed> {
    let Some((tsig, len)) = Tsig::read(query)? else { return Ok(Checked::Unsigned) };
    let Some(place) = keys.iter().position(|key| tsig.is_of(key)) else {
        return Ok(Checked::Refused(Refusal { tsig, signed: None, now, wrong: Wrong::Key }));
    };
    let mut exchange = Exchange::new(keys[place].clone());
    let mac = exchange.mac(&unsigned(query, len, tsig.original_id), &tsig);
    let judged = holds(&exchange.key, &tsig, &mac, now)?;
    exchange.prior.clone_from(&tsig.mac);
    Ok(match judged {
        Ok(()) => Checked::Signed { key: place, exchange, len },
        Err(wrong @ (Wrong::Time | Wrong::Cut)) => Checked::Refused(Refusal { tsig, signed: Some(exchange), now, wrong }),
        Err(wrong) => Checked::Refused(Refusal { tsig, signed: None, now, wrong }),
    })
}

/// RFC 8945 §5.2.2, §5.2.3 and §5.2.4, in that order, for a message whose MAC should be `mac`. One that is cut is compared as far as it
/// goes, and then refused.
fn holds<K: Key>(key: &K, tsig: &Tsig, mac: &[u8], now: u64) -> Result<Result<(), Wrong>, Malformed> {
    let size = key.algorithm().size();
    // §5.2.2.1: such a MAC is no MAC. An empty one is none at all, and does not hold.
    if tsig.mac.len() > size || (!tsig.mac.is_empty() && tsig.mac.len() < 10.max(size / 2)) {
        return Err(Malformed);
    }
    if tsig.mac.is_empty() || !key.same(&mac[..tsig.mac.len()], &tsig.mac) {
        return Ok(Err(Wrong::Signature));
    }
    if now.abs_diff(tsig.time) > u64::from(tsig.fudge) {
        return Ok(Err(Wrong::Time));
    }
    Ok(if tsig.mac.len() < size { Err(Wrong::Cut) } else { Ok(()) })
}

/// A query whose signature does not hold.
pub struct Refusal<K> {
    tsig: Tsig,
    /// Where the MAC was right: the answer is signed.
    signed: Option<Exchange<K>>,
    now: u64,
    wrong: Wrong,
}

impl<K: Key> Refusal<K> {
    /// Why.
    pub fn wrong(&self) -> Wrong {
        self.wrong
    }

    /// The name of the key that the query says it is signed with.
    pub fn key(&self) -> &Name {
        &self.tsig.key
    }

    /// How many bytes that has which ends the answer.
    pub fn room(&self) -> usize {
        let mac = self.signed.as_ref().map_or(0, |exchange| exchange.key.algorithm().size());
        room(&self.tsig.key, &canonical(&self.tsig.algorithm), mac) + self.other().len()
    }

    /// The server's time, where the client's is what is wrong (RFC 8945 §5.2.3).
    fn other(&self) -> Vec<u8> {
        if self.wrong == Wrong::Time { self.now.to_be_bytes()[2..].to_vec() } else { Vec::new() }
    }

    /// Ends the answer with what was wrong: signed where the MAC was right, and not where it was not (RFC 8945 §5.3.2).
    pub fn sign(self, answer: &mut Vec<u8>) -> Result<(), TooLong> {
        let other = self.other();
        // §5.2.3: with the time of the client, so that it does not refuse the answer for its time.
        let tsig = Tsig { mac: Vec::new(), fudge: FUDGE, error: self.wrong.code(), other, original_id: id(answer), ..self.tsig };
        match self.signed {
            Some(mut exchange) => exchange.sign_as(answer, tsig),
            None => tsig.append(answer),
        }
    }
}

/// A question and its answers, under one key.
pub struct Exchange<K> {
    key: K,
    /// The MAC before.
    prior: Vec<u8>,
    /// The first answer has been signed, or read.
    later: bool,
    /// Messages read since then that were not signed, and how many.
    unsigned: Vec<u8>,
    missing: u8,
}

/// Why an answer is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untrusted {
    /// It cannot be read.
    Malformed,
    /// It is not signed, and should be; or not by this key.
    Unsigned,
    /// Its signature does not hold.
    Wrong(Wrong),
    /// The other side says that our signature does not hold, by this code.
    Refused(u16),
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Untrusted::Malformed => f.write_str("an answer that cannot be read"),
            Untrusted::Unsigned => f.write_str("an answer that is not signed with our key"),
            Untrusted::Wrong(wrong) => write!(f, "an answer whose signature does not hold ({wrong})"),
            Untrusted::Refused(16) => {
                f.write_str("it says that our signature does not hold (BADSIG): is the secret the same on both sides?")
            }
            Untrusted::Refused(17) => f.write_str("it does not know our key (BADKEY), or knows it with another algorithm"),
            Untrusted::Refused(18) => f.write_str("it says that our clock and its own differ (BADTIME)"),
            Untrusted::Refused(code) => write!(f, "it does not take our signature (error {code})"),
        }
    }
}

impl<K: Key> Exchange<K> {
    fn new(key: K) -> Exchange<K> {
        Exchange { key, prior: Vec::new(), later: false, unsigned: Vec::new(), missing: 0 }
    }

    /// Signs a query at `now`, in seconds since 1970.
    pub fn ask(key: K, query: &mut Vec<u8>, now: u64) -> Result<Exchange<K>, TooLong> {
        let mut exchange = Exchange::new(key);
        exchange.sign(query, now)?;
        exchange.later = false;
        Ok(exchange)
    }

    /// How many bytes the signature of an answer has.
    pub fn room(&self) -> usize {
        let algorithm = self.key.algorithm();
        room(self.key.name(), &algorithm.wire(), algorithm.size())
    }

    /// Signs the next answer, whole but for this.
    pub fn sign(&mut self, answer: &mut Vec<u8>, now: u64) -> Result<(), TooLong> {
        let tsig = Tsig {
            key: self.key.name().clone(),
            algorithm: Name::parse(self.key.algorithm().name()).expect("a name of one label"),
            time: now,
            fudge: FUDGE,
            mac: Vec::new(),
            original_id: id(answer),
            error: 0,
            other: Vec::new(),
        };
        self.sign_as(answer, tsig)
    }

    fn sign_as(&mut self, answer: &mut Vec<u8>, mut tsig: Tsig) -> Result<(), TooLong> {
        tsig.mac = self.mac(answer, &tsig);
        tsig.append(answer)?;
        (self.prior, self.later) = (tsig.mac, true);
        Ok(())
    }

    /// RFC 8945 §5.3 and §5.3.1: the MAC before; the message; of the first answer all that the record says, of later ones only the times.
    fn mac(&self, message: &[u8], tsig: &Tsig) -> Vec<u8> {
        let len = u16::try_from(self.prior.len()).expect("a MAC is short").to_be_bytes();
        let prior: &[u8] = if self.prior.is_empty() { &[] } else { &len };
        let (timers, variables) = (tsig.timers(), tsig.variables());
        let said: &[u8] = if self.later { &timers } else { &variables };
        self.key.mac(&[prior, &self.prior, &self.unsigned, message, said])
    }

    /// Judges the next answer, and says how many bytes of it come before its signature. A few of a transfer may be without one, not the
    /// first and not the last.
    pub fn read(&mut self, answer: &[u8], now: u64) -> Result<usize, Untrusted> {
        let Some((tsig, len)) = Tsig::read(answer).map_err(|_| Untrusted::Malformed)? else {
            if !self.later || self.missing == MOST_UNSIGNED {
                return Err(Untrusted::Unsigned);
            }
            self.missing += 1;
            self.unsigned.extend_from_slice(answer);
            return Ok(answer.len());
        };
        if !tsig.is_of(&self.key) {
            return Err(Untrusted::Unsigned);
        }
        // §5.4.2: what is told without a MAC may come from anybody, and ends nothing by itself.
        if tsig.mac.is_empty() && tsig.error != 0 {
            return Err(Untrusted::Refused(tsig.error));
        }
        let mac = self.mac(&unsigned(answer, len, tsig.original_id), &tsig);
        holds(&self.key, &tsig, &mac, now).map_err(|_| Untrusted::Malformed)?.map_err(Untrusted::Wrong)?;
        if tsig.error != 0 {
            return Err(Untrusted::Refused(tsig.error));
        }
        (self.prior, self.later) = (tsig.mac, true);
        self.unsigned.clear();
        self.missing = 0;
        Ok(len)
    }

    /// Whether the last message read was signed: a transfer is good only then.
    pub fn ends_signed(&self) -> bool {
        self.missing == 0
    }
}

/// The message as it was before it was signed (RFC 8945 §4.3.2): without the record, with its own id.
fn unsigned(message: &[u8], len: usize, original_id: u16) -> Vec<u8> {
    let mut plain = message[..len].to_vec();
    plain[..2].copy_from_slice(&original_id.to_be_bytes());
    let additional = u16::from_be_bytes([plain[10], plain[11]]);
    plain[10..12].copy_from_slice(&additional.saturating_sub(1).to_be_bytes());
    plain
}

/// How many bytes a record has: of the owner, what is before the data, the algorithm, the times, the MAC, and what is behind it.
fn room(key: &Name, algorithm: &[u8], mac: usize) -> usize {
    key.as_wire().len() + 10 + algorithm.len() + 10 + mac + 6
}

fn id(message: &[u8]) -> u16 {
    message.first_chunk().map_or(0, |id| u16::from_be_bytes(*id))
}

/// RFC 8945 §4.3.3: names are signed uncompressed and in lower case.
fn canonical(name: &Name) -> Vec<u8> {
    name.0.as_slice().to_ascii_lowercase()
}

fn counted(into: &mut Vec<u8>, bytes: &[u8]) -> Result<(), TooLong> {
    into.extend_from_slice(&u16::try_from(bytes.len()).map_err(|_| TooLong)?.to_be_bytes());
    into.extend_from_slice(bytes);
    Ok(())
}

fn bytes(parser: &mut Parser<'_, [u8]>) -> Result<Vec<u8>, Malformed> {
    let len = usize::from(u16::parse(parser)?);
    parser.parse_octets(len).map(<[u8]>::to_vec).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests;
