//! Content codings made here, on routes that compress: the choice for one client, and the way of an answer that is not stored.

use crate::coder::{Coder, SLICE_BYTES, Work};
use crate::proxy::exchange::{Exchange, Scratch};
use crate::proxy::reply::{Reply, Segment};
use decide::cache::content_length;
use decide::config::Action;
use decide::encoding::{Answer, Choice, Reason, choose, coded, tagged_as_asked, takes_identity, varies};
use decide::files::Coding;
use decide::step::{Bytes, Step};
use decide::time::Duration;
use std::borrow::Cow;
use wire::http::{Method, RequestHead, ResponseHead};
use wire::http1::{Framing, ResponseMeta};

/// Content of an answer made here is coded before it is sent, and lies in memory meanwhile; a longer one goes as it is.
const LONGEST_REPLY: u64 = 1 << 20;

impl Exchange<'_> {
    /// Whether its route compresses.
    pub(crate) fn compresses(&self) -> bool {
        self.route.is_some_and(|_| self.site_and_route(&self.snapshot).is_some_and(|(_, route)| route.compress.is_some()))
    }

    /// How this answer goes to this client; `None` on a route that does not compress.
    pub(crate) fn choice(&self, head: &ResponseHead, length: Option<u64>, shared: bool) -> Option<Choice> {
        let snapshot = self.snapshot.clone();
        let (_, route) = self.site_and_route(&snapshot)?;
        Some(choose(route.compress.as_ref()?, &self.scratch.request, &Answer { head, length, shared }))
    }

    /// Tells of it.
    pub(crate) fn chose(&mut self, choice: Option<Choice>) {
        if let Some(Choice { coding, why }) = choice {
            self.step(Step::EncodingChosen { coding: coding.token(), why: why.word() });
        }
    }

    /// Tells of content that was coded.
    pub(crate) fn was_coded(&mut self, work: Work, how: &'static str) {
        self.step(work.step(how));
    }

    /// Begins to code; `None` where there is no room, and the client takes the content as it is.
    pub(crate) fn coder(&self, coding: Coding, length: Option<u64>) -> Option<Coder> {
        let snapshot = self.snapshot.clone();
        let (_, route) = self.site_and_route(&snapshot)?;
        let level = route.compress.as_ref()?.level(coding)?;
        let place = self.worker.coders.take();
        let may_stay = takes_identity(&self.scratch.request.fields);
        (place.is_some() || !may_stay).then(|| Coder::new(&self.worker.host, coding, level, length, place))
    }

    /// The head of a backend's answer has come, which goes to the client and not into the store: makes it that of the answer as it will
    /// go. Returns what is to code it, and how the content will then be framed.
    pub(crate) fn encode_passed(&mut self, meta: &ResponseMeta) -> (ResponseMeta, Option<Coder>) {
        let unchanged = (*meta, None);
        if meta.upgraded {
            return unchanged;
        }
        self.tag_as_asked();
        let length = match meta.framing {
            Framing::Exact(bytes) => Some(bytes),
            Framing::None if self.scratch.request.method != Method::Head => Some(0),
            _ => content_length(&self.scratch.response.fields),
        };
        let Some(mut choice) = self.choice(&self.scratch.response, length, false) else { return unchanged };
        let mut coder = None;
        if choice.coding != Coding::Identity && meta.framing != Framing::None {
            coder = self.coder(choice.coding, None);
            if coder.is_none() {
                choice = Choice { coding: Coding::Identity, why: Reason::NoRoom };
            }
        }
        self.chose(Some(choice));
        dress(&mut self.scratch.response, choice);
        let framing = if coder.is_some() { Framing::Chunked } else { meta.framing };
        (ResponseMeta { framing, ..*meta }, coder)
    }

    /// A 304 names what the client has by the tag that it got.
    fn tag_as_asked(&mut self) {
        let compresses = self.compresses();
        let Scratch { request, response, .. } = &mut *self.scratch;
        if compresses && response.status == 304 {
            tagged_as_asked(&mut response.fields, &request.fields);
        }
    }

    /// Codes the content of an answer made here: anew for each request, since nothing made here is stored. Files and fixed answers are the
    /// same for everybody; what an application says need not be.
    pub(crate) async fn encode_reply(&mut self, reply: &mut Reply) {
        let length: u64 = reply.body.iter().map(Segment::len).sum();
        let head = ResponseHead { status: reply.status, fields: reply.fields.clone(), ..ResponseHead::default() };
        let told = reply.length.unwrap_or(length);
        let snapshot = self.snapshot.clone();
        let Some((_, route)) = self.site_and_route(&snapshot) else { return };
        let shared = matches!(route.action, Action::Files(_) | Action::Answer { .. });
        let Some(mut choice) = self.choice(&head, Some(told), shared).filter(|_| !reply.opens) else { return };
        let is_head = self.scratch.request.method == Method::Head || length == 0;
        if choice.coding != Coding::Identity && (told > LONGEST_REPLY || !is_head && !self.code_body(reply, choice.coding).await) {
            choice = Choice { coding: Coding::Identity, why: Reason::NoRoom };
        }
        self.chose(Some(choice));
        let mut head = head;
        dress(&mut head, choice);
        if head.status == 304 {
            tagged_as_asked(&mut head.fields, &self.scratch.request.fields);
        }
        reply.fields = head.fields;
        if choice.coding != Coding::Identity {
            // With HEAD nobody has measured it.
            reply.length = None;
            reply.untold = is_head;
        }
    }

    async fn code_body(&mut self, reply: &mut Reply, coding: Coding) -> bool {
        let length = reply.body.iter().map(Segment::len).sum();
        let Some(mut coder) = self.coder(coding, Some(length)) else { return false };
        for segment in &reply.body {
            let mut at = 0;
            while at < segment.len() {
                let Some(slice) = segment.slice(reply.file.as_ref(), at, SLICE_BYTES) else { return false };
                coder.write(&slice);
                at += slice.len() as u64;
                crate::proxy::give_way().await;
            }
        }
        coder.finish();
        reply.body = vec![Segment::Bytes(std::mem::take(coder.output()))];
        self.was_coded(coder.work, "made");
        true
    }
}

impl Work {
    /// The step that tells of it.
    pub(crate) fn step(&self, how: &'static str) -> Step {
        let (before, after) = (Bytes(self.before), Bytes(self.after));
        Step::Encoded { coding: self.coding.token(), before, after, took: self.took, how }
    }

    /// For content that others have had coded.
    pub(crate) fn of_others(coding: Coding, before: u64, after: u64) -> Work {
        Work { coding, before, after, took: Duration::ZERO }
    }
}

/// The head of an answer that goes by this choice.
pub(crate) fn dressed(head: &ResponseHead, choice: Option<Choice>) -> Cow<'_, ResponseHead> {
    match choice {
        Some(choice) if choice.why.varies() => {
            let mut head = head.clone();
            dress(&mut head, choice);
            Cow::Owned(head)
        }
        _ => Cow::Borrowed(head),
    }
}

fn dress(head: &mut ResponseHead, choice: Choice) {
    if choice.coding != Coding::Identity {
        coded(&mut head.fields, choice.coding);
    } else if choice.why.varies() {
        varies(&mut head.fields);
    }
}

/// A 304 in place of an answer that would go by this choice (RFC 9110 §15.4.5).
pub(crate) fn dress_not_modified(head: &mut ResponseHead, choice: Option<Choice>, request: &RequestHead) {
    if let Some(choice) = choice {
        tagged_as_asked(&mut head.fields, &request.fields);
        if choice.why.varies() {
            varies(&mut head.fields);
        }
    }
}
