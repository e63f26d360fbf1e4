//! Recorded answers of this vendor, each through the source or reader that would receive it.

use super::{
    app_server::{AppServer, Timing},
    auth::{self, Candidate, Stored},
    credits, device, home, oauth,
    rollout::Rollout,
};
use claudometer_core::{Coverage, Reading, Trouble, settings::ProviderSettings};
use claudometer_host::{
    Environment, Files, Host, Http, Processes, Secrets,
    http::{HttpError, Response},
    process::{Output, Session},
};
use claudometer_provider::{
    Ask, FetchError, Recorded, Source, answer,
    replay::{of_account, of_error, of_fetch, of_reading},
};
use futures::{FutureExt as _, future::BoxFuture};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    io::Cursor,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// The outcome of one recorded answer; `None` where no source here would receive it.
pub(super) fn run<'a>(recorded: &'a Recorded, host: &'a Host) -> BoxFuture<'a, Option<Value>> {
    async move {
        match recorded.folder() {
            "codex-oauth" => of_login(recorded, host).await,
            "codex-rpc" => Some(of_conversation(recorded, host).await),
            _ => None,
        }
    }
    .boxed()
}

/// A world of its own for one replay, of which only the time is real: nothing on the machine is read or written.
fn sealed(host: &Host) -> Host {
    Host {
        clock: host.clock.clone(),
        env: Environment::of("/replay", []),
        files: Files::memory(),
        http: Http::recorded(|_| Err(HttpError::Connect)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    }
}

async fn of_login(recorded: &Recorded, host: &Host) -> Option<Value> {
    let asks = |what: &str| recorded.request.contains(what);
    let (response, now) = (&recorded.response, host.now());
    Some(if asks("reset-credits") {
        told(answer::json(response, Trouble::NotSubscribed, now), |body| Reading {
            reset_credits: credits::resets_available(body),
            ..Reading::empty(Coverage::Partial)
        })
    } else if asks("monthly-usage") {
        told(answer::json(response, Trouble::NotSubscribed, now), |body| {
            let windows = credits::monthly_usage(body, now).into_iter().collect();
            Reading { windows, ..Reading::empty(Coverage::Partial) }
        })
    } else if asks("wham/usage") || asks("codex/usage") {
        usage_with_login(recorded, host).await
    } else if asks("deviceauth/usercode") {
        match device::user_code(response, now) {
            Ok(it) => {
                json!({"ok": true, "user_code": it.code, "interval_s": it.interval_s, "expires_at": it.expires_at})
            }
            Err(error) => of_error(&error),
        }
    } else if asks("deviceauth/token") {
        of_sign_in(&device::sign_in(response, now))
    } else if asks("oauth/token") {
        match device::renewed(response, now) {
            Ok(tokens) => json!({"ok": true, "expires_at": tokens.expires_at}),
            Err(error) => of_error(&error),
        }
    } else if asks("rollout") {
        of_log(recorded, host).await
    } else if asks("auth.json") || asks("keyring") {
        of_stored(recorded, host)
    } else {
        return None;
    })
}

fn told(body: Result<Value, FetchError>, read: impl FnOnce(&Value) -> Reading) -> Value {
    match body {
        Ok(body) => of_reading(&read(&body)),
        Err(error) => of_error(&error),
    }
}

fn of_sign_in(sign_in: &Result<device::SignIn, FetchError>) -> Value {
    match sign_in {
        Ok(device::SignIn::Pending) => json!({"ok": true, "pending": true}),
        Ok(device::SignIn::Granted { authorization_code, .. }) => {
            json!({"ok": true, "authorization_code": authorization_code.expose_secret()})
        }
        Err(error) => of_error(error),
    }
}

/// A stored login: what the reader takes from it, and whether the source would use it.
fn of_stored(recorded: &Recorded, host: &Host) -> Value {
    let candidate =
        Candidate { place: "the recorded file".to_owned(), stored: auth::read(&recorded.text()) };
    let expired = match auth::choose(std::slice::from_ref(&candidate), None, host.now()) {
        Ok(_) => false,
        Err(error) if error.trouble == Trouble::AuthExpired => true,
        Err(error) => return of_error(&error),
    };
    let Stored::Login(login) = candidate.stored else {
        return of_error(&FetchError::local(Trouble::AuthMissing, "No login."));
    };
    json!({
        "ok": true,
        "account": of_account(&login.account),
        "plan": login.plan,
        "expires_at": login.expires_at,
        "expired": expired,
        "usable_for_usage": !expired,
        "delegate_refresh": expired,
    })
}

async fn fetch(source: &dyn Source, host: &Host) -> Value {
    let settings = ProviderSettings::default();
    let seat = auth::found(&[], String::new(), host.now()).seat;
    of_fetch(&source.fetch(Ask { seat: &seat, settings: &settings, host }).await)
}

fn place(host: &Host, path: &Path, bytes: &[u8]) {
    // Placing a file into memory cannot fail.
    host.files.place(path, bytes, host.now()).ok();
}

/// The real source, with a login in its file and the recorded answer on the wire.
async fn usage_with_login(recorded: &Recorded, host: &Host) -> Value {
    let mut host = sealed(host);
    let login = json!({"tokens": {"access_token": "recorded"}}).to_string();
    place(&host, &home::folder(&host).join("auth.json"), login.as_bytes());
    let asked: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let (log, response) = (Arc::clone(&asked), recorded.response.clone());
    host.http = Http::recorded(move |request| {
        if !request.url.ends_with("/usage") {
            return Err(HttpError::Connect);
        }
        log.lock().unwrap_or_else(PoisonError::into_inner).insert(request.url.clone());
        Ok(Response::clone(&response))
    });
    let mut outcome = fetch(&oauth::OAuth, &host).await;
    outcome["try_other_base_path"] =
        json!(asked.lock().unwrap_or_else(PoisonError::into_inner).len() > 1);
    outcome
}

async fn of_log(recorded: &Recorded, host: &Host) -> Value {
    let host = sealed(host);
    let folder =
        home::folder(&host).join("sessions").join(host.now().format("%Y/%m/%d").to_string());
    place(&host, &folder.join("rollout-recorded.jsonl"), &recorded.response.body);
    fetch(&Rollout, &host).await
}

/// The real source over a Codex that says what was recorded.
async fn of_conversation(recorded: &Recorded, host: &Host) -> Value {
    let mut host = sealed(host);
    // Codex knows a login that we do not.
    place(&host, &home::settings_file(&host), b"cli_auth_credentials_store = \"keyring\"");
    let mut lines = recorded.response.body.clone();
    // A recording may have lost the end of its last line, which a living Codex always writes.
    lines.push(b'\n');
    host.processes = Processes::scripted(
        |_| Ok(Output { code: Some(0), stdout: b"codex-cli 0.60.0".to_vec(), stderr: Vec::new() }),
        move |_| Ok(Session::over(Cursor::new(lines.clone()), tokio::io::sink())),
    );
    fetch(&AppServer::new(Timing::USUAL), &host).await
}
