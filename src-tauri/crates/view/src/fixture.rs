//! Seats and contexts that the tests of this crate share: Tuesday 2026-09-15, noon, in a zone without offset.

use crate::{Context, Locale};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    AccountKey, Amount, CreditUnit, Credits, Failure, Percent, ProviderId, ProviderInfo, Scope,
    Seat, SeatState, Seen, SourceId, Spend, Stamp, Trouble, Window, WindowKind,
    settings::{Alerts, Display},
};

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_default()
}

pub(crate) fn context() -> Context {
    Context {
        now: at("2026-09-15T12:00:00Z"),
        offset_s: |_| 0,
        locale: Locale::posix(),
        display: Display::default(),
        alerts: Alerts::default(),
    }
}

pub(crate) fn ago(minutes: i64) -> DateTime<Utc> {
    context().now - TimeDelta::minutes(minutes)
}

pub(crate) fn window(id: &str, used: f64, resets_at: Option<&str>) -> Window {
    let (kind, minutes) = match id.split(':').next() {
        Some("session") => (WindowKind::Session, 300),
        _ => (WindowKind::Weekly, 10_080),
    };
    let model = id.split_once(':').map(|(_, model)| model.to_owned());
    Window {
        id: id.into(),
        kind,
        scope: Scope { model, ..Scope::default() },
        used: Percent::new(used),
        resets_at: resets_at.map(at),
        minutes: Some(minutes),
        unlimited: false,
    }
}

pub(crate) fn stamp(minutes: i64) -> Stamp {
    Stamp { at: ago(minutes), via: SourceId::new("login") }
}

pub(crate) fn seat(id: &'static str, name: &str, short: &str) -> SeatState {
    let id = ProviderId::new(id);
    let dashboard = format!("https://{id}.example/usage");
    let info = ProviderInfo { id: id.clone(), name: name.into(), short: short.into(), dashboard };
    SeatState::unknown(Seat { provider: id, account: AccountKey::new("default") }, info)
}

/// A seat with numbers of four minutes ago.
pub(crate) fn acme(windows: Vec<Window>) -> SeatState {
    let stamp = stamp(4);
    SeatState {
        plan: Some("Max 20x".into()),
        windows: windows.into_iter().map(|value| Seen { value, stamp: stamp.clone() }).collect(),
        last_good: Some(stamp),
        ..seat("acme", "Acme", "AC")
    }
}

/// Another provider's seat with two windows, credits and spend.
pub(crate) fn zeta() -> SeatState {
    let stamp = stamp(1);
    let seen = |value| Seen { value, stamp: stamp.clone() };
    SeatState {
        plan: Some("Plus".into()),
        windows: vec![
            seen(window("session", 12.0, Some("2026-09-15T16:30:00Z"))),
            seen(window("weekly", 81.0, Some("2026-09-18T09:00:00Z"))),
        ],
        credits: vec![Seen {
            value: Credits::left(Amount::cents(725), CreditUnit::Credits),
            stamp: stamp.clone(),
        }],
        spend: Some(Seen {
            value: Spend {
                used: Amount::cents(1_512),
                limit: Some(Amount::cents(5_000)),
                currency: "USD".into(),
                used_percent: Percent::new(30.24),
                resets_at: Some(at("2026-10-01T00:00:00Z")),
            },
            stamp: stamp.clone(),
        }),
        last_good: Some(stamp),
        ..seat("zeta", "Zeta", "ZE")
    }
}

pub(crate) fn failure(trouble: Trouble, minutes: i64) -> Failure {
    Failure {
        trouble,
        source: Some(SourceId::new("login")),
        detail: "The vendor asks to wait".into(),
        remedy: "Nothing to do: Claudometer asks again when the vendor allows it.".into(),
        since: ago(minutes + 10),
        at: ago(minutes),
        shape: None,
    }
}

pub(crate) fn label(_: &ProviderId, source: &SourceId) -> String {
    format!("the {source}")
}
