//! Real parts for tests: a throw-away desktop session, a tray host, a notification daemon, vendors on loopback.
//!
//! Only ever a dev-dependency.
#![expect(
    clippy::disallowed_methods,
    reason = "a test's own world: it starts programs and writes files as a desktop does"
)]
#![allow(
    clippy::unused_self,
    clippy::used_underscore_binding,
    reason = "methods of D-Bus interfaces take what the interfaces say"
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
