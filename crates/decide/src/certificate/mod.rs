//! Certificates from an authority: for which names one is ordered ([`names`]), when ([`renewal`]), and by which challenge
//! ([`challenge`]).

pub mod challenge;
pub mod names;
pub mod renewal;
