//! Another history in the place of this one, what is written where a person says, and what cannot be written or read.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts the real program"
)]

mod home;

use home::{Home, document};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::symlink, path::Path, process::Stdio, time::Duration};

const HISTORY: &str = ".local/share/claudometer/history.db";

fn line(id: usize) -> String {
    let line = json!({
        "type": "assistant", "timestamp": format!("2026-11-{:02}T10:00:00.000Z", 1 + id % 20), "sessionId": "s",
        "cwd": "/work/shop", "requestId": format!("req_{id}"),
        "message": {"id": format!("msg_{id}"), "model": "house-model", "usage": {"input_tokens": 10, "output_tokens": 1}}
    });
    format!("{line}\n")
}

fn lines(ids: std::ops::Range<usize>) -> String {
    ids.map(line).collect()
}

/// A history of so many responses, of which half has no log any more.
fn person(responses: usize) -> Home {
    let home = Home::new();
    let half = responses / 2;
    home.write(".claude/projects/-work/gone.jsonl", &lines(0..half));
    assert_eq!(counted(&home), half as u64);
    fs::remove_file(home.path(".claude/projects/-work/gone.jsonl")).unwrap();
    home.write(".claude/projects/-work/there.jsonl", &lines(half..responses));
    assert_eq!(counted(&home), responses as u64);
    home
}

fn counted(home: &Home) -> u64 {
    let (exit, text, said) = home.run(&["cost", "agent", "--all", "--json"]);
    assert_eq!(exit, 0, "{said}");
    document(&text)["total"]["responses"].as_u64().unwrap()
}

fn verified(home: &Home) -> (i32, Value) {
    let (exit, text, _) = home.run(&["history", "verify", "--json"]);
    (exit, document(&text))
}

fn text_of(home: &Home, path: &str) -> String {
    home.path(path).to_str().unwrap().to_owned()
}

#[test]
fn what_is_killed_while_it_exchanges_the_history_loses_nothing() {
    let home = person(2000);
    let copy = text_of(&home, "copy.db");
    assert_eq!(home.run(&["history", "backup", &copy]).0, 0);
    for millis in [1, 3, 6, 10, 15, 21, 28, 36, 45, 60] {
        for args in [&["history", "rebuild"][..], &["history", "restore", &copy]] {
            let mut command = home.command(args);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(millis));
            child.kill().ok(); // it may have ended by itself
            child.wait().unwrap();
            assert_eq!(counted(&home), 2000, "{args:?} after {millis} ms");
        }
    }
    let (exit, verdict) = verified(&home);
    assert_eq!(exit, 0, "{verdict}");
    let folder = fs::read_dir(home.path(".local/share/claudometer")).unwrap();
    let names = folder.map(|one| one.unwrap().file_name().to_string_lossy().into_owned());
    let aside: Vec<String> = names.filter(|name| name.contains("replaced")).collect();
    assert!(aside.len() <= 3, "{aside:?}");
}

#[test]
fn what_others_read_and_import_meanwhile_is_right_and_kept() {
    let home = person(600);
    let (_, sample, _) = home.run(&["history", "export"]);
    let sample: Value = serde_json::from_str(sample.lines().next().unwrap()).unwrap();
    for round in 0..6_u64 {
        let other = |nth: u64| {
            let mut line = sample.clone();
            line["message"] = json!(1_000_000 + 100 * round + nth);
            line["device"] = json!("laptop");
            format!("{line}\n")
        };
        home.write("other.jsonl", &(0..100).map(other).collect::<String>());
        let start = |args: &[&str]| {
            home.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let rebuild = start(&["history", "rebuild"]);
        let reader = start(&["cost", "agent", "--all", "--json"]);
        let import = start(&["history", "import", &text_of(&home, "other.jsonl")]);
        let report = String::from_utf8(reader.wait_with_output().unwrap().stdout).unwrap();
        let told = document(&report)["total"]["responses"].as_u64().unwrap();
        let (before, after) = (600 + 100 * round, 700 + 100 * round);
        assert!(told == before || told == after, "{told}");
        assert!(import.wait_with_output().unwrap().status.success());
        assert!(rebuild.wait_with_output().unwrap().status.success());
        assert_eq!(counted(&home), after);
    }
}

#[test]
fn a_history_that_an_exchange_left_without_its_name_is_found() {
    let home = person(10);
    let copy = text_of(&home, "copy.db");
    assert_eq!(home.run(&["history", "backup", &copy]).0, 0);
    let (whole, path) = (home.path("copy.db"), home.path(HISTORY));
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(home.path(&format!("{HISTORY}{suffix}"))).ok(); // it may be gone already
    }
    fs::rename(whole, path.with_extension("db.new")).unwrap();
    assert_eq!(counted(&home), 10);
}

#[test]
fn another_programs_database_is_refused_and_left_as_it_is() {
    let home = person(10);
    let foreign = home.path("other.db");
    rusqlite::Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE bookmarks (x); CREATE TABLE responses (x);")
        .unwrap();
    let armed = home.path("armed.db");
    assert_eq!(home.run(&["history", "backup", armed.to_str().unwrap()]).0, 0);
    rusqlite::Connection::open(&armed)
        .unwrap()
        .execute_batch(
            "CREATE TRIGGER t AFTER INSERT ON responses BEGIN DELETE FROM responses; END",
        )
        .unwrap();
    home.write("text.db", "no database at all, but a text that is long enough");
    for name in ["other.db", "armed.db", "text.db"] {
        let before = fs::read(home.path(name)).unwrap();
        let (exit, _, said) = home.run(&["history", "restore", &text_of(&home, name)]);
        assert_eq!(exit, 4, "{name}: {said}");
        assert!(said.contains("is no history of Claudometer"), "{said}");
        assert_eq!(fs::read(home.path(name)).unwrap(), before, "{name}");
        assert!(!home.path(&format!("{name}-wal")).exists(), "{name}");
    }
    assert_eq!(counted(&home), 10);
    assert_eq!(verified(&home).0, 0);
}

#[test]
fn an_export_goes_where_a_person_says_and_leaves_that_what_it_is() {
    let home = person(10);
    let (_, whole, _) = home.run(&["history", "export"]);
    assert_eq!(whole.lines().count(), 10);
    assert_eq!(home.run(&["history", "export", "-"]).1, whole);

    let link = home.path("link.jsonl");
    symlink("end.jsonl", &link).unwrap();
    for _ in 0..2 {
        assert_eq!(home.run(&["history", "export", link.to_str().unwrap()]).0, 0);
        assert_eq!(fs::read_to_string(home.path("end.jsonl")).unwrap(), whole);
    }
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    home.write("end.jsonl", "precious");
    assert_eq!(home.run(&["history", "export", link.to_str().unwrap()]).0, 1);
    assert_eq!(fs::read_to_string(home.path("end.jsonl")).unwrap(), "precious");

    let pipe = home.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    assert_eq!(home.run(&["history", "export", pipe.to_str().unwrap()]).0, 0);
    assert_eq!(reader.join().unwrap(), whole);

    if Path::new("/dev/full").exists() {
        let (exit, _, said) = home.run(&["history", "export", "/dev/full"]);
        assert!(exit == 1 && said.contains("No space left"), "{said}");
    }
    for args in [
        &["history", "export", "none/out.jsonl"][..],
        &["history", "backup", "none/copy.db"],
        &["heatmap", "--svg", "none/map.svg"],
        &["cost", "--parquet", "none/cost.parquet"],
    ] {
        let args: Vec<String> = args
            .iter()
            .map(|word| {
                word.strip_prefix("none/").map_or((*word).to_owned(), |_| text_of(&home, word))
            })
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (exit, _, said) = home.run(&args);
        assert!(
            exit != 0 && said.to_lowercase().contains("there is no folder"),
            "{args:?}: {said}"
        );
        assert!(!home.path("none").exists());
    }
}

#[test]
fn what_can_be_read_is_shown_where_the_history_cannot_be_written() {
    let home = person(10);
    // With everything in one file, and something in the place of the file that takes what is new.
    let copy = text_of(&home, "copy.db");
    assert_eq!(home.run(&["history", "backup", &copy]).0, 0);
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(home.path(&format!("{HISTORY}{suffix}"))).ok(); // it may be gone already
    }
    fs::rename(&copy, home.path(HISTORY)).unwrap();
    fs::create_dir(home.path(&format!("{HISTORY}-wal"))).unwrap();
    home.write(".claude/projects/-work/new.jsonl", &line(99));
    let (exit, text, said) = home.run(&["cost", "agent", "--all", "--json"]);
    assert_eq!(exit, 0, "{text}{said}");
    assert_eq!(document(&text)["total"]["responses"], 11);
    assert!(said.contains("cannot be written") && said.contains("not kept"), "{said}");
    let (exit, _, said) = home.run(&["history", "import", &text_of(&home, ".claude")]);
    assert_ne!(exit, 0, "{said}");
    fs::remove_dir(home.path(&format!("{HISTORY}-wal"))).unwrap();
    assert_eq!(counted(&home), 11);
}

#[test]
fn the_history_is_compared_in_both_directions() {
    let home = person(10);
    assert_eq!(verified(&home).0, 0);
    let database = rusqlite::Connection::open(home.path(HISTORY)).unwrap();
    // A response that the log does not tell, one that is larger than the log says, and one that is not there.
    let there = "source = (SELECT id FROM files WHERE path LIKE '%there.jsonl')";
    database
        .execute_batch(&format!(
            "CREATE TEMP TABLE one AS SELECT * FROM responses WHERE {there} LIMIT 1;
             UPDATE one SET message = 77; INSERT INTO responses SELECT * FROM one;
             UPDATE responses SET output = output + 5 WHERE message = (SELECT max(message) FROM responses WHERE {there});
             DELETE FROM responses WHERE message = (SELECT min(message) FROM responses WHERE {there} AND message <> 77);"
        ))
        .unwrap();
    drop(database);
    let (exit, verdict) = verified(&home);
    assert_eq!(exit, 1, "{verdict}");
    let counts =
        ["surplus", "different", "missing", "keptBeyondLogs"].map(|key| verdict[key].clone());
    assert_eq!(counts, [1, 1, 1, 5].map(|count| json!(count)), "{verdict}");
    assert_eq!(home.run(&["history", "rebuild"]).0, 0);
    assert_eq!(verified(&home).0, 0);
    assert_eq!(counted(&home), 10);
}

#[test]
fn what_was_cut_off_is_not_missing() {
    let home = Home::new();
    home.write(".claude/projects/-work/there.jsonl", &lines(0..20));
    assert_eq!(counted(&home), 20);
    assert_eq!(home.run(&["history", "prune", "--before", "2026-11-11", "--yes"]).0, 0);
    assert_eq!(counted(&home), 10);
    let (exit, verdict) = verified(&home);
    assert_eq!((exit, &verdict["responsesInLogs"]), (0, &json!(10)), "{verdict}");
}

#[test]
fn what_cannot_be_read_is_named_and_said_by_the_exit_code() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = person(10);
    let closed = home.path(".claude/projects/-closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&closed).is_ok() {
        return; // root may read everything
    }
    for args in [&["cost", "--all"][..], &["history", "verify"], &["heatmap"]] {
        let (exit, text, said) = home.run(args);
        let told = format!("{text}{said}");
        assert!(told.contains("~/.claude/projects/-closed"), "{args:?}: {told}");
        assert_eq!(exit, 5, "{args:?}: {told}");
    }
    let (_, text, _) = home.run(&["doctor", "--offline"]);
    assert!(text.contains("cannot be read: ~/.claude/projects/-closed"), "{text}");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(home.run(&["cost", "--all"]).0, 0);
}

/// Runs where no file may grow beyond so many KiB, as on a disk that is full.
fn run_in(home: &Home, kib: usize, args: &[&str]) -> (i32, String, String) {
    let program = home.command(args);
    let mut command = std::process::Command::new("/bin/sh");
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
    command.arg("-c").arg(script).arg(program.get_program()).args(program.get_args());
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    home::ended(command.stdin(Stdio::null()).output().unwrap())
}

#[test]
fn a_disk_without_room_costs_nothing_and_is_said() {
    let home = person(2000);
    let copy = text_of(&home, "copy.db");
    assert_eq!(home.run(&["history", "backup", &copy]).0, 0);
    home.write(".claude/projects/-work/new.jsonl", &lines(5000..6000));
    for kib in [1, 8, 40, 80, 160, 240] {
        let (exit, text, said) = run_in(&home, kib, &["cost", "agent", "--all", "--json"]);
        assert_eq!(exit, 0, "{kib}: {text}{said}");
        assert_eq!(document(&text)["total"]["responses"], 3000, "{kib}: {said}");
        for args in [&["history", "rebuild"][..], &["history", "restore", &copy]] {
            let (exit, text, said) = run_in(&home, kib, args);
            assert!(exit == 0 || !said.is_empty(), "{kib} {args:?}: {exit} {text}");
            assert_eq!(counted(&home), 3000, "{kib} {args:?}: {said}");
        }
    }
    assert_eq!(verified(&home).0, 0);
}

#[test]
fn another_machine_does_not_change_what_our_own_logs_tell() {
    let home = Home::new();
    home.write(".claude/projects/-work/there.jsonl", &lines(0..5));
    assert_eq!(counted(&home), 5);
    let (_, own, _) = home.run(&["history", "export"]);
    let forged = own.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line["device"] = json!("elsewhere");
        line["output"] = json!(1_000_000);
        line["model"] = json!("forged");
        format!("{line}\n")
    });
    home.write("forged.jsonl", &forged.collect::<String>());
    assert_eq!(home.run(&["history", "import", &text_of(&home, "forged.jsonl")]).0, 0);
    assert_eq!(home.run(&["history", "export"]).1, own);
    assert_eq!(verified(&home).0, 0);
}
