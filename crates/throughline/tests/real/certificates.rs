//! Sites of the built binary whose certificates come from a real authority: had by either challenge, found again after a restart, renewed
//! under load, ordered by a reload; and what does not work out.

use super::support::PATIENCE;
use super::support::authority::{Authority, Manners};
use super::support::client::Client;
use super::support::edge::{BINARY, Edge};
use super::support::peers::Curl;
use super::support::place::Place;
use super::support::ports::{free_address, free_addresses};
use serde_json::Value;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// An authority, and where a server has to listen for it.
struct Scene {
    http: SocketAddr,
    https: SocketAddr,
    authority: Authority,
    state: Place,
    curl: Curl,
}

impl Scene {
    fn new(manners: Manners) -> Option<Scene> {
        let [http, https] = free_addresses();
        let (authority, curl) = (Authority::looking_at(manners, (http, https))?, Curl::find()?);
        Some(Scene { http, https, authority, state: Place::new(), curl })
    }

    /// A configuration whose sites have these hosts, and get their certificates by this challenge. The admin side is at number 2.
    fn config(&self, challenge: &str, sites: &[&[&str]]) -> String {
        let (directory, ca, state) = (self.authority.directory(), self.authority.ca(), self.state.at("state"));
        let mut text = format!(
            "[acme]\nterms-agreed = true\ndirectory = {directory:?}\nca = {ca:?}\nstate = {state:?}\nchallenge = {challenge:?}\n\
             [admin]\nat = \"127.0.0.1:0\"\n[[listener]]\nat = \"{}\"\n[[listener]]\nat = \"{}\"\ntls = true\n",
            self.http, self.https
        );
        for hosts in sites {
            text += &format!("[[site]]\nhosts = {hosts:?}\ncertificate = \"acme\"\n[[site.route]]\nanswer = {{ body = {:?} }}\n", hosts[0]);
        }
        text
    }

    /// What a client gets that trusts the authority and nobody else.
    fn get(&self, root: &str, host: &str) -> Result<String, String> {
        let port = self.https.port();
        let output =
            self.curl.run(&["--cacert", root, "--resolve", &format!("{host}:{port}:127.0.0.1"), &format!("https://{host}:{port}/")]);
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }
}

fn admin(edge: &Edge, target: &str) -> String {
    let mut client = Client::connect(edge.at(2));
    client.get(target).text()
}

/// The certificates in `ctl status`.
fn certificates(edge: &Edge) -> Vec<Value> {
    let status: Value = serde_json::from_str(&admin(edge, "/status")).expect("JSON");
    status["certificates"].as_array().expect("a list").clone()
}

/// Waits until something holds.
fn wait<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Two names by this challenge; then the server starts again and has them still.
fn two_names_and_a_restart(challenge: &str) {
    let Some(scene) = Scene::new(Manners::default()) else { return };
    let root = scene.authority.root(&scene.curl);
    let config = scene.config(challenge, &[&["a.test", "www.a.test"]]);
    let edge = Edge::of(&config);
    let ordered = edge.await_error(0, "certificate-ordered site=a.test names=\"a.test www.a.test\" why=\"there is none\"");
    edge.await_error(ordered, "certificate-issued site=a.test names=\"a.test www.a.test\" left=");
    for host in ["a.test", "www.a.test"] {
        assert_eq!(scene.get(&root, host), Ok("a.test".to_string()), "{host}");
    }
    let shown = wait("the plan to renew it", || certificates(&edge).into_iter().find(|shown| shown["order"]["wait"].is_u64()));
    assert_eq!(shown["name"], "acme/a.test");
    assert_eq!(shown["order"]["why"], "two thirds of its life are over");
    // A third of ninety days, and up to a thirtieth of them earlier.
    let (left, wait) = (shown["left"].as_u64().expect("it holds"), shown["order"]["wait"].as_u64().expect("a time"));
    assert!(left > 89 * 86_400 && (56 * 86_400..=60 * 86_400).contains(&wait), "{shown}");
    let metrics = admin(&edge, "/metrics");
    for sample in [
        "throughline_certificate_orders_total{site=\"a.test\",result=\"issued\"} 1\n",
        "throughline_certificate_orders_total{site=\"a.test\",result=\"failed\"} 0\n",
        "throughline_certificate_expiry_seconds{certificate=\"acme/a.test\",site=\"a.test\"} ",
    ] {
        assert!(metrics.contains(sample), "{sample}: {metrics}");
    }
    drop(edge);

    let mut edge = Edge::of(&config);
    assert_eq!(scene.get(&root, "www.a.test"), Ok("a.test".to_string()), "from the first connection on");
    edge.await_error(0, "certificate-found site=a.test names=\"a.test www.a.test\" left=");
    edge.signal("TERM");
    assert_eq!(edge.ended(PATIENCE).expect("it ends").code(), Some(0));
    let said = edge.errors();
    assert!(!said.iter().any(|line| line.contains("certificate-ordered")), "{said:?}");
}

#[test]
fn by_http_01_and_after_a_restart() {
    two_names_and_a_restart("http-01");
}

#[test]
fn by_tls_alpn_01_and_after_a_restart() {
    two_names_and_a_restart("tls-alpn-01");
}

/// Tells the clients to stop.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// New connections all the time, each by a client that looks closely at the certificate; and one that stays over the renewal.
#[test]
fn a_renewal_fails_no_request() {
    // Renewed after sixteen of twenty-four seconds: a slow machine has a new one in time, and so its clients a good one.
    let Some(scene) = Scene::new(Manners { validity: 24, ..Manners::default() }) else { return };
    let root = scene.authority.root(&scene.curl);
    let edge = Edge::of(&scene.config("either", &[&["a.test"]]));
    let first = edge.await_error(0, "certificate-issued");
    let (over, answered) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    assert_eq!(scene.get(&root, "a.test"), Ok("a.test".to_string()));
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // Also if this fails.
        let _over = Over(&over);
        edge.await_error(first, "certificate-issued");
        let (before, began) = (answered.load(Ordering::Relaxed), Instant::now());
        while answered.load(Ordering::Relaxed) < before + 20 {
            assert!(began.elapsed() < PATIENCE, "{answered:?} answers, {before} of them before the renewal");
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let said = edge.errors();
    assert!(said.iter().any(|line| line.contains("why=\"two thirds of its life are over\"")), "{said:?}");
    assert!(!said.iter().any(|line| line.contains("failed")), "{said:?}");
}

#[test]
fn a_reload_orders_what_is_new_and_drops_what_is_gone() {
    let Some(scene) = Scene::new(Manners::default()) else { return };
    let root = scene.authority.root(&scene.curl);
    let edge = Edge::of(&scene.config("either", &[&["a.test"]]));
    let mut seen = edge.await_error(0, "certificate-issued");
    let at_admin = format!("[admin]\nat = \"{}\"", edge.at(2));
    let reload = |sites: &[&[&str]]| {
        edge.rewrite(&scene.config("either", sites).replace("[admin]\nat = \"127.0.0.1:0\"", &at_admin));
        edge.signal("HUP");
    };

    // Another name of a site, and another site.
    reload(&[&["a.test", "www.a.test"], &["b.test"]]);
    seen = edge.await_error(seen, "reloaded");
    let lacks =
        edge.await_error(seen, "certificate-ordered site=a.test names=\"a.test www.a.test\" why=\"the one there is lacks www.a.test\"");
    edge.await_error(lacks, "certificate-issued site=a.test");
    seen = edge.await_error(seen, "certificate-issued site=b.test");
    for (host, body) in [("a.test", "a.test"), ("www.a.test", "a.test"), ("b.test", "b.test")] {
        assert_eq!(scene.get(&root, host), Ok(body.to_string()), "{host}");
    }
    let names =
        |edge: &Edge| certificates(edge).iter().map(|shown| shown["name"].as_str().expect("a name").to_string()).collect::<Vec<_>>();
    assert_eq!(names(&edge), ["acme/a.test", "acme/b.test"]);

    reload(&[&["b.test"]]);
    seen = edge.await_error(seen, "reloaded");
    wait("the end of a certificate whose site is gone", || (names(&edge) == ["acme/b.test"]).then_some(()));

    // Other settings begin with what is stored under them.
    edge.rewrite(&scene.config("http-01", &[&["b.test"]]).replace("[admin]\nat = \"127.0.0.1:0\"", &at_admin));
    edge.signal("HUP");
    seen = edge.await_error(seen, "certificate-found site=b.test");
    assert_eq!(scene.get(&root, "b.test"), Ok("b.test".to_string()));

    // And settings that cannot work change nothing.
    let taken = scene.state.file("taken", "no directory");
    let state = format!("state = {:?}", scene.state.at("state"));
    let broken = scene.config("http-01", &[&["c.test"]]).replace(&state, &format!("state = {taken:?}"));
    edge.rewrite(&broken.replace("[admin]\nat = \"127.0.0.1:0\"", &at_admin));
    edge.signal("HUP");
    seen = edge.await_error(seen, "reload-refused");
    edge.await_error(seen, &format!("cannot make the directory {taken}/"));
    assert_eq!(scene.get(&root, "b.test"), Ok("b.test".to_string()));
    assert_eq!(names(&edge), ["acme/b.test"]);
}

/// The line that tells it, and what is served meanwhile.
#[test]
fn an_authority_that_cannot_be_reached_is_told_in_a_line_and_the_server_goes_on() {
    let Some(scene) = Scene::new(Manners::default()) else { return };
    let nobody = format!("https://{}/dir", free_address());
    let config = scene.config("either", &[&["a.test"]]).replace(&scene.authority.directory(), &nobody);
    let edge = Edge::of(&config);
    let next = edge.await_error(0, "certificate-failed");
    let line = edge.errors().swap_remove(next - 1);
    for part in ["site=a.test names=a.test failures=1 wait=", "cannot register an account", "refused"] {
        assert!(line.contains(part), "{line}");
    }
    let plain = scene.curl.text(&["-H", "Host: a.test", &format!("http://{}/", scene.http)]);
    assert_eq!(plain, "a.test");
    let refused = scene.get(&scene.authority.ca(), "a.test").expect_err("there is no certificate");
    assert!(refused.contains("alert"), "{refused}");
    let shown = wait("the next try", || certificates(&edge).into_iter().find(|shown| shown["order"]["wait"].is_u64()));
    assert_eq!(
        (&shown["name"], &shown["left"], &shown["order"]["why"]),
        (&"acme/a.test".into(), &Value::Null, &"the last orders failed".into())
    );
    assert!(admin(&edge, "/metrics").contains("throughline_certificate_orders_total{site=\"a.test\",result=\"failed\"} 1\n"));
}

/// An account that it does not give without being asked in another way: its own words are told.
#[test]
fn an_authority_that_refuses_is_told_in_its_own_words() {
    let Some(scene) = Scene::new(Manners { external_account: true, ..Manners::default() }) else { return };
    let edge = Edge::of(&scene.config("either", &[&["a.test"]]));
    edge.await_error(0, "externalAccountRequired");
    assert_eq!(scene.curl.text(&["-H", "Host: a.test", &format!("http://{}/", scene.http)]), "a.test");
}

#[test]
fn what_cannot_work_is_said_before_it_starts() {
    let Some(scene) = Scene::new(Manners::default()) else { return };
    let started = |config: String| {
        let path = scene.state.file("wrong.toml", config);
        let output = Command::new(BINARY).args(["serve", &path]).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("text")
    };
    let config = scene.config("either", &[&["a.test"]]);
    let said = started(config.replace("terms-agreed = true", "terms-agreed = false"));
    assert!(said.contains("2:16: nothing is ordered from an authority whose terms of service are not agreed to"), "{said}");
    let taken = scene.state.file("taken", "no directory");
    let said = started(config.replace(&format!("state = {:?}", scene.state.at("state")), &format!("state = {taken:?}")));
    let last = said.lines().last().expect("a line");
    assert!(last.contains(&format!("cannot make the directory {taken}/")), "{said}");
}
