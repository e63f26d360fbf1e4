//! What is remembered between runs: the last snapshots and what has been told already.

use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{ProviderId, Reading, Seat, SeatState, SourceId, notice::Markers};
use claudometer_host::Files;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Version of the file's form.
const VERSION: u32 = 1;
/// Seats that are not there now are remembered for so long, for when their login comes back.
const FORGET_AFTER: TimeDelta = TimeDelta::days(30);
/// And at most so many of them.
const MOST_FORMER: usize = 16;

/// Last snapshots and alert markers. Losing it loses no choice of the person's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    version: u32,
    /// Last state of every live seat.
    pub seats: Vec<SeatState>,
    /// Last state of seats that were there before: another account, or another organisation, was signed in to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<SeatState>,
    /// What has been told.
    pub markers: Markers,
}

impl Remembered {
    /// Every seat of which anything is known, those that were shown last before those of earlier.
    pub fn all(&self) -> impl Iterator<Item = &SeatState> {
        self.seats.iter().chain(&self.former)
    }

    /// What is known of a seat once a record of it was taken in: of each window what every other surface shows.
    pub fn with_record(&self, seat: &Seat, record: Reading, now: DateTime<Utc>) -> Reading {
        let Some(known) = self.all().find(|state| state.seat == *seat) else { return record };
        let mut state = known.clone();
        state.observe(record.clone(), &SourceId::new("record"), now);
        let known = |id: &str| state.windows.iter().find(|seen| seen.value.id == id);
        let windows = record
            .windows
            .iter()
            .map(|told| known(&told.id).map_or_else(|| told.clone(), |seen| seen.value.clone()));
        Reading { windows: windows.collect(), ..record }
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut SeatState> {
        self.seats.iter_mut().chain(&mut self.former)
    }
}

/// The file that holds it.
#[derive(Debug, Clone)]
pub struct StateFile {
    files: Files,
    path: PathBuf,
}

impl StateFile {
    /// The file at `path`.
    pub const fn new(files: Files, path: PathBuf) -> Self {
        Self { files, path }
    }

    /// What was remembered; a file of another version or a damaged one is set aside and counts as nothing.
    pub fn load(&self) -> Remembered {
        let Ok(Some(bytes)) = self.files.read(&self.path) else { return Remembered::default() };
        match serde_json::from_slice::<Remembered>(&bytes) {
            Ok(remembered) if remembered.version == VERSION => remembered,
            other => {
                tracing::warn!(
                    understood = other.is_ok(),
                    "the remembered snapshots are of another version or damaged; set aside"
                );
                if let Err(error) =
                    self.files.rename(&self.path, &self.path.with_extension("json.damaged"))
                {
                    tracing::warn!(%error, "and could not be set aside");
                }
                Remembered::default()
            }
        }
    }

    /// Remembers these seats, and for some time those that are not among them any more. What another process learned of a
    /// seat meanwhile stays if it is newer.
    pub fn save(&self, seats: &[SeatState], markers: &Markers, now: DateTime<Utc>) {
        let before = self.load();
        let is_gone = |state: &&SeatState| seats.iter().all(|known| known.seat != state.seat);
        let recent = |state: &&SeatState| {
            state.last_good.as_ref().is_some_and(|good| now - good.at <= FORGET_AFTER)
        };
        let mut former: Vec<SeatState> =
            before.all().filter(is_gone).filter(recent).cloned().collect();
        former.sort_by_key(|state| std::cmp::Reverse(state.last_good.as_ref().map(|good| good.at)));
        former.truncate(MOST_FORMER);
        let newest = |ours: &SeatState| {
            let theirs = before.all().find(|state| state.seat == ours.seat);
            // A time to come was stamped by a clock that ran ahead.
            let newer = |theirs: &&SeatState| {
                theirs.latest() > ours.latest() && theirs.latest().is_some_and(|at| at <= now)
            };
            theirs.filter(newer).unwrap_or(ours).clone()
        };
        self.write(&Remembered {
            version: VERSION,
            seats: seats.iter().map(newest).collect(),
            former,
            markers: markers.clone(),
        });
    }

    /// A failure is logged: the numbers on the screen do not depend on it.
    fn write(&self, remembered: &Remembered) {
        let written = serde_json::to_vec(remembered)
            .map_err(std::io::Error::from)
            .and_then(|bytes| self.files.write_private(&self.path, &bytes));
        if let Err(error) = written {
            tracing::warn!(%error, "the snapshots could not be remembered");
        }
    }

    /// Seats go on under other keys, with what was told of them.
    pub fn rename(&self, renamed: &[(Seat, Seat)]) {
        let mut remembered = self.load();
        for (from, to) in renamed {
            let states = remembered.all_mut();
            for state in states.filter(|state| state.seat == *from) {
                state.seat.clone_from(to);
            }
            remembered.markers.rename(from, to);
        }
        self.write(&Remembered { version: VERSION, ..remembered });
    }

    /// Lets go of every seat; what has been told stays told.
    pub fn clear(&self) {
        let markers = self.load().markers;
        self.write(&Remembered { version: VERSION, markers, ..Remembered::default() });
    }

    /// Lets go of every seat of a provider.
    pub fn forget(&self, provider: &ProviderId) {
        let mut remembered = self.load();
        remembered.seats.retain(|state| state.seat.provider != *provider);
        remembered.former.retain(|state| state.seat.provider != *provider);
        self.write(&Remembered { version: VERSION, ..remembered });
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_core::{AccountKey, ProviderInfo, SourceId, Stamp};

    fn seat(account: &'static str) -> Seat {
        Seat { provider: ProviderId::new("acme"), account: AccountKey::new(account) }
    }

    fn state(account: &'static str, at: DateTime<Utc>) -> SeatState {
        let info = ProviderInfo {
            id: ProviderId::new("acme"),
            name: String::new(),
            short: String::new(),
            dashboard: String::new(),
        };
        let last_good = Some(Stamp { at, via: SourceId::new("login") });
        SeatState { last_good, ..SeatState::unknown(seat(account), info) }
    }

    fn keys(states: &[SeatState]) -> Vec<&str> {
        states.iter().map(|state| state.seat.account.as_str()).collect()
    }

    #[test]
    fn who_is_not_there_now_is_remembered_for_a_month() {
        let file = StateFile::new(Files::memory(), "/state.json".into());
        let day = |day: i64| DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + day);
        let none = Markers::default();
        file.save(&[state("a", day(0))], &none, day(0));
        file.save(&[state("b", day(1))], &none, day(1));
        let kept = file.load();
        assert_eq!((keys(&kept.seats), keys(&kept.former)), (vec!["b"], vec!["a"]));
        file.save(&[state("a", day(2))], &none, day(2));
        let kept = file.load();
        assert_eq!((keys(&kept.seats), keys(&kept.former)), (vec!["a"], vec!["b"]));
        file.save(&[state("a", day(1))], &none, day(2));
        let good = file.load().seats[0].last_good.clone().unwrap();
        assert_eq!(good.at, day(2), "another process knew more");
        file.rename(&[(seat("b"), seat("b2"))]);
        assert_eq!(keys(&file.load().former), ["b2"]);
        file.save(&[state("a", day(40))], &none, day(40));
        assert_eq!(keys(&file.load().former), Vec::<&str>::new());
        file.forget(&ProviderId::new("acme"));
        assert_eq!(file.load().all().count(), 0);
    }
}
