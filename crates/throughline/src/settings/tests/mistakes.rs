//! What is said of a wrong file, to the letter.

use super::*;

/// The case, and after it what else a file needs.
fn whole(case: &str) -> String {
    let rest = if case.contains("[pool.app]") { SMALL.split("[pool.app]").next().unwrap_or_default() } else { SMALL };
    format!("{case}\n{rest}")
}

#[test]
fn each_mistake_is_told_as_written_down() {
    let cases: Vec<(&str, &str)> =
        include_str!("mistakes.txt").split("\n---\n").skip(1).map(|case| case.split_once("\n>>").expect("a case has a >>")).collect();
    assert!(cases.len() > 70, "{} cases", cases.len());
    for (case, expected) in cases {
        let found = match load_on(&whole(case), "t.toml", &[], &Paper(|_| true)) {
            Ok(loaded) => loaded.warnings,
            Err(mistakes) => mistakes,
        };
        assert_eq!(shown(&found), expected.trim(), "in\n{case}");
    }
}

/// Twelve mistakes of twelve kinds.
const TWELVE: &str = r#"
[server]
wrokers = 4

[limits]
head-bytes = "64k"
idle-timeout = 60

[[listener]]
at = ":8080"

[[site]]
hosts = ["example.com", "example.com"]
max-body = true

[[site.route]]
methods = ["get"]
pool = "ap"

[[site.route]]
path = "/old"
redirect = { to = "https://{hots}/" }

[[site.route]]
path = "/x"

[pool.app]
backends = [{ at = "127.0.0.1:3000", weight = 70000 }]
algorithm = "fastests"
"#;

#[test]
fn twelve_mistakes_are_told_at_once() {
    let mistakes = load(TWELVE, "edge.toml").expect_err("it is wrong");
    let places: Vec<(usize, usize)> = mistakes.iter().map(|mistake| (mistake.line, mistake.column)).collect();
    let expected = [(3, 1), (6, 14), (7, 16), (10, 6), (13, 25), (14, 12), (17, 12), (18, 8), (22, 19), (24, 1), (28, 47), (29, 13)];
    assert_eq!(places, expected, "{}", shown(&mistakes));
    assert!(mistakes.iter().all(|mistake| mistake.severity == Severity::Error));
    let helps = mistakes.iter().filter(|mistake| mistake.help.is_some()).count();
    assert_eq!(helps, 8, "{}", shown(&mistakes));
}

#[test]
fn a_mistake_is_shown_with_its_line_underlined() {
    let text = format!("{SMALL}\talgoritm = \"random\"\t# é\r\n");
    let mistakes = load(&text, "etc/edge.toml").expect_err("it is wrong");
    let expected = "etc/edge.toml:12:2: unknown key \"algoritm\" in [pool.app]; did you mean \"algorithm\"?\n   |\n\
                    12 | \talgoritm = \"random\"\t# é\n   | \t^^^^^^^^";
    assert_eq!(mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>(), [expected]);
    assert_eq!(mistakes[0].help.as_deref(), Some("did you mean \"algorithm\"?"));
    assert_eq!(&text[mistakes[0].span.clone()], "algoritm");
}

#[test]
fn columns_and_underlines_count_characters() {
    let text = SMALL.replace("\"127.0.0.1:3000\"", "{ name = 'é', at = 'éé' }");
    let mistakes = load(&text, "t.toml").expect_err("it is wrong");
    assert_eq!((mistakes.len(), mistakes[0].column), (1, 32));
    let lines: Vec<String> = mistakes[0].to_string().lines().skip(2).map(str::to_string).collect();
    assert_eq!(lines, ["11 | backends = [{ name = 'é', at = 'éé' }]".to_string(), format!("   | {}^^^^", " ".repeat(31))]);
}

#[test]
fn nothing_in_a_file_steers_the_terminal() {
    let text = format!("{SMALL}name = \"\u{1b}[2J\"\n");
    let mistakes = load(&text, "t.toml").expect_err("it is wrong");
    assert!(mistakes[0].to_string().contains("\n12 | name = \"\u{fffd}[2J\"\n"), "{}", mistakes[0]);
}

#[test]
fn a_span_over_several_lines_is_underlined_on_its_first() {
    let text = SMALL.replace("[\"127.0.0.1:3000\"]", "[\n]");
    let mistakes = load(&text, "t.toml").expect_err("it is wrong");
    let expected = "t.toml:11:12: a pool without backends, expected at least one address\n   |\n11 | backends = [\n   |            ^";
    assert_eq!(mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>(), [expected]);
}

#[test]
fn an_empty_file_says_what_is_missing() {
    let mistakes = load("", "t.toml").expect_err("it is empty");
    assert_eq!(shown(&mistakes), "t.toml:1:1: the file has no [[listener]]; a name server needs none: write [dns] or [resolver]");
}

#[test]
fn warnings_do_not_refuse() {
    let text = SMALL.replace("pool = \"app\"", "files = { root = \"/nowhere/at/all\" }");
    let loaded = load_with(&text, "t.toml", &[]).unwrap_or_else(|mistakes| panic!("{}", shown(&mistakes)));
    let expected = "t.toml:8:18: warning: there is no directory \"/nowhere/at/all\"\nt.toml:10:7: warning: nothing uses pool \"app\"";
    assert_eq!(shown(&loaded.warnings), expected);
    assert!(load(&text, "t.toml").is_ok());
}

#[test]
fn applications_are_known_only_where_they_are_given() {
    let text = SMALL.replace("pool = \"app\"", "application = \"demo\"");
    let first = |applications: &[&str]| load_with(&text, "t.toml", applications).map_err(|mistakes| shown(&mistakes[..1]));
    assert_eq!(first(&[]), Err("t.toml:8:1: unknown key \"application\" in [[site.route]]".to_string()));
    assert_eq!(first(&["dem"]), Err("t.toml:8:15: unknown application \"demo\"; did you mean \"dem\"?".to_string()));
    let loaded = first(&["demo", "admin"]).expect("it is known");
    assert_eq!(loaded.config.sites[0].routes[0].action, Action::Application("demo".to_string()));
}

/// Two sites for one host, each behind a listener of its own or not.
fn twins(first: &str, second: &str, listeners: &str) -> String {
    let site = |name: &str| format!("[[site]]\n{name}hosts = [\"a.test\"]\n[[site.route]]\nanswer = {{}}\n");
    let text = format!("{listeners}{}{}", site(first), site(second));
    load(&text, "t.toml").map_or_else(|mistakes| shown(&mistakes), |_| String::new())
}

#[test]
fn one_host_may_be_two_sites_on_two_listeners() {
    let apart = "listener = [{ at = \"127.0.0.1:1\", sites = [\"x\"] }, { at = \"127.0.0.1:2\", sites = [\"y\"] }]\n";
    let together = "listener = [{ at = \"127.0.0.1:1\" }]\n";
    let (x, y) = ("name = \"x\"\n", "name = \"y\"\n");
    assert_eq!(twins(x, y, apart), "");
    assert_eq!(twins(x, y, together), "t.toml:9:10: host \"a.test\" is served by the site on line 4 already");
    let same = "t.toml:7:1: warning: no listener serves site \"x\"\n\
                t.toml:8:8: a site is named \"x\" already, on line 2; give each a name of its own";
    assert_eq!(twins(x, x, &apart.replace("\"y\"", "\"x\"")), same, "and no host twice: no listener has both");
    let unnamed = twins("", "", together);
    assert_eq!(unnamed, "t.toml:7:10: host \"a.test\" is served by the site on line 3 already", "told once");
}

#[test]
fn a_site_that_no_listener_serves_is_told() {
    let text = SMALL.replace("at = \"127.0.0.1:8080\"", "at = \"127.0.0.1:8080\"\nsites = [\"*\"]");
    let text = format!("{text}[[site]]\nhosts = [\"a.test\"]\n[[site.route]]\npool = \"app\"\n");
    let warned = |text: &str| load_with(text, "t.toml", &[]).map_or_else(|mistakes| shown(&mistakes), |loaded| shown(&loaded.warnings));
    assert_eq!(warned(&text), "t.toml:13:1: warning: no listener serves site \"a.test\"");
    let unknown = text.replace("sites = [\"*\"]", "sites = [\"b.test\"]");
    assert_eq!(warned(&unknown), "t.toml:4:10: unknown site \"b.test\"; did you mean \"a.test\"?", "and nothing that follows from it");
}
