//! The counters of [`node::metrics`] and the state of the pools, for Prometheus.

mod led;
mod resolver;

use super::exposition::{Exposition, Family, Kind};
use super::leading;
use crate::journal::State;
use Kind::{Counter, Gauge};
use decide::config::{Action, Listener, Site};
use decide::pool::{BackendStatus, Health};
use decide::step::Side;
use host::Host;
use node::metrics::{
    BackendCounts, CLASSES, CODES, Counts, ENCODED, FED_BY, FED_OUTCOMES, HANDSHAKES, HistogramCounts, LED_BY, NameCounts, PUSHED_BY,
    PoolCounts, REPORTS, SIDES, SiteCounts,
};
use node::steering::Leading;
use node::{Pool, Server};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The whole page.
pub(super) fn text(server: &Server, leading: Option<&Leading>, journal: &State, host: &Host) -> String {
    let counts = server.metrics().counts();
    let mut out = Exposition::default();
    process(server, host, &counts, &mut out);
    listeners(&counts, &mut out);
    handshakes(server, &counts, &mut out);
    certificates(server, &mut out);
    orders(server, &counts, &mut out);
    cache(server, &counts.sites, &mut out);
    encoding(&counts.sites, &mut out);
    nearest(server, &counts.sites, &mut out);
    resolver::families(server, &mut out);
    self::journal(journal, &mut out);
    names(&counts.names, &mut out);
    if server.snapshot().config.dns.as_ref().is_some_and(|dns| !dns.zones.is_empty()) {
        led::transfers(&counts.process, &mut out);
    }
    led::families(&counts.led, &mut out);
    if let Some(leading) = leading {
        leading::families(&leading::status(server, leading, host.calendar()), &mut out);
    }
    sites(&counts.sites, &mut out);
    pools(&counts.pools, server.snapshot().pools(), host, &mut out);
    backends(&counts.backends, &mut out);
    backend_states(server.snapshot().pools(), host, &mut out);
    out.into_text()
}

fn process(server: &Server, host: &Host, counts: &Counts, out: &mut Exposition) {
    let snapshot = server.snapshot();
    let config = &snapshot.config.server;
    let began = host.calendar().0.saturating_sub(host.now().since(server.began()));
    out.family(Gauge, "throughline_build_info", "The version that runs.", |family| {
        family.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    });
    out.single(Gauge, "throughline_start_time_seconds", "When the process began, in seconds since 1970.", began.as_secs());
    out.single(Gauge, "throughline_configuration_generation", "Which configuration holds, from 1 at the start.", snapshot.generation);
    out.single(Gauge, "throughline_draining", "1 once the process takes no new connections.", u8::from(server.is_draining()));
    out.single(Gauge, "throughline_connections_open", "Client connections open now.", server.connections());
    out.single(
        Gauge,
        "throughline_tunnels_open",
        "Connections and streams that have become tunnels, or WebSockets that end here.",
        server.tunnels().open(),
    );
    out.single(Gauge, "throughline_websockets_open", "Tunnels open that carry a WebSocket.", server.tunnels().websockets());
    out.single(Gauge, "throughline_connections_limit", "Client connections there may be at once.", config.max_connections);
    out.single(Counter, "throughline_connections_accepted_total", "Client connections accepted.", server.accepted());
    out.single(Gauge, "throughline_requests_in_flight", "Requests being answered now.", server.requests_in_flight());
    out.family(Counter, "throughline_reloads_total", "Reloads of the configuration by result.", |family| {
        family.sample(&[("result", "ok")], counts.process.reloads);
        family.sample(&[("result", "refused")], counts.process.refused_reloads);
    });
    out.family(Counter, "throughline_cache_pushes_total", "Pushes that the origin made, by kind.", |family| {
        for (by, count) in PUSHED_BY.iter().zip(counts.process.pushed) {
            family.sample(&[("kind", by)], count);
        }
    });
    out.family(Counter, "throughline_cache_fetches_total", "URLs asked for without a client's asking, by reason and outcome.", |family| {
        for (by, outcomes) in FED_BY.iter().zip(counts.process.fed) {
            for (outcome, count) in FED_OUTCOMES.iter().zip(outcomes) {
                family.sample(&[("reason", by), ("outcome", outcome)], count);
            }
        }
    });
    let dropped = counts.process.dropped_log_lines;
    out.single(Counter, "throughline_access_log_dropped_lines_total", "Lines lost because the log's writer did not keep up.", dropped);
}

/// The name server, in each role that it has had.
fn names(counts: &[NameCounts], out: &mut Exposition) {
    let roles: Vec<&NameCounts> = counts.iter().filter(|role| role.udp + role.tcp + role.streams > 0).collect();
    if roles.is_empty() {
        return;
    }
    out.family(Counter, "throughline_dns_queries_total", "Queries to the name server, by role and transport.", |family| {
        for role in &roles {
            family.sample(&[("role", role.role), ("transport", "udp")], role.udp);
            family.sample(&[("role", role.role), ("transport", "tcp")], role.tcp);
        }
    });
    out.family(Counter, "throughline_dns_answers_total", "Answers of the name server, by response code.", |family| {
        for role in &roles {
            for (code, count) in CODES.iter().zip(role.codes) {
                family.sample(&[("role", role.role), ("code", code)], count);
            }
        }
    });
    type Count = fn(&NameCounts) -> u64;
    let families: [(&str, &str, Count); 9] = [
        ("throughline_dns_truncated_total", "Answers that were cut to fit.", |role| role.truncated),
        ("throughline_dns_malformed_total", "Queries that could not be read, or were none.", |role| role.malformed),
        ("throughline_dns_limited_total", "Answers not sent, because their client's network had had too many.", |role| role.limited),
        ("throughline_dns_slipped_total", "Answers over that limit that were sent cut, or as a demand for a cookie.", |role| role.slipped),
        ("throughline_dns_cookies_total", "Queries with a cookie of ours.", |role| role.cookies),
        ("throughline_dns_subnets_total", "Queries with a client's subnet.", |role| role.subnets),
        ("throughline_dns_connections_total", "TCP connections of the name server.", |role| role.streams),
        ("throughline_dns_connections_refused_total", "TCP connections that there was no room for.", |role| role.turned_away),
        ("throughline_dns_unsent_total", "Answers that the system would not send.", |role| role.unsent),
    ];
    for (name, help, count) in families {
        out.family(Counter, name, help, |family| roles.iter().for_each(|role| family.sample(&[("role", role.role)], count(role))));
    }
}

fn listeners(counts: &Counts, out: &mut Exposition) {
    out.family(Counter, "throughline_listener_requests_total", "Requests by the listener they came in at.", |family| {
        counts.listeners.iter().for_each(|listener| family.sample(&[("listener", &listener.address)], listener.requests));
    });
    out.family(Counter, "throughline_listener_accept_pauses_total", "Pauses of accepting for want of descriptors.", |family| {
        counts.listeners.iter().for_each(|listener| family.sample(&[("listener", &listener.address)], listener.pauses));
    });
}

fn handshakes(server: &Server, counts: &Counts, out: &mut Exposition) {
    let snapshot = server.snapshot();
    let secured: BTreeSet<String> =
        snapshot.config.listeners.iter().filter(|listener| listener.tls).map(|listener| listener.at.to_string()).collect();
    if secured.is_empty() {
        return;
    }
    let listeners = || counts.listeners.iter().filter(|listener| secured.contains(&listener.address));
    out.family(Counter, "throughline_tls_handshakes_total", "TLS handshakes by version, and by whether a session was resumed.", |family| {
        for listener in listeners() {
            for ((version, resumed), count) in HANDSHAKES.iter().zip(listener.handshakes) {
                let resumed = if *resumed { "true" } else { "false" };
                family.sample(&[("listener", &listener.address), ("version", version), ("resumed", resumed)], count);
            }
        }
    });
    let help = "TLS handshakes that came to nothing, by whose doing it was.";
    out.family(Counter, "throughline_tls_handshakes_failed_total", help, |family| {
        for listener in listeners() {
            // Behind a listener there is no backend.
            for (side, count) in SIDES.iter().zip(listener.failed_handshakes).filter(|(side, _)| **side != Side::Backend.word()) {
                family.sample(&[("listener", &listener.address), ("side", side)], count);
            }
        }
    });
}

/// Certificates, each with the sites that it is for; one that is for none is shown too.
fn certificates(server: &Server, out: &mut Exposition) {
    let (snapshot, presented) = (server.snapshot(), server.tls().presented());
    if presented.is_empty() {
        return;
    }
    let served = |listener: &Listener| listener.tls.then(|| listener.sites.clone());
    let secured: BTreeSet<usize> = snapshot.config.listeners.iter().filter_map(served).flatten().collect();
    let help = "When a certificate expires, in seconds since 1970; by the sites that it is for.";
    out.family(Gauge, "throughline_certificate_expiry_seconds", help, |family| {
        for certificate in &presented {
            let covers = |site: &&Site| site.hosts.iter().any(|host| certificate.facts.covers(host));
            let sites: Vec<&str> = secured.iter().map(|at| &snapshot.config.sites[*at]).filter(covers).map(|site| &*site.name).collect();
            for site in if sites.is_empty() { vec![""] } else { sites } {
                family.sample(&[("certificate", &certificate.name), ("site", site)], certificate.facts.not_after.0.as_secs());
            }
        }
    });
}

/// Certificates from an authority, and what is kept of them.
fn orders(server: &Server, counts: &Counts, out: &mut Exposition) {
    let snapshot = server.snapshot();
    let asks = |counted: &&SiteCounts| snapshot.config.sites.iter().any(|site| site.acme && site.name == counted.name);
    let sites: Vec<&SiteCounts> = counts.sites.iter().filter(asks).collect();
    if sites.is_empty() {
        return;
    }
    out.family(Counter, "throughline_certificate_orders_total", "Orders of a site's certificate from the authority by result.", |family| {
        for site in sites {
            family.sample(&[("site", &site.name), ("result", "issued")], site.certificates_issued);
            family.sample(&[("site", &site.name), ("result", "failed")], site.certificates_failed);
        }
    });
    let help = "Times that what is kept of certificates and accounts could not be read, written or used.";
    out.single(Counter, "throughline_certificate_store_failures_total", help, counts.process.store_failures);
}

fn cache(server: &Server, sites: &[SiteCounts], out: &mut Exposition) {
    let store = server.store();
    out.single(Gauge, "throughline_cache_objects", "Answers stored, variants of one not counted.", store.objects());
    out.single(Gauge, "throughline_cache_bytes", "Bytes of memory that stored answers take, all told.", store.bytes());
    out.single(Gauge, "throughline_cache_filling_bytes", "Bytes of content that comes in to be stored.", store.filling());
    out.single(Gauge, "throughline_cache_limit_bytes", "The most that stored answers may take.", store.memory());
    type Of = fn(&SiteCounts) -> u64;
    let families: [(&str, &str, Of); 4] = [
        ("throughline_cache_hits_total", "Requests answered by what was stored.", |site| site.cache_hits),
        ("throughline_cache_misses_total", "Requests for which the origin had to be asked.", |site| site.cache_misses),
        ("throughline_cache_collapsed_total", "Misses that the answer to another request served.", |site| site.collapsed),
        ("throughline_cache_stored_total", "Answers stored.", |site| site.cache_stored),
    ];
    for (name, help, of) in families {
        out.family(Counter, name, help, |family| sites.iter().for_each(|site| family.sample(&[("site", &site.name)], of(site))));
    }
}

fn encoding(sites: &[SiteCounts], out: &mut Exposition) {
    let help = "Answers in a coding made here: made for the request, shared with one for which it was being made, or stored.";
    out.family(Counter, "throughline_encoded_total", help, |family| {
        for site in sites {
            for (how, count) in ENCODED.iter().zip(site.encoded) {
                family.sample(&[("site", &site.name), ("how", how)], count);
            }
        }
    });
    type Of = fn(&SiteCounts) -> u64;
    let families: [(&str, &str, Of); 3] = [
        ("throughline_encoded_before_bytes_total", "Bytes of their content before.", |site| site.encoded_from),
        ("throughline_encoded_after_bytes_total", "Bytes of it after.", |site| site.encoded_to),
        ("throughline_early_hints_total", "Requests that were sent early hints (103).", |site| site.hinted),
    ];
    for (name, help, of) in families {
        out.family(Counter, name, help, |family| sites.iter().for_each(|site| family.sample(&[("site", &site.name)], of(site))));
    }
    out.family(Counter, "throughline_encode_seconds_total", "Time of the workers that coding took.", |family| {
        sites.iter().for_each(|site| family.sample(&[("site", &site.name)], site.encode_time.as_secs_f64()));
    });
}

/// Clients that are led to places, and what they measure: of sites that do.
fn nearest(server: &Server, counts: &[SiteCounts], out: &mut Exposition) {
    let snapshot = server.snapshot();
    let having = |has: fn(&Action) -> bool| -> Vec<&SiteCounts> {
        let sites = snapshot.config.sites.iter().filter(|site| site.routes.iter().any(|route| has(&route.action)));
        let names: BTreeSet<&str> = sites.map(|site| site.name.as_str()).collect();
        counts.iter().filter(|site| names.contains(site.name.as_str())).collect()
    };
    let leading = having(|action| matches!(action, Action::Steer { .. }));
    let measuring = having(|action| matches!(action, Action::Measure(_)));
    if !leading.is_empty() {
        out.family(Counter, "throughline_redirects_to_pops_total", "Clients sent to a place, by what decided on it.", |family| {
            for (site, (layer, count)) in leading.iter().flat_map(|site| LED_BY.iter().zip(site.led).map(move |led| (site, led))) {
                family.sample(&[("site", &site.name), ("layer", layer)], count);
            }
        });
    }
    if !measuring.is_empty() {
        out.family(Counter, "throughline_reports_total", "Reports of clients that measured, by what became of them.", |family| {
            for (site, (result, count)) in measuring.iter().flat_map(|site| REPORTS.iter().zip(site.reports).map(move |one| (site, one))) {
                family.sample(&[("site", &site.name), ("result", result)], count);
            }
        });
    }
}

/// What owners asked for, by its numbers.
fn journal(journal: &State, out: &mut Exposition) {
    out.single(Gauge, "throughline_journal_accepted", "The last number given to a purge or push.", journal.accepted);
    out.single(Gauge, "throughline_journal_applied", "The last number that was carried out.", journal.applied);
    out.single(Counter, "throughline_journal_refused_total", "Purges and pushes refused because of the journal.", journal.refused);
    if journal.directory.is_some() {
        out.single(Gauge, "throughline_journal_durable", "The last number that is on disk.", journal.durable);
        out.single(Gauge, "throughline_journal_bytes", "Bytes of the journal on disk.", journal.bytes);
        out.single(Gauge, "throughline_journal_limit_bytes", "The most it may take.", journal.size);
        out.single(Gauge, "throughline_journal_failing", "1 while it cannot be written.", u8::from(journal.failing));
    }
}

fn sites(sites: &[SiteCounts], out: &mut Exposition) {
    let number = |of: fn(&SiteCounts) -> u64| {
        move |family: &mut Family<'_>| sites.iter().for_each(|site| family.sample(&[("site", &site.name)], of(site)))
    };
    let by_side = |of: fn(&SiteCounts) -> [u64; SIDES.len()]| {
        move |family: &mut Family<'_>| {
            for (site, side, count) in
                sites.iter().flat_map(|site| SIDES.iter().zip(of(site)).map(move |(side, count)| (site, side, count)))
            {
                family.sample(&[("site", &site.name), ("side", side)], count);
            }
        }
    };
    out.family(Counter, "throughline_requests_total", "Requests by the class of the status sent; no site: none served them.", |family| {
        for site in sites {
            classes(&[("site", &site.name)], &site.requests, family);
        }
    });
    let help = "Requests refused for a rule, by whose fault it was.";
    out.family(Counter, "throughline_requests_refused_total", help, by_side(|site| site.refused));
    let help = "Requests that ended before their answer was whole, by whose doing it was.";
    out.family(Counter, "throughline_requests_broken_off_total", help, by_side(|site| site.broken_off));
    let help = "Bytes of request bodies, and of tunnels, received from clients.";
    out.family(Counter, "throughline_received_bytes_total", help, number(|site| site.received));
    let help = "Bytes of answer bodies, and of tunnels, sent to clients.";
    out.family(Counter, "throughline_sent_bytes_total", help, number(|site| site.sent));
    out.family(
        Counter,
        "throughline_tunnels_total",
        "Requests that became tunnels, or WebSockets that end here.",
        number(|site| site.tunnels),
    );
    let help = "From the first byte of a request to the last of its answer, without tunnels.";
    out.histograms("throughline_request_duration_seconds", help, |family| {
        sites.iter().for_each(|site| family.histogram(&[("site", &site.name)], &site.duration));
    });
}

fn classes(labels: &[(&str, &str)], counts: &[u64; CLASSES.len()], family: &mut Family<'_>) {
    for (class, count) in CLASSES.iter().zip(counts) {
        let labels: Vec<_> = labels.iter().copied().chain([("status_class", *class)]).collect();
        family.sample(&labels, count);
    }
}

fn pools(counts: &[PoolCounts], pools: &[Arc<Pool>], host: &Host, out: &mut Exposition) {
    let help = "Second and later tries of a request.";
    out.family(Counter, "throughline_pool_retries_total", help, |family| {
        counts.iter().for_each(|pool| family.sample(&[("pool", &pool.name)], pool.retries));
    });
    let help = "Requests answered 503 because no backend could have them.";
    out.family(Counter, "throughline_pool_no_backend_total", help, |family| {
        counts.iter().for_each(|pool| family.sample(&[("pool", &pool.name)], pool.no_backend));
    });
    let help = "What requests waited for a place at a backend, those that got one.";
    out.histograms("throughline_pool_queue_wait_seconds", help, |family| {
        counts.iter().for_each(|pool| family.histogram(&[("pool", &pool.name)], &pool.queue_wait));
    });
    out.family(Gauge, "throughline_pool_queued", "Requests waiting for a place at a backend now.", |family| {
        pools.iter().for_each(|pool| family.sample(&[("pool", &pool.config().name)], pool.queued()));
    });
    let help = "1 while so few backends are healthy that health is ignored.";
    out.family(Gauge, "throughline_pool_panic", help, |family| {
        pools.iter().for_each(|pool| family.sample(&[("pool", &pool.config().name)], u8::from(pool.panics(host.now()))));
    });
}

fn backends(backends: &[BackendCounts], out: &mut Exposition) {
    let number = |of: fn(&BackendCounts) -> u64| {
        move |family: &mut Family<'_>| backends.iter().for_each(|backend| family.sample(&name(backend), of(backend)))
    };
    let histogram = |of: fn(&BackendCounts) -> &HistogramCounts| {
        move |family: &mut Family<'_>| backends.iter().for_each(|backend| family.histogram(&name(backend), of(backend)))
    };
    let pairs = |word: &'static str, of: fn(&BackendCounts) -> [(&'static str, u64); 2]| {
        move |family: &mut Family<'_>| {
            for (backend, (value, count)) in backends.iter().flat_map(|backend| of(backend).map(|pair| (backend, pair))) {
                let [pool, own] = name(backend);
                family.sample(&[pool, own, (word, value)], count);
            }
        }
    };
    out.family(Counter, "throughline_backend_requests_total", "Requests given to a backend, each try counted.", number(|b| b.requests));
    out.family(Counter, "throughline_backend_answers_total", "Answers of a backend by the class of their status.", |family| {
        backends.iter().for_each(|backend| classes(&name(backend), &backend.answers, family));
    });
    let help = "Failures of a backend by the error types of RFC 9209; those that have occurred.";
    out.family(Counter, "throughline_backend_failures_total", help, |family| {
        for backend in backends {
            let [pool, own] = name(backend);
            for (error, count) in backend.failures.iter().filter(|(_, count)| *count > 0) {
                family.sample(&[pool, own, ("error", error)], count);
            }
        }
    });
    let help = "Connections that requests went over, new ones and kept ones.";
    let used = pairs("connection", |backend| [("new", backend.connect.count()), ("kept", backend.reused)]);
    out.family(Counter, "throughline_backend_connections_used_total", help, used);
    let help = "What it took to open a new connection.";
    out.histograms("throughline_backend_connect_duration_seconds", help, histogram(|backend| &backend.connect));
    let help = "From the request sent to the head of the answer.";
    out.histograms("throughline_backend_response_duration_seconds", help, histogram(|backend| &backend.answer_time));
    let changes = pairs("to", |backend| [("up", backend.went_up), ("down", backend.went_down)]);
    out.family(Counter, "throughline_backend_health_changes_total", "Changes of health by probes.", changes);
    let help = "Ejections for failures in real traffic.";
    out.family(Counter, "throughline_backend_ejections_total", help, number(|backend| backend.ejections));
    let help = "Failures to resolve a backend's name.";
    out.family(Counter, "throughline_backend_resolve_failures_total", help, number(|backend| backend.resolve_failures));
}

fn name(backend: &BackendCounts) -> [(&'static str, &str); 2] {
    [("pool", &backend.pool), ("backend", &backend.name)]
}

fn backend_states(pools: &[Arc<Pool>], host: &Host, out: &mut Exposition) {
    type State = fn(&Pool, usize, &BackendStatus) -> u64;
    let now = host.now();
    let families: [(&str, &str, State); 5] = [
        ("throughline_backend_in_flight", "Requests in flight at a backend now.", |_, _, backend| u64::from(backend.in_flight)),
        ("throughline_backend_kept_connections", "Idle connections kept to a backend.", |pool, at, _| pool.kept_connections(at) as u64),
        ("throughline_backend_weight", "A backend's weight, without slow start.", |_, _, backend| u64::from(backend.weight)),
        ("throughline_backend_up", "0 while the probes say that a backend is down.", |_, _, backend| {
            u64::from(backend.health != Health::Down)
        }),
        (
            "throughline_backend_available",
            "1 while a backend may get requests: ready, of some weight, not down, not ejected.",
            |_, _, b| {
                let ready = b.admin == decide::pool::Admin::Ready && b.weight > 0;
                u64::from(ready && b.health != Health::Down && b.ejected_for.is_none())
            },
        ),
    ];
    let states: Vec<(&Pool, Vec<BackendStatus>)> = pools.iter().map(|pool| (&**pool, pool.status(now))).collect();
    for (name, help, value) in families {
        out.family(Gauge, name, help, |family| {
            for (pool, backends) in &states {
                for (at, backend) in backends.iter().enumerate() {
                    family.sample(&[("pool", &pool.config().name), ("backend", &backend.name)], value(pool, at, backend));
                }
            }
        });
    }
}

#[cfg(test)]
mod tests;
