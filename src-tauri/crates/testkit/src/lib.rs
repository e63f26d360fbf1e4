//! Real parts for tests: a throw-away desktop session, a tray host, a notification daemon, vendors on loopback.
//!
//! Only ever a dev-dependency.
#![allow(
    clippy::disallowed_methods,
    reason = "a test's own world: it starts programs and writes files as a desktop does"
)]

#[cfg(target_os = "linux")]
pub mod driver;
#[cfg(target_os = "linux")]
pub mod notifications;
#[cfg(target_os = "linux")]
pub mod session;
#[cfg(target_os = "linux")]
pub mod tray;
pub mod vendors;
pub mod wait;
