//! The catalogue of steps: everything a user can see happening, each declared once with name, fields, units and doc.
//!
//! The access log, the metrics, `Server-Timing`, `ctl status`, `trace` and the lab are readers of steps. A step of a request stands in
//! its [`Journey`]; a step of the process (a backend that went down, a reload) stands alone, but for its [`Texts`].

use crate::time::{Calendar, Duration, Instant};
use alloc::vec::Vec;
use core::net::IpAddr;

/// A piece of the texts that come with a step: [`Texts::get`] and [`Journey::text`] read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text {
    start: u32,
    len: u32,
}

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
}

/// A type that a step's field may have.
trait FieldType: Copy {
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
    &'static str, "word", this => Value::Word(this);
    u16, "number", this => Value::Number(u64::from(this));
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

/// What the catalogue says of one field.
#[derive(Clone, Copy, Debug)]
pub struct FieldInfo {
    /// Its name, everywhere.
    pub name: &'static str,
    /// text, word, number, bytes, seconds, flag or name.
    pub unit: &'static str,
    /// What it says.
    pub doc: &'static str,
}

/// What the catalogue says of one step.
#[derive(Clone, Copy, Debug)]
pub struct StepInfo {
    /// Its name, everywhere.
    pub name: &'static str,
    /// What happened.
    pub doc: &'static str,
    /// Its fields, in order.
    pub fields: &'static [FieldInfo],
}

macro_rules! steps {
    ($($(#[doc = $doc:literal])* $step:ident $name:literal { $($(#[doc = $field_doc:literal])* $field:ident: $kind:ty,)* })*) => {
        /// One thing that happened.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Step {
            $($(#[doc = $doc])* $step { $($(#[doc = $field_doc])* $field: $kind,)* },)*
        }

        impl Step {
            /// The catalogue, in the order of the path.
            pub const CATALOGUE: &'static [StepInfo] = &[$(StepInfo {
                name: $name,
                doc: concat!($($doc),*),
                fields: &[$(FieldInfo { name: stringify!($field), unit: <$kind as FieldType>::UNIT, doc: concat!($($field_doc),*) },)*],
            },)*];

            /// The step's name in the catalogue.
            pub const fn name(&self) -> &'static str {
                match self { $(Step::$step { .. } => $name,)* }
            }

            /// Hands every field, in the catalogue's order, to `see`.
            pub fn fields(&self, mut see: impl FnMut(&'static str, Value)) {
                match *self {
                    $(Step::$step { $($field,)* } => { $(see(stringify!($field), FieldType::value($field));)* let _ = &mut see; })*
                }
            }
        }
    };
}

steps! {
    /// A client connected.
    Accepted "accepted" {
        /// Where.
        listener: ListenerRef,
        /// The client's address and port, or `unix`.
        peer: Text,
    }
    /// The client's connection is secured by TLS; told with each of its requests.
    Secured "secured" {
        /// `TLSv1.3` or `TLSv1.2`.
        version: &'static str,
        /// The key exchange group; empty where a session was resumed without one.
        group: &'static str,
        /// The cipher suite.
        cipher: &'static str,
        /// The protocol agreed on; empty where the client offered none.
        alpn: &'static str,
        /// The name the client asked for; empty where it asked for none.
        server_name: Text,
        /// The client came back with a ticket.
        resumed: bool,
        /// Whose certificate the client presented, as RFC 4514 writes it; empty where it presented none.
        client: Text,
        /// From the connection to the end of its handshake.
        took: Duration,
    }
    /// A whole request head came in.
    Asked "asked" {
        /// The method.
        method: Text,
        /// The host asked for.
        host: Text,
        /// Path and query.
        target: Text,
        /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`.
        version: &'static str,
        /// The client's program, as it calls itself.
        agent: Text,
        /// Where the client says it came from.
        referer: Text,
    }
    /// The request broke a rule and goes no further.
    Refused "refused" {
        /// The status answered.
        status: u16,
        /// The rule.
        rule: &'static str,
        /// Whose fault.
        side: Side,
    }
    /// A route was chosen.
    Routed "routed" {
        /// Which.
        route: RouteRef,
        /// What it does: pool, redirect, answer, files, application.
        action: &'static str,
    }
    /// No site or route holds for the request.
    Unrouted "unrouted" {
        /// The status answered.
        status: u16,
        /// Why.
        why: &'static str,
    }
    /// What was stored is the answer.
    CacheHit "cache-hit" {
        /// The rule by which it may be used, in one word: `fresh`, `stale-while-revalidate`, `stale-if-error`, `not-modified`.
        rule: &'static str,
        /// How old it is.
        age: Duration,
        /// How long it is fresh still; zero where it is stale.
        ttl: Duration,
    }
    /// The origin must be asked.
    CacheMiss "cache-miss" {
        /// Why, as `fwd` of RFC 9211 says it: `uri-miss`, `vary-miss`, `stale`, `partial`, `request`, `method`,
        /// `bypass`.
        why: &'static str,
        /// The rule that decided.
        rule: &'static str,
        /// Another request has asked it already: its answer serves this one too.
        collapsed: bool,
    }
    /// Of what is asked for, a part is stored: the origin is asked for the rest.
    CacheRest "cache-rest" {
        /// Bytes that are there.
        held: Bytes,
        /// Bytes that are asked for.
        asked: Bytes,
    }
    /// Of a route with peers or a shield: who is asked.
    Tier "tier" {
        /// `peers`, `shield` or `origin`.
        tier: &'static str,
        /// Why none before it.
        why: &'static str,
    }
    /// The head of the origin's answer came: whether its content is to be stored.
    CacheStore "cache-store" {
        /// It is, unless `cache-drop` follows.
        stored: bool,
        /// The rule that decided: `storable`, `not-modified`, `rest-joins`, or the one that forbids it.
        rule: &'static str,
        /// How long it is fresh from now on.
        ttl: Duration,
    }
    /// The answer was to be stored, and was not kept.
    CacheDrop "cache-drop" {
        /// Why: `too-large`, `no-room`, `outdated` (purged or changed while it came), `broke-off` (its beginning may be kept as a part).
        why: &'static str,
    }
    /// Every backend was at its limit: the request waited.
    Queued "queued" {
        /// The backend it got; its pool is the one that was full.
        backend: BackendRef,
        /// How long it waited.
        waited: Duration,
    }
    /// A backend was chosen.
    Picked "picked" {
        /// Which.
        backend: BackendRef,
        /// The pool's algorithm.
        algorithm: &'static str,
        /// How many could have been chosen.
        candidates: u16,
        /// Why not simply the algorithm's choice among all, if so: `panic`, `only-left`, `retry`; else `chosen`.
        why: &'static str,
    }
    /// There is a connection to the backend.
    Connected "connected" {
        /// To whom.
        backend: BackendRef,
        /// It was kept from an earlier request.
        reused: bool,
        /// What it took, name resolution included.
        took: Duration,
    }
    /// A backend failed this request.
    BackendFailed "backend-failed" {
        /// Which.
        backend: BackendRef,
        /// The error type of RFC 9209 §2.3.
        error: &'static str,
        /// What was done then: `retry` or `give-up`.
        then: &'static str,
    }
    /// An interim answer (1xx) passed on.
    Interim "interim" {
        /// Its status.
        status: u16,
    }
    /// The head of a backend's answer came.
    Answered "answered" {
        /// Whose.
        backend: BackendRef,
        /// Its status.
        status: u16,
        /// From the request sent to the head received.
        took: Duration,
    }
    /// A file, or a part of it, is the answer.
    FileChosen "file-chosen" {
        /// Bytes of the representation.
        size: Bytes,
        /// `whole`, `part`, `parts`, `not-modified`, `precondition-failed`, `unsatisfiable`.
        why: &'static str,
        /// The Content-Encoding chosen, or `identity`.
        encoding: &'static str,
    }
    /// How the content is coded for this client was decided; only on routes that compress.
    EncodingChosen "encoding-chosen" {
        /// The coding made here: `zstd`, `br`, `gzip`; `identity`: none.
        coding: &'static str,
        /// The rule that decided, in one word: `accepted`, `not-accepted`, `type`, `short`, `personal`, `no-transform`, …
        why: &'static str,
    }
    /// Content was coded for this client, or for others before it.
    Encoded "encoded" {
        /// The coding.
        coding: &'static str,
        /// Bytes before.
        before: Bytes,
        /// Bytes after.
        after: Bytes,
        /// What the work took; zero where others had it done.
        took: Duration,
        /// `made`: for this client; `shared`: while another's was being made; `stored`: earlier.
        how: &'static str,
    }
    /// What the page will need was told while the origin was asked: a 103.
    Hinted "hinted" {
        /// How many links.
        links: u64,
    }
    /// We made the answer ourselves.
    Made "made" {
        /// Its status.
        status: u16,
        /// Why: `redirect`, `answer`, `application`, `error`.
        why: &'static str,
    }
    /// The connection became a tunnel.
    Tunnelled "tunnelled" {
        /// To whom.
        backend: BackendRef,
    }
    /// The tunnel ended.
    TunnelClosed "tunnel-closed" {
        /// Bytes from the client.
        up: Bytes,
        /// Bytes to the client.
        down: Bytes,
        /// `client`, `backend`, `idle`, `drain`.
        by: &'static str,
    }
    /// A WebSocket was opened whose other end is an application of this process.
    SocketOpened "socket-opened" {
        /// Compression of messages was agreed on (RFC 7692).
        compressed: bool,
    }
    /// That WebSocket ended.
    SocketClosed "socket-closed" {
        /// Messages from the client.
        messages_up: u64,
        /// Messages to the client.
        messages_down: u64,
        /// Bytes from the client, frames and all.
        up: Bytes,
        /// Bytes to the client, frames and all.
        down: Bytes,
        /// The code of the first close frame; 1005 if it had none, 1006 if there was no close frame.
        code: u16,
        /// Whose doing the end was: `client`, `application`, `idle`, `stalled`, `drain`.
        by: &'static str,
        /// The rule of the protocol that the client broke; empty if none.
        rule: &'static str,
    }
    /// The answer is with the client, or broke off.
    Delivered "delivered" {
        /// The status sent; 0 if none was.
        status: u16,
        /// Bytes of request body received.
        received: Bytes,
        /// Bytes of answer body sent.
        sent: Bytes,
        /// From the first byte of the request to the last of the answer.
        took: Duration,
        /// `complete`, or why it broke off.
        end: &'static str,
        /// Whose doing that end was.
        side: Side,
    }

    /// A listener is open.
    Listening "listening" {
        /// Which.
        listener: ListenerRef,
    }
    /// A listener could not accept, or not be opened after a reload, as a rule because no descriptor was left: it pauses.
    AcceptPaused "accept-paused" {
        /// Where.
        listener: ListenerRef,
        /// For how long.
        pause: Duration,
    }
    /// A client's TLS handshake came to nothing. Told a few times a second; the metrics count all.
    HandshakeFailed "handshake-failed" {
        /// Where it came in.
        listener: ListenerRef,
        /// Whose.
        client: Option<IpAddr>,
        /// Why.
        why: &'static str,
        /// Whose doing it was.
        side: Side,
        /// Failures before this one that were not told.
        untold: u64,
    }
    /// A certificate is presented from now on, because its files have changed.
    CertificateRenewed "certificate-renewed" {
        /// Which.
        certificate: CertificateRef,
        /// How long it holds.
        left: Duration,
    }
    /// Changed files of a certificate could not be used; the old one is still presented.
    CertificateRefused "certificate-refused" {
        /// Which.
        certificate: CertificateRef,
        /// Why.
        why: &'static str,
    }
    /// A certificate expires soon, or has expired. Told once a day.
    CertificateExpires "certificate-expires" {
        /// Which.
        certificate: CertificateRef,
        /// How long it still holds; zero if it has expired.
        left: Duration,
    }
    /// No certificate has a name of a site that is served with TLS: browsers will warn.
    CertificateMissing "certificate-missing" {
        /// Whose name.
        site: SiteRef,
        /// Where it is served.
        listener: ListenerRef,
    }
    /// A certificate that was ordered before, and stored, is presented from now on.
    CertificateFound "certificate-found" {
        /// Whose.
        site: SiteRef,
        /// The names it is for.
        names: Text,
        /// How long it holds; zero if it has expired.
        left: Duration,
    }
    /// There is a new account with the authority that certificates are ordered from.
    AccountRegistered "account-registered" {
        /// The authority's directory.
        directory: Text,
        /// The account's own address.
        account: Text,
    }
    /// A certificate is being ordered.
    CertificateOrdered "certificate-ordered" {
        /// Whose.
        site: SiteRef,
        /// The names it is for.
        names: Text,
        /// Why.
        why: Text,
    }
    /// A certificate that was ordered is presented from now on.
    CertificateIssued "certificate-issued" {
        /// Whose.
        site: SiteRef,
        /// The names it is for.
        names: Text,
        /// How long it holds.
        left: Duration,
    }
    /// A certificate could not be had. What was presented before still is.
    CertificateFailed "certificate-failed" {
        /// Whose.
        site: SiteRef,
        /// The names it was for.
        names: Text,
        /// How many times in a row.
        failures: u64,
        /// When it is tried again.
        wait: Duration,
        /// Why, in the authority's own words where it gave any.
        why: Text,
    }
    /// What is kept of certificates and accounts could not be read, written or used.
    CertificateStoreFailed "certificate-store-failed" {
        /// What, and why.
        why: Text,
    }
    /// A backend answers its probes again.
    BackendUp "backend-up" {
        /// Which.
        backend: BackendRef,
        /// Probes in a row that said so.
        probes: u64,
    }
    /// A backend fails its probes.
    BackendDown "backend-down" {
        /// Which.
        backend: BackendRef,
        /// Probes in a row that said so.
        probes: u64,
        /// The last one's failure.
        why: &'static str,
    }
    /// A backend was ejected for its failures in real traffic.
    BackendEjected "backend-ejected" {
        /// Which.
        backend: BackendRef,
        /// Failures in a row.
        failures: u64,
        /// For how long.
        span: Duration,
    }
    /// An ejected backend is back.
    BackendRestored "backend-restored" {
        /// Which.
        backend: BackendRef,
    }
    /// An operator changed what is wanted of a backend.
    BackendSet "backend-set" {
        /// Which.
        backend: BackendRef,
        /// Its administrative state now: `ready`, `drain`, `maintenance`.
        admin: &'static str,
        /// Its weight now.
        weight: u64,
    }
    /// A backend's name was resolved.
    Resolved "resolved" {
        /// Whose.
        backend: BackendRef,
        /// How many addresses.
        addresses: u64,
        /// Until it is asked again.
        ttl: Duration,
    }
    /// A backend's name could not be resolved; earlier addresses stay.
    ResolveFailed "resolve-failed" {
        /// Whose.
        backend: BackendRef,
        /// Why.
        why: &'static str,
    }
    /// Stored answers were purged.
    Purged "purged" {
        /// What is named: `url`, `prefix`, `tag`, `site`, `all`.
        by: &'static str,
        /// They are stale, and not gone.
        soft: bool,
        /// Its number. Whoever asked for it may have been told a lower one, where the cache has purged by itself since the start.
        sequence: u64,
    }
    /// What owners had asked for before this start, and is still of use, was done again.
    JournalReplayed "journal-replayed" {
        /// Purges, pushes and notices done again.
        records: u64,
        /// Of those, contents that are not stored any more, because the configuration has changed.
        outdated: u64,
        /// The last number that was ever given.
        sequence: u64,
        /// How long it took.
        took: Duration,
    }
    /// The last write into the journal was not whole when an earlier process ended. Nobody was told that it was accepted; it was cut off.
    JournalCut "journal-cut" {
        /// Of which file.
        file: Text,
        /// How much.
        bytes: Bytes,
    }
    /// The disk has lost records of the journal that had been accepted.
    JournalDamaged "journal-damaged" {
        /// Which, and what becomes of it.
        what: Text,
    }
    /// The journal cannot be written: purges and pushes are refused until it can.
    JournalFailed "journal-failed" {
        /// Why.
        why: Text,
    }
    /// The journal can be written again.
    JournalRecovered "journal-recovered" {
        /// The last number given.
        sequence: u64,
    }
    /// The journal had no room for all the content that was pushed: a restart will not store the oldest again.
    JournalTrimmed "journal-trimmed" {
        /// How many contents.
        contents: u64,
    }
    /// The origin has said that URLs changed, or has handed new content over.
    PushAccepted "push-accepted" {
        /// Which of the two: `notice`, `content`.
        by: &'static str,
        /// How many URLs.
        urls: u64,
        /// The old answers serve until the new ones are there.
        soft: bool,
        /// Its number since the start, among purges.
        sequence: u64,
    }
    /// URLs are to be asked for without a client's asking.
    FeedBegan "feed-began" {
        /// For what: `notice`, `prefetch`.
        by: &'static str,
        /// The job's number since the start.
        job: u64,
        /// How many URLs are known so far.
        urls: u64,
    }
    /// A URL that no client had asked for was asked for.
    Fed "fed" {
        /// For what: `notice`, `prefetch`, `link`.
        by: &'static str,
        /// The URL.
        url: Text,
        /// What came of it: `stored`, `current`, `fresh`, `not-stored`, `failed`, `unserved`.
        outcome: &'static str,
        /// The origin's status; 0 for none.
        status: u16,
        /// Bytes of content that came.
        bytes: Bytes,
        /// How long it took.
        took: Duration,
    }
    /// Such a job is over.
    FeedEnded "feed-ended" {
        /// For what.
        by: &'static str,
        /// The job's number since the start.
        job: u64,
        /// URLs that are in the cache now.
        good: u64,
        /// URLs that are not.
        bad: u64,
        /// It was cancelled, or ended with the process.
        cancelled: bool,
    }
    /// A new configuration holds.
    Reloaded "reloaded" {
        /// Its number since the start.
        generation: u64,
    }
    /// A new configuration was refused; the old one holds.
    ReloadRefused "reload-refused" {
        /// How many mistakes it has.
        mistakes: u64,
    }
    /// The process takes no new connections and ends those it has.
    Draining "draining" {
        /// Connections open.
        connections: u64,
    }
}

/// The identity of one request: 128 random bits, written as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JourneyId(pub u128);

/// Texts that steps point to; as they came, not checked to be UTF-8.
#[derive(Clone, Debug, Default)]
pub struct Texts(Vec<u8>);

impl Texts {
    /// Keeps a text for a step.
    pub fn keep(&mut self, text: &[u8]) -> Text {
        let start = u32::try_from(self.0.len()).expect("texts of one request stay under 4 GiB");
        self.0.extend_from_slice(text);
        Text { start, len: u32::try_from(text.len()).expect("texts of one request stay under 4 GiB") }
    }

    /// The bytes of a kept text.
    pub fn get(&self, text: Text) -> &[u8] {
        &self.0[text.start as usize..(text.start + text.len) as usize]
    }
}

/// All the steps of one request, with the texts they point to. Memory is kept from request to request: [`Journey::clear`].
#[derive(Clone, Debug, Default)]
pub struct Journey {
    /// Whose journey.
    pub id: JourneyId,
    /// When it began, in the calendar.
    pub calendar: Calendar,
    /// When it began, on the host's clock: the first byte of the request.
    pub began: Instant,
    steps: Vec<(Instant, Step)>,
    texts: Texts,
}

impl Journey {
    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.id = JourneyId::default();
        self.calendar = Calendar::default();
        self.began = Instant::ZERO;
        self.steps.clear();
        self.texts.0.clear();
    }

    /// Keeps a text for a step that is about to be added.
    pub fn keep(&mut self, text: &[u8]) -> Text {
        self.texts.keep(text)
    }

    /// The bytes of a kept text; as the client sent them, not checked to be UTF-8.
    pub fn text(&self, text: Text) -> &[u8] {
        self.texts.get(text)
    }

    /// Adds a step.
    pub fn add(&mut self, at: Instant, step: Step) {
        self.steps.push((at, step));
    }

    /// Takes all steps out, for the journey of another request that they were done for.
    pub fn take_steps(&mut self) -> Vec<(Instant, Step)> {
        core::mem::take(&mut self.steps)
    }

    /// The steps in the order they happened.
    pub fn steps(&self) -> &[(Instant, Step)] {
        &self.steps
    }
}

#[cfg(test)]
mod tests;
