//! The repository's own tools: `cargo xtask` lists them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for developers speaks in their terminal"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "a tool for developers works on files and starts programs itself"
)]

mod changelog;
mod codegen;
mod fmt;
mod prices;
mod release;
mod repository;
mod tidy;

use anyhow::Result;
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND
  gen [--check]   write the window's types from the Rust types; --check: only say whether they are current
  fmt [--check]   format every Rust file; --check: only say what would change
  changelog       write what each release brought, from the commits
  keys FOLDER [PUBLIC]
                  make a key for updates: the secret one there, the public one in that file or where it is built in
  sign VERSION FILE...
                  sign archives of a release
  manifest VERSION NOTES OUT ARCHIVE...
                  write what updaters read of a release
  rehearse [ARCHIVE]
                  all of that with a key that is thrown away
  prices          make the built-in price list anew from two published tables
  tidy            the rules of the repository that no linter knows";

fn main() -> Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["gen"] => codegen::write()?,
        ["gen", "--check"] => codegen::check(),
        ["fmt"] => fmt::run(fmt::Mode::Write)?,
        ["fmt", "--check"] => fmt::run(fmt::Mode::Check)?,
        ["changelog"] => {
            changelog::run(&repository::root())?;
            true
        }
        ["keys", folder, ref public @ ..] => {
            release::keys(&repository::root(), folder.as_ref(), public.first().copied())?;
            true
        }
        ["sign", version, ref files @ ..] => {
            release::sign(version, files)?;
            true
        }
        ["manifest", version, notes, out, ref files @ ..] => {
            release::manifest(&repository::root(), version, notes, out, files)?;
            true
        }
        ["rehearse", ref archive @ ..] => {
            release::rehearse(archive.first().copied())?;
            true
        }
        ["prices"] => {
            prices::run(&repository::root())?;
            true
        }
        ["tidy"] => tidy::report()?,
        _ => {
            eprintln!("{USAGE}");
            return Ok(ExitCode::from(2));
        }
    };
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
