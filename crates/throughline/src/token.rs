//! Tokens as people have them: drawn here, and written as a configuration holds them. [`node::token`] knows one by its hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use decide::config::TokenHash;
pub(crate) use node::token::{hash, is_among};

/// A new token. The error is a sentence.
pub(crate) fn draw() -> Result<String, String> {
    let mut bits = [0; 32];
    aws_lc_rs::rand::fill(&mut bits).map_err(|_| "the system gives no random numbers".to_string())?;
    Ok(URL_SAFE_NO_PAD.encode(bits))
}

/// A hash as the configuration has it.
pub(crate) fn text(hash: &TokenHash) -> String {
    let digits: String = hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

#[cfg(test)]
mod tests;
