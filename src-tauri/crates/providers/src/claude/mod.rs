//! Claude: Claude Code's status line, its login, and the web session.

pub mod auth;
pub mod bridge;
pub mod cli;
pub mod cookie;
pub mod headers;
pub mod identity;
mod keychain;
pub(crate) mod logs;
pub mod map;
pub mod money;
pub mod oauth;
pub mod organization;
pub mod plan;
mod replay;
mod scenes;
mod session;
mod splice;
pub mod statusline;
#[cfg(test)]
mod testing;
mod usage_screen;
mod version;
pub mod web;

use claudometer_core::{SourceId, Trouble};
use claudometer_host::{Host, paths::Paths};
use claudometer_provider::{Provider, StatusPage, homes::Homes, status::Form};

/// The provider.
pub static PROVIDER: Provider = Provider {
    id: identity::ID,
    name: "Claude",
    short: "Cl",
    dashboard: "https://claude.ai/settings/usage",
    sign_in: "Run claude in a terminal and sign in with /login, or type a session key under Providers.",
    places,
    sources: &[&statusline::StatusLine, &oauth::OAuth, &web::Web, &cli::Cli],
    secrets: &[web::SESSION_KEY],
    remedy,
    bridge: Some(&bridge::StatusLineBridge),
    device: None,
    status: Some(StatusPage {
        url: "https://status.claude.com/api/v2/summary.json",
        link: "https://status.claude.com",
        form: Form::Statuspage { component: Some("Claude Code") },
    }),
    homes: Some(Homes {
        variable: "CLAUDE_CONFIG_DIR",
        astray: &["CLAUDE_SECURESTORAGE_CONFIG_DIR", auth::TOKEN_VARIABLE],
        sources: &["oauth", "cli"],
    }),
    log_retention: |host| Some(identity::log_retention(host)),
    scenes: scenes::SCENES,
    stage: replay::stage,
};

fn places(host: &Host) -> Vec<String> {
    let mut places = keychain::places(host);
    places.push(host.tilde(&auth::file(host)));
    places.push(format!("{} (a token that cannot read usage)", auth::TOKEN_VARIABLE));
    places.push(host.tilde(&Paths::of(&host.env).passive()));
    places.push("the session key typed under Providers".to_owned());
    places
}

/// What a person can do, where there is better advice than the general one.
fn remedy(trouble: Trouble, source: Option<&SourceId>) -> Option<&'static str> {
    let web = source.is_some_and(|source| source.as_str() == "web");
    match (trouble, web) {
        (Trouble::AuthExpired, false) => Some(
            "Claude Code renews its login when you next use it; or run claude. Claudometer notices by itself.",
        ),
        (Trouble::AuthExpired, true) => Some(
            "Sign in to claude.ai in a browser again, and type the new session key under Providers.",
        ),
        (Trouble::AuthMissing, _) => Some(PROVIDER.sign_in),
        (Trouble::ForbiddenScope, _) => Some(
            "Run claude and sign in with /login: a token from claude setup-token cannot read usage.",
        ),
        (Trouble::RateLimited, false) => Some(
            "Nothing to do: Claudometer asks again when Anthropic allows it; the status line bridge works meanwhile.",
        ),
        (Trouble::Blocked, true) => Some(
            "Your session key may be fine: a bot filter stands before claude.ai. Use Claude Code's login, or wait.",
        ),
        (Trouble::Blocked, false) => {
            Some("Your login may be fine: try another network or without a VPN, or wait.")
        }
        (Trouble::UpstreamDown, _) => {
            Some("Check the connection and status.claude.com; Claudometer tries again by itself.")
        }
        (Trouble::NoData, _) => {
            Some("Nothing to do: this account has no plan with limits, or has not been used yet.")
        }
        (Trouble::Keychain, false) => Some(
            "Unlock the keychain, and allow security to read the item Claude Code-credentials.",
        ),
        (Trouble::RateLimited | Trouble::Keychain, true)
        | (Trouble::NotSubscribed | Trouble::UnsupportedAccount | Trouble::BadPayload, _) => None,
    }
}
