//! A walk that is under way, and those who wait for what it comes to.

use crate::signal::{Listening, Signal};
use decide::resolve::Reply;
use decide::time::Instant;
use host::Host;
use std::future::poll_fn;
use std::sync::Mutex;
use std::task::Poll;

/// A walk.
#[derive(Default)]
pub(super) struct UnderWay {
    reply: Mutex<Option<Reply>>,
    ended: Signal,
}

impl UnderWay {
    /// It came to this. What it came to first stays.
    pub(super) fn end(&self, reply: Reply) {
        self.reply.lock().expect("no panic while it is held").get_or_insert(reply);
        self.ended.raise();
    }

    fn now(&self) -> Option<Reply> {
        self.reply.lock().expect("no panic while it is held").clone()
    }

    /// What it comes to.
    pub(super) async fn reply(&self) -> Reply {
        loop {
            let seen = self.ended.number();
            if let Some(reply) = self.now() {
                return reply;
            }
            self.ended.after(seen).await;
        }
    }

    /// The same, if it is there before `limit`.
    pub(super) async fn reply_before(&self, host: &Host, limit: Instant) -> Option<Reply> {
        let mut deadline = host.deadline();
        deadline.set(limit);
        let mut listening = Listening::to(&self.ended, self.ended.number());
        poll_fn(|cx| {
            loop {
                if let Some(reply) = self.now() {
                    return Poll::Ready(Some(reply));
                }
                if listening.poll(cx).is_pending() {
                    return deadline.poll_passed(cx).map(|()| None);
                }
            }
        })
        .await
    }
}
