//! What a step's field may be.

use crate::time::Duration;
use core::net::IpAddr;

/// A piece of the texts that come with a step: [`super::Texts::get`] and [`super::Journey::text`] read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub(super) start: u32,
    pub(super) len: u32,
}

/// Things that are told one like another, each as a row of fields of its own: [`super::Texts::rows`] reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    pub(super) start: u32,
    pub(super) len: u32,
}

/// A field of a row: its name, and what it says.
pub type Field = (&'static str, Value);

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// A listener, by its index in the configuration the journey began under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListenerRef(pub u16);

/// A site, by index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SiteRef(pub u16);

/// A certificate of the configuration, by index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CertificateRef(pub u16);

/// A route of a site, by index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteRef {
    /// Index of the site.
    pub site: u16,
    /// Index of the route in the site.
    pub route: u16,
}

/// A backend of a pool, by index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct BackendRef {
    /// Index of the pool.
    pub pool: u16,
    /// Index of the backend in the pool.
    pub backend: u16,
}

/// Whose side a failure is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The one who asked.
    Client,
    /// This program or its configuration.
    Us,
    /// The server behind us.
    Backend,
}

impl Side {
    /// The word in logs.
    pub const fn word(self) -> &'static str {
        match self {
            Side::Client => "client",
            Side::Us => "us",
            Side::Backend => "backend",
        }
    }
}

/// The value of a step's field, for readers that treat all steps alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text: of the journey, or of those that come with a step of the process.
    Text(Text),
    /// A word out of a fixed set, or a sentence of ours.
    Word(&'static str),
    /// A count or a status.
    Number(u64),
    /// Bytes.
    Bytes(u64),
    /// A span of time.
    Span(Duration),
    /// Yes or no.
    Flag(bool),
    /// A listener.
    Listener(ListenerRef),
    /// A route.
    Route(RouteRef),
    /// A backend.
    Backend(BackendRef),
    /// A site.
    Site(SiteRef),
    /// A certificate.
    Certificate(CertificateRef),
    /// The address of a client; `None` for one that came by a Unix socket.
    Client(Option<IpAddr>),
    /// A list.
    List(List),
}

/// A type that a step's field may have.
pub(super) trait FieldType: Copy {
    const UNIT: &'static str;
    fn value(self) -> Value;
}

macro_rules! field_types {
    ($($kind:ty, $unit:literal, $this:ident => $value:expr;)*) => {
        $(impl FieldType for $kind {
            const UNIT: &'static str = $unit;
            fn value(self) -> Value { let $this = self; $value }
        })*
    };
}

field_types! {
    Text, "text", this => Value::Text(this);
    List, "list", this => Value::List(this);
    &'static str, "word", this => Value::Word(this);
    u16, "number", this => Value::Number(u64::from(this));
    u32, "number", this => Value::Number(u64::from(this));
    u64, "number", this => Value::Number(this);
    Bytes, "bytes", this => Value::Bytes(this.0);
    Duration, "seconds", this => Value::Span(this);
    bool, "flag", this => Value::Flag(this);
    Side, "word", this => Value::Word(this.word());
    ListenerRef, "name", this => Value::Listener(this);
    RouteRef, "name", this => Value::Route(this);
    BackendRef, "name", this => Value::Backend(this);
    SiteRef, "name", this => Value::Site(this);
    CertificateRef, "name", this => Value::Certificate(this);
    Option<IpAddr>, "address", this => Value::Client(this);
}
