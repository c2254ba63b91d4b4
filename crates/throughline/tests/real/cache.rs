//! The cache of the built binary: with curl, over its admin side, and filled to its bound.

use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::edge::{BINARY, Edge};
use crate::support::peers::Curl;
use crate::support::{PATIENCE, noise, resident_kib};
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::time::Instant;

/// A backend behind a cache with these rules; answers that say nothing are fresh for a minute. The admin side is the second listener.
fn caching(backend: &Backend, memory: &str, rules: &str) -> Edge {
    Edge::of(&format!(
        "[admin]\nat = \"127.0.0.1:0\"\n[cache]\nmemory = \"{memory}\"\n[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\nname = \"shop\"\n\
         [[site.route]]\nname = \"all\"\npool = \"app\"\ncache = {{ default-ttl = \"1m\"{rules} }}\n[pool.app]\nbackends = [\"{}\"]\n",
        backend.at
    ))
}

/// What a command of the binary prints, asked of the edge's admin side.
fn program(edge: &Edge, arguments: &[&str]) -> String {
    let output = Command::new(BINARY).args(arguments).args(["--admin", &edge.at(1).to_string()]).output().expect("the binary runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The value of a field in what `curl -i` prints.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let fields = text.lines().filter_map(|line| line.split_once(": "));
    fields.rev().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Miss, hit, range, condition and purge, as curl sees them.
#[test]
fn curl_sees_miss_hit_and_purge() {
    let Some(curl) = Curl::find() else { return };
    let backend = Backend::start();
    let edge = caching(&backend, "16 MiB", "");
    let url = edge.url("/bytes/1000");
    let cache = |more: &[&str]| {
        let text = String::from_utf8_lossy(&curl.bytes(&[&["-i"], more, &[&url]].concat())).into_owned();
        (field(&text, "Cache-Status").unwrap_or_default().to_string(), text)
    };
    let first = cache(&[]);
    assert!(first.0.starts_with("throughline; fwd=uri-miss; ttl=") && first.0.contains("; stored; "), "{}", first.1);
    assert!(cache(&[]).0.starts_with("throughline; hit; ttl="));
    assert_eq!(curl.bytes(&[&url]), noise(1000));
    assert_eq!(curl.bytes(&["-r", "100-199", &url]), &noise(1000)[100..200]);
    assert!(cache(&["-I"]).1.contains("Content-Length: 1000"));
    assert_eq!(backend.begun(), 1);
    for purge in [&["ctl", "purge", &*url][..], &["ctl", "purge", "--prefix", &edge.url("/bytes/")], &["ctl", "purge", "--site", "shop"]] {
        let begun = backend.begun();
        assert!(program(&edge, purge).starts_with("purged; number "));
        assert!(cache(&[]).0.starts_with("throughline; fwd=miss;"), "{purge:?}");
        assert!(cache(&[]).0.starts_with("throughline; hit;"), "{purge:?}");
        assert_eq!(backend.begun(), begun + 1);
    }
    // A request is counted behind its answer.
    let began = Instant::now();
    let counted = || Some(program(&edge, &["ctl", "status"])).filter(|status| status.contains("misses 4,"));
    let status = std::iter::repeat_with(counted).take_while(|_| began.elapsed() < PATIENCE).flatten().next().expect("four misses");
    assert!(status.contains("1 stored in "), "{status}");
    let offline = Command::new(BINARY).args(["explain", "cache", &edge.place.at("edge.toml"), &url]).output().expect("the binary runs");
    let offline = String::from_utf8_lossy(&offline.stdout);
    assert!(
        offline.contains(&format!("| {url}\n")) && offline.contains("policy     fresh where nothing is said at all: for 1 min 0 s"),
        "{offline}"
    );
    let explained = program(&edge, &["explain", "cache", &url]);
    assert!(
        explained.contains("stored     200, 1000 bytes") && explained.contains("verdict    the cache answers: hit (fresh)"),
        "{explained}"
    );
}

/// A purge that names nothing, or a site that is not there, is refused with what to write.
#[test]
fn a_purge_that_makes_no_sense_is_refused() {
    let backend = Backend::start();
    let edge = caching(&backend, "16 MiB", "");
    for (target, status) in [
        ("/cache/purge", 400),
        ("/cache/purge?url=http://a/&tag=x", 400),
        ("/cache/purge?prefix=http://a/b", 400),
        ("/cache/purge?site=blog", 404),
        ("/cache/purge?tag=x", 200),
        ("/cache/purge?all&soft", 200),
    ] {
        assert_eq!(edge.post_admin(1, target).status, status, "{target}");
    }
}

/// Many at once make one request.
#[test]
fn clients_of_one_answer_share_it() {
    let backend = Backend::start();
    let edge = caching(&backend, "16 MiB", "");
    let clients: Vec<_> = (0..50)
        .map(|_| {
            let at = edge.at(0);
            std::thread::spawn(move || Client::connect(at).get("/hold"))
        })
        .collect();
    backend.await_seen(1);
    let metrics = || Client::connect(edge.at(1)).get("/metrics").text();
    let began = Instant::now();
    while !metrics().contains("throughline_requests_in_flight 52\n") {
        assert!(began.elapsed() < PATIENCE, "{}", metrics());
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    backend.release();
    for client in clients {
        assert_eq!(client.join().expect("no panic").text(), "held\n");
    }
    assert_eq!(backend.begun(), 1);
}

/// However much is asked for, the process takes no more memory than its bound, and a little for itself: with answers of all kinds of
/// lengths, and with such as the kernel holds for it.
#[test]
fn memory_holds_its_bound() {
    const BOUND_KIB: u64 = 48 * 1024;
    for (least, span) in [(500, 60_000), (65_536, 2_000_000)] {
        let backend = Backend::start();
        let edge = caching(&backend, "48 MiB", ", refuse-disguised = false");
        let mut client = edge.connect();
        client.get("/bytes/1000");
        let memory = || resident_kib(edge.pid()) + unnamed_kib(edge.pid());
        let before = memory();
        // Five times as much as has room.
        let (mut asked, mut most) = (0, 0);
        for number in 0_u64.. {
            let len = least + number * 791_929 % span;
            asked += len;
            let response = client.get(&format!("/bytes/{len}?{number}"));
            assert_eq!(response.body.len() as u64, len);
            if number % 20 == 0 {
                most = most.max(memory());
            }
            if asked > 5 * BOUND_KIB * 1024 {
                break;
            }
        }
        let most = most.max(memory());
        let grown = most - before;
        assert!(grown < BOUND_KIB, "{least}: {grown} KiB more than before");
        assert!(grown > BOUND_KIB / 3, "{least}: {grown} KiB more than before: the cache is not used");
        assert_eq!(unnamed_kib(edge.pid()) > BOUND_KIB / 3, least > 65_000, "long content lies with the kernel, and short does not");
    }
}

/// Memory of a process that is a file without a name, in KiB.
fn unnamed_kib(pid: u32) -> u64 {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let unnamed = open.filter(|entry| std::fs::read_link(entry.path()).is_ok_and(|to| to.to_string_lossy().starts_with("/memfd:")));
    unnamed.filter_map(|entry| std::fs::metadata(entry.path()).ok()).map(|file| file.blocks() / 2).sum()
}

/// What is long is the same byte for byte, whether its length was told or not, and so is every part of it.
#[test]
fn curl_has_long_content_from_the_store_as_it_was() {
    let Some(curl) = Curl::find() else { return };
    let backend = Backend::start();
    let edge = caching(&backend, "64 MiB", "");
    for (path, len) in [("bytes", 65_535), ("bytes", 65_536), ("bytes", 5_000_001), ("chunked", 3_000_000)] {
        let url = edge.url(&format!("/{path}/{len}"));
        for _ in 0..3 {
            assert!(curl.bytes(&[&url]) == noise(len), "{path} {len}");
        }
        assert!(curl.bytes(&["-r", "65000-65600", &url]) == noise(len)[65_000..len.min(65_601)], "{path} {len}");
        assert!(curl.bytes(&["--http2-prior-knowledge", &url]) == noise(len), "{path} {len} in HTTP/2");
    }
    assert_eq!(backend.begun(), 4);
}
