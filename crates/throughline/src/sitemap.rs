//! Sitemaps: the lists of URLs that sites publish (sitemaps.org, protocol 0.9): XML, an index of further ones, or a plain text, each of
//! them perhaps compressed.
//!
//! They are written by others. Nothing is expanded that a document defines itself, and depth and length are bounded.

use flate2::read::MultiGzDecoder;
use node::Listed;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};
use quick_xml::name::QName;
use std::io::Read;

/// Bytes of a sitemap at the most, uncompressed: what the protocol allows.
const MOST: u64 = 50 << 20;
/// Elements within each other; a sitemap has three, and what extends it a few more.
const DEEPEST: usize = 32;
/// Bytes of one URL (the protocol allows 2048).
const LONGEST: usize = 16 << 10;

/// What a sitemap names. The error is a sentence.
pub(crate) fn read(content: &[u8]) -> Result<Vec<Listed>, String> {
    let content = match content.starts_with(&[0x1f, 0x8b]) {
        true => &unpacked(content)?,
        false => content,
    };
    let text = std::str::from_utf8(content).map_err(|_| "it is not in UTF-8, as the protocol wants it".to_string())?;
    let text = text.trim_start_matches('\u{feff}');
    match text.trim_ascii_start().starts_with('<') {
        true => xml(text),
        false => Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| Listed::Page(line.to_string())).collect()),
    }
}

fn unpacked(content: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let read = MultiGzDecoder::new(content).take(MOST + 1).read_to_end(&mut out);
    read.map_err(|error| format!("its compression is broken: {error}"))?;
    if out.len() as u64 > MOST { Err(format!("it is longer than {} MiB when it is uncompressed", MOST >> 20)) } else { Ok(out) }
}

fn xml(text: &str) -> Result<Vec<Listed>, String> {
    let mut reader = Reader::from_str(text);
    let mut listing = Listing::default();
    let broken =
        |reader: &Reader<&[u8]>, why: &dyn std::fmt::Display| format!("it is no well-formed XML: {why} (byte {})", reader.error_position());
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => listing.open(start.name())?,
            Ok(Event::Empty(start)) => {
                listing.open(start.name())?;
                listing.close();
            }
            Ok(Event::End(_)) => listing.close(),
            Ok(Event::Text(text)) => listing.text(&text)?,
            Ok(Event::CData(text)) => listing.text(&text)?,
            Ok(Event::GeneralRef(reference)) => listing.reference(&reference)?,
            // What a document type defines is never expanded: without that there are no bombs.
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
            Ok(Event::Eof) if listing.path.is_empty() => return listing.end(),
            Ok(Event::Eof) => return Err("it ends in the middle of an element".to_string()),
            Err(error) => return Err(broken(&reader, &error)),
        }
    }
}

/// What an element is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    UrlSet,
    Index,
    Url,
    Map,
    Loc,
    Other,
}

#[derive(Default)]
struct Listing {
    path: Vec<Element>,
    is_sitemap: bool,
    loc: String,
    listed: Vec<Listed>,
}

impl Listing {
    fn open(&mut self, name: QName<'_>) -> Result<(), String> {
        if self.path.len() >= DEEPEST {
            return Err(format!("its elements lie more than {DEEPEST} deep in each other"));
        }
        let element = match (self.path.last(), name.local_name().as_ref()) {
            (None, "urlset") => Element::UrlSet,
            (None, "sitemapindex") => Element::Index,
            (Some(Element::UrlSet), "url") => Element::Url,
            (Some(Element::Index), "sitemap") => Element::Map,
            // Of pictures and videos of a page there are such elements too, below others.
            (Some(Element::Url | Element::Map), "loc") => Element::Loc,
            _ => Element::Other,
        };
        self.is_sitemap |= matches!(element, Element::UrlSet | Element::Index);
        self.path.push(element);
        Ok(())
    }

    fn close(&mut self) {
        let closed = self.path.pop();
        if closed != Some(Element::Loc) {
            return;
        }
        let url = std::mem::take(&mut self.loc);
        let url = url.trim();
        if !url.is_empty() {
            let page = self.path.last() == Some(&Element::Url);
            self.listed.push(if page { Listed::Page(url.to_string()) } else { Listed::List(url.to_string()) });
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        if self.path.last() != Some(&Element::Loc) {
            return Ok(());
        }
        if self.loc.len() + text.len() > LONGEST {
            return Err(format!("it has a URL of more than {} KiB", LONGEST >> 10));
        }
        self.loc.push_str(text);
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), String> {
        let wrong = || format!("it refers to {:?}, which no sitemap may", &**reference);
        let text = match &**reference {
            "amp" => "&".to_string(),
            "lt" => "<".to_string(),
            "gt" => ">".to_string(),
            "quot" => "\"".to_string(),
            "apos" => "'".to_string(),
            _ => reference.resolve_char_ref().ok().flatten().map(String::from).ok_or_else(wrong)?,
        };
        self.text(&text)
    }

    fn end(self) -> Result<Vec<Listed>, String> {
        if self.is_sitemap { Ok(self.listed) } else { Err("it is XML, and no sitemap".to_string()) }
    }
}

#[cfg(test)]
mod tests;
