use super::*;

#[test]
fn every_name_has_its_slot_in_any_case() {
    for (slot, own) in OWN.iter().enumerate() {
        assert!(!own.name().is_empty() && !own.name().iter().any(u8::is_ascii_uppercase), "{slot}");
        assert_eq!(own.string()[0] as usize, own.name().len(), "{slot}");
        assert_eq!(OWN.iter().filter(|other| other.name() == own.name()).count(), 1, "{slot}");
        if !own.name().starts_with(b":") {
            assert_eq!(slot_of(own.name()), Some(slot));
            assert_eq!(slot_of(&own.name().to_ascii_uppercase()), Some(slot));
        }
    }
    for known in Known::ALL {
        assert!(OWN[slot_of_known(*known)].name().eq_ignore_ascii_case(known.name().as_bytes()));
    }
    for pseudo in Pseudo::ALL {
        assert_eq!(OWN[slot_of_pseudo(pseudo)].name(), pseudo.text().as_bytes());
    }
    assert_eq!(slot_of(b""), None);
    assert_eq!(slot_of(b"x-unheard-of"), None);
    assert_eq!(slot_of(b"sec-fetch-most"), None);
}

#[test]
fn every_name_of_the_static_table_has_a_slot() {
    for index in 1..=static_table::LEN {
        let name = static_table::entry(index).unwrap().name;
        let own = OWN.iter().find(|own| own.name() == name).unwrap();
        assert_eq!(own.index, static_table::index_of(name));
        assert!(own.index as usize <= index && own.index > 0);
    }
}

#[test]
fn what_lets_a_client_in_is_sensitive() {
    let sensitive = |name: &[u8]| OWN[slot_of(name).unwrap()].habit == Habit::Sensitive;
    for name in [&b"authorization"[..], b"cookie", b"set-cookie", b"proxy-authorization"] {
        assert!(sensitive(name));
    }
    assert!(!sensitive(b"server") && !sensitive(b"etag"));
}
