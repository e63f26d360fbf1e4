//! The report that explains every trouble, as a page of text.

use crate::foreign;
use chrono::{DateTime, Utc};
use claudometer_wire::diagnosis::{AccountDiagnosis, Diagnosis, ProviderDiagnosis};
use std::fmt::{self, Write as _};

/// A clock that is this far off makes resets and expiries wrong.
const TOLERABLE_S: i64 = 30;

/// The page. Providers of which nothing was found are named in one line.
pub fn page(diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    write_page(diagnosis, &mut text).ok(); // writing to a String cannot fail
    foreign::lines(&text).into_owned()
}

fn write_page(it: &Diagnosis, text: &mut String) -> fmt::Result {
    let at = it.generated_at.format("%Y-%m-%d %H:%M:%SZ");
    writeln!(text, "Claudometer {} on {}, {at}", it.version, it.system)?;
    for variable in &it.environment {
        let value = variable.value.as_deref().unwrap_or("not set");
        writeln!(text, "  {}: {value}", variable.name)?;
    }
    if let Some(origin) = &it.test_origin {
        writeln!(text, "  TEST ORIGIN in use: {origin}. Numbers are not the vendors'.")?;
    }
    writeln!(text, "\nTray: {}", it.tray.as_deref().unwrap_or("shown"))?;
    writeln!(text, "Keyring: {}", it.keyring_words)?;
    if let Some(remark) = &it.updates {
        writeln!(text, "Updates: {remark}")?;
    }
    for place in &it.places {
        writeln!(text, "{}: {}", place.what, place.path)?;
    }
    for remark in &it.settings_remarks {
        writeln!(text, "  {remark}")?;
    }
    write_network(it, text)?;
    let there =
        |one: &&ProviderDiagnosis| one.active || !one.found.is_empty() || !one.accounts.is_empty();
    for provider in it.providers.iter().filter(there) {
        write_provider(provider, text)?;
    }
    let absent: Vec<&str> =
        it.providers.iter().filter(|one| !there(one)).map(|one| one.name.as_str()).collect();
    if !absent.is_empty() {
        writeln!(text, "\nNothing found of {}.", absent.join(", "))?;
    }
    write_gates(it, text)?;
    write_logs(it, text)
}

fn write_logs(it: &Diagnosis, text: &mut String) -> fmt::Result {
    if it.logs.is_empty() {
        return Ok(());
    }
    writeln!(text, "\nLogs in the history:")?;
    for log in &it.logs {
        let size = log.bytes as f64 / (1024.0 * 1024.0);
        writeln!(text, "  {}: {} files, {size:.1} MiB", log.name, log.files)?;
        if log.malformed + log.undated > 0 {
            let (odd, late) = (log.malformed, log.undated);
            writeln!(
                text,
                "    {odd} records cannot be read, {late} have no time; they count nothing:"
            )?;
        }
        for file in &log.odd_files {
            writeln!(text, "    {file}")?;
        }
        for place in &log.unreadable {
            writeln!(text, "    cannot be read: {place}")?;
        }
    }
    Ok(())
}

fn write_network(it: &Diagnosis, text: &mut String) -> fmt::Result {
    if it.endpoints.is_empty() {
        return writeln!(text, "Network: nobody was asked.");
    }
    writeln!(text, "Network:")?;
    for endpoint in &it.endpoints {
        let outcome = match &endpoint.problem {
            Some(problem) => format!("NOT reached: {problem}"),
            None => format!("reached in {} ms", endpoint.milliseconds),
        };
        writeln!(text, "  {}: {outcome}", endpoint.host)?;
    }
    match it.clock_ahead_seconds {
        None => writeln!(text, "  Clock: no vendor told the time."),
        Some(ahead) if ahead.abs() <= TOLERABLE_S => {
            writeln!(text, "  Clock: agrees with the vendors'.")
        }
        Some(ahead) => {
            let (by, side) = (ahead.abs(), if ahead > 0 { "ahead of" } else { "behind" });
            writeln!(
                text,
                "  Clock: {by} s {side} the vendors'. Resets and expiries are shown wrong; let the system set its clock."
            )
        }
    }
}

fn write_provider(provider: &ProviderDiagnosis, text: &mut String) -> fmt::Result {
    let found = match provider.found.as_slice() {
        [] => "nothing found".to_owned(),
        places => places.join(", "),
    };
    let on = if provider.active { "on" } else { "off" };
    writeln!(text, "\n{} ({on}): {found}", provider.name)?;
    for source in &provider.sources {
        let usable = if source.usable { "usable" } else { "not usable now" };
        let opt_in = if source.opt_in { ", off until you turn it on" } else { "" };
        writeln!(text, "  source {}: {usable}{opt_in}", source.id)?;
    }
    if let Some(retention) = &provider.log_retention {
        writeln!(text, "  {retention}")?;
    }
    provider.accounts.iter().try_for_each(|account| write_account(account, text))
}

fn time(at: DateTime<Utc>) -> impl fmt::Display {
    at.format("%H:%M:%SZ")
}

fn write_account(account: &AccountDiagnosis, text: &mut String) -> fmt::Result {
    writeln!(text, "  account {}", account.account)?;
    match (account.observed_at, &account.source) {
        (Some(at), Some(source)) => writeln!(text, "    last numbers {} by {source}", time(at))?,
        _ => writeln!(text, "    no numbers yet")?,
    }
    if let Some(at) = account.next_look_at {
        writeln!(text, "    next look {}", time(at))?;
    }
    if let (Some(code), Some(since)) = (&account.trouble, account.trouble_since) {
        let words = account.trouble_words.as_deref().unwrap_or_default();
        writeln!(text, "    {code} since {}: {words}", time(since))?;
    }
    if let Some(shape) = &account.shape {
        writeln!(text, "    shape: {shape}")?;
    }
    for attempt in &account.attempts {
        writeln!(
            text,
            "    tried {} at {}: {}",
            attempt.source,
            time(attempt.at),
            attempt.outcome
        )?;
    }
    Ok(())
}

fn write_gates(it: &Diagnosis, text: &mut String) -> fmt::Result {
    writeln!(text, "\nGates:")?;
    for gate in &it.gates {
        let state = gate
            .closed_until
            .map_or_else(|| "open".to_owned(), |until| format!("closed until {}", time(until)));
        let asked = gate
            .asked_at
            .map_or_else(|| "never asked".to_owned(), |at| format!("asked {}", time(at)));
        writeln!(text, "  {}: {state}, {asked}, {} failures in a row", gate.key, gate.failures)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_wire::diagnosis::{
        AttemptDiagnosis, Endpoint, GateDiagnosis, Place, SourceDiagnosis, Variable,
    };

    fn diagnosis() -> Diagnosis {
        let at = |minute: i64| DateTime::from_timestamp(1_789_473_600 + minute * 60, 0);
        let text = |text: &str| Some(text.to_owned());
        let account = AccountDiagnosis {
            account: "0a1b".into(),
            observed_at: at(-9),
            source: text("login"),
            next_look_at: at(3),
            trouble: text("rate_limited"),
            trouble_since: at(-4),
            trouble_words: text("The vendor asks to wait. Nothing to do."),
            shape: None,
            attempts: vec![AttemptDiagnosis {
                source: "login".into(),
                at: at(-4).unwrap_or_default(),
                outcome: "rate_limited: the vendor asks to wait".into(),
            }],
        };
        let provider = |name: &str, accounts: Vec<AccountDiagnosis>| ProviderDiagnosis {
            id: name.to_lowercase(),
            name: name.into(),
            active: !accounts.is_empty(),
            found: accounts.iter().map(|_| "~/.acme/login".to_owned()).collect(),
            sources: vec![
                SourceDiagnosis { id: "login".into(), usable: true, opt_in: false },
                SourceDiagnosis { id: "page".into(), usable: false, opt_in: true },
            ],
            accounts,
            log_retention: text("It deletes its transcripts after 30 days."),
        };
        Diagnosis {
            version: "1.2.3".into(),
            system: "linux x86_64".into(),
            generated_at: at(0).unwrap_or_default(),
            environment: vec![
                Variable { name: "LANG".into(), value: text("en_US.UTF-8") },
                Variable { name: "HTTPS_PROXY".into(), value: None },
            ],
            keyring_words: "The keyring answers.".into(),
            places: vec![Place { what: "Settings".into(), path: "~/.config/x".into() }],
            providers: vec![provider("Acme", vec![account]), provider("Zeta", vec![])],
            gates: vec![GateDiagnosis {
                key: "acme/login/0a1b".into(),
                closed_until: at(3),
                asked_at: at(-4),
                failures: 1,
            }],
            endpoints: vec![
                Endpoint {
                    host: "api.acme.example".into(),
                    reachable: true,
                    milliseconds: 31,
                    problem: None,
                },
                Endpoint {
                    host: "zeta.example".into(),
                    reachable: false,
                    milliseconds: 5000,
                    problem: text("no connection to the vendor could be made"),
                },
            ],
            clock_ahead_seconds: Some(-95),
            ..Diagnosis::default()
        }
    }

    #[test]
    fn the_page_explains_what_is_there_what_was_tried_and_what_is_waited_for() {
        insta::assert_snapshot!(page(&diagnosis()));
    }

    #[test]
    fn a_clock_that_agrees_and_a_network_that_nobody_asked_are_said() {
        let mut it = diagnosis();
        it.clock_ahead_seconds = Some(3);
        assert!(page(&it).contains("Clock: agrees"));
        it.clock_ahead_seconds = None;
        assert!(page(&it).contains("no vendor told the time"));
        it.endpoints.clear();
        assert!(page(&it).contains("nobody was asked"));
    }
}
