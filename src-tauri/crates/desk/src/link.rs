//! The local socket between the resident and its clients: window, commands, bars.

mod client;
mod server;

pub use client::{Client, connect};
pub use server::{Attendance, Listener, Serves, listen};
