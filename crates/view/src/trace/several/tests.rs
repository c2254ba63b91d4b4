use super::*;
use crate::trace::tests::journey;
use decide::time::Instant;

fn millis(values: &[u64]) -> Vec<Duration> {
    values.iter().map(|value| Duration::from_millis(*value)).collect()
}

fn options(width: usize) -> Options {
    Options { width, colour: false, verbose: false, so_far: None }
}

fn spread(values: &[u64]) -> [u128; 4] {
    let Spread { min, median, p95, max } = Spread::of(&millis(values)).expect("values");
    [min, median, p95, max].map(|span| span.as_micros())
}

#[test]
fn a_spread_is_by_nearest_rank() {
    assert_eq!(Spread::of(&[]), None);
    assert_eq!(spread(&[7]), [7_000; 4]);
    assert_eq!(spread(&[9, 2]), [2_000, 5_500, 9_000, 9_000]);
    let twenty: Vec<u64> = (1..=20).rev().collect();
    assert_eq!(spread(&twenty), [1_000, 10_500, 19_000, 20_000], "the 19th of 20");
    let twenty_one: Vec<u64> = (1..=21).collect();
    assert_eq!(spread(&twenty_one), [1_000, 11_000, 20_000, 21_000], "19.95 is the 20th");
    let hundred: Vec<u64> = (1..=100).collect();
    assert_eq!(spread(&hundred)[2], 95_000);
}

#[test]
fn a_plot_shows_where_values_lie() {
    assert_eq!(plot::of(&millis(&[1, 1, 1, 1, 1, 1, 1, 1, 9]), 8, false), "█      ▁");
    assert_eq!(plot::of(&millis(&[1, 5, 9]), 9, true), "#   #   #");
    assert_eq!(plot::of(&millis(&[3, 3]), 8, false), "█       ", "all alike");
    assert_eq!(plot::of(&[], 8, false), "");
}

#[test]
fn phases_are_stations_and_the_two_halves_of_http() {
    let taken: Vec<String> = phase::taken(&journey()).iter().map(|(name, took)| format!("{name} {}", took.as_micros())).collect();
    let own = ["Name 12000", "Connect 10800", "TLS 12750", "first byte 30000", "body 25000", "Decode 9000", "Page 20026", "all 91300"];
    assert_eq!(taken, own);
}

fn stopped(text: &str) -> Journey {
    let mut journey = Journey::default();
    let sentence = journey.keep(text.as_bytes());
    journey.add(Instant::ZERO, Step::Stopped { station: "Connect", side: "server", fault: "refused", sentence, exit: 13 });
    journey
}

fn runs(url: &str, failed: usize) -> Runs {
    let mut runs = Runs::new(url);
    (0..3).for_each(|_| runs.add(&journey()));
    (0..failed).for_each(|_| runs.add(&stopped("Connect failed on the server's side: it \u{202e}refused; look there.")));
    runs
}

#[test]
fn failures_are_counted_by_sentence_and_end_with_their_code() {
    let runs = runs("https://example.com", 2);
    assert_eq!((runs.count(), runs.failed(), runs.exit()), (5, 2, 13));
    let text = repeated(&runs, &options(80), false).join("\n");
    assert!(text.contains("5 journeys, 2 failed") && text.contains("✗ 2 × Connect failed"), "{text}");
    assert!(text.contains("Name        12.0 ms  12.0 ms") && !text.contains('\u{202e}'), "{text}");
    let text = repeated(&runs, &options(80), true).join("\n");
    assert!(text.is_ascii(), "{text}");
    let json: serde_json::Value = serde_json::from_str(&repeated_json(&runs)).expect("it is JSON");
    assert_eq!((&json["arrived"], &json["failures"][0]["times"], &json["exit"]), (&3.into(), &2.into(), &13.into()));
    assert_eq!((&json["phases"][0]["p95"], json["phases"][0]["values"].as_array().map(Vec::len)), (&0.012.into(), Some(3)));
}

#[test]
fn two_stand_beside_each_other_where_there_is_room() {
    let pair = [runs("https://a.example", 0), runs("https://b.example", 0)];
    let wide = compared(&pair, &options(100), false);
    let name = wide.iter().find(|line| line.starts_with("Name")).expect("a line of names");
    assert_eq!(name.matches("12.0 ms").count(), 2, "{wide:?}");
    assert!(wide.last().is_some_and(|line| line.contains("as long as each other")), "{wide:?}");
    let narrow = compared(&pair, &options(40), false);
    assert!(narrow.iter().skip(2).all(|line| line.chars().count() <= 40), "{narrow:?}");
    assert!(narrow.iter().any(|line| line == "  both 12.0 ms"), "{narrow:?}");
}

#[test]
fn the_verdict_says_who_is_faster_and_where() {
    let mut slow = Runs::new("https://slow.example");
    slow.add(&{
        let mut journey = journey();
        let steps = journey.take_steps();
        for (at, step) in steps {
            let (at, step) = match step {
                Step::HeadReceived { status, version, head, interim, took } => {
                    let took = took + Duration::from_millis(100);
                    (at + Duration::from_millis(100), Step::HeadReceived { status, version, head, interim, took })
                }
                Step::Arrived { .. } => (at + Duration::from_millis(100), step),
                step => (at, step),
            };
            journey.add(at, step);
        }
        journey
    });
    let mut fast = Runs::new("https://fast.example");
    fast.add(&journey());
    let pair = [slow, fast];
    let text = compared(&pair, &options(120), false).join("\n");
    assert!(text.contains("B is faster by 100 ms (52 %), most of that at first byte; one journey each says little"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&compared_json(&pair)).expect("it is JSON");
    assert_eq!(json["sides"][1]["url"], "https://fast.example");
    assert!(json["facts"].as_array().expect("facts").iter().all(|fact| fact["same"] == true), "{json}");
    let mut none = Runs::new("https://none.example");
    none.add(&stopped("Name failed."));
    let text = compared(&[none, runs("https://b.example", 0)], &options(120), false).join("\n");
    assert!(text.ends_with("Only B arrives; A fails."), "{text}");
}
