//! Histories that other programs kept of the same logs, which may be gone by now.

use chrono::NaiveDate;
use claudometer_core::{Response, response::Name};
use claudometer_host::sqlite::Database;
use serde_json::Value;
use std::{fmt::Debug, io};

/// Something that another program wrote.
#[derive(Debug, Clone, Copy)]
pub enum Written<'a> {
    /// A database.
    Database(&'a Database),
    /// A JSON document.
    Document(&'a Value),
}

/// What it noted: a response, or a sum of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Noted {
    /// The id of the assistant's log.
    pub agent: Name,
    /// The machine, where it is said.
    pub device: Option<Name>,
    /// The day that it is a sum of, where no time is told.
    pub day: Option<NaiveDate>,
    /// The response. Its key is of no account unless `is_named`, nor is its time where there is a day.
    pub response: Response,
    /// Whether it has the very key that a reading of the log would give it.
    pub is_named: bool,
}

/// All that it noted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Notes {
    /// In the order of time.
    pub noted: Vec<Noted>,
    /// Records that were not understood.
    pub odd: u64,
}

/// A program that kept a history.
pub trait Archive: Debug + Sync {
    /// What it noted; `None` where this was not written by it.
    fn read(&self, written: Written<'_>) -> io::Result<Option<Notes>>;
}
