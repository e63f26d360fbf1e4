//! The unified rate limit headers, which come with answers of the messages endpoint.
//!
//! Nothing asks that endpoint for the sake of its headers, since that would cost the person quota.

use claudometer_core::{Percent, Scope, Window, WindowKind};
use claudometer_provider::lenient;
use serde_json::Value;

const PREFIX: &str = "anthropic-ratelimit-unified-";

/// What the headers say.
#[derive(Debug, Default, PartialEq)]
pub struct Unified {
    /// Windows, in the order in which the headers name them.
    pub windows: Vec<Window>,
    /// Whether the vendor says that a limit is reached.
    pub rejected: bool,
}

/// Reads header names in any case with their values; others are passed over.
pub fn windows<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Unified {
    let headers: Vec<(String, &str)> = headers
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
        .collect();
    let value =
        |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
    let mut unified = Unified {
        rejected: value(&format!("{PREFIX}status")) == Some("rejected"),
        ..Unified::default()
    };
    for (name, used) in &headers {
        let claim = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix("-utilization"));
        let Some((claim, (minutes, part))) =
            claim.and_then(|claim| Some((claim, claim_of(claim)?)))
        else {
            continue;
        };
        let reset = value(&format!("{PREFIX}{claim}-reset")).map_or(Value::Null, Value::from);
        let kind = WindowKind::of_minutes(minutes);
        let id = if part.is_empty() {
            kind.code().to_owned()
        } else {
            format!("{}:{}", kind.code(), lenient::slug(part))
        };
        unified.windows.push(Window {
            id,
            kind,
            scope: scope(part),
            // A fraction of 1 by definition of the header, whatever its magnitude.
            used: lenient::number(&Value::from(*used))
                .and_then(|fraction| Percent::new(fraction * 100.0)),
            resets_at: lenient::instant(&reset),
            minutes: Some(minutes),
            unlimited: false,
        });
    }
    unified
}

/// Length in minutes and part of the account: `7d_oi` is a week of `oi`. What has no length is no window.
fn claim_of(claim: &str) -> Option<(u32, &str)> {
    let (period, part) = claim.split_once(['_', '-']).unwrap_or((claim, ""));
    let (count, unit) = period.split_at_checked(period.len().checked_sub(1)?)?;
    let hours: u32 = match unit {
        "h" => 1,
        "d" => 24,
        _ => return None,
    };
    let minutes = count.parse::<u32>().ok()?.checked_mul(hours)?.checked_mul(60)?;
    (minutes > 0).then_some((minutes, part))
}

fn scope(part: &str) -> Scope {
    match part {
        "" => Scope::default(),
        "sonnet" | "opus" | "haiku" => {
            Scope { model: Some(lenient::title_case(part)), ..Scope::default() }
        }
        other => Scope { pool: Some(other.to_ascii_uppercase()), ..Scope::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_become_percent_and_what_has_no_length_is_no_window() {
        let unified = windows([
            ("Anthropic-RateLimit-Unified-Status", "rejected"),
            ("anthropic-ratelimit-unified-5h-utilization", "1.04"),
            ("anthropic-ratelimit-unified-5h-reset", "1789484400"),
            ("anthropic-ratelimit-unified-7d-utilization", "oops"),
            ("anthropic-ratelimit-unified-7d-sonnet-utilization", "0.005"),
            ("anthropic-ratelimit-unified-7d_oi-utilization", "0"),
            ("anthropic-ratelimit-unified-overage-utilization", "0.5"),
            ("anthropic-ratelimit-unified-fallback-percentage", "0.5"),
            ("content-type", "application/json"),
        ]);
        let told: Vec<_> = unified
            .windows
            .iter()
            .map(|w| (w.id.as_str(), w.used.map(Percent::get), w.minutes))
            .collect();
        assert_eq!(
            told,
            [
                ("session", Some(104.0), Some(300)),
                ("weekly", None, Some(10_080)),
                ("weekly:sonnet", Some(0.5), Some(10_080)),
                ("weekly:oi", Some(0.0), Some(10_080)),
            ]
        );
        assert!(unified.rejected);
        assert_eq!(unified.windows[0].resets_at.map(|at| at.timestamp()), Some(1_789_484_400));
    }

    #[test]
    fn damaged_names_are_passed_over() {
        for claim in ["", "h", "5", "5w", "0h", "99999999999d", "4294967295d", "-utilization", "é"]
        {
            let name = format!("{PREFIX}{claim}-utilization");
            assert_eq!(windows([(name.as_str(), "0.5")]).windows, [], "{claim}");
        }
    }
}
