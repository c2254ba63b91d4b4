//! The built binary as a name server.

use crate::servers::somewhere;
use crate::support::PATIENCE;
use crate::support::edge::Edge;
use crate::support::place::Place;
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

/// The name of the key that is shared with others, and its secret.
pub(crate) const KEY: &str = "transfer";
pub(crate) const SECRET: &str = "c2hhcmVkIGJ5IGJvdGggb2YgdGhlbSwgYW5kIGtub3duIHRvIG5vYm9keQ==";

/// A running one.
pub(crate) struct Primary {
    pub(crate) edge: Edge,
    pub(crate) at: SocketAddr,
}

impl Primary {
    /// Serves the zone `example.test`, whose file this is, with these further settings of the zone.
    pub(crate) fn start(zone: &str, settings: &str) -> Primary {
        let place = Place::new();
        let file = place.file("example.zone", zone);
        Primary::with(place, &[("example.test".to_owned(), file, settings.to_owned())])
    }

    /// Serves zones: the name, the file and further settings of each.
    pub(crate) fn with(place: Place, zones: &[(String, String, String)]) -> Primary {
        // A listener whose port is not told cannot be reloaded.
        let (at, http) = (somewhere(), somewhere());
        let secret = place.file("transfer.key", SECRET);
        let mut config = format!(
            "[[listener]]\nat = \"{http}\"\n[[site]]\n[[site.route]]\nanswer = {{ body = \"\" }}\n\
             [dns]\nat = [\"{at}\"]\nrate = 0\n[key.{KEY}]\nsecret-file = \"{secret}\"\n"
        );
        for (name, file, settings) in zones {
            config += &format!("[zone.\"{name}\"]\nfile = \"{file}\"\n{settings}\n");
        }
        let edge = Edge::with_place(place, &config);
        let began = Instant::now();
        while TcpStream::connect(at).is_err() {
            assert!(began.elapsed() < PATIENCE, "nothing listens on {at}: {:?}", edge.errors());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        Primary { edge, at }
    }

    /// Writes another version of the zone's file.
    pub(crate) fn rewrite(&self, zone: &str) {
        self.edge.place.replace("example.zone", zone);
    }

    /// Has everything read anew, and waits until it holds. Gives the number of the line of standard error before that.
    pub(crate) fn reload(&self) -> usize {
        let lines = self.edge.errors().len();
        self.edge.signal("HUP");
        self.edge.await_error(lines, " reloaded ");
        lines
    }

    /// The same where it cannot hold, and standard error says this.
    pub(crate) fn refused_reload(&self, says: &str) {
        let lines = self.edge.errors().len();
        self.edge.signal("HUP");
        self.edge.await_error(lines, " reload-refused ");
        self.edge.await_error(lines, says);
    }
}
