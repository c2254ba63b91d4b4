use crate::admin::tests::with_server;
use std::collections::{BTreeMap, BTreeSet};

/// One sample: its labels as written, and its value.
type Sample = (Vec<(String, String)>, f64);

/// A family as a reader of the format sees it.
#[derive(Debug)]
struct Family {
    kind: String,
    /// By the suffix behind the family's name.
    samples: Vec<(String, Sample)>,
}

/// Reads the text format strictly: every sample stands under its family's HELP and TYPE, no family comes twice.
fn parsed(text: &str) -> BTreeMap<String, Family> {
    assert!(text.ends_with('\n'));
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').expect("a help text");
            assert!(words.ends_with('.'), "{name}: {words}");
            let kind = lines.next().and_then(|line| line.strip_prefix(&format!("# TYPE {name} "))).expect("TYPE after HELP");
            let family = Family { kind: kind.to_string(), samples: Vec::new() };
            assert!(families.insert(name.to_string(), family).is_none(), "{name} comes twice");
            current = name.to_string();
            continue;
        }
        let rest = line.strip_prefix(&current).unwrap_or_else(|| panic!("{line} is not of {current}"));
        let at = rest.find(['{', ' ']).expect("a value");
        let (labels, value) = labels(&rest[at..]);
        let sample = (labels, value.trim().parse().unwrap_or_else(|_| panic!("{line}")));
        families.get_mut(&current).expect("it was put there").samples.push((rest[..at].to_string(), sample));
    }
    families
}

fn labels(text: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    let Some(mut rest) = text.strip_prefix('{') else { return (found, text) };
    loop {
        let (name, after) = rest.split_once("=\"").expect("a label");
        let mut value = String::new();
        let mut characters = after.char_indices();
        let end = loop {
            match characters.next().expect("a closing quote") {
                (at, '"') => break at,
                (_, '\\') => match characters.next().expect("an escaped character").1 {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                (_, other) => value.push(other),
            }
        };
        found.push((name.to_string(), value));
        rest = &after[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return (found, rest.strip_prefix('}').expect("a closing brace")),
        }
    }
}

#[test]
fn the_page_keeps_to_the_format() {
    with_server(|host, server, _| {
        let families = parsed(&super::text(server, None, &crate::journal::State::default(), host));
        assert!(families.len() > 30);
        for (name, family) in &families {
            assert!(name.starts_with("throughline_") && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_')), "{name}");
            assert_eq!(family.kind == "counter", name.ends_with("_total"), "{name}");
            let mut seen = BTreeSet::new();
            for (suffix, (labels, value)) in &family.samples {
                assert!(seen.insert((suffix, labels)), "{name}{suffix} {labels:?} comes twice");
                assert!(value.is_finite() && *value >= 0.0, "{name}");
                assert!(suffix.is_empty() || family.kind == "histogram", "{name}{suffix}");
            }
            assert!(!family.samples.is_empty() || name == "throughline_backend_failures_total", "{name}");
        }
        let up = &families["throughline_backend_up"].samples;
        let backend = |at: usize| up[at].1.0.iter().find(|(name, _)| name == "backend").map(|(_, value)| value.as_str());
        assert_eq!((backend(0), backend(1)), (Some("127.0.0.1:3000"), Some("b \"quoted\"\\")), "escaped, and read back");
    });
}

#[test]
fn histograms_are_cumulative() {
    let mut histogram = node::metrics::HistogramCounts { sum: std::time::Duration::from_millis(1500), ..Default::default() };
    histogram.buckets = std::array::from_fn(|at| at as u64 + 1);
    let mut out = super::Exposition::default();
    out.histograms("throughline_x_seconds", "Help.", |family| family.histogram(&[("site", "a")], &histogram));
    let text = out.into_text();
    let family = &parsed(&text)["throughline_x_seconds"];
    let buckets: Vec<_> = family.samples.iter().filter(|(suffix, _)| suffix == "_bucket").map(|(_, sample)| sample).collect();
    assert_eq!(buckets.len(), 17);
    assert_eq!((&*buckets[0].0[1].1, buckets[0].1), ("0.0005", 1.0));
    assert_eq!((&*buckets[10].0[1].1, buckets[10].1), ("1", 66.0), "all below, not this bucket alone");
    assert_eq!((&*buckets[15].0[1].1, &*buckets[16].0[1].1, buckets[16].1), ("60", "+Inf", 153.0));
    assert!(text.contains("throughline_x_seconds_sum{site=\"a\"} 1.5\n") && text.contains("throughline_x_seconds_count{site=\"a\"} 153\n"));
}

#[test]
fn what_an_operator_did_is_seen() {
    with_server(|host, server, _| {
        let pool = server.snapshot().pools()[0].clone();
        assert!(pool.set_weight("127.0.0.1:3000", 9));
        assert!(pool.set_admin("127.0.0.1:3000", decide::pool::Admin::Drain, host.now()));
        let families = parsed(&super::text(server, None, &crate::journal::State::default(), host));
        let of_first = |name: &str| families[name].samples[0].1.1;
        assert_eq!((of_first("throughline_backend_weight"), of_first("throughline_backend_available")), (9.0, 0.0));
        assert_eq!(of_first("throughline_backend_up"), 1.0, "a drained backend is up all the same");
        assert_eq!(families["throughline_backend_available"].samples[1].1.1, 1.0);
    });
}

#[test]
fn a_name_server_is_counted_by_role_transport_and_code() {
    let mut counts = node::metrics::NameCounts { role: "authority", udp: 90, tcp: 10, streams: 3, limited: 7, ..Default::default() };
    counts.codes[3] = 40;
    let mut out = super::Exposition::default();
    // A role that was never asked anything is not there.
    super::names(&[counts, node::metrics::NameCounts { role: "resolver", ..Default::default() }], &mut out);
    let text = out.into_text();
    for line in [
        "throughline_dns_queries_total{role=\"authority\",transport=\"udp\"} 90\n",
        "throughline_dns_queries_total{role=\"authority\",transport=\"tcp\"} 10\n",
        "throughline_dns_answers_total{role=\"authority\",code=\"nxdomain\"} 40\n",
        "throughline_dns_limited_total{role=\"authority\"} 7\n",
        "throughline_dns_connections_total{role=\"authority\"} 3\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    assert!(!text.contains("resolver"), "{text}");
    assert!(parsed(&text).len() >= 11);
    let mut none = super::Exposition::default();
    super::names(&[], &mut none);
    assert_eq!(none.into_text(), "");
}

#[test]
fn who_is_led_where_is_counted_by_place_layer_and_scope() {
    let mut led = node::metrics::LedCounts { steering: "cdn".to_string(), moved: 5, lost: 2, ..Default::default() };
    led.places = vec![("fra".to_string(), [7, 1])];
    led.layers = [[0, 6, 0, 1, 0], [0, 0, 0, 0, 1]];
    led.scopes = [0, 1].map(|_| vec![0; 129]);
    (led.scopes[0][0], led.scopes[0][23], led.scopes[0][24]) = (1, 2, 4);
    let mut out = super::Exposition::default();
    super::led::families(&[led], &mut out);
    let text = out.into_text();
    for line in [
        "throughline_steering_led_total{steering=\"cdn\",place=\"fra\",via=\"dns\"} 7\n",
        "throughline_steering_led_total{steering=\"cdn\",place=\"fra\",via=\"redirect\"} 1\n",
        "throughline_steering_led_by_total{steering=\"cdn\",via=\"dns\",layer=\"topology\"} 6\n",
        "throughline_steering_led_by_total{steering=\"cdn\",via=\"redirect\",layer=\"next-best\"} 1\n",
        "throughline_steering_scope_bits_bucket{steering=\"cdn\",family=\"ipv4\",le=\"0\"} 1\n",
        "throughline_steering_scope_bits_bucket{steering=\"cdn\",family=\"ipv4\",le=\"22\"} 1\n",
        "throughline_steering_scope_bits_bucket{steering=\"cdn\",family=\"ipv4\",le=\"24\"} 7\n",
        "throughline_steering_scope_bits_bucket{steering=\"cdn\",family=\"ipv4\",le=\"+Inf\"} 7\n",
        "throughline_steering_scope_bits_sum{steering=\"cdn\",family=\"ipv4\"} 142\n",
        "throughline_steering_scope_bits_count{steering=\"cdn\",family=\"ipv6\"} 0\n",
        "throughline_steering_moves_total{steering=\"cdn\",why=\"preferred\"} 5\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    assert!(!text.contains("via=\"dns\",layer=\"next-best\""), "{text}");
    assert_eq!(parsed(&text).len(), 4);
}

#[test]
fn zones_handed_out_and_notices_are_counted() {
    let counts = node::metrics::ProcessCounts { transfers: [3, 2, 1], notices: 9, notified: [4, 5], ..Default::default() };
    let mut out = super::Exposition::default();
    super::led::transfers(&counts, &mut out);
    let text = out.into_text();
    for line in [
        "throughline_dns_transfers_total{result=\"refused\"} 2\n",
        "throughline_dns_notices_sent_total 9\n",
        "throughline_dns_notifies_total{result=\"failed\"} 5\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    assert_eq!(parsed(&text).len(), 3);
}
