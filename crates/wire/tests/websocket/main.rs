//! WebSocket against everything that is not itself: the RFCs' sentences, random messages, mutated ones, tungstenite.

mod driver;
mod fuzz;
mod oracle;
mod properties;
mod situations;
