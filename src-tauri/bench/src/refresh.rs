//! The wall time of a refresh of 25 slow providers, beside the slowest of them.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    AccountKey, Coverage, Poll, ProviderId, ProviderInfo, Reading, Seat, SeatState, SourceId,
};
use claudometer_engine::{Fetch, SeatPlan};
use claudometer_host::{Http, http::Request};
use claudometer_testkit::vendors::{Reply, Vendors};
use futures::FutureExt as _;
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// How many there are.
const PROVIDERS: u64 = 25;

/// What the `nth` takes; the last one is the slowest.
const fn delay(nth: u64) -> Duration {
    Duration::from_millis(400 + nth * 25)
}

/// Wall time of the refresh, and of the slowest request alone.
pub(crate) async fn measure() -> Result<(Duration, Duration)> {
    let vendors = Vendors::start().await;
    for nth in 0..PROVIDERS {
        let reply = Reply::json(&json!({})).after(delay(nth));
        vendors.answer(&format!("slow-{nth}.example/usage"), reply).await;
    }
    let http = Http::test_origin_at(&vendors.origin())?;
    let alone = Instant::now();
    http.send(Request::get(format!("https://slow-{}.example/usage", PROVIDERS - 1))).await?;
    let slowest = alone.elapsed();
    let fetch: Fetch = Arc::new(move |seat: Seat| {
        let http = http.clone();
        async move {
            let answer =
                http.send(Request::get(format!("https://{}.example/usage", seat.provider))).await;
            let reading =
                answer.map(|_| (SourceId::new("bench"), Reading::empty(Coverage::Complete)));
            Poll {
                readings: reading.into_iter().collect(),
                attempts: Vec::new(),
                standing: claudometer_core::Standing::Answered,
                not_before: now(),
            }
        }
        .boxed()
    });
    let stop = CancellationToken::new();
    let (engine, _task) =
        claudometer_engine::spawn(fetch, Arc::new(now), Arc::new(|| 0.0), stop.clone());
    engine.set_seats((0..PROVIDERS).map(plan).collect()).await;
    let started = Instant::now();
    engine.refresh(None).await;
    let took = started.elapsed();
    stop.cancel();
    Ok((took, slowest))
}

fn now() -> DateTime<Utc> {
    claudometer_host::Clock::default().now()
}

fn plan(nth: u64) -> SeatPlan {
    let provider = ProviderId::owned(format!("slow-{nth}"));
    let info = ProviderInfo {
        id: provider.clone(),
        name: provider.to_string(),
        short: String::new(),
        dashboard: String::new(),
    };
    let seat = Seat { provider, account: AccountKey::new("bench") };
    SeatPlan {
        state: SeatState::unknown(seat, info),
        interval: TimeDelta::minutes(5),
        floor: TimeDelta::minutes(1),
    }
}
