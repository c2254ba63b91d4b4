//! Files of routing tables.

use crate::rig::{Rig, WIDE, update};
use decide::config::{Collector, RouteSource};
use decide::time::Duration;
use flate2::write::GzEncoder;
use lab::World;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use wire::mrt::{self, Exchange};

const PATH: &str = "/var/routes/fra.mrt";

fn file(peer: Option<IpAddr>) -> Collector {
    let source = RouteSource::Mrt { path: PATH.to_string(), peer };
    Collector { pop: 0, source, keep: Duration::from_secs(300), most_prefixes: 1_000_000 }
}

/// A file in which a router told these networks.
fn dump(networks: &[&str]) -> Vec<u8> {
    let message = update(&[], networks);
    let told = Exchange {
        system: 65_001,
        local_system: 65_000,
        peer: Ipv4Addr::new(10, 0, 0, 9).into(),
        local: Ipv4Addr::new(10, 0, 0, 2).into(),
        message: &message,
        agreed: WIDE,
        sent: false,
    };
    let mut bytes = Vec::new();
    mrt::write_message(1_700_000_000, None, &told, &mut bytes);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

#[test]
fn a_file_is_read_at_the_start_and_when_it_has_changed_and_come_to_rest() {
    World::twice(1, |world| {
        let rig = Rig::new(world, &[]);
        rig.edge.put_file(PATH, &dump(&["10.1.0.0/16"]));
        rig.collectors.configure(&[crate::rig::pop("fra")], &[file(None)]);
        rig.until(1);
        assert_eq!((rig.networks(), rig.state()), (vec!["10.1.0.0/16".to_string()], "read"));
        // Compressed, it is the same to us. It is seen at 5 s, and read when it has not changed by 10 s.
        rig.until(4);
        rig.edge.put_file(PATH, &gzip(&dump(&["10.2.0.0/16", "10.3.0.0/16"])));
        rig.until(9);
        assert_eq!(rig.networks(), ["10.1.0.0/16"]);
        rig.until(11);
        assert_eq!(rig.networks(), ["10.2.0.0/16", "10.3.0.0/16"]);
        // Nothing changes: nothing is read.
        rig.until(100);
        assert_eq!(rig.tables.borrow().taken, ["0 opened fra mrt /var/routes/fra.mrt", "0 whole 1", "10 whole 2"]);
    });
}

#[test]
fn a_bad_file_leaves_the_last_good_table_and_one_that_is_gone_keeps_it_for_a_while() {
    World::twice(2, |world| {
        let rig = Rig::new(world, &[file(None)]);
        rig.until(1);
        assert_eq!((rig.state(), rig.collectors.status()[0].why.is_empty()), ("absent", false));
        rig.edge.put_file(PATH, &dump(&["10.1.0.0/16"]));
        rig.until(15);
        assert_eq!(rig.networks(), ["10.1.0.0/16"]);
        let good = dump(&["10.2.0.0/16"]);
        let torn = gzip(&good);
        let bad: [(&[u8], &str); 6] = [
            (&good[..good.len() - 3], "the file ends within the record that begins at byte 0"),
            (&torn[..torn.len() - 9], "its compression is torn: the file is damaged, or was still being written"),
            (b"BZh91AY&SY", "compressed with bzip2: decompress it first"),
            (b"<html>not found</html>", "no MRT file"),
            (b"", "it has no networks"),
            (&[0; 64], "the file ends within the record that begins at byte 60"),
        ];
        for (number, (bytes, why)) in (1u64..).zip(bad) {
            rig.edge.put_file(PATH, bytes);
            rig.until(15 + number * 20);
            let status = &rig.collectors.status()[0];
            assert_eq!(
                (status.state, status.why.contains(why), rig.networks()),
                ("refused", true, vec!["10.1.0.0/16".to_string()]),
                "{status:?}"
            );
            assert_eq!(rig.log.steps("routing-file-refused").len() as u64, number);
        }
        rig.edge.put_file(PATH, &good);
        rig.until(160);
        assert_eq!((rig.networks(), rig.state()), (vec!["10.2.0.0/16".to_string()], "read"));
        rig.edge.remove_file(PATH);
        rig.until(400);
        assert_eq!((rig.networks(), rig.state(), rig.collectors.sources()[0].state), (vec!["10.2.0.0/16".to_string()], "absent", "kept"));
        rig.until(480);
        assert_eq!((rig.networks(), rig.collectors.sources()[0].state), (vec![], "lost"));
    });
}

#[test]
fn a_peer_that_is_not_in_the_file_is_a_mistake() {
    World::twice(3, |world| {
        let rig = Rig::new(world, &[]);
        rig.edge.put_file(PATH, &dump(&["10.1.0.0/16"]));
        rig.collectors.configure(&[crate::rig::pop("fra")], &[file(Some(Ipv4Addr::new(10, 0, 0, 8).into()))]);
        rig.until(1);
        assert!(rig.collectors.status()[0].why.starts_with("it has no networks of peer 10.0.0.8"), "{:?}", rig.collectors.status());
        rig.collectors.configure(&[crate::rig::pop("fra")], &[file(Some(Ipv4Addr::new(10, 0, 0, 9).into()))]);
        rig.until(10);
        assert_eq!(rig.networks(), ["10.1.0.0/16"]);
    });
}
