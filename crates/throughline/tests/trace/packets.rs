//! Packets of a journey, where this process may see them.

use crate::support::{certificate, command, json, request, saying, scratch, server, steps, trace, url};
use serde_json::Value;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";

/// Whether packets can be seen here; if not, one line says what is skipped. Who requires real peers, and may do everything, requires this.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn can_see() -> bool {
    let seen = host::os::Capture::begin(0, 0, |_| false);
    let required = std::env::var("THROUGHLINE_REAL_PEERS").as_deref() == Ok("required") && rustix::process::geteuid().is_root();
    match seen {
        Ok(_) => true,
        Err(error) if !required => {
            eprintln!("skipped: no packets can be seen here ({error})");
            false
        }
        Err(error) => panic!("packets can be seen by root: {error}"),
    }
}

/// Programs that read captures; `None` after one line that says what is skipped.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn tshark(arguments: &[&str]) -> Option<String> {
    let output = match Command::new("tshark").args(["-o", "tls.keylog_file:"]).args(arguments).env_remove("SSLKEYLOGFILE").output() {
        Ok(output) => output,
        Err(_) => {
            assert!(std::env::var("THROUGHLINE_REAL_PEERS").as_deref() != Ok("required"), "tshark is not installed, and required here");
            eprintln!("skipped: tshark is not installed");
            return None;
        }
    };
    assert!(output.status.success(), "tshark {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The packets' roles, each with the way it went and the step that it belongs to.
fn roles(journey: &Value) -> Vec<(bool, String, String)> {
    let word = |step: &Value, field: &str| step[field].as_str().expect("a word").to_string();
    let packets = steps(journey, "packet-seen");
    packets.iter().map(|step| (step["sent"].as_bool().expect("a flag"), word(step, "role"), word(step, "of"))).collect()
}

#[test]
fn each_packet_of_a_journey() {
    if !can_see() {
        return;
    }
    let port = saying(OK);
    let (code, journey) = json(&["--packets", &format!("http://127.0.0.1:{port}/")]);
    assert_eq!(code, 0, "{journey}");
    let roles = roles(&journey);
    let opened = "connection-opened";
    let open = [(true, "syn", opened), (false, "syn-ack", opened), (true, "opened", opened), (true, "data", "request-sent")]
        .map(|(sent, role, of)| (sent, role.to_string(), of.to_string()));
    assert_eq!(roles[..4], open, "{journey}");
    assert!(roles.contains(&(false, "data".to_string(), "head-received".to_string())), "{roles:?}");
    let ends: Vec<bool> = roles.iter().filter(|(_, role, of)| role == "fin" && of == "connection-ended").map(|(sent, ..)| *sent).collect();
    assert!(ends.contains(&true) && ends.contains(&false), "{roles:?}");
    let flow = &steps(&journey, "flow-seen")[0];
    assert_eq!((&flow["over"], &flow["remote"]), (&"tcp".into(), &format!("127.0.0.1:{port}").into()));
    let seen = &steps(&journey, "packets-seen")[0];
    assert_eq!((seen["packets"].as_u64(), seen["untaken"].as_u64()), (Some(roles.len() as u64), Some(0)));
    let last = journey["legs"][0]["steps"].as_array().expect("steps").last().cloned().expect("a step");
    assert_eq!(last["step"], "arrived");
}

#[test]
fn the_tree_has_them_under_their_stations() {
    if !can_see() {
        return;
    }
    let address = format!("http://127.0.0.1:{}/", saying(OK));
    let ran = trace(&["--packets", &address]);
    ran.arrived();
    for part in ["packets of this journey", "→ SYN, segments of up to", "← SYN ACK", "→ ACK: the connection is open", "→ FIN"] {
        ran.says(part);
    }
    let ran = trace(&["-v", "--packets", &address]);
    for part in ["· Ethernet 00:00:00:00:00:00 → 00:00:00:00:00:00, 74 bytes", "· IPv4 127.0.0.1 → 127.0.0.1, TTL 64", ", SYN, seq 0"]
    {
        ran.says(part);
    }
}

#[test]
fn a_port_where_nothing_listens_resets() {
    if !can_see() {
        return;
    }
    let (code, journey) = json(&["--packets", &format!("http://{}/", crate::ports::free_address())]);
    assert_eq!(code, 13);
    let expected = [(true, "syn", "connect-started"), (false, "reset", "connect-failed")];
    assert_eq!(roles(&journey), expected.map(|(sent, role, of)| (sent, role.to_string(), of.to_string())), "{journey}");
}

#[test]
fn questions_to_name_servers_have_their_packets() {
    if !can_see() {
        return;
    }
    let resolver = crate::names::resolver(Some(3));
    let (_, journey) = json(&["--packets", "--dns-server", &resolver, "http://nowhere.example./"]);
    let roles = roles(&journey);
    assert!(!roles.is_empty() && roles.iter().all(|(_, role, of)| role == "datagram" && of == "asked-name-server"), "{roles:?}");
    assert_eq!(roles.iter().filter(|(sent, ..)| *sent).count(), steps(&journey, "asked-name-server").len(), "{journey}");
}

#[test]
fn a_long_body_is_folded() {
    if !can_see() {
        return;
    }
    let port = server(|mut stream, _| {
        request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n");
        let _ = stream.write_all(&vec![7; 2_000_000]);
        let _ = stream.flush();
        // The end is the client's.
        request(&mut stream);
    });
    let address = format!("http://127.0.0.1:{port}/");
    let ran = trace(&["--packets", &address]);
    ran.arrived();
    let flat = ran.flat();
    let (size, rest) = flat.split(" segments, ").nth(1).and_then(|told| told.split_once(" MiB")).expect("a line for many segments");
    // The kernel may send some of it again, on loopback too.
    let again = rest.starts_with(", ") && rest.split(" sent again").next().is_some_and(|part| part.len() < 10);
    assert!(size == "1.91" || again, "{}", ran.out);
}

/// The capture is opened by a program of others, with nothing but the file.
#[test]
fn a_capture_can_be_read_decrypted() {
    if !can_see() {
        return;
    }
    let made = certificate(&["localhost"], -1, 30);
    let file = scratch("whole.pcapng");
    let path = file.display().to_string();
    std::fs::write(&file, "of an earlier run, for all to read").expect("it can be written");
    let ran = trace(&["-k", "--pcap", &path, &url("https", made.saying(OK), "/a-secret-path")]);
    ran.arrived();
    ran.says("with the secrets of TLS");
    let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else reads it");
    let requests = ["-r", &path, "-Y", "http.request", "-T", "fields", "-e", "http.request.uri", "-e", "frame.comment"];
    let Some(requests) = tshark(&requests) else { return };
    assert!(requests.contains("/a-secret-path") && requests.contains("data, of request-sent"), "{requests}");
    let opening = tshark(&["-r", &path, "-Y", "tcp.flags.syn == 1", "-T", "fields", "-e", "frame.time_epoch"]).expect("it is installed");
    let first: f64 = opening.lines().next().and_then(|line| line.parse().ok()).expect("a time");
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).expect("after 1970").as_secs_f64();
    assert!((now - first).abs() < 3600.0, "its times are the calendar's: {first}");
}

#[test]
fn a_capture_of_http2_can_be_read_decrypted() {
    if !can_see() {
        return;
    }
    let port = certificate(&["localhost"], -1, 30).speaking(b"h2").server(|stream| {
        let mut preface = [0; 24];
        let _ = stream.read_exact(&mut preface);
        // Frames until that with the fields of the request (RFC 9113 §4.1).
        let mut head = [0; 9];
        while head[3] != 1 && stream.read_exact(&mut head).is_ok() {
            let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
            let _ = stream.read_exact(&mut payload);
        }
        // SETTINGS, and its acknowledgement, and `:status: 200` as the whole answer on stream 1.
        let _ = stream.write_all(b"\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0\0\0\x01\x01\x05\0\0\0\x01\x88");
        let _ = stream.flush();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let path = scratch("streams.pcapng").display().to_string();
    let ran = trace(&["-k", "--pcap", &path, &url("https", port, "/streams?with=query")]);
    ran.arrived();
    let is_tls = format!("tcp.port=={port},tls");
    if let Some(paths) = tshark(&["-r", &path, "-d", &is_tls, "-Y", "http2", "-T", "fields", "-e", "http2.headers.path"]) {
        assert!(paths.contains("/streams?with=query"), "{paths}");
    }
}

#[test]
fn a_capture_that_cannot_be_written_is_no_journey() {
    if can_see() {
        let output = command(&["--pcap", "/nowhere/at-all", "http://127.0.0.1:9/"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/at-all"), "{output:?}");
    }
}

/// Without the right to see packets the journey is made all the same.
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn without_the_right_to_see_them() {
    let address = format!("http://127.0.0.1:{}/", saying(OK));
    let file = scratch("unwritten.pcapng");
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", "-net_raw", "--inh-caps", "-net_raw", env!("CARGO_BIN_EXE_throughline"), "trace", "--width", "400"]);
    if !rustix::process::geteuid().is_root() {
        command = Command::new(env!("CARGO_BIN_EXE_throughline"));
        command.args(["trace", "--width", "400"]);
        if host::os::Capture::begin(0, 0, |_| false).is_ok() {
            return eprintln!("skipped: this right cannot be given away here");
        }
    }
    let output = command.args(["--pcap", &file.display().to_string(), &address]).output().expect("it runs");
    let tree = String::from_utf8_lossy(&output.stdout);
    for part in ["the kernel's figures stand", "CAP_NET_RAW", "setcap cap_net_raw+ep", "round trip", "✓ 200 OK"] {
        assert!(tree.contains(part), "{part:?} is not in {tree}");
    }
    assert_eq!(output.status.code(), Some(1), "the file that was asked for is not there");
    assert!(!file.exists());
}
