//! Files over real sockets: a server on the kernel's host, asked by plain sockets and by curl.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the clients of these tests are the kernel's, not a virtual host's"
)]

mod curl;
mod place;
mod plain;

use place::{BIG, Place};
use plain::Client;

const INDEX: &[u8] = b"<p>index</p>";

#[test]
fn the_bytes_of_a_file_arrive_as_they_are() {
    let place = Place::new("bytes");
    let running = place.serve();
    let big = Client::of(&running).get("/big.bin", "");
    assert_eq!((big.status, big.field("Content-Length")), (200, Some(&*BIG.to_string())));
    assert!(big.body == place.big, "the file and what came differ");
    assert_eq!(big.field("Last-Modified"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    let delivered = running.delivered("/big.bin", 1);
    assert_eq!((delivered[0].sent, delivered[0].end), (BIG as u64, "complete"));
    assert_eq!(delivered[0].chosen, Some((BIG as u64, "whole", "identity")));
}

#[test]
fn one_connection_carries_many_files_whole_or_in_part() {
    let place = Place::new("many");
    let running = place.serve();
    let mut client = Client::of(&running);
    assert_eq!(client.get("/", "").body, INDEX);
    assert_eq!(client.get("/empty", "").body, b"");
    let part = client.get("/big.bin", "Range: bytes=1000000-1999999\r\n");
    assert!(part.status == 206 && part.body == place.big[1_000_000..2_000_000]);
    let head = client.ask("HEAD", "/big.bin", "", "");
    assert_eq!((head.status, head.field("Content-Length")), (200, Some(&*BIG.to_string())));
    let unchanged = client.get("/big.bin", &format!("If-None-Match: {}\r\n", head.field("ETag").expect("a tag")));
    assert_eq!((unchanged.status, unchanged.field("Content-Length")), (304, None));
    let nothing = client.get("/big.bin", "Range: bytes=99999999-\r\n");
    assert_eq!((nothing.status, nothing.field("Content-Range")), (416, Some(&*format!("bytes */{BIG}"))));
    assert!(nothing.body.starts_with(b"416 "));
    let head = client.ask("HEAD", "/missing", "", "");
    let missing = client.get("/missing", "");
    assert_eq!((head.status, missing.status), (404, 404));
    assert_eq!(head.field("Content-Length"), Some(&*missing.body.len().to_string()));
    let post = client.ask("POST", "/big.bin", "Content-Length: 3\r\n", "abc");
    assert_eq!((post.status, post.field("Allow")), (405, Some("GET, HEAD, OPTIONS")));
    assert_eq!(client.ask("OPTIONS", "/big.bin", "", "").status, 204);
    assert_eq!(client.get("/sub", "").field("Location"), Some("/sub/"));
    assert!(client.get("/big.bin", "").body == place.big);
    assert_eq!(running.server.accepted(), 1, "all over one connection");
}

#[test]
fn several_parts_are_framed_around_the_files_own_bytes() {
    let place = Place::new("parts");
    let running = place.serve();
    let mut client = Client::of(&running);
    let answer = client.get("/big.bin", "Range: bytes=0-1048575,2000000-2000009,-1\r\n");
    assert_eq!(answer.status, 206);
    plain::assert_parts(&answer, &place.big, &[0..1 << 20, 2_000_000..2_000_010, BIG - 1..BIG]);
    let again = client.get("/big.bin", "Range: bytes=0-0,-1\r\n");
    plain::assert_parts(&again, &place.big, &[0..1, BIG - 1..BIG]);
    assert_ne!(answer.field("Content-Type"), again.field("Content-Type"), "a boundary is drawn for each answer");
}

#[test]
fn links_are_followed_inside_the_root_and_nowhere_else() {
    let place = Place::new("links");
    let running = place.serve();
    let mut client = Client::of(&running);
    assert_eq!(client.get("/inside", "").body, INDEX);
    let missing = client.get("/missing", "");
    for path in ["/outside", "/outside-directory", "/outside-directory/secret", "/absolute", "/dangling", "/circle"] {
        let answer = client.get(path, "");
        assert_eq!((answer.status, &answer.body), (404, &missing.body), "{path}");
    }
    for path in ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "/sub/../../secret"] {
        // The routes refuse some of them already, with a status of their own; whoever does, the file is not served.
        let answer = Client::of(&running).get(path, "");
        assert!(matches!(answer.status, 400 | 404) && !answer.body.starts_with(place::SECRET), "{path}: {}", answer.status);
    }
}

#[test]
fn a_precompressed_sibling_goes_to_those_who_take_it() {
    let place = Place::new("siblings");
    let running = place.serve();
    let mut client = Client::of(&running);
    let brotli = client.get("/app.js", "Accept-Encoding: gzip, br\r\n");
    assert_eq!((brotli.field("Content-Encoding"), &brotli.body[..]), (Some("br"), &b"as if brotli"[..]));
    let gzip = client.get("/app.js", "Accept-Encoding: gzip\r\n");
    assert_eq!((gzip.field("Content-Encoding"), gzip.field("Vary")), (Some("gzip"), Some("Accept-Encoding")));
    assert_eq!(gzip.field("Content-Type"), Some("text/javascript; charset=utf-8"));
    let plain = client.get("/app.js", "");
    assert_eq!((plain.field("Content-Encoding"), &plain.body[..]), (None, place::SCRIPT));
    let tags = [&brotli, &gzip, &plain].map(|answer| answer.field("ETag").expect("a tag").to_string());
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
}

/// More is asked for than the kernel's buffers hold, and others are served before it is read on.
#[test]
fn a_slow_reader_gets_all_and_holds_up_nobody() {
    const TIMES: usize = 6;
    let place = Place::new("slow");
    let running = place.serve();
    let mut slow = Client::of(&running);
    slow.send(&"GET /big.bin HTTP/1.1\r\nHost: files.test\r\n\r\n".repeat(TIMES));
    for time in 0..TIMES {
        assert_eq!(slow.head().status, 200);
        let mut body = Vec::new();
        while body.len() < BIG {
            assert_eq!(Client::of(&running).get("/", "").body, INDEX);
            if time == 0 {
                assert!(running.so_far("/big.bin").len() < TIMES, "the server had to wait for the reader");
            }
            body.extend(slow.body((BIG - body.len()).min(1 << 20)));
        }
        assert!(body == place.big, "the file and what came differ");
    }
    assert!(running.delivered("/big.bin", TIMES).iter().all(|delivered| delivered.end == "complete"));
}

/// A length was promised: when the file no longer has it, the connection ends, so that the client can tell.
#[test]
fn a_file_cut_short_on_the_way_breaks_the_answer_off() {
    const SIZE: usize = 256 << 20;
    let place = Place::new("cut");
    let running = place.serve();
    let file = place.sparse("sparse", SIZE);
    let mut client = Client::of(&running);
    client.send("GET /sparse HTTP/1.1\r\nHost: files.test\r\n\r\n");
    assert_eq!(client.head().field("Content-Length"), Some(&*SIZE.to_string()));
    file.set_len(0).expect("cut");
    let got = client.rest();
    assert!(got < SIZE, "the kernel's buffers hold less than that");
    let delivered = running.delivered("/sparse", 1);
    assert_eq!((delivered[0].end, delivered[0].side), ("the file became shorter while it was sent", "us"));
    assert_eq!(delivered[0].sent, got as u64);
}

#[test]
fn a_client_that_leaves_is_the_clients_doing() {
    let place = Place::new("leaves");
    let running = place.serve();
    place.sparse("sparse", 256 << 20);
    let mut client = Client::of(&running);
    client.send("GET /sparse HTTP/1.1\r\nHost: files.test\r\n\r\n");
    assert_eq!(client.head().status, 200);
    drop(client);
    let delivered = running.delivered("/sparse", 1);
    assert_eq!((delivered[0].end, delivered[0].side), ("the client closed before the end of the answer", "client"));
}

#[test]
fn curl_gets_files_parts_and_the_rest() {
    let place = Place::new("curl");
    let running = place.serve();
    let Some(curl) = curl::find(&running) else { return };
    let big = curl.fetch(&[], "/big.bin");
    assert!(big.status == 200 && big.body == place.big);
    let range = curl.fetch(&["--range", "100-199"], "/big.bin");
    assert!(range.status == 206 && range.body == place.big[100..200]);
    let parts = curl.fetch(&["-r", "0-0,-1"], "/big.bin");
    plain::assert_parts(&parts, &place.big, &[0..1, BIG - 1..BIG]);
    let head = curl.fetch(&["--head"], "/big.bin");
    assert_eq!((head.status, head.field("Content-Length"), head.body.len()), (200, Some(&*BIG.to_string()), 0));
    let resumed = curl.fetch(&["--continue-at", "3000000"], "/big.bin");
    assert!(resumed.status == 206 && resumed.body == place.big[3_000_000..]);
}

#[test]
fn curl_decodes_a_sibling_asks_conditionally_and_keeps_its_connection() {
    let place = Place::new("curl-more");
    let running = place.serve();
    let Some(curl) = curl::find(&running) else { return };
    let compressed = curl.fetch(&["--compressed"], "/style.css");
    assert_eq!((compressed.field("Content-Encoding"), &compressed.body[..]), (Some("gzip"), place::STYLE));
    let unchanged = curl.fetch(&["-z", "Sun, 06 Nov 1994 08:49:37 GMT"], "/style.css");
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    let changed = curl.fetch(&["-z", "Sun, 06 Nov 1994 08:49:36 GMT"], "/style.css");
    assert_eq!((changed.status, &changed.body[..]), (200, place::STYLE));
    assert_eq!(curl.connections(&["/", "/big.bin", "/missing", "/empty", "/style.css"]), [1, 0, 0, 0, 0]);
}
