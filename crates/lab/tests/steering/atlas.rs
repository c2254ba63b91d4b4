//! Files of the MaxMind DB format, written for tests.

use std::net::IpAddr;
use wire::network::Network;

/// A tree in which an address is looked up bit by bit.
struct Tree {
    nodes: Vec<[Slot; 2]>,
}

#[derive(Clone, Copy, PartialEq)]
enum Slot {
    Nothing,
    Node(usize),
    Data(usize),
}

impl Tree {
    /// The node behind these bits of a key; it is made where there is none.
    fn node(&mut self, key: u128, bits: u32) -> usize {
        let mut node = 0;
        for at in 0..bits {
            let side = (key >> (127 - at) & 1) as usize;
            node = match self.nodes[node][side] {
                Slot::Node(next) => next,
                _ => {
                    self.nodes.push([Slot::Nothing; 2]);
                    let next = self.nodes.len() - 1;
                    self.nodes[node][side] = Slot::Node(next);
                    next
                }
            };
        }
        node
    }

    fn put(&mut self, key: u128, bits: u32, slot: Slot) {
        let node = self.node(key, bits - 1);
        self.nodes[node][(key >> (128 - bits) & 1) as usize] = slot;
    }
}

/// A file of a tree for IPv6, in which IPv4 is at `::/96` and once more at `::ffff:0:0/96`. Each network has latitude and longitude, or
/// none.
pub(crate) fn file(networks: &[(&str, Option<(f64, f64)>)]) -> Vec<u8> {
    let (mut tree, mut data) = (Tree { nodes: vec![[Slot::Nothing; 2]] }, Vec::new());
    for (network, location) in networks {
        let network = Network::parse(network).expect("a network");
        let (key, bits) = match network.address() {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 96 + u32::from(network.bits())),
            IpAddr::V6(address) => (address.to_bits(), u32::from(network.bits())),
        };
        tree.put(key, bits, Slot::Data(data.len()));
        match location {
            None => map(&mut data, &[("country", &map_of(&[]))]),
            Some((latitude, longitude)) => {
                let location = map_of(&[("latitude", &double(*latitude)), ("longitude", &double(*longitude))]);
                map(&mut data, &[("location", &location)]);
            }
        }
    }
    let ipv4 = tree.node(0, 96);
    tree.put(0xFFFF << 32, 96, Slot::Node(ipv4));
    let count = tree.nodes.len();
    let mut bytes = Vec::new();
    for slot in tree.nodes.iter().flatten() {
        let value = match slot {
            Slot::Nothing => count,
            Slot::Node(node) => *node,
            Slot::Data(offset) => count + 16 + offset,
        };
        bytes.extend_from_slice(&u32::try_from(value).expect("a small file").to_be_bytes()[1..]);
    }
    bytes.extend_from_slice(&[0; 16]);
    bytes.append(&mut data);
    bytes.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let count = u32::try_from(count).expect("a small file").to_be_bytes();
    let entries: [(&str, &[u8]); 9] = [
        ("binary_format_major_version", &[0xA1, 2]),
        ("binary_format_minor_version", &[0xA0]),
        ("build_epoch", &[0x04, 2, 0x65, 0x53, 0xF1, 0]),
        ("database_type", &text("Test-City")),
        ("description", &map_of(&[])),
        ("ip_version", &[0xA1, 6]),
        ("languages", &[0x00, 4]),
        ("node_count", &[&[0xC4][..], &count].concat()),
        ("record_size", &[0xA1, 24]),
    ];
    map(&mut bytes, &entries);
    bytes
}

fn map(out: &mut Vec<u8>, entries: &[(&str, &[u8])]) {
    out.push(7 << 5 | u8::try_from(entries.len()).expect("few"));
    for (name, value) in entries {
        out.extend(text(name));
        out.extend_from_slice(value);
    }
}

fn map_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    map(&mut out, entries);
    out
}

fn text(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("short");
    assert!(length < 29, "longer ones are written otherwise");
    [&[2 << 5 | length], text.as_bytes()].concat()
}

fn double(value: f64) -> Vec<u8> {
    [&[3 << 5 | 8], &value.to_be_bytes()[..]].concat()
}
