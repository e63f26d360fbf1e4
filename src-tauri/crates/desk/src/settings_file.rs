//! The settings file: one truth, kept whole. Unknown keys survive, a damaged file is set aside and said.

mod value;

pub use value::{Override, from_environment, from_flag, keys, value_at, variable_name, with_value};

use claudometer_core::settings::Settings;
use claudometer_host::Files;
use serde_json::{Map, Value};
use std::{
    io,
    path::{Path, PathBuf},
};
use value::{apply, sentence};

/// The settings in force, and where they came from.
#[derive(Debug)]
pub struct SettingsFile {
    files: Files,
    path: PathBuf,
    /// The file's own object, unknown keys included.
    raw: Map<String, Value>,
    chosen: Settings,
    effective: Settings,
    overrides: Vec<Override>,
    remarks: Vec<String>,
}

impl SettingsFile {
    /// Reads the file. What cannot be read or used is said in [`Self::remarks`]; nothing is lost.
    pub fn load(files: Files, path: PathBuf, overrides: Vec<Override>) -> Self {
        let mut remarks = Vec::new();
        let raw = read_object(&files, &path, &mut remarks);
        let chosen = usable(&raw, &mut remarks);
        if !remarks.is_empty() && !raw.is_empty() {
            // The next save writes usable values in their place: the old text stays beside it.
            keep_copy(&files, &path, &mut remarks);
        }
        let mut file = Self {
            files,
            path,
            raw,
            effective: chosen.clone(),
            chosen,
            overrides: Vec::new(),
            remarks,
        };
        file.overrides = file.applicable(overrides);
        file.effective = file.with_overrides();
        file
    }

    /// Reads the file again if it is among `changed` and says something else than what is known: a person may edit it by
    /// hand. Overrides stay. Returns whether anything was new.
    pub fn reload(&mut self, changed: &[PathBuf]) -> bool {
        // A folder that appears may bring the file with it.
        if !changed.iter().any(|changed| self.path.starts_with(changed)) {
            return false;
        }
        let new = Self::load(self.files.clone(), self.path.clone(), self.overrides.clone());
        let differs =
            new.raw != self.raw || (!new.remarks.is_empty() && new.remarks != self.remarks);
        if differs {
            *self = new;
        }
        differs
    }

    /// What is in force: flags over environment over file over defaults.
    pub const fn effective(&self) -> &Settings {
        &self.effective
    }

    /// What the file says, defaults filled in.
    pub const fn chosen(&self) -> &Settings {
        &self.chosen
    }

    /// Values that are overridden now.
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// What was wrong with the file, one sentence each.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Where the file is.
    pub const fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Writes new choices wholly or not at all. Keys that this version does not know stay as they are.
    pub fn save(&mut self, new: Settings) -> io::Result<()> {
        let old = as_object(&self.chosen)?;
        let wanted = as_object(&new)?;
        let mut raw = self.raw.clone();
        merge(&mut raw, &old, &wanted);
        let mut text = serde_json::to_vec_pretty(&raw)?;
        text.push(b'\n');
        self.files.write_private(&self.path, &text)?;
        self.raw = raw;
        self.chosen = new;
        self.effective = self.with_overrides();
        self.remarks.clear();
        Ok(())
    }

    fn applicable(&mut self, overrides: Vec<Override>) -> Vec<Override> {
        let (usable, refused): (Vec<_>, Vec<_>) =
            overrides.into_iter().partition(|one| apply(&self.chosen, one).is_ok());
        for one in refused {
            self.remarks.push(format!(
                "{} has a value that {} does not take; it is ignored.",
                one.by, one.path
            ));
        }
        usable
    }

    fn with_overrides(&self) -> Settings {
        self.overrides
            .iter()
            .fold(self.chosen.clone(), |settings, one| apply(&settings, one).unwrap_or(settings))
    }
}

fn as_object(settings: &Settings) -> io::Result<Map<String, Value>> {
    match serde_json::to_value(settings)? {
        Value::Object(object) => Ok(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Ok(Map::new())
        }
    }
}

/// Puts `wanted` into `raw`: keys that `old` had and `wanted` has not are removed, keys that neither knows stay.
fn merge(raw: &mut Map<String, Value>, old: &Map<String, Value>, wanted: &Map<String, Value>) {
    raw.retain(|key, _| wanted.contains_key(key) || !old.contains_key(key));
    for (key, value) in wanted {
        match (raw.get_mut(key), value) {
            (Some(Value::Object(ours)), Value::Object(new)) => {
                let empty = Map::new();
                merge(ours, old.get(key).and_then(Value::as_object).unwrap_or(&empty), new);
            }
            _ => {
                raw.insert(key.clone(), value.clone());
            }
        }
    }
}

fn read_object(files: &Files, path: &Path, remarks: &mut Vec<String>) -> Map<String, Value> {
    let bytes = match files.read(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Map::new(),
        Err(error) => {
            remarks.push(format!(
                "The settings file could not be read ({error}); defaults are in force."
            ));
            return Map::new();
        }
    };
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => object,
        _ if bytes.trim_ascii().is_empty() => Map::new(),
        other => {
            let why = match other {
                Err(error) => format!("line {}, column {}", error.line(), error.column()),
                Ok(_) => "it is no object".to_owned(),
            };
            let aside = aside_path(path);
            match files.rename(path, &aside) {
                Ok(()) => remarks.push(format!(
                    "The settings file was damaged ({why}). It was set aside as {}, and defaults are in force.",
                    aside.file_name().unwrap_or_default().to_string_lossy()
                )),
                Err(error) => remarks.push(format!("The settings file is damaged ({why}) and could not be set aside ({error}).")),
            }
            Map::new()
        }
    }
}

fn aside_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".damaged");
    name.into()
}

fn keep_copy(files: &Files, path: &Path, remarks: &mut Vec<String>) {
    let copied = files
        .read(path)
        .and_then(|bytes| files.write_private(&aside_path(path), &bytes.unwrap_or_default()));
    if let Err(error) = copied {
        remarks.push(format!("A copy of the settings file could not be kept ({error})."));
    }
}

/// The settings that an object holds; a key with a value that cannot be used has its default, and is named.
fn usable(raw: &Map<String, Value>, remarks: &mut Vec<String>) -> Settings {
    let mut good = Map::new();
    for (key, value) in raw {
        let mut attempt = good.clone();
        attempt.insert(key.clone(), value.clone());
        match serde_json::from_value::<Settings>(Value::Object(attempt.clone())) {
            Ok(settings) => match settings.problems().into_iter().next() {
                None => good = attempt,
                Some(problem) => remarks.push(format!(
                    "{} in the settings file: {} The default is in force.",
                    problem.field, problem.message
                )),
            },
            Err(error) => remarks.push(format!(
                "{key} in the settings file: {} The default is in force.",
                sentence(&error)
            )),
        }
    }
    serde_json::from_value(Value::Object(good)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_core::settings::{IconStyle, Metric};
    use claudometer_host::Environment;

    const PATH: &str = "/config/settings.json";

    fn file(text: &str) -> (Files, SettingsFile) {
        let files = Files::memory();
        files.write_private(Path::new(PATH), text.as_bytes()).unwrap();
        (files.clone(), SettingsFile::load(files, PATH.into(), Vec::new()))
    }

    fn raw(files: &Files) -> Value {
        serde_json::from_slice(&files.read(Path::new(PATH)).unwrap().unwrap()).unwrap()
    }

    #[test]
    fn keys_that_this_version_does_not_know_survive_a_save_at_every_depth() {
        let (files, mut file) = file(
            r#"{"future": [1], "display": {"metric": "weekly", "hologram": true}, "providers": {"acme": {"enabled": true, "x": 1}}}"#,
        );
        assert_eq!(file.chosen().display.metric, Metric::Weekly);
        let mut new = file.chosen().clone();
        new.display.icon = IconStyle::Number;
        new.alerts.thresholds_by_kind.insert("weekly".into(), vec![50]);
        file.save(new).unwrap();
        let mut back = file.chosen().clone();
        back.alerts.thresholds_by_kind.clear();
        file.save(back).unwrap();
        let saved = raw(&files);
        assert_eq!(saved["future"], serde_json::json!([1]));
        assert_eq!(saved["display"]["hologram"], true);
        assert_eq!(saved["display"]["icon"], "number");
        assert_eq!(saved["providers"]["acme"]["x"], 1);
        assert_eq!(saved["alerts"]["thresholdsByKind"], serde_json::json!({}));
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_said_and_its_text_is_kept() {
        let (files, file) = file("{\"theme\": \"dark\",\n oops");
        assert_eq!(file.chosen(), &Settings::default());
        assert!(file.remarks()[0].contains("line 2"), "{:?}", file.remarks());
        let aside = files.read_text(Path::new("/config/settings.json.damaged")).unwrap();
        assert_eq!(aside.as_deref(), Some("{\"theme\": \"dark\",\n oops"));
    }

    #[test]
    fn one_bad_value_costs_only_itself_and_is_named() {
        let (files, file) = file(
            r#"{"refreshIntervalSeconds": "often", "theme": "dark", "alerts": {"thresholds": [500]}}"#,
        );
        assert_eq!(file.chosen().theme, claudometer_core::settings::Theme::Dark);
        assert_eq!(file.chosen().refresh_interval_seconds, 300);
        assert_eq!(file.remarks().len(), 2, "{:?}", file.remarks());
        assert!(
            files.is_file(Path::new("/config/settings.json.damaged")),
            "the old text is kept before a save replaces it"
        );
    }

    #[test]
    fn a_flag_beats_the_environment_and_the_environment_beats_the_file() {
        let environment = Environment::of(
            "/home/dana",
            [
                ("CLAUDOMETER_DISPLAY_METRIC".to_owned(), "session".to_owned()),
                ("CLAUDOMETER_REFRESH_INTERVAL_SECONDS".to_owned(), "60".to_owned()),
                ("CLAUDOMETER_PROVIDERS_ACME_ENABLED".to_owned(), "false".to_owned()),
                ("CLAUDOMETER_THEME".to_owned(), "plaid".to_owned()),
            ],
        );
        let mut overrides = from_environment(&environment, &["acme"]);
        overrides.push(from_flag("refreshIntervalSeconds=120").unwrap());
        let files = Files::memory();
        files
            .write_private(
                Path::new(PATH),
                br#"{"display": {"metric": "weekly"}, "refreshIntervalSeconds": 600}"#,
            )
            .unwrap();
        let mut file = SettingsFile::load(files.clone(), PATH.into(), overrides);
        assert_eq!(file.effective().display.metric, Metric::Session);
        assert_eq!(file.effective().refresh_interval_seconds, 120);
        assert_eq!(file.effective().providers["acme"].enabled, Some(false));
        assert_eq!(file.chosen().display.metric, Metric::Weekly);
        assert!(file.remarks().iter().any(|remark| remark.contains("CLAUDOMETER_THEME")));
        file.save(file.chosen().clone()).unwrap();
        assert_eq!(
            raw(&files)["refreshIntervalSeconds"],
            600,
            "an override is never written into the file"
        );
    }

    #[test]
    fn a_flag_that_names_nothing_or_a_wrong_value_is_refused() {
        for text in [
            "nonsense",
            "=1",
            "noSuchKey=1",
            "refreshIntervalSeconds=1",
            "display.metric=hourly",
            "display.hologram=1",
        ] {
            assert!(from_flag(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_another_program_writes_is_taken_over_and_what_we_wrote_is_no_news() {
        let (files, mut file) = file(r#"{"theme": "dark"}"#);
        let path = vec![PathBuf::from(PATH)];
        assert!(!file.reload(&path));
        file.save(Settings { locale: Some("de_DE".into()), ..file.chosen().clone() }).unwrap();
        assert!(!file.reload(&path), "our own save");
        files.write_private(Path::new(PATH), br#"{"theme": "light", "mine": 1}"#).unwrap();
        assert!(!file.reload(&[]), "another file changed");
        assert!(file.reload(&path));
        assert_eq!(file.chosen().theme, claudometer_core::settings::Theme::Light);
        file.save(file.chosen().clone()).unwrap();
        assert_eq!(raw(&files)["mine"], 1);
        files.write_private(Path::new(PATH), b"{ oops").unwrap();
        assert!(file.reload(&path), "damage is said");
        assert_eq!(file.remarks().len(), 1);
    }

    #[test]
    fn a_value_is_set_by_its_path_and_a_wrong_key_names_the_nearest() {
        let settings = Settings::default();
        let new = with_value(&settings, "alerts.thresholds", "[50, 90]").unwrap();
        assert_eq!(new.alerts.thresholds, [50, 90]);
        assert_eq!(value_at(&new, "alerts.thresholds"), Some(serde_json::json!([50, 90])));
        let problem = with_value(&settings, "display.metrc", "weekly").unwrap_err();
        assert!(problem.message.contains("Did you mean display.metric?"), "{problem}");
        let problem = with_value(&settings, "refreshIntervalSeconds", "1").unwrap_err();
        assert!(problem.message.contains("from 30 to 3600"), "{problem}");
    }

    #[test]
    fn no_file_is_no_remark() {
        let file = SettingsFile::load(Files::memory(), PATH.into(), Vec::new());
        assert_eq!(file.effective(), &Settings::default());
        assert!(file.remarks().is_empty());
    }
}
