//! The redactor: the last thing that text passes before it leaves for a log, a report or a screen.

use aho_corasick::AhoCorasick;
use regex_lite::Regex;
use std::{
    borrow::Cow,
    sync::{LazyLock, PoisonError, RwLock},
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
        expression: r"\brt_[A-Za-z0-9._-]{6,}",
        instead: "rt_<redacted>",
        example: "rt_abcdef123",
    },
    Pattern {
        expression: r"(?i)\x22((access|refresh|id|session|auth)_?(token|key)|api_?key|secret|password)\x22\s*:\s*\x22[^\x22]*\x22",
        instead: "\"<secret>\":\"<redacted>\"",
        example: "\"access_token\": \"abc\"",
    },
    Pattern {
        expression: r"://[^/\s:@]+:[^/\s@]+@",
        instead: "://<redacted>@",
        example: "https://dana:hunter2@proxy.example/",
    },
    Pattern {
        expression: r"(?i)([?&](token|key|code|secret|access_token)=)[^&\s\x22]+",
        instead: "$1<redacted>",
        example: "https://a.example/?token=abc",
    },
    Pattern {
        expression: r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]*[A-Za-z0-9]",
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
    search: Option<AhoCorasick>,
}

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// Registers a secret value, so that exactly these bytes never pass.
pub fn register(value: &str) {
    let value = value.trim();
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if value.len() < SHORTEST || known.values.iter().any(|old| old == value) {
        return;
    }
    known.values.push(value.to_owned());
    known.search = AhoCorasick::builder()
        .match_kind(aho_corasick::MatchKind::LeftmostLongest)
        .build(&known.values)
        .ok();
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
    if let Some(search) = &known.search
        && search.is_match(text.as_ref())
    {
        let instead = vec!["<redacted>"; known.values.len()];
        text = Cow::Owned(search.replace_all(&text, &instead));
    }
    for (expression, instead) in EXPRESSIONS.iter() {
        if let Cow::Owned(scrubbed) = expression.replace_all(&text, *instead) {
            text = Cow::Owned(scrubbed);
        }
    }
    if let Some(home) = known.home.as_deref().filter(|home| text.contains(*home)) {
        text = Cow::Owned(text.replace(home, "~"));
    }
    text
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
            "Run `claude` to sign in.",
            "resets 17:00 (in 2 h 10 m)",
            "{limits:[{percent:number}]}",
        ] {
            assert_eq!(scrub(text), text);
        }
    }

    proptest! {
        #[test]
        fn no_registered_value_survives_in_any_surroundings(before in ".{0,30}", secret in "[A-Za-z0-9/+=_-]{8,40}", after in ".{0,30}") {
            register(&secret);
            let scrubbed = scrub(&format!("{before}{secret}{after}")).into_owned();
            prop_assert!(!scrubbed.contains(&secret) || "<redacted>".contains(&secret), "{}", scrubbed);
        }
    }
}
