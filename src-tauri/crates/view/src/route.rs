//! Which account has most left: a ranking with its reasons.

use crate::text;
use claudometer_wire::report::{AccountReport, Report, WindowReport};
use serde::Serialize;

/// One account in the ranking.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ranked {
    /// `provider/account`.
    pub seat: String,
    /// Provider id.
    pub provider: String,
    /// Provider's name.
    pub name: String,
    /// Percent left of the window that binds first, 0-100; `null` is not reported.
    pub left_percent: Option<f64>,
    /// Id of that window.
    pub window: Option<String>,
    /// Whether something can be done with it now.
    pub usable: bool,
    /// Whether its numbers are old.
    pub stale: bool,
    /// Why it stands where it stands, for people.
    pub reason: String,
}

/// Accounts, those with most left first; then those of which nothing is known, then those that cannot be used. A model
/// leaves out windows that count other models alone; `providers` leaves out all others, unless it is empty.
pub fn ranking(report: &Report, model: Option<&str>, providers: &[String]) -> Vec<Ranked> {
    let wanted =
        |account: &&AccountReport| providers.is_empty() || providers.contains(&account.provider);
    let mut all: Vec<Ranked> =
        report.accounts.iter().filter(wanted).map(|account| ranked(account, model)).collect();
    all.sort_by(|a, b| {
        let key = |one: &Ranked| (one.usable, one.left_percent.is_some());
        key(b)
            .cmp(&key(a))
            .then_with(|| b.left_percent.unwrap_or(0.0).total_cmp(&a.left_percent.unwrap_or(0.0)))
            .then_with(|| a.seat.cmp(&b.seat))
    });
    all
}

fn ranked(account: &AccountReport, model: Option<&str>) -> Ranked {
    let binding = account
        .windows
        .iter()
        .filter(|window| counts(window, model) && !window.rolled_over)
        .filter_map(|window| Some((window, window.left_percent?)))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    let signed_out = account.trouble.as_ref().filter(|_| account.windows.is_empty());
    let left = binding.map(|(_, left)| left);
    let usable = signed_out.is_none() && !account.limit_reached && left != Some(0.0);
    Ranked {
        seat: account.seat.clone(),
        provider: account.provider.clone(),
        name: account.name.clone(),
        left_percent: left,
        window: binding.map(|(window, _)| window.id.clone()),
        usable,
        stale: binding.is_some_and(|(window, _)| window.stale),
        reason: reason(account, binding.map(|(window, _)| window)),
    }
}

/// Whether a window limits the use of `model`.
fn counts(window: &WindowReport, model: Option<&str>) -> bool {
    match (&window.model, model) {
        (Some(own), Some(wanted)) => {
            wanted.to_ascii_lowercase().contains(&own.to_ascii_lowercase())
        }
        (Some(_) | None, None) | (None, Some(_)) => true,
    }
}

fn reason(account: &AccountReport, binding: Option<&WindowReport>) -> String {
    let trouble = account.trouble.as_ref().map(|trouble| trouble.detail.clone());
    let Some(window) = binding else {
        return trouble.unwrap_or_else(|| format!("Its limits are {}.", text::NOT_REPORTED));
    };
    let left = window.left_percent.unwrap_or(0.0);
    let resets = window.resets_in_seconds.map(|seconds| {
        format!(", resets in {}", text::duration(chrono::TimeDelta::seconds(seconds)))
    });
    let old = if window.stale { "; the number is old" } else { "" };
    let reached =
        if account.limit_reached { "; the vendor says that a limit is reached" } else { "" };
    format!(
        "{} binds first: {left:.0}% left{}{old}{reached}",
        window.label,
        resets.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests;
