//! The authoritative role.

use super::{Answered, Answering, Asker};
use crate::server::Worker;
use std::rc::Rc;
use wire::dns::ResponseCode;
use wire::dns::server::{AnswerWriter, QueryView};

const REFUSED: ResponseCode = ResponseCode(5);
/// RFC 8914 §4.21: the zone is not ours.
const NOT_AUTHORITATIVE: u16 = 20;

/// The zones of this server, on one worker.
pub(super) struct Authority {
    worker: Rc<Worker>,
}

impl Authority {
    pub(super) fn new(worker: &Rc<Worker>) -> Authority {
        Authority { worker: worker.clone() }
    }
}

impl Answering for Authority {
    fn answer(&self, _query: &QueryView<'_>, _asker: &Asker, answer: &mut AnswerWriter<'_>) -> Answered {
        let _ = &self.worker;
        answer.set_code(REFUSED);
        answer.set_error(NOT_AUTHORITATIVE, "");
        Answered::Now
    }
}
