//! The forward proxy as curl uses it: plain requests, and tunnels to a server of our own that speaks TLS.

use crate::certificates::Authority;
use crate::support::client::Client;
use crate::support::edge::Edge;
use crate::support::peers::Curl;
use crate::support::place::Place;

/// A web server with and without TLS, and the root of its certificate.
fn server() -> (Edge, String) {
    let place = Place::new();
    let authority = Authority::new("own", &place);
    let certificate = authority.sign(&place, "server", &["localhost"], 90);
    let config = format!(
        "[log]\n[[listener]]\nat = \"127.0.0.1:0\"\n[[listener]]\nat = \"127.0.0.1:0\"\ntls = true\n{certificate}[[site]]\n[[site.route]]\n\
         answer = {{ body = \"served\\n\" }}\nresponse = {{ set = {{ cache-control = \"max-age=60\" }} }}\n"
    );
    let trust = authority.path(&place);
    (Edge::with_place(place, &config), trust)
}

fn proxy(port: u16, more: &str) -> Edge {
    Edge::of(&format!(
        "[admin]\nat = \"127.0.0.1:0\"\n[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\nname = \"outward\"\n\
         show = {{ proxy-status = true }}\n[[site.route]]\nname = \"all\"\ncache = true\n\
         proxy = {{ allow = [\"127.0.0.0/8\"], connect-ports = [\"{port}\"]{more} }}\n"
    ))
}

#[test]
fn curl_goes_through_the_proxy() {
    let Some(curl) = Curl::find() else { return };
    let (mut server, trust) = server();
    let secured = server.at(1).port();
    let edge = proxy(secured, ", private = [\"127.0.0.0/8\", \"::1\"]");
    let by = format!("http://{}", edge.at(0));
    let through = ["--noproxy", "", "-x", &by, "--cacert", &trust, "-i"];
    let ask = |url: &str| curl.text(&[&through[..], &[url]].concat());
    // Plain requests, by the same cache as any other.
    let (plain, tls) = (server.url("/a"), format!("https://localhost:{secured}/a"));
    let first = ask(&plain);
    assert!(first.ends_with("served\n") && first.contains("Cache-Status: throughline; fwd=uri-miss"), "{first}");
    let line = server.line();
    assert!(line.contains("\"status\":200"), "{line}");
    assert!(ask(&plain).contains("Cache-Status: throughline; hit"));
    // TLS goes through a tunnel, whose ends verify each other; nothing of it is stored.
    for _ in 0..2 {
        let text = ask(&tls);
        assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("served\n") && !text.contains("Cache-Status"), "{text}");
        let line = server.line();
        assert!(line.contains("\"secured\"") || line.contains("TLSv1.3"), "{line}");
    }
    let metrics = Client::connect(edge.at(1)).get("/metrics").text();
    assert!(!metrics.contains("localhost") && !metrics.contains(&format!(":{secured}\"")), "no label for a destination: {metrics}");
    // Whom the client leaves out it asks itself.
    let direct = curl.text(&["--noproxy", "127.0.0.1", "-x", "http://127.0.0.1:1", "-i", &plain]);
    assert!(direct.ends_with("served\n") && !direct.contains("Via:"), "{direct}");
}

#[test]
fn curl_is_told_why_not() {
    let Some(curl) = Curl::find() else { return };
    let (server, trust) = server();
    let secured = server.at(1).port();
    let edge = proxy(secured, "");
    let by = format!("http://{}", edge.at(0));
    let through = ["--noproxy", "", "-x", &by, "--cacert", &trust, "-i"];
    let text = curl.text(&[&through[..], &[&server.url("/a")]].concat());
    assert!(text.starts_with("HTTP/1.1 403") && text.contains("error=destination_ip_prohibited"), "{text}");
    assert!(text.contains("the destination is an address that this proxy does not connect to"), "{text}");
    let output = curl.run(&[&through[..], &[&format!("https://localhost:{secured}/")]].concat());
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("HTTP/1.1 403"), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(server.errors().is_empty(), "{:?}", server.errors());
}
