use super::*;
use host::{Connecting, Endpoint, Listener, Machine, Opened, Resolving, Task, Timers};
use proptest::prelude::*;
use std::io::{self, Read};
use std::rc::Rc;

/// A machine of which nothing but the time is asked.
struct Still;

impl Machine for Still {
    fn now(&self) -> decide::time::Instant {
        decide::time::Instant::ZERO
    }
    fn calendar(&self) -> decide::time::Calendar {
        decide::time::Calendar::default()
    }
    fn random(&self) -> u64 {
        0
    }
    fn unguessable(&self) -> u64 {
        0
    }
    fn datagrams(&self, _: std::net::SocketAddr) -> io::Result<host::Datagrams> {
        unreachable!("no datagram is sent")
    }
    fn listen_for_datagrams(&self, _: std::net::SocketAddr) -> io::Result<host::DatagramListener> {
        unreachable!("no datagram is needed")
    }
    fn connect(&self, _: &Endpoint) -> Connecting {
        unreachable!("nothing is connected")
    }
    fn listen(&self, _: &Endpoint, _: u32) -> io::Result<Listener> {
        unreachable!("nobody listens")
    }
    fn resolve(&self, _: &str) -> Resolving {
        unreachable!("no name is asked for")
    }
    fn spawn(&self, _: Task) {
        unreachable!("nothing is started")
    }
    fn open(&self, _: &str, _: &str) -> io::Result<Opened> {
        unreachable!("no file is opened")
    }
}

const CODINGS: [(Coding, u8); 6] =
    [(Coding::Zstd, 1), (Coding::Zstd, 3), (Coding::Brotli, 0), (Coding::Brotli, 5), (Coding::Gzip, 1), (Coding::Gzip, 6)];

fn coder(coding: Coding, level: u8, length: Option<u64>) -> Coder {
    Coder::new(&Host::new(Rc::new(Still), Timers::default()), coding, level, length, None)
}

/// As much as can be read of it.
fn decoded(coding: Coding, bytes: &[u8]) -> Vec<u8> {
    let mut reader: Box<dyn Read + '_> = match coding {
        Coding::Zstd => Box::new(zstd::stream::read::Decoder::new(bytes).expect("memory for it")),
        Coding::Brotli => Box::new(brotli::Decompressor::new(bytes, 4096)),
        Coding::Gzip => Box::new(flate2::read::GzDecoder::new(bytes)),
        Coding::Identity => Box::new(bytes),
    };
    let (mut out, mut piece) = (Vec::new(), [0; 997]);
    while let Ok(n @ 1..) = reader.read(&mut piece) {
        out.extend_from_slice(&piece[..n]);
    }
    out
}

const LETTERS: &[u8] = b"<a href=\"/x\">ab\n \xff";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_decoded_is_what_was_coded(
        pieces in prop::collection::vec((prop::collection::vec(prop::sample::select(LETTERS), 0..3000), any::<bool>()), 0..8),
        known in any::<bool>(),
    ) {
        let whole: Vec<u8> = pieces.iter().flat_map(|(piece, _)| piece.clone()).collect();
        for (coding, level) in CODINGS {
            let mut coder = coder(coding, level, known.then_some(whole.len() as u64));
            let (mut out, mut so_far) = (Vec::new(), 0);
            for (piece, flush) in &pieces {
                coder.write(piece);
                so_far += piece.len();
                if *flush {
                    coder.flush();
                    prop_assert!(!coder.holds());
                    out.append(coder.output());
                    prop_assert_eq!(&decoded(coding, &out), &whole[..so_far], "{:?}: all that was flushed can be read", coding);
                } else {
                    out.append(coder.output());
                }
            }
            coder.finish();
            out.append(coder.output());
            prop_assert_eq!(&decoded(coding, &out), &whole);
            prop_assert_eq!((coder.work.before, coder.work.after), (whole.len() as u64, out.len() as u64));
        }
    }
}

#[test]
fn every_level_that_the_settings_allow_is_one() {
    let levels = (1..=9).map(|level| (Coding::Zstd, level)).chain((0..=8).map(|level| (Coding::Brotli, level)));
    for (coding, level) in levels.chain((1..=9).map(|level| (Coding::Gzip, level))) {
        for length in [None, Some(0), Some(70_000), Some(u64::MAX)] {
            let mut coder = coder(coding, level, length);
            coder.write(b"content");
            coder.finish();
            assert_eq!(decoded(coding, coder.output()), b"content", "{coding:?} {level}");
        }
    }
}
