//! Writing where a person says: into a file, through a link, into a pipe or a device.

use crate::{Files, files::Pieces};
use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

impl Files {
    /// Writes what `fill` writes piece by piece to a place that a person named. An ordinary file is replaced wholly or not at
    /// all and keeps its rights; a pipe or a device is written to; a link stays one, and what it leads to is written only
    /// where it is not there yet, is empty, or `begins` like what is written now. A folder that is not there is an error.
    pub fn write_out<T, E: From<io::Error>>(
        &self,
        path: &Path,
        begins: &[u8],
        fill: impl FnOnce(&mut Pieces<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        if !self.is_disk() {
            return self.write_private_in_pieces(path, fill);
        }
        let place = match fs::symlink_metadata(path) {
            Ok(data) if data.is_symlink() => end_of_link(path, begins)?,
            _ => path.to_owned(),
        };
        match fs::metadata(&place) {
            Ok(data) if data.is_dir() => {
                Err(said(io::ErrorKind::IsADirectory, "it is a folder").into())
            }
            Ok(data) if data.is_file() => self.fill(&place, mode(&data), fill),
            Ok(_) => into_open(&place, fill),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let folder = folder(&place);
                if !folder.is_dir() {
                    let why = format!("there is no folder {}", folder.display());
                    return Err(said(io::ErrorKind::NotFound, &why).into());
                }
                self.fill(&place, 0o600, fill)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether anything has this name: a file, a folder, a link that may lead nowhere, a pipe.
    pub fn is_taken(&self, path: &Path) -> bool {
        if self.is_disk() { fs::symlink_metadata(path).is_ok() } else { self.entry(path).is_some() }
    }
}

fn said(kind: io::ErrorKind, why: &str) -> io::Error {
    io::Error::new(kind, why)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn mode(data: &Metadata) -> u32 {
    data.permissions().mode() & 0o777
}

/// Where a link leads to, if that may be written.
fn end_of_link(path: &Path, begins: &[u8]) -> io::Result<PathBuf> {
    match fs::metadata(path) {
        Ok(data) if data.is_file() => {
            let place = fs::canonicalize(path)?;
            let mut start = Vec::new();
            let file = fs::File::open(&place)?;
            io::Read::read_to_end(&mut io::Read::take(file, begins.len() as u64), &mut start)?;
            if start.is_empty() || start == begins {
                Ok(place)
            } else {
                let why = format!(
                    "it is a link to {}, which holds something else: name that file itself to replace it",
                    place.display()
                );
                Err(said(io::ErrorKind::AlreadyExists, &why))
            }
        }
        Ok(_) => Ok(path.to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let end = folder(path).join(fs::read_link(path)?);
            // A link to a link to nothing is not followed any further.
            if fs::symlink_metadata(&end).is_ok() { Err(error) } else { Ok(end) }
        }
        Err(error) => Err(error),
    }
}

/// Writes to what is there and stays what it is.
fn into_open<T, E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut Pieces<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let file = fs::OpenOptions::new().write(true).open(path)?;
    let mut out = io::BufWriter::new(file);
    let told = fill(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{FileTypeExt as _, symlink};

    const BEGINS: &[u8] = b"new";

    fn write(path: &Path) -> io::Result<()> {
        Files::disk().write_out(path, BEGINS, |out| out.write_all(b"new text"))
    }

    #[test]
    fn a_file_is_replaced_with_its_rights_kept_and_a_new_one_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        fs::write(&old, "something").unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o640)).unwrap();
        for (path, rights) in [(&old, 0o640), (&new, 0o600)] {
            write(path).unwrap();
            assert_eq!(fs::read(path).unwrap(), b"new text");
            assert_eq!(mode(&fs::metadata(path).unwrap()), rights);
        }
        let missing = write(&folder.path().join("none/new")).unwrap_err();
        assert!(missing.to_string().starts_with("there is no folder"), "{missing}");
        assert!(!folder.path().join("none").exists());
        assert_eq!(write(folder.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }

    #[test]
    fn a_link_stays_one_and_what_it_leads_to_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let (link, end) = (folder.path().join("link"), folder.path().join("end"));
        symlink("end", &link).unwrap();
        for before in [None, Some("new but other"), Some("")] {
            match before {
                Some(text) => fs::write(&end, text).unwrap(),
                None => assert!(!end.exists()),
            }
            write(&link).unwrap();
            assert_eq!(fs::read(&end).unwrap(), b"new text");
        }
        fs::write(&end, "precious").unwrap();
        assert_eq!(write(&link).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&end).unwrap(), b"precious");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn a_pipe_gets_it_all_and_a_full_device_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let status = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(status.success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        write(&pipe).unwrap();
        assert_eq!(reader.join().unwrap(), b"new text");
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
        if Path::new("/dev/full").exists() {
            assert_eq!(
                write(Path::new("/dev/full")).unwrap_err().kind(),
                io::ErrorKind::StorageFull
            );
        }
    }
}
