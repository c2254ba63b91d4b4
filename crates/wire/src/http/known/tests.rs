use super::*;

#[test]
fn every_name_is_found_in_any_case() {
    for known in Known::ALL {
        let name = known.name();
        assert_eq!(Known::of(name.as_bytes()), *known);
        assert_eq!(Known::of(name.to_ascii_lowercase().as_bytes()), *known);
        assert_eq!(Known::of(name.to_ascii_uppercase().as_bytes()), *known);
    }
}

#[test]
fn near_misses_are_not_found() {
    assert_eq!(Known::of(b""), Known::Other);
    for known in Known::ALL {
        let name = known.name().as_bytes();
        let mut longer = name.to_vec();
        longer.push(b's');
        assert_eq!(Known::of(&longer), Known::Other, "{}", known.name());
        let mut changed = name.to_vec();
        changed[name.len() / 2] = b'#';
        assert_eq!(Known::of(&changed), Known::Other, "{}", known.name());
    }
}

#[test]
fn each_name_has_a_slot_of_its_own() {
    // One look decides: there is no searching on.
    assert_eq!(TABLE.iter().filter(|slot| **slot != Known::Other).count(), Known::ALL.len());
    assert!(Known::ALL.iter().all(|known| TABLE.contains(known)));
}

#[test]
fn every_name_is_a_token() {
    // Parsers take a known name for one without looking at its bytes again.
    assert!(Known::ALL.iter().all(|known| known.name().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')));
}

#[test]
fn only_the_case_of_letters_is_left_out() {
    for known in Known::ALL {
        for at in 0..known.name().len() {
            for byte in 0..=255u8 {
                let mut name = known.name().as_bytes().to_vec();
                name[at] = byte;
                let same = name.eq_ignore_ascii_case(known.name().as_bytes());
                assert_eq!(Known::of(&name) == *known, same, "{name:?}");
            }
        }
    }
}
