//! Routing tables that are made up, as files: what the bench's rows of steered names serve. Written into a folder: `pop-N.mrt`, the table
//! of each place's router; `nets`, where each network is led, in gdnsd's words; `subnets`, clients' networks and the place of each.
#![expect(clippy::print_stderr, reason = "an example that is run by hand, or by the bench")]

use decide::collect::Generated;
use decide::config::{Layer, Pop, Steering as Rules};
use decide::steer::{Places, Rib, SourceId, State, Steering, Tables};
use decide::time::Duration;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use wire::network::Network;

/// Clients' networks.
const SUBNETS: usize = 100_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<usize> = arguments.iter().skip(1).filter_map(|word| word.parse().ok()).collect();
    let (Some(folder), &[v4, v6, pops]) = (arguments.first(), numbers.as_slice()) else {
        eprintln!("usage: routing_tables FOLDER V4 V6 POPS");
        return ExitCode::from(2);
    };
    let generated = Generated { seed: 1, v4, v6, pops: u16::try_from(pops).unwrap_or(1), systems: 80_000 };
    match write(Path::new(folder), &generated) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{folder}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path, generated: &Generated) -> io::Result<()> {
    let write_all = |pop| -> io::Result<_> {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(folder.join(format!("pop-{}.mrt", pop + 1)))?);
        let mut outcome = Ok(());
        generated.mrt(pop, &mut |record| {
            let written = file.write_all(record);
            if outcome.is_ok() {
                outcome = written;
            }
        });
        outcome?;
        file.flush()?;
        Ok(generated.table(pop))
    };
    let tables = thread::scope(|scope| {
        let writers: Vec<_> = (0..generated.pops).map(|pop| scope.spawn(move || write_all(pop))).collect();
        writers.into_iter().map(|writer| writer.join().expect("no writer panics")).collect::<io::Result<Vec<_>>>()
    })?;
    let steering = steering(tables);
    write_nets(&folder.join("nets"), &steering)?;
    write_subnets(&folder.join("subnets"), &steering, generated)
}

/// What leads clients, with the names of places that the bench's configurations have.
fn steering(tables: Vec<Vec<(Network, decide::steer::Route)>>) -> Steering {
    let pop = |number: usize| {
        let name = format!("p{}", number + 1);
        Pop { name, addresses: Vec::new(), pool: None, capacity: 0, location: None, url: None }
    };
    let pops: Vec<Pop> = (0..tables.len()).map(pop).collect();
    let rules = Rules {
        name: "bench".to_string(),
        pops: (0..pops.len()).collect(),
        layers: vec![Layer::Topology],
        hold: Duration::ZERO,
        moves_per_minute: u32::MAX,
        measured_gain: 0,
        measure: None,
    };
    let mut rib = Rib::new();
    for (pop, table) in (0_u16..).zip(tables) {
        rib = rib.replace(SourceId(pop), &table.into_iter().collect());
        rib.assign(SourceId(pop), pop);
    }
    let tables = Tables { rib: Arc::new(rib), ..Tables::default() };
    Steering::new(1, Arc::new(Places::of(&rules, &pops)), tables, State::default())
}

/// Each network of which some address is in no longer one: the others decide nothing.
fn write_nets(path: &Path, steering: &Steering) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let rib = &steering.tables().rib;
    for (network, _) in rib.networks().filter(|(network, _)| !is_tunnelled(*network)) {
        let own = |address: &IpAddr| rib.lookup(*address).is_some_and(|(found, _)| found == network);
        if let Some(address) = [network.address(), last(network)].iter().find(|address| own(address)) {
            writeln!(file, "{network} => p{}", steering.answer(*address).pop + 1)?;
        }
    }
    file.flush()
}

/// 6to4 and Teredo, where gdnsd wants the IPv4 address within: it refuses networks there.
fn is_tunnelled(network: Network) -> bool {
    match network.address() {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => matches!(address.segments(), [0x2002, ..] | [0x2001, 0, ..]),
    }
}

fn last(network: Network) -> IpAddr {
    match network.address() {
        IpAddr::V4(address) => IpAddr::V4((address.to_bits() | u32::MAX.checked_shr(u32::from(network.bits())).unwrap_or(0)).into()),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() | u128::MAX.checked_shr(u32::from(network.bits())).unwrap_or(0)).into()),
    }
}

/// Networks of clients: /24 of IPv4, spread over the tables.
fn write_subnets(path: &Path, steering: &Steering, generated: &Generated) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let v4: Vec<u32> = generated
        .networks()
        .iter()
        .filter_map(|network| match network.address() {
            IpAddr::V4(address) => Some(address.to_bits() & !0xff),
            IpAddr::V6(_) => None,
        })
        .collect();
    // A step that has no factor in common with the count would visit all of them; near enough is good enough here.
    for number in 0..SUBNETS {
        let address = Ipv4Addr::from(v4[number.wrapping_mul(7_919_521) % v4.len()]);
        writeln!(file, "{address} {}", steering.answer(IpAddr::V4(address)).pop + 1)?;
    }
    file.flush()
}
