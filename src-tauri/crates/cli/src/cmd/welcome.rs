//! The first look of a person in a terminal: what was found, and what can be set up. Once, skipped with Enter, never in a
//! pipe.

use super::{key, way::Way};
use crate::{args::Args, out, setup::Refusal};
use claudometer_host::{Host, paths::Paths, terminal};
use claudometer_wire::{Command, Draft, ProviderForm, SettingsState};
use std::fmt::Write as _;

/// Whether a person can be asked, and has not been yet.
pub(crate) fn is_due(args: &Args, host: &Host) -> bool {
    let global = &args.global;
    let plain = !(global.json || global.quiet || global.demo || global.offline);
    let automatic = host.env.get("CI").is_some() || host.env.get("TERM") == Some("dumb");
    plain && !automatic && terminal::is_interactive() && !host.files.is_file(&mark(host))
}

/// Where it is noted that the person was welcomed.
fn mark(host: &Host) -> std::path::PathBuf {
    Paths::of(&host.env).state.join("welcomed")
}

/// Asks, and does what is wanted. Whatever is answered, it is not asked again.
pub(crate) async fn run(args: &Args, host: &Host) -> Result<(), Refusal> {
    if let Err(error) = host.files.write_private(&mark(host), b"") {
        tracing::debug!(%error, "it cannot be noted that the person was welcomed");
        return Ok(());
    }
    let way = Way::of(args, host.clone()).await?;
    let state = way.settings().await?;
    out::print(&greeting(&state));
    for form in state.providers.iter().filter(|form| offers_bridge(form)) {
        let help = form.bridge.as_ref().map_or("", |bridge| bridge.help.as_str());
        out::print(&format!("\n{help}\n"));
        if says_yes(&format!("Install it for {}? [y/N] ", form.name)) {
            let command = Command::SetBridge { provider: form.id.clone(), installed: true };
            tell(way.ask::<SettingsState>(command).await.map(drop), "It is installed.");
        }
    }
    let desktop = host.env.get("DISPLAY").or_else(|| host.env.get("WAYLAND_DISPLAY")).is_some();
    if desktop && says_yes("\nStart Claudometer in the tray when you log in? [y/N] ") {
        let mut settings = way.settings().await?.settings;
        settings.start_at_login = true;
        let draft = Draft { settings, secrets: Vec::new() };
        let saved =
            way.ask::<SettingsState>(Command::SaveSettings { draft: Box::new(draft) }).await;
        tell(saved.map(drop), "It will.");
    }
    way.end();
    add_keys(args, host, &state).await;
    out::print(
        "\n`claudometer doctor` explains what is found, `claudometer --help` lists the commands.\n\n",
    );
    Ok(())
}

fn greeting(state: &SettingsState) -> String {
    let mut text =
        String::from("Welcome to Claudometer. These questions come once; Enter skips each.\n\n");
    let found: Vec<&ProviderForm> =
        state.providers.iter().filter(|form| !form.found.is_empty()).collect();
    if found.is_empty() {
        text.push_str("No assistant was found on this machine. Sign in to one as usual: it is noticed by itself.\n");
    }
    for form in found {
        writeln!(text, "  {:16} {}", form.name, form.found.join(", ")).ok(); // writing to a String cannot fail
    }
    text
}

fn offers_bridge(form: &ProviderForm) -> bool {
    !form.found.is_empty() && form.bridge.as_ref().is_some_and(|bridge| !bridge.installed)
}

/// Keys of assistants that keep none on this machine, as long as a person names one.
async fn add_keys(args: &Args, host: &Host, state: &SettingsState) {
    let typed = |form: &&ProviderForm| form.found.is_empty() && !form.secrets.is_empty();
    let Some(example) = state.providers.iter().find(typed) else { return };
    let asked = format!(
        "\nAn assistant that needs a key, by its id, such as {} (Enter goes on): ",
        example.id
    );
    loop {
        let name = match terminal::ask(&asked) {
            Ok(Some(name)) if !name.is_empty() => name,
            Ok(_) | Err(_) => return,
        };
        if let Err((message, _)) = key::set(args, host.clone(), &name, key::Which::default()).await
        {
            out::print(&format!("{message}\n"));
        }
    }
}

fn says_yes(question: &str) -> bool {
    let answer = terminal::ask(question).ok().flatten().unwrap_or_default();
    answer.to_ascii_lowercase().starts_with('y')
}

fn tell(done: Result<(), Refusal>, well: &str) {
    match done {
        Ok(()) => out::print(&format!("{well}\n")),
        Err((message, _)) => out::print(&format!("{message}\n")),
    }
}
