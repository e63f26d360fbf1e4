//! A machine in memory on which the sources of a real provider do what a test says, and a log of what they were asked.

use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    AccountKey, Coverage, Percent, Reading, Scope, Seat, Trouble, Window, WindowKind,
    settings::ProviderSettings,
};
use claudometer_desk::{Desk, Options, Role};
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, http::HttpError, paths::Paths,
};
use claudometer_provider::{
    Ask, FetchError, Fingerprint, Found, Provider, Report, Source, SourceSpec,
};
use claudometer_wire::{Command, report::Report as Told};
use futures::{FutureExt as _, future::BoxFuture};
use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex},
};

/// What a source does when it is asked.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// Answers with so many percent.
    Answer(u8),
    /// Ends in trouble.
    Trouble {
        /// What kind.
        kind: Trouble,
        /// Whether it found that out without asking anybody.
        local: bool,
        /// For how many seconds the vendor asks to wait.
        wish_s: Option<i64>,
    },
}

/// One question that was really asked.
#[derive(Debug, Clone)]
struct Asked {
    source: usize,
    login: u32,
    at: DateTime<Utc>,
    outcome: Outcome,
}

/// How a source stands on this machine.
#[derive(Debug, Clone)]
struct Standing {
    login: Option<u32>,
    outcome: Outcome,
    record: Option<DateTime<Utc>>,
}

#[derive(Debug, Default)]
struct Machine {
    sources: Vec<Standing>,
    logins: u32,
    log: Vec<Asked>,
    /// Whether any figure was ever told.
    told_figures: bool,
}

/// A source of a real provider whose answers a test decides. Only its description is the real one.
struct Played {
    nth: usize,
    real: &'static dyn Source,
    provider: &'static Provider,
    machine: Arc<Mutex<Machine>>,
    clock: Clock,
}

impl fmt::Debug for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Played({})", self.nth)
    }
}

fn reading(used: u8, as_of: Option<DateTime<Utc>>) -> Reading {
    let window = Window {
        id: "weekly".into(),
        kind: WindowKind::Weekly,
        scope: Scope::default(),
        used: Percent::new(used.into()),
        unlimited: false,
        resets_at: None,
        minutes: Some(10_080),
    };
    let coverage = if as_of.is_some() { Coverage::Partial } else { Coverage::Complete };
    Reading { windows: vec![window], as_of, ..Reading::empty(coverage) }
}

impl Played {
    fn standing(&self) -> Standing {
        self.machine.lock().unwrap().sources[self.nth].clone()
    }

    fn answer(&self) -> Result<Report, FetchError> {
        let standing = self.standing();
        if self.spec().passive {
            let none = || FetchError::local(Trouble::NoData, "Nothing was recorded.");
            return standing.record.map(|at| reading(30, Some(at)).into()).ok_or_else(none);
        }
        let asked = Asked {
            source: self.nth,
            login: standing.login.unwrap(),
            at: self.clock.now(),
            outcome: standing.outcome.clone(),
        };
        self.machine.lock().unwrap().log.push(asked);
        match standing.outcome {
            Outcome::Answer(used) => Ok(reading(used, None).into()),
            Outcome::Trouble { kind, local: true, .. } => Err(FetchError::local(kind, "Here.")),
            Outcome::Trouble { kind, local: false, wish_s } => Err(FetchError {
                retry_after: wish_s.map(TimeDelta::seconds),
                ..FetchError::new(kind, "There.")
            }),
        }
    }
}

impl Source for Played {
    fn spec(&self) -> &SourceSpec {
        self.real.spec()
    }

    fn discover<'a>(&'a self, _: &'a ProviderSettings, _: &'a Host) -> BoxFuture<'a, Vec<Found>> {
        let standing = self.standing();
        let there =
            if self.spec().passive { standing.record.is_some() } else { standing.login.is_some() };
        let seat = Seat { provider: self.provider.id.clone(), account: AccountKey::new("default") };
        let found = there.then(|| Found::at(seat, "here".into()));
        async move { found.into_iter().collect() }.boxed()
    }

    fn watched(&self, _: &Host) -> Vec<PathBuf> {
        Vec::new()
    }

    fn credential<'a>(&'a self, _: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>> {
        let standing = self.standing();
        let print = match standing.login {
            Some(login) => Ok(Fingerprint::of_name(&format!("{}-{login}", self.nth))),
            None if self.spec().passive => Ok(Fingerprint::of_name("passive")),
            None => Err(FetchError::local(Trouble::AuthMissing, "There is no login.")),
        };
        async move { print }.boxed()
    }

    fn fetch<'a>(&'a self, _: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>> {
        async move { self.answer() }.boxed()
    }

    fn allowed(&self, _: &ProviderSettings) -> bool {
        true
    }

    fn shares_pause_with(&self) -> Option<&'static str> {
        self.real.shares_pause_with()
    }
}

/// The machine with its processes.
pub(crate) struct World {
    provider: &'static Provider,
    providers: &'static [&'static Provider],
    machine: Arc<Mutex<Machine>>,
    host: Host,
}

impl World {
    /// A machine on which nobody is signed in to this provider.
    pub(crate) fn of(real: &'static Provider) -> Self {
        let clock = Clock::told("2026-09-15T12:00:00Z".parse().unwrap());
        let standing = || Standing { login: None, outcome: Outcome::Answer(20), record: None };
        let sources = real.sources.iter().map(|_| standing()).collect();
        let machine = Arc::new(Mutex::new(Machine { sources, ..Machine::default() }));
        let played = real.sources.iter().enumerate().map(|(nth, source)| {
            let played = Played {
                nth,
                real: *source,
                provider: real,
                machine: Arc::clone(&machine),
                clock: clock.clone(),
            };
            &*Box::leak(Box::new(played)) as &dyn Source
        });
        let provider: &'static Provider = Box::leak(Box::new(Provider {
            id: real.id.clone(),
            name: real.name,
            short: real.short,
            dashboard: real.dashboard,
            sign_in: real.sign_in,
            places: real.places,
            sources: Vec::leak(played.collect()),
            secrets: &[],
            remedy: real.remedy,
            bridge: None,
            device: None,
            status: None,
            homes: None,
            log_retention: real.log_retention,
            scenes: &[],
            stage: real.stage,
        }));
        let host = Host {
            clock,
            env: Environment::of("/home/dana", []),
            files: Files::memory(),
            http: Http::recorded(|_| Err(HttpError::Connect)),
            processes: Processes::none(),
            secrets: Secrets::in_memory(),
        };
        Self { provider: real, providers: Vec::leak(vec![provider]), machine, host }
    }

    /// A process.
    pub(crate) async fn desk(&self, role: Role, offline: bool) -> Desk {
        Desk::start(Options {
            role,
            host: self.host.clone(),
            paths: Paths::of(&self.host.env),
            providers: self.providers,
            overrides: Vec::new(),
            demo: None,
            debug: false,
            offline,
            version: "0.0.0".into(),
            words: Vec::new(),
        })
        .await
    }

    /// One command from its start to its end: what it prints.
    pub(crate) async fn command(&self, offline: bool) -> Told {
        let desk = self.desk(Role::OneShot, offline).await;
        let told = self.click(&desk).await;
        desk.stop();
        told
    }

    /// "Refresh now", and what is told then.
    pub(crate) async fn click(&self, desk: &Desk) -> Told {
        desk.call(Command::Refresh { provider: None }).await.unwrap();
        serde_json::from_value(desk.call(Command::GetReport {}).await.unwrap()).unwrap()
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.host.clock.set(self.host.now() + TimeDelta::seconds(seconds));
    }

    fn change(&self, nth: usize, change: impl FnOnce(&mut Standing)) {
        if let Some(standing) = self.machine.lock().unwrap().sources.get_mut(nth) {
            change(standing);
        }
    }

    pub(crate) fn behave(&self, nth: usize, outcome: Outcome) {
        self.change(nth, |standing| standing.outcome = outcome);
    }

    pub(crate) fn sign_in(&self, nth: usize) {
        let login = {
            let mut machine = self.machine.lock().unwrap();
            machine.logins += 1;
            machine.logins
        };
        let passive = self.provider.sources.get(nth).is_some_and(|source| source.spec().passive);
        self.change(nth, |standing| standing.login = (!passive).then_some(login));
    }

    pub(crate) fn sign_out(&self, nth: usize) {
        self.change(nth, |standing| standing.login = None);
    }

    pub(crate) fn record(&self, nth: usize) {
        let now = self.host.now();
        let passive = self.provider.sources.get(nth).is_some_and(|source| source.spec().passive);
        self.change(nth, |standing| standing.record = passive.then_some(now));
    }
}

impl World {
    /// Whether what was told is what the last real attempts say.
    pub(crate) fn judge(&self, told: &Told) -> Result<(), String> {
        let mut machine = self.machine.lock().unwrap();
        let account = match told.accounts.as_slice() {
            [] if !machine.told_figures => return Ok(()),
            [account] => account,
            other => return Err(format!("{} accounts", other.len())),
        };
        let figures = account.windows.iter().any(|window| window.used_percent.is_some());
        if machine.told_figures && !figures {
            return Err("the figures are gone".into());
        }
        machine.told_figures = figures;
        let code = account.trouble.as_ref().map(|trouble| trouble.code.as_str());
        let want = self.wanted(&machine);
        if want.iter().any(|want| want.map(Trouble::code) == code) {
            return Ok(());
        }
        Err(format!("told {code:?} instead of {want:?}, after {:?}", machine.log))
    }

    /// The troubles that may be told, by the log alone; `None` is no trouble.
    fn wanted(&self, machine: &Machine) -> Vec<Option<Trouble>> {
        let last = |nth: usize, login: u32| {
            machine.log.iter().rev().find(|asked| asked.source == nth && asked.login == login)
        };
        let mut troubled: Vec<(Trouble, DateTime<Utc>)> = Vec::new();
        let (mut answered, mut untried, mut set_up) = (false, false, false);
        for (nth, standing) in machine.sources.iter().enumerate() {
            let Some(login) = standing.login else { continue };
            set_up = true;
            match last(nth, login).map(|asked| (&asked.outcome, asked.at)) {
                Some((Outcome::Answer(_), _)) => answered = true,
                Some((Outcome::Trouble { kind, .. }, at)) => troubled.push((*kind, at)),
                None => untried = true,
            }
        }
        let nearest = troubled.iter().min_by_key(|(kind, _)| kind.distance());
        let record = machine.sources.iter().filter_map(|standing| standing.record).max();
        let asks = self.provider.sources.iter().any(|source| !source.spec().passive);
        let mut want = match nearest {
            _ if answered => vec![None],
            Some((kind, _)) => vec![Some(*kind)],
            // Nobody was asked with this login, as offline: that is no trouble, but where nothing is known it is said.
            None if untried => vec![None, Some(Trouble::NoData)],
            None if set_up => Vec::new(),
            None if asks => vec![Some(Trouble::AuthMissing)],
            None => vec![Some(Trouble::NoData)],
        };
        // A record that is newer than the last attempt is something better.
        if record.is_some_and(|at| troubled.iter().all(|(_, failed)| at >= *failed)) {
            want.push(None);
        }
        want
    }

    /// Whether nobody was asked within a floor or a wait that was asked for.
    pub(crate) fn judge_questions(&self) -> Result<(), String> {
        let machine = self.machine.lock().unwrap();
        for (nth, later) in machine.log.iter().enumerate() {
            let spec = self.provider.sources[later.source].spec();
            let before = machine.log[..nth].iter().rev();
            let before =
                before.clone().find(|one| one.source == later.source && one.login == later.login);
            let Some(before) = before else { continue };
            let wish = match before.outcome {
                Outcome::Trouble { wish_s: Some(wish), .. } => wish,
                Outcome::Trouble { .. } | Outcome::Answer(_) => 0,
            };
            let least = TimeDelta::seconds(wish.max(spec.cadence.floor_s.into()));
            if later.at - before.at < least {
                return Err(format!("{later:?} was asked within {least} of {before:?}"));
            }
        }
        Ok(())
    }
}
