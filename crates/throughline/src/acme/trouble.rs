//! What went wrong with an order, and whom it concerns.

use decide::time::Calendar;
use instant_acme::{Error, Identifier, Problem};
use std::fmt::Write;
use std::time::Instant;

/// What an authority says is shown up to this many characters.
const LONGEST: usize = 1000;

/// Why an order failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// A sentence without its end: what was tried, and what came of it.
    pub(super) why: String,
    /// Whether an order for other names would have fared the same: then all of them wait.
    pub(super) of_authority: bool,
    /// The authority asks to be left alone until then.
    pub(super) not_until: Option<Calendar>,
    /// The authority does not know our account.
    pub(super) no_account: bool,
}

impl Trouble {
    /// A trouble of our own, before the authority was asked.
    pub(super) fn ours(why: String) -> Trouble {
        Trouble { why, of_authority: true, not_until: None, no_account: false }
    }

    /// One that concerns the names of the order.
    pub(super) fn of_names(why: String) -> Trouble {
        Trouble { why, of_authority: false, not_until: None, no_account: false }
    }

    /// What came of trying to do `doing` ("create an order").
    pub(super) fn of(doing: &str, error: &Error) -> Trouble {
        let why = match error {
            Error::Api(problem) => format!("cannot {doing}: the authority says: {}", said(problem)),
            Error::Timeout(_) => format!("cannot {doing}: the authority takes too long"),
            other => format!("cannot {doing}: no answer from the authority that is of use: {}", plain(&other.to_string())),
        };
        let of_authority = match error {
            Error::Api(problem) => problem.status.is_some_and(|status| status >= 500) || concerns_all(kind(problem)),
            Error::Timeout(_) | Error::Unsupported(_) => false,
            _ => true,
        };
        let not_until = match error {
            // instant-acme has turned the time into one of a clock that knows no calendar.
            Error::Timeout(Some(at)) => Some(Calendar(super::now().0.saturating_add(at.saturating_duration_since(Instant::now())))),
            _ => None,
        };
        let no_account = matches!(error, Error::Api(problem) if kind(problem) == "accountDoesNotExist");
        Trouble { why, of_authority, not_until, no_account }
    }

    /// With what the last answer's `Retry-After` said.
    pub(super) fn until(self, retry_after: Option<Calendar>) -> Trouble {
        Trouble { not_until: self.not_until.max(retry_after), ..self }
    }
}

/// The last part of a problem's type: `badNonce`.
pub(super) fn kind(problem: &Problem) -> &str {
    let kind = problem.r#type.as_deref().unwrap_or("");
    kind.rsplit(':').next().unwrap_or(kind)
}

/// RFC 8555 §6.7: problems that have nothing to do with the names.
fn concerns_all(kind: &str) -> bool {
    let all =
        ["accountDoesNotExist", "badNonce", "badSignatureAlgorithm", "externalAccountRequired", "serverInternal", "userActionRequired"];
    all.contains(&kind)
}

/// A problem document as a text: detail, type, and the same of each subproblem.
pub(super) fn said(problem: &Problem) -> String {
    let mut text = part(problem.detail.as_deref(), kind(problem));
    for sub in &problem.subproblems {
        let name = match &sub.identifier {
            Some(Identifier::Dns(name)) => name.as_str(),
            _ => "another name",
        };
        let kind = sub.r#type.as_deref().unwrap_or("");
        let _ = write!(text, "; {name}: {}", part(sub.detail.as_deref(), kind.rsplit(':').next().unwrap_or(kind)));
    }
    plain(&text)
}

fn part(detail: Option<&str>, kind: &str) -> String {
    match (detail, kind) {
        (Some(detail), "") => detail.to_string(),
        (Some(detail), kind) => format!("{detail} ({kind})"),
        (None, "") => "nothing more than that there is a problem".to_string(),
        (None, kind) => kind.to_string(),
    }
}

/// What others wrote, on one line, without what moves a cursor, and not too long.
fn plain(text: &str) -> String {
    let mut plain: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        plain.push('…');
    }
    plain
}

#[cfg(test)]
mod tests;
