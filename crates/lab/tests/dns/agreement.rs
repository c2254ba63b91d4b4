//! The name server, the redirect and `explain` lead one client to one place: whoever asks, with tables, without a place, and with one that
//! sheds.

use crate::support::{Rig, at, dns, limits, query, with_option, zone};
use decide::config::{Action, Config, DynamicSet, Layer, Pop, Source, Steering};
use decide::random::{Random, SplitMix};
use decide::steer::{self, Origin, Places, Rib, Route, SourceId, State, Tables};
use decide::time::Duration;
use decide::zone::Asked;
use lab::peer::{Act, connect};
use lab::{VirtualHost, World};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use wire::dns::{Data, Message, Name, RecordType};
use wire::network::Network;

const PLACES: u16 = 4;
const ZONE: &str = "
    example. SOA ns.example. host.example. 7 3600 600 86400 60
    example. NS ns.example.
    ns.example. A 192.0.2.53
";

/// A server that leads by names and by HTTP.
fn leading() -> Config {
    let mut config = dns(limits());
    let mut zone = zone("example", ZONE);
    let owner = Name::parse("cdn.example").expect("a name");
    zone.sets = vec![DynamicSet { owner, ttl: 5, source: Source::Steering(0) }];
    config.dns.as_mut().expect("there is one").zones.push(zone);
    let pop = |number: u16| Pop {
        name: format!("pop{number}"),
        addresses: vec![place(number)],
        pool: None,
        capacity: 100,
        location: None,
        url: Some(format!("http://pop{number}.example")),
    };
    config.pops = (0..PLACES).map(pop).collect();
    config.steerings = vec![Steering {
        name: "cdn".to_string(),
        pops: vec![2, 0, 1, 3],
        layers: vec![Layer::Measured, Layer::Topology, Layer::Default],
        hold: Duration::ZERO,
        moves_per_minute: 100,
        measured_gain: 10,
        measure: None,
    }];
    config.sites[0].routes[0].action = Action::Steer { steering: 0, status: 302 };
    config
}

fn place(number: u16) -> IpAddr {
    Ipv4Addr::from([192, 0, 2, number.to_be_bytes()[1] + 1]).into()
}

/// Of each place's router, a table of its own.
fn tables(random: &mut SplitMix) -> Tables {
    let mut rib = Rib::new();
    for pop in 0..PLACES {
        rib.assign(SourceId(pop), pop);
        let mut table = Vec::new();
        for _ in 0..120 {
            let address = address(random);
            let bits = 9 + u8::try_from(random.below(16)).expect("small");
            let path_len = 1 + u16::try_from(random.below(3)).expect("small");
            let route = Route { local_pref: 100, path_len, origin: Origin::Igp, med: 0, origin_as: 64_500 };
            table.push((Network::of(address, bits), route));
        }
        rib = rib.replace(SourceId(pop), &table.into_iter().collect());
    }
    Tables { rib: Arc::new(rib), ..Tables::default() }
}

fn address(random: &mut SplitMix) -> IpAddr {
    let bits = u32::try_from(random.below(1 << 22)).expect("22 bits");
    Ipv4Addr::from_bits(0xc600_0000 | bits << 2).into()
}

/// The place that the name server gives by the client's own address, and the one by his network.
async fn by_name(rig: &Rig<'_>, client: &VirtualHost) -> [IpAddr; 2] {
    let IpAddr::V4(own) = client.address() else { panic!("the clients have IPv4") };
    let socket = client.datagrams_at((own, 0).into()).expect("a free port");
    socket.send_to(&query("cdn.example", RecordType::A), at()).expect("sent");
    let (bytes, _) = socket.receive().await.expect("an answer");
    let direct = Message::read(&bytes).expect("a message");
    let [a, b, c, d] = own.octets();
    let asked = with_option("cdn.example", 8, &[0, 1, 32, 0, a, b, c, d]);
    let told = rig.ask(&asked).await.expect("an answer");
    [direct, told].map(|message| match message.answer[0].data {
        Data::A(address) => address.into(),
        ref other => panic!("{other:?}"),
    })
}

fn by_http(rig: &Rig<'_>, client: &VirtualHost) -> String {
    let request = "GET /a HTTP/1.1\r\nHost: cdn.example\r\nConnection: close\r\n\r\n";
    let to = host::Endpoint::Ip("10.0.0.2:80".parse().expect("an address"));
    let record = connect(client, &to, vec![Act::send(request), Act::Finish, Act::AwaitEnd]);
    rig.run(record.over());
    record.text()
}

#[test]
fn the_name_the_redirect_and_the_reasons_agree() {
    let world = World::new(21);
    let rig = Rig::new(&world, leading());
    let mut random = SplitMix::new(21);
    let tables = tables(&mut random);
    let clients: Vec<VirtualHost> =
        (0..40).map(|number| world.host(&format!("client{number}"), &address(&mut random).to_string())).collect();
    let well = State::default();
    let shedding = State { shares: vec![40_000, 0, 0, 20_000], ..State::default() };
    let lost = State { healthy: vec![true, false], ..shedding.clone() };
    let mut led = Vec::new();
    for (version, state) in (1..).zip([well, shedding, lost]) {
        let snapshot = rig.server.snapshot();
        let places = Arc::new(Places::of(&snapshot.config.steerings[0], &snapshot.config.pops));
        snapshot.steering(0).publish(Arc::new(steer::Steering::new(version, places, tables.clone(), state)));
        for client in &clients {
            let from = client.address();
            let name = Name::parse("cdn.example").expect("a name");
            let asked = Asked { name: &name, kind: RecordType::A, dnssec_ok: false };
            let (reply, steered) = snapshot.explain_name(&rig.edge.host(), &asked, from).expect("there are zones");
            let [explained] = steered.as_slice() else { panic!("one steering is asked") };
            let pop = explained.decision.answer.pop;
            assert_eq!(explained.decision.chosen().map(|candidate| candidate.pop), Some(pop));
            assert_eq!(reply.scope, Some(explained.decision.answer.scope));
            let given = rig.run(by_name(&rig, client));
            assert_eq!(given, [place(pop); 2], "version {version}, {from}");
            let redirect = by_http(&rig, client);
            assert!(redirect.contains(&format!("Location: http://pop{pop}.example/a\r\n")), "version {version}, {from}: {redirect}");
            led.push((version, pop));
        }
    }
    // Each change has moved somebody, and nobody is led to a lost place.
    assert!((0..PLACES).all(|pop| led.contains(&(1, pop))) && !led.contains(&(3, 1)), "{led:?}");
    assert_ne!(led[..40].iter().map(|led| led.1).collect::<Vec<_>>(), led[40..80].iter().map(|led| led.1).collect::<Vec<_>>());
    rig.close();
}
