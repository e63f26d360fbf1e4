//! The report that explains every trouble: what is there, what was tried, what is waited for. Redacted.

use crate::{
    desk::{Desk, held},
    forms,
};
use claudometer_core::{AttemptResult, SeatState};
use claudometer_host::redact;
use std::fmt::Write as _;

/// The report as text, without secrets, names of people, or the home folder.
pub async fn report(desk: &Desk) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    write_all(desk, &mut text).await.ok();
    redact::scrub(&text).into_owned()
}

async fn write_all(desk: &Desk, text: &mut String) -> std::fmt::Result {
    let inner = &desk.0;
    let now = inner.host.now();
    writeln!(
        text,
        "Claudometer {} on {} {}, {}",
        inner.version,
        std::env::consts::OS,
        std::env::consts::ARCH,
        now.format("%Y-%m-%d %H:%M:%SZ")
    )?;
    for name in ["XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE", "LC_ALL", "LC_TIME", "LANG"] {
        writeln!(text, "  {name}: {}", inner.host.env.get(name).unwrap_or("not set"))?;
    }
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        let set = inner.host.env.get(name).is_some()
            || inner.host.env.get(&name.to_ascii_lowercase()).is_some();
        writeln!(text, "  {name}: {}", if set { "set" } else { "not set" })?;
    }
    if let Some(origin) = inner.host.http.test_origin() {
        writeln!(text, "  TEST ORIGIN in use: {origin}. Numbers are not the vendors'.")?;
    }
    let tray = held(&inner.tray_remark).clone();
    writeln!(text, "\nTray: {}", tray.as_deref().unwrap_or("shown"))?;
    let keyring = inner.host.secrets.availability().await;
    writeln!(text, "Keyring: {}", keyring.sentence())?;
    let places = [
        ("Settings", inner.paths.settings()),
        ("State", inner.paths.state.clone()),
        ("Logs", inner.paths.logs()),
        ("Socket", inner.paths.socket()),
    ];
    for (what, path) in places {
        writeln!(text, "{what}: {}", inner.host.tilde(&path))?;
    }
    let (remarks, overrides) = {
        let file = held(&inner.settings);
        (file.remarks().to_vec(), file.overrides().to_vec())
    };
    for remark in remarks {
        writeln!(text, "  {remark}")?;
    }
    for one in overrides {
        writeln!(text, "  {} is overridden by {}.", one.path, one.by)?;
    }
    write_providers(desk, text).await?;
    write_gates(desk, text)
}

async fn write_providers(desk: &Desk, text: &mut String) -> std::fmt::Result {
    let state = forms::settings_state(desk).await;
    for form in &state.providers {
        let found =
            if form.found.is_empty() { "nothing found".to_owned() } else { form.found.join(", ") };
        writeln!(text, "\n{} ({}): {found}", form.name, if form.active { "on" } else { "off" })?;
        for source in &form.sources {
            writeln!(
                text,
                "  source {}: {}",
                source.id,
                if source.available { "usable" } else { "not usable now" }
            )?;
        }
        let bundle = desk.snapshot();
        for seat in bundle.seats.iter().filter(|seat| seat.seat.provider.as_str() == form.id) {
            write_seat(seat, text)?;
        }
    }
    Ok(())
}

fn write_seat(seat: &SeatState, text: &mut String) -> std::fmt::Result {
    writeln!(text, "  account {}", seat.seat.account)?;
    match &seat.last_good {
        Some(stamp) => {
            writeln!(text, "    last numbers {} by {}", stamp.at.format("%H:%M:%SZ"), stamp.via)?;
        }
        None => writeln!(text, "    no numbers yet")?,
    }
    if let Some(next) = seat.next_poll {
        writeln!(text, "    next look {}", next.format("%H:%M:%SZ"))?;
    }
    if let Some(failure) = &seat.failure {
        writeln!(
            text,
            "    {} since {}: {} {}",
            failure.trouble.code(),
            failure.since.format("%H:%M:%SZ"),
            failure.detail,
            failure.remedy
        )?;
        if let Some(shape) = &failure.shape {
            writeln!(text, "    shape: {shape}")?;
        }
    }
    for attempt in &seat.attempts {
        let outcome = match &attempt.result {
            AttemptResult::Answered => "answered".to_owned(),
            AttemptResult::Skipped { why, until } => {
                let until = until
                    .map(|at| format!(" until {}", at.format("%H:%M:%SZ")))
                    .unwrap_or_default();
                format!("not asked: {why:?}{until}")
            }
            AttemptResult::Failed { trouble, detail } => format!("{}: {detail}", trouble.code()),
        };
        writeln!(
            text,
            "    tried {} at {}: {outcome}",
            attempt.source,
            attempt.at.format("%H:%M:%SZ")
        )?;
    }
    Ok(())
}

fn write_gates(desk: &Desk, text: &mut String) -> std::fmt::Result {
    let gates = desk.0.book.gates();
    let now = desk.0.host.now();
    writeln!(text, "\nGates:")?;
    for (key, gate) in gates.iter() {
        let closed = [gate.closed_until, gate.failing_until]
            .into_iter()
            .flatten()
            .max()
            .filter(|until| *until > now);
        let state = closed.map_or_else(
            || "open".to_owned(),
            |until| format!("closed until {}", until.format("%H:%M:%SZ")),
        );
        let asked = gate.last_asked.map_or_else(
            || "never asked".to_owned(),
            |at| format!("asked {}", at.format("%H:%M:%SZ")),
        );
        writeln!(text, "  {key}: {state}, {asked}, {} failures in a row", gate.streak)?;
    }
    Ok(())
}
