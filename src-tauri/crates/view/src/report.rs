//! The snapshot for scripts: raw numbers, in the order and under the names in which people see them.

use crate::{Context, Extras, cards, meter};
use claudometer_core::{Credits, SeatState, Seen, Spend, UsageSnapshotBundle, Window};
use claudometer_wire::{
    Fresh,
    report::{
        AccountReport, CreditsReport, Report, SCHEMA_VERSION, SpendReport, TroubleReport,
        WindowReport,
    },
};

/// The snapshot as `usage --json` prints it.
pub fn report(snapshot: &UsageSnapshotBundle, context: &Context, extras: &Extras<'_>) -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        generated_at: context.now,
        demo: extras.demo,
        remarks: extras.remarks.clone(),
        accounts: snapshot.seats.iter().map(|state| account(state, context)).collect(),
    }
}

fn account(state: &SeatState, context: &Context) -> AccountReport {
    let good = state.last_good.as_ref();
    AccountReport {
        seat: cards::seat_id(state),
        provider: state.seat.provider.to_string(),
        name: state.provider.name.clone(),
        plan: state.plan.clone(),
        account: cards::account(state),
        observed_at: good.map(|good| good.at),
        age_seconds: good.map(|good| (context.now - good.at).num_seconds().max(0)),
        source: good.map(|good| good.via.to_string()),
        limit_reached: state.limit_reached,
        windows: state.windows.iter().map(|seen| window(seen, state, context)).collect(),
        credits: own_balance(state).map(credits),
        balances: state.credits.iter().map(|seen| credits(&seen.value)).collect(),
        spend: state.spend.as_ref().map(|seen| spend(&seen.value)),
        reset_credits: state.reset_credits.as_ref().map(|seen| seen.value.left),
        reset_credits_end_at: state.reset_credits.as_ref().and_then(|seen| seen.value.ends_at),
        trouble: state.failure.as_ref().map(|failure| TroubleReport {
            code: failure.trouble.code().to_owned(),
            detail: failure.detail.clone(),
            remedy: failure.remedy.clone(),
            since: failure.since,
        }),
        next_poll_at: state.next_poll,
    }
}

/// The account's own balance, else the first of another's that is one.
fn own_balance(state: &SeatState) -> Option<&Credits> {
    let all = || state.credits.iter().map(|seen| &seen.value);
    all().find(|it| it.name.is_none()).or_else(|| all().find(|it| it.balance.is_some()))
}

fn window(seen: &Seen<Window>, state: &SeatState, context: &Context) -> WindowReport {
    let meter = meter::of_window(seen, state, &|source| source.to_string(), context);
    let in_seconds = |at: chrono::DateTime<chrono::Utc>| (at - context.now).num_seconds();
    WindowReport {
        id: meter.id,
        kind: seen.value.kind.code().to_owned(),
        label: meter.label,
        model: seen.value.scope.model.clone(),
        used_percent: meter.used,
        left_percent: meter.used.map(|used| (100.0 - used).clamp(0.0, 100.0)),
        unlimited: meter.unlimited,
        expected_percent: meter.expected,
        projected_percent: meter.projected,
        resets_at: meter.resets_at,
        resets_in_seconds: meter.resets_at.map(in_seconds).filter(|seconds| *seconds >= 0),
        window_minutes: meter.minutes,
        observed_at: seen.stamp.at,
        source: seen.stamp.via.to_string(),
        stale: meter.fresh == Fresh::Stale,
        rolled_over: meter.fresh == Fresh::RolledOver,
    }
}

fn credits(credits: &Credits) -> CreditsReport {
    CreditsReport {
        name: credits.name.clone(),
        balance: credits.balance.map(|amount| amount.to_string()),
        used: credits.used.map(|amount| amount.to_string()),
        unit: credits.unit.to_string(),
        unlimited: credits.unlimited,
        expires_at: credits.expires_at,
    }
}

fn spend(spend: &Spend) -> SpendReport {
    SpendReport {
        used: spend.used.to_string(),
        limit: spend.limit.map(|amount| amount.to_string()),
        currency: spend.currency.clone(),
        used_percent: spend.used_percent.map(claudometer_core::Percent::get),
        resets_at: spend.resets_at,
    }
}
