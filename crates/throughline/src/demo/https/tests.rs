use super::*;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// A directory that is not there yet.
fn place() -> PathBuf {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("throughline-state-{}-{number}", std::process::id()))
}

#[test]
fn it_is_made_once_and_then_kept_for_its_user_alone() {
    let place = place();
    let (first, problem) = certificate(Some(&place));
    assert_eq!(problem, None);
    let mode = |name: &str| std::fs::metadata(place.join(name)).expect("it was kept").permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("localhost.pem"), mode("localhost.key")), (0o700, 0o600, 0o600));
    assert_eq!(certificate(Some(&place)), (first.clone(), None));
    let facts = Facts::of(&first.chain[0]).expect("a certificate");
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        assert!(facts.covers(&decide::config::HostPattern::Exact(host.to_string())), "{host}: {facts:?}");
    }
    std::fs::remove_dir_all(place).expect("it is ours");
}

#[test]
fn one_that_expires_soon_or_is_broken_is_made_anew() {
    let place = place();
    let (first, _) = certificate(Some(&place));
    let in_days = |days: u64| SystemTime::now() + Duration::from_secs(days * DAY_SECONDS);
    assert!(kept(&place, in_days(DAYS - SPARE_DAYS - 3)).is_some());
    assert!(kept(&place, in_days(DAYS - SPARE_DAYS)).is_none());
    std::fs::write(place.join("localhost.key"), "nonsense").expect("it is ours");
    let (second, problem) = certificate(Some(&place));
    assert!(problem.is_none() && second != first);
    assert_eq!(certificate(Some(&place)).0, second);
    std::fs::remove_dir_all(place).expect("it is ours");
}

#[test]
fn without_a_place_it_is_good_for_one_run() {
    let (made, problem) = certificate(None);
    assert!(check(&made).is_ok() && made.files.is_none());
    assert!(problem.is_some_and(|problem| !problem.is_empty()));
    let file = place();
    std::fs::write(&file, "in the way").expect("a file for temporary use");
    let (made, problem) = certificate(Some(&file));
    assert!(made.files.is_none() && problem.is_some_and(|problem| problem.starts_with("cannot keep the certificate in ")));
    std::fs::remove_file(file).expect("it is ours");
}
