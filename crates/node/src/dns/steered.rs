//! The border to steering: which place is nearest to a client is decided elsewhere.

use decide::config::Config;
use std::net::IpAddr;
use std::sync::Arc;

/// Leads clients to places. It answers on the way of a query: it must not wait.
pub(crate) trait Leads: Send + Sync {
    /// Where a client is led by a steering (index into the configuration's): the place (index into the configuration's), and for how many
    /// bits of the client's address the same holds.
    fn lead(&self, steering: usize, client: IpAddr) -> (u16, u8);

    /// The same with its reasons, a line each.
    fn why(&self, steering: usize, client: IpAddr) -> Vec<String>;
}

/// Everybody is led to the first place of each steering, which is the default's.
struct FirstPlaces(Vec<u16>);

/// What leads where nothing is known of any client.
pub(crate) fn first_places(config: &Config) -> Arc<dyn Leads> {
    let first = |steering: &decide::config::Steering| steering.pops.first().and_then(|pop| u16::try_from(*pop).ok()).unwrap_or(0);
    Arc::new(FirstPlaces(config.steerings.iter().map(first).collect()))
}

impl Leads for FirstPlaces {
    fn lead(&self, steering: usize, _: IpAddr) -> (u16, u8) {
        (self.0[steering], 0)
    }

    fn why(&self, _: usize, _: IpAddr) -> Vec<String> {
        vec!["layer default: the first place, for nothing is known of any client".to_string()]
    }
}
