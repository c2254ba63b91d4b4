use super::super::made::Authority;
use super::*;
use decide::config::Secret;
use decide::time::Duration;

/// 2026-11-22
const NOW: Calendar = Calendar(Duration::from_secs(1_795_305_600));
const ALL: &[SignatureScheme] = &[SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::RSA_PSS_SHA256];

fn store(certificates: &[Certificate]) -> Arc<Store> {
    let store = Store::new();
    store.configure(certificates, NOW);
    store
}

/// The first name of the certificate that a client gets.
fn selected(store: &Store, name: Option<&str>) -> Option<String> {
    let certified = store.select(name, ALL)?;
    let facts = Facts::of(&certified.cert[0]).unwrap();
    Some(facts.subject.trim_start_matches("CN=").to_string())
}

#[test]
fn the_name_asked_for_decides_else_the_first() {
    let authority = Authority::new();
    let sign = |names: &[&str]| authority.sign(names, [2026, 2027]);
    let store = store(&[sign(&["first.example"]), sign(&["*.b.example"]), sign(&["x.b.example", "c.example"])]);
    for (asked, got) in [
        (Some("first.example"), "first.example"),
        (Some("c.example"), "x.b.example"),
        (Some("x.b.example"), "x.b.example"),
        (Some("y.b.example"), "*.b.example"),
        (Some("b.example"), "first.example"),
        (Some("z.y.b.example"), "first.example"),
        (Some("unknown.example"), "first.example"),
        (None, "first.example"),
    ] {
        assert_eq!(selected(&store, asked).as_deref(), Some(got), "{asked:?}");
    }
    assert_eq!(selected(&Store::new(), Some("a.example")), None);
}

#[test]
fn one_that_has_expired_stands_behind_one_that_has_not() {
    let authority = Authority::new();
    let (old, new) =
        (authority.sign(&["old.example", "a.example"], [2024, 2025]), authority.sign(&["new.example", "a.example"], [2026, 2027]));
    assert_eq!(selected(&store(&[old.clone(), new]), Some("a.example")).as_deref(), Some("new.example"));
    assert_eq!(selected(&store(&[old]), Some("a.example")).as_deref(), Some("old.example"), "better than none");
}

#[test]
fn what_is_installed_goes_before_what_was_configured_and_outlives_it() {
    let authority = Authority::new();
    let sign = |names: &[&str]| authority.sign(names, [2026, 2027]);
    let store = store(&[sign(&["configured.example", "a.example"])]);
    let installed = Certificate { name: "acme a.example".to_string(), ..sign(&["first.example", "a.example"]) };
    store.install(&installed, NOW).unwrap();
    assert_eq!(selected(&store, Some("a.example")).as_deref(), Some("first.example"));
    assert_eq!(selected(&store, None).as_deref(), Some("configured.example"));
    let again = Certificate { name: installed.name.clone(), ..sign(&["second.example", "a.example"]) };
    store.install(&again, NOW).unwrap();
    store.configure(&[], NOW);
    assert_eq!(selected(&store, Some("a.example")).as_deref(), Some("second.example"));
    assert_eq!(selected(&store, None).as_deref(), Some("second.example"));
    assert_eq!(store.presented().len(), 1);
    let broken = Certificate { key: sign(&["b.example"]).key, ..again };
    assert!(store.install(&broken, NOW).is_err());
    assert_eq!(selected(&store, Some("a.example")).as_deref(), Some("second.example"), "nothing has changed");
}

#[test]
fn what_is_not_kept_goes() {
    let authority = Authority::new();
    let store = store(&[authority.sign(&["configured.example", "a.example"], [2026, 2027])]);
    for name in ["a.example", "b.example"] {
        store.install(&Certificate { name: name.to_string(), ..authority.sign(&[name], [2026, 2027]) }, NOW).unwrap();
    }
    store.keep_installed(|name| name == "b.example", NOW);
    assert_eq!(selected(&store, Some("a.example")).as_deref(), Some("configured.example"));
    assert_eq!(selected(&store, Some("b.example")).as_deref(), Some("b.example"));
    store.keep_installed(|_| false, NOW);
    assert_eq!(store.presented().len(), 1, "that of the configuration stays");
}

#[test]
fn a_challenge_is_presented_although_nobody_here_understands_it() {
    let store = Store::new();
    let mut params = rcgen::CertificateParams::new(["a.example".to_string()]).unwrap();
    params.custom_extensions = vec![rcgen::CustomExtension::new_acme_identifier(&[7; 32])];
    let key = rcgen::KeyPair::generate().unwrap();
    let made = params.self_signed(&key).unwrap();
    let certificate = Certificate { name: String::new(), files: None, chain: vec![made.der().to_vec()], key: Secret(key.serialize_der()) };
    assert!(store.install(&certificate, NOW).is_err(), "RFC 5280 §4.2: a critical extension that is not known");
    store.challenge("a.EXAMPLE", &certificate).unwrap();
    let shown = |name: &str| store.challenges.lock().unwrap().get(name).map(|shown| shown.cert[0].to_vec());
    assert_eq!(shown("a.example"), Some(certificate.chain[0].clone()));
    assert_eq!(selected(&store, Some("a.example")), None, "to nobody else");
    store.forget_challenge("a.example");
    assert_eq!(shown("a.example"), None);
}

#[test]
fn an_answer_is_for_its_host_and_token_alone() {
    let store = Store::new();
    store.answer("A.example", "Token", "Token.thumbprint");
    assert_eq!(store.answer_for(b"a.EXAMPLE", b"Token").as_deref(), Some("Token.thumbprint"));
    for (host, token) in [(&b"b.example"[..], &b"Token"[..]), (b"a.example", b"token"), (b"a.example", b""), (b"\xff", b"\xff")] {
        assert_eq!(store.answer_for(host, token), None);
    }
    store.forget_challenge("a.example");
    assert_eq!(store.answer_for(b"a.example", b"Token"), None);
}
