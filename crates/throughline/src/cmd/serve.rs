//! `throughline serve`: the embedded default, a config file, or `--from … --to …`.

mod hints;

use crate::cmd::{print, say};
use crate::demo::{self, Demo, Places};
use crate::process::{self, Plan, Source};
use crate::settings;
use decide::address::Address;
use node::Application;
use std::collections::BTreeMap;
use std::net::SocketAddr;
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
    /// Where the embedded default serves the zone throughline.test.
    #[arg(long, value_name = "ADDR", value_parser = name_server, default_value = "127.0.0.1:5300", conflicts_with_all = ["config", "from"])]
    dns: SocketAddr,
    /// Where the admin side listens; overrides the configuration file's.
    #[arg(long, value_name = "ADDR", value_parser = address)]
    admin: Option<Address>,
}

pub(super) fn address(text: &str) -> Result<Address, String> {
    let hint = "an address is written 127.0.0.1:8080, [::1]:8080, name:8080 or unix:/path";
    Address::parse(text).map_err(|_| hint.to_string())
}

fn name_server(text: &str) -> Result<SocketAddr, String> {
    let hint = "an address of this machine, with a port: 127.0.0.1:5300";
    text.parse::<SocketAddr>().ok().filter(|at| !at.ip().is_unspecified()).ok_or_else(|| hint.to_string())
}

/// Serves until it is told to stop.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let plan = match (&arguments.config, arguments.from.is_empty()) {
        (Some(path), _) => of_file(path, arguments.admin)?,
        (None, false) => of_addresses(&arguments.from, &arguments.to, arguments.admin)?,
        (None, true) => embedded(arguments)?,
    };
    process::run(plan, print)
}

fn of_file(path: &std::path::Path, admin: Option<Address>) -> Result<Plan, String> {
    let source = Source { path: path.to_path_buf(), admin };
    let loaded = source.load().map_err(|refused| refused.text)?;
    for warning in &loaded.warnings {
        say(&warning.to_string());
    }
    Ok(Plan { config: loaded.config, source: Some(source), applications: BTreeMap::new(), held: Vec::new(), hints: |_| Vec::new() })
}

fn of_addresses(from: &[Address], to: &[Address], admin: Option<Address>) -> Result<Plan, String> {
    let mut config = settings::from_to(from, to);
    process::add_admin(&mut config, admin)?;
    Ok(Plan { config, source: None, applications: BTreeMap::new(), held: Vec::new(), hints: |_| Vec::new() })
}

/// The embedded default: a site on two application servers behind the balancer, and three caches in front of them that names lead to.
fn embedded(arguments: Arguments) -> Result<Plan, String> {
    let admin = arguments.admin.or_else(settings::admin_defaults);
    let directory = demo::state_directory();
    let (certificate, problem) = demo::certificate(directory.as_deref());
    if let Some(problem) = problem {
        say(&format!("{problem}; it is made anew at each start"));
    }
    let token = demo::token(directory.as_deref());
    let places = Places::new(&arguments.http, arguments.dns, directory.as_deref());
    let http = places.as_ref().map_or(arguments.http, |places| places.http.clone());
    let mut held = Vec::new();
    let mut config = demo::config(http, arguments.https, certificate, token.into_iter().collect(), &mut held);
    let around = match places {
        Ok(places) => {
            places.add_to(&mut config);
            let around = places.around();
            held.extend(places.held);
            Some(around)
        }
        Err(why) => {
            say(&format!("{why}: the demo serves without name server and places"));
            None
        }
    };
    process::add_admin(&mut config, admin.clone())?;
    let server = |name: &'static str| (name.to_string(), Arc::new(Demo::new(name, admin.clone(), around)) as Arc<dyn Application>);
    Ok(Plan { config, source: None, applications: BTreeMap::from(demo::SERVERS.map(server)), held, hints: hints::hints })
}
