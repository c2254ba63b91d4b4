use super::*;

const VALUE: &[u8] = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn at(micros: u64) -> Instant {
    Instant::ZERO + Duration::from_micros(micros)
}

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

#[test]
fn a_traceparent_is_read_and_written() {
    let parent = Parent::read(VALUE).expect("the example of the specification");
    assert_eq!(parent, Parent { trace: JourneyId(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736), request: 0x00f0_67aa_0ba9_02b7 });
    assert_eq!(parent.value().as_bytes(), VALUE);
    assert_eq!(Parent::of_path(parent.path().as_bytes()), Some(parent));
    let later = b"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-will-be-like";
    assert_eq!(Parent::read(later), Some(parent));
}

#[test]
fn what_is_no_traceparent_names_nothing() {
    let text = |value: &str| Parent::read(value.as_bytes());
    let wrong = [
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
    ];
    for value in wrong {
        assert_eq!(text(value), None, "{value}");
    }
    for path in ["/.throughline/journey/", "/.throughline/journey/x", "/.throughline/probe.js", "/"] {
        assert_eq!(Parent::of_path(path.as_bytes()), None, "{path}");
    }
}

#[test]
fn what_is_left_of_the_round_trip_is_halved() {
    let placing = Placing { sent: at(1_000), answered: at(31_000), ended: at(61_000) };
    // 20 ms of 30 are the server's: 5 ms there, 5 ms back.
    assert_eq!(placing.begin(micros(20_000), micros(20_000)), (at(6_000), micros(5_000)));
    // What is known of the end may say more.
    assert_eq!(placing.begin(micros(20_000), micros(58_000)), (at(2_000), micros(1_000)));
    // A server that says more than there was time for began at once.
    assert_eq!(placing.begin(micros(90_000), micros(90_000)), (at(1_000), Duration::ZERO));
}

#[test]
fn no_step_stands_outside_of_its_request() {
    let placing = Placing { sent: at(1_000), answered: at(2_000), ended: at(3_000) };
    let places = [0, 500, 10_000].map(|after| placing.place(at(1_000), micros(after)));
    assert_eq!(places, [at(1_000), at(1_500), at(3_000)]);
    let never = Placing { sent: at(5), answered: at(4), ended: at(3) };
    assert_eq!(never.place(at(5), micros(1)), at(5));
}
