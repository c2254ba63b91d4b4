//! Whether an answer sends us elsewhere, where to, and with what (RFC 9110 §15.4).

use super::url::{self, Change, Read, Target};
use alloc::string::String;
use alloc::vec::Vec;
use wire::http::Method;

/// More redirects than this are not followed.
pub const MOST_REDIRECTS: usize = 10;

/// What was asked, and before that.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Its method.
    pub method: &'a Method,
    /// All that was asked on this journey, the present request last.
    pub trail: &'a [(Method, Target)],
    /// How many redirects are followed.
    pub most: usize,
}

/// The next request.
#[derive(Clone, Debug, PartialEq)]
pub struct Onward {
    /// Where to.
    pub read: Read,
    /// By which method.
    pub method: Method,
    /// With the body of the first.
    pub keeps_body: bool,
    /// With the fields that are for the server alone: `Authorization`, `Cookie`.
    pub keeps_credentials: bool,
    /// The rules that hold, each a clause.
    pub why: Vec<&'static str>,
}

/// Why nobody goes where the answer points to.
#[derive(Clone, Debug, PartialEq)]
pub enum Astray {
    /// It has a status of a redirect and no `Location`.
    NoLocation,
    /// `Location` cannot be read.
    Unreadable(url::Refused),
    /// We have been there.
    Loop,
    /// Too many.
    TooMany,
}

/// What an answer with this status and `Location` means for whoever asked; `None`: it is the answer.
pub fn follow(status: u16, location: Option<&[u8]>, asked: Asked<'_>) -> Option<Result<Onward, Astray>> {
    leads_on(status).then(|| onward(status, location, asked))
}

/// Whether answers of this status send clients elsewhere by themselves. 300 leaves it to people.
pub fn leads_on(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

fn onward(status: u16, location: Option<&[u8]>, asked: Asked<'_>) -> Result<Onward, Astray> {
    let location = location.ok_or(Astray::NoLocation)?;
    let here = asked.trail.last().map(|(_, target)| target);
    let text = String::from_utf8_lossy(location);
    let mut read = url::read(&text, here).map_err(Astray::Unreadable)?;
    // The Fetch standard: only http and https are gone to.
    if read.target.is_socket() {
        return Err(Astray::Unreadable(url::Refused::Scheme(read.target.scheme().into())));
    }
    let (method, mut why) = next_method(status, asked.method);
    let keeps_body = method == *asked.method;
    if let Some(here) = here {
        inherit_fragment(&mut read, here);
        match (here.is_secure(), read.target.is_secure()) {
            (true, false) => why.push("it leads from https to http: everybody on the way can read and change what follows"),
            (false, true) => why.push("it leads from http to https"),
            _ => {}
        }
    }
    let keeps_credentials = here.is_none_or(|here| here.same_origin(&read.target));
    if !keeps_credentials {
        why.push("it leads to another origin");
    }
    if asked.trail.iter().any(|(before, target)| *before == method && target.same_resource(&read.target)) {
        return Err(Astray::Loop);
    }
    if asked.trail.len() > asked.most {
        return Err(Astray::TooMany);
    }
    Ok(Onward { read, method, keeps_body, keeps_credentials, why })
}

fn next_method(status: u16, method: &Method) -> (Method, Vec<&'static str>) {
    match (status, method) {
        // RFC 9110 §15.4.4
        (303, method) if *method != Method::Get && *method != Method::Head => {
            (Method::Get, alloc::vec!["303 is answered by a GET, whatever was asked"])
        }
        // RFC 9110 §15.4.2, §15.4.3: allowed for what history has made of it.
        (301 | 302, Method::Post) => (Method::Get, alloc::vec!["after a POST, 301 and 302 are answered by a GET, as browsers do"]),
        (307 | 308, method) if !method.is_safe() => (method.clone(), alloc::vec!["307 and 308 keep method and body"]),
        (_, method) => (method.clone(), Vec::new()),
    }
}

/// RFC 9110 §10.2.2: a `Location` without a fragment inherits that of the request's URL.
fn inherit_fragment(read: &mut Read, here: &Target) {
    if let (None, Some(fragment)) = (read.target.fragment(), here.fragment()) {
        read.target.set_fragment(fragment);
        read.changes.push(Change {
            rule: "the fragment is inherited from the URL before",
            before: String::new(),
            after: alloc::format!("#{fragment}"),
        });
    }
}

#[cfg(test)]
mod tests;
