//! Perplexity: what is left, asked with a key.

use crate::keyed::keyed;
use chrono::{DateTime, Utc};
use claudometer_core::{Amount, Coverage, CreditUnit, Reading, Trouble, Window, WindowKind};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{FetchError, Report, key, lenient};
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

const URL: &str = "https://www.perplexity.ai/rest/billing/credits?version=2.18&source=default";
const COOKIE: &str = "__Secure-next-auth.session-token";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let typed = key.expose_secret();
    let cookie = if typed.contains('=') { typed.to_owned() } else { format!("{COOKIE}={typed}") };
    let request = Request::get(URL).header("cookie", SecretString::from(cookie));
    let answer = key::answered(host, request, Trouble::AuthExpired).await?;
    let mut reading = Reading::empty(Coverage::Complete);
    let balance = lenient::amount(&answer["balance_cents"]).map(Amount::hundredth);
    reading.credits = key::balance(balance, CreditUnit::Usd);
    reading.windows = recurring(&answer, host.now()).into_iter().collect();
    key::told(reading, &answer)
}

/// The grant that comes anew every month is used first; what other grants give has no period.
fn recurring(answer: &Value, now: DateTime<Utc>) -> Option<Window> {
    let grants = answer["credit_grants"].as_array()?;
    let valid = |grant: &&Value| {
        grant["type"] == "recurring"
            && lenient::instant(&grant["expires_at_ts"]).is_none_or(|ends| ends > now)
    };
    let granted: f64 = grants
        .iter()
        .filter(valid)
        .filter_map(|grant| lenient::number(&grant["amount_cents"]))
        .sum();
    let used = lenient::number(&answer["total_usage_cents"]).map(|used| used.min(granted));
    let renews = lenient::instant(&answer["renewal_date_ts"]);
    let used = key::share(used, Some(granted))?;
    Some(key::window("recurring", WindowKind::Monthly, Some(used), renews))
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
            |answer: &Value| recurring(answer, now)?.used.map(claudometer_core::Percent::get);
        assert_eq!(used(&answer(1_790_812_800, 250.0)), Some(25.0));
        assert_eq!(used(&answer(1_790_812_800, 1400.0)), Some(100.0), "then come the others");
        assert_eq!(used(&answer(1_700_000_000, 250.0)), None, "expired");
    }
}
