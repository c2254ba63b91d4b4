//! The JSON Schema of a config file, made from the catalogue.

use super::catalogue::{Absent, Entry, Kind, Only, ROOT, Section};
use super::value::Shape;
use serde_json::{Map, Value, json};

/// The schema (draft 2020-12) as JSON text. It says what each value may look like; what only shows in the whole (a pool nobody declared) is
/// for [`load`](super::load) to say.
pub fn schema() -> String {
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".into(), json!("Throughline config file"));
    if let Value::Object(root) = object(&ROOT) {
        schema.extend(root);
    }
    let mut text = serde_json::to_string_pretty(&Value::Object(schema)).expect("maps with text keys become JSON");
    text.push('\n');
    text
}

fn object(section: &'static Section) -> Value {
    let shown = || section.entries.iter().filter(|entry| !matches!(entry.only, Only::Embedded));
    let properties: Map<String, Value> = shown().map(|entry| (entry.key.to_string(), property(entry))).collect();
    let required: Vec<&str> = shown().filter(|entry| matches!(entry.absent, Absent::Required)).map(|entry| entry.key).collect();
    let mut schema = json!({ "type": "object", "description": section.doc, "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(entry: &'static Entry) -> Value {
    let mut schema = kind(entry.kind);
    schema["description"] = json!(entry.doc);
    if let Absent::Is(text) = entry.absent {
        schema["default"] = from_toml(text);
    }
    if !entry.example.is_empty() {
        schema["examples"] = json!([from_toml(entry.example)]);
    }
    schema
}

fn kind(kind: Kind) -> Value {
    match kind {
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Integer { min, max, .. } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::OneOf(numbers) => json!({ "enum": numbers }),
        Kind::Duration { .. } => json!({ "type": "string", "pattern": "^[0-9]+ *(ms|s|m|h|d)$" }),
        Kind::Size { .. } => json!({ "type": "string", "pattern": "^(0|[0-9]+ *(B|KiB|MiB|GiB|TiB))$" }),
        Kind::Text(shape) => text(shape),
        Kind::Texts { each, min } => json!({ "type": "array", "items": text(each), "minItems": min }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Statuses => json!({
            "type": "array",
            "items": { "anyOf": [
                { "type": "integer", "minimum": 100, "maximum": 599 },
                { "type": "string", "pattern": "^[1-5][0-9]{2} *- *[1-5][0-9]{2}$" },
            ] },
        }),
        Kind::Fields { many: false } => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::Fields { many: true } => json!({
            "type": "object",
            "additionalProperties": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] },
        }),
        Kind::Conditions { .. } => {
            json!({ "type": "object", "additionalProperties": { "anyOf": [{ "type": "string" }, { "const": true }] } })
        }
        Kind::Backends(section) => {
            json!({ "type": "array", "items": { "anyOf": [text(Shape::BackendAddress), object(section)] }, "minItems": 1 })
        }
        Kind::Table(section) => object(section),
        Kind::Switch(section) => json!({ "anyOf": [{ "type": "boolean" }, object(section)] }),
        Kind::Tables(section) => json!({ "type": "array", "items": object(section) }),
        Kind::Named(section) => json!({ "type": "object", "additionalProperties": object(section) }),
    }
}

fn text(shape: Shape) -> Value {
    match shape {
        Shape::Path | Shape::PathPattern | Shape::Target => json!({ "type": "string", "pattern": "^/" }),
        Shape::HashKey => json!({ "type": "string", "pattern": "^(source|path|(header|cookie|query):.+)$" }),
        Shape::Protocol => json!({ "enum": ["h2", "http/1.1"] }),
        Shape::Coding => json!({ "enum": ["zstd", "br", "gzip"] }),
        Shape::TokenHash => json!({ "type": "string", "pattern": "^sha256:[0-9a-fA-F]{64}$" }),
        Shape::HttpsUrl => json!({ "type": "string", "pattern": "^https://" }),
        Shape::Any => json!({ "type": "string" }),
        _ => json!({ "type": "string", "minLength": 1 }),
    }
}

/// A value of the catalogue, as JSON.
fn from_toml(text: &str) -> Value {
    json(toml::de::DeValue::parse(text).expect("the catalogue's values are TOML").get_ref())
}

fn json(value: &toml::de::DeValue<'_>) -> Value {
    use toml::de::DeValue;
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Integer(number) => json!(number.as_str().parse::<u64>().expect("the catalogue's numbers are small and decimal")),
        DeValue::Boolean(bool) => json!(bool),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => {
            table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref()))).collect::<Map<_, _>>().into()
        }
        DeValue::Float(_) | DeValue::Datetime(_) => unreachable!("no setting is one"),
    }
}
