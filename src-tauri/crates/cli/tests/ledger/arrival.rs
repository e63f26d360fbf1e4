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

/// A task of an editor's extension: requests, and the sum of some that a restored checkpoint took out.
fn task(home: &Path, requests: &[(u64, u64)], deleted: Option<(u64, u64)>) {
    let say = |kind: &str, (ts, output): (u64, u64)| {
        let text = format!(r#"{{"tokensIn":0,"tokensOut":{output}}}"#);
        serde_json::json!({"ts": 1_785_765_000_000 + ts, "type": "say", "say": kind, "text": text})
    };
    let requests = requests.iter().map(|one| say("api_req_started", *one));
    let all: Vec<_> = requests.chain(deleted.map(|sum| say("deleted_api_reqs", sum))).collect();
    let folder = home.join(".cline/data/tasks/t1");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("ui_messages.json"), serde_json::to_vec(&all).unwrap()).unwrap();
}

fn output(store: &mut Store) -> u64 {
    let (all, _) = contents(store);
    all.iter().filter(|one| one.counts()).map(|one| one.response.tokens.output).sum()
}

#[test]
fn a_restored_checkpoint_leaves_a_sum_that_counts_only_where_its_requests_are_not_known() {
    let home = tempfile::tempdir().unwrap();
    let mut store = Store::in_memory().unwrap();
    task(home.path(), &[(1, 10), (2, 20), (3, 30)], None);
    ingest(home.path(), &mut store);
    task(home.path(), &[(1, 10)], Some((9, 50)));
    let mut fresh = Store::in_memory().unwrap();
    for store in [&mut store, &mut fresh] {
        ingest(home.path(), store);
        assert_eq!(output(store), 60);
    }
    // It stays like this while the task goes on.
    task(home.path(), &[(1, 10), (12, 5)], Some((9, 50)));
    for store in [&mut store, &mut fresh] {
        ingest(home.path(), store);
        assert_eq!(output(store), 65);
    }
    // Requests that were known and go count as before, and so does the sum that stood for others.
    task(home.path(), &[(1, 10)], Some((9, 50)));
    for store in [&mut store, &mut fresh] {
        ingest(home.path(), store);
        assert_eq!(output(store), 65);
    }
}

#[test]
fn an_origin_may_come_in_parts_and_be_trimmed_after_its_forks_were_read() {
    for (name, _) in cases().iter().filter(|(name, _)| name.starts_with("codex/")) {
        let source = logs().join(name).join("home");
        let mut whole = Store::in_memory().unwrap();
        ingest(&source, &mut whole);
        let expected = output(&mut whole);
        let rollouts = files(&source)
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
        for path in rollouts {
            let text = fs::read(source.join(&path)).unwrap();
            let lines: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b'\n').collect();
            let cut = lines[fastrand::usize(..lines.len())] + 1;
            let home = tempfile::tempdir().unwrap();
            copy(&source, home.path());
            let target = home.path().join(&path);
            fs::write(&target, &text[..cut]).unwrap();
            let mut store = Store::in_memory().unwrap();
            ingest(home.path(), &mut store);
            fs::write(&target, &text).unwrap();
            ingest(home.path(), &mut store);
            assert_eq!(output(&mut store), expected, "{name}: {path:?} was cut at {cut}");
            fs::write(&target, &text[..cut]).unwrap();
            ingest(home.path(), &mut store);
            // Whatever is read anew then: others go on.
            for other in files(home.path()).iter().filter(|other| **other != path) {
                let other = home.path().join(other);
                if other.extension().is_some_and(|end| end == "jsonl") {
                    let grown =
                        [fs::read(&other).unwrap(), b"{\"type\":\"turn_context\"}\n".to_vec()];
                    fs::write(&other, grown.concat()).unwrap();
                }
            }
            ingest(home.path(), &mut store);
            assert_eq!(output(&mut store), expected, "{name}: {path:?} was trimmed to {cut}");
        }
    }
}
