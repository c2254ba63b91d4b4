//! The database: one SQLite database in memory, which both application servers ask.

use super::SERVERS;
use decide::time::Calendar;
use node::Signal;
use rusqlite::{Connection, Result, params};
use std::sync::{Arc, Mutex};

/// Visits kept; older ones are counted and forgotten. Whoever posts for days does not fill the memory.
pub(super) const KEPT: i64 = 1000;

/// 9999-12-31T23:59:59Z: SQLite writes no later time, whatever the clock says.
const LAST_SECOND: i64 = 253_402_300_799;

const SCHEMA: &str = "
    CREATE TABLE visit (
        number INTEGER PRIMARY KEY,
        server TEXT NOT NULL REFERENCES server (name),
        name TEXT NOT NULL,
        at INTEGER NOT NULL -- seconds since 1970
    ) STRICT;
    CREATE TABLE server (
        name TEXT PRIMARY KEY,
        visits INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// The visits recorded since the start.
pub(super) struct Visits {
    connection: Mutex<Connection>,
    /// Raised when a visit is recorded.
    recorded: Arc<Signal>,
    /// What [`Visits::told`] has made since the last one.
    told: Mutex<Option<Arc<str>>>,
}

/// A recorded visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    /// 1 for the first.
    pub(super) number: i64,
    /// Who recorded it.
    pub(super) server: String,
    /// Who visited; may be empty.
    pub(super) name: String,
    /// When, as `2026-11-01T00:00:00Z`.
    pub(super) at: String,
}

impl Visits {
    /// No visits. Fails only where there is no memory.
    pub(super) fn new() -> Result<Visits> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(SCHEMA)?;
        for server in SERVERS {
            connection.execute("INSERT INTO server (name, visits) VALUES (?1, 0)", [server])?;
        }
        Ok(Visits { connection: Mutex::new(connection), recorded: Arc::default(), told: Mutex::default() })
    }

    /// Records a visit and returns its number.
    pub(super) fn record(&self, server: &str, name: &str, at: Calendar) -> Result<i64> {
        let seconds = i64::try_from(at.0.as_secs()).map_or(LAST_SECOND, |seconds| seconds.min(LAST_SECOND));
        let number = self.with(|connection| {
            let change = connection.transaction()?;
            change.execute("INSERT INTO visit (server, name, at) VALUES (?1, ?2, ?3)", params![server, name, seconds])?;
            let number = change.last_insert_rowid();
            change.execute("UPDATE server SET visits = visits + 1 WHERE name = ?1", [server])?;
            change.execute("DELETE FROM visit WHERE number <= ?1", [number - KEPT])?;
            change.commit()?;
            Ok(number)
        })?;
        *self.told.lock().expect("no panic while it is held") = None;
        self.recorded.raise();
        Ok(number)
    }

    /// What is raised when a visit is recorded.
    pub(super) fn recorded(&self) -> &Arc<Signal> {
        &self.recorded
    }

    /// What `make` makes of the visits. Made once after each visit, however many ask for it.
    pub(super) fn told(&self, make: impl FnOnce(&Visits) -> Result<String>) -> Result<Arc<str>> {
        // Held meanwhile, so that a visit that is recorded now is not forgotten for what was read before it.
        let mut told = self.told.lock().expect("no panic while it is held");
        if let Some(told) = &*told {
            return Ok(told.clone());
        }
        let made: Arc<str> = make(self)?.into();
        *told = Some(made.clone());
        Ok(made)
    }

    /// How many visits each server has recorded, by name.
    pub(super) fn by_server(&self) -> Result<Vec<(String, i64)>> {
        self.with(|connection| {
            let mut asked = connection.prepare("SELECT name, visits FROM server ORDER BY name")?;
            asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }

    /// The newest visits, newest first.
    pub(super) fn last(&self, count: u32) -> Result<Vec<Visit>> {
        self.with(|connection| {
            let mut asked = connection.prepare(
                "SELECT number, server, name, strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch') FROM visit ORDER BY number DESC LIMIT ?1",
            )?;
            let visit =
                |row: &rusqlite::Row<'_>| Ok(Visit { number: row.get(0)?, server: row.get(1)?, name: row.get(2)?, at: row.get(3)? });
            asked.query_map([count], visit)?.collect()
        })
    }

    /// The server that recorded a visit, while the visit is kept.
    pub(super) fn recorder(&self, number: i64) -> Result<Option<String>> {
        self.with(|connection| {
            let mut asked = connection.prepare("SELECT server FROM visit WHERE number = ?1")?;
            asked.query_map([number], |row| row.get(0))?.next().transpose()
        })
    }

    fn with<T>(&self, ask: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        ask(&mut self.connection.lock().expect("no panic while it is held"))
    }
}
