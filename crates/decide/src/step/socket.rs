//! The steps of a WebSocket, as the client sees it.

use super::{Bytes, FieldInfo, FieldType, StepInfo, Text, Value};
use crate::time::Duration;

steps! {
    /// One thing that happened on a WebSocket.
    SocketStep:
    /// The server's answer was judged by the rules of the handshake, and keeps them all (RFC 6455 §4.1).
    SocketOpened "websocket-opened" {
        /// The subprotocols that were offered, separated by commas.
        offered: Text,
        /// The one that the server has chosen; empty where it chose none.
        protocol: Text,
        /// Compression was offered (permessage-deflate).
        deflate_offered: bool,
        /// The extensions that hold, as the server wrote them.
        extensions: Text,
    }
    /// A frame passed.
    SocketFrame "websocket-frame" {
        /// Who sent it: `client` or `server`.
        from: &'static str,
        /// `text`, `binary`, `continuation`, `ping`, `pong` or `close`.
        kind: &'static str,
        /// Bytes of its payload on the way, without its header.
        size: Bytes,
        /// Its message is compressed.
        compressed: bool,
        /// Its message ends with it.
        last: bool,
        /// The beginning of what it holds, where that is text; empty in the middle of a compressed message.
        text: Text,
    }
    /// More frames passed than are told one by one.
    SocketFramesUntold "websocket-frames-untold" {
        /// How many more.
        frames: u64,
        /// Bytes of their payload.
        size: Bytes,
    }
    /// Our ping was answered, or was not.
    SocketPinged "websocket-pinged" {
        /// A pong with its payload came.
        answered: bool,
        /// From the ping to its pong, or to the end of the wait for it.
        took: Duration,
    }
    /// Both ends have sent a close frame.
    SocketClosed "websocket-closed" {
        /// Who was first: `client` or `server`.
        by: &'static str,
        /// The code of the first; 0 where it has none.
        code: u16,
        /// What the code says.
        meaning: &'static str,
        /// Its reason, for people.
        reason: Text,
        /// The code of the other; 0 where it has none.
        answer: u16,
        /// From the first close frame to the second.
        took: Duration,
    }
}
