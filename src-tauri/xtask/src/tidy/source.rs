//! Rules about the text of single files.

use super::{Finding, Rule};
use crate::repository::{Repository, Source};
use anyhow::Result;

const MOST_LINES: usize = 500;

/// Size of a file.
pub(super) const LENGTH: Rule = Rule {
    sentence: "Every file stays within 500 lines before its tests",
    find: |repository| each(repository, &["rs", "ts", "svelte"], too_long),
};

/// The line that says what a file is about.
pub(super) const FIRST_LINE: Rule = Rule {
    sentence: "Every Rust file says in its first line what it is about",
    find: |repository| each(repository, &["rs"], no_first_line),
};

/// Work put off, and tests put aside.
pub(super) const LOOSE_ENDS: Rule = Rule {
    sentence: "Nothing is left for later, or left out of the tests",
    find: |repository| each(repository, TEXT, loose_ends),
};

/// Addresses of package registries.
pub(super) const REGISTRY_HOSTS: Rule = Rule {
    sentence: "No file names the host of a registry",
    find: |repository| each(repository, &[TEXT, DATA].concat(), registry_hosts),
};

/// JSON that others wrote.
pub(super) const ONE_READER: Rule = Rule {
    sentence: "JSON of vendors and other programs is read by the one lenient reader",
    find: |repository| each(repository, &["rs"], strict_readers),
};

/// Files that people write.
const TEXT: &[&str] =
    &["rs", "ts", "svelte", "mjs", "css", "html", "md", "toml", "yml", "sh", "nix", "rb"];

/// Files that tools write too. `Cargo.lock` is not among them: cargo puts its index's address there by itself.
const DATA: &[&str] = &["json", "npmrc"];

fn each(
    repository: &Repository,
    extensions: &[&str],
    find: fn(&Source) -> Vec<Finding>,
) -> Result<Vec<Finding>> {
    Ok(repository.sources(extensions)?.iter().flat_map(find).collect())
}

/// How many lines come before the inline tests.
fn lines_before_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let begins = |at: &usize| {
        lines.get(*at) == Some(&"#[cfg(test)]")
            && lines[at + 1..]
                .iter()
                .find(|line| !line.starts_with("#["))
                .is_some_and(|line| line.starts_with("mod tests"))
    };
    (0..lines.len()).find(begins).unwrap_or(lines.len())
}

fn too_long(source: &Source) -> Vec<Finding> {
    let lines = lines_before_tests(&source.text);
    let text =
        format!("{lines} lines before its tests; split it by idea, the most is {MOST_LINES}");
    let finding = Finding { path: source.path.clone(), line: lines, text };
    if lines > MOST_LINES { vec![finding] } else { Vec::new() }
}

fn no_first_line(source: &Source) -> Vec<Finding> {
    if source.text.starts_with("//! ") {
        return Vec::new();
    }
    let text = "begin with a `//!` line that says what the file is about".to_owned();
    vec![Finding { path: source.path.clone(), line: 1, text }]
}

/// Marks of unfinished work: where they count, and what to say. In pieces, so that this table is no finding itself.
const MARKS: &[(&[&str], &str)] = &[
    (TEXT, concat!("TO", "DO")),
    (TEXT, concat!("FIX", "ME")),
    (&["rs"], concat!("todo", "!(")),
    (&["rs"], concat!("unimplemented", "!(")),
    (&["rs"], concat!("#[", "ignore")),
    (&["ts", "svelte", "mjs"], concat!(".sk", "ip(")),
    (&["ts", "svelte", "mjs"], concat!(".on", "ly(")),
];

fn loose_ends(source: &Source) -> Vec<Finding> {
    let extension = source.path.rsplit('.').next().unwrap_or_default();
    let marks: Vec<&str> = MARKS
        .iter()
        .filter(|(extensions, _)| extensions.contains(&extension))
        .map(|(_, mark)| *mark)
        .collect();
    find_lines(source, |line| {
        let mark = marks.iter().find(|mark| contains_word(line, mark))?;
        Some(format!("`{mark}`: finish it, or open an issue"))
    })
}

/// Hosts of registries, in pieces for the same reason.
const HOSTS: &[&str] = &[
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("yarnpkg", ".com"),
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("proxy.go", "lang.org"),
];

fn registry_hosts(source: &Source) -> Vec<Finding> {
    find_lines(source, |line| {
        let host = HOSTS.iter().find(|host| line.contains(**host))?;
        Some(format!("`{host}` is a registry's host; people and mirrors choose their own"))
    })
}

/// Where what others wrote is read.
const READERS: [&str; 2] = ["src-tauri/crates/provider/src/", "src-tauri/crates/providers/src/"];
/// Calls that lose a whole document over one odd value, in pieces for the same reason.
const STRICT: [&str; 5] = [
    concat!("serde_json::", "from_slice"),
    concat!("serde_json::", "from_str"),
    concat!("serde_json::", "from_reader"),
    concat!("Deserializer::", "from_slice"),
    concat!("Deserializer::", "from_str"),
];
/// Files there that may be strict, with the reason.
const MAY_BE_STRICT: &[(&str, &str)] = &[
    ("provider/src/json.rs", "it is the reader"),
    ("provider/src/book.rs", "the gates are a file of ours"),
    ("/statusline.rs", "the kept line is a file of ours"),
    ("/organization.rs", "the kept organisations are a file of ours"),
    ("/bridge.rs", "a settings file that is not whole is left as it is"),
    ("/splice.rs", "a settings file that is not whole is left as it is"),
    ("logs", "logs are read line by line, by the crate that scans them"),
    ("archives", "an export that is not whole is refused"),
];

fn strict_readers(source: &Source) -> Vec<Finding> {
    let reads = READERS.iter().any(|folder| source.path.starts_with(folder));
    let test = source.path.ends_with("tests.rs");
    if !reads || test || MAY_BE_STRICT.iter().any(|(file, _)| source.path.contains(file)) {
        return Vec::new();
    }
    let lines = lines_before_tests(&source.text);
    let mut found = find_lines(source, |line| {
        let call = STRICT.iter().find(|call| line.contains(**call))?;
        Some(format!(
            "`{call}` loses everything over one odd value; use `claudometer_provider::json`"
        ))
    });
    found.retain(|finding| finding.line <= lines);
    found
}

fn find_lines(source: &Source, find: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    let lines = source.text.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            Some(Finding { path: source.path.clone(), line: index + 1, text: find(line)? })
        })
        .collect()
}

/// Whether `mark` stands in `line` and is not part of a longer word.
fn contains_word(line: &str, mark: &str) -> bool {
    let is_word = |letter: Option<char>| {
        letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    };
    line.match_indices(mark).any(|(at, _)| {
        let (before, after) =
            (line[..at].chars().next_back(), line[at + mark.len()..].chars().next());
        !(is_word(before) && is_word(mark.chars().next())
            || is_word(after) && is_word(mark.chars().next_back()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str, find: fn(&Source) -> Vec<Finding>) -> Vec<usize> {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        find(&source).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_strict_reader_is_found_before_the_tests_of_a_file_that_reads_what_others_wrote() {
        let text = |path: &str, call: &str| Source {
            path: path.to_owned(),
            text: format!("//! x\n{call}\n#[cfg(test)]\nmod tests {{\n    {call}\n}}\n"),
        };
        let found = |path: &str| -> Vec<usize> {
            strict_readers(&text(path, STRICT[0])).iter().map(|finding| finding.line).collect()
        };
        assert_eq!(found("src-tauri/crates/providers/src/acme/mod.rs"), [2]);
        assert!(found("src-tauri/crates/providers/src/acme/map_tests.rs").is_empty());
        assert!(found("src-tauri/crates/providers/src/acme/logs.rs").is_empty());
        assert!(found("src-tauri/crates/provider/src/json.rs").is_empty());
        assert!(found("src-tauri/crates/desk/src/state_file.rs").is_empty());
    }

    #[test]
    fn only_what_stands_before_the_tests_counts_for_the_length() {
        let code = "let a = 1;\n".repeat(MOST_LINES);
        let tests =
            "#[cfg(test)]\n#[expect(clippy::panic, reason = \"x\")]\nmod tests {\n}\n".repeat(9);
        for (text, expected) in [
            (code.clone(), vec![]),
            (format!("{code}{tests}"), vec![]),
            (format!("{code}\n"), vec![501]),
            (format!("{code}#[cfg(test)]\nconst A: u8 = 1;\n"), vec![502]),
        ] {
            assert_eq!(lines("a.rs", &text, too_long), expected);
        }
    }

    #[test]
    fn a_file_that_begins_otherwise_is_found() {
        for (text, expected) in [
            ("//! What.\n", vec![]),
            ("//!\n", vec![1]),
            ("#![x]\n//! What.\n", vec![1]),
            ("", vec![1]),
        ] {
            assert_eq!(lines("a.rs", text, no_first_line), expected, "{text}");
        }
    }

    #[test]
    fn loose_ends_are_found_where_they_mean_something() {
        let (later, skip) = (concat!("TO", "DO"), concat!(".sk", "ip("));
        for (path, text, expected) in [
            ("a.rs", format!("fn a() {{}}\n// {later}: more"), vec![2]),
            ("a.md", format!("{later}s are {later}S"), vec![]),
            ("a.rs", concat!("    to", "do!()").to_owned(), vec![1]),
            ("a.rs", concat!("#[ig", "nore = \"slow\"]").to_owned(), vec![1]),
            ("a.rs", format!("list.iter(){skip}1)"), vec![]),
            ("a.test.ts", format!("it{skip}'later', () => {{}});"), vec![1]),
            ("a.json", later.to_owned(), vec![]),
        ] {
            assert_eq!(lines(path, &text, loose_ends), expected, "{path}: {text}");
        }
    }

    #[test]
    fn a_registry_is_found_in_any_address() {
        let line = format!("\"resolved\": \"https://registry.{}/a\"", concat!("npmjs", ".org"));
        assert_eq!(lines("package-lock.json", &format!("{{\n{line}"), registry_hosts), [2]);
        assert_eq!(lines("a.json", "https://registry.example/a", registry_hosts), [0; 0]);
    }
}
