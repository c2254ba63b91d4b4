//! What happens to certificates, in sentences.

use decide::certificate::renewal::Reason;
use decide::time::Calendar;
use std::fmt;
use std::path::PathBuf;
use view::event::timestamp;

/// Something that happened. Its text is one line, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A certificate from the store is shown.
    Found {
        /// The site.
        site: String,
        /// The names that the certificate holds.
        names: Vec<String>,
        /// Until when it holds.
        not_after: Calendar,
    },
    /// There is a new account with the authority.
    Registered {
        /// The URL of the authority's directory.
        directory: String,
        /// The account's own URL.
        account: String,
    },
    /// A certificate is being ordered.
    Ordering {
        /// The site.
        site: String,
        /// The names to be on it.
        names: Vec<String>,
        /// Why.
        reason: Reason,
    },
    /// A new certificate is shown, and stored.
    Issued {
        /// The site.
        site: String,
        /// The names that it holds.
        names: Vec<String>,
        /// Until when it holds.
        not_after: Calendar,
    },
    /// An order failed.
    Failed {
        /// The site.
        site: String,
        /// The names it was for.
        names: Vec<String>,
        /// What happened, and what the authority said.
        why: String,
        /// How many have failed in a row, of this site or of all, as the failure concerns one or all.
        failures: u32,
        /// When it is tried again.
        next: Calendar,
    },
    /// A file of the store is of no use. It was not overwritten.
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// Where it is kept now.
        kept: PathBuf,
    },
    /// Something could not be stored. It is in use all the same, until the process ends.
    NotStored {
        /// What: a certificate, failures to remember.
        what: String,
        /// Why not.
        why: String,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Found { site, names, not_after } => {
                write!(f, "{site}: the stored certificate for {} holds until {}", names.join(", "), timestamp(*not_after))
            }
            Event::Registered { directory, account } => write!(f, "a new account with {directory}: {account}"),
            Event::Ordering { site, names, reason } => {
                write!(f, "{site}: ordering a certificate for {}: {reason}", names.join(", "))
            }
            Event::Issued { site, names, not_after } => {
                write!(f, "{site}: a new certificate for {} holds until {}", names.join(", "), timestamp(*not_after))
            }
            Event::Failed { site, names, why, failures, next } => {
                let row = if *failures > 1 { format!(" ({failures} times in a row)") } else { String::new() };
                let names = names.join(", ");
                write!(f, "{site}: no certificate for {names}{row}: {why}; next try at {}", timestamp(*next))
            }
            Event::Broken { path, why, kept } => {
                write!(f, "{} cannot be used and was put aside as {}: {why}", path.display(), kept.display())
            }
            Event::NotStored { what, why } => write!(f, "{what} could not be stored, and is lost when this process ends: {why}"),
        }
    }
}

#[cfg(test)]
mod tests;
