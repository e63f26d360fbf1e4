//! Plan names as people know them, from the words in logins and organisations.

use claudometer_provider::lenient;
use serde_json::Value;

/// The plan that a stored login names: its subscription, with the multiplier of its tier.
pub fn of_login(subscription: Option<&str>, tier: Option<&str>) -> Option<String> {
    let tier = tier.unwrap_or_default();
    let Some(subscription) = subscription.map(str::trim).filter(|name| !name.is_empty()) else {
        return of_tier(tier);
    };
    let name = lenient::title_case(subscription);
    Some(match multiplier(tier) {
        Some(times) => format!("{name} {times}"),
        None => name,
    })
}

/// The plan that a rate limit tier names by itself.
pub fn of_tier(tier: &str) -> Option<String> {
    let tier = tier.to_ascii_lowercase();
    if let Some(times) = multiplier(&tier).filter(|_| tier.contains("max")) {
        return Some(format!("Max {times}"));
    }
    ["pro", "free", "max"]
        .into_iter()
        .find(|plan| tier.ends_with(&format!("claude_{plan}")))
        .map(lenient::title_case)
}

/// `5x` in `default_claude_max_5x`.
fn multiplier(tier: &str) -> Option<String> {
    let times = |word: &&str| {
        word.strip_suffix(['x', 'X'])
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    tier.split(['_', '-']).find(times).map(str::to_ascii_lowercase)
}

/// The plan of an organisation, as the lists of organisations and of memberships describe it.
pub fn of_organization(organization: &Value) -> Option<String> {
    let tier = organization["rate_limit_tier"].as_str().unwrap_or_default();
    let billing = organization["billing_type"].as_str().unwrap_or_default();
    let paid = billing.contains("stripe") && tier.to_ascii_lowercase().contains("claude");
    of_tier(tier)
        .or_else(|| of_capabilities(&organization["capabilities"]))
        .or_else(|| paid.then(|| "Pro".to_owned()))
}

fn of_capabilities(capabilities: &Value) -> Option<String> {
    let has =
        |name: &str| capabilities.as_array().is_some_and(|all| all.iter().any(|one| one == name));
    ["max", "pro"].into_iter().find(|plan| has(&format!("claude_{plan}"))).map(lenient::title_case)
}

/// The plan of one membership: the seat where the organisation has seats, else the organisation's own.
pub fn of_membership(membership: &Value) -> Option<String> {
    match membership["seat_tier"].as_str() {
        Some("team_standard") => Some("Team Standard".to_owned()),
        Some("team_tier_1") => Some("Team Premium".to_owned()),
        _ => of_organization(&membership["organization"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_stored_login_names_its_plan() {
        for (subscription, tier, plan) in [
            (Some("max"), Some("default_claude_max_20x"), Some("Max 20x")),
            (Some("max"), Some("claude_max_subscription_20x"), Some("Max 20x")),
            (Some("max"), Some("default_claude_max_5x"), Some("Max 5x")),
            (Some("max"), None, Some("Max")),
            (Some("pro"), Some("default_claude_pro"), Some("Pro")),
            (Some("team"), None, Some("Team")),
            (Some("enterprise"), Some("some_new_tier"), Some("Enterprise")),
            (None, Some("default_claude_max_5x"), Some("Max 5x")),
            (None, Some("default_claude_free"), Some("Free")),
            (None, Some("some_new_tier"), None),
            (Some(" "), None, None),
        ] {
            assert_eq!(of_login(subscription, tier).as_deref(), plan, "{subscription:?} {tier:?}");
        }
    }

    #[test]
    fn a_membership_names_its_seat_before_its_organisation() {
        let organization =
            |tier: &str, billing: &str| json!({"rate_limit_tier": tier, "billing_type": billing});
        for (seat, organization, plan) in [
            (
                json!("team_standard"),
                organization("default_raven", "stripe_subscription"),
                Some("Team Standard"),
            ),
            (
                json!("team_tier_1"),
                organization("default_claude_max_5x", "stripe_subscription"),
                Some("Team Premium"),
            ),
            (
                json!(null),
                organization("default_claude_max_5x", "stripe_subscription"),
                Some("Max 5x"),
            ),
            (json!(null), organization("default_claude_ai", "stripe_subscription"), Some("Pro")),
            (json!(null), organization("default_claude_ai", "none"), None),
            (json!(null), organization("auto_api_evaluation", "prepaid"), None),
            (json!(7), json!("garbage"), None),
        ] {
            let membership = json!({"seat_tier": seat, "organization": organization});
            assert_eq!(of_membership(&membership).as_deref(), plan, "{membership}");
        }
    }
}
