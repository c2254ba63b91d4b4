//! Networks that came, changed or went (RFC 4271 §4.3).

use super::attributes::{AS_PATH, Attributes, NEXT_HOP, ORIGIN};
use super::prefix::{Prefix, Prefixes};
use super::{Agreed, Family, Fault, Flaw, Treatment};
use crate::cursor::Cursor;

/// An UPDATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update<'a> {
    /// IPv4 networks that went.
    pub withdrawn: Prefixes<'a>,
    /// What is said of those that came; networks of IPv6 are in here.
    pub attributes: Attributes<'a>,
    /// IPv4 networks that came.
    pub announced: Prefixes<'a>,
}

impl<'a> Update<'a> {
    /// An error ends the session; what costs less is among the attributes' faults, and [`Update::announcements`] and
    /// [`Update::withdrawals`] heed it.
    pub(super) fn read(body: &'a [u8], agreed: &Agreed) -> Result<Update<'a>, Fault> {
        let mut cursor = Cursor(body);
        let withdrawn = cursor.counted().ok_or(Flaw::Lengths.resets())?;
        let attributes = cursor.counted().ok_or(Flaw::Lengths.resets())?;
        // RFC 7606 §3 (i), (j): where networks cannot be read, not even their withdrawal is certain.
        let networks = |bytes| Prefixes::read(bytes, false, agreed.paths_v4).ok_or(Flaw::Network.resets());
        let (withdrawn, announced) = (networks(withdrawn)?, networks(cursor.0)?);
        let mut attributes = Attributes::read(attributes, agreed)?;
        let without_networks = announced.is_empty() && attributes.reach.is_none();
        if !without_networks && attributes.treatment() < Some(Treatment::TreatAsWithdraw) {
            // RFC 7606 §3 (d)
            let missing = [
                (ORIGIN, attributes.origin.is_none()),
                (AS_PATH, attributes.path.is_none() && !agreed.own),
                (NEXT_HOP, attributes.next_hop.is_none() && !announced.is_empty()),
            ];
            let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
            attributes.faults.extend(missing.map(|(kind, _)| Flaw::Missing(kind).costs(Treatment::TreatAsWithdraw)));
        }
        // RFC 7606 §5.2: networks that should count as withdrawn, but are not there, may be what could not be read.
        let worst = attributes.faults.iter().find(|fault| fault.treatment == Treatment::TreatAsWithdraw);
        if let Some(fault) = worst.filter(|_| without_networks) {
            return Err(fault.flaw.resets());
        }
        Ok(Update { withdrawn, attributes, announced })
    }

    /// The networks that came, of both families; none where they count as withdrawn.
    pub fn announcements(&self) -> impl Iterator<Item = Prefix> {
        self.reachable().filter(|_| !self.counts_as_withdrawn())
    }

    /// The networks that went, of both families.
    pub fn withdrawals(&self) -> impl Iterator<Item = Prefix> {
        let unreach = self.attributes.unreach.map_or(Prefixes::none(true), |unreach| unreach.prefixes);
        self.withdrawn.chain(unreach).chain(self.reachable().filter(|_| self.counts_as_withdrawn()))
    }

    /// What is wrong, as far as it did not end the session.
    pub fn faults(&self) -> &[Fault] {
        &self.attributes.faults
    }

    /// Whether it says that all networks of a family have been told (RFC 4724 §2).
    pub fn end_of_rib(&self) -> Option<Family> {
        if !self.withdrawn.is_empty() || !self.announced.is_empty() {
            return None;
        }
        match &self.attributes.unreach {
            None => self.attributes.is_empty().then_some(Family::IPV4),
            Some(unreach) => (unreach.prefixes.is_empty() && self.attributes.is_only_unreach()).then_some(unreach.family),
        }
    }

    fn counts_as_withdrawn(&self) -> bool {
        self.attributes.treatment() >= Some(Treatment::TreatAsWithdraw)
    }

    fn reachable(&self) -> impl Iterator<Item = Prefix> + use<'a> {
        self.announced.chain(self.attributes.reach.map_or(Prefixes::none(true), |reach| reach.prefixes))
    }
}
