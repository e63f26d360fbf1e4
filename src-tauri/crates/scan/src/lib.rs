//! How assistants' own logs are read: quickly, in pieces that resume where the last reading ended, and never stopped by
//! a damaged line. What a line means is the business of the assistant's folder.

mod archive;
mod hash;
pub mod lenient;
mod lines;
mod packed;
mod source;
mod text;

pub use archive::{Archive, Noted, Notes, Written};
pub use hash::{hash, key};
pub use lenient::{Count, List, Map, Text};
pub use lines::{Needles, Tail, lines};
pub use source::{Form, Kept, LogFile, LogSource, Place, Reading, Resume, Taken};
pub use text::parse;
