//! rustfmt over every Rust file of the repository, also those that no crate names yet.

use crate::repository::Repository;
use anyhow::{Context as _, Result};
use std::process::Command;

/// What to do about files that are not in the house's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Rewrite them.
    Write,
    /// Show the differences.
    Check,
}

/// Runs rustfmt; true when every file is, or now is, in format.
pub(crate) fn run(mode: Mode) -> Result<bool> {
    let repository = Repository::open()?;
    let status = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .args((mode == Mode::Check).then_some("--check"))
        .args(repository.named(&["rs"]))
        .current_dir(&repository.root)
        .status()
        .context("rustfmt could not be started: `rustup component add rustfmt` installs it")?;
    Ok(status.success())
}
