//! The rules a message in HTTP/2 can break, each with its answer.

use super::ErrorCode;
use crate::rules::rules;

rules! {
    "One reason to refuse a message: malformed where the status is 400 (RFC 9113 §8.1.1), else well formed and past a cap."
    Rule,
    "The status that answers a client who broke it: 400, 413, 414, 417 or 431."
    pub status:
    // Pseudo-fields.
    PseudoUnknown 400 "pseudo-field unknown" "RFC 9113 §8.3" "A pseudo-field is not one of this kind of message.",
    PseudoRepeated 400 "pseudo-field repeated" "RFC 9113 §8.3" "A pseudo-field came more than once.",
    PseudoLate 400 "pseudo-field late" "RFC 9113 §8.3" "A pseudo-field came after a field.",
    PseudoMissing 400 "pseudo-field missing" "RFC 9113 §8.3.1" "The method, scheme, path or status is missing.",
    MethodByte 400 "method byte" "RFC 9110 §9.1" "The method is not made of token characters.",
    Scheme 400 "scheme" "RFC 9110 §4.2" "The scheme is neither http nor https.",
    PathForm 400 "path form" "RFC 9113 §8.3.1" "The path is neither absolute nor, with OPTIONS, an asterisk.",
    PathByte 400 "path byte" "RFC 9113 §8.3.1" "The path holds a space, a control character, a fragment or a byte outside ASCII.",
    PathTooLong 414 "path too long" "RFC 9110 §15.5.15" "The path is longer than this server reads.",
    AuthorityMissing 400 "authority missing" "RFC 9113 §8.3.1" "The request names its host neither in :authority nor in Host.",
    AuthoritySyntax 400 "authority syntax" "RFC 9113 §8.3.1" "The authority is not a host name or address and a port.",
    Userinfo 400 "userinfo" "RFC 9113 §8.3.1" "The authority holds a user name.",
    HostRepeated 400 "host repeated" "RFC 9112 §3.2" "Host came more than once.",
    HostDisagrees 400 "host disagrees" "RFC 9113 §8.3.1" "Host and :authority name different hosts.",
    Connect 400 "connect" "RFC 9113 §8.5" "CONNECT came with a scheme or a path, or without a host and port.",
    Protocol 400 "protocol" "RFC 8441 §4" "A protocol came without CONNECT, is no token, or was not offered.",
    StatusSyntax 400 "status syntax" "RFC 9113 §8.3.2" "The status is not a number of three digits from 100 on.",
    SwitchingProtocols 400 "switching protocols" "RFC 9113 §8.6" "A response has the status 101, which HTTP/2 does not have.",
    // Fields.
    NameByte 400 "field name byte" "RFC 9113 §8.2.1" "A field name is empty or holds a byte that is not a token character in lower case.",
    ValueByte 400 "field value byte" "RFC 9113 §8.2.1" "A field value holds a control character.",
    ValueSpace 400 "field value space" "RFC 9113 §8.2.1" "A field value begins or ends with white space.",
    ConnectionField 400 "connection field" "RFC 9113 §8.2.2" "A field came that belongs to connections of HTTP/1.",
    Te 400 "te" "RFC 9113 §8.2.2" "TE asks for something other than trailers.",
    HeadTooLarge 431 "head too large" "RFC 6585 §5" "The head is larger than this server reads.",
    TooManyFields 431 "too many fields" "RFC 6585 §5" "There are more fields than this server reads.",
    Expectation 417 "expectation" "RFC 9110 §10.1.1" "Expect asks for something other than 100-continue.",
    // Content.
    LengthSyntax 400 "length syntax" "RFC 9110 §8.6" "Content-Length is not one number in plain digits.",
    LengthTooLarge 413 "length too large" "RFC 9110 §8.6" "Content-Length is larger than 64 bits can count.",
    LengthRepeated 400 "length repeated" "RFC 9110 §8.6" "Content-Length came more than once.",
    LengthDisagrees 400 "length disagrees" "RFC 9113 §8.1.1" "Content-Length is not the sum of the data.",
    DataBeforeHead 400 "data before head" "RFC 9113 §8.1" "Data came before the final head of a response.",
    // Further header blocks.
    InterimEnds 400 "interim ends" "RFC 9113 §8.1" "An interim response ended the stream.",
    TooManyInterims 400 "too many interims" "RFC 9113 §10.5" "More interim responses came than anybody reads.",
    TrailersNotLast 400 "trailers not last" "RFC 9113 §8.1" "A trailer section did not end the stream.",
    PseudoInTrailers 400 "pseudo-field in trailers" "RFC 9113 §8.1" "A trailer section holds a pseudo-field.",
    TrailerForbidden 400 "trailer forbidden" "RFC 9110 §6.5.1" "A trailer field is one that frames or routes a message.",
    TrailersInTunnel 400 "trailers in a tunnel" "RFC 9113 §8.5" "A header block came on a stream that CONNECT made a tunnel.",
    // What belongs to a stream's frames rather than to its message.
    SelfDependency 400 "stream self-dependency" "RFC 7540 §5.3.1" "The stream was made to depend on itself.",
    PriorityLength 400 "priority length" "RFC 9113 §6.3" "A PRIORITY frame is not five bytes long.",
    WindowZero 400 "stream window increment of zero" "RFC 9113 §6.9" "WINDOW_UPDATE adds nothing to the window of the stream.",
    WindowOverflow 400 "stream window overflow" "RFC 9113 §6.9.1" "The window of the stream grew over 2^31 - 1.",
    StreamEnded 400 "stream half closed" "RFC 9113 §5.1" "A frame came on a stream after the one that ended its sender's side.",
}

impl Rule {
    /// The code of the RST_STREAM that answers it.
    pub const fn code(self) -> ErrorCode {
        match self {
            Rule::PriorityLength => ErrorCode::FRAME_SIZE_ERROR,
            Rule::WindowOverflow => ErrorCode::FLOW_CONTROL_ERROR,
            Rule::StreamEnded => ErrorCode::STREAM_CLOSED,
            // RFC 9113 §8.1.1
            _ => ErrorCode::PROTOCOL_ERROR,
        }
    }
}

#[cfg(test)]
mod tests;
