//! Every word and number that people see, made once for tray, window and terminal. Pure: time, zone and locale are given.

pub mod bar;
pub mod cards;
mod choice;
pub mod diagnosis;
#[cfg(test)]
mod fixture;
mod forecast;
pub mod foreign;
pub mod heatmap;
pub mod icon;
pub mod limits;
pub mod locale;
mod meter;
pub mod near;
pub mod notice;
pub mod report;
pub mod route;
pub mod sheet;
pub mod spent;
pub mod table;
pub mod text;
pub mod tray;
pub mod unread;

pub use cards::{Extras, bundle};
pub use locale::Locale;
pub use text::Context;
