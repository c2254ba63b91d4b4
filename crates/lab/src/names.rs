//! The name service that all hosts ask.

use crate::network::Shared;
use decide::time::Duration;
use host::Names;
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

/// What the name service says about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Addresses and how long they may be used.
    Addresses(Vec<IpAddr>, Duration),
    /// There is no such name: [`io::ErrorKind::NotFound`].
    Missing,
    /// The service fails: [`io::ErrorKind::Other`].
    Failing,
    /// No answer, ever.
    Silent,
}

pub(crate) struct Table {
    answers: BTreeMap<String, Answer>,
    pub(crate) delay: Duration,
}

impl Default for Table {
    fn default() -> Table {
        Table { answers: BTreeMap::new(), delay: Duration::from_millis(1) }
    }
}

impl Table {
    /// The answer as a host sees it; `None`: it waits for ever.
    pub(crate) fn ask(&self, name: &str) -> Option<io::Result<Names>> {
        match self.answers.get(name).unwrap_or(&Answer::Missing) {
            Answer::Addresses(addresses, ttl) if !addresses.is_empty() => Some(Ok(Names { addresses: addresses.clone(), ttl: *ttl })),
            Answer::Addresses(..) | Answer::Missing => Some(Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"))),
            Answer::Failing => Some(Err(io::Error::other("the name service fails"))),
            Answer::Silent => None,
        }
    }
}

/// The handle by which a scenario changes what names mean. An answer is what the table says when the answer arrives.
#[derive(Clone)]
pub struct Directory(pub(crate) Shared);

impl Directory {
    /// Sets the addresses (one or several, separated by spaces) and the time to live of a name.
    pub fn set(&self, name: &str, addresses: &str, ttl: Duration) {
        let addresses = addresses.split_whitespace().map(|text| text.parse().expect("an IP address")).collect();
        self.answer(name, Answer::Addresses(addresses, ttl));
    }

    /// Sets any answer.
    pub fn answer(&self, name: &str, answer: Answer) {
        let mut network = self.0.lock();
        network.note(format_args!("name {name} {answer:?}"));
        network.names.answers.insert(name.to_string(), answer);
    }

    /// How long an answer takes; one millisecond at first.
    pub fn delay(&self, delay: Duration) {
        self.0.lock().names.delay = delay;
    }
}
