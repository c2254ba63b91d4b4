//! A whole message, both ways. What is of another class than IN is left out; what is not known is kept as it came.

use super::record::{Binding, Data, Record, RecordType, Soa};
use super::{Name, ResponseCode};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;
use domain::base::iana::{Class, Opcode, OptRcode, Rtype};
use domain::base::message::RecordSection;
use domain::base::message_builder::{AdditionalBuilder, OptBuilder, RecordSectionBuilder};
use domain::base::name::{ParsedName, ToName};
use domain::base::opt::AllOptData;
use domain::base::rdata::{ComposeRecordData, UnknownRecordData};
use domain::base::wire::ParseError;
use domain::base::{self, MessageBuilder, ParsedRecord, Serial, StaticCompressor, Ttl};
use domain::rdata;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which query it is, or answers.
    pub id: u16,
    /// Bits of the header.
    pub flags: Flags,
    /// The response code, with its extension (RFC 6891 §6.1.3).
    pub code: ResponseCode,
    /// The first question, if it is of class IN.
    pub question: Option<Query>,
    /// The answer section.
    pub answer: Vec<Record>,
    /// The authority section.
    pub authority: Vec<Record>,
    /// The additional section, without the OPT record.
    pub additional: Vec<Record>,
    /// What the OPT record says (RFC 6891).
    pub edns: Option<Edns>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Query {
    /// About which name.
    pub name: Name,
    /// For which records.
    pub kind: RecordType,
}

/// The bits of a header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the bits of the header")]
pub struct Flags {
    /// QR: it is an answer.
    pub response: bool,
    /// The opcode; 0 is a query.
    pub opcode: u8,
    /// AA: the server has the zone.
    pub authoritative: bool,
    /// TC: it did not fit.
    pub truncated: bool,
    /// RD: the server is to walk for us.
    pub recursion_desired: bool,
    /// RA: it would.
    pub recursion_available: bool,
    /// AD: it has checked signatures (RFC 4035 §3.2.3).
    pub authentic: bool,
}

/// What an OPT record says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edns {
    /// The largest datagram its sender takes.
    pub size: u16,
    /// Its version.
    pub version: u8,
    /// Signatures are wanted.
    pub dnssec_ok: bool,
    /// The subnet of a client (RFC 7871).
    pub subnet: Option<ClientSubnet>,
    /// Why, more exactly (RFC 8914).
    pub errors: Vec<ExtendedError>,
}

/// A subnet in a message (RFC 7871 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientSubnet {
    /// The address, bits beyond the prefix being zero.
    pub address: IpAddr,
    /// How many bits were told.
    pub source: u8,
    /// For how many bits the answer is made; 0 in a query.
    pub scope: u8,
}

/// A finer response code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedError {
    /// Its number.
    pub code: u16,
    /// What the server adds; what is not UTF-8 is replaced.
    pub text: String,
}

impl ExtendedError {
    /// What its number means, in the words of its registry.
    pub fn meaning(&self) -> String {
        use alloc::string::ToString;
        base::iana::ExtendedErrorCode::from_int(self.code).to_string()
    }
}

/// The message cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The message would have more than 64 KiB, or data that no record has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl From<ParseError> for Malformed {
    fn from(_: ParseError) -> Malformed {
        Malformed
    }
}

impl Message {
    /// A query.
    pub fn query(id: u16, question: Query, recursion_desired: bool, edns: Option<Edns>) -> Message {
        let flags = Flags { recursion_desired, ..Flags::default() };
        let code = ResponseCode(0);
        Message { id, flags, code, question: Some(question), answer: Vec::new(), authority: Vec::new(), additional: Vec::new(), edns }
    }

    /// Reads a message.
    pub fn read(bytes: &[u8]) -> Result<Message, Malformed> {
        let message = base::Message::from_slice(bytes).map_err(|_| Malformed)?;
        let header = message.header();
        let flags = Flags {
            response: header.qr(),
            opcode: header.opcode().to_int(),
            authoritative: header.aa(),
            truncated: header.tc(),
            recursion_desired: header.rd(),
            recursion_available: header.ra(),
            authentic: header.ad(),
        };
        let question = match message.question().next().transpose()? {
            Some(question) if question.qclass() == Class::IN => {
                Some(Query { name: Name(question.qname().to_vec()), kind: RecordType(question.qtype().to_int()) })
            }
            _ => None,
        };
        // A truncated message may end anywhere: its records are not used (RFC 2181 §9).
        let sections = if flags.truncated { None } else { Some((message.answer()?, message.authority()?, message.additional()?)) };
        let (answer, authority, additional) = match sections {
            Some((answer, authority, additional)) => (records(answer)?, records(authority)?, records(additional)?),
            None => (Vec::new(), Vec::new(), Vec::new()),
        };
        let edns = message.opt().map(|opt| edns(&opt));
        Ok(Message {
            id: header.id(),
            flags,
            code: ResponseCode(message.opt_rcode().to_int()),
            question,
            answer,
            authority,
            additional,
            edns,
        })
    }

    /// Writes the message.
    pub fn write(&self) -> Result<Vec<u8>, TooLong> {
        let mut builder = MessageBuilder::from_target(StaticCompressor::new(Vec::new())).map_err(|_| TooLong)?;
        builder.set_push_limit(usize::from(u16::MAX));
        let code = OptRcode::masked_from_int(self.code.0);
        let header = builder.header_mut();
        header.set_id(self.id);
        header.set_qr(self.flags.response);
        header.set_opcode(Opcode::from_int(self.flags.opcode));
        header.set_aa(self.flags.authoritative);
        header.set_tc(self.flags.truncated);
        header.set_rd(self.flags.recursion_desired);
        header.set_ra(self.flags.recursion_available);
        header.set_ad(self.flags.authentic);
        header.set_rcode(code.rcode());
        let mut section = builder.question();
        if let Some(query) = &self.question {
            section.push((&query.name.0, Rtype::from_int(query.kind.0))).map_err(|_| TooLong)?;
        }
        let mut section = section.answer();
        self.answer.iter().try_for_each(|record| write_record(&mut section, record))?;
        let mut section = section.authority();
        self.authority.iter().try_for_each(|record| write_record(&mut section, record))?;
        let mut section = section.additional();
        self.additional.iter().try_for_each(|record| write_record(&mut section, record))?;
        if let Some(edns) = &self.edns {
            write_edns(&mut section, edns, code)?;
        }
        Ok(section.finish().into_target())
    }
}

fn records(section: RecordSection<'_, [u8]>) -> Result<Vec<Record>, Malformed> {
    let mut found = Vec::new();
    for record in section {
        let record = record?;
        if record.class() != Class::IN || record.rtype() == Rtype::OPT {
            continue;
        }
        found.push(Record { owner: Name(record.owner().to_vec()), ttl: span(record.ttl()), data: data(&record)? });
    }
    Ok(found)
}

/// RFC 2181 §8: with the highest bit set, a time to live is zero.
fn span(ttl: Ttl) -> Duration {
    let seconds = ttl.as_secs();
    Duration::from_secs(if seconds > u32::MAX >> 1 { 0 } else { seconds.into() })
}

type Parsed<'a> = ParsedName<&'a [u8]>;

fn data(record: &ParsedRecord<'_, [u8]>) -> Result<Data, Malformed> {
    macro_rules! read {
        ($kind:ty) => {
            record.to_record::<$kind>()?.ok_or(Malformed)?.into_data()
        };
    }
    let name = |name: &Parsed<'_>| Name(name.to_vec());
    Ok(match record.rtype() {
        Rtype::A => Data::A(read!(rdata::A).addr()),
        Rtype::AAAA => Data::Aaaa(read!(rdata::Aaaa).addr()),
        Rtype::NS => Data::Ns(name(read!(rdata::Ns<Parsed<'_>>).nsdname())),
        Rtype::CNAME => Data::Cname(name(read!(rdata::Cname<Parsed<'_>>).cname())),
        Rtype::DNAME => Data::Dname(name(read!(rdata::Dname<Parsed<'_>>).dname())),
        Rtype::SOA => {
            let soa = read!(rdata::Soa<Parsed<'_>>);
            Data::Soa(Soa {
                primary: name(soa.mname()),
                mailbox: name(soa.rname()),
                serial: soa.serial().into_int(),
                refresh: soa.refresh().as_secs(),
                retry: soa.retry().as_secs(),
                expire: soa.expire().as_secs(),
                minimum: soa.minimum().as_secs(),
            })
        }
        Rtype::MX => {
            let mx = read!(rdata::Mx<Parsed<'_>>);
            Data::Mx { preference: mx.preference(), exchange: name(mx.exchange()) }
        }
        Rtype::TXT => Data::Txt(read!(rdata::Txt<&[u8]>).iter().map(<[u8]>::to_vec).collect()),
        Rtype::SVCB => {
            let svcb = read!(rdata::Svcb<&[u8], Parsed<'_>>);
            Data::Svcb(Binding { priority: svcb.priority(), target: name(svcb.target()), params: params(svcb.params().as_slice()) })
        }
        Rtype::HTTPS => {
            let https = read!(rdata::Https<&[u8], Parsed<'_>>);
            Data::Https(Binding { priority: https.priority(), target: name(https.target()), params: params(https.params().as_slice()) })
        }
        // RFC 3597 §4: names in the data of these may be compressed, and a copy of it elsewhere must not be.
        other @ (Rtype::PTR
        | Rtype::MB
        | Rtype::MD
        | Rtype::MF
        | Rtype::MG
        | Rtype::MR
        | Rtype::MINFO
        | Rtype::RP
        | Rtype::SRV
        | Rtype::NAPTR) => Data::Other(RecordType(other.to_int()), spelled_out(record)?),
        other => Data::Other(RecordType(other.to_int()), read!(UnknownRecordData<&[u8]>).data().to_vec()),
    })
}

/// The data of a record with its names whole.
fn spelled_out(record: &ParsedRecord<'_, [u8]>) -> Result<Vec<u8>, Malformed> {
    let read = record.to_record::<rdata::ZoneRecordData<&[u8], Parsed<'_>>>()?.ok_or(Malformed)?;
    let mut data = Vec::new();
    read.data().compose_rdata(&mut data).expect("a vector grows");
    Ok(data)
}

/// The parameters of a service, whose lengths have been checked.
fn params(mut rest: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let mut found = Vec::new();
    while let Some((&[key_high, key_low, len_high, len_low], more)) = rest.split_first_chunk::<4>() {
        let len = usize::from(u16::from_be_bytes([len_high, len_low]));
        let Some((value, more)) = more.split_at_checked(len) else { break };
        found.push((u16::from_be_bytes([key_high, key_low]), value.to_vec()));
        rest = more;
    }
    found
}

fn edns(opt: &base::opt::OptRecord<&[u8]>) -> Edns {
    let mut edns = Edns { size: opt.udp_payload_size(), version: opt.version(), dnssec_ok: opt.dnssec_ok(), ..Edns::default() };
    // An option that cannot be read is one that says nothing.
    for option in opt.opt().iter::<AllOptData<_, _>>().flatten() {
        match option {
            AllOptData::ClientSubnet(subnet) => {
                let (address, source, scope) = (subnet.addr(), subnet.source_prefix_len(), subnet.scope_prefix_len());
                // RFC 7871 §6: neither length is more than the address has.
                if source.max(scope) <= if address.is_ipv4() { 32 } else { 128 } {
                    edns.subnet = Some(ClientSubnet { address, source, scope });
                }
            }
            AllOptData::ExtendedError(error) => {
                let text = error.text_slice().map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default();
                edns.errors.push(ExtendedError { code: error.code().to_int(), text });
            }
            _ => {}
        }
    }
    edns
}

fn write_record<Target: base::wire::Composer>(section: &mut impl RecordSectionBuilder<Target>, record: &Record) -> Result<(), TooLong> {
    let ttl = Ttl::from_secs(u32::try_from(record.ttl.as_secs()).unwrap_or(u32::MAX >> 1));
    macro_rules! push {
        ($data:expr) => {
            section.push((&record.owner.0, Class::IN, ttl, $data)).map_err(|_| TooLong)
        };
    }
    match &record.data {
        Data::A(address) => push!(rdata::A::new(*address)),
        Data::Aaaa(address) => push!(rdata::Aaaa::new(*address)),
        Data::Ns(name) => push!(rdata::Ns::new(&name.0)),
        Data::Cname(name) => push!(rdata::Cname::new(&name.0)),
        Data::Dname(name) => push!(rdata::Dname::new(&name.0)),
        Data::Soa(soa) => {
            let times = [soa.refresh, soa.retry, soa.expire, soa.minimum].map(Ttl::from_secs);
            let [refresh, retry, expire, minimum] = times;
            push!(rdata::Soa::new(&soa.primary.0, &soa.mailbox.0, Serial::from(soa.serial), refresh, retry, expire, minimum))
        }
        Data::Mx { preference, exchange } => push!(rdata::Mx::new(*preference, &exchange.0)),
        Data::Txt(texts) => {
            let mut flat = Vec::new();
            for text in texts {
                flat.push(u8::try_from(text.len()).map_err(|_| TooLong)?);
                flat.extend_from_slice(text);
            }
            push!(rdata::Txt::from_octets(flat).map_err(|_| TooLong)?)
        }
        Data::Svcb(binding) => push!(rdata::Svcb::new(binding.priority, &binding.target.0, write_params(binding)?).map_err(|_| TooLong)?),
        Data::Https(binding) => push!(rdata::Https::new(binding.priority, &binding.target.0, write_params(binding)?).map_err(|_| TooLong)?),
        Data::Other(kind, data) => {
            push!(UnknownRecordData::from_octets(Rtype::from_int(kind.0), data.as_slice()).map_err(|_| TooLong)?)
        }
    }
}

fn write_params(binding: &Binding) -> Result<rdata::svcb::SvcParams<Vec<u8>>, TooLong> {
    let mut flat = Vec::new();
    for (key, value) in &binding.params {
        flat.extend_from_slice(&key.to_be_bytes());
        flat.extend_from_slice(&u16::try_from(value.len()).map_err(|_| TooLong)?.to_be_bytes());
        flat.extend_from_slice(value);
    }
    rdata::svcb::SvcParams::from_octets(flat).map_err(|_| TooLong)
}

fn write_edns<Target: base::wire::Composer>(section: &mut AdditionalBuilder<Target>, edns: &Edns, code: OptRcode) -> Result<(), TooLong> {
    let options = |opt: &mut OptBuilder<'_, Target>| {
        opt.set_udp_payload_size(edns.size);
        opt.set_version(edns.version);
        opt.set_dnssec_ok(edns.dnssec_ok);
        opt.set_rcode(code);
        if let Some(subnet) = &edns.subnet {
            opt.client_subnet(subnet.source, subnet.scope, subnet.address)?;
        }
        for error in &edns.errors {
            let mut option = error.code.to_be_bytes().to_vec();
            option.extend_from_slice(error.text.as_bytes());
            let len = u16::try_from(option.len()).unwrap_or(u16::MAX);
            opt.push_raw_option(base::iana::OptionCode::EXTENDED_ERROR, len, |target| target.append_slice(&option))?;
        }
        Ok(())
    };
    section.opt(options).map_err(|_| TooLong)
}

#[cfg(test)]
mod tests;
