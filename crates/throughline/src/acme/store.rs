//! The directory that survives a restart.
//!
//! `STATE/AUTHORITY/` holds `account.json`, `failures.json` and, for each site, `certificates/SITE.pem` (key and chain in one file, so that
//! they change together) and `certificates/SITE.json` (orders that failed). Directories are the owner's alone, and so are files; a file is
//! replaced whole or not at all.

use super::leaf::Pair;
use decide::certificate::renewal::Failures;
use decide::time::{Calendar, Duration};
use instant_acme::AccountCredentials;
use serde_json::{Value, json};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The longest file that is read. A chain with its key has a few thousand bytes.
const LONGEST: u64 = 1024 * 1024;
/// How many broken files of one name are kept.
const KEPT: u32 = 9;

/// What one authority's part of the directory holds.
#[derive(Clone, Debug)]
pub(super) struct Store {
    root: PathBuf,
}

/// Why a file gave nothing.
#[derive(Debug)]
pub(super) enum Fault {
    /// The system does not let us read it: nothing is known of what it holds. The sentence names it.
    Unreadable(String),
    /// It holds something else than it should.
    Broken { path: PathBuf, why: String },
}

/// Whose failures are remembered.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose<'a> {
    /// A site's.
    Site(&'a str),
    /// Those that would have hit any site.
    Authority,
}

impl Store {
    /// Opens the part of the authority with this directory URL, and makes the folders. The error is a sentence.
    pub(super) fn open(state: &Path, directory: &str) -> Result<Store, String> {
        let root = state.join(file_name(directory.strip_prefix("https://").unwrap_or(directory)));
        let certificates = root.join("certificates");
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&certificates);
        made.map_err(|error| format!("cannot make the directory {}: {error}", certificates.display()))?;
        Ok(Store { root })
    }

    /// The right to order, as long as the file is held; `None` if another process has it.
    pub(super) fn lock(&self) -> Result<Option<File>, String> {
        let path = self.root.join("lock");
        let unusable = |error: io::Error| format!("{}: {error}", path.display());
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// The account with the authority.
    pub(super) fn account(&self) -> Result<Option<AccountCredentials>, Fault> {
        read(&self.account_path(), |text| serde_json::from_str(text).map_err(|error| format!("no account in JSON: {error}")))
    }

    pub(super) fn save_account(&self, account: &AccountCredentials) -> io::Result<()> {
        write(&self.account_path(), &serde_json::to_vec_pretty(account)?)
    }

    pub(super) fn account_path(&self) -> PathBuf {
        self.root.join("account.json")
    }

    /// A site's certificate.
    pub(super) fn certificate(&self, site: &str) -> Result<Option<Pair>, Fault> {
        read(&self.site_path(site, "pem"), |text| {
            let begin = text.find("-----BEGIN CERTIFICATE-----").ok_or("no certificate in PEM")?;
            let (key, chain) = text.split_at(begin);
            Pair::read(chain, key)
        })
    }

    pub(super) fn save_certificate(&self, site: &str, pair: &Pair) -> io::Result<()> {
        let end = if pair.key_pem.ends_with('\n') { "" } else { "\n" };
        write(&self.site_path(site, "pem"), format!("{}{end}{}", pair.key_pem, pair.chain_pem).as_bytes())
    }

    /// Orders that failed in a row.
    pub(super) fn failures(&self, whose: Whose<'_>) -> Result<Failures, Fault> {
        let failures = |text: &str| {
            let value: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
            let at = |key: &str| value[key].as_u64().map(|seconds| Calendar(Duration::from_secs(seconds)));
            let count = value["count"].as_u64().and_then(|count| u32::try_from(count).ok()).ok_or("no number as `count`")?;
            Ok(Failures { count, last: at("last").ok_or("no time as `last`")?, not_until: at("not-until") })
        };
        read(&self.failures_path(whose), failures).map(Option::unwrap_or_default)
    }

    pub(super) fn save_failures(&self, whose: Whose<'_>, failures: &Failures) -> io::Result<()> {
        let path = self.failures_path(whose);
        if failures.count == 0 {
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        // Seconds since 1970; rounded up where we were asked to wait.
        let not_until = failures.not_until.map(|until| until.0.as_secs().saturating_add(u64::from(until.0.subsec_nanos() > 0)));
        let value = json!({ "count": failures.count, "last": failures.last.0.as_secs(), "not-until": not_until });
        write(&path, value.to_string().as_bytes())
    }

    fn failures_path(&self, whose: Whose<'_>) -> PathBuf {
        match whose {
            Whose::Site(site) => self.site_path(site, "json"),
            Whose::Authority => self.root.join("failures.json"),
        }
    }

    fn site_path(&self, site: &str, kind: &str) -> PathBuf {
        self.root.join("certificates").join(format!("{}.{kind}", file_name(site)))
    }
}

/// Renames a file that is of no use, so that the next one does not overwrite it, and says where it is now.
pub(super) fn put_aside(path: &Path) -> io::Result<PathBuf> {
    for number in 1..=KEPT {
        let mut kept = path.as_os_str().to_owned();
        kept.push(format!(".broken-{number}"));
        let kept = PathBuf::from(kept);
        if fs::symlink_metadata(&kept).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            fs::rename(path, &kept)?;
            return Ok(kept);
        }
    }
    Err(io::Error::other(format!("{KEPT} broken ones are kept already; look at them, and remove them")))
}

/// Reads and parses; `None` if there is no file.
fn read<T>(path: &Path, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, Fault> {
    let broken = |why| Fault::Broken { path: path.to_path_buf(), why };
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Fault::Unreadable(format!("cannot read {}: {error}", path.display()))),
    }
    if bytes.len() as u64 > LONGEST {
        return Err(broken(format!("it is longer than {LONGEST} bytes")));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| broken("it is not text".to_string()))?;
    parse(text).map(Some).map_err(broken)
}

/// Replaces a file in one step: after a crash there is the old one or the new one.
fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    // What a crash left behind may have other rights than we want.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    let folder = path.parent().expect("a file of the store is in a directory of it");
    File::open(folder)?.sync_all()
}

/// A text as one component of a path: what is not a lower case letter, digit, hyphen, or inner dot or underscore, is written as `%` and two
/// digits, so that different texts get different names and none leads elsewhere.
fn file_name(text: &str) -> String {
    let mut name = String::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => name.push(char::from(byte)),
            b'.' | b'_' if at > 0 => name.push(char::from(byte)),
            _ => name.push_str(&format!("%{byte:02x}")),
        }
    }
    name
}

#[cfg(test)]
mod tests;
