//! Files written from the Rust types: the window's types and command signatures, the JSON Schemas of what commands print.

use crate::repository;
use anyhow::{Context as _, Result};
use claudometer_wire::{
    cost::{BlockReport, CostReport},
    diagnosis::Diagnosis,
    history::HistoryReport,
    prices::PriceList,
    report::{ErrorReport, Report},
    update::UpdateReport,
};
use std::path::PathBuf;

/// The generated files: path from the root of the repository and contents.
fn generated() -> [(&'static str, String); 10] {
    [
        ("src/lib/gen/wire.ts", claudometer_wire::ts::typescript()),
        ("src/lib/gen/commands.ts", claudometer_wire::ts::commands()),
        ("src-tauri/schemas/usage.schema.json", schema::<Report>()),
        ("src-tauri/schemas/doctor.schema.json", schema::<Diagnosis>()),
        ("src-tauri/schemas/history.schema.json", schema::<HistoryReport>()),
        ("src-tauri/schemas/cost.schema.json", schema::<CostReport>()),
        ("src-tauri/schemas/blocks.schema.json", schema::<BlockReport>()),
        ("src-tauri/schemas/prices.schema.json", schema::<PriceList>()),
        ("src-tauri/schemas/update.schema.json", schema::<UpdateReport>()),
        ("src-tauri/schemas/error.schema.json", schema::<ErrorReport>()),
    ]
}

fn schema<T: schemars::JsonSchema>() -> String {
    let schema = schemars::schema_for!(T);
    format!("{:#}\n", schema.as_value())
}

fn path(name: &str) -> PathBuf {
    repository::root().join(name)
}

/// Writes the files; leaves the time stamps of unchanged ones alone.
pub(crate) fn write() -> Result<bool> {
    let drifted = drifted();
    for (name, text) in generated() {
        if drifted.contains(&name) {
            let folder = path(name).parent().map(PathBuf::from).unwrap_or_default();
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(path(name), text))
                .with_context(|| format!("{name} could not be written"))?;
            println!("{name} is written.");
        }
    }
    Ok(true)
}

/// Says which files differ from what the types say now; true when none does.
pub(crate) fn check() -> bool {
    let drifted = drifted();
    for name in &drifted {
        println!("{name} differs from the Rust types: run `npm run gen` and commit it.");
    }
    drifted.is_empty()
}

/// Names of the files that are missing or differ.
fn drifted() -> Vec<&'static str> {
    let current = |name: &str, text: &str| {
        std::fs::read_to_string(path(name)).is_ok_and(|found| found == text)
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
        assert_eq!(super::drifted(), [""; 0], "run `npm run gen` and commit what it writes");
    }
}
