//! Backends that are given by name: asked again as the time to live of each answer runs out.

use crate::pool::Pool;
use crate::server::Worker;
use decide::step::Step;
use decide::time::Duration;
use std::rc::Rc;
use std::sync::Weak;

/// A name is asked for this often at the most, whatever its time to live says; and this soon again after a failure.
const SOONEST: Duration = Duration::from_secs(1);
/// And no more seldom than this, so that an owner's mistake of a week does not last one.
const LATEST: Duration = Duration::from_secs(3600);

/// Asks for `name` until the pool is gone. While no answer comes, earlier addresses stay.
pub(super) async fn keep_resolved(worker: Rc<Worker>, pool: Weak<Pool>, backend: usize, name: String) {
    loop {
        let result = worker.host.resolve(&name).await;
        let Some(pool) = pool.upgrade() else { return };
        let reference = pool.backend_ref(backend);
        let pause = match result {
            Ok(names) => {
                let ttl = names.ttl.clamp(SOONEST, LATEST);
                let addresses = names.addresses.len() as u64;
                if pool.set_addresses(backend, names.addresses) {
                    worker.tell_of(&pool, Step::Resolved { backend: reference, addresses, ttl });
                }
                ttl
            }
            Err(error) => {
                let why = match error.kind() {
                    std::io::ErrorKind::NotFound => "the name does not exist, or has no address",
                    std::io::ErrorKind::TimedOut => "the name server did not answer in time",
                    _ => "the name server could not be asked",
                };
                pool.not_resolved(backend);
                worker.tell_of(&pool, Step::ResolveFailed { backend: reference, why });
                SOONEST
            }
        };
        drop(pool);
        worker.host.sleep(pause).await;
    }
}
