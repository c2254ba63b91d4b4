use super::*;

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn retry_after_is_seconds_from_now_or_a_date() {
    let now = Calendar(DAY);
    assert_eq!(retry_after(b"120", now), Some(Calendar(DAY + Duration::from_secs(120))));
    assert_eq!(retry_after(b"Sat, 03 Jan 1970 00:00:00 GMT", now), Some(Calendar(DAY * 2)));
    assert_eq!(retry_after(&u64::MAX.to_string().into_bytes(), now), Some(Calendar(Duration::MAX)));
    for nonsense in ["", "-1", "soon", "1.5"] {
        assert_eq!(retry_after(nonsense.as_bytes(), now), None, "{nonsense}");
    }
}

#[test]
fn only_https_is_spoken() {
    let place = |url: &str| place(&url.parse().expect("a URL")).ok();
    assert_eq!(place("https://ca.test/directory"), Some(("ca.test".to_string(), 443)));
    assert_eq!(place("https://[::1]:14000/dir"), Some(("[::1]".to_string(), 14000)));
    assert_eq!(place("http://ca.test/directory"), None);
    assert_eq!(place("/directory"), None);
}

#[test]
fn a_file_that_holds_no_certificate_is_not_taken_for_trust_in_nobody() {
    let told = roots_of_file(Path::new("/dev/null")).expect_err("it is empty");
    assert!(told.contains("no certificate"), "{told}");
    assert!(roots_of_file(Path::new("/does/not/exist")).is_err());
}

#[test]
fn causes_are_told_once() {
    #[derive(Debug)]
    struct Outer(Unusable);
    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("outer")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    assert_eq!(chain(&Outer(Unusable("inner".to_string()))), "outer: inner");
    assert_eq!(chain(&Outer(Unusable("outer".to_string()))), "outer");
}
