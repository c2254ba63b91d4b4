//! What is sent over the loopback interface by nobody but these tests: each has an address of its own.

use super::*;
use std::net::UdpSocket;
use std::sync::mpsc;

/// What passes within it is taken too; what had passed before the end is taken in any case.
const QUIET: Duration = Duration::from_millis(500);
const MOST: Duration = Duration::from_secs(60);

/// Who is sent packets at an address of 127/8, and which frames those are.
fn receiver(at: &str) -> (UdpSocket, impl Fn(&[u8]) -> bool + Send + use<>) {
    let receiver = UdpSocket::bind((at, 0)).expect("Linux has all of 127/8");
    let to = receiver.local_addr().expect("bound");
    let is_ours = move |frame: &[u8]| {
        let packet = wire::packet::Packet::parse(frame);
        packet.is_ok_and(|packet| packet.ip.to == to.ip() && packet.ports().is_some_and(|(_, port)| port == to.port()))
    };
    (receiver, is_ours)
}

/// None, and a line that says so, where it is not allowed.
#[expect(clippy::print_stdout, reason = "a test that skips says so")]
fn begun(capture: io::Result<Capture>) -> Option<Capture> {
    match capture {
        Ok(capture) => Some(capture),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            println!("skipped: to see packets needs CAP_NET_RAW");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn payloads(captures: &Captures) -> Vec<&[u8]> {
    captures.packets.iter().map(|packet| wire::packet::Packet::parse(&packet.frame).expect("ours").payload).collect()
}

#[test]
fn packets_are_taken_once_each_as_they_pass() {
    let (receiver, is_ours) = receiver("127.0.72.1");
    let Some(capture) = begun(Capture::begin(1 << 20, 65_536, is_ours)) else { return };
    let sender = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    for payload in [b"one".as_slice(), b"two", b"two"] {
        sender.send_to(payload, receiver.local_addr().expect("bound")).expect("sent");
    }
    let captures = capture.end(QUIET, MOST);
    // What is sent twice is two packets: their numbers differ.
    assert_eq!(payloads(&captures), [b"one".as_slice(), b"two", b"two"]);
    assert!(captures.packets.windows(2).all(|two| two[0].at <= two[1].at));
    assert_eq!(captures.untaken, 0);
}

#[test]
fn a_capture_takes_no_more_than_it_may() {
    let (receiver, is_ours) = receiver("127.0.72.2");
    let Some(capture) = begun(Capture::begin(90, 45, is_ours)) else { return };
    for _ in 0..5 {
        receiver.send_to(b"three", receiver.local_addr().expect("bound")).expect("sent");
    }
    let captures = capture.end(QUIET, MOST);
    // Frames of 14 + 20 + 8 + 5 bytes, of which the last two were not wanted.
    assert_eq!((captures.packets.len(), captures.untaken), (2, 3));
    assert!(captures.packets.iter().all(|packet| (packet.frame.len(), packet.length) == (45, 47)));
}

/// On a busy machine the capture may end before its thread had a turn.
#[test]
fn what_passed_before_the_end_is_taken_however_late_it_is_looked_at() {
    let (receiver, is_ours) = receiver("127.0.72.3");
    let (turn, wait) = mpsc::channel::<()>();
    let late = move |frame: &[u8]| {
        let ours = is_ours(frame);
        // Held up at the first, until nobody is there to let it go on.
        while ours && wait.recv().is_ok() {}
        ours
    };
    let Some(capture) = begun(Capture::begin(1 << 20, 65_536, late)) else { return };
    for payload in [b"one", b"two", b"six"] {
        receiver.send_to(payload, receiver.local_addr().expect("bound")).expect("sent");
    }
    capture.shared.ended.store(true, Ordering::Relaxed);
    drop(turn);
    let captures = capture.end(Duration::ZERO, Duration::ZERO);
    assert_eq!(payloads(&captures), [b"one", b"two", b"six"]);
}
