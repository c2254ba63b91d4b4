//! Content that the origin hands over, judged as if it had just been asked for it.

use super::unasked::said;
use super::{key_of, names_of};
use crate::asked::Asked;
use crate::feed::routed;
use crate::server::Snapshot;
use crate::store::{Judged, Naming, Object, judged};
use decide::cache::{self, Record, Rule, Sequence, Times, Wishes};
use decide::config::Action;
use decide::time::Calendar;
use std::sync::Arc;
use wire::http::ResponseHead;

/// Content that may be stored.
pub struct Pushable {
    pub(crate) key: Vec<u8>,
    pub(crate) object: Object,
    /// No field of a request selects it: it is the only answer of its URL.
    pub(crate) only: bool,
}

impl Pushable {
    /// The site that it would be stored for.
    pub fn site(&self) -> &str {
        &self.object.names.site
    }

    /// As purges name it.
    pub fn url(&self) -> String {
        String::from_utf8_lossy(&self.object.names.url).into_owned()
    }

    /// It takes the place of all that is stored under its URL.
    pub fn is_alone(&self) -> bool {
        self.only
    }
}

/// Judges it, without its bytes. The error is a sentence, with the rule that forbids.
pub(crate) fn judge(snapshot: &Snapshot, asked: &Asked, response: &ResponseHead, now: Calendar) -> Result<Pushable, String> {
    let routed = routed(snapshot, asked).map_err(|nowhere| nowhere.sentence().to_string())?;
    let site = &snapshot.config.sites[usize::from(routed.route.site)];
    let route = &site.routes[usize::from(routed.route.route)];
    let (Some(policy), Action::Pool(pool)) = (&route.cache, &route.action) else { unreachable!("it stores answers") };
    let request = &asked.head;
    let times = Times { requested: now, received: now };
    let exchange = cache::Exchange { request, scheme: asked.scheme, response, times };
    let names = Arc::new(names_of(site, asked.scheme, request));
    let naming = Naming { names: &names, born: Sequence::default() };
    let Judged { object, rule, part, .. } = judged(&exchange, &Wishes::of(&request.fields, policy), &naming, policy, &mut Record::off());
    let object = match object {
        Some(object) if part.is_none() => object,
        Some(_) => return Err(said(Rule::PartStored)),
        None => return Err(said(if rule == Rule::Storable { Rule::VaryAny } else { rule })),
    };
    let only = object.selecting.names().next().is_none();
    let key = key_of(site, route, &snapshot.pools[*pool].config.name, request, asked.scheme, policy);
    Ok(Pushable { key, object, only })
}
