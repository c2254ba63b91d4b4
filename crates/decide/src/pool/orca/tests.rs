use super::*;
use proptest::prelude::*;

#[test]
fn text_and_json_give_the_application_load_or_else_that_of_the_processor() {
    for (value, load) in [
        ("TEXT cpu_utilization=0.3, mem_utilization=0.8", Some(0.3)),
        ("TEXT cpu_utilization=0.3,application_utilization=1.25,rps_fractional=100", Some(1.25)),
        ("TEXT application_utilization=0,cpu_utilization=0.5", Some(0.5)),
        ("TEXT application_utilization=0", None),
        ("  TEXT\tcpu_utilization = 5e-1 ", Some(0.5)),
        ("TEXT named_metrics.queue=x,cpu_utilization=0", Some(0.0)),
        ("TEXT mem_utilization=0.8", None),
        ("TEXT cpu_utilization=", None),
        ("TEXT cpu_utilization=-0.1", None),
        ("TEXT cpu_utilization=NaN", None),
        ("TEXT cpu_utilization=inf", None),
        ("TEXT cpu_utilization=1e999", None),
        ("TEXT cpu_utilization", None),
        ("TEXT", None),
        ("BIN CZqZmZmZmbk/", None),
        ("text cpu_utilization=0.3", None),
        (r#"JSON {"cpu_utilization": 0.3, "mem_utilization": 0.8}"#, Some(0.3)),
        (r#"JSON {"cpuUtilization":0.3,"applicationUtilization":0.75}"#, Some(0.75)),
        (r#"JSON {"named_metrics": {"a,}": [1, {"cpu_utilization": 9}], "b\"": 2}, "cpu_utilization": 0.4}"#, Some(0.4)),
        (r#"JSON { }"#, None),
        (r#"JSON {"cpu_utilization": "0.3"}"#, None),
        (r#"JSON {"cpu_utilization": 0.3,}"#, None),
        (r#"JSON {"cpu_utilization": 0.3"#, None),
        (r#"JSON {"cpu_utilization" 0.3}"#, None),
        (r#"JSON {"a": 1}, "cpu_utilization": 0.3}"#, None),
        (r#"JSON {"cpu_utilization: 0.3}"#, None),
        (r#"JSON {"a\"#, None),
        ("JSON {", None),
        ("JSON }", None),
        ("", None),
    ] {
        assert_eq!(load_from_field(value.as_bytes()), load, "{value}");
    }
}

#[test]
fn a_health_answer_is_one_number() {
    for (body, load) in [
        ("0.25\n", Some(0.25)),
        (" 7 ", Some(7.0)),
        ("0", Some(0.0)),
        ("", None),
        ("ok", None),
        ("0.2 0.3", None),
        ("-1", None),
        ("nan", None),
        ("+", None),
    ] {
        assert_eq!(load_from_text(body.as_bytes()), load, "{body}");
    }
    assert_eq!(load_from_text(&[b'1'; 65]), None, "longer than any number we print");
    assert_eq!(load_from_text(b"\xff"), None);
}

proptest! {
    #[test]
    fn no_bytes_break_it_and_what_comes_out_is_a_load(form in "(TEXT|JSON) ", rest in proptest::collection::vec(any::<u8>(), 0..80)) {
        let value = [form.as_bytes(), &rest].concat();
        for load in [load_from_field(&value), load_from_field(&rest), load_from_text(&rest)].into_iter().flatten() {
            prop_assert!(load.is_finite() && load >= 0.0);
        }
    }

    /// Near-miss JSON: the same characters in any order.
    #[test]
    fn no_near_miss_breaks_it(rest in r#"JSON \{[ "\\{}\[\],:a0.]{0,40}\}"#) {
        if let Some(load) = load_from_field(rest.as_bytes()) {
            prop_assert!(load.is_finite());
        }
    }

    #[test]
    fn what_is_written_is_read(load in 0.0..100.0_f64) {
        let mut value = String::new();
        write_field(load, &mut value);
        prop_assert_eq!(load_from_field(value.as_bytes()), Some(load));
    }
}
