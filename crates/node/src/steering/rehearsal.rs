//! The steerings of a server that does not serve: what is known without a router or a client.

use super::{Leading, Work};
use crate::collector::{CollectorStatus, Collectors};
use crate::server::Server;
use decide::config::{Collector, RouteSource};
use decide::time::Duration;
use host::Host;
use std::sync::Arc;

/// Between two looks at whether the files are read.
const LOOK: Duration = Duration::from_millis(2);
/// A file that is being written may be read later; nobody waits longer for it.
const LONGEST: Duration = Duration::from_secs(60);

/// Reads what lies in files into the steerings of a server, by the ways of one that serves. Returns what has not been read.
pub async fn rehearse(host: &Host, server: &Arc<Server>) -> Vec<CollectorStatus> {
    let collectors = Collectors::new(server.clone());
    let leading = Leading::new(server.clone(), collectors.clone());
    let snapshot = server.snapshot();
    let is_file = |collector: &&Collector| matches!(collector.source, RouteSource::Mrt { .. });
    let files: Vec<Collector> = snapshot.config.collectors.iter().filter(is_file).cloned().collect();
    collectors.configure(&snapshot.config.pops, &files);
    host.spawn(collectors.clone().run(host.clone()));
    let mut work = Work::new(host.clone(), leading);
    let late = host.now() + LONGEST;
    loop {
        // What is given is given before it counts as read.
        let read = files.is_empty() || is_settled(&collectors);
        work.take(collectors.queue().take_now());
        if read || host.now() >= late {
            break;
        }
        host.sleep(LOOK).await;
    }
    work.publish();
    let missing = collectors.status().into_iter().filter(|status| !has_table(&collectors, status)).collect();
    collectors.stop();
    missing
}

fn is_settled(collectors: &Collectors) -> bool {
    let all = collectors.status();
    let gave_up = |status: &CollectorStatus| matches!(status.state, "refused" | "absent");
    !all.is_empty() && all.iter().all(|status| gave_up(status) || has_table(collectors, status))
}

/// Its table is taken in.
fn has_table(collectors: &Collectors, status: &CollectorStatus) -> bool {
    collectors.sources().iter().any(|source| source.pop == status.pop && source.name == status.name && source.state == "live")
}
