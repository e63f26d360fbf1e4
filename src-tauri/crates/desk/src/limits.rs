//! Limits over time, kept for good: a line for every number that is news, a file for each month.

use crate::desk::held;
use chrono::{DateTime, Datelike as _, Days, Utc};
use claudometer_core::{SeatState, history::Sample};
use claudometer_host::Files;
use std::{collections::BTreeMap, path::PathBuf, sync::Mutex};

/// The end of a file in which the last word about each window is looked for.
const TAIL: u64 = 64 * 1024;

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

    /// The last word about each window, as the files have it.
    fn newest(&self, states: &[SeatState]) -> BTreeMap<(String, String), Sample> {
        let newest = states.iter().flat_map(Sample::of).map(|sample| sample.at).max();
        let tail = newest.and_then(|at| self.files.read_tail(&self.file(at), TAIL).ok()?);
        let samples = tail.as_deref().into_iter().flat_map(parse);
        samples.map(|sample| (key(&sample), sample)).collect()
    }

    /// Everything that was kept in the last `days` days, in order of time. Lines that are not understood are left out.
    pub fn read(&self, now: DateTime<Utc>, days: u32) -> Vec<Sample> {
        // A period before the first day is needed to compare with.
        let since = now.checked_sub_days(Days::new(u64::from(days) + 40)).unwrap_or(now);
        let mut month = since;
        let mut samples = Vec::new();
        while (month.year(), month.month()) <= (now.year(), now.month()) {
            let text = self.files.read_text(&self.file(month)).ok().flatten();
            samples.extend(text.as_deref().into_iter().flat_map(parse));
            let next = month.with_day(1).and_then(|first| first.checked_add_days(Days::new(31)));
            let Some(next) = next.and_then(|next| next.with_day(1)) else { break };
            month = next;
        }
        samples.retain(|sample| sample.at >= since);
        samples.sort_by_key(|sample| sample.at);
        samples
    }
}

fn key(sample: &Sample) -> (String, String) {
    (format!("{}/{}", sample.seat.provider, sample.seat.account), sample.window.clone())
}

fn parse(text: &str) -> impl Iterator<Item = Sample> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok())
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
