use super::*;

#[test]
fn the_state_is_kept_where_the_environment_says() {
    let state = |xdg: &str, home: &str| state_below(Some(xdg.to_string()), Some(home.to_string()));
    assert_eq!(state("/var/state", "/home/a").as_deref(), Some("/var/state/throughline"));
    assert_eq!(state("", "/home/a").as_deref(), Some("/home/a/.local/state/throughline"));
    assert_eq!(state("relative", "/home/a").as_deref(), Some("/home/a/.local/state/throughline"));
    assert_eq!(state("", ""), None);
    assert_eq!(state_below(None, None), None);
}
