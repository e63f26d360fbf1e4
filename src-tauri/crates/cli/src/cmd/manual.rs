//! What describes the command line itself: completions and the manual page, made from the one definition of it.

use crate::{args::Args, exit::Exit, out, setup::Refusal};
use clap::CommandFactory as _;
use clap_complete::Shell;
use claudometer_host::env;
use std::fmt::Write as _;

const NAME: &str = "claudometer";

/// Prints a completion script.
pub(crate) fn completion(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), NAME, &mut script);
    out::print(&String::from_utf8_lossy(&script));
    Exit::Ok
}

/// Prints the manual page, as roff.
pub(crate) fn page() -> Result<Exit, Refusal> {
    let text =
        roff().map_err(|error| (format!("The page could not be made: {error}."), Exit::Other))?;
    out::print(&text);
    Ok(Exit::Ok)
}

/// Names of all commands that people are told of.
pub(crate) fn commands() -> Vec<String> {
    let command = Args::command();
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    shown.map(|command| command.get_name().to_owned()).collect()
}

fn roff() -> std::io::Result<String> {
    let mut page = Vec::new();
    let command = Args::command();
    let man = clap_mangen::Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let mut text = String::from_utf8_lossy(&page).into_owned();
    text.push_str(&commands_section(&command));
    text.push_str(&environment_section());
    let mut rest = Vec::new();
    man.render_extra_section(&mut rest)?;
    man.render_version_section(&mut rest)?;
    text.push_str(&String::from_utf8_lossy(&rest));
    Ok(text)
}

/// Each command with its own options; a page per command would be twenty files for one program.
fn commands_section(command: &clap::Command) -> String {
    let mut text = String::from(".SH COMMANDS\n");
    for each in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        let about = each.get_about().map(ToString::to_string).unwrap_or_default();
        writeln!(text, ".SS {NAME} {}\n{}", each.get_name(), escaped(&about)).ok(); // writing to a String cannot fail
        for below in each.get_subcommands().filter(|below| below.get_name() != "help") {
            let about = below.get_about().map(ToString::to_string).unwrap_or_default();
            writeln!(text, ".TP\n\\fB{}\\fR\n{}", below.get_name(), escaped(&about)).ok(); // as above
        }
        for option in each.get_arguments().filter(|option| !option.is_global_set()) {
            let help = option.get_help().map(ToString::to_string).unwrap_or_default();
            let name = option
                .get_long()
                .map_or_else(|| option.get_id().to_string(), |long| format!("\\-\\-{long}"));
            writeln!(text, ".TP\n\\fB{name}\\fR\n{}", escaped(&help)).ok(); // as above
        }
    }
    text
}

fn environment_section() -> String {
    let mut text = String::from(".SH ENVIRONMENT\n");
    for (name, meaning) in env::DOCUMENTED {
        writeln!(text, ".TP\n\\fB{}\\fR\n{}", escaped(name), escaped(meaning)).ok(); // as above
    }
    text
}

/// A leading full stop or quote would be a command of roff's.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_command_and_every_variable_is_in_the_manual() {
        let page = roff().unwrap();
        for name in commands() {
            assert!(page.contains(&format!(".SS {NAME} {name}\n")), "{name}");
        }
        for (name, _) in env::DOCUMENTED {
            assert!(page.contains(name), "{name}");
        }
    }
}
