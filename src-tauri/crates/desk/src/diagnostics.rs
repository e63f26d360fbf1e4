//! What explains every trouble: what is there, what was tried, what is waited for. Redacted.

use crate::{
    desk::{Desk, held},
    forms,
    reach::reach,
};
use claudometer_core::{AttemptResult, SeatState};
use claudometer_host::{redact, secrets::Availability};
use claudometer_provider::Provider;
use claudometer_view::diagnosis;
use claudometer_wire::{
    ProviderForm,
    diagnosis::{
        AccountDiagnosis, AttemptDiagnosis, Diagnosis, GateDiagnosis, Place, ProviderDiagnosis,
        SourceDiagnosis, Variable,
    },
    report::SCHEMA_VERSION,
};

/// Variables whose values matter and hold no secret.
const SHOWN: [&str; 5] = ["XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE", "LC_ALL", "LC_TIME", "LANG"];
/// Variables whose values may hold a password.
const NAMED: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/// The report as text, without secrets, names of people, or the home folder.
pub async fn report(desk: &Desk) -> String {
    redact::scrub(&diagnosis::page(&diagnose(desk).await)).into_owned()
}

/// The same as fields. Vendors' hosts are asked for nothing, without any login, to see whether they can be reached.
pub async fn diagnose(desk: &Desk) -> Diagnosis {
    let inner = &desk.0;
    let keyring = inner.host.secrets.availability().await;
    let (remarks, overrides) = {
        let file = held(&inner.settings);
        (file.remarks().to_vec(), file.overrides().to_vec())
    };
    let overridden =
        overrides.into_iter().map(|one| format!("{} is overridden by {}.", one.path, one.by));
    let (endpoints, clock_ahead_seconds) = reach(desk).await;
    let providers = providers(desk).await;
    let tray = held(&inner.tray_remark).clone();
    let found = Diagnosis {
        schema_version: SCHEMA_VERSION,
        version: inner.version.clone(),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        generated_at: inner.host.now(),
        resident: inner.role == crate::Role::Resident,
        environment: variables(desk),
        test_origin: inner.host.http.test_origin().map(str::to_owned),
        tray,
        updates: desk.updates_remark(),
        keyring: code(keyring).to_owned(),
        keyring_words: keyring.sentence().to_owned(),
        places: places(desk),
        settings_remarks: remarks.into_iter().chain(overridden).collect(),
        providers,
        gates: gates(desk),
        endpoints,
        clock_ahead_seconds,
        logs: Vec::new(),
    };
    scrubbed(&found)
}

/// Every text through the redactor, as anything that leaves.
/// The same without anything that could name a person or a secret.
pub fn scrubbed(found: &Diagnosis) -> Diagnosis {
    let text = serde_json::to_string(found).unwrap_or_default();
    serde_json::from_str(&redact::scrub(&text)).unwrap_or(Diagnosis {
        settings_remarks: vec!["The report could not be redacted, so it is left out.".to_owned()],
        ..Diagnosis::default()
    })
}

const fn code(keyring: Availability) -> &'static str {
    match keyring {
        Availability::Available => "available",
        Availability::Locked => "locked",
        Availability::Absent => "absent",
        Availability::Refused => "refused",
        Availability::MemoryOnly => "memory_only",
    }
}

fn variables(desk: &Desk) -> Vec<Variable> {
    let env = &desk.0.host.env;
    let shown = SHOWN.iter().map(|name| (*name, env.get(name).map(str::to_owned)));
    let named = NAMED.iter().map(|name| {
        let set = env.get(name).or_else(|| env.get(&name.to_ascii_lowercase())).is_some();
        (*name, set.then(|| "set".to_owned()))
    });
    shown.chain(named).map(|(name, value)| Variable { name: name.to_owned(), value }).collect()
}

fn places(desk: &Desk) -> Vec<Place> {
    let inner = &desk.0;
    let all = [
        ("Settings", inner.paths.settings()),
        ("State", inner.paths.state.clone()),
        ("Logs", inner.paths.logs()),
        ("Socket", inner.paths.socket()),
    ];
    let place = |(what, path): (&str, std::path::PathBuf)| Place {
        what: what.to_owned(),
        path: inner.host.tilde(&path),
    };
    all.map(place).into()
}

async fn providers(desk: &Desk) -> Vec<ProviderDiagnosis> {
    let state = forms::settings_state(desk).await;
    let known = desk.providers();
    let provider_of = |form: &ProviderForm| known.iter().find(|one| one.id.as_str() == form.id);
    state.providers.iter().map(|form| provider(desk, form, provider_of(form).copied())).collect()
}

fn provider(desk: &Desk, form: &ProviderForm, known: Option<&Provider>) -> ProviderDiagnosis {
    let bundle = desk.snapshot();
    let seats = bundle.seats.iter().filter(|seat| seat.seat.provider.as_str() == form.id);
    let sources = form.sources.iter().map(|source| SourceDiagnosis {
        id: source.id.clone(),
        usable: source.available,
        opt_in: source.opt_in,
    });
    ProviderDiagnosis {
        id: form.id.clone(),
        name: form.name.clone(),
        active: form.active,
        found: form.found.clone(),
        sources: sources.collect(),
        accounts: seats.map(account).collect(),
        log_retention: known
            .filter(|_| !form.found.is_empty())
            .and_then(|known| (known.log_retention)(&desk.0.host)),
    }
}

fn account(seat: &SeatState) -> AccountDiagnosis {
    let failure = seat.failure.as_ref();
    let attempts = seat.attempts.iter().map(|attempt| AttemptDiagnosis {
        source: attempt.source.to_string(),
        at: attempt.at,
        outcome: outcome(&attempt.result),
    });
    AccountDiagnosis {
        account: seat.seat.account.to_string(),
        observed_at: seat.last_good.as_ref().map(|stamp| stamp.at),
        source: seat.last_good.as_ref().map(|stamp| stamp.via.to_string()),
        next_look_at: seat.next_poll,
        trouble: failure.map(|failure| failure.trouble.code().to_owned()),
        trouble_since: failure.map(|failure| failure.since),
        trouble_words: failure.map(|failure| format!("{} {}", failure.detail, failure.remedy)),
        shape: failure.and_then(|failure| failure.shape.clone()),
        attempts: attempts.collect(),
    }
}

fn outcome(result: &AttemptResult) -> String {
    match result {
        AttemptResult::Answered => "answered".to_owned(),
        AttemptResult::Skipped { why, until, trouble } => {
            let until =
                until.map(|at| format!(" until {}", at.format("%H:%M:%SZ"))).unwrap_or_default();
            let last = trouble.map(|last| format!(", after {}", last.code())).unwrap_or_default();
            format!("not asked: {why:?}{until}{last}")
        }
        AttemptResult::Failed { trouble, detail } => format!("{}: {detail}", trouble.code()),
    }
}

fn gates(desk: &Desk) -> Vec<GateDiagnosis> {
    let now = desk.0.host.now();
    let gates = desk.0.book.gates();
    let of = |(key, gate): (&str, &claudometer_core::gate::Gate)| GateDiagnosis {
        key: key.to_owned(),
        closed_until: [gate.closed_until, gate.failing_until]
            .into_iter()
            .flatten()
            .max()
            .filter(|until| *until > now),
        asked_at: gate.last_asked,
        failures: gate.streak,
    };
    gates.iter().map(of).collect()
}
