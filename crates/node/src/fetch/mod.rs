//! One request from URL to answer, as a client, with every step told: what `trace` shows. It asks the host for everything, so it runs in
//! the lab too.
//!
//! - [`fetch`]: the whole journey, redirect after redirect; [`Request`] says what is wanted, a [`Watcher`] sees it happen.
//! - `name`, `connect`, `secure`: the stations before the request. `line`: a connection that carries requests.
//! - `exchange`: a request and its answer: `whole` over HTTP/1.1, `stream` over HTTP/2. `fields`: the request's fields.
//! - `joined`: the server's side of a request, asked for behind its answer.
//! - `socket`: a WebSocket, from its handshake to its close.
//! - `content`: what the bytes of the answer are. `page`: what it asks for, fetched.
//! - `telling`: the journey while it grows. `limit`: how long a station may take.

mod connect;
mod content;
mod exchange;
mod fields;
mod joined;
mod limit;
mod line;
mod name;
mod page;
mod secure;
mod socket;
mod stream;
mod tap;
mod telling;
mod visit;
mod whole;

pub use crate::tls::Secrets;

use decide::resolve;
use decide::step::Journey;
use decide::time::Duration;
use host::Host;
use std::io;
use std::net::{IpAddr, SocketAddr};

/// What is asked for, and how.
pub struct Request {
    /// The URL, as it was typed.
    pub url: String,
    /// The method; without one GET, or POST where there is a body.
    pub method: Option<String>,
    /// Fields of the user's own: they take the place of ours of the same name, and an empty one takes it away.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// HTTP/1.1 alone is offered.
    pub http1_only: bool,
    /// A certificate that is not trusted ends nothing.
    pub insecure: bool,
    /// The authorities to trust, in DER; asked for when TLS begins.
    pub trust: Box<dyn Fn() -> Result<Vec<Vec<u8>>, String>>,
    /// Where the secrets of TLS connections are kept, for whoever has their packets.
    pub secrets: Option<Secrets>,
    /// Addresses of names that are not looked up.
    pub given: Vec<Given>,
    /// Where to connect to, whatever the URL says.
    pub connect: Option<SocketAddr>,
    /// How names are looked up.
    pub names: resolve::Settings,
    /// What servers of this program know us by, and tell their side for.
    pub trace_token: Option<TraceToken>,
    /// For the whole journey.
    pub max_time: Option<Duration>,
    /// How many redirects are followed; `None`: none is, and that is no fault.
    pub redirects: Option<usize>,
    /// What is done on a WebSocket.
    pub socket: Socket,
    /// The body is handed on as it came, with its codings.
    pub raw: bool,
    /// The text is wanted: [`Watcher::text`].
    pub text: bool,
    /// What the page asks for is fetched too, so many resources at most.
    pub page: Option<usize>,
}

/// What is done on a WebSocket once it is open: ping, send, listen, close.
#[derive(Clone, Debug)]
pub struct Socket {
    /// Subprotocols that are offered, the best first.
    pub protocols: Vec<String>,
    /// Whether compression is offered.
    pub deflate: bool,
    /// Texts that are sent.
    pub send: Vec<String>,
    /// How long it is listened to.
    pub time: Duration,
    /// After so many data frames of the server's it is closed before that.
    pub frames: Option<u64>,
}

impl Default for Socket {
    fn default() -> Socket {
        Socket { protocols: Vec::new(), deflate: true, send: Vec::new(), time: Duration::from_secs(5), frames: None }
    }
}

/// A token that a server tells its side of a request for.
#[derive(Clone)]
pub struct TraceToken {
    /// It.
    pub token: String,
    /// It may be sent where others can read it.
    pub in_clear: bool,
}

/// Addresses of a name at a port.
pub struct Given {
    /// The name, in lower case.
    pub name: String,
    /// The port.
    pub port: u16,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// Sees a journey while it happens.
pub trait Watcher {
    /// A step was added.
    fn step(&mut self, journey: &Journey);
    /// So many bytes of body are here.
    fn progress(&mut self, journey: &Journey, bytes: u64);
    /// A piece of the final answer's content. An error ends the journey.
    fn body(&mut self, piece: &[u8]) -> io::Result<()>;
    /// The text of the final answer, where it is text and [`Request::text`] asks for it; `html` if it is a document.
    fn text(&mut self, text: &str, html: bool) {
        let _ = (text, html);
    }
}

/// Goes all the way. The last step is `arrived` or `stopped`.
pub async fn fetch(host: &Host, request: &Request, watcher: &mut dyn Watcher) -> Journey {
    visit::Visit::new(host, request, watcher).go().await
}
