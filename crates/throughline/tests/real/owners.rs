//! Owners over the built binary: tokens with curl and `ctl`, and a journal that outlives what ends a process.

use crate::support::PATIENCE;
use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::edge::{BINARY, Edge};
use crate::support::message::Response;
use crate::support::peers::Curl;
use crate::support::place::Place;
use crate::support::ports::{free_address, free_addresses};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Two sites behind a cache; the admin side is the second listener.
fn config(place: &Place, more: &str, tokens: &str) -> String {
    format!(
        "[admin]\nat = \"127.0.0.1:0\"\n{tokens}\n{more}\n[journal]\nstate = \"{}\"\n[[listener]]\nat = \"127.0.0.1:0\"\n[[site]]\n\
         name = \"shop\"\nhosts = [\"127.0.0.1\"]\nSHOP\n[[site.route]]\npool = \"app\"\ncache = {{ default-ttl = \"1m\" }}\n\
         [[site]]\nname = \"blog\"\nhosts = [\"localhost\"]\nBLOG\n[[site.route]]\npool = \"app\"\ncache = {{ default-ttl = \"1m\" }}\n\
         [pool.app]\nbackends = [\"127.0.0.1:1\"]\n",
        place.at("state")
    )
}

fn journaling(place: Place) -> Edge {
    let text = config(&place, "", "").replace("SHOP", "").replace("BLOG", "");
    Edge::with_place(place, &text)
}

fn purge(client: &mut Client, at: SocketAddr, what: &str) -> std::io::Result<Response> {
    client.try_send(format!("POST /cache/purge?{what} HTTP/1.1\r\nHost: {at}\r\nX-Throughline-Admin: 1\r\nContent-Length: 0\r\n\r\n"))?;
    client.response()
}

/// The number of a purge that was accepted.
fn number(response: &Response) -> u64 {
    assert_eq!(response.status, 200, "{}", response.text());
    let answer: serde_json::Value = serde_json::from_str(&response.text()).expect("JSON");
    answer["sequence"].as_u64().expect("a number")
}

/// Accepted, durable and applied, as `ctl status` has them.
fn numbers(edge: &Edge) -> [u64; 3] {
    let text = Client::connect(edge.at(1)).get("/status").text();
    let status: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    ["accepted", "durable", "applied"].map(|key| status["journal"][key].as_u64().expect("a number"))
}

#[test]
fn what_was_acknowledged_outlives_a_kill() {
    let edge = journaling(Place::new());
    let (at, acknowledged) = (edge.at(1), AtomicUsize::new(0));
    let (edge, numbers_told): (Edge, BTreeSet<u64>) = std::thread::scope(|scope| {
        let one = |thread: u32| {
            let acknowledged = &acknowledged;
            scope.spawn(move || {
                let (mut client, mut told) = (Client::connect(at), Vec::new());
                for tag in 0.. {
                    let Ok(response) = purge(&mut client, at, &format!("tag={thread}-{tag}")) else { break };
                    told.push(number(&response));
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                }
                told
            })
        };
        let threads: Vec<_> = (0..8).map(one).collect();
        let began = Instant::now();
        while acknowledged.load(Ordering::SeqCst) < 400 {
            assert!(began.elapsed() < PATIENCE, "{acknowledged:?} acknowledged");
            std::thread::sleep(Duration::from_millis(1));
        }
        let place = edge.into_place();
        let told: Vec<u64> = threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
        let unique: BTreeSet<u64> = told.iter().copied().collect();
        assert_eq!(unique.len(), told.len(), "no number was given twice");
        (journaling(place), unique)
    });
    let [accepted, durable, applied] = numbers(&edge);
    let last = *numbers_told.last().expect("some were acknowledged");
    assert!(accepted >= last && durable == accepted && applied == accepted, "{accepted} {durable} {applied}, told up to {last}");
    let replayed = edge.await_error(0, "journal-replayed");
    assert!(edge.errors()[replayed - 1].contains(&format!("sequence={accepted} ")), "{:?}", edge.errors());
    assert_eq!(number(&edge.post_admin(1, "/cache/purge?all")), accepted + 1);
    assert!(edge.errors().iter().all(|line| !line.contains("journal-damaged")), "{:?}", edge.errors());
}

#[test]
fn a_thousand_purges_at_once_are_all_accepted() {
    let edge = journaling(Place::new());
    let at = edge.at(1);
    let one = |thread: u32| {
        std::thread::spawn(move || {
            let mut client = Client::connect(at);
            let each = (0..10).map(|tag| number(&purge(&mut client, at, &format!("tag={thread}-{tag}")).expect("an answer")));
            each.collect::<Vec<u64>>()
        })
    };
    let threads: Vec<_> = (0..100).map(one).collect();
    let mut told: Vec<u64> = threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
    told.sort_unstable();
    assert_eq!(told, (1..=1000).collect::<Vec<u64>>());
    assert_eq!(numbers(&edge), [1000; 3]);
    let metrics = Client::connect(at).get("/metrics").text();
    assert!(metrics.contains("\nthroughline_journal_applied 1000\n") && metrics.contains("\nthroughline_journal_failing 0\n"), "{metrics}");
    let table = Command::new(BINARY).args(["ctl", "status", "--admin", &at.to_string()]).output().expect("the binary runs");
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(table.contains("  journal      number 1,000 applied of 1,000, 1,000 on disk, "), "{table}");
}

/// What the site answers to its own name.
fn get(edge: &Edge, path: &str) -> Response {
    let mut client = edge.connect();
    client.send(format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", edge.at(0)));
    client.response().expect("an answer")
}

/// Hands content over, as the owner of the site would.
fn hand_over(edge: &Edge, path: &str, content: &str, fields: &str) -> Response {
    let (at, url) = (edge.at(1), edge.url(path));
    let mut client = Client::connect(at);
    client.send(format!(
        "PUT /cache/content?url={url} HTTP/1.1\r\nHost: {at}\r\nX-Throughline-Admin: 1\r\nContent-Type: text/plain\r\n{fields}\
         Content-Length: {}\r\n\r\n{content}",
        content.len()
    ));
    client.response().expect("an answer of the admin side")
}

/// Its backend is not there: what is answered comes out of the cache.
#[test]
fn what_was_pushed_is_there_after_a_kill_and_what_was_purged_is_not() {
    let mut place = Place::new();
    // Ports that stay, so that URLs do.
    let [http, admin] = free_addresses();
    let start = |place: Place| {
        let text = config(&place, "", "").replace("SHOP", "").replace("BLOG", "");
        let text = text.replacen("127.0.0.1:0", &admin.to_string(), 1).replacen("127.0.0.1:0", &http.to_string(), 1);
        Edge::with_place(place, &text)
    };
    for round in 0..3 {
        let edge = start(place);
        let push = |path: &str, content: &str, fields: &str| number(&hand_over(&edge, path, content, fields));
        if round == 0 {
            assert_eq!(push("/a", "first", "Cache-Control: max-age=600\r\nSurrogate-Key: news\r\n"), 1);
            assert_eq!(push("/b", "of b", "Cache-Control: max-age=600\r\n"), 2);
            assert_eq!(push("/c", "of c", "Cache-Control: max-age=600\r\nSurrogate-Key: news\r\n"), 3);
            assert_eq!(number(&edge.post_admin(1, "/cache/purge?tag=news")), 4);
            assert_eq!(push("/a", "second", "Cache-Control: max-age=600\r\n"), 5);
            assert_eq!(number(&edge.post_admin(1, &format!("/cache/purge?url={}&soft", edge.url("/b")))), 6);
        } else {
            edge.await_error(0, "journal-replayed");
        }
        let a = get(&edge, "/a");
        assert_eq!((a.status, a.text()), (200, "second".to_string()), "{round}");
        assert!(a.field("cache-status").unwrap_or_default().contains("; hit"), "{round}: {:?}", a.field("cache-status"));
        let age: u64 = a.field("age").unwrap_or("0").parse().expect("a number");
        assert!(age < 500, "{round}: it is as old as it was handed over");
        for path in ["/c", "/b"] {
            assert_eq!(get(&edge, path).status, 502, "{round}: {path} was purged, and there is no backend");
        }
        assert!(numbers(&edge).iter().all(|number| *number == 6), "{round}: {:?}", numbers(&edge));
        place = edge.into_place();
    }
}

/// What was noticed and not fetched before the end is fetched by the next start.
#[test]
fn a_notice_is_seen_to_its_end() {
    let place = Place::new();
    let [http, admin, behind] = free_addresses();
    let start = |place: Place| {
        let text = config(&place, "", "").replace("SHOP", "").replace("BLOG", "").replace("127.0.0.1:1\"", &format!("{behind}\""));
        let text = text.replacen("127.0.0.1:0", &admin.to_string(), 1).replacen("127.0.0.1:0", &http.to_string(), 1);
        Edge::with_place(place, &text)
    };
    let edge = start(place);
    // A backend that takes the request and never answers.
    let silent = std::net::TcpListener::bind(behind).expect("a free port");
    let notice = edge.post_admin(1, &format!("/cache/push?url={}", edge.url("/bytes/300")));
    let asked = silent.accept().expect("the backend is asked");
    assert_eq!(notice.status, 202, "{}", notice.text());
    let place = edge.into_place();
    drop((asked, silent));
    let backend = Backend::tcp(&behind.to_string());
    let edge = start(place);
    backend.await_seen(1);
    edge.await_error(0, "feed-ended by=notice");
    let hit = get(&edge, "/bytes/300");
    assert!(hit.field("cache-status").unwrap_or_default().contains("; hit"), "{:?}", hit.field("cache-status"));
    // Its end is written down: the start after that has nothing to do again.
    let began = Instant::now();
    while numbers(&edge)[0] < 2 {
        assert!(began.elapsed() < PATIENCE, "{:?}", numbers(&edge));
        std::thread::sleep(Duration::from_millis(1));
    }
    let begun = backend.begun();
    let edge = start(edge.into_place());
    edge.await_error(0, "journal-replayed records=0 ");
    assert_eq!(backend.begun(), begun);
}

/// A file may not grow beyond a limit: to who writes, a disk that is full.
#[test]
fn a_full_disk_refuses_and_leaves_nothing_half() {
    let place = Place::new();
    let text = config(&place, "", "").replace("SHOP", "").replace("BLOG", "");
    let path = place.file("edge.toml", text);
    // Without the trap, the limit's signal would end the process.
    let script = format!("trap '' XFSZ; ulimit -f 4; exec {BINARY} serve {path}");
    let edge = Edge::start(place, Command::new("sh").args(["-c", &script]), 2);
    let tag = |number: usize| format!("/cache/purge?tag={number}{}", "x".repeat(200));
    let answers: Vec<Response> = (0..20).map(|number| edge.post_admin(1, &tag(number))).collect();
    let accepted = answers.iter().take_while(|answer| answer.status == 200).count();
    assert!((3..15).contains(&accepted), "{accepted}");
    for refused in &answers[accepted..] {
        assert_eq!(refused.status, 503);
        assert!(refused.text().starts_with("there is no room for the journal (File too large"), "{}", refused.text());
        assert!(refused.text().ends_with("nothing was done\n"), "{}", refused.text());
    }
    let accepted = accepted as u64;
    assert_eq!(numbers(&edge), [accepted; 3]);
    edge.await_error(0, "journal-failed why=");
    assert_eq!(edge.errors().iter().filter(|line| line.contains("journal-failed")).count(), 1, "told once");
    // One that still has room is accepted, and that is told.
    let small = edge.post_admin(1, "/cache/purge?all");
    let room = small.status == 200;
    assert!(!room || edge.await_error(0, "journal-recovered") > 0);
    let edge = journaling(edge.into_place());
    let accepted = accepted + u64::from(room);
    assert_eq!(numbers(&edge), [accepted; 3]);
    assert_eq!(number(&edge.post_admin(1, &tag(0))), accepted + 1);
    assert!(edge.errors().iter().all(|line| !line.contains("journal-cut") && !line.contains("journal-damaged")), "{:?}", edge.errors());
}

/// A start without room serves what there is, and accepts nothing until there is room.
#[test]
fn a_start_on_a_full_disk_serves() {
    let place = Place::new();
    // A port that stays, so that the URL does.
    let at = free_address();
    let text =
        config(&place, "", "").replace("SHOP", "").replace("BLOG", "").replacen("127.0.0.1:0\"\n[[site", &format!("{at}\"\n[[site"), 1);
    let edge = Edge::with_place(place, &text);
    let content = "x".repeat(9000);
    let url = format!("http://{at}/a");
    assert_eq!(number(&hand_over(&edge, "/a", &content, "Cache-Control: max-age=600\r\n")), 1);
    let place = edge.into_place();
    let path = place.file("edge.toml", &text);
    let script = format!("trap '' XFSZ; ulimit -f 8; exec {BINARY} serve {path}");
    let edge = Edge::start(place, Command::new("sh").args(["-c", &script]), 2);
    assert_eq!(get(&edge, "/a").text(), content, "{url}");
    edge.await_error(0, "journal-failed why=\"there is no room for the journal (File too large");
    let refused = edge.post_admin(1, "/cache/purge?all");
    assert_eq!((refused.status, numbers(&edge)), (503, [1; 3]), "{}", refused.text());
    assert_eq!(get(&edge, "/a").text(), content, "nothing was done");
    let place = edge.into_place();
    let left: Vec<_> =
        std::fs::read_dir(place.at("state/journal")).expect("a directory").map(|entry| entry.expect("an entry").path()).collect();
    assert!(left.iter().all(|path| path.extension().is_none()), "nothing half written is left: {left:?}");
    let edge = Edge::with_place(place, &text);
    assert_eq!(get(&edge, "/a").text(), content);
    assert_eq!(number(&edge.post_admin(1, "/cache/purge?all")), 2);
    assert_eq!(get(&edge, "/a").status, 502, "it is gone, and there is no backend");
}

#[test]
fn a_state_directory_that_cannot_be_used_is_told_at_the_start() {
    let place = Place::new();
    let file =
        place.file("edge.toml", config(&place, "", "").replace("SHOP", "").replace("BLOG", "").replace(&place.at("state"), "/dev/null/x"));
    let output = Command::new(BINARY).args(["serve", &file]).output().expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("cannot use /dev/null/x/journal for the journal: "), "{said}");
}

fn ctl(edge: &Edge, arguments: &[&str], environment: Option<&str>) -> Output {
    let mut command = Command::new(BINARY);
    command.arg("ctl").args(arguments).args(["--admin", &edge.at(1).to_string()]).env_remove("THROUGHLINE_TOKEN");
    environment.map(|token| command.env("THROUGHLINE_TOKEN", token));
    command.output().expect("the binary runs")
}

/// A token in a file of this name, and the line for the configuration.
fn token(place: &Place, name: &str) -> String {
    let made = Command::new(BINARY).args(["ctl", "token", "--write", &place.at(name)]).output().expect("the binary runs");
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(made.status.success() && said.starts_with("token    in /"), "{said}");
    let line = said.lines().find_map(|line| line.strip_prefix("config   ")).expect("the line for the configuration");
    let again = Command::new(BINARY).args(["ctl", "token", "--token-file", &place.at(name)]).output().expect("the binary runs");
    assert!(String::from_utf8_lossy(&again.stdout).contains(line.trim_end()), "the hash of a token that is there");
    line.split("    ").next().expect("the setting").to_string()
}

#[test]
fn an_owners_token_opens_his_site_alone() {
    let place = Place::new();
    let [admin, shop, blog] = ["admin", "shop", "blog"].map(|name| token(&place, name));
    let text = config(&place, "", &admin).replace("SHOP", &shop).replace("BLOG", &blog);
    let backend = Backend::start();
    let text = text.replace("127.0.0.1:1\"", &format!("{}\"", backend.at));
    let edge = Edge::with_place(place, &text);
    let (shop_file, admin_file) = (edge.place.at("shop"), edge.place.at("admin"));
    let shop_token = std::fs::read_to_string(&shop_file).expect("the token");
    let stored = || {
        let (own, other) = (edge.url("/bytes/100"), edge.url("/bytes/100").replace("127.0.0.1", "localhost"));
        [own, other].map(|url| {
            let host = url.split('/').nth(2).expect("a host").to_string();
            let mut client = Client::connect(edge.at(0));
            client.send(format!("GET /bytes/100 HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            let response = client.response().expect("an answer");
            response.field("cache-status").unwrap_or_default().contains("; hit")
        })
    };
    stored();
    assert_eq!(stored(), [true, true]);
    let other = edge.url("/bytes/100").replace("127.0.0.1", "localhost");
    for refused in [&["purge", &*other][..], &["purge", "--all"], &["purge", "--site", "blog"], &["status"], &["drain"]] {
        let output = ctl(&edge, &[refused, &["--token-file", &shop_file]].concat(), None);
        assert!(!output.status.success(), "{refused:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("token"), "{refused:?}: {output:?}");
    }
    for (url, own) in [(&*edge.url("/bytes/100"), true), (&*other, false)] {
        for more in [&[][..], &["--status", "200", "--response", "Cache-Control: max-age=60"]] {
            let admin = edge.at(1).to_string();
            let explain = [&["explain", "cache", "--admin", &admin, "--token-file", &shop_file, url], more].concat();
            let output = Command::new(BINARY).args(&explain).output().expect("the binary runs");
            assert_eq!(output.status.success(), own, "{explain:?}: {output:?}");
        }
    }
    let without = ctl(&edge, &["status"], None);
    assert!(String::from_utf8_lossy(&without.stderr).contains("--token-file FILE, or THROUGHLINE_TOKEN"), "{without:?}");
    assert_eq!(stored(), [true, true]);
    let purged = ctl(&edge, &["purge", "--site", "shop"], Some(&shop_token));
    assert_eq!(String::from_utf8_lossy(&purged.stdout), "purged; number 1\n", "{purged:?}");
    assert_eq!(stored(), [false, true], "only the owner's own");
    assert!(ctl(&edge, &["status", "--token-file", &admin_file], Some("nonsense")).status.success(), "the file goes first");
    if let Some(curl) = Curl::find() {
        let (header, url) = (format!("Authorization: Bearer {}", shop_token.trim()), format!("http://{}/cache/purge?tag=x", edge.at(1)));
        let text = curl.text(&["-X", "POST", "-H", &header, &url]);
        assert_eq!(text, "{\"ok\":true,\"sequence\":2,\"soft\":false}\n");
        let challenge = curl.text(&["-i", "-X", "POST", &url]);
        assert!(challenge.contains("401") && challenge.contains("WWW-Authenticate: Bearer realm=\"throughline\"\r\n"), "{challenge}");
    }
}

#[test]
fn nobody_opens_the_admin_side_to_strangers_by_mistake() {
    let output = Command::new(BINARY).args(["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--admin", "0.0.0.0:0"]).output();
    let output = output.expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("whoever reaches 0.0.0.0:0 could read and do everything on the admin side. Write tokens"), "{said}");
}
