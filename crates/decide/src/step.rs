//! The catalogue of steps: everything a user can see happening, each declared once with name, fields, units and doc.
//!
//! The access log, the metrics, `Server-Timing`, `ctl status`, `trace` and the lab are readers of steps. A step of a request stands in
//! its [`Journey`]; a step of the process (a backend that went down, a reload) stands alone, but for its [`Texts`].

#[macro_use]
mod declare;
mod journey;
pub mod json;
mod value;

pub use declare::{FieldInfo, StepInfo};
pub use journey::{Journey, JourneyId, Texts};
use value::FieldType;
pub use value::{BackendRef, Bytes, CertificateRef, Field, List, ListenerRef, RouteRef, Side, SiteRef, Text, Value};

use crate::time::Duration;
use core::net::IpAddr;

mod certificate;
mod collector;
mod dns;
mod nearest;
mod owner;
mod packets;
mod page;
mod resolver;
mod socket;
mod steering;
mod transfer;
mod zone;

pub use certificate::CertificateStep;
pub use collector::CollectorStep;
pub use dns::DnsStep;
pub use nearest::NearestStep;
pub use owner::OwnerStep;
pub use packets::PacketStep;
pub use page::PageStep;
pub use resolver::ResolverStep;
pub use socket::SocketStep;
pub use steering::SteeringStep;
pub use transfer::TransferStep;
pub use zone::ZoneStep;

steps! {
    /// One thing that happened.
    Step:
    /// A client connected.
    Accepted "accepted" {
        /// Where.
        listener: ListenerRef,
        /// The client's address and port, or `unix`.
        peer: Text,
    }
    /// The connection is secured by TLS; a server tells it with each request of its client, a client once.
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
        /// From the connection to the end of its handshake, as its teller sees it.
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
        /// What it does: pool, proxy, redirect, answer, files, application, steer, measure.
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
        /// Why: `redirect`, `answer`, `application`, `error`, `probe`, `report`, `journey` (our side of an earlier request).
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

    /// A URL was read: the journey begins, or goes on elsewhere.
    UrlRead "url-read" {
        /// As it was typed, or as the redirect named it; a password in it is left out.
        typed: Text,
        /// As it is used.
        url: Text,
        /// What its scheme makes us speak: `http`, `https`, `ws`, `wss`.
        scheme: &'static str,
        /// The host, as it is asked for.
        host: Text,
        /// The port.
        port: u16,
        /// It is written in the URL; else it is the scheme's own.
        port_written: bool,
        /// Which leg of the journey begins, from 1.
        leg: u16,
    }
    /// The URL is used in another form than it was written in (WHATWG URL).
    UrlNormalised "url-normalised" {
        /// The rule.
        rule: &'static str,
        /// What stood there.
        before: Text,
        /// What stands there now.
        after: Text,
    }
    /// The host's name has addresses.
    NameResolved "name-resolved" {
        /// The name.
        name: Text,
        /// They, in the order they came, separated by commas.
        addresses: Text,
        /// Who said so: `written` (the host is an address), `given` (on the command line), `resolver` or `walk`
        /// (DNS, asked so), the hosts file included.
        source: &'static str,
        /// How long that holds; zero where nobody said.
        ttl: Duration,
        /// From the question to the answer.
        took: Duration,
    }
    /// A connection is tried.
    ConnectStarted "connect-started" {
        /// Which attempt, from 1.
        attempt: u16,
        /// Address and port.
        address: Text,
        /// Why now: `first`, `no-answer-yet`, `one-failed`.
        why: &'static str,
    }
    /// An attempt came to nothing.
    ConnectFailed "connect-failed" {
        /// Which attempt.
        attempt: u16,
        /// Address and port.
        address: Text,
        /// `refused`, `timeout`, `unreachable`, `reset`, `overtaken` (another was faster), or another word for it.
        why: &'static str,
        /// How long it was under way.
        took: Duration,
    }
    /// There is a connection to the server.
    ConnectionOpened "connection-opened" {
        /// Which attempt it was.
        attempt: u16,
        /// Our address and port; empty where the machine does not tell.
        local: Text,
        /// The server's.
        remote: Text,
        /// From the first attempt to this one's success.
        took: Duration,
    }
    /// The request goes over the connection of an earlier leg.
    ConnectionReused "connection-reused" {
        /// The server's address and port.
        remote: Text,
    }
    /// What the system knows of a connection (TCP_INFO).
    TcpMeasured "tcp-measured" {
        /// `connected`, `first-byte`, `end`.
        moment: &'static str,
        /// The round trip, smoothed.
        rtt: Duration,
        /// How much it varies.
        rtt_deviation: Duration,
        /// The congestion window, in segments.
        window: u64,
        /// Bytes of a full segment that we send.
        segment: u64,
        /// Segments that were sent again.
        retransmitted: u64,
        /// Bytes that came.
        received: Bytes,
    }
    /// A connection of the journey is over.
    ConnectionEnded "connection-ended" {
        /// Who closed first: `server`, `us`.
        by: &'static str,
        /// `end-of-stream`, `end-of-tls` (close_notify), `reset`.
        how: &'static str,
    }
    /// This machine was ready to begin with TLS, once for all connections of the journey.
    TlsPrepared "tls-prepared" {
        /// Certificates of authorities that are trusted.
        authorities: u64,
        /// To have them, and random numbers that nobody can guess.
        took: Duration,
    }
    /// What the ClientHello offers.
    TlsOffered "tls-offered" {
        /// The name asked for; empty for an address.
        server_name: Text,
        /// Versions, best first.
        versions: Text,
        /// Key exchange groups, best first.
        groups: Text,
        /// Those of them with a key already in it.
        shares: Text,
        /// How many cipher suites.
        suites: u16,
        /// Protocols, best first.
        alpn: Text,
        /// It comes with a ticket of an earlier connection.
        ticket: bool,
    }
    /// A message of the handshake passed, or a record that hides what it is.
    TlsMessage "tls-message" {
        /// `client`, `server`.
        from: &'static str,
        /// Its name; `sealed` for a record that only the two ends can read.
        message: &'static str,
        /// Its size; of a sealed record with all that seals it.
        size: Bytes,
    }
    /// A certificate that the server presented.
    TlsCertificate "tls-certificate" {
        /// Its place in the chain; 0 is the server's own.
        place: u16,
        /// Whose it is (RFC 4514).
        subject: Text,
        /// Who signed it.
        issuer: Text,
        /// The names and addresses it is for, separated by commas.
        names: Text,
        /// The first day it holds.
        holds_from: Text,
        /// The last.
        holds_until: Text,
        /// How long it still holds; zero if it has expired.
        left: Duration,
    }
    /// The chain was judged.
    TlsVerified "tls-verified" {
        /// It is trusted.
        trusted: bool,
        /// Nobody asked whether (`--insecure`): the connection goes on all the same.
        ignored: bool,
        /// Why, or why not.
        why: Text,
    }
    /// The request is on its way.
    RequestSent "request-sent" {
        /// Method.
        method: Text,
        /// Path and query.
        target: Text,
        /// `HTTP/1.1` or `HTTP/2`.
        version: &'static str,
        /// The request line and the fields, a line each, as they were sent; credentials are left out.
        head: Text,
        /// Bytes of its body.
        body: Bytes,
    }
    /// A head of an answer came.
    HeadReceived "head-received" {
        /// Its status.
        status: u16,
        /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2`.
        version: &'static str,
        /// The status line and the fields, a line each, as they came.
        head: Text,
        /// It is interim (1xx): another follows.
        interim: bool,
        /// From the request sent to this.
        took: Duration,
    }
    /// What an answer's fields say of its way, in words.
    Told "told" {
        /// The field.
        field: &'static str,
        /// What it says.
        says: Text,
    }
    /// The body came, or broke off.
    BodyReceived "body-received" {
        /// Bytes of it, without framing.
        size: Bytes,
        /// How its end is known: `length`, `chunked`, `close`, `stream`, `none`.
        framing: &'static str,
        /// It is whole.
        whole: bool,
        /// From the head to its last byte.
        took: Duration,
    }
    /// Fields that came behind the body.
    TrailersReceived "trailers-received" {
        /// A line each.
        fields: Text,
    }
    /// The server told its side of the request: its steps follow.
    ServerJoined "server-joined" {
        /// Its name.
        server: Text,
        /// What the request is called in its log.
        id: Text,
        /// How many steps.
        steps: u16,
        /// How far from the truth their places in our time may be, either way.
        uncertainty: Duration,
    }
    /// A step of the server's, at its place in our time.
    ServerStep "server-step" {
        /// Its name in the catalogue.
        name: Text,
        /// Its fields, as a JSON object.
        fields: Text,
    }
    /// The server's side is not known.
    ServerUnjoined "server-unjoined" {
        /// Why, and what to do.
        why: Text,
    }
    /// The answer sends us elsewhere.
    Redirected "redirected" {
        /// Its status.
        status: u16,
        /// `Location`, as it came.
        location: Text,
        /// The method of the next request.
        method: Text,
        /// We go there; else why not stands in `why`.
        followed: bool,
        /// The rules that hold.
        why: Text,
    }
    /// The journey ends here, and not at a whole page.
    Stopped "stopped" {
        /// At which station: `URL`, `Name`, `Connect`, `TLS`, `HTTP`, `Decode`, `Page`, or `Machine` for this one's own doing.
        station: &'static str,
        /// Whose side it is on: `you`, `machine`, `names`, `network`, `server`.
        side: &'static str,
        /// What it is, in one word.
        fault: &'static str,
        /// Station, side, cause and remedy in one sentence.
        sentence: Text,
        /// The exit code.
        exit: u16,
    }
    /// The answer is here, whole.
    Arrived "arrived" {
        /// Its status.
        status: u16,
        /// Bytes of its body.
        size: Bytes,
        /// Legs of the journey.
        legs: u16,
        /// All of it.
        took: Duration,
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

    @
    /// A name is being resolved.
    Dns(DnsStep);
    @
    /// Names are looked up for clients.
    Resolver(ResolverStep);
    @
    /// A packet of the journey passed.
    Packets(PacketStep);
    @
    /// Something about certificates.
    Certificate(CertificateStep);
    @
    /// Something that came of what an owner asked of the cache.
    Owner(OwnerStep);
    @
    /// Something on the way to the nearest place.
    Nearest(NearestStep);
    @
    /// A WebSocket is spoken.
    Socket(SocketStep);
    @
    /// The bytes of an answer become a page.
    Page(PageStep);
    @
    /// Something happened at the name server.
    Zone(ZoneStep);
    @
    /// A zone is handed to another name server.
    Transfer(TransferStep);
    @
    /// Something about routing tables.
    Collector(CollectorStep);
    @
    /// Something about places, and how clients are led to them.
    Steering(SteeringStep);
}

#[cfg(test)]
mod tests;
