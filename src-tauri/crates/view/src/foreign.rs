//! Text of others: vendors, logs, other machines, file names. Characters that would steer a terminal, turn the direction of
//! writing, break a line or take no place are shown as escapes (`\u{1b}`) instead of being obeyed.

use claudometer_core::{
    Account, Attempt, AttemptResult, Credits, Failure, ProviderInfo, SeatState, Seen, Spend,
    UsageSnapshotBundle,
};
use std::{borrow::Cow, fmt::Write as _};

/// A currency has three letters; what is longer than this, in characters, is none.
const LONGEST_CURRENCY: usize = 8;
/// Names longer than this are cut in their middle, in characters.
const LONGEST_NAME: usize = 80;

/// Whether a terminal, a bar or a text engine obeys a character instead of showing it: controls, line and paragraph
/// separators, marks that take no place, and marks of direction.
pub fn is_obeyed(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// A text on one line.
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// A text that may have several lines, and tabs.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| matches!(letter, '\n' | '\t'))
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let escapes = |letter: char| is_obeyed(letter) && !stays(letter);
    if !text.chars().any(escapes) {
        return Cow::Borrowed(text);
    }
    let mut all = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' if escapes(letter) => all.extend(letter.escape_default()),
            letter if escapes(letter) => {
                write!(all, "\\u{{{:x}}}", u32::from(letter)).ok(); // writing to a String cannot fail
            }
            letter => all.push(letter),
        }
    }
    Cow::Owned(all)
}

/// A name on one line, cut in its middle where it is too long to be one.
pub fn name(text: &str) -> String {
    middle(&shown(text), LONGEST_NAME)
}

/// A text of at most so many characters: beginning and end, which is where names differ.
pub fn middle(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(1);
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    let begin: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{begin}…{end}")
}

/// A snapshot in which every text of others can be shown. Ids stay as they are.
///
/// Every field is named, so that a new one has to be thought about here.
pub(crate) fn snapshot(snapshot: &UsageSnapshotBundle) -> UsageSnapshotBundle {
    let UsageSnapshotBundle { seq, seats, refreshing } = snapshot;
    UsageSnapshotBundle {
        seq: *seq,
        seats: seats.iter().map(seat).collect(),
        refreshing: *refreshing,
    }
}

fn seat(state: &SeatState) -> SeatState {
    let SeatState {
        seat,
        provider: info,
        origin,
        account: whose,
        place,
        plan,
        windows,
        credits,
        spend,
        reset_credits,
        limit_reached,
        falls,
        last_good,
        failure: trouble,
        attempts,
        next_poll,
        stale_after_s,
    } = state;
    SeatState {
        seat: seat.clone(),
        provider: provider(info),
        origin: *origin,
        account: whose.as_ref().map(account),
        place: shown(place).into_owned(),
        plan: plan.as_deref().map(name),
        // What a window is called is made in `text::window_label`.
        windows: windows.clone(),
        credits: credits.iter().map(|seen| seen_as(seen, balance)).collect(),
        spend: spend.as_ref().map(|seen| seen_as(seen, money)),
        reset_credits: reset_credits.clone(),
        limit_reached: *limit_reached,
        falls: falls.clone(),
        last_good: last_good.clone(),
        failure: trouble.as_ref().map(failure),
        attempts: attempts.iter().map(attempt).collect(),
        next_poll: *next_poll,
        stale_after_s: *stale_after_s,
    }
}

fn seen_as<T>(seen: &Seen<T>, change: impl Fn(&T) -> T) -> Seen<T> {
    Seen { value: change(&seen.value), stamp: seen.stamp.clone() }
}

fn provider(info: &ProviderInfo) -> ProviderInfo {
    let ProviderInfo { id, name: long, short, dashboard } = info;
    ProviderInfo {
        id: id.clone(),
        name: name(long),
        short: name(short),
        dashboard: shown(dashboard).into_owned(),
    }
}

fn account(account: &Account) -> Account {
    let Account { id, email, org, org_id } = account;
    Account {
        id: id.clone(),
        email: email.as_deref().map(name),
        org: org.as_deref().map(name),
        org_id: org_id.clone(),
    }
}

fn money(spend: &Spend) -> Spend {
    let currency = middle(&shown(&spend.currency), LONGEST_CURRENCY);
    Spend { currency, ..spend.clone() }
}

fn balance(credits: &Credits) -> Credits {
    Credits { name: credits.name.as_deref().map(name), ..credits.clone() }
}

fn failure(failure: &Failure) -> Failure {
    Failure {
        detail: shown(&failure.detail).into_owned(),
        remedy: shown(&failure.remedy).into_owned(),
        shape: failure.shape.as_deref().map(|shape| shown(shape).into_owned()),
        ..failure.clone()
    }
}

fn attempt(attempt: &Attempt) -> Attempt {
    let result = match &attempt.result {
        AttemptResult::Failed { trouble, detail } => {
            AttemptResult::Failed { trouble: *trouble, detail: shown(detail).into_owned() }
        }
        other => other.clone(),
    };
    Attempt { result, ..attempt.clone() }
}

#[cfg(test)]
mod tests;
