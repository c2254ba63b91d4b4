//! `[site.route.compress]` and `[site.route.early-hints]`.

use super::Absent::Is;
use super::Kind::{Bool, Size, Texts};
use super::{MIB, Section, Shape, count, entry};

pub(super) static COMPRESS: Section = Section {
    header: "[site.route.compress]",
    doc: "How answers are compressed here that no backend has compressed. `compress = true` is short for all defaults.",
    entries: &[
        entry(
            "codings",
            Texts { each: Shape::Coding, min: 1 },
            Is(r#"["zstd", "br", "gzip"]"#),
            r#"["br", "gzip"]"#,
            "The codings that are made: of those that a client likes equally, the first.",
        ),
        // Higher ones work on a piece for so long that other connections would feel it.
        entry("zstd-level", count(1, 9), Is("3"), "6", "How thorough zstd is; higher levels are for files compressed beforehand."),
        entry("br-level", count(0, 8), Is("5"), "4", "How thorough br is; higher levels are for files compressed beforehand."),
        entry("gzip-level", count(1, 9), Is("6"), "1", "How thorough gzip is."),
        entry(
            "min-size",
            Size { min: 0, max: 1024 * MIB },
            Is(r#""1 KiB""#),
            r#""256 B""#,
            "Content that is known to be shorter goes as it is: it fits into a packet anyway.",
        ),
        entry(
            "types",
            Texts { each: Shape::MediaType, min: 1 },
            Is(concat!(
                r#"["text/*", "application/json", "application/javascript", "application/xml", "application/wasm", "#,
                r#""*+json", "*+xml", "font/ttf", "font/otf", "image/bmp", "image/x-icon", "image/vnd.microsoft.icon"]"#
            )),
            r#"["text/html", "text/css", "application/*"]"#,
            "The `Content-Type`s that are compressed; `*` at one end stands for anything.",
        ),
        entry(
            "personal",
            Bool,
            Is("false"),
            "true",
            "Compress also what may be for one person only: private, with `Set-Cookie`, or for a request with a cookie or a password.",
        ),
    ],
};

pub(super) static EARLY_HINTS: Section = Section {
    header: "[site.route.early-hints]",
    doc: "Who is sent a 103 (RFC 8297) with the links of the last answer while the backend is asked. `early-hints = true` is short for all \
          defaults.",
    entries: &[
        entry("http1", Bool, Is("false"), "true", "Also clients of HTTP/1.1, some of which take a 103 for the answer."),
        entry("navigations", Bool, Is("true"), "false", "Only requests by which a browser opens a page (`Sec-Fetch-Mode: navigate`)."),
    ],
};
