//! How clients are led, for `ctl status` and for Prometheus.

use super::exposition::Exposition;
use super::exposition::Kind::Gauge;
use decide::time::Calendar;
use node::Server;
use node::steering::Leading;
use view::status::{CollectorStatus, GeographyStatus, LeadingStatus, PlaceStatus, SteeringStatus, TableStatus};

/// The state now; of nothing where the configuration leads nobody.
pub(super) fn status(server: &Server, leading: &Leading, now: Calendar) -> LeadingStatus {
    let snapshot = server.snapshot();
    let seconds = |since: Calendar| now.0.saturating_sub(since.0).as_secs();
    let steering = |index: usize| {
        let live = snapshot.steering(index);
        let present = live.present();
        let (ipv4, ipv6) = present.tables().rib.len();
        SteeringStatus {
            name: live.name().to_string(),
            version: present.version(),
            ipv4: ipv4 as u64,
            ipv6: ipv6 as u64,
            measured: present.tables().measured.len() as u64,
            held: live.deferred().into(),
        }
    };
    let place = |place: node::steering::PlaceStatus| {
        let node::steering::PlaceStatus { name, healthy, load, capacity, shed } = place;
        PlaceStatus { name, healthy, load, capacity, shed }
    };
    let collector = |known: node::collector::CollectorStatus| {
        let (state, seconds) = (known.state.to_string(), seconds(known.since));
        CollectorStatus { name: known.name, place: known.pop, state, seconds, why: known.why }
    };
    let table = |known: node::collector::SourceStatus| TableStatus {
        source: known.name,
        place: known.pop,
        state: known.state.to_string(),
        seconds: seconds(known.since),
        networks: known.networks,
        changed: known.changed.map(seconds),
        why: known.why,
    };
    let geography = |known: node::steering::GeographyStatus| {
        let (state, seconds) = (known.state.to_string(), seconds(known.since));
        GeographyStatus { file: known.file, state, seconds, networks: known.networks, why: known.why }
    };
    LeadingStatus {
        places: leading.places().into_iter().map(place).collect(),
        steerings: (0..snapshot.config.steerings.len()).map(steering).collect(),
        collectors: leading.collectors().status().into_iter().map(collector).collect(),
        tables: leading.collectors().sources().into_iter().map(table).collect(),
        geography: leading.geography().map(geography),
    }
}

/// The families; nothing where there is nothing to say.
pub(super) fn families(status: &LeadingStatus, out: &mut Exposition) {
    if !status.places.is_empty() {
        places(&status.places, out);
    }
    if !status.steerings.is_empty() {
        steerings(&status.steerings, out);
    }
    if !status.collectors.is_empty() {
        let help = "1 while a session is established, a feed is waited for, or a file is read as it is.";
        out.family(Gauge, "throughline_collector_up", help, |family| {
            for known in &status.collectors {
                let up = matches!(known.state.as_str(), "Established" | "listening" | "read");
                family.sample(&[("place", &known.place), ("collector", &known.name)], u8::from(up));
            }
        });
        let help = "How long a collector has been in the state that it is in, in seconds.";
        out.family(Gauge, "throughline_collector_state_age_seconds", help, |family| {
            for known in &status.collectors {
                let labels = [("place", &*known.place), ("collector", &*known.name), ("state", &*known.state)];
                family.sample(&labels, known.seconds);
            }
        });
    }
    if !status.tables.is_empty() {
        tables(&status.tables, out);
    }
    if let Some(geography) = &status.geography {
        let help = "Networks whose location is known.";
        out.single(Gauge, "throughline_geography_networks", help, geography.networks);
        let help = "1 while the file of locations is used as it is, 0 where an earlier one or none is.";
        out.single(Gauge, "throughline_geography_up", help, u8::from(geography.state == "read"));
    }
}

fn tables(tables: &[TableStatus], out: &mut Exposition) {
    let help = "Networks in each routing table, those of routers that are gone and kept for a while among them.";
    out.family(Gauge, "throughline_routing_table_networks", help, |family| {
        tables.iter().for_each(|table| family.sample(&[("place", &table.place), ("source", &table.source)], table.networks));
    });
    out.family(Gauge, "throughline_routing_table_live", "1 while changes of a routing table are told to us.", |family| {
        for table in tables {
            family.sample(&[("place", &table.place), ("source", &table.source)], u8::from(table.state == "live"));
        }
    });
    let help = "How long a routing table has been in the state that it is in, in seconds.";
    out.family(Gauge, "throughline_routing_table_state_age_seconds", help, |family| {
        for table in tables {
            family.sample(&[("place", &*table.place), ("source", &*table.source), ("state", &*table.state)], table.seconds);
        }
    });
    let help = "How long ago a routing table changed last, in seconds; nothing where it has not changed since it came.";
    out.family(Gauge, "throughline_routing_table_change_age_seconds", help, |family| {
        let changed = tables.iter().filter_map(|table| Some((table, table.changed?)));
        changed.for_each(|(table, seconds)| family.sample(&[("place", &table.place), ("source", &table.source)], seconds));
    });
}

fn places(places: &[PlaceStatus], out: &mut Exposition) {
    out.family(Gauge, "throughline_place_healthy", "1 while clients are led to a place.", |family| {
        places.iter().for_each(|place| family.sample(&[("place", &place.name)], u8::from(place.healthy)));
    });
    out.family(Gauge, "throughline_place_load", "What the edges of a place have reported of late, times 100.", |family| {
        let known = places.iter().filter_map(|place| Some((place, place.load?)));
        known.for_each(|(place, load)| family.sample(&[("place", &place.name)], load));
    });
    out.family(Gauge, "throughline_place_capacity", "The load that a place bears, times 100; 0 for no bound.", |family| {
        places.iter().for_each(|place| family.sample(&[("place", &place.name)], place.capacity));
    });
    out.family(Gauge, "throughline_place_shed_ratio", "The share of the networks that a place sheds, 0 to 1.", |family| {
        places.iter().for_each(|place| family.sample(&[("place", &place.name)], f64::from(place.shed) / 1000.0));
    });
}

fn steerings(steerings: &[SteeringStatus], out: &mut Exposition) {
    out.family(Gauge, "throughline_steering_version", "The version of what clients are led by.", |family| {
        steerings.iter().for_each(|steering| family.sample(&[("steering", &steering.name)], steering.version));
    });
    out.family(Gauge, "throughline_steering_networks", "Networks that clients are led by, by where they are from.", |family| {
        for steering in steerings {
            for (from, count) in [("ipv4", steering.ipv4), ("ipv6", steering.ipv6), ("measured", steering.measured)] {
                family.sample(&[("steering", &steering.name), ("from", from)], count);
            }
        }
    });
    out.family(Gauge, "throughline_steering_held", "Networks of which a change is held back for now.", |family| {
        steerings.iter().for_each(|steering| family.sample(&[("steering", &steering.name)], steering.held));
    });
}
