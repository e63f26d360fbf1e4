//! How the web session asks, recovers and keeps itself.

use super::*;
use crate::claude::testing;
use claudometer_core::{AttemptResult, Percent, Skip};
use claudometer_host::{Http, http::HttpError};
use claudometer_provider::{
    GateBook,
    pipeline::{self, Errand},
};
use std::sync::{Arc, Mutex};

const TWO: &str = include_str!("fixtures/claude-web/organizations_multi.json");
const USAGE: &str = include_str!("fixtures/claude-web/usage_max.json");
const DANA: &str = "0aa00000-0000-4000-8000-000000000002";
const SANDBOX: &str = "0aa00000-0000-4000-8000-000000000001";

/// Answers by the end of the address: status, headers, body.
type Rows = Vec<(&'static str, u16, Vec<(&'static str, &'static str)>, &'static str)>;

struct Vendor {
    host: Host,
    /// Address and cookie of every request.
    asked: Arc<Mutex<Vec<(String, String)>>>,
    rows: Arc<Mutex<Rows>>,
}

impl Vendor {
    async fn new(typed: &str, rows: Rows) -> Self {
        let (asked, rows) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(rows)));
        let (log, table) = (Arc::clone(&asked), Arc::clone(&rows));
        let http = Http::recorded(move |request| {
            let cookie = request.sent("cookie").unwrap_or_default().to_owned();
            log.lock().unwrap().push((request.url.clone(), cookie));
            let rows = table.lock().unwrap();
            let (_, status, headers, body) =
                rows.iter().find(|row| request.url.ends_with(row.0)).ok_or(HttpError::Timeout)?;
            let headers = headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            Ok(Response { status: *status, headers, body: (*body).into() })
        });
        let host = Host { http, ..testing::host() };
        session::replace(&host, typed.into()).await.unwrap();
        Self { host, asked, rows }
    }

    /// A session that opens two organisations, with a good usage answer.
    async fn good() -> Self {
        Self::new(
            "sessionKey=sk-ant-1",
            vec![("/organizations", 200, vec![], TWO), ("/usage", 200, vec![], USAGE)],
        )
        .await
    }

    fn row(
        &self,
        end: &'static str,
        status: u16,
        headers: Vec<(&'static str, &'static str)>,
        body: &'static str,
    ) {
        let mut rows = self.rows.lock().unwrap();
        rows.retain(|row| row.0 != end);
        rows.push((end, status, headers, body));
    }

    async fn fetch_with(&self, settings: &ProviderSettings) -> Result<Report, FetchError> {
        let seat = Web.discover(settings, &self.host).await.remove(0).seat;
        Web.fetch(Ask { seat: &seat, settings, host: &self.host }).await
    }

    async fn fetch(&self) -> Result<Report, FetchError> {
        self.fetch_with(&ProviderSettings::default()).await
    }

    async fn fingerprint(&self) -> Fingerprint {
        let settings = ProviderSettings::default();
        let seat = Web.discover(&settings, &self.host).await.remove(0).seat;
        Web.credential(Ask { seat: &seat, settings: &settings, host: &self.host }).await.unwrap()
    }

    /// Ends of the addresses asked since the last call, extras left out.
    fn calls(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        let main = asked
            .into_iter()
            .filter(|(url, _)| url.ends_with("/organizations") || url.ends_with("/usage"));
        main.map(|(url, _)| {
            url.trim_start_matches(BASE).trim_start_matches("/organizations").to_owned()
        })
        .collect()
    }
}

#[tokio::test]
async fn a_good_session_tells_windows_money_plan_and_whose_they_are() {
    let vendor = Vendor::good().await;
    vendor.row(
        "/usage",
        200,
        vec![],
        r#"{"five_hour":{"utilization":13,"resets_at":null},"extra_usage":null}"#,
    );
    vendor.row(
        "/overage_spend_limit",
        200,
        vec![],
        include_str!("fixtures/claude-web/overage_spend_limit.json"),
    );
    vendor.row(
        "/prepaid/credits",
        200,
        vec![],
        include_str!("fixtures/claude-web/prepaid_credits.json"),
    );
    vendor.row(
        "/run-budget",
        200,
        vec![],
        include_str!("fixtures/claude-web/routines_run_budget.json"),
    );
    let account = r#"{"email_address":"dana@example.com","memberships":[{"seat_tier":"team_tier_1","organization":{"uuid":"0AA00000-0000-4000-8000-000000000002"}}]}"#;
    vendor.row("/account", 200, vec![], account);
    let report = vendor.fetch().await.unwrap();
    let reading = report.reading;
    let used: Vec<_> = reading
        .windows
        .iter()
        .map(|window| (window.id.as_str(), window.used.map(Percent::get)))
        .collect();
    assert_eq!(used, [("session", Some(13.0)), ("routines", Some(20.0))]);
    assert_eq!(reading.plan.as_deref(), Some("Team Premium"));
    assert_eq!(reading.spend.map(|spend| spend.used.fixed(2)).as_deref(), Some("15.12"));
    assert_eq!(
        reading
            .credits
            .first()
            .and_then(|credits| credits.balance)
            .map(|balance| balance.fixed(2))
            .as_deref(),
        Some("21.40")
    );
    let whose = reading.account.unwrap();
    assert_eq!(
        (whose.email.as_deref(), whose.org_id.as_deref()),
        (Some("dana@example.com"), Some(DANA))
    );
    assert_eq!(report.organizations.len(), 2);
    assert_eq!(vendor.asked.lock().unwrap().len(), 6);
}

#[tokio::test]
async fn what_is_best_effort_may_fail_in_any_way() {
    for (status, headers, body) in [
        (500, vec![], "{}"),
        (401, vec![], "{}"),
        (403, vec![("content-type", "text/html")], "<html>"),
        (200, vec![], "{\"cut\":"),
        (200, vec![], "[null]"),
        (200, vec![], "{\"amount\":\"x\",\"used\":\"1\",\"limit\":\"0\",\"memberships\":7}"),
    ] {
        let vendor = Vendor::good().await;
        for end in ["/overage_spend_limit", "/prepaid/credits", "/account", "/run-budget"] {
            vendor.row(end, status, headers.clone(), body);
        }
        let reading = vendor.fetch().await.unwrap().reading;
        assert_eq!(
            (reading.windows.len(), reading.plan.as_deref()),
            (4, Some("Max 5x")),
            "{status} {body}"
        );
        assert!(
            reading.credits.is_empty()
                && reading.account.is_some_and(|account| account.email.is_none())
        );
    }
}

#[tokio::test]
async fn the_organisation_is_known_for_an_hour_and_asked_anew_once_when_it_is_refused() {
    let vendor = Vendor::good().await;
    let usage = format!("/{DANA}/usage");
    vendor.fetch().await.unwrap();
    assert_eq!(vendor.calls(), ["", usage.as_str()]);
    vendor.fetch().await.unwrap();
    assert_eq!(vendor.calls(), [usage.as_str()]);

    let other = r#"[{"uuid":"0aa00000-0000-4000-8000-000000000009","capabilities":["chat"]}]"#;
    vendor.row("/organizations", 200, vec![], other);
    vendor.row(
        "0002/usage",
        403,
        vec![("content-type", "application/json")],
        REFUSED,
    );
    vendor.rows.lock().unwrap().rotate_right(1);
    let moved = vendor.fetch().await.unwrap().reading.account.unwrap();
    assert_eq!(moved.org_id.as_deref(), Some("0aa00000-0000-4000-8000-000000000009"));
    assert_eq!(vendor.calls(), [usage.as_str(), "", "/0aa00000-0000-4000-8000-000000000009/usage"]);

    vendor.row("/usage", 403, vec![("content-type", "application/json")], REFUSED);
    assert_eq!(vendor.fetch().await.unwrap_err().trouble, Trouble::AuthExpired);
    assert_eq!(vendor.calls().len(), 3, "asked anew once and no more");

    vendor.host.clock.set(testing::now() + chrono::TimeDelta::minutes(61));
    vendor.row("/organizations", 401, vec![], "{}");
    assert_eq!(vendor.fetch().await.unwrap_err().trouble, Trouble::AuthExpired);
}

/// A refusal in the vendor's own form.
const REFUSED: &str =
    r#"{"type":"error","error":{"type":"permission_error","message":"Invalid authorization"}}"#;

#[tokio::test]
async fn a_fault_of_the_usage_call_is_named_as_it_is() {
    for (status, headers, body, trouble) in [
        (401, vec![], "{}", Trouble::AuthExpired),
        (403, vec![("content-type", "application/json")], REFUSED, Trouble::AuthExpired),
        (403, vec![("content-type", "application/json")], "{}", Trouble::Blocked),
        (401, vec![], "", Trouble::Blocked),
        (
            403,
            vec![("content-type", "text/html"), ("cf-mitigated", "challenge")],
            "<html>",
            Trouble::Blocked,
        ),
        (302, vec![("location", "https://claude.ai/login")], "", Trouble::AuthExpired),
        (302, vec![("location", "https://portal.example/login")], "", Trouble::Blocked),
        (429, vec![], "{}", Trouble::RateLimited),
        (500, vec![], "{}", Trouble::UpstreamDown),
        (200, vec![], "{}", Trouble::BadPayload),
        (200, vec![("content-type", "text/html")], "<html>", Trouble::Blocked),
    ] {
        let vendor = Vendor::good().await;
        vendor.row("/usage", status, headers, body);
        assert_eq!(vendor.fetch().await.unwrap_err().trouble, trouble, "{status} {body}");
    }
}

#[tokio::test]
async fn the_organisation_is_the_configured_one_else_the_one_of_this_machine_else_the_last_open_one()
 {
    let vendor = Vendor::new(
        &format!("lastActiveOrg={SANDBOX}; sessionKey=sk-ant-1"),
        vec![("/organizations", 200, vec![], TWO), ("/usage", 200, vec![], USAGE)],
    )
    .await;
    let chosen =
        |report: Report| report.reading.account.and_then(|account| account.org_id).unwrap();
    assert_eq!(chosen(vendor.fetch().await.unwrap()), SANDBOX);
    let signed_in =
        format!("{{\"oauthAccount\":{{\"accountUuid\":\"a\",\"organizationUuid\":\"{DANA}\"}}}}");
    vendor
        .host
        .files
        .write_private(&vendor.host.home().join(".claude.json"), signed_in.as_bytes())
        .unwrap();
    assert_eq!(
        chosen(vendor.fetch().await.unwrap()),
        SANDBOX,
        "without a login the name alone counts for nothing"
    );
    vendor
        .host
        .files
        .write_private(
            &crate::claude::auth::file(&vendor.host),
            b"{\"claudeAiOauth\":{\"accessToken\":\"t\"}}",
        )
        .unwrap();
    assert_eq!(chosen(vendor.fetch().await.unwrap()), DANA);
    let settings =
        ProviderSettings { organization: Some(SANDBOX.to_owned()), ..ProviderSettings::default() };
    assert_eq!(chosen(vendor.fetch_with(&settings).await.unwrap()), SANDBOX);
}

#[tokio::test]
async fn a_renewed_key_is_kept_and_is_no_new_login_for_the_gates() {
    let vendor = Vendor::new("a=1; sessionKey=sk-ant-1", vec![]).await;
    vendor.row(
        "/organizations",
        200,
        vec![("set-cookie", "x=y"), ("set-cookie", "sessionKey=sk-ant-2; Path=/")],
        TWO,
    );
    vendor.row("/usage", 200, vec![], USAGE);
    let before = vendor.fingerprint().await;
    vendor.fetch().await.unwrap();
    let cookies: Vec<_> =
        vendor.asked.lock().unwrap().iter().map(|(_, cookie)| cookie.clone()).collect();
    assert_eq!(cookies[0], "a=1; sessionKey=sk-ant-1");
    assert!(cookies[1..].iter().all(|cookie| cookie == "a=1; sessionKey=sk-ant-2"), "{cookies:?}");
    let kept = session::stored(&vendor.host).await.unwrap().unwrap();
    assert_eq!(kept.session(), Some("sk-ant-2"));
    assert_eq!(vendor.fingerprint().await, before);
    session::replace(&vendor.host, "sessionKey=sk-ant-3".into()).await.unwrap();
    assert_ne!(vendor.fingerprint().await, before, "a key that a person typed is a new login");
}

#[tokio::test]
async fn a_typed_key_is_checked_with_the_vendor_before_it_is_kept() {
    let vendor = Vendor::good().await;
    let pasted = "curl 'https://claude.ai/api/x' -b 'cf_clearance=c; sessionKey=sk-ant-7'";
    let checked = (SESSION_KEY.check)(pasted.into(), &vendor.host).await.unwrap();
    assert_eq!(checked.secret.expose_secret(), "cf_clearance=c; sessionKey=sk-ant-7");
    assert_eq!(checked.organizations.len(), 2);
    let error = (SESSION_KEY.check)("hello".into(), &vendor.host).await.unwrap_err();
    assert_eq!((error.trouble, error.local), (Trouble::AuthMissing, true));
    vendor.row("/organizations", 403, vec![("content-type", "application/json")], REFUSED);
    assert_eq!(
        (SESSION_KEY.check)("sk-ant-8".into(), &vendor.host).await.unwrap_err().trouble,
        Trouble::AuthExpired
    );
}

#[tokio::test]
async fn numbers_of_another_account_than_the_login_on_this_machine_are_refused() {
    let vendor = Vendor::good().await;
    vendor.row("/account", 200, vec![], "{\"email_address\":\"dana@example.com\"}");
    let signed_in =
        b"{\"oauthAccount\":{\"accountUuid\":\"eli\",\"emailAddress\":\"eli@example.com\"}}";
    vendor.host.files.write_private(&vendor.host.home().join(".claude.json"), signed_in).unwrap();
    let login = b"{\"claudeAiOauth\":{\"accessToken\":\"t\"}}";
    vendor.host.files.write_private(&crate::claude::auth::file(&vendor.host), login).unwrap();
    let settings = ProviderSettings { source: Some(Web.id()), ..ProviderSettings::default() };
    let provider = &crate::claude::PROVIDER;
    let found = pipeline::discover(provider, &settings, &vendor.host).await.remove(0);
    let errand = Errand {
        provider,
        found: &found,
        settings: &settings,
        host: &vendor.host,
        book: &GateBook::in_memory(),
        fresh_for: chrono::TimeDelta::minutes(5),
    };
    let poll = pipeline::poll(errand).await.poll;
    assert!(poll.readings.is_empty());
    assert!(
        matches!(poll.attempts[0].result, AttemptResult::Skipped { why: Skip::OtherAccount, .. }),
        "{:?}",
        poll.attempts
    );
}

#[tokio::test]
async fn an_id_cannot_lead_a_request_elsewhere() {
    let vendor = Vendor::good().await;
    vendor.row("/organizations", 200, vec![], r#"[{"uuid":"../../evil?x=/#"}]"#);
    vendor.fetch().await.unwrap();
    assert_eq!(vendor.calls()[1], "/evilx/usage");
}

#[test]
fn the_language_is_the_systems() {
    for (variables, want) in [
        (vec![("LANG", "de_AT.UTF-8")], "de-AT,de;q=0.9,en;q=0.8"),
        (vec![("LANG", "en_GB.UTF-8")], "en-GB,en;q=0.9"),
        (vec![("LANG", "de_AT"), ("LC_ALL", "fr_FR@euro")], "fr-FR,fr;q=0.9,en;q=0.8"),
        (vec![("LANG", "C")], "en-US,en;q=0.9"),
        (vec![("LANG", "x\r\ny")], "en-US,en;q=0.9"),
        (vec![], "en-US,en;q=0.9"),
    ] {
        assert_eq!(accept_language(&testing::host_with(&variables)), want, "{variables:?}");
    }
}
