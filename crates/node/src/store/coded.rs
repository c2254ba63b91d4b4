//! The content of a stored answer in codings that are made here: each is made once, when it is first asked for, and belongs to the content
//! of which it was made. Whoever asks while it is being made reads it as it grows, as with an answer that comes in.

use super::Store;
use super::fill::{Around, Coming, Fill, Reader, Storing, Told, Writer};
use super::object::{Content, Object, allocated};
use decide::cache::Rule;
use decide::files::Coding;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use wire::http::ResponseHead;

/// The codings of one content.
#[derive(Debug, Default)]
pub(crate) struct Coded {
    zstd: Place,
    brotli: Place,
    gzip: Place,
}

/// One of them.
#[derive(Default)]
struct Place {
    /// It is there, or known to be of no use. Looked at without a lock.
    made: OnceLock<Made>,
    /// It is being made.
    making: Mutex<Option<Arc<Fill>>>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.made.fmt(f)
    }
}

#[derive(Debug)]
enum Made {
    Content(Arc<Content>),
    NotShorter,
}

/// A coding of an answer's content, as far as there is one.
pub(crate) enum Form {
    /// Here it is.
    Stored(Arc<Content>),
    /// Another request has it made.
    Coming(Reader),
    /// The one who asks has to make it; others read it meanwhile.
    Missing(Writer, Reader),
    /// It would be no shorter.
    NotShorter,
    /// It is being made, but no longer kept.
    NoRoom,
}

/// What is asked for.
pub(crate) struct Wanted<'a> {
    pub(crate) key: &'a [u8],
    /// The answer, stored or coming in.
    pub(crate) object: &'a Object,
    pub(crate) coding: Coding,
    /// Bytes that the owner lets it have.
    pub(crate) largest: u64,
    pub(crate) rule: Rule,
}

/// Where what a fill makes belongs.
pub(super) struct Making {
    pub(super) coded: Arc<Coded>,
    coding: Coding,
}

impl Coded {
    fn place(&self, coding: Coding) -> &Place {
        match coding {
            Coding::Zstd => &self.zstd,
            Coding::Brotli => &self.brotli,
            Coding::Gzip => &self.gzip,
            Coding::Identity => unreachable!("the content itself is no coding of it"),
        }
    }

    /// Those that are there, with their lengths.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = (Coding, u64)> {
        let all = [Coding::Zstd, Coding::Brotli, Coding::Gzip];
        all.into_iter().filter_map(|coding| Some((coding, self.place(coding).stored()?.len())))
    }

    /// The coding, if it is there.
    pub(crate) fn stored(&self, coding: Coding) -> Option<&Arc<Content>> {
        self.place(coding).stored()
    }

    /// Bytes of memory that all of it takes.
    pub(super) fn memory(&self) -> usize {
        let forms = [&self.zstd, &self.brotli, &self.gzip].into_iter().filter_map(Place::stored);
        allocated(2 * size_of::<usize>() + size_of::<Coded>())
            + usize::try_from(forms.map(|content| content.memory()).sum::<u64>()).unwrap_or(usize::MAX / 2)
    }
}

impl Place {
    fn stored(&self) -> Option<&Arc<Content>> {
        match self.made.get()? {
            Made::Content(content) => Some(content),
            Made::NotShorter => None,
        }
    }

    fn making(&self) -> MutexGuard<'_, Option<Arc<Fill>>> {
        self.making.lock().expect("no panic while it is held")
    }

    /// What there is of it; `None`: nobody makes it.
    fn found(&self) -> Option<Form> {
        if let Some(form) = self.form() {
            return Some(form);
        }
        let making = self.making();
        let fill = making.as_ref().filter(|fill| !fill.has_failed())?;
        // It may have been finished since.
        self.form().or_else(|| Some(if fill.can_be_begun() { Form::Coming(fill.read()) } else { Form::NoRoom }))
    }

    fn form(&self) -> Option<Form> {
        self.made.get().map(|made| match made {
            Made::Content(content) => Form::Stored(content.clone()),
            Made::NotShorter => Form::NotShorter,
        })
    }
}

impl Making {
    /// It is whole; before, it had so many bytes.
    pub(super) fn made(&self, content: &Arc<Content>, before: u64) {
        let place = self.coded.place(self.coding);
        let made = if content.len() < before { Made::Content(content.clone()) } else { Made::NotShorter };
        // Only one fill makes it at a time, and none once it is there.
        let _ = place.made.set(made);
        *place.making() = None;
    }

    /// It came to nothing: the next who asks begins anew.
    pub(super) fn given_up(&self) {
        *self.coded.place(self.coding).making() = None;
    }
}

impl Store {
    /// For a coding of what is not kept: it is for one request alone.
    pub(crate) fn for_one(self: &Arc<Store>, key: &[u8]) -> (Writer, Reader) {
        let (writer, reader) = self.ask_alone(key);
        writer.tell(Told::Coming(Arc::new(coming(None, Rule::Uncacheable))), Vec::new());
        (writer, reader)
    }

    /// A coding of a content: there, coming, or to be made by the one who asks.
    pub(crate) fn form(self: &Arc<Store>, wanted: &Wanted<'_>) -> Form {
        let place = wanted.object.coded.place(wanted.coding);
        if let Some(found) = place.found() {
            return found;
        }
        let mut table = self.table();
        let mut making = place.making();
        if making.as_ref().is_some_and(|fill| !fill.has_failed()) || place.made.get().is_some() {
            drop((making, table));
            return place.found().unwrap_or(Form::NoRoom);
        }
        let coded = wanted.object.coded.clone();
        // Its length and its trailers are those of what it is made of, and say nothing of it.
        let object = Object { head: ResponseHead::default(), ..wanted.object.with_content(Arc::default(), None) };
        let storing = Storing { object, largest: wanted.largest, keep: true, partial: false, trailers: false };
        let form = Making { coded, coding: wanted.coding };
        let fill = Fill::of_form(wanted.key, wanted.object.born, form, coming(Some(storing), wanted.rule));
        let reader = fill.read();
        *making = Some(fill.clone());
        let writer = table.begin(fill, self.clone());
        Form::Missing(writer, reader)
    }
}

/// What is told of a coding while it is made: the head is its readers' own affair.
fn coming(stored: Option<Storing>, rule: Rule) -> Coming {
    Coming { head: ResponseHead::default(), length: None, stored, rule, part: None, around: Around::default() }
}

#[cfg(test)]
mod tests;
