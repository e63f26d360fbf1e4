//! The table of commands: one place for their names, arguments and answers.

use crate::{
    Bundle, Draft, ServiceReport, SettingsState,
    cost::{CostBrief, CostQuery, CostView},
    diagnosis::Diagnosis,
    history::LimitCourse,
    report::Report,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a window needs to begin: subscribe first, then ask for this, then drop bundles with a lower `seq`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The snapshot.
    pub bundle: Bundle,
    /// The settings pages.
    pub settings: SettingsState,
}

/// One command as the generator of `commands.ts` sees it.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Name on the wire.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Names and TypeScript types of the arguments.
    pub args: fn(&ts_rs::Config) -> Vec<(&'static str, String)>,
    /// TypeScript type of the answer.
    pub returns: fn(&ts_rs::Config) -> String,
}

macro_rules! commands {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal { $($arg:ident: $type:ty),* } -> $answer:ty;)+) => {
        /// A question to the resident: `{"command": name, "args": {...}}`.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "command", content = "args")]
        pub enum Command {
            $(
                $(#[doc = $doc])+
                #[serde(rename = $name)]
                $variant {
                    $(#[allow(missing_docs, reason = "the command's own text says what it takes")] $arg: $type),*
                },
            )+
        }

        /// Every command, in order.
        pub const SPECS: &[Spec] = &[
            $(Spec {
                name: $name,
                doc: concat!($($doc),+),
                args: |config| { let _ = config; vec![$((stringify!($arg), <$type as TS>::name(config))),*] },
                returns: |config| <$answer as TS>::name(config),
            },)+
        ];
    };
}

commands! {
    /// The snapshot and everything that the settings pages show.
    GetState "get_state" {} -> State;
    /// The snapshot alone: the quickest answer.
    GetBundle "get_bundle" {} -> Bundle;
    /// The snapshot for scripts.
    GetReport "get_report" {} -> Report;
    /// Applies a draft wholly, or names every problem and applies nothing.
    SaveSettings "save_settings" { draft: Box<Draft> } -> SettingsState;
    /// Deletes a kept secret from keychain and memory.
    ForgetSecret "forget_secret" { provider: String, field: String } -> SettingsState;
    /// Asks for fresh numbers, of one provider or of all, as far as floors and pauses allow; answers once they are published.
    Refresh "refresh" { provider: Option<String> } -> Bundle;
    /// Reads the vendors' status pages, of one provider or of all that are followed; each at most every five minutes.
    GetStatus "get_status" { provider: Option<String> } -> Vec<ServiceReport>;
    /// Forgets the remembered numbers; they are asked for again as soon as floors allow.
    ForgetNumbers "forget_numbers" {} -> ();
    /// Installs or removes the bridge into an assistant's status line.
    SetBridge "set_bridge" { provider: String, installed: bool } -> SettingsState;
    /// Sends a notification now, to see whether and how the desktop shows it.
    TestAlert "test_alert" {} -> ();
    /// The redacted report that "Copy diagnostics" would copy.
    Diagnostics "diagnostics" {} -> String;
    /// The same report as fields.
    Diagnose "diagnose" {} -> Diagnosis;
    /// Whether the history holds everything that the assistants' logs tell by now, so that nobody else need read them.
    HistoryIsCurrent "history_is_current" {} -> bool;
    /// What was used today, as far as the resident knows it.
    GetToday "get_today" {} -> Option<CostBrief>;
    /// What use cost, as the history tells it; brings the history up to date first where that is needed.
    GetCost "get_cost" { query: CostQuery } -> CostView;
    /// Every limit over its present period and the one before, and by day.
    GetLimits "get_limits" {} -> Vec<LimitCourse>;
    /// Opens the vendor's own usage page in the browser.
    OpenDashboard "open_dashboard" { provider: String } -> ();
    /// Puts the newer release in place, where that is ours to do; the resident is replaced by it.
    InstallUpdate "install_update" {} -> ();
    /// Looks for a newer release now; answers what there is, in a sentence. A newer one is told with the next snapshot.
    LookForUpdates "look_for_updates" {} -> String;
    /// Ends the resident, and has what lies in its place by now started in the same way.
    Restart "restart" {} -> ();
    /// Opens the folder of the logs.
    OpenLogs "open_logs" {} -> ();
    /// Shows recorded answers instead of live ones, or ends that.
    SetDemo "set_demo" { on: bool } -> State;
    /// Opens the window on a page, or brings it to the front.
    OpenWindow "open_window" { page: Option<String> } -> ();
    /// Says that a window is there for as long as this connection lasts: it is told what to show, and no other is opened.
    AttendWindow "attend_window" {} -> ();
    /// Ends the resident.
    Quit "quit" {} -> ();
}
