//! `config`: settings, shown and changed where they are in force.

use super::way::Way;
use crate::{
    args::{Args, Config},
    exit::Exit,
    out,
    setup::{self, Refusal},
};
use claudometer_core::Settings;
use claudometer_desk::settings_file::{self, SettingsFile};
use claudometer_host::{Host, terminal};
use claudometer_wire::{Command, Draft, SettingsState};
use serde_json::Value;

/// Shows or changes settings.
pub(crate) async fn run(args: &Args, config: &Config, host: Host) -> Result<Exit, Refusal> {
    match config {
        Config::Path => {
            out::print(&format!("{}\n", setup::paths(args, &host)?.settings().display()));
            Ok(Exit::Ok)
        }
        Config::Edit => edit(args, &host),
        Config::Show => show(args, host).await,
        Config::Get { key } => {
            let way = Way::of(args, host).await?;
            let state = way.settings().await?;
            way.end();
            let value = settings_file::value_at(&state.settings, key).ok_or_else(|| {
                let problem = settings_file::with_value(&state.settings, key, "null").err();
                let unknown = format!("There is no setting {key}.");
                (problem.map_or(unknown, |problem| problem.message), Exit::Config)
            })?;
            print_value(args, &value);
            Ok(Exit::Ok)
        }
        Config::Set { key, value } => {
            change(args, host, |settings| {
                settings_file::with_value(settings, key, value)
                    .map_err(|problem| (problem.to_string(), Exit::Config))
            })
            .await
        }
        Config::Reset { key: None } => change(args, host, |_| Ok(Settings::default())).await,
        Config::Reset { key: Some(key) } => {
            let default = settings_file::value_at(&Settings::default(), key);
            let text = default.unwrap_or(Value::Null).to_string();
            change(args, host, |settings| {
                settings_file::with_value(settings, key, &text)
                    .map_err(|problem| (problem.to_string(), Exit::Config))
            })
            .await
        }
    }
}

async fn show(args: &Args, host: Host) -> Result<Exit, Refusal> {
    let way = Way::of(args, host).await?;
    let state = way.settings().await?;
    way.end();
    if args.global.json {
        out::print_json(&state.settings);
        return Ok(Exit::Ok);
    }
    let keys = settings_file::keys(&state.settings);
    let longest = keys.iter().map(String::len).max().unwrap_or(0);
    for key in keys {
        let value = settings_file::value_at(&state.settings, &key).unwrap_or(Value::Null);
        let by = state.overridden.iter().find(|(path, _)| *path == key);
        let note = by.map(|(_, by)| format!("   (overridden by {by})")).unwrap_or_default();
        out::print(&format!("{key:longest$}  {}{note}\n", plain(&value)));
    }
    if let Some(remark) = &state.file_remark {
        out::say(remark);
    }
    Ok(Exit::Ok)
}

async fn change(
    args: &Args,
    host: Host,
    make: impl FnOnce(&Settings) -> Result<Settings, Refusal>,
) -> Result<Exit, Refusal> {
    let way = Way::of(args, host).await?;
    let settings = make(&way.settings().await?.settings)?;
    let draft = Draft { settings, secrets: Vec::new() };
    let saved = way.ask::<SettingsState>(Command::SaveSettings { draft: Box::new(draft) }).await;
    way.end();
    saved.map(|_| Exit::Ok)
}

fn edit(args: &Args, host: &Host) -> Result<Exit, Refusal> {
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| host.env.get(name));
    let editor = editor.ok_or((
        "Neither VISUAL nor EDITOR is set. `claudometer config path` says where the file is."
            .to_owned(),
        Exit::Config,
    ))?;
    let path = setup::paths(args, host)?.settings();
    let folder = path.parent().unwrap_or(&path);
    host.files.make_folder(folder).map_err(|error| {
        (format!("{} could not be made: {error}.", folder.display()), Exit::Other)
    })?;
    let command = format!("{editor} \"$1\"");
    let words = ["-c".to_owned(), command, "sh".to_owned(), path.display().to_string()];
    let ended = terminal::run("/bin/sh", &words)
        .map_err(|error| (format!("{editor} could not be started: {error}."), Exit::Other))?;
    if !ended {
        return Err((format!("{editor} ended with a failure; nothing was checked."), Exit::Other));
    }
    let file = SettingsFile::load(host.files.clone(), path, Vec::new());
    if file.remarks().is_empty() {
        return Ok(Exit::Ok);
    }
    Err((file.remarks().join("\n"), Exit::Config))
}

fn print_value(args: &Args, value: &Value) {
    if args.global.json {
        out::print_json(value);
    } else {
        out::print(&format!("{}\n", plain(value)));
    }
}

/// Text without quotes, everything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
