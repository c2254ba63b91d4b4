//! What would happen to a request, and why: from a configuration alone, or as a running server knows it. Both ask the functions that
//! serve real requests.

use super::parameters::Parameters;
use super::who::Who;
use super::{Refusal, bad, forbidden};
use decide::address::Address;
use decide::balance::{Record, key};
use decide::config::{self, Action, Config, HashKey};
use decide::pool::Selection;
use decide::random::SplitMix;
use decide::route::{self, Table, Verdict};
use decide::step::RouteRef;
use decide::time::{Calendar, Instant};
use host::Host;
use node::asked::{self, Asked};
use node::{Answer, Server, Snapshot};
use std::fmt::Write;
use std::net::IpAddr;
use view::explain::Balanced;
use wire::http::RequestHead;
use wire::http1::Limits;

/// What is asked about.
#[derive(Debug, Default)]
pub(crate) struct Question<'a> {
    /// Of the request; needed for a route, and for a pool unless it is named.
    pub(crate) url: Option<&'a str>,
    /// Of the request; GET unless said.
    pub(crate) method: Option<&'a str>,
    /// Its fields, as `name: value`.
    pub(crate) fields: Vec<&'a str>,
    /// The listener it comes in at.
    pub(crate) listener: Option<&'a str>,
    /// The pool, without regard to routes.
    pub(crate) pool: Option<&'a str>,
    /// The address it comes from.
    pub(crate) client: Option<IpAddr>,
    /// The status of an answer to it; 200 where only fields are given.
    pub(crate) status: Option<u16>,
    /// The fields of that, as `name: value`.
    pub(crate) response: Vec<&'a str>,
}

/// For whom an explanation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Form {
    pub(crate) fn new(json: bool) -> Form {
        if json { Form::Json } else { Form::Text }
    }

    fn of(parameters: &Parameters) -> Form {
        Form::new(parameters.has("json"))
    }

    fn answer(self, text: String) -> Answer {
        Answer::text(200, if self == Form::Json { super::JSON } else { super::TEXT }, text)
    }
}

/// `explain route`: every rule with its outcome. The error is a sentence.
pub(crate) fn route(question: &Question<'_>, config: &Config, table: &Table, form: Form) -> Result<String, String> {
    question.judged(config, table).map(|(listener, record)| route_shown(listener, &record, config, form))
}

fn route_shown(listener: usize, record: &route::Record, config: &Config, form: Form) -> String {
    let at = &config.listeners[listener].at;
    match form {
        Form::Text => format!("listener {at}\n{}", view::explain::route(record)),
        Form::Json => view::explain::route_json(&at.to_string(), record),
    }
}

/// `explain balance` from the configuration alone: nothing is known of health and load, and chance is a fixed seed.
pub(crate) fn balance(question: &Question<'_>, config: &Config, form: Form) -> Result<String, String> {
    let choice = question.choice(config, &Table::build(config))?;
    let config = &config.pools[choice.pool];
    let mut pool = decide::pool::Pool::new(config, number(choice.pool));
    let mut record = Record::default();
    let selection = pool.select(choice.key(config), &[], Instant::ZERO, &mut SplitMix::new(1), Some(&mut record));
    let balanced = choice.balanced(config, pool.algorithm(), selection, record, "configuration");
    let note = "from the configuration alone: every backend unknown and idle; --admin asks a running server\n";
    Ok(balanced_shown(&balanced, form) + if form == Form::Text { note } else { "" })
}

/// `explain cache` from the configuration alone: where an answer would be stored, and by which rules; of an answer, what becomes of it.
pub(crate) fn cache(question: &Question<'_>, config: &Config, now: Calendar) -> Result<String, String> {
    let asked = question.asked(&config.limits)?.ok_or("say which request: a URL")?;
    let (route, scheme) = question.route_of(&asked, config, &Table::build(config))?;
    if question.is_about_answer() {
        return answer(question, config, &asked, (route, scheme), now);
    }
    let (key, policy) = node::cache_key(config, route, &asked.head, scheme).ok_or_else(|| stores_nothing(config, route))?;
    let note = "from the configuration alone: --admin asks a running server what is stored\n";
    let way = tiers::way(config, route, &asked.head, |pool, key| {
        let mut pool = decide::pool::Pool::new(&config.pools[pool], number(pool));
        pool.select(key, &[], Instant::ZERO, &mut SplitMix::new(1), None)
    });
    let rules = view::explain::cache_rules(&String::from_utf8_lossy(&key), policy);
    Ok(format!("route      {}\n{rules}{way}{note}", name_of(config, route)))
}

/// Whether an answer would be stored, for how long and as what, and every rule on the way.
fn answer(
    question: &Question<'_>,
    config: &Config,
    asked: &Asked,
    (route, scheme): (RouteRef, &str),
    now: Calendar,
) -> Result<String, String> {
    let response = asked::answer_of(question.status.unwrap_or(200), &question.response, &asked.head.method, &wire_limits(&config.limits))?;
    let explained = node::explain_answer(config, route, &asked.head, scheme, &response, now);
    let explained = explained.ok_or_else(|| stores_nothing(config, route))?;
    let (_, policy) = node::cache_key(config, route, &asked.head, scheme).expect("it was just explained");
    let rules = view::explain::cache_rules(&explained.key, policy);
    let answer = view::explain::Answer {
        status: response.status,
        stored: explained.stored,
        rule: explained.rule,
        part: &explained.part,
        life: explained.life,
        selected_by: &explained.selected_by,
        tags: &explained.tags,
        fields: &explained.fields,
        left_out: &explained.left_out,
    };
    let asked = view::explain::asked(&explained.record);
    Ok(format!("route      {}\n{rules}{}{asked}", name_of(config, route), view::explain::answer(&answer)))
}

/// `GET /explain/cache`: what is stored for a request now, and what it is good for; nothing moves by it.
pub(super) fn live_cache(server: &Server, who: &Who, host: &Host, parameters: &Parameters) -> Result<String, Refusal> {
    parameters.only(&["url", "method", "header", "listener", "status", "response"])?;
    let snapshot = server.snapshot();
    let config = &snapshot.config;
    let question = Question::of(parameters)?;
    let asked = question.asked(&config.limits).map_err(bad)?.ok_or_else(|| bad("say which request: a URL".to_string()))?;
    let (route, scheme) = question.route_of(&asked, config, snapshot.routes()).map_err(bad)?;
    if !who.has(usize::from(route.site)) {
        return Err(not_theirs());
    }
    if question.is_about_answer() {
        return answer(&question, config, &asked, (route, scheme), host.calendar()).map_err(bad);
    }
    let explained = server.explain_cache(host, route, &asked.head, scheme);
    let explained = explained.ok_or_else(|| bad(stores_nothing(config, route)))?;
    let (_, policy) = node::cache_key(config, route, &asked.head, scheme).expect("it was just explained");
    let mut out = format!("route      {}\n{}", name_of(config, route), view::explain::cache_rules(&explained.key, policy));
    out.push_str(&tiers::way(config, route, &asked.head, |pool, key| snapshot.pools()[pool].explain(host, key).0));
    out.push_str(&tiers::popularity(config, route, explained.asked_for));
    for stored in &explained.stored {
        let life = match stored.ttl {
            left @ 0.. => format!("fresh for {left} s more by {}", stored.basis),
            over => format!("stale for {} s by {}", -over, stored.basis),
        };
        let _ = write!(out, "stored     {}, {} bytes, {} s old, {life}", stored.status, stored.length, stored.age);
        for (coding, length) in &stored.codings {
            let _ = write!(out, ", as {coding} {length} bytes");
        }
        for (what, more) in [("of the whole", &stored.parts), ("selected by", &stored.selected_by), ("tags", &stored.tags.join(" "))] {
            if !more.is_empty() {
                let _ = write!(out, ", {what} {more}");
            }
        }
        out.push_str(if stored.standing == "current" { "\n" } else { ", purged\n" });
    }
    let verdict = if explained.hit { "the cache answers" } else { "the origin is asked" };
    let _ = writeln!(out, "verdict    {verdict}: {} ({})", explained.verdict, explained.rule);
    if let Some(choice) = explained.encoding {
        let _ = writeln!(out, "encoding   {} ({})", choice.coding.token(), choice.why.word());
    }
    out.push_str(&view::explain::asked(&explained.record));
    Ok(out)
}

fn not_theirs() -> Refusal {
    forbidden("this request is another site's: a site's token explains what is its own".to_string())
}

fn wire_limits(limits: &config::Limits) -> Limits {
    Limits { target_bytes: limits.target_bytes, head_bytes: limits.head_bytes, fields: limits.head_fields }
}

/// The status of an answer; the error is a sentence.
pub(crate) fn status(text: &str) -> Result<u16, String> {
    let status = text.parse().ok().filter(|status| (100..600).contains(status));
    status.ok_or_else(|| format!("{text:?} is no status: three digits, 100 to 599"))
}

fn stores_nothing(config: &Config, route: RouteRef) -> String {
    format!("route {} stores nothing: it has no `cache`", name_of(config, route))
}

fn name_of(config: &Config, route: RouteRef) -> String {
    let site = &config.sites[usize::from(route.site)];
    let route = &site.routes[usize::from(route.route)].name;
    let slash = if route.starts_with('/') { "" } else { "/" };
    format!("{}{slash}{route}", site.name)
}

/// `GET /explain/route`.
pub(super) fn live_route(snapshot: &Snapshot, who: &Who, parameters: &Parameters) -> Result<Answer, Refusal> {
    parameters.only(&["url", "method", "header", "listener", "json"])?;
    let (listener, mut record) = Question::of(parameters)?.judged(&snapshot.config, snapshot.routes()).map_err(bad)?;
    if !who.has_all() {
        if !record.site.is_some_and(|site| who.has(usize::from(site))) {
            return Err(not_theirs());
        }
        // Who else is served here is none of their business.
        record.sites.retain(|site| who.has(usize::from(site.site)));
    }
    let form = Form::of(parameters);
    Ok(form.answer(route_shown(listener, &record, &snapshot.config, form)))
}

/// `GET /explain/balance`: what the pool would choose now; nothing moves by it.
pub(super) fn live_balance(server: &Server, host: &Host, parameters: &Parameters) -> Result<Answer, Refusal> {
    parameters.only(&["url", "method", "header", "listener", "pool", "client", "json"])?;
    let snapshot = server.snapshot();
    let choice = Question::of(parameters)?.choice(&snapshot.config, snapshot.routes()).map_err(bad)?;
    let pool = &snapshot.pools()[choice.pool];
    let (selection, record) = pool.explain(host, choice.key(pool.config()));
    let form = Form::of(parameters);
    Ok(form.answer(balanced_shown(&choice.balanced(pool.config(), pool.algorithm(), selection, record, "server"), form)))
}

impl<'a> Question<'a> {
    fn of(parameters: &'a Parameters) -> Result<Question<'a>, Refusal> {
        let client =
            parameters.first("client").map(|text| text.parse().map_err(|_| bad(format!("{text:?} is no IP address")))).transpose()?;
        Ok(Question {
            url: parameters.first("url"),
            method: parameters.first("method"),
            fields: parameters.all("header").collect(),
            listener: parameters.first("listener"),
            pool: parameters.first("pool"),
            client,
            status: parameters.first("status").map(status).transpose().map_err(bad)?,
            response: parameters.all("response").collect(),
        })
    }

    fn is_about_answer(&self) -> bool {
        self.status.is_some() || !self.response.is_empty()
    }

    fn asked(&self, limits: &config::Limits) -> Result<Option<Asked>, String> {
        self.url.map(|url| asked::of(url, self.method.unwrap_or("GET"), &self.fields, &wire_limits(limits))).transpose()
    }

    /// The listener where the request comes in, and every rule with its outcome.
    fn judged(&self, config: &Config, table: &Table) -> Result<(usize, route::Record), String> {
        let asked = self.asked(&config.limits)?.ok_or("say which request: a URL")?;
        let listener = self.listener_in(config, asked.port)?;
        let mut record = route::Record::default();
        table.decide(number(listener), &asked.head, Some(&mut record));
        Ok((listener, record))
    }

    /// The listener that is named; else the first on the URL's port; else the first.
    fn listener_in(&self, config: &Config, port: u16) -> Result<usize, String> {
        let position = |is: &dyn Fn(&Address) -> bool| config.listeners.iter().position(|listener| is(&listener.at));
        let Some(name) = self.listener else {
            let on_port = position(&|at| matches!(at, Address::Ip(ip) if ip.port() == port));
            return if config.listeners.is_empty() { Err("there is no listener".to_string()) } else { Ok(on_port.unwrap_or(0)) };
        };
        let known = || config.listeners.iter().map(|listener| listener.at.to_string()).collect::<Vec<_>>().join(", ");
        position(&|at| at.to_string() == name).ok_or_else(|| format!("nothing listens on {name}; listeners: {}", known()))
    }

    /// The route that serves the request, and the scheme that it comes by.
    fn route_of(&self, asked: &Asked, config: &Config, table: &Table) -> Result<(RouteRef, &'static str), String> {
        let listener = self.listener_in(config, asked.port)?;
        let verdict = table.decide(number(listener), &asked.head, None);
        let Verdict::Route { route, .. } = verdict else {
            return Err(format!("no route serves this request: {} ({})", verdict.sentence(), verdict.status()));
        };
        Ok((route, if config.listeners[listener].tls { "https" } else { "http" }))
    }

    /// The pool and what is known of the request.
    fn choice(&self, config: &Config, table: &Table) -> Result<Choice, String> {
        let asked = self.asked(&config.limits)?;
        let pool = match (self.pool, &asked) {
            (Some(name), _) => config.pools.iter().position(|pool| pool.name == name).ok_or_else(|| {
                let known: Vec<_> = config.pools.iter().map(|pool| &*pool.name).collect();
                format!("there is no pool {name:?}; pools: {}", known.join(", "))
            })?,
            (None, Some(asked)) => {
                let listener = self.listener_in(config, asked.port)?;
                pool_of(config, &table.decide(number(listener), &asked.head, None))?
            }
            (None, None) => return Err("say which request or which pool: a URL, or --pool NAME".to_string()),
        };
        Ok(Choice { pool, head: asked.map(|asked| asked.head), client: self.client })
    }
}

fn pool_of(config: &Config, verdict: &Verdict) -> Result<usize, String> {
    let Verdict::Route { route: RouteRef { site, route }, .. } = verdict else {
        return Err(format!("no pool gets this request: {} ({})", verdict.sentence(), verdict.status()));
    };
    let site = &config.sites[usize::from(*site)];
    let route = &site.routes[usize::from(*route)];
    match route.action {
        Action::Pool(pool) => Ok(pool),
        _ => Err(format!("no pool gets this request: route {} of site {} answers it itself", route.name, site.name)),
    }
}

/// A pool that is to choose, for a request of which more or less is known.
struct Choice {
    pool: usize,
    head: Option<RequestHead>,
    client: Option<IpAddr>,
}

impl Choice {
    fn key(&self, pool: &config::Pool) -> Option<u64> {
        let wanted = key::wanted(&pool.algorithm)?;
        match &self.head {
            Some(head) => key::of(wanted, head, self.client),
            None => key::of(wanted, &RequestHead::default(), self.client).filter(|_| *wanted == HashKey::Source),
        }
    }

    fn balanced<'p>(
        &self,
        pool: &'p config::Pool,
        algorithm: &'p str,
        selection: Selection,
        mut record: Record,
        source: &'static str,
    ) -> Balanced<'p> {
        let wanted = key::wanted(&pool.algorithm);
        let key = wanted.map(|wanted| (in_words(wanted), self.key(pool).map(|key| format!("{key:016x}"))));
        let panic = matches!(selection, Selection::Backend { why: "panic", .. });
        let chosen = match selection {
            Selection::Backend { index, .. } => Some(index),
            Selection::Full => {
                record.why = "all are at their limit of requests in flight: the request would wait in the queue";
                None
            }
            Selection::None(why) => {
                record.why = why;
                None
            }
        };
        let names = pool.backends.iter().map(|backend| &*backend.name).collect();
        Balanced { pool: &pool.name, algorithm, key, panic, record, names, chosen, source }
    }
}

fn balanced_shown(balanced: &Balanced<'_>, form: Form) -> String {
    match form {
        Form::Text => view::explain::balanced(balanced),
        Form::Json => view::explain::balance_json(balanced),
    }
}

fn in_words(key: &HashKey) -> String {
    match key {
        HashKey::Source => "hash of the client's address".to_string(),
        HashKey::Header(name) => format!("hash of field {name}"),
        HashKey::Cookie(name) => format!("hash of cookie {name}"),
        HashKey::Path => "hash of the path".to_string(),
        HashKey::Query(name) => format!("hash of query parameter {name}"),
    }
}

fn number(index: usize) -> u16 {
    u16::try_from(index).expect("the settings cap the number of listeners and pools")
}

pub(crate) mod names;
pub(crate) mod steer;
mod tiers;

#[cfg(test)]
mod tests;
