//! Writing zone files: every name in full, so that a line says the same wherever it stands.

use crate::dns::text::{write_data, write_name};
use crate::dns::{Data, Name};
use alloc::string::String;
use core::fmt::{self, Write};

/// A record as a line of a zone file, without the end of the line.
pub fn in_file(owner: &Name, ttl: u32, data: &Data) -> impl fmt::Display {
    Line { owner: owner.clone(), ttl, data: data.clone() }
}

struct Line {
    owner: Name,
    ttl: u32,
    data: Data,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_name(f, &self.owner, true)?;
        write!(f, "\t{}\tIN\t{}\t", self.ttl, self.data.kind())?;
        write_data(f, &self.data, true)
    }
}

/// A zone file of these records, which [`super::read`] reads as they are.
pub fn write<'a>(records: impl Iterator<Item = (&'a Name, u32, &'a Data)>) -> String {
    let mut file = String::new();
    for (owner, ttl, data) in records {
        let _written_always = writeln!(file, "{}", in_file(owner, ttl, data));
    }
    file
}
