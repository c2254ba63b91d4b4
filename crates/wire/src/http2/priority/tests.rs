use super::*;

fn parsed(value: &str) -> (u8, bool) {
    let Priority { urgency, incremental } = Priority::parse(value.as_bytes());
    (urgency, incremental)
}

#[test]
fn values_that_clients_send() {
    for (value, expected) in [
        ("", (3, false)),
        ("u=0", (0, false)),
        ("u=7, i", (7, true)),
        ("i, u=1", (1, true)),
        ("i=?0", (3, false)),
        ("u=2,i=?1", (2, true)),
        ("u=5;x=1, i;y", (5, true)),
        // The last one of a name counts (RFC 9651 §3.2).
        ("u=5, u=6", (6, false)),
    ] {
        assert_eq!(parsed(value), expected, "{value}");
    }
}

#[test]
fn what_is_not_understood_changes_nothing() {
    for value in ["u=8", "u=-1", "u=1.0", "u=\"1\"", "u", "U=1", "i=1", "I", "x, y=(u=1 i), z=\"u=1,i,\\\",i\"", ",,,", "u=33"] {
        assert_eq!(parsed(value), (3, false), "{value}");
    }
    assert_eq!(parsed("x=\"a,u=1\", u=2"), (2, false));
    assert_eq!(parsed("x=(u=1, i), i"), (3, true));
}
