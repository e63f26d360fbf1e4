//! The whole thing, with real parts: executables, D-Bus, tray, keyring, notifications, web view, HTTP.
#![expect(clippy::disallowed_methods, reason = "a test's own world")]

mod failures;
mod history;
mod life;
mod secret;
mod settings;
mod tray;
mod window;
mod world;
