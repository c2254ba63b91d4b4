use super::*;

fn sample() -> Fields {
    let mut fields = Fields::new();
    fields.push(b"host", b"a.example");
    fields.push(b"X-One", b"1");
    fields.push_known(Known::Via, b"");
    fields.push(b"x-one", b"2");
    fields
}

#[test]
fn order_and_case_are_kept() {
    let fields = sample();
    let names: Vec<&[u8]> = fields.iter().map(|field| field.name).collect();
    assert_eq!(names, [&b"host"[..], b"X-One", b"Via", b"x-one"]);
    assert_eq!(fields.get(Known::Host), Some(&b"a.example"[..]));
    assert_eq!(fields.get(Known::Via), Some(&b""[..]));
    assert_eq!(fields.named(b"X-ONE").collect::<Vec<_>>(), [b"1", b"2"]);
}

#[test]
fn marks_point_into_the_adopted_text() {
    let text = b"Host: b\r\nX:  y \r\n\r\n";
    let mut fields = sample();
    fields.clear();
    fields.mark(Known::Host, 0..4, 6..7);
    fields.mark(Known::Other, 9..10, 13..14);
    fields.adopt(text);
    let mut same = Fields::new();
    same.push(b"Host", b"b");
    same.push(b"X", b"y");
    assert_eq!(fields, same);
    // What is pushed afterwards stands behind the text and disturbs nothing.
    fields.push(b"Z", b"z");
    same.push(b"Z", b"z");
    assert_eq!(fields, same);
}

#[test]
fn removal_leaves_the_others() {
    let mut fields = sample();
    fields.remove(Known::Host);
    fields.retain(|field| field.value != b"1");
    assert_eq!(fields.iter().map(|field| field.value).collect::<Vec<_>>(), [&b""[..], b"2"]);
    assert!(!fields.has(Known::Host));
    assert_eq!(fields.len(), 2);
}

#[test]
fn what_was_taken_out_or_cleared_is_not_there() {
    let mut fields = sample();
    assert!(fields.has(Known::Host) && !fields.has(Known::Te) && fields.get(Known::Te).is_none());
    fields.retain(|field| field.known != Known::Host);
    assert!(!fields.has(Known::Host) && fields.all(Known::Host).next().is_none());
    fields.push_known(Known::Host, b"b");
    assert_eq!(fields.get(Known::Host), Some(&b"b"[..]));
    fields.clear();
    assert!(!fields.has(Known::Host) && !fields.has(Known::Via) && !fields.has(Known::Other));
}

#[test]
fn lines_lie_together_until_something_is_taken_out() {
    let mut fields = sample();
    let but = |fields: &Fields, known| fields.lines_but(known).map(|pieces| pieces.concat());
    assert_eq!(but(&fields, Known::Te).unwrap(), b"host: a.example\r\nX-One: 1\r\nVia: \r\nx-one: 2\r\n");
    assert_eq!(but(&fields, Known::Via).unwrap(), b"host: a.example\r\nX-One: 1\r\nx-one: 2\r\n");
    assert_eq!(but(&fields, Known::Host).unwrap(), b"X-One: 1\r\nVia: \r\nx-one: 2\r\n");
    assert!(but(&fields, Known::Other).is_none(), "two of them stand apart");
    fields.remove(Known::Te);
    fields.retain(|_| true);
    assert!(but(&fields, Known::Te).is_some());
    fields.remove(Known::Via);
    assert!(but(&fields, Known::Te).is_none());
    fields.clear();
    assert_eq!(but(&fields, Known::Te).unwrap(), b"");
    fields.mark(Known::Host, 0..4, 5..6);
    fields.adopt(b"Host:b\r\n\r\n");
    assert!(but(&fields, Known::Te).is_none(), "who sent it may have written it in another way");
}

#[test]
fn some_names_are_asked_for_at_once() {
    const ASKED: Names = Names::of(&[Known::Te]).and(Known::Host);
    let mut fields = sample();
    assert!(fields.may_have(ASKED));
    fields.remove(Known::Host);
    assert!(!fields.may_have(ASKED) && fields.may_have(ASKED.and(Known::Via)));
}
