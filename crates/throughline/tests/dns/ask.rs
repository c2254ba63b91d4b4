//! Questions sent as bytes, and what comes back, made comparable.

use crate::support::PATIENCE;
use domain::base::iana::{Class, Rtype};
use domain::base::{Message, MessageBuilder, Name, ToName};
use domain::rdata::AllRecordData;
use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// A question.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) name: String,
    pub(crate) kind: Rtype,
    /// With EDNS: whether signatures are wanted.
    pub(crate) edns: Option<bool>,
}

/// What came back, without what may differ: the order, the case of letters, compression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: String,
    pub(crate) authoritative: bool,
    pub(crate) answer: BTreeSet<String>,
    pub(crate) authority: BTreeSet<String>,
    pub(crate) additional: BTreeSet<String>,
}

impl Ask {
    pub(crate) fn bytes(&self, id: u16) -> Vec<u8> {
        let mut builder = MessageBuilder::new_vec();
        builder.header_mut().set_id(id);
        let mut questions = builder.question();
        let name: Name<Vec<u8>> = Name::from_str(&self.name).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        questions.push((name, self.kind, Class::IN)).expect("a vector grows");
        let mut additional = questions.additional();
        if let Some(dnssec) = self.edns {
            let opt = |opt: &mut domain::base::message_builder::OptBuilder<'_, Vec<u8>>| {
                opt.set_udp_payload_size(1232);
                opt.set_dnssec_ok(dnssec);
                Ok(())
            };
            additional.opt(opt).expect("a vector grows");
        }
        additional.finish()
    }
}

/// After so long a question is asked again, as every resolver does (RFC 1035 §4.2.1): a server of others that reads its zones anew may
/// leave one unanswered.
const AGAIN: Duration = Duration::from_secs(5);

/// A client of one server.
pub(crate) struct Asker {
    at: SocketAddr,
    socket: UdpSocket,
    id: u16,
}

impl Asker {
    pub(crate) fn of(at: SocketAddr) -> Asker {
        let socket = UdpSocket::bind((at.ip(), 0)).expect("a port");
        socket.connect(at).expect("an address");
        socket.set_read_timeout(Some(AGAIN)).expect("a time");
        Asker { at, socket, id: 0 }
    }

    /// Asks by UDP, and again by TCP if it did not fit.
    pub(crate) fn ask(&mut self, ask: &Ask) -> Said {
        self.id = self.id.wrapping_add(1);
        let query = ask.bytes(self.id);
        self.socket.send(&query).expect("it is sent");
        let mut buffer = [0; 4096];
        let began = Instant::now();
        loop {
            let len = match self.socket.recv(&mut buffer) {
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock && began.elapsed() < PATIENCE => {
                    self.socket.send(&query).expect("it is sent");
                    continue;
                }
                Err(error) => panic!("{ask:?} at {}: {error}", self.at),
            };
            let message = Message::from_octets(&buffer[..len]).expect("a message");
            if message.header().id() != self.id {
                continue;
            }
            let limit = if ask.edns.is_some() { 1232 } else { 512 };
            assert!(len <= limit, "{ask:?}: {len} bytes");
            if message.header().tc() {
                return said(&over_tcp(self.at, &query).expect("an answer by TCP"));
            }
            return said(&buffer[..len]);
        }
    }
}

/// Asks by TCP; the first message.
pub(crate) fn over_tcp(at: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(at)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut framed = u16::try_from(query.len()).expect("a query is short").to_be_bytes().to_vec();
    framed.extend_from_slice(query);
    stream.write_all(&framed)?;
    let mut len = [0; 2];
    stream.read_exact(&mut len)?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(len))];
    stream.read_exact(&mut message)?;
    Ok(message)
}

/// What a message says.
pub(crate) fn said(bytes: &[u8]) -> Said {
    let message = Message::from_octets(bytes).expect("a message");
    assert!(message.header().qr() && !message.header().tc(), "a whole answer");
    let section = |section: domain::base::message::RecordSection<'_, &[u8]>| -> BTreeSet<String> {
        section.map(|record| line(&record.expect("a record"))).filter(|line| !line.is_empty()).collect()
    };
    Said {
        code: message.opt_rcode().to_string(),
        authoritative: message.header().aa(),
        answer: section(message.answer().expect("an answer section")),
        authority: section(message.authority().expect("an authority section")),
        additional: section(message.additional().expect("an additional section")),
    }
}

fn line(record: &domain::base::ParsedRecord<'_, &[u8]>) -> String {
    if record.rtype() == Rtype::OPT {
        return String::new();
    }
    let data = record.to_any_record::<AllRecordData<_, _>>().map(|record| format!("{:?}", Shown(record.data())));
    let data = data.unwrap_or_else(|error| panic!("{} {}: {error}", record.owner(), record.rtype()));
    let owner: Name<Vec<u8>> = record.owner().to_name();
    format!("{owner} {} {} {data}", record.ttl().as_secs(), record.rtype()).to_ascii_lowercase()
}

struct Shown<'a, T>(&'a T);

impl<T: std::fmt::Display> std::fmt::Debug for Shown<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self.0, f)
    }
}
