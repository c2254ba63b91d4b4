use super::*;
use wire::http1::{self, Parsed};

#[test]
fn of_a_request_only_what_is_about_its_content_is_kept() {
    let limits = Limits { target_bytes: 8192, head_bytes: 8192, fields: 100 };
    let mut head = RequestHead::default();
    let lines = [
        "PUT /cache/content?url=http://a/ HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: curl",
        "Accept: */*",
        "X-Throughline-Admin: 1",
        "Content-Type: text/html",
        "Cache-Control: max-age=60",
        "Surrogate-Key: a b",
        "ETag: \"1\"",
        "Sec-Fetch-Site: none",
        "Content-Length: 5",
        "Cookie: a=b",
        "Content-Security-Policy: default-src 'self'",
        "\r\n",
    ];
    let text = lines.join("\r\n");
    assert!(matches!(http1::parse_request(text.as_bytes(), &limits, &mut head), Ok(Parsed::Complete { .. })));
    let parameters = Parameters::of(Some(b"field=X-More%3A%20yes")).expect("a query");
    let response = response(&head, &parameters, 5).unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let names: Vec<String> = response.fields.iter().map(|field| String::from_utf8_lossy(field.name).into_owned()).collect();
    let expected = ["Content-Type", "Cache-Control", "Surrogate-Key", "ETag", "Content-Security-Policy", "X-More", "Content-Length"];
    assert_eq!(names, expected);
}

#[test]
fn a_pushed_url_is_named_as_purges_name_it() {
    let limits = Limits { target_bytes: 8192, head_bytes: 8192, fields: 100 };
    assert_eq!(named("HTTPS://Shop.Example:443/a?b#c", &limits), Ok(("https://shop.example/a?b".to_string(), b"Shop.Example".to_vec())));
    assert!(named("shop.example/a", &limits).is_err());
}
