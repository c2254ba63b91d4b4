//! Why a session ends: what the router is told, and what our own people are.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use wire::bgp::{Fault, Notification};

/// Why we end a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    notification: Notification,
    /// What the notification does not say.
    detail: Cow<'static, str>,
}

impl Ending {
    /// By an error of this kind (RFC 4271 §4.5).
    pub(super) fn new(code: u8, subcode: u8, detail: impl Into<Cow<'static, str>>) -> Ending {
        Ending { notification: Notification::new(code, subcode), detail: detail.into() }
    }

    /// The router was silent for the hold time.
    pub(super) fn silence() -> Ending {
        Ending::new(4, 0, "the router was silent")
    }

    /// It sent more networks than are taken of it (RFC 4486 §4).
    pub(super) fn too_many(most: usize) -> Ending {
        Ending::new(Notification::CEASE, 1, format!("more than {most}, which is a setting"))
    }

    /// A message that does not belong in this state (RFC 6608).
    pub(super) fn unexpected(state: &str, message: &str) -> Ending {
        let subcode = match state {
            "OpenSent" => 1,
            "OpenConfirm" => 2,
            _ => 3,
        };
        Ending::new(5, subcode, format!("{message} does not belong there"))
    }

    /// A message that is wrong in itself.
    pub(super) fn fault(fault: &Fault) -> Ending {
        Ending { notification: fault.notification(), detail: format!("{}", fault.flaw).into() }
    }

    /// What the router is told.
    pub(super) fn bytes(&self) -> Vec<u8> {
        written(&self.notification)
    }

    /// What our own people are told.
    pub(super) fn words(&self) -> String {
        format!("we ended it: {}; {}", self.notification, self.detail)
    }
}

/// A connection that was ended for no error of the router's (RFC 4486): `2` the session is shut down, `5` it is not wanted, `7` there is
/// another.
pub(super) fn cease(subcode: u8) -> Vec<u8> {
    written(&Notification::new(Notification::CEASE, subcode))
}

fn written(notification: &Notification) -> Vec<u8> {
    let mut bytes = Vec::new();
    notification.write(&mut bytes);
    bytes
}
