//! Certificates that change while the server runs, and what `check` says of them.

use crate::certificates::Authority;
use crate::support::PATIENCE;
use crate::support::edge::{BINARY, Edge};
use crate::support::peers::{Curl, find};
use crate::support::place::Place;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const CONFIG: &str = "[[listener]]\nat = \"127.0.0.1:0\"\ntls = true\n[tls]\nlook-interval = \"1s\"\ntickets = false\n\
    [[site]]\n[[site.route]]\nanswer = { body = \"secured\\n\" }\n";

/// The serial number of the certificate that is presented.
fn presented(openssl: &std::path::Path, edge: &Edge) -> String {
    let at = edge.at(0).to_string();
    let mut command = Command::new(openssl);
    command.args(["s_client", "-connect", &at, "-servername", "edge.example", "-showcerts"]).stdin(Stdio::null()).stderr(Stdio::null());
    let said = String::from_utf8_lossy(&command.output().expect("openssl runs").stdout).into_owned();
    let begin = said.find("-----BEGIN CERTIFICATE-----").unwrap_or_else(|| panic!("{said}"));
    let end = said.find("-----END CERTIFICATE-----").expect("it ends");
    said[begin..end].to_string()
}

/// Tells the clients to stop.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Both ways of renewal, the look and the command, with clients coming all the time: none fails.
#[test]
fn a_new_certificate_is_presented_and_no_client_notices() {
    let (Some(curl), Some(openssl)) = (Curl::find(), find("openssl")) else { return };
    let place = Place::new();
    let authority = Authority::new("test", &place);
    let certificate = authority.sign(&place, "edge", &["edge.example"], 90);
    let trust = authority.path(&place);
    let config = format!("{CONFIG}{certificate}");
    let edge = Edge::with_place(place, &config);
    let port = edge.at(0).port();
    // A reload must name the port that the listener has.
    let fixed = config.replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
    let (resolve, url) = (format!("edge.example:{port}:127.0.0.1"), format!("https://edge.example:{port}/"));
    let (over, asked, failed) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let output = curl.run(&["-f", "--cacert", &trust, "--resolve", &resolve, &url]);
                    asked.fetch_add(1, Ordering::Relaxed);
                    failed.fetch_add(usize::from(output.stdout != b"secured\n"), Ordering::Relaxed);
                }
            });
        }
        // Also if this fails.
        let _over = Over(&over);
        let first = presented(&openssl, &edge);
        // The key first, as a tool would that is interrupted; then what belongs to it.
        let (chain, key) = authority.pair(&["edge.example"], 60);
        edge.place.replace("edge.key", &key);
        let told = edge.await_error(0, "certificate-refused");
        assert_eq!(presented(&openssl, &edge), first);
        edge.place.replace("edge.pem", &chain);
        let told = edge.await_error(told, "certificate-renewed");
        let second = presented(&openssl, &edge);
        assert!(second != first && chain.contains(&second));
        // Now by command, before anybody has looked.
        let (chain, key) = authority.pair(&["edge.example"], 20);
        edge.place.replace("edge.key", &key);
        edge.place.replace("edge.pem", &chain);
        edge.rewrite(&fixed);
        edge.signal("HUP");
        let told = edge.await_error(told, "reloaded generation=2");
        assert!(chain.contains(&presented(&openssl, &edge)));
        edge.await_error(told, "certificate-expires");
        // A mistake changes nothing.
        edge.place.replace("edge.pem", "nonsense");
        edge.signal("HUP");
        let told = edge.await_error(told, "reload-refused mistakes=1");
        edge.await_error(told - 1, "edge.pem\" cannot be used");
        assert!(chain.contains(&presented(&openssl, &edge)));
        let began = Instant::now();
        while asked.load(Ordering::Relaxed) <= 20 {
            assert!(began.elapsed() < PATIENCE, "{asked:?} requests");
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    assert_eq!(failed.load(Ordering::Relaxed), 0, "of {asked:?}");
}

#[test]
fn check_tells_what_is_wrong_with_a_certificate() {
    let place = Place::new();
    let authority = Authority::new("test", &place);
    let check = |certificate: &str| {
        let path = place.file("check.toml", format!("{CONFIG}{certificate}"));
        let output = Command::new(BINARY).args(["check", &path]).output().expect("the binary runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let good = authority.sign(&place, "good", &["edge.example"], 90);
    assert_eq!(check(&good), (Some(0), String::new()));
    let soon = authority.sign(&place, "soon", &["edge.example"], 10);
    let (code, said) = check(&soon);
    assert!(code == Some(0) && said.contains("warning: the certificate in ") && said.contains("expires in 9 days"), "{said}");
    let late = authority.sign(&place, "late", &["edge.example"], -3);
    let (code, said) = check(&late);
    assert!(code == Some(1) && said.contains("fault: the certificate in ") && said.contains("expired 3 days ago"), "{said}");
    let swapped = good.replace("good.key", "soon.key");
    let (code, said) = check(&swapped);
    assert!(code == Some(1) && said.contains("the key does not belong to the certificate"), "{said}");
    let (code, said) = check(&good.replace("good.pem", "none.pem"));
    assert!(code == Some(1) && said.contains("there is no such file"), "{said}");
}
