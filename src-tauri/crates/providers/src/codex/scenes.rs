//! Recorded answers that play every state.

use claudometer_provider::{Scene, scene::Take};

/// A login on Plus, good until the day after.
const SAM: &str = r#"{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJlbWFpbCI6InNhbUBleGFtcGxlLmNvbSIsImV4cCI6MTc4OTU2MDAwMCwiaHR0cHM6Ly9hcGkub3BlbmFpLmNvbS9hdXRoIjp7ImNoYXRncHRfcGxhbl90eXBlIjoicGx1cyIsImNoYXRncHRfYWNjb3VudF9pZCI6ImRlbW8tc2FtIn19.ZGVtbw","access_token":"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJleHAiOjE3ODk1NjAwMDAsImh0dHBzOi8vYXBpLm9wZW5haS5jb20vYXV0aCI6eyJjaGF0Z3B0X3BsYW5fdHlwZSI6InBsdXMiLCJjaGF0Z3B0X2FjY291bnRfaWQiOiJkZW1vLXNhbSJ9fQ.ZGVtbw","refresh_token":"rt_DEMO0000","account_id":"demo-sam"},"last_refresh":"2026-09-14T08:00:00Z"}"#;
/// A login on Pro.
const KIM: &str = r#"{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJlbWFpbCI6ImtpbUBleGFtcGxlLmNvbSIsImV4cCI6MTc4OTU2MDAwMCwiaHR0cHM6Ly9hcGkub3BlbmFpLmNvbS9hdXRoIjp7ImNoYXRncHRfcGxhbl90eXBlIjoicHJvIiwiY2hhdGdwdF9hY2NvdW50X2lkIjoiZGVtby1raW0ifX0.ZGVtbw","access_token":"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJleHAiOjE3ODk1NjAwMDAsImh0dHBzOi8vYXBpLm9wZW5haS5jb20vYXV0aCI6eyJjaGF0Z3B0X3BsYW5fdHlwZSI6InBybyIsImNoYXRncHRfYWNjb3VudF9pZCI6ImRlbW8ta2ltIn19.ZGVtbw","refresh_token":"rt_DEMO0000","account_id":"demo-kim"},"last_refresh":"2026-09-14T08:00:00Z"}"#;
/// A login in a workspace.
const ROBIN: &str = r#"{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJlbWFpbCI6InJvYmluQGV4YW1wbGUuY29tIiwiZXhwIjoxNzg5NTYwMDAwLCJodHRwczovL2FwaS5vcGVuYWkuY29tL2F1dGgiOnsiY2hhdGdwdF9wbGFuX3R5cGUiOiJ0ZWFtIiwiY2hhdGdwdF9hY2NvdW50X2lkIjoiZGVtby1hY21lIn19.ZGVtbw","access_token":"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJleHAiOjE3ODk1NjAwMDAsImh0dHBzOi8vYXBpLm9wZW5haS5jb20vYXV0aCI6eyJjaGF0Z3B0X3BsYW5fdHlwZSI6InRlYW0iLCJjaGF0Z3B0X2FjY291bnRfaWQiOiJkZW1vLWFjbWUifX0.ZGVtbw","refresh_token":"rt_DEMO0000","account_id":"demo-acme"},"last_refresh":"2026-09-14T08:00:00Z"}"#;
/// A login that Codex has not renewed since the morning.
const EXPIRED: &str = r#"{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJlbWFpbCI6InNhbUBleGFtcGxlLmNvbSIsImV4cCI6MTc4OTQ2MjgwMCwiaHR0cHM6Ly9hcGkub3BlbmFpLmNvbS9hdXRoIjp7ImNoYXRncHRfcGxhbl90eXBlIjoicGx1cyIsImNoYXRncHRfYWNjb3VudF9pZCI6ImRlbW8tc2FtIn19.ZGVtbw","access_token":"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJleHAiOjE3ODk0NjI4MDAsImh0dHBzOi8vYXBpLm9wZW5haS5jb20vYXV0aCI6eyJjaGF0Z3B0X3BsYW5fdHlwZSI6InBsdXMiLCJjaGF0Z3B0X2FjY291bnRfaWQiOiJkZW1vLXNhbSJ9fQ.ZGVtbw","refresh_token":"rt_DEMO0000","account_id":"demo-sam"},"last_refresh":"2026-09-14T08:00:00Z"}"#;
/// A key in place of a login.
const API_KEY: &str = r#"{"auth_mode":"apikey","OPENAI_API_KEY":"sk-proj-DEMO00000000","tokens":null,"last_refresh":null}"#;
/// What Codex noted two and a half minutes before.
const LOG: &str = concat!(
    r#"{"timestamp":"2026-09-15T11:57:12.000Z","type":"event_msg","payload":{"type":"agent_message","message":"Done."}}"#,
    "\n",
    r#"{"timestamp":"2026-09-15T11:57:30.000Z","type":"event_msg","payload":{"type":"token_count","info":null,"rate_limits":{"limit_id":"codex","primary":{"used_percent":38.5,"window_minutes":300,"resets_at":1789485000},"secondary":{"used_percent":22.0,"window_minutes":10080,"resets_at":1789891200},"credits":null,"plan_type":"plus"}}}"#,
    "\n"
);

const LOGIN: &str = ".codex/auth.json";
const LOG_FILE: &str = ".codex/sessions/2026/09/15/rollout-2026-09-15T11-20-00-demo.jsonl";

const SAM_ON_PLUS: &[(&str, &str)] = &[(LOGIN, SAM)];
const KIM_ON_PRO: &[(&str, &str)] = &[(LOGIN, KIM)];
const ROBIN_AT_WORK: &[(&str, &str)] = &[(LOGIN, ROBIN)];

const fn usage(
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
) -> Take {
    Take { url: "/usage", status, headers, body }
}

/// A usual week.
const GOOD: Take = usage(
    200,
    &[],
    r#"{"user_id":"user-demo","account_id":"demo-sam","email":"sam@example.com","plan_type":"plus",
"rate_limit":{"allowed":true,"limit_reached":false,"primary_window":{"used_percent":26,"limit_window_seconds":18000,"reset_after_seconds":9000,"reset_at":1789482600},
"secondary_window":{"used_percent":47,"limit_window_seconds":604800,"reset_after_seconds":300000,"reset_at":1789773600}},
"code_review_rate_limit":null,
"additional_rate_limits":null,
"credits":{"has_credits":false,"unlimited":false,"balance":"0"},
"spend_control":null,"rate_limit_reached_type":null,"rate_limit_reset_credits":null}"#,
);
/// A model with an allowance of its own, reviews counted apart, a balance and two resets.
const SPARK: Take = usage(
    200,
    &[],
    r#"{"user_id":"user-demo","account_id":"demo-kim","email":"kim@example.com","plan_type":"pro",
"rate_limit":{"allowed":true,"limit_reached":false,"primary_window":{"used_percent":58,"limit_window_seconds":18000,"reset_after_seconds":3900,"reset_at":1789477500},
"secondary_window":{"used_percent":31,"limit_window_seconds":604800,"reset_after_seconds":327600,"reset_at":1789801200}},
"code_review_rate_limit":{"allowed":true,"limit_reached":false,"primary_window":{"used_percent":2,"limit_window_seconds":604800,"reset_after_seconds":300000,"reset_at":1789773600},
"secondary_window":null},
"additional_rate_limits":[{"limit_name":"GPT-5.3-Codex-Spark","metered_feature":"codex_spark",
"rate_limit":{"allowed":true,"limit_reached":false,"primary_window":{"used_percent":88,"limit_window_seconds":18000,"reset_after_seconds":6000,"reset_at":1789479600},
"secondary_window":{"used_percent":43,"limit_window_seconds":604800,"reset_after_seconds":424800,"reset_at":1789898400}}}],
"credits":{"has_credits":true,"unlimited":false,"balance":"7.25"},
"spend_control":null,"rate_limit_reached_type":null,"rate_limit_reset_credits":{"available_count":2}}"#,
);
/// The week in the first slot, and no session.
const WEEKLY: Take = usage(
    200,
    &[],
    r#"{"user_id":"user-demo","account_id":"demo-sam","email":"sam@example.com","plan_type":"free",
"rate_limit":{"allowed":true,"limit_reached":false,"primary_window":{"used_percent":64,"limit_window_seconds":604800,"reset_after_seconds":300000,"reset_at":1789773600},
"secondary_window":null},
"code_review_rate_limit":null,
"additional_rate_limits":null,
"credits":null,
"spend_control":null,"rate_limit_reached_type":null,"rate_limit_reset_credits":null}"#,
);
/// Used up, with credits that do not end.
const EXHAUSTED: Take = usage(
    200,
    &[],
    r#"{"user_id":"user-demo","account_id":"demo-acme","email":"robin@example.com","plan_type":"team",
"rate_limit":{"allowed":false,"limit_reached":true,"primary_window":{"used_percent":100,"limit_window_seconds":18000,"reset_after_seconds":3000,"reset_at":1789476600},
"secondary_window":{"used_percent":78,"limit_window_seconds":604800,"reset_after_seconds":151200,"reset_at":1789624800}},
"code_review_rate_limit":null,
"additional_rate_limits":null,
"credits":{"has_credits":true,"unlimited":true,"balance":null},
"spend_control":null,"rate_limit_reached_type":{"type":"rate_limit_reached"},"rate_limit_reset_credits":null}"#,
);
/// A workspace that caps what each may spend, and has no windows.
const SPEND: Take = usage(
    200,
    &[],
    r#"{"user_id":"user-demo","account_id":"demo-acme","email":"robin@example.com","plan_type":"self_serve_business_usage_based",
"rate_limit":null,
"code_review_rate_limit":null,
"additional_rate_limits":[],
"credits":{"has_credits":true,"unlimited":false,"balance":"1240.5000000000"},
"spend_control":{"reached":false,"reached_limit_type":null,
"individual_limit":{"limit":"18000","used":"4500","remaining":"13500","used_percent":25,"remaining_percent":75,"reset_after_seconds":1339200,"reset_at":1790812800},"group_default_limit":null},"rate_limit_reached_type":null,"rate_limit_reset_credits":null}"#,
);
/// A slot that is broken; what stands beside it counts.
const GARBAGE: Take = usage(
    200,
    &[],
    r#"{"user_id":"user-demo","account_id":"demo-sam","email":"sam@example.com","plan_type":"plus",
"rate_limit":{"allowed":true,"limit_reached":false,"primary_window":{"used_percent":"bad","limit_window_seconds":18000,"reset_at":1789482600},
"secondary_window":{"used_percent":15,"limit_window_seconds":604800,"reset_after_seconds":300000,"reset_at":1789773600}},
"code_review_rate_limit":null,
"additional_rate_limits":[null,"oops",{"limit_name":null,"metered_feature":null,
"rate_limit":null}],
"credits":{"has_credits":true,"unlimited":false,"balance":12.5},
"spend_control":null,"rate_limit_reached_type":null,"rate_limit_reset_credits":null}"#,
);
const CHANGED: Take = usage(
    200,
    &[],
    r#"{"limits_v2":[{"span":"5h","consumed":0.26,"renews":"2026-09-15T14:30:00Z"}],"schema":3}"#,
);
const REFUSED: Take = usage(
    401,
    &[("content-type", "application/json")],
    r#"{"error":{"message":"Provided authentication token is expired. Please try signing in again.","type":null,"code":"token_expired","param":null},"status":401}"#,
);
const LIMITED: Take = usage(
    429,
    &[("retry-after", "180"), ("content-type", "application/json")],
    r#"{"detail":"Too many requests"}"#,
);
const CHALLENGED: Take = usage(
    403,
    &[("content-type", "text/html; charset=UTF-8"), ("cf-mitigated", "challenge")],
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>",
);
const NO_PLAN: Take = usage(
    403,
    &[("content-type", "application/json")],
    r#"{"detail":"This account has no access to Codex."}"#,
);
const DOWN: Take =
    usage(503, &[("content-type", "application/json")], r#"{"detail":"Service unavailable"}"#);

/// Every state.
pub(super) static SCENES: &[Scene] = &[
    Scene { name: "everyday", files: SAM_ON_PLUS, earlier: &[], now: &[GOOD] },
    Scene { name: "extra-windows", files: KIM_ON_PRO, earlier: &[], now: &[SPARK] },
    Scene { name: "weekly-only", files: SAM_ON_PLUS, earlier: &[], now: &[WEEKLY] },
    Scene { name: "exhausted", files: ROBIN_AT_WORK, earlier: &[], now: &[EXHAUSTED] },
    Scene { name: "spend-control", files: ROBIN_AT_WORK, earlier: &[], now: &[SPEND] },
    Scene { name: "session-log", files: &[(LOGIN, SAM), (LOG_FILE, LOG)], earlier: &[], now: &[] },
    Scene { name: "rate-limited", files: SAM_ON_PLUS, earlier: &[GOOD], now: &[LIMITED] },
    Scene { name: "signed-out", files: SAM_ON_PLUS, earlier: &[GOOD], now: &[REFUSED] },
    Scene { name: "expired-login", files: &[(LOGIN, EXPIRED)], earlier: &[], now: &[] },
    Scene { name: "api-key", files: &[(LOGIN, API_KEY)], earlier: &[], now: &[] },
    Scene { name: "no-plan", files: ROBIN_AT_WORK, earlier: &[], now: &[NO_PLAN] },
    Scene { name: "blocked", files: KIM_ON_PRO, earlier: &[SPARK], now: &[CHALLENGED] },
    Scene { name: "vendor-down", files: SAM_ON_PLUS, earlier: &[GOOD], now: &[DOWN] },
    Scene { name: "half-broken", files: SAM_ON_PLUS, earlier: &[GOOD], now: &[GARBAGE] },
    Scene { name: "format-changed", files: SAM_ON_PLUS, earlier: &[GOOD], now: &[CHANGED] },
    Scene { name: "offline", files: SAM_ON_PLUS, earlier: &[GOOD], now: &[] },
];
