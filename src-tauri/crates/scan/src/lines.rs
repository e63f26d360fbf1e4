//! The lines of a log that are worth reading: found in blocks, without looking at the others.

use aho_corasick::packed::Searcher;
use memchr::{memchr, memmem::Finder, memrchr};
use std::io::{self, Read};

/// How much is read at a time: it stays in the processor's cache, and most lines fit.
const BLOCK: usize = 256 * 1024;
/// A buffer that one long line has made larger than this is given back.
const LARGEST_KEPT: usize = 4 * 1024 * 1024;
/// A line that is longer is not held until it is known to end: it may be as long as the disk has room.
pub(crate) const LONGEST_HELD: usize = 16 * 1024 * 1024;
/// No needle is longer.
const LONGEST_NEEDLE: usize = 64;
/// How much of what was read last tells whether a file has only grown.
pub(crate) const TAIL: usize = 64;

/// What a line must hold to be worth reading.
#[derive(Debug)]
pub struct Needles {
    search: Search,
    /// Tells by its beginning that a line is worth nothing, whatever it holds.
    is_dull: Option<fn(&[u8]) -> bool>,
}

#[derive(Debug)]
enum Search {
    /// For nothing: every line is worth it.
    Nothing,
    /// For this.
    One(Box<Finder<'static>>),
    /// For one of these.
    Any(Box<Searcher>),
    /// For one of these, on a processor that cannot look for several at once.
    Each(Vec<Finder<'static>>),
}

impl Needles {
    /// Every line.
    pub const ALL: Self = Self { search: Search::Nothing, is_dull: None };

    /// Lines that hold one of these texts; without any, every line.
    pub fn of(texts: &[&'static str]) -> Self {
        let search = match texts {
            [] => Search::Nothing,
            [text] => Search::One(Box::new(Finder::new(text.as_bytes()))),
            texts => Searcher::new(texts).map_or_else(
                || Search::Each(texts.iter().map(|text| Finder::new(text.as_bytes())).collect()),
                |searcher| Search::Any(Box::new(searcher)),
            ),
        };
        Self { search, is_dull: None }
    }

    /// Passes over lines of which `is_dull` says so, which may look as far as it likes: what is not looked at costs little.
    #[must_use]
    pub fn unless(self, is_dull: fn(&[u8]) -> bool) -> Self {
        Self { is_dull: Some(is_dull), ..self }
    }

    /// Whether a line is worth reading.
    pub(crate) fn want(&self, line: &[u8]) -> bool {
        !self.is_dull.is_some_and(|is_dull| is_dull(line)) && self.find(line).is_some()
    }

    fn find(&self, block: &[u8]) -> Option<usize> {
        match &self.search {
            Search::Nothing => (!block.is_empty()).then_some(0),
            Search::One(finder) => finder.find(block),
            Search::Any(searcher) => searcher.find(block).map(|found| found.start()),
            Search::Each(finders) => finders.iter().filter_map(|finder| finder.find(block)).min(),
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
    /// Whether the line that follows is too long to be held: it was not read to its end.
    pub is_overlong: bool,
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
            if held >= LONGEST_HELD {
                tail.is_overlong = true;
                held = 0;
                break;
            }
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

/// How a long line goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// It ends after so many bytes; and whether a needle is in it.
    Ended(u64, bool),
    /// It does not end within so many bytes, which are all that there are.
    Unended(u64),
}

/// How far the line reaches that a stream begins with. Nothing is held of it.
pub(crate) fn length(stream: &mut dyn Read, needles: &Needles) -> io::Result<Length> {
    let mut block = vec![0; BLOCK + LONGEST_NEEDLE];
    let (mut length, mut overlap, mut has_needle) = (0, 0, false);
    loop {
        let read = match stream.read(&mut block[overlap..]) {
            Ok(0) => return Ok(Length::Unended(length)),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let filled = overlap + read;
        let end = memchr(b'\n', &block[overlap..filled]).map(|at| overlap + at);
        has_needle = has_needle || needles.find(&block[..end.unwrap_or(filled)]).is_some();
        if let Some(end) = end {
            return Ok(Length::Ended(length + (end - overlap) as u64, has_needle));
        }
        length += read as u64;
        // A needle may begin in one block and end in the next.
        overlap = filled.min(LONGEST_NEEDLE);
        block.copy_within(filled - overlap..filled, 0);
    }
}

/// The worthy lines of a block that ends with a line.
fn in_block(block: &[u8], offset: u64, needles: &Needles, each: &mut dyn FnMut(u64, &[u8])) {
    let mut at = 0;
    let end_of_line =
        |from: usize| memchr(b'\n', &block[from..]).map_or(block.len(), |end| from + end);
    if needles.is_dull.is_some() {
        while at < block.len() {
            let end = end_of_line(at);
            if needles.want(&block[at..end]) {
                each(offset + at as u64, &block[at..end]);
            }
            at = end + 1;
        }
        return;
    }
    // Most lines are passed over without looking where they begin and end.
    while let Some(found) = needles.find(&block[at..]) {
        let hit = at + found;
        let start = memrchr(b'\n', &block[at..hit]).map_or(at, |before| at + before + 1);
        let end = end_of_line(hit);
        each(offset + start as u64, &block[start..end]);
        at = (end + 1).min(block.len());
    }
}

/// Hands the parts of a line to `each` that are worth reading: a block of NULs, which a power loss leaves, is no line, and
/// what stands before and after it is one.
pub(crate) fn parts(offset: u64, line: &[u8], needles: &Needles, each: &mut dyn FnMut(u64, &[u8])) {
    if memchr(0, line).is_none() {
        each(offset, line);
        return;
    }
    let mut at = offset;
    for part in line.split(|byte| *byte == 0) {
        if needles.want(part) {
            each(at, part);
        }
        at += part.len() as u64 + 1;
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

    #[test]
    fn a_line_that_begins_dully_is_passed_over_whatever_it_holds() {
        let needles = Needles::of(&["usage"]).unless(|line| line.starts_with(b"dull"));
        let mut all = Vec::new();
        let mut each = |offset, line: &[u8]| all.push((offset, line.to_vec()));
        let text = b"dull usage\nusage of dull\n\ndull usage\nnothing\nusage\ndull usage";
        let tail = lines(&mut text.as_slice(), 0, &needles, &mut Vec::new(), &mut each).unwrap();
        assert_eq!(all, [(11, b"usage of dull".to_vec()), (45, b"usage".to_vec())]);
        assert!(!needles.want(&tail.rest));
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
