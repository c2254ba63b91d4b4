//! What an answer says its reader will need next, as far as it may be fetched ahead of time.

use super::key::Uri;
use super::reference::within_origin;
use alloc::vec::Vec;
use wire::http::ResponseHead;
use wire::http::link::links;

/// Links of one answer that are followed at the most.
pub const MOST_PRELOADS: usize = 32;

/// The relations that name what will be wanted (HTML Standard §4.6.7).
const WANTED: [&[u8]; 3] = [b"preload", b"modulepreload", b"prefetch"];

/// The targets (path and query) at the answer's own origin that its `Link` fields name as wanted next, each once, in their order. Other
/// origins are not for its owner to name.
pub fn preloads(uri: &Uri<'_>, response: &ResponseHead) -> Vec<Vec<u8>> {
    let mut targets: Vec<Vec<u8>> = Vec::new();
    for link in response.fields.named(b"Link").flat_map(links) {
        if targets.len() >= MOST_PRELOADS {
            break;
        }
        if !WANTED.iter().any(|relation| link.has_relation(relation)) {
            continue;
        }
        let target = within_origin(uri, link.target).filter(|target| *target != uri.target && !targets.contains(target));
        targets.extend(target);
    }
    targets
}

#[cfg(test)]
mod tests;
