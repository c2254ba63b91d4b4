use super::page;
use crate::trace::tests::journey;
use decide::step::{Bytes, Journey, Step};
use decide::time::{Duration, Instant};

/// `UPDATE=1` writes it.
#[test]
#[expect(clippy::disallowed_methods, reason = "the file is one of this repository")]
fn a_journey_gives_one_page() {
    let (once, again) = (page(&journey()), page(&journey()));
    assert_eq!(once, again);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/trace/page/tests/page.html");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &once).expect("it can be written");
    }
    assert!(once == std::fs::read_to_string(path).unwrap_or_default(), "the page is another: run `UPDATE=1 cargo test -p tl-view`");
}

/// Every step of the journey can be opened, under its name.
#[test]
fn nothing_that_was_recorded_is_left_out() {
    let (page, journey) = (page(&journey()), journey());
    assert_eq!(page.matches("<div class=\"step\">").count(), journey.steps().len());
    for (_, step) in journey.steps() {
        assert!(page.contains(&format!("<code>{}</code>", step.name())), "{}", step.name());
    }
}

fn hostile(text: &str) -> Journey {
    let mut journey = Journey::default();
    let at = Instant::ZERO + Duration::from_micros(10);
    let [typed, url, host] = [(); 3].map(|()| journey.keep(text.as_bytes()));
    journey.add(at, Step::UrlRead { typed, url, scheme: "http", host, port: 80, port_written: false, leg: 1 });
    let (method, target, head) = (journey.keep(b"GET"), journey.keep(text.as_bytes()), journey.keep(text.as_bytes()));
    journey.add(at, Step::RequestSent { method, target, version: "HTTP/1.1", head, body: Bytes(0) });
    let head = journey.keep(format!("HTTP/1.1 500 no\r\nx: {text}\r\n").as_bytes());
    let took = Duration::ZERO;
    journey.add(at, Step::HeadReceived { status: 500, version: "HTTP/1.1", head, interim: false, took });
    let says = journey.keep(text.as_bytes());
    journey.add(at, Step::Told { field: "Age", says });
    let sentence = journey.keep(text.as_bytes());
    journey.add(at, Step::Stopped { station: "HTTP", side: "server", fault: "broken", sentence, exit: 15 });
    journey
}

/// Whatever a server sends: no element, no attribute, no end of a script, no mark that turns the direction.
#[test]
fn what_a_server_sends_is_text() {
    let plain = page(&hostile("plain"));
    let tags = |page: &str| page.matches('<').count();
    for text in [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "]]></style></title></pre><svg/onload=alert(1)>",
        "&lt;b&gt;&#x3c;",
        "\u{202e}txt.exe\u{2066}\u{2028}",
        "\u{0}\u{1b}[31m\u{7f}\u{9b}",
    ] {
        let page = page(&hostile(text));
        assert_eq!(tags(&page), tags(&plain), "{text:?} made elements");
        assert!(!page.chars().any(|c| c != '\n' && crate::text::is_hostile(c)), "{text:?}");
        let json = page.split("id=\"journey\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("the JSON");
        let value: serde_json::Value = serde_json::from_str(json).expect("it is JSON");
        assert_eq!(value["sentence"], text, "programs get what was sent");
    }
    let invalid = page(&hostile(&"x".repeat(200_000)));
    assert_eq!(tags(&invalid), tags(&plain));
}

#[test]
fn a_url_that_is_none_and_no_step_at_all_give_pages_too() {
    let mut journey = Journey::default();
    assert!(page(&journey).contains("</html>"));
    let sentence = journey.keep(b"URL failed on your side: it is none; write one.");
    journey.add(Instant::ZERO, Step::Stopped { station: "URL", side: "you", fault: "malformed", sentence, exit: 11 });
    assert!(page(&journey).contains("it is none; write one."));
}
