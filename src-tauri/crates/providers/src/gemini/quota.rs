//! The tier of a login, and the quotas of its models by family.

use claudometer_core::{Coverage, CreditUnit, Credits, Reading, Trouble, Window, WindowKind};
use claudometer_host::http::Response;
use claudometer_provider::{FetchError, key, lenient, shape};
use serde_json::Value;

/// Families by a part of a model's name; the narrower name comes first.
const FAMILIES: [(&str, &str); 3] =
    [("flash-lite", "flash-lite"), ("flash", "flash"), ("pro", "pro")];

/// Refusals that have a meaning of their own.
pub(super) fn refusal(response: &Response) -> Result<(), FetchError> {
    if response.status != 403 || response.is_html() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&response.body).to_ascii_lowercase();
    if is_retired(&text) {
        return Err(retired());
    }
    if text.contains("service_disabled") || text.contains("cloudaicompanion.googleapis.com") {
        let detail = "The project of this login has not turned on the service for Gemini.";
        return Err(FetchError::new(Trouble::ForbiddenScope, detail));
    }
    Ok(())
}

fn is_retired(text: &str) -> bool {
    text.contains("unsupported_client")
        || text.contains("ineligibletiererror")
        || text.contains("migrate to antigravity")
        || (text.contains("no longer supported") && text.contains("gemini code assist"))
}

fn retired() -> FetchError {
    let detail = "The vendor does not support this kind of login any more; personal accounts have moved to Antigravity.";
    FetchError::new(Trouble::UnsupportedAccount, detail)
}

/// Whether the login may be used at all.
pub(super) fn eligible(tier: &Value) -> Result<(), FetchError> {
    let reasons = tier["ineligibleTiers"].to_string().to_ascii_lowercase();
    let none = tier["currentTier"].is_null() && tier["paidTier"].is_null();
    if none && is_retired(&reasons) { Err(retired()) } else { Ok(()) }
}

/// The project whose quotas count.
pub(super) fn project(tier: &Value) -> Option<String> {
    let project = &tier["cloudaicompanionProject"];
    lenient::text(project).or_else(|| lenient::text(lenient::any(project, &["id", "projectId"])))
}

/// The tier as people know it.
pub(super) fn plan(tier: &Value) -> Option<String> {
    lenient::text(&tier["paidTier"]["name"]).or_else(|| {
        let id = lenient::text(&tier["currentTier"]["id"])?;
        Some(lenient::title_case(id.trim_end_matches("-tier")))
    })
}

/// Credits of a paid tier.
pub(super) fn credits(tier: &Value) -> Option<Credits> {
    let all = tier["paidTier"]["availableCredits"].as_array()?;
    let amount = all.iter().find_map(|one| lenient::amount(&one["creditAmount"]));
    key::balance(amount, CreditUnit::Credits)
}

/// Per family the model of which least is left; one that is not reported makes no figure.
pub(super) fn reading(answer: &Value) -> Result<Reading, FetchError> {
    let Some(buckets) = answer["buckets"].as_array() else {
        let detail = "The answer names no quotas.";
        return Err(FetchError::unreadable(detail, Some(shape::of(answer))));
    };
    if buckets.is_empty() {
        return Err(FetchError::new(Trouble::NoData, "The vendor names no quota for this login."));
    }
    let mut windows: Vec<Window> = Vec::new();
    for (id, window) in buckets.iter().filter_map(bucket) {
        match windows.iter_mut().find(|known| known.id == id) {
            Some(known) if known.used >= window.used => {}
            Some(known) => *known = window,
            None => windows.push(window),
        }
    }
    let mut reading = Reading::empty(Coverage::Complete);
    reading.windows = windows;
    Ok(reading)
}

fn bucket(bucket: &Value) -> Option<(String, Window)> {
    let model = bucket["modelId"].as_str()?.trim_start_matches("models/").to_ascii_lowercase();
    let family = FAMILIES.iter().find(|(part, _)| model.contains(part));
    let id = family.map_or_else(|| lenient::slug(&model), |(_, id)| (*id).to_owned());
    let used_up = lenient::number(&bucket["remainingAmount"]) == Some(0.0);
    let used = lenient::number(&bucket["remainingFraction"])
        .map(|left| (1.0 - left) * 100.0)
        .or_else(|| used_up.then_some(100.0));
    let ends = lenient::instant(&bucket["resetTime"]);
    let window = key::window(&id, WindowKind::Daily, used, ends);
    Some((id, window))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_missing_fraction_is_unknown_unless_nothing_is_left() {
        let used = |bucket: Value| {
            reading(&json!({"buckets": [bucket]})).unwrap().windows[0]
                .used
                .map(claudometer_core::Percent::get)
        };
        assert_eq!(used(json!({"modelId": "gemini-9-pro"})), None);
        assert_eq!(used(json!({"modelId": "gemini-9-pro", "remainingAmount": "0"})), Some(100.0));
        assert_eq!(
            used(json!({"modelId": "models/strange", "remainingFraction": "0.25"})),
            Some(75.0)
        );
    }

    #[test]
    fn a_login_that_the_vendor_retired_is_told_from_one_that_is_merely_refused() {
        let refused = |body: &str| {
            refusal(&Response { status: 403, headers: Vec::new(), body: body.into() })
                .err()
                .map(|error| error.trouble)
        };
        assert_eq!(refused("UNSUPPORTED_CLIENT"), Some(Trouble::UnsupportedAccount));
        assert_eq!(refused(r#"{"reason": "SERVICE_DISABLED"}"#), Some(Trouble::ForbiddenScope));
        assert_eq!(refused(r#"{"status": "PERMISSION_DENIED"}"#), None);
    }
}
