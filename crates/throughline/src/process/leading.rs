//! The threads on which clients are led: one that collects routing tables, one that works out what follows from them.

use super::workers::Told;
use crate::log;
use host::os;
use node::Server;
use node::collector::Collectors;
use node::steering::Leading;
use std::sync::Arc;

/// Begins both. `failed` is told if one of them ends although nobody has stopped it.
pub(super) fn start(server: &Arc<Server>, failed: &Arc<Told>) -> Result<Arc<Leading>, String> {
    let collectors = Collectors::new(server.clone());
    let config = &server.snapshot().config;
    collectors.configure(&config.pops, &config.collectors);
    let leading = Leading::new(server.clone(), collectors.clone());
    let led = leading.clone();
    thread("collectors", failed, move || os::run(|host| collectors.run(host)))?;
    thread("leading", failed, move || os::run(|host| led.run(host)))?;
    Ok(leading)
}

fn thread(name: &'static str, failed: &Arc<Told>, work: impl FnOnce() -> std::io::Result<()> + Send + 'static) -> Result<(), String> {
    let failed = failed.clone();
    let work = move || {
        let mut end = End { failed, expected: false };
        match work() {
            Ok(()) => end.expected = true,
            Err(error) => log::note(&format!("{name}: {error}")),
        }
    };
    let started = std::thread::Builder::new().name(name.to_string()).spawn(work);
    started.map(drop).map_err(|error| format!("cannot start a thread: {error}"))
}

/// The end of a thread; one that nobody expected, a panic too, is told to the process.
struct End {
    failed: Arc<Told>,
    expected: bool,
}

impl Drop for End {
    fn drop(&mut self) {
        if !self.expected {
            self.failed.tell();
        }
    }
}
