//! Settings: the catalogue, the config file, the defaults.
//!
//! - [`catalogue`]: every setting once. Nothing else in the program knows a key or a default.
//! - [`load`] reads a file and gives a checked [`Config`], or every mistake in it at once; [`load_with`] also gives the warnings, the
//!   address of the admin side, and lets routes name applications.
//! - [`from_to`] is the configuration of `serve --from … --to …`.
//! - [`defaults`]: the catalogue's defaults as parts of the model, for configurations built in code.
//! - [`reference()`] and [`schema`]: the pages made from the catalogue.
//!
//! The way of a file: `toml` parses it with spans; `read` walks the document beside the catalogue; `build` makes the model; `rules`
//! looks at the whole. Each notes what it finds and goes on, so that an owner sees all mistakes in one run.

mod acme;
mod build;
mod cache;
pub mod catalogue;
pub mod defaults;
mod disk;
mod dns;
mod encoding;
mod mistake;
mod nearest;
mod owners;
mod proxy;
mod read;
mod reference;
mod rules;
mod schema;
mod steering;
mod syntax;
mod tiers;
mod tls;
mod value;

pub use defaults::*;
pub(crate) use disk::{system_authorities, unreadable};
pub use mistake::{Mistake, Severity};
pub(crate) use owners::{EXPOSED_HELP, exposed};
pub use reference::reference;
pub use schema::schema;
pub use value::Shape;

use catalogue::ROOT;
use decide::address::Address;
use decide::config::{Action, Backend, Config, Pool, Rewrite, Route, Site};
use disk::{Disk, Here};
use mistake::Mistakes;
use read::Reader;
use toml::de::DeTable;

/// What a config file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Where the admin side listens, if anywhere.
    pub admin: Option<Address>,
    /// What the owner should know; none of [`Severity::Error`].
    pub warnings: Vec<Mistake>,
}

/// Reads a config file. `file_name` is only for messages. A file with an error gives all its mistakes, warnings too, in the order of
/// the file; a file with warnings alone is used ([`load_with`] tells them).
pub fn load(text: &str, file_name: &str) -> Result<Config, Vec<Mistake>> {
    load_with(text, file_name, &[]).map(|loaded| loaded.config)
}

/// As [`load`], and routes may name one of these applications as their action.
pub fn load_with(text: &str, file_name: &str, applications: &[&str]) -> Result<Loaded, Vec<Mistake>> {
    load_on(text, file_name, applications, &Here::default())
}

/// As [`load_with`], on a machine with these files.
fn load_on(text: &str, file_name: &str, applications: &[&str], disk: &dyn Disk) -> Result<Loaded, Vec<Mistake>> {
    let mut mistakes = Mistakes::new(file_name, text);
    let (document, errors) = DeTable::parse_recoverable(text);
    if !syntax::note(errors, text, &mut mistakes) {
        return Err(mistakes.into_sorted());
    }
    let root = Reader::new(&mut mistakes, !applications.is_empty()).table(&ROOT, document.span(), document.get_ref());
    let config = build::config(&root, disk, &mut mistakes);
    let admin = build::admin(&root.table("admin"));
    known_applications(&root, applications, &mut mistakes);
    rules::check(&root, &config, admin.as_ref(), disk, &mut mistakes);
    let found = mistakes.into_sorted();
    if found.iter().any(|mistake| mistake.severity == Severity::Error) {
        return Err(found);
    }
    Ok(Loaded { config, admin, warnings: found })
}

fn known_applications(root: &read::Table, applications: &[&str], mistakes: &mut Mistakes<'_>) {
    for route in root.tables("site").iter().flat_map(|site| site.tables("route")) {
        if let (Some(name), Some(given)) = (route.text_if("application"), route.given("application"))
            && !applications.contains(&name.as_str())
        {
            mistakes.error(&given.span, format!("unknown application {name:?}")).nearest(&name, applications.iter().copied());
        }
    }
}

/// The configuration of `serve --from … --to …`: one site for any host, whose requests all go to one pool of these backends in turn, with
/// the catalogue's defaults throughout.
pub fn from_to(from: &[Address], to: &[Address]) -> Config {
    let route = Route {
        name: "*".to_string(),
        when: match_defaults(),
        action: Action::Pool(0),
        request: Rewrite::default(),
        response: decide::config::FieldEdits::default(),
        cache: None,
        compress: None,
        early_hints: None,
        tiers: decide::config::Tiers::default(),
    };
    let backends: Vec<Backend> = to.iter().cloned().map(backend_defaults).collect();
    Config {
        listeners: from.iter().map(|at| listener_defaults(at.clone(), vec![0])).collect(),
        sites: vec![Site { routes: vec![route], ..site_defaults() }],
        pools: vec![Pool { name: "to".to_string(), backends, ..pool_defaults() }],
        certificates: Vec::new(),
        acme: None,
        tls: tls_defaults(),
        limits: limits_defaults(),
        server: server_defaults(),
        cache: cache_defaults(),
        access_log: None,
        tokens: Vec::new(),
        journal: None,
        dns: None,
        resolver: None,
        pops: Vec::new(),
        steerings: Vec::new(),
        collectors: Vec::new(),
        geography: None,
    }
}

#[cfg(test)]
mod tests;
