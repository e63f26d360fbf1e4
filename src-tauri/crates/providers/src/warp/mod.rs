//! Warp: what is left, asked with a key.

use crate::keyed::keyed;
use chrono::{DateTime, Utc};
use claudometer_core::{
    Allowance, Amount, CreditUnit, Credits, Trouble, Window, WindowKind,
};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{Draft, FetchError, Report, Vendor, Word, draft, lenient};
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

const VENDOR: Vendor = Vendor {
    says: &[
        (Word::Text("unauth"), Trouble::AuthExpired),
        (Word::Text("forbidden"), Trouble::AuthExpired),
        (Word::Text("api key"), Trouble::AuthExpired),
    ],
    means: &[(403, Trouble::NotSubscribed)],
    ..Vendor::of(&["warp.dev"])
};
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
    let answer = VENDOR.ask(host, request).await?;
    read(&answer, host.now()).finish(&answer)
}

fn read(answer: &Value, now: DateTime<Utc>) -> Draft {
    let user = &answer["data"]["user"]["user"];
    let mut draft = Draft::new();
    draft.bucket("requestLimitInfo", &user["requestLimitInfo"], requests);
    draft.balance(credits(user, now));
    draft
}

fn requests(info: &Value) -> Option<Window> {
    let number = |name: &str| lenient::number(&info[name]);
    let allowance =
        Allowance::counted(number("requestsUsedSinceLastRefresh"), number("requestLimit"))
            .unlimited_if(info["isUnlimited"] == true);
    let kind = match info["requestLimitRefreshDuration"].as_str() {
        Some("WEEKLY") => WindowKind::Weekly,
        Some("DAILY") => WindowKind::Daily,
        Some("MONTHLY") => WindowKind::Monthly,
        _ => WindowKind::Other,
    };
    draft::window("requests", kind, allowance, lenient::instant(&info["nextRefreshTime"]))
}

/// Requests that were granted beside the plan, of the person and of workspaces.
fn credits(user: &Value, now: DateTime<Utc>) -> Option<Credits> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let shared = list(&user["workspaces"]);
    let shared = shared.iter().flat_map(|one| list(&one["bonusGrantsInfo"]["grants"]));
    let valid =
        |grant: &Value| lenient::instant(&grant["expiration"]).is_none_or(|ends| ends > now);
    let grants: Vec<(Amount, Value)> = list(&user["bonusGrants"])
        .into_iter()
        .chain(shared)
        .filter(valid)
        .filter_map(|grant| Some((lenient::amount(&grant["requestCreditsRemaining"])?, grant)))
        .collect();
    let ends = grants.iter().filter_map(|(_, grant)| lenient::instant(&grant["expiration"])).min();
    let left = grants.iter().map(|(left, _)| *left).reduce(|sum, left| sum + left);
    draft::left(left, CreditUnit::Requests).map(|credits| credits.ending(ends))
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
        let unlimited = requests(&json!({"isUnlimited": true, "requestLimit": 5})).unwrap();
        assert!(unlimited.unlimited && unlimited.used.is_none());
    }
}
