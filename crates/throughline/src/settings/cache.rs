//! The cache: its sections made parts of the model.

use super::mistake::Mistakes;
use super::read::Table;
use super::value::size_text;
use decide::cache::{AcceptEncoding, Collapse, KeyRules, Normalise, Parameters, Policy, SetCookie};
use decide::config::{Cache, Feed, Hot};

/// Of the memory, one answer may have one part in so many: the index keeps it in parts, and answers come in beside what is stored.
const LARGEST_SHARE: u64 = 8;

/// `[cache]`.
pub(super) fn cache(table: &Table) -> Cache {
    Cache {
        memory: table.number("memory"),
        feed: Feed {
            rate: table.number("prefetch-rate"),
            simultaneous: table.number("prefetch-simultaneous"),
            jobs: table.number("jobs"),
            urls: table.number("job-urls"),
            content: table.number("push-content"),
        },
        id: table.text_if("id"),
        hot: Hot { requests: table.number("hot-requests"), window: table.duration("hot-window") },
    }
}

/// The longest content that a route may store.
fn largest(table: &Table, cache: &Cache, mistakes: &mut Mistakes<'_>) -> u64 {
    let (largest, most): (u64, u64) = (table.number("max-object"), cache.memory / LARGEST_SHARE);
    if largest > most
        && let Some(given) = table.given("max-object")
    {
        let message = format!("of a cache of {} one answer may have {}", size_text(cache.memory), size_text(most));
        mistakes.error(&given.span, message).help(format!("write max-object = {:?}, or more `memory` under [cache]", size_text(most)));
    }
    largest.min(most)
}

/// `[site.route.cache]`.
pub(super) fn policy(table: &Table, cache: &Cache, mistakes: &mut Mistakes<'_>) -> Policy {
    Policy {
        key: KeyRules { parameters: parameters(table, mistakes), sort: table.bool("sort-query") },
        vary: Normalise {
            accept_encoding: match table.text("accept-encoding").as_str() {
                "exact" => AcceptEncoding::Exact,
                "sorted" => AcceptEncoding::Sorted,
                _ => AcceptEncoding::Reduced,
            },
            accept_language: table.text("accept-language") == "sorted",
            content_language: table.bool("content-language"),
        },
        targeted: texts(table, "targeted"),
        heuristic_percent: table.number("heuristic-percent"),
        heuristic_most: table.duration("heuristic-max"),
        assumed: table.duration("default-ttl"),
        stale_while_revalidate: table.duration("stale-while-revalidate"),
        stale_if_error: table.duration("stale-if-error"),
        stale_beside_s_maxage: table.bool("stale-beside-s-maxage"),
        obey_requests: table.bool("obey-requests"),
        set_cookie: match table.text("set-cookie").as_str() {
            "explicit" => SetCookie::StoreExplicit,
            "strip" => SetCookie::Strip,
            _ => SetCookie::Refuse,
        },
        partial: table.bool("parts"),
        refuse_disguised: table.bool("refuse-disguised"),
        largest: largest(table, cache, mistakes),
        tag_fields: texts(table, "tag-fields"),
        follow_links: table.bool("prefetch-links"),
        encodings: texts(table, "fetch-encodings"),
        collapse: Collapse {
            enabled: table.bool("collapse"),
            longest: table.duration("collapse-wait"),
            most: table.number("collapse-most"),
            uncacheable: table.duration("remember-uncacheable"),
        },
    }
}

fn parameters(table: &Table, mistakes: &mut Mistakes<'_>) -> Parameters {
    match (table.given("query"), table.given("ignore-query")) {
        (Some(_), Some(given)) => {
            mistakes.error(&given.key, "\"ignore-query\" beside \"query\", which names the only ones that count").help("write one of them");
            Parameters::All
        }
        (Some(_), None) => Parameters::Only(texts(table, "query")),
        (None, Some(_)) => Parameters::Except(texts(table, "ignore-query")),
        (None, None) => Parameters::All,
    }
}

fn texts(table: &Table, key: &str) -> Vec<String> {
    table.texts(key).into_iter().map(|text| text.it).collect()
}
