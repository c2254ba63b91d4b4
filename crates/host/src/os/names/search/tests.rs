use super::*;

#[test]
fn the_order_of_trying() {
    let search = ["shop.example".to_string(), "example.".into()];
    let of = |name, ndots| candidates(name, &search, ndots);
    assert_eq!(of("db", 1), ["db.shop.example", "db.example", "db"]);
    assert_eq!(of("db.eu", 1), ["db.eu", "db.eu.shop.example", "db.eu.example"]);
    assert_eq!(of("db.eu", 2), ["db.eu.shop.example", "db.eu.example", "db.eu"]);
    assert_eq!(of("db", 0), ["db", "db.shop.example", "db.example"]);
    assert_eq!(of("db.", 5), ["db"]);
}

#[test]
fn no_name_is_tried_twice() {
    let search = ["a".to_string(), ".".into(), "a.".into()];
    assert_eq!(candidates("db", &search, 1), ["db.a", "db"]);
    assert_eq!(candidates("db", &[], 1), ["db"]);
}
