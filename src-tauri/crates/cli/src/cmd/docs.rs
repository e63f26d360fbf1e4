//! The reference pages, made from what the program is: its commands, variables, settings and providers.

mod privacy;

use crate::{args::Args, exit::Exit, out, setup::Refusal};
use clap::CommandFactory as _;
use claudometer_core::Settings;
use claudometer_desk::settings_file;
use claudometer_host::{Host, env};
use claudometer_provider::Provider;
use std::{fmt::Write as _, path::Path};

/// Said at the top of each page.
const MADE: &str = "<!-- Made by `npm run gen` from the program itself. -->\n\n";
/// Where each provider's own page is, from the folder of these.
const PAGES: &str = "../../src-tauri/crates/providers/src";

/// Writes the pages into `folder`; with `check` only says which of them differ, with exit code 1.
pub(crate) fn run(host: &Host, folder: &Path, check: bool) -> Result<Exit, Refusal> {
    let failed =
        |error: std::io::Error| (format!("The pages could not be written: {error}."), Exit::Other);
    let mut exit = Exit::Ok;
    for (name, text) in pages() {
        let path = std::path::absolute(folder.join(name)).map_err(failed)?;
        if host.files.read_text(&path).map_err(failed)?.as_deref() == Some(text.as_str()) {
            continue;
        }
        if check {
            out::print(&format!(
                "{name} differs from the program: run `npm run gen` and commit it.\n"
            ));
            exit = Exit::Other;
        } else {
            host.files.replace(&path, text.as_bytes()).map_err(failed)?;
            out::print(&format!("{name} is written.\n"));
        }
    }
    Ok(exit)
}

fn pages() -> [(&'static str, String); 5] {
    [
        ("commands.md", commands()),
        ("environment.md", environment()),
        ("privacy.md", privacy::page(claudometer_providers::ALL)),
        ("providers.md", providers(claudometer_providers::ALL)),
        ("settings.md", settings()),
    ]
}

fn commands() -> String {
    let mut text = format!("{MADE}# Commands\n\n");
    let mut command = Args::command().term_width(100);
    command.build();
    block(&mut text, &mut command.clone());
    for each in command.get_subcommands_mut().filter(|each| !each.is_hide_set()) {
        if each.get_name() == "help" {
            continue;
        }
        writeln!(text, "\n## claudometer {}\n", each.get_name()).ok(); // writing to a String cannot fail
        block(&mut text, &mut each.clone());
        for below in each.get_subcommands_mut().filter(|below| below.get_name() != "help") {
            let mut below = below.clone();
            writeln!(text, "\n### {}\n", below.get_bin_name().unwrap_or(below.get_name())).ok(); // as above
            block(&mut text, &mut below);
        }
    }
    text
}

/// What a command says of itself. What every command takes stands once, at the top.
fn block(text: &mut String, command: &mut clap::Command) {
    let globals: Vec<clap::Id> = command
        .get_arguments()
        .filter(|argument| argument.is_global_set() && command.get_name() != "claudometer")
        .map(|argument| argument.get_id().clone())
        .collect();
    let command = std::mem::take(command);
    let mut shown = globals
        .into_iter()
        .fold(command, |command, id| command.mut_arg(id, |argument| argument.hide(true)));
    let help = shown.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    writeln!(text, "```text\n{}\n```", lines.join("\n").trim()).ok(); // writing to a String cannot fail
}

fn environment() -> String {
    let mut text = format!("{MADE}# Environment\n\n| variable | meaning |\n|---|---|\n");
    for (name, meaning) in env::DOCUMENTED {
        writeln!(text, "| `{name}` | {} |", cell(meaning)).ok(); // writing to a String cannot fail
    }
    text.push_str(
        "\nVariables that hold keys of providers stand on the page of [providers](providers.md).\n",
    );
    text
}

fn settings() -> String {
    let mut text = format!(
        "{MADE}# Settings\n\nKeys of `settings.json`, as `claudometer config get` and `set` take them, with their defaults and the variable that\nstands above the file. `providers.<id>` takes the keys of the second table for each provider.\n\n| key | default | variable |\n|---|---|---|\n"
    );
    let plain = Settings::default();
    rows(&mut text, &plain, |_| true);
    text.push_str("\n| key of a provider | default | variable |\n|---|---|---|\n");
    let mut with_provider = Settings::default();
    let untouched = claudometer_core::settings::ProviderSettings::default();
    with_provider.providers.insert("<id>".to_owned(), untouched);
    rows(&mut text, &with_provider, |key| key.starts_with("providers.<id>"));
    text.push_str(
        "\n`customProviders` is explained in [a provider of your own](own-provider.md).\n",
    );
    text
}

fn rows(text: &mut String, settings: &Settings, wanted: fn(&str) -> bool) {
    for key in settings_file::keys(settings).into_iter().filter(|key| wanted(key)) {
        let value = settings_file::value_at(settings, &key).unwrap_or_default();
        let variable = settings_file::variable_name(&key);
        writeln!(text, "| `{key}` | `{}` | `{variable}` |", cell(&value.to_string())).ok(); // writing to a String cannot fail
    }
}

fn providers(all: &[&Provider]) -> String {
    let mut text = format!(
        "{MADE}# Providers\n\nWhat each source reads on this machine, and what is sent to whom. Sources are tried in this order. Nothing is asked that\nwas not found, and every source can be turned off.\n"
    );
    for provider in all {
        let page = format!("{PAGES}/{}/README.md", provider.id);
        writeln!(
            text,
            "\n## {}\n\n{} More: [its page]({page}).\n",
            provider.name, provider.sign_in
        )
        .ok(); // as above
        text.push_str("| source | reads | sends | at most every |\n|---|---|---|---|\n");
        for source in provider.sources {
            let spec = source.spec();
            let sends = if spec.sends.is_empty() { "nothing" } else { spec.sends };
            let often =
                if spec.passive { String::new() } else { format!("{} s", spec.cadence.floor_s) };
            let opt_in = if spec.opt_in { " (only if you turn it on)" } else { "" };
            writeln!(
                text,
                "| {}{opt_in} | {} | {} | {often} |",
                spec.label,
                cell(spec.reads),
                cell(sends)
            )
            .ok(); // as above
        }
    }
    text
}

/// Text that may stand in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
