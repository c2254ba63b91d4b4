//! A step with all of its fields, and what the catalogue says of each.

use crate::event::words;
use crate::mark::Mark;
use crate::text::shown;
use crate::trace::quantity::{size, time};
use decide::step::{Journey, Step, Value};

/// `quoted`: what has several lines stands above it already.
pub(super) fn write(journey: &Journey, number: usize, quoted: bool, out: &mut Mark) {
    let (at, step) = &journey.steps()[number];
    let info = Step::catalogue().find(|info| info.name == step.name());
    out.raw("<div class=\"step\">\n<p>");
    out.element("code", "", step.name());
    out.raw(" ");
    out.element("span", "when", &format!("at {}", time(at.since(journey.began))));
    out.raw(" · ");
    out.doc(info.map_or("", |info| info.doc));
    out.raw("</p>\n<dl>\n");
    step.fields(|name, value| {
        let Some(value) = written(journey, value) else { return };
        let value = if quoted && value.contains('\n') { "above".to_string() } else { value };
        out.raw("<div>");
        out.element("dt", "", name);
        out.element("dd", if value.is_empty() { "none" } else { "" }, if value.is_empty() { "–" } else { &value });
        let field = info.and_then(|info| info.fields.iter().find(|field| field.name == name));
        out.raw("<dd class=\"doc\">");
        out.doc(field.map_or("", |field| field.doc));
        out.raw("</dd></div>\n");
    });
    out.raw("</dl>\n</div>\n");
}

/// The value as people read it; `None` for things of a server's configuration, which a client has none of.
fn written(journey: &Journey, value: Value) -> Option<String> {
    Some(match value {
        Value::Text(text) => {
            let text = String::from_utf8_lossy(journey.text(text));
            text.lines().map(shown).collect::<Vec<_>>().join("\n")
        }
        Value::Word(word) => word.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Bytes(bytes) => size(bytes),
        Value::Span(span) => time(span),
        Value::Flag(flag) => if flag { "yes" } else { "no" }.to_string(),
        Value::List(list) => shown(&words(list, journey.texts(), &|value| written(journey, value).unwrap_or_default())).into_owned(),
        Value::Client(address) => address.map(|address| address.to_string()).unwrap_or_default(),
        _ => return None,
    })
}
