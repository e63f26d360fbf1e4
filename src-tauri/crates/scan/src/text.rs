//! Text that is JSON, more or less.

use serde::Deserialize;
use serde_json::Value;

/// Reads an object. Bytes that are not UTF-8 are replaced, and of a field that is there twice the last counts; `scratch`
/// then holds the mended text. `None` where it is no such object.
pub fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8], scratch: &'a mut String) -> Option<T> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    if let Ok(value) = sonic_rs::from_slice(bytes) {
        return Some(value);
    }
    let value: Value = serde_json::from_str(&String::from_utf8_lossy(bytes)).ok()?;
    *scratch = value.to_string();
    serde_json::from_str(scratch).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Count, Text};

    #[derive(Deserialize)]
    struct Shape<'a> {
        #[serde(borrow, default)]
        name: Text<'a>,
        #[serde(default)]
        count: Count,
    }

    fn read(bytes: &[u8]) -> Option<(String, u64)> {
        let mut scratch = String::new();
        let shape: Shape<'_> = parse(bytes, &mut scratch)?;
        Some((shape.name.get().unwrap_or_default().to_owned(), shape.count.0))
    }

    #[test]
    fn odd_objects_are_read_and_what_is_none_is_not() {
        let told = |name: &str, count| Some((name.to_owned(), count));
        assert_eq!(read(b"{\"name\":\"a\",\"count\":1}"), told("a", 1));
        assert_eq!(read(b"\xef\xbb\xbf{\"count\":1}"), told("", 1), "with a mark of its coding");
        assert_eq!(read(b"{ \"count\" : 1 , \"name\" : \"a\" }"), told("a", 1));
        assert_eq!(
            read(b"{\"other\":\"\xff\",\"name\":\"\xff\",\"count\":2}"),
            told("\u{fffd}", 2)
        );
        assert_eq!(read(b"{\"count\":1,\"count\":3}"), told("", 3));
        for text in [&b""[..], b"[]", b"3", b"{\"count\":1", b"{\"count\":1}}", b"nothing"] {
            assert_eq!(read(text), None, "{}", String::from_utf8_lossy(text));
        }
    }
}
