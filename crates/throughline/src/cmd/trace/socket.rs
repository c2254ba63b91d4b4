//! What is done on a WebSocket, as the command line has it.

use super::span;
use node::fetch::Socket;
use std::time::Duration;

/// For ws:// and wss://.
#[derive(clap::Args)]
pub(super) struct SocketArguments {
    /// Offer this subprotocol of WebSocket. May be repeated, the best first.
    #[arg(long, value_name = "NAME", value_parser = protocol)]
    ws_protocol: Vec<String>,
    /// Send this text on the WebSocket. May be repeated.
    #[arg(long, value_name = "TEXT")]
    ws_send: Vec<String>,
    /// How long the WebSocket is listened to before it is closed.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = span)]
    ws_time: Duration,
    /// Close the WebSocket after so many frames of text or bytes from the server, if that is sooner.
    #[arg(long, value_name = "N")]
    ws_frames: Option<u64>,
    /// Do not offer to compress the WebSocket's messages (permessage-deflate).
    #[arg(long)]
    ws_no_compression: bool,
}

impl SocketArguments {
    pub(super) fn wish(&self) -> Result<Socket, String> {
        for (place, name) in self.ws_protocol.iter().enumerate() {
            // RFC 6455 §4.1
            if self.ws_protocol[..place].contains(name) {
                return Err(format!("--ws-protocol {name} is offered twice"));
            }
        }
        Ok(Socket {
            protocols: self.ws_protocol.clone(),
            deflate: !self.ws_no_compression,
            send: self.ws_send.clone(),
            time: self.ws_time,
            frames: self.ws_frames,
        })
    }
}

fn protocol(text: &str) -> Result<String, String> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    match !text.is_empty() && text.chars().all(token) {
        true => Ok(text.to_string()),
        false => Err("a subprotocol is a word, such as chat.1".to_string()),
    }
}
