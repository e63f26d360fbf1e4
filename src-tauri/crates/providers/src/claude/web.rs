//! Usage with a web session: organisations, usage, and around it what is best effort.

use super::{
    cookie::Cookies,
    identity, map, money, oauth,
    organization::{self, Chosen, Memory},
    plan, session, statusline,
};
use claudometer_core::{
    Account, AccountKey, Allowance, Scope, Seat, Trouble, Window, WindowKind, gate::Cadence,
    settings::ProviderSettings,
};
use claudometer_host::{
    Host,
    http::{REQUEST_TIMEOUT, Request, Response},
};
use claudometer_provider::{
    Ask, Checked, Draft, FetchError, Fingerprint, Found, Organization, Report, SecretField, Source,
    SourceSpec, answer, lenient,
};
use futures::{FutureExt as _, future::BoxFuture};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use std::{path::PathBuf, time::Duration};

pub use organization::listed as organizations_in;

/// Key of the account where only the web session is known.
const WEB: AccountKey = AccountKey::new("web");
const BASE: &str = "https://claude.ai/api";
const RUN_BUDGET: &str = "https://claude.ai/v1/code/routines/run-budget";
/// How long what is best effort may take.
const EXTRA_TIMEOUT: Duration = Duration::from_secs(5);

const USER_AGENT: &str = if cfg!(target_os = "macos") {
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
} else {
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
};

/// The source over a typed web session.
#[derive(Debug)]
pub struct Web;

static SPEC: SourceSpec = SourceSpec {
    id: "web",
    label: "the web session",
    reads: "The session key that you typed, from the system's keychain or from memory.",
    sends: "Asks claude.ai, as a browser would, for your organisations, usage, extra spend, prepaid balance, account name and routine runs, with that session key.",
    cadence: Cadence { normal_s: 300, floor_s: 60 },
    passive: false,
    opt_in: false,
};

/// The secret that a person types for it.
pub const SESSION_KEY: SecretField = SecretField {
    id: session::FIELD,
    label: "Session key",
    help: "Sign in to claude.ai in a browser, open its developer tools, and copy the cookie sessionKey; a whole Cookie header or a copied cURL command will do too.",
    several: false,
    check: &check,
};

impl Source for Web {
    fn spec(&self) -> &'static SourceSpec {
        &SPEC
    }

    fn discover<'a>(
        &'a self,
        settings: &'a ProviderSettings,
        host: &'a Host,
    ) -> BoxFuture<'a, Vec<Found>> {
        async move {
            if !matches!(session::stored(host).await, Ok(Some(_))) {
                return Vec::new();
            }
            let place = "the session key that you typed".to_owned();
            let on_machine = oauth::place(host).await.is_some()
                || !statusline::StatusLine.discover(settings, host).await.is_empty();
            let found = if on_machine {
                let account = identity::account(host);
                Found { seat: identity::seat(account.as_ref()), account, place, home: None }
            } else {
                Found {
                    seat: Seat { provider: identity::ID, account: WEB },
                    account: None,
                    place,
                    home: None,
                }
            };
            vec![found]
        }
        .boxed()
    }

    fn watched(&self, _: &Host) -> Vec<PathBuf> {
        Vec::new()
    }

    fn credential<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>> {
        async move {
            let cookies = session::required(ask.host).await?;
            Ok(Memory::of(ask.host, &cookies).fingerprint())
        }
        .boxed()
    }

    fn fetch<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>> {
        async move {
            let cookies = session::required(ask.host).await?;
            let memory = Memory::of(ask.host, &cookies);
            let mut session = Session { host: ask.host, cookies, memory, renewed: false };
            let result = read(&mut session, ask).await;
            if session.renewed {
                keep(&session).await;
            }
            result
        }
        .boxed()
    }
}

/// A session in use: whatever answer renews the key, the next request carries the new one.
struct Session<'a> {
    host: &'a Host,
    cookies: Cookies,
    memory: Memory,
    renewed: bool,
}

impl Session<'_> {
    async fn get(&mut self, url: &str) -> Result<Response, FetchError> {
        let response =
            answer::send(self.host, request(self.host, &self.cookies, url, REQUEST_TIMEOUT)).await?;
        self.take_over(&response);
        Ok(response)
    }

    async fn json(&mut self, url: &str) -> Result<Value, FetchError> {
        let response = self.get(url).await?;
        map::PAGES.read(&response, self.host.now())
    }

    async fn organizations(&mut self) -> Result<Vec<Value>, FetchError> {
        let listed = organization::listed(&self.json(&format!("{BASE}/organizations")).await?)?;
        Ok(self.memory.learn(self.host, &listed))
    }

    fn take_over(&mut self, response: &Response) {
        let set = response
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
            .map(|(_, value)| value.as_str());
        self.renewed |= self.cookies.renew(set);
    }
}

fn request(host: &Host, cookies: &Cookies, url: &str, timeout: Duration) -> Request {
    Request::get(url)
        .header("cookie", cookies.header())
        .header("accept", "application/json")
        .header("accept-language", accept_language(host))
        .header("user-agent", USER_AGENT)
        .header("origin", "https://claude.ai")
        .header("referer", "https://claude.ai/settings/usage")
        .header("anthropic-client-platform", "web_claude_ai")
        .header("sec-fetch-dest", "empty")
        .header("sec-fetch-mode", "cors")
        .header("sec-fetch-site", "same-origin")
        .within(timeout)
}

/// The system's language as a browser says it: `de-AT,de;q=0.9,en;q=0.8`.
fn accept_language(host: &Host) -> String {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| host.env.get(name))
        .unwrap_or_default();
    let tag = locale.split(['.', '@']).next().unwrap_or_default().replace('_', "-");
    let language = tag.split('-').next().unwrap_or_default();
    let known = language.len() >= 2
        && tag.len() <= 16
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match (known, language) {
        (false, _) => "en-US,en;q=0.9".to_owned(),
        (true, "en") => format!("{tag},en;q=0.9"),
        (true, _) => format!("{tag},{language};q=0.9,en;q=0.8"),
    }
}

/// Organisation, usage, and what is best effort.
async fn read(session: &mut Session<'_>, ask: Ask<'_>) -> Result<Report, FetchError> {
    let host = session.host;
    let known = session.memory.organizations(host.now());
    let fresh = known.is_none();
    let mut listed = match known {
        Some(listed) => listed,
        None => session.organizations().await?,
    };
    let mut chosen = choose(&listed, session, ask)?;
    let mut response = session.get(&chosen.url("usage")).await?;
    if response.status == 403 && !response.is_page() && !fresh {
        // After a new login the organisation that was known may not be ours any more.
        listed = session.organizations().await?;
        chosen = choose(&listed, session, ask)?;
        response = session.get(&chosen.url("usage")).await?;
    }
    let answer = map::PAGES.read(&response, host.now())?;
    let mut draft = map::usage(&answer, host.now());
    draft.account = Some(Account {
        org: Some(chosen.name()),
        org_id: Some(chosen.id()),
        ..Account::default()
    });
    draft.plan = plan::of_organization(&chosen.0);
    add_extras(session, &chosen, &mut draft).await;
    let organizations = listed.iter().map(|one| Chosen(one.clone()).organization()).collect();
    Ok(Report { organizations, ..draft.finish(&answer)? })
}

fn choose(listed: &[Value], session: &Session<'_>, ask: Ask<'_>) -> Result<Chosen, FetchError> {
    let ours = if ask.seat.account == WEB { None } else { organization::of_this_machine(ask.host) };
    let wanted = [
        ask.settings.organization.as_deref(),
        ours.as_deref(),
        session.cookies.last_organization(),
    ];
    organization::select(listed, wanted)
        .ok_or_else(|| FetchError::new(Trouble::NoData, "The session opens no organisation."))
}

impl Chosen {
    fn url(&self, call: &str) -> String {
        let id: String = url_segment(&self.id());
        format!("{BASE}/organizations/{id}/{call}")
    }

    fn organization(&self) -> Organization {
        Organization { id: self.id(), name: self.name() }
    }
}

/// An id is letters, digits and hyphens; whatever else is in it must not lead elsewhere.
fn url_segment(id: &str) -> String {
    id.chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-' || *letter == '_')
        .take(64)
        .collect()
}

/// Asks for what is best effort, all at once. What fails is left out.
async fn add_extras(session: &mut Session<'_>, chosen: &Chosen, draft: &mut Draft) {
    let (host, cookies) = (session.host, session.cookies.clone());
    let account = format!("{BASE}/account");
    let (overage, credits, account, budget) = futures::join!(
        extra(host, &cookies, chosen.url("overage_spend_limit")),
        extra(host, &cookies, chosen.url("prepaid/credits")),
        extra(host, &cookies, account),
        extra(host, &cookies, RUN_BUDGET.to_owned()),
    );
    for response in [&overage, &credits, &account, &budget].into_iter().flatten() {
        session.take_over(response);
    }
    let value = |response: Option<Response>| {
        response
            .and_then(|response| map::PAGES.read(&response, host.now()).ok())
            .unwrap_or_default()
    };
    draft.spend = draft.spend.take().or_else(|| money::spend(&value(overage), host.now()));
    draft.balance(money::credits(&value(credits)));
    let budget = value(budget);
    if budget.is_object() {
        draft.add(routines(&budget));
    }
    let account = value(account);
    if let Some(known) = &mut draft.account {
        known.email = lenient::text(lenient::any(&account, &["email_address", "email"]));
    }
    let membership = organization::membership(&account, Some(&chosen.id()));
    draft.plan = membership.and_then(plan::of_membership).or_else(|| draft.plan.take());
}

async fn extra(host: &Host, cookies: &Cookies, url: String) -> Option<Response> {
    host.http.send(request(host, cookies, &url, EXTRA_TIMEOUT)).await.ok()
}

/// The daily budget of routine runs; `None` where it is not told in numbers, or there is none.
fn routines(value: &Value) -> Option<Window> {
    let (used, limit) = (lenient::number(&value["used"]), lenient::number(&value["limit"]));
    let scope = Scope { pool: Some("Routine runs".to_owned()), ..Scope::default() };
    let window = Window::of("routines", WindowKind::Daily, Allowance::counted(used, limit))?;
    Some(window.scoped(scope)).filter(Window::tells)
}

/// Keeps a renewed session. Gates go on counting for it as for the one that was typed.
async fn keep(session: &Session<'_>) {
    let mut memory = session.memory.clone();
    match session::replace(session.host, session.cookies.header()).await {
        Ok(()) => memory.renewed(session.host, &session.cookies),
        Err(error) => tracing::warn!(%error, "a renewed session could not be kept"),
    }
}

/// Reads what was pasted and asks for its organisations, so that only a session that works is kept.
fn check(typed: SecretString, host: &Host) -> BoxFuture<'_, Result<Checked, FetchError>> {
    async move {
        let none = || {
            FetchError::local(Trouble::AuthMissing, "No session key was found in what was typed.")
        };
        let cookies = Cookies::parse(typed.expose_secret()).ok_or_else(none)?;
        let memory = Memory::of(host, &cookies);
        let mut session = Session { host, cookies, memory, renewed: false };
        let listed = session.organizations().await?;
        if session.renewed {
            session.memory.renewed(host, &session.cookies);
        }
        let organizations = listed.into_iter().map(|one| Chosen(one).organization()).collect();
        Ok(Checked { secret: session.cookies.header(), organizations })
    }
    .boxed()
}

#[cfg(test)]
#[path = "web_tests.rs"]
mod tests;
