//! A browser: Chromium without a window, over TLS.

use crate::support::PATIENCE;
use crate::support::authority::own_certificate;
use crate::support::backend::Backend;
use crate::support::edge::{BINARY, Edge};
use crate::support::peers::{Curl, find};
use crate::support::place::Place;
use crate::websocket::Echo;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// A browser that has never been anywhere, and asks nobody but the page.
struct Browser {
    program: PathBuf,
    place: Place,
}

impl Browser {
    fn find() -> Option<Browser> {
        Some(Browser { program: find("chromium")?, place: Place::new() })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-default-apps",
            "--disable-extensions",
            "--disable-sync",
            "--no-proxy-server",
            "--ignore-certificate-errors",
        ]);
        command.arg(format!("--user-data-dir={}", self.place.at("profile"))).args(arguments);
        // What it keeps beside its profile stays here too.
        command.env("HOME", self.place.path()).stdin(Stdio::null()).stderr(Stdio::null());
        command
    }
}

/// A browser at a page, until the end of its test.
struct Open(Child);

impl Drop for Open {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the page has asked its site for to report.
fn reported(backend: &Backend) -> String {
    let began = Instant::now();
    loop {
        let asked = backend.seen();
        if let Some(report) = asked.iter().find(|request| request.target.starts_with("/report/")) {
            return report.target.clone();
        }
        assert!(began.elapsed() < 2 * PATIENCE, "the page reports nothing; asked was {asked:?}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// The page of the embedded default comes over HTTP/2.
#[test]
fn the_demo_is_shown() {
    let Some(browser) = Browser::find() else { return };
    let place = Place::new();
    let mut command = Command::new(BINARY);
    command.args(["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--dns", "127.0.0.1:0"]);
    command.env("XDG_STATE_HOME", place.path());
    let edge = Edge::start(place, &mut command, 5);
    let (log, url) = (browser.place.at("net.json"), format!("https://{}/", edge.at(1)));
    let output = browser.command(&["--dump-dom", &format!("--log-net-log={log}"), &url]).output().expect("Chromium runs");
    let page = String::from_utf8_lossy(&output.stdout);
    assert!(page.contains("id=\"visits\"") && page.contains("</html>"), "{page}");
    let log = std::fs::read_to_string(log).expect("the browser's log");
    assert!(log.contains("\"next_proto\":\"h2\""), "what was agreed on is not in the log");
}

/// Opens a WebSocket, sends two messages, one of them long, and tells how that went, and which version the page came in.
const PAGE: &str = r#"<!doctype html><title>test</title><script>
const version = performance.getEntriesByType("navigation")[0].nextHopProtocol;
const report = text => fetch("/report/" + encodeURIComponent(version + " " + text));
const long = "x".repeat(200000);
const socket = new WebSocket("wss://" + location.host + "/ws");
const heard = [];
socket.onopen = () => { socket.send("hello"); socket.send(long); };
socket.onmessage = event => {
  heard.push(event.data);
  if (heard.length == 2) socket.close(1000, "enough");
};
socket.onerror = () => report("error");
socket.onclose = event => report([heard[0] == "hello", heard[1] == long, event.code, event.wasClean].join(" "));
</script>"#;

/// A WebSocket of a page, on a stream of the connection that the page came on (RFC 8441).
#[test]
fn a_page_opens_a_websocket() {
    let Some(browser) = Browser::find() else { return };
    let (place, backend, echo) = (Place::new(), Backend::start(), Echo::start());
    own_certificate(&place);
    let folder = place.path().display();
    let mut edge = Edge::of(&format!(
        "[log]\n[[listener]]\nat = \"127.0.0.1:0\"\ntls = true\n[[certificate]]\nchain = \"{folder}/own.pem\"\nkey = \"{folder}/own.key\"\n\
         [[site]]\n[[site.route]]\npath = \"/page\"\nanswer = {{ content-type = \"text/html\", body = '''{PAGE}''' }}\n\
         [[site.route]]\npath = \"/ws\"\npool = \"echo\"\n[[site.route]]\npool = \"app\"\n\
         [pool.app]\nbackends = [\"{}\"]\n[pool.echo]\nbackends = [\"{}\"]\n",
        backend.at, echo.0
    ));
    let url = format!("https://{}/page", edge.at(0));
    let mut command = browser.command(&["--remote-debugging-port=0", &url]);
    let _open = Open(command.stdout(Stdio::null()).spawn().expect("Chromium starts"));
    assert_eq!(reported(&backend), "/report/h2%20true%20true%201000%20true");
    // It was over before the report was sent.
    let opened = std::iter::from_fn(|| Some(edge.line())).find(|line| line.contains("\"target\":\"/ws\"")).expect("there is no end");
    assert!(opened.contains("\"method\":\"CONNECT\"") && opened.contains("\"version\":\"HTTP/2\""), "{opened}");
}

/// What the browser has decoded, and whether it was told early what the page needs.
const COUNTING: &str = r#"<!doctype html><title>test</title><script>
// Sizes are known once the page is whole.
addEventListener("load", () => setTimeout(() => {
  const entry = performance.getEntriesByType("navigation")[0];
  const told = entry.firstInterimResponseStart > 0;
  const shorter = entry.encodedBodySize > 0 && entry.encodedBodySize < entry.decodedBodySize;
  fetch("/report/" + encodeURIComponent([shorter, document.querySelectorAll("p").length, told].join(" ")));
}, 0));
</script>"#;

/// A page that was compressed here, and for which early hints were sent.
#[test]
fn a_page_is_decoded_and_told_of_early() {
    let (Some(browser), Some(curl)) = (Browser::find(), Curl::find()) else { return };
    let (place, backend) = (Place::new(), Backend::start());
    own_certificate(&place);
    let origin = Edge::of(&format!(
        "[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n[[site.route]]\n\
         answer = {{ content-type = \"text/html\", body = '''{COUNTING}{}''' }}\n\
         response = {{ set = {{ link = \"</style.css>; rel=preload; as=style\", cache-control = \"no-cache\" }} }}\n",
        "<p>of many\n".repeat(1000)
    ));
    let folder = place.path().display();
    let edge = Edge::of(&format!(
        "[[listener]]\nat = \"127.0.0.1:0\"\ntls = true\n[[certificate]]\nchain = \"{folder}/own.pem\"\nkey = \"{folder}/own.key\"\n\
         [[site]]\n[[site.route]]\npath = \"/page\"\npool = \"origin\"\ncompress = true\nearly-hints = true\n\
         [[site.route]]\npool = \"app\"\n[pool.origin]\nbackends = [\"{}\"]\n[pool.app]\nbackends = [\"{}\"]\n",
        origin.at(0),
        backend.at
    ));
    let url = format!("https://{}/page", edge.at(0));
    // So that something is known of it.
    assert!(curl.text(&["-k", &url]).contains("of many"));
    let mut command = browser.command(&["--remote-debugging-port=0", &url]);
    let _open = Open(command.stdout(Stdio::null()).spawn().expect("Chromium starts"));
    assert_eq!(reported(&backend), "/report/true%201000%20true");
}
