use super::*;
use crate::config::Peers;
use wire::http::Fields;

const ALL: Tiers = Tiers { peers: Some(Peers { pool: 1, this: 0 }), shield: Some(2) };
const NAMES: [&str; 2] = ["edge-2", "edge-3"];

fn request(fields: &[(&str, &str)]) -> RequestHead {
    let mut head = RequestHead { authority: b"a.example".to_vec(), target: b"/x?b=1".to_vec(), ..RequestHead::default() };
    let mut all = Fields::new();
    fields.iter().for_each(|(name, value)| all.push(name.as_bytes(), value.as_bytes()));
    head.fields = all;
    head
}

#[test]
fn a_miss_asks_its_owner_then_the_shield_then_the_origin() {
    assert_eq!(first(&request(&[]), true, &ALL, NAMES.into_iter()).0, Tier::Peers);
    assert_eq!(Tier::Peers.next(&ALL), Some(Tier::Shield));
    assert_eq!(Tier::Shield.next(&ALL), Some(Tier::Origin));
    assert_eq!(Tier::Origin.next(&ALL), None);
    let unshielded = Tiers { shield: None, ..ALL };
    assert_eq!(Tier::Peers.next(&unshielded), Some(Tier::Origin));
    assert_eq!(first(&request(&[]), true, &Tiers::default(), NAMES.into_iter()).0, Tier::Origin);
}

#[test]
fn what_came_from_a_peer_goes_to_no_other() {
    let from_peer = request(&[("CDN-Loop", "x, edge-3")]);
    assert_eq!(first(&from_peer, true, &ALL, NAMES.into_iter()), (Tier::Shield, "a peer has asked: it is not passed to another"));
    let from_elsewhere = request(&[("CDN-Loop", "x, edge-9")]);
    assert_eq!(first(&from_elsewhere, true, &ALL, NAMES.into_iter()).0, Tier::Peers);
}

#[test]
fn what_passes_is_no_business_of_peers() {
    assert_eq!(first(&request(&[]), false, &ALL, NAMES.into_iter()).0, Tier::Shield);
    assert_eq!(first(&request(&[("Authorization", "x")]), true, &ALL, NAMES.into_iter()).0, Tier::Shield);
    assert_eq!(first(&request(&[("Upgrade", "websocket")]), false, &ALL, NAMES.into_iter()).0, Tier::Origin);
}

#[test]
fn the_place_on_the_ring_is_that_of_the_object() {
    let rules = KeyRules::default();
    let mut other = request(&[]);
    other.authority = b"A.example:80".to_vec();
    assert_eq!(ring_key(&request(&[]), &rules), ring_key(&other, &rules));
    other.target = b"/x?b=2".to_vec();
    assert_ne!(ring_key(&request(&[]), &rules), ring_key(&other, &rules));
}
