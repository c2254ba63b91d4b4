use super::*;

#[test]
fn a_send_window_goes_under_zero_and_comes_back() {
    let mut window = SendWindow::new(10);
    window.spend(10);
    assert_eq!(window.shift(-7), Ok(()));
    assert_eq!(window.room(), 0);
    assert_eq!(window.shift(8), Ok(()));
    assert_eq!(window.room(), 1);
}

#[test]
fn a_send_window_has_a_largest_value() {
    let mut window = SendWindow::new(MAX_WINDOW - 1);
    assert_eq!(window.shift(1), Ok(()));
    assert_eq!(window.room(), MAX_WINDOW as usize);
    assert_eq!(window.shift(1), Err(Overflow));
    window.spend(MAX_WINDOW as usize);
    assert_eq!(window.shift(-i64::from(MAX_WINDOW)), Ok(()), "the lowest there can be");
    assert_eq!(window.room(), 0);
}

#[test]
fn a_receive_window_is_announced_by_halves() {
    let mut window = ReceiveWindow::new(10);
    assert!(window.take(8) && !window.take(3) && window.left() == 2);
    assert_eq!((window.give_back(4, 10), window.give_back(1, 10), window.give_back(0, 10)), (None, Some(5), None));
    assert_eq!(window.left(), 7);
    window.shrink(9);
    assert_eq!(window.left(), -2);
    assert!(!window.take(1) && window.take(0));
}
