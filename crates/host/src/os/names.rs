//! Names, by the system's resolver.

use crate::Names;
use decide::time::Duration;
use std::io;

/// The system's resolver does not tell how long its answer holds; it is asked again after this.
const TTL: Duration = Duration::from_secs(30);

pub(super) async fn resolve(name: String) -> io::Result<Names> {
    let mut addresses: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.map(|address| address.ip()).collect();
    addresses.dedup();
    if addresses.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
    }
    Ok(Names { addresses, ttl: TTL })
}
