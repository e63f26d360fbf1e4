//! The files of the repository: those that git tracks, and new ones that it does not ignore.

use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository and the names of its files.
#[derive(Debug)]
pub(crate) struct Repository {
    /// Its top folder.
    pub(crate) root: PathBuf,
    /// Names relative to the top folder, with `/`, sorted.
    pub(crate) files: Vec<String>,
}

/// One text file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Name relative to the top folder, with `/`.
    pub(crate) path: String,
    /// What it contains.
    pub(crate) text: String,
}

/// The top folder of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Repository {
    /// Asks git for the files; fails outside of a clone.
    pub(crate) fn open() -> Result<Self> {
        let root = root();
        let output = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&root)
            .output()
            .context("git could not be started")?;
        ensure!(
            output.status.success(),
            "git ls-files: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let names = String::from_utf8(output.stdout).context("a file's name is not UTF-8")?;
        let mut files: Vec<String> = names
            .split_terminator('\0')
            .filter(|name| root.join(name).is_file()) // a deleted file stays listed until the commit
            .map(str::to_owned)
            .collect();
        files.sort();
        files.dedup();
        Ok(Self { root, files })
    }

    /// The files whose names end in one of `extensions` (without a dot), tool-made ones left out.
    pub(crate) fn named(&self, extensions: &[&str]) -> impl Iterator<Item = &String> {
        let wanted = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            name.rsplit_once('.').is_some_and(|(_, found)| extensions.contains(&found))
        };
        self.files.iter().filter(move |path| wanted(path) && !path.starts_with("src/lib/gen/"))
    }

    /// Reads those files.
    pub(crate) fn sources(&self, extensions: &[&str]) -> Result<Vec<Source>> {
        self.named(extensions)
            .map(|path| {
                let bytes = std::fs::read(self.root.join(path))
                    .with_context(|| format!("{path} could not be read"))?;
                let text = String::from_utf8_lossy(&bytes).into_owned(); // a fixture may be broken on purpose
                Ok(Source { path: path.clone(), text })
            })
            .collect()
    }
}
