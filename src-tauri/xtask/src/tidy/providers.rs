//! What every provider's folder has.

use super::gatekeeper::PROVIDERS;
use super::{Finding, Rule};
use crate::repository::Repository;
use std::collections::BTreeSet;

const FEWEST_FIXTURES: usize = 3;

/// A provider's README and fixtures.
pub(super) const FOLDERS: Rule = Rule {
    sentence: "Every provider has a README and three fixtures",
    find: |repository| Ok(find(&repository.files)),
};

/// The names of the providers' folders.
pub(super) fn ids(repository: &Repository) -> BTreeSet<String> {
    folders(&repository.files)
}

/// A folder beside a file of its name holds parts of that file.
fn folders(files: &[String]) -> BTreeSet<String> {
    let inside = files.iter().filter_map(|path| path.strip_prefix(PROVIDERS)?.strip_prefix("src/"));
    let folders = inside.filter_map(|path| Some(path.split_once('/')?.0.to_owned()));
    folders.filter(|id| !files.contains(&format!("{PROVIDERS}src/{id}.rs"))).collect()
}

fn find(files: &[String]) -> Vec<Finding> {
    let finding =
        |id: &str, text: String| Finding { path: format!("{PROVIDERS}src/{id}"), line: 1, text };
    let ids = folders(files);
    let mut findings = Vec::new();
    if ids.is_empty() {
        findings.push(finding("", "no provider has a folder".to_owned()));
    }
    for id in &ids {
        let folder = format!("{PROVIDERS}src/{id}/");
        if !files.contains(&format!("{folder}README.md")) {
            findings.push(finding(
                id,
                "README.md is missing: what is read, from where, sent to whom".to_owned(),
            ));
        }
        let fixtures =
            files.iter().filter(|path| path.starts_with(&format!("{folder}fixtures/"))).count();
        if fixtures < FEWEST_FIXTURES {
            let text = format!(
                "{fixtures} fixtures; record {FEWEST_FIXTURES} at least: good, null-ish, error"
            );
            findings.push(finding(id, text));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(files: &[&str]) -> Vec<String> {
        let files: Vec<String> =
            files.iter().map(|file| format!("{PROVIDERS}src/{file}")).collect();
        find(&files).into_iter().map(|finding| finding.to_string().replace(PROVIDERS, "")).collect()
    }

    #[test]
    fn a_folder_without_its_parts_is_found() {
        let whole = [
            "logs.rs",
            "logs/one.rs",
            "acme/mod.rs",
            "acme/README.md",
            "acme/fixtures/a",
            "acme/fixtures/b",
            "acme/fixtures/c/d",
        ];
        assert_eq!(texts(&whole), [""; 0]);
        assert_eq!(texts(&whole[..5]).len(), 1, "too few fixtures");
        assert_eq!(texts(&whole[..3]).len(), 2, "neither README nor fixtures");
        assert_eq!(texts(&whole[..2]), ["src/:1: no provider has a folder"]);
    }
}
