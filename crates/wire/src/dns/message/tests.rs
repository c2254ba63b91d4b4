use super::*;
use alloc::vec;
use proptest::prelude::*;

fn record(line: &str) -> Record {
    Record::parse(line, Duration::ZERO).expect("a record")
}

fn sample() -> Message {
    let question = Query { name: Name::parse("www.Example.org").expect("a name"), kind: RecordType::HTTPS };
    Message {
        flags: Flags { response: true, authoritative: true, recursion_desired: true, authentic: true, ..Flags::default() },
        code: ResponseCode(23),
        answer: vec![
            record("www.example.org 300 CNAME a.example.org"),
            record("a.example.org 30 HTTPS 1 . alpn=h2 port=8443 ipv4hint=192.0.2.1"),
            record("a.example.org 30 SVCB 0 b.example.org"),
            record("a.example.org 30 A 192.0.2.1"),
            record("a.example.org 30 AAAA 2001:db8::1"),
            record(r#"a.example.org 30 TXT "x" "y""#),
            record("a.example.org 30 MX 3 mail.example.org"),
            record("b.example.org 30 DNAME example.net"),
        ],
        authority: vec![record("example.org 60 SOA ns.example.org me.example.org 1 2 3 4 5"), record("org 5 NS ns.example.org")],
        additional: vec![Record { owner: Name::root(), ttl: Duration::ZERO, data: Data::Other(RecordType(700), vec![1, 2, 3]) }],
        edns: Some(Edns {
            size: 1232,
            subnet: Some(ClientSubnet { address: [192, 0, 2, 0].into(), source: 24, scope: 20 }),
            errors: vec![ExtendedError { code: 15, text: "no".into() }, ExtendedError { code: 22, text: String::new() }],
            ..Edns::default()
        }),
        ..Message::query(77, question, true, None)
    }
}

#[test]
fn a_message_is_read_as_it_was_written() {
    let message = sample();
    assert_eq!(Message::read(&message.write().expect("it fits")), Ok(message));
}

#[test]
fn nothing_of_a_truncated_answer_is_used() {
    let mut message = sample();
    message.flags.truncated = true;
    let mut bytes = message.write().expect("it fits");
    bytes.truncate(bytes.len() - 60);
    let read = Message::read(&bytes).expect("its header and question are there");
    assert_eq!((read.flags.truncated, read.answer.len(), read.question), (true, 0, message.question));
}

#[test]
fn a_message_has_a_largest_size() {
    let mut message = sample();
    message.answer = vec![Record { owner: Name::root(), ttl: Duration::ZERO, data: Data::Other(RecordType(700), vec![0; 40_000]) }; 2];
    assert_eq!(message.write(), Err(TooLong));
}

/// Every byte of a message, replaced by every other one: what is read then can be written, and is read the same.
#[test]
fn with_any_one_byte_damaged_what_is_read_can_be_written_again() {
    let whole = sample().write().expect("it fits");
    for place in 0..whole.len() {
        for byte in 0..=u8::MAX {
            let mut bytes = whole.clone();
            bytes[place] = byte;
            if let Ok(message) = Message::read(&bytes)
                && let Ok(written) = message.write()
            {
                assert_eq!(Message::read(&written), Ok(message), "byte {place} as {byte}");
            }
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(message) = Message::read(&bytes) {
            let _ = message.write();
        }
    }

    #[test]
    fn a_damaged_message_does_not_panic_and_what_is_read_can_be_written_again(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        len in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = sample().write().expect("it fits");
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if cut {
            bytes.truncate(len.index(bytes.len()));
        }
        if let Ok(message) = Message::read(&bytes)
            && let Ok(written) = message.write()
        {
            prop_assert_eq!(Message::read(&written), Ok(message));
        }
    }
}

/// RFC 3597 §4: a copy of the data must make sense in another message.
#[test]
fn names_inside_data_are_spelled_out() {
    let question = Query { name: Name::parse("a.example").expect("a name"), kind: RecordType(12) };
    let mut message = Message { flags: Flags { response: true, ..Flags::default() }, ..Message::query(1, question, false, None) };
    let whole = b"\x01b\x01a\x07example\0";
    let owner = Name::parse("a.example").expect("a name");
    // A pointer to the name of the question, which stands behind the header.
    for (kind, before) in [(12, &b""[..]), (33, b"\0\x01\0\x02\0\x03"), (35, b"\0\x01\0\x02\x01u\x03sip\0")] {
        let data = |name: &[u8]| Data::Other(RecordType(kind), [before, name].concat());
        message.answer = vec![Record { owner: owner.clone(), ttl: Duration::ZERO, data: data(b"\x01b\xC0\x0C") }];
        let read = Message::read(&message.write().expect("it fits")).expect("it is a message");
        assert_eq!(read.answer[0].data, data(whole), "type {kind}");
    }
    message.answer[0].data = Data::Other(RecordType(12), b"\x01b\xC0\xFF".to_vec());
    assert_eq!(Message::read(&message.write().expect("it fits")), Err(Malformed));
}
