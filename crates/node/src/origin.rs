//! The web server: opens what [`decide::files`] asks for, and makes its plan an answer.
//!
//! Opening a file and reading its metadata are blocking system calls on the worker's thread, and so is the reading that sendfile(2) does.
//! What is served often is in the kernel's memory, where they take less time than to hand them to another thread and back; a disk that
//! must be waited for holds up the other connections of the same worker.

use crate::proxy::reply::{Reply, Segment};
use decide::config::Files;
use decide::files::{
    Body, Coding, Entry, Found as Described, Next, Plan, Preference, Refusal, Request, Sibling, Stored, Wanted, answer_without_file,
    index_names, next_step, plan, wanted, with_slash,
};
use decide::random::Random;
use decide::step::{Bytes, Side, Step};
use decide::time::Calendar;
use host::{File, Found, Host, Opened};
use std::io;
use wire::http::{Fields, Known, RequestHead};

/// The answer for a path below the root, and the step that tells of it where `Reply::why` does not tell everything.
pub(crate) fn reply(host: &Host, files: &Files, request: &RequestHead, now: Calendar) -> (Reply, Option<Step>) {
    let mut fields = Fields::new();
    if let Some(plan) = answer_without_file(&request.method, &mut fields) {
        return carry_out(plan, fields, None);
    }
    match choose(host, files, request) {
        Ok(Choice::Serve(served)) => serve(host, files, request, served, now),
        Ok(Choice::AddSlash) => (moved(request), None),
        Err(Miss::Refused(refusal)) => refused(&refusal),
        Err(Miss::Failed(error)) => failed(&error),
    }
}

/// The answer for a file that an application has at hand: validators, conditions and ranges as for any other.
pub(crate) fn embedded(host: &Host, request: &RequestHead, found: Found, name: &str, now: Calendar) -> (Reply, Step) {
    // There is no directory around it, and so nothing to configure.
    let files =
        Files { root: String::new(), index: Vec::new(), precompressed: false, strip_prefix: String::new(), cache_control: String::new() };
    let (mut reply, step) = serve(host, &files, request, Served { name: name.to_string(), found, sibling: None }, now);
    let step =
        step.unwrap_or_else(|| Step::Made { status: reply.status, why: reply.why.take().expect("without a step the reply tells why") });
    (reply, step)
}

/// A file to answer with.
struct Served {
    /// Its name below the root.
    name: String,
    found: Found,
    /// The best of its precompressed siblings that the client takes.
    sibling: Option<(Sibling, File)>,
}

/// What a path came to.
enum Choice {
    Serve(Served),
    AddSlash,
}

/// Why a path came to nothing.
enum Miss {
    Refused(Refusal),
    Failed(io::Error),
}

impl From<Refusal> for Miss {
    fn from(refusal: Refusal) -> Miss {
        Miss::Refused(refusal)
    }
}

impl From<io::Error> for Miss {
    fn from(error: io::Error) -> Miss {
        Miss::Failed(error)
    }
}

fn choose(host: &Host, files: &Files, request: &RequestHead) -> Result<Choice, Miss> {
    let wanted = wanted(request.path(), &files.strip_prefix)?;
    let opened = host.open(&files.root, &wanted.relative)?;
    let entry = match opened {
        Opened::File(_) => Entry::File,
        Opened::Directory => Entry::Directory,
        Opened::Nothing => Entry::Missing,
    };
    let (name, found) = match (next_step(&wanted, entry)?, opened) {
        (Next::Serve, Opened::File(found)) => (wanted.relative, found),
        (Next::Serve, _) => unreachable!("nothing but a file is served"),
        (Next::AddSlash, _) => return Ok(Choice::AddSlash),
        (Next::TryIndexes, _) => open_index(host, files, &wanted)?,
    };
    let sibling = open_sibling(host, files, request, &name, &found)?;
    Ok(Choice::Serve(Served { name, found, sibling }))
}

/// The first of a directory's index files that is there.
fn open_index(host: &Host, files: &Files, wanted: &Wanted) -> Result<(String, Found), Miss> {
    for name in index_names(wanted, files) {
        if let Opened::File(found) = host.open(&files.root, &name)? {
            return Ok((name, found));
        }
    }
    Err(Refusal::NoIndex.into())
}

/// The first precompressed sibling that the client takes, is there and is current. Later ones are not looked for.
fn open_sibling(host: &Host, files: &Files, request: &RequestHead, name: &str, file: &Found) -> io::Result<Option<(Sibling, File)>> {
    if !files.precompressed {
        return Ok(None);
    }
    for coding in Preference::of(&request.fields).iter().take_while(|coding| *coding != Coding::Identity) {
        if let Opened::File(found) = host.open(&files.root, &format!("{name}{}", coding.suffix()))? {
            let sibling = Sibling { coding, stored: stored(&found) };
            if sibling.is_current(&stored(file)) {
                return Ok(Some((sibling, found.file)));
            }
        }
    }
    Ok(None)
}

fn serve(host: &Host, files: &Files, request: &RequestHead, served: Served, now: Calendar) -> (Reply, Option<Step>) {
    let Served { name, found, sibling } = served;
    // Only a range can come to several parts.
    let boundary = if request.fields.has(Known::Range) { boundary(host) } else { String::new() };
    let asked = Request { method: &request.method, fields: &request.fields, now, boundary: &boundary };
    let siblings = sibling.as_ref().map(|(sibling, _)| *sibling);
    let described = Described { name: &name, file: stored(&found), siblings: siblings.as_slice() };
    let mut fields = Fields::new();
    let plan = plan(&asked, &described, files, &mut fields);
    let file = if plan.encoding == Coding::Identity { Some(found.file) } else { sibling.map(|(_, file)| file) };
    carry_out(plan, fields, file)
}

/// Makes a plan an answer.
fn carry_out(plan: Plan, fields: Fields, file: Option<File>) -> (Reply, Option<Step>) {
    let Plan { status, body, length, size, encoding, why } = plan;
    let rule = rule(status);
    let mut reply = match rule {
        Some((rule, section)) => {
            let mut reply = Reply::problem(status, rule, section);
            fields.iter().for_each(|field| reply.fields.push_as(field.known, field.name, field.value));
            reply
        }
        None => Reply { fields, body: segments(body, size), file, length, ..Reply::new(status, Some("answer")) },
    };
    let step = match why {
        Some(why) => {
            reply.why = None;
            Some(Step::FileChosen { size: Bytes(size), why, encoding: encoding.token() })
        }
        None => rule.map(|(rule, _)| Step::Refused { status, rule, side: Side::Client }),
    };
    (reply, step)
}

/// What a plan's status says went wrong, if anything, and where that is written.
fn rule(status: u16) -> Option<(&'static str, &'static str)> {
    match status {
        405 => Some(("files are asked for with GET or HEAD", "RFC 9110 §15.5.6")),
        406 => Some(("the file is there in no coding that the request accepts", "RFC 9110 §12.5.3")),
        412 => Some(("a precondition of the request does not hold", "RFC 9110 §13.2")),
        416 => Some(("the file has none of the bytes asked for", "RFC 9110 §14.2")),
        _ => None,
    }
}

fn segments(body: Body, size: u64) -> Vec<Segment> {
    match body {
        Body::None => Vec::new(),
        Body::Whole => vec![Segment::File { start: 0, len: size }],
        Body::Part(span) => vec![Segment::File { start: span.start, len: span.len }],
        Body::Parts(parts) => {
            let framed = parts.parts.into_iter().flat_map(|part| {
                let file = Segment::File { start: part.span.start, len: part.span.len };
                [Segment::Bytes(part.head), file]
            });
            framed.chain([Segment::Bytes(parts.end)]).collect()
        }
    }
}

/// The client asked for a directory without its slash.
fn moved(request: &RequestHead) -> Reply {
    let mut reply = Reply::new(301, Some("redirect"));
    reply.fields.push_known(Known::Location, &with_slash(request.path(), request.query()));
    reply
}

/// The log gets the reason. The client gets the same for all that is not served, so that whoever probes learns nothing.
fn refused(refusal: &Refusal) -> (Reply, Option<Step>) {
    let status = refusal.status();
    let told = if status == 404 { Refusal::Missing } else { *refusal };
    (Reply::problem(status, told.sentence(), ""), Some(Step::Refused { status, rule: refusal.sentence(), side: Side::Client }))
}

/// The machine could not say what is there. Not a 404: a cache would keep it.
fn failed(error: &io::Error) -> (Reply, Option<Step>) {
    // What is missing or closed to us below the root is no error: these two are of the root itself.
    let rule = match error.kind() {
        io::ErrorKind::NotFound => "the directory that this route serves does not exist",
        io::ErrorKind::PermissionDenied => "the directory that this route serves is closed to this process",
        _ => "the machine failed to open a file: its disk, or its limit of open files",
    };
    (Reply::problem(503, "files cannot be opened at present", ""), Some(Step::Refused { status: 503, rule, side: Side::Us }))
}

fn stored(found: &Found) -> Stored {
    // Machines that serve copies of one tree must agree on its tags, so that nothing of this machine's own goes into them.
    Stored { size: found.size, modified: found.modified, identity: 0 }
}

/// 128 random bits, as hexadecimal digits.
fn boundary(host: &Host) -> String {
    let mut random = host.rng();
    format!("{:016x}{:016x}", random.next(), random.next())
}

#[cfg(test)]
mod tests;
