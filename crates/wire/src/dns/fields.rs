//! What the data of each type is made of: one table, by which zone files are read and written.

use super::RecordType;

/// A part of a record's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// A number of one byte.
    Number8,
    /// A number of two bytes.
    Number16,
    /// A number of four bytes.
    Number32,
    /// Seconds in four bytes, written with units too (`1h30m`).
    Span,
    /// A domain name.
    Name,
    /// An IPv4 address.
    V4,
    /// An IPv6 address.
    V6,
    /// Up to 255 bytes, with their length before them.
    Text,
    /// The same, one or more, to the end.
    Texts,
    /// Bytes to the end without a length, written as one text (RFC 8659 §4.1.1, RFC 7553 §4.4).
    Rest,
    /// A type of records.
    Type,
    /// An algorithm of DNSSEC, as a number or by its name (RFC 4034 appendix A.1).
    Algorithm,
    /// A moment, as `YYYYMMDDHHmmSS` or in seconds (RFC 4034 §3.2).
    Moment,
    /// Bytes to the end in hexadecimal digits.
    Hex,
    /// Bytes to the end in base 64.
    Base64,
    /// Up to 255 bytes in hexadecimal digits, with their length before them; `-` is none (RFC 5155 §3.3).
    Salt,
    /// Up to 255 bytes in base 32 with extended digits, with their length before them (RFC 5155 §3.3).
    Hash,
    /// Types to the end, as a bit map (RFC 4034 §4.1.2).
    Types,
    /// A service's parameters to the end (RFC 9460 §2.1).
    Params,
    /// Six or eight bytes, written with hyphens between (RFC 7043).
    Hyphened(u8),
    /// Eight bytes in four groups with colons between (RFC 6742 §2.1.2).
    Groups,
}

/// What a type's data is made of, in order. `None`: its data is only known as bytes (RFC 3597).
pub(super) fn of(kind: RecordType) -> Option<&'static [Field]> {
    use Field::{
        Algorithm, Base64, Groups, Hash, Hex, Hyphened, Moment, Name, Number8, Number16, Number32, Params, Rest, Salt, Span, Text, Texts,
        Type, Types, V4, V6,
    };
    Some(match kind.0 {
        // A; AAAA
        1 => &[V4],
        28 => &[V6],
        // NS, MD, MF, CNAME, MB, MG, MR, PTR, NSAP-PTR, DNAME
        2 | 3 | 4 | 5 | 7 | 8 | 9 | 12 | 23 | 39 => &[Name],
        // SOA
        6 => &[Name, Name, Number32, Span, Span, Span, Span],
        // HINFO
        13 => &[Text, Text],
        // MINFO, RP
        14 | 17 => &[Name, Name],
        // MX, AFSDB, RT, KX, LP
        15 | 18 | 21 | 36 | 107 => &[Number16, Name],
        // TXT, SPF, NINFO, AVC, RESINFO, WALLET
        16 | 99 | 56 | 258 | 261 | 262 => &[Texts],
        // X25
        19 => &[Text],
        // GPOS
        27 => &[Text, Text, Text],
        // PX
        26 => &[Number16, Name, Name],
        // SRV
        33 => &[Number16, Number16, Number16, Name],
        // NAPTR
        35 => &[Number16, Number16, Text, Text, Text, Name],
        // CERT
        37 => &[Number16, Number16, Algorithm, Base64],
        // DS, CDS, DLV
        43 | 59 | 32769 => &[Number16, Algorithm, Number8, Hex],
        // SSHFP
        44 => &[Number8, Number8, Hex],
        // SIG, RRSIG
        24 | 46 => &[Type, Algorithm, Number8, Span, Moment, Moment, Number16, Name, Base64],
        // NSEC
        47 => &[Name, Types],
        // KEY, DNSKEY, CDNSKEY
        25 | 48 | 60 => &[Number16, Number8, Algorithm, Base64],
        // DHCID, OPENPGPKEY
        49 | 61 => &[Base64],
        // NSEC3
        50 => &[Number8, Number8, Number16, Salt, Hash, Types],
        // NSEC3PARAM
        51 => &[Number8, Number8, Number16, Salt],
        // TLSA, SMIMEA
        52 | 53 => &[Number8, Number8, Number8, Hex],
        // CSYNC
        62 => &[Number32, Number16, Types],
        // ZONEMD
        63 => &[Number32, Number8, Number8, Hex],
        // SVCB, HTTPS
        64 | 65 => &[Number16, Name, Params],
        // NID, L64; L32
        104 | 106 => &[Number16, Groups],
        105 => &[Number16, V4],
        // EUI48, EUI64
        108 => &[Hyphened(6)],
        109 => &[Hyphened(8)],
        // URI
        256 => &[Number16, Number16, Rest],
        // CAA
        257 => &[Number8, Text, Rest],
        _ => return None,
    })
}

/// Algorithms of DNSSEC by name.
pub(super) const ALGORITHMS: [(&str, u8); 15] = [
    ("RSAMD5", 1),
    ("DH", 2),
    ("DSA", 3),
    ("ECC", 4),
    ("RSASHA1", 5),
    ("DSA-NSEC3-SHA1", 6),
    ("RSASHA1-NSEC3-SHA1", 7),
    ("RSASHA256", 8),
    ("RSASHA512", 10),
    ("ECDSAP256SHA256", 13),
    ("ECDSAP384SHA384", 14),
    ("ED25519", 15),
    ("ED448", 16),
    ("INDIRECT", 252),
    ("PRIVATEDNS", 253),
];
