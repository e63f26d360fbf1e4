//! `history verify|backup|restore|rebuild|export|import|sync|prune`: the history of use is kept whole, and shared with other machines.

use super::cost;
use crate::{
    args::{Act, Args},
    books::{Books, refusal},
    exit::Exit,
    out,
    setup::Refusal,
};
use claudometer_host::Host;
use claudometer_ledger::{LedgerError, Shelf, Taken, Unread, Verdict, exchange};
use claudometer_store::Store;
use serde::Serialize;
use std::{
    io,
    path::{Path, PathBuf},
};

/// What `history verify --json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified {
    schema_version: u32,
    good: bool,
    faults: Vec<String>,
    responses_in_logs: u64,
    missing: u64,
    different: u64,
    surplus: u64,
    kept_beyond_logs: u64,
    unreadable: Vec<String>,
}

/// Does one of them.
pub(crate) fn run(args: &Args, act: &Act, host: Host) -> Result<Exit, Refusal> {
    let books = Books::of(args, host)?;
    let shelf = books.shelf();
    match act {
        Act::Verify => verify(args, &books),
        Act::Backup { file } => {
            let store = books.store()?;
            let today = books.zone.1.wall(books.host.now()).date();
            let to = match file {
                Some(file) => whole(file)?,
                None => books.paths.backups().join(format!("history-{today}.db")),
            };
            if file.is_some() {
                may_be_made(&to, &books)?;
            }
            shelf.back_up(&store, &to).map_err(refusal)?;
            out::print(&format!("The history was copied to {}.\n", to.display()));
            Ok(Exit::Ok)
        }
        Act::Restore { file } => restore(&books, &shelf, file.as_deref()),
        Act::Rebuild => {
            let aside = shelf.rebuild(&books.ledger(), books.host.now()).map_err(refusal)?;
            let aside = aside.map(|path| format!(" The old one lies in {}.", path.display()));
            out::print(&format!("The history was made anew.{}\n", aside.unwrap_or_default()));
            Ok(Exit::Ok)
        }
        Act::Export { file, device } => export(&books, file.as_deref(), device.as_deref()),
        Act::Import { path } => import(&books, path),
        Act::Sync => sync(&books),
        Act::Prune { before, yes } => prune(&books, before, *yes),
    }
}

/// Whether a copy may be made at a place: nothing is there, in a folder that is.
fn may_be_made(to: &Path, books: &Books) -> Result<(), Refusal> {
    let folder = to.parent().unwrap_or(Path::new("/"));
    let wrong = if books.host.files.is_taken(to) {
        format!("{} is there already.", to.display())
    } else if books.host.files.entry(folder).is_none_or(|entry| !entry.is_folder) {
        format!("There is no folder {}.", folder.display())
    } else {
        return Ok(());
    };
    Err((wrong, Exit::Config))
}

fn verify(args: &Args, books: &Books) -> Result<Exit, Refusal> {
    let shelf = books.shelf();
    let looked = match shelf.look() {
        Err(error) if error.is_about_writing() => shelf.in_memory().map(Some),
        other => other,
    };
    let Some(mut store) = looked.map_err(refusal)? else {
        return Err(("There is no history yet. `claudometer cost` makes one.".into(), Exit::Other));
    };
    let verdict = claudometer_ledger::verify(&books.ledger(), &mut store).map_err(refusal)?;
    let (good, seen_all) = (verdict.is_good(), verdict.unread.is_empty());
    if args.global.json {
        out::print_json(&of(verdict, books));
    } else {
        out::print(&said(&verdict, books));
    }
    Ok(match (good, seen_all) {
        (true, true) => Exit::Ok,
        (true, false) => Exit::Partial,
        (false, _) => Exit::Other,
    })
}

fn of(verdict: Verdict, books: &Books) -> Verified {
    let place = |one: &Unread| format!("{} ({})", books.host.tilde(&one.path), one.why);
    Verified {
        surplus: verdict.surplus,
        unreadable: verdict.unread.iter().map(place).collect(),
        schema_version: claudometer_wire::report::SCHEMA_VERSION,
        good: verdict.is_good(),
        faults: verdict.faults,
        responses_in_logs: verdict.told,
        missing: verdict.missing,
        different: verdict.less + verdict.more,
        kept_beyond_logs: verdict.kept,
    }
}

fn said(verdict: &Verdict, books: &Books) -> String {
    let Verdict { told, missing, less, more, surplus, kept, .. } = verdict;
    let mut text = format!(
        "The logs tell {told} responses: the history lacks {missing}, has less of {less} and more of {more}, and has {surplus} that they do not tell. Of {kept} others the logs are gone.\n"
    );
    text.extend(verdict.faults.iter().map(|fault| format!("Fault: {fault}\n")));
    if !verdict.unread.is_empty() {
        text.push_str(&books.unread(&verdict.unread));
        text.push('\n');
    }
    text.push_str(if verdict.is_good() {
        "Nothing is wrong.\n"
    } else if verdict.faults.is_empty() && surplus + more == 0 {
        "`claudometer cost` reads what is missing; `claudometer history rebuild` makes the history anew.\n"
    } else if verdict.faults.is_empty() {
        "`claudometer history rebuild` makes the history anew: the logs that are there then tell what counts.\n"
    } else {
        "`claudometer history rebuild` makes the history anew and keeps what can be read.\n"
    });
    text
}

fn restore(books: &Books, shelf: &Shelf, file: Option<&Path>) -> Result<Exit, Refusal> {
    let from = match file {
        Some(file) => whole(file)?,
        None => shelf.copies().into_iter().next().ok_or_else(|| {
            (format!("There is no copy in {}.", books.paths.backups().display()), Exit::Other)
        })?,
    };
    if !books.host.files.is_file(&from) {
        return Err((format!("There is no file {}.", from.display()), Exit::Config));
    }
    let aside = shelf.restore(&from, books.host.now()).map_err(|error| match error {
        LedgerError::Foreign => {
            let why = "is no history of Claudometer, or cannot be read. It was left as it is";
            (format!("{} {why}.", from.display()), Exit::Config)
        }
        error => refusal(error),
    })?;
    let aside = aside.map(|path| format!(" The one before lies in {}.", path.display()));
    out::print(&format!("{} is the history now.{}\n", from.display(), aside.unwrap_or_default()));
    Ok(Exit::Ok)
}

fn export(books: &Books, file: Option<&Path>, device: Option<&str>) -> Result<Exit, Refusal> {
    let (mut store, _) = books.readable()?;
    let to = file.unwrap_or(Path::new("-"));
    let files = &books.host.files;
    let written =
        out::to_place(files, to, exchange::BEGINS, |out| exchange::export(&mut store, device, out));
    match written {
        Ok(_) if file.is_none() => Ok(Exit::Ok),
        Ok(count) => {
            let text = format!("{count} responses were written to {}.", to.display());
            out::written(to, &text);
            Ok(Exit::Ok)
        }
        // A reader that has gone (a closed pipe) is no error.
        Err(LedgerError::File(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Ok),
        Err(LedgerError::File(error)) => Err((format!("{}: {error}.", to.display()), Exit::Other)),
        Err(error) => Err(refusal(error)),
    }
}

fn import(books: &Books, path: &Path) -> Result<Exit, Refusal> {
    let from = whole(path)?;
    let files = &books.host.files;
    let all: Vec<PathBuf> = if files.is_file(&from) {
        vec![from]
    } else {
        let entries = files.list(&from).into_iter().filter(|entry| !entry.is_folder);
        entries
            .map(|entry| entry.path)
            .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
            .collect()
    };
    if all.is_empty() {
        return Err((format!("There is nothing to import at {}.", path.display()), Exit::Config));
    }
    let mut store = books.store()?;
    for path in &all {
        let done = take_in(books, &mut store, path)?;
        out::print(&format!("{}: {}.\n", path.display(), taken(done)));
    }
    Ok(Exit::Ok)
}

/// Takes in one file, whatever wrote it.
fn take_in(books: &Books, store: &mut Store, path: &Path) -> Result<Taken, Refusal> {
    let wrong = |why: &str| (format!("{}: {why}.", path.display()), Exit::Config);
    let unreadable = |error: std::io::Error| wrong(&error.to_string());
    let files = &books.host.files;
    let ledger = books.ledger();
    if let Some(notes) = claudometer_providers::archived(files, path).map_err(unreadable)? {
        return ledger.import_notes(store, notes).map_err(refusal);
    }
    let done = ledger.import(store, path).map_err(refusal)?;
    if done.responses == 0 && done.odd > 0 {
        return Err(wrong("this is neither an export nor the history of a program that is known"));
    }
    Ok(done)
}

/// "12 responses and 3 days were taken in, 4 were known already".
fn taken(done: Taken) -> String {
    let counted = |count: u64, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    let (responses, days) = (counted(done.responses, "response"), counted(done.days, "day"));
    let (both, one) = match (done.responses, done.days) {
        (0, 0) if done.known > 0 => ("nothing new".to_owned(), true),
        (count, 0) => (responses, count == 1),
        (0, count) => (days, count == 1),
        _ => (format!("{responses} and {days}"), false),
    };
    let was = |one: bool| if one { "was" } else { "were" };
    let others = [(done.known, "known already"), (done.odd, "not understood")];
    let others = others.into_iter().filter(|(count, _)| *count > 0);
    others.fold(format!("{both} {} taken in", was(one)), |text, (count, what)| {
        format!("{text}, {count} {} {what}", was(count == 1))
    })
}

fn sync(books: &Books) -> Result<Exit, Refusal> {
    let folder = books.sync_folder().ok_or_else(|| {
        let message = "No folder is named: `claudometer config set cost.syncFolder ~/Sync/claudometer` names one that your machines keep in step.";
        (message.to_owned(), Exit::Config)
    })?;
    let mut store = books.store()?;
    let done = books.ledger().sync(&mut store, &folder).map_err(refusal)?;
    let odd = if done.odd > 0 {
        format!(" {} lines were not understood.", done.odd)
    } else {
        String::new()
    };
    out::print(&format!(
        "{} days were told to other machines, {} of their files were read.{odd}\n",
        done.days, done.files
    ));
    Ok(Exit::Ok)
}

fn prune(books: &Books, before: &str, yes: bool) -> Result<Exit, Refusal> {
    let now = books.host.now();
    let day = cost::day(before, books.zone.1.wall(now).date())?;
    if !yes {
        let message =
            format!("This removes for good what was used before {day}. Run it again with --yes.");
        return Err((message, Exit::Config));
    }
    let mut store = books.store()?;
    let begin = books.zone.1.instant(day.and_time(chrono::NaiveTime::MIN));
    let gone = store.prune(begin, day).map_err(|error| refusal(error.into()))?;
    out::print(&format!("{gone} responses from before {day} were removed.\n"));
    Ok(Exit::Ok)
}

fn whole(path: &Path) -> Result<PathBuf, Refusal> {
    std::path::absolute(path)
        .map_err(|error| (format!("{}: {error}.", path.display()), Exit::Config))
}
