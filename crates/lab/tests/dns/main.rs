//! The production server as a name server, in virtual time: what it answers by UDP and TCP, its limits, and what is done to it.

mod support;

mod agreement;
mod guards;
mod messages;
mod notices;
mod streams;
mod zones;
