//! Windsurf: what the editor last knew of its plan, read from its own database.

use claudometer_core::{Allowance, ProviderId, Trouble, Window, WindowKind, gate::Cadence};
use claudometer_host::Host;
use claudometer_provider::{
    Draft, Provider, Recorded, Scene, SourceSpec, draft, json, lenient, local::Local, replay::Stage,
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
    read: |host, path| Some(read(&cached(host, path)?)),
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
    stage,
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
    json::read(text.ok()??).ok()
}

/// The newer form tells percents; the older one counts messages, and stands in where the newer one tells nothing.
fn read(plan: &Value) -> Draft {
    let mut draft = Draft::new();
    draft.plan = lenient::text(&plan["planName"]);
    let quota = &plan["quotaUsage"];
    for (kind, left, resets) in [
        (WindowKind::Daily, "dailyRemainingPercent", "dailyResetAtUnix"),
        (WindowKind::Weekly, "weeklyRemainingPercent", "weeklyResetAtUnix"),
    ] {
        let left = lenient::number(&quota[left]);
        if left.is_some() {
            let ends = lenient::instant(&quota[resets]);
            draft.add(draft::window(kind.code(), kind, Allowance::left_percent(left), ends));
        }
    }
    if !draft.tells() {
        let number = |name: &str| lenient::number(&plan["usage"][name]);
        let allowance = Allowance::counted(number("usedMessages"), number("messages"))
            .or(Allowance::left(number("remainingMessages"), number("messages")));
        let ends = lenient::instant(&plan["endTimestamp"]);
        let window = draft::window("messages", WindowKind::BillingCycle, allowance, ends);
        draft.add(window.filter(Window::tells));
    }
    draft
}

fn stage(recorded: &Recorded) -> Option<Stage> {
    let noted = serde_json::json!({ PLAN: recorded.text() }).to_string();
    let place = ".config/Windsurf/User/globalStorage/state.vscdb";
    (recorded.folder() == "windsurf").then(|| Stage::of("editor").file(place, noted))
}
