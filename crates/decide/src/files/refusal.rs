//! Why a path gets no file.

/// Why a path gets no file. All but two are answered as if nothing were there: whoever probes learns nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// The path does not begin with a slash.
    NotAbsolute,
    /// A `%` without two hexadecimal digits.
    BrokenEscape,
    /// A control byte, NUL among them.
    ControlByte,
    /// A slash written as `%2F`: it would be a border that the path, as routes saw it, did not have.
    EncodedSlash,
    /// A backslash, encoded or not.
    Backslash,
    /// A component that is not UTF-8.
    NotUtf8,
    /// `.` or `..`, encoded or not: clients take them out before they ask (RFC 3986 §5.2.4).
    DotSegment,
    /// A name with a leading dot.
    Hidden,
    /// A component longer than 255 bytes: no file system holds one.
    LongComponent,
    /// The path is not below the prefix that is to be taken off.
    OutsidePrefix,
    /// There is no such entry.
    Missing,
    /// A slash after the name of a file.
    NotADirectory,
    /// Neither a file nor a directory: a socket, a device, a pipe.
    NotAFile,
    /// A directory without any of the index files; directories are not listed.
    NoIndex,
}

impl Refusal {
    /// The status answered.
    pub const fn status(self) -> u16 {
        match self {
            // RFC 3986 §2.1: such a target is not a URI at all.
            Refusal::NotAbsolute | Refusal::BrokenEscape => 400,
            _ => 404,
        }
    }

    /// The sentence for the log and for `explain`.
    pub const fn sentence(self) -> &'static str {
        match self {
            Refusal::NotAbsolute => "the path does not begin with a slash",
            Refusal::BrokenEscape => "a percent sign in the path is not followed by two hexadecimal digits",
            Refusal::ControlByte => "the path holds a control byte",
            Refusal::EncodedSlash => "the path holds an encoded slash",
            Refusal::Backslash => "the path holds a backslash",
            Refusal::NotUtf8 => "the path is not UTF-8",
            Refusal::DotSegment => "the path holds a dot segment",
            Refusal::Hidden => "names with a leading dot are not served",
            Refusal::LongComponent => "a component of the path is longer than 255 bytes",
            Refusal::OutsidePrefix => "the path is not below the prefix",
            Refusal::Missing => "there is no such file",
            Refusal::NotADirectory => "the path ends in a slash and names a file",
            Refusal::NotAFile => "the path names neither a file nor a directory",
            Refusal::NoIndex => "the directory has no index file",
        }
    }
}
