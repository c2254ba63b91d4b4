//! Every decision the program takes, as functions without I/O: time, randomness and identity are arguments, and a decision returns
//! its reason along with its choice.
//!
//! - [`time`], [`random`], [`address`]: the arguments.
//! - [`config`]: what an owner wants, as data; the settings catalogue in the binary fills it.
//! - [`step`]: the catalogue of everything a user can see happening.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod address;
pub mod config;
pub mod random;
pub mod step;
pub mod time;
