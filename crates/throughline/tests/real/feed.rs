//! Pushes and prefetches of the built binary: by its commands, and over its admin side with curl.

use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::edge::{BINARY, Edge};
use crate::support::noise;
use crate::support::peers::Curl;
use crate::support::place::Place;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

/// A backend behind a cache, and files beside it; the admin side is the second listener.
fn edge(backend: &Backend, place: Place) -> Edge {
    let root = place.at("");
    let cache = "memory = \"16 MiB\"\nprefetch-rate = 10_000\npush-content = \"4 KiB\"\njob-urls = 100\n";
    let maps = format!("[[site.route]]\npath = \"/maps/*\"\nfiles = {{ root = \"{root}\" }}\n");
    let app = format!("[[site.route]]\npool = \"app\"\ncache = {{ default-ttl = \"1m\" }}\n[pool.app]\nbackends = [\"{}\"]\n", backend.at);
    let at = "at = \"127.0.0.1:0\"\n";
    Edge::with_place(place, &format!("[admin]\n{at}[cache]\n{cache}[[listener]]\n{at}[[site]]\nname = \"shop\"\n{maps}{app}"))
}

/// As the tests' client asks; there is no listener on its port, and so the first is meant.
fn url(path: &str) -> String {
    format!("http://test.example{path}")
}

/// What a command prints, both ways, and whether it says that all went well.
fn ctl(edge: &Edge, arguments: &[&str]) -> (bool, String) {
    let output =
        Command::new(BINARY).arg("ctl").args(arguments).args(["--admin", &edge.at(1).to_string()]).output().expect("the binary runs");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

fn cache_status(edge: &Edge, path: &str) -> String {
    Client::connect(edge.at(0)).get(path).field("cache-status").unwrap_or_default().to_string()
}

#[test]
fn a_push_is_there_before_anyone_asks() {
    let backend = Backend::start();
    let edge = edge(&backend, Place::new());
    let page_url = url("/bytes/1000");
    let (good, told) = ctl(&edge, &["push", &page_url]);
    assert!(
        good && told.starts_with("accepted (1): the old answers are gone\nstored      ") && told.contains("200, 1000 bytes in "),
        "{told}"
    );
    assert!(told.ends_with("job 1: 1 of 1 URLs are in the cache, 0 failed\n"), "{told}");
    assert!(cache_status(&edge, "/bytes/1000").starts_with("throughline; hit; "));
    assert_eq!(backend.begun(), 1);
    let (good, told) = ctl(&edge, &["push", "--soft", &page_url, "not a url", &url("/status/500")]);
    assert!(!good && told.contains("a URL") | told.contains("no scheme"), "{told}");
    let (good, told) = ctl(&edge, &["push", "--soft", &page_url, &url("/status/500")]);
    assert!(!good && told.contains("not-stored  ") && told.contains("1 of 2 URLs are in the cache, 1 failed"), "{told}");
    let metrics = Client::connect(edge.at(1)).get("/metrics").text();
    for line in ["pushes_total{kind=\"notice\"} 2", "fetches_total{reason=\"notice\",outcome=\"stored\"} 2"] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}

#[test]
fn content_is_handed_over() {
    let backend = Backend::start();
    let place = Place::new();
    let page = place.file("page.html", "<h1>new</h1>");
    let long = place.file("long.html", "x".repeat(5000));
    let edge = edge(&backend, place);
    let page_url = url("/page");
    let (good, told) =
        ctl(&edge, &["push", &page_url, "--file", &page, "--field", "Cache-Control: max-age=60", "--field", "Surrogate-Key: p"]);
    assert!(good && told.starts_with("stored (1): ") && told.contains("12 bytes, fresh for 60 s"), "{told}");
    let answer = Client::connect(edge.at(0)).get("/page");
    assert_eq!((answer.text(), answer.field("content-type")), ("<h1>new</h1>".to_string(), Some("text/html; charset=utf-8")));
    assert!(answer.field("cache-status").is_some_and(|status| status.starts_with("throughline; hit; ttl=")));
    for (arguments, why) in [
        (&["push", &*page_url, "--file", &page, "--field", "Cache-Control: no-store"][..], "not stored: no-store: "),
        (&["push", &page_url, "--file", &page, "--field", "Set-Cookie: a=b"], "not stored: sets-cookie: "),
        (&["push", &page_url, "--file", &long], "4096 bytes at the most"),
        (&["push", &url("/maps/x"), "--file", &page], "its route stores nothing"),
        (&["push", "ftp://a/", "--file", &page], "no scheme that is served here"),
        (&["push", &page_url, "--file", &page, "--field", "nonsense"], "a field is written"),
    ] {
        let (good, told) = ctl(&edge, arguments);
        assert!(!good && told.contains(why), "{told}");
    }
    assert_eq!(Client::connect(edge.at(0)).get("/page").text(), "<h1>new</h1>");
    assert_eq!(backend.begun(), 0);
    if let Some(curl) = Curl::find() {
        let target = format!("http://{}/cache/content?url={}", edge.at(1), edge.url("/curl"));
        let fields = ["X-Throughline-Admin: 1", "Content-Type: text/plain", "Cache-Control: max-age=9"].map(|field| ["-H", field]).concat();
        let told = curl.text(&[&fields[..], &["-X", "PUT", "--data-binary", "by curl", &target]].concat());
        assert!(told.starts_with("{\"bytes\":7,\"ok\":true,"), "{told}");
        assert!(curl.text(&["-i", &edge.url("/curl")]).ends_with("by curl"));
        assert_eq!(curl.text(&["-X", "PUT", "-d", "x", "-o", "/dev/null", "-w", "%{http_code}", &target]), "403");
    }
}

#[test]
fn lists_and_sitemaps_are_fetched() {
    let backend = Backend::start();
    let place = Place::new();
    let edge = edge(&backend, place);
    let locs = |tag: &str, paths: &[&str]| paths.iter().map(|path| format!("<{tag}><loc>{}</loc></{tag}>", url(path))).collect::<String>();
    let map = format!("<urlset>{}</urlset>", locs("url", &["/bytes/100?a=1&amp;b", "/bytes/200"]));
    let index = format!("<?xml version=\"1.0\"?><sitemapindex>{}</sitemapindex>", locs("sitemap", &["/maps/1.xml", "/maps/none.xml"]));
    std::fs::create_dir_all(edge.place.at("maps")).expect("a directory");
    edge.place.replace("maps/1.xml", &map);
    edge.place.replace("maps/index.xml", &index);
    let (good, told) = ctl(&edge, &["prefetch", "--sitemap", &url("/maps/index.xml")]);
    assert!(!good && told.contains("/maps/none.xml: the answer was 404"), "{told}");
    assert!(told.contains("2 of 2 URLs are in the cache, 1 failed"), "{told}");
    assert_eq!(backend.begun(), 2);
    assert!(cache_status(&edge, "/bytes/100?a=1&b").starts_with("throughline; hit; "));
    let list = edge.place.file("list.txt", format!("# two\n{}\n\n{}\n", url("/bytes/200"), url("/bytes/300")));
    let (good, told) = ctl(&edge, &["prefetch", "--list", &list, &url("/bytes/400")]);
    assert!(good && told.contains("fresh       ") && told.contains("3 of 3 URLs are in the cache, 0 failed"), "{told}");
    assert_eq!(backend.begun(), 4);
    assert_eq!(Client::connect(edge.at(0)).get("/bytes/300").body, noise(300));
    let (good, told) = ctl(&edge, &["prefetch", "--follow", "2"]);
    assert!(good && told.contains("job 2: 3 of 3"), "{told}");
    for (arguments, why) in [
        (&["prefetch"][..], "say what to fetch"),
        (&["prefetch", "--follow", "9"], "there is no job 9"),
        (&["prefetch", "--cancel", "9"], "is not known"),
        (&["prefetch", "http://a/", "--rate", "0"], "rate is a number from 1 on"),
    ] {
        let told = ctl(&edge, arguments).1;
        assert!(told.contains(why), "{told}");
    }
}

#[test]
fn over_http_a_push_waits_if_it_is_asked_to() {
    let backend = Backend::start();
    let edge = edge(&backend, Place::new());
    let told = edge.post_admin(1, &format!("/cache/push?wait&url={}&url={}", url("/bytes/10"), url("/bytes/20")));
    assert!(told.status == 200 && told.text().contains("\"good\":2") && told.text().contains("\"outcome\":\"stored\""), "{}", told.text());
    let told = edge.post_admin(1, &format!("/cache/prefetch?url={}", url("/hold")));
    assert_eq!(told.status, 202);
    backend.await_seen(3);
    let jobs = Client::connect(edge.at(1)).get("/cache/prefetch").text();
    assert!(jobs.contains("\"under_way\":1"), "{jobs}");
    assert!(edge.post_admin(1, "/cache/prefetch?cancel=2").text().contains("\"cancelled\":true"));
    backend.release();
    for (target, status) in [
        ("/cache/push", 400),
        ("/cache/prefetch", 400),
        ("/cache/push?url=http://", 400),
        ("/cache/push?all", 400),
        ("/cache/prefetch?cancel=x", 400),
    ] {
        assert_eq!(edge.post_admin(1, target).status, status, "{target}");
    }
    assert_eq!(Client::connect(edge.at(1)).get("/cache/prefetch?id=77").status, 404);
    assert_eq!(Client::connect(edge.at(1)).get("/cache/push").status, 405);
}

/// While content is handed over again and again, every client gets it, none gets what was there before it was acknowledged, and nobody has
/// to ask the backend: there is no moment without.
#[test]
fn content_that_changes_all_the_while_is_never_missing_and_never_old() {
    let backend = Backend::start();
    let edge = edge(&backend, Place::new());
    let [site, admin] = [0, 1].map(|number| edge.at(number));
    let acknowledged = AtomicU64::new(0);
    let push = |version: u64| {
        let mut client = Client::connect(admin);
        let body = version.to_string();
        let head = format!("Host: {}\r\nX-Throughline-Admin: 1\r\nCache-Control: max-age=60\r\n", admin);
        let target = format!("/cache/content?url={}", url("/version"));
        client.send(format!("PUT {target} HTTP/1.1\r\n{head}Content-Length: {}\r\n\r\n{body}", body.len()));
        assert_eq!(client.response().expect("an answer").status, 200);
        acknowledged.store(version, Ordering::SeqCst);
    };
    push(1);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = Client::connect(site);
                    let mut seen = 0_u64;
                    while seen < 300 {
                        let least = acknowledged.load(Ordering::SeqCst).max(seen);
                        seen = client.get("/version").text().parse().expect("a version");
                        assert!(seen >= least, "{seen} after {least}");
                    }
                })
            })
            .collect();
        (2..=300).for_each(push);
        readers.into_iter().for_each(|reader| reader.join().expect("no panic"));
    });
    assert_eq!(backend.begun(), 0);
}
