//! What Claudometer knows at one moment: the state of every seat, good numbers and trouble side by side.

mod record;

use crate::{
    Account, AccountKey, Attempt, Coverage, Credits, Failure, ProviderId, Reading, SavedResets,
    SourceId, Spend, Trouble, Window,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One account at one provider: what a poll is about, what single flight is keyed by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seat {
    /// The provider.
    pub provider: ProviderId,
    /// The account at it.
    pub account: AccountKey,
}

/// What shells show of a provider, carried along so that no shell has to know the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderInfo {
    /// The provider.
    pub id: ProviderId,
    /// Its name as people know it.
    pub name: String,
    /// Two letters for tight places such as a panel title.
    pub short: String,
    /// The vendor's own usage page.
    pub dashboard: String,
}

/// Where numbers come from, as far as trust goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A vendor's answer or log.
    #[default]
    Live,
    /// Recorded answers, for screenshots and first looks. Never alerts.
    Demo,
    /// Made up by a debug menu item. Alerts under a scope of its own.
    Simulated,
}

/// When a value was observed and by which source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// When the vendor measured it, in UTC.
    pub at: DateTime<Utc>,
    /// The source that told it.
    pub via: SourceId,
}

/// A value with its stamp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen<T> {
    /// The value.
    pub value: T,
    /// When and from where.
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// How much a stored value can be trusted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// Recent, and nothing has failed since.
    Fresh,
    /// Older than two polls, or something has failed since.
    Stale,
    /// The window has ended since it was seen: the number is history.
    RolledOver,
}

/// The state of one seat. A failure cannot erase numbers: they are different fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeatState {
    /// Which seat.
    pub seat: Seat,
    /// How its provider is shown.
    pub provider: ProviderInfo,
    /// How far its numbers are to be trusted.
    #[serde(default)]
    pub origin: Origin,
    /// Whose numbers these are.
    pub account: Option<Account>,
    /// Where its login was found, for people; empty where it has none now.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// Plan as people know it.
    pub plan: Option<String>,
    /// Windows, each with the time and source of its own last good value.
    pub windows: Vec<Seen<Window>>,
    /// Balances, the account's own first.
    #[serde(default, deserialize_with = "crate::reading::several")]
    pub credits: Vec<Seen<Credits>>,
    /// Spend beyond the plan.
    pub spend: Option<Seen<Spend>>,
    /// Resets that the person may trigger by hand.
    pub reset_credits: Option<Seen<SavedResets>>,
    /// Whether the vendor said that a limit is reached.
    #[serde(default)]
    pub limit_reached: bool,
    /// Windows of which a record told less than is known, and when it was made, in UTC.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub falls: BTreeMap<String, DateTime<Utc>>,
    /// The last good answer of any source.
    pub last_good: Option<Stamp>,
    /// The trouble that stands, if any.
    pub failure: Option<Failure>,
    /// What the last pass tried.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// When the seat is polled next, in UTC.
    pub next_poll: Option<DateTime<Utc>>,
    /// Seconds after which a value counts as stale.
    #[serde(default = "default_stale_after")]
    pub stale_after_s: u32,
}

/// Seconds after which a value is stale when no schedule says otherwise: 15 minutes.
pub const fn default_stale_after() -> u32 {
    900
}

/// Everything known at one moment. Immutable, shared, ordered by `seq`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UsageSnapshotBundle {
    /// Grows with every published change within one run.
    pub seq: u64,
    /// Seats in the order of the registry.
    pub seats: Vec<SeatState>,
    /// Whether a pass is under way.
    #[serde(default)]
    pub refreshing: bool,
}

impl SeatState {
    /// A seat of which nothing is known yet.
    pub const fn unknown(seat: Seat, provider: ProviderInfo) -> Self {
        Self {
            seat,
            provider,
            origin: Origin::Live,
            account: None,
            place: String::new(),
            plan: None,
            windows: Vec::new(),
            credits: Vec::new(),
            spend: None,
            reset_credits: None,
            limit_reached: false,
            falls: BTreeMap::new(),
            last_good: None,
            failure: None,
            attempts: Vec::new(),
            next_poll: None,
            stale_after_s: default_stale_after(),
        }
    }

    /// Takes in a good answer received at `now`: per window the freshest wins, what a complete answer leaves out goes
    /// unless something fresher told it, and trouble older than the answer ends.
    ///
    /// An answer of another account is of the login of this moment: what was known of the former one ends. A record of
    /// another account (one that nobody asked for) is not taken. Returns whether it was taken.
    pub fn observe(&mut self, reading: Reading, via: &SourceId, now: DateTime<Utc>) -> bool {
        if let (Some(ours), Some(theirs)) = (&self.account, &reading.account)
            && ours.contradicts(theirs)
        {
            if reading.is_record() {
                return false;
            }
            self.begin_anew();
        }
        let stamp = Stamp { at: reading.as_of.unwrap_or(now).min(now), via: via.clone() };
        let newest = self.last_good.as_ref().is_none_or(|good| good.at <= stamp.at);
        let mut windows = reading.windows;
        if reading.as_of.is_some() {
            self.leave_out_outlasted(&mut windows, &stamp, now);
        } else {
            self.falls.clear();
        }
        self.merge_windows(windows, reading.coverage, &stamp);
        let complete = reading.coverage == Coverage::Complete;
        self.merge_credits(reading.credits, complete, &stamp);
        merge_value(&mut self.spend, reading.spend, complete, &stamp);
        merge_value(&mut self.reset_credits, reading.reset_credits, complete, &stamp);
        if newest {
            self.plan = reading.plan.or_else(|| self.plan.take());
            self.account = merge_account(self.account.take(), reading.account);
            if complete || reading.limit_reached {
                self.limit_reached = reading.limit_reached;
            }
            if self.failure.as_ref().is_some_and(|failure| failure.at <= stamp.at) {
                self.failure = None;
            }
            self.last_good = Some(stamp);
        }
        true
    }

    /// Lets go of everything that was known of an account; how the seat is polled and shown stays.
    fn begin_anew(&mut self) {
        let Self { seat, provider, origin, place, next_poll, stale_after_s, .. } = self.clone();
        let unknown = Self::unknown(seat, provider);
        *self = Self { origin, place, next_poll, stale_after_s, ..unknown };
    }

    /// Takes out of a record what the known figures outlast.
    fn leave_out_outlasted(&mut self, told: &mut Vec<Window>, stamp: &Stamp, now: DateTime<Utc>) {
        let Self { windows, falls, .. } = self;
        told.retain(|told| {
            let known = windows.iter().find(|seen| seen.value.id == told.id);
            known.is_none_or(|known| !record::outlasts(&known.value, told, stamp.at, now, falls))
        });
    }

    fn merge_windows(&mut self, windows: Vec<Window>, coverage: Coverage, stamp: &Stamp) {
        let mut old: BTreeMap<String, Seen<Window>> = std::mem::take(&mut self.windows)
            .into_iter()
            .map(|seen| (seen.value.id.clone(), seen))
            .collect();
        for window in windows {
            let known = old.remove(&window.id);
            let seen = match known {
                Some(known) if known.stamp.at > stamp.at => known,
                // Who cannot tell the figure does not take away the one that was told.
                Some(known) if !window.tells() && known.value.tells() => known,
                _ => Seen { value: window, stamp: stamp.clone() },
            };
            self.windows.push(seen);
        }
        let keeps = |seen: &Seen<Window>| coverage == Coverage::Partial || seen.stamp.at > stamp.at;
        self.windows.extend(old.into_values().filter(keeps));
        self.windows.sort_by(|a, b| order(&a.value).cmp(&order(&b.value)));
    }

    fn merge_credits(&mut self, credits: Vec<Credits>, complete: bool, stamp: &Stamp) {
        let fresher = |seen: &Seen<Credits>| seen.stamp.at > stamp.at;
        let mut old = std::mem::take(&mut self.credits);
        for told in credits {
            let known = old.iter().position(|seen| seen.value.is_same(&told));
            let known = known.map(|at| old.remove(at));
            self.credits.push(match known {
                Some(known) if fresher(&known) => known,
                Some(known) if !told.tells() && known.value.tells() => known,
                _ => Seen { value: told, stamp: stamp.clone() },
            });
        }
        self.credits.extend(old.into_iter().filter(|seen| !complete || fresher(seen)));
        self.credits.sort_by_key(|seen| seen.value.name.is_some());
    }

    /// Takes in a failure. Numbers stay; an unbroken run of the same trouble keeps its begin.
    pub fn fail(&mut self, mut failure: Failure) {
        if let Some(standing) = &self.failure
            && standing.trouble == failure.trouble
        {
            failure.since = failure.since.min(standing.since);
        }
        self.failure = Some(failure);
    }

    /// Ends a trouble that was another login's than the one that is here now.
    pub fn forgive(&mut self) {
        self.failure = None;
    }

    /// Notes that a source answered, if only with a record: there is a login, whatever was found before.
    pub fn answered(&mut self) {
        self.failure.take_if(|failure| failure.trouble == Trouble::AuthMissing);
    }

    /// Takes over what another process learned of the same account: each value by its own time, trouble by the last look.
    pub fn learn(&mut self, theirs: Self) {
        let accounts = self.account.as_ref().zip(theirs.account.as_ref());
        if accounts.is_some_and(|(ours, theirs)| ours.contradicts(theirs)) {
            return;
        }
        let looked = self.latest();
        let answered = self.last_good.as_ref().map(|good| good.at);
        let tie = theirs.latest() == looked && theirs.failure.is_none();
        if theirs.latest() > looked || tie {
            self.failure = theirs.failure;
            self.attempts = theirs.attempts;
        }
        learn_each(&mut self.windows, theirs.windows, answered, |a, b| a.id == b.id);
        self.windows.sort_by(|a, b| order(&a.value).cmp(&order(&b.value)));
        learn_each(&mut self.credits, theirs.credits, answered, Credits::is_same);
        self.credits.sort_by_key(|seen| seen.value.name.is_some());
        newer(&mut self.spend, theirs.spend);
        newer(&mut self.reset_credits, theirs.reset_credits);
        if theirs.last_good.as_ref().map(|good| good.at) > answered {
            self.plan = theirs.plan.or_else(|| self.plan.take());
            self.account = merge_account(self.account.take(), theirs.account);
            self.limit_reached = theirs.limit_reached;
            self.falls = theirs.falls;
            self.last_good = theirs.last_good;
        }
    }

    /// How far a value of this seat can be trusted at `now`.
    pub fn freshness(
        &self,
        stamp: &Stamp,
        resets_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Freshness {
        let ended = resets_at.is_some_and(|at| at <= now && stamp.at < at);
        let failed_since = self.failure.as_ref().is_some_and(|failure| failure.at > stamp.at);
        let old = now - stamp.at > TimeDelta::seconds(i64::from(self.stale_after_s));
        match (ended, failed_since || old) {
            (true, _) => Freshness::RolledOver,
            (false, true) => Freshness::Stale,
            (false, false) => Freshness::Fresh,
        }
    }

    /// When anything was last learned of it: an answer or a failure, in UTC.
    pub fn latest(&self) -> Option<DateTime<Utc>> {
        let answered = self.last_good.as_ref().map(|good| good.at);
        answered.max(self.failure.as_ref().map(|failure| failure.at))
    }

    /// Whether any number is known.
    pub const fn has_numbers(&self) -> bool {
        !self.windows.is_empty() || !self.credits.is_empty() || self.spend.is_some()
    }
}

/// Account-wide windows by length, then scoped ones by name, so that the order never depends on who told what.
fn order(window: &Window) -> (bool, crate::WindowKind, &str) {
    (!window.scope.is_account(), window.kind, &window.id)
}

fn merge_value<T>(slot: &mut Option<Seen<T>>, value: Option<T>, complete: bool, stamp: &Stamp) {
    if slot.as_ref().is_some_and(|seen| seen.stamp.at > stamp.at) {
        return;
    }
    match value {
        Some(value) => *slot = Some(Seen { value, stamp: stamp.clone() }),
        None if complete => *slot = None,
        None => {}
    }
}

/// Takes each value that is newer. What is only theirs counts unless our newer answer left it out.
fn learn_each<T>(
    ours: &mut Vec<Seen<T>>,
    theirs: Vec<Seen<T>>,
    answered: Option<DateTime<Utc>>,
    is_same: impl Fn(&T, &T) -> bool,
) {
    for seen in theirs {
        match ours.iter_mut().find(|known| is_same(&known.value, &seen.value)) {
            Some(known) if known.stamp.at < seen.stamp.at => *known = seen,
            None if answered.is_none_or(|at| at < seen.stamp.at) => ours.push(seen),
            Some(_) | None => {}
        }
    }
}

/// Takes the newer of two values.
fn newer<T>(ours: &mut Option<Seen<T>>, theirs: Option<Seen<T>>) {
    let at = |seen: &Option<Seen<T>>| seen.as_ref().map(|seen| seen.stamp.at);
    if at(&theirs) > at(ours) {
        *ours = theirs;
    }
}

fn merge_account(old: Option<Account>, new: Option<Account>) -> Option<Account> {
    match (old, new) {
        (Some(old), Some(new)) => Some(Account {
            id: new.id.or(old.id),
            email: new.email.or(old.email),
            org: new.org.or(old.org),
            org_id: new.org_id.or(old.org_id),
        }),
        (old, new) => new.or(old),
    }
}

#[cfg(test)]
mod tests;
