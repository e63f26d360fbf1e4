//! The lines of a log that are worth reading: found in blocks, without looking at the others.

use aho_corasick::packed::Searcher;
use memchr::{memchr, memmem::Finder, memrchr};
use std::io::{self, Read};

/// How much is read at a time: it stays in the processor's cache, and most lines fit.
const BLOCK: usize = 256 * 1024;
/// A buffer that one long line has made larger than this is given back.
const LARGEST_KEPT: usize = 4 * 1024 * 1024;
/// How much of what was read last tells whether a file has only grown.
const TAIL: usize = 64;

/// What a line must hold to be worth reading.
#[derive(Debug)]
pub enum Needles {
    /// Nothing: every line is.
    All,
    /// This.
    One(Box<Finder<'static>>),
    /// One of these.
    Any(Box<Searcher>),
    /// One of these, on a processor that cannot look for several at once.
    Each(Vec<Finder<'static>>),
}

impl Needles {
    /// Lines that hold one of these texts.
    pub fn of(texts: &[&'static str]) -> Self {
        match texts {
            [] => Self::All,
            [text] => Self::One(Box::new(Finder::new(text.as_bytes()))),
            texts => Searcher::new(texts).map_or_else(
                || Self::Each(texts.iter().map(|text| Finder::new(text.as_bytes())).collect()),
                |searcher| Self::Any(Box::new(searcher)),
            ),
        }
    }

    /// Whether a text holds one of them.
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        self.find(text).is_some()
    }

    fn find(&self, block: &[u8]) -> Option<usize> {
        match self {
            Self::All => (!block.is_empty()).then_some(0),
            Self::One(finder) => finder.find(block),
            Self::Any(searcher) => searcher.find(block).map(|found| found.start()),
            Self::Each(finders) => finders.iter().filter_map(|finder| finder.find(block)).min(),
        }
    }
}

/// Where a reading ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tail {
    /// Offset behind the last line that was ended.
    pub end: u64,
    /// The bytes before it, 64 at most.
    pub last: Vec<u8>,
    /// What follows: a line that is not ended yet.
    pub rest: Vec<u8>,
}

/// Hands every line that holds a needle to `each`, with its offset. `buffer` is reused between files.
pub fn lines(
    stream: &mut dyn Read,
    from: u64,
    needles: &Needles,
    buffer: &mut Vec<u8>,
    each: &mut dyn FnMut(u64, &[u8]),
) -> io::Result<Tail> {
    if buffer.len() < BLOCK {
        buffer.resize(BLOCK, 0);
    }
    let mut tail = Tail { end: from, ..Tail::default() };
    let mut held = 0;
    loop {
        if held == buffer.len() {
            buffer.resize(buffer.len() * 2, 0);
        }
        let read = match stream.read(&mut buffer[held..]) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let ended = memrchr(b'\n', &buffer[held..held + read]).map(|at| held + at + 1);
        held += read;
        let Some(ended) = ended else { continue };
        in_block(&buffer[..ended], tail.end, needles, each);
        keep_last(&mut tail.last, &buffer[..ended]);
        tail.end += ended as u64;
        buffer.copy_within(ended..held, 0);
        held -= ended;
    }
    tail.rest = buffer[..held].to_vec();
    if buffer.len() > LARGEST_KEPT {
        buffer.truncate(BLOCK);
        buffer.shrink_to_fit();
    }
    Ok(tail)
}

/// The worthy lines of a block that ends with a line.
fn in_block(block: &[u8], offset: u64, needles: &Needles, each: &mut dyn FnMut(u64, &[u8])) {
    let mut at = 0;
    while let Some(found) = needles.find(&block[at..]) {
        let hit = at + found;
        let start = memrchr(b'\n', &block[at..hit]).map_or(at, |before| at + before + 1);
        let end = memchr(b'\n', &block[hit..]).map_or(block.len(), |after| hit + after);
        each(offset + start as u64, &block[start..end]);
        at = (end + 1).min(block.len());
    }
}

fn keep_last(last: &mut Vec<u8>, block: &[u8]) {
    last.extend_from_slice(&block[block.len().saturating_sub(TAIL)..]);
    let surplus = last.len().saturating_sub(TAIL);
    last.drain(..surplus);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A stream that gives its bytes in pieces of a size.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self.1.min(self.0.len()).min(buffer.len());
            buffer[..size].copy_from_slice(&self.0[..size]);
            self.0 = &self.0[size..];
            Ok(size)
        }
    }

    fn found(text: &str, piece: usize, needles: &[&'static str]) -> (Vec<(u64, String)>, Tail) {
        let mut all = Vec::new();
        let tail = lines(
            &mut Pieces(text.as_bytes(), piece),
            100,
            &Needles::of(needles),
            &mut Vec::new(),
            &mut |offset, line| all.push((offset, String::from_utf8_lossy(line).into_owned())),
        );
        (all, tail.unwrap())
    }

    #[test]
    fn lines_with_a_needle_come_with_their_offsets_and_the_unended_one_is_kept_back() {
        let text = "none\nhas usage twice usage\n\nusage\r\nno\nusage but not end";
        let (all, tail) = found(text, 1000, &["usage"]);
        assert_eq!(all, [(105, "has usage twice usage".to_owned()), (128, "usage\r".to_owned())]);
        assert_eq!((tail.end, tail.rest), (138, b"usage but not end".to_vec()));
        assert_eq!(tail.last, text.as_bytes()[..38]);
        let (many, _) = found("a one\nb\nc two one\n", 1000, &["one", "two"]);
        assert_eq!(many.len(), 2);
        assert_eq!(found("", 10, &["x"]).1, Tail { end: 100, ..Tail::default() });
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(text in "[ux\n]{0,300}", piece in 1_usize..50) {
            prop_assert_eq!(found(&text, piece, &["ux", "uu"]), found(&text, 1000, &["ux", "uu"]));
            let (every, tail) = found(&text, piece, &[]);
            let ended = &text[..(tail.end - 100) as usize];
            let expected: Vec<&str> = ended.split_terminator('\n').collect();
            prop_assert_eq!(every.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>(), expected);
        }
    }
}
