use super::*;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn read_all(text: &str) -> Vec<String> {
    let (entries, mistakes) = read(text.as_bytes(), &name("example"), 300);
    assert_eq!(mistakes, vec![]);
    entries.iter().map(|entry| in_file(&entry.owner, entry.ttl, &entry.data).to_string().replace('\t', " ")).collect()
}

#[track_caller]
fn one(text: &str, expected: &str) {
    let read = read_all(&format!("x 1 IN {text}"));
    assert_eq!(read, [format!("x.example. 1 IN {expected}")]);
    // What is written is read as it was.
    assert_eq!(read_all(&read[0]), read);
}

/// RFC 1035 §5.3, with its parentheses, and what later RFCs added.
#[test]
fn a_file_of_rfc_1035() {
    let text = "$ORIGIN ISI.EDU.
$TTL 1h
@   IN  SOA     VENERA      Action\\.domains (
                                 20     ; SERIAL
                                 7200   ; REFRESH
                                 600    ; RETRY
                                 3600000; EXPIRE
                                 60)    ; MINIMUM

        NS      A.ISI.EDU.
        NS      VENERA
        MX      10      VENERA
        MX      20      VAXA

A       A       26.3.0.103
VENERA  600 IN  A       10.1.0.52
        IN 1d2h A       128.9.0.32
$ORIGIN sub
* CNAME @
";
    let expected = [
        "ISI.EDU. 3600 IN SOA VENERA.ISI.EDU. Action\\.domains.ISI.EDU. 20 7200 600 3600000 60",
        "ISI.EDU. 3600 IN NS A.ISI.EDU.",
        "ISI.EDU. 3600 IN NS VENERA.ISI.EDU.",
        "ISI.EDU. 3600 IN MX 10 VENERA.ISI.EDU.",
        "ISI.EDU. 3600 IN MX 20 VAXA.ISI.EDU.",
        "A.ISI.EDU. 3600 IN A 26.3.0.103",
        "VENERA.ISI.EDU. 600 IN A 10.1.0.52",
        "VENERA.ISI.EDU. 93600 IN A 128.9.0.32",
        "*.sub.ISI.EDU. 3600 IN CNAME sub.ISI.EDU.",
    ];
    assert_eq!(read_all(text), expected);
}

#[test]
fn a_record_without_a_time_has_the_one_before() {
    assert_eq!(read_all("a A 192.0.2.1\nb 5 A 192.0.2.1\nc A 192.0.2.1")[2], "c.example. 5 IN A 192.0.2.1");
    assert_eq!(read_all("a A 192.0.2.1")[0], "a.example. 300 IN A 192.0.2.1");
}

/// Every type that is known in words.
#[test]
fn types() {
    one("A 192.0.2.1", "A 192.0.2.1");
    one("aaaa 2001:DB8::1", "AAAA 2001:db8::1");
    one("PTR www", "PTR www.example.");
    one("HINFO PC-Intel-700mhz \"Red Hat Linux 7.1\"", "HINFO \"PC-Intel-700mhz\" \"Red Hat Linux 7.1\"");
    one("SRV 0 5 5060 sip.other.", "SRV 0 5 5060 sip.other.");
    one("NAPTR 100 50 \"s\" \"z3950+I2L+I2C\" \"\" _z3950._tcp", "NAPTR 100 50 \"s\" \"z3950+I2L+I2C\" \"\" _z3950._tcp.example.");
    one("NAPTR 1 2 u E2U+sip \"!^.*$!sip:a@b;c!\" .", "NAPTR 1 2 \"u\" \"E2U+sip\" \"!^.*$!sip:a@b\\;c!\" .");
    one("CAA 0 issue \"ca.example; policy=ev\"", "CAA 0 \"issue\" \"ca.example\\; policy=ev\"");
    one("CAA 128 tbs Unknown", "CAA 128 \"tbs\" \"Unknown\"");
    one("TLSA 3 1 1 D2ABDE24 0D7CD3EE", "TLSA 3 1 1 d2abde240d7cd3ee");
    one("SSHFP 4 2 aabb", "SSHFP 4 2 aabb");
    one("SPF \"v=spf1 -all\"", "SPF \"v=spf1 -all\"");
    one("RP a.b c", "RP a.b.example. c.example.");
    one("URI 10 1 \"https://www.example.com/path\"", "URI 10 1 \"https://www.example.com/path\"");
    one("DS 60485 RSASHA1 1 ( 2BB183AF5F22588179A5 \n 3B0A98631FAD1A29 )", "DS 60485 5 1 2bb183af5f22588179a53b0a98631fad1a29");
    one("DNSKEY 256 3 5 AQPSKmyn fzW4kyBv", "DNSKEY 256 3 5 AQPSKmynfzW4kyBv");
    one("CERT 1 2 3 AQ==", "CERT 1 2 3 AQ==");
    one(
        "RRSIG A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip8WTr",
        "RRSIG A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip8WTr",
    );
    one("NSEC host A MX RRSIG NSEC TYPE1234", "NSEC host.example. A MX RRSIG NSEC TYPE1234");
    one("NSEC host", "NSEC host.example.");
    one(
        "NSEC3 1 1 12 aabbccdd 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR MX DNSKEY",
        "NSEC3 1 1 12 aabbccdd 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR MX DNSKEY",
    );
    one("NSEC3PARAM 1 0 0 -", "NSEC3PARAM 1 0 0 -");
    one("CSYNC 66 3 A NS AAAA", "CSYNC 66 3 A NS AAAA");
    one("ZONEMD 1 1 1 aabb", "ZONEMD 1 1 1 aabb");
    one("OPENPGPKEY AQID", "OPENPGPKEY AQID");
    one("EUI48 00-00-5e-00-53-2a", "EUI48 00-00-5e-00-53-2a");
    one("NID 10 0014:4fff:ff20:ee64", "NID 10 0014:4fff:ff20:ee64");
    one("L32 10 10.1.2.0", "L32 10 10.1.2.0");
    one("TXT a \"b c\" \"\" \\\"q\\\" \"x\\\\y\\200\"", "TXT \"a\" \"b c\" \"\" \"\\\"q\\\"\" \"x\\\\y\\200\"");
    one("TXT \"a\"\"b\"", "TXT \"a\" \"b\"");
}

/// RFC 3597 §5 and its examples.
#[test]
fn data_as_bytes() {
    one("TYPE731 \\# 6 abcd (\n ef 01 23 45 )", "TYPE731 \\# 6 abcdef012345");
    one("TYPE62347 \\# 0", "TYPE62347 \\# 0");
    one("A \\# 4 0A000001", "A 10.0.0.1");
    one("TYPE1 \\# 4 0a000002", "A 10.0.0.2");
}

/// RFC 9460 appendix D.
#[test]
fn services() {
    one("HTTPS 0 foo.example.com.", "HTTPS 0 foo.example.com.");
    one("SVCB 16 foo.example.com. port=53", "SVCB 16 foo.example.com. port=53");
    one("SVCB 1 foo.example.com. key667=hello", "SVCB 1 foo.example.com. key667=\"hello\"");
    one("SVCB 1 foo.example.com. key667=\"hello\\210qoo\"", "SVCB 1 foo.example.com. key667=\"hello\\210qoo\"");
    one("SVCB 1 foo.example.com. ipv6hint=\"2001:db8::1,2001:db8::53:1\"", "SVCB 1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1");
    one(
        "SVCB 16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
        "SVCB 16 foo.example.org. mandatory=alpn,ipv4hint alpn=h2,h3-19 ipv4hint=192.0.2.1",
    );
    one("SVCB 16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"", "SVCB 16 foo.example.org. key1=\"\\008f\\\\oo,bar\\002h2\"");
    one("HTTPS 1 . alpn=h3 ech=AAEC", "HTTPS 1 . alpn=h3 key5=\"\\000\\001\\002\"");
}

#[track_caller]
fn mistakes(text: &str, expected: &[(u32, u32, &str)]) {
    let (_, found) = read(text.as_bytes(), &name("example"), 300);
    let shown: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), expected.len(), "{shown:#?}");
    for (found, (line, column, what)) in found.iter().zip(expected) {
        assert!((found.line, found.column) == (*line, *column) && found.what.contains(what), "{found} instead of {line}:{column} {what}");
    }
}

#[test]
fn every_mistake_has_its_line_and_column() {
    mistakes("a A 192.0.2.256\n\n  b A 1\nc A 192.0.2.1", &[(1, 5, "an IPv4 address was expected"), (3, 3, "b is no type")]);
    mistakes("a A", &[(1, 4, "an IPv4 address was expected")]);
    mistakes("a IN", &[(1, 5, "a type was expected")]);
    mistakes("a A 192.0.2.1 x", &[(1, 15, "too much")]);
    mistakes("  A 192.0.2.1", &[(1, 3, "whose is this")]);
    // What is below an owner that cannot be read is not told again.
    mistakes("a..b A 192.0.2.1\n A 192.0.2.2\nc A x", &[(1, 1, "empty label"), (3, 5, "IPv4")]);
    mistakes("a MX 10", &[(1, 8, "a name was expected")]);
    mistakes("a MX 65536 b", &[(1, 6, "a number from 0 to 65535")]);
    mistakes("a CH A 192.0.2.1", &[(1, 3, "only class IN")]);
    mistakes("a 2147483648 A 192.0.2.1", &[(1, 3, "2147483647")]);
    mistakes("a 1h30 A 192.0.2.1", &[(1, 3, "a time was expected")]);
    mistakes("a FOO x", &[(1, 3, "FOO is no type")]);
    mistakes("a\\300 A 192.0.2.1\nb A x", &[(1, 2, "no byte"), (2, 5, "IPv4")]);
    mistakes("a TXT \"x\\256\"\n TXT \\25\n TXT \\25x\nb A x", &[(1, 9, "no byte"), (2, 6, "no byte"), (3, 6, "no byte"), (4, 5, "IPv4")]);
    mistakes("a TXT (\n b\n c", &[(1, 7, "never closed")]);
    mistakes("a TXT b )\nc A x", &[(1, 9, "never opened"), (2, 5, "IPv4")]);
    mistakes("a TXT \"b\nc A x", &[(1, 7, "not closed"), (2, 5, "IPv4")]);
    mistakes("a TXT b\\\nc A x", &[(1, 8, "backslash"), (2, 5, "IPv4")]);
    mistakes(
        "$INCLUDE x\n$GENERATE 1-2 a A 1\n$TTL\n$TTL 1 2\n$FOO",
        &[(1, 1, "$INCLUDE"), (2, 1, "$GENERATE"), (3, 5, "needs a value"), (4, 8, "another"), (5, 1, "$FOO is not known")],
    );
    mistakes(&format!("{} A 192.0.2.1", "x".repeat(64)), &[(1, 1, "63")]);
    mistakes(&format!("{} A 192.0.2.1", "xxxxxxx.".repeat(31)), &[]);
    mistakes(&format!("{}x A 192.0.2.1", "xxxxxxx.".repeat(31)), &[(1, 1, "255")]);
    mistakes("ä A 192.0.2.1", &[(1, 1, "xn--")]);
    mistakes("a TXT ä\nb TXT \"ää\" x y ; z\nc A x", &[(3, 5, "IPv4")]);
    mistakes("a TXT ää )", &[(1, 10, "never opened")]);
    mistakes(&format!("a TXT {}", "x".repeat(256)), &[(1, 7, "255 at the most")]);
    mistakes("a TYPE999 x", &[(1, 11, "only known as bytes")]);
    mistakes("a TYPE999 \\# 2 aa", &[(1, 14, "2 bytes were announced")]);
    mistakes("a A \\# 3 aabbcc", &[(1, 5, "no data of type A")]);
    mistakes("a NSEC3PARAM \\# 1 aa", &[(1, 14, "no data")]);
    mistakes("a HTTPS 1 . alpn=h2 alpn=h3", &[(1, 21, "twice")]);
    mistakes("a HTTPS 1 . mandatory=port", &[(1, 13, "not there")]);
    mistakes("a HTTPS 1 . no-default-alpn", &[(1, 13, "without alpn")]);
    mistakes("a HTTPS 1 . port=x", &[(1, 13, "a port")]);
    mistakes("a HTTPS 1 . prt=1", &[(1, 13, "a parameter")]);
    mistakes("a DS 1 2 3 abc", &[(1, 12, "hexadecimal")]);
    mistakes("a DNSKEY 1 2 3 AAA", &[]);
    mistakes("a DNSKEY 1 2 3 AA!A", &[(1, 16, "base 64")]);
    mistakes("a RRSIG A 5 3 1 20031322173103 20030220173103 1 a. AAAA", &[(1, 17, "a moment")]);
}

#[test]
fn a_file_of_nothing_but_mistakes_is_not_told_for_ever() {
    let (entries, mistakes) = read(&b"a A x\n".repeat(1000), &name("example"), 300);
    assert_eq!((entries.len(), mistakes.len()), (0, MOST_MISTAKES));
}

#[test]
fn one_value_by_itself() {
    let of = |kind: &str, text: &str| data(text, RecordType::parse(kind).expect("a type"), &name("example"));
    assert_eq!(of("MX", "10 mail"), Ok(Data::Mx { preference: 10, exchange: name("mail.example") }));
    assert_eq!(of("TXT", "\"a b\" c"), Ok(Data::Txt(vec![b"a b".to_vec(), b"c".to_vec()])));
    let mistake = of("MX", "10 mail x").expect_err("too much");
    assert_eq!((mistake.line, mistake.column), (1, 9));
    let mistake = of("A", "").expect_err("nothing");
    assert_eq!((mistake.line, mistake.column), (1, 1));
    assert!(of("A", "192.0.2.1\n192.0.2.2").is_err());
}

fn any_data() -> impl Strategy<Value = (u16, Vec<u8>)> {
    let kinds = [
        1_u16, 2, 5, 6, 12, 13, 15, 16, 17, 27, 28, 33, 35, 37, 39, 43, 44, 46, 47, 48, 50, 51, 52, 62, 64, 65, 99, 104, 105, 108, 109,
        256, 257, 999,
    ];
    // Bytes that are often names, lengths and bit maps.
    let piece = prop_oneof![
        any::<[u8; 2]>().prop_map(|two| two.to_vec()),
        Just(vec![1, b'a', 0]),
        Just(vec![2, b'"', b'\\', 3, b'(', 0, b'@', 0]),
        Just(vec![0, 1, 0x40]),
        Just(vec![0, 0, 0, 1]),
        any::<[u8; 4]>().prop_map(|four| four.to_vec()),
        Just(vec![0]),
        any::<u8>().prop_map(|one| vec![one]),
    ];
    (proptest::sample::select(kinds.to_vec()), proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn what_is_written_is_read((kind, bytes) in any_data(), label in proptest::collection::vec(any::<u8>(), 1..8), ttl in 0..=LONGEST_TTL) {
        let kind = RecordType(kind);
        let Some(data) = Data::from_wire(kind, &bytes) else { return Ok(()) };
        prop_assert_eq!(data.to_wire(), bytes);
        let owner = [&[u8::try_from(label.len()).expect("short")], label.as_slice(), &[0]].concat();
        let owner = Name::from_wire(&owner).expect("a name");
        let file = write([(&owner, ttl, &data)].into_iter());
        let (entries, mistakes) = read(file.as_bytes(), &name("other"), 0);
        // What is no data of its type can be written, and is not read.
        if fields_hold(kind, &data) {
            prop_assert_eq!(mistakes, vec![], "{}", file);
            prop_assert_eq!(entries, vec![Entry { owner, ttl, data, line: 1, column: 1 }]);
        } else {
            prop_assert_eq!(mistakes.len(), 1, "{}", file);
        }
    }

    #[test]
    fn no_bytes_are_too_strange_to_be_read(text in proptest::collection::vec(prop_oneof![
        Just(b"a ".to_vec()), Just(b"IN ".to_vec()), Just(b" 1 ".to_vec()), Just(b"\n".to_vec()), Just(b"(".to_vec()), Just(b")".to_vec()),
        Just(b"\"".to_vec()), Just(b"\\".to_vec()), Just(b"TXT ".to_vec()), Just(b"SVCB ".to_vec()), Just(b"alpn=".to_vec()),
        Just(b"$TTL ".to_vec()),
        Just(b"\\# 1 aa ".to_vec()), Just(b"NSEC3 ".to_vec()), Just(b". ".to_vec()), any::<[u8; 2]>().prop_map(|two| two.to_vec()),
    ], 0..40)) {
        let text = text.concat();
        let (entries, mistakes) = read(&text, &name("example"), 300);
        let lines = u32::try_from(text.iter().filter(|byte| **byte == b'\n').count()).expect("few") + 1;
        prop_assert!(entries.iter().all(|entry| (1..=lines).contains(&entry.line)));
        prop_assert!(mistakes.iter().all(|mistake| (1..=lines).contains(&mistake.line) && mistake.column > 0));
    }
}

/// Whether the data is what its type demands; RFC 3597 bytes are always.
fn fields_hold(kind: RecordType, data: &Data) -> bool {
    crate::dns::fields::of(kind).is_none_or(|fields| crate::dns::text::spell(fields, &data.to_wire(), true).is_some())
}
