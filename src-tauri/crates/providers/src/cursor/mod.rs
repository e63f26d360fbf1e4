//! Cursor: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, Reading, Trouble};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{
    FetchError, Recorded, Report, key, lenient,
    replay::{of_error, of_reading},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use std::{path::PathBuf, time::Duration};

keyed! {
    id: "cursor", name: "Cursor", short: "Cu", dashboard: "https://cursor.com/dashboard?tab=usage",
    variables: [], key: "Session cookie", help: "Sign in to the Cursor editor; its login is read. The cookie WorkosCursorSessionToken of cursor.com can be typed too.", asks: "cursor.com, as a browser would, for the usage summary, the request quota of older plans, the e-mail address and the credit balance",
    status: Some(claudometer_provider::StatusPage { url: "https://status.cursor.com/api/v2/summary.json", link: "https://status.cursor.com", form: claudometer_provider::status::Form::Statuspage { component: None } }), lent: login::lent, files: files,
    replays: ["cursor/"],
    scenes: {
        "calm": [("/api/usage-summary", 200, "fixtures/cursor/usage_pro.json")],
        "refused": [("/api/usage-summary", 401, "fixtures/cursor/error_401.json")],
    },
    local: replayed,
}

mod login;
pub(crate) mod logs;
mod summary;

const SUMMARY: &str = "https://cursor.com/api/usage-summary";
const REQUESTS: &str = "https://cursor.com/api/usage?user=";
const ME: &str = "https://cursor.com/api/auth/me";
const BALANCE: &str = "https://cursor.com/api/auth/stripe";
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
/// How long what is best effort may take.
const EXTRA: Duration = Duration::from_secs(5);

/// The summary decides; what stands around it is best effort.
async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let cookie = login::cookie(key);
    let get = |url: String, within: Option<Duration>| {
        let request =
            Request::get(url).header("cookie", cookie.clone()).header("user-agent", USER_AGENT);
        let request = within.map_or(request.clone(), |within| request.within(within));
        key::answered(host, request, Trouble::AuthExpired)
    };
    let user = login::user(&cookie);
    let requests = async {
        match &user {
            Some(user) => get(format!("{REQUESTS}{user}"), Some(EXTRA)).await.ok(),
            None => None,
        }
    };
    let (summary, requests, me, balance) = futures::join!(
        get(SUMMARY.to_owned(), None),
        requests,
        get(ME.to_owned(), Some(EXTRA)),
        get(BALANCE.to_owned(), Some(EXTRA))
    );
    let by_request = requests.as_ref().and_then(summary::requests);
    let mut reading = match &summary {
        Ok(answer) => summary::reading(answer),
        // Older accounts have no summary.
        Err(error) if error.trouble == Trouble::BadPayload && by_request.is_some() => {
            Reading::empty(Coverage::Complete)
        }
        Err(error) => return Err(error.clone()),
    };
    if let Some(window) = by_request {
        reading.windows = vec![window];
    }
    reading.account = me.ok().as_ref().and_then(summary::account);
    reading.credits = balance.ok().as_ref().and_then(summary::balance);
    key::told(reading, summary.as_ref().unwrap_or(&Value::Null))
}

/// Records that are not the summary itself: through the reader that would receive each.
fn replayed(recorded: &Recorded, _: &Host) -> Option<Value> {
    let asks = |what: &str| recorded.request.contains(what);
    let body: Value = serde_json::from_slice(&recorded.response.body).unwrap_or_default();
    let empty = || Reading::empty(Coverage::Partial);
    let told = |reading: Reading| Some(of_reading(&reading));
    if asks("ItemTable") {
        let mut outcome = of_reading(&Reading {
            plan: login::plan(&body),
            account: login::account(&body),
            ..empty()
        });
        let token = SecretString::from(body[login::TOKEN].as_str().unwrap_or_default());
        outcome["cookie"] = json!(login::cookie(&token).expose_secret());
        return Some(outcome);
    }
    if asks("oauth/token") {
        let logged_out = body["shouldLogout"] == true;
        let error = FetchError::new(Trouble::AuthExpired, "The vendor ended this login.");
        return logged_out.then(|| of_error(&error));
    }
    if recorded.response.status != 200 {
        return None;
    }
    if asks("usage-summary") {
        let mut outcome = of_reading(&summary::reading(&body));
        outcome["included"] = summary::included(&body);
        return body["membershipType"].is_string().then_some(outcome);
    }
    if asks("/api/usage?user=") {
        let window = summary::requests(&body);
        let mut outcome =
            of_reading(&Reading { windows: window.clone().into_iter().collect(), ..empty() });
        outcome["request_plan"] = json!(window.is_some());
        return Some(outcome);
    }
    if asks("auth/me") {
        return told(Reading { account: summary::account(&body), ..empty() });
    }
    if asks("auth/stripe") {
        return told(Reading { credits: summary::balance(&body), ..empty() });
    }
    if asks("GetCurrentPeriodUsage") {
        return told(summary::of_period(&body));
    }
    if asks("GetPlanInfo") {
        return told(Reading { plan: lenient::text(&body["planInfo"]["planName"]), ..empty() });
    }
    if asks("GetCreditGrantsBalance") {
        return told(Reading { credits: summary::grants(&body), ..empty() });
    }
    if asks("get-sand-usage-status") {
        return told(Reading { windows: summary::addon(&body).into_iter().collect(), ..empty() });
    }
    None
}

fn files(host: &Host) -> Vec<PathBuf> {
    let database = login::database(host);
    let mut log = database.clone().into_os_string();
    log.push("-wal");
    vec![database, log.into()]
}
