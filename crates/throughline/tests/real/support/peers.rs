//! Programs of others. Where one is missing, its tests say so and pass; where `THROUGHLINE_REAL_PEERS=required`, they fail.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Where a program is, or `None` after one line that says what is skipped.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    // Debian keeps servers where a plain user's PATH does not lead.
    let folders = std::env::split_paths(&paths).chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        assert!(std::env::var("THROUGHLINE_REAL_PEERS").as_deref() != Ok("required"), "{name} is not installed, and required here");
        eprintln!("skipped: {name} is not installed");
    }
    found
}

/// A Python that has a module, or `None` after one line that says what is skipped.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn find_python(module: &str) -> Option<PathBuf> {
    // The system's own comes first: modules are installed as its packages.
    let pythons = [PathBuf::from("/usr/bin/python3"), PathBuf::from("python3")];
    let has = |python: &PathBuf| {
        let mut command = Command::new(python);
        command.args(["-c", &format!("import {module}")]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let found = pythons.into_iter().find(has);
    if found.is_none() {
        let required = std::env::var("THROUGHLINE_REAL_PEERS").as_deref() == Ok("required");
        assert!(!required, "no Python has the module {module}, and it is required here");
        eprintln!("skipped: no Python has the module {module}");
    }
    found
}

/// curl, without its own configuration and proxies.
pub(crate) struct Curl(PathBuf);

impl Curl {
    pub(crate) fn find() -> Option<Curl> {
        find("curl").map(Curl)
    }

    /// Runs it. Silent but for errors, and not forever.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(&self.0);
        command.args(["-q", "--noproxy", "*", "-sS", "--max-time", "120"]).args(arguments);
        command.stdin(Stdio::null()).output().expect("curl runs")
    }

    /// What it wrote to standard output; it must have succeeded.
    pub(crate) fn bytes(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.run(arguments);
        assert!(output.status.success(), "curl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// The same as text.
    pub(crate) fn text(&self, arguments: &[&str]) -> String {
        String::from_utf8_lossy(&self.bytes(arguments)).into_owned()
    }
}

/// A server of others, killed at the end.
pub(crate) struct Server {
    pub(crate) child: std::process::Child,
}

impl Server {
    /// Starts it and waits until something listens at `at`.
    pub(crate) fn start(program: &Path, arguments: &[&str], at: std::net::SocketAddr) -> Server {
        Server::start_with(program, arguments, &[], at)
    }

    /// The same with variables in its environment.
    pub(crate) fn start_with(program: &Path, arguments: &[&str], environment: &[(&str, &str)], at: std::net::SocketAddr) -> Server {
        let mut command = Command::new(program);
        command.args(arguments).envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = Server { child: command.spawn().expect("the server starts") };
        let mut errors = server.child.stderr.take().expect("it is piped");
        // Read all the while: one that says much would wait for somebody to listen.
        let said = std::thread::spawn(move || {
            let mut said = Vec::new();
            let _ = std::io::Read::read_to_end(&mut errors, &mut said);
            String::from_utf8_lossy(&said).into_owned()
        });
        let began = std::time::Instant::now();
        while std::net::TcpStream::connect(at).is_err() {
            if let Ok(Some(status)) = server.child.try_wait() {
                panic!("{} ended with {status}: {}", program.display(), said.join().unwrap_or_default());
            }
            assert!(began.elapsed() < super::PATIENCE, "{} does not listen on {at}", program.display());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
