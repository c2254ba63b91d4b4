use super::*;
use decide::collect::MrtFile;
use decide::config::RouteSource;
use decide::steer::{self, Rib, SourceId, State, Tables};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// A directory that is not there yet.
fn place() -> PathBuf {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("throughline-places-{}-{number}", std::process::id()))
}

fn free() -> (Address, SocketAddr) {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    (Address::Ip(free), free)
}

fn configured(places: &Places) -> Config {
    let https = Address::parse("127.0.0.1:8443").expect("an address");
    let mut config = crate::demo::config(places.http.clone(), https, crate::demo::certificate(None).0, Vec::new(), &mut Vec::new());
    places.add_to(&mut config);
    config
}

/// As its file says.
fn table(path: &str) -> steer::RouterTable {
    let mut file = MrtFile::new(None, 100);
    file.push(&std::fs::read(path).expect("it was written")).expect("a file of routing tables");
    let tables = file.finish();
    assert_eq!((tables.fault, tables.counts.damaged, tables.counts.malformed_records), (None, 0, 0));
    tables.best()
}

#[test]
fn each_network_of_clients_is_led_to_its_place_and_all_others_to_the_first() {
    let directory = place();
    let (http, dns) = free();
    let places = Places::new(&http, dns, Some(&directory)).expect("Linux has all of 127/8");
    let config = configured(&places);
    let mut rib = Rib::new();
    for (source, collector) in (0..).map(SourceId).zip(&config.collectors) {
        let RouteSource::Mrt { path, .. } = &collector.source else { panic!("{collector:?}") };
        rib.assign(source, u16::try_from(collector.pop).expect("few"));
        rib = rib.replace(source, &table(path));
    }
    let tables = Tables { rib: Arc::new(rib), ..Tables::default() };
    let of = Arc::new(steer::Places::of(&config.steerings[0], &config.pops));
    let led = steer::Steering::new(1, of, tables, State::default());
    let to = |client: &str| {
        let answer = led.answer(client.parse().expect("an address"));
        (config.pops[usize::from(answer.pop)].name.clone(), answer.scope)
    };
    for place in &PLACES {
        let first = place.clients.split('/').next().expect("a network");
        assert_eq!(to(first), (place.name.to_string(), if place.name == "oslo" { 6 } else { 24 }), "{first}");
        let pop = config.pops.iter().find(|pop| pop.name == place.name).expect("it is there");
        assert_eq!(pop.addresses, [IpAddr::V4(place.address)]);
        assert_eq!(pop.url, Some(format!("http://{}", places.edge(place))));
        assert_eq!(config.pools[pop.pool.expect("its health is measured")].name, place.name);
    }
    assert!(["127.0.0.1", "8.8.8.8", "2001:db8::1"].map(to).iter().all(|(name, _)| name == "oslo"));
    std::fs::remove_dir_all(directory).expect("it is ours");
}

#[test]
fn ports_are_chosen_together_and_held() {
    let directory = place();
    let (http, dns) = free();
    let places = Places::new(&http, dns, Some(&directory)).expect("Linux has all of 127/8");
    let config = configured(&places);
    let serving = |site: &str| {
        let number = config.sites.iter().position(|other| other.name == site).expect("a site");
        let listeners = config.listeners.iter().filter(|listener| listener.sites.contains(&number));
        listeners.map(|listener| listener.at.clone()).collect::<Vec<_>>()
    };
    let Address::Ip(http) = places.http else { panic!("{}", places.http) };
    for place in &PLACES {
        assert_eq!(serving(place.name), [Address::Ip(SocketAddr::new(place.address.into(), http.port()))]);
    }
    assert_eq!(serving("go"), [Address::Ip(http), config.listeners[1].at.clone()]);
    let names = config.dns.as_ref().expect("a name server");
    assert!(names.listeners.iter().all(|at| at.port() == names.listeners[0].port() && at.port() != 0));
    for at in [places.edge(&PLACES[2]), names.listeners[1]] {
        let error = os::bind(&Endpoint::Ip(at)).expect_err("it is held");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
    // Ports that the user has named are nobody's to hold.
    let named = (Address::parse("127.0.0.1:1").expect("an address"), "127.0.0.1:2".parse().expect("an address"));
    let places = Places::new(&named.0, named.1, Some(&directory)).expect("nothing is bound");
    assert!(places.held.is_empty() && places.http == named.0 && places.edge(&PLACES[0]).port() == 1);
    // Who takes a port at every address, or has none, leaves the places another.
    for other in ["0.0.0.0:8080", "unix:/run/demo.sock"] {
        let other = Address::parse(other).expect("an address");
        let places = Places::new(&other, named.1, Some(&directory)).expect("there are free ports");
        assert_eq!((&places.http, places.held.len()), (&other, 3));
    }
    std::fs::remove_dir_all(directory).expect("it is ours");
}

#[test]
fn what_is_written_is_what_an_operator_may_write() {
    let directory = place();
    for dns in ["127.0.0.1:5300", "[::1]:5300"] {
        let http = Address::parse("127.0.0.1:8080").expect("an address");
        let places = Places::new(&http, dns.parse().expect("an address"), Some(&directory)).expect("Linux has all of 127/8");
        let loaded = settings::load_with(&zones::text(&places), "demo.toml", &[]).expect("it is right");
        assert_eq!(loaded.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
        let config = configured(&places);
        let zones = &config.dns.as_ref().expect("a name server").zones;
        let at: Vec<String> = zones.iter().map(|zone| format!("{} {:?}", zone.name, zone.at)).collect();
        assert_eq!(at, [". [127.0.0.53:5300]".to_string(), "test [127.0.0.54:5300]".to_string(), format!("{ZONE} [{dns}]")]);
    }
    std::fs::remove_dir_all(directory).expect("it is ours");
}

#[test]
fn files_are_kept_and_their_absence_is_told() {
    let directory = place();
    let (http, dns) = free();
    assert!(Places::new(&http, dns, None).err().expect("nowhere to keep them").contains("no home directory"));
    std::fs::write(&directory, "in the way").expect("a file for temporary use");
    assert!(Places::new(&http, dns, Some(&directory)).err().expect("no directory").starts_with("cannot write to "));
    std::fs::remove_file(&directory).expect("it is ours");
    let written = |path: &str| std::fs::metadata(path).and_then(|file| file.modified()).expect("it was written");
    let first = Places::new(&http, dns, Some(&directory)).expect("Linux has all of 127/8");
    let before: Vec<_> = first.tables.iter().map(|path| written(path)).collect();
    drop(first);
    let again = Places::new(&http, dns, Some(&directory)).expect("Linux has all of 127/8");
    assert_eq!(again.tables.iter().map(|path| written(path)).collect::<Vec<_>>(), before, "who reads them has nothing to read again");
    let root = root_file(&directory, again.name_servers[1].port()).expect("a path");
    let servers = decide::resolve::root_servers(&std::fs::read_to_string(root).expect("it was written")).expect("it is right");
    assert_eq!(servers.iter().map(|server| server.address).collect::<Vec<_>>(), [again.name_servers[1]]);
    std::fs::remove_dir_all(directory).expect("it is ours");
}
