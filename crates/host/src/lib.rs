//! The seam: what a program may ask of its machine. Code that runs on a host asks a [`Host`] for connections, listeners, names, time,
//! randomness, tasks and files, and cannot tell which machine is behind it.
//!
//! - [`Host`]: the value that is passed around, one per thread.
//! - [`Machine`]: what a machine must be able to do; [`os`] is the real one, the lab has the virtual one. Both are in the same binary.
//! - [`Stream`], [`Listener`], [`File`]: what a host hands out. The kernel's kinds are variants of their own, so that the seam costs a
//!   predictable branch and no virtual call on the way of the bytes.
//! - [`Slab`]: memory that is sent as a file is.
//! - [`Datagrams`]: an exchange of datagrams with one far end. [`DatagramListener`]: a port where datagrams of everybody come in.
//! - [`Meter`]: what the machine knows of a connection beside its bytes.
//! - [`Deadline`]: a time limit that is cheap to move.
#![deny(unsafe_code)]

mod datagram_listener;
mod datagrams;
mod deadline;
mod file;
mod listener;
mod machine;
mod meter;
pub mod os;
mod slab;
mod stream;

pub use datagram_listener::{DatagramListener, DatagramListening, KernelDatagrams, LONGEST_DATAGRAM, MOST_DATAGRAMS, Outgoing, Received};
pub use datagrams::{DatagramSocket, Datagrams, Udp};
pub use deadline::{Deadline, Timers};
pub use file::{File, Found, Opened};
pub use listener::{Accepting, Listener};
pub use machine::{Connecting, Endpoint, Host, Machine, Names, Resolving, Task, Unguessable};
pub use meter::{Ends, Meter, TcpInfo};
pub use slab::{Slab, Sparse};
pub use stream::{ByteStream, Stream};
