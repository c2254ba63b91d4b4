//! JSON objects, written field by field in the order of their writer.

use crate::step_json::string;
use std::fmt::Display;

/// An object that grows; nothing is there but its fields.
pub(crate) struct Object(String);

impl Object {
    pub(crate) fn new() -> Object {
        Object(String::from("{"))
    }

    /// One whose first field says what describes it.
    pub(crate) fn of(schema: &str) -> Object {
        let mut object = Object::new();
        object.text("schema", schema);
        object
    }

    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        string(text.as_bytes(), &mut self.0);
    }

    /// A number or a flag.
    pub(crate) fn plain(&mut self, name: &str, value: impl Display) {
        self.raw(name, &value.to_string());
    }

    /// What is JSON already.
    pub(crate) fn raw(&mut self, name: &str, json: &str) {
        self.name(name);
        self.0.push_str(json);
    }

    pub(crate) fn list(&mut self, name: &str, items: impl IntoIterator<Item = Object>) {
        let items: Vec<String> = items.into_iter().map(Object::into_text).collect();
        self.raw(name, &format!("[{}]", items.join(",")));
    }

    pub(crate) fn texts<'t>(&mut self, name: &str, texts: impl IntoIterator<Item = &'t str>) {
        let mut out = String::from("[");
        for (number, text) in texts.into_iter().enumerate() {
            out.push_str(if number == 0 { "" } else { "," });
            string(text.as_bytes(), &mut out);
        }
        self.raw(name, &(out + "]"));
    }

    pub(crate) fn into_text(self) -> String {
        self.0 + "}"
    }

    fn name(&mut self, name: &str) {
        self.0.push_str(if self.0.len() == 1 { "\"" } else { ",\"" });
        self.0.extend([name, "\":"]);
    }
}
