//! JSON as other programs really write it: what is odd costs itself alone, and nothing that stands beside it.
//!
//! Everything that a vendor or another program wrote is read here. A strict reader comes first, since nearly all of it is
//! in order. Only where that fails is the text mended, value by value, and read once more: a byte order mark, a number
//! that no double holds, a text cut within a letter and a document that is nested too deep all become `null`. A document
//! that was cut off stays an error, since what is missing cannot be known.

use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;

/// Deeper values are `null`: nothing that anyone reads lies so deep, and the strict reader would refuse the whole.
const DEEPEST: usize = 100;

/// The text is no JSON document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotJson;

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a JSON document")
    }
}

impl std::error::Error for NotJson {}

/// The document in `bytes`. Of a key that is told twice the last value counts, as everywhere.
pub fn read(bytes: impl AsRef<[u8]>) -> Result<Value, NotJson> {
    let bytes = trimmed(bytes.as_ref());
    serde_json::from_slice(bytes)
        .or_else(|_| serde_json::from_slice(&mended(bytes)))
        .map_err(|_| NotJson)
}

/// The same as a type of ours, which has to take any member as missing; what it does not name is not kept in memory.
pub fn read_as<T: DeserializeOwned>(bytes: impl AsRef<[u8]>) -> Option<T> {
    let bytes = trimmed(bytes.as_ref());
    serde_json::from_slice(bytes).or_else(|_| serde_json::from_slice(&mended(bytes))).ok()
}

/// The first document in `text`, whatever follows.
pub fn first(text: &str) -> Option<Value> {
    let whole = |text: &[u8]| serde_json::Deserializer::from_slice(text).into_iter().next()?.ok();
    whole(text.as_bytes()).or_else(|| whole(&mended(text.as_bytes())))
}

/// Without a byte order mark, and without what a program that fell left behind its end.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        bytes = rest;
    }
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &bytes[..end]
}

/// The same document with `null` in place of every value that the strict reader refuses.
fn mended(bytes: &[u8]) -> Vec<u8> {
    let mut mending = Mending { out: Vec::with_capacity(bytes.len()), depth: 0, cut: None };
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let end = match byte {
            b'"' => end_of_text(bytes, at),
            byte if is_word(*byte) => end_of_word(bytes, at),
            _ => at + 1,
        };
        let token = &bytes[at..end];
        match byte {
            b'{' | b'[' => mending.open(*byte),
            b'}' | b']' => mending.close(*byte),
            b'"' => mending.text(token, is_key(&bytes[end..])),
            byte if is_word(*byte) => mending.word(token),
            _ => mending.put(token),
        }
        at = end;
    }
    mending.out
}

struct Mending {
    out: Vec<u8>,
    depth: usize,
    /// At which depth something too deep began: it is left out until it ends.
    cut: Option<usize>,
}

impl Mending {
    fn put(&mut self, token: &[u8]) {
        if self.cut.is_none() {
            self.out.extend_from_slice(token);
        }
    }

    fn open(&mut self, byte: u8) {
        if self.depth == DEEPEST && self.cut.is_none() {
            self.put(b"null");
            self.cut = Some(self.depth);
        }
        self.depth += 1;
        self.put(&[byte]);
    }

    fn close(&mut self, byte: u8) {
        self.depth = self.depth.saturating_sub(1);
        if self.cut == Some(self.depth) {
            self.cut = None;
        } else {
            self.put(&[byte]);
        }
    }

    /// A number or a name. What is odd on the highest level is no document at all.
    fn word(&mut self, token: &[u8]) {
        let good = self.depth == 0 || serde_json::from_slice::<Value>(token).is_ok();
        self.put(if good { token } else { b"null" });
    }

    fn text(&mut self, token: &[u8], key: bool) {
        if serde_json::from_slice::<Value>(token).is_ok() {
            return self.put(token);
        }
        let escaped = without_control_characters(token);
        if serde_json::from_slice::<Value>(&escaped).is_ok() {
            return self.put(&escaped);
        }
        // A key has to stay one; nobody asks for it under this name. A text without an end stays an error.
        let ends = token.len() > 1 && token.ends_with(b"\"");
        self.put(match (key, ends) {
            (_, false) => token,
            (true, true) => "\"\u{fffd}\"".as_bytes(),
            (false, true) => b"null",
        });
    }
}

fn without_control_characters(token: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(token.len());
    for byte in token {
        if *byte < b' ' {
            escaped.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            escaped.push(*byte);
        }
    }
    escaped
}

const fn is_word(byte: u8) -> bool {
    !matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"' | b' ' | b'\t' | b'\n' | b'\r')
}

fn end_of_word(bytes: &[u8], begin: usize) -> usize {
    let length = bytes[begin..].iter().position(|byte| !is_word(*byte));
    length.map_or(bytes.len(), |length| begin + length)
}

/// Behind the quotation mark that ends the text that begins at `begin`.
fn end_of_text(bytes: &[u8], begin: usize) -> usize {
    let mut at = begin + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn is_key(rest: &[u8]) -> bool {
    rest.trim_ascii_start().first() == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_is_odd_becomes_null_and_costs_nothing_beside_it() {
        let odd: &[&[u8]] = &[
            b"1e400",
            b"-1e999",
            b"NaN",
            b"Infinity",
            b"undefined",
            b"007",
            b"\"cut \\ud83d\"",
            b"\"\\udc00 lone\"",
            b"\"no \\x escape\"",
            b"\"half \\u12\"",
            b"\"bytes \xff\xfe\"",
            b"\"\xe2\x82\"",
        ];
        for odd in odd {
            let document =
                [b"{\"a\":[1,".as_slice(), odd, b",2],\"b\":", odd, b",\"c\":3}"].concat();
            let shown = String::from_utf8_lossy(&document).into_owned();
            assert_eq!(
                read(&document),
                Ok(json!({"a": [1, null, 2], "b": null, "c": 3})),
                "{shown}"
            );
        }
    }

    #[test]
    fn an_odd_key_is_a_key_that_nobody_asks_for() {
        let document = b"{\"cut \\ud83d\": 1, \"b\": {\"x\xff\" : 2, \"y\": 3}}";
        assert_eq!(read(document).map(|read| read["b"]["y"].clone()), Ok(json!(3)));
    }

    #[test]
    fn marks_and_remains_around_a_document_are_no_part_of_it() {
        for document in ["\u{feff}{\"a\":1}", "\u{feff}\u{feff} {\"a\":1}\n", "{\"a\":1}\0\0\0"] {
            assert_eq!(read(document), Ok(json!({"a": 1})), "{document:?}");
        }
        assert_eq!(read("{\"a\":\"line\nand\ttab\"}"), Ok(json!({"a": "line\nand\ttab"})));
        assert_eq!(read("{\"a\":1,\"a\":2}"), Ok(json!({"a": 2})));
    }

    #[test]
    fn a_document_that_is_cut_off_or_is_none_stays_an_error() {
        for document in [
            "",
            "\u{feff}",
            "{\"a\": 1e400",
            "{\"a\": \"cut",
            "{\"a\": \"cut \\",
            "{\"a\": tru",
            "[1, 2",
            "{\"a\": 1}}",
            "Rate exceeded.",
            "<html>\"a\"</html>",
            "1e400",
            "{\"a\": this is no JSON}",
        ] {
            assert_eq!(read(document), Err(NotJson), "{document}");
        }
    }

    #[test]
    fn what_is_nested_too_deep_is_null_and_its_siblings_are_read() {
        let deep = format!("{}1{}", "[{\"a\":".repeat(200), "}]".repeat(200));
        let read = read(format!("{{\"deep\":{deep},\"b\":2}}")).unwrap();
        assert_eq!(read["b"], json!(2));
        assert!(read["deep"][0]["a"][0]["a"].is_array());
    }

    #[test]
    fn the_first_document_is_read_whatever_follows() {
        assert_eq!(first("{\"a\": 1} and more {"), Some(json!({"a": 1})));
        assert_eq!(first("{\"a\": 1e400, \"b\": 2} and"), Some(json!({"a": null, "b": 2})));
        assert_eq!(first("{\"a\": "), None);
    }

    proptest! {
        #[test]
        fn what_the_strict_reader_takes_is_what_it_reads(text in "[\\[\\]{}:,\"a1 \\\\u]{0,40}") {
            if let Ok(strict) = serde_json::from_str::<Value>(&text) {
                prop_assert_eq!(read(&text), Ok(strict.clone()));
                prop_assert_eq!(serde_json::from_slice::<Value>(&mended(text.as_bytes())).ok(), Some(strict));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(read(&bytes));
        }
    }
}
