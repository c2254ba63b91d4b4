//! A certificate authority that answers as a test says; for what pebble does not do.

use super::authority::own_certificate;
use super::place::Place;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request that came: method, path, body.
pub(crate) type Asked = (String, String, String);

/// What to answer: status, fields (each with its line end), body.
pub(crate) type Answer = (u16, String, String);

/// The authority; its thread ends with the test's process.
pub(crate) struct Scripted {
    at: SocketAddr,
    place: Place,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    /// Answers each request with what `answer` makes of its path; the address goes into URLs.
    pub(crate) fn start(answer: impl Fn(SocketAddr, &str) -> Answer + Send + 'static) -> Scripted {
        let place = Place::new();
        own_certificate(&place);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let at = listener.local_addr().expect("it is bound");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (config, heard) = (Arc::new(config(&place)), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = stream.set_read_timeout(Some(super::PATIENCE));
                // A client that breaks off is its test's concern.
                let _ = serve(&config, stream, &heard, &|path| answer(at, path));
            }
        });
        Scripted { at, place, asked }
    }

    pub(crate) fn at(&self) -> SocketAddr {
        self.at
    }

    /// What its certificate is verified against.
    pub(crate) fn ca(&self) -> String {
        self.place.at("ca.pem")
    }

    /// The bodies of what was asked at this path.
    pub(crate) fn asked(&self, at: &str) -> Vec<String> {
        let asked = self.asked.lock().expect("no panic while it is held");
        asked.iter().filter(|(_, path, _)| path == at).map(|(.., body)| body.clone()).collect()
    }
}

fn config(place: &Place) -> ServerConfig {
    let certificate = CertificateDer::from_pem_file(place.at("own.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(place.at("own.key")).expect("a key");
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("they belong together")
}

/// One request, one answer.
fn serve(config: &Arc<ServerConfig>, stream: TcpStream, asked: &Mutex<Vec<Asked>>, answer: &dyn Fn(&str) -> Answer) -> std::io::Result<()> {
    let connection = ServerConnection::new(config.clone()).expect("the configuration is sound");
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let mut first = String::new();
    stream.read_line(&mut first)?;
    let mut len = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => len = value.parse().expect("a number"),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; len];
    stream.read_exact(&mut body)?;
    let mut words = first.split(' ').map(str::to_string);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, fields, content) = answer(&path);
    let len = content.len();
    let content = if method == "HEAD" { String::new() } else { content };
    asked.lock().expect("no panic while it is held").push((method, path, String::from_utf8_lossy(&body).into_owned()));
    let stream = stream.get_mut();
    write!(stream, "HTTP/1.1 {status} -\r\n{fields}Content-Length: {len}\r\nConnection: close\r\n\r\n{content}")?;
    stream.conn.send_close_notify();
    stream.flush()
}
