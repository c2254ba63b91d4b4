//! The machine the bench runs on: its cores, limits, folders, name.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity};
use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The core of the server under test; load and origin have the other.
pub(super) const SERVER_CORE: usize = 0;
pub(super) const LOAD_CORE: usize = 1;

/// Puts this process, and so all it starts, onto the load's core, and raises the limit of open files as far as it goes.
pub(super) fn prepare() -> Result<(), String> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if cores <= LOAD_CORE {
        return Err("bench: needs two cores, one for the server under test and one for the load".to_string());
    }
    for tool in ["wrk", "h2load", "nginx", "openssl", "taskset"] {
        if first_line(tool, &["--version"]).is_none() {
            return Err(format!("bench: {tool} is missing (Debian: wrk, nghttp2-client, nginx-light, openssl, util-linux)"));
        }
    }
    let mut cpus = CpuSet::new();
    cpus.set(LOAD_CORE);
    sched_setaffinity(None, &cpus).map_err(|error| format!("bench: core {LOAD_CORE} is not to be had: {error}"))?;
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).map_err(|error| format!("bench: open files: {error}"))
}

/// How many files a process may have open.
pub(super) fn open_files() -> usize {
    getrlimit(Resource::Nofile).current.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(1 << 20)
}

/// The first line a command prints, on either stream; `None` if it cannot be run.
pub(super) fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    String::from_utf8_lossy(&said).lines().next().map(|line| line.trim().to_string())
}

/// The user's name: nginx wants to know whom its workers run as.
pub(super) fn user() -> String {
    first_line("id", &["-un"]).unwrap_or_else(|| "nobody".to_string())
}

/// The kernel and the processor, for the report.
pub(super) fn description() -> String {
    let kernel = first_line("uname", &["-srm"]).unwrap_or_default();
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).map_or("", |rest| rest.trim_start_matches(['\t', ' ', ':']));
    let cores = info.lines().filter(|line| line.starts_with("processor")).count();
    format!("{model}, {cores} cores; {kernel}")
}

/// Ports of 127.0.0.1 that nobody has now.
pub(super) fn free_ports<const N: usize>() -> Result<[u16; N], String> {
    let failed = |error: io::Error| format!("bench: no free port: {error}");
    // All are held until all are known: one that is let go of may be the next to be given out.
    let held = (0..N).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<io::Result<Vec<_>>>().map_err(failed)?;
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&held) {
        *port = listener.local_addr().map_err(failed)?.port();
    }
    Ok(ports)
}

/// Writes a file, or says which one cannot be written.
pub(super) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), String> {
    fs::write(path, content).map_err(|error| format!("{}: {error}", path.display()))
}

/// Where `cargo build --release` puts what it builds.
pub(super) fn release_folder(root: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
    target.join("release")
}

/// How many tasks want a core, over the last minute; this bench's own are among them.
pub(super) fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_string()
}

/// A command that runs when this is dropped, and also when this process dies: a shell waits for the end of a pipe that we hold.
pub(super) struct Afterwards(Child);

impl Afterwards {
    pub(super) fn run(command: &[&str]) -> Result<Afterwards, String> {
        let shell = Command::new("sh")
            .args(["-c", "read -r _; \"$@\" 2>/dev/null", "afterwards"])
            .args(command)
            .stdin(Stdio::piped())
            // Not in our group: the terminal's interrupt is not for it.
            .process_group(0)
            .spawn();
        shell.map(Afterwards).map_err(|error| format!("bench: sh cannot be run: {error}"))
    }
}

impl Drop for Afterwards {
    fn drop(&mut self) {
        // Waiting closes the pipe first. If the shell is gone, there is nothing left to wait for.
        let _ = self.0.wait();
    }
}

/// A folder in memory, where there is one; gone at the end.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    _removal: Afterwards,
}

impl Folder {
    pub(super) fn new() -> Result<Folder, String> {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let path = parent.join(format!("throughline-bench-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let removal = Afterwards::run(&["rm", "-rf", "--", &path.to_string_lossy()])?;
        Ok(Folder { path, _removal: removal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_gone_with_its_owner() {
        let folder = Folder::new().expect("memory or a disk is there");
        let path = folder.path.clone();
        fs::write(path.join("a"), "b").expect("the folder can be written");
        drop(folder);
        assert!(!path.exists());
    }
}
