//! GitHub Copilot: what is left, asked with a key.

pub(crate) mod logs;

use crate::keyed::keyed;
use claudometer_core::Trouble;
use claudometer_host::{Host, http::Request};
use claudometer_provider::{
    DeviceLogin, FetchError, Report, Vendor, answer, json,
    key::{Item, Lent},
    lenient,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use std::path::PathBuf;

keyed! {
    id: "copilot", name: "GitHub Copilot", short: "Gc", dashboard: "https://github.com/settings/copilot",
    variables: ["COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"], key: "Token", help: "Sign in to Copilot in an editor, or with gh auth login; those logins are read. A token can be typed too.", asks: "api.github.com for the quotas of the plan",
    status: Some(claudometer_provider::StatusPage { url: "https://www.githubstatus.com/api/v2/summary.json", link: "https://www.githubstatus.com", form: claudometer_provider::status::Form::Statuspage { component: Some("Copilot") } }), lent: lent, files: files,
    replays: ["copilot/"],
    scenes: {
        "calm": [("/copilot_internal/user", 200, "fixtures/copilot/user_pro.json")],
        "refused": [("/copilot_internal/user", 401, "fixtures/copilot/error_401.json")],
    },
    device: Some(DEVICE),
    stage: replay::stage,
    item: item,
}

mod gh;
mod quotas;
mod replay;

/// Every refusal has a message.
const VENDOR: Vendor = Vendor {
    sign_in: &["github.com/login", "github.com/session"],
    form: &["/message"],
    means: &[(404, Trouble::NotSubscribed)],
    ..Vendor::of(&["github.com"])
};
const URL: &str = "https://api.github.com/copilot_internal/user";
const ORGANIZATIONS: &str = "https://api.github.com/orgs";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = github(URL, key, host).await?;
    let mut draft = quotas::read(&answer, host.now());
    if let Some(organization) = answer["organization_login_list"][0].as_str()
        && is_name(organization)
    {
        let url = format!("{ORGANIZATIONS}/{organization}/settings/billing/usage/summary");
        // Only owners may ask: whoever may not hears nothing of it.
        if let Ok(summary) = github(&url, key, host).await {
            quotas::billing(&mut draft, organization, &summary);
        }
    }
    draft.finish(&answer)
}

fn is_name(organization: &str) -> bool {
    organization.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

async fn github(url: &str, key: &SecretString, host: &Host) -> Result<Value, FetchError> {
    let token = SecretString::from(format!("token {}", key.expose_secret()));
    let request = Request::get(url)
        .header("authorization", token)
        .header("accept", "application/json")
        .header("x-github-api-version", "2025-04-01")
        .header("user-agent", concat!("claudometer/", env!("CARGO_PKG_VERSION")));
    let response = answer::send(host, request).await?;
    let exhausted = response.header("x-ratelimit-remaining") == Some("0");
    let wait = answer::retry_after(&response, host.now());
    if response.status == 403 && !response.is_page() && (wait.is_some() || exhausted) {
        let detail = "The vendor asks to wait (HTTP 403, a secondary rate limit).";
        return Err(FetchError {
            retry_after: wait,
            ..FetchError::new(Trouble::RateLimited, detail)
        });
    }
    VENDOR.read(&response, host.now()).map_err(|error| match error.trouble {
        Trouble::NotSubscribed => FetchError {
            detail: "Copilot is not turned on for this account, or this kind of token may not ask.".into(),
            ..error
        },
        _ => error,
    })
}

/// Files in which editors keep their login, the newer one first.
fn files(host: &Host) -> Vec<PathBuf> {
    let folder = host.env.get("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| host.home().join(".config")).join("github-copilot");
    let editors = ["apps.json", "hosts.json"].map(|name| folder.join(name));
    editors.into_iter().chain([gh::file(host)]).collect()
}

fn lent(host: &Host) -> Vec<Lent> {
    let editors =
        files(host).into_iter().filter(|path| path.extension().is_some_and(|end| end == "json"));
    let found = editors.flat_map(|path| {
        let text = host.files.read_text(&path).ok().flatten().unwrap_or_default();
        let place = host.tilde(&path);
        logins(&text).into_iter().map(move |(token, _)| Lent { key: token, place: place.clone() })
    });
    let mut found: Vec<Lent> = found.collect();
    if found.is_empty() {
        // The same person's, most likely: a second one would show one plan twice.
        found.extend(gh::lent(host));
    }
    found
}

fn item(host: &Host) -> Option<Item> {
    if lent(host).is_empty() { gh::item(host) } else { None }
}

/// Tokens of github.com and whose they are; those of other servers are for those servers only.
fn logins(text: &str) -> Vec<(SecretString, Option<String>)> {
    let all = json::read(text).unwrap_or_default();
    let ours = all
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(server, _)| *server == "github.com" || server.starts_with("github.com:"));
    ours.filter_map(|(_, login)| {
        let token = lenient::text(&login["oauth_token"])?;
        Some((SecretString::from(token), lenient::text(&login["user"])))
    })
    .collect()
}

/// The public program that every editor without one of its own signs in as; what it gets is for reading a user's plan.
const DEVICE: DeviceLogin = DeviceLogin {
    vendor: &VENDOR,
    client: "Iv1.b507a08c87ecfe98",
    scope: "read:user",
    code_url: "https://github.com/login/device/code",
    token_url: "https://github.com/login/oauth/access_token",
    field: "key",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_token_of_another_server_is_never_used() {
        let host = testing::host(&[]);
        let apps = r#"{"corp.ghe.com:Iv1": {"oauth_token": "ghu_CORP"}, "github.com:Iv1": {"user": "o", "oauth_token": "ghu_OURS"}, "github.community": {"oauth_token": "x"}}"#;
        host.files.write_private(&files(&host)[0], apps.as_bytes()).unwrap();
        let found: Vec<_> =
            lent(&host).iter().map(|lent| lent.key.expose_secret().to_owned()).collect();
        assert_eq!(found, ["ghu_OURS"]);
    }
}
