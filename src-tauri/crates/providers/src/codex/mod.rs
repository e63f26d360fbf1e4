//! Codex: its session logs, its login, and its own app server.

pub mod app_server;
pub mod auth;
pub mod claims;
pub mod credits;
pub mod device;
pub mod endpoint;
pub mod home;
mod keyring;
pub(crate) mod logs;
pub mod map;
#[cfg(test)]
mod map_tests;
pub mod oauth;
pub mod plan;
mod refusal;
mod replay;
pub mod rollout;
pub mod rpc;
mod scenes;
#[cfg(test)]
mod testing;
pub mod token;
pub mod window;

use app_server::{AppServer, Timing};
use claudometer_core::{SourceId, Trouble};
use claudometer_host::Host;
use claudometer_provider::{Provider, StatusPage, homes::Homes, status::Form};

/// The one app server of this process.
static APP_SERVER: AppServer = AppServer::new(Timing::USUAL);

/// The provider.
pub static PROVIDER: Provider = Provider {
    id: auth::ID,
    name: "Codex",
    short: "Cx",
    dashboard: "https://chatgpt.com/codex/settings/usage",
    sign_in: "Run codex login in a terminal and sign in with ChatGPT.",
    places,
    sources: &[&rollout::Rollout, &oauth::OAuth, &APP_SERVER],
    secrets: &[],
    remedy,
    bridge: None,
    device: None,
    status: Some(StatusPage {
        url: "https://status.openai.com/proxy/status.openai.com",
        link: "https://status.openai.com",
        form: Form::IncidentIo { component: Some("Codex") },
    }),
    homes: Some(Homes {
        variable: "CODEX_HOME",
        astray: &[],
        sources: &["rollout", "oauth", "app-server"],
    }),
    log_retention: |_| None,
    scenes: scenes::SCENES,
    stage: replay::stage,
};

fn places(host: &Host) -> Vec<String> {
    let mut places: Vec<String> = keyring::place(host).into_iter().collect();
    places.extend(home::login_files(host).iter().map(|path| host.tilde(path)));
    places.push(host.tilde(&home::folder(host).join("sessions")));
    places.push("the program codex".to_owned());
    places
}

/// What a person can do, where there is better advice than the general one.
fn remedy(trouble: Trouble, source: Option<&SourceId>) -> Option<&'static str> {
    let through_codex = source.is_some_and(|source| source.as_str() == "app-server");
    match (trouble, through_codex) {
        (Trouble::AuthMissing, _) => Some(PROVIDER.sign_in),
        (Trouble::AuthExpired, _) => {
            Some("Codex renews its login when you next use it, or run `codex login`.")
        }
        (Trouble::ForbiddenScope, _) => Some(
            "Run `codex login` and log in with ChatGPT: only such a login can read the limits of a plan.",
        ),
        (Trouble::NotSubscribed, _) => Some(
            "Check that this ChatGPT account or workspace has a plan with Codex, or run `codex login` with another.",
        ),
        (Trouble::Blocked, _) => Some(
            "Your login may be fine: Claudometer also asks through the program codex where that is installed, or wait.",
        ),
        (Trouble::UpstreamDown, false) => {
            Some("Check the connection and status.openai.com; Claudometer tries again by itself.")
        }
        (Trouble::UpstreamDown, true) => Some(
            "Run `codex` in a terminal and see whether it starts; Claudometer tries again by itself.",
        ),
        (Trouble::BadPayload, true) => {
            Some("Update Codex, for example with `npm install -g @openai/codex@latest`.")
        }
        (Trouble::NoData, _) => Some("Use Codex once, so that the vendor has something to count."),
        (Trouble::Keychain, _) => Some("Unlock the keyring, and let the item Codex Auth be read."),
        (Trouble::BadPayload, false) | (Trouble::RateLimited | Trouble::UnsupportedAccount, _) => {
            None
        }
    }
}
