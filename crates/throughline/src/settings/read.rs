//! From a parsed document to a tree of values, each checked against the catalogue, each with its place in the file.

use super::catalogue::{Absent, Entry, Kind, Only, ROOT, Section, sections};
use super::mistake::Mistakes;
use super::nearest::nearest;
use super::value::{self, Flaw, Shape};
use decide::time::Duration;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A place in the file, in bytes.
pub(super) type Span = Range<usize>;

/// A text and its place.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) span: Span,
    pub(super) it: T,
}

/// A value that is what its entry asks for.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Bool(bool),
    /// Integers, and sizes in bytes.
    Number(u64),
    Duration(Duration),
    Text(String),
    Texts(Vec<At<String>>),
    Statuses(Vec<(u16, u16)>),
    /// Names and values; no value where being there is enough.
    Pairs(Vec<(At<String>, Option<String>)>),
    Table(Table),
    Tables(Vec<Table>),
    Named(Vec<(At<String>, Table)>),
    /// It was written, and it was wrong; the mistake is noted.
    Wrong,
}

/// What was written for one entry.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The key.
    pub(super) key: Span,
    /// The value.
    pub(super) span: Span,
    pub(super) value: Value,
}

/// What was written in one section. Asking for an entry that was not written, or was wrong, gives its default.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) section: &'static Section,
    /// What its header is, with the name that the owner chose: `[pool.app]`.
    pub(super) header: String,
    /// Its header, or the braces and what is between them.
    pub(super) span: Span,
    /// Keys that were meant by unknown ones: they are not missing too.
    pub(super) meant: Vec<&'static str>,
    given: BTreeMap<&'static str, Given>,
}

impl Table {
    /// A section in which nothing is written.
    pub(super) fn empty(section: &'static Section) -> Self {
        Self { section, header: section.header.to_string(), span: 0..0, meant: Vec::new(), given: BTreeMap::new() }
    }

    /// What was written for an entry, right or wrong.
    pub(super) fn given(&self, key: &str) -> Option<&Given> {
        self.given.get(key)
    }

    pub(super) fn bool(&self, key: &str) -> bool {
        matches!(self.value(key), Some(Value::Bool(true)))
    }

    /// A number or size; its range in the catalogue is within `T`'s.
    pub(super) fn number<T: TryFrom<u64>>(&self, key: &str) -> T {
        let Some(Value::Number(number)) = self.value(key) else { panic!("{key} of {} is a number with a default", self.section.header) };
        T::try_from(number).ok().expect("the catalogue's range fits the model's type")
    }

    pub(super) fn duration(&self, key: &str) -> Duration {
        let Some(Value::Duration(duration)) = self.value(key) else {
            panic!("{key} of {} is a duration with a default", self.section.header)
        };
        duration
    }

    /// A duration, if it is written.
    pub(super) fn duration_if(&self, key: &str) -> Option<Duration> {
        match self.value(key) {
            Some(Value::Duration(duration)) => Some(duration),
            _ => None,
        }
    }

    /// A text; empty if none is written and there is no default.
    pub(super) fn text(&self, key: &str) -> String {
        self.text_if(key).unwrap_or_default()
    }

    pub(super) fn text_if(&self, key: &str) -> Option<String> {
        match self.value(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A list of texts with their places (0..0 for those of a default); empty if none is written and there is no default.
    pub(super) fn texts(&self, key: &str) -> Vec<At<String>> {
        match self.value(key) {
            Some(Value::Texts(texts)) => texts,
            _ => Vec::new(),
        }
    }

    pub(super) fn statuses(&self, key: &str) -> Vec<(u16, u16)> {
        match self.value(key) {
            Some(Value::Statuses(statuses)) => statuses,
            _ => Vec::new(),
        }
    }

    pub(super) fn pairs(&self, key: &str) -> Vec<(At<String>, Option<String>)> {
        match self.value(key) {
            Some(Value::Pairs(pairs)) => pairs,
            _ => Vec::new(),
        }
    }

    /// A table, if it is written.
    pub(super) fn table_if(&self, key: &str) -> Option<&Table> {
        match &self.given(key)?.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// A table; one in which nothing is written, if it is not.
    pub(super) fn table(&self, key: &str) -> Table {
        let Kind::Table(section) = self.entry(key).kind else { panic!("{key} of {} is a table", self.section.header) };
        self.table_if(key).cloned().unwrap_or_else(|| Table::empty(section))
    }

    pub(super) fn tables(&self, key: &str) -> &[Table] {
        match self.given(key).map(|given| &given.value) {
            Some(Value::Tables(tables)) => tables,
            _ => &[],
        }
    }

    /// Tables by name, in the order written.
    pub(super) fn named(&self, key: &str) -> &[(At<String>, Table)] {
        match self.given(key).map(|given| &given.value) {
            Some(Value::Named(named)) => named,
            _ => &[],
        }
    }

    fn value(&self, key: &str) -> Option<Value> {
        match self.given(key) {
            Some(given) if !matches!(given.value, Value::Wrong) => Some(given.value.clone()),
            _ => self.entry(key).default(),
        }
    }

    fn entry(&self, key: &str) -> &'static Entry {
        let found = self.section.entries.iter().find(|entry| entry.key == key);
        found.unwrap_or_else(|| panic!("{key} is an entry of {}", self.section.header))
    }
}

impl Entry {
    /// The default as a value, read as if it stood in a file.
    fn default(&'static self) -> Option<Value> {
        let Absent::Is(text) = self.absent else { return None };
        let parsed = DeValue::parse(text).unwrap_or_else(|error| panic!("the default of {}: {error}", self.key));
        let mut mistakes = Mistakes::new("default", text);
        let mut value = Reader::new(&mut mistakes, false).value(self, &parsed);
        if let Value::Texts(texts) = &mut value {
            texts.iter_mut().for_each(|text| text.span = 0..0);
        }
        assert!(!matches!(value, Value::Wrong), "the default of {} is what it asks for", self.key);
        Some(value)
    }
}

/// Reads tables of a document with the sections of the catalogue.
pub(super) struct Reader<'m, 'a> {
    mistakes: &'m mut Mistakes<'a>,
    /// Whether entries that are only for the configuration we bring along may be used.
    embedded: bool,
    /// The name that the owner chose for the section being read, as it stands in a header; empty outside such a section.
    name: String,
}

impl<'m, 'a> Reader<'m, 'a> {
    /// A reader that notes what it finds there.
    pub(super) fn new(mistakes: &'m mut Mistakes<'a>, embedded: bool) -> Self {
        Self { mistakes, embedded, name: String::new() }
    }

    fn header(&self, section: &Section) -> String {
        if self.name.is_empty() { section.header.to_string() } else { section.header.replace("NAME", &self.name) }
    }

    /// Reads everything in a table: notes every unknown key, every wrong value, and every required one that is missing.
    pub(super) fn table(&mut self, section: &'static Section, span: Span, table: &DeTable<'_>) -> Table {
        let (mut given, mut meant) = (BTreeMap::new(), Vec::new());
        for (key, value) in in_order(table) {
            match section.entries.iter().find(|entry| entry.key == key.get_ref() && self.allows(entry)) {
                Some(entry) => {
                    let value = Given { key: key.span(), span: value.span(), value: self.value(entry, value) };
                    given.insert(entry.key, value);
                }
                None => meant.extend(self.unknown(section, key, value.get_ref())),
            }
        }
        let table = Table { section, header: self.header(section), span, meant, given };
        for entry in section.entries {
            self.check_presence(&table, entry);
        }
        table
    }

    fn allows(&self, entry: &Entry) -> bool {
        self.embedded || !matches!(entry.only, Only::Embedded)
    }

    /// Notes a key that is not in a section; returns the one that was probably meant.
    fn unknown(&mut self, section: &'static Section, key: &Spanned<DeString<'_>>, value: &DeValue<'_>) -> Option<&'static str> {
        let name = key.get_ref().as_ref();
        let known: Vec<&'static Entry> = section.entries.iter().filter(|entry| self.allows(entry)).collect();
        let right = nearest(name, known.iter().map(|entry| entry.key));
        let (message, help) = if !std::ptr::eq(section, &ROOT) {
            (format!("unknown key {name:?} in {}", self.header(section)), right.map(|right| format!("did you mean {right:?}?")))
        } else {
            let header =
                known.iter().find(|entry| Some(entry.key) == right).and_then(|entry| entry.kind.section()).map(|right| right.header);
            let message = match value {
                DeValue::Table(_) => format!("unknown section [{}]", bare(name)),
                DeValue::Array(_) => format!("unknown section [[{}]]", bare(name)),
                _ => format!("unknown key {name:?} outside any section"),
            };
            (message, header.map(|header| format!("did you mean {header}?")))
        };
        let holds = |other: &&Section| other.entries.iter().any(|entry| entry.key == name && self.allows(entry));
        let help = help.or_else(|| Some(format!("it belongs to {}", sections().find(holds)?.header)));
        self.mistakes.error(&key.span(), message).help = help;
        right.or(section.entries.iter().map(|entry| entry.key).find(|key| *key == name))
    }

    /// Notes a required entry that is missing, and one that is written where it has no meaning.
    fn check_presence(&mut self, table: &Table, entry: &Entry) {
        let Some(given) = table.given(entry.key) else {
            if matches!(entry.absent, Absent::Required) && !table.meant.contains(&entry.key) {
                let what = match entry.kind {
                    Kind::Tables(section) => format!("{} has no {}", table.header, section.header),
                    _ => format!("{} lacks {:?}", table.header, entry.key),
                };
                let example = if entry.example.is_empty() { String::new() } else { format!("{} = {}", entry.key, entry.example) };
                self.mistakes.error(&table.span, what).expected(example);
            }
            return;
        };
        let Only::With { key, one_of } = entry.only else { return };
        let other = table.given(key);
        if one_of.is_empty() {
            if other.is_none() {
                let message = format!("{:?} has a meaning only beside {key:?}", entry.key);
                self.mistakes.error(&given.key, message);
            }
        } else if other.is_none_or(|other| !matches!(other.value, Value::Wrong)) {
            let now = table.text(key);
            if !one_of.contains(&now.as_str()) {
                let message = format!("{:?} has no meaning with {key} = {now:?}", entry.key);
                let those: Vec<String> = one_of.iter().map(|one| format!("{one:?}")).collect();
                self.mistakes.error(&given.key, message).help(format!("it belongs to {}", those.join(" and ")));
            }
        }
    }

    /// Reads one value; notes what is wrong with it.
    fn value(&mut self, entry: &'static Entry, value: &Spanned<DeValue<'_>>) -> Value {
        let span = value.span();
        match (entry.kind, value.get_ref()) {
            (Kind::Bool, DeValue::Boolean(bool)) => Value::Bool(*bool),
            (Kind::Integer { min, max, .. }, DeValue::Integer(_)) => self.integer(entry, value, |number| (min..=max).contains(&number)),
            (Kind::OneOf(numbers), DeValue::Integer(_)) => self.integer(entry, value, |number| numbers.contains(&number)),
            (Kind::Duration { zero }, DeValue::String(text)) => self.duration(entry, text, &span, zero),
            (Kind::Size { min, max }, DeValue::String(text)) => self.size(entry, text, &span, min, max),
            (Kind::Text(shape), DeValue::String(text)) => {
                if self.shape(shape, text, &span) {
                    Value::Text(text.to_string())
                } else {
                    Value::Wrong
                }
            }
            (Kind::Choice(words), DeValue::String(text)) => self.choice(entry, words, text, &span),
            (Kind::Texts { each, min }, DeValue::Array(items)) => self.texts(entry, each, min, items, &span),
            (Kind::Statuses, DeValue::Array(items)) => Value::Statuses(items.iter().filter_map(|item| self.status(item)).collect()),
            (Kind::Fields { many }, DeValue::Table(table)) => Value::Pairs(self.fields(table, many)),
            (Kind::Conditions { names }, DeValue::Table(table)) => Value::Pairs(self.conditions(table, names)),
            (Kind::Backends(section), DeValue::Array(items)) => self.backends(section, items, &span),
            (Kind::Table(section), DeValue::Table(table)) => Value::Table(self.table(section, span, table)),
            (Kind::Switch(section), DeValue::Table(table)) => Value::Table(self.table(section, span, table)),
            (Kind::Switch(section), DeValue::Boolean(true)) => Value::Table(Table::empty(section)),
            (Kind::Switch(_), DeValue::Boolean(false)) => Value::Bool(false),
            (Kind::Tables(section), DeValue::Array(items)) => Value::Tables(self.tables(section, items)),
            (Kind::Named(section), DeValue::Table(table)) => Value::Named(self.named(section, table)),
            _ => self.wrong_type(entry, value),
        }
    }

    fn wrong_type(&mut self, entry: &Entry, value: &Spanned<DeValue<'_>>) -> Value {
        let help = match (entry.kind, value.get_ref()) {
            (Kind::Duration { .. }, DeValue::Integer(number)) => value::duration(number.as_str()).err().and_then(|flaw| flaw.help),
            (Kind::Size { .. }, DeValue::Integer(number)) => {
                value::size(number.as_str()).map_or_else(|flaw| flaw.help, |_| Some("write \"0\"".to_string()))
            }
            (Kind::Text(shape), DeValue::Integer(number)) => match shape.check(number.as_str()) {
                Ok(()) => Some(format!("write {:?}", number.as_str())),
                Err(flaw) => flaw.help,
            },
            (Kind::Texts { each, .. }, DeValue::String(text)) if each.check(text).is_ok() => Some(format!("write [{text:?}]")),
            (Kind::Backends(_), DeValue::String(text)) => Some(format!("write [{text:?}]")),
            (Kind::Integer { .. }, DeValue::String(text)) if text.parse::<u64>().is_ok() => Some(format!("write {text} without quotes")),
            (Kind::Bool | Kind::Switch(_), DeValue::String(text)) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Some("write true".to_string()),
                "false" | "no" | "off" => Some("write false".to_string()),
                _ => None,
            },
            (Kind::Tables(section), DeValue::Table(_)) => Some(format!("write {}", section.header)),
            (Kind::Table(section), DeValue::Array(_)) if section.header.starts_with('[') => Some(format!("write {}", section.header)),
            _ => None,
        };
        let unit = match (entry.kind, value.get_ref()) {
            (Kind::Duration { .. } | Kind::Size { .. }, DeValue::Integer(_)) => " without a unit",
            _ => "",
        };
        let message = format!("{:?} is {}{unit}", entry.key, type_of(value.get_ref()));
        let mistake = self.mistakes.error(&value.span(), message).expected(entry.kind.words());
        mistake.help = help;
        Value::Wrong
    }

    fn integer(&mut self, entry: &Entry, value: &Spanned<DeValue<'_>>, holds: impl Fn(u64) -> bool) -> Value {
        let DeValue::Integer(integer) = value.get_ref() else { return self.wrong_type(entry, value) };
        match i128::from_str_radix(integer.as_str(), integer.radix()).ok().and_then(|number| u64::try_from(number).ok()) {
            Some(number) if holds(number) => Value::Number(number),
            _ => {
                self.mistakes.error(&value.span(), format!("{:?} is {integer}", entry.key)).expected(entry.kind.words());
                Value::Wrong
            }
        }
    }

    fn duration(&mut self, entry: &Entry, text: &str, span: &Span, zero: bool) -> Value {
        match value::duration(text) {
            Ok(duration) if zero || !duration.is_zero() => Value::Duration(duration),
            Ok(_) => {
                self.mistakes.error(span, format!("{:?} is zero", entry.key)).expected("a duration above zero");
                Value::Wrong
            }
            Err(flaw) => self.flaw(text, span, "a duration", flaw, &entry.kind.words()),
        }
    }

    fn size(&mut self, entry: &Entry, text: &str, span: &Span, min: u64, max: u64) -> Value {
        match value::size(text) {
            Ok(bytes) if (min..=max).contains(&bytes) => Value::Number(bytes),
            Ok(_) => {
                self.mistakes.error(span, format!("{:?} is {text:?}", entry.key)).expected(entry.kind.words());
                Value::Wrong
            }
            Err(flaw) => self.flaw(text, span, "a size", flaw, &entry.kind.words()),
        }
    }

    fn choice(&mut self, entry: &Entry, words: &[&str], text: &str, span: &Span) -> Value {
        if words.contains(&text) {
            return Value::Text(text.to_string());
        }
        let message = format!("{text:?} is no {}", entry.key);
        self.mistakes.error(span, message).expected(entry.kind.words()).nearest(text, words.iter().copied());
        Value::Wrong
    }

    fn texts(&mut self, entry: &Entry, each: Shape, min: usize, items: &[Spanned<DeValue<'_>>], span: &Span) -> Value {
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => {
                    if self.shape(each, text, &item.span()) {
                        texts.push(At { span: item.span(), it: text.to_string() });
                    }
                }
                other => drop(
                    self.mistakes.error(&item.span(), format!("an item of {:?} is {}", entry.key, type_of(other))).expected(each.words()),
                ),
            }
        }
        if items.len() < min {
            self.mistakes.error(span, format!("{:?} is empty", entry.key)).expected(entry.kind.words());
        }
        // A list whose items were all wrong has been written: only the mistakes noted above speak of it.
        if texts.is_empty() && min > 0 { Value::Wrong } else { Value::Texts(texts) }
    }

    fn status(&mut self, item: &Spanned<DeValue<'_>>) -> Option<(u16, u16)> {
        let code = |text: &str| text.parse::<u16>().ok().filter(|code| (100..=599).contains(code));
        let range = match item.get_ref() {
            DeValue::Integer(number) => code(&number.to_string()).map(|code| (code, code)),
            DeValue::String(text) => {
                text.split_once('-').and_then(|(from, to)| Some((code(from.trim())?, code(to.trim())?))).filter(|(from, to)| from <= to)
            }
            _ => None,
        };
        if range.is_none() {
            let text = self.mistakes.text(&item.span());
            self.mistakes
                .error(&item.span(), format!("{text} is no status"))
                .expected("a code from 100 to 599 or a range such as \"200-299\"");
        }
        range
    }

    fn fields(&mut self, table: &DeTable<'_>, many: bool) -> Vec<(At<String>, Option<String>)> {
        let mut pairs: Vec<(At<String>, Option<String>)> = Vec::new();
        for (key, value) in in_order(table) {
            let name = At { span: key.span(), it: key.get_ref().to_string() };
            let named = self.shape(Shape::FieldName, &name.it, &name.span);
            if let Some((first, _)) = pairs.iter().find(|(first, _)| first.it.eq_ignore_ascii_case(&name.it)) {
                let message =
                    format!("field {:?} was written on line {} already, as {:?}", name.it, self.mistakes.line(first.span.start), first.it);
                self.mistakes.error(&name.span, message);
            }
            let values = match value.get_ref() {
                DeValue::Array(items) if many => items.iter().collect(),
                _ => vec![value],
            };
            for value in values {
                if let Some(text) = self.field_value(&name.it, value)
                    && named
                {
                    pairs.push((name.clone(), Some(text)));
                }
            }
        }
        pairs
    }

    fn field_value(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let DeValue::String(text) = value.get_ref() else {
            let message = format!("the value of {name:?} is {}", type_of(value.get_ref()));
            let mistake = self.mistakes.error(&value.span(), message).expected("a text in quotes");
            if let DeValue::Integer(number) = value.get_ref() {
                mistake.help(format!("write \"{number}\""));
            }
            return None;
        };
        self.shape(Shape::FieldValue, text, &value.span()).then(|| text.to_string())
    }

    fn conditions(&mut self, table: &DeTable<'_>, names: Shape) -> Vec<(At<String>, Option<String>)> {
        let mut pairs = Vec::new();
        for (key, value) in in_order(table) {
            let name = At { span: key.span(), it: key.get_ref().to_string() };
            let named = self.shape(names, &name.it, &name.span);
            let wanted = match value.get_ref() {
                DeValue::Boolean(true) => None,
                DeValue::Boolean(false) => {
                    let message = format!("{:?} is false, but that it is not there is no condition", name.it);
                    self.mistakes.error(&value.span(), message).expected("a text, or true where being there is enough");
                    continue;
                }
                DeValue::String(text) => Some(text.to_string()),
                other => {
                    let message = format!("the value of {:?} is {}", name.it, type_of(other));
                    let mistake = self.mistakes.error(&value.span(), message).expected("a text, or true where being there is enough");
                    if let DeValue::Integer(number) = other {
                        mistake.help(format!("write \"{number}\""));
                    }
                    continue;
                }
            };
            if named {
                pairs.push((name, wanted));
            }
        }
        pairs
    }

    fn backends(&mut self, section: &'static Section, items: &[Spanned<DeValue<'_>>], span: &Span) -> Value {
        if items.is_empty() {
            self.mistakes.error(span, "a pool without backends").expected("at least one address");
        }
        let at = section.entries.iter().find(|entry| entry.key == "at").expect("a backend has an address");
        let mut tables = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => tables.push(self.table(section, item.span(), table)),
                DeValue::String(_) => {
                    let given = Given { key: item.span(), span: item.span(), value: self.value(at, item) };
                    let given = BTreeMap::from([("at", given)]);
                    tables.push(Table { section, header: self.header(section), span: item.span(), meant: Vec::new(), given });
                }
                _ => drop(self.wrong_type(at, item)),
            }
        }
        Value::Tables(tables)
    }

    fn tables(&mut self, section: &'static Section, items: &[Spanned<DeValue<'_>>]) -> Vec<Table> {
        let mut tables = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => tables.push(self.table(section, item.span(), table)),
                other => drop(
                    self.mistakes.error(&item.span(), format!("an item of {} is {}", section.header, type_of(other))).expected("a table"),
                ),
            }
        }
        tables
    }

    fn named(&mut self, section: &'static Section, table: &DeTable<'_>) -> Vec<(At<String>, Table)> {
        let mut tables = Vec::new();
        for (key, value) in in_order(table) {
            let name = At { span: key.span(), it: key.get_ref().to_string() };
            self.shape(Shape::Name, &name.it, &name.span);
            self.name = bare(&name.it);
            match value.get_ref() {
                DeValue::Table(table) => tables.push((name, self.table(section, value.span(), table))),
                other => {
                    let message = format!("{:?} is {}", name.it, type_of(other));
                    let header = section.header.replace("NAME", "app");
                    self.mistakes.error(&value.span(), message).expected(format!("a section such as {header}"));
                }
            }
        }
        self.name.clear();
        tables
    }

    /// Whether a text is of its shape; notes it if not.
    fn shape(&mut self, shape: Shape, text: &str, span: &Span) -> bool {
        let flaw = shape.check(text).err();
        let right = flaw.is_none();
        if let Some(flaw) = flaw {
            self.flaw(text, span, shape.noun(), flaw, shape.words());
        }
        right
    }

    fn flaw(&mut self, text: &str, span: &Span, noun: &str, flaw: Flaw, words: &str) -> Value {
        let message = format!("{text:?} is not {noun}");
        // Where the reason is known, a description of what is right in general says less.
        let mistake = match flaw.why {
            Some(why) => self.mistakes.error(span, format!("{message}: {why}")),
            None => self.mistakes.error(span, message).expected(words),
        };
        mistake.help = flaw.help;
        Value::Wrong
    }
}

impl Kind {
    /// What may be written, in words; for messages and the reference.
    pub(super) fn words(self) -> String {
        match self {
            Kind::Bool => "true or false".to_string(),
            Kind::Integer { min, max, unit } if max == u64::from(u32::MAX) => format!("a whole number from {min}{unit}"),
            Kind::Integer { min, max, unit: "" } => format!("a whole number from {min} to {max}"),
            Kind::Integer { min, max, .. } => format!("a percentage as a whole number from {min} to {max}"),
            Kind::OneOf(numbers) => {
                let (last, rest) = numbers.split_last().expect("a choice of something");
                let rest: Vec<String> = rest.iter().map(u64::to_string).collect();
                format!("{} or {last}", rest.join(", "))
            }
            Kind::Duration { zero: true } => "a duration such as \"60s\", or \"0s\"".to_string(),
            Kind::Duration { zero: false } => "a duration such as \"60s\"".to_string(),
            Kind::Size { min: 0, .. } => "a size such as \"64 KiB\", or \"0\"".to_string(),
            Kind::Size { min, max } => format!("a size from \"{}\" to \"{}\"", value::size_text(min), value::size_text(max)),
            Kind::Text(shape) => shape.words().to_string(),
            Kind::Texts { each, .. } => format!("a list, each {}", each.words()),
            Kind::Choice(words) => {
                let (last, rest) = words.split_last().expect("a choice of something");
                let rest: Vec<String> = rest.iter().map(|word| format!("{word:?}")).collect();
                format!("{} or {last:?}", rest.join(", "))
            }
            Kind::Statuses => "a list of codes and ranges such as [200, \"300-399\"]".to_string(),
            Kind::Fields { many: false } => "a table such as { \"x-name\" = \"value\" }".to_string(),
            Kind::Fields { many: true } => "a table such as { \"x-name\" = \"value\" }, a value perhaps a list".to_string(),
            Kind::Conditions { .. } => "a table such as { name = \"value\", other = true }".to_string(),
            Kind::Backends(_) => "a list of addresses or tables such as { at = \"10.0.0.7:3000\", weight = 2 }".to_string(),
            Kind::Table(_) => "a table".to_string(),
            Kind::Switch(_) => "true, false or a table".to_string(),
            Kind::Tables(section) => format!("tables, each beginning with {}", section.header),
            Kind::Named(section) => format!("sections such as {}", section.header.replace("NAME", "app")),
        }
    }
}

fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A key as it is written in a header.
pub(super) fn bare(name: &str) -> String {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if plain { name.to_string() } else { format!("{name:?}") }
}

/// The entries of a table in the order of the file.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
