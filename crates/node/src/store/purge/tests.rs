use super::*;
use decide::cache::{Purges, Sequence, Standing};
use decide::time::Calendar;

fn names() -> Names {
    let tags = ["a", "shoes"].map(|tag| Tag::from(tag.as_bytes()));
    Names { site: "shop".into(), url: b"https://shop.example/img/shoes/1.png?w=2"[..].into(), tags: tags.into() }
}

/// Whether a purge meets the answer of these names.
fn meets(which: Purged, site: Option<&str>) -> bool {
    let purging = Purging { which, site: site.map(str::to_string), purge: Purge::Hard };
    let mut purges = Purges::default();
    purges.purge(&purging.mark(), Purge::Hard, Calendar::default());
    purges.standing(&marks(&names()), Sequence(0)) == Standing::Gone
}

#[test]
fn an_answer_is_met_by_its_url_its_directories_and_its_tags() {
    let url = |url: &str| Purged::Url(url.to_string());
    let prefix = |prefix: &str| Purged::Prefix(prefix.to_string());
    let tag = |tag: &str| Purged::Tag(tag.to_string());
    for met in [
        url("https://shop.example/img/shoes/1.png?w=2"),
        prefix("https://shop.example/"),
        prefix("https://shop.example/img/"),
        prefix("https://shop.example/img/shoes/"),
        tag("a"),
        tag("shoes"),
        Purged::All,
    ] {
        assert!(meets(met.clone(), None) && meets(met.clone(), Some("shop")) && !meets(met.clone(), Some("blog")), "{met:?}");
    }
    for other in [
        url("https://shop.example/img/shoes/1.png"),
        url("http://shop.example/img/shoes/1.png?w=2"),
        prefix("https://shop.example/im/"),
        prefix("https://shop.example/img/shoes/1.png/"),
        tag("shoe"),
    ] {
        assert!(!meets(other.clone(), None), "{other:?}");
    }
}

#[test]
fn a_prefix_ends_with_a_slash_and_is_not_too_deep() {
    let sound = |prefix: String| Purged::Prefix(prefix).is_sound();
    assert!(sound("https://a/b/".to_string()) && !sound("https://a/b".to_string()));
    let deep = |segments: usize| format!("https://a/{}", "b/".repeat(segments));
    assert!(sound(deep(MOST_SEGMENTS - 3)) && !sound(deep(MOST_SEGMENTS - 2)));
    // What is deeper than marks go is met by the ancestor that they reach.
    let url = deep(100);
    let names = Names { url: url.as_bytes().into(), ..Names::default() };
    let reached = deep(MOST_SEGMENTS - 3);
    let mut purges = Purges::default();
    let purging = Purging { which: Purged::Prefix(reached), site: None, purge: Purge::Hard };
    purges.purge(&purging.mark(), Purge::Hard, Calendar::default());
    assert_eq!(purges.standing(&marks(&names), Sequence(0)), Standing::Gone);
}
