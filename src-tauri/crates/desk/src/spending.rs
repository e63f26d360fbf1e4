//! The history kept up to date while assistants write their logs, and what it tells of today.
//!
//! Logs are read by a process of its own that ends again: what it takes to read gigabytes never stays with the resident.

use crate::{
    alerts::Alerting,
    demo_history,
    desk::{Desk, held},
    logs, words,
};
use chrono::NaiveDate;
use claudometer_core::{Seat, Settings, notice::Alert};
use claudometer_host::{clock, watch::Watch};
use claudometer_view::{
    Context, limits, spent,
    table::cost::Names,
    text::{self, Money},
};
use claudometer_wire::{
    ErrorCode, IpcError,
    cost::{CostBrief, CostQuery, CostReport, CostView},
    history::{HistoryReport, LimitCourse},
};
use std::{collections::BTreeSet, path::PathBuf, time::Duration};

/// The start belongs to the tray.
const FIRST: Duration = Duration::from_secs(2);
/// Logs change in bursts: one look per burst.
const SETTLE: Duration = Duration::from_secs(1);
/// Logs that change all the time are read for a fiftieth of it.
const SHARE: u32 = 50;
/// Without any change there is another look after this time: a folder may have come, or the day be over.
const AT_LATEST: Duration = Duration::from_mins(10);
/// Days of limits that the window shows.
const DAYS_OF_LIMITS: &str = "30";
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

    fn places_of_logs(&self) -> BTreeSet<PathBuf> {
        logs::places(&self.settings(), &self.0.host)
    }

    async fn read_history(&self) -> bool {
        let told = self.ask_ourselves(["debug", "brief"], LONGEST).await;
        let told =
            told.and_then(|text| serde_json::from_slice(&text).map_err(|error| error.to_string()));
        match told {
            Ok(brief) => {
                held(&self.0.spending).brief = Some(brief);
                true
            }
            Err(error) => {
                tracing::warn!(error, "the history was not brought up to date");
                false
            }
        }
    }

    fn context(&self) -> Context {
        words::context(&self.0.host.env, &self.settings(), self.shown_now())
    }

    async fn report(&self, query: &CostQuery) -> Result<CostReport, String> {
        let mut words: Vec<String> =
            ["cost", &query.by, "--json", "--breakdown"].map(str::to_owned).to_vec();
        for (flag, day) in [("--since", query.since), ("--until", query.until)] {
            words.extend(day.into_iter().flat_map(|day| [flag.to_owned(), day.to_string()]));
        }
        words.extend(
            query.hour.into_iter().flat_map(|hour| ["--hour".to_owned(), hour.to_string()]),
        );
        words.extend(
            query.limit.into_iter().flat_map(|limit| ["--limit".to_owned(), limit.to_string()]),
        );
        let text = self.ask_ourselves(words, LONGEST).await?;
        serde_json::from_slice(&text).map_err(|error| error.to_string())
    }

    /// What use cost, for the window.
    pub(crate) async fn cost(&self, query: &CostQuery) -> Result<CostView, IpcError> {
        let known = ["hour", "day", "session", "project", "model", "agent"];
        if !known.contains(&query.by.as_str()) {
            return Err(IpcError::new(
                ErrorCode::Validation,
                format!("Nothing is told by {}.", query.by),
            ));
        }
        let is_demo = held(&self.0.demo).is_some();
        let report = if is_demo {
            let agents: Vec<&str> =
                claudometer_providers::LOGS.iter().take(3).map(|one| one.id()).collect();
            demo_history::report(query, &agents, today(&self.context()))
        } else {
            self.report(query).await.map_err(other)?
        };
        let settings = self.settings();
        let context = self.context();
        let money = Money::of(&settings.cost);
        let home = self.0.host.home().to_string_lossy();
        let home = if is_demo { demo_history::HOME } else { &home };
        Ok(spent::view(&report, &Names { agent: &logs::name, home, money: &money }, &context))
    }

    /// Every window over the last period and the one before, for the window.
    pub(crate) async fn limit_courses(&self) -> Result<Vec<LimitCourse>, IpcError> {
        if held(&self.0.demo).is_some() {
            return Ok(demo_history::limits(&self.0.bundles.borrow()));
        }
        let words = ["history", "--days", DAYS_OF_LIMITS, "--points", "--json"];
        let report = self
            .ask_ourselves(words, LONGEST)
            .await
            .and_then(|text| serde_json::from_slice(&text).map_err(|error| error.to_string()));
        let HistoryReport { windows, .. } = report.map_err(other)?;
        let context = self.context();
        Ok(windows.into_iter().map(|window| limits::course(window, &context)).collect())
    }

    /// Whether the history holds everything that the logs tell by now.
    pub(crate) fn history_is_current(&self) -> bool {
        let places = self.places_of_logs();
        held(&self.0.spending).current.as_ref() == Some(&places)
    }

    /// What was used today.
    pub(crate) fn today(&self) -> Option<CostBrief> {
        let day = today(&self.context());
        held(&self.0.spending).brief.clone().filter(|brief| brief.day == day)
    }

    /// What a seat's assistant used today, in words.
    pub(crate) fn used_today(&self, seat: &Seat, context: &Context) -> Option<String> {
        let settings = self.settings();
        let is_shown = settings.cost.show_today && held(&self.0.demo).is_none();
        let spending = held(&self.0.spending);
        let brief =
            spending.brief.as_ref().filter(|brief| is_shown && brief.day == today(context))?;
        let snapshot = self.snapshot();
        let mut seats = snapshot.seats.iter().map(|state| &state.seat);
        let is_first = seats.find(|other| other.provider == seat.provider) == Some(seat);
        let sums = brief.agents.get(seat.provider.as_str()).filter(|_| is_first)?;
        Some(text::day(sums, &Money::of(&settings.cost), context))
    }

    /// What budgets are worth telling.
    pub(crate) fn budget_alerts(&self, settings: &Settings) -> Vec<Alert> {
        let Some(brief) = self.today() else { return Vec::new() };
        let alerting: &mut Alerting = &mut held(&self.0.alerting);
        alerting.decide_budgets(&brief.budgets, settings, self.0.host.now())
    }
}

fn other(message: String) -> IpcError {
    IpcError::new(ErrorCode::Other, message)
}

fn today(context: &Context) -> NaiveDate {
    context.local(context.now).date_naive()
}
