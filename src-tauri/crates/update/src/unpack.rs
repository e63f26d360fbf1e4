//! What a release's file holds.

use crate::{UpdateError, install::LARGEST, place::PROGRAMS};
use claudometer_host::{Files, files::set_mode};
use flate2::read::GzDecoder;
use std::{
    collections::BTreeMap,
    fmt::Display,
    fs::Permissions,
    io::Read,
    os::unix::fs::PermissionsExt as _,
    path::{Component, Path, PathBuf},
};
use tar::EntryType;

type Archive<'a> = tar::Archive<std::io::Take<GzDecoder<&'a [u8]>>>;

fn opened(archive: &[u8]) -> Archive<'_> {
    tar::Archive::new(GzDecoder::new(archive).take(LARGEST))
}

fn wrong(why: impl Display) -> UpdateError {
    UpdateError::Archive(why.to_string())
}

/// The executables in an archive, by name.
pub(crate) fn programs(archive: &[u8]) -> Result<BTreeMap<&'static str, Vec<u8>>, UpdateError> {
    let mut found = BTreeMap::new();
    for entry in opened(archive).entries().map_err(wrong)? {
        let mut entry = entry.map_err(wrong)?;
        let path = entry.path().map_err(wrong)?.into_owned();
        let is_program = |name: &&'static str| path.ends_with(Path::new("bin").join(name));
        if let Some(name) = PROGRAMS.iter().copied().find(|name| is_program(name)) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(wrong)?;
            found.insert(name, bytes);
        }
    }
    match PROGRAMS.iter().find(|name| found.get(**name).is_none_or(Vec::is_empty)) {
        Some(missing) => Err(wrong(format!("{missing} is not in it"))),
        None => Ok(found),
    }
}

/// Unpacks the bundle in an archive, whatever it is called there, as the folder `to`.
pub(crate) fn unpack_bundle(files: &Files, to: &Path, archive: &[u8]) -> Result<(), UpdateError> {
    for entry in opened(archive).entries().map_err(wrong)? {
        let mut entry = entry.map_err(wrong)?;
        let path = entry.path().map_err(wrong)?.into_owned();
        let below = below_the_first(&path)
            .ok_or_else(|| wrong(format!("{} leads out of it", path.display())))?;
        match entry.header().entry_type() {
            EntryType::Directory => make_open(files, to, &below)?,
            EntryType::Regular => {
                make_open(files, to, below.parent().unwrap_or(Path::new("")))?;
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).map_err(wrong)?;
                let target = to.join(&below);
                files.write_program(&target, &bytes)?;
                let runs = entry.header().mode().map_err(wrong)? & 0o111 != 0;
                set_mode(&target, Permissions::from_mode(if runs { 0o755 } else { 0o644 }))?;
            }
            EntryType::XGlobalHeader => {}
            _ => return Err(wrong(format!("{} is neither a file nor a folder", path.display()))),
        }
    }
    for name in PROGRAMS {
        if !files.is_file(&to.join("Contents/MacOS").join(name)) {
            return Err(wrong(format!("{name} is not in it")));
        }
    }
    Ok(())
}

/// The path without its first folder; `None` where it leads anywhere but down.
fn below_the_first(path: &Path) -> Option<PathBuf> {
    let parts: Option<Vec<_>> = path
        .components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| matches!(part, Component::Normal(_)).then_some(part))
        .collect();
    Some(parts?.into_iter().skip(1).collect())
}

/// Makes a folder below `root`, and those above it, as everybody may look into them.
fn make_open(files: &Files, root: &Path, below: &Path) -> Result<(), UpdateError> {
    let parts = below.components().scan(root.to_owned(), |folder, part| {
        folder.push(part);
        Some(folder.clone())
    });
    for folder in std::iter::once(root.to_owned()).chain(parts) {
        if files.entry(&folder).is_none() {
            files.make_folder(&folder)?;
            set_mode(&folder, Permissions::from_mode(0o755))?;
        }
    }
    Ok(())
}
