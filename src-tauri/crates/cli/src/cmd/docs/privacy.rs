//! The privacy ledger: every host that is asked, and every folder that is written, made from the tables that the program works by.

use super::{MADE, cell};
use claudometer_host::{Environment, paths::Paths};
use claudometer_ledger::prices;
use claudometer_provider::{Provider, Source, status};
use std::{collections::BTreeMap, fmt::Write as _, path::Path};

/// Where releases are read.
const RELEASES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/releases");
/// A person, for the places of files.
const HOME: &str = "/home/you";

/// What is asked of a host, and when.
type Questions = BTreeMap<String, Vec<String>>;

pub(super) fn page(all: &[&Provider]) -> String {
    let mut text = format!(
        "{MADE}# Privacy ledger\n\nEvery host that Claudometer asks, and every place where it keeps something. There is no server of ours, no telemetry and no\nreport of crashes. A provider is asked only if its login was found on your machine or typed by you, with that login and nothing\nelse of yours; what each of its sources reads stands on the page of [providers](providers.md).\n\n## Hosts\n\n| host | asked for | when |\n|---|---|---|\n"
    );
    for (host, questions) in questions(all) {
        for question in questions {
            writeln!(text, "| {host} | {question} |").ok(); // writing to a String cannot fail
        }
    }
    text.push_str(
        "\nA [provider of your own](own-provider.md) is asked at the address that you wrote. Assistants that are started to be asked, such as\nan app server, ask their vendors in their own name.\n\n## Places\n\n| place | what is kept there |\n|---|---|\n",
    );
    for (place, what) in places() {
        writeln!(text, "| {} | {what} |", cell(&place)).ok(); // as above
    }
    text.push_str(
        "\nAll follow the XDG variables. What other programs keep is read and never changed, but for the status line of an assistant, when you\ninstall the bridge. A folder for [machines in step](history.md) is written only if you name one.\n",
    );
    text
}

fn questions(all: &[&Provider]) -> Questions {
    let mut found = Questions::new();
    let mut ask = |host: &str, what: String| found.entry(host.to_owned()).or_default().push(what);
    for provider in all {
        for spec in provider.sources.iter().map(|source| Source::spec(*source)) {
            let often = format!("at most every {} s", spec.cadence.floor_s);
            let when = if spec.opt_in { format!("only if you turn it on, {often}") } else { often };
            for host in hosts(spec.sends) {
                ask(host, format!("{}, by {} | {when}", provider.name, spec.label));
            }
        }
        if let Some(page) = provider.status {
            let floor = status::FLOOR.num_seconds();
            ask(
                host_of(page.url),
                format!(
                    "the status page of {} | when it fails, or you ask, at most every {floor} s",
                    provider.name
                ),
            );
        }
        if let Some(device) = provider.device {
            for url in [device.code_url, device.token_url] {
                ask(
                    host_of(url),
                    format!("a sign-in to {} with a code | only when you begin one", provider.name),
                );
            }
        }
    }
    ask(
        host_of(RELEASES),
        "Claudometer's newer releases | once a day, unless you turn it off; the file when you install one".into(),
    );
    ask(
        host_of(prices::TABLE),
        "a public price list | once a day, only if you turn it on, or when you ask".into(),
    );
    for asked in found.values_mut() {
        asked.dedup();
    }
    found
}

/// The hosts in a sentence of what is sent.
fn hosts(sends: &str) -> impl Iterator<Item = &str> {
    let asks = sends.starts_with("Asks ") && !sends.starts_with("Asks nobody");
    let words = sends.split_whitespace().filter(move |_| asks);
    let bare = words.map(|word| word.trim_matches(|sign: char| !sign.is_ascii_alphanumeric()));
    bare.filter(|word| {
        let plain = |letter: u8| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || b".-".contains(&letter)
        };
        word.rsplit_once('.').is_some_and(|(_, end)| end.len() > 1) && word.bytes().all(plain)
    })
}

fn host_of(url: &str) -> &str {
    url.trim_start_matches("https://").split('/').next().unwrap_or_default()
}

fn places() -> [(String, &'static str); 10] {
    let paths = Paths::of(&Environment::of(
        HOME,
        [("XDG_RUNTIME_DIR".to_owned(), "/run/user/you".to_owned())],
    ));
    let shown = |path: &Path| format!("`{}`", path.display().to_string().replace(HOME, "~"));
    [
        (
            "your keyring, entries *claudometer*".to_owned(),
            "keys that you typed, with \"remember\" on; else they stay in memory",
        ),
        (shown(&paths.settings()), "settings; no secret"),
        (
            shown(&paths.snapshot()),
            "the last numbers, pauses and notices, so that a start asks nobody twice",
        ),
        (shown(&paths.passive()), "the limits that an assistant handed to its status line"),
        (shown(&paths.logs()), "logs of a week; no secret, no answer"),
        (shown(&paths.limits()), "each limit over time"),
        (
            shown(&paths.history()),
            "the history of use: times, counts of tokens, names of models, sessions, folders and branches; no prompt and no answer",
        ),
        (shown(&paths.backups()), "copies of it"),
        (shown(&paths.prices()), "the price list that was fetched"),
        (
            shown(&paths.socket()),
            "the socket between tray, window and terminal, for your user only",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_provider::SourceSpec;

    #[test]
    fn every_host_of_every_source_and_status_page_stands_in_the_ledger() {
        let all = claudometer_providers::ALL;
        let text = page(all);
        let specs = all.iter().flat_map(|provider| provider.sources).map(|source| source.spec());
        assert!(!text.contains("|  |"), "a place without a name");
        let asked = specs.filter_map(SourceSpec::host);
        let pages = all.iter().filter_map(|provider| provider.status).map(|page| host_of(page.url));
        for host in asked.chain(pages) {
            assert!(text.contains(&format!("| {host} |")), "{host}");
        }
    }

    #[test]
    fn a_sentence_names_all_of_its_hosts_and_nothing_else() {
        let found: Vec<&str> =
            hosts("Asks api.a.example (for a key of b.example), as v. 2, for e.g. usage.")
                .collect();
        assert_eq!(found, ["api.a.example", "b.example"]);
        assert_eq!(hosts("Asks nobody itself; a.exe asks.").count(), 0);
        assert_eq!(hosts("Its file a.b is read.").count(), 0);
    }
}
