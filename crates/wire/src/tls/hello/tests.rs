use super::*;
use proptest::prelude::*;

fn numbers_up_to(most: usize) -> impl Strategy<Value = Vec<u16>> {
    proptest::collection::vec(any::<u16>(), 0..most)
}

proptest! {
    #[test]
    fn offers_are_read_as_written(
        server_name in proptest::option::of("[a-z.]{1,60}"),
        versions in numbers_up_to(5),
        suites in numbers_up_to(20),
        groups in numbers_up_to(9),
        shares in numbers_up_to(3),
        alpn in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..9), 0..4),
        ticket in any::<bool>(),
    ) {
        let hello = ClientHello { server_name, versions, suites, groups, shares, alpn, ticket };
        let mut out = Vec::new();
        hello.write(&mut out);
        prop_assert_eq!(ClientHello::parse(&out), Some(hello));
    }

    #[test]
    fn choices_are_read_as_written(version in any::<u16>(), suite in any::<u16>(), group in any::<Option<u16>>(), retry in any::<bool>()) {
        let hello = ServerHello { version, suite, group, retry };
        let mut out = Vec::new();
        hello.write(&mut out);
        prop_assert_eq!(ServerHello::parse(&out), Some(hello));
    }

    #[test]
    fn nothing_breaks_them(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (ClientHello::parse(&bytes), ServerHello::parse(&bytes));
    }
}
