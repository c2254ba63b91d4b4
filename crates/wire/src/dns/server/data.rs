//! Records of an answer as values.

use super::{AnswerWriter, DataWriter, Section};
use crate::dns::record::Binding;
use crate::dns::{Data, Name, Record};
use alloc::vec::Vec;

impl AnswerWriter<'_> {
    /// Adds a record. False, and nothing is added, where it does not fit.
    #[must_use]
    pub fn add(&mut self, section: Section, record: &Record) -> bool {
        let ttl = u32::try_from(record.ttl.as_secs()).unwrap_or(u32::MAX >> 1);
        self.record(section, wire(&record.owner), record.data.kind(), ttl, |data| data.data(&record.data))
    }
}

fn wire(name: &Name) -> &[u8] {
    name.0.as_slice()
}

impl DataWriter<'_> {
    /// All that a record says. False where it has no room for it: a text of more than 255 bytes, a parameter of more than 64 KiB.
    pub fn data(&mut self, data: &Data) -> bool {
        match data {
            Data::A(address) => self.bytes(&address.octets()),
            Data::Aaaa(address) => self.bytes(&address.octets()),
            Data::Ns(name) | Data::Cname(name) => self.compressed(wire(name)),
            // RFC 6672 §2.5: not compressed.
            Data::Dname(name) => self.bytes(wire(name)),
            Data::Soa(soa) => {
                self.compressed(wire(&soa.primary));
                self.compressed(wire(&soa.mailbox));
                for number in [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum] {
                    self.bytes(&number.to_be_bytes());
                }
            }
            Data::Mx { preference, exchange } => {
                self.bytes(&preference.to_be_bytes());
                self.compressed(wire(exchange));
            }
            Data::Txt(texts) => return texts.iter().all(|text| self.text(text)),
            Data::Svcb(binding) | Data::Https(binding) => return self.binding(binding),
            Data::Other(_, bytes) => self.bytes(bytes),
        }
        true
    }

    fn text(&mut self, text: &[u8]) -> bool {
        let Ok(len) = u8::try_from(text.len()) else { return false };
        self.bytes(&[len]);
        self.bytes(text);
        true
    }

    /// RFC 9460 §2.2.
    fn binding(&mut self, binding: &Binding) -> bool {
        self.bytes(&binding.priority.to_be_bytes());
        self.bytes(wire(&binding.target));
        binding.params.iter().all(|(key, value): &(u16, Vec<u8>)| {
            let Ok(len) = u16::try_from(value.len()) else { return false };
            self.bytes(&key.to_be_bytes());
            self.bytes(&len.to_be_bytes());
            self.bytes(value);
            true
        })
    }
}
