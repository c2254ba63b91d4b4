use super::*;

const START: Duration = Duration::from_secs(1_000_000);

fn resets_until_refused(flood: &mut Flood, now: Duration) -> u32 {
    (0..10_000).take_while(|_| flood.reset(now).is_ok()).count() as u32
}

#[test]
fn resets_come_back_with_time_and_with_whole_exchanges() {
    let mut flood = Flood::new();
    assert_eq!(resets_until_refused(&mut flood, START), RESETS.most);
    assert_eq!(flood.reset(START), Err(Breach::ResetFlood));
    assert_eq!(resets_until_refused(&mut flood, START + Duration::from_secs(1)), 20);
    (0..5).for_each(|_| flood.exchange());
    assert_eq!(resets_until_refused(&mut flood, START + Duration::from_secs(1)), 5);
    assert_eq!(resets_until_refused(&mut flood, START * 2), RESETS.most, "never more than at first");
}

#[test]
fn a_clock_that_stands_or_goes_back_earns_nothing() {
    let mut flood = Flood::new();
    assert_eq!(resets_until_refused(&mut flood, START), RESETS.most);
    assert_eq!(resets_until_refused(&mut flood, Duration::ZERO), 0);
    assert_eq!(resets_until_refused(&mut flood, START + Duration::from_millis(49)), 0);
    assert_eq!(resets_until_refused(&mut flood, START + Duration::from_millis(50)), 1);
}

#[test]
fn frames_that_carry_nothing_are_paid_with_data() {
    let mut flood = Flood::new();
    for _ in 0..100_000 {
        flood.data(100, false);
        assert_eq!(flood.control(ANSWERED, START), Ok(()), "a PING for every frame of data");
        assert_eq!(flood.control(NOTED, START), Ok(()));
    }
}

#[test]
fn windows_opened_byte_by_byte_end() {
    let mut flood = Flood::new();
    let lasted = (0..1_000_000).take_while(|_| {
        flood.data(1, true);
        flood.control(NOTED, START).is_ok()
    });
    assert_eq!(lasted.count(), CONTROL.most as usize);
}

#[test]
fn nothing_overflows() {
    let mut flood = Flood::new();
    assert_eq!(flood.control(u32::MAX, Duration::MAX), Err(Breach::ControlFlood));
    assert_eq!(flood.control(0, Duration::MAX), Ok(()));
    (0..1000).for_each(|_| flood.exchange());
    assert_eq!(flood.control(CONTROL.most, Duration::ZERO), Ok(()));
}
