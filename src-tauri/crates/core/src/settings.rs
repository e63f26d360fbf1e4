//! What a person can choose. `Default` is the only place where defaults stand.

use crate::{ProviderId, SourceId, WindowKind, cost::CostSettings, custom::CustomProvider};
use chrono::NaiveTime;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// The version of the settings file that this program writes.
pub const VERSION: u32 = 1;
/// Seconds between polls that can be chosen; a source's own floor can make it longer.
pub const INTERVAL_RANGE_S: std::ops::RangeInclusive<u32> = 30..=3600;
/// Thresholds that can be chosen, in percent used.
pub const THRESHOLD_RANGE: std::ops::RangeInclusive<u8> = 1..=100;

/// Seconds that a source may be given.
pub const TIMEOUT_RANGE_S: std::ops::RangeInclusive<u32> = 1..=28;

/// What names of further keys are made of.
pub const KEY_NAMES: &str = "Names of lower-case letters, digits and hyphens, other than default.";

/// Whether a further typed key may have this name.
pub fn is_key_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=32).contains(&name.len()) && name != "default" && name.bytes().all(plain)
}

/// Every choice. Unknown keys of the file are kept by the file's own reader, not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    /// Version of the file's form.
    pub version: u32,
    /// Per provider id; a provider without an entry has the defaults.
    pub providers: BTreeMap<String, ProviderSettings>,
    /// Seconds between polls that the person asks for.
    pub refresh_interval_seconds: u32,
    /// What tray, window and terminal show.
    pub display: Display,
    /// What is worth a notification.
    pub alerts: Alerts,
    /// Colours of the window.
    pub theme: Theme,
    /// Whether the desktop starts Claudometer at login.
    pub start_at_login: bool,
    /// Whether a new version is looked for after the start and once a day.
    pub check_updates_on_startup: bool,
    /// Which new versions are offered.
    pub updates: Updates,
    /// Providers of the person's own.
    pub custom_providers: Vec<CustomProvider>,
    /// Providers, by id, that do for a role such as `review`; `claudometer route --role` ranks them.
    pub route_roles: BTreeMap<String, Vec<String>>,
    /// Locale of dates, like `de_AT`; `None` is the system's.
    pub locale: Option<String>,
    /// How cost is known and shown.
    pub cost: CostSettings,
}

/// Choices about one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, rename_all = "camelCase")]
pub struct ProviderSettings {
    /// `None`: on where something of it was found on this machine.
    pub enabled: Option<bool>,
    /// `None` is automatic: every source in its order. Else the one source that is used.
    #[cfg_attr(feature = "ts", ts(type = "string | null"))]
    pub source: Option<SourceId>,
    /// Sources that automatic choice leaves out by itself, and that are used all the same, last in their order.
    #[cfg_attr(feature = "ts", ts(type = "Array<string>"))]
    pub sources_on: Vec<SourceId>,
    /// Sources that automatic choice leaves out.
    #[cfg_attr(feature = "ts", ts(type = "Array<string>"))]
    pub sources_off: Vec<SourceId>,
    /// The organisation to read, by the vendor's id; `None` lets the source choose.
    pub organization: Option<String>,
    /// Whether a typed secret is kept in the system's keychain, or only until Claudometer ends.
    pub remember_secret: bool,
    /// Names of further typed keys, such as `work`; each is an account of its own.
    pub keys: Vec<String>,
    /// Further folders in which the assistant keeps its login and logs; each is an account of its own. `~/` is the home folder.
    pub homes: Vec<String>,
    /// Seconds that a source may take before the next one is tried; `None` is the most, 28.
    pub timeout_seconds: Option<u32>,
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            enabled: None,
            source: None,
            sources_on: Vec::new(),
            sources_off: Vec::new(),
            organization: None,
            remember_secret: true,
            keys: Vec::new(),
            homes: Vec::new(),
            timeout_seconds: None,
        }
    }
}

impl ProviderSettings {
    /// Whether `source` may be used; one that is `opt_in` only after a person has asked for it.
    pub fn allows(&self, source: &SourceId, opt_in: bool) -> bool {
        match &self.source {
            Some(only) => only == source,
            None if opt_in => self.sources_on.contains(source),
            None => !self.sources_off.contains(source),
        }
    }
}

/// What is shown, everywhere alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, rename_all = "camelCase")]
pub struct Display {
    /// Which window the one figure is about.
    pub metric: Metric,
    /// Whether figures say what is used or what is left.
    pub figure: FigureOf,
    /// Whether a reset is a time of day or a countdown where only one fits.
    pub reset: ResetAs,
    /// What the tray icon draws.
    pub icon: IconStyle,
    /// Whether the panel shows a text beside the icon, where it can.
    pub title: bool,
    /// The provider that icon and title are about; `None` is the worst of all.
    #[cfg_attr(feature = "ts", ts(type = "string | null"))]
    pub shown_provider: Option<ProviderId>,
}

impl Default for Display {
    fn default() -> Self {
        Self {
            metric: Metric::Worst,
            figure: FigureOf::Used,
            reset: ResetAs::Clock,
            icon: IconStyle::Bars,
            title: true,
            shown_provider: None,
        }
    }
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }
    };
}

choice! {
    /// Which window the one figure is about.
    Metric {
        /// The window that is used most.
        #[default]
        Worst,
        /// The session window.
        Session,
        /// The weekly window.
        Weekly,
    }
}
choice! {
    /// What a figure counts.
    FigureOf {
        /// Percent used.
        #[default]
        Used,
        /// Percent left.
        Left,
    }
}
choice! {
    /// How a reset is told where only one form fits.
    ResetAs {
        /// `17:00`.
        #[default]
        Clock,
        /// `2 h 10 m`.
        Countdown,
    }
}
choice! {
    /// What the tray icon draws.
    IconStyle {
        /// Two bars: worst session window, worst weekly window.
        #[default]
        Bars,
        /// A ring with the number.
        Number,
    }
}
choice! {
    /// Colours of the window.
    Theme {
        /// As the desktop says.
        #[default]
        System,
        /// Light.
        Light,
        /// Dark.
        Dark,
    }
}
choice! {
    /// When a reset is worth a notice.
    ResetNotice {
        /// Never.
        Off,
        /// Only when at least half of the window had been used.
        #[default]
        WhenItMattered,
        /// Always.
        Always,
    }
}

choice! {
    /// Which releases are offered.
    ReleaseChannel {
        /// Those for everybody.
        #[default]
        Stable,
        /// Those to try before, too.
        Beta,
    }
}

/// Which new versions are offered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, rename_all = "camelCase")]
pub struct Updates {
    /// Which releases are offered.
    pub channel: ReleaseChannel,
}

/// What is worth a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, rename_all = "camelCase")]
pub struct Alerts {
    /// Percent used at which to warn, for windows of a kind that has no entry of its own.
    pub thresholds: Vec<u8>,
    /// Percent used at which to warn, by kind of window (`session`, `weekly`...). An empty list turns the kind off.
    pub thresholds_by_kind: BTreeMap<String, Vec<u8>>,
    /// When a reset is worth a notice.
    pub reset: ResetNotice,
    /// Whether to warn when the present pace uses a window up before it resets.
    pub run_out: bool,
    /// Whether to tell when an account stops or starts answering.
    pub account: bool,
    /// A daily time in which notices are held back, then told together.
    pub quiet_hours: Option<QuietHours>,
    /// Whether notices may make a sound.
    pub sound: bool,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            thresholds: vec![80, 95],
            thresholds_by_kind: BTreeMap::new(),
            reset: ResetNotice::WhenItMattered,
            run_out: true,
            account: true,
            quiet_hours: None,
            sound: false,
        }
    }
}

impl Alerts {
    /// Thresholds for a kind of window, ascending, in percent used.
    pub fn thresholds_of(&self, kind: WindowKind) -> Vec<u8> {
        let mut list = self.thresholds_by_kind.get(kind.code()).unwrap_or(&self.thresholds).clone();
        list.sort_unstable();
        list.dedup();
        list
    }
}

/// A daily span of local time; it may cross midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct QuietHours {
    /// Begin, local time.
    #[cfg_attr(feature = "ts", ts(type = "string"))]
    #[serde(with = "clock_time")]
    pub from: NaiveTime,
    /// End, local time.
    #[cfg_attr(feature = "ts", ts(type = "string"))]
    #[serde(with = "clock_time")]
    pub to: NaiveTime,
}

impl QuietHours {
    /// Whether a local time of day lies in the span.
    pub fn contains(&self, time: NaiveTime) -> bool {
        if self.from <= self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

/// `HH:MM` in files and in the window.
mod clock_time {
    use chrono::NaiveTime;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub(super) fn serialize<S: Serializer>(
        time: &NaiveTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&time.format("%H:%M"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<NaiveTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        NaiveTime::parse_from_str(&text, "%H:%M")
            .map_err(|_| de::Error::custom("a time is written HH:MM"))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: VERSION,
            providers: BTreeMap::new(),
            refresh_interval_seconds: 300,
            display: Display::default(),
            alerts: Alerts::default(),
            theme: Theme::System,
            start_at_login: false,
            check_updates_on_startup: true,
            updates: Updates::default(),
            custom_providers: Vec::new(),
            route_roles: BTreeMap::new(),
            locale: None,
            cost: CostSettings::default(),
        }
    }
}

/// One value that cannot be used, and what would be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Problem {
    /// Path of the key, like `alerts.thresholds`.
    pub field: String,
    /// What is allowed, one sentence.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

impl Settings {
    /// Choices about `provider`.
    pub fn provider(&self, provider: &ProviderId) -> ProviderSettings {
        self.providers.get(provider.as_str()).cloned().unwrap_or_default()
    }

    /// Every value that cannot be used; empty means that all can be applied.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut note = |field: String, message: String| found.push(Problem { field, message });
        if !INTERVAL_RANGE_S.contains(&self.refresh_interval_seconds) {
            let (low, high) = (INTERVAL_RANGE_S.start(), INTERVAL_RANGE_S.end());
            note(
                "refreshIntervalSeconds".into(),
                format!("A number of seconds from {low} to {high}."),
            );
        }
        let lists = self
            .alerts
            .thresholds_by_kind
            .iter()
            .map(|(kind, list)| (format!("alerts.thresholdsByKind.{kind}"), list));
        for (field, list) in
            lists.chain([("alerts.thresholds".to_owned(), &self.alerts.thresholds)])
        {
            if list.iter().any(|percent| !THRESHOLD_RANGE.contains(percent)) {
                note(field, "Each threshold is a whole percent from 1 to 100.".into());
            } else if list.len() > 5 {
                note(field, "At most five thresholds.".into());
            }
        }
        if self.alerts.quiet_hours.is_some_and(|quiet| quiet.from == quiet.to) {
            note("alerts.quietHours".into(), "Begin and end are different times.".into());
        }
        let known_locale = |text: &str| {
            !text.is_empty()
                && text.len() <= 32
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.@".contains(&b))
        };
        if self.locale.as_deref().is_some_and(|locale| !known_locale(locale)) {
            note(
                "locale".into(),
                "A locale such as en_GB or de_AT, or nothing for the system's.".into(),
            );
        }
        for (id, choice) in &self.providers {
            if !choice.keys.iter().all(|name| is_key_name(name)) {
                note(format!("providers.{id}.keys"), KEY_NAMES.into());
            }
            if choice.homes.iter().any(|home| !home.starts_with('/') && !home.starts_with("~/")) {
                note(format!("providers.{id}.homes"), "Folders that begin with / or ~/.".into());
            }
            if choice.timeout_seconds.is_some_and(|seconds| !TIMEOUT_RANGE_S.contains(&seconds)) {
                let (low, high) = (TIMEOUT_RANGE_S.start(), TIMEOUT_RANGE_S.end());
                note(
                    format!("providers.{id}.timeoutSeconds"),
                    format!("A number of seconds from {low} to {high}."),
                );
            }
        }
        for (nth, provider) in self.custom_providers.iter().enumerate() {
            found.extend(provider.problems(&format!("customProviders.{nth}")));
        }
        found.extend(self.cost.problems());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_have_no_problem_and_every_bad_value_is_named() {
        assert_eq!(Settings::default().problems(), []);
        let mut bad = Settings {
            refresh_interval_seconds: 5,
            locale: Some("no such thing!".into()),
            ..Settings::default()
        };
        bad.alerts.thresholds = vec![0];
        bad.alerts.thresholds_by_kind.insert("weekly".into(), vec![50, 101]);
        let fields: Vec<_> = bad.problems().into_iter().map(|p| p.field).collect();
        assert_eq!(
            fields,
            [
                "refreshIntervalSeconds",
                "alerts.thresholdsByKind.weekly",
                "alerts.thresholds",
                "locale"
            ]
        );
    }

    #[test]
    fn quiet_hours_may_cross_midnight() {
        let at = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").unwrap_or_default();
        let night = QuietHours { from: at("22:00"), to: at("07:00") };
        for (time, inside) in
            [("23:30", true), ("03:00", true), ("07:00", false), ("12:00", false), ("22:00", true)]
        {
            assert_eq!(night.contains(at(time)), inside, "{time}");
        }
    }

    #[test]
    fn a_chosen_source_excludes_the_others_and_one_turned_off_is_left_out() {
        let only =
            ProviderSettings { source: Some(SourceId::new("web")), ..ProviderSettings::default() };
        assert!(
            only.allows(&SourceId::new("web"), true)
                && !only.allows(&SourceId::new("oauth"), false)
        );
        let without = ProviderSettings {
            sources_off: vec![SourceId::new("oauth")],
            ..ProviderSettings::default()
        };
        assert!(
            without.allows(&SourceId::new("web"), false)
                && !without.allows(&SourceId::new("oauth"), false)
        );
        assert!(!without.allows(&SourceId::new("web"), true), "nobody asked for it");
        let with = ProviderSettings { sources_on: vec![SourceId::new("web")], ..without };
        assert!(with.allows(&SourceId::new("web"), true));
    }
}
