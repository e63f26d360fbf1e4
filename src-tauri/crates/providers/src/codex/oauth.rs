//! Usage with Codex's own login.

use super::{
    auth::{self, Candidate, Login},
    credits,
    endpoint::Base,
    home, keyring, map, plan, token,
};
use claudometer_core::{Account, SavedResets, Trouble, gate::Cadence, settings::ProviderSettings};
use claudometer_host::{
    Host,
    http::{Request, Response},
};
use claudometer_provider::{
    Ask, Draft, FetchError, Fingerprint, Found, Report, Source, SourceSpec, answer, lenient::any,
    server_time,
};
use futures::{FutureExt as _, future::BoxFuture};
use secrecy::SecretString;
use serde_json::Value;
use std::{path::PathBuf, time::Duration};

/// How we name ourselves.
const AGENT: &str = concat!("claudometer/", env!("CARGO_PKG_VERSION"));
/// How long a question may take that is not the main one.
const ASIDE: Duration = Duration::from_secs(5);

/// The source over the login of Codex.
#[derive(Debug)]
pub struct OAuth;

static SPEC: SourceSpec = SourceSpec {
    id: "oauth",
    label: "Codex's login",
    reads: "Codex's login (its auth.json, or the keyring item Codex Auth where Codex is set to use the keyring) and two lines of its config.toml; nothing is changed, and the login is never renewed.",
    sends: "Asks chatgpt.com (or chat.openai.com, where Codex is set to it) for your usage with that login, under the name claudometer. Where the answer leaves them out, it also asks how many resets you hold (that endpoint wants the name Codex Desktop) and, in a workspace, what you spent this month. With a personal access token it first asks auth.openai.com once, under the name codex_cli_rs, whose it is.",
    cadence: Cadence { normal_s: 300, floor_s: 60 },
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
            let candidates = auth::candidates(host).await;
            let place = candidates.iter().find(|one| !matches!(one.stored, auth::Stored::Nothing));
            let found = place.map(|one| seat(host, &candidates, one.place.clone()));
            found.into_iter().collect()
        }
        .boxed()
    }

    fn watched(&self, host: &Host) -> Vec<PathBuf> {
        let mut paths = home::login_files(host);
        paths.push(home::settings_file(host));
        paths.extend(keyring::file(host));
        paths.push(token::file(host));
        paths
    }

    fn credential<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>> {
        async move {
            let candidates = auth::candidates(ask.host).await;
            let print = match auth::access_token(&candidates) {
                Some((_, token)) => Fingerprint::of(token),
                None => auth::choose(&candidates, None, ask.host.now())?.fingerprint(),
            };
            base(ask.host)?;
            Ok(print)
        }
        .boxed()
    }

    fn fetch<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>> {
        fetch(ask.host).boxed()
    }
}

fn base(host: &Host) -> Result<Base, FetchError> {
    Base::of(home::Settings::of(host).base_url.as_deref())
}

/// The seat of whoever is signed in, by whatever kind of login.
pub(super) fn seat(host: &Host, candidates: &[Candidate], place: String) -> Found {
    match auth::access_token(candidates) {
        Some((_, token)) => token::found(host, token, place),
        None => auth::found(candidates, place, host.now()),
    }
}

async fn fetch(host: &Host) -> Result<Report, FetchError> {
    let base = base(host)?;
    let candidates = auth::candidates(host).await;
    if let Some((place, token)) = auth::access_token(&candidates) {
        return with_token(host, &base, place, token).await;
    }
    let login = auth::choose(&candidates, None, host.now())?;
    match usage(host, &base, login).await {
        Err(refused) if refused.trouble == Trouble::AuthExpired => {
            // A second place may hold a good one. Whether this one was renewed meanwhile is seen by whoever asked.
            let Ok(other) = auth::choose(&candidates, Some(&login.token), host.now()) else {
                return Err(refused);
            };
            usage(host, &base, other).await
        }
        other => other,
    }
}

/// With a personal access token: whose it is, then its usage.
async fn with_token(
    host: &Host,
    base: &Base,
    place: &str,
    token: &SecretString,
) -> Result<Report, FetchError> {
    let owner = token::owner(host, token).await?;
    let login = Login::of_token(token.clone(), owner.account, owner.plan);
    // The vendor knows the token: that it is refused here is about what it may read.
    let refusals = [Trouble::AuthExpired, Trouble::NotSubscribed, Trouble::ForbiddenScope];
    usage(host, base, &login).await.map_err(|error| {
        if refusals.contains(&error.trouble) { token::may_not_read(place) } else { error }
    })
}

/// The usual path, and the older one where that is gone or broken.
async fn usage(host: &Host, base: &Base, login: &Login) -> Result<Report, FetchError> {
    let [usual, older] = base.usage();
    let response = answer::send(host, request(&usual, login)).await?;
    let told = read(&response, host);
    let failed = match told {
        Ok((body, draft)) => return complete(host, base, login, &response, (body, draft)).await,
        Err(error) => error,
    };
    if !matches!(failed.trouble, Trouble::BadPayload | Trouble::UpstreamDown) {
        return Err(failed);
    }
    let Ok(response) = answer::send(host, request(&older, login)).await else {
        return Err(failed);
    };
    match read(&response, host) {
        Ok((body, draft)) => complete(host, base, login, &response, (body, draft)).await,
        // That a path is not understood says less than what the other says about the login.
        Err(error) if failed.trouble == Trouble::BadPayload && response.status != 404 => Err(error),
        Err(_) => Err(failed),
    }
}

/// The answer, where it tells a limit, or names a control of spending that is asked for apart.
fn read(response: &Response, host: &Host) -> Result<(Value, Draft), FetchError> {
    let body = map::VENDOR.read(response, host.now())?;
    let draft = map::draft(&body, response, host.now());
    if draft.tells() || is_controlled(&body) {
        return Ok((body, draft));
    }
    let nothing = |_| FetchError::new(Trouble::NoData, "The vendor tells no limit.");
    Err(draft.finish(&body).map_or_else(|error| error, nothing))
}

fn is_controlled(body: &Value) -> bool {
    !any(body, &["spend_control", "spendControl"]).is_null()
}

fn request(url: &str, login: &Login) -> Request {
    let mut request = Request::get(url)
        .bearer(&login.token)
        .header("accept", "application/json")
        .header("user-agent", AGENT);
    if let Some(id) = &login.account.id {
        request = request.header("chatgpt-account-id", id.as_str());
    }
    if login.fedramp {
        request = request.header("x-openai-fedramp", "true");
    }
    request
}

/// Adds what the login tells about whose numbers these are, and what the answer left out.
async fn complete(
    host: &Host,
    base: &Base,
    login: &Login,
    response: &Response,
    (body, mut draft): (Value, Draft),
) -> Result<Report, FetchError> {
    let told = draft.account.take().unwrap_or_default();
    let account = Account {
        id: told.id.or_else(|| login.account.id.clone()),
        email: told.email.or_else(|| login.account.email.clone()),
        ..Account::default()
    };
    draft.account = (account != Account::default()).then_some(account);
    let noted = || plan::label(&Value::from(login.plan.as_deref()?));
    draft.plan = draft.plan.or_else(noted);
    let (resets, month) = futures::join!(
        resets(host, base, login, &body, draft.reset_credits),
        month(host, base, login, &body, &draft)
    );
    draft.reset_credits = resets.or(draft.reset_credits);
    if month.is_some() {
        draft.add(month);
    }
    Ok(Report {
        asked_with: Some(login.fingerprint()),
        server_time: server_time::of(response),
        ..draft.finish(&body)?
    })
}

/// Resets that the person holds, where the answer has no word of them, or does not say until when.
async fn resets(
    host: &Host,
    base: &Base,
    login: &Login,
    body: &Value,
    told: Option<SavedResets>,
) -> Option<SavedResets> {
    let mut names = ["rate_limit_reset_credits", "rateLimitResetCredits"].iter();
    let is_enough = |told: SavedResets| told.left == 0 || told.ends_at.is_some();
    if names.any(|name| body.get(name).is_some()) && told.is_none_or(is_enough) {
        return None;
    }
    let request = request(&base.resets(), login)
        .header("openai-beta", "codex-1")
        .header("originator", "Codex Desktop");
    credits::resets_available(&aside(host, request).await?, host.now())
}

/// What a workspace member spent this month, where the workspace controls that and the answer does not tell it.
async fn month(
    host: &Host,
    base: &Base,
    login: &Login,
    body: &Value,
    draft: &Draft,
) -> Option<claudometer_core::Window> {
    let told = draft.windows().any(|window| window.id == credits::INDIVIDUAL);
    let id = login.account.id.as_deref().filter(|id| is_plain(id))?;
    if !is_controlled(body) || told {
        return None;
    }
    credits::monthly_usage(&aside(host, request(&base.month(id), login)).await?, host.now())
}

/// Whether an id can stand in an address as it is.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

/// Asks something of which the reading does not depend.
async fn aside(host: &Host, request: Request) -> Option<Value> {
    map::VENDOR.ask(host, request.within(ASIDE)).await.ok()
}

#[cfg(test)]
#[path = "oauth_tests.rs"]
mod tests;
