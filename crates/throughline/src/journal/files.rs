//! The directory of the journal: `STATE/journal/` holds `lock`, at most one `base-N` (what is still of use of the records up to number N)
//! and `log-N` (the records from number N on). All of it is its owner's alone.

use decide::config;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// How many broken files of one name are kept.
const KEPT: u32 = 9;

/// One of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// Up to this number.
    Base(u64),
    /// From this number on.
    Log(u64),
}

/// The directory, which no other process has as long as this is held.
pub(super) struct Directory {
    path: PathBuf,
    _lock: File,
}

/// Where it is.
pub(super) fn directory(settings: &config::Journal) -> PathBuf {
    Path::new(&settings.state).join("journal")
}

impl Directory {
    /// Makes and takes it. The error is a sentence.
    pub(super) fn open(settings: &config::Journal) -> Result<Directory, String> {
        let path = directory(settings);
        let unusable = |error: io::Error| format!("cannot use {} for the journal: {error}", path.display());
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(unusable)?;
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Directory { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(format!(
                "another process has the journal in {}: give each a state directory of its own ([journal] state)",
                path.display()
            )),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    pub(super) fn path(&self, name: Name) -> PathBuf {
        self.path.join(match name {
            Name::Base(number) => format!("base-{number:020}"),
            Name::Log(number) => format!("log-{number:020}"),
        })
    }

    /// The files in the order to be read. Those that a newer base has made useless, and what was being
    /// written, are removed.
    pub(super) fn list(&self) -> io::Result<Vec<Name>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            let number = |prefix: &str| name.strip_prefix(prefix).filter(|rest| rest.len() == 20)?.parse().ok();
            match (number("base-"), number("log-")) {
                (Some(number), _) => names.push(Name::Base(number)),
                (_, Some(number)) => names.push(Name::Log(number)),
                _ => {}
            }
        }
        self.remove_unfinished()?;
        names.sort_unstable();
        let base = names.iter().filter_map(|name| if let Name::Base(number) = name { Some(*number) } else { None }).max();
        let (of_use, useless): (Vec<Name>, Vec<Name>) = names.into_iter().partition(|name| match name {
            Name::Base(number) => Some(*number) == base,
            Name::Log(number) => base.is_none_or(|base| *number > base),
        });
        self.remove(&useless)?;
        Ok(of_use)
    }

    /// Removes what was being written and has no name yet.
    pub(super) fn remove_unfinished(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            if path.extension().is_some_and(|kind| kind == "new") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    pub(super) fn remove(&self, names: &[Name]) -> io::Result<()> {
        names.iter().try_for_each(|name| match fs::remove_file(self.path(*name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
    }

    pub(super) fn read(&self, name: Name) -> io::Result<File> {
        File::open(self.path(name))
    }

    /// A file that is to be written, with nothing in it; under another name until [`Directory::settle`].
    pub(super) fn create(&self, name: Name) -> io::Result<File> {
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(self.new_path(name))
    }

    /// Gives written files their names, and makes sure of it.
    pub(super) fn settle(&self, names: &[Name]) -> io::Result<()> {
        names.iter().try_for_each(|name| fs::rename(self.new_path(*name), self.path(*name)))?;
        File::open(&self.path)?.sync_all()
    }

    /// Gives a broken file a second name, so that somebody can look at it when it is gone from here. Too many of them are not kept.
    pub(super) fn put_aside(&self, name: Name) -> io::Result<()> {
        let path = self.path(name);
        for number in 1..=KEPT {
            match fs::hard_link(&path, format!("{}.broken-{number}", path.display())) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                other => return other,
            }
        }
        Ok(())
    }

    fn new_path(&self, name: Name) -> PathBuf {
        PathBuf::from(format!("{}.new", self.path(name).display()))
    }
}
