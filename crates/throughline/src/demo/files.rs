//! The parts of the site that are the same for everyone, embedded in the program.

use decide::time::{Calendar, Duration};
use host::{File, Found};
use node::Answer;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Path, file name (its extension decides the media type) and content.
const FILES: [(&str, &str, &[u8]); 5] = [
    ("/path", "path.html", include_bytes!("site/path.html")),
    ("/path.svg", "path.svg", include_bytes!("site/path.svg")),
    ("/style.css", "style.css", include_bytes!("site/style.css")),
    ("/visit.js", "visit.js", include_bytes!("site/visit.js")),
    ("/icon.png", "icon.png", include_bytes!("site/icon.png")),
];

/// The files that pages name with their [`version`].
pub(super) const VERSIONED: [&str; 2] = ["/style.css", "/visit.js"];

/// 2026-11-01T00:00:00Z. Fixed, so that two programs built from one source have the same site, to the byte.
const PUBLISHED: Duration = Duration::from_secs(1_793_491_200);

struct Embedded {
    name: &'static str,
    content: Arc<[u8]>,
    modified: Calendar,
}

static BY_PATH: LazyLock<BTreeMap<&'static str, Embedded>> = LazyLock::new(|| FILES.into_iter().map(embed).collect());

fn embed((path, name, content): (&'static str, &'static str, &'static [u8])) -> (&'static str, Embedded) {
    // An entity tag is made of length and time. The content's own mark goes where `Last-Modified` does not show it, below a second, so
    // that another version's file of the same length has another tag.
    let modified = Calendar(PUBLISHED + Duration::from_nanos(mark(content)));
    (path, Embedded { name, content: content.into(), modified })
}

/// A number below 10⁹ that is most likely another for other content: FNV-1a, folded.
fn mark(content: &[u8]) -> u64 {
    let hash = content.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    hash % 1_000_000_000
}

/// A text that is another whenever the file is: for a query that makes its address one of this version alone.
pub(super) fn version(path: &str) -> String {
    let file = BY_PATH.get(path).expect("a file of ours");
    format!("{:x}", file.modified.0.subsec_nanos())
}

/// Where there is a file.
pub(super) fn paths() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(path, ..)| *path)
}

/// Whether there is a file at this path.
pub(super) fn has(path: &str) -> bool {
    BY_PATH.contains_key(path)
}

/// The file at this path.
pub(super) fn at(path: &str) -> Option<Answer> {
    let file = BY_PATH.get(path)?;
    let found = Found { file: File::Memory(file.content.clone()), size: file.content.len() as u64, modified: file.modified };
    Some(Answer::File { found, name: file.name.to_string() })
}
