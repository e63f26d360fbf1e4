//! A source that is another program's own report: it is started, and what it prints is read.

use crate::{Ask, FetchError, Fingerprint, Found, Report, Source, SourceSpec, key};
use claudometer_core::{ProviderId, Seat, Trouble, settings::ProviderSettings};
use claudometer_host::{
    Host,
    process::{Command, ProcessError},
};
use futures::{FutureExt as _, future::BoxFuture};
use std::{path::PathBuf, time::Duration};

/// How long a report may take.
const WITHIN: Duration = Duration::from_secs(20);

/// A program that reports usage by itself. It is asked only where it is installed and has been signed in to.
#[derive(Debug)]
pub struct Program {
    /// What it is.
    pub spec: SourceSpec,
    /// Its provider.
    pub provider: ProviderId,
    /// Its name on the search path.
    pub name: &'static str,
    /// What it is asked for; never an answer of a model.
    pub args: &'static [&'static str],
    /// The file that holds its login, or the folder that only a login makes. Who borrows the login itself reads the same account.
    pub login: fn(&Host) -> PathBuf,
    /// Reads what it prints.
    pub read: fn(&str, &Host) -> Result<Report, FetchError>,
}

impl Program {
    fn find(&self, host: &Host) -> Result<PathBuf, FetchError> {
        let none =
            || FetchError::local(Trouble::AuthMissing, format!("{} is not installed.", self.name));
        host.processes.find_program(self.name).ok_or_else(none)
    }
}

impl Source for Program {
    fn spec(&self) -> &SourceSpec {
        &self.spec
    }

    fn discover<'a>(
        &'a self,
        _: &'a ProviderSettings,
        host: &'a Host,
    ) -> BoxFuture<'a, Vec<Found>> {
        async move {
            let login = (self.login)(host);
            if host.files.entry(&login).is_none() || self.find(host).is_err() {
                return Vec::new();
            }
            let place = host.tilde(&login);
            let seat =
                Seat { provider: self.provider.clone(), account: key::account_at(&place, 0) };
            vec![Found { seat, account: None, place, home: None }]
        }
        .boxed()
    }

    fn watched(&self, host: &Host) -> Vec<PathBuf> {
        vec![(self.login)(host)]
    }

    fn credential<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>> {
        async move {
            let program = self.find(ask.host)?;
            Ok(Fingerprint::of_name(&program.display().to_string()))
        }
        .boxed()
    }

    fn fetch<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>> {
        async move {
            let command = Command::new(self.find(ask.host)?)
                .args(self.args)
                .env("NO_COLOR", "1")
                .timeout(WITHIN);
            let printed =
                ask.host.processes.run(command).await.map_err(|error| failed(self.name, &error))?;
            let text = String::from_utf8_lossy(&printed.stdout);
            (self.read)(&plain(&text), ask.host)
        }
        .boxed()
    }
}

fn failed(name: &str, error: &ProcessError) -> FetchError {
    FetchError::new(Trouble::UpstreamDown, format!("{name} gave no report: {error}."))
}

/// Without the sequences that colour a terminal.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\x1b' {
            plain.push(letter);
        } else if letters.next() == Some('[') {
            letters.by_ref().find(|letter| matches!(letter, '\x40'..='\x7e'));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_no_part_of_a_report() {
        assert_eq!(plain("\x1b[1;32m35%\x1b[0m left\x1b7 \x1b[2K"), "35% left ");
        assert_eq!(plain("plain"), "plain");
        assert_eq!(plain("cut \x1b[3"), "cut ");
    }
}
