//! What a visitor sends to be recorded: nothing at all, JSON, or the page's form.

use serde_json::Value;
use wire::http::{Known, RequestHead};

/// Characters of a name.
const NAME_MAX: usize = 40;

/// How a visit came in, which decides how it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// A program, or a script of the page: wants JSON.
    Program,
    /// The form without script: wants to see the page again.
    Form,
}

/// Why a visit is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    MediaType,
    NotJson,
    NotAnObject,
    NameNotText,
    NotAForm,
    NameTooLong,
    NameUnfit,
}

impl Refusal {
    pub(super) fn status(self) -> u16 {
        match self {
            Refusal::MediaType => 415,
            Refusal::NotJson | Refusal::NotAForm => 400,
            // RFC 9110 §15.5.21: understood, and still not to be followed.
            Refusal::NotAnObject | Refusal::NameNotText | Refusal::NameTooLong | Refusal::NameUnfit => 422,
        }
    }

    pub(super) fn sentence(self) -> &'static str {
        match self {
            Refusal::MediaType => "A visit is sent as application/json, as application/x-www-form-urlencoded, or without a body.",
            Refusal::NotJson => "The body is not JSON. A visit is written {\"name\": \"Ada\"}.",
            Refusal::NotAnObject => "The JSON is not an object. A visit is written {\"name\": \"Ada\"}.",
            Refusal::NameNotText => "The \"name\" is not a string. A visit is written {\"name\": \"Ada\"}.",
            Refusal::NotAForm => "The body is not a form in UTF-8. A visit is written name=Ada.",
            Refusal::NameTooLong => "The name is longer than 40 characters.",
            Refusal::NameUnfit => "The name holds characters that do not print.",
        }
    }
}

/// Who sent this request: what kind of sender its media type betrays.
pub(super) fn sender(request: &RequestHead) -> Sender {
    match media_type(request).as_deref() {
        Some("application/x-www-form-urlencoded") => Sender::Form,
        _ => Sender::Program,
    }
}

/// The visitor's name; empty if none is given.
pub(super) fn read(request: &RequestHead, body: &[u8]) -> Result<String, Refusal> {
    let name = match media_type(request).as_deref() {
        None if body.is_empty() => String::new(),
        Some("application/json") => from_json(body)?,
        Some("application/x-www-form-urlencoded") => from_form(body)?,
        _ => return Err(Refusal::MediaType),
    };
    let name = name.trim();
    if name.chars().count() > NAME_MAX {
        return Err(Refusal::NameTooLong);
    }
    if name.contains(does_not_print) {
        return Err(Refusal::NameUnfit);
    }
    Ok(name.to_string())
}

/// Type and subtype, in lower case, without parameters.
fn media_type(request: &RequestHead) -> Option<String> {
    let value = request.fields.get(Known::ContentType)?;
    let essence = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    Some(String::from_utf8_lossy(essence).to_ascii_lowercase())
}

fn from_json(body: &[u8]) -> Result<String, Refusal> {
    let value: Value = serde_json::from_slice(body).map_err(|_| Refusal::NotJson)?;
    let object = value.as_object().ok_or(Refusal::NotAnObject)?;
    match object.get("name") {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(name)) => Ok(name.clone()),
        Some(_) => Err(Refusal::NameNotText),
    }
}

fn from_form(body: &[u8]) -> Result<String, Refusal> {
    let pairs = body.split(|byte| *byte == b'&');
    let name = pairs.filter_map(|pair| pair.strip_prefix(b"name=")).next().unwrap_or_default();
    let decoded = decode(name).ok_or(Refusal::NotAForm)?;
    String::from_utf8(decoded).map_err(|_| Refusal::NotAForm)
}

/// Percent-decoding of a form's value: `+` is a space. `None` for a `%` without two digits after it.
fn decode(value: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value.iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => digit(*rest.next()?)? << 4 | digit(*rest.next()?)?,
            other => *other,
        });
    }
    Some(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Controls, line separators, and the marks that turn the direction of the writing around a name.
fn does_not_print(character: char) -> bool {
    character.is_control() || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
