//! How a request to a backend ended.

use crate::forward::ProxyError;

/// How a request to a backend ended, as the backend's doing or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The backend answered, with this status.
    Success {
        /// 100 to 999; 500 and above may count as failures (`Ejection::count_5xx`).
        status: u16,
    },
    /// The backend failed.
    Failure(ProxyError),
    /// The client left, or broke a rule, before the backend was done: it says nothing about the backend.
    ClientGone,
}
