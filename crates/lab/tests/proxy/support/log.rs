//! A reader that keeps every step, as text with its time.

use decide::step::{BackendRef, Journey, Step, Texts, Value};
use decide::time::{Calendar, Instant};
use node::{Reader, Snapshot};
use std::sync::{Arc, Mutex};

/// Every step so far.
#[derive(Default)]
pub(crate) struct Log(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    journeys: Vec<Vec<(Instant, String)>>,
    events: Vec<(Instant, String)>,
}

impl Reader for Log {
    fn journey(&self, journey: &mut Journey, _: &Arc<Snapshot>) {
        let steps = journey.steps().iter().map(|(at, step)| (*at, text(step, Some(journey)))).collect();
        self.0.lock().expect("no panic while it is held").journeys.push(steps);
    }

    fn event(&self, at: Calendar, step: Step, _: &Texts, _: &Arc<Snapshot>) {
        let at = Instant::ZERO + (at.0 - lab::EPOCH.0);
        self.0.lock().expect("no panic while it is held").events.push((at, text(&step, None)));
    }
}

impl Log {
    /// How many requests are over.
    pub(crate) fn journeys(&self) -> usize {
        self.0.lock().expect("no panic while it is held").journeys.len()
    }

    /// All steps of this name in the journeys of all requests, in the order in which the requests ended: `MS name value ...`.
    pub(crate) fn steps(&self, name: &str) -> Vec<String> {
        let kept = self.0.lock().expect("no panic while it is held");
        kept.journeys.iter().flatten().filter(|(_, text)| is(text, name)).map(line).collect()
    }

    /// The steps of this name that belong to no request.
    pub(crate) fn events(&self, name: &str) -> Vec<String> {
        let kept = self.0.lock().expect("no panic while it is held");
        kept.events.iter().filter(|(_, text)| is(text, name)).map(line).collect()
    }

    /// When the events of this name happened, in milliseconds.
    pub(crate) fn event_times(&self, name: &str) -> Vec<u64> {
        let kept = self.0.lock().expect("no panic while it is held");
        kept.events.iter().filter(|(_, text)| is(text, name)).map(|(at, _)| at.as_nanos() / 1_000_000).collect()
    }

    /// The only step of this name.
    pub(crate) fn only(&self, name: &str) -> String {
        let mut steps = self.steps(name);
        assert_eq!(steps.len(), 1, "{name}: {steps:?}");
        steps.remove(0)
    }
}

fn is(text: &str, name: &str) -> bool {
    text.split(' ').next() == Some(name)
}

fn line((at, text): &(Instant, String)) -> String {
    format!("{} {text}", millis(at.as_nanos()))
}

fn millis(nanos: u64) -> String {
    let text = format!("{}.{:06}", nanos / 1_000_000, nanos % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

fn text(step: &Step, journey: Option<&Journey>) -> String {
    let mut text = step.name().to_string();
    step.fields(|_, value| {
        let value = match value {
            Value::Text(kept) => journey.map_or(String::new(), |journey| String::from_utf8_lossy(journey.text(kept)).into_owned()),
            Value::Word(word) => word.to_string(),
            Value::Number(number) | Value::Bytes(number) => number.to_string(),
            Value::Span(span) => format!("{}ms", millis(u64::try_from(span.as_nanos()).expect("a span of a scenario"))),
            Value::Flag(flag) => flag.to_string(),
            Value::Listener(listener) => format!("listener{}", listener.0),
            Value::Route(route) => format!("route{}", route.route),
            Value::Backend(BackendRef { backend, .. }) => format!("b{backend}"),
            Value::Site(site) => format!("site{}", site.0),
            Value::Certificate(certificate) => format!("certificate{}", certificate.0),
            Value::List(list) => journey.map_or(0, |journey| journey.texts().rows(list).len()).to_string(),
            Value::Client(address) => address.map_or("unix".to_string(), |address| address.to_string()),
        };
        text.push(' ');
        text.push_str(&value);
    });
    text
}
