//! The redactor: the last thing that text passes before it leaves for a log, a report or a screen.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex_lite::Regex;
use std::{
    borrow::Cow,
    sync::{LazyLock, OnceLock, PoisonError, RwLock},
};

/// A value shorter than this would take innocent text with it.
const SHORTEST: usize = 8;

/// What secrets look like, whoever issued them. Each row has an example that is scrubbed bare and embedded.
struct Pattern {
    expression: &'static str,
    instead: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "the test's proof of the row"))]
    example: &'static str,
}

const PATTERNS: &[Pattern] = &[
    Pattern {
        expression: r"sk-ant-[A-Za-z0-9_-]{4,}",
        instead: "sk-ant-<redacted>",
        example: "sk-ant-oat01-abcDEF_123",
    },
    Pattern {
        expression: r"\bsk-[A-Za-z0-9_-]{12,}",
        instead: "sk-<redacted>",
        example: "sk-proj-abcdefghijkl",
    },
    Pattern {
        expression: r"(?i)sessionKey=[^;\s\x22']+",
        instead: "sessionKey=<redacted>",
        example: "sessionKey=abc.def",
    },
    Pattern {
        expression: r"(?i)\bbearer\s+[A-Za-z0-9._~+/=-]{6,}",
        instead: "Bearer <redacted>",
        example: "Bearer abc.def-123",
    },
    Pattern {
        expression: r"(?im)\b(set-)?cookie:[^\r\n]*",
        instead: "Cookie: <redacted>",
        example: "Cookie: a=b; c=d",
    },
    Pattern {
        expression: r"(?i)\b((?:proxy-)?authorization|x-(?:goog-)?api-key):\s*[^\s\x22<][^\r\n\x22]*",
        instead: "$1: <redacted>",
        example: "Authorization: Basic ZGFuYTpodW50ZXIy",
    },
    Pattern {
        expression: r"\beyJ[A-Za-z0-9_-]{6,}(\.[A-Za-z0-9_-]*){0,2}",
        instead: "<jwt>",
        example: "eyJhbGciOi.eyJzdWIi.sig",
    },
    Pattern {
        expression: r"\bgh[opsur]_[A-Za-z0-9]{10,}",
        instead: "gh_<redacted>",
        example: "gho_abcdefghij0123",
    },
    Pattern {
        expression: r"\bgithub_pat_[A-Za-z0-9_]{10,}",
        instead: "github_pat_<redacted>",
        example: "github_pat_abcdefghij_0",
    },
    Pattern {
        expression: r"\bya29\.[A-Za-z0-9._-]{6,}",
        instead: "ya29.<redacted>",
        example: "ya29.a0AfH6_abc",
    },
    Pattern {
        expression: r"\bAIza[A-Za-z0-9_-]{20,}",
        instead: "AIza<redacted>",
        example: "AIzaSyA-0123456789_abcdefghij",
    },
    Pattern {
        expression: r"\brt_[A-Za-z0-9._-]{6,}",
        instead: "rt_<redacted>",
        example: "rt_abcdef123",
    },
    Pattern {
        expression: r"(?i)(\x22(?:[a-z0-9_-]*(?:token|secret|password|passwd|session_?key|api_?key|cookie|authorization)|auth_?key)\x22\s*:\s*\x22)(?:[^\x22\\]|\\.)*",
        instead: "$1<redacted>",
        example: r#""access_token": "abc\"def""#,
    },
    // The same inside a text that is itself a JSON string, as in our own logs.
    Pattern {
        expression: r"(?i)(\\\x22(?:[a-z0-9_-]*(?:token|secret|password|passwd|session_?key|api_?key|cookie|authorization)|auth_?key)\\\x22\s*:\s*\\\x22)(?:[^\x22\\]|\\\\\\\x22|\\\\[^\x22\\]|\\[^\x22\\])*",
        instead: "$1<redacted>",
        example: r#"\"refreshToken\":\"abc\/def\""#,
    },
    Pattern {
        expression: r"://[^/\s@\x22]+@",
        instead: "://<redacted>@",
        example: "https://dana:hunter2@proxy.example/",
    },
    Pattern {
        expression: r"(?i)\b((?:[a-z0-9_-]*(?:token|secret|password|session_?key)|api_?key|key|code|sig|signature)=)[^&\s\x22'<][^&\s\x22']*",
        instead: "$1<redacted>",
        example: "https://a.example/?token=abc",
    },
    Pattern {
        expression: r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        instead: "<email>",
        example: "dana@example.com",
    },
];

static EXPRESSIONS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    // Every row is compiled by a test; one that does not compile redacts nothing and fails there.
    PATTERNS
        .iter()
        .filter_map(|pattern| Some((Regex::new(pattern.expression).ok()?, pattern.instead)))
        .collect()
});

#[derive(Default)]
struct Known {
    values: Vec<String>,
    home: Option<String>,
    /// Made when the next text is scrubbed: tokens are read far more often than anything is written.
    search: OnceLock<Option<AhoCorasick>>,
}

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// Values that are remembered: far more than a person has secrets. A resident that runs for a year sees thousands of
/// tokens, of which the oldest have long expired.
const MOST: usize = 128;

/// Registers a secret value, so that exactly these bytes never pass. Of more than 128 the oldest is forgotten.
pub fn register(value: &str) {
    let value = value.trim();
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if value.len() < SHORTEST || known.values.iter().any(|old| old == value) {
        return;
    }
    if known.values.len() == MOST {
        known.values.remove(0);
    }
    known.values.push(value.to_owned());
    known.search = OnceLock::new();
}

fn search_for(values: &[String]) -> Option<AhoCorasick> {
    // The default is a table that takes megabytes for a few long tokens.
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .match_kind(MatchKind::LeftmostLongest)
        .build(values)
        .ok()
}

/// Registers the home folder, which is written `~`.
pub fn register_home(home: &std::path::Path) {
    let home = home.display().to_string();
    if home.len() > 1 {
        KNOWN.write().unwrap_or_else(PoisonError::into_inner).home = Some(home);
    }
}

/// The text without secrets, addresses of people, or the home folder.
pub fn scrub(text: &str) -> Cow<'_, str> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    let mut text = Cow::Borrowed(text);
    if let Some(search) = known.search.get_or_init(|| search_for(&known.values))
        && search.is_match(text.as_ref())
    {
        let instead = vec!["<redacted>"; known.values.len()];
        text = Cow::Owned(search.replace_all(&text, &instead));
    }
    if let Some(home) = known.home.as_deref()
        && let Cow::Owned(shortened) = shorten(&text, home)
    {
        text = Cow::Owned(shortened);
    }
    for (expression, instead) in EXPRESSIONS.iter() {
        if let Cow::Owned(scrubbed) = expression.replace_all(&text, *instead) {
            text = Cow::Owned(scrubbed);
        }
    }
    text
}

/// Writes the home folder as `~`, and leaves folders alone whose names only begin like it.
fn shorten<'a>(text: &'a str, home: &str) -> Cow<'a, str> {
    let ends =
        |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || "_-.".contains(next));
    let mut shortened = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices(home) {
        if ends(&text[at + home.len()..]) {
            shortened.push_str(&text[from..at]);
            shortened.push('~');
            from = at + home.len();
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    shortened.push_str(&text[from..]);
    Cow::Owned(shortened)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_pattern_scrubs_its_example_bare_and_embedded() {
        assert_eq!(EXPRESSIONS.len(), PATTERNS.len(), "a pattern does not compile");
        for pattern in PATTERNS {
            for text in [
                pattern.example.to_owned(),
                format!("got {} from there", pattern.example),
                format!("[\n{}\n]", pattern.example),
            ] {
                let scrubbed = scrub(&text).into_owned();
                assert!(!scrubbed.contains(pattern.example), "{scrubbed}");
                assert_eq!(scrub(&scrubbed), scrubbed, "scrubbing twice changes nothing more");
            }
        }
    }

    #[test]
    fn plain_sentences_pass_unchanged() {
        for text in [
            "The vendor asks to wait (HTTP 429).",
            "Run `acme login` to sign in.",
            "resets 17:00 (in 2 h 10 m)",
            "{limits:[{percent:number}]}",
        ] {
            assert_eq!(scrub(text), text);
        }
    }

    #[test]
    fn a_member_of_an_object_is_scrubbed_also_where_a_log_has_escaped_it() {
        for (text, scrubbed) in [
            (r#"{"password": "a\"b", "next": "c"}"#, r#"{"password": "<redacted>", "next": "c"}"#),
            (
                r#"{"message":"{\"id_token\": \"a\/b\",\"n\":\"c\"}"}"#,
                r#"{"message":"{\"id_token\": \"<redacted>\",\"n\":\"c\"}"}"#,
            ),
            (r#"{"input_tokens": "7"}"#, r#"{"input_tokens": "7"}"#),
        ] {
            assert_eq!(scrub(text), scrubbed);
        }
    }

    #[test]
    fn only_the_home_folder_itself_is_shortened() {
        for (text, shortened) in [
            ("/home/dana", "~"),
            ("in /home/dana/a and /home/dana: done", "in ~/a and ~: done"),
            ("/home/dana2/a and /home/dana-old", "/home/dana2/a and /home/dana-old"),
        ] {
            assert_eq!(shorten(text, "/home/dana"), shortened);
        }
    }

    #[test]
    fn many_long_tokens_take_little_memory() {
        let long =
            |n: u32| (0..2000_u32).map(|at| char::from(b'a' + (at * n % 26) as u8)).collect();
        let tokens: Vec<String> = (1..=20).map(long).collect();
        let bytes = search_for(&tokens).unwrap().memory_usage();
        assert!(bytes < 1 << 20, "{bytes} bytes");
    }

    /// Text of the kinds that could come next to a secret.
    fn surroundings() -> impl Strategy<Value = String> {
        let examples: Vec<&str> = PATTERNS.iter().map(|pattern| pattern.example).collect();
        let piece = prop_oneof![
            ".{0,12}",
            proptest::sample::select(examples).prop_map(str::to_owned),
            proptest::sample::select(vec![
                "://", "@", "=", "\"", "\\\"", " ", "\n", "?token=", ":"
            ])
            .prop_map(str::to_owned),
        ];
        proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_registered_value_survives_in_any_surroundings(before in surroundings(), secret in "[A-Za-z0-9/+=_-]{8,40}", after in surroundings()) {
            register(&secret);
            let scrubbed = scrub(&format!("{before}{secret}{after}")).into_owned();
            prop_assert!(!scrubbed.contains(&secret) || "<redacted>".contains(&secret), "{}", scrubbed);
        }

        #[test]
        fn scrubbing_twice_changes_nothing_more(text in surroundings()) {
            let once = scrub(&text).into_owned();
            prop_assert_eq!(scrub(&once), once.as_str());
        }
    }
}
