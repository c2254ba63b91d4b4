//! The web server: files.

use crate::proxy::reply::Reply;
use decide::config::Files;
use decide::step::Step;
use decide::time::Calendar;
use host::{Found, Host};
use wire::http::RequestHead;

/// The answer for a path below the root.
pub(crate) fn reply(host: &Host, files: &Files, request: &RequestHead, now: Calendar) -> (Reply, Option<Step>) {
    let _ = (host, files, request, now);
    (Reply::problem(404, "nothing here", ""), None)
}

/// The answer for a file that an application has at hand.
pub(crate) fn embedded(request: &RequestHead, found: Found, name: &str, now: Calendar) -> (Reply, Step) {
    let _ = (request, found, name, now);
    unreachable!()
}
