use super::*;
use decide::step::{BackendRef, CertificateStep, ListenerRef, SiteRef};

/// Sunday, 06 Nov 1994 08:49:37.042 UTC.
const AT: Calendar = Calendar(Duration::new(784_111_777, 42_000_000));

fn config() -> Config {
    let mut config = crate::access_log::tests::config();
    config.pools[0].backends[0].name = "a 1\u{1b}".to_owned();
    config
}

#[test]
fn a_line_has_time_name_and_fields_with_names() {
    let down = Step::BackendDown { backend: BackendRef { pool: 0, backend: 7 }, probes: 3, why: "the connection was refused" };
    assert_eq!(
        line(AT, &down, &Texts::default(), &config()),
        "1994-11-06T08:49:37.042Z backend-down backend=app/7 probes=3 why=\"the connection was refused\""
    );
    let paused = Step::AcceptPaused { listener: ListenerRef(0), pause: Duration::from_millis(100) };
    assert_eq!(
        line(AT, &paused, &Texts::default(), &config()),
        "1994-11-06T08:49:37.042Z accept-paused listener=127.0.0.1:8080 pause=0.1s"
    );
}

#[test]
fn a_name_that_could_break_a_line_is_escaped() {
    let restored = Step::BackendRestored { backend: BackendRef { pool: 0, backend: 0 } };
    assert_eq!(line(AT, &restored, &Texts::default(), &config()), "1994-11-06T08:49:37.042Z backend-restored backend=\"app/a 1\\u{1b}\"");
}

#[test]
fn texts_are_found_where_they_were_kept() {
    let mut texts = Texts::default();
    let (names, why) = (texts.keep(b"a.test b.test"), texts.keep(b"it said: \x1b[2J\xff"));
    let failed =
        Step::Certificate(CertificateStep::CertificateFailed { site: SiteRef(0), names, failures: 2, wait: Duration::from_secs(120), why });
    assert_eq!(
        line(AT, &failed, &texts, &config()),
        "1994-11-06T08:49:37.042Z certificate-failed site=main names=\"a.test b.test\" failures=2 wait=120s \
         why=\"it said: \\u{1b}[2J\u{fffd}\""
    );
}

#[test]
fn spans_are_seconds_without_needless_digits() {
    let ms = |ms| seconds(Duration::from_millis(ms));
    assert_eq!([ms(0), ms(100), ms(1_500), ms(30_000), ms(600_000)], ["0s", "0.1s", "1.5s", "30s", "600s"]);
}

#[test]
fn a_list_is_told_in_words() {
    let mut texts = Texts::default();
    let place = texts.keep(b"fra");
    let within = texts.list([vec![("layer", Value::Word("measured")), ("why", Value::Word("no-data"))]]);
    let list = texts.list([
        vec![("place", Value::Text(place)), ("chosen", Value::Flag(true)), ("passed", Value::List(within))],
        vec![("chosen", Value::Flag(false)), ("local_pref", Value::Number(100))],
    ]);
    let config = config();
    let words = words(list, &texts, &|value| shown(value, &texts, &config));
    assert_eq!(words, "place fra, chosen, passed [layer measured, why no-data]; not chosen, local-pref 100");
}
