//! The one place where numbers, times and states become words.

mod cost;

pub use cost::{Money, cost, day, line};

use crate::{Locale, foreign, tray::NAME};
use chrono::{DateTime, Datelike, FixedOffset, TimeDelta, Utc};
use claudometer_core::{
    Amount, CreditUnit, Credits, Currency, Percent, Reading, SavedResets, Spend, Trouble, Window,
    WindowKind,
    settings::{Alerts, Display, FigureOf, ResetAs},
    status::{ServiceLevel, ServiceStatus},
};
use claudometer_wire::{Level, update::UpdateReport};

/// What there is of releases.
pub fn release(found: &UpdateReport) -> String {
    let running = &found.running;
    match &found.newest {
        Some(newest) => format!("{NAME} {newest} is there; this is {running}."),
        None => format!("{NAME} {running} is the newest there is."),
    }
}

/// What every text depends on.
#[derive(Debug, Clone)]
pub struct Context {
    /// The moment of which the words speak, in UTC.
    pub now: DateTime<Utc>,
    /// The zone's offset from UTC at a moment, in seconds east, daylight saving included.
    pub offset_s: fn(DateTime<Utc>) -> i32,
    /// How clock, dates and numbers are written.
    pub locale: Locale,
    /// What the person wants to see.
    pub display: Display,
    /// Thresholds, from which levels follow.
    pub alerts: Alerts,
}

impl Context {
    /// A moment in the person's zone. An offset that cannot be is UTC.
    pub fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        let utc = || FixedOffset::east_opt(0);
        FixedOffset::east_opt((self.offset_s)(at))
            .or_else(utc)
            .map_or_else(|| at.fixed_offset(), |zone| at.with_timezone(&zone))
    }
}

/// Whole percent as shown: to the nearest, but 100 only when the limit is really reached and 0 only when nothing is used.
pub fn whole_percent(used: Percent) -> u64 {
    let value = used.get();
    let nearest = value.round() as u64;
    if value < 100.0 { nearest.min(99).max(u64::from(value > 0.0)) } else { nearest }
}

/// A percent in the locale's writing: `37 %`.
pub fn percent(whole: u64, context: &Context) -> String {
    context.locale.percent(&whole.to_string())
}

/// The digits of the figure that the person chose: used or left, whole percent.
pub fn chosen_percent(used: Percent, context: &Context) -> u64 {
    match context.display.figure {
        FigureOf::Used => whole_percent(used),
        FigureOf::Left => 100_u64.saturating_sub(whole_percent(used)),
    }
}

/// The figure that the person chose: `37 %`, `63 % left`, `not reported`.
pub fn figure(used: Option<Percent>, context: &Context) -> String {
    let Some(used) = used else { return NOT_REPORTED.to_owned() };
    let text = percent(chosen_percent(used, context), context);
    match context.display.figure {
        FigureOf::Used => text,
        FigureOf::Left => format!("{text} left"),
    }
}

/// The figure with its word always: `37 % used`, `63 % left`, `not reported`.
pub fn worded_figure(used: Option<Percent>, context: &Context) -> String {
    match (used, context.display.figure) {
        (Some(_), FigureOf::Used) => format!("{} used", figure(used, context)),
        _ => figure(used, context),
    }
}

/// The figure of a window, or that there is no limit.
pub fn window_figure(window: &Window, context: &Context) -> String {
    if window.unlimited { UNLIMITED.to_owned() } else { figure(window.used, context) }
}

/// The same with its word always: `37 % used`, `unlimited`.
pub fn worded(window: &Window, context: &Context) -> String {
    if window.unlimited { UNLIMITED.to_owned() } else { worded_figure(window.used, context) }
}

/// What is said where there is no limit.
pub const UNLIMITED: &str = "unlimited";

/// What is said of a number that nobody told.
pub const NOT_REPORTED: &str = "not reported";

/// A length of time in two units, rounded down: `3 d 4 h`, `2 h 10 m`, `10 m`, `< 1 m`.
pub fn duration(length: TimeDelta) -> String {
    let minutes = length.num_minutes();
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let two = |big: i64, unit: &str, small: i64, part: &str| {
        if small > 0 { format!("{big} {unit} {small} {part}") } else { format!("{big} {unit}") }
    };
    if days > 0 {
        two(days, "d", hours, "h")
    } else if hours > 0 {
        two(hours, "h", minutes, "m")
    } else if minutes > 0 {
        format!("{minutes} m")
    } else {
        "< 1 m".to_owned()
    }
}

/// How long ago a moment was, without "ago"; `None` for less than a minute, or for a moment to come.
fn elapsed(at: DateTime<Utc>, context: &Context) -> Option<String> {
    let length = context.now - at;
    match length.num_minutes() {
        ..=0 => None,
        minutes @ 1..60 => Some(format!("{minutes} min")),
        _ => Some(duration(length)),
    }
}

/// The age of a moment: `just now`, `4 min ago`, `2 h 10 m ago`.
pub fn age(at: DateTime<Utc>, context: &Context) -> String {
    elapsed(at, context).map_or_else(|| "just now".to_owned(), |length| format!("{length} ago"))
}

/// The age of a number: `new`, `12 min old`.
pub fn old(at: DateTime<Utc>, context: &Context) -> String {
    elapsed(at, context).map_or_else(|| "new".to_owned(), |length| format!("{length} old"))
}

/// A moment: the clock today, weekday and clock within a week, the date beyond (with its year when that is half a year off).
pub fn moment(at: DateTime<Utc>, context: &Context) -> String {
    let (then, now) = (context.local(at), context.local(context.now));
    let days = (then.date_naive() - now.date_naive()).num_days();
    match days.abs() {
        0 => context.locale.clock(then),
        1..=6 => format!("{} {}", context.locale.weekday(then), context.locale.clock(then)),
        7..=180 => context.locale.date(then),
        _ if then.year() == now.year() => context.locale.date(then),
        _ => context.locale.full_date(then),
    }
}

/// Resets that a person may trigger: `2 left, one until Thu 17:00`.
pub fn saved_resets(resets: &SavedResets, context: &Context) -> String {
    let until = resets.ends_at.filter(|end| resets.left > 0 && *end > context.now);
    let until = until.map(|end| {
        let one = if resets.left > 1 { ", one until" } else { ", until" };
        format!("{one} {}", moment(end, context))
    });
    format!("{} left{}", resets.left, until.unwrap_or_default())
}

/// When a window resets, with both forms: `resets 17:00 (in 2 h 10 m)`. A reset that has passed: `reset at 14:00`.
pub fn resets(at: DateTime<Utc>, context: &Context) -> String {
    let when = moment(at, context);
    if at <= context.now {
        format!("reset at {when}")
    } else {
        format!("resets {when} (in {})", duration(at - context.now))
    }
}

/// When a window resets, in the one form that the person chose: `17:00` or `2 h 10 m`.
pub fn resets_short(at: DateTime<Utc>, context: &Context) -> String {
    match context.display.reset {
        ResetAs::Countdown if at > context.now => duration(at - context.now),
        ResetAs::Clock | ResetAs::Countdown => moment(at, context),
    }
}

/// What is said of a window that has ended since it was seen.
pub fn rolled_over(resets_at: Option<DateTime<Utc>>, context: &Context) -> String {
    resets_at.map_or_else(
        || "not yet seen again".to_owned(),
        |at| format!("{}, not yet seen again", resets(at, context)),
    )
}

/// Money: `$15.12`, `€5.00`, `-$3.50`, `12.50 CHF`.
pub fn money(amount: Amount, currency: &str, context: &Context) -> String {
    let places = Currency::new(currency).map_or(2, |currency| currency.digits() as usize);
    let text = context.locale.decimal(&amount.fixed(places));
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    match currency {
        "USD" => format!("{sign}${digits}"),
        "EUR" => format!("{sign}€{digits}"),
        other => format!("{sign}{digits} {other}"),
    }
}

/// A plain decimal with at most two places: `7.25`, `12.5`, `300`.
fn number(amount: Amount, context: &Context) -> String {
    let text = amount.fixed(2);
    context.locale.decimal(text.trim_end_matches('0').trim_end_matches('.'))
}

/// A balance: `7.25 credits`, `$5.00`, `unlimited`, `386 credits used`, `not reported`; with its end, if it has one.
pub fn credits(credits: &Credits, context: &Context) -> String {
    if credits.unlimited {
        return UNLIMITED.to_owned();
    }
    let amount = |amount: Amount| match credits.unit {
        CreditUnit::Money(currency) => money(amount, currency.code(), context),
        CreditUnit::Credits => counted(amount, "credit", context),
        CreditUnit::Requests => counted(amount, "request", context),
        CreditUnit::Points => counted(amount, "point", context),
    };
    let text = match (credits.balance, credits.used) {
        (Some(left), Some(used)) => format!("{} left, {} used", amount(left), amount(used)),
        (Some(left), None) => amount(left),
        (None, Some(used)) => format!("{} used", amount(used)),
        (None, None) => return NOT_REPORTED.to_owned(),
    };
    match credits.expires_at {
        Some(end) if end > context.now => format!("{text} until {}", moment(end, context)),
        Some(end) => format!("{text}, ended {}", moment(end, context)),
        None => text,
    }
}

fn counted(amount: Amount, unit: &str, context: &Context) -> String {
    let plural = if amount == Amount::whole(1) { "" } else { "s" };
    format!("{} {unit}{plural}", number(amount, context))
}

/// Money spent: `$15.12 of $50.00`, `$15.12`.
pub fn spend(spend: &Spend, context: &Context) -> String {
    let used = money(spend.used, &spend.currency, context);
    spend.limit.map_or_else(
        || used.clone(),
        |limit| format!("{used} of {}", money(limit, &spend.currency, context)),
    )
}

/// A count: exact up to 9,999, shortened above: `45.2 M`.
pub fn count(value: u64, context: &Context) -> String {
    if value < 10_000 {
        return value.to_string();
    }
    let mut shown = value as f64;
    let mut unit = "";
    for next in ["k", "M", "G", "T"] {
        // What rounds to 1000.0 belongs to the next unit.
        if shown < 999.95 {
            break;
        }
        shown /= 1000.0;
        unit = next;
    }
    format!("{} {unit}", context.locale.decimal(&format!("{shown:.1}")))
}

/// The name of a window from its kind and scope: `Session`, `Weekly`, `Weekly · Opus`, `Spark · Session`.
pub fn window_label(window: &Window) -> String {
    let kind = match (window.kind, window.minutes) {
        (WindowKind::Session, _) => "Session".to_owned(),
        (WindowKind::Daily, _) => "Daily".to_owned(),
        (WindowKind::Weekly, _) => "Weekly".to_owned(),
        (WindowKind::Monthly, _) => "Monthly".to_owned(),
        (WindowKind::BillingCycle, _) => "Billing cycle".to_owned(),
        (WindowKind::Rolling, Some(minutes)) if minutes > 0 => {
            format!("Last {}", duration(TimeDelta::minutes(i64::from(minutes))))
        }
        (WindowKind::Rolling, _) => "Rolling".to_owned(),
        (WindowKind::Other, Some(minutes)) if minutes > 0 => {
            format!("Every {}", duration(TimeDelta::minutes(i64::from(minutes))))
        }
        (WindowKind::Other, _) => "Limit".to_owned(),
    };
    let scope = &window.scope;
    let name = |part: &Option<String>| part.as_deref().map(foreign::name);
    let parts = [name(&scope.pool), Some(kind), name(&scope.model), name(&scope.surface)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// A trouble in a few words: `signed out`, `rate limited`.
pub const fn trouble(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::AuthMissing => "not signed in",
        Trouble::AuthExpired => "signed out",
        Trouble::ForbiddenScope => "login may not read usage",
        Trouble::NotSubscribed => "no plan",
        Trouble::UnsupportedAccount => "login no longer supported",
        Trouble::RateLimited => "rate limited",
        Trouble::Blocked => "blocked",
        Trouble::UpstreamDown => "not reachable",
        Trouble::BadPayload => "format changed",
        Trouble::NoData => "nothing counted yet",
        Trouble::Keychain => "keyring locked",
    }
}

/// A level as a word; empty when calm.
pub const fn level(level: Level) -> &'static str {
    match level {
        Level::Unknown => NOT_REPORTED,
        Level::Calm => "",
        Level::Watch => "watch",
        Level::Low => "low",
        Level::Exhausted => "used up",
    }
}

/// Text as a sentence: trimmed, first letter large, with a full stop; empty stays empty.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return String::new() };
    let stop = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), letters.as_str())
}

/// Trouble that a vendor admits: `The vendor's status page says: Elevated errors (partly down).`
pub fn service(status: &ServiceStatus) -> Option<String> {
    let level = service_level(status.level);
    let said = match &status.headline {
        Some(headline) => format!("{} ({level})", foreign::shown(headline)),
        None => level.to_owned(),
    };
    status.level.is_trouble().then(|| format!("The vendor's status page says: {said}."))
}

/// How well a service works, in a few words.
pub const fn service_level(level: ServiceLevel) -> &'static str {
    match level {
        ServiceLevel::Unknown => "unknown",
        ServiceLevel::None => "no trouble known",
        ServiceLevel::Maintenance => "maintenance",
        ServiceLevel::Minor => "degraded",
        ServiceLevel::Major => "partly down",
        ServiceLevel::Critical => "down",
    }
}

/// The line that our status-line command prints: `Opus 4 · Session 37 %, resets 17:00 · Weekly 52 %`.
pub fn status_line(
    reading: &Reading,
    model: Option<&str>,
    costs: &[String],
    context: &Context,
) -> String {
    let windows = reading.windows.iter().filter(|window| window.used.is_some()).map(|window| {
        let reset = window
            .resets_at
            .filter(|at| *at > context.now)
            .map(|at| format!(", resets {}", resets_short_in_words(at, context)));
        format!(
            "{} {}{}",
            window_label(window),
            figure(window.used, context),
            reset.unwrap_or_default()
        )
    });
    let parts = model.map(foreign::name).into_iter().chain(windows).chain(costs.iter().cloned());
    parts.collect::<Vec<_>>().join(" · ")
}

fn resets_short_in_words(at: DateTime<Utc>, context: &Context) -> String {
    match context.display.reset {
        ResetAs::Clock => resets_short(at, context),
        ResetAs::Countdown => format!("in {}", resets_short(at, context)),
    }
}

#[cfg(test)]
mod tests;
