//! How the name of a URL is looked up, as the command line says it.

use decide::resolve::{Mode, Settings, Subnet, root_servers};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

const PORT: u16 = 53;

/// How names are looked up.
#[derive(clap::Args)]
pub(super) struct NameArguments {
    /// Who finds the name: a resolver that is asked (recursive), or this program, which walks from the root itself (iterative).
    #[arg(long, value_name = "HOW", value_parser = ["recursive", "iterative"])]
    dns: Option<String>,
    /// A resolver to ask, in the place of those of /etc/resolv.conf. May be repeated.
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = server)]
    dns_server: Vec<SocketAddr>,
    /// The servers of a root of your own, as lines of a zone file: `. NS a.root` and `a.root A 127.0.0.1`; an address may have a port
    /// behind a `#`. Means --dns iterative.
    #[arg(long, value_name = "FILE", conflicts_with = "dns_server")]
    dns_root: Option<PathBuf>,
    /// Where the servers listen that a walk is referred to: 53, or below a root of your own where its first server does.
    #[arg(long, value_name = "PORT")]
    dns_port: Option<u16>,
    /// Tell servers the whole name at every step of a walk, and not only the part they need (RFC 9156).
    #[arg(long)]
    dns_whole_names: bool,
    /// Ask as for a client in this subnet (RFC 7871).
    #[arg(long, value_name = "ADDR/BITS", value_parser = subnet)]
    subnet: Option<Subnet>,
}

impl NameArguments {
    pub(super) fn settings(&self) -> Result<Settings, String> {
        let iterative = self.dns.as_deref() == Some("iterative") || self.dns.is_none() && self.dns_root.is_some();
        let mode = match (iterative, &self.dns_root) {
            (false, Some(_)) => return Err("--dns-root is for --dns iterative".to_string()),
            (true, _) if !self.dns_server.is_empty() => return Err("--dns-server is for --dns recursive".to_string()),
            (false, None) => Mode::Recursive { servers: self.dns_server.clone() },
            (true, None) => Mode::Iterative { roots: Vec::new(), port: self.dns_port.unwrap_or(PORT) },
            (true, Some(path)) => {
                let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
                let roots = root_servers(&text).map_err(|mistake| format!("{}: {mistake}", path.display()))?;
                let port = self.dns_port.or_else(|| roots.first().map(|root| root.address.port())).unwrap_or(PORT);
                Mode::Iterative { roots, port }
            }
        };
        Ok(Settings { mode, subnet: self.subnet, minimise: !self.dns_whole_names, ..Settings::default() })
    }
}

fn server(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse::<IpAddr>().map(|address| SocketAddr::new(address, PORT));
    address.or_else(|_| text.parse()).map_err(|_| "it is an address, such as 192.0.2.1, 192.0.2.1:5353 or [2001:db8::1]:53".to_string())
}

fn subnet(text: &str) -> Result<Subnet, String> {
    let wrong = || "a subnet is written 192.0.2.0/24 or 2001:db8::/56".to_string();
    let (address, bits) = text.split_once('/').ok_or_else(wrong)?;
    let (address, prefix) = (address.parse::<IpAddr>().map_err(|_| wrong())?, bits.parse::<u8>().map_err(|_| wrong())?);
    let most = if address.is_ipv4() { 32 } else { 128 };
    if prefix <= most { Ok(Subnet { address, prefix }) } else { Err(wrong()) }
}
