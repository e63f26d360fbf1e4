//! `cargo xtask changelog`: what each release brought, from the subjects of the commits.

use anyhow::{Context as _, Result, ensure};
use std::{fmt::Write as _, fs, path::Path, process::Command};

const FILE: &str = ".github/CHANGELOG.md";
const HEAD: &str = "# Changes\n\nMade from the commits by `cargo xtask changelog`. Do not edit.\n";
/// What kinds of commits people care about, and under which words.
const KINDS: [(&str, &str); 4] =
    [("feat", "New"), ("fix", "Mended"), ("perf", "Lighter and quicker"), ("revert", "Taken back")];

/// A commit's day, subject and the release that it became.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Commit {
    day: String,
    subject: String,
    tag: Option<String>,
}

/// Writes the file.
pub(crate) fn run(repository: &Path) -> Result<()> {
    let format = "--format=%cs%x09%s%x09%D";
    let log = Command::new("git").current_dir(repository).args(["log", format]).output();
    let log = log.context("git could not be started")?;
    ensure!(log.status.success(), "git log: {}", String::from_utf8_lossy(&log.stderr));
    let text = changelog(&commits(&String::from_utf8_lossy(&log.stdout)));
    fs::write(repository.join(FILE), text)?;
    println!("{FILE} is written.");
    Ok(())
}

fn commits(log: &str) -> Vec<Commit> {
    let commit = |line: &str| {
        let mut parts = line.splitn(3, '\t');
        let (day, subject) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let names = parts.next().unwrap_or_default().split(", ");
        let mut tags = names.filter_map(|name| name.strip_prefix("tag: v"));
        Some(Commit { day, subject, tag: tags.next().map(str::to_owned) })
    };
    log.lines().filter_map(commit).collect()
}

/// The whole text; the newest first, as the commits are.
fn changelog(commits: &[Commit]) -> String {
    let mut text = HEAD.to_owned();
    let mut rest = commits;
    while !rest.is_empty() {
        let next = rest.iter().skip(1).position(|commit| commit.tag.is_some());
        let (release, others) = rest.split_at(next.map_or(rest.len(), |at| at + 1));
        rest = others;
        let heading = match &release[0] {
            Commit { tag: Some(tag), day, .. } => format!("{tag} ({day})"),
            Commit { tag: None, .. } => "Not released yet".to_owned(),
        };
        let sections: String =
            KINDS.iter().map(|(kind, words)| section(release, kind, words)).collect();
        if !sections.is_empty() {
            write!(text, "\n## {heading}\n{sections}").ok(); // writing to a String cannot fail
        }
    }
    text
}

fn section(release: &[Commit], kind: &str, words: &str) -> String {
    let lines: Vec<String> =
        release.iter().filter_map(|commit| told(&commit.subject, kind)).collect();
    if lines.is_empty() {
        String::new()
    } else {
        format!("\n### {words}\n\n{}\n", lines.join("\n"))
    }
}

/// The line of a commit, where it is of this kind: `feat(scope)!: text`.
fn told(subject: &str, kind: &str) -> Option<String> {
    let (head, text) = subject.split_once(": ")?;
    let breaks = head.ends_with('!');
    let name = head.trim_end_matches('!').split('(').next()?;
    let mut letters = text.chars();
    let first = letters.next()?.to_uppercase();
    let mark = if breaks { "**Breaks:** " } else { "" };
    (name == kind).then(|| format!("- {mark}{first}{}", letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_told_by_kind_the_newest_first_and_what_nobody_sees_is_left_out() {
        let log = "2026-11-21\tfeat: a page of limits\tHEAD -> main\n\
                   2026-11-20\tchore: tidy\t\n\
                   2026-11-19\tfix(tray): no icon on a \"panel\"\ttag: v0.2.0, origin/main\n\
                   2026-11-18\tfeat!: another form of settings\t\n\
                   2026-11-17\tperf: quicker\ttag: v0.1.0\n\
                   2026-11-16\tno kind at all\t\n";
        let expected = format!(
            "{HEAD}\n## Not released yet\n\n### New\n\n- A page of limits\n\
             \n## 0.2.0 (2026-11-19)\n\n### New\n\n- **Breaks:** Another form of settings\n\n### Mended\n\n- No icon on a \"panel\"\n\
             \n## 0.1.0 (2026-11-17)\n\n### Lighter and quicker\n\n- Quicker\n"
        );
        assert_eq!(changelog(&commits(log)), expected);
        assert_eq!(changelog(&[]), HEAD);
    }
}
