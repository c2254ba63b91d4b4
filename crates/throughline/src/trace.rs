//! Traced requests on this machine: the journey is made on one thread, and shown while it happens where somebody watches.

mod capture;
mod live;
mod several;

pub use capture::Packets;

use capture::Capturing;
use decide::step::{Journey, Step};
use live::Live;
use node::fetch::{Request, Watcher};
pub use several::{Plan, compare, repeat};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use view::trace::{Options, json, page, tree};

/// How a journey is shown.
#[derive(Clone, Copy, Debug)]
pub struct Show {
    /// Everything.
    pub verbose: bool,
    /// As JSON.
    pub json: bool,
    /// Colours; `None`: on a terminal.
    pub colour: Option<bool>,
    /// Columns; `None`: the terminal's.
    pub width: Option<usize>,
    /// The text of the page behind the tree.
    pub text: bool,
}

/// Where the body goes.
pub enum Output {
    /// Nowhere; it is counted.
    Counted,
    /// Into a file.
    File(File),
    /// Out of this process, and the tree beside it.
    Standard,
}

/// Goes, shows, writes the page and the packets where they are to be written, and returns the exit code.
pub fn fetch(request: &Request, show: Show, output: Output, html: Option<File>, packets: Option<&Packets>) -> Result<u8, String> {
    let mut screen = match output {
        Output::Standard => Screen::Beside(io::stderr()),
        _ => Screen::Alone(io::stdout()),
    };
    let options = options(show, &screen);
    let live = !show.json && screen.is_terminal();
    let capturing = packets.map(|packets| Capturing::begin(packets, request)).transpose();
    let capturing = capturing.map_err(|error| format!("the packets cannot be taken: {error}"))?;
    let mut sink = Sink { output, live: live.then(|| Live::new(options, height())), capturing, text: None };
    let (mut journey, capturing, text) = host::os::run(|host| async move {
        let journey = node::fetch::fetch(&host, request, &mut sink).await;
        if let Some(live) = &mut sink.live {
            live.clear();
        }
        (journey, sink.capturing, sink.text)
    })
    .map_err(|error| format!("the event loop did not start: {error}"))?;
    let captured = capturing.map(|capturing| capturing.end(&mut journey, request)).transpose();
    let captured = captured.map_err(|error| format!("the packets could not be written: {error}"))?;
    let unwritten = captured == Some(false) && packets.is_some_and(|packets| packets.file.is_some());
    let tree = match show.json {
        true => json(&journey),
        false => tree(&journey, &options).iter().flat_map(|line| [line, "\n"]).collect(),
    };
    let text = text.filter(|_| show.text).map(|text| rendered(&text, options.width)).unwrap_or_default();
    // Whoever reads it may have seen enough and left.
    let _ = screen.write_all(tree.as_bytes()).and_then(|()| screen.write_all(text.as_bytes()));
    if let Some(mut html) = html {
        html.write_all(page(&journey).as_bytes()).map_err(|error| format!("cannot write the page: {error}"))?;
    }
    Ok(exit(&journey).max(u8::from(unwritten)))
}

/// The text of the page, behind an empty line. What could mean something to a terminal is escaped.
fn rendered(page: &Page, width: usize) -> String {
    let laid_out = if page.html { node::page::rendered(&page.text, width) } else { Some(page.text.clone()) };
    let text = laid_out.unwrap_or_else(|| "(this page cannot be laid out as text)".to_string());
    let mut out = String::new();
    for line in text.trim_end().lines() {
        out.push('\n');
        out.push_str(&view::shown(&line.replace('\t', "    ")));
    }
    if out.is_empty() { out } else { format!("{out}\n") }
}

fn exit(journey: &Journey) -> u8 {
    match journey.steps().last() {
        Some((_, Step::Stopped { exit, .. })) => u8::try_from(*exit).unwrap_or(1),
        _ => 0,
    }
}

fn options(show: Show, screen: &Screen) -> Options {
    const LEAST: usize = 40;
    let terminal = screen.is_terminal();
    let width = show.width.unwrap_or_else(|| columns(terminal)).max(LEAST);
    Options { width, colour: show.colour.unwrap_or_else(|| colours(terminal)), verbose: show.verbose, so_far: None }
}

/// So wide is the terminal, if it is one; as text for a file: what a terminal of today has at least.
pub(crate) fn columns(terminal: bool) -> usize {
    const WIDTH: usize = 100;
    let of_terminal = if terminal { size().map(|(columns, _)| columns) } else { None };
    of_terminal.unwrap_or(WIDTH)
}

/// Whether a terminal, if it is one, is to have colours.
pub(crate) fn colours(terminal: bool) -> bool {
    // https://no-color.org: any value but an empty one.
    let colourless =
        std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    terminal && !colourless
}

fn height() -> usize {
    size().map_or(24, |(_, rows)| rows)
}

/// Columns and rows of the terminal.
fn size() -> Option<(usize, usize)> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).or_else(|_| rustix::termios::tcgetwinsize(io::stderr())).ok()?;
    (size.ws_col > 0).then(|| (size.ws_col.into(), size.ws_row.into()))
}

/// Where the tree goes.
enum Screen {
    Alone(io::Stdout),
    Beside(io::Stderr),
}

impl Screen {
    fn is_terminal(&self) -> bool {
        match self {
            Screen::Alone(out) => out.is_terminal(),
            Screen::Beside(out) => out.is_terminal(),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Screen::Alone(out) => out.write_all(bytes),
            Screen::Beside(out) => out.write_all(bytes),
        }
    }
}

/// Where steps and body go while the journey is made.
struct Sink {
    output: Output,
    live: Option<Live>,
    capturing: Option<Capturing>,
    text: Option<Page>,
}

/// What a page says.
struct Page {
    text: String,
    html: bool,
}

impl Watcher for Sink {
    fn step(&mut self, journey: &Journey) {
        if let Some(capturing) = &self.capturing {
            capturing.step(journey);
        }
        if let Some(live) = &mut self.live {
            live.step(journey);
        }
    }

    fn progress(&mut self, journey: &Journey, bytes: u64) {
        if let Some(live) = &mut self.live {
            live.progress(journey, bytes);
        }
    }

    fn body(&mut self, piece: &[u8]) -> io::Result<()> {
        match &mut self.output {
            Output::Counted => Ok(()),
            Output::File(file) => file.write_all(piece),
            Output::Standard => io::stdout().write_all(piece),
        }
    }

    fn text(&mut self, text: &str, html: bool) {
        self.text = Some(Page { text: text.to_string(), html });
    }
}
