//! What the `throughline` command is made of, apart from its door (`main.rs`): the command is a thin layer over these modules.
//!
//! - [`settings`]: the catalogue of every setting, the config file read with it, and the defaults for whoever builds a configuration
//!   in code.
#![forbid(unsafe_code)]

pub mod settings;
