//! `_why.NAME`: the reasons of the answer for a name, as texts, for those who may ask.

use super::Asker;
use super::given::Gift;
use decide::config::{Config, Source};
use decide::steer::{Candidate, Decision};
use decide::zone::{Asked, Zones};
use wire::dns::server::{AnswerWriter, QueryView, Section, bit};
use wire::dns::{Name, RecordType};

const LABEL: &[u8] = b"\x04_why";
/// A text of a record has no more (RFC 1035 §3.3.14).
const LONGEST_TEXT: usize = 255;

/// The name whose reasons are asked for, by somebody who may.
pub(super) fn asked_for(query: &QueryView<'_>, asker: &Asker, config: &Config) -> Option<Name> {
    let (_, rest) = query.name().split_at_checked(LABEL.len()).filter(|(label, _)| label.eq_ignore_ascii_case(LABEL))?;
    let dns = config.dns.as_ref().filter(|_| query.kind == RecordType::TXT)?;
    let may = dns.why.iter().any(|network| network.contains(asker.from.ip()));
    if may { Name::from_wire(rest) } else { None }
}

/// Answers with the reasons. It takes the same ways as the answer itself: its sets have their turn by it.
pub(super) fn answer(zones: &Zones, name: &Name, query: &QueryView<'_>, gift: &mut Gift<'_>, answer: &mut AnswerWriter<'_>) {
    let kind = if gift.client.is_ipv4() { RecordType::A } else { RecordType::AAAA };
    let reply = zones.answer(&Asked { name, kind, dnssec_ok: false }, gift);
    let mut lines = vec![format!("{kind} for {}: {}", gift.client, reply.why)];
    for choice in &reply.why.choices {
        if let Source::Steering(steering) = zones.set(choice.set).source {
            let version = gift.snapshot.steering(steering).present();
            lines.extend(decided(&version.decide(gift.client), &gift.snapshot.config, steering));
        }
    }
    answer.set_flags(bit::AUTHORITATIVE);
    if let Some(scope) = reply.scope {
        answer.set_scope(scope);
    }
    for line in &lines {
        let fits = answer.record(Section::Answer, query.name(), RecordType::TXT, 0, |data| {
            for text in line.as_bytes().chunks(LONGEST_TEXT) {
                data.bytes(&[u8::try_from(text.len()).expect("cut to fit")]);
                data.bytes(text);
            }
            true
        });
        if !fits {
            return answer.truncate();
        }
    }
}

/// A decision, a line for the whole and one for each place.
fn decided(decision: &Decision, config: &Config, steering: usize) -> Vec<String> {
    let name = |pop: u16| config.pops.get(usize::from(pop)).map_or("?", |pop| pop.name.as_str());
    let mut whole = format!(
        "steering {}: {} by {}, version {}, scope /{}",
        config.steerings.get(steering).map_or("?", |steering| steering.name.as_str()),
        name(decision.answer.pop),
        decision.layer.word(),
        decision.version,
        decision.answer.scope
    );
    if let Some(prefix) = decision.prefix {
        whole += &format!(", prefix {prefix}");
    }
    decision.passed.iter().for_each(|(layer, why)| whole += &format!(", {} passed: {why}", layer.word()));
    decision.notes.iter().for_each(|note| whole += &format!(", {note}"));
    let candidates = decision.candidates.iter().map(|candidate| seen(candidate, name(candidate.pop)));
    std::iter::once(whole).chain(candidates).collect()
}

fn seen(candidate: &Candidate, name: &str) -> String {
    let chosen = if candidate.chosen { "chosen" } else { "not chosen" };
    let health = if candidate.healthy { "healthy" } else { "unhealthy" };
    let mut line = format!("place {name}: {chosen}: {}, {health}", candidate.why);
    if candidate.share > 0 {
        line += &format!(", sheds {} of 65536{}", candidate.share, if candidate.shed { ", this client too" } else { "" });
    }
    if let Some((_, route)) = &candidate.route {
        line += &format!(", local-pref {}, path length {}, med {}", route.local_pref, route.path_len, route.med);
    }
    if let Some(time) = candidate.time {
        line += &format!(", {} ms", time.as_millis());
    }
    if let Some(metres) = candidate.metres {
        line += &format!(", {} km", metres / 1000);
    }
    line
}
