//! Where people's tools live, beyond the short PATH that a desktop session has.

use crate::Environment;
use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// Folders below the home folder.
const OF_HOME: &[&str] = &[
    ".local/bin",
    "bin",
    ".bun/bin",
    ".volta/bin",
    ".npm-global/bin",
    ".cargo/bin",
    ".deno/bin",
    ".asdf/shims",
];
/// Folders of the system.
const OF_SYSTEM: &[&str] = &[
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/home/linuxbrew/.linuxbrew/bin",
    "/usr/bin",
    "/snap/bin",
];
/// Folders with one folder per version of node below them, and where its programs are in it.
const OF_NODE: &[(&str, &str)] = &[
    (".nvm/versions/node", "bin"),
    (".local/share/fnm/node-versions", "installation/bin"),
    (".fnm/node-versions", "installation/bin"),
    ("Library/Application Support/fnm/node-versions", "installation/bin"),
];

/// The first executable of that name.
pub(super) fn program(environment: &Environment, name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| is_executable(path));
    }
    let path = environment.get("PATH").unwrap_or_default();
    let home = environment.home();
    let listed = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    let usual =
        OF_HOME.iter().map(|below| home.join(below)).chain(OF_SYSTEM.iter().map(PathBuf::from));
    let node = OF_NODE.iter().flat_map(|(folder, below)| {
        versions(&home.join(folder)).into_iter().map(move |version| version.join(below))
    });
    in_folders(listed.chain(usual).chain(node), name)
}

/// The first executable of that name in these folders.
pub(super) fn in_folders(
    folders: impl IntoIterator<Item = impl AsRef<Path>>,
    name: &str,
) -> Option<PathBuf> {
    folders.into_iter().map(|folder| folder.as_ref().join(name)).find(|path| is_executable(path))
}

/// Folders of versions, newest first.
fn versions(folder: &Path) -> Vec<PathBuf> {
    let number = |path: &PathBuf| -> Vec<u32> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.trim_start_matches('v')
            .split('.')
            .map(|part| part.parse().unwrap_or_default())
            .collect()
    };
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    found.sort_by_key(|path| std::cmp::Reverse(number(path)));
    found
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_path_comes_first_then_usual_places_then_the_newest_node() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::of(
            home.path(),
            [("PATH".to_owned(), home.path().join("on-path").display().to_string())],
        );
        let find = || program(&environment, "tool-of-a-test");
        assert_eq!(find(), None);
        let places = [
            ".nvm/versions/node/v9.9.9/bin",
            ".nvm/versions/node/v20.1.0/bin",
            ".local/bin",
            "on-path",
        ];
        for place in places {
            let path = home.path().join(place).join("tool-of-a-test");
            install(&path);
            assert_eq!(find(), Some(path));
        }
    }
}
