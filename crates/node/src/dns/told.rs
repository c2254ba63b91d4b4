//! Queries told to those who read them.

use super::Asker;
use super::reasons::Reasons;
use super::service::Service;
use decide::step::{Bytes, Step, ZoneStep};
use wire::dns::server::QueryView;
use wire::dns::{Name, ResponseCode};

/// How a query was answered.
pub(super) struct Ending {
    pub(super) code: ResponseCode,
    pub(super) truncated: bool,
    pub(super) scope: u8,
    pub(super) size: usize,
    pub(super) reasons: Reasons,
}

/// Tells of a query.
pub(super) fn tell(service: &Service, query: &QueryView<'_>, asker: &Asker, ending: Ending) {
    let Reasons { mut texts, choices, rule } = ending.reasons;
    let name = Name::from_wire(query.name()).map_or_else(String::new, |name| name.to_string());
    let subnet = query.edns.and_then(|edns| edns.subnet).and_then(|subnet| Some(format!("{}/{}", subnet.address?, subnet.source)));
    let step = ZoneStep::QueryAnswered {
        client: texts.keep(asker.from.to_string().as_bytes()),
        over: asker.transport.word(),
        name: texts.keep(name.as_bytes()),
        kind: texts.keep(query.kind.to_string().as_bytes()),
        code: texts.keep(ending.code.to_string().as_bytes()),
        rule,
        size: Bytes(ending.size as u64),
        truncated: ending.truncated,
        subnet: texts.keep(subnet.unwrap_or_default().as_bytes()),
        scope: u16::from(ending.scope),
        choices,
    };
    let worker = &service.worker;
    worker.server.tell_with(worker.host.calendar(), Step::Zone(step), &texts);
}
