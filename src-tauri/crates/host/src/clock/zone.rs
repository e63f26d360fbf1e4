//! Time zones by name, as the system knows them.

use crate::Environment;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use std::fmt;
use tz::TimeZone;

/// A time zone: the system's own, or one of the IANA database, such as `Europe/Vienna`.
pub struct Zone(Kind);

enum Kind {
    System,
    Named(Box<TimeZone>),
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zone").field("system", &matches!(self.0, Kind::System)).finish()
    }
}

impl Zone {
    /// The zone of this system.
    pub const fn system() -> Self {
        Self(Kind::System)
    }

    /// The zone of this system with its name; one that has no name is `local`.
    pub fn of_system(environment: &Environment) -> (String, Self) {
        let told = environment.get("TZ").map(|name| name.trim_start_matches(':').to_owned());
        let name = told.or_else(|| iana_time_zone::get_timezone().ok());
        let named = name.and_then(|name| Self::named(&name).map(|zone| (name, zone)));
        named.unwrap_or_else(|| ("local".to_owned(), Self::system()))
    }

    /// The zone with this IANA name; `None` where the system's database does not know it.
    pub fn named(name: &str) -> Option<Self> {
        let zone = match name {
            "UTC" | "GMT" | "Etc/UTC" | "Z" => TimeZone::utc(),
            // Only a name of the database: neither a path nor a rule.
            _ if is_name(name) => TimeZone::from_posix_tz(&format!(":{name}")).ok()?,
            _ => return None,
        };
        Some(Self(Kind::Named(Box::new(zone))))
    }

    /// The offset from UTC at `at`, in seconds east, with daylight saving as of then.
    pub fn offset_s(&self, at: DateTime<Utc>) -> i32 {
        match &self.0 {
            Kind::System => super::local_offset_s(at),
            // Beyond the last rule of the database there is no offset to be told.
            Kind::Named(zone) => zone
                .find_local_time_type(at.timestamp())
                .map_or(0, tz::timezone::LocalTimeType::ut_offset),
        }
    }

    /// The date and time that the zone's clocks show at `at`.
    pub fn wall(&self, at: DateTime<Utc>) -> NaiveDateTime {
        at.naive_utc() + TimeDelta::seconds(self.offset_s(at).into())
    }

    /// When the zone's clocks show `wall`: the first time where they do twice, and as if they had not been put forward where
    /// they never do.
    pub fn instant(&self, wall: NaiveDateTime) -> DateTime<Utc> {
        let as_of =
            |at: DateTime<Utc>| wall.and_utc() - TimeDelta::seconds(self.offset_s(at).into());
        let day = TimeDelta::days(1);
        let (before, after) = (as_of(wall.and_utc() - day), as_of(wall.and_utc() + day));
        if self.wall(before) == wall || self.wall(after) != wall { before } else { after }
    }
}

/// Names are words and slashes, and begin with a letter.
fn is_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
    }

    #[test]
    fn a_wall_time_is_an_instant_of_its_zone_in_summer_and_in_winter() {
        for (zone, time, want) in [
            ("Europe/Vienna", "2026-09-15T17:00", "2026-09-15T15:00"),
            ("Europe/Vienna", "2026-12-15T17:00", "2026-12-15T16:00"),
            ("America/New_York", "2026-09-15T20:00", "2026-09-16T00:00"),
            ("Asia/Kolkata", "2026-09-15T05:30", "2026-09-15T00:00"),
            ("UTC", "2026-09-15T17:00", "2026-09-15T17:00"),
            // Twice: the first. Never: an hour later by the new time.
            ("Europe/Vienna", "2026-10-25T02:30", "2026-10-25T00:30"),
            ("Europe/Vienna", "2026-03-29T02:30", "2026-03-29T01:30"),
        ] {
            let instant = Zone::named(zone).unwrap().instant(wall(time));
            assert_eq!(instant.naive_utc(), wall(want), "{zone} {time}");
        }
    }

    #[test]
    fn what_is_no_name_of_a_zone_is_none() {
        for name in
            ["", "Nowhere/Land", "../../etc/passwd", "/etc/localtime", "CET-1CEST", ":UTC", "a b"]
        {
            assert!(Zone::named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_variable_names_the_systems_zone() {
        let told = |name: &str| Environment::of("/h", [("TZ".to_owned(), name.to_owned())]);
        assert_eq!(Zone::of_system(&told(":Asia/Kolkata")).0, "Asia/Kolkata");
        assert_eq!(Zone::of_system(&told("CET-1CEST")).0, "local");
    }

    #[test]
    fn the_systems_zone_agrees_with_the_systems_clock() {
        let at = DateTime::from_timestamp(1_789_473_600, 0).unwrap();
        assert_eq!(Zone::system().instant(Zone::system().wall(at)), at);
    }
}
