//! A history of the release before this one tells, after one reading, what a new one tells.

use crate::trees::{contents, copy, counting, ingest, logs};
use claudometer_store::Store;
use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// Histories that the release before made of trees, as SQL; `@HOME@` stands for the home folder.
fn stores() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stores");
    let entries = fs::read_dir(folder).unwrap().flatten();
    let mut stores: Vec<(String, String)> = entries
        .map(|entry| {
            let name = entry.path().file_stem().unwrap().to_str().unwrap().replacen('-', "/", 1);
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    stores.sort();
    stores
}

/// Makes the history of a home as the release before left it: with the very files that lie there.
fn left(home: &Path, sql: &str) -> PathBuf {
    let path = home.join("history.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute_batch(&sql.replace("@HOME@", home.to_str().unwrap())).unwrap();
    let mut query = database.prepare("SELECT path FROM files").unwrap();
    let paths: Vec<String> =
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for file in paths {
        let known = fs::metadata(&file).unwrap();
        let modified = known.mtime() * 1_000_000_000 + known.mtime_nsec();
        let put = "UPDATE files SET modified_ns = ?2, file_id = ?3 WHERE path = ?1";
        database.execute(put, (file, modified, known.ino().cast_signed())).unwrap();
    }
    path
}

#[test]
fn a_history_of_the_release_before_gives_the_sums_of_a_new_one() {
    let all = stores();
    assert!(all.len() >= 10, "the histories are there");
    for (name, sql) in all {
        let home = tempfile::tempdir().unwrap();
        let source = logs().join(&name).join("home");
        copy(&source, home.path());
        let mut new = Store::in_memory().unwrap();
        ingest(home.path(), &mut new);
        let path = left(home.path(), &sql);
        let mut old = Store::open(&path).unwrap();
        for round in ["once", "twice"] {
            ingest(home.path(), &mut old);
            let told = (counting(&contents(&mut old)), counting(&contents(&mut new)));
            assert_eq!(told.0, told.1, "{name}: read {round}");
        }
    }
}
