//! The command, and servers that do what a closure says.

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What the command did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
}

impl Ran {
    /// The failure's sentence: one, with everything in it.
    pub(crate) fn failed(&self, code: i32, parts: &[&str]) {
        let flat = self.flat();
        let sentence = flat.rsplit("└─ ✗ ").next().unwrap_or_default();
        assert_eq!(self.code, code, "{}", self.out);
        for part in parts {
            assert!(sentence.contains(part), "{part:?} is not in: {sentence}\n{}", self.out);
        }
        assert!(sentence.ends_with('.') && sentence.contains("; "), "a cause and a remedy: {sentence}");
    }

    pub(crate) fn says(&self, part: &str) {
        assert!(self.flat().contains(part), "{part:?} is not in:\n{}", self.out);
    }

    pub(crate) fn arrived(&self) -> &Ran {
        assert_eq!(self.code, 0, "{}", self.out);
        self
    }

    /// The text with its lines joined, so that it does not matter where they were wrapped.
    pub(crate) fn flat(&self) -> String {
        self.out.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Runs `throughline trace`; the tree is wide, so that little is wrapped.
pub(crate) fn trace(arguments: &[&str]) -> Ran {
    let output = command(arguments);
    let out = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ran { code: output.status.code().unwrap_or(-1), out: out.trim_end().to_string() }
}

pub(crate) fn command(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_throughline"));
    command.arg("trace").args(["--width", "400"]).args(arguments).env_remove("NO_COLOR");
    command.output().expect("the command runs")
}

/// Runs it with `--json`; the exit code and the object.
pub(crate) fn json(arguments: &[&str]) -> (i32, Value) {
    let output = command(&[arguments, &["--json"]].concat());
    let text = String::from_utf8(output.stdout).expect("it is UTF-8");
    (output.status.code().unwrap_or(-1), serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

/// The steps of a name, of all legs.
pub(crate) fn steps(journey: &Value, name: &str) -> Vec<Value> {
    let legs = journey["legs"].as_array().expect("legs");
    let all = legs.iter().flat_map(|leg| leg["steps"].as_array().expect("steps"));
    all.filter(|step| step["step"] == name).cloned().collect()
}

/// A server whose connections each go through `talk`, with their number.
pub(crate) fn server(talk: impl Fn(TcpStream, usize) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            talk(stream.expect("a connection"), number);
        }
    });
    port
}

/// A server that reads a request and says the same to all.
pub(crate) fn saying(answer: &'static [u8]) -> u16 {
    server(move |mut stream, _| {
        let _ = request(&mut stream);
        let _ = stream.write_all(answer);
    })
}

/// Reads a head.
pub(crate) fn request(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// A reset in place of an end.
pub(crate) fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("it can be set");
}

pub(crate) fn url(scheme: &str, port: u16, path: &str) -> String {
    format!("{scheme}://localhost:{port}{path}")
}

/// A certificate for these names, and when it holds, in days from now. Signed by itself.
pub(crate) struct Made {
    config: Arc<ServerConfig>,
    pub(crate) pem: String,
    pub(crate) key: String,
}

pub(crate) fn certificate(names: &[&str], from: i64, until: i64) -> Made {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).expect("names");
    let day = |days: i64| {
        let now = std::time::SystemTime::now();
        let span = Duration::from_secs(days.unsigned_abs() * 86_400);
        let at = if days < 0 { now - span } else { now + span };
        at.into()
    };
    (params.not_before, params.not_after) = (day(from), day(until));
    let mut name = DistinguishedName::new();
    // No two have one name, or they would be taken for each other.
    static MADE: AtomicUsize = AtomicUsize::new(0);
    name.push(DnType::CommonName, format!("test {}", MADE.fetch_add(1, Ordering::Relaxed)));
    params.distinguished_name = name;
    let made = params.self_signed(&key).expect("a certificate");
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.der().clone()], private)
        .expect("a key that fits");
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Made { config: Arc::new(config), pem: made.pem(), key: key.serialize_pem() }
}

impl Made {
    /// For servers that speak another protocol than HTTP/1.1.
    pub(crate) fn speaking(mut self, protocol: &[u8]) -> Made {
        Arc::make_mut(&mut self.config).alpn_protocols = vec![protocol.to_vec()];
        self
    }

    /// A server that talks through TLS.
    pub(crate) fn server(&self, talk: impl Fn(&mut StreamOwned<ServerConnection, TcpStream>) + Send + 'static) -> u16 {
        let config = self.config.clone();
        server(move |stream, _| {
            let session = ServerConnection::new(config.clone()).expect("a session");
            let mut stream = StreamOwned::new(session, stream);
            talk(&mut stream);
        })
    }

    /// A server that reads a request and answers.
    pub(crate) fn saying(&self, answer: &'static [u8]) -> u16 {
        self.server(move |stream| {
            let _ = request(stream);
            let _ = stream.write_all(answer);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        })
    }

    /// The certificate in a file.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        let path = scratch(name);
        std::fs::write(&path, &self.pem).expect("it can be written");
        path
    }
}

/// A file of this test run.
pub(crate) fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("trace-{}-{name}", std::process::id()))
}
