//! What every provider must do, whoever wrote it: play its scenes, survive every fault, keep secrets and floors.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "world/planted.rs"]
mod planted;
mod world;

use chrono::TimeDelta;
use claudometer_core::{Reading, Seat, SeatState, Standing, Trouble, settings::ProviderSettings};
use claudometer_host::{
    Host, Http,
    http::{HttpError, Request, Response},
};
use claudometer_provider::{
    Ask, FetchError, GateBook, Provider, Report, Scene, Source,
    pipeline::{self, Errand, Pass},
    scene::Take,
};
use claudometer_providers::ALL;
use planted::World;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

const FRESH_FOR: TimeDelta = TimeDelta::minutes(5);

// ---- scenes ----

#[tokio::test]
async fn every_scene_plays_through_the_real_pipeline() {
    for provider in ALL {
        for scene in provider.scenes {
            let told = play(provider, scene).await;
            let name = format!("{}_{}", provider.id, scene.name);
            insta::assert_snapshot!(name, serde_json::to_string_pretty(&told).unwrap());
        }
    }
}

/// Polls some minutes before where the scene has that, then at the moment shown.
async fn play(provider: &'static Provider, scene: &Scene) -> Value {
    let mut world = World::of_scene(scene);
    if scene.is_by_secret() {
        world.type_secrets(provider).await;
    }
    let settings = ProviderSettings::default();
    let book = GateBook::in_memory();
    let mut seats = Vec::new();
    for found in pipeline::discover(provider, &settings, &world.host).await {
        let mut state = SeatState::unknown(found.seat.clone(), provider.info());
        let mut passes = serde_json::Map::new();
        for (when, takes, before) in [("earlier", scene.earlier, 10), ("now", scene.now, 0)] {
            if when == "earlier" && takes.is_empty() {
                continue;
            }
            let now = world::now() - TimeDelta::minutes(before);
            world.host.clock.set(now);
            let host = Host { http: playing(takes), ..world.host.clone() };
            let errand = Errand {
                provider,
                found: &found,
                settings: &settings,
                host: &host,
                book: &book,
                fresh_for: FRESH_FOR,
            };
            let pass = pipeline::poll(errand).await;
            passes.insert(when.to_owned(), of_pass(&pass));
            for (source, reading) in pass.poll.readings {
                assert!(state.observe(reading, &source, now), "{} {}", provider.id, scene.name);
            }
            if let Standing::Troubled(failure) = pass.poll.standing {
                state.fail(failure);
            }
        }
        let figures: Vec<_> = state
            .windows
            .iter()
            .map(|seen| json!([seen.value.id, seen.value.used, seen.stamp.at]))
            .collect();
        seats.push(json!({
            "seat": found.seat, "account": found.account, "place": found.place, "passes": passes,
            "shown": {"plan": state.plan, "windows": figures, "spend": state.spend, "credits": state.credits, "trouble": state.failure.map(|failure| failure.trouble)},
        }));
    }
    json!(seats)
}

fn of_pass(pass: &Pass) -> Value {
    let readings: Vec<_> = pass
        .poll
        .readings
        .iter()
        .map(|(source, reading)| json!([source, of_reading(reading)]))
        .collect();
    json!({
        "attempts": pass.poll.attempts, "readings": readings, "failure": pass.poll.failure(),
        "not_before": pass.poll.not_before, "organizations": pass.organizations.len(),
    })
}

/// A reading, for snapshots: windows, money and whose they are.
fn of_reading(reading: &Reading) -> Value {
    json!({
        "plan": reading.plan, "account": reading.account, "windows": reading.windows,
        "credits": reading.credits, "spend": reading.spend, "as_of": reading.as_of,
        "limit_reached": reading.limit_reached, "reset_credits": reading.reset_credits,
        "coverage": reading.coverage,
    })
}

fn playing(takes: &'static [Take]) -> Http {
    Http::recorded(move |request| answer_of(takes, request))
}

fn answer_of(takes: &[Take], request: &Request) -> Result<Response, HttpError> {
    let take =
        takes.iter().find(|take| request.url.contains(take.url)).ok_or(HttpError::Connect)?;
    let headers =
        take.headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Ok(Response { status: take.status, headers: headers.collect(), body: take.body.into() })
}

// ---- faults ----

/// A source that asks over HTTP, in a world in which its credential is good.
struct Asking {
    provider: &'static Provider,
    source: &'static dyn Source,
    world: World,
    seat: Seat,
    settings: ProviderSettings,
    good: &'static [Take],
}

impl Asking {
    fn ask<'a>(&'a self, host: &'a Host) -> Ask<'a> {
        Ask { seat: &self.seat, settings: &self.settings, host }
    }

    fn name(&self) -> String {
        format!("{}/{}", self.provider.id, self.source.id())
    }
}

/// Every source that sends a request when its credential is good.
async fn asking() -> Vec<Asking> {
    let mut all = Vec::new();
    for provider in ALL {
        for source in provider.sources.iter().copied().filter(|source| !source.spec().passive) {
            let mut found = None;
            for scene in provider.scenes.iter().filter(|scene| scene.earlier.is_empty()) {
                found = of_scene(provider, source, scene).await;
                if found.is_some() {
                    break;
                }
            }
            all.extend(found);
        }
    }
    all
}

async fn of_scene(
    provider: &'static Provider,
    source: &'static dyn Source,
    scene: &Scene,
) -> Option<Asking> {
    let mut world = World::of_scene(scene);
    world.type_secrets(provider).await;
    let settings = ProviderSettings { source: Some(source.id()), ..ProviderSettings::default() };
    let seat = source.discover(&settings, &world.host).await.into_iter().next()?.seat;
    let asking = Asking { provider, source, world, seat, settings, good: scene.now };
    let (http, count) = counting(|_| Err(HttpError::Connect));
    let host = Host { http, ..asking.world.host.clone() };
    source.credential(asking.ask(&host)).await.ok()?;
    source.fetch(asking.ask(&host)).await.err()?;
    (count.load(Ordering::SeqCst) > 0).then_some(asking)
}

fn counting(
    answer: impl Fn(&Request) -> Result<Response, HttpError> + Send + Sync + 'static,
) -> (Http, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let http = Http::recorded(move |request| {
        counter.fetch_add(1, Ordering::SeqCst);
        answer(request)
    });
    (http, count)
}

/// A fault, what it must be called (`None` where vendors differ), and the wait it asks for in seconds.
struct Fault {
    name: &'static str,
    answer: Result<Response, HttpError>,
    trouble: Option<&'static [Trouble]>,
    wait: Option<i64>,
}

fn fault(
    name: &'static str,
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
    trouble: Option<&'static [Trouble]>,
) -> Fault {
    let headers =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Fault { name, answer: Ok(Response { status, headers, body: body.into() }), trouble, wait: None }
}

/// Every fault; `echo` stands in the bodies, as vendors repeat in messages what they were sent.
fn faults(echo: &str) -> Vec<Fault> {
    use Trouble::{
        AuthExpired, BadPayload, Blocked, ForbiddenScope, NoData, NotSubscribed, RateLimited,
        UpstreamDown,
    };
    const JSON: (&str, &str) = ("content-type", "application/json");
    const HTML: (&str, &str) = ("content-type", "text/html; charset=UTF-8");
    let body = format!(
        "{{\"error\":{{\"message\":\"refused {echo}\",\"status\":\"REFUSED\"}},\"message\":\"refused\",\"detail\":\"{echo}\",\"{echo}\":\"{echo}\"}}"
    );
    let page = format!("<!DOCTYPE html><html><title>Just a moment</title>{echo}</html>");
    let (body, page) = (body.as_str(), page.as_str());
    let unreadable: Option<&'static [Trouble]> = Some(&[BadPayload]);
    let mut all = vec![
        fault("401", 401, &[JSON], body, Some(&[AuthExpired])),
        fault("403 JSON", 403, &[JSON], body, Some(&[AuthExpired, ForbiddenScope, NotSubscribed])),
        fault("403 page", 403, &[HTML], page, Some(&[Blocked])),
        fault("403 challenge", 403, &[("cf-mitigated", "challenge")], "", Some(&[Blocked])),
        fault(
            "redirect to a place of its own",
            307,
            &[("location", "/login?from=x")],
            "",
            Some(&[AuthExpired, BadPayload]),
        ),
        fault(
            "redirect to a portal",
            302,
            &[HTML, ("location", "https://portal.example/login?from=x")],
            page,
            Some(&[Blocked]),
        ),
        fault("401 page", 401, &[HTML], page, Some(&[Blocked])),
        fault("401 without a word", 401, &[], "", Some(&[Blocked])),
        fault("404 page", 404, &[HTML], page, Some(&[Blocked])),
        fault("502 page", 502, &[HTML], page, Some(&[Blocked])),
        fault("407", 407, &[("proxy-authenticate", "Basic")], "", Some(&[Blocked])),
        fault("gate in JSON", 403, &[("server", "Zscaler/6.2"), JSON], body, Some(&[Blocked])),
        fault("404", 404, &[JSON], body, None),
        fault("408", 408, &[JSON], body, Some(&[UpstreamDown])),
        fault("429", 429, &[JSON], body, Some(&[RateLimited])),
        fault(
            "429 with a wait of nothing",
            429,
            &[JSON, ("retry-after", "0")],
            body,
            Some(&[RateLimited]),
        ),
        fault("500", 500, &[JSON], body, Some(&[UpstreamDown])),
        fault("503 page", 503, &[HTML], page, Some(&[Blocked])),
        fault("529", 529, &[JSON], body, Some(&[UpstreamDown])),
        fault("cut off", 200, &[JSON], "{\"five_hour\":{\"utilization\":3", unreadable),
        fault("page instead of JSON", 200, &[HTML], page, Some(&[Blocked])),
        fault("nothing", 200, &[], "", unreadable),
        fault("{}", 200, &[JSON], "{}", Some(&[BadPayload, NoData])),
        fault("[]", 200, &[JSON], "[]", Some(&[BadPayload, NoData])),
        fault("null", 200, &[JSON], "null", Some(&[BadPayload, NoData])),
        fault("foreign keys", 200, &[JSON], body, None),
    ];
    let waiting =
        fault("429 with a wait", 429, &[JSON, ("retry-after", "272")], body, Some(&[RateLimited]));
    all.push(Fault { wait: Some(272), ..waiting });
    let down =
        fault("503 with a wait", 503, &[JSON, ("retry-after", "120")], body, Some(&[UpstreamDown]));
    all.push(Fault { wait: Some(120), ..down });
    for (name, error) in [
        ("timeout", HttpError::Timeout),
        ("no connection", HttpError::Connect),
        ("broken", HttpError::Broken),
    ] {
        all.push(Fault { name, answer: Err(error), trouble: Some(&[UpstreamDown]), wait: None });
    }
    let refused = Err(HttpError::Proxy);
    all.push(Fault { name: "proxy", answer: refused, trouble: Some(&[Blocked]), wait: None });
    all
}

#[tokio::test]
async fn every_fault_is_named_and_none_makes_up_a_number() {
    for asking in asking().await {
        for fault in faults("x") {
            let name = format!("{} {}", asking.name(), fault.name);
            let answer = fault.answer.clone();
            let host =
                Host { http: Http::recorded(move |_| answer.clone()), ..asking.world.host.clone() };
            match asking.source.fetch(asking.ask(&host)).await {
                Ok(report) => assert_says_nothing(&report, &name),
                Err(error) => {
                    assert!(
                        fault.trouble.is_none_or(|any| any.contains(&error.trouble)),
                        "{name}: {error:?}"
                    );
                    assert_eq!(
                        error.retry_after.map(|wait| wait.num_seconds()),
                        fault.wait,
                        "{name}"
                    );
                    assert!(!error.local, "{name}: somebody was asked");
                    assert!(
                        error.detail.ends_with('.') && !error.detail.contains('!'),
                        "{name}: {}",
                        error.detail
                    );
                }
            }
        }
    }
}

fn assert_says_nothing(report: &Report, name: &str) {
    let reading = &report.reading;
    assert!(reading.windows.iter().all(|window| window.used.is_none()), "{name}: {reading:?}");
    assert!(
        reading.credits.is_empty() && reading.spend.is_none() && reading.reset_credits.is_none(),
        "{name}: {reading:?}"
    );
}

#[tokio::test]
async fn every_provider_has_a_source_that_is_under_test_here() {
    let asking = asking().await;
    // One that only reads files of this machine asks nobody.
    let asks = |provider: &&&Provider| provider.sources.iter().any(|source| !source.spec().passive);
    for provider in ALL.iter().filter(asks) {
        assert!(asking.iter().any(|one| one.provider.id == provider.id), "{}", provider.id);
    }
}

#[tokio::test]
async fn no_secret_shows_in_an_error_a_note_or_debug_output() {
    for asking in asking().await {
        let secrets = asking.world.secrets();
        assert!(!secrets.is_empty(), "{}: nothing is planted", asking.name());
        for secret in &secrets {
            for fault in faults(secret) {
                let answer = fault.answer.clone();
                let host = Host {
                    http: Http::recorded(move |_| answer.clone()),
                    ..asking.world.host.clone()
                };
                let result: Result<Report, FetchError> =
                    asking.source.fetch(asking.ask(&host)).await;
                let told = result.as_ref().err().map(ToString::to_string);
                let pass = poll(&asking, &host, &GateBook::in_memory()).await;
                let shown = format!("{result:?} {told:?} {pass:?} {host:?} {:?}", asking.source);
                assert!(
                    !secrets.iter().any(|secret| shown.contains(secret.as_str())),
                    "{} {}: {shown}",
                    asking.name(),
                    fault.name
                );
            }
        }
    }
}

// ---- floors ----

async fn poll(asking: &Asking, host: &Host, book: &GateBook) -> Pass {
    let found = pipeline::discover(asking.provider, &asking.settings, host)
        .await
        .into_iter()
        .next()
        .unwrap();
    let errand = Errand {
        provider: asking.provider,
        found: &found,
        settings: &asking.settings,
        host,
        book,
        fresh_for: FRESH_FOR,
    };
    pipeline::poll(errand).await
}

#[tokio::test]
async fn within_the_floor_nobody_is_asked_again_and_a_changed_credential_asks_at_once() {
    for mut asking in asking().await {
        let good = asking.good;
        for (name, status) in [("good", None), ("refused", Some(401)), ("limited", Some(429))] {
            let name = format!("{} {name}", asking.name());
            let (http, count) = counting(move |request| match status {
                Some(status) => Ok(Response { status, headers: Vec::new(), body: b"{}".to_vec() }),
                None => answer_of(good, request),
            });
            let book = GateBook::in_memory();
            let host = Host { http, ..asking.world.host.clone() };
            let begin = world::now();
            let floor = i64::from(asking.source.spec().cadence.floor_s);
            poll(&asking, &host, &book).await;
            let first = count.load(Ordering::SeqCst);
            assert!(first > 0, "{name}");
            for second in [1, floor / 2, floor - 1] {
                host.clock.set(begin + TimeDelta::seconds(second));
                poll(&asking, &host, &book).await;
                assert_eq!(count.load(Ordering::SeqCst), first, "{name}: after {second} s");
            }
            asking.world.change_credentials(asking.provider).await;
            poll(&asking, &host, &book).await;
            assert!(count.load(Ordering::SeqCst) > first, "{name}: a changed credential");
            host.clock.set(begin);
        }
    }
}
