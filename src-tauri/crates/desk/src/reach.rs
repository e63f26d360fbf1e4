//! Whether the hosts that are asked can be reached, and what time it is there.

use crate::desk::{Desk, held};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_host::{
    Host, clock,
    http::{Request, Response},
};
use claudometer_wire::diagnosis::Endpoint;
use futures::future::join_all;
use std::{collections::BTreeSet, time::Duration};

/// How long a host may take.
const WITHIN: Duration = Duration::from_secs(5);

/// Every host that a followed provider asks, and by how many seconds our clock is ahead of theirs.
pub(crate) async fn reach(desk: &Desk) -> (Vec<Endpoint>, Option<i64>) {
    let nobody = desk.0.offline || held(&desk.0.demo).is_some();
    let hosts = if nobody { BTreeSet::new() } else { hosts(desk) };
    let asked = join_all(hosts.into_iter().map(|host| ask(&desk.0.host, host))).await;
    let (endpoints, mut ahead): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
    ahead.retain(Option::is_some);
    ahead.sort_unstable();
    let middle = ahead.get(ahead.len() / 2).copied().flatten();
    (endpoints, middle)
}

fn hosts(desk: &Desk) -> BTreeSet<&'static str> {
    let settings = desk.settings();
    let followed: Vec<_> =
        held(&desk.0.census).polled.iter().map(|place| place.provider.id.clone()).collect();
    let providers = desk.providers().iter().filter(|provider| followed.contains(&provider.id));
    let sources = providers.flat_map(|provider| {
        let choice = settings.provider(&provider.id);
        provider.sources.iter().filter(move |source| source.allowed(&choice))
    });
    sources.filter_map(|source| source.spec().host()).collect()
}

/// Asks for the front page, without any login. Whatever the answer is, it is one.
async fn ask(host: &Host, name: &'static str) -> (Endpoint, Option<i64>) {
    let begin = clock::Stopwatch::start();
    let before = host.now();
    let answer = host.http.send(Request::get(format!("https://{name}/")).within(WITHIN)).await;
    let milliseconds = u32::try_from(begin.elapsed().as_millis()).unwrap_or(u32::MAX);
    let problem = answer.as_ref().err().map(ToString::to_string);
    let ahead = answer.ok().and_then(|answer| ahead(&answer, before, host.now()));
    let reachable = problem.is_none();
    (Endpoint { host: name.to_owned(), reachable, milliseconds, problem }, ahead)
}

/// By how many seconds our clock is ahead of what the answer says. It was written at some time between question and answer,
/// and says whole seconds.
fn ahead(answer: &Response, asked: DateTime<Utc>, answered: DateTime<Utc>) -> Option<i64> {
    let theirs = DateTime::parse_from_rfc2822(answer.header("date")?).ok()?.to_utc();
    if theirs < asked - TimeDelta::seconds(1) {
        Some((asked - theirs).num_seconds())
    } else if theirs > answered {
        Some((answered - theirs).num_seconds())
    } else {
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_ahead_or_behind_by_more_than_the_question_took() {
        let at = |second: i64| DateTime::from_timestamp(1_789_473_600 + second, 0).unwrap();
        for (date, want) in [
            ("Tue, 15 Sep 2026 12:00:01 GMT", Some(0)),
            ("Tue, 15 Sep 2026 11:58:20 GMT", Some(100)),
            ("Tue, 15 Sep 2026 12:01:42 GMT", Some(-100)),
            ("yesterday", None),
        ] {
            let headers = vec![("date".to_owned(), date.to_owned())];
            let answer = Response { status: 404, headers, body: Vec::new() };
            assert_eq!(ahead(&answer, at(0), at(2)), want, "{date}");
        }
    }
}
