//! Limits over time, kept for good: a line for every number that is news, a file for each month.

use crate::desk::held;
use chrono::{DateTime, Datelike as _, Days, Utc};
use claudometer_core::{Seat, SeatState, history::Sample};
use claudometer_host::Files;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf, sync::Mutex};

/// The end of a file in which the last word about each window is looked for.
const TAIL: u64 = 64 * 1024;

/// One line: a number, or that a seat goes on under another key, which holds for every line before it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Sample(Sample),
    Renamed { renamed: Seat, to: Seat },
}

/// The files.
#[derive(Debug)]
pub struct Limits {
    files: Files,
    folder: PathBuf,
    last: Mutex<Option<BTreeMap<(String, String), Sample>>>,
}

impl Limits {
    /// The files in `folder`.
    pub fn at(files: Files, folder: PathBuf) -> Self {
        Self { files, folder, last: Mutex::default() }
    }

    fn file(&self, at: DateTime<Utc>) -> PathBuf {
        self.folder.join(format!("{:04}-{:02}.jsonl", at.year(), at.month()))
    }

    /// Keeps what is news in `states`. A failure is logged: the numbers on the screen do not depend on it.
    pub(crate) fn note(&self, states: &[SeatState]) {
        let mut last = held(&self.last);
        let known = last.get_or_insert_with(|| self.newest(states));
        for sample in states.iter().flat_map(Sample::of) {
            let key = key(&sample);
            if !sample.is_news(known.get(&key)) {
                continue;
            }
            let Ok(mut line) = serde_json::to_vec(&sample) else { continue };
            line.push(b'\n');
            if let Err(error) = self.files.append_private(&self.file(sample.at), &line) {
                tracing::warn!(%error, "the limits could not be kept");
                return;
            }
            known.insert(key, sample);
        }
    }

    /// Notes that a seat goes on under another key: what was kept of it belongs to the new one from now on.
    pub(crate) fn rename(&self, from: &Seat, to: &Seat, now: DateTime<Utc>) {
        let line = Line::Renamed { renamed: from.clone(), to: to.clone() };
        let written =
            serde_json::to_vec(&line).map_err(std::io::Error::from).and_then(|mut line| {
                line.push(b'\n');
                self.files.append_private(&self.file(now), &line)
            });
        if let Err(error) = written {
            tracing::warn!(%error, "the limits of a seat could not be taken over");
        }
    }

    /// The last word about each window, as the files have it.
    fn newest(&self, states: &[SeatState]) -> BTreeMap<(String, String), Sample> {
        let newest = states.iter().flat_map(Sample::of).map(|sample| sample.at).max();
        let tail = newest.and_then(|at| self.files.read_tail(&self.file(at), TAIL).ok()?);
        let samples = tail.as_deref().map(|tail| read_lines([tail])).unwrap_or_default();
        samples.into_iter().map(|sample| (key(&sample), sample)).collect()
    }

    /// Everything that was kept in the last `days` days, in order of time. Lines that are not understood are left out.
    pub fn read(&self, now: DateTime<Utc>, days: u32) -> Vec<Sample> {
        // A period before the first day is needed to compare with.
        let since = now.checked_sub_days(Days::new(u64::from(days) + 40)).unwrap_or(now);
        let mut month = since;
        let mut months = Vec::new();
        while (month.year(), month.month()) <= (now.year(), now.month()) {
            months.extend(self.files.read_text(&self.file(month)).ok().flatten());
            let next = month.with_day(1).and_then(|first| first.checked_add_days(Days::new(31)));
            let Some(next) = next.and_then(|next| next.with_day(1)) else { break };
            month = next;
        }
        let mut samples = read_lines(months.iter().map(String::as_str));
        samples.retain(|sample| sample.at >= since);
        samples.sort_by_key(|sample| sample.at);
        samples
    }
}

fn key(sample: &Sample) -> (String, String) {
    (format!("{}/{}", sample.seat.provider, sample.seat.account), sample.window.clone())
}

/// The numbers of texts in the order of time, each under the key that its seat has in the end.
fn read_lines<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    let lines = texts.into_iter().flat_map(str::lines);
    for line in lines.filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
        match line {
            Line::Sample(sample) => samples.push(sample),
            Line::Renamed { renamed, to } => {
                for sample in samples.iter_mut().filter(|sample| sample.seat == renamed) {
                    sample.seat.clone_from(&to);
                }
            }
        }
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_core::{
        AccountKey, Coverage, Percent, ProviderId, ProviderInfo, Reading, Scope, Seat, SourceId,
        Window, WindowKind,
    };

    fn state(at: DateTime<Utc>, used: f64) -> SeatState {
        let seat = Seat { provider: ProviderId::new("acme"), account: AccountKey::new("a") };
        let info = ProviderInfo {
            id: seat.provider.clone(),
            name: String::new(),
            short: String::new(),
            dashboard: String::new(),
        };
        let window = Window {
            id: "weekly".into(),
            kind: WindowKind::Weekly,
            scope: Scope::default(),
            used: Percent::new(used),
            resets_at: None,
            minutes: Some(10_080),
            unlimited: false,
        };
        let reading = Reading { windows: vec![window], ..Reading::empty(Coverage::Complete) };
        let mut state = SeatState::unknown(seat, info);
        state.observe(reading, &SourceId::new("login"), at);
        state
    }

    #[test]
    fn a_seat_that_goes_on_under_another_key_keeps_its_limits_and_no_other_seat_gets_them() {
        let limits = Limits::at(Files::memory(), "/data/limits".into());
        let at = |day: i64| DateTime::from_timestamp(1_790_812_500 + day * 86_400, 0).unwrap();
        let of = |key: &'static str, day: i64, used: f64| {
            let mut state = state(at(day), used);
            state.seat.account = AccountKey::new(key);
            state
        };
        limits.note(&[of("a", 0, 5.0), of("b", 0, 50.0)]);
        limits.rename(&of("a", 0, 0.0).seat, &of("a2", 0, 0.0).seat, at(1));
        limits.note(&[of("a2", 2, 7.0)]);
        limits.note(&[of("a", 3, 90.0)]);
        let told: Vec<_> = limits
            .read(at(4), 7)
            .into_iter()
            .map(|sample| (sample.seat.account.to_string(), sample.used))
            .collect();
        let want = [("a2", 5.0), ("b", 50.0), ("a2", 7.0), ("a", 90.0)];
        assert_eq!(told, want.map(|(key, used)| (key.to_owned(), used)));
    }

    #[test]
    fn what_is_news_is_kept_once_also_by_the_next_process_and_across_months() {
        let files = Files::memory();
        let at = |minute: i64| DateTime::from_timestamp(1_790_812_500 + minute * 60, 0).unwrap();
        let limits = || Limits::at(files.clone(), "/data/limits".into());
        let first = limits();
        first.note(&[state(at(0), 5.0)]);
        first.note(&[state(at(1), 5.0)]);
        first.note(&[state(at(2), 6.0)]);
        let second = limits();
        second.note(&[state(at(3), 6.0)]);
        second.note(&[state(at(10), 7.0)]);
        files.append_private("/data/limits/2026-10.jsonl".as_ref(), b"{broken\n").unwrap();
        let told: Vec<f64> = limits().read(at(20), 7).iter().map(|sample| sample.used).collect();
        assert_eq!(told, [5.0, 6.0, 7.0]);
        assert_eq!(limits().read(at(20) + chrono::TimeDelta::days(90), 7), [], "long ago");
        assert!(
            files.is_file("/data/limits/2026-09.jsonl".as_ref()),
            "the month changed meanwhile"
        );
    }
}
