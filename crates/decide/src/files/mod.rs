//! A directory served as files: what may be asked for, and what the answer is. Nothing here opens a file.
//!
//! Order of calls for one request:
//!
//! 1. [`answer_without_file`]: some methods need no file.
//! 2. [`wanted`]: from the path to a name below the root, or the reason why there is none.
//! 3. The caller looks that name up, and [`next_step`] says what follows from the kind of entry it found: the file, the path with a
//!    slash ([`with_slash`]), or the index files ([`index_names`]).
//! 4. [`Preference::of`] says in which order the precompressed siblings are worth a look.
//! 5. [`plan`]: status, fields and which bytes.
//!
//! [`crate::conditional`], [`crate::range`] and [`media_type`] are the decisions inside the plan.

mod directory;
mod encoding;
mod media_type;
mod path;
mod plan;
mod refusal;

pub use directory::{Entry, Next, index_names, next_step, with_slash};
pub use encoding::{Coding, Preference};
pub(crate) use encoding::{rate, weighted};
pub use media_type::media_type;
pub use path::{Wanted, wanted};
pub use plan::{Body, Found, Plan, Request, SETTLED, Sibling, Stored, answer_without_file, plan};
pub use refusal::Refusal;
