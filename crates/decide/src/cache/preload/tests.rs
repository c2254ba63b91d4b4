use super::*;
use alloc::format;
use alloc::string::String;

fn of(lines: &[&str]) -> Vec<String> {
    let mut response = ResponseHead { status: 200, ..ResponseHead::default() };
    lines.iter().for_each(|line| response.fields.push(b"Link", line.as_bytes()));
    let uri = Uri { scheme: "https", authority: b"shop.example", target: b"/a/page?x=1" };
    preloads(&uri, &response).into_iter().map(|target| String::from_utf8(target).expect("text")).collect()
}

#[test]
fn only_what_is_wanted_next_and_of_the_same_origin() {
    assert_eq!(of(&["</style.css>; rel=preload; as=style, <app.js>; rel=\"modulepreload\""]), ["/style.css", "/a/app.js"]);
    assert_eq!(of(&["<//shop.example:443/x>; rel=prefetch", "<https://shop.example/y#top>; rel=preload"]), ["/x", "/y"]);
    assert_eq!(of(&["</z>; rel=preload", "</z>; rel=prefetch"]), ["/z"]);
    let others = ["<https://cdn.example/x>; rel=preload", "<http://shop.example/x>; rel=preload", "</x>; rel=next", "<>; rel=preload"];
    assert_eq!(of(&others), [""; 0]);
}

#[test]
fn no_answer_names_more_than_so_many() {
    let line: Vec<String> = (0..100).map(|number| format!("</{number}>; rel=preload")).collect();
    assert_eq!(of(&[&line.join(", ")]).len(), MOST_PRELOADS);
}
