//! What an idle resident asks of vendors in an hour: the whole desk with an account of every provider that has a recorded
//! answer, in an hour of simulated time. Beside it what the sources' own floors would allow.

use crate::Row;
use anyhow::{Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_desk::{Desk, Options, Role};
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets,
    http::{HttpError, Request, Response},
    paths::Paths,
    secrets::Keep,
};
use claudometer_provider::{Provider, Scene, scene::Take};
use secrecy::SecretString;
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

const HOME: &str = "/home/bench";
/// The moment around which the answers were recorded: 2026-09-15T12:00:00Z.
const BEGIN_S: i64 = 1_789_473_600;
const HOUR: Duration = Duration::from_hours(1);
/// The simulated clock moves by so much.
const TICK: Duration = Duration::from_millis(100);
/// An account is asked every five minutes, some with more than one request.
const EACH: f64 = 15.0;

type Asked = Arc<Mutex<Vec<String>>>;

/// The row of the table. It takes a runtime of its own, whose time stands still until everybody waits.
pub(crate) fn measure() -> Result<Row> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    let (accounts, asked, allowed) = runtime.block_on(hour())?;
    ensure!(accounts > 5, "only {accounts} accounts answered");
    let most = EACH * accounts as f64;
    Ok(Row {
        what: "requests an hour, an account of each",
        unit: "",
        ours: asked as f64,
        reference: allowed,
        budget: Some((format!("<= {EACH:.0} for each of {accounts}"), asked as f64 <= most)),
    })
}

/// Accounts, requests that were sent, and requests that the floors would allow.
async fn hour() -> Result<(usize, usize, f64)> {
    let begin = DateTime::<Utc>::from_timestamp(BEGIN_S, 0).unwrap_or_default();
    let clock = Clock::told(begin);
    let played: Vec<_> =
        claudometer_providers::ALL.iter().filter_map(|one| Some((*one, scene(one)?))).collect();
    let asked = Asked::default();
    let host = host(&played, clock.clone(), Arc::clone(&asked)).await?;
    let paths = Paths::of(&host.env);
    let desk = Desk::start(Options {
        role: Role::Resident,
        host,
        paths,
        providers: claudometer_providers::ALL,
        overrides: Vec::new(),
        demo: None,
        debug: false,
        offline: false,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        words: Vec::new(),
    })
    .await;
    let since = tokio::time::Instant::now();
    while since.elapsed() < HOUR {
        tokio::time::sleep(TICK).await;
        clock.set(begin + TimeDelta::from_std(since.elapsed())?);
    }
    let bundle = desk.snapshot();
    desk.stop();
    let answered: Vec<_> = bundle.seats.iter().filter(|seat| seat.last_good.is_some()).collect();
    let floors = answered.iter().filter_map(|seat| {
        let provider =
            claudometer_providers::ALL.iter().find(|one| one.id == seat.seat.provider)?;
        let specs = provider.sources.iter().map(|source| source.spec());
        specs.filter(|spec| !spec.passive).map(|spec| spec.cadence.floor_s).min()
    });
    let allowed = floors.map(|floor| HOUR.as_secs_f64() / f64::from(floor)).sum();
    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner).len();
    Ok((answered.len(), asked, allowed))
}

/// A recorded state of a provider in which everything is well.
fn scene(provider: &Provider) -> Option<&'static Scene> {
    let is_well =
        |scene: &&Scene| !scene.now.is_empty() && scene.now.iter().all(|take| take.status == 200);
    provider.scenes.iter().find(is_well)
}

/// A machine on which all of them are signed in, and whose vendors answer as recorded.
async fn host(
    played: &[(&'static Provider, &'static Scene)],
    clock: Clock,
    asked: Asked,
) -> Result<Host> {
    let files = Files::memory();
    let secrets = Secrets::in_memory();
    for (provider, scene) in played {
        for (path, text) in scene.files {
            files.place(&Path::new(HOME).join(path), text.as_bytes(), clock.now())?;
        }
        for field in provider.secrets.iter().filter(|_| scene.is_by_secret()) {
            let secret = SecretString::from("bench-secret");
            secrets.set(&provider.secret_key(field.id), secret, Keep::Session).await?;
        }
    }
    let takes: Vec<&'static Take> = played.iter().flat_map(|(_, scene)| scene.now).collect();
    let http = Http::recorded(move |request| {
        asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.url.clone());
        answer(&takes, request)
    });
    let env = Environment::of(HOME, []);
    Ok(Host { env, files, http, processes: Processes::none(), secrets, clock })
}

fn answer(takes: &[&'static Take], request: &Request) -> Result<Response, HttpError> {
    // Several vendors' addresses may hold one's words: the longest words are its own.
    let fits = takes.iter().filter(|take| request.url.contains(take.url));
    let take = fits.max_by_key(|take| take.url.len()).ok_or(HttpError::Connect)?;
    let headers =
        take.headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Ok(Response {
        status: take.status,
        headers: headers.collect(),
        body: take.body.as_bytes().to_vec(),
    })
}
