//! What ends a stream or a connection before its time (RFC 9113 §5.4).

/// A code of RST_STREAM and GOAWAY (RFC 9113 §7). Any number may come; those without a name mean nothing more than that something failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(pub u32);

macro_rules! codes {
    ($($name:ident $code:literal $doc:literal,)*) => {
        impl ErrorCode {
            $(#[doc = $doc] pub const $name: ErrorCode = ErrorCode($code);)*

            /// The name the RFC gives it; empty for a number that has none.
            pub const fn name(self) -> &'static str {
                match self.0 { $($code => stringify!($name),)* _ => "" }
            }
        }
    };
}

codes! {
    NO_ERROR 0x0 "Nothing is wrong: the end was wanted.",
    PROTOCOL_ERROR 0x1 "The other side broke a rule that has no code of its own.",
    INTERNAL_ERROR 0x2 "The sender itself failed.",
    FLOW_CONTROL_ERROR 0x3 "More was sent than a window allows, or a window grew too large.",
    SETTINGS_TIMEOUT 0x4 "SETTINGS were not acknowledged.",
    STREAM_CLOSED 0x5 "A frame came on a stream that its sender had ended.",
    FRAME_SIZE_ERROR 0x6 "A frame has a length that its type does not allow.",
    REFUSED_STREAM 0x7 "Nothing was done with the request yet: it may be sent again.",
    CANCEL 0x8 "The stream is not needed any more.",
    COMPRESSION_ERROR 0x9 "The two sides differ about the field compression.",
    CONNECT_ERROR 0xa "The connection that a CONNECT asked for failed.",
    ENHANCE_YOUR_CALM 0xb "The other side makes too much work.",
    INADEQUATE_SECURITY 0xc "The transport is not safe enough.",
    HTTP_1_1_REQUIRED 0xd "The request is to be sent in HTTP/1.1.",
}

impl core::fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.name() {
            "" => write!(f, "{:#x}", self.0),
            name => f.write_str(name),
        }
    }
}

macro_rules! breaches {
    ($($variant:ident $code:ident $name:literal $section:literal $sentence:literal,)*) => {
        /// One way in which a peer ends the connection by its own fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Breach { $(#[doc = $sentence] $variant,)* }

        impl Breach {
            /// Every breach.
            pub const ALL: &[Breach] = &[$(Breach::$variant),*];

            /// The code of the GOAWAY that answers it.
            pub const fn code(self) -> ErrorCode {
                match self { $(Breach::$variant => ErrorCode::$code,)* }
            }

            /// Two or three words for a log or a metric; no two breaches share them.
            pub const fn name(self) -> &'static str {
                match self { $(Breach::$variant => $name,)* }
            }

            /// What was wrong, as one sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $(Breach::$variant => $sentence,)* }
            }

            /// The text that decides.
            pub const fn section(self) -> &'static str {
                match self { $(Breach::$variant => $section,)* }
            }
        }
    };
}

breaches! {
    // The beginning.
    Preface PROTOCOL_ERROR "preface" "RFC 9113 §3.4" "The connection does not begin with the client preface of HTTP/2.",
    SettingsFirst PROTOCOL_ERROR "settings not first" "RFC 9113 §3.4" "The first frame is not SETTINGS.",
    // Frames.
    FrameTooLarge FRAME_SIZE_ERROR "frame too large" "RFC 9113 §4.2" "A frame is larger than SETTINGS_MAX_FRAME_SIZE allows.",
    FrameLength FRAME_SIZE_ERROR "frame length" "RFC 9113 §4.2" "A frame has a length that its type does not allow.",
    StreamRequired PROTOCOL_ERROR "frame without stream" "RFC 9113 §5.1.1" "A frame that belongs to a stream came on stream zero.",
    StreamForbidden PROTOCOL_ERROR "frame on a stream" "RFC 9113 §5.1.1" "A frame that belongs to the connection came on a stream.",
    Padding PROTOCOL_ERROR "padding" "RFC 9113 §6.1" "The padding of a frame is as long as the frame or longer.",
    // Header blocks.
    ContinuationExpected PROTOCOL_ERROR "continuation missing" "RFC 9113 §6.10" "Another frame came inside a header block.",
    ContinuationUnexpected PROTOCOL_ERROR "continuation unexpected" "RFC 9113 §6.10" "CONTINUATION came where no block was open.",
    Compression COMPRESSION_ERROR "compression" "RFC 9113 §4.3" "A header block cannot be decompressed.",
    BlockTooLarge ENHANCE_YOUR_CALM "block too large" "RFC 9113 §10.5.1" "A header block is too large to decompress, or in too many parts.",
    // Streams.
    StreamIdle PROTOCOL_ERROR "stream idle" "RFC 9113 §5.1" "A frame came on a stream that was never opened.",
    StreamEnded STREAM_CLOSED "stream ended" "RFC 9113 §5.1" "A frame came on a stream that its sender had ended.",
    StreamParity PROTOCOL_ERROR "stream parity" "RFC 9113 §5.1.1" "A stream was opened under a number that belongs to the other side.",
    StreamOrder PROTOCOL_ERROR "stream order" "RFC 9113 §5.1.1" "A stream was opened under a number lower than one before it.",
    SelfDependency PROTOCOL_ERROR "self-dependency" "RFC 7540 §5.3.1" "A stream that is not open was made to depend on itself.",
    Push PROTOCOL_ERROR "push" "RFC 9113 §8.4" "PUSH_PROMISE came, from a client or to a client that does not want it.",
    // Settings.
    SettingsAck FRAME_SIZE_ERROR "settings ack" "RFC 9113 §6.5" "An acknowledgement of SETTINGS holds settings.",
    SettingValue PROTOCOL_ERROR "setting value" "RFC 9113 §6.5.2" "A setting has a value outside its range.",
    SettingWindow FLOW_CONTROL_ERROR "setting window" "RFC 9113 §6.5.2" "SETTINGS_INITIAL_WINDOW_SIZE is over 2^31 - 1.",
    // Flow control.
    WindowExceeded FLOW_CONTROL_ERROR "window exceeded" "RFC 9113 §6.9.1" "More data came than a window allows.",
    WindowOverflow FLOW_CONTROL_ERROR "window overflow" "RFC 9113 §6.9.1" "A window grew over 2^31 - 1.",
    WindowZero PROTOCOL_ERROR "window increment of zero" "RFC 9113 §6.9" "WINDOW_UPDATE adds nothing to the window of the connection.",
    // RFC 9218.
    PriorityUpdate PROTOCOL_ERROR "priority update" "RFC 9218 §7.1" "PRIORITY_UPDATE came from a server, or names no stream of the client.",
    // Floods.
    ResetFlood ENHANCE_YOUR_CALM "reset flood" "RFC 9113 §10.5" "Too many streams were opened only to be reset.",
    ControlFlood ENHANCE_YOUR_CALM "control flood" "RFC 9113 §10.5" "Too many frames came that carry nothing.",
}

/// The peer broke the connection's rules: GOAWAY with the code is in the output, and nothing more is read. Always the peer's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionError {
    /// What it did.
    pub breach: Breach,
}

impl ConnectionError {
    /// The code of the GOAWAY.
    pub fn code(self) -> ErrorCode {
        self.breach.code()
    }

    /// A short sentence for the log.
    pub fn sentence(self) -> &'static str {
        self.breach.sentence()
    }

    /// The sentence's source, `RFC 9113 §…`.
    pub fn section(self) -> &'static str {
        self.breach.section()
    }
}

impl From<Breach> for ConnectionError {
    fn from(breach: Breach) -> Self {
        ConnectionError { breach }
    }
}

#[cfg(test)]
mod tests;
