//! Perplexity: what is left, asked with a key.

use crate::keyed::keyed;
use chrono::{DateTime, Utc};
use claudometer_core::{Allowance, CreditUnit, Trouble, Window, WindowKind};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, lenient, money};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

keyed! {
    id: "perplexity", name: "Perplexity", short: "Px", dashboard: "https://www.perplexity.ai/account/usage",
    variables: [], key: "Session cookie", help: "Sign in to perplexity.ai in a browser and copy the cookie __Secure-next-auth.session-token.", asks: "www.perplexity.ai, as a browser would, for the credits of the account",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["perplexity/"],
    scenes: {
        "calm": [("/rest/billing/credits", 200, "fixtures/perplexity/credits.json")],
        "refused": [("/rest/billing/credits", 401, "fixtures/perplexity/error_401.json")],
    },
}

const VENDOR: Vendor = Vendor {
    sign_in: &["/login", "/signin", "/api/auth/signin"],
    means: &[(403, Trouble::AuthExpired)],
    ..Vendor::of(&["perplexity.ai"])
};
const URL: &str = "https://www.perplexity.ai/rest/billing/credits?version=2.18&source=default";
const COOKIE: &str = "__Secure-next-auth.session-token";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let typed = key.expose_secret();
    let cookie = if typed.contains('=') { typed.to_owned() } else { format!("{COOKIE}={typed}") };
    let request = Request::get(URL).header("cookie", SecretString::from(cookie));
    let answer = VENDOR.ask(host, request).await?;
    read(&answer, host.now()).finish(&answer)
}

fn read(answer: &Value, now: DateTime<Utc>) -> Draft {
    let mut draft = Draft::new();
    draft.balance(draft::left(money::cents(&answer["balance_cents"]), CreditUnit::USD));
    let grants = draft.elements("credit_grants", &answer["credit_grants"]);
    if let Some(window) = recurring(answer, &grants, now) {
        draft.add(Some(window));
    }
    draft
}

/// The grant that comes anew every month is used first; what other grants give has no period.
fn recurring(answer: &Value, grants: &[&Value], now: DateTime<Utc>) -> Option<Window> {
    let valid = |grant: &&&Value| {
        grant["type"] == "recurring"
            && lenient::instant(&grant["expires_at_ts"]).is_none_or(|ends| ends > now)
    };
    let amounts =
        grants.iter().filter(valid).filter_map(|grant| lenient::number(&grant["amount_cents"]));
    let granted = amounts.reduce(|sum, amount| sum + amount);
    let used = lenient::number(&answer["total_usage_cents"]).zip(granted).map(|(used, all)| used.min(all));
    let renews = lenient::instant(&answer["renewal_date_ts"]);
    let allowance = Allowance::counted(used, granted);
    draft::window("recurring", WindowKind::Monthly, allowance, renews).filter(Window::tells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_recurring_grant_that_is_valid_makes_a_window_and_it_is_used_first() {
        let now = "2026-09-15T12:00:00Z".parse().unwrap();
        let answer = |ends: i64, used: f64| json!({"total_usage_cents": used, "credit_grants": [{"type": "recurring", "amount_cents": 1000, "expires_at_ts": ends}, {"type": "purchased", "amount_cents": 500}]});
        let used =
            |answer: &Value| {
                let window = read(answer, now).report().reading.windows.into_iter().next()?;
                window.used.map(claudometer_core::Percent::get)
            };
        assert_eq!(used(&answer(1_790_812_800, 250.0)), Some(25.0));
        assert_eq!(used(&answer(1_790_812_800, 1400.0)), Some(100.0), "then come the others");
        assert_eq!(used(&answer(1_700_000_000, 250.0)), None, "expired");
    }
}
