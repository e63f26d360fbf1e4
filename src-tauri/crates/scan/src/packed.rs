//! Logs that an assistant has packed: the lines of a file as a zstd stream.

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use std::io::{self, BufRead, BufReader, Read};

/// What a packed stream holds. A second frame goes on where the first ends.
pub(crate) struct Unpacked<R: Read>(State<R>);

enum State<R: Read> {
    /// Between two frames.
    Between(BufReader<R>),
    Within(Box<StreamingDecoder<BufReader<R>, FrameDecoder>>),
    Ended,
}

impl<R: Read> Unpacked<R> {
    pub(crate) fn of(packed: R) -> Self {
        Self(State::Between(BufReader::new(packed)))
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.0, State::Ended) {
                State::Between(mut packed) => {
                    if !packed.fill_buf()?.is_empty() {
                        let frame = StreamingDecoder::new(packed).map_err(io::Error::other)?;
                        self.0 = State::Within(Box::new(frame));
                    }
                }
                State::Within(mut frame) => match frame.read(into)? {
                    0 => self.0 = State::Between(frame.into_inner()),
                    read => {
                        self.0 = State::Within(frame);
                        return Ok(read);
                    }
                },
                State::Ended => return Ok(0),
            }
        }
    }
}
