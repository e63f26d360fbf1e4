//! Changing one member of a JSON object in its text, so that everything else stays byte for byte.

use serde_json::Value;
use std::ops::Range;

/// One member of the outermost object.
#[derive(Debug, PartialEq, Eq)]
struct Member {
    name: String,
    /// From the opening quote of the name to the end of the value.
    whole: Range<usize>,
    value: Range<usize>,
}

/// The text of a JSON object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object<'a>(&'a str);

impl<'a> Object<'a> {
    /// Takes `text` if it is a JSON object.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        serde_json::from_str::<Value>(text).ok()?.is_object().then_some(Self(text))
    }

    /// The text of the value of `key`. Of several the last counts, as for every reader.
    pub(super) fn get(self, key: &str) -> Option<&'a str> {
        self.member(key).map(|member| &self.0[member.value])
    }

    /// The object with the value of `key` replaced; `None` where there is no such member.
    pub(super) fn replaced(self, key: &str, value: &str) -> Option<String> {
        let at = self.member(key)?.value;
        Some(format!("{}{value}{}", &self.0[..at.start], &self.0[at.end..]))
    }

    /// The object with a member added behind the last one, indented as that one is, and the text that was added.
    pub(super) fn added(self, key: &str, value: &str) -> (String, String) {
        let members = self.members();
        let open = self.0.find('{').map_or(0, |at| at + 1);
        let (at, added) = match (members.first(), members.last()) {
            (Some(first), Some(last)) => {
                let space = &self.0[open..first.whole.start];
                (last.whole.end, format!(",{space}\"{key}\": {value}"))
            }
            _ => (open, format!("\n  \"{key}\": {value}\n")),
        };
        (format!("{}{added}{}", &self.0[..at], &self.0[at..]), added)
    }

    /// The object without the member `key`. Where `added` is what [`Self::added`] put there, exactly that goes.
    pub(super) fn without(self, key: &str, added: Option<&str>) -> Option<String> {
        let members = self.members();
        let at = members.iter().rposition(|member| member.name == key)?;
        let whole = &members[at].whole;
        let exact = added.and_then(|added| {
            let found = self.0.match_indices(added).map(|(start, _)| start..start + added.len());
            found.into_iter().find(|range| range.start <= whole.start && whole.end <= range.end)
        });
        let cut = exact.unwrap_or_else(|| match (at.checked_sub(1), members.get(at + 1)) {
            (Some(before), _) => members[before].whole.end..whole.end,
            (None, Some(after)) => whole.start..after.whole.start,
            (None, None) => whole.clone(),
        });
        let text = format!("{}{}", &self.0[..cut.start], &self.0[cut.end..]);
        Object::of(&text)?;
        Some(text)
    }

    fn member(self, key: &str) -> Option<Member> {
        self.members().into_iter().rfind(|member| member.name == key)
    }

    /// The members in their order. The text is valid JSON, so that brackets and quotes are all there is to watch.
    fn members(self) -> Vec<Member> {
        let bytes = self.0.as_bytes();
        let mut members = Vec::new();
        let mut at = self.0.find('{').map_or(bytes.len(), |open| open + 1);
        loop {
            at = skip_space(bytes, at);
            if bytes.get(at) == Some(&b',') {
                at = skip_space(bytes, at + 1);
            }
            if bytes.get(at) != Some(&b'"') {
                return members;
            }
            let start = at;
            let name_end = end_of_text(bytes, start);
            let value_start = skip_space(bytes, skip_space(bytes, name_end) + 1);
            at = end_of_value(bytes, value_start);
            let name = serde_json::from_str(&self.0[start..name_end]).unwrap_or_default();
            members.push(Member { name, whole: start..at, value: value_start..at });
        }
    }
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// The place behind the closing quote of the text that begins at `at`.
fn end_of_text(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The place behind the value that begins at `at`.
fn end_of_value(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_text(bytes, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                at += 1;
            }
            b',' | b'}' | b']' if depth == 0 => return at,
            _ if depth == 0 && byte.is_ascii_whitespace() => return at,
            _ => at += 1,
        }
        if depth == 0 && matches!(bytes.get(at - 1), Some(b'"' | b'}' | b']')) {
            return at;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILES: &[&str] = &[
        "{}",
        "{ }\n",
        "{\"a\":1}",
        "{\n  \"a\": [1, {\"key\": \"x\"}],\n  \"b\" : \"}\\\",{\"\n}\n",
        "{\r\n\t\"model\": \"opus\",\r\n\t\"hooks\": {\"key\": null}\r\n}\r\n",
        "  {\"a\": true , \"b\": -1.5e3 }",
    ];

    #[test]
    fn what_was_added_is_taken_away_byte_for_byte() {
        for file in FILES {
            let (with, added) = Object::of(file).unwrap().added("key", "{\"c\": [1]}");
            let object = Object::of(&with).unwrap();
            assert_eq!(object.get("key"), Some("{\"c\": [1]}"), "{with}");
            assert_eq!(object.without("key", Some(&added)).as_deref(), Some(*file));
        }
    }

    #[test]
    fn a_replaced_value_is_put_back_byte_for_byte() {
        let file = "{ \"x\": 1,\n  \"key\" :  { \"odd\":  [ ] }  , \"y\": \"key\" }";
        let object = Object::of(file).unwrap();
        let before = object.get("key").unwrap();
        assert_eq!(before, "{ \"odd\":  [ ] }");
        let with = object.replaced("key", "7").unwrap();
        assert_eq!(Object::of(&with).unwrap().get("key"), Some("7"));
        assert_eq!(Object::of(&with).unwrap().replaced("key", before).as_deref(), Some(file));
    }

    #[test]
    fn a_member_goes_with_one_comma_wherever_it_stands() {
        for (file, want) in [
            ("{\"key\": 1}", "{}"),
            ("{\"key\": 1, \"b\": 2}", "{\"b\": 2}"),
            ("{\"a\": 1, \"key\": {}, \"b\": 2}", "{\"a\": 1, \"b\": 2}"),
            ("{\"a\": 1, \"key\": \"}\"}", "{\"a\": 1}"),
        ] {
            assert_eq!(
                Object::of(file).unwrap().without("key", Some("not there")).as_deref(),
                Some(want),
                "{file}"
            );
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["", "[]", "{", "{\"a\": 1,}", "// note\n{}", "\u{feff}{}"] {
            assert!(Object::of(text).is_none(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_object_is_taken_apart_as_the_reader_does(
            members in prop::collection::vec(("[a-c\\\\\"{}é]{0,3}", "[ -~]{0,9}", -9..9_i32), 0..5), pretty in any::<bool>(),
        ) {
            let object: serde_json::Map<String, Value> = members.into_iter()
                .map(|(name, text, number)| (name, serde_json::json!([text, {"n": number}, null]))).collect();
            let value = Value::Object(object.clone());
            let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
            let view = Object::of(&text).unwrap();
            prop_assert_eq!(view.members().len(), object.len());
            for (name, value) in &object {
                prop_assert_eq!(&serde_json::from_str::<Value>(view.get(name).unwrap()).unwrap(), value);
            }
            let (with, added) = view.added("statusLine", "{}");
            let undone = Object::of(&with).unwrap().without("statusLine", Some(&added));
            prop_assert_eq!(undone.as_deref(), Some(text.as_str()));
        }
    }
}
