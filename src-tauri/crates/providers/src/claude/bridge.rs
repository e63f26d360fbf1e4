//! The bridge into Claude Code's status line: one key of its settings, put back exactly as it was.

use super::{
    identity,
    splice::Object,
    statusline::{self, Line},
};
use claudometer_core::Seat;
use claudometer_host::{Host, paths::Paths};
use claudometer_provider::{
    Bridge, BridgeState,
    bridge::{Arrived, BridgeError},
    source::hex16,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{io, path::PathBuf};

const KEY: &str = "statusLine";
/// What a command of ours contains, for when our own notes are lost.
const OURS: &str = "statusline --from claude";

/// The `statusLine` setting of Claude Code.
#[derive(Debug)]
pub struct StatusLineBridge;

/// What is needed to undo an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Undo {
    /// The command that was installed.
    command: String,
    /// The text of the value that stood there; `None` where there was none.
    previous: Option<String>,
    /// The text that was added to the file where there was no value.
    added: Option<String>,
    /// Whether there was no file.
    created: bool,
}

/// The settings file as it stands.
struct Settings {
    path: PathBuf,
    shown: String,
    text: Option<String>,
}

impl Settings {
    fn read(host: &Host) -> Result<Self, BridgeError> {
        let path = identity::config_folder(host).join("settings.json");
        let shown = host.tilde(&path);
        let bytes =
            host.files.read(&path).map_err(|error| BridgeError::Io(shown.clone(), error))?;
        let text = bytes
            .map(String::from_utf8)
            .transpose()
            .map_err(|_| BridgeError::Unreadable(shown.clone()))?;
        if text.as_deref().is_some_and(|text| Object::of(text).is_none()) {
            return Err(BridgeError::Unreadable(shown));
        }
        Ok(Self { path, shown, text })
    }

    fn object(&self) -> Option<Object<'_>> {
        Object::of(self.text.as_deref()?)
    }

    /// The text of the value that stands there.
    fn value(&self) -> Option<&str> {
        self.object()?.get(KEY)
    }

    fn command(&self) -> Option<String> {
        command_in(self.value()?)
    }

    fn write(&self, host: &Host, text: &str) -> Result<(), BridgeError> {
        if Object::of(text).is_none() {
            return Err(BridgeError::Unreadable(self.shown.clone()));
        }
        host.files.replace(&self.path, text.as_bytes()).map_err(|error| self.failed(error))
    }

    fn failed(&self, error: impl Into<io::Error>) -> BridgeError {
        BridgeError::Io(self.shown.clone(), error.into())
    }

    /// Where our notes about this file are.
    fn notes(&self, host: &Host) -> PathBuf {
        let name = hex16(&self.path.display().to_string());
        Paths::of(&host.env).state.join(format!("claude-status-line-{name}.json"))
    }

    fn undo(&self, host: &Host) -> Option<Undo> {
        serde_json::from_slice(&host.files.read(&self.notes(host)).ok()??).ok()
    }

    /// Our notes, if the command that stands there is ours.
    fn installed(&self, host: &Host) -> Option<Undo> {
        let command = self.command()?;
        let undo = self.undo(host).filter(|undo| undo.command == command);
        let lost =
            || Undo { command: command.clone(), previous: None, added: None, created: false };
        undo.or_else(|| command.contains(OURS).then(lost))
    }
}

fn command_in(value: &str) -> Option<String> {
    serde_json::from_str::<Value>(value).ok()?["command"].as_str().map(str::to_owned)
}

/// The value to install: what stood there with our command, so that its other choices, such as padding, stay.
fn value_with(previous: Option<&str>, command: &str) -> String {
    let previous = previous.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut value = previous.filter(Value::is_object).unwrap_or_else(|| json!({}));
    value["type"] = json!("command");
    value["command"] = json!(command);
    value.to_string()
}

impl Bridge for StatusLineBridge {
    fn state(&self, host: &Host) -> BridgeState {
        let path = host.tilde(&identity::config_folder(host).join("settings.json"));
        let help = format!(
            "Sets statusLine in {path}, so that Claude Code hands its limits over; a command that stands there keeps running, and removing puts it back."
        );
        match Settings::read(host) {
            Ok(settings) => {
                let installed = settings.installed(host);
                let previous = match &installed {
                    Some(undo) => undo.previous.as_deref().and_then(command_in),
                    None => settings.command(),
                };
                BridgeState { installed: installed.is_some(), previous, help, obstacle: None }
            }
            Err(error) => BridgeState {
                installed: false,
                previous: None,
                help,
                obstacle: Some(error.to_string()),
            },
        }
    }

    fn install(&self, host: &Host, command: &str) -> Result<(), BridgeError> {
        let settings = Settings::read(host)?;
        let before = settings.installed(host);
        let standing = settings.value();
        let previous = match &before {
            Some(undo) => undo.previous.clone(),
            None => standing.map(str::to_owned),
        };
        let value = value_with(previous.as_deref(), command);
        let (text, added) = match settings.object() {
            Some(object) => match object.replaced(KEY, &value) {
                Some(text) => {
                    // The exact text that was added must go on matching, so it takes the new value too.
                    let added = before
                        .as_ref()
                        .and_then(|undo| Some(undo.added.as_ref()?.replace(standing?, &value)));
                    (text, added)
                }
                None => {
                    let (text, added) = object.added(KEY, &value);
                    (text, Some(added))
                }
            },
            None => (format!("{{\n  \"{KEY}\": {value}\n}}\n"), None),
        };
        let created = settings.text.is_none() || before.is_some_and(|undo| undo.created);
        let undo = Undo { command: command.to_owned(), previous, added, created };
        let notes = serde_json::to_vec(&undo).map_err(|error| settings.failed(error))?;
        // The notes come first: whatever happens in between, what stood there is not lost.
        host.files
            .write_private(&settings.notes(host), &notes)
            .map_err(|error| settings.failed(error))?;
        settings.write(host, &text)
    }

    fn remove(&self, host: &Host) -> Result<(), BridgeError> {
        let settings = Settings::read(host)?;
        if let Some(undo) = settings.installed(host) {
            let object = settings.object();
            let text = match &undo.previous {
                Some(previous) => object.and_then(|object| object.replaced(KEY, previous)),
                None => object.and_then(|object| object.without(KEY, undo.added.as_deref())),
            };
            let text = text.ok_or_else(|| BridgeError::Unreadable(settings.shown.clone()))?;
            let empty = undo.created
                && serde_json::from_str::<Value>(&text).is_ok_and(|value| value == json!({}));
            if empty {
                host.files.remove(&settings.path).map_err(|error| settings.failed(error))?;
            } else {
                settings.write(host, &text)?;
            }
        }
        host.files.remove(&settings.notes(host)).map_err(|error| settings.failed(error))
    }

    fn receive(&self, host: &Host, input: &[u8]) -> Option<Arrived> {
        let line: Line = statusline::read(input)?;
        let owner = statusline::owner(host, &line);
        let reading = match &owner {
            Some(account) => statusline::record(host, account, &line).unwrap_or_else(|error| {
                tracing::warn!(%error, "a status line could not be kept");
                line.reading(host.now())
            }),
            None => {
                tracing::info!(
                    "nobody can tell whose session this is: its status line was not kept"
                );
                line.reading(host.now())
            }
        };
        let seat = owner.map(|account| Seat { provider: identity::ID, account });
        Some(Arrived { seat, reading, model: line.model, session_cost: line.cost })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claude::testing;

    const COMMAND: &str = "/opt/claudometer statusline --from claude";

    fn path(host: &Host) -> PathBuf {
        host.home().join(".claude/settings.json")
    }

    fn text(host: &Host) -> Option<String> {
        host.files.read_text(&path(host)).unwrap()
    }

    fn with(settings: &str) -> Host {
        let host = testing::host();
        host.files.write_private(&path(&host), settings.as_bytes()).unwrap();
        host
    }

    fn command(host: &Host) -> Option<String> {
        serde_json::from_str::<Value>(&text(host)?).unwrap()["statusLine"]["command"]
            .as_str()
            .map(str::to_owned)
    }

    #[test]
    fn installing_and_removing_leaves_every_file_byte_for_byte_as_it_was() {
        for settings in [
            "{}",
            "{\n  \"model\": \"opus\"\n}\n",
            "{\"a\":[1,2],\"statusLine\":{\"type\":\"command\",\"command\":\"mine.sh\",\"padding\":0},\"z\":null}",
            "{\r\n\t\"statusLine\" : { \"command\":  \"x\" } \r\n}",
            "{ \"statusLine\": null }",
        ] {
            let host = with(settings);
            StatusLineBridge.install(&host, COMMAND).unwrap();
            assert_eq!(command(&host).as_deref(), Some(COMMAND), "{settings}");
            StatusLineBridge.install(&host, "/moved/claudometer statusline --from claude").unwrap();
            assert!(StatusLineBridge.state(&host).installed, "{settings}");
            StatusLineBridge.remove(&host).unwrap();
            assert_eq!(text(&host).as_deref(), Some(settings));
            assert!(!StatusLineBridge.state(&host).installed);
        }
    }

    #[test]
    fn a_file_that_was_not_there_is_gone_again_unless_something_else_came_into_it() {
        let host = testing::host();
        StatusLineBridge.install(&host, COMMAND).unwrap();
        StatusLineBridge.remove(&host).unwrap();
        assert_eq!(text(&host), None);
        StatusLineBridge.install(&host, COMMAND).unwrap();
        let more = Object::of(&text(&host).unwrap()).unwrap().added("model", "\"opus\"").0;
        host.files.replace(&path(&host), more.as_bytes()).unwrap();
        StatusLineBridge.remove(&host).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&text(&host).unwrap()).unwrap(),
            json!({"model": "opus"})
        );
    }

    #[test]
    fn the_command_that_stood_there_is_remembered_and_its_other_choices_stay() {
        let host =
            with("{\"statusLine\":{\"type\":\"command\",\"command\":\"mine.sh\",\"padding\":0}}");
        assert_eq!(StatusLineBridge.state(&host).previous.as_deref(), Some("mine.sh"));
        StatusLineBridge.install(&host, COMMAND).unwrap();
        let state = StatusLineBridge.state(&host);
        assert_eq!((state.installed, state.previous.as_deref()), (true, Some("mine.sh")));
        assert!(text(&host).unwrap().contains("\"padding\":0"));
    }

    #[test]
    fn a_choice_that_a_person_made_since_is_left_alone() {
        let host = with("{\"statusLine\":{\"command\":\"old.sh\"}}");
        StatusLineBridge.install(&host, COMMAND).unwrap();
        let chosen = "{\"statusLine\":{\"command\":\"new.sh\"}}";
        host.files.replace(&path(&host), chosen.as_bytes()).unwrap();
        assert!(!StatusLineBridge.state(&host).installed);
        StatusLineBridge.remove(&host).unwrap();
        assert_eq!(text(&host).as_deref(), Some(chosen));
    }

    #[test]
    fn what_changed_elsewhere_in_the_file_meanwhile_stays() {
        let host = with("{\n  \"model\": \"opus\"\n}\n");
        StatusLineBridge.install(&host, COMMAND).unwrap();
        let changed =
            text(&host).unwrap().replace("\"opus\"", "\"sonnet\",\n  \"theme\": \"dark\"");
        host.files.replace(&path(&host), changed.as_bytes()).unwrap();
        StatusLineBridge.remove(&host).unwrap();
        assert_eq!(
            text(&host).as_deref(),
            Some("{\n  \"model\": \"sonnet\",\n  \"theme\": \"dark\"\n}\n")
        );
    }

    #[test]
    fn a_damaged_file_is_an_obstacle_and_stays_as_it_is() {
        for damaged in ["{\"a\": 1,}", "", "[]"] {
            let host = with(damaged);
            assert!(
                StatusLineBridge
                    .state(&host)
                    .obstacle
                    .is_some_and(|text| text.contains("~/.claude/settings.json"))
            );
            assert!(matches!(
                StatusLineBridge.install(&host, COMMAND),
                Err(BridgeError::Unreadable(_))
            ));
            assert_eq!(text(&host).as_deref(), Some(damaged));
        }
    }

    #[test]
    fn a_command_of_ours_is_known_without_our_notes() {
        let host = with(&format!("{{\"statusLine\":{{\"command\":\"{COMMAND}\"}},\"a\":1}}"));
        assert!(StatusLineBridge.state(&host).installed);
        StatusLineBridge.remove(&host).unwrap();
        assert_eq!(text(&host).as_deref(), Some("{\"a\":1}"));
    }

    #[test]
    fn a_line_that_arrives_is_kept_for_the_passive_source() {
        let host = testing::host();
        let told = br#"{"model":{"display_name":"Opus"},"rate_limits":{"five_hour":{"used_percentage":42.3,"resets_at":1789484400}}}"#;
        let arrived = StatusLineBridge.receive(&host, told).unwrap();
        assert_eq!((arrived.model.as_deref(), arrived.reading.windows.len()), (Some("Opus"), 1));
        let kept = Paths::of(&host.env).passive().join("claude-default.json");
        assert!(host.files.is_file(&kept));
        assert_eq!(StatusLineBridge.receive(&host, b"nonsense"), None);
    }
}
