use super::*;
use alloc::format;
use alloc::string::String;
use core::net::{Ipv4Addr, Ipv6Addr};
use proptest::prelude::*;

fn network(text: &str) -> Network {
    Network::parse(text).expect("a network")
}

#[test]
fn networks() {
    assert!(network("10.0.0.0/8").contains("10.255.0.1".parse().unwrap()));
    assert!(network("10.0.0.0/8").contains("::ffff:10.1.1.1".parse().unwrap()));
    assert!(!network("10.0.0.0/8").contains("11.0.0.0".parse().unwrap()));
    assert!(!network("0.0.0.0/0").contains("2001:db8::1".parse().unwrap()));
    assert!(network("0.0.0.0/0").contains("1.2.3.4".parse().unwrap()));
    assert!(network("::/0").contains("2001:db8::1".parse().unwrap()));
    assert_eq!(format!("{}", network("192.0.2.1")), "192.0.2.1/32");
    assert_eq!(Network::parse("10.0.0.1/8"), Err(NotANetwork::HostBits(network("10.0.0.0/8"))));
    for text in ["", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/+8", "x", "10.0.0.0/8/8"] {
        assert_eq!(Network::parse(text), Err(NotANetwork::Malformed), "{text}");
    }
}

#[test]
fn what_a_network_covers() {
    let (wide, narrow) = (network("192.0.0.0/16"), network("192.0.2.0/24"));
    assert!(wide.covers(&narrow) && wide.covers(&wide) && !narrow.covers(&wide));
    assert!(!network("::/0").covers(&wide) && network("0.0.0.0/0").covers(&wide));
    assert_eq!(Network::of("192.0.2.77".parse().unwrap(), 24), narrow);
    assert_eq!(Network::of("192.0.2.77".parse().unwrap(), 99).bits(), 32);
    assert!(wide < narrow && narrow < network("192.0.3.0/24") && narrow < network("::/0"));
}

proptest! {
    #[test]
    fn what_is_written_is_read(address: u128, v4: bool, bits in 0_u8..=128) {
        let text: String = if v4 {
            format!("{}/{}", Ipv4Addr::from(address as u32), bits % 33)
        } else {
            format!("{}/{bits}", Ipv6Addr::from(address))
        };
        let network = match Network::parse(&text) {
            Ok(network) | Err(NotANetwork::HostBits(network)) => network,
            Err(NotANetwork::Malformed) => return Err(TestCaseError::fail("it is well formed")),
        };
        prop_assert_eq!(Network::parse(&format!("{network}")), Ok(network));
    }
}
