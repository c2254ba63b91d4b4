//! Queries that are signed, and what their answers are signed with (RFC 8945).

use super::key::TsigKey;
use super::{Answered, Messages};
use decide::config::Dns;
use host::Host;
use wire::dns::ResponseCode;
use wire::dns::server::{AnswerWriter, QueryView};
use wire::dns::tsig::{self, Checked, Exchange, Refusal};

const FORMAT_ERROR: ResponseCode = ResponseCode(1);
const SERVER_FAILED: ResponseCode = ResponseCode(2);

/// The keys of a configuration, in its order.
pub(crate) struct Keys(Vec<TsigKey>);

impl Keys {
    pub(crate) fn of(dns: Option<&Dns>) -> Keys {
        Keys(dns.map(|dns| dns.keys.iter().map(TsigKey::new).collect()).unwrap_or_default())
    }
}

/// What ends an answer.
pub(crate) enum Signing {
    /// The key that the query is signed with.
    Exchange(Exchange<TsigKey>),
    /// The query's signature does not hold: what is wrong with it.
    Refusal(Refusal<TsigKey>),
}

impl Signing {
    /// Signs a whole message. [`answer`] has kept the room; what has none all the same becomes the bare header of a failure.
    pub(crate) fn sign(self, host: &Host, message: &mut Vec<u8>) {
        let signed = match self {
            Signing::Exchange(mut exchange) => exchange.sign(message, seconds(host)),
            Signing::Refusal(refusal) => refusal.sign(message),
        };
        if signed.is_err() {
            message.truncate(wire::dns::server::HEADER);
            if let Some([_, low]) = message.get_mut(2..4) {
                *low = (*low & 0xf0) | SERVER_FAILED.0.to_be_bytes()[1];
            }
            message.iter_mut().skip(4).for_each(|count| *count = 0);
        }
    }
}

/// Answers a query that says it is signed: with `plain`, which is told the key (index into [`Dns::keys`]), if that holds.
pub(crate) fn answer(
    keys: &Keys,
    host: &Host,
    query: &QueryView<'_>,
    answer: &mut AnswerWriter<'_>,
    plain: impl FnOnce(usize, &mut AnswerWriter<'_>) -> Answered,
) -> Answered {
    match tsig::check(query.bytes(), &keys.0, seconds(host)) {
        Err(_) => answer.set_code(FORMAT_ERROR),
        // The query was read by another reader, which has found a signature.
        Ok(Checked::Unsigned) => answer.set_code(FORMAT_ERROR),
        Ok(Checked::Refused(refusal)) => {
            answer.set_code(tsig::NOT_AUTHENTICATED);
            if has_room(answer, refusal.room()) {
                return Answered::Signed(Box::new(Signing::Refusal(refusal)));
            }
        }
        Ok(Checked::Signed { key, exchange, .. }) => {
            if !has_room(answer, exchange.room()) {
                return Answered::Now;
            }
            return match plain(key, answer) {
                Answered::Now => Answered::Signed(Box::new(Signing::Exchange(exchange))),
                Answered::Stream(messages) => Answered::Stream(Box::new(SignedMessages { messages, exchange, host: host.clone() })),
                other => other,
            };
        }
    }
    Answered::Now
}

/// Keeps so many bytes of an answer for its signature. Names are as long as the client likes: where a datagram has no room for them,
/// nothing is signed and the client is to come by TCP, which has (RFC 8945 §5.3).
fn has_room(answer: &mut AnswerWriter<'_>, signature: usize) -> bool {
    let has = answer.room() >= signature;
    if has {
        answer.reserve(signature);
    } else {
        answer.truncate();
    }
    has
}

/// A transfer, each message of it signed: RFC 8945 §5.3.1 would allow a few of them to go without, and that saves little.
struct SignedMessages {
    messages: Box<dyn Messages>,
    exchange: Exchange<TsigKey>,
    host: Host,
}

impl Messages for SignedMessages {
    fn next(&mut self, out: &mut Vec<u8>) -> bool {
        let mut message = Vec::new();
        // Messages of a transfer leave room for a signature.
        let more = self.messages.next(&mut message) && self.exchange.sign(&mut message, seconds(&self.host)).is_ok();
        if more {
            out.extend_from_slice(&message);
        }
        more
    }
}

fn seconds(host: &Host) -> u64 {
    host.calendar().0.as_secs()
}
