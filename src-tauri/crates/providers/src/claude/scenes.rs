//! Recorded answers that play every state.

use claudometer_provider::{Scene, scene::Take};

/// A login for two more hours than the demo's day has.
const LOGIN: &str = r#"{"claudeAiOauth":{"accessToken":"sk-ant-oat01-DEMO","refreshToken":"sk-ant-ort01-DEMO","expiresAt":1789502400000,"scopes":["user:inference","user:profile"],"subscriptionType":"max","rateLimitTier":"default_claude_max_20x"}}"#;
const LOGIN_PRO: &str = r#"{"claudeAiOauth":{"accessToken":"sk-ant-oat01-DEMO","expiresAt":1789502400000,"scopes":[],"subscriptionType":"pro","rateLimitTier":"default_claude_pro"}}"#;
const LOGIN_ENTERPRISE: &str = r#"{"claudeAiOauth":{"accessToken":"sk-ant-oat01-DEMO","expiresAt":1789502400000,"scopes":["user:profile"],"subscriptionType":"enterprise"}}"#;
const LOGIN_EXPIRED: &str = r#"{"claudeAiOauth":{"accessToken":"sk-ant-oat01-DEMO","refreshToken":"sk-ant-ort01-DEMO","expiresAt":1789470000000,"scopes":["user:profile"],"subscriptionType":"max","rateLimitTier":"default_claude_max_5x"}}"#;
const SETUP_TOKEN: &str = r#"{"claudeAiOauth":{"accessToken":"sk-ant-oat01-DEMO","refreshToken":"","expiresAt":null,"scopes":["user:inference"]}}"#;

const CREDENTIALS: &str = ".claude/.credentials.json";
const SETTINGS: &str = ".claude.json";
const DANA: &str = r#"{"oauthAccount":{"accountUuid":"demo-dana","emailAddress":"dana@example.com","organizationUuid":"demo-org","organizationName":"Dana's Organization"}}"#;
const ELI: &str = r#"{"oauthAccount":{"accountUuid":"demo-eli","emailAddress":"eli@example.com","organizationUuid":"demo-acme","organizationName":"Acme"}}"#;

const DANA_ON_MAX: &[(&str, &str)] = &[(CREDENTIALS, LOGIN), (SETTINGS, DANA)];
const ELI_ON_PRO: &[(&str, &str)] = &[(CREDENTIALS, LOGIN_PRO), (SETTINGS, ELI)];

const fn usage(
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
) -> Take {
    Take { url: "/api/oauth/usage", status, headers, body }
}

const GOOD: Take = usage(
    200,
    &[],
    r#"{"five_hour":{"utilization":37.0,"resets_at":"2026-09-15T15:00:00.282668+00:00"},
"seven_day":{"utilization":12.5,"resets_at":"2026-09-19T03:59:59.951713+00:00"},
"seven_day_sonnet":{"utilization":4.0,"resets_at":null},
"limits":[{"kind":"session","group":"session","percent":37,"resets_at":"2026-09-15T15:00:00.282668+00:00","scope":null,"is_active":true},
{"kind":"weekly_all","group":"weekly","percent":13,"resets_at":"2026-09-19T03:59:59.951713+00:00","scope":null,"is_active":false},
{"kind":"weekly_scoped","group":"weekly","percent":61,"resets_at":"2026-09-19T03:59:59.951713+00:00","scope":{"model":{"id":null,"display_name":"Fable"},"surface":null},"is_active":false}],
"extra_usage":{"is_enabled":true,"monthly_limit":6000,"used_credits":1512.0,"utilization":25.2,"currency":"USD"}}"#,
);
const NEAR: Take = usage(
    200,
    &[],
    r#"{"five_hour":{"utilization":92.0,"resets_at":"2026-09-15T13:10:00Z"},"seven_day":{"utilization":71.0,"resets_at":"2026-09-17T09:00:00Z"},"seven_day_opus":{"utilization":83.0,"resets_at":"2026-09-17T09:00:00Z"}}"#,
);
const EXHAUSTED: Take = usage(
    200,
    &[],
    r#"{"five_hour":{"utilization":100.0,"resets_at":"2026-09-15T12:25:00Z"},"seven_day":{"utilization":103.4,"resets_at":"2026-09-16T04:00:00Z"},"extra_usage":{"is_enabled":false}}"#,
);
const UNKNOWN: Take = usage(
    200,
    &[],
    r#"{"five_hour":{"utilization":null,"resets_at":null},"seven_day":{"utilization":5.0,"resets_at":"2026-09-19T03:59:59Z"}}"#,
);
const FRESH: Take = usage(
    200,
    &[],
    r#"{"five_hour":{"utilization":0.0,"resets_at":null},"seven_day":{"utilization":0.0,"resets_at":null},"extra_usage":{"is_enabled":false}}"#,
);
const SPEND: Take = usage(
    200,
    &[],
    r#"{"five_hour":null,"seven_day":null,"extra_usage":{"is_enabled":true,"monthly_limit":250000,"used_credits":61250,"utilization":24.5,"currency":"USD"}}"#,
);
const CHANGED: Take = usage(
    200,
    &[],
    r#"{"usage_windows":{"short":{"consumed":0.37,"renews":"2026-09-15T15:00:00Z"}},"schema":3}"#,
);
const REFUSED: Take = usage(
    401,
    &[("content-type", "application/json")],
    r#"{"type":"error","error":{"type":"authentication_error","message":"OAuth token has expired."}}"#,
);
const LIMITED: Take = usage(
    429,
    &[("retry-after", "272"), ("content-type", "application/json")],
    r#"{"error":{"type":"rate_limit_error","message":"Rate limited. Please try again later."}}"#,
);
const CHALLENGED: Take = usage(
    403,
    &[("content-type", "text/html; charset=UTF-8"), ("cf-mitigated", "challenge")],
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>",
);
const DOWN: Take = usage(
    529,
    &[],
    r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
);

/// What the status line told three minutes before, in the state folders of both systems.
const TOLD: &str = r#"{"session":"demo","coverage":"partial","account":null,"plan":null,"credits":null,"spend":null,"reset_credits":null,
"limit_reached":false,"as_of":"2026-09-15T11:57:00Z","windows":[
{"id":"session","kind":"session","scope":{},"used":42.3,"resets_at":"2026-09-15T15:00:00Z","minutes":300},
{"id":"weekly","kind":"weekly","scope":{},"used":9.1,"resets_at":"2026-09-19T04:00:00Z","minutes":10080}]}"#;

/// Every state.
pub(super) static SCENES: &[Scene] = &[
    Scene { name: "everyday", files: DANA_ON_MAX, earlier: &[], now: &[GOOD] },
    Scene { name: "near-limit", files: DANA_ON_MAX, earlier: &[], now: &[NEAR] },
    Scene { name: "exhausted", files: ELI_ON_PRO, earlier: &[], now: &[EXHAUSTED] },
    Scene { name: "unknown-usage", files: ELI_ON_PRO, earlier: &[], now: &[UNKNOWN] },
    Scene { name: "fresh-account", files: ELI_ON_PRO, earlier: &[], now: &[FRESH] },
    Scene {
        name: "spend-only",
        files: &[(CREDENTIALS, LOGIN_ENTERPRISE), (SETTINGS, ELI)],
        earlier: &[],
        now: &[SPEND],
    },
    Scene {
        name: "status-line",
        files: &[
            (".local/state/claudometer/passive/claude-default.json", TOLD),
            ("Library/Application Support/claudometer/passive/claude-default.json", TOLD),
        ],
        earlier: &[],
        now: &[],
    },
    Scene { name: "rate-limited", files: DANA_ON_MAX, earlier: &[GOOD], now: &[LIMITED] },
    Scene { name: "signed-out", files: DANA_ON_MAX, earlier: &[GOOD], now: &[REFUSED] },
    Scene {
        name: "expired-login",
        files: &[(CREDENTIALS, LOGIN_EXPIRED), (SETTINGS, ELI)],
        earlier: &[],
        now: &[],
    },
    Scene { name: "setup-token", files: &[(CREDENTIALS, SETUP_TOKEN)], earlier: &[], now: &[] },
    Scene { name: "blocked", files: ELI_ON_PRO, earlier: &[NEAR], now: &[CHALLENGED] },
    Scene { name: "vendor-down", files: DANA_ON_MAX, earlier: &[GOOD], now: &[DOWN] },
    Scene { name: "format-changed", files: ELI_ON_PRO, earlier: &[UNKNOWN], now: &[CHANGED] },
    Scene { name: "offline", files: DANA_ON_MAX, earlier: &[GOOD], now: &[] },
];
