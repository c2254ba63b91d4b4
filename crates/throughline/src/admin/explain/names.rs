//! What the name server answers to whom, and why: asked of the zones and steerings that serve.

use super::super::parameters::Parameters;
use super::super::{Refusal, bad};
use super::Form;
use decide::config::{Config, RouteSource};
use decide::step::Texts;
use decide::zone::Asked;
use host::Host;
use node::steering::{Leading, rehearse};
use node::{Answer, Server, Snapshot};
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

/// From a configuration alone, with what lies in files.
pub(crate) fn rehearsed(question: &Question, config: Config, form: Form) -> Result<String, String> {
    let explained = async |host: Host| {
        let server = Server::new(&host, config, 1, BTreeMap::new(), Vec::new());
        let leading = rehearse(&host, &server).await;
        let mut text = explain(question, (&server.snapshot(), "configuration"), &host, Some(&leading), form)?;
        if form == Form::Text {
            text.push_str("from the configuration alone: every place counts as healthy; --admin asks a running server\n");
        }
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
) -> Result<Answer, Refusal> {
    parameters.only(&["name", "type", "client", "json"])?;
    let name = parameters.first("name").ok_or_else(|| bad("say which name: name=NAME".to_string()))?;
    let question = Question::of(name, parameters.first("type"), parameters.first("client")).map_err(bad)?;
    let form = Form::of(parameters);
    explain(&question, (snapshot, "server"), host, leading, form).map(|text| form.answer(text)).map_err(bad)
}

fn explain(
    question: &Question,
    (snapshot, source): (&Snapshot, &'static str),
    host: &Host,
    leading: Option<&Arc<Leading>>,
    form: Form,
) -> Result<String, String> {
    let asked = Asked { name: &question.name, kind: question.kind, dnssec_ok: false };
    let explained = snapshot.explain_name(host, &asked, question.client);
    let (reply, steered) = explained.ok_or("no zones are served: there is no [dns] with a zone in the configuration")?;
    let (config, mut texts) = (&snapshot.config, Texts::default());
    let choices = snapshot.choices_told(&question.name, (&reply, &steered), &mut texts);
    let steered = steered.into_iter().map(|steered| NameSteered { steering: steered.steering, decision: steered.decision });
    let steered: Vec<NameSteered> = steered.collect();
    let (loads, mut unknown) = leading.map(|leading| (loads(config, leading), missing(config, leading))).unwrap_or_default();
    if steered.is_empty() {
        unknown.clear();
    }
    let (client, subnet) = (question.client, question.subnet);
    let (asked, reply, loads, missing, texts) = (&asked, &reply, &*loads, &*unknown, &texts);
    let explained = NameExplained { asked, client, subnet, reply, steered, loads, missing, choices, texts, source };
    Ok(match form {
        Form::Text => view::explain::name(&explained, config),
        Form::Json => view::explain::name_json(&explained, config),
    })
}

/// The load of each place of the configuration, where it is known.
pub(super) fn loads(config: &Config, leading: &Leading) -> Vec<Option<u64>> {
    let places = leading.places();
    config.pops.iter().map(|pop| places.iter().find(|place| place.name == pop.name)?.load).collect()
}

/// What would be known if all was well.
pub(super) fn missing(config: &Config, leading: &Leading) -> Vec<String> {
    let (collectors, sources) = (leading.collectors().status(), leading.collectors().sources());
    let because = |why: &str| if why.is_empty() { String::new() } else { format!(": {why}") };
    let mut missing = Vec::new();
    for collector in &config.collectors {
        let pop = &config.pops[collector.pop].name;
        if !collectors.iter().any(|status| status.pop == *pop) && !matches!(collector.source, RouteSource::Mrt { .. }) {
            missing.push(format!("the table of {pop}, which its router tells: only a running server has it"));
        }
    }
    for status in &collectors {
        let mut known = sources.iter().filter(|source| source.pop == status.pop).peekable();
        if known.peek().is_none() {
            missing.push(format!("the table of {} ({}): {}{}", status.pop, status.name, status.state, because(&status.why)));
        }
        let not_live = known.filter(|source| source.state != "live");
        missing.extend(
            not_live.map(|source| format!("the table of {} ({}): {}{}", source.pop, source.name, source.state, because(&source.why))),
        );
    }
    let geography = leading.geography().filter(|file| file.state != "read");
    missing.extend(geography.map(|file| format!("where addresses are ({}): {}{}", file.file, file.state, because(&file.why))));
    missing.dedup();
    missing
}
