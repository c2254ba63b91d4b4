//! Every decision the program takes, as functions without I/O: time, randomness and identity are arguments, and a decision returns
//! its reason along with its choice.
//!
//! - [`time`], [`random`], [`address`]: the arguments.
//! - [`config`]: what an owner wants, as data; the settings catalogue in the binary fills it.
//! - [`balance`]: how a pool chooses one of its backends; [`pool`]: who may be chosen, and what each request teaches.
//! - [`step`]: the catalogue of everything a user can see happening.
//! - [`route`]: from a request to the route that serves it, and what the route changes.
//! - [`forward`]: which fields pass us, in both directions, and what we add.
//! - [`certificate`]: which names a certificate is ordered for, when, and by which challenge.
//! - [`conditional`], [`range`], [`multipart`], [`date`]: what requests ask of any stored representation, be it a file or cached.
//! - [`resolve`]: from a name to its addresses: whom to ask, and what to believe.
//! - [`zone`]: our own zones, and what is answered out of them.
//! - [`cache`]: what may be stored, for how long it is fresh, and what it answers.
//! - [`encoding`]: which answers are compressed here, how, and for whom; [`hints`]: what a client may fetch while the origin thinks.
//! - [`content`]: what an answer's bytes are: its media type, and the encoding of its characters.
//! - [`packets`]: what each packet of a capture is to its connection.
//! - [`files`]: a directory served as files: what may be asked for, and what the answer is.
//! - [`fetch`]: one request from URL to answer, as a client: the URL, redirects, what answers say of their way, what can go wrong.
//! - [`joined`]: both ends of a request as one journey: what a server tells of its side, to whom, and when that was.
//! - [`guard`]: what guards a name server: cookies, and a limit of answers.
//! - [`collect`]: routing tables as routers tell them: sessions, stations, files.
//! - [`steer`]: which place a client is led to, from routing tables, measured times and locations.
//! - [`connect`]: which of a server's addresses is tried when.
//! - [`transfer`]: which name servers may have a whole zone, and which are told that one has changed.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod address;
pub mod balance;
pub mod cache;
pub mod certificate;
pub mod collect;
pub mod conditional;
pub mod config;
pub mod connect;
pub mod content;
pub mod date;
pub mod egress;
pub mod encoding;
pub mod fetch;
pub mod files;
pub mod forward;
pub mod guard;
pub mod hints;
pub mod joined;
pub mod multipart;
pub mod packets;
pub mod pool;
pub mod random;
pub mod range;
pub mod resolve;
pub mod route;
pub mod steer;
pub mod step;
pub mod time;
pub mod transfer;
pub mod zone;
