//! Who asks, and what belongs to them.
//!
//! A token of `[admin]` may do everything; one of a site may change and explain what is stored for that site. The border is drawn twice: a
//! URL must lead to the site, and whatever is named is looked for only among what was stored for it.

use super::{Refusal, forbidden};
use crate::token;
use decide::config::Config;
use node::{Only, Progress, Snapshot};
use wire::http::{Known, RequestHead};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Whoever runs this server; or nobody has a token here, and the address is guard enough.
    Operator {
        /// It was shown by a token, which no web page has.
        by_token: bool,
    },
    /// The owner of these sites, by index.
    Owner(Vec<usize>),
}

/// Why nothing is done without a token, or with this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stranger {
    /// There is none.
    Without,
    /// It is nobody's.
    Unknown,
}

impl Stranger {
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Stranger::Without => "a token is needed here: Authorization: Bearer TOKEN (ctl: --token-file FILE, or THROUGHLINE_TOKEN)",
            Stranger::Unknown => {
                "this token is not known here; `throughline ctl token` makes one, and its hash belongs in the configuration"
            }
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750 §3).
    pub(super) fn challenge(self) -> String {
        match self {
            // RFC 6750 §3.1: who shows no token is told no error.
            Stranger::Without => "Bearer realm=\"throughline\"".to_string(),
            Stranger::Unknown => "Bearer realm=\"throughline\", error=\"invalid_token\"".to_string(),
        }
    }
}

impl Who {
    /// Whose request this is.
    pub(super) fn of(request: &RequestHead, config: &Config) -> Result<Who, Stranger> {
        if config.tokens.is_empty() && config.sites.iter().all(|site| site.tokens.is_empty()) {
            return Ok(Who::Operator { by_token: false });
        }
        let mut fields = request.fields.all(Known::Authorization);
        let (field, None) = (fields.next().ok_or(Stranger::Without)?, fields.next()) else { return Err(Stranger::Unknown) };
        let hash = token::hash(bearer(field).ok_or(Stranger::Unknown)?);
        // All are compared, whichever it is.
        let operator = token::is_among(&hash, &config.tokens);
        let sites: Vec<usize> = (0..config.sites.len()).filter(|site| token::is_among(&hash, &config.sites[*site].tokens)).collect();
        match (operator, sites.is_empty()) {
            (true, _) => Ok(Who::Operator { by_token: true }),
            (false, false) => Ok(Who::Owner(sites)),
            (false, true) => Err(Stranger::Unknown),
        }
    }

    /// No web page can have sent this.
    pub(super) fn by_token(&self) -> bool {
        *self != Who::Operator { by_token: false }
    }

    /// Whether everything is theirs.
    pub(super) fn has_all(&self) -> bool {
        matches!(self, Who::Operator { .. })
    }

    /// Whether what is stored for a site is theirs.
    pub(super) fn has(&self, site: usize) -> bool {
        match self {
            Who::Operator { .. } => true,
            Who::Owner(sites) => sites.contains(&site),
        }
    }

    /// The site of a name, if it is theirs.
    pub(super) fn site(&self, name: &str, config: &Config) -> Result<usize, Refusal> {
        let at = config.sites.iter().position(|site| site.name == name);
        match (self, at) {
            (_, Some(at)) if self.has(at) => Ok(at),
            (Who::Operator { .. }, _) => Err(Refusal { status: 404, why: format!("there is no site {name:?}") }),
            // Whether there is one is none of their business.
            (Who::Owner(_), _) => Err(forbidden(format!("this token is not one of site {name:?}; it is for {}", self.sites(config)))),
        }
    }

    /// For which sites something holds that is about a host (without port), or about no certain host: of an owner's, those that answer to
    /// it anywhere; `None`: for all. `site` is the only one that is wanted. This is the check for whatever names a URL.
    pub(super) fn reaches(&self, host: Option<&[u8]>, site: Option<usize>, snapshot: &Snapshot) -> Result<Vec<Option<usize>>, Refusal> {
        let Who::Owner(own) = self else { return Ok(vec![site]) };
        let listeners = || (0..snapshot.config.listeners.len()).filter_map(|listener| u16::try_from(listener).ok());
        let answers = |site: usize, host: &[u8]| {
            listeners().any(|listener| snapshot.routes().site_of(listener, host).is_some_and(|found| usize::from(found) == site))
        };
        let wanted = own.iter().copied().filter(|own| site.is_none_or(|site| site == *own));
        let reached: Vec<_> = wanted.filter(|site| host.is_none_or(|host| answers(*site, host))).map(Some).collect();
        match host {
            Some(host) if reached.is_empty() => {
                let (host, sites) = (String::from_utf8_lossy(host), self.sites(&snapshot.config));
                Err(forbidden(format!("{host:?} does not lead to what this token is for: {sites}")))
            }
            _ => Ok(reached),
        }
    }

    /// The sites that a job of theirs is confined to.
    pub(super) fn only(&self, config: &Config) -> Only {
        match self {
            Who::Operator { .. } => None,
            Who::Owner(sites) => Some(sites.iter().map(|site| config.sites[*site].name.clone()).collect()),
        }
    }

    /// Whether a job is theirs.
    pub(super) fn may_see(&self, job: &Progress, config: &Config) -> bool {
        match (self.only(config), &job.only) {
            (None, _) => true,
            (Some(own), Some(of)) => of.iter().all(|site| own.contains(site)),
            (Some(_), None) => false,
        }
    }

    /// What they may touch, for a sentence.
    fn sites(&self, config: &Config) -> String {
        match self {
            Who::Operator { .. } => "everything".to_string(),
            Who::Owner(sites) => {
                let names: Vec<String> = sites.iter().map(|site| format!("{:?}", config.sites[*site].name)).collect();
                format!("site {}", names.join(", "))
            }
        }
    }
}

/// The token of a field's value (RFC 6750 §2.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let at = value.iter().position(|byte| *byte == b' ')?;
    let (scheme, token) = (&value[..at], value[at..].trim_ascii());
    // RFC 9110 §11.1: a scheme has no case. RFC 6750 §2.1: of a token these are the characters.
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    (scheme.eq_ignore_ascii_case(b"Bearer") && !token.is_empty() && token.iter().all(is_part)).then_some(token)
}

#[cfg(test)]
mod tests;
