//! Clients of others in clear text, from the small to the long: curl, nghttp and h2load; and what none of them does.

use crate::connection::{Connection, request_with};
use crate::frames::{self, END_HEADERS, END_STREAM, WHOLE, data};
use crate::support::backend::Backend;
use crate::support::message::{line, request_head};
use crate::support::peers::{Curl, find};
use crate::support::place::Place;
use crate::support::{PATIENCE, checksum, noise};
use crate::target::Target;
use std::io::{BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LONG: usize = 10 * 1024 * 1024;

const PRIOR: &str = "--http2-prior-knowledge";

fn url(target: &Target, path: &str) -> String {
    format!("http://{}{path}", target.at)
}

/// What a program prints, on both outputs; it must succeed.
fn said(program: &std::path::Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

/// curl: statuses, HEAD, and long bodies in both directions.
#[test]
fn curl_gets_and_puts() {
    let Some(curl) = Curl::find() else { return };
    let (backend, place) = (Backend::start(), Place::new());
    let target = Target::under_test("", &backend.at);
    let file = place.file("long", noise(LONG));
    // One connection each: curl 7.88 says its preface again on one that it has kept.
    for (path, want) in [("/", "2 200"), ("/status/404", "2 404"), ("/bytes/0", "2 200")] {
        let written = ["-o", "/dev/null", "-w", "%{http_version} %{response_code}"];
        assert_eq!(curl.text(&[&[PRIOR][..], &written, &[&url(&target, path)]].concat()), want, "{path}");
    }
    let head = curl.text(&[PRIOR, "-I", &url(&target, "/bytes/12345")]);
    assert!(head.starts_with("HTTP/2 200") && head.contains("\r\ncontent-length: 12345\r\n"), "{head}");
    assert!(curl.bytes(&[PRIOR, &url(&target, &format!("/bytes/{LONG}"))]) == noise(LONG), "down, with a length");
    assert!(curl.bytes(&[PRIOR, &url(&target, &format!("/chunked/{LONG}"))]) == noise(LONG), "down, in chunks");
    assert!(curl.bytes(&[PRIOR, &url(&target, &format!("/until-close/{LONG}"))]) == noise(LONG), "down, to the end of the connection");
    let want = format!("{LONG} {:016x} \n", checksum(&noise(LONG)));
    let with_length = curl.text(&[PRIOR, "--data-binary", &format!("@{file}"), &url(&target, "/echo")]);
    assert_eq!(with_length, want, "up, with a length");
    let put = std::fs::File::open(&file).expect("a file of our own");
    let without =
        Command::new(find("curl").expect("it was found")).args(["-q", "-sS", PRIOR, "-T", "-", &url(&target, "/echo")]).stdin(put).output();
    assert_eq!(String::from_utf8_lossy(&without.expect("curl runs").stdout), want, "up, without a length");
    let both = curl.bytes(&[PRIOR, "-T", &file, &url(&target, "/body")]);
    assert!(both == noise(LONG), "up and down");
}

/// The same listener still speaks HTTP/1.1 with whom it is the only language of.
#[test]
fn http1_is_spoken_beside_it() {
    let (Some(curl), backend) = (Curl::find(), Backend::start()) else { return };
    let target = Target::under_test("", &backend.at);
    if target.ours {
        let versions = ["--http1.1", PRIOR].map(|flag| curl.text(&[flag, "-o", "/dev/null", "-w", "%{http_version}", &url(&target, "/")]));
        assert_eq!(versions, ["1.1", "2"]);
    }
}

/// An answer before the body has come, and interim answers.
#[test]
fn curl_takes_answers_out_of_turn() {
    let Some(curl) = Curl::find() else { return };
    let (backend, place) = (Backend::start(), Place::new());
    let target = Target::under_test("", &backend.at);
    let file = place.file("long", noise(LONG));
    let early =
        curl.run(&[PRIOR, "--data-binary", &format!("@{file}"), "-o", "/dev/null", "-w", "%{response_code}", &url(&target, "/early")]);
    assert_eq!(String::from_utf8_lossy(&early.stdout), "403", "{}", String::from_utf8_lossy(&early.stderr));
    let hinted = curl.text(&[PRIOR, "-i", &url(&target, "/interim")]);
    assert!(hinted.contains("HTTP/2 103") && hinted.contains("link: </style.css>") && hinted.ends_with("after the hint\n"), "{hinted}");
    let broken = curl.run(&[PRIOR, &url(&target, "/short")]);
    assert!(!broken.status.success(), "a body that was cut off is not taken for a whole one");
}

/// nghttp: trailers in both directions, and many streams on one connection.
#[test]
fn nghttp_sends_and_gets_trailers() {
    let Some(nghttp) = find("nghttp") else { return };
    let (backend, place) = (Backend::start(), Place::new());
    let target = Target::under_test("", &backend.at);
    let body = noise(100_000);
    let file = place.file("body", &body);
    // With a length there would be no place for trailers in HTTP/1.1.
    let echoed = said(&nghttp, &["--no-content-length", "--trailer=x-sum: 12345", "-d", &file, &url(&target, "/echo")]);
    let came = echoed.to_ascii_lowercase();
    assert!(came.contains(&format!("{} {:016x} x-sum=12345", body.len(), checksum(&body))), "{echoed}");
    let down = said(&nghttp, &["-nv", &url(&target, "/chunked/100000")]);
    assert!(down.contains(&format!("x-checksum: {:016x}", checksum(&body))), "{down}");
    let many = said(&nghttp, &["-ns", "-m", "100", &url(&target, "/bytes/20000")]);
    assert_eq!(many.matches(" 200 ").count(), 100, "{many}");
}

/// h2load: no request of many fails, small or long.
#[test]
fn h2load_is_served() {
    let Some(h2load) = find("h2load") else { return };
    let (backend, place) = (Backend::start(), Place::new());
    let target = Target::under_test("", &backend.at);
    let file = place.file("body", noise(20_000));
    let load = |requests: &str, path: &str, more: &[&str]| {
        let said = said(&h2load, &[&["-n", requests, "-c", "10", "-m", "100"][..], more, &[&url(&target, path)]].concat());
        let all = format!("{requests} total, {requests} started, {requests} done, {requests} succeeded, 0 failed, 0 errored, 0 timeout");
        assert!(said.contains(&all) && said.contains(&format!("status codes: {requests} 2xx")), "{path}: {said}");
    };
    load("20000", target.fixed, &[]);
    load("2000", "/bytes/50000", &[]);
    load("2000", "/echo", &["-d", &file]);
}

/// A hundred requests on one connection, all of which wait for the same moment.
#[test]
fn a_hundred_streams_at_once() {
    let backend = Backend::start();
    let target = Target::under_test("", &backend.at);
    let mut client = Connection::open(target.at, PATIENCE).expect("a connection");
    let streams: Vec<u32> = (0..100).map(|_| client.stream()).collect();
    for stream in &streams {
        client.headers(*stream, WHOLE, &request_with("GET", "/hold", &[]));
    }
    client.flush();
    backend.await_seen(100);
    backend.release();
    let mut left = streams;
    while !left.is_empty() {
        let frame = client.frame().unwrap_or_else(|event| panic!("{event} while {left:?} wait: {}", client.came()));
        assert_ne!(frame.kind, frames::RST_STREAM, "{frame}");
        if frame.ends() {
            left.retain(|stream| *stream != frame.stream);
        }
    }
}

/// A backend that sends every chunk back as soon as it has it, and a trailer at the end: what gRPC does.
fn duplex() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
    let at = listener.local_addr().expect("it is bound").to_string();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        stream.set_nodelay(true).expect("it is open");
        let mut writer = stream.try_clone().expect("a second handle");
        let mut reader = BufReader::new(stream);
        request_head(&mut reader).expect("a head").expect("a request");
        writer.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: grpc-status\r\n\r\n").expect("it is read");
        while let Ok(Some(size)) = line(&mut reader) {
            let length = usize::from_str_radix(&size, 16).expect("a size");
            if length == 0 {
                break;
            }
            let mut chunk = vec![0; length + 2];
            reader.read_exact(&mut chunk).expect("a chunk");
            writer.write_all(&[format!("{length:x}\r\n").as_bytes(), &chunk].concat()).expect("it is read");
        }
        writer.write_all(b"0\r\ngrpc-status: 0\r\n\r\n").expect("it is read");
        let _ = std::io::copy(&mut reader, &mut std::io::sink());
    });
    at
}

/// A call in both directions at once: each message is answered before the next is sent, on one stream.
#[test]
fn a_stream_flows_in_both_directions() {
    let target = Target::under_test("", &duplex());
    let mut client = Connection::open(target.at, PATIENCE).expect("a connection");
    let fields = request_with("POST", "/call", &[("content-type", "application/grpc"), ("te", "trailers")]);
    client.headers(1, END_HEADERS, &fields);
    let (mut statuses, mut took) = (Vec::new(), Vec::new());
    for number in 1..=200 {
        let began = Instant::now();
        let message = noise(number * 37);
        client.send(&data(1, 0, message.clone()));
        let mut came = Vec::new();
        while came.len() < message.len() {
            let frame = client.frame().unwrap_or_else(|event| panic!("message {number}: {event}: {}", client.came()));
            match frame.kind {
                frames::HEADERS => statuses.extend(client.block(&frame).expect("a head")),
                frames::DATA => came.extend_from_slice(frame.content()),
                _ => assert_ne!(frame.kind, frames::RST_STREAM, "{frame}"),
            }
        }
        assert!(came == message, "message {number}");
        took.push(began.elapsed());
    }
    client.send(&data(1, END_STREAM, []));
    let rest = client.answer(1).unwrap_or_else(|event| panic!("{event}: {}", client.came()));
    assert_eq!(statuses.first(), Some(&(":status".to_string(), "200".to_string())));
    assert_eq!((rest.body, rest.trailers), (Vec::new(), vec![("grpc-status".to_string(), "0".to_string())]));
    // No message waits for the next, nor for a delayed acknowledgement: if one does, then all do, once the connection is no longer new, and
    // each takes 40 ms. What a slow machine takes does not come to so much each time.
    assert!(took[100..].iter().any(|took| *took < Duration::from_millis(35)), "{took:?}");
}
