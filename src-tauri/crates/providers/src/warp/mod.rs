//! Warp: what is left, asked with a key.

use crate::keyed::keyed;
use chrono::{DateTime, Utc};
use claudometer_core::{
    Amount, Coverage, CreditUnit, Credits, Reading, Trouble, Window, WindowKind,
};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{FetchError, Report, key, lenient, shape};
use secrecy::SecretString;
use serde_json::{Value, json};

keyed! {
    id: "warp", name: "Warp", short: "Wp", dashboard: "https://app.warp.dev/settings/billing",
    variables: ["WARP_API_KEY", "WARP_TOKEN"], key: "API key", help: "Make a key (it begins with wk-) in the settings of Warp.", asks: "app.warp.dev for the requests of the plan",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["warp/"],
    scenes: {
        "calm": [("/graphql/v2", 200, "fixtures/warp/limit_info.json")],
        "refused": [("/graphql/v2", 200, "fixtures/warp/error_200_graphql.json")],
    },
}

const URL: &str = "https://app.warp.dev/graphql/v2?op=GetRequestLimitInfo";
/// The service turns other names away.
const USER_AGENT: &str = "Warp/1.0";
const QUERY: &str = "query GetRequestLimitInfo($requestContext: RequestContext!) { user(requestContext: $requestContext) { __typename ... on UserOutput { user { requestLimitInfo { isUnlimited nextRefreshTime requestLimit requestsUsedSinceLastRefresh requestLimitRefreshDuration } bonusGrants { requestCreditsGranted requestCreditsRemaining expiration } workspaces { bonusGrantsInfo { grants { requestCreditsGranted requestCreditsRemaining expiration } } } } } } }";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let system = json!({"category": "Linux", "name": "Linux", "version": "1"});
    let context = json!({"clientContext": {}, "osContext": system});
    let body = json!({"operationName": "GetRequestLimitInfo", "query": QUERY, "variables": {"requestContext": context}});
    let request = Request::post(URL, body.to_string())
        .header("user-agent", USER_AGENT)
        .header("x-warp-client-id", "warp-app")
        .header("x-warp-os-category", "Linux")
        .header("x-warp-os-name", "Linux")
        .header("x-warp-os-version", "1")
        .bearer(key);
    let answer = key::answered(host, request, Trouble::NotSubscribed).await?;
    if let Some(error) = answer["errors"].as_array().and_then(|errors| errors.first()) {
        return Err(refusal(error, &answer));
    }
    let user = &answer["data"]["user"]["user"];
    let mut reading = Reading::empty(Coverage::Complete);
    reading.windows = requests(&user["requestLimitInfo"]).into_iter().collect();
    reading.credits = credits(user, host.now());
    if reading.credits.is_none() && user["requestLimitInfo"]["isUnlimited"] == true {
        let (balance, expires_at) = (None, None);
        reading.credits =
            Some(Credits { balance, unit: CreditUnit::Requests, unlimited: true, expires_at });
    }
    key::told(reading, &answer)
}

/// HTTP 200 can be an error.
fn refusal(error: &Value, answer: &Value) -> FetchError {
    let message = error["message"].as_str().unwrap_or_default().to_ascii_lowercase();
    if ["unauth", "forbidden", "api key"].iter().any(|word| message.contains(word)) {
        return FetchError::new(Trouble::AuthExpired, "The vendor refused the key.");
    }
    FetchError::unreadable("The vendor answered with an error.", Some(shape::of(answer)))
}

/// What has no limit is no bar.
fn requests(info: &Value) -> Option<Window> {
    if info["isUnlimited"] == true {
        return None;
    }
    let limit = lenient::number(&info["requestLimit"])?;
    let used = key::share(lenient::number(&info["requestsUsedSinceLastRefresh"]), Some(limit));
    let kind = match info["requestLimitRefreshDuration"].as_str() {
        Some("WEEKLY") => WindowKind::Weekly,
        Some("DAILY") => WindowKind::Daily,
        Some("MONTHLY") => WindowKind::Monthly,
        _ => WindowKind::Other,
    };
    Some(key::window("requests", kind, used, lenient::instant(&info["nextRefreshTime"])))
}

/// Requests that were granted beside the plan, of the person and of workspaces.
fn credits(user: &Value, now: DateTime<Utc>) -> Option<Credits> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let shared = list(&user["workspaces"]);
    let shared = shared.iter().flat_map(|one| list(&one["bonusGrantsInfo"]["grants"]));
    let valid =
        |grant: &Value| lenient::instant(&grant["expiration"]).is_none_or(|ends| ends > now);
    let grants: Vec<Value> =
        list(&user["bonusGrants"]).into_iter().chain(shared).filter(valid).collect();
    let left: f64 =
        grants.iter().filter_map(|grant| lenient::number(&grant["requestCreditsRemaining"])).sum();
    let ends = grants.iter().filter_map(|grant| lenient::instant(&grant["expiration"])).min();
    (!grants.is_empty()).then(|| Credits {
        balance: Some(Amount::whole(left as i64)),
        unit: CreditUnit::Requests,
        unlimited: false,
        expires_at: ends,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expired_grants_do_not_count_and_those_of_workspaces_do() {
        let now = "2026-09-15T12:00:00Z".parse().unwrap();
        let grant =
            |left: u32, ends: &str| json!({"requestCreditsRemaining": left, "expiration": ends});
        let user = json!({"bonusGrants": [grant(5, "2026-01-01T00:00:00Z"), grant(10, "2026-12-01T00:00:00Z")], "workspaces": [{"bonusGrantsInfo": {"grants": [grant(7, "2026-11-01T00:00:00Z")]}}]});
        let credits = credits(&user, now).unwrap();
        assert_eq!(credits.balance, Some(Amount::whole(17)));
        assert_eq!(
            credits.expires_at.map(|at| at.to_rfc3339()),
            Some("2026-11-01T00:00:00+00:00".into())
        );
        assert_eq!(requests(&json!({"isUnlimited": true, "requestLimit": 5})), None);
    }
}
