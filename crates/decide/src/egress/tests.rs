use super::*;
use proptest::prelude::*;

fn network(text: &str) -> Network {
    Network::parse(text).expect("a network")
}

#[test]
fn what_only_this_place_reaches_is_private() {
    for private in [
        "0.0.0.0",
        "127.0.0.1",
        "127.255.255.254",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001::1",
        "2001:db8::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "100::1",
        "4000::1",
    ] {
        assert!(why_private(private.parse().unwrap()).is_some(), "{private}");
    }
    for public in
        ["1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "223.255.255.255", "2606:4700::1", "64:ff9b::101:101"]
    {
        assert_eq!(why_private(public.parse().unwrap()), None, "{public}");
    }
}

#[test]
fn an_owner_may_allow_what_is_private() {
    let allowed = [network("10.0.0.0/8"), network("fd00::/8")];
    assert_eq!(may_connect("10.0.0.1".parse().unwrap(), &allowed), Ok(()));
    assert_eq!(may_connect("::ffff:10.0.0.1".parse().unwrap(), &allowed), Ok(()));
    assert_eq!(may_connect("fd00::1".parse().unwrap(), &allowed), Ok(()));
    assert_eq!(may_connect("127.0.0.1".parse().unwrap(), &allowed), Err("it is a loopback address"));
    assert_eq!(may_connect("1.1.1.1".parse().unwrap(), &[]), Ok(()));
}

#[test]
fn hosts_are_listed_by_name_and_below_a_name() {
    let patterns = [HostPattern::Exact("a.example".into()), HostPattern::Wildcard(".b.example".into())];
    for host in ["a.example", "A.EXAMPLE", "a.example.", "x.b.example", "x.y.B.example"] {
        assert!(is_listed(host, &patterns), "{host}");
    }
    for host in ["b.example", "xa.example", "a.example.com", ".b.example"] {
        assert!(!is_listed(host, &patterns), "{host}");
    }
}

proptest! {
    /// In whatever disguise of IPv6 a private IPv4 address comes, it is one.
    #[test]
    fn no_disguise_helps(address: u32) {
        let plain = Ipv4Addr::from(address);
        let hidden = [address.into(), 0xffff_0000_0000_u128 | u128::from(address), 0x64_ff9b_u128 << 96 | u128::from(address)];
        if why_private(plain.into()).is_some() {
            for hidden in hidden {
                prop_assert!(why_private(Ipv6Addr::from(hidden).into()).is_some());
            }
            prop_assert!(why_private(Ipv6Addr::from(0x2002_u128 << 112 | u128::from(address) << 80).into()).is_some());
        }
    }
}
