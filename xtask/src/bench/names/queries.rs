//! What name servers are asked, and what is a right answer.

use std::fs::{self, File};
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::Path;

pub(super) const ZONE: &str = "bench.test";
/// Names of the zone.
const NAMES: u32 = 10_000;
/// Questions of the plain row; then they begin again.
const ASKED: usize = 200_000;
/// The longest question here.
pub(super) const LONGEST: usize = 64;

/// Questions in the order in which they are asked.
pub(super) struct Queries {
    all: Vec<Query>,
}

/// A question, and the address that answers it.
pub(super) struct Query {
    bytes: [u8; LONGEST],
    len: usize,
    pub(super) address: Ipv4Addr,
}

impl Query {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// A question for the address of `host`, with the client's network if there is one. Its id is its number's low bits.
    fn new(number: usize, host: &str, subnet: Option<Ipv4Addr>, address: Ipv4Addr) -> Query {
        let id = (number & 0xffff) as u16;
        let mut message = id.to_be_bytes().to_vec();
        message.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0, 0, u8::from(subnet.is_some())]);
        for label in host.split('.').chain(ZONE.split('.')) {
            message.push(u8::try_from(label.len()).expect("labels here are short"));
            message.extend_from_slice(label.as_bytes());
        }
        message.extend_from_slice(&[0, 0, 1, 0, 1]);
        if let Some(subnet) = subnet {
            // EDNS with 1232 bytes, and RFC 7871 §6: family 1, 24 bits, no scope.
            message.extend_from_slice(&[0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 11, 0, 8, 0, 7, 0, 1, 24, 0]);
            message.extend_from_slice(&subnet.octets()[..3]);
        }
        let mut bytes = [0; LONGEST];
        bytes[..message.len()].copy_from_slice(&message);
        Query { bytes, len: message.len(), address }
    }

    /// Whether this is its answer: no error, one address, and the right one. Where an OPT record follows, the address is looked for.
    pub(super) fn is_answered_by(&self, answer: &[u8]) -> bool {
        let question = answer.len() > self.len && answer[..2] == self.bytes[..2];
        let sound = question && answer[2] & 0x80 != 0 && answer[3] & 0x0f == 0 && answer[6..8] == [0, 1];
        sound && answer[12..].windows(6).any(|at| at[..2] == [0, 4] && at[2..] == self.address.octets())
    }
}

impl Queries {
    /// Of the plain row.
    pub(super) fn of_names() -> Queries {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % u64::from(NAMES)) as u32
        };
        let query = |number| {
            let name = next();
            Query::new(number, &format!("h{name}"), None, address(name))
        };
        Queries { all: (0..ASKED).map(query).collect() }
    }

    /// Of the steered row: a line of the file has a network and the number of its place.
    pub(super) fn of_subnets(path: &Path) -> Result<Queries, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let query = |(number, line): (usize, &str)| {
            let (subnet, place) = line.split_once(' ')?;
            Some(Query::new(number, "www", Some(subnet.parse().ok()?), Ipv4Addr::new(192, 0, 2, place.parse().ok()?)))
        };
        let all: Option<Vec<Query>> = text.lines().enumerate().map(query).collect();
        all.filter(|all| !all.is_empty()).map(|all| Queries { all }).ok_or_else(|| format!("{}: not as expected", path.display()))
    }

    /// The same for dnsperf.
    pub(super) fn write_names(&self, path: &Path) -> std::io::Result<()> {
        let name = |query: &Query| format!("h{}.{ZONE} A\n", (u32::from(query.address) - 0x0a00_0001) >> 8);
        fs::write(path, self.all.iter().map(name).collect::<String>())
    }

    /// The question with this number; they go round.
    pub(super) fn get(&self, number: usize) -> &Query {
        &self.all[number % self.all.len()]
    }

    /// One of which the answer tells that the tables are there: the default would lead to the first place, this leads to the last, whose table
    /// is also read last.
    pub(super) fn telling(&self) -> &Query {
        self.all.iter().max_by_key(|query| query.address).unwrap_or(&self.all[0])
    }
}

fn address(name: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0a00_0001 + (name << 8))
}

/// Writes the zone of all rows.
pub(super) fn write_zone(path: &Path, more: &str) -> std::io::Result<()> {
    let mut text = format!("$ORIGIN {ZONE}.\n$TTL 3600\n@ SOA ns host 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.53\n{more}");
    for name in 0..NAMES {
        text += &format!("h{name} A {}\n", address(name));
    }
    File::create(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_with_another_address_or_an_error_is_none() {
        let query = Query::new(7, "h1", None, address(1));
        let mut answer = query.bytes().to_vec();
        answer[2] = 0x84;
        answer[7] = 1;
        answer.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 10, 0, 1, 1]);
        assert!(query.is_answered_by(&answer));
        let change = |at: usize, to: u8| {
            let mut other = answer.clone();
            other[at] = to;
            query.is_answered_by(&other)
        };
        assert!(!change(3, 2) && !change(1, 8) && !change(7, 0) && !change(answer.len() - 1, 2));
    }
}
