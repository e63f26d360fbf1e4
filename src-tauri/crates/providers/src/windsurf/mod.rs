//! Windsurf: what the editor last knew of its plan, read from its own database.

use claudometer_core::{Coverage, Reading, WindowKind, gate::Cadence};
use claudometer_core::{ProviderId, Trouble};
use claudometer_host::Host;
use claudometer_provider::{
    FetchError, Provider, Recorded, Scene, SourceSpec, key, lenient,
    local::Local,
    replay::{of_error, of_reading},
};
use serde_json::Value;
use std::path::{Path, PathBuf};

const TABLE: &str = "ItemTable";
const PLAN: &str = "windsurf.settings.cachedPlanInfo";

static EDITOR: Local = Local {
    spec: SourceSpec {
        id: "editor",
        label: "the editor's own notes",
        reads: "The plan and its limits as the editor last noted them, in its database; nothing is changed.",
        sends: "",
        cadence: Cadence { normal_s: 300, floor_s: 60 },
        passive: true,
        opt_in: false,
    },
    provider: ProviderId::new("windsurf"),
    files: |host| vec![database(host)],
    folders: |_| Vec::new(),
    read: |host, path| reading(&cached(host, path)?),
};

/// The provider.
pub static PROVIDER: Provider = Provider {
    id: ProviderId::new("windsurf"),
    name: "Windsurf",
    short: "Ws",
    dashboard: "https://windsurf.com/subscription/usage",
    sign_in: "Sign in to the Windsurf editor and use it once.",
    places: |host| vec![host.tilde(&database(host))],
    sources: &[&EDITOR],
    secrets: &[],
    remedy: |trouble, _| match trouble {
        Trouble::AuthMissing | Trouble::NoData => Some(PROVIDER.sign_in),
        _ => None,
    },
    bridge: None,
    device: None,
    status: None,
    homes: None,
    log_retention: |_| None,
    scenes: &[Scene {
        name: "calm",
        files: &[(
            ".config/Windsurf/User/globalStorage/state.vscdb",
            r#"{"windsurf.settings.cachedPlanInfo": "{\"planName\":\"Pro\",\"quotaUsage\":{\"dailyRemainingPercent\":64.0,\"weeklyRemainingPercent\":81.5,\"dailyResetAtUnix\":1789516800,\"weeklyResetAtUnix\":1789948800}}"}"#,
        )],
        earlier: &[],
        now: &[],
    }],
    replay: |recorded, _| Box::pin(async move { replayed(recorded) }),
};

fn database(host: &Host) -> PathBuf {
    let base = if cfg!(target_os = "macos") {
        host.home().join("Library/Application Support")
    } else {
        let given = host.env.get("XDG_CONFIG_HOME").map(PathBuf::from);
        given.unwrap_or_else(|| host.home().join(".config"))
    };
    base.join("Windsurf/User/globalStorage/state.vscdb")
}

fn cached(host: &Host, path: &Path) -> Option<Value> {
    let found = host.files.database_value(path, TABLE, PLAN);
    let text = found
        .inspect_err(|error| tracing::debug!(%error, "the editor's database cannot be read now"));
    serde_json::from_str(&text.ok()??).ok()
}

/// The newer form tells percents; the older one counts messages.
fn reading(plan: &Value) -> Option<Reading> {
    let mut reading = Reading::empty(Coverage::Complete);
    reading.plan = lenient::text(&plan["planName"]);
    let quota = &plan["quotaUsage"];
    let left = |name: &str, kind: WindowKind, resets: &str| {
        let left = lenient::number(&quota[name])?;
        let ends = lenient::instant(&quota[resets]);
        Some(key::window(kind.code(), kind, Some(100.0 - left), ends))
    };
    let newer = [
        left("dailyRemainingPercent", WindowKind::Daily, "dailyResetAtUnix"),
        left("weeklyRemainingPercent", WindowKind::Weekly, "weeklyResetAtUnix"),
    ];
    reading.windows = newer.into_iter().flatten().collect();
    if reading.windows.is_empty() {
        let usage = &plan["usage"];
        let used = key::share(
            lenient::number(&usage["usedMessages"]),
            lenient::number(&usage["messages"]),
        );
        let ends = lenient::instant(&plan["endTimestamp"]);
        let messages =
            used.map(|used| key::window("messages", WindowKind::BillingCycle, Some(used), ends));
        reading.windows = messages.into_iter().collect();
    }
    (!reading.windows.is_empty()).then_some(reading)
}

fn replayed(recorded: &Recorded) -> Option<Value> {
    let plan: Value = serde_json::from_slice(&recorded.response.body).unwrap_or_default();
    (recorded.folder() == "windsurf").then(|| match reading(&plan) {
        Some(reading) => of_reading(&reading),
        None => of_error(&FetchError::local(Trouble::NoData, "Its file tells no limits.")),
    })
}
