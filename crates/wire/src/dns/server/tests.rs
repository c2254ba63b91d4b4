use super::*;
use crate::dns::{Binding, ClientSubnet, Data, Edns, ExtendedError, Flags, Message, Name, Query, Record, RecordType, ResponseCode, Soa};
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;
use proptest::prelude::*;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn query(text: &str, kind: RecordType, edns: Option<Edns>) -> Vec<u8> {
    Message::query(7, Query { name: name(text), kind }, true, edns).write().expect("short")
}

/// A query with an OPT record of these options.
fn with_options(options: &[u8]) -> Vec<u8> {
    let mut bytes = query("www.Example", RecordType::A, Some(Edns { size: 1232, ..Edns::default() }));
    let at = bytes.len() - 2;
    bytes[at..].copy_from_slice(&u16::try_from(options.len()).expect("short").to_be_bytes());
    bytes.extend_from_slice(options);
    bytes
}

fn option(code: u16, data: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes(), &u16::try_from(data.len()).expect("short").to_be_bytes(), data].concat()
}

fn mistake(bytes: &[u8]) -> Option<Mistake> {
    match QueryView::read(bytes) {
        Ok(view) => view.mistake,
        Err(reject) => Some(reject.mistake),
    }
}

#[test]
fn a_query_is_read_in_place() {
    let subnet = ClientSubnet { address: "192.0.2.0".parse().expect("an address"), source: 24, scope: 0 };
    let edns = Edns { size: 4096, dnssec_ok: true, subnet: Some(subnet), ..Edns::default() };
    let bytes = query("WWW.Example.org", RecordType::AAAA, Some(edns));
    let view = QueryView::read(&bytes).expect("a query");
    assert_eq!((view.id(), view.kind, view.class, view.mistake), (7, RecordType::AAAA, 1, None));
    assert_eq!(view.name(), b"\x03WWW\x07Example\x03org\0");
    assert!(view.recursion_desired() && !view.is_notify());
    let edns = view.edns.expect("an OPT record");
    assert_eq!((edns.size, edns.version, edns.dnssec_ok, view.size()), (4096, 0, true, 4096));
    let subnet = edns.subnet.expect("a subnet");
    assert_eq!((subnet.address, subnet.source), (Some(IpAddr::from([192, 0, 2, 0])), 24));
}

#[test]
fn what_is_no_query_gets_no_answer_and_what_is_malformed_is_told_so() {
    let good = query("a.example", RecordType::A, None);
    assert_eq!(mistake(&good), None);
    for len in 0..HEADER {
        assert_eq!(mistake(&good[..len]), Some(Mistake::Short));
    }
    for len in HEADER..good.len() {
        assert_eq!(mistake(&good[..len]), Some(Mistake::Question), "{len}");
    }
    let changed = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        mistake(&bytes)
    };
    assert_eq!(changed(2, 0x80), Some(Mistake::IsAnswer));
    assert_eq!(changed(2, 5 << 3), Some(Mistake::Opcode));
    assert_eq!(changed(2, 4 << 3), None);
    assert_eq!(changed(5, 2), Some(Mistake::Questions));
    // A pointer to itself, one to the header, one of the two reserved kinds of label.
    assert_eq!(changed(12, 0xc0), Some(Mistake::Question));
    assert_eq!(changed(12, 0x40), Some(Mistake::Question));
    // A count with no record.
    for count in [7, 9, 11] {
        assert_eq!(changed(count, 1), Some(Mistake::Records));
    }
    assert_eq!(mistake(&[&good[..], b"x"].concat()), Some(Mistake::Trailing));
    for (wrong, code) in [(Mistake::Short, None), (Mistake::IsAnswer, None), (Mistake::Opcode, Some(4)), (Mistake::Version, Some(16))] {
        assert_eq!(wrong.code(), code.map(ResponseCode));
    }
}

#[test]
fn names_as_long_as_they_may_be_and_longer() {
    let label = |len: u8| [&[len], &*vec![b'a'; usize::from(len)]].concat();
    let ask = |labels: &[u8]| {
        let mut bytes = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        labels.iter().for_each(|len| bytes.extend(label(*len)));
        bytes.extend_from_slice(&[0, 0, 1, 0, 1]);
        mistake(&bytes)
    };
    assert_eq!(ask(&[63, 63, 63, 61]), None);
    assert_eq!(ask(&[63, 63, 63, 62]), Some(Mistake::Question));
    assert_eq!(ask(&[1; 127]), None);
    assert_eq!(ask(&[1; 128]), Some(Mistake::Question));
    assert_eq!(ask(&[]), None);
}

#[test]
fn records_with_pointers_that_go_nowhere_are_malformed() {
    let mut bytes = query("a.example", RecordType::A, None);
    bytes[11] = 1;
    let at = u8::try_from(bytes.len()).expect("short");
    let tail = [0, 1, 0, 1, 0, 0, 0, 0, 0, 0];
    // To itself, forward, and back into the question.
    for (to, wanted) in [(at, Some(Mistake::Records)), (at + 2, Some(Mistake::Records)), (12, None)] {
        assert_eq!(mistake(&[&bytes[..], &[0xc0, to], &tail].concat()), wanted);
    }
}

#[test]
fn opt_records_are_one_and_of_the_root() {
    let bytes = query("a.example", RecordType::A, Some(Edns::default()));
    let opt = bytes[bytes.len() - 11..].to_vec();
    let mut two = [&bytes[..], &opt[..]].concat();
    two[11] = 2;
    assert_eq!(mistake(&two), Some(Mistake::Edns));
    let mut answer = bytes.clone();
    (answer[7], answer[11]) = (1, 0);
    assert_eq!(mistake(&answer), Some(Mistake::Edns));
    let mut newer = bytes.clone();
    let at = newer.len() - 5;
    newer[at] = 1;
    assert_eq!(mistake(&newer), Some(Mistake::Version));
    let mut signed = bytes;
    signed[11] = 2;
    signed.extend_from_slice(&[0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 0]);
    let view = QueryView::read(&signed).expect("a query");
    assert_eq!((view.mistake, view.tsig), (None, Some(signed.len() - 11)));
    let swapped = [&signed[..signed.len() - 22], &signed[signed.len() - 11..], &opt[..]].concat();
    assert_eq!(mistake(&swapped), Some(Mistake::Signature));
}

/// RFC 7871 §6, §7.2.1.
#[test]
fn client_subnets_that_are_wrongly_formed_are_refused() {
    type Read = Result<(Option<&'static str>, u8), ()>;
    let cases: [(&[u8], Read); 15] = [
        (&[0, 1, 24, 0, 192, 0, 2], Ok((Some("192.0.2.0"), 24))),
        (&[0, 1, 32, 0, 192, 0, 2, 1], Ok((Some("192.0.2.1"), 32))),
        (&[0, 1, 20, 0, 192, 0, 0x20], Ok((Some("192.0.32.0"), 20))),
        (&[0, 2, 56, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 1], Ok((Some("2001:db8:0:100::"), 56))),
        (&[0, 1, 0, 0], Ok((None, 0))),
        (&[0, 2, 0, 0], Ok((None, 0))),
        (&[0, 0, 0, 0], Ok((None, 0))),
        // Bits beyond the prefix; too many bytes, too few; a scope; a prefix longer than the address; an unknown family; cut.
        (&[0, 1, 20, 0, 192, 0, 0x28], Err(())),
        (&[0, 1, 24, 0, 192, 0, 2, 0], Err(())),
        (&[0, 1, 24, 0, 192, 0], Err(())),
        (&[0, 1, 24, 24, 192, 0, 2], Err(())),
        (&[0, 1, 33, 0, 192, 0, 2, 0, 0], Err(())),
        (&[0, 3, 0, 0], Err(())),
        (&[0, 1, 24], Err(())),
        (&[], Err(())),
    ];
    for (data, wanted) in cases {
        let bytes = with_options(&option(8, data));
        let view = QueryView::read(&bytes).expect("a query");
        let subnet = view.edns.expect("there is one").subnet;
        match wanted {
            Err(()) => assert_eq!(view.mistake, Some(Mistake::Subnet), "{data:?}"),
            Ok((address, source)) => {
                assert_eq!(view.mistake, None, "{data:?}");
                let subnet = subnet.expect("a subnet");
                assert_eq!((subnet.address, subnet.source), (address.map(|text| text.parse().expect("an address")), source));
            }
        }
    }
    let twice = [option(8, &[0, 1, 0, 0]), option(8, &[0, 1, 0, 0])].concat();
    assert_eq!(mistake(&with_options(&twice)), Some(Mistake::Subnet));
}

#[test]
fn cookies_have_the_lengths_that_are_allowed() {
    for len in 0..=42 {
        let wanted = matches!(len, 8 | 16..=40);
        assert_eq!(mistake(&with_options(&option(10, &vec![1; len]))), (!wanted).then_some(Mistake::Cookie), "{len}");
    }
    let (first, second) = (option(10, &[1; 8]), option(10, &[2; 16]));
    let bytes = with_options(&[first, second].concat());
    let cookie = QueryView::read(&bytes).expect("a query").edns.expect("EDNS").cookie.expect("a cookie");
    assert_eq!((cookie.client, cookie.server), ([1; 8], &[][..]));
    // RFC 7873 §5.4: no question but a cookie.
    let mut alone = vec![0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let opt = with_options(&option(10, &[1; 8]));
    alone.extend_from_slice(&opt[opt.len() - 23..]);
    assert!(!QueryView::read(&alone).expect("a query").has_question());
    assert_eq!(mistake(&[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Some(Mistake::Questions));
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    let labels = proptest::sample::select(vec!["a", "B", "ns1", "mail", "example", "org", "www"]);
    let some_name = proptest::collection::vec(labels, 0..5)
        .prop_map(|labels| if labels.is_empty() { Name::root() } else { name(&labels.join(".")) })
        .boxed();
    let other = some_name.clone();
    let data = prop_oneof![
        any::<[u8; 4]>().prop_map(|octets| Data::A(octets.into())),
        any::<[u8; 16]>().prop_map(|octets| Data::Aaaa(octets.into())),
        some_name.clone().prop_map(Data::Ns),
        some_name.clone().prop_map(Data::Cname),
        some_name.clone().prop_map(Data::Dname),
        (some_name.clone(), other, any::<[u32; 5]>()).prop_map(|(primary, mailbox, [serial, refresh, retry, expire, minimum])| {
            let span = |number: u32| number >> 1;
            let (refresh, retry, expire, minimum) = (span(refresh), span(retry), span(expire), span(minimum));
            Data::Soa(Soa { primary, mailbox, serial, refresh, retry, expire, minimum })
        }),
        (any::<u16>(), some_name.clone()).prop_map(|(preference, exchange)| Data::Mx { preference, exchange }),
        proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..4).prop_map(Data::Txt),
        (any::<u16>(), some_name.clone(), any::<u16>()).prop_map(|(priority, target, port)| {
            Data::Https(Binding { priority, target, params: vec![(3, port.to_be_bytes().to_vec())] })
        }),
        proptest::collection::vec(any::<u8>(), 0..60).prop_map(|bytes| Data::Other(RecordType(4711), bytes)),
    ];
    let record =
        (some_name, 0..u32::MAX >> 1, data).prop_map(|(owner, ttl, data)| Record { owner, ttl: Duration::from_secs(ttl.into()), data });
    proptest::collection::vec(record, 0..20)
}

proptest! {
    /// What is written is what a reader of messages reads, with every name compressed or not.
    #[test]
    fn an_answer_says_what_was_put_into_it(
        sections in [records(), records(), records()],
        limit in 512_usize..8000,
        edns in any::<bool>(),
        scope in 0_u8..=32,
        code in 0_u16..23,
    ) {
        let subnet = ClientSubnet { address: IpAddr::from([10, 1, 0, 0]), source: 16, scope: 0 };
        let asked = Edns { size: 4096, dnssec_ok: true, subnet: Some(subnet), ..Edns::default() };
        let question = Query { name: name("www.Example.org"), kind: RecordType::A };
        let bytes = query("www.Example.org", RecordType::A, edns.then(|| asked.clone()));
        let view = QueryView::read(&bytes).expect("a query");
        // Something is there before, which pointers must not count.
        let mut out = b"before".to_vec();
        let opt = OptWriter { size: 1232, cookie: Some([9; 24]), nsid: Some(b"me"), keepalive: Some(300) };
        let mut answer = AnswerWriter::new(&mut out, &view, limit, opt);
        let mut kept: [Vec<Record>; 3] = Default::default();
        for (index, section) in [Section::Answer, Section::Authority, Section::Additional].into_iter().enumerate() {
            for record in &sections[index] {
                if answer.add(section, record) {
                    kept[index].push(record.clone());
                }
            }
        }
        answer.set_code(ResponseCode(code));
        answer.set_flags(bit::AUTHORITATIVE);
        answer.set_scope(scope);
        answer.set_error(22, "why");
        let len = answer.finish();
        prop_assert!(len <= limit);
        prop_assert_eq!(out.len(), 6 + len);
        let read = Message::read(&out[6..]).expect("a message");
        let flags = Flags { response: true, authoritative: true, recursion_desired: true, ..Flags::default() };
        prop_assert_eq!((read.id, read.flags, read.question), (7, flags, Some(question)));
        let code = if edns || code < 16 { code } else { 1 };
        prop_assert_eq!(read.code, ResponseCode(code));
        prop_assert_eq!([read.answer, read.authority, read.additional], kept);
        prop_assert_eq!(read.edns.is_some(), edns);
        if let Some(edns) = read.edns {
            prop_assert_eq!((edns.size, edns.dnssec_ok, edns.subnet), (1232, true, Some(ClientSubnet { scope, ..subnet })));
            let error = ExtendedError { code: 22, text: "why".to_string() };
            prop_assert!(edns.errors == vec![error] || edns.errors.is_empty() && len + 9 > limit);
        }
    }

    /// Whatever comes, it is read or refused; and what is read agrees with the other reader.
    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(view) = QueryView::read(&bytes) {
            let mut out = Vec::new();
            let len = AnswerWriter::new(&mut out, &view, 512, OptWriter::default()).finish();
            prop_assert!(len <= 512 && Message::read(&out).is_ok());
        }
    }

    /// The same for queries that are nearly right.
    #[test]
    fn a_query_with_one_byte_changed_is_read_as_the_other_reader_reads_it(at in 0_usize..64, to in any::<u8>()) {
        let edns = Edns { size: 1232, ..Edns::default() };
        let mut bytes = query("www.example.org", RecordType::A, Some(edns));
        let at = at % bytes.len();
        bytes[at] = to;
        let Ok(view) = QueryView::read(&bytes) else { return Ok(()) };
        if view.mistake.is_none() && view.has_question() && view.class == 1 {
            let read = Message::read(&bytes).expect("what has no mistake can be read");
            prop_assert_eq!((read.id, read.question.expect("a question").kind), (view.id(), view.kind));
            prop_assert_eq!(read.edns.map(|edns| edns.dnssec_ok), view.edns.map(|edns| edns.dnssec_ok));
        }
    }
}

#[test]
fn a_truncated_answer_has_no_records() {
    let bytes = query("a.example", RecordType::A, Some(Edns { size: 512, ..Edns::default() }));
    let view = QueryView::read(&bytes).expect("a query");
    let mut out = Vec::new();
    let mut answer = AnswerWriter::new(&mut out, &view, 512, OptWriter { size: 1232, ..OptWriter::default() });
    let record = Record { owner: name("a.example"), ttl: Duration::ZERO, data: Data::Txt(vec![vec![b'x'; 100]]) };
    let mut count = 0;
    while answer.add(Section::Answer, &record) {
        count += 1;
    }
    assert_eq!(count, 4);
    answer.truncate();
    answer.finish();
    let read = Message::read(&out).expect("a message");
    assert!(read.flags.truncated && read.edns.is_some());
    assert_eq!(out.len(), view.question().len() + HEADER + 11);
}

#[test]
fn what_was_prepared_goes_out_as_it_is_or_not_at_all() {
    let bytes = query("a.example", RecordType::A, None);
    let view = QueryView::read(&bytes).expect("a query");
    let tail = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x01\x02\x03\x04";
    let mut out = Vec::new();
    let mut answer = AnswerWriter::new(&mut out, &view, 512, OptWriter::default());
    assert!(answer.prepared(tail, [1, 0, 0]));
    answer.finish();
    let read = Message::read(&out).expect("a message");
    let record = Record { owner: name("a.example"), ttl: Duration::from_secs(5), data: Data::A([1, 2, 3, 4].into()) };
    assert_eq!(read.answer, [record]);
    let mut answer = AnswerWriter::new(&mut out, &view, 40, OptWriter::default());
    assert!(!answer.prepared(tail, [1, 0, 0]));
}

/// Names that grow by a label at their beginning lie as pointers to pointers, but not over more than readers follow.
#[test]
fn chains_of_pointers_are_short() {
    let bytes = query("a.example", RecordType::CNAME, Some(Edns { size: 4096, ..Edns::default() }));
    let view = QueryView::read(&bytes).expect("a query");
    let mut out = Vec::new();
    let mut answer = AnswerWriter::new(&mut out, &view, 4096, OptWriter::default());
    let mut owner = name("a.example");
    let mut owners = Vec::new();
    for _ in 0..30 {
        let target = name(&format!("b.{owner}"));
        let record = Record { owner: owner.clone(), ttl: Duration::ZERO, data: Data::Cname(target.clone()) };
        assert!(answer.add(Section::Answer, &record));
        owners.push(owner);
        owner = target;
    }
    answer.finish();
    let read = Message::read(&out).expect("a message");
    assert!(read.answer.iter().map(|record| &record.owner).eq(&owners));
    // Behind the question: owner, ten bytes, target, and so on.
    let mut at = HEADER + view.question().len();
    for name in 0..2 * owners.len() {
        let (hops, end) = walked(&out, at);
        assert!(hops <= 8, "{hops}");
        at = end + if name % 2 == 0 { 10 } else { 0 };
    }
}

/// Over how many pointers a name leads, and where it ends.
fn walked(message: &[u8], mut at: usize) -> (usize, usize) {
    let (mut hops, mut end) = (0, None);
    while message[at] > 0 {
        if message[at] < 0xc0 {
            at += 1 + usize::from(message[at]);
            continue;
        }
        end = end.or(Some(at + 2));
        hops += 1;
        at = usize::from(u16::from_be_bytes([message[at] & 0x3f, message[at + 1]]));
    }
    (hops, end.unwrap_or(at + 1))
}
