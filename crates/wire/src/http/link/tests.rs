use super::*;
use alloc::string::{String, ToString};
use proptest::prelude::*;

fn targets(value: &str) -> Vec<(String, Option<String>)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    links(value.as_bytes()).map(|link| (text(link.target), link.parameter(b"rel").map(text))).collect()
}

#[test]
fn as_origins_write_them() {
    let of = |target: &str, rel: &str| (target.to_string(), Some(rel.to_string()));
    assert_eq!(targets("</style.css>; rel=preload; as=style"), [of("/style.css", "preload")]);
    assert_eq!(targets(r#"</a>;rel="preload", </b?x=1,2> ; REL=prefetch"#), [of("/a", "preload"), of("/b?x=1,2", "prefetch")]);
    assert_eq!(targets(r#"</a>; title="one, \"two\"; three"; rel=next"#), [of("/a", "next")]);
    assert_eq!(targets("</a>; rel=first; rel=second"), [of("/a", "first")]);
    assert_eq!(targets("</a>; nopush; rel = preload , , </b>"), [of("/a", "preload"), ("/b".to_string(), None)]);
    assert_eq!(targets("< /a >; rel=x"), [of("/a", "x")]);
    assert_eq!(targets("</a>; rel=\"open"), [of("/a", "open")]);
    assert_eq!(targets("</a> junk, </b>"), [("/a".to_string(), None), ("/b".to_string(), None)]);
    for nothing in ["", " ,, ", "/a; rel=preload", "<never ends", "junk, </a>"] {
        assert_eq!(targets(nothing), [], "{nothing}");
    }
}

#[test]
fn relations_are_a_list_in_any_case() {
    let link = links(br#"</a>; rel="dns-prefetch  PreLoad""#).next().expect("a link");
    assert!(link.has_relation(b"preload") && link.has_relation(b"dns-prefetch") && !link.has_relation(b"prefetch"));
}

/// Some of these bytes.
fn some(of: impl Iterator<Item = u8>, least: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(of.collect::<Vec<u8>>()), least..20)
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        all in prop::collection::vec(
            (some(b'!'..=b'=', 0), prop::collection::vec((some(b'a'..=b'z', 1), some(b' '..=b'~', 0)), 0..4)),
            0..5,
        )
    ) {
        let written: Vec<Link<'_>> = all
            .iter()
            .map(|(target, parameters)| Link {
                target,
                parameters: parameters.iter().map(|(name, value)| (Cow::Borrowed(&name[..]), Cow::Borrowed(&value[..]))).collect(),
            })
            .collect();
        let mut line = Vec::new();
        for (number, link) in written.iter().enumerate() {
            if number > 0 {
                line.extend_from_slice(b", ");
            }
            link.write(&mut line);
        }
        prop_assert_eq!(links(&line).collect::<Vec<_>>(), written);
    }

    #[test]
    fn nothing_makes_it_panic_or_go_on_for_ever(line in prop::collection::vec(prop::sample::select(b"<>;,=\"\\ \tabR/".to_vec()), 0..64)) {
        prop_assert!(links(&line).count() <= line.len());
    }
}
