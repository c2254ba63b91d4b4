//! A question of a client of the recursive role, for records of any type: one walk, and the whole answer that it comes to.

use super::context::Context;
use super::lookup::{Input, Output, plan};
use super::reply::Reply;
use super::settings::Settings;
use super::walk::{Outcome, WalkId};
use super::walker::{Plan, Todo, Walker};
use crate::time::{Duration, Instant};
use wire::dns::Query;
use wire::resolver_files::ResolvConf;

/// How long a forwarder may take before the next one is asked. It has its own walk to do.
const PATIENCE_WITH_FORWARDERS: Duration = Duration::from_secs(2);

/// The walk for one question. Order of calls: as of [`super::Lookup`].
pub struct Ask {
    walker: Walker,
    walk: WalkId,
    query: Query,
    until: Instant,
    state: State,
}

enum State {
    Walking,
    /// The end, not told yet.
    Ended(Reply),
    Over,
}

impl Ask {
    /// Begins.
    pub fn new(settings: &Settings, query: Query, cx: &mut Context<'_>) -> Ask {
        let conf = ResolvConf { timeout: PATIENCE_WITH_FORWARDERS, ..ResolvConf::parse(b"") };
        let (plan, start) = plan(settings, &conf);
        // Of several forwarders the one that answers is asked, and not always the first.
        let mut walker = Walker::new(Plan { in_order: false, ..plan }, start);
        let walk = walker.begin(query.name.clone(), query.kind, None, cx);
        let mut ask = Ask { walker, walk, query, until: cx.now + settings.limits.time, state: State::Walking };
        ask.run(cx);
        ask
    }

    /// Takes what came in.
    pub fn handle(&mut self, input: Input<'_>, cx: &mut Context<'_>) {
        match input {
            Input::Came { exchange, from, message } => self.walker.came(exchange, from, message, cx),
            Input::Broke { exchange, failure } => self.walker.broke(exchange, &failure, cx),
            Input::TimePassed => {
                self.walker.time_passed(cx);
                if self.until <= cx.now {
                    self.walker.abandon("the time for the whole lookup is over", cx);
                }
            }
        }
        self.run(cx);
    }

    fn run(&mut self, cx: &mut Context<'_>) {
        self.walker.run(cx);
        let (State::Walking, Some(outcome)) = (&self.state, self.walker.outcome(self.walk)) else { return };
        // RFC 9520 §3.2: whatever it failed of, the same is not tried again at once.
        let failure: Option<&str> = match outcome {
            Outcome::Failed(why) => Some(why),
            Outcome::TooMuch(why) => Some(why),
            _ => None,
        };
        if let Some(why) = failure {
            cx.cache.keep_failure(&self.query.name, self.query.kind, why, cx.now);
        }
        self.state = State::Ended(Reply::walked(self.walker.chain(self.walk), outcome, cx.cache.longest()));
    }

    /// The next thing to be done; to be called until it is `None`, after every input.
    pub fn poll_output(&mut self) -> Option<Output<Reply>> {
        if let Some(todo) = self.walker.next_todo() {
            return Some(match todo {
                Todo::Send(transmit) => Output::Send(transmit),
                Todo::Close(exchange) => Output::Close(exchange),
            });
        }
        match core::mem::replace(&mut self.state, State::Over) {
            State::Ended(reply) => Some(Output::Done(reply)),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// Until when to wait for input.
    pub fn limit(&self) -> Instant {
        self.walker.limit().map_or(self.until, |at| at.min(self.until))
    }
}

#[cfg(test)]
mod tests;
