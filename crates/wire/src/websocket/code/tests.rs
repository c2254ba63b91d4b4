use super::*;

#[test]
fn codes_for_the_wire() {
    // RFC 6455 §7.4 and the registry of close codes.
    let valid = |number: u16| matches!(number, 1000..=1003 | 1007..=1014 | 3000..=4999);
    for number in 0..=u16::MAX {
        assert_eq!(CloseCode::new(number).map(CloseCode::number), valid(number).then_some(number));
    }
}

#[test]
fn the_named_ones_can_be_sent() {
    use CloseCode as C;
    let named = [C::NORMAL, C::GOING_AWAY, C::PROTOCOL_ERROR, C::UNSUPPORTED_DATA, C::INVALID_DATA, C::POLICY, C::TOO_LARGE];
    for code in named.into_iter().chain([C::EXTENSION_NEEDED, C::INTERNAL_ERROR]) {
        assert_eq!(CloseCode::new(code.number()), Some(code));
    }
}
