//! The window's types and command signatures, written from the Rust types.

use crate::repository;
use anyhow::{Context as _, Result};
use std::path::PathBuf;

/// The generated files: name in `src/lib/gen/` and contents.
fn generated() -> [(&'static str, String); 2] {
    [
        ("wire.ts", claudometer_wire::ts::typescript()),
        ("commands.ts", claudometer_wire::ts::commands()),
    ]
}

fn folder() -> PathBuf {
    repository::root().join("src/lib/gen")
}

/// Writes the files; leaves the time stamps of unchanged ones alone.
pub(crate) fn write() -> Result<bool> {
    std::fs::create_dir_all(folder()).context("src/lib/gen could not be made")?;
    let drifted = drifted();
    for (name, text) in generated() {
        if drifted.contains(&name) {
            std::fs::write(folder().join(name), text)
                .with_context(|| format!("src/lib/gen/{name} could not be written"))?;
            println!("src/lib/gen/{name} is written.");
        }
    }
    Ok(true)
}

/// Says which files differ from what the types say now; true when none does.
pub(crate) fn check() -> bool {
    let drifted = drifted();
    for name in &drifted {
        println!(
            "src/lib/gen/{name} differs from the Rust types: run `npm run gen` and commit it."
        );
    }
    drifted.is_empty()
}

/// Names of the files that are missing or differ.
fn drifted() -> Vec<&'static str> {
    let current = |name: &str, text: &str| {
        std::fs::read_to_string(folder().join(name)).is_ok_and(|found| found == text)
    };
    generated()
        .into_iter()
        .filter(|(name, text)| !current(name, text))
        .map(|(name, _)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_generated_types_say_what_the_rust_types_say() {
        assert_eq!(super::drifted(), [""; 0], "run `npm run gen` and commit src/lib/gen");
    }
}
