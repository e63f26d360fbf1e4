//! Recorded answers of this vendor, each through the source or reader that would receive it.

use super::{
    auth::{self, Candidate, Stored},
    cookie::Cookies,
    headers, identity, money, oauth, organization, plan, session, statusline, usage_screen, web,
};
use chrono::TimeDelta;
use claudometer_core::{Account, Coverage, Reading, Trouble, settings::ProviderSettings};
use claudometer_host::{
    Environment, Files, Host, Http, Processes, Secrets,
    http::{HttpError, Response},
};
use claudometer_provider::{
    Ask, FetchError, Recorded, Report, Source, answer, lenient,
    replay::{of_account, of_error, of_fetch, of_reading},
};
use futures::{FutureExt as _, future::BoxFuture};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

/// A world of its own for one replay, of which only the time is real: nothing on the machine is read or written.
fn sealed(host: &Host, response: Response, organizations: Option<&'static str>) -> Host {
    Host {
        clock: host.clock.clone(),
        env: Environment::of("/replay", []),
        files: Files::memory(),
        http: answering(response, organizations),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    }
}

/// The outcome of one recorded answer; `None` where no source here would receive it.
pub(super) fn run<'a>(recorded: &'a Recorded, host: &'a Host) -> BoxFuture<'a, Option<Value>> {
    async move {
        match recorded.folder() {
            "claude-oauth" => of_login(recorded, host).await,
            "claude-web" => of_web(recorded, host).await,
            "claude-cli" => Some(of_screen(recorded, host)),
            _ => None,
        }
    }
    .boxed()
}

fn of_screen(recorded: &Recorded, host: &Host) -> Value {
    let reading = usage_screen::read(&recorded.text(), host.now());
    of_fetch(&reading.map(Report::from))
}

async fn of_login(recorded: &Recorded, host: &Host) -> Option<Value> {
    let asks = |what: &str| recorded.request.contains(what);
    Some(if asks("oauth/usage") {
        usage_with_login(recorded, host).await
    } else if asks("oauth/profile") {
        told(body(recorded, host), of_profile)
    } else if asks("oauth/account") {
        told(body(recorded, host), |value| of_memberships(value, None))
    } else if asks("oauth/token") {
        of_token(recorded, host)
    } else if asks("statusline") {
        of_status_line(recorded, host)
    } else if asks("response headers") {
        of_headers(recorded)
    } else if asks(auth::TOKEN_VARIABLE) {
        of_error(&FetchError::local(Trouble::ForbiddenScope, "Such a token cannot read usage."))
    } else if asks("keychain") || asks("find-generic-password") || asks("file") {
        of_stored(recorded, host)
    } else {
        return None;
    })
}

/// The real source, with a login in its file and the recorded answer on the wire.
async fn usage_with_login(recorded: &Recorded, host: &Host) -> Value {
    let login = json!({"claudeAiOauth": {"accessToken": "recorded", "scopes": ["user:profile"]}})
        .to_string();
    let host = sealed(host, recorded.response.clone(), None);
    if host.files.write_private(&auth::file(&host), login.as_bytes()).is_err() {
        return of_error(&FetchError::local(
            Trouble::AuthMissing,
            "The login could not be placed.",
        ));
    }
    fetch(&oauth::OAuth, &host).await
}

async fn fetch(source: &dyn Source, host: &Host) -> Value {
    let settings = ProviderSettings::default();
    let found = source.discover(&settings, host).await.into_iter().next();
    let seat = found.map_or_else(|| identity::seat(None), |found| found.seat);
    of_fetch(&source.fetch(Ask { seat: &seat, settings: &settings, host }).await)
}

/// Answers everything with `response`; the list of organisations with `organizations` where that is given.
fn answering(response: Response, organizations: Option<&'static str>) -> Http {
    Http::recorded(move |request| match organizations {
        Some(list) if request.url.ends_with("/organizations") => {
            Ok(Response { status: 200, headers: Vec::new(), body: list.into() })
        }
        Some(_) if !request.url.ends_with("/usage") => Err(HttpError::Connect),
        // Recorded without a status: no answer came.
        _ if response.status == 0 => Err(HttpError::Timeout),
        _ => Ok(response.clone()),
    })
}

fn body(recorded: &Recorded, host: &Host) -> Result<Value, FetchError> {
    answer::json(&recorded.response, Trouble::AuthExpired, host.now())
}

fn told(body: Result<Value, FetchError>, read: impl FnOnce(&Value) -> Option<Value>) -> Value {
    let unreadable = || FetchError::unreadable("The answer is not understood.", None);
    match body.and_then(|value| read(&value).ok_or_else(unreadable)) {
        Ok(outcome) => outcome,
        Err(error) => of_error(&error),
    }
}

/// Here the organisation is named by its id, as everything that is kept about an account is.
fn of_profile(value: &Value) -> Option<Value> {
    let (account, organization) = (&value["account"], &value["organization"]);
    let id = lenient::text(&account["uuid"]);
    let email = lenient::text(lenient::any(account, &["email", "email_address"]));
    (id.is_some() || email.is_some()).then(|| {
        let plan = organization["rate_limit_tier"].as_str().and_then(plan::of_tier);
        json!({"ok": true, "plan": plan, "account": {"id": id, "email": email, "org": lenient::text(&organization["uuid"])}})
    })
}

fn of_memberships(value: &Value, chosen: Option<&str>) -> Option<Value> {
    let membership = organization::membership(value, chosen);
    let organization = membership.map_or(&Value::Null, |one| &one["organization"]);
    let account = Account {
        id: None,
        email: lenient::text(lenient::any(value, &["email_address", "email"])),
        org: lenient::text(lenient::any(organization, &["name", "uuid"])),
        org_id: lenient::text(&organization["uuid"]),
    };
    let known = account.email.is_some() || membership.is_some();
    known.then(|| json!({"ok": true, "plan": membership.and_then(plan::of_membership), "account": of_account(&account)}))
}

/// Answers that only Claude Code itself asks for.
fn of_token(recorded: &Recorded, host: &Host) -> Value {
    let response = &recorded.response;
    let said: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    if matches!(response.status, 400 | 401) {
        let trouble = if said["error"] == "invalid_grant" {
            Trouble::AuthExpired
        } else {
            Trouble::UpstreamDown
        };
        return of_error(&FetchError::new(trouble, "The login could not be renewed."));
    }
    if response.status == 404 {
        return of_error(&FetchError::new(
            Trouble::UpstreamDown,
            "The login could not be renewed.",
        ));
    }
    told(body(recorded, host), |value| {
        lenient::text(&value["access_token"])?;
        let seconds = lenient::count(&value["expires_in"]);
        let expires_at = seconds.map(|seconds| host.now() + TimeDelta::seconds(i64::from(seconds)));
        Some(json!({"ok": true, "expires_at": expires_at}))
    })
}

fn of_status_line(recorded: &Recorded, host: &Host) -> Value {
    match statusline::read(&recorded.response.body) {
        Some(line) => of_reading(&line.reading(host.now())),
        None => of_error(&FetchError::unreadable("The status line is not understood.", None)),
    }
}

fn of_headers(recorded: &Recorded) -> Value {
    let map: Value = serde_json::from_slice(&recorded.response.body).unwrap_or_default();
    let texts: Vec<(String, String)> = map
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .chain(recorded.response.headers.iter().cloned())
        .collect();
    let unified =
        headers::windows(texts.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    of_reading(&Reading {
        windows: unified.windows,
        limit_reached: unified.rejected,
        ..Reading::empty(Coverage::Partial)
    })
}

/// A stored login: what the reader takes from it, and whether the source would use it.
fn of_stored(recorded: &Recorded, host: &Host) -> Value {
    let stored = auth::read(&recorded.text());
    let candidate = Candidate { place: "the recorded file".to_owned(), stored: stored.clone() };
    let expired = match auth::choose(&[candidate], None, host.now()) {
        Ok(_) => false,
        Err(error) if error.trouble == Trouble::AuthExpired => true,
        Err(error) => return of_error(&error),
    };
    let Stored::Login(login) = stored else {
        return of_error(&FetchError::local(Trouble::AuthMissing, "No login."));
    };
    json!({
        "ok": true,
        "plan": login.plan,
        "token": login.token.expose_secret(),
        "expires_at": login.expires_at,
        "usable_for_usage": !expired,
        "expired": expired,
        "delegate_refresh": expired,
    })
}

async fn of_web(recorded: &Recorded, host: &Host) -> Option<Value> {
    let asks = |what: &str| recorded.request.contains(what);
    Some(if asks("pasted") {
        of_pasted(&recorded.text())
    } else if asks("overage_spend_limit") {
        told(body(recorded, host), |value| {
            of_part(|reading| reading.spend = money::spend(value, host.now()), value)
        })
    } else if asks("prepaid/credits") {
        told(body(recorded, host), |value| {
            of_part(|reading| reading.credits = money::credits(value), value)
        })
    } else if asks("run-budget") {
        told(body(recorded, host), |value| {
            of_part(|reading| reading.windows.extend(web::routines(value)), value)
        })
    } else if asks("/usage") {
        usage_with_session(
            recorded,
            host,
            Some("[{\"uuid\":\"recorded\",\"capabilities\":[\"chat\"]}]"),
        )
        .await
    } else if asks("/organizations") {
        of_organizations(recorded, host).await
    } else if asks("/account") {
        told(body(recorded, host), |value| of_memberships(value, None))
    } else {
        return None;
    })
}

/// What is best effort in a poll, by itself.
fn of_part(fill: impl FnOnce(&mut Reading), value: &Value) -> Option<Value> {
    let mut reading = Reading::empty(Coverage::Partial);
    fill(&mut reading);
    value.is_object().then(|| of_reading(&reading))
}

/// The real source, with a session key typed and the recorded answer on the wire.
async fn usage_with_session(
    recorded: &Recorded,
    host: &Host,
    organizations: Option<&'static str>,
) -> Value {
    let host = sealed(host, recorded.response.clone(), organizations);
    match session::replace(&host, "sessionKey=sk-ant-recorded".into()).await {
        Ok(()) => fetch(&web::Web, &host).await,
        Err(error) => of_error(&error),
    }
}

async fn of_organizations(recorded: &Recorded, host: &Host) -> Value {
    let listed = body(recorded, host).and_then(|value| organization::listed(&value));
    let chosen = listed.ok().and_then(|listed| organization::select(&listed, [None; 3]));
    match chosen {
        Some(chosen) => {
            json!({"ok": true, "selected_org": chosen.id(), "plan": plan::of_organization(&chosen.0)})
        }
        // A list that cannot be had fails the whole poll, so the source itself says how.
        None => usage_with_session(recorded, host, None).await,
    }
}

/// Every line is one way of pasting the same session.
fn of_pasted(text: &str) -> Value {
    let keys: Option<Vec<String>> = text
        .replace("\\\n", " ")
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| Cookies::parse(line).and_then(|cookies| cookies.session().map(str::to_owned)))
        .collect();
    match keys.as_deref() {
        Some([first, rest @ ..]) if rest.iter().all(|key| key == first) => {
            json!({"ok": true, "session_key": first})
        }
        _ => of_error(&FetchError::local(
            Trouble::AuthMissing,
            "No session key was found in what was pasted.",
        )),
    }
}
