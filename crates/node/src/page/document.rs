//! What an HTML document holds, as far as it is told: its parser's findings. No tree is built, so that memory does not grow with it.

use super::resources::{Resource, Resources};
use html5ever::interface::{Attribute, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{ExpandedName, ParseOpts, QualName, local_name, ns, parse_document};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use url::Url;

/// Mistakes that are kept in words; the others are counted.
const MOST_MISTAKES: usize = 20;
/// Bytes of a title that are kept.
const LONGEST_TITLE: usize = 300;

/// Something in a document that its parser had to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// In which line, from 1.
    pub line: u64,
    /// What, in the parser's words.
    pub what: String,
}

/// What a document holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its title; empty where it has none.
    pub title: String,
    /// Elements.
    pub elements: u64,
    /// The parser took it for one that was written for browsers of the last century.
    pub quirks: bool,
    /// How many mistakes the parser mended.
    pub mistakes: u64,
    /// The first of them.
    pub first_mistakes: Vec<Mistake>,
    /// What it asks for, in the order of the document, each URL once.
    pub resources: Vec<Resource>,
    /// Resources beyond those that are listed.
    pub unlisted: u64,
    /// What it has inside as `data:`.
    pub inline: u64,
}

/// The parser while the document comes.
pub(super) struct Parser(html5ever::Parser<Findings>);

impl Parser {
    pub(super) fn new(base: &Url) -> Parser {
        Parser(parse_document(Findings::new(base), ParseOpts::default()))
    }

    pub(super) fn take(&mut self, text: &str) {
        if !text.is_empty() {
            self.0.process(StrTendril::from_slice(text));
        }
    }

    pub(super) fn finish(self) -> Document {
        self.0.finish()
    }
}

/// An element, or whatever else has a place in the tree that is not built.
struct Node {
    name: QualName,
    contents: RefCell<Option<Rc<Node>>>,
}

struct Findings {
    root: Rc<Node>,
    document: RefCell<Document>,
    resources: RefCell<Resources>,
    titled: RefCell<Option<Rc<Node>>>,
    line: Cell<u64>,
}

impl Findings {
    fn new(base: &Url) -> Findings {
        Findings {
            root: Rc::new(Node { name: nameless(), contents: RefCell::default() }),
            document: RefCell::default(),
            resources: RefCell::new(Resources::new(base)),
            titled: RefCell::default(),
            line: Cell::new(1),
        }
    }

    fn append_text(&self, parent: &Rc<Node>, text: &str) {
        if parent.name.local != local_name!("title") || parent.name.ns != ns!(html) {
            return;
        }
        let mut titled = self.titled.borrow_mut();
        // The first title is the document's; an image in SVG may have its own.
        if !Rc::ptr_eq(titled.get_or_insert_with(|| parent.clone()), parent) {
            return;
        }
        let title = &mut self.document.borrow_mut().title;
        let end = text.floor_char_boundary(text.len().min(LONGEST_TITLE - title.len()));
        title.push_str(&text[..end]);
    }
}

fn nameless() -> QualName {
    QualName::new(None, ns!(), local_name!(""))
}

impl TreeSink for Findings {
    type Handle = Rc<Node>;
    type Output = Document;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Document {
        let mut document = self.document.into_inner();
        document.title = document.title.split_whitespace().collect::<Vec<_>>().join(" ");
        let resources = self.resources.into_inner();
        (document.unlisted, document.inline) = (resources.unlisted, resources.inline);
        document.resources = resources.listed();
        document
    }

    fn parse_error(&self, what: Cow<'static, str>) {
        let mut document = self.document.borrow_mut();
        document.mistakes += 1;
        if document.first_mistakes.len() < MOST_MISTAKES {
            document.first_mistakes.push(Mistake { line: self.line.get(), what: what.into_owned() });
        }
    }

    fn set_current_line(&self, line: u64) {
        self.line.set(line);
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.document.borrow_mut().quirks = mode == QuirksMode::Quirks;
    }

    fn get_document(&self) -> Rc<Node> {
        self.root.clone()
    }

    fn elem_name<'a>(&'a self, target: &'a Rc<Node>) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Rc<Node> {
        self.document.borrow_mut().elements += 1;
        self.resources.borrow_mut().element(&name, &attributes);
        Rc::new(Node { name, contents: RefCell::default() })
    }

    fn create_comment(&self, _: StrTendril) -> Rc<Node> {
        Rc::new(Node { name: nameless(), contents: RefCell::default() })
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Rc<Node> {
        self.create_comment(StrTendril::new())
    }

    fn append(&self, parent: &Rc<Node>, child: NodeOrText<Rc<Node>>) {
        if let NodeOrText::AppendText(text) = child {
            self.append_text(parent, &text);
        }
    }

    fn append_based_on_parent_node(&self, _: &Rc<Node>, _: &Rc<Node>, _: NodeOrText<Rc<Node>>) {}

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Rc<Node>) -> Rc<Node> {
        target.contents.borrow_mut().get_or_insert_with(|| Rc::new(Node { name: nameless(), contents: RefCell::default() })).clone()
    }

    fn same_node(&self, one: &Rc<Node>, other: &Rc<Node>) -> bool {
        Rc::ptr_eq(one, other)
    }

    fn append_before_sibling(&self, _: &Rc<Node>, _: NodeOrText<Rc<Node>>) {}

    fn add_attrs_if_missing(&self, _: &Rc<Node>, _: Vec<Attribute>) {}

    fn remove_from_parent(&self, _: &Rc<Node>) {}

    fn reparent_children(&self, _: &Rc<Node>, _: &Rc<Node>) {}
}
