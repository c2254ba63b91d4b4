//! How the places are at the moment.

use alloc::vec;
use alloc::vec::Vec;

/// Health and shares, by the index of a place in [`crate::config::Config::pops`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Of each place: whether it serves. A place beyond the end does.
    pub healthy: Vec<bool>,
    /// Of each place: the share of all prefixes that it sheds, in 65,536ths. A place beyond the end sheds none.
    pub shares: Vec<u16>,
}

impl State {
    /// Whether a place serves.
    pub fn is_healthy(&self, pop: u16) -> bool {
        self.healthy.get(usize::from(pop)).copied().unwrap_or(true)
    }

    /// The share of prefixes that a place sheds, in 65,536ths.
    pub fn share(&self, pop: u16) -> u16 {
        self.shares.get(usize::from(pop)).copied().unwrap_or(0)
    }

    /// As if a place had failed.
    pub fn without(&self, pop: u16) -> State {
        let mut state = self.clone();
        if state.healthy.len() <= usize::from(pop) {
            let rest = usize::from(pop) + 1 - state.healthy.len();
            state.healthy.extend(vec![true; rest]);
        }
        state.healthy[usize::from(pop)] = false;
        state
    }
}
