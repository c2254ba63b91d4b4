//! What holds for every conversation, tried on random ones.

use crate::driver::{CLIENT, SETTINGS, Said, frames, hear, tell};
use proptest::collection::vec;
use proptest::prelude::*;
use wire::websocket::{CloseCode, Connection, DeflateParameters, Delivery, FrameHeader, Kind, Role, Settings};

/// What an end does.
#[derive(Clone, Debug)]
enum Act {
    Text(Vec<String>),
    Binary(Vec<Vec<u8>>),
    Ping(Vec<u8>),
}

fn an_act() -> impl Strategy<Value = Act> {
    let bytes = prop_oneof![vec(any::<u8>(), 0..300), vec(Just(7u8), 0..3000)];
    prop_oneof![
        vec("\\PC{0,40}", 1..4).prop_map(Act::Text),
        vec(bytes, 1..4).prop_map(Act::Binary),
        vec(any::<u8>(), 0..=125).prop_map(Act::Ping),
    ]
}

fn an_agreement() -> impl Strategy<Value = Option<DeflateParameters>> {
    let bits = || proptest::option::of(8..=15u8);
    proptest::option::of((any::<bool>(), any::<bool>(), bits(), bits()).prop_map(
        |(server_no_context_takeover, client_no_context_takeover, server_max_window_bits, client_max_window_bits)| DeflateParameters {
            server_no_context_takeover,
            client_no_context_takeover,
            server_max_window_bits,
            client_max_window_bits,
        },
    ))
}

fn a_delivery() -> impl Strategy<Value = Delivery> {
    prop_oneof![Just(Delivery::Whole), Just(Delivery::Pieces)]
}

/// One end, and the pipe to it.
struct End {
    connection: Connection,
    pipe: Vec<u8>,
    begun: Option<(Kind, Vec<u8>)>,
    heard: Vec<Said>,
}

impl End {
    fn new(role: Role, settings: &Settings) -> Self {
        End { connection: Connection::new(role, settings), pipe: Vec::new(), begun: None, heard: Vec::new() }
    }

    /// Sends, and returns what the other end should hear.
    fn act(&mut self, act: &Act) -> Said {
        match act {
            Act::Text(parts) => {
                for (place, part) in parts.iter().enumerate() {
                    self.connection.text_piece(part, place + 1 == parts.len()).expect("open");
                }
                Said::Text(parts.concat())
            }
            Act::Binary(parts) => {
                for (place, part) in parts.iter().enumerate() {
                    self.connection.binary_piece(part, place + 1 == parts.len()).expect("open");
                }
                Said::Binary(parts.concat())
            }
            Act::Ping(payload) => {
                self.connection.ping(payload).expect("open");
                Said::Ping(payload.clone())
            }
        }
    }

    /// Writes so many bytes, and lets the other end read so many.
    fn flow(&mut self, to: &mut End, write: usize, read: usize, settings: &Settings) {
        let write = write.min(self.connection.output().len());
        to.pipe.extend_from_slice(&self.connection.output()[..write]);
        self.connection.written(write);
        let rest = to.pipe.split_off(read.min(to.pipe.len()));
        let part = core::mem::replace(&mut to.pipe, rest);
        hear(&mut to.connection, &part, settings, &mut to.begun, &mut to.heard).expect("what is sent is valid");
    }
}

/// What was heard, pongs apart.
fn apart(heard: &[Said]) -> (Vec<Said>, Vec<Said>) {
    heard.iter().cloned().partition(|said| !matches!(said, Said::Pong(_)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn two_ends_hear_what_was_said(
        acts in vec((any::<bool>(), an_act(), 0..400usize, 0..400usize), 0..20),
        deflate in an_agreement(),
        delivery in a_delivery(),
        server_closes in any::<bool>(),
        reason in "\\PC{0,60}",
    ) {
        let settings = Settings { deflate, delivery, ..SETTINGS };
        let (mut server, mut client) = (End::new(Role::Server, &settings), End::new(CLIENT, &settings));
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        for (by_server, act, write, read) in &acts {
            if *by_server { to_client.push(server.act(act)) } else { to_server.push(client.act(act)) }
            server.flow(&mut client, *write, *read, &settings);
            client.flow(&mut server, *read, *write, &settings);
        }
        let closer = if server_closes { &mut server } else { &mut client };
        closer.connection.close(CloseCode::NORMAL, &reason);
        while !(server.connection.is_finished() && client.connection.is_finished()) {
            server.flow(&mut client, 977, 991, &settings);
            client.flow(&mut server, 983, 997, &settings);
        }
        prop_assert!(server.connection.output().len() + client.connection.output().len() <= 10, "only the last close may wait");
        for (end, expected, asked) in [(&server, &to_server, &to_client), (&client, &to_client, &to_server)] {
            let (mut heard, pongs) = apart(&end.heard);
            prop_assert!(matches!(heard.pop(), Some(Said::Close(Some((1000, _))))));
            // What was sent before the close comes before it, except that the end that did not close says nothing after it has heard it.
            prop_assert_eq!(&heard, expected);
            let mut pings = asked.iter().filter_map(|said| match said {
                Said::Ping(payload) => Some(Said::Pong(payload.clone())),
                _ => None,
            });
            prop_assert!(pongs.iter().all(|pong| pings.any(|ping| ping == *pong)), "pongs in the order of the pings");
        }
    }

    #[test]
    fn any_bytes_are_judged(
        input in vec(prop_oneof![any::<u8>(), Just(0x81), Just(0xc2), Just(0x80), Just(0x00), Just(0x89)], 0..300),
        deflate in an_agreement(),
        delivery in a_delivery(),
        step in 1..20usize,
    ) {
        let settings = Settings { deflate, delivery, message_bytes: 200, ..SETTINGS };
        for role in [Role::Server, CLIENT] {
            let whole = tell(role, &settings, [&input[..]]);
            let cut = tell(role, &settings, input.chunks(step));
            prop_assert_eq!(&whole.said, &cut.said);
            prop_assert_eq!(whole.broken.is_some(), cut.broken.is_some());
            prop_assert!(whole.output.len() <= 10 * input.len() + 200);
            frames(&whole.output, matches!(role, Role::Client { .. }));
        }
    }

    #[test]
    fn a_header_that_is_read_is_written_as_it_was(input in vec(any::<u8>(), 0..20)) {
        if let Ok(Some((header, len))) = FrameHeader::parse(&input) {
            let mut out = Vec::new();
            header.write(&mut out);
            prop_assert_eq!(&out[..], &input[..len]);
        }
    }
}
