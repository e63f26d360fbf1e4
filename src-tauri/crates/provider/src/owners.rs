//! Whose a session of an assistant is: what it tells later belongs to the login under which it began.
//!
//! An idle session goes on repeating the figures of its own account long after somebody else signed in. So every session
//! is remembered with the login that it began under, and every login with the time in which it was seen.

use crate::json;
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::AccountKey;
use claudometer_host::Host;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

/// Sessions that nobody has heard of for this long are forgotten.
const FORGET_AFTER: TimeDelta = TimeDelta::days(30);
/// Sessions and logins that are remembered, at most.
const MOST: usize = 200;
/// That a login is still there is noted once in this time.
const STEP: TimeDelta = TimeDelta::minutes(1);
/// A session that is heard of again begins this much later than it was last heard of only if it was started anew.
const SLACK: TimeDelta = TimeDelta::seconds(30);

/// What is remembered of one assistant's logins and sessions: keys and times, no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Owners {
    /// Logins in the order in which they were seen.
    logins: Vec<Spell>,
    sessions: BTreeMap<String, Session>,
}

/// The time in which one login was seen to be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Spell {
    account: AccountKey,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    /// `None` where nobody can tell.
    account: Option<AccountKey>,
    heard: DateTime<Utc>,
}

impl Owners {
    /// What is remembered in `path`; a file that is missing or damaged is nothing.
    pub fn load(host: &Host, path: &Path) -> Self {
        let bytes = host.files.read(path).ok().flatten();
        bytes.and_then(json::read_as).unwrap_or_default()
    }

    /// Remembers, if anything is new. A failure is logged.
    pub fn keep(&self, before: &Self, host: &Host, path: &Path) {
        if self == before {
            return;
        }
        let written = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .and_then(|bytes| host.files.write_private(path, &bytes));
        if let Err(error) = written {
            tracing::warn!(%error, "whose a session is could not be remembered");
        }
    }

    /// Notes whose login is there now. A person is known to have signed in at `signed_in` where the login says so.
    pub fn see(
        &mut self,
        current: &AccountKey,
        signed_in: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) {
        match self.logins.last_mut() {
            Some(last) if last.account == *current => {
                if now - last.until >= STEP || now < last.until {
                    last.until = now;
                }
            }
            before => {
                let former = before.map(|last| last.until);
                let since =
                    signed_in.filter(|at| *at <= now && former.is_none_or(|end| *at >= end));
                let since = since.unwrap_or(now);
                self.logins.push(Spell { account: current.clone(), since, until: now });
            }
        }
        if self.logins.len() > MOST {
            self.logins.remove(0);
        }
    }

    /// The account of a session that began at `began`, as far as that is known; `None` where nobody can tell. A session is
    /// judged when it is first heard of, and again only if it was started anew since.
    pub fn of(
        &mut self,
        session: &str,
        began: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Option<AccountKey> {
        let known = self
            .sessions
            .get(session)
            .filter(|known| began.is_none_or(|began| began <= known.heard + SLACK));
        let account = match known {
            Some(known) => known.account.clone(),
            None => self.at(began.unwrap_or(now)),
        };
        let heard = known.map(|known| known.heard).filter(|heard| now - *heard < STEP);
        let heard = heard.unwrap_or(now);
        self.sessions.insert(session.to_owned(), Session { account: account.clone(), heard });
        self.prune(now);
        account
    }

    /// Whose login was there at a moment.
    fn at(&self, moment: DateTime<Utc>) -> Option<AccountKey> {
        let first = self.logins.first()?;
        if moment < first.since {
            // Before anybody looked: nothing speaks against the login that was seen first, if it is the only one.
            return (self.logins.len() == 1).then(|| first.account.clone());
        }
        let last = self.logins.iter().rev().find(|spell| spell.since <= moment)?;
        let is_current = self.logins.last() == Some(last);
        (is_current || moment <= last.until + STEP).then(|| last.account.clone())
    }

    /// A login goes on under another key, because more is known of it.
    pub fn rename(&mut self, from: &AccountKey, to: &AccountKey) {
        for spell in self.logins.iter_mut().filter(|spell| spell.account == *from) {
            spell.account.clone_from(to);
        }
        let sessions = self.sessions.values_mut();
        for session in sessions.filter(|session| session.account.as_ref() == Some(from)) {
            session.account = Some(to.clone());
        }
    }

    fn prune(&mut self, now: DateTime<Utc>) {
        self.sessions.retain(|_, session| now - session.heard <= FORGET_AFTER);
        while self.sessions.len() > MOST {
            let oldest = self.sessions.iter().min_by_key(|(_, session)| session.heard);
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else { return };
            self.sessions.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: AccountKey = AccountKey::new("a");
    const B: AccountKey = AccountKey::new("b");

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(30_000_000 + minute)
    }

    #[test]
    fn a_session_belongs_to_the_login_under_which_it_began() {
        let mut owners = Owners::default();
        owners.see(&A, None, at(0));
        assert_eq!(owners.of("first", None, at(1)), Some(A));
        owners.see(&A, None, at(60));
        owners.see(&B, None, at(70));
        for (session, began, want, why) in [
            ("first", None, Some(A), "it is remembered"),
            ("first", Some(at(-5)), Some(A), "whatever it says of its begin"),
            ("late", Some(at(30)), Some(A), "it began while A was there"),
            ("between", Some(at(65)), None, "nobody knows who was there"),
            ("new", Some(at(72)), Some(B), "it began under B"),
            ("unsaid", None, Some(B), "it is first seen under B"),
        ] {
            assert_eq!(owners.of(session, began, at(75)), want, "{session}: {why}");
        }
        assert_eq!(owners.of("first", Some(at(76)), at(77)), Some(B), "it was started anew");
    }

    #[test]
    fn what_began_before_anybody_looked_is_of_the_only_login_that_is_known() {
        let mut owners = Owners::default();
        owners.see(&A, None, at(0));
        assert_eq!(owners.of("old", Some(at(-60)), at(1)), Some(A));
        owners.see(&B, None, at(10));
        assert_eq!(owners.of("older", Some(at(-60)), at(11)), None);
    }

    #[test]
    fn a_login_that_says_when_it_began_is_believed() {
        let mut owners = Owners::default();
        owners.see(&A, None, at(0));
        owners.see(&B, Some(at(30)), at(60));
        assert_eq!(owners.of("b", Some(at(40)), at(61)), Some(B));
        assert_eq!(owners.of("nobody", Some(at(20)), at(61)), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut owners = Owners::default();
        owners.see(&A, None, at(0));
        for minute in 0..500 {
            owners.of(&format!("session-{minute}"), None, at(minute));
        }
        assert_eq!(owners.sessions.len(), MOST);
        owners.of("last", None, at(100_000));
        assert_eq!(owners.sessions.len(), 1);
    }
}
