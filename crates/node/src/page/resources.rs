//! What elements ask for.

use html5ever::interface::Attribute;
use html5ever::{QualName, ns};
use std::collections::BTreeSet;
use url::Url;

/// Resources that are listed; the others are counted.
const MOST_RESOURCES: usize = 1000;

/// What a resource is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceKind {
    /// A style sheet.
    Style,
    /// A script.
    Script,
    /// An image.
    Image,
    /// Audio or video, or its subtitles.
    Media,
    /// A document inside the document.
    Frame,
    /// The page's icon.
    Icon,
    /// What is fetched before it is asked for.
    Preload,
    /// A description of an application.
    Manifest,
    /// A plug-in's.
    Object,
}

impl ResourceKind {
    /// The kind in a word.
    pub const fn word(self) -> &'static str {
        match self {
            ResourceKind::Style => "style",
            ResourceKind::Script => "script",
            ResourceKind::Image => "image",
            ResourceKind::Media => "media",
            ResourceKind::Frame => "frame",
            ResourceKind::Icon => "icon",
            ResourceKind::Preload => "preload",
            ResourceKind::Manifest => "manifest",
            ResourceKind::Object => "object",
        }
    }
}

/// Something a document asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What for.
    pub kind: ResourceKind,
    /// Where it is.
    pub url: Url,
    /// The page is not painted before it is there: a style sheet for the screen, or a script that the parser waits for.
    pub blocks: bool,
    /// Fetched only when somebody scrolls to it.
    pub lazy: bool,
}

/// What the elements of one document have asked for.
pub(super) struct Resources {
    base: Url,
    /// Only the first `base` counts.
    based: bool,
    listed: Vec<Resource>,
    seen: BTreeSet<String>,
    pub(super) unlisted: u64,
    pub(super) inline: u64,
}

impl Resources {
    pub(super) fn new(base: &Url) -> Resources {
        Resources { base: base.clone(), based: false, listed: Vec::new(), seen: BTreeSet::new(), unlisted: 0, inline: 0 }
    }

    pub(super) fn listed(self) -> Vec<Resource> {
        self.listed
    }

    /// What an element asks for.
    pub(super) fn element(&mut self, name: &QualName, attributes: &[Attribute]) {
        let of = |wanted: &str| {
            let found = attributes.iter().find(|attribute| attribute.name.ns == ns!() && &*attribute.name.local == wanted);
            found.map(|attribute| &*attribute.value)
        };
        let is = |attribute: &str, value: &str| of(attribute).is_some_and(|found| found.trim().eq_ignore_ascii_case(value));
        if name.ns != ns!(html) {
            return;
        }
        let lazy = is("loading", "lazy");
        match &*name.local {
            "base" if !self.based => {
                if let Some(base) = of("href").and_then(|href| self.base.join(href.trim()).ok()) {
                    (self.base, self.based) = (base, true);
                }
            }
            "link" => self.link(of("rel").unwrap_or_default(), of("href"), of("media")),
            "script" => {
                let waits = of("async").is_none() && of("defer").is_none() && !is("type", "module");
                self.add(ResourceKind::Script, of("src"), waits, false);
            }
            "img" => self.add(ResourceKind::Image, of("src").or_else(|| first_candidate(of("srcset")?)), false, lazy),
            "input" if is("type", "image") => self.add(ResourceKind::Image, of("src"), false, false),
            "video" | "audio" => {
                self.add(ResourceKind::Image, of("poster"), false, false);
                self.add(ResourceKind::Media, of("src"), false, is("preload", "none"));
            }
            "track" => self.add(ResourceKind::Media, of("src"), false, true),
            "iframe" | "frame" => self.add(ResourceKind::Frame, of("src"), false, lazy),
            "embed" => self.add(ResourceKind::Object, of("src"), false, false),
            "object" => self.add(ResourceKind::Object, of("data"), false, false),
            _ => {}
        }
    }

    fn link(&mut self, rel: &str, href: Option<&str>, media: Option<&str>) {
        let has = |wanted: &str| rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case(wanted));
        let for_screen = media.is_none_or(|media| {
            let media = media.trim().to_ascii_lowercase();
            media.is_empty() || media == "all" || media.contains("screen")
        });
        match () {
            () if has("stylesheet") && !has("alternate") => self.add(ResourceKind::Style, href, for_screen, false),
            () if has("icon") => self.add(ResourceKind::Icon, href, false, false),
            () if has("preload") || has("modulepreload") => self.add(ResourceKind::Preload, href, false, false),
            () if has("manifest") => self.add(ResourceKind::Manifest, href, false, false),
            () => {}
        }
    }

    fn add(&mut self, kind: ResourceKind, at: Option<&str>, blocks: bool, lazy: bool) {
        let Some(at) = at.map(str::trim).filter(|at| !at.is_empty()) else { return };
        let Ok(mut url) = self.base.join(at) else { return };
        match url.scheme() {
            "data" => self.inline += 1,
            "http" | "https" => {
                url.set_fragment(None);
                if self.listed.len() == MOST_RESOURCES {
                    self.unlisted += 1;
                } else if self.seen.insert(url.as_str().to_owned()) {
                    self.listed.push(Resource { kind, url, blocks, lazy });
                }
            }
            _ => {}
        }
    }
}

/// The first of a `srcset`'s candidates: its URL goes up to the first space.
fn first_candidate(set: &str) -> Option<&str> {
    set.split_ascii_whitespace().next().map(|url| url.trim_end_matches(','))
}
