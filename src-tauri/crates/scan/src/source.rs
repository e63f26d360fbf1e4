//! A place where an assistant keeps its own log, and how one file of it is read.

use crate::{
    Needles, Tail, hash,
    lines::{Length, TAIL, length, lines, parts},
    packed::Unpacked,
};
use claudometer_core::{
    Response, Tokens,
    response::{Key, Reader},
};
use claudometer_host::{Host, leaves::Leaf};
use std::{
    fmt,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A record a line, added at the end.
    Lines,
    /// The same, packed as a zstd stream once nothing is added any more.
    Packed,
    /// One document, rewritten as it changes.
    Whole,
    /// A database of the assistant's.
    Database,
}

/// The log of an assistant.
pub trait LogSource: fmt::Debug + Send + Sync {
    /// Id of the assistant: that of its provider, where there is one.
    fn id(&self) -> &'static str;

    /// Its name, for people.
    fn name(&self) -> &'static str;

    /// Which reader of this log this is. What an older one read is read again, once.
    fn reader(&self) -> Reader;

    /// Folders that hold the log, and files of it.
    fn places(&self, host: &Host) -> Vec<PathBuf>;

    /// What a file in them is; `None` where it is not part of the log.
    fn form(&self, path: &Path) -> Option<Form>;

    /// What a line must hold to be worth reading.
    fn needles(&self) -> &Needles;

    /// Whether a file, by its name, is the log of a session: what waits for that one is then read again.
    fn is_of_session(&self, path: &Path, session: &str) -> bool {
        let _ = (path, session);
        false
    }

    /// Begins to read a file, or goes on where an earlier reading left `state`.
    fn open<'a>(&'a self, file: LogFile<'a>, state: Option<&[u8]>) -> Box<dyn Reading + 'a>;
}

/// A file of a log, among the others.
#[derive(Debug, Clone, Copy)]
pub struct LogFile<'a> {
    /// The file.
    pub leaf: &'a Leaf,
    /// Every file of the log, by path.
    pub others: &'a [Leaf],
    /// What the history holds already.
    pub kept: &'a dyn Kept,
    /// The world.
    pub host: &'a Host,
}

/// What was read earlier, of logs that may be gone by now.
pub trait Kept: fmt::Debug {
    /// The tokens of a response, also of one that turned out to be a copy; `None` where it is not known.
    fn tokens(&self, key: Key) -> Option<Tokens>;
}

/// Nothing was read earlier.
impl Kept for () {
    fn tokens(&self, _: Key) -> Option<Tokens> {
        None
    }
}

impl LogFile<'_> {
    /// Its name without the ending.
    pub fn stem(&self) -> &str {
        self.leaf.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
    }

    /// Hands every line of it that is worth reading to `each`; what lies behind a fault is not reached.
    pub fn each_line(
        &self,
        form: Form,
        needles: &Needles,
        buffer: &mut Vec<u8>,
        each: &mut dyn FnMut(u64, &[u8]),
    ) -> io::Result<()> {
        let Some(mut stream) = self.host.files.stream(&self.leaf.path, 0)? else { return Ok(()) };
        let mut each = |offset: u64, line: &[u8]| parts(offset, line, needles, each);
        if form != Form::Packed {
            let tail = lines(&mut stream, 0, needles, buffer, &mut each)?;
            if is_worthy(needles, &tail.rest) {
                each(tail.end, &tail.rest);
            }
            return Ok(());
        }
        let mut stream = Unpacked::of(stream);
        let mut from = 0;
        loop {
            let tail = lines(&mut stream, from, needles, buffer, &mut each)?;
            if !tail.is_overlong {
                if is_worthy(needles, &tail.rest) {
                    each(tail.end, &tail.rest);
                }
                return Ok(());
            }
            // Nothing that counts is as long; of a stream there is no way back.
            match length(&mut stream, &Needles::ALL)? {
                Length::Ended(length, _) => from = tail.end + length,
                Length::Unended(_) => return Ok(()),
            }
        }
    }
}

/// The reading of one file.
pub trait Reading {
    /// Takes a line; its offset tells where it is.
    fn line(&mut self, offset: u64, line: &[u8]) {
        let _ = (offset, line);
    }

    /// Takes a whole document.
    fn whole(&mut self, document: &[u8]) {
        let _ = document;
    }

    /// Reads a database.
    fn database(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// What another reading needs to go on from here; `None` where it has to begin anew.
    fn state(&self) -> Option<Vec<u8>> {
        None
    }

    /// What another reading of a whole document needs to know of this one.
    fn memory(&self) -> Option<Vec<u8>> {
        None
    }

    /// What was found.
    fn finish(self: Box<Self>) -> Taken;
}

/// What a reading gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Records of responses; several may be of one.
    pub responses: Vec<Response>,
    /// Records that could not be read.
    pub malformed: u64,
    /// Records of responses without a time: they belong to no day.
    pub undated: u64,
    /// Keys under which an earlier reading of this file may have told a response that is none of its own: a copy, a sum, a
    /// record that goes by another key now. What was kept under them counts no more.
    pub copies: Vec<Key>,
    /// The session that this file continues, where its log was not there to compare: once it is, this file is read again.
    pub waits_for: Option<String>,
}

impl Taken {
    /// Takes a record of a response.
    pub fn add(&mut self, response: Response) {
        match self.responses.last_mut() {
            // The records of one lie side by side, most of the time.
            Some(last) if last.key == response.key => last.merge(response),
            _ => self.responses.push(response),
        }
    }
}

/// Where a reading of a file ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resume {
    /// Bytes that were read for good.
    pub offset: u64,
    /// A hash of the bytes just before.
    pub tail: u64,
    /// Bytes behind them of which it is known that no line ends among them.
    pub unended: u64,
    /// What the reading knew; empty where another has to begin anew.
    pub state: Vec<u8>,
}

/// A file to be read and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Whose it is.
    pub source: &'a dyn LogSource,
    /// The file, among the others.
    pub file: LogFile<'a>,
}

impl Place<'_> {
    /// Reads what is new since `resume`, or everything where that is `None` or the file is not what it was.
    pub fn read(
        &self,
        resume: Option<&Resume>,
        buffer: &mut Vec<u8>,
    ) -> io::Result<(Taken, Resume)> {
        match self.source.form(&self.file.leaf.path) {
            Some(Form::Lines) => self.lines(resume, buffer),
            Some(Form::Packed) => self.packed(buffer),
            Some(Form::Whole) => {
                let memory = resume.map(|resume| resume.state.as_slice());
                let memory = memory.filter(|memory| !memory.is_empty());
                let mut reading = self.source.open(self.file, memory);
                let mut document = Vec::new();
                if let Some(mut stream) = self.file.host.files.stream(&self.file.leaf.path, 0)? {
                    stream.read_to_end(&mut document)?;
                }
                reading.whole(without_nuls(&document));
                let offset = document.len() as u64;
                let state = reading.memory().unwrap_or_default();
                Ok((reading.finish(), Resume { offset, state, ..Resume::default() }))
            }
            Some(Form::Database) => {
                let state = resume.map(|resume| resume.state.as_slice());
                let mut reading = self.source.open(self.file, state);
                reading.database()?;
                let state = reading.state().unwrap_or_default();
                let offset = self.file.leaf.size;
                Ok((reading.finish(), Resume { offset, state, ..Resume::default() }))
            }
            None => Ok(Default::default()),
        }
    }

    fn packed(&self, buffer: &mut Vec<u8>) -> io::Result<(Taken, Resume)> {
        let mut reading = self.source.open(self.file, None);
        let mut found = 0_u64;
        let mut each = |offset: u64, line: &[u8]| {
            found += 1;
            reading.line(offset, line.strip_suffix(b"\r").unwrap_or(line));
        };
        let read = self.file.each_line(Form::Packed, self.source.needles(), buffer, &mut each);
        let mut taken = reading.finish();
        match read {
            // What stands before the damage counts.
            Err(_) if found > 0 => taken.malformed += 1,
            read => read?,
        }
        let offset = self.file.leaf.size;
        let tail = self.hash_before(offset)?;
        Ok((taken, Resume { offset, tail, ..Resume::default() }))
    }

    fn lines(&self, resume: Option<&Resume>, buffer: &mut Vec<u8>) -> io::Result<(Taken, Resume)> {
        let known = resume.filter(|resume| !resume.state.is_empty() && self.has_only_grown(resume));
        let mut reading = self.source.open(self.file, known.map(|resume| resume.state.as_slice()));
        let from = known.map_or(0, |resume| resume.offset);
        if let Some(known) = known.filter(|known| known.unended > 0)
            && let Some(Length::Unended(more)) = self.length(from + known.unended)?
        {
            let unended = known.unended + more;
            return Ok((reading.finish(), Resume { unended, ..known.clone() }));
        }
        let ReadTo { tail, unended } = self.read_lines(from, &mut *reading, buffer)?;
        let is_as_before = known.filter(|known| tail.end == known.offset);
        let hash = match is_as_before {
            Some(known) => known.tail,
            None if tail.last.len() < TAIL => self.hash_before(tail.end)?,
            None => hash_of(&tail.last),
        };
        let state = reading.state().unwrap_or_default();
        let resume = Resume { offset: tail.end, tail: hash, unended, state };
        if is_worthy(self.source.needles(), &tail.rest) {
            // A last line that is whole counts already; it is read again when something follows it.
            parts(tail.end, &tail.rest, self.source.needles(), &mut |offset, line| {
                reading.line(offset, line.trim_ascii_end());
            });
        }
        Ok((reading.finish(), resume))
    }

    /// Hands every line from an offset on to a reading.
    fn read_lines(
        &self,
        mut from: u64,
        reading: &mut dyn Reading,
        buffer: &mut Vec<u8>,
    ) -> io::Result<ReadTo> {
        let needles = self.source.needles();
        loop {
            let Some(mut stream) = self.file.host.files.stream(&self.file.leaf.path, from)? else {
                return Ok(ReadTo::default());
            };
            let mut take = |offset: u64, line: &[u8]| {
                parts(offset, line, needles, &mut |offset, line| {
                    reading.line(offset, line.strip_suffix(b"\r").unwrap_or(line));
                });
            };
            let tail = lines(&mut stream, from, needles, buffer, &mut take)?;
            if !tail.is_overlong {
                return Ok(ReadTo { tail, unended: 0 });
            }
            match self.length(tail.end)? {
                Some(Length::Ended(length, is_worthy)) => {
                    if is_worthy && let Some(line) = self.line(tail.end, length)? {
                        take(tail.end, &line);
                    }
                    from = tail.end + length + 1;
                }
                Some(Length::Unended(unended)) => return Ok(ReadTo { tail, unended }),
                None => return Ok(ReadTo { tail, unended: 0 }),
            }
        }
    }

    /// How far the line reaches that begins at an offset.
    fn length(&self, offset: u64) -> io::Result<Option<Length>> {
        let stream = self.file.host.files.stream(&self.file.leaf.path, offset)?;
        stream.map(|mut stream| length(&mut stream, self.source.needles())).transpose()
    }

    fn line(&self, offset: u64, length: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(stream) = self.file.host.files.stream(&self.file.leaf.path, offset)? else {
            return Ok(None);
        };
        let mut line = Vec::new();
        stream.take(length).read_to_end(&mut line)?;
        Ok(Some(line))
    }

    /// Whether what was read for good is still there.
    pub fn has_only_grown(&self, resume: &Resume) -> bool {
        let is_longer = resume.offset > 0 && self.file.leaf.size >= resume.offset;
        is_longer && self.hash_before(resume.offset).is_ok_and(|hash| hash == resume.tail)
    }

    fn hash_before(&self, offset: u64) -> io::Result<u64> {
        let from = offset.saturating_sub(TAIL as u64);
        let mut last = Vec::new();
        if let Some(stream) = self.file.host.files.stream(&self.file.leaf.path, from)? {
            stream.take(offset - from).read_to_end(&mut last)?;
        }
        Ok(hash_of(&last))
    }
}

/// How far the lines of a file were read.
#[derive(Default)]
struct ReadTo {
    tail: Tail,
    unended: u64,
}

fn hash_of(bytes: &[u8]) -> u64 {
    // As it is stored in a database, which knows only signed numbers.
    hash(&[&String::from_utf8_lossy(bytes)])
}

/// Whether an unended line is worth a try: an object that was written whole ends like one.
fn is_worthy(needles: &Needles, rest: &[u8]) -> bool {
    without_nuls(rest).trim_ascii_end().ends_with(b"}") && needles.want(rest)
}

/// Without the block of NULs that a power loss leaves at the end of a file.
fn without_nuls(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &bytes[..end]
}
