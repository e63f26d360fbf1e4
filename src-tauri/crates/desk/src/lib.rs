//! What a running Claudometer is: engine, settings, secrets, alerts and words composed, commands answered.
//!
//! Hosted by the resident and, in one-process mode, by the window's process. Knows neither Tauri nor a tray.

mod acts;
pub mod alerts;
pub mod answers;
mod asking;
pub mod autostart;
mod counting;
pub mod demo;
mod demo_history;
mod desk;
pub mod diagnostics;
pub mod forms;
pub mod launch;
pub mod limits;
pub mod link;
pub mod logs;
pub mod notify;
pub mod only;
mod ourselves;
mod reach;
pub mod registry;
mod releases;
mod renewal;
mod replaced;
pub mod saving;
pub mod seats;
mod service;
pub mod settings_file;
mod simulate;
mod spending;
pub mod state_file;
pub mod window;
mod words;

pub use demo::Demo;
pub use desk::{Desk, Options, Role, context};
pub use words::context as context_of;
