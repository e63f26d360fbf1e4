//! The order in which files of a log come to light changes no total, nor does what moves or goes later.

use crate::trees::{cases, contents, copy, counting, ingest, logs};
use claudometer_store::Store;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every file below a folder, by its path below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            let name = PathBuf::from(entry.file_name());
            found.extend(files(&entry.path()).into_iter().map(|below| name.join(below)));
        } else {
            found.push(entry.file_name().into());
        }
    }
    found
}

/// What the parts of a store are that are written beside it: they come with it.
fn is_beside(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.ends_with("-wal") || name.ends_with("-shm")
}

fn place(from: &Path, to: &Path, path: &Path) {
    let target = to.join(path);
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    for end in ["", "-wal", "-shm"] {
        let name = format!("{}{end}", path.file_name().unwrap().to_str().unwrap());
        if from.join(path).with_file_name(&name).exists() {
            let copied =
                fs::copy(from.join(path).with_file_name(&name), target.with_file_name(&name));
            copied.unwrap();
        }
    }
}

#[test]
fn files_may_come_to_light_one_by_one_in_any_order() {
    for (name, _) in cases() {
        let source = logs().join(&name).join("home");
        let mut whole = Store::in_memory().unwrap();
        ingest(&source, &mut whole);
        let expected = counting(&contents(&mut whole));
        for _ in 0..6 {
            let home = tempfile::tempdir().unwrap();
            let mut order: Vec<PathBuf> =
                files(&source).into_iter().filter(|path| !is_beside(path)).collect();
            fastrand::shuffle(&mut order);
            let mut store = Store::in_memory().unwrap();
            for path in &order {
                place(&source, home.path(), path);
                ingest(home.path(), &mut store);
            }
            assert_eq!(counting(&contents(&mut store)), expected, "{name}: {order:?}");
        }
    }
}

#[test]
fn what_is_gone_stays_as_it_was_counted_and_what_comes_back_counts_no_second_time() {
    for (name, _) in cases() {
        let source = logs().join(&name).join("home");
        let home = tempfile::tempdir().unwrap();
        copy(&source, home.path());
        let mut store = Store::in_memory().unwrap();
        ingest(home.path(), &mut store);
        let expected = counting(&contents(&mut store));
        let mut order = files(&source);
        fastrand::shuffle(&mut order);
        for path in order.iter().filter(|path| !is_beside(path)) {
            fs::remove_file(home.path().join(path)).unwrap();
            ingest(home.path(), &mut store);
            assert_eq!(counting(&contents(&mut store)), expected, "{name}: without {path:?}");
        }
        copy(&source, home.path());
        ingest(home.path(), &mut store);
        assert_eq!(counting(&contents(&mut store)), expected, "{name}: back again");
    }
}
