use super::*;
use crate::settings;

const CONFIG: &str = r#"
[[listener]]
at = "127.0.0.1:8080"
sites = ["main"]

[[listener]]
at = "127.0.0.1:8081"
sites = ["other"]

[[site]]
name = "main"
hosts = ["a.test"]

[[site.route]]
path = "/api/*"
methods = ["POST"]
pool = "app"

[[site]]
name = "other"
hosts = ["*"]

[[site.route]]
pool = "keyed"

[[site.route]]
path = "/shop/*"
pool = "app"
cache = true

[pool.app]
backends = ["127.0.0.1:3000", "127.0.0.1:3001"]

[pool.keyed]
algorithm = "hash"
hash-key = "header:X-User"
backends = ["127.0.0.1:3000", "127.0.0.1:3001", "127.0.0.1:3002"]
"#;

fn config() -> Config {
    settings::load(CONFIG, "edge.toml").unwrap_or_else(|found| panic!("{found:#?}"))
}

fn route_of(question: &Question<'_>) -> Result<String, String> {
    let config = config();
    route(question, &config, &Table::build(&config), Form::Text)
}

#[test]
fn a_route_is_explained_at_the_listener_of_the_port() {
    let url = |url| Question { url: Some(url), ..Question::default() };
    let text = route_of(&Question { method: Some("POST"), ..url("http://a.test/api/x") }).expect("an answer");
    assert!(text.starts_with("listener 127.0.0.1:8080\n") && text.contains("holds"), "{text}");
    let text = route_of(&url("http://a.test/api/x")).expect("an answer");
    assert!(text.contains("405"), "{text}");
    let text = route_of(&url("http://a.test:8081/api/x")).expect("an answer");
    assert!(text.starts_with("listener 127.0.0.1:8081\n"), "{text}");
    let named = Question { listener: Some("127.0.0.1:8081"), ..url("http://a.test/api/x") };
    assert!(route_of(&named).is_ok_and(|text| text.starts_with("listener 127.0.0.1:8081\n")));
    let unknown = Question { listener: Some("127.0.0.1:9"), ..url("http://a.test/") };
    assert_eq!(route_of(&unknown), Err("nothing listens on 127.0.0.1:9; listeners: 127.0.0.1:8080, 127.0.0.1:8081".to_string()));
}

#[test]
fn a_choice_from_a_file_is_the_pools_own() {
    let config = config();
    let question = Question { url: Some("http://b.test:8081/"), fields: vec!["X-User: ann"], ..Question::default() };
    let text = balance(&question, &config, Form::Text).expect("a choice");
    let key = decide::balance::hash::hash_key(b"ann");
    let mut pool = decide::pool::Pool::new(&config.pools[1], 1);
    let Selection::Backend { index, .. } = pool.select(Some(key), &[], Instant::ZERO, &mut SplitMix::new(7), None) else { panic!() };
    assert!(text.starts_with("pool       keyed\n") && text.contains(&format!("hash of field X-User: {key:016x}\n")), "{text}");
    assert!(text.contains(&format!("=>         {}", config.pools[1].backends[index].name)), "{text}");
    for backend in &config.pools[1].backends {
        assert!(text.contains(&backend.name), "each candidate is there: {text}");
    }
}

#[test]
fn programs_are_told_the_same() {
    let config = config();
    let url = |url| Question { url: Some(url), ..Question::default() };
    let read = |text: Result<String, String>| serde_json::from_str::<serde_json::Value>(&text.expect("an object")).expect("it is JSON");
    let json = read(route(&url("http://a.test/api/x"), &config, &Table::build(&config), Form::Json));
    assert_eq!((&json["schema"], &json["listener"]), (&"throughline.explain-route/1".into(), &"127.0.0.1:8080".into()));
    assert_eq!((&json["sites"][0]["chosen"], &json["rules"][0]["outcome"]), (&true.into(), &"fails".into()), "{json}");
    let question = Question { fields: vec!["X-User: ann"], ..url("http://b.test:8081/") };
    let json = read(balance(&question, &config, Form::Json));
    let text = balance(&question, &config, Form::Text).expect("a choice");
    let chosen = json["chosen"].as_str().expect("a backend");
    assert!(text.contains(&format!("=>         {chosen}")) && text.contains(json["key"].as_str().expect("a hash")), "{json}{text}");
    assert_eq!((&json["source"], json["candidates"].as_array().map(Vec::len)), (&"configuration".into(), Some(3)));
}

#[test]
fn a_pool_can_be_named_and_a_missing_value_is_said() {
    let config = config();
    let text = balance(&Question { pool: Some("keyed"), ..Question::default() }, &config, Form::Text).expect("a choice");
    assert!(text.contains("hash of field X-User: the request has none: drawn at random"), "{text}");
    let error = balance(&Question { pool: Some("keys"), ..Question::default() }, &config, Form::Text);
    assert_eq!(error, Err("there is no pool \"keys\"; pools: app, keyed".to_string()));
    let error = balance(&Question { url: Some("http://a.test/"), ..Question::default() }, &config, Form::Text);
    assert!(error.is_err_and(|error| error.starts_with("no pool gets this request")));
    assert!(balance(&Question::default(), &config, Form::Text).is_err());
}

#[test]
fn what_becomes_of_an_answer_is_told_with_every_rule() {
    let config = config();
    let about = |status, fields: Vec<&'static str>, response: Vec<&'static str>| {
        let question = Question { url: Some("http://b.test:8081/shop/a"), fields, status, response, ..Question::default() };
        cache(&question, &config, Calendar::default())
    };
    let fresh = "Cache-Control: max-age=60, stale-if-error=30";
    let text = about(None, vec!["Accept-Language: de"], vec![fresh, "Vary: Accept-Language", "Cache-Tag: a,b", "Connection: close"]);
    let text = text.expect("an answer");
    for line in [
        "answer     200 is stored (storable)\n",
        "life       fresh for 60 s by max-age, then 30 s if the backends fail\n",
        "selected   accept-language:de\n",
        "tags       a b\n",
        "left out   Connection\n",
        "kept       Cache-Control: max-age=60, stale-if-error=30\n",
        "  no  the response is for one user (RFC 9111 §5.2.2.7)\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    let text = about(Some(200), vec!["Authorization: x"], vec![fresh]).expect("an answer");
    assert!(text.contains("answer     200 is not stored (authorized)\n") && !text.contains("\nlife"), "{text}");
    let text = about(Some(206), vec!["Range: bytes=0-4"], vec![fresh, "Content-Range: bytes 0-4/10"]).expect("an answer");
    assert!(text.contains("answer     206 is stored, as a part: bytes 0-4/10 (storable)\n"), "{text}");
    assert!(about(Some(206), vec![], vec![fresh]).is_ok_and(|text| text.contains("206 is not stored (part-stored)")));
    assert!(about(None, vec![], vec!["no colon"]).is_err_and(|error| error.starts_with("such an answer is refused")));
    assert!(about(None, vec![], vec!["A: b\r\n\r\n"]).is_err());
    assert!(status("99").is_err() && status("x").is_err() && status("206") == Ok(206));
}
