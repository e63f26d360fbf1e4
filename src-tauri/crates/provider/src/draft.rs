//! A reading in the making: what a mapper puts in merges by itself, and the end decides whether it is a reading at all.
//!
//! A mapper says what it finds and where it is of: the newer object with [`Draft::add`], an older parallel one with
//! [`Draft::fill`], elements of a list through [`Draft::each`]. Each window is kept once, whatever is told twice and in
//! whatever order; what is broken costs itself and is noted; and an answer that tells no figure is no reading.

use crate::{FetchError, Report, lenient, shape};
use chrono::{DateTime, Utc};
use claudometer_core::{
    Account, Allowance, Amount, Coverage, CreditUnit, Credits, Currency, Percent, Reading,
    SavedResets, Scope, Spend, Trouble, Window, WindowKind,
};
use serde_json::Value;

/// More notes than this say nothing new.
const MOST_NOTES: usize = 20;
/// More elements of one list are a vendor's mistake.
const MOST_ELEMENTS: usize = 500;

/// Why an element makes no window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// Its kind is not known, and its unit does not say what it is.
    UnknownKind,
    /// Something in it is not what it should be; what, in a few words.
    Broken(&'static str),
}

/// A reading in the making.
#[derive(Debug)]
pub struct Draft {
    /// Whose numbers these are.
    pub account: Option<Account>,
    /// Plan as people know it.
    pub plan: Option<String>,
    /// Money spent beyond the plan.
    pub spend: Option<Spend>,
    /// Resets that the person may trigger by hand.
    pub reset_credits: Option<SavedResets>,
    /// Whether the vendor says that a limit is reached.
    pub limit_reached: bool,
    /// When the vendor measured it, in UTC; `None` is "now".
    pub as_of: Option<DateTime<Utc>>,
    coverage: Coverage,
    windows: Vec<Kept>,
    credits: Vec<Credits>,
    notes: Vec<String>,
    /// Whether something that should have told a figure was not understood.
    lost: bool,
    /// What the vendor says where it has nothing to tell.
    nothing: Option<&'static str>,
    /// Whether a limit was named that the plan has not.
    absent: bool,
    /// Whether the vendor is known to leave the figure out for this kind of account.
    unmetered: bool,
}

#[derive(Debug)]
struct Kept {
    window: Window,
    /// Whether only an older object told it so far.
    older: bool,
}

impl Draft {
    /// Of an answer that tells everything its source knows of: what it leaves out does not exist.
    pub const fn new() -> Self {
        Self::of(Coverage::Complete)
    }

    /// Of one that tells a part, as a log or a status line does: what it leaves out stands as it was.
    pub const fn part() -> Self {
        Self::of(Coverage::Partial)
    }

    /// Of either.
    pub const fn of(coverage: Coverage) -> Self {
        Self {
            account: None,
            plan: None,
            spend: None,
            reset_credits: None,
            limit_reached: false,
            as_of: None,
            coverage,
            windows: Vec::new(),
            credits: Vec::new(),
            notes: Vec::new(),
            lost: false,
            nothing: None,
            absent: false,
            unmetered: false,
        }
    }

    /// The same, of an answer that turned out to tell a part only.
    #[must_use]
    pub fn partly(self) -> Self {
        Self { coverage: Coverage::Partial, ..self }
    }

    /// The same, of a mirror that is asked while the vendor's first host fails: mirrors say "free" where they do not know, so
    /// that is no figure. What they say is used counts, beside what is known of the rest.
    #[must_use]
    pub fn of_mirror(mut self) -> Self {
        for kept in &mut self.windows {
            if kept.window.used.is_some_and(|used| used.get() <= 0.0) {
                kept.window = kept.window.clone().with(Allowance::Unknown);
            }
        }
        self.partly()
    }

    /// The vendor is known to leave out the figure for this kind of account: its windows, without one, are the reading.
    pub const fn unmetered(&mut self) {
        self.unmetered = true;
    }

    /// Takes in a window of the newest object that tells it. `None` is one that the plan has not.
    pub fn add(&mut self, window: Option<Window>) {
        self.put(window, false);
    }

    /// Takes in a window of an older object that stands beside a newer one: it fills in what that leaves out, and overrules
    /// it only where it says that nothing is left. The order of the two calls does not matter.
    pub fn fill(&mut self, window: Option<Window>) {
        self.put(window, true);
    }

    fn put(&mut self, window: Option<Window>, older: bool) {
        let Some(window) = window else {
            self.absent = true;
            return;
        };
        match self.windows.iter_mut().find(|kept| is_same(&kept.window, &window)) {
            Some(kept) => kept.merge(&window, older),
            None => self.windows.push(Kept { window, older }),
        }
    }

    /// Reads an object that may be missing or null; one that is no object is noted, and costs itself alone.
    pub fn bucket(
        &mut self,
        name: &str,
        value: &Value,
        read: impl FnOnce(&Value) -> Option<Window>,
    ) {
        match value {
            Value::Null => {}
            Value::Object(_) => self.add(read(value)),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                self.lose(&format!("{name} is no object"));
            }
        }
    }

    /// Reads every element of a list by itself: those that are no objects, are broken or of an unknown kind are noted and
    /// cost their siblings nothing. A list that is missing or null is an empty one.
    pub fn each<W: IntoIterator<Item = Window>>(
        &mut self,
        name: &str,
        list: &Value,
        mut read: impl FnMut(&Value) -> Result<W, Odd>,
    ) {
        for element in self.elements(name, list) {
            match read(element) {
                Ok(windows) => {
                    let before = self.windows.len();
                    let mut any = false;
                    for window in windows {
                        any = true;
                        self.add(Some(window));
                    }
                    self.absent |= !any && self.windows.len() == before;
                }
                Err(Odd::UnknownKind) => {
                    self.lose(&format!("{name} has an element of a kind that is not known"));
                }
                Err(Odd::Broken(what)) => self.lose(&format!("{name} has an element whose {what}")),
            }
        }
    }

    /// The objects of a list, in its order; everything else in it is noted.
    pub fn elements<'a>(&mut self, name: &str, list: &'a Value) -> Vec<&'a Value> {
        let all = match list {
            Value::Array(all) => all.as_slice(),
            Value::Null => &[],
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                self.lose(&format!("{name} is no list"));
                &[]
            }
        };
        let good = |element: &&Value| element.as_object().is_some_and(|it| !it.is_empty());
        if all.iter().any(|element| !good(&element)) {
            self.lose(&format!("{name} has an element that is no object"));
        }
        all.iter().filter(good).take(MOST_ELEMENTS).collect()
    }

    /// Takes in a balance. One that is there already is filled in, not shown twice.
    pub fn balance(&mut self, credits: Option<Credits>) {
        let Some(credits) = credits else { return };
        let nothing_left = |it: &Credits| it.balance.is_some_and(Amount::is_zero);
        match self.credits.iter_mut().find(|known| known.is_same(&credits)) {
            // A zero beside a figure is a placeholder.
            Some(known) if known.tells() && !(nothing_left(known) && credits.tells()) => {}
            Some(known) => *known = credits,
            None => self.credits.push(credits),
        }
    }

    /// This window is all that counts: an older kind of plan whose other figures mean nothing.
    pub fn only(&mut self, window: Window) {
        self.windows.clear();
        self.add(Some(window));
    }

    /// The notes so far.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Notes something that says nothing of limits: a key or a reason, no values.
    pub fn note(&mut self, text: &str) {
        if self.notes.len() < MOST_NOTES && !self.notes.iter().any(|known| known == text) {
            self.notes.push(text.to_owned());
        }
    }

    /// Notes something that should have told a figure: what was known of it stands then.
    pub fn lose(&mut self, text: &str) {
        self.lost = true;
        self.note(text);
    }

    /// What is said where the answer, which was understood, has no limit to tell: one sentence.
    pub const fn nothing(&mut self, sentence: &'static str) {
        self.nothing = Some(sentence);
    }

    /// Windows so far.
    pub fn windows(&self) -> impl Iterator<Item = &Window> {
        self.windows.iter().map(|kept| &kept.window)
    }

    /// Whether it has any figure so far.
    pub fn tells(&self) -> bool {
        self.windows().any(Window::tells)
            || (self.unmetered && !self.windows.is_empty())
            || self.credits.iter().any(Credits::tells)
            || self.spend.is_some()
            || self.reset_credits.is_some_and(|resets| resets.left > 0)
    }

    /// The reading, or why `answer` is none: a plan's name, an account, or limits without figures are no reading.
    ///
    /// Where the answer was understood and names no limit of the account that is [`Trouble::NoData`], else
    /// [`Trouble::BadPayload`] with its shape.
    pub fn finish(self, answer: &Value) -> Result<Report, FetchError> {
        if self.tells() {
            return Ok(self.report());
        }
        let named = self.windows.is_empty() && self.absent;
        let none = self.nothing.or_else(|| {
            named.then_some("The plan of this account has none of the limits that are named.")
        });
        Err(match none {
            Some(sentence) if !self.lost => FetchError::new(Trouble::NoData, sentence),
            _ => FetchError::unreadable(
                "The answer names none of the limits that it used to.",
                Some(shape::of(answer)),
            ),
        })
    }

    /// What there is, for sources of which silence is no failure.
    pub fn report(self) -> Report {
        let coverage = if self.lost { Coverage::Partial } else { self.coverage };
        let reading = Reading {
            account: self.account,
            plan: self.plan,
            windows: self.windows.into_iter().map(|kept| kept.window).collect(),
            credits: self.credits,
            spend: self.spend,
            reset_credits: self.reset_credits,
            limit_reached: self.limit_reached,
            as_of: self.as_of,
            ..Reading::empty(coverage)
        };
        Report { notes: self.notes, ..Report::from(reading) }
    }
}

impl Default for Draft {
    fn default() -> Self {
        Self::new()
    }
}

impl Kept {
    fn merge(&mut self, other: &Window, older: bool) {
        let (ours, theirs) = (self.window.allowance(), other.allowance());
        let merged = match (self.older, older) {
            (true, false) => theirs.over(ours),
            (false, true) => ours.over(theirs),
            (true, true) | (false, false) => ours.and(theirs),
        };
        // A reset belongs to the figure that it was told with.
        let theirs_counts = merged == theirs && (merged != ours || (self.older && !older));
        self.window.resets_at = if theirs_counts {
            other.resets_at.or(self.window.resets_at)
        } else {
            self.window.resets_at.or(other.resets_at)
        };
        self.window.minutes = self.window.minutes.or(other.minutes);
        self.window = self.window.clone().with(merged);
        self.older &= older;
    }
}

/// Whether two windows are the same limit: by name, or by period and part of the account.
fn is_same(one: &Window, other: &Window) -> bool {
    let fold = |scope: &Scope| {
        [&scope.model, &scope.surface, &scope.pool].map(|part| part.as_deref().map(lenient::slug))
    };
    let as_long = || match (one.minutes, other.minutes) {
        (Some(one_lasts), Some(other_lasts)) => {
            one_lasts == other_lasts || one.kind.minutes().is_some()
        }
        (None, _) | (_, None) => true,
    };
    let alike = || one.kind == other.kind && as_long() && fold(&one.scope) == fold(&other.scope);
    one.id == other.id || alike()
}

/// A window of an account. One whose id is not its kind's counts a pool of its own, which people see by that name.
pub fn window(
    id: &str,
    kind: WindowKind,
    allowance: Allowance,
    resets_at: Option<DateTime<Utc>>,
) -> Option<Window> {
    let scope = Scope { pool: pool(id, kind), ..Scope::default() };
    Some(Window::of(id, kind, allowance)?.resetting(resets_at).scoped(scope))
}

/// The pool that an id names: its words without those that only say the period again.
fn pool(id: &str, kind: WindowKind) -> Option<String> {
    let says_period = |word: &&str| [kind.code(), "5h", "7d"].contains(word);
    let words: Vec<&str> = id.split(['-', '_', ' ']).filter(|word| !says_period(word)).collect();
    let name = lenient::title_case(&words.join("-"));
    (!name.is_empty()).then_some(name)
}

/// Money spent in a period. Nothing of a cap of nothing is none; without a cap there is no percentage, whatever stands
/// beside it; with one the exact share counts.
pub fn spend(used: Option<Amount>, limit: Option<Amount>, currency: Currency) -> Option<Spend> {
    let used = used?;
    if used.is_zero() && limit.is_some_and(Amount::is_zero) {
        return None;
    }
    let limit = limit.filter(|limit| !limit.is_zero() && !limit.is_negative());
    let used_percent = limit.and_then(|limit| used.percent_of(limit)).and_then(Percent::new);
    Some(Spend { used, limit, currency: currency.to_string(), used_percent, resets_at: None })
}

/// A balance in `unit`; `None` where it is not reported.
pub fn left(amount: Option<Amount>, unit: CreditUnit) -> Option<Credits> {
    amount.map(|amount| Credits::left(amount, unit))
}

#[cfg(test)]
mod tests;
