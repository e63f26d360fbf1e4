//! Single values above the file: flags, variables, and what a command sets.

use super::as_object;
use claudometer_core::settings::{Problem, Settings};
use claudometer_host::{Environment, env};
use claudometer_view::near;
use serde_json::{Map, Value};

/// A value that a flag or an environment variable puts above the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// Path of the key, like `display.metric`.
    pub path: String,
    /// The flag or variable, for people.
    pub by: String,
    /// The value, as JSON or as plain text.
    pub value: Value,
}

/// Overrides from `CLAUDOMETER_*` variables: the path of the key in capitals, its parts joined by `_`.
pub fn from_environment(environment: &Environment, providers: &[&str]) -> Vec<Override> {
    let mut template = Settings::default();
    for id in providers {
        template
            .providers
            .insert((*id).to_owned(), claudometer_core::settings::ProviderSettings::default());
    }
    let Ok(Value::Object(template)) = serde_json::to_value(&template) else { return Vec::new() };
    let mut paths = Vec::new();
    leaves(&template, "", &mut paths);
    let found = paths.into_iter().filter_map(|path| {
        let name = variable_name(&path);
        let text = environment.get(&name)?;
        Some(Override { value: plain_value(text), by: name, path })
    });
    found.collect()
}

/// An override given as `path=value`, as the flag `--set` takes it.
pub fn from_flag(text: &str) -> Result<Override, Problem> {
    let parsed = text.split_once('=').filter(|(path, _)| !path.trim().is_empty());
    let (path, value) = parsed.ok_or_else(|| Problem {
        field: "--set".into(),
        message: "Written as key=value, for example display.metric=weekly.".into(),
    })?;
    let one = Override {
        path: path.trim().to_owned(),
        by: format!("--set {}", path.trim()),
        value: plain_value(value),
    };
    apply(&Settings::default(), &one)
        .map_err(|message| Problem { field: one.path.clone(), message })?;
    Ok(one)
}

/// The settings with another value at `path`, given as JSON or as plain text; the problem says what is allowed, and for an
/// unknown key which one is near.
pub fn with_value(settings: &Settings, path: &str, text: &str) -> Result<Settings, Problem> {
    let one = Override { path: path.to_owned(), by: String::new(), value: plain_value(text) };
    apply(settings, &one).map_err(|message| {
        let near = value_at(settings, path).is_none().then(|| nearest(settings, path)).flatten();
        let hint = near.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
        Problem { field: path.to_owned(), message: format!("{message}{hint}") }
    })
}

/// The value at `path`; `None` where there is no such key.
pub fn value_at(settings: &Settings, path: &str) -> Option<Value> {
    at(&serde_json::to_value(settings).ok()?, path).cloned()
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    parts(path).iter().try_fold(value, |value, part| value.get(part))
}

/// The parts of a path; one with points in it, such as the name of a model, stands in double quotes.
fn parts(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for letter in path.chars() {
        match (letter, parts.last_mut()) {
            ('"', _) => quoted = !quoted,
            ('.', _) if !quoted => parts.push(String::new()),
            (_, Some(part)) => part.push(letter),
            (_, None) => {}
        }
    }
    parts
}

/// Every key with its path, as they stand in `settings`.
pub fn keys(settings: &Settings) -> Vec<String> {
    let mut paths = Vec::new();
    if let Ok(object) = as_object(settings) {
        leaves(&object, "", &mut paths);
    }
    paths
}

fn nearest(settings: &Settings, path: &str) -> Option<String> {
    near::nearest(path, keys(settings))
}

/// `display.shownProvider` as `CLAUDOMETER_DISPLAY_SHOWN_PROVIDER`.
pub fn variable_name(path: &str) -> String {
    let mut name = env::SETTING_PREFIX.to_owned();
    for letter in path.chars() {
        match letter {
            '.' | '-' => name.push('_'),
            letter if letter.is_ascii_uppercase() => {
                name.push('_');
                name.push(letter);
            }
            letter => name.push(letter.to_ascii_uppercase()),
        }
    }
    name
}

pub(super) fn plain_value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

pub(super) fn leaves(object: &Map<String, Value>, prefix: &str, into: &mut Vec<String>) {
    for (key, value) in object {
        let part = if key.contains('.') { format!("\"{key}\"") } else { key.clone() };
        let path = if prefix.is_empty() { part } else { format!("{prefix}.{part}") };
        match value {
            Value::Object(inner) if !inner.is_empty() => leaves(inner, &path, into),
            _ if key == "version" => {}
            _ => into.push(path),
        }
    }
}

pub(super) fn apply(settings: &Settings, one: &Override) -> Result<Settings, String> {
    let unknown = || format!("There is no setting {}.", one.path);
    let mut value = serde_json::to_value(settings).map_err(|error| error.to_string())?;
    let mut slot = &mut value;
    for part in parts(&one.path) {
        if slot.is_null() {
            *slot = Value::Object(Map::new());
        }
        slot = slot.as_object_mut().ok_or_else(unknown)?.entry(part).or_insert(Value::Null);
    }
    *slot = one.value.clone();
    let new: Settings = serde_json::from_value(value).map_err(|error| sentence(&error))?;
    // A key that nothing reads is gone when it is written again.
    let written = serde_json::to_value(&new).map_err(|error| error.to_string())?;
    at(&written, &one.path).ok_or_else(unknown)?;
    let told = |problem: Problem| {
        if problem.field == one.path {
            problem.message
        } else {
            format!("{}: {}", problem.field, problem.message)
        }
    };
    let problems: Vec<String> = new.problems().into_iter().map(told).collect();
    if problems.is_empty() { Ok(new) } else { Err(problems.join(" ")) }
}

pub(super) fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    format!("The value is not usable: {text}.")
}
