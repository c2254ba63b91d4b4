//! Every line of the sealed crates' `clippy.toml` fires: a path that clippy cannot resolve would forbid nothing, without a word.

use super::super::lints::disallowed;
use super::Sample;
use crate::cargo;
use std::fs;

/// Uses of everything forbidden, of `std` and of a stand-in for tokio.
const USES: &str = r#"
pub fn methods(builder: std::thread::Builder) {
    let _ = std::time::Instant::now().elapsed();
    let _ = std::time::SystemTime::now().elapsed();
    let _ = std::thread::spawn(|| ());
    std::thread::scope(|_| ());
    let _ = builder.spawn(|| ());
    std::thread::sleep(std::time::Duration::ZERO);
    std::thread::park_timeout(std::time::Duration::ZERO);
    let _ = std::collections::hash_map::RandomState::new();
    let _ = std::net::ToSocketAddrs::to_socket_addrs("localhost:80");
    let _ = std::process::Command::new("true");
    let _ = std::env::var("HOME");
    let _ = std::env::var_os("HOME");
}
pub fn files(permissions: std::fs::Permissions) {
    let _ = std::fs::canonicalize("a");
    let _ = std::fs::copy("a", "b");
    let _ = std::fs::create_dir("a");
    let _ = std::fs::create_dir_all("a");
    let _ = std::fs::exists("a");
    let _ = std::fs::metadata("a");
    let _ = std::fs::read("a");
    let _ = std::fs::read_dir("a");
    let _ = std::fs::read_link("a");
    let _ = std::fs::read_to_string("a");
    let _ = std::fs::remove_dir("a");
    let _ = std::fs::remove_dir_all("a");
    let _ = std::fs::remove_file("a");
    let _ = std::fs::rename("a", "b");
    let _ = std::fs::set_permissions("a", permissions);
    let _ = std::fs::symlink_metadata("a");
    let _ = std::fs::write("a", "b");
}
pub fn tokio_methods() {
    tokio::time::sleep();
    tokio::time::sleep_until();
    tokio::time::timeout();
    tokio::time::timeout_at();
    tokio::time::interval();
    tokio::time::interval_at();
    tokio::spawn();
    tokio::task::spawn();
    tokio::task::spawn_local();
    tokio::task::spawn_blocking();
    tokio::net::lookup_host();
}
pub type Types = (
    std::time::Instant, std::time::SystemTime, std::net::TcpStream, std::net::TcpListener, std::net::UdpSocket,
    std::os::unix::net::UnixStream, std::os::unix::net::UnixListener, std::os::unix::net::UnixDatagram,
    std::fs::File, std::fs::OpenOptions, std::thread::Builder,
);
pub type TokioTypes = (
    tokio::time::Instant, tokio::time::Sleep, tokio::time::Interval, tokio::net::TcpStream, tokio::net::TcpListener,
    tokio::net::TcpSocket, tokio::net::UdpSocket, tokio::net::UnixStream, tokio::net::UnixListener, tokio::net::UnixDatagram,
);
"#;

/// A crate of tokio's name with the forbidden paths in it: the real one would take longer to compile than all other tests here.
const STAND_IN: &str = "
pub fn spawn() {}
pub mod time {
    pub struct Instant; pub struct Sleep; pub struct Interval;
    pub fn sleep() {} pub fn sleep_until() {} pub fn timeout() {} pub fn timeout_at() {} pub fn interval() {} pub fn interval_at() {}
}
pub mod task { pub fn spawn() {} pub fn spawn_local() {} pub fn spawn_blocking() {} }
pub mod net {
    pub fn lookup_host() {}
    pub struct TcpStream; pub struct TcpListener; pub struct TcpSocket; pub struct UdpSocket;
    pub struct UnixStream; pub struct UnixListener; pub struct UnixDatagram;
}
";

#[test]
fn every_line_fires() {
    if !cargo::command().args(["clippy", "--version"]).output().is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("THROUGHLINE_REAL_PEERS").is_none(), "clippy is required here and not installed");
        eprintln!("skipped: clippy is not installed");
        return;
    }
    let sample = Sample { root: std::env::temp_dir().join(format!("throughline-clippy-{}", std::process::id())) };
    let list = fs::read_to_string(crate::root().join("crates/node/clippy.toml")).expect("node has a clippy.toml");
    sample.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"uses\", \"tokio\"]\n");
    sample.write("tokio/Cargo.toml", "[package]\nname = \"tokio\"\nedition = \"2024\"\n");
    sample.write("tokio/src/lib.rs", STAND_IN);
    sample.write("uses/Cargo.toml", "[package]\nname = \"uses\"\nedition = \"2024\"\n\n[dependencies]\ntokio.path = \"../tokio\"\n");
    sample.write("uses/src/lib.rs", USES);
    sample.write("uses/clippy.toml", &list);
    let output = cargo::command()
        .args(["clippy", "--offline", "--quiet", "--package", "uses", "--manifest-path"])
        .arg(sample.root.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(sample.root.join("target"))
        .current_dir(&sample.root)
        .env_remove("RUSTFLAGS")
        .env_remove("CLIPPY_CONF_DIR")
        .env_remove("CARGO_MANIFEST_DIR")
        .output()
        .expect("cargo clippy can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    let silent: Vec<&str> = disallowed(&list)
        .into_iter()
        .map(|(_, path)| path)
        .filter(|path| !said.contains(&format!("disallowed method `{path}`")) && !said.contains(&format!("disallowed type `{path}`")))
        .collect();
    assert!(disallowed(&list).len() > 50, "the list is read");
    assert!(silent.is_empty(), "these lines forbid nothing: {silent:#?}\n{said}");
}
