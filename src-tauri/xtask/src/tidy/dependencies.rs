//! Which crate may depend on which, as `cargo metadata` sees it. `ARCHITECTURE.md` says why.

use super::{Finding, Rule};
use crate::repository::Repository;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::process::Command;

/// Ours to ours.
pub(super) const DIRECTIONS: Rule = Rule {
    sentence: "Our crates depend on each other only in the directions of the table",
    find: |repository| Ok(edges(repository)?.iter().filter_map(wrong_direction).collect()),
};

/// Ours to the world's.
pub(super) const THIRD_PARTIES: Rule = Rule {
    sentence: "Each part of the world is reached through one crate",
    find: |repository| Ok(edges(repository)?.iter().filter_map(wrong_hands).collect()),
};

/// What each crate may depend on. `claudometer-` is left out of the names, `cli` is the package `claudometer`.
const TABLE: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("wire", &["core"]),
    ("view", &["core", "wire"]),
    ("host", &["core"]),
    ("provider", &["core", "host"]),
    ("pricing", &["core"]),
    ("scan", &["core", "host"]),
    ("store", &["core"]),
    ("ledger", &["core", "wire", "host", "pricing", "scan", "store"]),
    ("update", &["host"]),
    ("providers", &["core", "host", "provider", "scan"]),
    ("engine", &["core"]),
    ("desk", &["core", "view", "wire", "host", "provider", "providers", "engine", "update"]),
    ("tray", &["core", "view"]),
    (
        "cli",
        &[
            "core",
            "view",
            "wire",
            "host",
            "provider",
            "providers",
            "engine",
            "desk",
            "tray",
            "ledger",
            "pricing",
            "store",
            "update",
        ],
    ),
    ("desktop", &["core", "view", "wire", "desk"]),
    ("testkit", &["core", "host"]),
    ("bench", &["core", "desk", "engine", "host", "provider", "providers", "testkit"]),
    ("xtask", &["wire", "pricing", "update"]),
];

/// Tests of any crate may use this one; nothing that ships may.
const TESTS_ONLY: &str = "testkit";

/// Third-party crates (`x-*`: the whole family) and the crates that may use them.
const WORLD: &[(&str, &[&str])] = &[
    ("tauri", &["desktop"]),
    ("tauri-*", &["desktop"]),
    ("wry", &[]),
    ("tao", &[]),
    ("gtk", &["desktop"]),
    ("gtk4", &[]),
    ("gdk", &[]),
    ("webkit2gtk", &[]),
    ("reqwest", &["host"]),
    ("rustls", &["host"]),
    ("keyring", &[]),
    ("rusqlite", &["host", "store"]),
    ("keyring-core", &["host"]),
    ("dbus-secret-service-keyring-store", &["host"]),
    ("apple-native-keyring-store", &["host"]),
    ("ksni", &["tray"]),
];

/// What the pure crates may not see: no format, no runtime, no log.
const PURE: &[&str] = &["core", "view"];
const IMPURE: &[&str] =
    &["serde_json", "tokio", "tokio-util", "futures", "tracing", "dirs", "fs-err"];

/// One dependency of one of our crates.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edge {
    /// Short name of our crate.
    from: String,
    /// Name of what it depends on; short when it is ours.
    to: String,
    /// Whether that is a crate of the workspace.
    ours: bool,
    /// Whether only its tests do.
    tests_only: bool,
    /// The manifest, relative to the top folder.
    manifest: String,
    /// The line of the manifest that names it, or 1.
    line: usize,
}

fn short(name: &str) -> &str {
    if name == "claudometer" { "cli" } else { name.strip_prefix("claudometer-").unwrap_or(name) }
}

/// Asks cargo for every dependency of the workspace.
fn edges(repository: &Repository) -> Result<Vec<Edge>> {
    let workspace =
        repository.root.join("src-tauri").canonicalize().context("src-tauri is missing")?;
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(&workspace)
        .output()
        .context("cargo could not be started")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata is not JSON")?;
    let mut edges = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let path = package["manifest_path"].as_str().unwrap_or_default();
        let text =
            std::fs::read_to_string(path).with_context(|| format!("{path} could not be read"))?;
        let inside = path.strip_prefix(&*workspace.to_string_lossy()).unwrap_or(path);
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        edges.extend(dependencies.map(|dependency| {
            let name = dependency["name"].as_str().unwrap_or_default();
            let ours = dependency["path"].is_string();
            Edge {
                from: short(package["name"].as_str().unwrap_or_default()).to_owned(),
                to: if ours { short(name) } else { name }.to_owned(),
                ours,
                tests_only: dependency["kind"] == "dev",
                manifest: format!("src-tauri{inside}"),
                line: text.lines().position(|line| names(line, name)).map_or(1, |index| index + 1),
            }
        }));
    }
    ensure!(!edges.is_empty(), "cargo metadata names no dependency");
    Ok(edges)
}

/// Whether a line of a manifest begins the entry of a dependency.
fn names(line: &str, name: &str) -> bool {
    let rest = line.trim_start().strip_prefix(name);
    rest.is_some_and(|rest| rest.starts_with([' ', '.', '=']))
}

fn finding(edge: &Edge, text: String) -> Finding {
    Finding { path: edge.manifest.clone(), line: edge.line, text }
}

fn wrong_direction(edge: &Edge) -> Option<Finding> {
    let Edge { from, to, .. } = edge;
    let Some((_, allowed)) = TABLE.iter().find(|(name, _)| name == from) else {
        return Some(finding(
            edge,
            format!("`{from}` has no row in the table of crates: decide what it may depend on"),
        ));
    };
    if !edge.ours || allowed.contains(&to.as_str()) || (to == TESTS_ONLY && edge.tests_only) {
        return None;
    }
    let allowed = if allowed.is_empty() { "none of ours".to_owned() } else { allowed.join(", ") };
    Some(finding(edge, format!("`{from}` may not depend on `{to}`, only on {allowed}")))
}

fn wrong_hands(edge: &Edge) -> Option<Finding> {
    let Edge { from, to, .. } = edge;
    if edge.ours || edge.tests_only {
        return None;
    }
    if PURE.contains(&from.as_str()) && IMPURE.contains(&to.as_str()) {
        return Some(finding(
            edge,
            format!("`{from}` decides and does nothing else: it may not depend on `{to}`"),
        ));
    }
    let is = |pattern: &str| match pattern.strip_suffix('*') {
        Some(family) => to.starts_with(family),
        None => to == pattern,
    };
    let (_, users) = WORLD.iter().find(|(pattern, _)| is(pattern))?;
    if users.contains(&from.as_str()) {
        return None;
    }
    let users = if users.is_empty() {
        "no crate".to_owned()
    } else {
        format!("only `{}`", users.join("`, `"))
    };
    Some(finding(edge, format!("`{from}` may not depend on `{to}`: {users} may")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str) -> Edge {
        let ours = TABLE.iter().any(|(name, _)| *name == to);
        let manifest = format!("src-tauri/crates/{from}/Cargo.toml");
        Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            ours,
            tests_only: false,
            manifest,
            line: 7,
        }
    }

    #[test]
    fn a_dependency_in_the_wrong_direction_is_found() {
        for (from, to, wrong) in [
            ("desk", "engine", false),
            ("core", "host", true),
            ("engine", "providers", true),
            ("providers", "view", true),
            ("desktop", "host", true),
            ("cli", "desktop", true),
            ("newcomer", "core", true),
            ("core", "chrono", false),
        ] {
            assert_eq!(wrong_direction(&edge(from, to)).is_some(), wrong, "{from} -> {to}");
        }
    }

    #[test]
    fn the_test_kit_is_for_tests() {
        let ships = edge("cli", "testkit");
        assert!(wrong_direction(&ships).is_some());
        assert_eq!(wrong_direction(&Edge { tests_only: true, ..ships }), None);
    }

    #[test]
    fn a_part_of_the_world_in_the_wrong_hands_is_found() {
        for (from, to, wrong) in [
            ("desktop", "tauri", false),
            ("desktop", "tauri-plugin-updater", false),
            ("cli", "tauri", true),
            ("desk", "tauri-plugin-store", true),
            ("host", "reqwest", false),
            ("engine", "reqwest", true),
            ("tray", "ksni", false),
            ("desk", "rusqlite", true),
            ("core", "serde_json", true),
            ("desk", "serde_json", false),
        ] {
            assert_eq!(wrong_hands(&edge(from, to)).is_some(), wrong, "{from} -> {to}");
        }
        assert_eq!(wrong_hands(&Edge { tests_only: true, ..edge("core", "serde_json") }), None);
    }

    #[test]
    fn the_table_has_no_circle() {
        for (index, (name, allowed)) in TABLE.iter().enumerate() {
            let earlier: Vec<_> = TABLE[..index].iter().map(|(name, _)| *name).collect();
            for to in *allowed {
                assert!(earlier.contains(to), "{name} -> {to}: rows only name rows above them");
            }
        }
    }

    #[test]
    fn a_finding_points_at_the_line_of_the_manifest() {
        for (line, found) in [
            ("claudometer-core.workspace = true", true),
            ("claudometer-core = { path = \"../core\" }", true),
            ("claudometer-core-extra = \"1\"", false),
            ("# claudometer-core", false),
        ] {
            assert_eq!(names(line, "claudometer-core"), found, "{line}");
        }
    }
}
