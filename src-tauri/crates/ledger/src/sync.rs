//! Machines that tell each other what they used, over a folder that something else keeps in step.
//!
//! Each machine writes into a folder of its own there, a file for each day, and reads those of the others. So no two ever
//! write the same file, whatever keeps the folder in step.

use crate::{Ledger, LedgerError, exchange};
use chrono::{NaiveDate, NaiveTime};
use claudometer_host::files::Pieces;
use claudometer_scan::hash;
use claudometer_store::{Batch, KnownFile, Sessions, Store, Stored};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

/// What the files of other machines are noted under.
const SOURCE: &str = "other-machines";
/// What was written: a hash of each day.
const WRITTEN: &str = "synced";

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Synced {
    /// Days of this machine that were written.
    pub days: u64,
    /// Files of other machines that were read.
    pub files: u64,
    /// Lines of them that were not understood.
    pub odd: u64,
}

impl Ledger<'_> {
    /// Writes what is new of this machine into the folder, and reads what is new of the others.
    pub fn sync(&self, store: &mut Store, folder: &Path) -> Result<Synced, LedgerError> {
        let own = folder.join(file_name(&self.device));
        let days = self.write_days(store, &own)?;
        let (files, odd) = self.read_others(store, folder, &own)?;
        Ok(Synced { days, files, odd })
    }

    fn write_days(&self, store: &mut Store, own: &Path) -> Result<u64, LedgerError> {
        let now = self.days(store)?;
        let place = own.to_string_lossy();
        let before = store.fact(WRITTEN)?.unwrap_or_default();
        let before = written(&before, &place);
        let file = |day: NaiveDate| own.join(format!("{day}.jsonl"));
        let is_changed = |(day, hash): &(&NaiveDate, &u64)| {
            before.get(*day) != Some(*hash) || !self.host.files.is_file(&file(**day))
        };
        let changed: Vec<NaiveDate> = now.iter().filter(is_changed).map(|(day, _)| *day).collect();
        let begin = |day: NaiveDate| self.zone.instant(day.and_time(NaiveTime::MIN));
        for day in &changed {
            let mut responses: Vec<Stored> = Vec::new();
            store.responses(Some(begin(*day)), day.succ_opt().map(begin), &mut |stored| {
                if stored.device == self.device {
                    responses.push(stored);
                }
            })?;
            let fill = |out: &mut Pieces<'_>| exchange::write(responses, out);
            self.host.files.write_private_in_pieces(&file(*day), fill)?;
        }
        if changed.is_empty() {
            return Ok(0);
        }
        store.set_fact(WRITTEN, &noted(&now, &place))?;
        Ok(changed.len() as u64)
    }

    /// A hash of what is known of each day of this machine.
    fn days(&self, store: &mut Store) -> Result<BTreeMap<NaiveDate, u64>, LedgerError> {
        let mut days: BTreeMap<NaiveDate, u64> = BTreeMap::new();
        store.days(None, None, Sessions::Named, &mut |key, sums| {
            if key.device == self.device {
                let tokens = sums.tokens;
                let figures = [
                    sums.responses,
                    tokens.prompt(),
                    tokens.output,
                    tokens.cache_read,
                    tokens.cache_write_5m,
                ];
                let text = figures.map(|figure| figure.to_string()).join(" ");
                let row = hash(&[&key.agent, &key.model, &key.project, &key.session, &text]);
                // Rows come in no order.
                let sum = days.entry(key.day).or_default();
                *sum = sum.wrapping_add(row);
            }
        })?;
        Ok(days)
    }

    fn read_others(
        &self,
        store: &mut Store,
        folder: &Path,
        own: &Path,
    ) -> Result<(u64, u64), LedgerError> {
        let files = &self.host.files;
        let (mut read, mut odd) = (0, 0);
        let is_day = |path: &Path| path.extension().is_some_and(|end| end == "jsonl");
        for leaf in files.leaves(folder, &is_day) {
            if leaf.path.starts_with(own) {
                continue;
            }
            let path = leaf.path.to_string_lossy().into_owned();
            let is_known = |known: &KnownFile| {
                (known.size, known.modified_ns) == (leaf.size, leaf.modified_ns)
            };
            if store.file(SOURCE, &path)?.as_ref().is_some_and(is_known) {
                continue;
            }
            odd += self.take_lines(store, &leaf.path)?.odd;
            read += 1;
            let mut batch = Batch::default();
            let known = KnownFile {
                size: leaf.size,
                modified_ns: leaf.modified_ns,
                file_id: leaf.id,
                ..KnownFile::default()
            };
            batch.file(&SOURCE.into(), path, known);
            self.keep(store, batch)?;
        }
        Ok((read, odd))
    }
}

/// A machine's name as that of a folder, on every file system.
fn file_name(device: &str) -> PathBuf {
    let plain = |letter: char| {
        if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '_' }
    };
    let name: String = device.chars().map(plain).collect();
    // Names that became the same, or that are no names, are told apart.
    let is_plain = name == device && !name.starts_with('.');
    PathBuf::from(if is_plain { name } else { format!("{name}-{:08x}", hash(&[device]) as u32) })
}

/// The place, and a hash of each day that was written to it.
fn noted(days: &BTreeMap<NaiveDate, u64>, place: &str) -> String {
    let mut text = format!("{place}\n");
    for (day, hash) in days {
        writeln!(text, "{day} {hash:016x}").ok(); // writing to a String cannot fail
    }
    text
}

/// What [`noted`] wrote for this place; for another one nothing was written.
fn written(text: &str, place: &str) -> BTreeMap<NaiveDate, u64> {
    let mut lines = text.lines();
    if lines.next() != Some(place) {
        return BTreeMap::new();
    }
    let line = |line: &str| {
        let (day, hash) = line.split_once(' ')?;
        Some((day.parse().ok()?, u64::from_str_radix(hash, 16).ok()?))
    };
    lines.filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_machine_is_one_of_a_folder() {
        assert_eq!(file_name("desk.local"), PathBuf::from("desk.local"));
        let names = ["..", ".hidden", "a b", "a_b", "a:b", "büro"];
        let mut folders: Vec<_> = names.iter().map(|name| file_name(name)).collect();
        assert!(folders.iter().all(|folder| folder.components().count() == 1));
        assert!(folders.iter().all(|folder| folder.as_os_str() != ".."));
        folders.sort();
        folders.dedup();
        assert_eq!(folders.len(), names.len());
    }

    #[test]
    fn what_was_written_to_another_place_is_written_anew() {
        let days = BTreeMap::from([("2026-11-21".parse().unwrap(), 7)]);
        let text = noted(&days, "/shared/desk");
        assert_eq!(written(&text, "/shared/desk"), days);
        assert_eq!(written(&text, "/elsewhere/desk"), BTreeMap::new());
        assert_eq!(written("", "/shared/desk"), BTreeMap::new());
    }
}
