//! Usage with Claude Code's own login.

use super::{
    auth::{self, Login},
    identity, keychain, map, version,
    whose::{self, Mark, Owner},
};
use claudometer_core::{Trouble, gate::Cadence, settings::ProviderSettings};
use claudometer_host::{
    Host,
    http::{Request, Response},
};
use claudometer_provider::{
    Ask, FetchError, Fingerprint, Found, Report, Source, SourceSpec, answer, server_time,
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
    sends: "Asks api.anthropic.com for your usage with that login, and names itself claude-code with the version you have installed, because that endpoint turns other programs away. Where the login was exchanged, it also asks once whose it is.",
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
        discover(host).boxed()
    }

    fn watched(&self, host: &Host) -> Vec<PathBuf> {
        let [settings, older] = identity::files(host);
        let mut paths = vec![auth::file(host), settings, older, whose::file(host)];
        paths.extend(keychain::file(host));
        paths
    }

    fn credential<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>> {
        async move {
            Ok(Fingerprint::of(&auth::choose(&candidates(ask).await, None, ask.host.now())?.token))
        }
        .boxed()
    }

    fn fetch<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>> {
        fetch(ask).boxed()
    }
}

async fn candidates(ask: Ask<'_>) -> Vec<auth::Candidate> {
    auth::of_seat(auth::candidates(ask.host).await, ask.seat, ask.host)
}

/// A place in which a login lies, and by what the login is known, where that can be told.
type Place = (String, Option<Mark>);

/// Places of logins, without taking one out of the keychain.
async fn places(host: &Host) -> Vec<Place> {
    let in_keychain = keychain::present(host).await.map(|(place, mark)| (place, Some(mark)));
    let files = auth::outside_keychain(host).into_iter();
    let in_files = files.filter_map(|candidate| match candidate.stored {
        auth::Stored::Login(login) => {
            Some((candidate.place, login.may_read_usage.then(|| login.mark())))
        }
        auth::Stored::Damaged | auth::Stored::Locked => Some((candidate.place, None)),
        auth::Stored::Nothing => None,
    });
    in_keychain.into_iter().chain(in_files).collect()
}

/// The login that would be used, and every other one that is known to be another account's: those are no choice.
async fn discover(host: &Host) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for (place, mark) in places(host).await {
        let owner = mark.map(|mark| whose::known(host, &mark));
        let account = match owner {
            Some(owner) if found.is_empty() => owner.account(),
            None if found.is_empty() => identity::account(host),
            Some(Owner::Known(account)) => Some(account),
            Some(Owner::Named { .. } | Owner::Unknown) | None => continue,
        };
        let seat = identity::seat(account.as_ref());
        if found.iter().all(|known| known.seat != seat) {
            let formerly = identity::former_keys(account.as_ref());
            found.push(Found { account, formerly, ..Found::at(seat, place) });
        }
    }
    found
}

/// Where a login lies, without taking it out of the keychain.
pub async fn place(host: &Host) -> Option<String> {
    places(host).await.into_iter().map(|(place, _)| place).next()
}

async fn fetch(ask: Ask<'_>) -> Result<Report, FetchError> {
    let host = ask.host;
    let candidates = candidates(ask).await;
    let mut login = auth::choose(&candidates, None, host.now())?;
    let mut response = usage(host, &login).await?;
    if response.status == 401 {
        // A second place may hold a good one. Whether this one was renewed meanwhile is seen by whoever asked.
        let Ok(other) = auth::choose(&candidates, Some(&login.token), host.now()) else {
            return Err(refused(&response, host));
        };
        login = other;
        response = usage(host, &login).await?;
    }
    let answer = map::VENDOR.read(&response, host.now())?;
    let mut draft = map::usage(&answer, host.now());
    let agent = version::user_agent(host).await;
    draft.account = whose::of_answer(host, &login.mark(), &login.token, agent).await;
    draft.plan = login.plan;
    let nameless = draft.account.is_none();
    Ok(Report {
        asked_with: Some(Fingerprint::of(&login.token)),
        nameless,
        server_time: server_time::of(&response),
        ..draft.finish(&answer)?
    })
}

/// Why the vendor refused, in its own form; a refusal of somebody else's says so.
fn refused(response: &Response, host: &Host) -> FetchError {
    let refusal = map::VENDOR.read(response, host.now()).err();
    refusal
        .unwrap_or_else(|| FetchError::new(Trouble::AuthExpired, "The vendor refused the login."))
}

async fn usage(host: &Host, login: &Login) -> Result<Response, FetchError> {
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
    use claudometer_provider::{
        GateBook,
        pipeline::{self, Errand},
    };
    use std::sync::{Arc, Mutex};

    fn login(token: &str) -> String {
        format!(
            "{{\"claudeAiOauth\":{{\"accessToken\":\"{token}\",\"subscriptionType\":\"pro\"}}}}"
        )
    }

    /// A host with `stored` in the file; a first request finds `renewed` there afterwards, and only `good` are let in.
    fn host(stored: &str, renewed: &str, good: &'static [&str]) -> (Host, Arc<Mutex<Vec<String>>>) {
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
            let bearer = request.sent("authorization").unwrap();
            let token = bearer.strip_prefix("Bearer ").unwrap().to_owned();
            let status = if good.contains(&token.as_str()) { 200 } else { 401 };
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
    async fn a_login_that_was_renewed_while_it_was_asked_is_asked_once_more_and_then_judged() {
        for (renewed, good, asked_for, trouble) in [
            ("old", &[][..], vec!["old"], Some(Trouble::AuthExpired)),
            ("new", &["new"], vec!["old", "new"], None),
            ("worse", &["new"], vec!["old", "worse"], Some(Trouble::AuthExpired)),
            ("new", &["old", "new"], vec!["old", "new"], None),
        ] {
            let (host, asked) = host("old", renewed, good);
            let settings =
                ProviderSettings { source: Some(OAuth.id()), ..ProviderSettings::default() };
            let provider = &crate::claude::PROVIDER;
            let found = pipeline::discover(provider, &settings, &host).await.remove(0);
            let errand = Errand {
                provider,
                found: &found,
                settings: &settings,
                host: &host,
                book: &GateBook::in_memory(),
                fresh_for: chrono::TimeDelta::minutes(5),
            };
            let poll = pipeline::poll(errand).await.poll;
            assert_eq!(*asked.lock().unwrap(), asked_for, "{renewed} {good:?}");
            assert_eq!(poll.failure().map(|failure| failure.trouble), trouble, "{renewed}");
            assert_eq!(poll.readings.len(), usize::from(trouble.is_none()), "{renewed}");
        }
    }
}
