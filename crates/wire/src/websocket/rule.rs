//! The rules a peer can break: in the handshake, each with the status that answers it; on the connection, each with its close code.

use super::CloseCode;
use crate::rules::rules;

rules! {
    "One reason to refuse a handshake."
    HandshakeRule,
    "The status to answer: a client's fault is a 400 or a 426 (see [`HandshakeRule::fields`]), a backend's is a 502."
    pub status:
    // What a client opens with.
    Method 400 "method" "RFC 6455 §4.2.1" "A WebSocket is opened with GET.",
    HttpVersion 400 "HTTP version" "RFC 6455 §4.2.1" "A WebSocket is opened in HTTP/1.1 or later.",
    UpgradeMissing 426 "upgrade missing" "RFC 6455 §4.2.1" "Upgrade does not name websocket.",
    ConnectMissing 400 "CONNECT missing" "RFC 8441 §5" "In HTTP/2 a WebSocket is opened with an extended CONNECT for websocket.",
    ConnectionMissing 400 "connection missing" "RFC 6455 §4.2.1" "Connection does not list upgrade.",
    Version 426 "version" "RFC 6455 §4.2.1" "Sec-WebSocket-Version is not there once with the value 13.",
    KeyMissing 400 "key missing" "RFC 6455 §4.2.1" "Sec-WebSocket-Key is missing.",
    KeyRepeated 400 "key repeated" "RFC 6455 §11.3.1" "Sec-WebSocket-Key came more than once.",
    KeySyntax 400 "key syntax" "RFC 6455 §4.2.1" "Sec-WebSocket-Key is not sixteen bytes in base64.",
    ProtocolSyntax 400 "protocol syntax" "RFC 6455 §4.1" "Sec-WebSocket-Protocol is not a list of different tokens.",
    TooManyProtocols 400 "too many protocols" "RFC 6455 §4.2.1" "More subprotocols are offered than this server reads.",
    ExtensionSyntax 400 "extension syntax" "RFC 6455 §9.1" "Sec-WebSocket-Extensions is not a list of extensions.",
    TooManyExtensions 400 "too many extensions" "RFC 6455 §9.1" "More extensions are offered than this server reads.",
    // What a server answers.
    AnswerStatus 502 "answer status" "RFC 6455 §4.1" "The server did not answer 101.",
    AnswerUpgrade 502 "answer upgrade" "RFC 6455 §4.1" "The answer's Upgrade is not websocket alone.",
    AnswerConnection 502 "answer connection" "RFC 6455 §4.1" "The answer's Connection does not list upgrade.",
    AcceptMissing 502 "accept missing" "RFC 6455 §4.1" "The answer has no Sec-WebSocket-Accept.",
    AcceptRepeated 502 "accept repeated" "RFC 6455 §11.3.3" "Sec-WebSocket-Accept came more than once.",
    AcceptDiffers 502 "accept differs" "RFC 6455 §4.1" "Sec-WebSocket-Accept does not belong to the key of the request.",
    ProtocolRepeated 502 "protocol repeated" "RFC 6455 §11.3.4" "The answer has Sec-WebSocket-Protocol more than once.",
    ProtocolNotOffered 502 "protocol not offered" "RFC 6455 §4.1" "The answer names a subprotocol that was not offered.",
    AnswerExtensionSyntax 502 "answer extension syntax" "RFC 6455 §9.1" "Sec-WebSocket-Extensions is not a list of extensions.",
    ExtensionNotOffered 502 "extension not offered" "RFC 6455 §4.1" "The answer names an extension that was not offered.",
    ExtensionRepeated 502 "extension repeated" "RFC 6455 §9.1" "The answer names an extension twice.",
    DeflateAnswer 502 "deflate answer" "RFC 7692 §7.1" "The answer's permessage-deflate does not fit what was offered.",
}

rules! {
    "One reason to fail a connection."
    Violation,
    "The number of the close code."
    close_number:
    // Frames.
    ReservedBits 1002 "reserved bits" "RFC 6455 §5.2" "A reserved bit is set that no extension has given a meaning.",
    CompressedBit 1002 "compressed bit" "RFC 7692 §6.1" "A frame other than the first of a message is marked as compressed.",
    Opcode 1002 "opcode" "RFC 6455 §5.2" "The opcode is a reserved one.",
    ControlFragmented 1002 "control fragmented" "RFC 6455 §5.5" "A control frame is fragmented.",
    ControlTooLong 1002 "control too long" "RFC 6455 §5.5" "A control frame has more than 125 bytes.",
    LengthNotMinimal 1002 "length not minimal" "RFC 6455 §5.2" "The length is written in more bytes than it needs.",
    LengthTopBit 1002 "length top bit" "RFC 6455 §5.2" "The highest bit of the length is set.",
    MaskMissing 1002 "mask missing" "RFC 6455 §5.1" "A client sent a frame that is not masked.",
    MaskPresent 1002 "mask present" "RFC 6455 §5.1" "A server sent a masked frame.",
    // Messages.
    ContinuationAlone 1002 "continuation alone" "RFC 6455 §5.4" "A continuation came where no message was begun.",
    MessageInterrupted 1002 "message interrupted" "RFC 6455 §5.4" "A message began before the one before it had ended.",
    KindRefused 1003 "kind refused" "RFC 6455 §7.4.1" "A message is of a kind that this endpoint does not take.",
    TextNotUtf8 1007 "text not UTF-8" "RFC 6455 §8.1" "A text message is not UTF-8.",
    DeflateData 1007 "deflate data" "RFC 7692 §7.2.2" "A compressed message does not inflate.",
    MessageTooLarge 1009 "message too large" "RFC 6455 §7.4.1" "A message is larger than this endpoint takes.",
    // Closing.
    CloseLength 1002 "close length" "RFC 6455 §5.5.1" "A close frame has one byte, and a code has two.",
    CloseCodeInvalid 1002 "close code invalid" "RFC 6455 §7.4" "A close frame has a code that is not for the wire.",
    CloseReasonNotUtf8 1007 "close reason not UTF-8" "RFC 6455 §5.5.1" "The reason of a close frame is not UTF-8.",
}

impl HandshakeRule {
    /// The fields that the answer of a server has to carry besides its status: with 426 the protocol and the version to ask for.
    pub fn fields(self) -> &'static [(&'static str, &'static str)] {
        match self.status() {
            // RFC 9110 §15.5.22, RFC 6455 §4.4
            426 => &[("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")],
            _ => &[],
        }
    }
}

impl Violation {
    /// The code with which the connection is closed.
    pub fn code(self) -> CloseCode {
        CloseCode::new(self.close_number()).expect("the codes of the table are for the wire")
    }
}

#[cfg(test)]
mod tests;
