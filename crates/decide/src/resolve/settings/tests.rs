use super::*;
use alloc::string::ToString;
use alloc::vec;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn endpoints(resolved: &Resolved, http2: bool) -> Vec<String> {
    resolved.endpoints(443, http2).iter().map(ToString::to_string).collect()
}

#[test]
fn without_services_the_addresses_are_used_at_the_port_of_the_url() {
    let resolved = Resolved { name: "a".into(), addresses: vec![ip("192.0.2.1"), ip("::1")], ..Resolved::default() };
    assert_eq!(endpoints(&resolved, true), ["192.0.2.1:443", "[::1]:443"]);
}

#[test]
fn services_come_first_and_those_that_speak_nothing_of_ours_not_at_all() {
    let resolved = Resolved {
        name: "a".into(),
        addresses: vec![ip("192.0.2.1")],
        services: vec![
            Service {
                target: "pool".into(),
                alpn: vec!["h3".into()],
                no_default_alpn: true,
                addresses: vec![ip("192.0.2.9")],
                ..Service::default()
            },
            Service {
                target: "pool".into(),
                alpn: vec!["h2".into()],
                no_default_alpn: true,
                hints: vec![ip("192.0.2.2")],
                ..Service::default()
            },
            Service { target: "a".into(), port: Some(8443), ..Service::default() },
        ],
        ..Resolved::default()
    };
    assert_eq!(endpoints(&resolved, true), ["192.0.2.2:443", "192.0.2.1:8443", "192.0.2.1:443"]);
    assert_eq!(endpoints(&resolved, false), ["192.0.2.1:8443", "192.0.2.1:443"]);
}
