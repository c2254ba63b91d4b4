use super::*;
use alloc::string::ToString;

#[track_caller]
fn same(line: &str) {
    let record = Record::parse(line, Duration::ZERO).expect("a record");
    assert_eq!(record.to_string(), line);
}

#[test]
fn records_are_written_as_they_are_read() {
    same("www.example.org 300 A 192.0.2.1");
    same("www.example.org 300 AAAA 2001:db8::1");
    same(". 518400 NS a.root-servers.net");
    same("a.example 0 CNAME b.example");
    same("a.example 1 DNAME b.example");
    same("example 60 SOA ns.example admin.example 1 2 3 4 5");
    same("example 60 MX 10 mail.example");
    same(r#"example 60 TXT "a b" "\"quoted\" \\ \; \000\255""#);
    same("example 60 HTTPS 0 pool.example");
    same("example 60 HTTPS 1 . alpn=h2,h3 no-default-alpn port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1");
    same(r#"example 60 SVCB 2 svc.example key5="ab" key700="\001""#);
}

#[test]
fn class_comment_and_time_may_be_left_out_or_there() {
    let one = Record::parse("Example.  IN  a  192.0.2.1 ; the first", Duration::from_secs(9)).expect("a record");
    assert_eq!(one.to_string(), "Example 9 A 192.0.2.1");
    assert_eq!(
        Record::parse("x HTTPS 1 . mandatory=alpn,port alpn=h2 port=1", Duration::ZERO).map(|record| match record.data {
            Data::Https(binding) => (binding.is_understood(), binding.port(), binding.alpn()),
            _ => panic!("another type"),
        }),
        Some((true, Some(1), alloc::vec!["h2".to_string()]))
    );
    let Some(Record { data: Data::Https(strange), .. }) = Record::parse("x HTTPS 1 . mandatory=key9 key9=x", Duration::ZERO) else {
        panic!("a record")
    };
    assert!(!strange.is_understood());
}

#[test]
fn what_is_not_a_record_is_none() {
    for line in [
        "",
        "a",
        "a A",
        "a A 1.2.3",
        "a A 1.2.3.4 5",
        "a.. A 1.2.3.4",
        "a TXT \"open",
        "a HTTPS x .",
        "a HTTPS 1 . port=1 port=2",
        "a NULL x",
    ] {
        assert_eq!(Record::parse(line, Duration::ZERO), None, "{line}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(line in ".{0,200}") {
        if let Some(record) = Record::parse(&line, Duration::ZERO) {
            let again = Record::parse(&record.to_string(), Duration::from_secs(1));
            // A name may have letters that its text does not escape as this reader does; whatever is read again is the same.
            proptest::prop_assert!(again.is_none_or(|again| again == record));
        }
    }
}
