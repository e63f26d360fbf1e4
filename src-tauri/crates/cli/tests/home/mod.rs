//! A home folder in which the real executable runs.

#![allow(dead_code, reason = "each test file uses some of it")]

use serde_json::{Value, json};
use std::{
    path::PathBuf,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// A person's home without a desktop.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    pub(crate) origin: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        // Nobody listens on the discard port: whoever is asked by mistake does not answer.
        Self { folder: tempfile::tempdir().unwrap(), origin: "http://127.0.0.1:9".into() }
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(crate) fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A database of keys and values, as editors keep one.
    pub(crate) fn database(&self, below: &str, table: &str, values: &[(&str, &str)]) {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let database = rusqlite::Connection::open(path).unwrap();
        database
            .execute(&format!("CREATE TABLE {table} (key TEXT PRIMARY KEY, value BLOB)"), [])
            .unwrap();
        for (key, value) in values {
            database
                .execute(&format!("INSERT INTO {table} VALUES (?1, ?2)"), [key, value])
                .unwrap();
        }
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_claudometer"));
        command
            .args(args)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("LANG", "en_US.UTF-8")
            .env("TZ", "UTC")
            .env("CLAUDOMETER_SECRETS", "memory")
            .env("CLAUDOMETER_TEST_ORIGIN", &self.origin)
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> (i32, String, String) {
        ended(self.command(args).output().unwrap())
    }

    pub(crate) fn sign_in(&self, token: &str) {
        let login = json!({"claudeAiOauth": {"accessToken": token, "expiresAt": 4_102_444_800_000_i64, "scopes": ["user:profile"], "subscriptionType": "max"}});
        self.write(".claude/.credentials.json", &login.to_string());
    }
}

pub(crate) fn ended(output: Output) -> (i32, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

pub(crate) fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
