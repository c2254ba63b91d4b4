use super::*;
use alloc::vec;

fn target(url: &str) -> Target {
    url::read(url, None).expect("a URL").target
}

fn go(status: u16, method: Method, from: &str, location: &str) -> Result<Onward, Astray> {
    let trail = [(method.clone(), target(from))];
    let asked = Asked { method: &method, trail: &trail, most: MOST_REDIRECTS };
    follow(status, Some(location.as_bytes()), asked).expect("a redirect")
}

#[test]
fn only_redirects_lead_elsewhere() {
    let trail = [(Method::Get, target("http://a/"))];
    for status in [200, 300, 304, 305, 404] {
        assert_eq!(follow(status, Some(b"/x"), Asked { method: &Method::Get, trail: &trail, most: 10 }), None, "{status}");
    }
}

#[test]
fn the_method_depends_on_the_status() {
    let cases = [
        (301, Method::Post, Method::Get, false),
        (302, Method::Post, Method::Get, false),
        (303, Method::Put, Method::Get, false),
        (303, Method::Head, Method::Head, true),
        (301, Method::Put, Method::Put, true),
        (307, Method::Post, Method::Post, true),
        (308, Method::Post, Method::Post, true),
        (302, Method::Get, Method::Get, true),
    ];
    for (status, before, after, body) in cases {
        let onward = go(status, before.clone(), "http://a/x", "/y").expect("a way");
        assert_eq!((onward.method, onward.keeps_body), (after, body), "{status} {before:?}");
    }
}

#[test]
fn relative_locations_and_fragments() {
    let onward = go(302, Method::Get, "https://a/b/c?d#e", "../f").expect("a way");
    assert_eq!(onward.read.target.shown(), "https://a/f#e");
    assert!(onward.keeps_credentials);
    let onward = go(302, Method::Get, "https://a/b#e", "https://a/c#g").expect("a way");
    assert_eq!(onward.read.target.shown(), "https://a/c#g");
}

#[test]
fn another_origin_gets_no_credentials_and_a_downgrade_is_told() {
    let onward = go(302, Method::Get, "https://a/", "http://a/x").expect("a way");
    assert!(!onward.keeps_credentials);
    assert!(onward.why.iter().any(|why| why.contains("https to http")));
    assert!(!go(302, Method::Get, "https://a/", "//b/").expect("a way").keeps_credentials);
}

#[test]
fn who_goes_round_stops() {
    assert_eq!(go(302, Method::Get, "http://a/x", "/x#y"), Err(Astray::Loop));
    let trail: Vec<_> = (0..4).map(|n| (Method::Get, target(&alloc::format!("http://a/{n}")))).collect();
    let asked = Asked { method: &Method::Get, trail: &trail, most: 3 };
    assert_eq!(follow(302, Some(b"/9"), asked), Some(Err(Astray::TooMany)));
    assert_eq!(follow(302, None, asked), Some(Err(Astray::NoLocation)));
    assert_eq!(follow(302, Some(b"ftp://a/"), asked), Some(Err(Astray::Unreadable(url::Refused::Scheme("ftp".into())))));
    assert_eq!(
        go(303, Method::Post, "http://a/x", "/x").map(|onward| onward.why),
        Ok(vec!["303 is answered by a GET, whatever was asked"])
    );
}
