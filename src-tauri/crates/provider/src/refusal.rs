//! What the body of a refusal says, in whichever of the usual forms a vendor writes it.

use crate::lenient;
use claudometer_core::Trouble;
use serde_json::Value;

/// What an error in JSON says, from the decoded text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorBody {
    /// Names in code: `authentication_error`, `UNAUTHENTICATED`, `token_expired`.
    pub kinds: Vec<String>,
    /// Numbers in code.
    pub codes: Vec<i64>,
    /// Sentences, in lower case.
    pub text: String,
    /// Whether a good answer says that it failed, and not only a part of it.
    pub is_certain: bool,
}

/// One thing that a vendor says in its refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// A name in code, compared without case.
    Kind(&'static str),
    /// A number in code.
    Code(i64),
    /// A part of its sentence, in lower case.
    Text(&'static str),
}

/// Members in which errors have a name, a number or a sentence.
const NAMED: [&str; 6] = ["type", "code", "status", "error", "__type", "reason"];
const NUMBERED: [&str; 3] = ["code", "status_code", "statusCode"];
const WORDED: [&str; 8] = [
    "message",
    "msg",
    "detail",
    "error_description",
    "description",
    "status_msg",
    "title",
    "error",
];
/// What a company's network says of itself, and no vendor of its logins.
const GATE: [&str; 8] = [
    "proxy",
    "firewall",
    "captive",
    "web filter",
    "network administrator",
    "your organization's policy",
    "your organisation's policy",
    "by policy",
];

impl ErrorBody {
    /// What `body` says as an error; `None` where nothing in it is one.
    pub fn of(body: &Value) -> Option<Self> {
        let mut said = Self::default();
        let errors = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let parts = [body, &body["error"], &body["detail"], &body["base_resp"]];
        for part in parts.into_iter().chain(errors) {
            said.take(part);
            said.take(&part["extensions"]);
            // Details of an error are a list of further names.
            for detail in part["details"].as_array().into_iter().flatten() {
                said.take(detail);
            }
        }
        let nothing = said.kinds.is_empty() && said.codes.is_empty() && said.text.is_empty();
        (!nothing).then_some(said)
    }

    /// The same of a good answer, which is an error only where it says so: `success: false`, an `error` that is not null,
    /// a list of `errors`, a code that is not the good one.
    pub fn in_good(body: &Value) -> Option<Self> {
        let told = |value: &Value| match value {
            Value::String(text) => !text.trim().is_empty(),
            Value::Object(members) => !members.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        };
        let bad_code = |value: &Value| {
            lenient::number(value).is_some_and(|code| ![0.0, 200.0].contains(&code))
        };
        let is_certain = body["success"] == false
            || body["ok"] == false
            || bad_code(&body["base_resp"]["status_code"])
            || bad_code(&body["status_code"]);
        let failed = is_certain
            || told(&body["error"])
            || told(&body["errors"])
            || (bad_code(&body["code"]) && body["success"] != true);
        failed.then(|| Self { is_certain, ..Self::of(body).unwrap_or_default() })
    }

    fn take(&mut self, part: &Value) {
        match part {
            Value::String(text) => {
                self.kinds.push(text.clone());
                self.say(text);
            }
            Value::Object(_) => {
                let texts = |names: &[&str]| -> Vec<String> {
                    names.iter().filter_map(|name| lenient::text(&part[*name])).collect()
                };
                self.kinds.extend(texts(&NAMED));
                for text in texts(&WORDED) {
                    self.say(&text);
                }
                let numbers = NUMBERED.iter().filter_map(|name| lenient::number(&part[*name]));
                self.codes.extend(numbers.map(|code| code as i64));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
        }
    }

    fn say(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.extend(text.chars().take(2_000).flat_map(char::to_lowercase));
    }

    /// Whether it says this.
    pub fn says(&self, word: Word) -> bool {
        match word {
            Word::Kind(kind) => self.kinds.iter().any(|known| known.eq_ignore_ascii_case(kind)),
            Word::Code(code) => self.codes.contains(&code),
            Word::Text(text) => self.text.contains(text),
        }
    }

    /// What the first of these words that it says means.
    pub fn meaning(&self, words: &[(Word, Trouble)]) -> Option<Trouble> {
        words.iter().find(|(word, _)| self.says(*word)).map(|(_, trouble)| *trouble)
    }

    /// Whether it is a network's gate that speaks, and not the vendor.
    pub fn is_of_a_gate(&self) -> bool {
        GATE.iter().any(|word| self.text.contains(word))
    }
}

/// Every text in a body, decoded and in lower case: for words that can stand anywhere in it.
pub fn words(body: &Value) -> String {
    fn collect(value: &Value, words: &mut String) {
        match value {
            Value::String(text) => {
                words.extend(text.chars().flat_map(char::to_lowercase));
                words.push('\n');
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
            Value::Object(members) => members.values().for_each(|member| collect(member, words)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut all = String::new();
    collect(body, &mut all);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_error_is_found_in_every_usual_form() {
        for (body, word) in [
            (json!({"type": "error", "error": {"type": "auth"}}), Word::Kind("AUTH")),
            (json!({"error": {"code": "auth"}}), Word::Kind("auth")),
            (json!({"error": {"code": 401, "status": "AUTH"}}), Word::Kind("auth")),
            (json!({"error": {"code": 401, "status": "AUTH"}}), Word::Code(401)),
            (json!({"error": "auth", "error_description": "No."}), Word::Kind("auth")),
            (json!({"detail": "Not Allowed"}), Word::Text("not allowed")),
            (json!({"detail": {"code": "auth"}}), Word::Kind("auth")),
            (json!({"message": "Bad credentials"}), Word::Text("bad credentials")),
            (json!({"errors": [{"message": "Unauthorized"}]}), Word::Text("unauthorized")),
            (json!({"errors": [{"extensions": {"code": "AUTH"}}]}), Word::Kind("auth")),
            (json!({"code": "1001", "msg": "Missing", "success": false}), Word::Code(1001)),
            (json!({"base_resp": {"status_code": 1004}}), Word::Code(1004)),
            (json!({"__type": "auth", "message": "x"}), Word::Kind("auth")),
            (json!({"error": {"details": [{"reason": "OFF"}]}}), Word::Kind("off")),
        ] {
            assert!(ErrorBody::of(&body).unwrap().says(word), "{body}");
        }
        for body in [json!(null), json!([]), json!({}), json!({"a": 1}), json!(3)] {
            assert_eq!(ErrorBody::of(&body), None, "{body}");
        }
    }

    #[test]
    fn a_good_answer_is_an_error_only_where_it_says_so() {
        for (body, failed) in [
            (json!({"success": false}), true),
            (json!({"ok": false, "error": {"message": "x"}}), true),
            (json!({"errors": [{"message": "x"}]}), true),
            (json!({"base_resp": {"status_code": 7}}), true),
            (json!({"code": 1001, "msg": "x"}), true),
            (json!({"code": 200, "success": true, "error": null}), false),
            (json!({"code": 0, "data": {}, "errors": []}), false),
            (json!({"base_resp": {"status_code": 0}, "error": {}}), false),
            (json!({"message": "Welcome", "status": "ok"}), false),
            (json!({}), false),
        ] {
            assert_eq!(ErrorBody::in_good(&body).is_some(), failed, "{body}");
        }
    }
}
