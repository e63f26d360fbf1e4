//! What one poll of one seat brought, and what its sources together say of the seat.
//!
//! Each source stands in exactly one of a few ways, and one pure function makes the seat's standing of them. Not being
//! allowed to look is no finding: a source that waits stands where its last question ended.

use crate::{Attempt, Failure, Finding, Reading, SourceId, Trouble};
use chrono::{DateTime, Utc};

/// The outcome of asking a seat's sources in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Poll {
    /// Good answers, passive ones first.
    pub readings: Vec<(SourceId, Reading)>,
    /// What was tried.
    pub attempts: Vec<Attempt>,
    /// How the seat stands after it.
    pub standing: Standing,
    /// The earliest moment at which any source may be asked again, in UTC.
    pub not_before: DateTime<Utc>,
}

impl Poll {
    /// A poll that found out nothing.
    pub const fn unchanged(not_before: DateTime<Utc>) -> Self {
        Self {
            readings: Vec::new(),
            attempts: Vec::new(),
            standing: Standing::Unchanged,
            not_before,
        }
    }

    /// The trouble that it found, if any.
    pub const fn failure(&self) -> Option<&Failure> {
        match &self.standing {
            Standing::Troubled(failure) => Some(failure),
            Standing::Answered | Standing::Unchanged | Standing::Untroubled => None,
        }
    }
}

/// How a seat stands after a poll.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// A source told something, and no trouble stands against it.
    Answered,
    /// Nothing new was found out: numbers and trouble that were known go on standing.
    Unchanged,
    /// Nobody was asked, and nothing is known against the login that lies here now: an earlier trouble is over.
    Untroubled,
    /// The trouble of the source that is nearest to an answer.
    Troubled(Failure),
}

/// How one source of a seat stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceStanding {
    /// It answered now.
    Answered,
    /// It answered the last time, and was not asked now.
    AnsweredLately,
    /// It is not asked now, and nobody has asked with its credential yet.
    Untried,
    /// It is not asked now, and nobody knows how the last question ended.
    Unknown,
    /// Its last question, now or earlier, ended in trouble, or its credential cannot be used.
    Troubled(Finding),
    /// Nothing on this machine sets it up.
    NotSetUp(Finding),
    /// Its answer is another account's.
    OtherAccount(Finding),
}

/// What a seat's sources say together; a seat's [`Standing`] without the words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Together {
    /// See [`Standing::Answered`].
    Answered,
    /// See [`Standing::Unchanged`].
    Unchanged,
    /// See [`Standing::Untroubled`].
    Untroubled,
    /// The trouble that counts, and whose it is.
    Troubled(SourceId, Finding),
    /// Whatever answered belongs to another account.
    OtherAccount(SourceId, Finding),
}

/// What sources that may be asked say together, in the order in which they are tried; `None` where there are none.
///
/// An answer ends every trouble. Of several troubles that of the source nearest to an answer counts, of equals the
/// first. That a source was never set up counts only where none is.
pub fn together(sources: &[(SourceId, SourceStanding)]) -> Option<Together> {
    let any = |is: fn(&SourceStanding) -> bool| sources.iter().any(|(_, standing)| is(standing));
    if any(|standing| matches!(standing, SourceStanding::Answered)) {
        return Some(Together::Answered);
    }
    if any(|standing| matches!(standing, SourceStanding::AnsweredLately)) {
        return Some(Together::Untroubled);
    }
    let troubled = sources.iter().filter_map(|(source, standing)| {
        if let SourceStanding::Troubled(found) = standing { Some((source, found)) } else { None }
    });
    if let Some((source, found)) = troubled.min_by_key(|(_, found)| found.trouble.distance()) {
        return Some(Together::Troubled(source.clone(), found.clone()));
    }
    if any(|standing| matches!(standing, SourceStanding::Unknown)) {
        return Some(Together::Unchanged);
    }
    if any(|standing| matches!(standing, SourceStanding::Untried)) {
        return Some(Together::Untroubled);
    }
    sources
        .iter()
        .filter_map(|(source, standing)| match standing {
            SourceStanding::OtherAccount(found) => {
                Some((0, Together::OtherAccount(source.clone(), found.clone())))
            }
            SourceStanding::NotSetUp(found) => {
                Some((1, Together::Troubled(source.clone(), found.clone())))
            }
            SourceStanding::Answered
            | SourceStanding::AnsweredLately
            | SourceStanding::Untried
            | SourceStanding::Unknown
            | SourceStanding::Troubled(_) => None,
        })
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, together)| together)
}

impl From<Finding> for SourceStanding {
    /// That nobody is signed in is no trouble of a source: it is not set up.
    fn from(found: Finding) -> Self {
        if found.trouble == Trouble::AuthMissing {
            Self::NotSetUp(found)
        } else {
            Self::Troubled(found)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Trouble::{AuthExpired, AuthMissing, Blocked, Keychain, NotSubscribed, RateLimited};
    use proptest::prelude::*;

    fn found(trouble: Trouble) -> Finding {
        Finding::new(trouble, "It failed.", DateTime::UNIX_EPOCH)
    }

    fn troubled(trouble: Trouble) -> SourceStanding {
        SourceStanding::Troubled(found(trouble))
    }

    fn of(standings: Vec<SourceStanding>) -> Option<Together> {
        let names = ["a", "b", "c", "d"].map(SourceId::new);
        let sources: Vec<_> = names.into_iter().zip(standings).collect();
        together(&sources)
    }

    fn told(standings: Vec<SourceStanding>) -> Option<(String, Trouble)> {
        match of(standings)? {
            Together::Troubled(source, found) => Some((source.to_string(), found.trouble)),
            Together::OtherAccount(..)
            | Together::Answered
            | Together::Unchanged
            | Together::Untroubled => None,
        }
    }

    #[test]
    fn the_source_nearest_to_an_answer_speaks_for_the_seat() {
        let none = || SourceStanding::NotSetUp(found(AuthMissing));
        for (standings, source, trouble) in [
            (vec![troubled(Blocked), none()], "a", Blocked),
            (vec![none(), troubled(RateLimited), none()], "b", RateLimited),
            (vec![troubled(AuthExpired), troubled(Blocked)], "b", Blocked),
            (vec![troubled(Blocked), troubled(RateLimited)], "a", Blocked),
            (vec![troubled(AuthMissing), troubled(Keychain)], "b", Keychain),
            (vec![troubled(AuthExpired), troubled(NotSubscribed)], "b", NotSubscribed),
            (vec![none(), troubled(AuthMissing)], "b", AuthMissing),
            (vec![none(), none()], "a", AuthMissing),
        ] {
            let got = told(standings.clone());
            assert_eq!(got, Some((source.to_owned(), trouble)), "{standings:?}");
        }
    }

    #[test]
    fn who_waits_without_a_known_trouble_says_nothing_new() {
        let none = || SourceStanding::NotSetUp(found(AuthMissing));
        for (standings, want) in [
            (vec![SourceStanding::AnsweredLately, none()], Together::Untroubled),
            (vec![troubled(Blocked), SourceStanding::AnsweredLately], Together::Untroubled),
            (vec![SourceStanding::Unknown, SourceStanding::Untried], Together::Unchanged),
            (vec![none(), SourceStanding::Untried], Together::Untroubled),
            (vec![troubled(Blocked), SourceStanding::Answered], Together::Answered),
        ] {
            assert_eq!(of(standings.clone()), Some(want), "{standings:?}");
        }
        assert_eq!(of(Vec::new()), None);
    }

    fn any_standing() -> impl Strategy<Value = SourceStanding> {
        let trouble = (0..Trouble::ALL.len()).prop_map(|nth| Trouble::ALL[nth]);
        prop_oneof![
            Just(SourceStanding::Answered),
            Just(SourceStanding::AnsweredLately),
            Just(SourceStanding::Untried),
            Just(SourceStanding::Unknown),
            trouble.clone().prop_map(troubled),
            Just(SourceStanding::NotSetUp(found(AuthMissing))),
            Just(SourceStanding::OtherAccount(found(AuthMissing))),
        ]
    }

    proptest! {
        #[test]
        fn what_was_never_set_up_never_speaks_for_what_was(standings in prop::collection::vec(any_standing(), 1..4)) {
            let set_up: Vec<_> = standings.iter().filter(|one| !matches!(one, SourceStanding::NotSetUp(_))).cloned().collect();
            let with = of(standings.clone());
            let without = of(set_up.clone());
            match without {
                None => prop_assert!(matches!(with, Some(Together::Troubled(_, ref found)) if found.trouble == AuthMissing)),
                Some(Together::Troubled(_, ours)) => prop_assert!(matches!(with, Some(Together::Troubled(_, ref theirs)) if *theirs == ours)),
                Some(Together::OtherAccount(..)) => prop_assert!(matches!(with, Some(Together::OtherAccount(..)))),
                same => prop_assert_eq!(with, same),
            }
        }
    }
}
