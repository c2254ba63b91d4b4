//! The token that is shown to an admin side.

use crate::settings;
use std::path::{Path, PathBuf};

/// Without the option, the environment may have it.
const VARIABLE: &str = "THROUGHLINE_TOKEN";

/// Where the token is.
#[derive(clap::Args)]
pub(super) struct Shown {
    /// Show the token in this file to the admin side; else that in the environment's THROUGHLINE_TOKEN, if there is one.
    #[arg(long, value_name = "FILE", global = true)]
    token_file: Option<PathBuf>,
}

impl Shown {
    /// The token, if there is one.
    pub(super) fn token(&self) -> Result<Option<String>, String> {
        match (self.in_file()?, std::env::var(VARIABLE)) {
            (Some(token), _) => Ok(Some(token)),
            (None, Ok(text)) => clean(&text, VARIABLE).map(Some),
            (None, Err(_)) => Ok(None),
        }
    }

    /// That of the file, if one is named.
    pub(super) fn in_file(&self) -> Result<Option<String>, String> {
        self.token_file.as_deref().map(read).transpose()
    }
}

fn read(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| format!("cannot read the token in {}: {}", path.display(), settings::unreadable(&error)))?;
    clean(&text, &path.display().to_string())
}

/// Without the line end that editors leave. What is no token is not sent, and not shown.
fn clean(text: &str, place: &str) -> Result<String, String> {
    let token = text.trim();
    // RFC 6750 §2.1
    let holds = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
    if holds { Ok(token.to_string()) } else { Err(format!("there is no token in {place}: it is one word of letters, digits and -._~+/=")) }
}
