//! A file of the journal: `tljrnl1`, a line end and 32 bytes of salt, then frames.
//!
//! A frame is `tlj1`, the length of its body, and the beginning of a SHA-256 over salt, length and body; then the body: number, the number
//! that was on disk when it was written, time, record. Numbers are written with the least byte first. The salt is drawn for each file: who
//! hands content over cannot hide a frame in it that would be taken for one of ours where a file is broken.

use super::record::Record;
use aws_lc_rs::digest::{Context, SHA256};
use decide::time::{Calendar, Duration};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

const FILE_MAGIC: &[u8; 8] = b"tljrnl1\n";
const SALT: usize = 32;
/// Bytes before the first frame.
pub(super) const FILE_HEAD: usize = FILE_MAGIC.len() + SALT;
const MAGIC: &[u8; 4] = b"tlj1";
const CHECKSUM: usize = 8;
/// Magic, length and checksum.
const PREFIX: usize = MAGIC.len() + 4 + CHECKSUM;
/// Two numbers, seconds, and nanoseconds.
const STAMP: usize = 8 + 8 + 8 + 4;
/// Bytes of a frame beside its record.
pub(super) const FRAME_HEAD: usize = PREFIX + STAMP;

/// What the checksums of one file are made with.
#[derive(Clone, Debug)]
pub(super) struct Salt([u8; SALT]);

impl Salt {
    pub(super) fn draw() -> Salt {
        let mut salt = [0; SALT];
        aws_lc_rs::rand::fill(&mut salt).expect("the system gives random numbers");
        Salt(salt)
    }

    /// The head of a file.
    pub(super) fn head(&self) -> Vec<u8> {
        [&FILE_MAGIC[..], &self.0].concat()
    }

    fn sum(&self, body: &[u8]) -> [u8; CHECKSUM] {
        let mut context = Context::new(&SHA256);
        context.update(&self.0);
        context.update(&(body.len() as u64).to_le_bytes());
        context.update(body);
        context.finish().as_ref()[..CHECKSUM].try_into().expect("a digest is longer")
    }
}

/// The number of a record, and what was when it was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) sequence: u64,
    /// The last number that was known to be on disk when this was written: whatever is missing up to that one had been acknowledged.
    pub(super) durable: u64,
    pub(super) at: Calendar,
}

impl Stamp {
    fn read(bytes: &[u8]) -> Option<Stamp> {
        let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let nanos = u32::from_le_bytes(bytes[24..STAMP].try_into().expect("four bytes"));
        let at = Calendar(Duration::from_secs(number(16)).checked_add(Duration::from_nanos(u64::from(nanos)))?);
        Some(Stamp { sequence: number(0), durable: number(8), at })
    }
}

/// Appends a frame.
pub(super) fn write(stamp: &Stamp, record: &Record, salt: &Salt, out: &mut Vec<u8>) {
    let begin = out.len();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[0; 4 + CHECKSUM]);
    out.extend_from_slice(&stamp.sequence.to_le_bytes());
    out.extend_from_slice(&stamp.durable.to_le_bytes());
    out.extend_from_slice(&stamp.at.0.as_secs().to_le_bytes());
    out.extend_from_slice(&stamp.at.0.subsec_nanos().to_le_bytes());
    record.write(out);
    let body = begin + PREFIX;
    let len = u32::try_from(out.len() - body).expect("a record has less than 4 GiB");
    let sum = salt.sum(&out[body..]);
    out[begin + 4..begin + 8].copy_from_slice(&len.to_le_bytes());
    out[begin + 8..body].copy_from_slice(&sum);
}

fn body_len(prefix: &[u8]) -> Option<usize> {
    prefix.starts_with(MAGIC).then(|| u32::from_le_bytes(prefix[4..8].try_into().expect("four bytes")) as usize)
}

fn whole(prefix: &[u8], body: &[u8], salt: &Salt) -> Option<(Stamp, Record)> {
    if salt.sum(body) != prefix[8..PREFIX] {
        return None;
    }
    let (stamp, record) = body.split_at_checked(STAMP)?;
    Some((Stamp::read(stamp)?, Record::read(record)?))
}

/// The frame at the beginning of these bytes. `None`: there is none that is whole.
fn first(input: &[u8], salt: &Salt) -> Option<Stamp> {
    let (prefix, rest) = input.split_at_checked(PREFIX)?;
    whole(prefix, rest.get(..body_len(prefix)?)?, salt).map(|(stamp, _)| stamp)
}

/// A frame and its place in its file.
pub(super) struct Framed {
    pub(super) stamp: Stamp,
    pub(super) record: Record,
    pub(super) offset: u64,
    pub(super) len: u64,
}

/// The frames of a file in order, as long as they are whole.
pub(super) struct Frames {
    file: BufReader<File>,
    /// `None`: not even the head of the file is whole.
    salt: Option<Salt>,
    at: u64,
    len: u64,
}

impl Frames {
    pub(super) fn of(mut file: File) -> io::Result<Frames> {
        let len = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let (mut head, mut salt) = ([0; FILE_HEAD], None);
        if len >= FILE_HEAD as u64 {
            file.read_exact(&mut head)?;
            let drawn = head[FILE_MAGIC.len()..].try_into().expect("that many bytes");
            salt = head.starts_with(FILE_MAGIC).then_some(Salt(drawn));
        }
        let at = if salt.is_some() { FILE_HEAD as u64 } else { 0 };
        Ok(Frames { file, salt, at, len })
    }

    /// Where the next would begin.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Bytes that have not been read.
    pub(super) fn left(&self) -> u64 {
        self.len - self.at
    }

    /// The next; `None` at the end, and at what is broken.
    pub(super) fn next(&mut self) -> io::Result<Option<Framed>> {
        let Some(salt) = &self.salt else { return Ok(None) };
        let Some(left) = self.left().checked_sub(PREFIX as u64) else { return Ok(None) };
        let mut prefix = [0; PREFIX];
        self.file.read_exact(&mut prefix)?;
        let Some(len) = body_len(&prefix).filter(|len| *len as u64 <= left) else { return Ok(None) };
        let mut body = vec![0; len];
        self.file.read_exact(&mut body)?;
        let Some((stamp, record)) = whole(&prefix, &body, salt) else { return Ok(None) };
        let (offset, len) = (self.at, (PREFIX + len) as u64);
        self.at += len;
        Ok(Some(Framed { stamp, record, offset, len }))
    }

    /// Goes on at the next frame that is whole, behind one that is not. `None`: there is none.
    pub(super) fn resume(&mut self) -> io::Result<Option<Stamp>> {
        let Some(salt) = &self.salt else { return Ok(None) };
        // A broken file is read whole: it is not larger than the journal may be, and it does not happen often.
        let mut rest = Vec::new();
        self.file.seek(SeekFrom::Start(self.at))?;
        self.file.read_to_end(&mut rest)?;
        let places = rest.windows(MAGIC.len()).enumerate().skip(1).filter(|(_, bytes)| *bytes == MAGIC);
        let found = places.map(|(at, _)| at).find_map(|at| Some((at, first(&rest[at..], salt)?)));
        let Some((at, stamp)) = found else { return Ok(None) };
        self.at += at as u64;
        self.file.seek(SeekFrom::Start(self.at))?;
        Ok(Some(stamp))
    }
}
