//! The history kept up to date while assistants write their logs, and what it tells of today.
//!
//! Logs are read by a process of its own that ends again: what it takes to read gigabytes never stays with the resident.

use crate::{
    alerts::Alerting,
    desk::{Desk, held},
    launch,
};
use chrono::NaiveDate;
use claudometer_core::{Seat, Settings, notice::Alert};
use claudometer_host::{clock, process::Command, watch::Watch};
use claudometer_view::{
    Context,
    text::{self, Money},
};
use claudometer_wire::cost::CostBrief;
use std::{collections::BTreeSet, path::PathBuf, time::Duration};

/// The start belongs to the tray.
const FIRST: Duration = Duration::from_secs(2);
/// Logs change in bursts: one look per burst.
const SETTLE: Duration = Duration::from_secs(1);
/// Logs that change all the time are read for a fiftieth of it.
const SHARE: u32 = 50;
/// Without any change there is another look after this time: a folder may have come, or the day be over.
const AT_LATEST: Duration = Duration::from_mins(10);
/// The first reading of years of logs takes its time.
const LONGEST: Duration = Duration::from_mins(10);

/// What is known of the history.
#[derive(Debug, Default)]
pub(crate) struct Spending {
    brief: Option<CostBrief>,
    /// The trees that were watched without a change since the history took everything in; `None` where there was one.
    current: Option<BTreeSet<PathBuf>>,
}

impl Desk {
    /// Brings the history up to date whenever an assistant has written.
    pub(crate) async fn follow_logs(self) {
        let (mut watch, mut changed) = Watch::of_trees();
        let mut wait = FIRST;
        loop {
            tokio::select! {
                () = self.0.stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            let places = self.places_of_logs();
            let is_watched = watch.set(places.iter().cloned());
            while changed.try_recv().is_ok() {}
            let time = clock::Stopwatch::start();
            let is_read =
                !places.is_empty() && held(&self.0.demo).is_none() && self.read_history().await;
            let pause = (time.elapsed() * SHARE).clamp(SETTLE, AT_LATEST);
            let is_quiet = changed.is_empty();
            held(&self.0.spending).current = (is_read && is_watched && is_quiet).then_some(places);
            self.render();
            self.alert().await;
            wait = tokio::select! {
                () = self.0.stop.cancelled() => return,
                path = changed.recv() => {
                    held(&self.0.spending).current = None;
                    // Without a watcher nothing ever comes, and the clock has to do.
                    if path.is_some() { pause } else { AT_LATEST }
                }
                () = tokio::time::sleep(AT_LATEST) => SETTLE,
            };
        }
    }

    /// Folders and files of logs that there are.
    fn places_of_logs(&self) -> BTreeSet<PathBuf> {
        let host = &self.0.host;
        let places = claudometer_providers::LOGS.iter().flat_map(|source| source.places(host));
        places.filter(|path| host.files.entry(path).is_some()).collect()
    }

    async fn read_history(&self) -> bool {
        let processes = &self.0.host.processes;
        let Some(program) = launch::program_beside().or_else(|| processes.own_program()) else {
            return false;
        };
        let settings = held(&self.0.settings).path().display().to_string();
        let command =
            Command::new(program).args(["--config", &settings, "debug", "brief"]).timeout(LONGEST);
        let output = match processes.run(command).await {
            Ok(output) if output.success() => output.stdout,
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                tracing::warn!(said, "the history was not brought up to date");
                return false;
            }
            Err(error) => {
                tracing::warn!(%error, "the history was not brought up to date");
                return false;
            }
        };
        match serde_json::from_slice(&output) {
            Ok(brief) => {
                held(&self.0.spending).brief = Some(brief);
                true
            }
            Err(error) => {
                tracing::warn!(%error, "what the history tells was not understood");
                false
            }
        }
    }

    /// Whether the history holds everything that the logs tell by now.
    pub(crate) fn history_is_current(&self) -> bool {
        let places = self.places_of_logs();
        held(&self.0.spending).current.as_ref() == Some(&places)
    }

    /// What a seat's assistant used today, in words.
    pub(crate) fn used_today(&self, seat: &Seat, context: &Context) -> Option<String> {
        let settings = self.settings();
        let spending = held(&self.0.spending);
        let brief = spending.brief.as_ref().filter(|brief| {
            settings.cost.show_today && brief.day == today(context) && held(&self.0.demo).is_none()
        })?;
        let snapshot = self.snapshot();
        let mut seats = snapshot.seats.iter().map(|state| &state.seat);
        let is_first = seats.find(|other| other.provider == seat.provider) == Some(seat);
        let sums = brief.agents.get(seat.provider.as_str()).filter(|_| is_first)?;
        Some(text::day(sums, &Money::of(&settings.cost), context))
    }

    /// What budgets are worth telling.
    pub(crate) fn budget_alerts(&self, settings: &Settings) -> Vec<Alert> {
        let now = self.0.host.now();
        let spending = held(&self.0.spending);
        let Some(brief) = &spending.brief else { return Vec::new() };
        if brief.day
            != (now + chrono::TimeDelta::seconds(i64::from(clock::local_offset_s(now))))
                .date_naive()
        {
            return Vec::new();
        }
        let alerting: &mut Alerting = &mut held(&self.0.alerting);
        alerting.decide_budgets(&brief.budgets, settings, now)
    }
}

fn today(context: &Context) -> NaiveDate {
    context.local(context.now).date_naive()
}
