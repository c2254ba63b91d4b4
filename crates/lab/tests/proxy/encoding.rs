//! Compression: made once for everybody beside what is stored, on the way for what passes, and by the rules for all of it.

use crate::support::http2::{Answer, Http2Client, head, settings};
use crate::support::{MS, Rig, SECOND, at_ms, caching, compressing, config};
use decide::cache::Purge;
use decide::config::Action;
use lab::World;
use lab::peer::{Act, Record, Seen};
use node::{Purged, Purging};
use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;
use wire::http::Method;

/// A page of so many bytes that can be compressed, and never repeats exactly.
fn page(bytes: usize) -> String {
    let mut page: String = (0..bytes / 16 + 1).map(|line| format!("<p>line {line:07}\n")).collect();
    page.truncate(bytes);
    page
}

fn html(fields: &str, body: &str) -> Act {
    Act::send(format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{fields}Content-Length: {}\r\n\r\n{body}", body.len()))
}

/// As much as can be read of it.
fn decoded(coding: &str, bytes: &[u8]) -> String {
    let mut reader: Box<dyn Read + '_> = match coding {
        "zstd" => Box::new(zstd::stream::read::Decoder::new(bytes).expect("memory for it")),
        "br" => Box::new(brotli::Decompressor::new(bytes, 4096)),
        "gzip" => Box::new(flate2::read::GzDecoder::new(bytes)),
        _ => Box::new(bytes),
    };
    let (mut out, mut piece) = (Vec::new(), [0; 997]);
    while let Ok(n @ 1..) = reader.read(&mut piece) {
        out.extend_from_slice(&piece[..n]);
    }
    String::from_utf8(out).expect("a text")
}

async fn connect(rig: &Rig<'_>) -> Http2Client {
    Http2Client::connect(&rig.client, &rig.edge.at(80), settings()).await
}

async fn ask(client: &Http2Client, method: Method, target: &str, fields: &[(&str, &str)]) -> Answer {
    let mut request = head(method, target);
    fields.iter().for_each(|(name, value)| request.fields.push(name.as_bytes(), value.as_bytes()));
    let id = client.begin(&request, true);
    client.answer(id).await.expect("an answer")
}

async fn get(client: &Http2Client, fields: &[(&str, &str)]) -> Answer {
    ask(client, Method::Get, "/a", fields).await
}

fn text_of(answer: &Answer) -> String {
    decoded(answer.field("content-encoding").unwrap_or("identity"), &answer.body)
}

const ALL: (&str, &str) = ("accept-encoding", "gzip, br, zstd");
const BR: (&str, &str) = ("accept-encoding", "br");

fn encoded(rig: &Rig<'_>) -> [u64; 3] {
    let counts = rig.server.metrics().counts();
    let mut sum = [0; 3];
    counts.sites.iter().for_each(|site| sum.iter_mut().zip(site.encoded).for_each(|(sum, count)| *sum += count));
    sum
}

#[test]
fn a_thousand_clients_cause_one_question_and_one_coding() {
    World::twice(1, |world| {
        let rig = Rig::with_workers(world, compressing(caching(1)), 2);
        let body = page(200_000);
        let half = body.len() / 2;
        let (first, last) = (body[..half].to_string(), body[half..].to_string());
        let origin = rig.serve(0, move |_| {
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: max-age=60\r\nETag: \"a\"\r\nContent-Length: 200000\r\n\r\n";
            vec![Act::Wait(SECOND), Act::send(format!("{head}{first}")), Act::Wait(SECOND), Act::send(&last)]
        });
        let done = Rc::new(Cell::new(0));
        for _ in 0..1000 {
            let (machine, at, body, done) = (rig.client.clone(), rig.edge.at(80), body.clone(), done.clone());
            rig.client.spawn(async move {
                let client = Http2Client::connect(&machine, &at, settings()).await;
                let answer = get(&client, &[BR]).await;
                assert_eq!((answer.status, answer.field("content-encoding"), answer.field("content-length")), (200, Some("br"), None));
                assert!(text_of(&answer) == body);
                done.set(done.get() + 1);
            });
        }
        rig.run_until(at_ms(5_000));
        assert_eq!(done.get(), 1000);
        assert_eq!(encoded(&rig), [1, 999, 0]);
        rig.run(async {
            let client = connect(&rig).await;
            // From now on it lies there, and its length is known.
            let hit = get(&client, &[BR]).await;
            assert_eq!(hit.field("content-length"), Some(hit.body.len().to_string().as_str()));
            assert_eq!((hit.field("etag"), hit.field("vary")), (Some("W/\"a\""), Some("Accept-Encoding")));
            assert!(text_of(&hit) == body && hit.body.len() < 40_000, "{}", hit.body.len());
        });
        assert_eq!(encoded(&rig), [1, 999, 1]);
        assert_eq!(origin.requests().len(), 1);
        let asked = origin.requests()[0].1.to_ascii_lowercase();
        assert!(asked.contains("accept-encoding: identity\r\n"), "{asked}");
        rig.close();
    });
}

#[test]
fn every_coding_is_made_of_the_one_copy_that_is_stored() {
    World::twice(2, |world| {
        let rig = Rig::new(world, compressing(caching(1)));
        let body = page(50_000);
        let answer = html("Cache-Control: max-age=60\r\nETag: \"a\"\r\nContent-MD5: x\r\n", &body);
        let origin = rig.serve(0, move |_| vec![answer.clone()]);
        rig.run(async {
            let client = connect(&rig).await;
            for (asked, coding) in [("zstd", "zstd"), ("br", "br"), ("gzip", "gzip"), ("gzip, br;q=0.5", "gzip"), ("br, zstd", "zstd")] {
                for _ in 0..2 {
                    let answer = get(&client, &[("accept-encoding", asked)]).await;
                    assert_eq!((answer.field("content-encoding"), answer.field("content-md5")), (Some(coding), None));
                    assert!(text_of(&answer) == body, "{asked}");
                }
            }
            let plain = get(&client, &[]).await;
            assert_eq!((plain.field("content-encoding"), plain.field("etag")), (None, Some("\"a\"")));
            assert_eq!((plain.field("vary"), plain.field("content-md5")), (Some("Accept-Encoding"), Some("x")));
            assert!(plain.text() == body);
        });
        assert_eq!(origin.requests().len(), 1);
        assert_eq!(encoded(&rig), [3, 0, 7]);
        rig.close();
    });
}

#[test]
fn a_304_keeps_the_codings_and_a_purge_drops_them() {
    World::twice(3, |world| {
        let rig = Rig::new(world, compressing(caching(1)));
        let body = page(50_000);
        let sent = body.clone();
        let origin = rig.serve(0, move |request| {
            vec![match request.head.to_ascii_lowercase().contains("if-none-match: \"a\"") {
                true => Act::send("HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=10\r\nETag: \"a\"\r\n\r\n"),
                false => html("Cache-Control: max-age=10\r\nETag: \"a\"\r\n", &sent),
            }]
        });
        let bytes = || rig.server.store().bytes();
        rig.run(async {
            let client = connect(&rig).await;
            get(&client, &[]).await;
            let plain = bytes();
            let length = get(&client, &[BR]).await.body.len() as u64;
            assert!(bytes() >= plain + length, "what is coded is counted: {plain} {} {length}", bytes());
            rig.world.sleep(20 * SECOND).await;
            let again = get(&client, &[BR]).await;
            assert!(text_of(&again) == body && again.field("cache-status").is_some_and(|status| status.contains("fwd-status=304")));
            assert_eq!(encoded(&rig), [1, 0, 1]);
            let which = Purged::Url("http://a.example/a".to_string());
            let purging = Purging { which, site: None, purge: Purge::Hard };
            rig.server.purge(rig.edge.host().calendar(), &purging).expect("it can be named so");
            assert!(text_of(&get(&client, &[BR]).await) == body);
        });
        assert_eq!(encoded(&rig), [2, 0, 1]);
        assert_eq!(origin.requests().len(), 3);
        rig.close();
    });
}

#[test]
fn conditions_and_parts() {
    World::twice(4, |world| {
        let rig = Rig::new(world, compressing(caching(1)));
        let body = page(5_000);
        let sent = body.clone();
        rig.serve(0, move |_| vec![html("Cache-Control: max-age=60\r\nETag: \"a\"\r\n", &sent)]);
        rig.run(async {
            let client = connect(&rig).await;
            get(&client, &[BR]).await;
            for (tag, told) in [("W/\"a\"", "W/\"a\""), ("\"a\"", "\"a\""), ("\"b\", W/\"a\"", "W/\"a\"")] {
                let same = get(&client, &[BR, ("if-none-match", tag)]).await;
                assert_eq!((same.status, same.field("etag"), same.field("vary")), (304, Some(told), Some("Accept-Encoding")), "{tag}");
                assert_eq!(same.field("content-encoding"), None);
            }
            let part = get(&client, &[BR, ("range", "bytes=0-9")]).await;
            assert_eq!((part.status, part.text(), part.field("etag")), (206, &body[..10], Some("\"a\"")));
            // The part of a coded answer cannot be told from that of another: If-Range never holds for it.
            let whole = get(&client, &[BR, ("range", "bytes=0-9"), ("if-range", "W/\"a\"")]).await;
            assert_eq!((whole.status, whole.field("content-encoding")), (200, None));
            let must = get(&client, &[("accept-encoding", "br, identity;q=0"), ("range", "bytes=0-9")]).await;
            assert_eq!((must.status, must.field("content-encoding")), (200, Some("br")));
            assert!(text_of(&must) == body);
            let head = ask(&client, Method::Head, "/a", &[BR]).await;
            assert_eq!((head.status, head.field("content-encoding"), head.field("etag")), (200, Some("br"), Some("W/\"a\"")));
            assert_eq!(head.field("content-length"), Some(must.body.len().to_string().as_str()));
            let unmade = ask(&client, Method::Head, "/a", &[("accept-encoding", "gzip")]).await;
            assert_eq!((unmade.field("content-encoding"), unmade.field("content-length")), (Some("gzip"), None));
        });
        rig.close();
    });
}

/// An origin with one page that understands ranges.
fn paged(rig: &Rig<'_>, body: &str) -> Record {
    let body = body.to_string();
    rig.serve(0, move |request| {
        let fields = "Cache-Control: max-age=60\r\nETag: \"a\"\r\n";
        let range = request.head.lines().find_map(|line| line.strip_prefix("Range: bytes=")?.split_once('-'));
        let Some((first, last)) = range else { return vec![html(fields, &body)] };
        let first = first.parse::<usize>().expect("a number");
        let last = last.parse().unwrap_or(body.len() - 1);
        let (part, length) = (&body[first..=last], body.len());
        let head = format!("HTTP/1.1 206 P\r\nContent-Type: text/html\r\n{fields}Content-Range: bytes {first}-{last}/{length}\r\n");
        vec![Act::send(format!("{head}Content-Length: {}\r\n\r\n{part}", part.len()))]
    })
}

#[test]
fn parts_are_of_what_is_not_coded_and_the_whole_that_they_become_is_coded() {
    World::twice(20, |world| {
        let rig = Rig::new(world, compressing(caching(1)));
        let body = page(5_000);
        let origin = paged(&rig, &body);
        rig.run(async {
            let client = connect(&rig).await;
            let first = get(&client, &[BR, ("range", "bytes=0-2999")]).await;
            assert_eq!((first.status, first.field("content-encoding"), first.text()), (206, None, &body[..3000]));
            assert!(origin.requests()[0].1.contains("Accept-Encoding: identity\r\n"), "{}", origin.requests()[0].1);
            for fields in [[BR, ("range", "bytes=10-19")], [("accept-encoding", "br, identity;q=0"), ("range", "bytes=10-19")]] {
                let part = get(&client, &fields).await;
                assert_eq!((part.status, part.field("content-encoding"), part.text()), (206, None, &body[10..20]), "{fields:?}");
                assert!(part.field("cache-status").is_some_and(|status| status.contains("; hit")));
            }
            let head = ask(&client, Method::Head, "/a", &[BR]).await;
            assert_eq!((head.field("content-encoding"), head.field("content-length")), (Some("br"), None), "as GET would have it");
            let whole = get(&client, &[BR]).await;
            assert_eq!((whole.status, whole.field("content-encoding"), whole.field("content-range")), (200, Some("br"), None));
            assert!(text_of(&whole) == body);
            assert!(origin.requests()[1].1.contains("Range: bytes=3000-\r\n"), "{}", origin.requests()[1].1);
            let again = get(&client, &[BR]).await;
            assert!(text_of(&again) == body && again.body.len() < 2_500 && again.field("content-length").is_some());
            assert_eq!(get(&client, &[ALL, ("range", "bytes=4000-4009")]).await.text(), &body[4000..4010]);
        });
        assert_eq!(origin.requests().len(), 2);
        assert_eq!(rig.server.store().filling(), 0);
        rig.close();
    });
}

#[test]
fn a_range_of_what_comes_in_is_not_coded_and_beside_it_the_whole_is() {
    World::twice(21, |world| {
        let rig = Rig::new(world, compressing(caching(1)));
        let body = page(5_000);
        let (half, rest) = body.split_at(2_500);
        let (half, rest) = (half.to_string(), rest.to_string());
        let origin = rig.serve(0, move |_| {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: max-age=60\r\nContent-Length: 5000\r\n\r\n";
            vec![Act::send(format!("{head}{half}")), Act::Wait(SECOND), Act::send(rest.clone())]
        });
        rig.run(async {
            let client = connect(&rig).await;
            let begin = |fields: &[(&str, &str)]| {
                let mut request = head(Method::Get, "/a");
                fields.iter().for_each(|(name, value)| request.fields.push(name.as_bytes(), value.as_bytes()));
                client.begin(&request, true)
            };
            let whole = begin(&[BR]);
            // The client's bytes go out while somebody waits for an answer.
            let mut coded = client.head(whole).await.expect("a head");
            world.sleep(500 * MS).await;
            let range = begin(&[BR, ("range", "bytes=100-199")]);
            let must = begin(&[("accept-encoding", "br, identity;q=0"), ("range", "bytes=100-199")]);
            let range = client.answer(range).await.expect("an answer");
            assert_eq!((range.status, range.field("content-encoding"), range.text()), (206, None, &body[100..200]));
            assert_eq!(range.field("vary"), Some("Accept-Encoding"));
            loop {
                let piece = client.piece(whole).await.expect("the rest");
                if piece.is_empty() {
                    break;
                }
                coded.body.extend(piece);
            }
            let must = client.answer(must).await.expect("an answer");
            for whole in [coded, must] {
                assert_eq!((whole.status, whole.field("content-encoding")), (200, Some("br")));
                assert!(text_of(&whole) == body);
            }
        });
        assert_eq!(origin.requests().len(), 1);
        assert_eq!((rig.log.steps("encoded").len(), rig.server.store().filling()), (2, 0));
        rig.close();
    });
}

#[test]
fn what_follows_the_content_does_not_follow_its_codings() {
    World::twice(22, |world| {
        let rig = Rig::new(world, compressing(caching(1)));
        let body = page(2_000);
        let chunk = format!("{:x}\r\n{body}\r\n0\r\nContent-Digest: sha-256=:x:\r\n\r\n", body.len());
        rig.serve(0, move |_| {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n";
            vec![Act::send(format!("{head}{chunk}"))]
        });
        rig.run(async {
            let client = connect(&rig).await;
            for _ in 0..2 {
                let coded = get(&client, &[BR]).await;
                assert_eq!((coded.field("content-encoding"), &*coded.trailers), (Some("br"), &[][..]));
                assert!(text_of(&coded) == body);
                let plain = get(&client, &[]).await;
                assert_eq!(plain.trailers, [("content-digest".to_string(), "sha-256=:x:".to_string())]);
                assert!(plain.text() == body);
            }
        });
        rig.close();
    });
}

#[test]
fn of_answers_to_post_those_are_stored_of_which_codings_can_be_made() {
    World::twice(23, |world| {
        let rig = Rig::new(world, compressing(caching(1)));
        let body = page(2_000);
        let sent = body.clone();
        let origin = rig.serve(0, move |request| {
            let fields = "Cache-Control: max-age=60\r\nContent-Location: /a\r\n";
            match request.number {
                // Such as it may be for who asks so, and for nobody else.
                0 => vec![html(&format!("{fields}Content-Encoding: br\r\n"), "coded")],
                1 => vec![html("Cache-Control: no-store\r\n", "not stored")],
                _ => vec![html(fields, &sent)],
            }
        });
        rig.run(async {
            let client = connect(&rig).await;
            ask(&client, Method::Post, "/a", &[BR]).await;
            assert_eq!(get(&client, &[]).await.text(), "not stored");
            let post = ask(&client, Method::Post, "/a", &[BR]).await;
            assert_eq!(post.field("content-encoding"), Some("br"));
            assert!(text_of(&post) == body, "coded on its way, behind the copy");
            let plain = get(&client, &[]).await;
            assert!(plain.text() == body && plain.field("cache-status").is_some_and(|status| status.contains("; hit")));
            assert!(text_of(&get(&client, &[BR]).await) == body);
        });
        assert_eq!(origin.requests().len(), 3);
        rig.close();
    });
}

#[test]
fn what_passes_is_coded_on_its_way_and_every_event_can_be_read_at_once() {
    World::twice(5, |world| {
        let rig = Rig::new(world, compressing(config(1)));
        rig.serve(0, |_| {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\
                        Trailer: X-Sum, Content-Digest\r\n\r\n";
            let event = |number: usize| Act::send(format!("10\r\ndata: event {number:02}\n\n\r\n"));
            let end = Act::send("0\r\nX-Sum: 3\r\nContent-Digest: sha-256=:x:\r\n\r\n");
            vec![Act::send(head), event(1), Act::Wait(SECOND), event(2), Act::Wait(SECOND), event(3), Act::Wait(SECOND), end]
        });
        rig.run(async {
            for coding in ["gzip", "br", "zstd"] {
                let client = connect(&rig).await;
                let mut request = head(Method::Get, "/events");
                request.fields.push(b"accept-encoding", coding.as_bytes());
                request.fields.push(b"te", b"trailers");
                let id = client.begin(&request, true);
                let answer = client.head(id).await.expect("an answer");
                assert_eq!((answer.field("content-encoding"), answer.field("vary")), (Some(coding), Some("Accept-Encoding")));
                let began = world.now();
                let mut bytes = Vec::new();
                for number in 1..4 {
                    while decoded(coding, &bytes).lines().filter(|line| line.starts_with("data")).count() < number {
                        bytes.extend(client.piece(id).await.expect("more"));
                    }
                    let took = world.now().since(began);
                    assert!(took < SECOND * (number as u32 - 1) + 20 * MS, "{coding}: event {number} after {took:?}");
                }
                while let piece @ [_, ..] = &client.piece(id).await.expect("more")[..] {
                    bytes.extend_from_slice(piece);
                }
                assert_eq!(decoded(coding, &bytes).len(), 48);
            }
        });
        assert_eq!(encoded(&rig), [3, 0, 0]);
        rig.close();
    });
}

/// The bytes of everything that a scripted client has got.
fn bytes_of(client: &Record) -> Vec<u8> {
    let entries = client.entries().into_iter();
    entries.filter_map(|entry| if let Seen::Bytes(bytes) = entry.seen { Some(bytes) } else { None }).flatten().collect()
}

#[test]
fn http_1_has_chunks_or_the_end_of_the_connection() {
    World::twice(6, |world| {
        let rig = Rig::new(world, compressing(config(1)));
        let body = page(5_000);
        let sent = body.clone();
        rig.serve(0, move |_| vec![html("", &sent)]);
        let old = rig.ask(vec![Act::send("GET / HTTP/1.0\r\nHost: a.example\r\nAccept-Encoding: gzip\r\n\r\n"), Act::AwaitEnd, Act::Close]);
        rig.run(old.until(|seen| *seen == Seen::Closed));
        let bytes = bytes_of(&old);
        let at = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
        let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
        assert!(!head.contains("Transfer-Encoding") && !head.contains("Content-Length"), "{head}");
        assert!(decoded("gzip", &bytes[at..]) == body);
        let new = rig.ask(vec![
            Act::send(
                "GET / HTTP/1.1\r\nHost: a.example\r\nAccept-Encoding: br\r\n\r\n\
                 HEAD / HTTP/1.1\r\nHost: a.example\r\nAccept-Encoding: br\r\nConnection: close\r\n\r\n",
            ),
            Act::AwaitEnd,
            Act::Close,
        ]);
        rig.run(new.until(|seen| *seen == Seen::Closed));
        let bytes = bytes_of(&new);
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(text.matches("Content-Encoding: br\r\n").count(), 2);
        assert_eq!(text.matches("Transfer-Encoding: chunked\r\n").count(), 1);
        assert_eq!(text.matches("Content-Length").count(), 0);
        rig.close();
    });
}

#[test]
fn what_may_not_be_coded_passes_as_it_is() {
    World::twice(7, |world| {
        let rig = Rig::new(world, compressing(config(1)));
        let body = page(5_000);
        let sent = body.clone();
        rig.serve(0, move |request| {
            let fields = match request.head.split(' ').nth(1).expect("a target") {
                "/coded" => "Content-Encoding: x\r\n",
                "/as-it-is" => "Cache-Control: no-transform\r\n",
                "/private" => "Cache-Control: private\r\n",
                "/cookie" => "Set-Cookie: a=b\r\n",
                "/plain" => "",
                other => panic!("{other}"),
            };
            vec![html(fields, &sent)]
        });
        rig.run(async {
            let client = connect(&rig).await;
            for (path, asked, why) in [
                ("/coded", ("x", "y"), "already-coded"),
                ("/as-it-is", ("x", "y"), "no-transform"),
                ("/private", ("x", "y"), "personal"),
                ("/cookie", ("x", "y"), "personal"),
                ("/plain", ("cookie", "session=1"), "personal"),
            ] {
                let answer = ask(&client, Method::Get, path, &[ALL, asked]).await;
                assert!(answer.text() == body, "{path}");
                assert_eq!(answer.field("content-length"), Some("5000"));
                assert_eq!(answer.field("vary"), None);
                let told = rig.log.steps("encoding-chosen").pop().expect("a step");
                assert!(told.ends_with(&format!(" identity {why}")), "{path}: {told}");
            }
            assert_eq!(ask(&client, Method::Get, "/plain", &[ALL]).await.field("content-encoding"), Some("zstd"));
        });
        rig.close();
    });
}

#[test]
fn an_origin_that_breaks_off_breaks_the_coding_off_and_the_next_has_it_made_anew() {
    World::twice(8, |world| {
        let rig = Rig::new(world, compressing(caching(1)));
        let body = page(100_000);
        let sent = body.clone();
        rig.serve(0, move |request| {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: max-age=60\r\nContent-Length: 100000\r\n\r\n";
            let whole = Act::send(format!("{head}{sent}"));
            let half = vec![Act::send(format!("{head}{}", &sent[..50_000])), Act::Wait(SECOND), Act::Reset];
            if request.number == 0 { half } else { vec![whole] }
        });
        rig.run(async {
            let client = connect(&rig).await;
            let ids: Vec<_> = (0..3)
                .map(|_| {
                    let mut request = head(Method::Get, "/a");
                    request.fields.push(b"accept-encoding", b"gzip");
                    client.begin(&request, true)
                })
                .collect();
            for (number, id) in ids.into_iter().enumerate() {
                assert_eq!(client.head(id).await.expect("a head").status, 200);
                let mut bytes = Vec::new();
                let failed = loop {
                    match client.piece(id).await {
                        Ok(piece) if piece.is_empty() => break false,
                        Ok(piece) => bytes.extend(piece),
                        Err(_) => break true,
                    }
                };
                assert!(failed && body.starts_with(&decoded("gzip", &bytes)));
                // Of the others, the client's machine has dropped what was not read before the reset.
                assert!(number > 0 || !bytes.is_empty());
            }
            assert!(text_of(&get(&client, &[("accept-encoding", "gzip")]).await) == body);
        });
        assert_eq!(encoded(&rig)[0], 1);
        rig.close();
    });
}

#[test]
fn clients_that_go_leave_nothing_behind() {
    World::twice(9, |world| {
        let rig = Rig::new(world, compressing(caching(1)));
        let body = page(400_000);
        let sent = body.clone();
        rig.serve(0, move |_| vec![html("Cache-Control: max-age=60\r\n", &sent)]);
        for _ in 0..10 {
            let asks = "GET /a HTTP/1.1\r\nHost: a.example\r\nAccept-Encoding: br\r\n\r\n";
            rig.ask(vec![Act::send(asks), Act::await_bytes("\r\n\r\n"), Act::Reset]);
        }
        rig.run_until(at_ms(1_000));
        rig.run(async {
            let client = connect(&rig).await;
            assert!(text_of(&get(&client, &[BR]).await) == body);
        });
        assert_eq!(encoded(&rig)[0], 1, "whoever comes later finds it made");
        assert_eq!(rig.server.store().filling(), 0);
        rig.close();
    });
}

#[test]
fn an_answer_that_is_not_stored_is_coded_for_the_one_who_asked() {
    World::twice(10, |world| {
        let rig = Rig::new(world, compressing(caching(1)));
        let body = page(600_000);
        let sent = body.clone();
        rig.serve(0, move |_| vec![html("Cache-Control: no-cache, max-age=0\r\n", &sent)]);
        rig.run(async {
            let client = connect(&rig).await;
            for _ in 0..3 {
                let answer = get(&client, &[ALL]).await;
                assert_eq!(answer.field("content-encoding"), Some("zstd"));
                assert!(text_of(&answer) == body);
            }
        });
        assert_eq!(rig.server.store().filling(), 0);
        rig.close();
    });
}

#[test]
fn what_does_not_become_shorter_is_found_out_once() {
    World::twice(11, |world| {
        let rig = Rig::new(world, compressing(caching(1)));
        let mut number: u64 = 1;
        let noise: String = (0..3_000)
            .map(|_| {
                number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b'!' + (number >> 33) as u8 % 94)
            })
            .collect();
        // As many bits as its characters have: a text that brotli cannot shorten by more than its own head.
        let sent = noise.clone();
        rig.serve(0, move |_| vec![html("Cache-Control: max-age=60\r\n", &sent)]);
        rig.run(async {
            let client = connect(&rig).await;
            for _ in 0..2 {
                assert_eq!(text_of(&get(&client, &[("accept-encoding", "gzip")]).await), noise);
            }
        });
        rig.close();
    });
}

#[test]
fn fixed_answers_are_coded_before_they_go() {
    World::twice(12, |world| {
        let mut edge = compressing(config(1));
        let body = page(5_000);
        edge.sites[0].routes[0].action = Action::Answer { status: 200, content_type: "text/plain".to_string(), body: body.clone() };
        let rig = Rig::new(world, edge);
        rig.run(async {
            let client = connect(&rig).await;
            let answer = get(&client, &[ALL, ("cookie", "a=b")]).await;
            assert_eq!(answer.field("content-encoding"), Some("zstd"));
            assert_eq!(answer.field("content-length"), Some(answer.body.len().to_string().as_str()));
            assert!(text_of(&answer) == body);
            let head = ask(&client, Method::Head, "/a", &[ALL]).await;
            assert_eq!((head.field("content-encoding"), head.field("content-length")), (Some("zstd"), None));
            assert!(get(&client, &[]).await.text() == body);
        });
        rig.close();
    });
}
