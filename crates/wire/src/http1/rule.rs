//! The rules a message can break, each with its answer.

use crate::rules::rules;

/// Caps on one head. A head that goes past one is rejected before it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the request target.
    pub target_bytes: usize,
    /// Bytes of the whole head, first line included; also of a whole trailer section.
    pub head_bytes: usize,
    /// Number of fields, of headers or of trailers.
    pub fields: usize,
}

rules! {
    "One reason to refuse a message."
    Rule,
    "The status that answers a client who broke it."
    pub status:
    // Lines.
    BareLf 400 "bare LF" "RFC 9112 §2.2" "A line ended with LF that has no CR before it.",
    BareCr 400 "bare CR" "RFC 9112 §2.2" "A CR stood where no LF followed it.",
    EmptyLines 400 "empty lines" "RFC 9112 §2.2" "More than one empty line stood before the request line.",
    LeadingSpace 400 "leading space" "RFC 9112 §2.2" "White space stood between the first line and the first field.",
    // The request line.
    MethodByte 400 "method byte" "RFC 9110 §9.1" "The request does not begin with a method, which is made of token characters.",
    MethodTooLong 501 "method too long" "RFC 9112 §3" "The method is longer than any that this server knows of.",
    RequestLine 400 "request line" "RFC 9112 §3" "A request line is a method, a target and a version with one space between them.",
    TargetByte 400 "target byte" "RFC 9112 §3.2" "The request target holds a control character or a byte outside ASCII.",
    TargetFragment 400 "target fragment" "RFC 9112 §3.2" "The request target holds a fragment, which is never sent.",
    TargetTooLong 414 "target too long" "RFC 9110 §15.5.15" "The request target is longer than this server reads.",
    VersionSyntax 400 "version syntax" "RFC 9112 §2.3" "The version is not HTTP/ in capitals, a digit, a dot and a digit.",
    VersionUnsupported 505 "version unsupported" "RFC 9110 §15.6.6" "The version is not of the HTTP/1 family.",
    TargetForm 400 "target form" "RFC 9112 §3.2" "The request target has none of the four forms.",
    AuthorityForm 400 "authority form" "RFC 9112 §3.2.3" "The authority form goes with CONNECT only, and CONNECT with no other.",
    AsteriskForm 400 "asterisk form" "RFC 9112 §3.2.4" "The asterisk as target goes with OPTIONS only.",
    TargetScheme 400 "target scheme" "RFC 9110 §4.2" "An absolute request target has a scheme other than http or https.",
    TargetUserinfo 400 "target userinfo" "RFC 9110 §4.2.4" "The request target holds a user name.",
    TargetAuthority 400 "target authority" "RFC 9112 §3.2.2" "The request target does not name a valid host and port.",
    // The status line.
    StatusLine 400 "status line" "RFC 9112 §4" "A status line is a version, a space, a status of three digits, a space and a reason.",
    StatusCode 400 "status code" "RFC 9110 §15" "The status is under 100.",
    ReasonByte 400 "reason byte" "RFC 9112 §4" "The reason phrase holds a control character.",
    // Field lines.
    ObsFold 400 "obs-fold" "RFC 9112 §5.2" "A field line began with white space: a value folded over lines.",
    FieldNameEmpty 400 "empty field name" "RFC 9112 §5" "A field line began with its colon.",
    FieldNameByte 400 "field name byte" "RFC 9110 §5.1" "A field name holds a byte that is not a token character.",
    SpaceBeforeColon 400 "space before colon" "RFC 9112 §5.1" "White space stood in a field name or between it and its colon.",
    FieldNoColon 400 "field without colon" "RFC 9112 §5" "A field line has no colon.",
    FieldValueByte 400 "field value byte" "RFC 9110 §5.5" "A field value holds a control character.",
    HeadTooLarge 431 "head too large" "RFC 6585 §5" "The head is larger than this server reads.",
    TooManyFields 431 "too many fields" "RFC 6585 §5" "There are more fields than this server reads.",
    // Fields that frame, route or demand.
    LengthSyntax 400 "length syntax" "RFC 9110 §8.6" "Content-Length is not one number in plain digits.",
    LengthTooLarge 413 "length too large" "RFC 9110 §8.6" "Content-Length is larger than 64 bits can count.",
    LengthRepeated 400 "length repeated" "RFC 9112 §6.3" "Content-Length came more than once.",
    LengthAndCoding 400 "length and coding" "RFC 9112 §6.1" "Content-Length and Transfer-Encoding came together.",
    CodingInHttp10 400 "coding in HTTP/1.0" "RFC 9112 §6.1" "Transfer-Encoding came in an HTTP/1.0 message.",
    CodingSyntax 400 "coding syntax" "RFC 9112 §6.1" "Transfer-Encoding is not a list of coding names.",
    CodingNotLast 400 "chunked not last" "RFC 9112 §6.3" "Chunked is not the last transfer coding.",
    CodingRepeated 400 "chunked repeated" "RFC 9112 §6.1" "Chunked was applied more than once.",
    CodingUnknown 501 "coding unknown" "RFC 9112 §6.1" "A transfer coding other than chunked was applied.",
    HostMissing 400 "host missing" "RFC 9112 §3.2" "An HTTP/1.1 request came without Host.",
    HostRepeated 400 "host repeated" "RFC 9112 §3.2" "Host came more than once.",
    HostSyntax 400 "host syntax" "RFC 9112 §3.2" "Host is not a host name or address and a port.",
    HostDisagrees 400 "host disagrees" "RFC 9112 §3.2" "Host and the request target name different hosts.",
    Expectation 417 "expectation" "RFC 9110 §10.1.1" "Expect asks for something other than 100-continue.",
    SwitchWithoutUpgrade 400 "101 without upgrade" "RFC 9110 §15.2.2" "A 101 response does not say which protocol follows.",
    // Chunked bodies.
    ChunkSize 400 "chunk size" "RFC 9112 §7.1" "A chunk does not begin with its size in hexadecimal digits.",
    ChunkSizeTooLong 400 "chunk size too long" "RFC 9112 §7.1" "A chunk size has more than sixteen digits.",
    ChunkExtension 400 "chunk extension" "RFC 9112 §7.1.1" "What follows a chunk size is not a valid extension.",
    ChunkExtensionsTooLarge 413 "chunk extensions too large" "RFC 9112 §7.1.1" "A body has more chunk extensions than this server reads.",
    ChunkEnd 400 "chunk end" "RFC 9112 §7.1" "The data of a chunk is not followed by CRLF.",
    TrailerForbidden 400 "trailer forbidden" "RFC 9110 §6.5.1" "A trailer field is one that frames or routes a message.",
    TrailersTooLarge 431 "trailers too large" "RFC 6585 §5" "The trailer section is larger than this server reads.",
}

/// Why a message was refused: whose answer code, which rule, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The rule broken.
    pub rule: Rule,
}

impl Rejection {
    /// The status to answer a client with: 400, 413, 414, 417, 431, 501 or 505. (A backend's fault is a 502, whichever rule.)
    pub fn status(self) -> u16 {
        self.rule.status()
    }

    /// A short sentence for the body of the answer and for the log.
    pub fn sentence(self) -> &'static str {
        self.rule.sentence()
    }

    /// The sentence's source, `RFC 9112 §…`.
    pub fn section(self) -> &'static str {
        self.rule.section()
    }
}

impl From<Rule> for Rejection {
    fn from(rule: Rule) -> Self {
        Rejection { rule }
    }
}

#[cfg(test)]
mod tests;
