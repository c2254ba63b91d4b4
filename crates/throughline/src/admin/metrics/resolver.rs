//! The counters of the recursive role.

use super::Exposition;
use super::Kind::{Counter, Gauge};
use node::Server;
use node::resolver::ANSWERS;

/// Nothing where there is no such role.
pub(super) fn families(server: &Server, out: &mut Exposition) {
    let snapshot = server.snapshot();
    let Some(resolver) = snapshot.resolver() else { return };
    let counts = resolver.counts();
    out.family(
        Counter,
        "throughline_resolver_answers_total",
        "Answers to clients of the recursive role, by where they are from.",
        |family| {
            for (source, count) in ANSWERS.iter().zip(counts.answers) {
                family.sample(&[("source", source)], count);
            }
        },
    );
    let help = "Answers to clients who shared another client's lookup.";
    out.single(Counter, "throughline_resolver_joined_total", help, counts.joined);
    out.single(Counter, "throughline_resolver_lookups_total", "Lookups that began.", counts.lookups);
    out.single(Counter, "throughline_resolver_lookups_failed_total", "Lookups that came to nothing.", counts.failed);
    out.single(Gauge, "throughline_resolver_lookups", "Lookups under way now.", resolver.under_way());
    out.single(
        Gauge,
        "throughline_resolver_entries",
        "Answers and zones that are known now, out-of-date ones among them.",
        resolver.known(),
    );
}
