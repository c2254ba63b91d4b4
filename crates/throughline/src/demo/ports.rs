//! Ports: one for several addresses of the demo at once, and held from the moment it is chosen.

use host::Endpoint;
use host::os::Bound;
use std::io;
use std::net::{IpAddr, SocketAddr};

/// A port that the kernel chose for the first address may be taken at the others.
const TRIES: usize = 64;

/// Makes sure of one port at all of these addresses, which `bind` takes for this process.
///
/// Only where the kernel is to choose, by port 0: one that the user has named is nobody's to choose, and whoever listens on it tells what
/// is wrong with it.
pub(super) fn together(
    ips: &[IpAddr],
    port: u16,
    bind: impl Fn(SocketAddr) -> io::Result<Bound>,
    held: &mut Vec<Bound>,
) -> io::Result<u16> {
    if port != 0 {
        return Ok(port);
    }
    let Some((first, rest)) = ips.split_first() else { return Ok(port) };
    let mut tries = 0;
    loop {
        tries += 1;
        let one = bind(SocketAddr::new(*first, 0))?;
        let chosen = port_of(&one);
        match rest.iter().map(|ip| bind(SocketAddr::new(*ip, chosen))).collect::<io::Result<Vec<Bound>>>() {
            Ok(others) => {
                held.push(one);
                held.extend(others);
                return Ok(chosen);
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < TRIES => {}
            Err(error) => return Err(error),
        }
    }
}

fn port_of(bound: &Bound) -> u16 {
    match &bound.endpoint {
        Endpoint::Ip(at) => at.port(),
        Endpoint::Unix(_) => unreachable!("an IP address was asked for"),
    }
}
