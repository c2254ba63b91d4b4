//! The certificate of the embedded default: made on the first start, kept for the next ones in the user's state directory.

use decide::config::{Certificate, CertificateFiles};
use decide::time::{Calendar, Duration};
use node::tls::certificate::{Facts, chain_of_pem, check, key_of_pem};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The names that it is for.
const NAMES: [&str; 4] = ["localhost", "127.0.0.1", "::1", "*.throughline.test"];
/// How long it holds: longer, and some programs do not take it.
const DAYS: u64 = 397;
/// One that holds for a shorter time than this is made anew.
const SPARE_DAYS: u64 = 30;
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// A certificate for this machine's own names: the kept one, else a new one. The error tells why it could not be kept; it is good for this
/// run.
pub fn certificate(directory: Option<&Path>) -> (Certificate, Option<String>) {
    let now = SystemTime::now();
    if let Some(kept) = directory.and_then(|directory| kept(directory, now)) {
        return (kept, None);
    }
    let (mut certificate, chain, key) = make(now);
    let problem = match directory {
        None => Some("there is no home directory to keep the certificate in".to_string()),
        Some(directory) => match keep(directory, &chain, &key) {
            Ok(files) => {
                certificate.name = files.chain.clone();
                certificate.files = Some(files);
                None
            }
            Err(error) => Some(format!("cannot keep the certificate in {}: {error}", directory.display())),
        },
    };
    (certificate, problem)
}

/// `$XDG_STATE_HOME/throughline`, else `~/.local/state/throughline`.
pub fn state_directory() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    // XDG Base Directory Specification: a relative path is no path.
    let base = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(base.join("throughline"))
}

fn files(directory: &Path) -> Option<CertificateFiles> {
    let path = |name: &str| directory.join(name).to_str().map(str::to_string);
    Some(CertificateFiles { chain: path("localhost.pem")?, key: path("localhost.key")? })
}

/// The kept one, if it can be used and holds for a while.
fn kept(directory: &Path, now: SystemTime) -> Option<Certificate> {
    let files = files(directory)?;
    let (chain, key) = (std::fs::read(&files.chain).ok()?, std::fs::read(&files.key).ok()?);
    let (chain, key) = (chain_of_pem(&chain).ok()?, key_of_pem(&key).ok()?);
    let facts = Facts::of(chain.first()?)?;
    let later = Calendar(since_epoch(now) + Duration::from_secs(SPARE_DAYS * DAY_SECONDS));
    let certificate = Certificate { name: files.chain.clone(), files: Some(files), chain, key };
    // An older program's was for fewer names.
    let named = facts.names.len() + facts.addresses.len() == NAMES.len();
    (named && facts.not_before.0 <= since_epoch(now) && facts.not_after > later && check(&certificate).is_ok()).then_some(certificate)
}

/// A new one, and its two files.
fn make(now: SystemTime) -> (Certificate, String, String) {
    let mut wanted = CertificateParams::new(NAMES.map(str::to_string)).expect("names of this machine are names");
    wanted.distinguished_name = rcgen::DistinguishedName::new();
    wanted.distinguished_name.push(DnType::CommonName, "throughline on this machine");
    wanted.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Clocks differ, containers' too.
    let begin = now - Duration::from_secs(DAY_SECONDS);
    wanted.not_before = begin.into();
    wanted.not_after = (begin + Duration::from_secs(DAYS * DAY_SECONDS)).into();
    let key = KeyPair::generate().expect("the system has randomness");
    let made = wanted.self_signed(&key).expect("a key that was just made signs");
    let (chain, secret) = (made.pem(), key.serialize_pem());
    let certificate = Certificate {
        name: "localhost".to_string(),
        files: None,
        chain: vec![made.der().to_vec()],
        key: decide::config::Secret(key.serialize_der()),
    };
    (certificate, chain, secret)
}

/// Writes both files, for this user alone; each is there whole, or as it was.
fn keep(directory: &Path, chain: &str, key: &str) -> io::Result<CertificateFiles> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let files = files(directory).ok_or_else(|| io::Error::other("its name is not UTF-8"))?;
    for (path, text) in [(&files.key, key), (&files.chain, chain)] {
        replace(path, text.as_bytes())?;
    }
    Ok(files)
}

/// Writes a file for this user alone; it is there whole, or as it was. One that is the same already is left alone.
pub(super) fn replace(path: &str, content: &[u8]) -> io::Result<()> {
    if std::fs::read(path).is_ok_and(|kept| kept == content) {
        return Ok(());
    }
    let new = format!("{path}.{}", std::process::id());
    let written = write(&new, content).and_then(|()| std::fs::rename(&new, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    written
}

fn write(path: &str, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn since_epoch(at: SystemTime) -> Duration {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests;
