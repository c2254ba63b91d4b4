use super::*;

fn cut<'a>(method: &Method, raw: &'a str) -> Result<(TargetForm, &'a str, alloc::string::String), Rule> {
    let target = Target::of(method, raw.as_bytes())?;
    let text = |bytes| core::str::from_utf8(bytes).expect("ASCII");
    Ok((target.form, text(target.authority), alloc::format!("{}{}", text(target.path), text(target.rest))))
}

#[test]
fn the_four_forms() {
    let get = |raw| cut(&Method::Get, raw);
    assert_eq!(get("/a?b"), Ok((TargetForm::Origin, "", "/a?b".into())));
    assert_eq!(get("//a"), Ok((TargetForm::Origin, "", "//a".into())));
    assert_eq!(get("http://h:81/a?b"), Ok((TargetForm::Absolute, "h:81", "/a?b".into())));
    assert_eq!(get("HTTPS://[::1]"), Ok((TargetForm::Absolute, "[::1]", "/".into())));
    assert_eq!(get("http://h?b"), Ok((TargetForm::Absolute, "h", "/?b".into())));
    assert_eq!(cut(&Method::Options, "*"), Ok((TargetForm::Asterisk, "", "*".into())));
    assert_eq!(cut(&Method::Options, "http://h"), Ok((TargetForm::Absolute, "h", "*".into())));
    assert_eq!(cut(&Method::Options, "http://h/"), Ok((TargetForm::Absolute, "h", "/".into())));
    assert_eq!(cut(&Method::Connect, "h.example:443"), Ok((TargetForm::Authority, "h.example:443", "".into())));
}

#[test]
fn forms_that_do_not_fit() {
    let get = |raw| cut(&Method::Get, raw);
    assert_eq!(get("*"), Err(Rule::AsteriskForm));
    assert_eq!(get("h:80"), Err(Rule::AuthorityForm));
    assert_eq!(get("a/b"), Err(Rule::TargetForm));
    assert_eq!(get("ftp://h/"), Err(Rule::TargetScheme));
    assert_eq!(get("http:///a"), Err(Rule::TargetAuthority));
    assert_eq!(get("http://u@h/"), Err(Rule::TargetUserinfo));
    assert_eq!(get("http://h/@"), Ok((TargetForm::Absolute, "h", "/@".into())));
    let connect = |raw| cut(&Method::Connect, raw);
    assert_eq!(connect("/"), Err(Rule::AuthorityForm));
    assert_eq!(connect("http://h/"), Err(Rule::AuthorityForm));
    for raw in ["h", "h:", "h:0", "h:65536", ":80", "[::1"] {
        assert_eq!(connect(raw), Err(Rule::TargetAuthority), "{raw}");
    }
}

#[test]
fn authorities() {
    for good in ["a", "a.b.", "a_b-c~1", "127.0.0.1:80", "[2001:db8::1]:65535", "a:", "a:0"] {
        assert!(Authority::of(good.as_bytes()).is_some(), "{good}");
    }
    for bad in [
        "",
        ".",
        "a..b",
        ".a",
        ":1",
        "a:+1",
        "a:65536",
        "a:1:2",
        "::1",
        "[::1",
        "[::1]a",
        "[v1.a]",
        "[fe80::1%25eth0]",
        "a,b",
        "a%41",
        "u@a",
        "a b",
    ] {
        assert!(Authority::of(bad.as_bytes()).is_none(), "{bad}");
    }
    let long = alloc::vec![b'a'; 256];
    assert!(Authority::of(&long[..255]).is_some() && Authority::of(&long).is_none());
}

#[test]
fn agreement_counts_default_ports() {
    let agree = |method: &Method, raw: &str, host: &str| {
        Target::of(method, raw.as_bytes()).expect("valid").agrees_with(&Authority::of(host.as_bytes()).expect("valid"))
    };
    for (raw, host) in
        [("http://a/", "A"), ("http://a:80/", "a"), ("http://a/", "a:80"), ("https://a/", "a:443"), ("http://a:/", "a"), ("/", "b")]
    {
        assert!(agree(&Method::Get, raw, host), "{raw} {host}");
    }
    for (raw, host) in [("http://a/", "b"), ("http://a/", "a:443"), ("https://a:80/", "a"), ("http://a/", "a.")] {
        assert!(!agree(&Method::Get, raw, host), "{raw} {host}");
    }
    assert!(agree(&Method::Connect, "a:443", "a") && agree(&Method::Connect, "a:443", "a:443"));
    assert!(!agree(&Method::Connect, "a:443", "a:80"));
}
