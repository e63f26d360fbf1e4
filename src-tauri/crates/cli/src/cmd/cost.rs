//! `cost`: what use cost, from the assistants' own logs.

use crate::{
    args::{Args, Cost, CostBy, Mode, Week},
    books::{self, Books, refusal},
    exit::Exit,
    out, parquet,
    setup::Refusal,
};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use claudometer_core::{block::window_ends, cost::CostMode};
use claudometer_desk::limits::Limits;
use claudometer_host::{Host, clock::Zone};
use claudometer_ledger::{By, Filter, LedgerError, Query, blocks, prices, report};
use claudometer_store::{Store, StoreError};
use claudometer_view::{near, sheet::Sheet, table::cost};
use claudometer_wire::cost::{CostReport, CostRow};
use std::{collections::BTreeMap, io};

/// Days of a report that names none.
const DAYS: u64 = 14;
/// Days of blocks in one that names none.
const DAYS_OF_BLOCKS: u64 = 3;
/// When machines were synced last.
const SYNCED: &str = "synced_at";
/// They are at most so often.
const BETWEEN_SYNCS: TimeDelta = TimeDelta::minutes(15);
/// Limits over time are looked at so far back, in days.
const DAYS_OF_LIMITS: u32 = 400;

/// Prints what was asked for.
pub(crate) async fn run(args: &Args, wanted: &Cost, host: Host) -> Result<Exit, Refusal> {
    let mut books = Books::of(args, host)?;
    books.is_current = super::history_is_current(&books.host).await;
    let filter = Filter {
        agents: known_agents(&wanted.agent, &books)?,
        models: wanted.model.clone(),
        projects: wanted.project.clone(),
        devices: wanted.device.clone(),
    };
    let named = wanted.zone.as_deref().map(|name| {
        let zone = Zone::named(name).ok_or_else(|| {
            (format!("{name} is no time zone that this system knows. Names are such as Europe/Vienna."), Exit::Config)
        })?;
        Ok::<_, Refusal>((name.to_owned(), zone))
    });
    let named = named.transpose()?;
    let zone = named.as_ref().unwrap_or(&books.zone);
    let now = books.host.now();
    let today = zone.1.wall(now).date();
    let (since, until) = span(wanted, today)?;
    let mode = wanted.mode.map_or(books.settings.cost.mode, |mode| match mode {
        Mode::Auto => CostMode::Auto,
        Mode::Calculate => CostMode::Calculate,
        Mode::Display => CostMode::Display,
    });
    if wanted.by == CostBy::Block {
        let begin = |day: NaiveDate| zone.1.instant(day.and_time(chrono::NaiveTime::MIN));
        let query = blocks::BlockQuery {
            since: since.map(begin),
            until: until.and_then(|day| day.succ_opt()).map(begin),
            filter,
            mode,
            now,
            ends: ends(&books, now, 300),
        };
        return print_blocks(args, wanted, &books, &query);
    }
    let query = Query {
        by: by(wanted),
        since,
        until,
        hour: wanted.hour,
        filter,
        mode,
        breakdown: wanted.breakdown || wanted.by == CostBy::Today,
        zone: (zone.0.as_str(), &zone.1),
        week_ends: if wanted.week == Week::Limit {
            ends(&books, now, 10_080)
        } else {
            BTreeMap::new()
        },
        limit: wanted.limit,
        now,
        today,
    };
    print_report(args, wanted, &books, &query)
}

/// Prints what the resident needs to know.
pub(crate) async fn brief(args: &Args, host: Host) -> Result<Exit, Refusal> {
    let mut books = Books::of(args, host)?;
    if books.settings.cost.refresh_prices && !args.global.offline {
        books = with_new_prices(args, books).await?;
    }
    let (mut store, done) = books.readable()?;
    let today = books.zone.1.wall(books.host.now()).date();
    if done.read > 0
        && let Err(error) = books.shelf().back_up_daily(&store, today)
    {
        // A fault is noticed here at the latest, and mended from the last sound copy.
        tracing::warn!(%error, "the history was not copied today");
        if matches!(error, LedgerError::Store(StoreError::Faulty(_) | StoreError::Damaged(_))) {
            drop(store);
            books.mend().map_err(refusal)?;
            store = books.store()?;
        }
    }
    sync_sometimes(&books, &mut store);
    let brief =
        claudometer_ledger::brief(&mut store, &books.settings.cost, today).map_err(refusal)?;
    out::print_json(&brief);
    Ok(Exit::Ok)
}

/// Tells other machines what is new, and takes in what they tell, where that was long ago.
fn sync_sometimes(books: &Books, store: &mut Store) {
    let now = books.host.now();
    let last = store.fact(SYNCED).ok().flatten().and_then(|at| at.parse::<DateTime<Utc>>().ok());
    let is_due = last.is_none_or(|at| now - at >= BETWEEN_SYNCS || at > now);
    let Some(folder) = books.sync_folder().filter(|_| is_due) else { return };
    let done = books.ledger().sync(store, &folder);
    let noted = store.set_fact(SYNCED, &now.to_rfc3339());
    if let Err(error) = done.map(drop).and_then(|()| Ok(noted?)) {
        tracing::warn!(%error, "machines were not synced");
    }
}

/// Fetches the price list where a day has passed. What goes wrong is told where it can be looked up, and changes nothing.
async fn with_new_prices(args: &Args, books: Books) -> Result<Books, Refusal> {
    let renewal = books.paths.prices();
    if !prices::is_stale(&books.host.files, &renewal, books.host.now()) {
        return Ok(books);
    }
    match prices::renew(&books.host, &renewal).await {
        Ok((models, changed)) => tracing::info!(models, changed, "prices were fetched"),
        Err(error) => tracing::warn!(%error, "prices stay as they are"),
    }
    Books::of(args, books.host)
}

fn print_report(
    args: &Args,
    wanted: &Cost,
    books: &Books,
    query: &Query<'_>,
) -> Result<Exit, Refusal> {
    let (mut store, done) = books.readable()?;
    let plans = &books.settings.cost.plans;
    if wanted.by == CostBy::Session && args.global.json && !wanted.anonymise {
        print_sessions(books, &mut store, query)?;
        return Ok(books::exit(&done));
    }
    let mut report =
        report::report(&mut store, query, books.prices.as_of(), plans).map_err(refusal)?;
    if wanted.anonymise {
        report::anonymise(&mut report);
    }
    if args.global.json {
        out::print_json(&report);
    } else if !print_sheet(wanted, &Sheet::rows(&report), report.rows_left_out, books)? {
        let context = books.context();
        let style = out::style(&books.host, args.global.no_color);
        books.with_names(|names| out::print_painted(&cost::page(&report, names, &context, &style)));
    }
    Ok(books::exit(&done))
}

/// Prints sessions as they are found: there may be hundreds of thousands.
fn print_sessions(books: &Books, store: &mut Store, query: &Query<'_>) -> Result<(), Refusal> {
    let (as_of, plans) = (books.prices.as_of(), &books.settings.cost.plans);
    let printed = out::in_pieces(|out| {
        let mut rows = 0;
        let each = &mut |report: &CostReport, row: CostRow| {
            if rows == 0 {
                out.write_all(around_rows(report)?.0.as_bytes())?;
            } else {
                out.write_all(b",")?;
            }
            rows += 1;
            Ok(out::write_json(&mut *out, &row)?)
        };
        let report = report::stream(store, query, as_of, plans, each)?;
        let (before, after) = around_rows(&report)?;
        let before = if rows == 0 { before } else { String::new() };
        Ok(out.write_all(format!("{before}{after}\n").as_bytes())?)
    });
    match printed {
        Err(LedgerError::File(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(refusal),
    }
}

/// What stands before and behind the rows of a report that has none.
fn around_rows(report: &CostReport) -> io::Result<(String, String)> {
    const ROWS: &str = "\"rows\":[";
    let mut text = Vec::new();
    out::write_json(&mut text, report)?;
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    // Nowhere else do these letters stand: within a text, quotes have a stroke before them.
    let at = text.find(ROWS).map_or(text.len(), |at| at + ROWS.len());
    let (before, after) = text.split_at(at);
    Ok((before.to_owned(), after.to_owned()))
}

fn print_blocks(
    args: &Args,
    wanted: &Cost,
    books: &Books,
    query: &blocks::BlockQuery,
) -> Result<Exit, Refusal> {
    let (mut store, done) = books.readable()?;
    let mut report = blocks::report(&mut store, query).map_err(refusal)?;
    if let Some(limit) = wanted.limit {
        let beyond = report.blocks.len().saturating_sub(limit);
        report.blocks.drain(..beyond);
        report.blocks_left_out = beyond as u64;
    }
    if args.global.json {
        out::print_json(&report);
    } else if !print_sheet(wanted, &Sheet::blocks(&report), report.blocks_left_out, books)? {
        let context = books.context();
        let style = out::style(&books.host, args.global.no_color);
        books.with_names(|names| {
            out::print_painted(&cost::blocks(&report, names, &context, &style));
        });
    }
    Ok(books::exit(&done))
}

/// Prints or writes the report as a table for other programs; whether that was asked for.
fn print_sheet(
    wanted: &Cost,
    sheet: &Sheet,
    left_out: u64,
    books: &Books,
) -> Result<bool, Refusal> {
    if wanted.csv {
        out::print_lines(sheet.csv_lines());
        if left_out > 0 {
            let rows = if left_out == 1 { "row was" } else { "rows were" };
            out::say(&format!("{left_out} more {rows} left out."));
        }
    } else if let Some(file) = &wanted.parquet {
        let failed =
            |error: &dyn std::fmt::Display| (format!("{}: {error}.", file.display()), Exit::Other);
        let files = &books.host.files;
        out::to_place(files, file, parquet::BEGINS, |out| parquet::write(sheet, out))
            .map_err(|error| failed(&error))?;
        let rows = sheet.rows.len();
        out::written(file, &format!("{rows} rows were written to {}.", file.display()));
    }
    Ok(wanted.csv || wanted.parquet.is_some())
}

const fn by(wanted: &Cost) -> By {
    match (wanted.by, wanted.week) {
        (CostBy::Hour, _) => By::Hour,
        (CostBy::Today | CostBy::Agent, _) => By::Agent,
        (CostBy::Week, Week::Iso) => By::Week,
        (CostBy::Week, Week::Rolling) => By::RollingWeek,
        (CostBy::Week, Week::Limit) => By::LimitWeek,
        (CostBy::Month, _) => By::Month,
        (CostBy::Year, _) => By::Year,
        (CostBy::Session, _) => By::Session,
        (CostBy::Project, _) => By::Project,
        (CostBy::Model, _) => By::Model,
        (CostBy::Device, _) => By::Device,
        (CostBy::Day | CostBy::Block, _) => By::Day,
    }
}

/// Ids of assistants as they were typed: those whose logs are read here, and those that only the history knows, from an
/// import or from another machine. An unknown one is told what is near.
pub(crate) fn known_agents(ids: &[String], books: &Books) -> Result<Vec<String>, Refusal> {
    let mut known: Vec<String> =
        claudometer_providers::LOGS.iter().map(|source| source.id().to_owned()).collect();
    if ids.iter().all(|id| known.contains(id)) {
        return Ok(ids.to_vec());
    }
    for agent in books.agents()? {
        if !known.contains(&agent) {
            known.push(agent);
        }
    }
    let Some(id) = ids.iter().find(|id| !known.contains(id)) else { return Ok(ids.to_vec()) };
    let hint = near::nearest(id, known.iter()).map(|near| format!(" Did you mean {near}?"));
    let hint = hint.unwrap_or_default();
    let all = known.join(", ");
    Err((format!("Nothing is known of {id}.{hint} Possible: {all}."), Exit::Config))
}

/// First and last day.
fn span(
    wanted: &Cost,
    today: NaiveDate,
) -> Result<(Option<NaiveDate>, Option<NaiveDate>), Refusal> {
    let day = |text: &Option<String>| text.as_deref().map(|text| day(text, today)).transpose();
    let (since, until) = (day(&wanted.since)?, day(&wanted.until)?);
    if let (Some(since), Some(until)) = (since, until)
        && since > until
    {
        return Err((format!("The first day, {since}, is after the last, {until}."), Exit::Config));
    }
    let back = |days: u64| today.checked_sub_days(Days::new(days - 1));
    if wanted.all || since.is_some() || until.is_some() {
        return Ok((since, until));
    }
    Ok(match wanted.by {
        CostBy::Today | CostBy::Hour => (Some(today), Some(today)),
        CostBy::Day => (back(DAYS), None),
        CostBy::Block => (back(DAYS_OF_BLOCKS), None),
        CostBy::Week if wanted.week == Week::Limit => (back(35), None),
        CostBy::Session | CostBy::Project | CostBy::Model | CostBy::Agent | CostBy::Device => {
            (back(30), None)
        }
        CostBy::Week | CostBy::Month | CostBy::Year => (None, None),
    })
}

/// A day as people write it.
pub(crate) fn day(text: &str, today: NaiveDate) -> Result<NaiveDate, Refusal> {
    let back = |days: u64| today.checked_sub_days(Days::new(days));
    let found = match text {
        "today" => Some(today),
        "yesterday" => back(1),
        _ => match text.strip_suffix('d').and_then(|days| days.parse::<u64>().ok()) {
            Some(days) => back(days.saturating_sub(1)),
            None => ["%Y-%m-%d", "%Y%m%d"]
                .iter()
                .find_map(|form| NaiveDate::parse_from_str(text, form).ok()),
        },
    };
    found.ok_or_else(|| {
        let message =
            format!("{text} is no day: write 2026-11-01, 20261101, today, yesterday, or 7d.");
        (message, Exit::Config)
    })
}

/// Ends of the accounts' own windows of so many minutes, by assistant, as they were told over time.
fn ends(books: &Books, now: DateTime<Utc>, minutes: u32) -> BTreeMap<String, Vec<DateTime<Utc>>> {
    let limits = Limits::at(books.host.files.clone(), books.paths.limits());
    let mut ends: BTreeMap<String, Vec<DateTime<Utc>>> = BTreeMap::new();
    for sample in limits.read(now, DAYS_OF_LIMITS) {
        // A window of one model only is not the account's.
        if sample.minutes == Some(minutes) && !sample.window.contains([':', '@']) {
            ends.entry(sample.seat.provider.to_string()).or_default().extend(sample.resets_at);
        }
    }
    ends.into_iter().map(|(agent, told)| (agent, window_ends(told))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_people_do() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        for (text, expected) in [
            ("2026-11-01", "2026-11-01"),
            ("20261101", "2026-11-01"),
            ("today", "2026-11-21"),
            ("yesterday", "2026-11-20"),
            ("7d", "2026-11-15"),
            ("1d", "2026-11-21"),
        ] {
            assert_eq!(
                day(text, today).map(|day| day.to_string()),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
        for text in ["", "d", "11/01", "2026-13-01", "tomorrow", "-3d"] {
            assert!(day(text, today).is_err(), "{text}");
        }
    }
}
