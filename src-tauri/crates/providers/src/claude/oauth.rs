//! Usage with Claude Code's own login.

use super::{
    auth::{self, Login},
    identity, keychain, map, version,
};
use claudometer_core::{Trouble, gate::Cadence, settings::ProviderSettings};
use claudometer_host::{
    Host,
    http::{Request, Response},
};
use claudometer_provider::{
    Ask, FetchError, Fingerprint, Found, Report, Source, SourceSpec, answer,
};
use futures::{FutureExt as _, future::BoxFuture};
use std::path::PathBuf;

const URL: &str = "https://api.anthropic.com/api/oauth/usage";

/// The source over the login of Claude Code.
#[derive(Debug)]
pub struct OAuth;

static SPEC: SourceSpec = SourceSpec {
    id: "oauth",
    label: "Claude Code's login",
    reads: "Claude Code's login (its credentials file, or on macOS its keychain item) and the account name in its settings; nothing is changed, and the login is never renewed.",
    sends: "Asks api.anthropic.com for your usage with that login, and names itself claude-code with the version you have installed, because that endpoint turns other programs away.",
    cadence: Cadence { normal_s: 300, floor_s: 300 },
    passive: false,
    opt_in: false,
};

impl Source for OAuth {
    fn spec(&self) -> &'static SourceSpec {
        &SPEC
    }

    fn discover<'a>(
        &'a self,
        _: &'a ProviderSettings,
        host: &'a Host,
    ) -> BoxFuture<'a, Vec<Found>> {
        async move {
            let place = place(host).await;
            let found = |place| {
                let account = identity::account(host);
                Found { seat: identity::seat(account.as_ref()), account, place, home: None }
            };
            place.map(found).into_iter().collect()
        }
        .boxed()
    }

    fn watched(&self, host: &Host) -> Vec<PathBuf> {
        let [settings, older] = identity::files(host);
        let mut paths = vec![auth::file(host), settings, older];
        paths.extend(keychain::file(host));
        paths
    }

    fn credential<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>> {
        async move {
            let login = auth::choose(&auth::candidates(ask.host).await, None, ask.host.now())?;
            Ok(Fingerprint::of(&login.token))
        }
        .boxed()
    }

    fn fetch<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>> {
        fetch(ask.host).boxed()
    }
}

/// Where a login lies, without taking it out of the keychain.
pub async fn place(host: &Host) -> Option<String> {
    if let Some(place) = keychain::present(host).await {
        return Some(place);
    }
    let holds_login = |stored: &auth::Stored| !matches!(stored, auth::Stored::Nothing);
    let files = auth::outside_keychain(host);
    files
        .into_iter()
        .find(|candidate| holds_login(&candidate.stored))
        .map(|candidate| candidate.place)
}

async fn fetch(host: &Host) -> Result<Report, FetchError> {
    let mut login = auth::choose(&auth::candidates(host).await, None, host.now())?;
    let mut response = ask(host, &login).await?;
    if response.status == 401 {
        // Claude Code may have renewed its login meanwhile, or a second place holds a good one.
        let Ok(other) = auth::choose(&auth::candidates(host).await, Some(&login.token), host.now())
        else {
            return Err(refused(&response, host));
        };
        login = other;
        response = ask(host, &login).await?;
    }
    let answer = map::VENDOR.read(&response, host.now())?;
    let mut draft = map::usage(&answer, host.now());
    draft.account = identity::account(host);
    draft.plan = login.plan;
    draft.finish(&answer)
}

/// Why the vendor refused, in its own form; a refusal of somebody else's says so.
fn refused(response: &Response, host: &Host) -> FetchError {
    let refusal = map::VENDOR.read(response, host.now()).err();
    refusal
        .unwrap_or_else(|| FetchError::new(Trouble::AuthExpired, "The vendor refused the login."))
}

async fn ask(host: &Host, login: &Login) -> Result<Response, FetchError> {
    let request = Request::get(URL)
        .bearer(&login.token)
        .header("anthropic-beta", "oauth-2025-04-20")
        .header("accept", "application/json")
        .header("content-type", "application/json")
        .header("user-agent", version::user_agent(host).await);
    answer::send(host, request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claude::testing;
    use claudometer_host::Http;
    use std::sync::{Arc, Mutex};

    fn login(token: &str) -> String {
        format!(
            "{{\"claudeAiOauth\":{{\"accessToken\":\"{token}\",\"subscriptionType\":\"pro\"}}}}"
        )
    }

    /// A host with `stored` in the file; a first request finds `renewed` there afterwards, and only `good` is let in.
    fn host(stored: &str, renewed: &str, good: &'static str) -> (Host, Arc<Mutex<Vec<String>>>) {
        let base = testing::host();
        base.files.write_private(&auth::file(&base), login(stored).as_bytes()).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, inner, renewed) = (Arc::clone(&asked), base.clone(), renewed.to_owned());
        let http = Http::recorded(move |request| {
            assert_eq!(request.url, URL);
            assert_eq!(request.sent("anthropic-beta"), Some("oauth-2025-04-20"));
            assert!(
                request.sent("user-agent").is_some_and(|agent| agent.starts_with("claude-code/2."))
            );
            let token = request.sent("authorization").unwrap().to_owned();
            let status = if token == format!("Bearer {good}") { 200 } else { 401 };
            log.lock().unwrap().push(token);
            inner.files.write_private(&auth::file(&inner), login(&renewed).as_bytes()).unwrap();
            Ok(Response {
                status,
                headers: Vec::new(),
                body: b"{\"five_hour\":{\"utilization\":7}}".to_vec(),
            })
        });
        (Host { http, ..base }, asked)
    }

    #[tokio::test]
    async fn a_refused_token_is_tried_again_only_if_claude_code_has_renewed_it() {
        for (renewed, good, asked_for, ends_well) in [
            ("old", "new", vec!["Bearer old"], false),
            ("new", "new", vec!["Bearer old", "Bearer new"], true),
            ("worse", "new", vec!["Bearer old", "Bearer worse"], false),
            ("new", "old", vec!["Bearer old"], true),
        ] {
            let (host, asked) = host("old", renewed, good);
            let result = fetch(&host).await;
            assert_eq!(*asked.lock().unwrap(), asked_for, "{renewed} {good}");
            match result {
                Ok(report) => {
                    assert_eq!((ends_well, report.reading.plan.as_deref()), (true, Some("Pro")));
                }
                Err(error) => assert_eq!(
                    (ends_well, error.trouble, error.local),
                    (false, Trouble::AuthExpired, false)
                ),
            }
        }
    }
}
