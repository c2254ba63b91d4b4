//! The secrets of connections, for whoever has captured their packets and wants to read what is in them.

use rustls::KeyLog;
use std::fmt;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

/// So many bytes of them are kept: those of some thousand connections.
const MOST_BYTES: usize = 1 << 20;

/// The secrets of all connections of a journey, as lines of NSS' key log. Whoever has them can read everything that was sent.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Mutex<String>>);

impl Secrets {
    /// The lines so far.
    pub fn lines(&self) -> String {
        self.0.lock().expect("no panic while it is held").clone()
    }
}

/// They are not shown.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

impl KeyLog for Secrets {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut lines = self.0.lock().expect("no panic while it is held");
        if lines.len() >= MOST_BYTES {
            return;
        }
        let _ = writeln!(lines, "{label} {} {}", Hex(client_random), Hex(secret));
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
