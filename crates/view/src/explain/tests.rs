use super::*;
use decide::balance::{LeftOut, Score};
use decide::route::{Considered, Failure, SiteConsidered};
use decide::step::RouteRef;

fn record() -> Record {
    let rule = |route, name: &str, rank: &str, outcome| {
        let route = RouteRef { site: 0, route };
        Considered { route, name: name.to_owned(), rank: rank.to_owned(), outcome }
    };
    let failure = |sentence, wanted: &str, value: Option<&str>| {
        Outcome::Fails(Failure { sentence, wanted: wanted.to_owned(), value: value.map(str::to_owned) })
    };
    let site = |site, name: &str, pattern: &str, holds| SiteConsidered { site, name: name.to_owned(), pattern: pattern.to_owned(), holds };
    Record {
        host: "www.a.test".to_owned(),
        path: "/api/v1".to_owned(),
        sites: vec![site(0, "main", "a.test", false), site(0, "main", "*.a.test", true), site(1, "rest", "any host", true)],
        site: Some(0),
        rules: vec![
            rule(3, "home", "exactly /", failure("the path is not", "/", None)),
            rule(1, "beta", "prefix /api, 1 condition", failure("no field has the value", "X-Beta", Some("1"))),
            rule(0, "api", "prefix /api", Outcome::Holds),
            rule(2, "rest", "any path", Outcome::NotReached),
        ],
        verdict: "route api".to_owned(),
    }
}

#[test]
fn a_route_is_explained_rule_by_rule() {
    let expected = "\
host   www.a.test
       a.test    main  does not fit
       *.a.test  main  fits, chosen
       any host  rest  fits
path   /api/v1
rules  in the order tried
       home  exactly /                 the path is not /
       beta  prefix /api, 1 condition  no field has the value X-Beta: 1
       api   prefix /api               holds
       rest  any path                  not reached
=>     route api
";
    assert_eq!(route(&record()), expected);
}

#[test]
fn a_request_without_host_or_site_is_explained() {
    let record = Record { verdict: "404: no site answers to this host".to_owned(), ..Record::default() };
    assert_eq!(route(&record), "host   (none)\n=>     404: no site answers to this host\n");
}

#[test]
fn what_was_asked_cannot_write_on_the_terminal() {
    let text = route(&Record { host: "a\x1b]0;b\x07".to_owned(), path: "/\r\nhost   b".to_owned(), ..record() });
    assert!(!text.contains(|character: char| character.is_control() && character != '\n'));
    assert_eq!(text.lines().count(), route(&record()).lines().count());
}

#[test]
fn a_choice_is_explained_with_every_score() {
    let record = balance::Record {
        scores: vec![Score { backend: 0, score: 12.5, note: "slow start" }, Score { backend: 2, score: 3.0, note: "" }],
        meaning: "milliseconds times requests in flight; the lowest wins",
        why: "the lowest score",
        left_out: vec![LeftOut { backend: 1, why: "down" }],
    };
    let expected = "\
algorithm  fastest
score      milliseconds times requests in flight; the lowest wins
      a1      12.500  slow start
  =>  c            3
      b-long       -  down
=>         c: the lowest score
";
    let text = super::balance(&record, "fastest", &["a1", "b-long", "c"], Some(2));
    assert_eq!(text, expected);
}

#[test]
fn no_choice_is_explained_too() {
    let record = balance::Record { left_out: vec![LeftOut { backend: 7, why: "down" }], ..balance::Record::default() };
    assert_eq!(super::balance(&record, "random", &[], None), "algorithm  random\n    backend 7  -  down\n=>         no backend\n");
}

#[test]
fn scores_are_short() {
    for (score, text) in
        [(0.0, "0"), (1e9, "1000000000"), (0.1234567, "0.123"), (1.5e-9, "1.500e-9"), (2e20, "2.000e20"), (f64::INFINITY, "inf")]
    {
        assert_eq!(number(score), text);
    }
}
