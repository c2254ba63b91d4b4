//! What the name server answers to whom, and why: asked of the zones and steerings that serve.

use super::super::parameters::Parameters;
use super::super::{Refusal, bad};
use decide::config::{Config, RouteSource};
use decide::zone::Asked;
use host::Host;
use node::collector::CollectorStatus;
use node::steering::{Leading, load_of, rehearse};
use node::{Server, Snapshot};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use view::explain::{NameExplained, NameSteered};
use wire::dns::{Name, RecordType};
use wire::network::Network;

/// What is asked about.
pub(crate) struct Question {
    name: Name,
    kind: RecordType,
    client: IpAddr,
    /// The network that was told, if it is not an address.
    subnet: Option<Network>,
}

impl Question {
    /// Out of texts; the error is a sentence.
    pub(crate) fn of(name: &str, kind: Option<&str>, client: Option<&str>) -> Result<Question, String> {
        let parsed = Name::parse(name).ok_or_else(|| format!("{name:?} is no name"))?;
        let (client, subnet) = match client {
            None => (Ipv4Addr::LOCALHOST.into(), None),
            Some(text) => client_of(text)?,
        };
        let kind = match kind {
            Some(text) => RecordType::parse(&text.to_ascii_uppercase()).ok_or_else(|| format!("{text:?} is no type of records"))?,
            None if client.is_ipv4() => RecordType::A,
            None => RecordType::AAAA,
        };
        Ok(Question { name: parsed, kind, client, subnet })
    }
}

fn client_of(text: &str) -> Result<(IpAddr, Option<Network>), String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok((address.to_canonical(), None));
    }
    let network = Network::parse(text)
        .map_err(|_| format!("{text:?} is no address, and no network without bits behind its prefix, such as 192.0.2.0/24"))?;
    Ok((network.address(), Some(network)))
}

/// From a configuration alone, with the tables that lie in files.
pub(crate) fn rehearsed(question: &Question, config: Config) -> Result<String, String> {
    let explained = async |host: Host| {
        let server = Server::new(&host, config, 1, BTreeMap::new(), Vec::new());
        let unread = rehearse(&host, &server).await;
        let snapshot = server.snapshot();
        let mut text = explain(question, &snapshot, &host, &not_rehearsed(&snapshot.config, &unread))?;
        text.push_str("from the configuration alone: every place counts as healthy; --admin asks a running server\n");
        Ok(text)
    };
    host::os::run(explained).map_err(|error| format!("cannot start the event loop: {error}"))?
}

/// `GET /explain/dns`.
pub(in crate::admin) fn live(
    snapshot: &Snapshot,
    leading: Option<&Arc<Leading>>,
    host: &Host,
    parameters: &Parameters,
) -> Result<String, Refusal> {
    parameters.only(&["name", "type", "client"])?;
    let name = parameters.first("name").ok_or_else(|| bad("say which name: name=NAME".to_string()))?;
    let question = Question::of(name, parameters.first("type"), parameters.first("client")).map_err(bad)?;
    explain(&question, snapshot, host, &leading.map(|leading| not_live(leading)).unwrap_or_default()).map_err(bad)
}

fn explain(question: &Question, snapshot: &Snapshot, host: &Host, missing: &[String]) -> Result<String, String> {
    let asked = Asked { name: &question.name, kind: question.kind, dnssec_ok: false };
    let explained = snapshot.explain_name(host, &asked, question.client);
    let (reply, steered) = explained.ok_or("no zones are served: there is no [dns] with a zone in the configuration")?;
    let (config, now) = (&snapshot.config, host.now());
    let loads: Vec<Option<u64>> = config.pops.iter().map(|pop| load_of(snapshot, pop, now)).collect();
    let missing = if steered.is_empty() { &[] } else { missing };
    let steered = steered
        .into_iter()
        .map(|steered| NameSteered { steering: steered.steering, decision: steered.decision, loads: loads.clone() })
        .collect();
    let explained = NameExplained { asked: &asked, client: question.client, subnet: question.subnet, reply: &reply, steered, missing };
    Ok(view::explain::name(&explained, config))
}

/// What a rehearsal cannot know.
pub(super) fn not_rehearsed(config: &Config, unread: &[CollectorStatus]) -> Vec<String> {
    let live = config.collectors.iter().filter_map(|collector| {
        let pop = &config.pops[collector.pop].name;
        let way = match &collector.source {
            RouteSource::Mrt { .. } => return None,
            RouteSource::Bmp { at, .. } => format!("by BMP at {at}"),
            RouteSource::Bgp(session) => format!("by BGP from {}", session.router),
        };
        Some(format!("the table of {pop} that comes {way}: only a running server has it"))
    });
    let unread = unread.iter().map(|status| format!("the table of {} ({}): {}: {}", status.pop, status.name, status.state, status.why));
    let measured = config.steerings.iter().filter(|steering| steering.measure.is_some());
    let measured = measured.map(|steering| format!("what clients have measured for {}: only a running server knows", steering.name));
    live.chain(unread).chain(measured).collect()
}

/// What a running server lacks at the moment.
pub(super) fn not_live(leading: &Leading) -> Vec<String> {
    let (sources, collectors) = (leading.collectors().sources(), leading.collectors().status());
    let told = |collector: &&CollectorStatus| !sources.iter().any(|source| source.pop == collector.pop);
    let without = collectors.iter().filter(told);
    let without = without.map(|status| format!("the table of {} ({}): {}: {}", status.pop, status.name, status.state, status.why));
    let other = sources.iter().filter(|source| source.state != "live");
    let other = other.map(|source| format!("the table of {} ({}) is {}: {}", source.pop, source.name, source.state, source.why));
    without.chain(other).map(|line| line.trim_end_matches([':', ' ']).to_string()).collect()
}
