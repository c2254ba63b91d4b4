//! The steps of zones handed to other name servers.

use super::{Bytes, FieldInfo, FieldType, StepInfo, Text, Value};
use crate::time::Duration;

steps! {
    /// One thing that happened between this name server and one that has a zone from it.
    TransferStep:
    /// A whole zone was handed to another name server.
    Transferred "transferred" {
        /// Which.
        zone: Text,
        /// To whom.
        to: Text,
        /// The key that signed it; empty where none did.
        key: Text,
        /// Which version.
        serial: u64,
        /// How many records.
        records: u64,
        /// In how many messages.
        messages: u64,
        /// Their bytes.
        bytes: Bytes,
        /// How long it took.
        took: Duration,
    }
    /// A zone was asked for, and not handed out.
    TransferRefused "transfer-refused" {
        /// Which.
        zone: Text,
        /// Who asked.
        from: Text,
        /// The response code.
        code: &'static str,
        /// Why.
        why: Text,
    }
    /// A transfer was not finished.
    TransferBroke "transfer-broke" {
        /// Of which zone.
        zone: Text,
        /// To whom.
        to: Text,
        /// Why.
        why: Text,
    }
    /// A name server knows that a zone has changed.
    Notified "notified" {
        /// Which zone.
        zone: Text,
        /// Which server.
        to: Text,
        /// The zone's version.
        serial: u64,
        /// How often it was told.
        notices: u64,
    }
    /// A name server could not be told that a zone has changed. It finds out by itself when the zone's refresh time is over.
    NotifyFailed "notify-failed" {
        /// Which zone.
        zone: Text,
        /// Which server.
        to: Text,
        /// The zone's version.
        serial: u64,
        /// How often it was told.
        notices: u64,
        /// Why.
        why: Text,
    }
    /// A zone has changed, and its serial number has not become a newer one: servers that have it from us will not ask for it.
    SerialStands "serial-stands" {
        /// Which.
        zone: Text,
        /// The serial.
        serial: u64,
        /// `same`, or `older`: what they have counts as newer.
        why: &'static str,
    }
}
