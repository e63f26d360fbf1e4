//! Links in documents.

use super::{Finding, Rule};
use crate::repository::{Repository, Source};
use anyhow::Result;
use std::path::Path;

/// Links to files of the repository.
pub(super) const LINKS: Rule = Rule {
    sentence: "Every link to a file leads somewhere",
    find: |repository: &Repository| -> Result<Vec<Finding>> {
        let root = &repository.root;
        let documents = repository.sources(&["md"])?;
        Ok(documents
            .iter()
            .flat_map(|document| find(document, &|path| root.join(path).exists()))
            .collect())
    },
};

fn find(document: &Source, exists: &dyn Fn(&Path) -> bool) -> Vec<Finding> {
    let folder = Path::new(&document.path).parent().unwrap_or(Path::new(""));
    let mut findings = Vec::new();
    let mut in_code = false;
    for (index, line) in document.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for target in targets(line) {
            let path = target.split(['#', '?']).next().unwrap_or_default();
            let elsewhere =
                path.is_empty() || target.contains("://") || target.starts_with("mailto:");
            if !elsewhere && !exists(&folder.join(path)) {
                let text = format!("the link to `{target}` leads nowhere");
                findings.push(Finding { path: document.path.clone(), line: index + 1, text });
            }
        }
    }
    findings
}

/// What the links and pictures of a line point to, code left out.
fn targets(line: &str) -> Vec<&str> {
    let prose = line.split('`').step_by(2);
    prose
        .flat_map(|text| {
            let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
            let pictures = [" src=\"", " srcset=\"", " href=\""].into_iter().flat_map(|mark| {
                text.split(mark).skip(1).filter_map(|rest| rest.split('"').next())
            });
            links.chain(pictures).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dead_links_to_files_are_found() {
        let text = "\
[a](there.md) and [b](gone.md)
![picture](there.md \"title\") <img src=\"gone.png\" alt=\"\">
[c](https://example.com/gone) [d](#part) [e](there.md#part) [f](mailto:a@example.com)
`[g](gone.md)`
```
[h](gone.md)
```
[i](gone/#part)";
        let document = Source { path: "docs/a.md".to_owned(), text: text.to_owned() };
        let found = find(&document, &|path| path == Path::new("docs/there.md"));
        assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [1, 2, 8]);
    }
}
