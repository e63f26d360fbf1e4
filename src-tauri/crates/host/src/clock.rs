//! The time, real or told.

mod zone;

pub use zone::Zone;

use chrono::{DateTime, Local, Offset, TimeDelta, Utc};
use std::sync::{Arc, Mutex, PoisonError};

/// Where the time comes from. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Clock(Kind);

#[derive(Debug, Clone, Default)]
enum Kind {
    #[default]
    System,
    Shifted(TimeDelta),
    Told(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// A clock that began at `from` when the system's clock said now, and runs on.
    pub fn starting_at(from: DateTime<Utc>) -> Self {
        Self(Kind::Shifted(from - system_now()))
    }

    /// A clock that stands until it is set.
    pub fn told(now: DateTime<Utc>) -> Self {
        Self(Kind::Told(Arc::new(Mutex::new(now))))
    }

    /// Sets a told clock; a running one is not affected.
    pub fn set(&self, now: DateTime<Utc>) {
        if let Kind::Told(at) = &self.0 {
            *at.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }

    /// The time now, in UTC.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Kind::System => system_now(),
            Kind::Shifted(by) => system_now() + *by,
            Kind::Told(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Begins now.
    #[expect(clippy::disallowed_methods, reason = "time enters here")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// The time since it began.
    pub fn elapsed(&self) -> std::time::Duration {
        self.0.elapsed()
    }
}

/// The system zone's offset from UTC at `at`, in seconds east, with daylight saving as of then.
pub fn local_offset_s(at: DateTime<Utc>) -> i32 {
    at.with_timezone(&Local).offset().fix().local_minus_utc()
}

fn system_now() -> DateTime<Utc> {
    Utc::now()
}
