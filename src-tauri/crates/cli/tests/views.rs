//! Every view of a terminal, as the real executable prints it at 80 and at 120 columns.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts the program"
)]

mod home;

use home::{Home, ended};
use std::fmt::Write as _;

/// Commands, over recorded answers where numbers are shown.
const VIEWS: &[(&str, &[&str])] = &[
    ("help", &["--help"]),
    ("usage", &["usage"]),
    ("route", &["route"]),
    ("auth", &["auth"]),
    ("key", &["key", "list"]),
    ("history", &["history"]),
    ("statusline", &["statusline"]),
];
/// States of the demo that show every kind of line.
const SCENES: [&str; 4] = ["everyday", "near-limit", "signed-out", "rate-limited"];

#[test]
fn no_view_is_wider_than_its_terminal_and_each_looks_as_it_did() {
    let home = Home::new();
    for (name, words) in VIEWS {
        let mut shown = String::new();
        for columns in ["80", "120"] {
            let mut command = home.command(words);
            command.args(["--demo"]).args(SCENES.map(|scene| format!("--scene={scene}")));
            command.env("COLUMNS", columns);
            let (code, out, err) = ended(command.output().unwrap());
            // Scenes of trouble end with the code for it.
            assert!([0, 5].contains(&code), "{name}: {code} {err}");
            // The demo's clock runs: seconds may pass between two words.
            let text = out.replace(&home.folder.path().display().to_string(), "HOME");
            let width: usize = columns.parse().unwrap();
            let wide = text.lines().find(|line| line.chars().count() > width);
            // A status bar has a width of its own.
            assert!(wide.is_none() || *name == "statusline", "{name} at {columns}: {wide:?}");
            writeln!(shown, "--- {columns} columns\n{text}").unwrap();
        }
        insta::assert_snapshot!(*name, shown);
    }
}
