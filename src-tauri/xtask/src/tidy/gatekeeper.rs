//! The gatekeeper: vendors' names stay in the providers' folders, so that everything else works for every provider.

use super::{Finding, Rule};
use crate::repository::Source;
use std::collections::BTreeSet;

/// Where providers live.
pub(super) const PROVIDERS: &str = "src-tauri/crates/providers/";

/// Names of providers and vendors.
pub(super) const GATEKEEPER: Rule = Rule {
    sentence: "No provider is named outside of its folder",
    find: |repository| {
        let sources = repository.sources(&["rs", "ts", "svelte"])?;
        let names = names(&super::providers::ids(repository), &sources);
        Ok(sources
            .iter()
            .filter(|source| !exempt(&source.path))
            .flat_map(|source| find(source, &names))
            .collect())
    },
};

/// Files outside that may name a provider, with the reason.
const ALLOWED: &[(&str, &str)] = &[
    ("src-tauri/tests/e2e/", "end-to-end tests play the vendors, so they have to name them"),
    (
        "src-tauri/crates/host/src/process/screen.rs",
        "a terminal marks where one types by the same word",
    ),
    (
        "src-tauri/crates/host/src/process/session.rs",
        "the standard library calls a reader over bytes so",
    ),
    ("src-tauri/crates/host/src/redact.rs", "the redactor knows the forms of tokens"),
    (
        "src-tauri/crates/cli/tests/",
        "tests of the executable play the vendors, so they have to name them",
    ),
    ("src-tauri/crates/pricing/", "price lists go by the names of models"),
    ("src-tauri/fuzz/", "a fuzz target feeds one provider's reader, and is named after it"),
    ("src-tauri/bench/src/subject.rs", "the measured resident follows one signed-in account"),
    ("src-tauri/bench/src/files.rs", "the logs that are written and read are one assistant's"),
    ("src-tauri/bench/src/history.rs", "the logs that are written and read are one assistant's"),
    ("src-tauri/bench/src/year.rs", "the logs that are written and read are one assistant's"),
    ("src-tauri/xtask/src/changelog.rs", "the folder of what is around the code is called so"),
];

fn exempt(path: &str) -> bool {
    path.starts_with(PROVIDERS) || ALLOWED.iter().any(|(allowed, _)| path.starts_with(allowed))
}

/// Providers whose names mean something else in code, with what.
const HOMONYMS: &[(&str, &str)] =
    &[("amp", "an entity of XML"), ("factory", "a word in the names of a library")];

/// The folders' names, and the vendors' names in the addresses that the folders' code calls.
fn names(ids: &BTreeSet<String>, sources: &[Source]) -> BTreeSet<String> {
    let code = sources.iter().filter(|source| source.path.starts_with(PROVIDERS));
    let lines = code.flat_map(|source| source.text.lines());
    let called = lines.filter(|line| !line.trim_start().starts_with("//")).flat_map(vendors);
    let all = ids.iter().cloned().chain(called);
    all.filter(|name| HOMONYMS.iter().all(|(homonym, _)| homonym != name)).collect()
}

/// `anything.vendor.com` of each `https://` address in a line.
fn vendors(line: &str) -> Vec<String> {
    let hosts = line.split("https://").skip(1).map(|rest| {
        rest.split(|letter: char| {
            !(letter.is_ascii_alphanumeric() || letter == '.' || letter == '-')
        })
        .next()
    });
    hosts
        .flatten()
        .filter_map(|host| {
            let mut labels = host.rsplit('.');
            let top = labels.next()?;
            let vendor = labels.next()?;
            // Addresses of numbers, and the names that are reserved for examples, belong to nobody.
            // A single letter is no name that anybody could be held to.
            let reserved = top.parse::<u8>().is_ok()
                || vendor.len() < 2
                || vendor == "example"
                || ["invalid", "test", "example"].contains(&top);
            (!reserved).then(|| vendor.to_ascii_lowercase().replace('-', ""))
        })
        .collect()
}

fn find(source: &Source, names: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        if let Some(name) = words(line).into_iter().find(|word| names.contains(word)) {
            let text = format!(
                "`{name}` is a provider's name; say it in {PROVIDERS}src/ and ask the registry"
            );
            findings.push(Finding { path: source.path.clone(), line: index + 1, text });
        }
    }
    findings
}

/// The words of a line in lower case: runs of letters and digits, and the humps of such runs.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for run in line.split(|letter: char| !letter.is_alphanumeric()).filter(|run| !run.is_empty()) {
        words.push(run.to_lowercase());
        words.extend(humps(run));
    }
    words
}

/// `parseHTTPAnswer` is `parse`, `http` and `answer`.
fn humps(run: &str) -> Vec<String> {
    let letters: Vec<char> = run.chars().collect();
    let mut humps = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let after_small = at > 0 && !letters[at - 1].is_uppercase();
        let before_small = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && at > 0 && (after_small || before_small) {
            humps.push(String::new());
        }
        if let Some(last) = humps.last_mut() {
            last.extend(letter.to_lowercase());
        }
    }
    humps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_name_is_found_as_a_whole_word_in_any_spelling() {
        for (line, found) in [
            ("let acme = 1;", true),
            ("enum Provider { Acme }", true),
            ("struct AcmeLogin;", true),
            ("fn read_acme_token() {}", true),
            ("const HOME: &str = \"ACME_HOME\";", true),
            ("// as acme's own tool does", true),
            ("const answer = parseACMEAnswer()", true),
            ("let acmeter = \"the Acmeter app\";", false),
            ("let macme = 1;", false),
        ] {
            let source = Source { path: "a.rs".to_owned(), text: line.to_owned() };
            assert_eq!(!find(&source, &set(&["acme"])).is_empty(), found, "{line}");
        }
    }

    #[test]
    fn vendors_are_known_by_the_addresses_that_providers_call() {
        let source =
            |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
        let sources = [
            source(
                "src-tauri/crates/providers/src/acme/api.rs",
                "const API: &str = \"https://api.road-runner.com/usage\";\n// https://issues.coyote.org/1\n",
            ),
            source(
                "src-tauri/crates/host/src/http.rs",
                "const OTHER: &str = \"https://api.other.com\";",
            ),
            source(
                "src-tauri/crates/providers/src/acme/tests.rs",
                "(\"https://a.example.com\", \"https://b.invalid/\", \"https://127.0.0.1:1/\", \"https://localhost\")",
            ),
        ];
        assert_eq!(names(&set(&["acme"]), &sources), set(&["acme", "roadrunner"]));
    }

    #[test]
    fn every_exception_is_a_file_that_exists_and_has_a_reason() {
        let root = crate::repository::root();
        for (path, reason) in ALLOWED {
            assert!(root.join(path).exists() && reason.contains(' '), "{path}: {reason}");
        }
    }
}
