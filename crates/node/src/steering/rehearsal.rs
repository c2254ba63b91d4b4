//! The steerings of a server that does not serve: what is known without a router or a client.

use super::{Leading, Work};
use crate::collector::Collectors;
use crate::server::Server;
use decide::config::{Collector, RouteSource};
use decide::time::Duration;
use host::Host;
use std::sync::Arc;

/// Between two looks at whether the files are read.
const LOOK: Duration = Duration::from_millis(2);
/// A file that is being written may be read later; nobody waits longer for it.
const LONGEST: Duration = Duration::from_secs(60);

/// Reads what lies in files into the steerings of a server, by the ways of one that serves. What is returned knows what could be read. To
/// be called on a host that ends with the rehearsal: who looks after the files would go on.
pub async fn rehearse(host: &Host, server: &Arc<Server>) -> Arc<Leading> {
    let collectors = Collectors::new(server.clone());
    let leading = Leading::new(server.clone(), collectors.clone());
    let snapshot = server.snapshot();
    let is_file = |collector: &&Collector| matches!(collector.source, RouteSource::Mrt { .. });
    let files: Vec<Collector> = snapshot.config.collectors.iter().filter(is_file).cloned().collect();
    collectors.configure(&snapshot.config.pops, &files);
    host.spawn(collectors.clone().run(host.clone()));
    let mut work = Work::new(host.clone(), leading.clone());
    let late = host.now() + LONGEST;
    loop {
        // What counts as read has been given.
        let read = is_read(&leading, files.len());
        work.take(collectors.queue().take_now());
        if read || host.now() >= late {
            break;
        }
        host.sleep(LOOK).await;
    }
    work.look();
    work.publish();
    leading
}

/// Every file has been read, or cannot be.
fn is_read(leading: &Leading, files: usize) -> bool {
    let (collectors, sources) = (leading.collectors.status(), leading.collectors.sources());
    let live = |pop: &str, name: &str| sources.iter().any(|source| source.pop == pop && source.name == name && source.state == "live");
    let begun = files == 0 || !collectors.is_empty();
    let tables = collectors.iter().all(|status| matches!(status.state, "refused" | "absent") || live(&status.pop, &status.name));
    begun && tables && leading.geography().is_none_or(|file| file.state != "waits")
}
