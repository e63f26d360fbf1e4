//! The composition: one engine, one settings file, one state file, and the tasks that follow them.

use crate::spending::Spending;
use crate::{
    alerts::Alerting,
    asking::fetch_through,
    autostart::Autostart,
    demo::{Demo, Playing},
    limits::Limits,
    notify, registry,
    replaced::OwnProgram,
    seats::Census,
    settings_file::{Override, SettingsFile},
    state_file::StateFile,
    window::Window,
    words,
};
use chrono::{DateTime, Utc};
use claudometer_core::{
    Origin, ProviderId, SeatState, Settings, UsageSnapshotBundle, notice::Alert,
    status::ServiceStatus,
};
use claudometer_engine::{Engine, Nudge};
use claudometer_host::{Host, memory, paths::Paths};
use claudometer_provider::{GateBook, Organization, Provider};
use claudometer_view::{
    Context, Extras,
    tray::{self, TrayModel},
};
use claudometer_wire::{Bundle, link::Message, update::UpdateReport};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;

/// Words that tell a time change once a minute.
const MINUTE: Duration = Duration::from_mins(1);
/// When what the start needed is given back: after the first look at the logs has begun.
const AFTER_START: Duration = Duration::from_millis(2500);
/// After the first minute, and then each time after so many, what came since is given back too.
const MINUTES_OF_GROWTH: u32 = 5;

/// What a desk is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Stays: polls, alerts, watches files.
    Resident,
    /// One question of a command: no timers, no alerts, nothing watched.
    OneShot,
}

/// What a desk is made of.
#[derive(Debug)]
pub struct Options {
    /// What it is for.
    pub role: Role,
    /// The world.
    pub host: Host,
    /// Where our files are.
    pub paths: Paths,
    /// The providers.
    pub providers: &'static [&'static Provider],
    /// Settings that flags and the environment put above the file.
    pub overrides: Vec<Override>,
    /// Shows recorded answers instead of live ones.
    pub demo: Option<Demo>,
    /// Offers menu items that simulate alerts.
    pub debug: bool,
    /// Asks nobody; what lies on this machine is read.
    pub offline: bool,
    /// Our version.
    pub version: String,
    /// The words that start it in the same way again.
    pub words: Vec<String>,
}

/// A running Claudometer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk(pub(crate) Arc<Inner>);

/// What the wheel over the icon chose, for this run.
#[derive(Debug, Clone, Default)]
pub(crate) enum Scrolled {
    /// Nothing: the settings hold.
    #[default]
    Nowhere,
    /// A provider, or all of them.
    To(Option<ProviderId>),
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) role: Role,
    pub(crate) host: Host,
    pub(crate) paths: Paths,
    pub(crate) built_in: &'static [&'static Provider],
    providers: Mutex<&'static [&'static Provider]>,
    pub(crate) version: String,
    pub(crate) words: Vec<String>,
    pub(crate) debug: bool,
    pub(crate) offline: bool,
    pub(crate) settings: Mutex<SettingsFile>,
    pub(crate) census: Mutex<Census>,
    pub(crate) organizations: Mutex<BTreeMap<ProviderId, Vec<Organization>>>,
    pub(crate) engine: Engine,
    pub(crate) book: Arc<GateBook>,
    pub(crate) state_file: StateFile,
    pub(crate) limits: Limits,
    pub(crate) alerting: Mutex<Alerting>,
    /// The demo while it is shown.
    pub(crate) demo: Mutex<Option<Playing>>,
    /// Status pages by address: when each was read, and what it said.
    pub(crate) statuses: Mutex<BTreeMap<&'static str, (DateTime<Utc>, ServiceStatus)>>,
    /// What was used today, and whether the history is up to date.
    pub(crate) spending: Mutex<Spending>,
    pub(crate) window: Window,
    pub(crate) autostart: Autostart,
    /// Why the tray is not seen, in words; kept by whoever hosts the tray.
    pub(crate) tray_remark: Mutex<Option<String>>,
    pub(crate) release: Mutex<Option<UpdateReport>>,
    /// Told when other releases are wanted than before.
    pub(crate) other_releases: Notify,
    pub(crate) own_program: Mutex<OwnProgram>,
    /// Which of several saves may run: one at a time.
    pub(crate) saving: tokio::sync::Mutex<()>,
    /// The provider that the wheel over the icon chose, for this run.
    pub(crate) scrolled_to: Mutex<Scrolled>,
    pub(crate) bundles: watch::Sender<Arc<Bundle>>,
    models: watch::Sender<Arc<TrayModel>>,
    pub(crate) events: broadcast::Sender<Message>,
    /// Told when there was another census, so that other files are watched.
    pub(crate) counted: Notify,
    pub(crate) stop: CancellationToken,
}

pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// Composes a desk and starts it: last snapshots are shown at once, polling begins.
    pub async fn start(options: Options) -> Self {
        let desk = Self::compose(options);
        desk.recount().await;
        if desk.0.role == Role::OneShot {
            desk.look_everywhere().await;
        }
        desk.render();
        let follow = desk.clone();
        tokio::spawn(async move { follow.follow_engine().await });
        if desk.0.role == Role::Resident {
            let watcher = desk.clone();
            tokio::spawn(async move { watcher.follow_files().await });
            let minutes = desk.clone();
            tokio::spawn(async move { minutes.follow_minutes().await });
            let history = desk.clone();
            tokio::spawn(async move { history.follow_logs().await });
            let releases = desk.clone();
            tokio::spawn(async move { releases.follow_releases().await });
        }
        desk
    }

    fn compose(options: Options) -> Self {
        let Options {
            role,
            host,
            paths,
            providers,
            overrides,
            demo,
            debug,
            offline,
            version,
            words,
        } = options;
        let settings = SettingsFile::load(host.files.clone(), paths.settings(), overrides);
        for remark in settings.remarks() {
            tracing::warn!(remark, "settings");
        }
        let known = registry::with_custom(providers, settings.effective());
        let book = Arc::new(GateBook::at(host.files.clone(), paths.state.join("gates.json")));
        let limits = Limits::at(host.files.clone(), paths.limits());
        let state_file = StateFile::new(host.files.clone(), paths.snapshot());
        let stop = CancellationToken::new();
        let own_program = OwnProgram::of(&host);
        let empty = empty_model(&host, settings.effective());
        Self(Arc::new_cyclic(|desk: &std::sync::Weak<Inner>| {
            let clock = host.clock.clone();
            let now = Arc::new(move || clock.now());
            let fetch = fetch_through(desk.clone());
            let (engine, _) =
                claudometer_engine::spawn(fetch, now, Arc::new(fastrand::f64), stop.clone());
            let autostart = Autostart::of(&host, &paths);
            Inner {
                role,
                alerting: Mutex::new(Alerting::new(state_file.load().markers)),
                demo: Mutex::new(demo.map(Playing::new)),
                settings: Mutex::new(settings),
                host,
                paths,
                built_in: providers,
                providers: Mutex::new(known),
                version,
                words,
                debug,
                offline,
                census: Mutex::default(),
                organizations: Mutex::default(),
                engine,
                book,
                state_file,
                limits,
                statuses: Mutex::default(),
                spending: Mutex::default(),
                window: Window::default(),
                autostart,
                tray_remark: Mutex::default(),
                release: Mutex::default(),
                other_releases: Notify::new(),
                own_program: Mutex::new(own_program),
                saving: tokio::sync::Mutex::new(()),
                scrolled_to: Mutex::default(),
                bundles: watch::Sender::default(),
                models: watch::Sender::new(Arc::new(empty)),
                events: broadcast::Sender::new(16),
                counted: Notify::new(),
                stop,
            }
        }))
    }

    /// Every provider that there is now.
    pub(crate) fn providers(&self) -> &'static [&'static Provider] {
        *held(&self.0.providers)
    }

    /// Takes over descriptions of providers that have changed in the settings.
    pub(crate) fn recall_providers(&self) {
        let known = registry::with_custom(self.0.built_in, &self.settings());
        *held(&self.0.providers) = known;
    }

    /// The time now, as the desk has it.
    pub fn time(&self) -> DateTime<Utc> {
        self.0.host.now()
    }

    /// Names of the providers of which an account was not looked at since then.
    pub fn still_asked(&self, since: DateTime<Utc>) -> Vec<String> {
        let bundle = self.snapshot();
        let open = bundle
            .seats
            .iter()
            .filter(|state| state.attempts.iter().all(|attempt| attempt.at < since));
        let mut names: Vec<String> = open.map(|state| state.provider.name.clone()).collect();
        names.dedup();
        names
    }

    /// What is shown, with every change.
    pub fn bundles(&self) -> watch::Receiver<Arc<Bundle>> {
        self.0.bundles.subscribe()
    }

    /// What the tray shows, with every change.
    pub fn models(&self) -> watch::Receiver<Arc<TrayModel>> {
        self.0.models.subscribe()
    }

    /// Ends when the desk is asked to quit.
    pub async fn stopped(&self) {
        self.0.stop.cancelled().await;
    }

    /// Ends the desk: what is known is remembered, tasks stop.
    pub fn stop(&self) {
        self.remember();
        self.0.stop.cancel();
    }

    /// A token that is cancelled when the desk ends.
    pub fn stop_token(&self) -> CancellationToken {
        self.0.stop.clone()
    }

    /// The machine woke up, or the network came back.
    pub async fn nudge(&self, nudge: Nudge) {
        self.0.engine.nudge(nudge).await;
    }

    /// Notes whether the tray is seen; `None` when it is.
    pub fn set_tray_remark(&self, remark: Option<String>) {
        *held(&self.0.tray_remark) = remark;
        self.render();
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        let mut settings = held(&self.0.settings).effective().clone();
        if let Scrolled::To(provider) = held(&self.0.scrolled_to).clone() {
            settings.display.shown_provider = provider;
        }
        settings
    }

    /// What the engine knows now, or the demo.
    pub fn snapshot(&self) -> Arc<UsageSnapshotBundle> {
        self.0.engine.bundles().borrow().clone()
    }

    /// The time that is shown: the demo has its own.
    pub(crate) fn shown_now(&self) -> DateTime<Utc> {
        held(&self.0.demo).as_ref().map_or_else(|| self.0.host.now(), |demo| demo.clock.now())
    }

    /// Makes the words anew and tells everyone whom they concern.
    pub(crate) fn render(&self) {
        let bundle = Arc::new(words::bundle(self));
        self.0.models.send_if_modified(|shown| {
            let model = words::tray(self);
            let differs = **shown != model;
            if differs {
                *shown = Arc::new(model);
            }
            differs
        });
        let changed = self.0.bundles.send_if_modified(|shown| {
            let same = Bundle { seq: shown.seq, at: shown.at, ..Bundle::clone(&bundle) } == **shown;
            if !same {
                *shown = Arc::new(Bundle { seq: shown.seq + 1, ..Bundle::clone(&bundle) });
            }
            !same
        });
        if changed {
            let bundle = Box::new(Bundle::clone(&self.0.bundles.borrow()));
            self.0.events.send(Message::SnapshotUpdated { bundle }).ok(); // no window is open
        }
    }

    pub(crate) fn remember(&self) {
        let bundle = self.snapshot();
        let live: Vec<SeatState> =
            bundle.seats.iter().filter(|state| state.origin == Origin::Live).cloned().collect();
        if held(&self.0.demo).is_some() || live.is_empty() {
            return;
        }
        self.0.limits.note(&live);
        let now = self.0.host.now();
        self.0.state_file.save(&live, held(&self.0.alerting).markers(), now);
    }

    async fn follow_engine(self) {
        let mut bundles = self.0.engine.bundles();
        loop {
            self.render();
            if self.0.role == Role::Resident {
                self.alert().await;
                self.look_where_it_fails();
            }
            self.remember();
            tokio::select! {
                () = self.0.stop.cancelled() => return,
                changed = bundles.changed() => if changed.is_err() { return },
            }
            bundles.borrow_and_update();
        }
    }

    async fn follow_minutes(self) {
        if self.sleep(AFTER_START).await {
            memory::give_back_code();
        }
        let mut minutes = (0..MINUTES_OF_GROWTH).cycle();
        while self.sleep(MINUTE).await {
            self.look_at_own_program().await;
            self.render();
            // The end of quiet hours is told by the clock, not by a vendor.
            self.alert().await;
            // Whoever is awake anyway need not be woken for it.
            if minutes.next() == Some(0) {
                memory::give_back_code();
            }
        }
    }

    /// Sleeps; answers whether the desk goes on.
    async fn sleep(&self, time: Duration) -> bool {
        tokio::select! {
            () = self.0.stop.cancelled() => false,
            () = tokio::time::sleep(time) => true,
        }
    }

    /// Decides what is worth a notification, and sends it.
    pub(crate) async fn alert(&self) {
        let settings = self.settings();
        let mut alerts =
            held(&self.0.alerting).decide(&self.snapshot(), &settings, self.0.host.now());
        alerts.extend(self.budget_alerts(&settings));
        self.tell(alerts).await;
    }

    pub(crate) async fn tell(&self, alerts: Vec<Alert>) {
        for alert in alerts {
            let note = words::note(self, &alert);
            if let Err(error) = notify::show(&self.0.host, &note).await {
                tracing::warn!(%error, title = note.title, "a notification was not shown");
            }
        }
    }
}

/// What texts depend on, for a command that needs no desk.
pub fn context(host: &Host, paths: &Paths) -> Context {
    let settings = SettingsFile::load(host.files.clone(), paths.settings(), Vec::new());
    words::context(&host.env, settings.effective(), host.now())
}

/// What the tray shows before anything is known.
fn empty_model(host: &Host, settings: &Settings) -> TrayModel {
    let context = words::context(&host.env, settings, host.now());
    let extras = Extras {
        labels: &|_, source| source.to_string(),
        demo: false,
        debug: false,
        remarks: Vec::new(),
        update: None,
        replaced_by: None,
        can_look: false,
        first_run: &|| None,
        service: &|_| None,
        today: &|_| None,
    };
    tray::model(&UsageSnapshotBundle::default(), &context, &extras)
}
