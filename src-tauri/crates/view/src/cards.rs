//! The snapshot as cards: what window and terminal draw.

use crate::{Context, choice, foreign, meter, text};
use claudometer_core::{
    Attempt, AttemptResult, CreditUnit, Failure, Origin, ProviderId, ProviderInfo, Seat, SeatState,
    Skip, SourceId, Trouble, UsageSnapshotBundle, status::ServiceStatus,
};
use claudometer_wire::{
    AttemptLine, Bundle, Card, FirstRun, Line, TroubleStrip, update::UpdateReport,
};

/// What is said when nothing was found on this machine.
pub const NOTHING_FOUND: &str = "No assistants found";

/// What cards and tray need beyond the snapshot.
pub struct Extras<'a> {
    /// A source in words.
    pub labels: &'a dyn Fn(&ProviderId, &SourceId) -> String,
    /// Whether recorded answers are shown.
    pub demo: bool,
    /// Whether menu items that simulate alerts are offered.
    pub debug: bool,
    /// Standing remarks about the whole, such as a test origin in use.
    pub remarks: Vec<String>,
    /// A newer release, where one is known.
    pub update: Option<UpdateReport>,
    /// The version that a package has put in our place.
    pub replaced_by: Option<String>,
    /// Whether a newer release can be looked for here.
    pub can_look: bool,
    /// What was looked for; asked and shown only when there is no seat.
    pub first_run: &'a dyn Fn() -> Option<FirstRun>,
    /// What a provider's status page said a moment ago, where it was looked at.
    pub service: &'a dyn Fn(&ProviderId) -> Option<ServiceStatus>,
    /// What was used today by the assistant's own log, where that is known and shown. The log is the machine's: beside several
    /// accounts nobody knows whose it is.
    pub today: &'a dyn Fn(&Seat) -> Option<String>,
}

/// The snapshot in values and words.
pub fn bundle(snapshot: &UsageSnapshotBundle, context: &Context, extras: &Extras<'_>) -> Bundle {
    let snapshot = &foreign::snapshot(snapshot);
    let cards: Vec<Card> =
        snapshot.seats.iter().map(|state| card(state, snapshot, context, extras)).collect();
    let empty = cards.is_empty();
    Bundle {
        seq: u32::try_from(snapshot.seq).unwrap_or(u32::MAX),
        at: context.now,
        demo: extras.demo || snapshot.seats.iter().any(|state| state.origin == Origin::Demo),
        refreshing: snapshot.refreshing,
        headline: headline(snapshot, context),
        cards,
        first_run: if empty { (extras.first_run)() } else { None },
        remarks: extras.remarks.iter().map(|text| foreign::shown(text).into_owned()).collect(),
        update: extras.update.as_ref().map(release),
        replaced_by: extras.replaced_by.clone(),
    }
}

/// The one line that matters most: `Acme · Session 37 % used, resets 17:00 (in 2 h 10 m)`.
pub fn headline(snapshot: &UsageSnapshotBundle, context: &Context) -> String {
    let shown = choice::shown(&snapshot.seats, context);
    if let Some((state, seen)) = choice::worst(&shown, context.display.metric, context) {
        let meter = meter::of_window(seen, state, &|source| source.to_string(), context);
        let figure = text::worded_figure(seen.value.used, context);
        let resets = meter.resets.map(|resets| format!(", {resets}")).unwrap_or_default();
        let stale = if meter.fresh == claudometer_wire::Fresh::Stale {
            format!(", {}", text::old(seen.stamp.at, context))
        } else {
            String::new()
        };
        let name = called(state, &snapshot.seats, "");
        return format!("{name} · {} {figure}{resets}{stale}", meter.label);
    }
    let Some(first) = shown.first() else { return NOTHING_FOUND.to_owned() };
    let troubled = shown.iter().find_map(|state| Some((state, state.failure.as_ref()?)));
    match troubled {
        Some((state, failure)) => {
            format!("{} · {}", called(state, &snapshot.seats, ""), text::trouble(failure.trouble))
        }
        None if snapshot.refreshing => format!("{} · asking now", first.provider.name),
        None => format!("{} · {}", first.provider.name, text::NOT_REPORTED),
    }
}

/// A release whose notes can be shown.
fn release(update: &UpdateReport) -> UpdateReport {
    let lines =
        |text: &Option<String>| text.as_deref().map(|text| foreign::lines(text).into_owned());
    UpdateReport {
        newest: lines(&update.newest),
        notes: lines(&update.notes),
        page: lines(&update.page),
        ..update.clone()
    }
}

fn card(
    state: &SeatState,
    snapshot: &UsageSnapshotBundle,
    context: &Context,
    extras: &Extras<'_>,
) -> Card {
    let label = |source: &SourceId| (extras.labels)(&state.seat.provider, source);
    let worst = choice::worst(&[state], context.display.metric, context);
    Card {
        seat: seat_id(state),
        provider: state.seat.provider.to_string(),
        name: state.provider.name.clone(),
        plan: state.plan.clone(),
        account: account_among(state, &snapshot.seats),
        badge: badge(state.origin).map(str::to_owned),
        worst: worst.map(|(_, seen)| seen.value.id.clone()),
        meters: state
            .windows
            .iter()
            .map(|seen| meter::of_window(seen, state, &label, context))
            .collect(),
        spend: state.spend.as_ref().map(|seen| meter::of_spend(seen, state, context)),
        lines: lines(state, context, extras),
        source: state.last_good.as_ref().map(|good| label(&good.via)),
        age: state.last_good.as_ref().map(|good| text::age(good.at, context)),
        observed_at: state.last_good.as_ref().map(|good| good.at),
        next: next(state, snapshot.refreshing, context),
        trouble: state.failure.as_ref().map(|failure| TroubleStrip {
            service: (extras.service)(&state.seat.provider)
                .and_then(|status| text::service(&status)),
            ..trouble(failure, state, context)
        }),
        attempts: state
            .attempts
            .iter()
            .map(|attempt| attempt_line(attempt, &label, context))
            .collect(),
        dashboard: state.provider.dashboard.clone(),
    }
}

/// `provider/account`, stable.
pub(crate) fn seat_id(state: &SeatState) -> String {
    format!("{}/{}", state.seat.provider, state.seat.account)
}

/// E-mail address and organisation, as far as known.
pub(crate) fn account(state: &SeatState) -> Option<String> {
    let account = state.account.as_ref()?;
    let parts: Vec<_> =
        [account.email.as_deref(), account.org.as_deref()].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// The account, with its key where another seat of the provider has the same or none.
fn account_among(state: &SeatState, all: &[SeatState]) -> Option<String> {
    let own = account(state);
    let alike =
        |other: &&SeatState| other.seat.provider == state.seat.provider && account(other) == own;
    if all.iter().filter(alike).count() < 2 {
        return own;
    }
    let key = foreign::name(&state.seat.account.to_string());
    Some(own.map_or_else(|| key.clone(), |own| format!("{own} · {key}")))
}

/// What a seat is called among all: its provider's name, with the account where the provider has several.
pub(crate) fn seat_name(state: &SeatState, all: &[SeatState]) -> String {
    let badge = badge(state.origin).map(|badge| format!(" ({badge})")).unwrap_or_default();
    called(state, all, &badge)
}

fn called(state: &SeatState, all: &[SeatState], badge: &str) -> String {
    let name = &state.provider.name;
    if all.iter().filter(|other| other.seat.provider == state.seat.provider).count() < 2 {
        return format!("{name}{badge}");
    }
    let login =
        account_among(state, all).unwrap_or_else(|| foreign::name(&state.seat.account.to_string()));
    format!("{name}{badge} · {login}")
}

/// The same for a seat that may not be there any more.
pub(crate) fn name_among(seat: &Seat, provider: &ProviderInfo, all: &[SeatState]) -> String {
    let state = all.iter().find(|state| state.seat == *seat && state.origin != Origin::Simulated);
    state.map_or_else(
        || foreign::name(&provider.name),
        |state| foreign::shown(&called(state, all, "")).into_owned(),
    )
}

/// The word that tells numbers apart that are not live.
pub(crate) const fn badge(origin: Origin) -> Option<&'static str> {
    match origin {
        Origin::Live => None,
        Origin::Demo => Some("demo"),
        Origin::Simulated => Some("simulated"),
    }
}

/// Single facts: balance, resets by hand, a limit that the vendor calls reached.
pub(crate) fn lines(state: &SeatState, context: &Context, extras: &Extras<'_>) -> Vec<Line> {
    let line = |label: &str, value: String| Line { label: label.to_owned(), value };
    let reached = state.limit_reached.then(|| line("Limit", "reached, says the vendor".to_owned()));
    let credits = state.credits.iter().enumerate().map(|(nth, seen)| {
        let credits = &seen.value;
        let name = match (&credits.name, credits.unit) {
            (Some(name), _) => format!("Credits · {name}"),
            (None, CreditUnit::Money(currency)) if nth > 0 => format!("Credits · {currency}"),
            (None, _) => "Credits".to_owned(),
        };
        line(&name, text::credits(credits, context))
    });
    let resets = state
        .reset_credits
        .as_ref()
        .map(|seen| line("Resets by hand", text::saved_resets(&seen.value, context)));
    let today = (extras.today)(&state.seat).map(|words| line("Today", words));
    reached.into_iter().chain(credits).chain(resets).chain(today).collect()
}

fn next(state: &SeatState, refreshing: bool, context: &Context) -> Option<String> {
    if refreshing {
        return Some("asking now".to_owned());
    }
    let at = state.next_poll.filter(|at| *at > context.now)?;
    Some(format!("asks again {}", text::moment(at, context)))
}

/// When it is tried again, where time alone can help: `next try 14:32`.
pub(crate) fn next_try(failure: &Failure, state: &SeatState, context: &Context) -> Option<String> {
    let at = state
        .next_poll
        .filter(|at| *at > context.now && !failure.trouble.waits_for_credential())?;
    Some(format!("next try {}", text::moment(at, context)))
}

fn trouble(failure: &Failure, state: &SeatState, context: &Context) -> TroubleStrip {
    let title = text::trouble(failure.trouble);
    let stands = match &state.last_good {
        Some(good) if state.has_numbers() => {
            format!("last numbers {}", text::old(good.at, context))
        }
        _ => "no numbers yet".to_owned(),
    };
    let after: Vec<_> = next_try(failure, state, context).into_iter().chain([stands]).collect();
    let what =
        text::sentence(if failure.detail.trim().is_empty() { title } else { &failure.detail });
    TroubleStrip {
        code: failure.trouble.code().to_owned(),
        title: title.to_owned(),
        detail: format!("{what} {}", text::sentence(&after.join(", "))),
        remedy: text::sentence(&failure.remedy),
        service: None,
        shape: failure.shape.clone(),
    }
}

fn attempt_line(
    attempt: &Attempt,
    label: &dyn Fn(&SourceId) -> String,
    context: &Context,
) -> AttemptLine {
    let outcome = match &attempt.result {
        AttemptResult::Answered => format!("answered {}", text::age(attempt.at, context)),
        AttemptResult::Failed { trouble, detail } if detail.trim().is_empty() => {
            text::trouble(*trouble).to_owned()
        }
        AttemptResult::Failed { trouble, detail } => {
            format!("{}: {}", text::trouble(*trouble), text::sentence(detail))
        }
        AttemptResult::Skipped { why, until, trouble } => {
            let limited = matches!(trouble, None | Some(Trouble::RateLimited));
            let reason = match why {
                Skip::Floor => "asked only a short while ago",
                Skip::ServerPause if limited => "the vendor asked to wait",
                Skip::ServerPause => "resting after a failure",
                Skip::FailurePause => "resting after repeated failure",
                Skip::TurnedOff => "turned off in the settings",
                Skip::Offline => "not asked, because this run is offline",
                Skip::OtherAccount => "signed in to another account",
                Skip::LoginChanged => "the login changed while it was asked",
            };
            let said = limited && *why == Skip::ServerPause;
            let last = trouble.filter(|_| !said);
            let last = last.map(|last| format!(" ({})", text::trouble(last))).unwrap_or_default();
            let until = until
                .filter(|at| *at > context.now)
                .map(|at| format!(", next try {}", text::moment(at, context)));
            format!("{reason}{last}{}", until.unwrap_or_default())
        }
    };
    AttemptLine {
        source: label(&attempt.source),
        outcome,
        ok: attempt.result == AttemptResult::Answered,
    }
}

#[cfg(test)]
mod tests;
