//! Cursor: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::Trouble;
use claudometer_host::{Host, http::Request};
use claudometer_provider::{Draft, FetchError, Report, Vendor, Word, lenient};
use secrecy::SecretString;
use serde_json::Value;
use std::{path::PathBuf, time::Duration};

keyed! {
    id: "cursor", name: "Cursor", short: "Cu", dashboard: "https://cursor.com/dashboard?tab=usage",
    variables: [], key: "Session cookie", help: "Sign in to the Cursor editor; its login is read. The cookie WorkosCursorSessionToken of cursor.com can be typed too.", asks: "cursor.com, as a browser would, for the usage summary, the request quota of older plans, the e-mail address and the credit balance (and where that does not answer api2.cursor.sh, as the editor does, for the usage of the period)",
    status: Some(claudometer_provider::StatusPage { url: "https://status.cursor.com/api/v2/summary.json", link: "https://status.cursor.com", form: claudometer_provider::status::Form::Statuspage { component: None } }), lent: login::lent, files: files,
    replays: ["cursor/"],
    scenes: {
        "calm": [("/api/usage-summary", 200, "fixtures/cursor/usage_pro.json")],
        "refused": [("/api/usage-summary", 401, "fixtures/cursor/error_401.json")],
    },
    stage: replay::stage,
}

mod login;
pub(crate) mod logs;
mod replay;
mod summary;

const VENDOR: Vendor = Vendor {
    sign_in: &["authenticator.cursor.sh", "/login", "/api/auth/login"],
    form: &["/error", "/code"],
    says: &[
        (Word::Kind("not_authenticated"), Trouble::AuthExpired),
        (Word::Kind("unauthenticated"), Trouble::AuthExpired),
    ],
    means: &[(403, Trouble::AuthExpired)],
    ..Vendor::of(&["cursor.com", "cursor.sh"])
};
const SUMMARY: &str = "https://cursor.com/api/usage-summary";
const REQUESTS: &str = "https://cursor.com/api/usage?user=";
const ME: &str = "https://cursor.com/api/auth/me";
const BALANCE: &str = "https://cursor.com/api/auth/stripe";
const SERVICE: &str = "https://api2.cursor.sh/aiserver.v1.DashboardService";
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
        VENDOR.ask(host, request)
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
    let (mut draft, answer) = match summary {
        Ok(answer) => (summary::read(&answer), answer),
        // Older accounts have no summary.
        Err(error) if error.trouble == Trouble::BadPayload && by_request.is_some() => {
            (Draft::new(), Value::Null)
        }
        Err(error) => return by_token(&cookie, host, error).await,
    };
    if let Some(window) = by_request {
        draft.only(window);
    }
    draft.account = me.ok().as_ref().and_then(summary::account).or_else(|| login::account(&cookie, host));
    draft.plan = draft.plan.or_else(|| login::plan(&cookie, host));
    draft.balance(balance.ok().as_ref().and_then(summary::balance));
    draft.finish(&answer)
}

/// The editor's own service, which takes the token itself: where the pages are out of reach, and the login is not refused.
async fn by_token(
    cookie: &SecretString,
    host: &Host,
    error: FetchError,
) -> Result<Report, FetchError> {
    let reachable =
        matches!(error.trouble, Trouble::Blocked | Trouble::UpstreamDown | Trouble::BadPayload);
    let Some(token) = login::token(cookie).filter(|_| reachable) else { return Err(error) };
    let call = |method: &str| {
        let request = Request::post(format!("{SERVICE}/{method}"), "{}")
            .header("connect-protocol-version", "1")
            .bearer(&token)
            .within(EXTRA);
        VENDOR.ask(host, request)
    };
    let (period, plan, grants) = futures::join!(
        call("GetCurrentPeriodUsage"),
        call("GetPlanInfo"),
        call("GetCreditGrantsBalance")
    );
    let Ok(period) = period else { return Err(error) };
    let mut draft = summary::of_period(&period);
    draft.account = login::account(cookie, host);
    let named = plan.ok().and_then(|plan| lenient::text(&plan["planInfo"]["planName"]));
    draft.plan = named.or_else(|| login::plan(cookie, host));
    draft.balance(grants.ok().as_ref().and_then(summary::grants));
    draft.finish(&period).map_err(|_| error)
}

fn files(host: &Host) -> Vec<PathBuf> {
    let database = login::database(host);
    let mut log = database.clone().into_os_string();
    log.push("-wal");
    vec![database, log.into()]
}
