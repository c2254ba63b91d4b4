//! `throughline explain dns`.

use super::{NO_FILE, read};
use crate::admin::client::ask;
use crate::admin::explain::{Form, names};
use crate::admin::parameters::encoded;
use crate::cmd::serve;
use crate::cmd::shown::Shown;
use decide::address::Address;
use wire::http::Method;

/// A question to the name server.
#[derive(clap::Args)]
pub struct Question {
    /// The configuration file (not with --admin), and the name.
    #[arg(value_name = "CONFIG|NAME", num_args = 1..=2)]
    what: Vec<String>,
    /// Ask the running server whose admin side listens here, instead of reading a file.
    #[arg(long, value_name = "ADDR", value_parser = serve::address)]
    admin: Option<Address>,
    #[command(flatten)]
    shown: Shown,
    /// The type of records; else addresses of the client's own family.
    #[arg(short, long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Whom the answer is for: an address, or a network as a resolver tells it (RFC 7871), such as 192.0.2.0/24; else 127.0.0.1.
    #[arg(short, long, value_name = "ADDR|NET")]
    client: Option<String>,
    /// As one JSON object (docs/guide/explain-json.md).
    #[arg(long)]
    json: bool,
}

impl Question {
    /// The answer and its reasons.
    pub(super) fn explained(&self) -> Result<String, String> {
        let files = usize::from(self.admin.is_none());
        if self.what.len() > files + 1 {
            return Err("with --admin no configuration file is read: give only a name".to_string());
        }
        let name = self.what.get(files).ok_or(if self.admin.is_none() { NO_FILE } else { "say which name" })?;
        let question = names::Question::of(name, self.kind.as_deref(), self.client.as_deref())?;
        let Some(admin) = &self.admin else {
            return names::rehearsed(&question, read(&self.what[0])?, Form::new(self.json));
        };
        let given = [("name", Some(name)), ("type", self.kind.as_ref()), ("client", self.client.as_ref())];
        let given = given.into_iter().filter_map(|(key, value)| Some(format!("{key}={}", encoded(value?))));
        let given = given.chain(self.json.then(|| "json".to_string()));
        let target = format!("/explain/dns?{}", given.collect::<Vec<_>>().join("&"));
        ask(admin, self.shown.token()?.as_deref(), Method::Get, &target)?.into_result()
    }
}
