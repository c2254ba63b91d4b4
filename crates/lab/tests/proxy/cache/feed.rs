//! What comes into the cache without a client's asking: pushes, prefetches, links.

use super::{Got, asked, fetch, get_with, ok, origin, parts, status};
use crate::support::{FEED, MS, Rig, SECOND, Tally, at_ms, caching, get, keep_asking, ms};
use decide::cache::Sequence;
use decide::config::{Action, Match, PathMatch};
use lab::World;
use lab::peer::{Act, Record, Seen};
use node::asked::{self as request, Asked};
use node::{Fetched, Listed, Outcome, Plan, Progress, Pushed, Reason, Refused};
use std::cell::Cell;
use std::rc::Rc;
use wire::http::ResponseHead;
use wire::http1::Limits;

const LIMITS: Limits = Limits { target_bytes: 8192, head_bytes: 8192, fields: 100 };

fn url(path: &str) -> String {
    format!("http://a.example{path}")
}

fn lines(content: &[u8]) -> Result<Vec<Listed>, String> {
    let text = std::str::from_utf8(content).map_err(|error| error.to_string())?;
    let line = |line: &str| match line.strip_prefix("list ") {
        Some(list) => Listed::List(url(list)),
        None => Listed::Page(url(line)),
    };
    Ok(text.lines().map(line).collect())
}

fn plan(reason: Reason, paths: &[&str]) -> Plan {
    let urls = paths.iter().map(|path| url(path)).collect();
    Plan { reason, urls, lists: Vec::new(), read: lines, fields: Vec::new(), rate: None, simultaneous: None, only: None }
}

/// The origin's word that these have changed.
fn notice(rig: &Rig<'_>, paths: &[&str], soft: bool) -> u64 {
    let urls: Vec<String> = paths.iter().map(|path| url(path)).collect();
    let urls: Vec<_> = urls.into_iter().map(|url| (url, None)).collect();
    let since = rig.server.notice(&urls, soft, rig.edge.host().calendar());
    rig.server.feed(&rig.edge.host(), plan(Reason::Notice { since, soft }, paths)).expect("a job")
}

fn prefetch(rig: &Rig<'_>, paths: &[&str]) -> u64 {
    rig.server.feed(&rig.edge.host(), plan(Reason::Prefetch, paths)).expect("a job")
}

fn over(rig: &Rig<'_>, job: u64) -> (Progress, Vec<Fetched>) {
    rig.run(rig.server.fed(job));
    let progress = rig.server.fetching().progress(job).expect("it is known");
    (progress, rig.server.fetching().results(job, 0, 1000).into_iter().filter_map(|(_, fetched)| fetched).collect())
}

fn outcomes(fetched: &[Fetched]) -> Vec<Outcome> {
    fetched.iter().map(|one| one.outcome).collect()
}

fn hit(rig: &Rig<'_>, path: &str) -> Got {
    let got = rig.run(fetch(rig, &get(path)));
    assert!(got.cache().starts_with("edge; hit"), "{path}: {}", got.cache());
    got
}

/// When requests came to the origin.
fn times(origin: &Record) -> Vec<u64> {
    origin.requests().iter().map(|(at, _)| ms(*at)).collect()
}

fn pushed(rig: &Rig<'_>, path: &str, fields: &str, content: &str) -> Result<Pushed, String> {
    let asked: Asked = request::of(&url(path), "GET", &["Accept-Encoding: gzip"], &LIMITS).expect("a URL");
    let mut response = ResponseHead { status: 200, ..ResponseHead::default() };
    for line in fields.lines() {
        let (name, value) = line.split_once(": ").expect("a field");
        response.fields.push(name.as_bytes(), value.as_bytes());
    }
    let now = rig.edge.host().calendar();
    let pushable = rig.server.pushable(&asked, &response, content.as_bytes(), now)?;
    Ok(rig.server.push(pushable, now))
}

#[test]
fn what_nobody_has_asked_for_is_there_before_anyone_does() {
    World::twice(1, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = origin(&rig, vec![ok("Cache-Control: max-age=600\r\nVary: Accept-Encoding\r\n", "new")]);
        let (progress, fetched) = {
            let job = notice(&rig, &["/a"], false);
            over(&rig, job)
        };
        assert_eq!((progress.good, progress.bad, progress.urls), (1, 0, 1));
        assert_eq!((outcomes(&fetched), fetched[0].status, fetched[0].ttl), (vec![Outcome::Stored], 200, 600));
        // As browsers ask, and as those do that ask for nothing.
        assert_eq!(asked(&origin), 2);
        assert!(origin.requests()[0].1.contains("Accept-Encoding: br, gzip, zstd\r\n"), "{}", origin.requests()[0].1);
        assert!(!origin.requests()[1].1.contains("Accept-Encoding"), "{}", origin.requests()[1].1);
        assert_eq!(hit(&rig, "/a").body, "new");
        assert!(rig.run(fetch(&rig, &get_with("/a", "Accept-Encoding: gzip, br, zstd\r\n"))).cache().starts_with("edge; hit"));
        assert_eq!(asked(&origin), 2);
        assert_eq!(rig.log.events("push-accepted").len() + rig.log.events("feed-began").len() + rig.log.events("fed").len(), 3);
        rig.close();
    });
}

/// An origin whose pages take 300 ms, and have the number of their version in them, which the scenario raises.
fn versioned(rig: &Rig<'_>) -> (Record, Rc<Cell<u32>>) {
    let version = Rc::new(Cell::new(1));
    let seen = version.clone();
    let record = rig.serve(0, move |_| {
        let content = format!("version {}", seen.get());
        vec![Act::Wait(300 * MS), ok("Cache-Control: max-age=600\r\n", &content)]
    });
    (record, version)
}

fn with_clients_all_the_while(soft: bool) {
    World::twice(2, |world| {
        let rig = Rig::with_workers(world, caching(1), 4);
        let (origin, version) = versioned(&rig);
        let tallies: Vec<Tally> = (0..20).map(|_| Tally::default()).collect();
        for (number, tally) in tallies.iter().enumerate() {
            let from = at_ms(10 + number as u64);
            keep_asking(&rig.client, rig.edge.at(80), get("/a"), 20 * MS, from, at_ms(5_000), tally);
        }
        rig.run_until(at_ms(2_000));
        assert_eq!(asked(&origin), 1);
        version.set(2);
        let job = notice(&rig, &["/a"], soft);
        let acknowledged = world.now();
        over(&rig, job);
        let there = world.now();
        rig.run_until(at_ms(6_000));
        assert_eq!(asked(&origin), 2, "one question for all of them");
        let all = |body: &str, from, to| tallies.iter().map(|tally| tally.count(body, from, to)).sum::<usize>();
        assert!(tallies.iter().all(|tally| tally.failures().is_empty()));
        assert!(there.since(acknowledged) >= 300 * MS);
        // What is asked for after the word was taken is answered with the new version; with `soft`, from when that is there.
        let (old, new) = (all("version 1", acknowledged, there), all("version 2", acknowledged, there));
        assert_eq!((old > 0, new > 0), (soft, !soft), "{old} old, {new} new");
        assert_eq!(all("version 1", there, at_ms(6_000)), 0);
        assert!(all("version 2", there, at_ms(6_000)) > 1_000);
        rig.close();
    });
}

#[test]
fn after_a_notice_nobody_gets_the_old_copy_and_the_origin_is_asked_once() {
    with_clients_all_the_while(false);
}

#[test]
fn after_a_soft_notice_the_old_copy_serves_until_the_new_one_is_there() {
    with_clients_all_the_while(true);
}

#[test]
fn what_was_asked_before_a_soft_notice_is_not_stored_after_it() {
    World::twice(3, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| match request.number {
            0 => vec![Act::Wait(2 * SECOND), ok("Cache-Control: max-age=600\r\n", "old")],
            _ => vec![ok("Cache-Control: max-age=600\r\n", "new")],
        });
        let early = rig.ask(vec![Act::send(get("/a")), Act::await_bytes("old"), Act::Close]);
        rig.run_until(at_ms(1_000));
        let job = notice(&rig, &["/a"], true);
        assert_eq!(outcomes(&over(&rig, job).1), [Outcome::Stored]);
        assert_eq!(hit(&rig, "/a").body, "new");
        rig.run(early.until(|seen| *seen == Seen::Closed));
        assert_eq!(hit(&rig, "/a").body, "new");
        assert_eq!(asked(&origin), 2);
        rig.close();
    });
}

#[test]
fn a_soft_notice_that_brings_nothing_leaves_the_old_copy_only_until_it_is_validated() {
    World::twice(4, |world| {
        let mut config = caching(1);
        config.pools[0].ejection.failures = 0;
        let rig = Rig::new(world, config);
        let answers =
            vec![ok("Cache-Control: max-age=600\r\nETag: \"1\"\r\n", "old"), status(500, ""), ok("Cache-Control: no-store\r\n", "secret")];
        let origin = origin(&rig, answers);
        assert_eq!(rig.run(fetch(&rig, &get("/a"))).body, "old");
        let job = notice(&rig, &["/a"], true);
        let (progress, fetched) = over(&rig, job);
        assert_eq!((progress.good, progress.bad, fetched[0].status), (0, 1, 500));
        assert_eq!(rig.run(fetch(&rig, &get("/a"))).body, "secret");
        assert_eq!(asked(&origin), 3);
        rig.close();
    });
}

#[test]
fn what_may_not_be_stored_says_by_which_rule() {
    World::twice(5, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| {
            let fields = match request.head.split(' ').nth(1) {
                Some("/private") => "Cache-Control: private\r\n",
                Some("/cookie") => "Cache-Control: max-age=60\r\nSet-Cookie: a=b\r\n",
                Some("/any") => "Cache-Control: max-age=60\r\nVary: *\r\n",
                Some("/missing") => return vec![status(404, "Cache-Control: max-age=60\r\n")],
                _ => "Cache-Control: max-age=60\r\n",
            };
            vec![ok(fields, "content")]
        });
        let job = prefetch(&rig, &["/a", "/private", "/any", "/missing", "/a"]);
        let (progress, fetched) = over(&rig, job);
        let why = |index: usize| fetched[index].why.split(':').next().unwrap_or_default().to_string();
        use Outcome::{Fresh, NotStored, Stored};
        assert_eq!(outcomes(&fetched), [Stored, NotStored, NotStored, Stored, Fresh]);
        assert_eq!((why(1), why(2)), ("private".to_string(), "vary-any".to_string()), "{fetched:?}");
        assert_eq!((progress.good, progress.bad, fetched[3].status), (2, 3, 404));
        let elsewhere = Plan { urls: vec!["https://a.example/".into(), "nonsense://x".into()], ..plan(Reason::Prefetch, &[]) };
        let job = rig.server.feed(&rig.edge.host(), elsewhere).expect("a job");
        assert_eq!(outcomes(&over(&rig, job).1), [Outcome::Unserved, Outcome::Unserved]);
        assert!(asked(&origin) >= 4);
        rig.close();
    });
}

#[test]
fn what_turns_out_too_long_is_given_up_and_not_downloaded() {
    World::twice(16, |world| {
        let mut config = caching(1);
        config.sites[0].routes[0].cache.as_mut().expect("it stores answers").largest = 50_000;
        let rig = Rig::new(world, config);
        let origin = rig.serve(0, |_| {
            let piece = format!("4e20\r\n{}\r\n", "x".repeat(20_000));
            let head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n";
            vec![Act::send(head), Act::send(piece.repeat(100)), Act::send("0\r\n\r\n")]
        });
        let job = prefetch(&rig, &["/long"]);
        let (progress, fetched) = over(&rig, job);
        assert_eq!((progress.bad, outcomes(&fetched)), (1, vec![Outcome::NotStored]), "{fetched:?}");
        assert!(fetched[0].why.starts_with("too-large: "), "{fetched:?}");
        rig.run(origin.until(|seen| matches!(seen, Seen::Failed(_) | Seen::End | Seen::Closed)));
        rig.close();
    });
}

#[test]
fn a_prefetch_keeps_its_pace_and_its_number_at_once() {
    World::twice(6, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |_| vec![Act::Wait(SECOND), ok("Cache-Control: max-age=600\r\n", "x")]);
        let paths: Vec<String> = (0..20).map(|number| format!("/{number}")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let paced = Plan { rate: Some(10), simultaneous: Some(100), ..plan(Reason::Prefetch, &paths) };
        let job = rig.server.feed(&rig.edge.host(), paced).expect("a job");
        let (progress, _) = over(&rig, job);
        assert_eq!((progress.good, progress.rate), (20, Some(10)));
        let came = times(&origin);
        // Eight at once, a tenth of a second apart; the ninth when the first is there.
        assert_eq!(came.windows(2).filter(|pair| pair[1] - pair[0] < 98).count(), 0, "{came:?}");
        assert!(came[7] - came[0] < 800 && came[8] - came[0] >= 1_000, "{came:?}");
        // No job goes faster than the configuration allows.
        let hurried = Plan { rate: Some(1_000_000), ..plan(Reason::Prefetch, &["/0"]) };
        let job = rig.server.feed(&rig.edge.host(), hurried).expect("a job");
        assert_eq!(over(&rig, job).0.rate, Some(FEED.rate));
        rig.close();
    });
}

#[test]
fn a_job_that_is_cancelled_ends_with_what_is_under_way() {
    World::twice(7, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |_| vec![Act::Wait(SECOND), ok("Cache-Control: max-age=600\r\n", "x")]);
        let job = {
            let slow = Plan { rate: Some(2), ..plan(Reason::Prefetch, &["/1", "/2", "/3", "/4", "/5"]) };
            rig.server.feed(&rig.edge.host(), slow).expect("a job")
        };
        rig.run_until(at_ms(700));
        let now = rig.edge.host().calendar();
        assert!(rig.server.cancel_feed(now, job));
        let (progress, fetched) = over(&rig, job);
        assert_eq!((progress.good, progress.cancelled, fetched.len(), asked(&origin)), (2, true, 2, 2));
        assert!(!rig.server.cancel_feed(now, job) && !rig.server.cancel_feed(now, 77));
        assert_eq!(rig.log.events("feed-ended").len(), 1);
        rig.close();
    });
}

#[test]
fn a_drain_ends_jobs_and_waits_for_what_is_under_way() {
    World::twice(8, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |_| vec![Act::Wait(SECOND), ok("Cache-Control: max-age=600\r\n", "x")]);
        let slow = Plan { rate: Some(2), ..plan(Reason::Prefetch, &["/1", "/2", "/3", "/4", "/5"]) };
        let job = rig.server.feed(&rig.edge.host(), slow).expect("a job");
        rig.run_until(at_ms(700));
        rig.server.drain(rig.edge.host().calendar());
        let refused = rig.server.feed(&rig.edge.host(), plan(Reason::Prefetch, &["/6"]));
        assert_eq!(refused, Err(Refused::Draining));
        rig.run(rig.server.drained());
        let (progress, _) = over(&rig, job);
        assert_eq!((progress.good, progress.cancelled, asked(&origin)), (2, true, 2));
        rig.close();
    });
}

#[test]
fn after_a_reload_the_rest_goes_by_the_new_configuration() {
    World::twice(9, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |_| vec![ok("Cache-Control: max-age=600\r\n", "x")]);
        let slow = Plan { rate: Some(2), ..plan(Reason::Prefetch, &["/1", "/2", "/3", "/4"]) };
        let job = rig.server.feed(&rig.edge.host(), slow).expect("a job");
        rig.run_until(at_ms(700));
        let mut config = caching(1);
        config.sites[0].routes[0].cache = None;
        rig.server.reload(&rig.edge.host(), config);
        let (_, fetched) = over(&rig, job);
        use Outcome::{Stored, Unserved};
        assert_eq!((outcomes(&fetched), asked(&origin)), (vec![Stored, Stored, Unserved, Unserved], 2));
        rig.close();
    });
}

#[test]
fn jobs_are_bounded() {
    World::twice(10, |world| {
        let rig = Rig::new(world, caching(1));
        rig.serve(0, |_| vec![Act::Wait(SECOND), ok("Cache-Control: max-age=600\r\n", "x")]);
        let many: Vec<String> = (0..=FEED.urls).map(|number| format!("/{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let begin = |paths: &[&str]| rig.server.feed(&rig.edge.host(), plan(Reason::Prefetch, paths));
        assert_eq!(begin(&many), Err(Refused::TooMany { urls: FEED.urls }));
        for number in 0..FEED.jobs {
            begin(&[&format!("/{number}")]).expect("a job");
        }
        assert_eq!(begin(&["/x"]), Err(Refused::Busy { jobs: FEED.jobs }));
        rig.run(rig.server.fed(1));
        assert_eq!(begin(&["/x"]), Ok(FEED.jobs as u64 + 1));
        assert_eq!(rig.server.fetching().jobs().len(), FEED.jobs);
        assert!(rig.server.fetching().progress(1).is_none());
        rig.run(rig.server.fed(FEED.jobs as u64 + 1));
        rig.close();
    });
}

#[test]
fn content_that_is_handed_over_is_what_everyone_gets_from_then_on() {
    World::twice(11, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = rig.serve(0, |request| match request.number {
            0 => vec![Act::Wait(SECOND), ok("Cache-Control: max-age=600\r\n", "old")],
            _ => vec![ok("Cache-Control: max-age=600\r\n", "newest")],
        });
        let early = rig.ask(vec![Act::send(get("/a")), Act::await_bytes("old"), Act::Close]);
        rig.run_until(at_ms(500));
        let fields = "Content-Type: text/html\nCache-Control: max-age=60\nSurrogate-Key: shoes";
        assert_eq!(pushed(&rig, "/a", fields, "handed over").expect("it is stored").ttl, 60);
        let got = hit(&rig, "/a");
        assert_eq!((&*got.body, got.field("content-length"), got.field("content-type")), ("handed over", Some("11"), Some("text/html")));
        // What was asked for before is for those who asked, and not stored.
        rig.run(early.until(|seen| *seen == Seen::Closed));
        assert_eq!(hit(&rig, "/a").body, "handed over");
        pushed(&rig, "/a", fields, "again").expect("it is stored");
        assert_eq!(hit(&rig, "/a").body, "again");
        assert_eq!(asked(&origin), 1);
        // It is an answer like any other.
        let not_modified = rig.run(fetch(&rig, &get_with("/a", "Range: bytes=0-1\r\n")));
        assert_eq!((not_modified.status, &*not_modified.body), (206, "ag"));
        let purging = node::Purging { which: node::Purged::Tag("shoes".into()), site: None, purge: decide::cache::Purge::Hard };
        rig.server.purge(rig.edge.host().calendar(), &purging).expect("a tag");
        assert_eq!(rig.run(fetch(&rig, &get("/a"))).body, "newest");
        rig.close();
    });
}

#[test]
fn content_that_may_not_be_stored_changes_nothing() {
    World::twice(12, |world| {
        let rig = Rig::new(world, caching(1));
        origin(&rig, vec![ok("Cache-Control: max-age=600\r\n", "old")]);
        rig.run(fetch(&rig, &get("/a")));
        for (fields, rule) in [
            ("Cache-Control: no-store", "no-store:"),
            ("Cache-Control: private", "private:"),
            ("Cache-Control: max-age=60\nSet-Cookie: a=b", "sets-cookie:"),
            ("Cache-Control: max-age=60\nVary: *", "vary-any:"),
            ("Content-Type: text/html", "of-no-use:"),
        ] {
            let why = pushed(&rig, "/a", fields, "new").expect_err(fields);
            assert!(why.starts_with(rule), "{fields}: {why}");
        }
        assert_eq!(hit(&rig, "/a").body, "old");
        // Variants are handed over one by one, and none takes another's place.
        for (encoding, content) in [("gzip", "packed"), ("br", "better")] {
            let fields = format!("Cache-Control: max-age=60\nVary: Accept-Encoding\nContent-Encoding: {encoding}");
            let asked = request::of(&url("/v"), "GET", &[&format!("Accept-Encoding: {encoding}")], &LIMITS).expect("a URL");
            let mut response = ResponseHead { status: 200, ..ResponseHead::default() };
            fields
                .lines()
                .filter_map(|line| line.split_once(": "))
                .for_each(|(name, value)| response.fields.push(name.as_bytes(), value.as_bytes()));
            let now = rig.edge.host().calendar();
            let pushable = rig.server.pushable(&asked, &response, content.as_bytes(), now).expect("it may be stored");
            assert!(rig.server.push(pushable, now).sequence > Sequence(0));
        }
        for (encoding, content) in [("gzip", "packed"), ("br", "better")] {
            let got = rig.run(fetch(&rig, &get_with("/v", &format!("Accept-Encoding: {encoding}\r\n"))));
            assert_eq!((&*got.body, got.field("content-encoding")), (content, Some(encoding)));
        }
        rig.close();
    });
}

#[test]
fn what_a_page_links_to_is_fetched_ahead_and_not_what_that_links_to() {
    World::twice(13, |world| {
        let mut config = caching(1);
        config.sites[0].routes[0].cache.as_mut().expect("it stores answers").follow_links = true;
        let rig = Rig::new(world, config);
        let origin = rig.serve(0, |request| {
            let link = |to: &str| format!("Cache-Control: max-age=600\r\nLink: {to}\r\n");
            vec![match request.head.split(' ').nth(1) {
                Some("/page") => {
                    ok(&link("</style.css>; rel=preload; as=style, <//b.example/x>; rel=preload, <app.js>; rel=prefetch"), "page")
                }
                Some("/private") => ok("Cache-Control: private\r\nLink: </other.css>; rel=preload\r\n", "for you"),
                Some("/style.css") => ok(&link("</font>; rel=preload"), "style"),
                _ => ok("Cache-Control: max-age=600\r\n", "more"),
            }]
        });
        rig.run(fetch(&rig, &get("/page")));
        rig.run_until(at_ms(1_000));
        assert_eq!(asked(&origin), 3);
        for path in ["/style.css", "/app.js", "/page"] {
            hit(&rig, path);
        }
        // A page that is not stored names what is.
        rig.run(fetch(&rig, &get("/private")));
        rig.run_until(at_ms(2_000));
        hit(&rig, "/other.css");
        // What is there is not fetched again.
        let before = asked(&origin);
        rig.run(fetch(&rig, &get("/private")));
        rig.run_until(at_ms(3_000));
        assert_eq!(asked(&origin), before + 1);
        let (log, fed) = (rig.log.events("fed"), 3);
        assert!(log.len() == fed && log.iter().all(|line| line.contains(" fed link ")), "{log:?}");
        rig.close();
    });
}

#[test]
fn a_link_that_leads_to_nothing_worth_storing_is_not_followed_again_and_again() {
    World::twice(15, |world| {
        let mut config = caching(1);
        config.sites[0].routes[0].cache.as_mut().expect("it stores answers").follow_links = true;
        let rig = Rig::new(world, config);
        let origin = rig.serve(0, |request| {
            vec![match request.head.split(' ').nth(1) {
                Some("/page") => ok("Cache-Control: no-store\r\nLink: </live>; rel=preload, </broken>; rel=preload\r\n", "page"),
                Some("/broken") => status(500, ""),
                _ => ok("Cache-Control: no-store\r\n", "live"),
            }]
        });
        for _ in 0..50 {
            rig.run(fetch(&rig, &get("/page")));
        }
        rig.run_until(at_ms(30_000));
        assert_eq!(asked(&origin), 52);
        rig.run_until(at_ms(90_000));
        rig.run(fetch(&rig, &get("/page")));
        rig.run_until(at_ms(91_000));
        assert_eq!(asked(&origin), 55);
        rig.close();
    });
}

#[test]
fn lists_of_urls_are_asked_of_the_site_itself() {
    World::twice(14, |world| {
        let mut config = caching(1);
        // They come from a route that stores nothing, and need not be stored.
        let mut lists = config.sites[0].routes[0].clone();
        lists.name = "lists".to_string();
        lists.cache = None;
        lists.action = Action::Answer { status: 200, content_type: "text/plain".to_string(), body: "/1\nlist /more\n/2\n".to_string() };
        lists.when = Match { path: PathMatch::Exact("/list".to_string()), ..lists.when };
        config.sites[0].routes.push(lists);
        let rig = Rig::new(world, config);
        let origin = rig.serve(0, |request| match request.head.split(' ').nth(1) {
            Some("/more") => vec![ok("", "/3\nlist /deeper\n")],
            Some("/broken") => vec![status(503, "")],
            _ => vec![ok("Cache-Control: max-age=600\r\n", "x")],
        });
        let from = |list: &str| Plan { lists: vec![url(list)], ..plan(Reason::Prefetch, &[]) };
        let job = rig.server.feed(&rig.edge.host(), from("/list")).expect("a job");
        let (progress, fetched) = over(&rig, job);
        assert_eq!((progress.good, progress.urls, fetched.len()), (3, 3, 3), "{progress:?}");
        assert!(progress.remarks.len() == 1 && progress.remarks[0].contains("1 lists are left out"), "{:?}", progress.remarks);
        assert_eq!(asked(&origin), 4);
        hit(&rig, "/3");
        let job = rig.server.feed(&rig.edge.host(), from("/broken")).expect("a job");
        let (progress, _) = over(&rig, job);
        assert_eq!((progress.bad, &*progress.remarks), (1, &["http://a.example/broken: the answer was 503".to_string()][..]));
        rig.close();
    });
}

#[test]
fn what_is_there_in_part_is_completed_and_what_is_pushed_takes_its_place() {
    World::twice(40, |world| {
        let rig = Rig::new(world, caching(1));
        let origin = parts::file(&rig);
        rig.run(parts::range(&rig, "2-5"));
        let job = prefetch(&rig, &["/a"]);
        let (progress, fetched) = over(&rig, job);
        assert_eq!((progress.good, progress.bad), (1, 0), "{fetched:?}");
        assert_eq!((outcomes(&fetched), fetched[0].status), (vec![Outcome::Stored], 200));
        assert_eq!(hit(&rig, "/a").body, parts::CONTENT);
        assert_eq!(asked(&origin), 2);
        rig.run(fetch(&rig, "PUT /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n"));
        rig.run(parts::range(&rig, "0-1"));
        pushed(&rig, "/a", "Cache-Control: max-age=60\nETag: \"v1\"", "all of it").expect("it may be stored");
        assert_eq!(hit(&rig, "/a").body, "all of it");
        let part = pushed(&rig, "/a", "Cache-Control: max-age=60\nETag: \"v1\"\nContent-Range: bytes 0-3/9", "part");
        assert!(part.is_ok(), "without the status of a part it is none");
        rig.close();
    });
}
