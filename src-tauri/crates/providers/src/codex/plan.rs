//! Plans as people know them.

use claudometer_provider::lenient;
use serde_json::Value;

/// The label of a `plan_type`; `None` where none is told.
pub fn label(plan_type: &Value) -> Option<String> {
    let raw = lenient::text(plan_type)?;
    let label = match raw.to_ascii_lowercase().as_str() {
        "pro" => "Pro (20x)".to_owned(),
        "prolite" | "pro_lite" => "Pro (5x)".to_owned(),
        // What Codex says when it does not know the plan itself.
        "unknown" => return None,
        lower => lenient::title_case(lower),
    };
    (!label.is_empty()).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_plan_has_the_name_that_people_know() {
        for (raw, want) in [
            (json!("plus"), Some("Plus")),
            (json!("PLUS"), Some("Plus")),
            (json!("pro"), Some("Pro (20x)")),
            (json!("prolite"), Some("Pro (5x)")),
            (json!("go"), Some("Go")),
            (json!("free_workspace"), Some("Free Workspace")),
            (json!("enterprise_cbp_usage_based"), Some("Enterprise Cbp Usage Based")),
            (json!("k12"), Some("K12")),
            (json!("something_new"), Some("Something New")),
            (json!("unknown"), None),
            (json!(" "), None),
            (json!(null), None),
            (json!(7), None),
        ] {
            assert_eq!(label(&raw).as_deref(), want, "{raw}");
        }
    }
}
