use super::*;
use rcgen::{CertificateParams, KeyPair};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// A state directory of a test's own, gone with it.
struct Place(PathBuf);

impl Place {
    fn new() -> Place {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Place(std::env::temp_dir().join(format!("throughline-store-{}-{number}", std::process::id())))
    }

    fn store(&self) -> Store {
        Store::open(&self.0, "https://ca.test:14000/dir").expect("a store")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn pair(name: &str) -> Pair {
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new([name.to_string()]).expect("a name").self_signed(&key).expect("a certificate");
    Pair::read(&certificate.pem(), &key.serialize_pem()).expect("it is sound")
}

fn all_below(path: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(path).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all_below(&path, found);
        }
        found.push(path);
    }
}

#[test]
fn what_was_stored_is_there_after_a_restart_and_the_owners_alone() {
    let place = Place::new();
    let (first, second) = (pair("a.test"), pair("a.test"));
    assert!(place.store().certificate("shop").expect("readable").is_none());
    for stored in [&first, &second] {
        place.store().save_certificate("shop", stored).expect("it can be written");
        let read = place.store().certificate("shop").expect("readable").expect("it was stored");
        assert_eq!((read.chain_pem, read.key_pem), (stored.chain_pem.clone(), stored.key_pem.clone()));
    }
    let account: AccountCredentials = serde_json::from_str(ACCOUNT).expect("an account");
    place.store().save_account(&account).expect("it can be written");
    let read = place.store().account().expect("readable").expect("it was stored");
    assert_eq!(read.private_key().secret_pkcs8_der(), account.private_key().secret_pkcs8_der());

    let _lock = place.store().lock().expect("it can be locked").expect("nobody has it");
    let mut found = vec![place.0.clone()];
    all_below(&place.0, &mut found);
    assert_eq!(found.len(), 6, "{found:?}");
    for path in found {
        let mode = path.metadata().expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
}

const ACCOUNT: &str =
    r#"{"id":"https://ca.test:14000/account/1","directory":"https://ca.test:14000/dir","key_pkcs8":"MIGHAgEAMBMGByqGSM49"}"#;

#[test]
fn authorities_and_sites_do_not_share_files() {
    let place = Place::new();
    let other = Store::open(&place.0, "https://ca.test:14000/staging").expect("a store");
    place.store().save_certificate("shop", &pair("a.test")).expect("it can be written");
    for (store, site) in
        [(&other, "shop"), (&place.store(), "Shop"), (&place.store(), "../certificates/shop"), (&place.store(), "shop.pem")]
    {
        assert!(store.certificate(site).expect("readable").is_none(), "{site}");
    }
}

#[test]
fn names_lead_nowhere_else() {
    assert_eq!(file_name("acme-v02.api.test/directory"), "acme-v02.api.test%2fdirectory");
    assert_eq!(file_name(".."), "%2e.");
    assert_eq!(file_name("*.Bücher"), "%2a.%42%c3%bccher");
    assert_eq!(file_name("%41"), "%2541");
}

#[test]
fn a_broken_file_is_told_and_kept() {
    let place = Place::new();
    let store = place.store();
    let whole = pair("a.test");
    store.save_certificate("shop", &whole).expect("it can be written");
    let path = store.site_path("shop", "pem");
    let text = fs::read_to_string(&path).expect("text");
    let other = pair("a.test");
    let swapped = format!("{}{}", other.key_pem, whole.chain_pem);
    let mut kept = Vec::new();
    for broken in [&text[..text.len() / 2], "", "\u{fffd}", &swapped, &"x".repeat(LONGEST as usize + 1)] {
        fs::write(&path, broken).expect("it can be written");
        let Err(Fault::Broken { path: told, why }) = store.certificate("shop") else { panic!("it is broken") };
        assert_eq!(told, path);
        assert!(!why.is_empty());
        kept.push((put_aside(&path).expect("it can be renamed"), broken.to_string()));
        assert!(store.certificate("shop").expect("readable").is_none());
    }
    for (path, broken) in kept {
        assert_eq!(fs::read_to_string(path).expect("it was kept"), broken);
    }
    fs::write(store.account_path(), "{}").expect("it can be written");
    assert!(matches!(store.account(), Err(Fault::Broken { .. })));
}

#[test]
fn only_so_many_broken_files_are_kept_and_none_is_lost() {
    let place = Place::new();
    let path = place.store().account_path();
    for _ in 0..KEPT {
        fs::write(&path, "broken").expect("it can be written");
        put_aside(&path).expect("there is room");
    }
    fs::write(&path, "one more").expect("it can be written");
    put_aside(&path).expect_err("there is no room");
    assert_eq!(fs::read_to_string(&path).expect("it is there still"), "one more");
}

#[test]
fn what_cannot_be_read_is_not_taken_for_nothing() {
    let place = Place::new();
    let store = place.store();
    // A directory where a file should be: reading it fails, whoever asks.
    fs::create_dir(store.site_path("shop", "pem")).expect("a directory");
    assert!(matches!(store.certificate("shop"), Err(Fault::Unreadable(_))));
}

#[test]
fn failures_are_remembered_and_forgotten() {
    let place = Place::new();
    let store = place.store();
    let at = |seconds| Calendar(Duration::from_secs(seconds));
    let failures = Failures { count: 3, last: at(100), not_until: Some(at(200)) };
    for whose in [Whose::Site("shop"), Whose::Authority] {
        assert_eq!(store.failures(whose).expect("readable"), Failures::default());
        store.save_failures(whose, &failures).expect("it can be written");
        assert_eq!(store.failures(whose).expect("readable"), failures);
        assert_eq!(place.store().failures(Whose::Site("other")).expect("readable"), Failures::default());
    }
    // What we were asked to wait is not cut short.
    let odd = Failures { not_until: Some(Calendar(Duration::from_millis(200_001))), ..failures };
    store.save_failures(Whose::Authority, &odd).expect("it can be written");
    assert_eq!(store.failures(Whose::Authority).expect("readable").not_until, Some(at(201)));
    for whose in [Whose::Site("shop"), Whose::Authority] {
        // The second time there is nothing to forget.
        for _ in 0..2 {
            store.save_failures(whose, &Failures::default()).expect("it can be removed");
        }
        assert_eq!(store.failures(whose).expect("readable"), Failures::default());
    }
}

#[test]
fn one_process_orders_at_a_time() {
    let place = Place::new();
    let held = place.store().lock().expect("it can be locked").expect("nobody has it");
    assert!(place.store().lock().expect("it can be asked for").is_none());
    drop(held);
    assert!(place.store().lock().expect("it can be locked").is_some());
}
