//! The role behind a name server's doors.

use super::{Answered as Found, Resolver, Tell};
use crate::dns::{Answered, Answering, Asker, Reasons};
use crate::server::Worker;
use decide::resolve::{Asked, Refusal, Reply};
use decide::step::Step;
use std::rc::Rc;
use std::sync::Arc;
use wire::dns::server::{AnswerWriter, QueryView, Section, bit};
use wire::dns::{Edns, Flags, Message, Name, Query, Record, ResponseCode};

const NOTIMP: ResponseCode = ResponseCode(4);
const REFUSED: ResponseCode = ResponseCode(5);
const CLASS_IN: u16 = 1;

/// The recursive role, on one worker.
pub(crate) struct Recursive {
    worker: Rc<Worker>,
    tell: Tell,
}

impl Recursive {
    pub(crate) fn new(worker: &Rc<Worker>) -> Recursive {
        let (server, host) = (worker.server.clone(), worker.host.clone());
        let tell: Tell = Rc::new(move |step, texts| server.tell_with(host.calendar(), Step::Resolver(step), texts));
        Recursive { worker: worker.clone(), tell }
    }

    fn resolver(&self) -> Option<Arc<Resolver>> {
        self.worker.snapshot().resolver.clone()
    }
}

impl Answering for Recursive {
    fn answer(&self, query: &QueryView<'_>, asker: &Asker, _told: bool, answer: &mut AnswerWriter<'_>) -> Answered {
        if query.is_notify() {
            // It is nobody's secondary.
            answer.set_code(NOTIMP);
            return Answered::Now;
        }
        // A configuration without the role closes its doors; what comes in the meantime is for nobody.
        let (Some(resolver), Some(name), CLASS_IN) = (self.resolver(), Name::from_wire(query.name()), query.class) else {
            answer.set_code(REFUSED);
            return Answered::Now;
        };
        let question = Query { name, kind: query.kind };
        let asked = Asked { from: asker.from.ip(), query: &question, recursion_desired: query.recursion_desired() };
        match resolver.ask(&self.worker.host, asked, &self.tell) {
            Ok(found) => {
                put(&found.reply, answer);
                Answered::Now
            }
            Err(later) => Answered::Later(Box::pin(async move { message(later.await) })),
        }
    }

    fn reasons(&self) -> Reasons {
        Reasons { rule: "recursive", ..Reasons::default() }
    }
}

fn put(reply: &Reply, answer: &mut AnswerWriter<'_>) {
    // RFC 1035 §4.1.1: whether recursion is available, which for strangers it is not.
    if *reply != Reply::refused(Refusal::Stranger) {
        answer.set_flags(bit::RECURSION_AVAILABLE);
    }
    answer.set_code(reply.code);
    if let Some(error) = &reply.error {
        answer.set_error(error.code, error.text.clone());
    }
    let all = |answer: &mut AnswerWriter<'_>, section, records: &[Record]| records.iter().all(|record| answer.add(section, record));
    if !all(answer, Section::Answer, &reply.answer) || !all(answer, Section::Authority, &reply.authority) {
        answer.truncate();
    }
}

/// The same for an answer that took time. Neither AA, for it has no zone, nor AD, for it checks no signatures.
fn message(found: Found) -> Message {
    let Reply { code, answer, authority, error, .. } = found.reply;
    let flags = Flags { response: true, recursion_available: true, ..Flags::default() };
    let edns = error.map(|error| Edns { errors: vec![error], ..Edns::default() });
    Message { id: 0, flags, code, question: None, answer, authority, additional: Vec::new(), edns }
}
