//! `throughline serve`: the embedded default, a config file, or `--from … --to …`.

use crate::cmd::{print, say};
use crate::demo::{self, Demo};
use crate::process::{self, Plan, Source};
use crate::settings;
use decide::address::Address;
use decide::config::{Config, Listener};
use node::Application;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// What to serve, and where.
#[derive(clap::Args)]
pub struct Arguments {
    /// A configuration file. Without one, and without --from: the embedded default.
    #[arg(conflicts_with_all = ["from", "to"])]
    config: Option<PathBuf>,
    /// Listen here and balance over every --to.
    #[arg(long, value_name = "ADDR", value_parser = address, requires = "to")]
    from: Vec<Address>,
    /// A backend: 127.0.0.1:3000, [::1]:3000, app.internal:3000, unix:/run/app.sock.
    #[arg(long, value_name = "ADDR", value_parser = address, requires = "from")]
    to: Vec<Address>,
    /// Where the embedded default serves its site.
    #[arg(long, value_name = "ADDR", value_parser = address, default_value = "127.0.0.1:8080", conflicts_with_all = ["config", "from"])]
    http: Address,
    /// Where the embedded default serves its site with TLS.
    #[arg(long, value_name = "ADDR", value_parser = address, default_value = "127.0.0.1:8443", conflicts_with_all = ["config", "from"])]
    https: Address,
    /// Where the admin side listens; overrides the configuration file's.
    #[arg(long, value_name = "ADDR", value_parser = address)]
    admin: Option<Address>,
}

pub(super) fn address(text: &str) -> Result<Address, String> {
    let hint = "an address is written 127.0.0.1:8080, [::1]:8080, name:8080 or unix:/path";
    Address::parse(text).map_err(|_| hint.to_string())
}

/// Serves until it is told to stop.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let plan = match (&arguments.config, arguments.from.is_empty()) {
        (Some(path), _) => of_file(path, arguments.admin)?,
        (None, false) => of_addresses(&arguments.from, &arguments.to, arguments.admin)?,
        (None, true) => embedded(arguments.http, arguments.https, arguments.admin)?,
    };
    process::run(plan, print)
}

fn of_file(path: &std::path::Path, admin: Option<Address>) -> Result<Plan, String> {
    let source = Source { path: path.to_path_buf(), admin };
    let loaded = source.load().map_err(|refused| refused.text)?;
    for warning in &loaded.warnings {
        say(&warning.to_string());
    }
    Ok(Plan { config: loaded.config, source: Some(source), applications: BTreeMap::new(), hints: |_| Vec::new() })
}

fn of_addresses(from: &[Address], to: &[Address], admin: Option<Address>) -> Result<Plan, String> {
    let mut config = settings::from_to(from, to);
    process::add_admin(&mut config, admin)?;
    Ok(Plan { config, source: None, applications: BTreeMap::new(), hints: |_| Vec::new() })
}

/// The embedded default: a site on two application servers behind the balancer.
fn embedded(http: Address, https: Address, admin: Option<Address>) -> Result<Plan, String> {
    let admin = admin.or_else(settings::admin_defaults);
    let (certificate, problem) = demo::certificate(demo::state_directory().as_deref());
    if let Some(problem) = problem {
        say(&format!("{problem}; it is made anew at each start"));
    }
    let token = demo::token(demo::state_directory().as_deref());
    let mut config = demo::config(http, https, certificate, token.into_iter().collect());
    process::add_admin(&mut config, admin.clone())?;
    let server = |name: &'static str| (name.to_string(), Arc::new(Demo::new(name, admin.clone())) as Arc<dyn Application>);
    Ok(Plan { config, source: None, applications: BTreeMap::from(demo::SERVERS.map(server)), hints })
}

/// Commands to try on the embedded default, whose site is on the first two listeners and whose admin side is on the last.
fn hints(config: &Config) -> Vec<String> {
    let curl = |options: &str, listener: Option<&Listener>, path: &str| {
        let listener = listener?;
        let scheme = if listener.tls { "https" } else { "http" };
        Some(match &listener.at {
            Address::Unix(socket) => format!("curl {options} --unix-socket {socket} {scheme}://localhost{path}"),
            // The certificate is for this machine's names for itself.
            Address::Ip(ip) if listener.tls && ip.ip().is_loopback() => format!("curl {options} {scheme}://localhost:{}{path}", ip.port()),
            other => format!("curl {options} {scheme}://{other}{path}"),
        })
    };
    // From URL to answer, by the same address that a browser would take.
    let trace = |options: &str, listener: Option<&Listener>, path: &str| {
        let Address::Ip(ip) = listener?.at else { return None };
        let scheme = if listener?.tls { "https" } else { "http" };
        let host = if ip.ip().is_loopback() { format!("localhost:{}", ip.port()) } else { ip.to_string() };
        Some(format!("throughline trace {options}{scheme}://{host}{path}"))
    };
    let kept = config.certificates.first().and_then(|certificate| certificate.files.as_ref());
    let trust = kept.map_or("-k".to_string(), |files| format!("--cacert {}", quoted(&files.chain)));
    let (site, secured, admin) = (config.listeners.first(), config.listeners.get(1), config.listeners.last());
    // Both ends of the same request, where the server knows the token.
    let known = config.sites.first().is_some_and(|site| !site.trace_tokens.is_empty());
    let token = demo::state_directory().filter(|_| known).and_then(|directory| demo::token_file(&directory));
    let token = token.map_or(String::new(), |path| format!("--token-file {} ", quoted(&path)));
    let commands = [
        trace(&format!("{trust} {token}"), secured, "/path.svg"),
        curl("-i", site, "/"),
        curl(&trust, secured, "/"),
        curl("-s", site, "/api/visits"),
        // Twice: the second comes from the cache, and says so.
        curl("-so /dev/null -D -", site, "/path.svg"),
        curl("-s", admin, "/metrics"),
    ];
    commands.into_iter().flatten().collect()
}

/// A path as a shell reads it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%,:".contains(c);
    if path.chars().all(plain) { path.to_string() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
