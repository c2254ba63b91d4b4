//! TLS of the built binary, with clients and servers of others: curl, openssl, nginx.

#[path = "../real/support/mod.rs"]
#[allow(dead_code, reason = "the cases of `real` use the rest")]
mod support;

mod backends;
mod certificates;
mod clients;
mod listeners;
mod outward;
mod renewal;
