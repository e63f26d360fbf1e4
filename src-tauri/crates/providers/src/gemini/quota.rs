//! The tier of a login, and the quotas of its models by family.

use claudometer_core::{Allowance, CreditUnit, Credits, Trouble, WindowKind};
use claudometer_host::http::Response;
use claudometer_provider::{Draft, FetchError, Odd, draft, json, lenient, refusal::words};
use serde_json::Value;

/// Families by a part of a model's name; the narrower name comes first.
const FAMILIES: [(&str, &str); 3] =
    [("flash-lite", "flash-lite"), ("flash", "flash"), ("pro", "pro")];

/// Refusals that have a meaning of their own.
pub(super) fn refusal(response: &Response) -> Result<(), FetchError> {
    let body = json::read(&response.body).unwrap_or_default();
    if response.status != 403 || body["error"].is_null() {
        return Ok(());
    }
    let text = words(&body);
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
    let none = tier["currentTier"].is_null() && tier["paidTier"].is_null();
    if none && is_retired(&words(&tier["ineligibleTiers"])) { Err(retired()) } else { Ok(()) }
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
    draft::left(amount, CreditUnit::Credits)
}

/// Per family the model of which least is left; one that is not reported makes no figure.
pub(super) fn read(answer: &Value) -> Draft {
    let mut draft = Draft::new();
    draft.each("buckets", &answer["buckets"], |bucket| {
        let model = lenient::text(&bucket["modelId"]).ok_or(Odd::Broken("modelId is missing"))?;
        let model = model.trim_start_matches("models/").to_ascii_lowercase();
        let family = FAMILIES.iter().find(|(part, _)| model.contains(part));
        let id = family.map_or_else(|| lenient::slug(&model), |(_, id)| (*id).to_owned());
        let used_up = lenient::number(&bucket["remainingAmount"]) == Some(0.0);
        let fraction = lenient::number(&bucket["remainingFraction"]);
        let allowance = Allowance::left_fraction(fraction).spent_if(used_up);
        let ends = lenient::instant(&bucket["resetTime"]);
        Ok(draft::window(&id, WindowKind::Daily, allowance, ends))
    });
    if answer["buckets"].is_array() {
        draft.nothing("The vendor names no quota for this login.");
    }
    draft
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_missing_fraction_is_unknown_unless_nothing_is_left() {
        let used = |bucket: Value| {
            read(&json!({"buckets": [bucket]})).report().reading.windows[0]
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
        for retired in [
            r#"{"error": {"details": [{"reason": "UNSUPPORTED_CLIENT"}]}}"#,
            r#"{"error": {"message": "\u004digrate to \u0041ntigravity"}}"#,
            "\u{feff}{\"error\": {\"message\": \"Gemini Code Assist is no longer supported\", \"x\": 1e400}}",
        ] {
            assert_eq!(refused(retired), Some(Trouble::UnsupportedAccount), "{retired}");
        }
        let off = r#"{"error": {"details": [{"reason": "SERVICE_DISABLED"}]}}"#;
        assert_eq!(refused(off), Some(Trouble::ForbiddenScope));
        assert_eq!(refused(r#"{"error": {"status": "PERMISSION_DENIED"}}"#), None);
        assert_eq!(refused("<html>unsupported_client</html>"), None);
    }
}
