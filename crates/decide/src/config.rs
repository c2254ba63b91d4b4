//! What an owner wants, as plain data. No defaults here: the settings catalogue holds them, once.

mod acme;
mod cache;
mod dns;
pub mod names;
mod owner;
mod proxy;
mod steering;
mod tls;

pub use acme::{Acme, AcmeChallenge, ExternalAccount};
pub use cache::{Cache, Feed, Hot, Peers, Tiers};
pub use dns::{Dns, DnsLimits, DynamicSet, Order, Resolver, Source, TransferTo, TsigAlgorithm, TsigKey, Zone, ZoneRecord};
pub use owner::{Journal, TokenHash};
pub use proxy::{Destinations, ForwardProxy};
pub use steering::{BgpSession, Collector, Geography, Layer, Measure, Pop, RouteSource, Steering};
pub use tls::{Certificate, CertificateFiles, ClientCertificates, PoolTls, Secret, Tls, TlsVersion, Trust};

use crate::address::Address;
use crate::cache::Policy;
use crate::encoding;
use crate::hints;
use crate::time::Duration;
use alloc::string::String;
use alloc::vec::Vec;

/// One whole configuration, checked: every index points at something.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where clients connect.
    pub listeners: Vec<Listener>,
    /// Who is served what, in the order written.
    pub sites: Vec<Site>,
    /// Groups of backends; [`Action::Pool`] points here.
    pub pools: Vec<Pool>,
    /// What listeners with TLS present: each the certificate that has the name asked for, else the first.
    pub certificates: Vec<Certificate>,
    /// Where the certificates of sites come from that have none in files, if from anywhere.
    pub acme: Option<Acme>,
    /// What holds for every listener with TLS.
    pub tls: Tls,
    /// Where answers are stored.
    pub cache: Cache,
    /// Caps and timers on the client side.
    pub limits: Limits,
    /// The process.
    pub server: Server,
    /// The access log, if one is written.
    pub access_log: Option<AccessLog>,
    /// Tokens that may do everything over the admin side.
    pub tokens: Vec<TokenHash>,
    /// Where what owners asked for is kept over a restart, if anywhere.
    pub journal: Option<Journal>,
    /// The authoritative name server, if this is one.
    pub dns: Option<Dns>,
    /// The recursive role, if this has it.
    pub resolver: Option<Resolver>,
    /// The places that clients are led to.
    pub pops: Vec<Pop>,
    /// How they are led; [`Source::Steering`] points here.
    pub steerings: Vec<Steering>,
    /// Where routing tables come from.
    pub collectors: Vec<Collector>,
    /// Where addresses are said to be, if anything says so.
    pub geography: Option<Geography>,
}

/// An address clients connect to.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    /// Where it listens: `Ip` or `Unix`.
    pub at: Address,
    /// The sites (indices into [`Config::sites`]) it serves, in order.
    pub sites: Vec<usize>,
    /// Pending connections the kernel may hold.
    pub backlog: u32,
    /// Connections are secured by TLS.
    pub tls: bool,
    /// What is spoken, the most wanted first; never empty.
    pub protocols: Vec<Protocol>,
}

/// The process as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// Worker threads; one per core unless set.
    pub workers: usize,
    /// How long requests in flight may take to end once the process drains.
    pub drain_timeout: Duration,
    /// The name in `Via`, `Proxy-Status`, `Server`.
    pub name: String,
    /// Client connections at once, over all listeners; further ones wait in the backlog.
    pub max_connections: usize,
}

/// Caps and timers that guard the client side.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Bytes of a request or response head.
    pub head_bytes: usize,
    /// Number of header fields.
    pub head_fields: usize,
    /// Bytes of a request target.
    pub target_bytes: usize,
    /// From the first byte of a request to the end of its head.
    pub head_timeout: Duration,
    /// A kept-alive connection may wait this long for its next request; also for the first.
    pub idle_timeout: Duration,
    /// A request body may pause this long.
    pub body_timeout: Duration,
    /// Least rate of a request body, bytes per second, once `body_timeout` has passed; 0 for none.
    pub body_min_rate: u64,
    /// A client may take this long to accept any byte of an answer.
    pub send_timeout: Duration,
    /// Least rate, bytes per second, at which the streams of an HTTP/2 connection move while they wait for the client to open its windows.
    pub send_min_rate: u64,
    /// Streams that a client may have open at once on an HTTP/2 connection.
    pub http2_streams: u32,
    /// Bytes of one stream that the far end of an HTTP/2 connection may send ahead.
    pub http2_stream_window: u32,
    /// The same of all its streams together.
    pub http2_connection_window: u32,
    /// A tunnel (after 101) may be silent in both directions this long.
    pub tunnel_timeout: Duration,
    /// Requests on one connection; then it is closed after the answer.
    pub requests_per_connection: u64,
    /// From the connection to the end of its TLS handshake.
    pub handshake_timeout: Duration,
    /// TLS handshakes that one client address (of IPv6: one /64) may have under way on each worker.
    pub handshakes_per_address: u32,
}

/// A group of host names and what they serve.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its name in logs and metrics.
    pub name: String,
    /// The hosts it answers to.
    pub hosts: Vec<HostPattern>,
    /// Tried in the order of `decide::route`: most specific first.
    pub routes: Vec<Route>,
    /// Largest request body; 413 above it.
    pub max_body: u64,
    /// What answers show of the path.
    pub show: Show,
    /// What backends are told of the client.
    pub forward: Forward,
    /// Browsers are told to come by TLS alone for this long (RFC 6797); `None`: they are told nothing.
    pub hsts: Option<Duration>,
    /// Whoever comes without TLS is sent to the same address with it.
    pub https_redirect: bool,
    /// Its certificate is ordered from the authority of [`Config::acme`].
    pub acme: bool,
    /// Its owners' tokens: with them, what is stored for it may be changed over the admin side, and nothing else.
    pub tokens: Vec<TokenHash>,
    /// Who has one of these is told what was done with the requests that it shows it with, and of no others.
    pub trace_tokens: Vec<TokenHash>,
}

/// Which `Host` a site answers to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostPattern {
    /// This host; lower case, no port.
    Exact(String),
    /// Any host with at least one label before this suffix: `*.example.com` is held as `.example.com`.
    Wildcard(String),
    /// Any host, and none.
    Any,
}

/// What answers show of the path; everything off unless set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Show {
    /// `Server-Timing` on every answer.
    pub server_timing: bool,
    /// `Proxy-Status` (RFC 9209) on answers we make for a backend.
    pub proxy_status: bool,
    /// `X-Request-Id` on every answer.
    pub request_id: bool,
}

/// What backends are told of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward {
    /// `X-Forwarded-For`, `-Host`, `-Proto`.
    pub x_forwarded: bool,
    /// `Forwarded` (RFC 7239).
    pub forwarded: bool,
    /// Keep what the client itself sent in these fields and append (a trusted proxy is in front), instead of replacing them.
    pub trust_client: bool,
    /// Send the client's `Host`; otherwise the backend's own address.
    pub keep_host: bool,
}

/// One rule of a site.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Its name in logs and in `explain`.
    pub name: String,
    /// All of it must hold.
    pub when: Match,
    /// What happens then.
    pub action: Action,
    /// Changes to the request before it is forwarded.
    pub request: Rewrite,
    /// Changes to the answer's fields.
    pub response: FieldEdits,
    /// Answers are stored, by these rules.
    pub cache: Option<Policy>,
    /// Answers are compressed, by these rules.
    pub compress: Option<encoding::Policy>,
    /// Clients are told early what the page will need, by these rules.
    pub early_hints: Option<hints::Policy>,
    /// Who is asked before the pool, where answers are stored.
    pub tiers: Tiers,
}

/// The condition of a route.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// On the path.
    pub path: PathMatch,
    /// One of these methods; empty for any.
    pub methods: Vec<String>,
    /// All of these fields.
    pub headers: Vec<ValueMatch>,
    /// All of these query parameters.
    pub query: Vec<ValueMatch>,
}

/// A condition on the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathMatch {
    /// Every path.
    Any,
    /// This path and no other.
    Exact(String),
    /// This path and all below it, at segment borders: `/a` holds for `/a` and `/a/b`, not for `/ab`.
    Prefix(String),
}

/// A condition on a named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueMatch {
    /// Field name (any case) or query parameter name (exact).
    pub name: String,
    /// The value it must have; `None`: it is enough that it is there.
    pub value: Option<String>,
}

/// What a route does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Forward to a backend of this pool (index into [`Config::pools`]).
    Pool(usize),
    /// Forward to wherever the client says.
    Proxy(ForwardProxy),
    /// Send the client elsewhere. `location` may hold `{scheme}`, `{host}`, `{path}`, `{query}` (with its `?`, or empty).
    Redirect { status: u16, location: String },
    /// A fixed answer.
    Answer { status: u16, content_type: String, body: String },
    /// Files below a directory.
    Files(Files),
    /// Code in this process, by name: the admin side, the embedded application.
    Application(String),
    /// Send the client to the place that is nearest to it, by this steering (index into [`Config::steerings`]), with 302 or 307.
    Steer { steering: usize, status: u16 },
    /// What clients need to measure which place of this steering (index into [`Config::steerings`]) is nearest: the script, the object
    /// that it times, and where it reports.
    Measure(usize),
}

impl Action {
    /// The pool that it leads to, if to any.
    pub const fn pool(&self) -> Option<usize> {
        match self {
            Action::Pool(pool) | Action::Proxy(ForwardProxy { pool, .. }) => Some(*pool),
            _ => None,
        }
    }
}

/// A directory served as files.
#[derive(Clone, Debug, PartialEq)]
pub struct Files {
    /// The directory. Nothing outside is ever served.
    pub root: String,
    /// Names tried for a directory, in order.
    pub index: Vec<String>,
    /// Serve `name.br`, `name.zst`, `name.gz` beside `name` to clients that accept it.
    pub precompressed: bool,
    /// Prefix taken off the path before it is looked up under the root; empty for none.
    pub strip_prefix: String,
    /// `Cache-Control` on answers; empty for none.
    pub cache_control: String,
}

/// Changes to a request before it is forwarded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rewrite {
    /// Replaces the matched prefix (or the whole of an exact path).
    pub path: Option<String>,
    /// Changes to fields.
    pub fields: FieldEdits,
}

/// Changes to a field section, carried out in this order: remove, set, add.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldEdits {
    /// Names whose fields are taken out.
    pub remove: Vec<String>,
    /// Fields that replace any of their name.
    pub set: Vec<(String, String)>,
    /// Fields added.
    pub add: Vec<(String, String)>,
}

/// A group of backends and how to choose one.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Its name in logs, metrics, `ctl`.
    pub name: String,
    /// In the order written: the order is part of the algorithms' definition.
    pub backends: Vec<Backend>,
    /// What they speak.
    pub protocol: Protocol,
    /// How one is chosen.
    pub algorithm: Algorithm,
    /// A backend that (re)joins gets its full share only after this long; zero for at once.
    pub slow_start: Duration,
    /// Probes, if any.
    pub health: Option<HealthCheck>,
    /// What is concluded from real traffic.
    pub ejection: Ejection,
    /// With a smaller share (percent) of healthy backends than this, health is ignored and all are used; 0 for never.
    pub panic_percent: u32,
    /// Second tries.
    pub retry: Retry,
    /// Requests in flight per backend; 0 for no limit.
    pub max_in_flight: u32,
    /// Requests waiting for a backend once all are at their limit; beyond it 503 at once.
    pub queue: u32,
    /// How long one waits there.
    pub queue_timeout: Duration,
    /// To connect, name resolution included.
    pub connect_timeout: Duration,
    /// From the last byte of the request to the first of the answer.
    pub response_timeout: Duration,
    /// A body may pause this long, in either direction.
    pub transfer_timeout: Duration,
    /// An idle connection to a backend is kept this long.
    pub keep_alive: Duration,
    /// Idle connections kept per backend and core.
    pub keep_alive_connections: usize,
    /// TLS to its backends.
    pub tls: Option<PoolTls>,
    /// Its backends are whatever servers are asked for.
    pub destinations: Option<Destinations>,
}

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// HTTP/2 (RFC 9113): chosen by ALPN with TLS, and without it begun by a client that knows (§3.3).
    Http2,
    /// HTTP/1.1 (RFC 9112)
    Http1,
}

/// One server of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Its name in logs, metrics, `ctl`: the address unless set.
    pub name: String,
    /// Where it is.
    pub at: Address,
    /// Its share relative to the others, 1 to 65535; 0 takes no new requests.
    pub weight: u32,
}

/// How a pool chooses (station 14).
#[derive(Clone, Debug, PartialEq)]
pub enum Algorithm {
    /// One after another.
    RoundRobin,
    /// Any, evenly.
    Random,
    /// One after another by weight, spread smoothly (nginx's smooth weighted round robin).
    WeightedRoundRobin,
    /// Any, by weight.
    WeightedRandom,
    /// By the client's address, modulo the number of backends.
    SourceHash,
    /// By a value of the request, modulo the number of backends.
    Hash(HashKey),
    /// By a value of the request on a ring of virtual nodes.
    ConsistentHash {
        /// The value.
        key: HashKey,
        /// Points on the ring per unit of weight.
        virtual_nodes: u32,
        /// Percent of the average load that one backend may have before its keys move on (bounded loads, Mirrokni et al. 2016); 0 for no
        /// bound.
        bounded_load: u32,
    },
    /// The fewest requests in flight per weight; above `sample_above` backends, the better of two drawn at random.
    LeastConnections { sample_above: u32 },
    /// The lowest peak-EWMA of response time, times requests in flight.
    Fastest {
        /// Time after which an observation weighs 1/e.
        decay: Duration,
    },
    /// The lowest load as the backends report it.
    LoadAware {
        /// A report older than this is ignored.
        expires: Duration,
    },
}

/// The value of a request that a hash is taken of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashKey {
    /// The client's address.
    Source,
    /// The first value of this field.
    Header(String),
    /// The value of this cookie.
    Cookie(String),
    /// The path without the query.
    Path,
    /// The value of this query parameter.
    Query(String),
}

/// Probes of a backend.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthCheck {
    /// What is asked.
    pub probe: Probe,
    /// Between two probes of one backend.
    pub interval: Duration,
    /// Percent by which the interval varies at random.
    pub jitter: u32,
    /// An answer later than this is a failure.
    pub timeout: Duration,
    /// Successes in a row that make a backend healthy.
    pub rise: u32,
    /// Failures in a row that make it unhealthy.
    pub fall: u32,
}

/// What a probe asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Probe {
    /// A connection is enough.
    Connect,
    /// An HTTP request.
    Http {
        /// `GET` of this target.
        target: String,
        /// With this `Host`; empty for the backend's address.
        host: String,
        /// An answer in one of these ranges (inclusive).
        statuses: Vec<(u16, u16)>,
        /// And with this text somewhere in its first 64 KiB; empty for none.
        contains: String,
        /// The body is a number: the backend's load, for `load-aware`.
        load_from_body: bool,
    },
}

/// What is concluded from real traffic (passive health).
#[derive(Clone, Debug, PartialEq)]
pub struct Ejection {
    /// Failures in a row (errors on the wire, time-outs, and 5xx where `count_5xx`) that eject a backend; 0 for never.
    pub failures: u32,
    /// Count answers of 500 and above as failures.
    pub count_5xx: bool,
    /// First ejection; doubles with each that follows soon.
    pub base: Duration,
    /// Longest ejection.
    pub max: Duration,
    /// At most this share of a pool (percent, rounded down, but at least one backend if not 0) is ejected at once.
    pub max_percent: u32,
}

/// Second tries.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Tries after the first; 0 for none.
    pub attempts: u32,
    /// Retries in flight or recent, as percent of requests over the last ten seconds.
    pub budget_percent: u32,
    /// Retries per second always allowed.
    pub budget_min: u32,
    /// Answers of these statuses from a backend are retried too, where the method is idempotent.
    pub statuses: Vec<u16>,
}

/// Where and how requests are logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLog {
    /// A path, or `-` for standard output.
    pub to: String,
    /// Its format.
    pub format: LogFormat,
    /// Lines held while the writer is busy; beyond it they are counted and dropped.
    pub queue: usize,
    /// Of so many queries to the name server one is written; 0: none.
    pub queries: u32,
}

/// Formats of the access log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, with every step.
    Json,
    /// Apache's combined format.
    Combined,
}
