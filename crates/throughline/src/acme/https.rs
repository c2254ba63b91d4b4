//! How the authority is reached: HTTP/1.1 over TLS, one connection that is used again, bounded in time and size.
//!
//! The client that instant-acme would bring has no bound on either, and loses `Retry-After`, which the next try depends on.

use decide::date;
use decide::time::{Calendar, Duration};
use http::header::{HOST, HeaderValue, RETRY_AFTER, USER_AGENT};
use http::{Request, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient, Problem};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// From the name's resolution to the end of the TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// From a request to the end of its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer. The longest that is meant to come is a chain, some thousand bytes.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// The cryptography behind everything here.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// A client for one authority.
#[derive(Clone)]
pub(super) struct Https {
    tls: TlsConnector,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// A connection that is free to be used again, and where it leads.
    idle: Mutex<Option<(String, SendRequest<BodyWrapper<Bytes>>)>>,
    /// Until when the last answer that was an error asked us to wait.
    retry_after: Mutex<Option<Calendar>>,
}

/// An answer that is no ACME, or none at all.
#[derive(Debug)]
struct Unusable(String);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

impl Https {
    /// Trusts the certificates of a PEM file, or those of the system. The error is a sentence.
    pub(super) fn new(ca: Option<&str>) -> Result<Https, String> {
        let roots = match ca {
            Some(path) => roots_of_file(Path::new(path)).map_err(|error| format!("cannot use {path}: {error}"))?,
            None => roots_of_system()?,
        };
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("cannot use TLS: {error}"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Https { tls: TlsConnector::from(Arc::new(config)), shared: Arc::default() })
    }

    /// Until when the last error asked us to wait; taken.
    pub(super) fn take_retry_after(&self) -> Option<Calendar> {
        self.shared.retry_after.lock().expect("no panic while it is held").take()
    }

    async fn exchange(&self, mut request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, Error> {
        let uri = std::mem::take(request.uri_mut());
        let (host, port) = place(&uri)?;
        let authority = format!("{host}:{port}");
        let connected = within(CONNECT_TIMEOUT, "connect", async {
            match self.idle(&authority).await {
                Some(sender) => Ok(sender),
                None => self.connect(&host, port).await,
            }
        });
        let mut sender = connected.await?;
        // RFC 9112 §3.2.1: an origin is asked with path and query alone, and with Host.
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        *request.uri_mut() = target.parse::<Uri>()?;
        let shown = if port == 443 { &host } else { &authority };
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_str(shown).map_err(|_| unusable(format!("{shown} is no host")))?);
        // RFC 8555 §6.1: whose implementation it is.
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("throughline/", env!("CARGO_PKG_VERSION"))));
        let answer = within(ANSWER_TIMEOUT, "answer", async {
            let (parts, body) = sender.send_request(request).await.map_err(|error| unusable(chain(&error)))?.into_parts();
            Ok((parts, whole(body).await?))
        });
        let (parts, body) = answer.await?;
        *self.shared.idle.lock().expect("no panic while it is held") = Some((authority, sender));
        self.judge(&parts, &body)?;
        Ok(BytesResponse { parts, body: Box::new(body) })
    }

    /// A connection that is open still.
    async fn idle(&self, authority: &str) -> Option<SendRequest<BodyWrapper<Bytes>>> {
        let idle = self.shared.idle.lock().expect("no panic while it is held").take();
        let (_, mut sender) = idle.filter(|(leads_to, _)| leads_to == authority)?;
        sender.ready().await.is_ok().then_some(sender)
    }

    async fn connect(&self, host: &str, port: u16) -> Result<SendRequest<BodyWrapper<Bytes>>, Error> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_string()).map_err(|_| unusable(format!("{host} is no host")))?;
        let stream = TcpStream::connect((bare, port)).await.map_err(|error| unusable(chain(&error)))?;
        let stream = self.tls.connect(name, stream).await.map_err(|error| unusable(format!("TLS: {}", chain(&error))))?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| unusable(chain(&error)))?;
        // Its end shows in the sender; an error too.
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender)
    }

    /// Remembers `Retry-After`, and refuses what instant-acme would try to read as ACME although it is none.
    fn judge(&self, parts: &http::response::Parts, body: &Bytes) -> Result<(), Error> {
        let status = parts.status;
        if status.is_success() {
            return Ok(());
        }
        let asked = parts.headers.get(RETRY_AFTER).and_then(|value| retry_after(value.as_bytes(), super::now()));
        *self.shared.retry_after.lock().expect("no panic while it is held") = asked;
        if status.is_redirection() {
            return Err(unusable(format!("it answered {status}; redirects are not followed")));
        }
        // RFC 8555 §6.7: an error is a problem document. What stands in front of an authority sends HTML.
        match serde_json::from_slice::<Problem>(body) {
            Ok(problem) if problem.r#type.is_some() => Ok(()),
            _ => Err(unusable(format!("it answered {status}"))),
        }
    }
}

impl HttpClient for Https {
    fn request(&self, request: Request<BodyWrapper<Bytes>>) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.clone();
        Box::pin(async move { client.exchange(request).await })
    }
}

/// Host and port of an `https` URL.
fn place(uri: &Uri) -> Result<(String, u16), Error> {
    let host = uri.host().filter(|_| uri.scheme_str() == Some("https"));
    let host = host.ok_or_else(|| unusable(format!("{uri} is no https URL")))?;
    Ok((host.to_string(), uri.port_u16().unwrap_or(443)))
}

async fn within<T>(limit: Duration, what: &str, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_| unusable(format!("it did not {what} within {} s", limit.as_secs()));
    timeout(limit, work).await.map_err(late)?
}

async fn whole(body: Incoming) -> Result<Bytes, Error> {
    let body = Limited::new(body, LONGEST_ANSWER).collect().await;
    Ok(body.map_err(|error| unusable(format!("its answer broke off: {error}")))?.to_bytes())
}

/// RFC 9110 §10.2.3: seconds from now, or a date.
fn retry_after(value: &[u8], now: Calendar) -> Option<Calendar> {
    if let Some(seconds) = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()) {
        return Some(Calendar(now.0.saturating_add(Duration::from_secs(seconds))));
    }
    date::parse(value, now)
}

fn roots_of_file(path: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())? {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() { Err("it holds no certificate in PEM".to_string()) } else { Ok(roots) }
}

fn roots_of_system() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map_or_else(String::new, |error| format!(" ({error})"));
        return Err(format!("this system has no root certificates{why}; install them (ca-certificates), or set `ca`"));
    }
    Ok(roots)
}

fn unusable(why: String) -> Error {
    Error::Other(Box::new(Unusable(why)))
}

/// An error with its causes: what lies beneath says what happened.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        // Some errors repeat their cause.
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
