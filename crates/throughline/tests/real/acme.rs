//! Certificates from a real authority: ordered by either challenge, stored, found again, renewed; and what does not work out.

use super::support::authority::{Authority, Edge, KEY, KEY_ID, Manners};
use super::support::place::Place;
use super::support::ports::free_address;
use super::support::scripted::{Answer, Scripted};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use decide::certificate::names::Wanted;
use decide::certificate::renewal::Reason;
use decide::config::{self, AcmeChallenge, ExternalAccount};
use decide::time::{Calendar, Duration};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;
use throughline::acme::{Acme, Event};

/// An edge, an authority, and a state directory.
struct Scene {
    edge: Arc<Edge>,
    authority: Authority,
    state: Place,
}

impl Scene {
    fn new(manners: Manners) -> Option<Scene> {
        let edge = Edge::start();
        let authority = Authority::start(manners, &edge)?;
        Some(Scene { edge, authority, state: Place::new() })
    }

    fn settings(&self, challenge: AcmeChallenge) -> config::Acme {
        config::Acme {
            directory: self.authority.directory(),
            contacts: vec!["owner@example.com".to_string()],
            terms_agreed: true,
            challenge,
            ca: Some(self.authority.ca()),
            state: self.state.at("state"),
            profile: None,
            external_account: None,
        }
    }

    fn start(&self, settings: config::Acme, wanted: &[(&str, &[&str])]) -> Acme {
        let mut acme = Acme::open(settings, self::wanted(wanted), self.edge.clone()).expect("it can be used");
        acme.start().expect("it starts");
        acme
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.edge.close();
    }
}

fn wanted(sites: &[(&str, &[&str])]) -> Vec<Wanted> {
    let wanted =
        |(site, names): &(&str, &[&str])| Wanted { site: site.to_string(), names: names.iter().map(|name| name.to_string()).collect() };
    sites.iter().map(wanted).collect()
}

fn now() -> Calendar {
    Calendar(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970"))
}

/// The failure of this site: what is told of it, how many there were, and in how long it is tried again.
fn failure(edge: &Edge, of: &str) -> (String, u32, Duration) {
    edge.event(&format!("a failure of {of}"), |event| match event {
        Event::Failed { site, why, failures, next, .. } if site == of => Some((why.clone(), *failures, next.0 - now().0)),
        _ => None,
    })
}

/// A minute and up to a quarter more, less what has passed since.
fn assert_about_a_minute(next: Duration) {
    assert!(next > Duration::from_secs(30) && next <= Duration::from_secs(75), "{next:?}");
}

#[test]
fn by_http_01_all_names_of_a_site_share_a_certificate_that_a_restart_finds_again() {
    let Some(scene) = Scene::new(Manners::default()) else { return };
    let settings = scene.settings(AcmeChallenge::Http01);
    let first: (&str, &[&str]) = ("first", &["a.test", "www.a.test"]);
    let acme = scene.start(settings.clone(), &[first]);
    scene.edge.issued("first");
    drop(acme);
    let told = scene.edge.take();
    assert!(told.http.is_empty() && told.tls.is_empty(), "challenges are taken away");
    assert!(told.looked.len() >= 2 && told.looked.iter().all(|kind| *kind == "http-01"), "{:?}", told.looked);
    let [(names, chain, key)] = &told.installed[..] else { panic!("{} certificates", told.installed.len()) };
    let mut names = names.clone();
    names.sort();
    assert_eq!(names, ["a.test", "www.a.test"]);
    assert!(
        matches!(&told.events[..], [Event::Ordering { reason: Reason::Missing, .. }, Event::Registered { .. }, Event::Issued { .. }]),
        "{:?}",
        told.events
    );

    // The second time, only the new site is ordered, and with the same account.
    let acme = scene.start(settings, &[first]);
    acme.want(wanted(&[first, ("second", &["b.test"])]));
    scene.edge.issued("second");
    drop(acme);
    let again = scene.edge.take();
    assert_eq!((&again.installed[0].1, &again.installed[0].2), (chain, key));
    assert!(
        matches!(&again.events[..], [
        Event::Found { site: found, .. },
        Event::Ordering { site: ordered, .. },
        Event::Issued { .. }
    ] if found == "first" && ordered == "second"),
        "{:?}",
        again.events
    );
}

#[test]
fn by_tls_alpn_01() {
    let Some(scene) = Scene::new(Manners::default()) else { return };
    let acme = scene.start(scene.settings(AcmeChallenge::TlsAlpn01), &[("site", &["a.test", "b.test"])]);
    scene.edge.issued("site");
    drop(acme);
    let told = scene.edge.take();
    assert!(told.http.is_empty() && told.tls.is_empty(), "challenges are taken away");
    assert!(told.looked.len() >= 2 && told.looked.iter().all(|kind| *kind == "tls-alpn-01"), "{:?}", told.looked);
    assert_eq!(told.installed.len(), 1);
}

#[test]
fn a_certificate_is_renewed_before_it_ends() {
    // Renewed after six of nine seconds.
    let Some(scene) = Scene::new(Manners { validity: 9, ..Manners::default() }) else { return };
    let acme = scene.start(scene.settings(AcmeChallenge::Either), &[("site", &["a.test"])]);
    let installed = scene.edge.wait("a renewal", |state| (state.installed.len() >= 2).then(|| state.installed.clone()));
    assert_ne!(installed[0].1, installed[1].1);
    assert_ne!(installed[0].2, installed[1].2, "each certificate has a key of its own");
    drop(acme);
    let told = scene.edge.take();
    let reasons: Vec<&Reason> = told
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Ordering { reason, .. } => Some(reason),
            _ => None,
        })
        .collect();
    assert_eq!(reasons[..2], [&Reason::Missing, &Reason::Old]);
}

#[test]
fn a_site_that_gets_another_name_gets_another_certificate() {
    let Some(scene) = Scene::new(Manners::default()) else { return };
    let acme = scene.start(scene.settings(AcmeChallenge::Http01), &[("site", &["a.test"])]);
    scene.edge.issued("site");
    scene.edge.take();
    acme.want(wanted(&[("site", &["a.test", "b.test"])]));
    scene.edge.issued("site");
    let told = scene.edge.take();
    assert!(matches!(&told.events[0], Event::Ordering { reason: Reason::Lacks(name), .. } if name == "b.test"), "{:?}", told.events);
    assert_eq!(told.installed[0].0.len(), 2);
}

#[test]
fn refused_nonces_are_survived() {
    let Some(scene) = Scene::new(Manners { refused_nonces: 50, ..Manners::default() }) else { return };
    let _acme = scene.start(scene.settings(AcmeChallenge::Http01), &[("site", &["a.test"])]);
    scene.edge.issued("site");
}

#[test]
fn a_name_that_is_not_validated_is_told_with_the_reason_and_not_tried_again_at_once() {
    let Some(scene) = Scene::new(Manners::default()) else { return };
    scene.edge.lies.store(true, Ordering::Relaxed);
    let settings = scene.settings(AcmeChallenge::Http01);
    let acme = scene.start(settings.clone(), &[("first", &["a.test"])]);
    let (why, failures, next) = failure(&scene.edge, "first");
    // pebble's own words are between the name and the problem's type.
    assert!(why.starts_with("the authority did not validate a.test: ") && why.ends_with("(unauthorized)"), "{why}");
    assert_eq!(failures, 1);
    assert_about_a_minute(next);
    drop(acme);
    let told = scene.edge.take();
    assert!(told.http.is_empty() && told.installed.is_empty());

    // Neither does a restart try again; another site is not held up.
    scene.edge.lies.store(false, Ordering::Relaxed);
    let acme = scene.start(settings, &[("first", &["a.test"]), ("second", &["b.test"])]);
    scene.edge.issued("second");
    drop(acme);
    let told = scene.edge.take();
    assert!(matches!(&told.events[..], [Event::Ordering { site, .. }, Event::Issued { .. }] if site == "second"), "{:?}", told.events);
}

#[test]
fn an_authority_that_cannot_be_reached_holds_up_all_sites_but_not_what_is_stored() {
    let Some(scene) = Scene::new(Manners::default()) else { return };
    let nobody = config::Acme { directory: format!("https://{}/dir", free_address()), ..scene.settings(AcmeChallenge::Http01) };
    let acme = scene.start(nobody, &[("first", &["a.test"]), ("second", &["b.test"])]);
    let (why, failures, next) = failure(&scene.edge, "first");
    assert!(why.contains("cannot register an account") && why.contains("refused"), "{why}");
    assert_eq!(failures, 1);
    assert_about_a_minute(next);
    drop(acme);
    let told = scene.edge.take();
    assert!(matches!(&told.events[..], [Event::Ordering { .. }, Event::Failed { .. }]), "one try for all: {:?}", told.events);
}

#[test]
fn an_authority_that_nobody_vouches_for_is_not_trusted() {
    let Some(scene) = Scene::new(Manners::default()) else { return };
    let stranger = rcgen::CertificateParams::default();
    let stranger = stranger.self_signed(&rcgen::KeyPair::generate().expect("a key")).expect("a certificate");
    let ca = scene.state.file("stranger.pem", stranger.pem());
    let acme = scene.start(config::Acme { ca: Some(ca), ..scene.settings(AcmeChallenge::Http01) }, &[("site", &["a.test"])]);
    let (why, ..) = failure(&scene.edge, "site");
    assert!(why.contains("TLS") && why.contains("certificate"), "{why}");
    drop(acme);
}

#[test]
fn without_agreement_to_its_terms_the_authority_is_not_asked() {
    let Some(scene) = Scene::new(Manners::default()) else { return };
    let settings = config::Acme { terms_agreed: false, ..scene.settings(AcmeChallenge::Http01) };
    let _acme = scene.start(settings, &[("site", &["a.test"])]);
    assert!(failure(&scene.edge, "site").0.contains("terms of service"));
}

#[test]
fn an_account_is_bound_to_one_outside() {
    let Some(scene) = Scene::new(Manners { external_account: true, ..Manners::default() }) else { return };
    let settings = scene.settings(AcmeChallenge::Http01);
    let acme = scene.start(settings.clone(), &[("site", &["a.test"])]);
    let (why, ..) = failure(&scene.edge, "site");
    assert!(why.contains("externalAccountRequired"), "{why}");
    drop(acme);
    scene.edge.take();
    let account = ExternalAccount { key_id: KEY_ID.to_string(), key: KEY.to_string() };
    let settings = config::Acme { external_account: Some(account), state: scene.state.at("another"), ..settings };
    let _acme = scene.start(settings, &[("site", &["a.test"])]);
    scene.edge.issued("site");
}

#[test]
fn what_is_shown_is_taken_away_when_it_ends_in_the_middle_of_an_order() {
    let Some(scene) = Scene::new(Manners::default()) else { return };
    // As long as the authority waits for an answer, the order is under way.
    scene.edge.silent.store(true, Ordering::Relaxed);
    let acme = scene.start(scene.settings(AcmeChallenge::Http01), &[("site", &["a.test"])]);
    scene.edge.wait("a challenge", |state| (!state.http.is_empty()).then_some(()));
    drop(acme);
    scene.edge.speak();
    let told = scene.edge.take();
    assert!(told.http.is_empty(), "{:?}", told.http);
    assert!(matches!(&told.events[..], [Event::Ordering { .. }, Event::Registered { .. }]), "{:?}", told.events);
}

#[test]
fn an_account_that_the_authority_has_forgotten_is_put_aside_and_the_next_order_registers_again() {
    let Some(mut scene) = Scene::new(Manners::default()) else { return };
    let settings = scene.settings(AcmeChallenge::Http01);
    let acme = scene.start(settings.clone(), &[("first", &["a.test"])]);
    scene.edge.issued("first");
    scene.edge.take();
    scene.authority.forget();
    acme.want(wanted(&[("second", &["b.test"])]));
    let (why, ..) = failure(&scene.edge, "second");
    assert!(why.contains("accountDoesNotExist"), "{why}");
    let kept = scene.edge.event("the account put aside", |event| match event {
        Event::Broken { kept, .. } => Some(kept.clone()),
        _ => None,
    });
    assert!(kept.is_file());
    drop(acme);
    // As if the wait were over.
    std::fs::remove_file(kept.with_file_name("failures.json")).expect("the failure was remembered");
    let _acme = scene.start(settings, &[("second", &["b.test"])]);
    scene.edge.issued("second");
}

#[test]
fn a_broken_certificate_is_put_aside_and_ordered_anew() {
    let Some(scene) = Scene::new(Manners::default()) else { return };
    let settings = scene.settings(AcmeChallenge::Http01);
    let acme = scene.start(settings.clone(), &[("site", &["a.test"])]);
    scene.edge.issued("site");
    drop(acme);
    scene.edge.take();
    let authority = std::fs::read_dir(scene.state.at("state")).expect("the state").next().expect("an authority").expect("an entry");
    let path = authority.path().join("certificates/site.pem");
    std::fs::write(&path, "half of it").expect("it can be written");
    let _acme = scene.start(settings, &[("site", &["a.test"])]);
    scene.edge.issued("site");
    let told = scene.edge.take();
    let [Event::Broken { path: broken, kept, .. }, Event::Ordering { .. }, Event::Issued { .. }] = &told.events[..] else {
        panic!("{:?}", told.events)
    };
    assert_eq!(*broken, path);
    assert_eq!(std::fs::read_to_string(kept).expect("it was kept"), "half of it");
}

/// A certificate from pebble, and an authority that says as pebble does not that it wants it renewed now; what comes of it when a new order
/// is answered so.
fn asked_to_renew(order: (u16, &'static str, &'static str)) -> Option<(Scene, Scripted, Acme)> {
    let scene = Scene::new(Manners::default())?;
    let settings = scene.settings(AcmeChallenge::Http01);
    drop({
        let acme = scene.start(settings.clone(), &[("site", &["a.test"])]);
        scene.edge.issued("site");
        acme
    });
    scene.edge.take();
    let scripted = Scripted::start(move |at, path| renewal_wanted(at, path, order));
    // Account and certificate move from the one to the other.
    let state = scene.state.at("state");
    let old = std::fs::read_dir(&state).expect("the state").next().expect("an authority").expect("an entry").path();
    let new = format!("{state}/127.0.0.1%3a{}%2fdir", scripted.at().port());
    std::fs::rename(old, &new).expect("both are in one directory");
    let account = format!("{new}/account.json");
    let directory = format!("https://{}/dir", scripted.at());
    let text = std::fs::read_to_string(&account).expect("an account");
    std::fs::write(account, text.replace(&settings.directory, &directory)).expect("it can be written");
    let acme = scene.start(config::Acme { directory, ca: Some(scripted.ca()), ..settings }, &[("site", &["a.test"])]);
    Some((scene, scripted, acme))
}

fn renewal_wanted(at: std::net::SocketAddr, path: &str, order: (u16, &str, &str)) -> Answer {
    let url = |path: &str| format!("https://{at}/{path}");
    match path {
        "/dir" => {
            let directory = serde_json::json!({
                "newNonce": url("nonce"), "newAccount": url("account"), "newOrder": url("order"), "renewalInfo": url("info")
            });
            (200, String::new(), directory.to_string())
        }
        "/nonce" => (200, "Replay-Nonce: one\r\n".to_string(), String::new()),
        "/order" => (order.0, order.1.to_string(), order.2.to_string()),
        path if path.starts_with("/info/") => {
            let window = r#"{"suggestedWindow": {"start": "2020-01-02T04:00:00Z", "end": "2020-01-03T04:00:00Z"}}"#;
            (200, "Retry-After: 21600\r\n".to_string(), window.to_string())
        }
        _ => (404, String::new(), String::new()),
    }
}

/// What was signed.
fn payload(body: &str) -> serde_json::Value {
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let payload = BASE64_URL_SAFE_NO_PAD.decode(body["payload"].as_str().expect("a payload")).expect("base64");
    serde_json::from_slice(&payload).expect("JSON")
}

#[test]
fn an_authority_that_wants_a_certificate_renewed_is_told_which_one_and_one_that_wants_to_be_left_alone_is() {
    let order = (429, "Retry-After: 7200\r\n", r#"{"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many"}"#);
    let Some((scene, scripted, acme)) = asked_to_renew(order) else { return };
    let (why, _, next) = failure(&scene.edge, "site");
    assert_eq!(why, "cannot create an order: the authority says: too many (rateLimited)");
    assert!(next > Duration::from_secs(7100) && next <= Duration::from_secs(7200), "{next:?}");
    drop(acme);
    let told = scene.edge.take();
    assert!(matches!(&told.events[1], Event::Ordering { reason: Reason::Asked, .. }), "{:?}", told.events);
    let orders = scripted.asked("/order");
    assert_eq!(orders.len(), 1);
    let order = payload(&orders[0]);
    // RFC 9773 §5: by the name under which it was asked for.
    let replaced = order["replaces"].as_str().expect("it names one");
    assert_eq!(scripted.asked(&format!("/info/{replaced}")).len(), 1);
}

#[test]
fn a_certificate_that_cannot_be_replaced_is_no_reason_to_go_without() {
    let order = (409, "", r#"{"type": "urn:ietf:params:acme:error:alreadyReplaced", "detail": "done"}"#);
    let Some((scene, scripted, acme)) = asked_to_renew(order) else { return };
    failure(&scene.edge, "site");
    drop(acme);
    let orders: Vec<bool> = scripted.asked("/order").iter().map(|body| payload(body).get("replaces").is_some()).collect();
    assert_eq!(orders, [true, false]);
}

#[test]
fn what_is_no_acme_is_not_taken_for_it() {
    let order = (503, "Retry-After: 7200\r\n", "<html>We are back soon.</html>");
    let Some((scene, _scripted, _acme)) = asked_to_renew(order) else { return };
    let (why, _, next) = failure(&scene.edge, "site");
    assert!(why.ends_with("it answered 503 Service Unavailable"), "{why}");
    assert!(next > Duration::from_secs(7100), "{next:?}");
}
