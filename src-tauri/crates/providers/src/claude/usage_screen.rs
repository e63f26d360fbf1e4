//! The usage page of Claude Code's terminal interface, read as text: labels, percentages, resets, extra usage.
//!
//! Redraws swallow blanks and letters and leave older panels behind, so labels are compared without blanks and with a
//! tolerance, and of several panels the last whole one counts.

mod reset;

use super::map::Period;
use chrono::{DateTime, Utc};
use claudometer_core::{Allowance, Currency, Percent, Scope, Spend, Trouble, Window};
use claudometer_provider::{Draft, FetchError, draft, lenient};
use regex_lite::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// A percentage stands at most so many lines below its label.
const REACH: usize = 12;
/// So many letters of a label may be lost or wrong.
const TOLERANCE: usize = 2;

#[expect(clippy::unwrap_used, reason = "the expression is a constant, and every test uses it")]
static PERCENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"([0-9]+(?:\.[0-9]+)?)%(used|left|remaining|available)").unwrap());
#[expect(clippy::unwrap_used, reason = "the expression is a constant, and every test uses it")]
static SPENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"([$€£])([0-9.,]+)(?:/[$€£]([0-9.,]+))?spent").unwrap());

/// What a line is the heading of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Label {
    Session,
    /// The week of everything, or of one model.
    Week(Option<String>),
    Extra,
    /// Something that is not known.
    Other,
}

/// What stands below one label, up to the next.
#[derive(Debug)]
struct Block {
    label: Label,
    line: usize,
    used: Option<Percent>,
    resets_at: Option<DateTime<Utc>>,
    spent: Option<Spend>,
}

/// Reads the page. Fails with what the page says instead of limits.
pub(super) fn read(text: &str, now: DateTime<Utc>) -> Result<Draft, FetchError> {
    let blocks = blocks(text, now);
    let told = blocks.iter().rev().find(|block| block.used.is_some());
    if let Some((line, error)) = complaint(text)
        && told.is_none_or(|block| block.line < line)
    {
        return Err(error);
    }
    let mut draft = Draft::new();
    for block in &blocks {
        if let Some(window) = best(&blocks, &block.label) {
            draft.add(Some(window));
        }
    }
    draft.spend = blocks.iter().rev().find_map(|block| block.spent.clone());
    if draft.windows().next().is_none() { Err(nothing(text)) } else { Ok(draft) }
}

/// Whether the page shows all that it will: limits, or what stands in their place.
pub(super) fn is_filled(text: &str) -> bool {
    let told = blocks(text, DateTime::UNIX_EPOCH).iter().any(|block| block.used.is_some());
    !is_loading(text) && (told || complaint(text).is_some() || has_no_limits(text))
}

fn is_loading(text: &str) -> bool {
    squeezed(text).contains("loadingusage")
}

fn has_no_limits(text: &str) -> bool {
    squeezed(text).contains("usingyoursubscriptiontopoweryourclaudecode")
}

/// The last whole block with this label, as a window: one that tells percentage and reset, else one that tells a percentage.
fn best(blocks: &[Block], label: &Label) -> Option<Window> {
    let ours = || blocks.iter().rev().filter(|block| block.label == *label && block.used.is_some());
    let block = ours().find(|block| block.resets_at.is_some()).or_else(|| ours().next())?;
    let (period, model) = match label {
        Label::Session => (Period::Session, None),
        Label::Week(model) => (Period::Week, model.clone()),
        Label::Extra | Label::Other => return None,
    };
    let scope = Scope { model, ..Scope::default() };
    let used = Allowance::used_percent(block.used.map(Percent::get));
    period.window(scope, used, block.resets_at)
}

fn blocks(text: &str, now: DateTime<Utc>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        // The bar at the bottom has percentages of its own.
        let tight: String = line.chars().filter(|letter| !letter.is_whitespace()).collect();
        let lower = tight.to_lowercase();
        if lower.contains('|') || lower.contains("context") {
            continue;
        }
        if let Some(label) = label(&tight) {
            blocks.push(Block { label, line: number, used: None, resets_at: None, spent: None });
        }
        let Some(block) = blocks.last_mut().filter(|block| number <= block.line + REACH) else {
            continue;
        };
        block.used = block.used.or_else(|| percent(&lower));
        block.resets_at = block.resets_at.or_else(|| reset::read(&tight, now));
        if block.label == Label::Extra && block.spent.is_none() {
            block.spent = spent(&lower);
        }
        if let Some(spent) = block.spent.as_mut() {
            spent.resets_at = spent.resets_at.or(block.resets_at);
        }
    }
    blocks
}

/// The heading in a line without blanks; what follows it on the same line does no harm.
fn label(tight: &str) -> Option<Label> {
    let is_figure = |letter: char| !(letter.is_alphabetic() || letter == '(' || letter == ')');
    let heading = match tight.find(')') {
        Some(end) => &tight[..=end],
        None => tight.split(is_figure).next().unwrap_or_default(),
    };
    let lower = heading.to_lowercase();
    let is = |text: &str, wanted: &str| strsim::levenshtein(text, wanted) <= TOLERANCE;
    if is(&lower, "currentsession") {
        return Some(Label::Session);
    }
    if is(&lower, "extrausage") || lower.starts_with("extrausage") {
        return Some(Label::Extra);
    }
    if let Some((before, inner)) = heading.split_once('(')
        && is(&before.to_lowercase(), "currentweek")
    {
        let inner = inner.trim_end_matches(')');
        let whole = is(&inner.to_lowercase(), "allmodels");
        let name = inner.strip_suffix("only").filter(|name| !name.is_empty()).unwrap_or(inner);
        return Some(Label::Week((!whole).then(|| name.to_owned())));
    }
    if is(&lower, "currentweek") {
        return Some(Label::Week(None));
    }
    lower.starts_with("current").then_some(Label::Other)
}

fn percent(lower: &str) -> Option<Percent> {
    let found = PERCENT.captures(lower)?;
    let share: f64 = found[1].parse().ok()?;
    Percent::new(if &found[2] == "used" { share } else { 100.0 - share })
}

fn spent(lower: &str) -> Option<Spend> {
    let found = SPENT.captures(lower)?;
    let amount = |text: &str| lenient::amount(&Value::String(text.replace(',', "")));
    let (used, limit) = (amount(&found[2])?, found.get(3).and_then(|limit| amount(limit.as_str())));
    let currency = match &found[1] {
        "€" => Currency::EUR,
        "£" => Currency::new("GBP")?,
        _ => Currency::USD,
    };
    draft::spend(Some(used), limit, currency)
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>().to_lowercase()
}

/// What pages without limits say, what that means, and how to tell it; of several the last one counts.
const COMPLAINTS: &[(&str, Trouble, &str)] = &[
    ("rate_limit", Trouble::RateLimited, "Claude Code was asked to wait before it looks again."),
    ("token_expired", Trouble::AuthExpired, "Claude Code's login is no longer accepted."),
    ("authentication_error", Trouble::AuthExpired, "Claude Code's login is no longer accepted."),
    ("permission_error", Trouble::ForbiddenScope, "Claude Code's login may not read usage."),
    (
        "onlyavailableforsubscriptionplans",
        Trouble::NotSubscribed,
        "Claude Code is signed in without a subscription.",
    ),
    ("selectloginmethod", Trouble::AuthMissing, "Claude Code is not signed in."),
    ("run/login", Trouble::AuthMissing, "Claude Code is not signed in."),
    ("notloggedin", Trouble::AuthMissing, "Claude Code is not signed in."),
    ("failedtoloadusagedata", Trouble::UpstreamDown, "Claude Code could not load the usage."),
];

/// The last complaint, and on which line it begins. A screen may break it anywhere, so three lines are read as one.
fn complaint(text: &str) -> Option<(usize, FetchError)> {
    let lines: Vec<String> = text.lines().map(squeezed).collect();
    (0..lines.len()).rev().find_map(|number| {
        let near = lines[number..lines.len().min(number + 3)].concat();
        let begins_here = |what: &str| near.find(what).is_some_and(|at| at < lines[number].len());
        let (_, trouble, detail) = COMPLAINTS.iter().find(|(what, ..)| begins_here(what))?;
        Some((number, FetchError::new(*trouble, *detail)))
    })
}

/// Why a page without a single percentage tells nothing.
fn nothing(text: &str) -> FetchError {
    if has_no_limits(text) {
        FetchError::new(Trouble::NoData, "Claude Code shows no limits for this kind of plan.")
    } else if is_loading(text) {
        FetchError::new(Trouble::NoData, "Claude Code was still loading the usage.")
    } else {
        FetchError::unreadable("The usage page of Claude Code looks different now.", None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claude::testing::now;

    fn told(text: &str) -> Result<Vec<(String, f64, Option<String>)>, Trouble> {
        let reading = read(text, now()).map_err(|error| error.trouble)?.report().reading;
        let row = |window: &Window| {
            let at = window.resets_at.map(|at| at.format("%dT%H:%M").to_string());
            (window.id.clone(), window.used.map_or(-1.0, Percent::get), at)
        };
        Ok(reading.windows.iter().map(row).collect())
    }

    fn row(id: &str, used: f64, at: Option<&str>) -> (String, f64, Option<String>) {
        (id.to_owned(), used, at.map(str::to_owned))
    }

    #[test]
    fn labels_survive_what_redraws_do_to_them() {
        for (line, want) in [
            ("Current session", Some(Label::Session)),
            ("Cur rent session", Some(Label::Session)),
            ("Currentsession███42%used", Some(Label::Session)),
            ("Current week (all modls)", Some(Label::Week(None))),
            ("Currentweek(Fable)", Some(Label::Week(Some("Fable".into())))),
            ("Current week (Sonnet only)", Some(Label::Week(Some("Sonnet".into())))),
            ("Current month (all models)", Some(Label::Other)),
            ("Extra usage", Some(Label::Extra)),
            ("Extra usage not enabled", Some(Label::Extra)),
            ("Resets 5pm (Europe/Vienna)", None),
            ("Esc to exit", None),
        ] {
            let tight: String = line.chars().filter(|letter| !letter.is_whitespace()).collect();
            assert_eq!(label(&tight), want, "{line}");
        }
    }

    #[test]
    fn of_several_panels_the_last_whole_one_counts() {
        let panels = "Current session\n 40% used\n Resets 5pm (UTC)\nCurrent session\n 41% used\n Resets 5pm (UTC)\nCurrent session\n 42% us";
        assert_eq!(told(panels), Ok(vec![row("session", 41.0, Some("15T17:00"))]));
        let fresh = "Current session\n 0% used\nCurrent week (all models)\n 3% available · Resets Sep 19 at 6am (UTC)";
        assert_eq!(
            told(fresh),
            Ok(vec![row("session", 0.0, None), row("weekly", 97.0, Some("19T06:00"))])
        );
    }

    #[test]
    fn percentages_of_other_things_are_left_alone() {
        let bar = "Current session\n 10% used\n| Opus 4.6 | ctx 88k | 0% left\nContext left: 7% left\nExtra usage\n 25% used";
        assert_eq!(told(bar), Ok(vec![row("session", 10.0, None)]));
        let far = format!("Current session\n{}50% used", "\n".repeat(13));
        assert_eq!(told(&far), Err(Trouble::BadPayload));
    }

    #[test]
    fn a_page_without_limits_says_why() {
        for (page, want) in [
            ("Loading usage data…", Trouble::NoData),
            (
                "You are currently using your subscription to power your Claude Code usage",
                Trouble::NoData,
            ),
            ("/usage is only available for subscription plans.", Trouble::NotSubscribed),
            (
                "Error: Failed to load usage data: {\"error\":{\"type\":\"rate_limit_error\"}}",
                Trouble::RateLimited,
            ),
            (
                "Failed to load usage data: {\"error\":{\"type\":\"authentica\ntion_error\"}}",
                Trouble::AuthExpired,
            ),
            ("Failed to load usage data: timeout", Trouble::UpstreamDown),
            ("Select login method:\n 1. Claude account", Trouble::AuthMissing),
            ("Something else", Trouble::BadPayload),
            ("", Trouble::BadPayload),
        ] {
            assert_eq!(told(page), Err(want), "{page}");
        }
        let later = "Failed to load usage data: rate_limit_error\nCurrent session\n 5% used";
        assert_eq!(told(later), Ok(vec![row("session", 5.0, None)]), "the panel came after it");
    }

    #[test]
    fn extra_usage_is_money_in_its_currency() {
        let page = |line: &str| format!("Current session\n1% used\nExtra usage\n{line}");
        for (line, want) in [
            (
                "$15.12 / $60.00 spent · Resets Oct 1 (UTC)",
                Some(("15.12", Some("60.00"), "USD", true)),
            ),
            ("€1,015.12 / €2,000.00 spent", Some(("1015.12", Some("2000.00"), "EUR", false))),
            ("$3.00 spent", Some(("3.00", None, "USD", false))),
            ("Extra usage not enabled", None),
        ] {
            let spend = read(&page(line), now()).unwrap().spend.clone();
            let told = spend.map(|spend| {
                (
                    spend.used.fixed(2),
                    spend.limit.map(|l| l.fixed(2)),
                    spend.currency,
                    spend.resets_at.is_some(),
                )
            });
            let want = want.map(|(used, limit, currency, ends)| {
                (used.to_owned(), limit.map(str::to_owned), currency.to_owned(), ends)
            });
            assert_eq!(told, want, "{line}");
        }
    }
}
