use super::{MOST_LINKS, Policy, learnt, wanted};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use wire::http::{RequestHead, ResponseHead, Version};

fn asked(version: Version, fields: &[(&str, &str)]) -> RequestHead {
    let mut request = RequestHead { version, ..RequestHead::default() };
    fields.iter().for_each(|(name, value)| request.fields.push(name.as_bytes(), value.as_bytes()));
    request
}

fn answer(status: u16, fields: &[(&str, &str)]) -> ResponseHead {
    let mut response = ResponseHead { status, ..ResponseHead::default() };
    fields.iter().for_each(|(name, value)| response.fields.push(name.as_bytes(), value.as_bytes()));
    response
}

fn of(fields: &[(&str, &str)]) -> Vec<String> {
    let links = learnt(&asked(Version::Http2, &[]), &answer(200, fields));
    links.iter().map(|link| String::from_utf8_lossy(link).into_owned()).collect()
}

#[test]
fn links_that_a_browser_can_act_on_are_learnt() {
    let list = r#"</a,b.css>; rel=preload; as=style, <https://cdn.example>;rel="dns-prefetch PreConnect" , </next>; rel=next"#;
    assert_eq!(of(&[("Link", list)]), ["</a,b.css>; rel=preload; as=style", r#"<https://cdn.example>;rel="dns-prefetch PreConnect""#]);
    assert_eq!(of(&[("link", "</a>;rel=preload"), ("LINK", "</b>; title=\"a, \\\"b; rel=x\"; rel=preload")]).len(), 2);
}

#[test]
fn what_is_no_hint_is_not() {
    for link in ["", ",", "/a; rel=preload", "</a>", "</a>; rel", "</a>; rel=", "</a>; title=preload", "</a; rel=preload"] {
        assert_eq!(of(&[("Link", link)]).len(), 0, "{link}");
    }
    assert_eq!(of(&[("Link", "</a>; rel=next; rel=preload")]).len(), 0, "of two the first counts");
    assert_eq!(of(&[("Link", "</a>; rel=preload; anchor=\"/other\"")]).len(), 0);
}

#[test]
fn what_may_be_for_one_person_is_not_learnt() {
    let link = ("Link", "</a>; rel=preload");
    for said in ["private", "no-store", "private=\"x\"", "max-age=3, No-Store"] {
        assert_eq!(of(&[link, ("Cache-Control", said)]).len(), 0, "{said}");
    }
    let named = asked(Version::Http2, &[("Authorization", "Basic eDp5")]);
    assert!(learnt(&named, &answer(200, &[link])).is_empty());
    assert!(learnt(&asked(Version::Http2, &[]), &answer(404, &[link])).is_empty());
}

#[test]
fn what_is_learnt_has_a_bound() {
    let many: Vec<_> = (0..40).map(|_| ("Link", "</a>; rel=preload")).collect();
    assert_eq!(of(&many).len(), MOST_LINKS);
    let long = format!("</{}>; rel=preload", "a".repeat(1500));
    assert_eq!(of(&[("Link", &long), ("Link", &long)]).len(), 1);
}

#[test]
fn who_is_told() {
    let navigate = [("Sec-Fetch-Mode", "navigate")];
    let rules = |http1, navigations| Policy { http1, navigations };
    assert!(wanted(&rules(false, true), &asked(Version::Http2, &navigate)));
    assert!(!wanted(&rules(false, true), &asked(Version::Http2, &[])));
    assert!(!wanted(&rules(false, true), &asked(Version::Http2, &[("Sec-Fetch-Mode", "cors")])));
    assert!(wanted(&rules(false, false), &asked(Version::Http2, &[])));
    assert!(!wanted(&rules(false, true), &asked(Version::Http11, &navigate)));
    assert!(wanted(&rules(true, true), &asked(Version::Http11, &navigate)));
    assert!(!wanted(&rules(true, false), &asked(Version::Http10, &navigate)));
    let post = RequestHead { method: wire::http::Method::Post, ..asked(Version::Http2, &navigate) };
    assert!(!wanted(&rules(true, false), &post));
}
