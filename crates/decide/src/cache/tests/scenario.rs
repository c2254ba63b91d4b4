//! Scenarios as text. Parts of a line stand between bars.
//!
//! ```text
//! > GET /path | Name: value          a request
//! < 200 | Name: value | body=text    what the origin answers if it is asked; `< gone` for no answer
//! = cached | status=304 | Age > 2    what must be so: cached, forwarded, etag (validated by tag), lm (validated by date);
//!                                    Name: value, !Name, !Name: value of what the client got, saw Name: value of what the origin saw
//! + 3                                seconds that pass
//! ```
//!
//! In a value, `@5` is the date five seconds from now, and `@@5` five seconds from the beginning.

use super::model::{Cache, Given};
use super::*;
use crate::date::format_imf;
use alloc::format;
use alloc::string::ToString;

/// Plays a scenario; the error says what was not so.
pub(super) fn play(policy: Policy, scenario: &str) -> Result<(), String> {
    let mut player = Player { cache: Cache::new(policy), now: START, request: None, answer: None, given: None };
    for line in scenario.lines().map(str::trim).filter(|line| !line.is_empty()) {
        player.line(line).map_err(|what| format!("{line}: {what}"))?;
    }
    player.run();
    Ok(())
}

struct Player {
    cache: Cache,
    now: Calendar,
    request: Option<RequestHead>,
    answer: Option<Option<(ResponseHead, Vec<u8>)>>,
    given: Option<Given>,
}

impl Player {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let mut parts = line.split('|').map(str::trim);
        let first = parts.next().unwrap_or_default();
        let (kind, rest) = first.split_at(1);
        let rest = rest.trim();
        match kind {
            ">" => {
                self.run();
                let (method, target) = rest.split_once(' ').unwrap_or((rest, "/page"));
                let mut head = RequestHead { method: Method::of(method), target: target.into(), ..RequestHead::default() };
                head.authority = b"www.example".to_vec();
                parts.for_each(|part| self.field(part, &mut head.fields));
                (self.request, self.given, self.answer) = (Some(head), None, None);
            }
            "<" => self.answer = Some(self.response(rest, parts)),
            "+" => {
                self.run();
                self.now = Calendar(self.now.0 + Duration::from_secs(rest.parse().expect("seconds")));
            }
            "=" => {
                self.run();
                let given = self.given.as_ref().expect("a request stands before");
                for part in [rest].into_iter().chain(parts) {
                    self.check(given, part)?;
                }
            }
            _ => panic!("{line}"),
        }
        Ok(())
    }

    fn run(&mut self) {
        let Some(request) = self.request.take() else { return };
        let mut answer = self.answer.take().unwrap_or_else(|| Some(self.filled(200, Fields::new(), b"default".to_vec())));
        let mut origin = |asked: &RequestHead| {
            let conditional = asked.fields.has(Known::IfNoneMatch) || asked.fields.has(Known::IfModifiedSince);
            if let Some((head, _)) = answer.as_mut()
                && head.status == 304
                && !conditional
            {
                head.status = 999;
            }
            answer.clone()
        };
        self.given = Some(self.cache.request(&request, self.now, &mut origin));
    }

    fn response<'a>(&self, status: &str, parts: impl Iterator<Item = &'a str>) -> Option<(ResponseHead, Vec<u8>)> {
        if status == "gone" {
            return None;
        }
        let (mut fields, mut body) = (Fields::new(), b"default".to_vec());
        for part in parts {
            match part.strip_prefix("body=") {
                Some(text) => body = text.as_bytes().to_vec(),
                None => self.field(part, &mut fields),
            }
        }
        Some(self.filled(status.parse().expect("a status"), fields, body))
    }

    /// A server's `Date` and `Content-Length` are there without being named.
    fn filled(&self, status: u16, mut fields: Fields, body: Vec<u8>) -> (ResponseHead, Vec<u8>) {
        if !fields.has(Known::Date) {
            fields.push_known(Known::Date, &format_imf(self.now));
        }
        let has_body = !matches!(status, 204 | 304);
        if !fields.has(Known::ContentLength) && has_body {
            fields.push_known(Known::ContentLength, body.len().to_string().as_bytes());
        }
        (ResponseHead { status, fields, ..ResponseHead::default() }, if has_body { body } else { Vec::new() })
    }

    fn field(&self, part: &str, fields: &mut Fields) {
        let (name, value) = part.split_once(':').unwrap_or_else(|| panic!("{part}"));
        fields.push(name.as_bytes(), self.value(value.trim()).as_bytes());
    }

    fn value(&self, value: &str) -> String {
        let moved = |from: Calendar, by: &str| {
            let by: i64 = by.parse().expect("seconds");
            text(&format_imf(Calendar(Duration::from_secs(from.0.as_secs().saturating_add_signed(by)))))
        };
        match (value.strip_prefix("@@"), value.strip_prefix('@')) {
            (Some(by), _) => moved(START, by),
            (None, Some(by)) => moved(self.now, by),
            _ => value.to_string(),
        }
    }

    fn check(&self, given: &Given, part: &str) -> Result<(), String> {
        let saw = given.asked.first();
        let holds = match part {
            "cached" => saw.is_none(),
            "forwarded" => saw.is_some(),
            "etag" => saw.is_some_and(|asked| asked.fields.has(Known::IfNoneMatch)),
            "lm" => saw.is_some_and(|asked| asked.fields.has(Known::IfModifiedSince)),
            "validated later" => given.asked_later.len() == 1,
            part => return self.check_text(given, part),
        };
        let done = if saw.is_some() { "forwarded" } else { "cached" };
        if holds { Ok(()) } else { Err(format!("it was {done}; {:?}", given.record)) }
    }

    fn check_text(&self, given: &Given, part: &str) -> Result<(), String> {
        let fail = |is: String| Err(format!("not {part}, but {is}"));
        if let Some(status) = part.strip_prefix("status=") {
            return if status == given.status.to_string() { Ok(()) } else { fail(given.status.to_string()) };
        }
        if let Some(body) = part.strip_prefix("body=") {
            return if body.as_bytes() == given.body { Ok(()) } else { fail(text(&given.body)) };
        }
        if let Some((name, more)) = part.split_once(" > ") {
            let is = value(&given.fields, name).and_then(|value| value.parse::<u64>().ok()).unwrap_or_default();
            return if is > more.parse().expect("a number") { Ok(()) } else { fail(is.to_string()) };
        }
        let (wanted, fields, part) = match (part.strip_prefix("saw "), part.strip_prefix('!')) {
            (Some(part), _) => (true, given.asked.first().map(|asked| &asked.fields), part),
            (_, Some(part)) => (false, Some(&given.fields), part),
            _ => (true, Some(&given.fields), part),
        };
        let (name, expected) = part.split_once(':').map_or((part, None), |(name, value)| (name, Some(self.value(value.trim()))));
        let is = fields.and_then(|fields| value(fields, name));
        let there = is.as_ref().is_some_and(|is| expected.as_ref().is_none_or(|expected| is == expected));
        if there == wanted { Ok(()) } else { fail(format!("{is:?}")) }
    }
}
