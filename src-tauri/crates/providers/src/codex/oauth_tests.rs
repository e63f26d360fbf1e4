//! What the source does with logins, answers and files.

use super::*;
use crate::codex::testing::{self, jwt};
use claudometer_core::Percent;
use claudometer_host::{Http, http::HttpError};
use serde_json::json;
use std::sync::{Arc, Mutex};

const GOOD: &str = r#"{"plan_type":"plus","rate_limit":{"primary_window":{"used_percent":7,"limit_window_seconds":18000}},"rate_limit_reset_credits":null}"#;
const USUAL: &str = "https://chatgpt.com/backend-api/wham/usage";
const OLDER: &str = "https://chatgpt.com/api/codex/usage";
const NEVER: i64 = 1_900_000_000;

type Log = Arc<Mutex<Vec<String>>>;

/// A host with a login, whose requests are logged and answered by `answer`.
fn host(
    answer: impl Fn(&Request) -> Result<(u16, String), HttpError> + Send + Sync + 'static,
) -> (Host, Log) {
    let base = testing::host();
    base.files
        .write_private(&home::login_files(&base)[0], testing::login(NEVER, "").as_bytes())
        .unwrap();
    let log = Log::default();
    let asked = Arc::clone(&log);
    let http = Http::recorded(move |request| {
        asked.lock().unwrap().push(request.url.clone());
        let (status, body) = answer(request)?;
        Ok(Response { status, headers: Vec::new(), body: body.into_bytes() })
    });
    (Host { http, ..base }, log)
}

fn asked(log: &Log) -> Vec<String> {
    log.lock().unwrap().clone()
}

#[tokio::test]
async fn a_request_carries_the_account_and_our_own_name() {
    let (host, log) = host(|request| {
        assert_eq!(request.sent("chatgpt-account-id"), Some("acc-1"));
        assert!(request.sent("user-agent").unwrap().starts_with("claudometer/"));
        assert!(request.sent("authorization").unwrap().starts_with("Bearer ey"));
        assert_eq!(request.sent("x-openai-fedramp"), None);
        Ok((200, GOOD.to_owned()))
    });
    let report = fetch(&host).await.unwrap();
    assert_eq!(report.reading.account.and_then(|account| account.id).as_deref(), Some("acc-1"));
    assert_eq!(asked(&log), [USUAL]);
}

#[tokio::test]
async fn a_government_account_says_so() {
    let (host, _) = host(|request| {
        assert_eq!(request.sent("x-openai-fedramp"), Some("true"));
        Ok((200, GOOD.to_owned()))
    });
    let token = jwt(
        &json!({"exp": NEVER, "https://api.openai.com/auth": {"chatgpt_account_is_fedramp": true}}),
    );
    let text = json!({"tokens": {"access_token": token}}).to_string();
    host.files.write_private(&home::login_files(&host)[0], text.as_bytes()).unwrap();
    fetch(&host).await.unwrap();
}

#[tokio::test]
async fn the_older_path_is_tried_where_the_usual_one_is_gone_or_broken() {
    use Trouble::{AuthExpired, BadPayload, Blocked, NotSubscribed, RateLimited, UpstreamDown};
    for (usual, older, twice, want) in [
        ((404, "{}"), (200, GOOD), true, Ok(7.0)),
        ((405, "{}"), (200, GOOD), true, Ok(7.0)),
        ((500, "{}"), (200, GOOD), true, Ok(7.0)),
        ((200, "<html>"), (200, GOOD), false, Err(Blocked)),
        ((200, "{\"new\":1}"), (200, GOOD), true, Ok(7.0)),
        ((404, "{}"), (404, "{}"), true, Err(BadPayload)),
        ((404, "{}"), (429, "{}"), true, Err(RateLimited)),
        ((200, "{\"new\":1}"), (404, "{}"), true, Err(BadPayload)),
        ((500, "{}"), (404, "{}"), true, Err(UpstreamDown)),
        ((401, "{}"), (200, GOOD), false, Err(AuthExpired)),
        ((403, "{\"detail\":\"no\"}"), (200, GOOD), false, Err(NotSubscribed)),
        ((403, "{}"), (200, GOOD), false, Err(Blocked)),
        ((429, "{}"), (200, GOOD), false, Err(RateLimited)),
    ] {
        let (host, log) = host(move |request| {
            let (status, body) = if request.url == USUAL { usual } else { older };
            Ok((status, body.to_owned()))
        });
        let got = fetch(&host).await;
        let got = got
            .map(|r| r.reading.windows[0].used.map_or(-1.0, Percent::get))
            .map_err(|e| e.trouble);
        assert_eq!(got, want, "{usual:?} {older:?}");
        assert_eq!(asked(&log), if twice { vec![USUAL, OLDER] } else { vec![USUAL] });
    }
}

#[tokio::test]
async fn without_a_connection_the_older_path_is_not_tried() {
    let (host, log) = host(|_| Err(HttpError::Connect));
    assert_eq!(fetch(&host).await.unwrap_err().trouble, Trouble::UpstreamDown);
    assert_eq!(asked(&log), [USUAL]);
}

/// Whether Codex has renewed it meanwhile is seen by whoever asked.
#[tokio::test]
async fn a_refused_token_is_not_asked_with_again() {
    let (host, log) = host(|_| Ok((401, GOOD.to_owned())));
    let error = fetch(&host).await.unwrap_err();
    assert_eq!((error.trouble, error.local), (Trouble::AuthExpired, false));
    assert_eq!(asked(&log), [USUAL]);
}

#[tokio::test]
async fn an_expired_login_asks_nobody() {
    let (host, log) = host(|_| Err(HttpError::Connect));
    host.files
        .write_private(&home::login_files(&host)[0], testing::login(1_789_473_600, "").as_bytes())
        .unwrap();
    let error = fetch(&host).await.unwrap_err();
    assert_eq!((error.trouble, error.local), (Trouble::AuthExpired, true));
    assert!(asked(&log).is_empty());
}

#[tokio::test]
async fn a_login_is_not_sent_to_a_host_that_a_settings_file_names() {
    let (host, log) = host(|_| Err(HttpError::Connect));
    let settings = b"chatgpt_base_url = \"https://proxy.example/backend-api\"\n";
    host.files.write_private(&home::settings_file(&host), settings).unwrap();
    let error = fetch(&host).await.unwrap_err();
    assert_eq!((error.trouble, error.local), (Trouble::Blocked, true));
    assert!(error.detail.contains("proxy.example"));
    assert!(asked(&log).is_empty());
}

#[tokio::test]
async fn what_is_asked_beside_usage_is_asked_only_where_needed_and_never_missed() {
    const RESETS: &str = "https://chatgpt.com/backend-api/wham/rate-limit-reset-credits";
    const MONTH: &str =
        "https://chatgpt.com/backend-api/accounts/acc-1/spend-controls/current-user/monthly-usage";
    let spending = r#"{"rate_limit":null,"spend_control":{"reached":false,"individual_limit":null},"rate_limit_reset_credits":{"available_count":3}}"#;
    let told = r#"{"rate_limit":null,"spend_control":{"individual_limit":{"used_percent":25}},"rate_limit_reset_credits":null}"#;
    let silent =
        r#"{"rate_limit":{"primary_window":{"used_percent":7,"limit_window_seconds":18000}}}"#;
    for (body, beside, more, resets, windows) in [
        (spending, 200, vec![RESETS, MONTH], Some(2), vec!["credits:monthly"]),
        (spending, 500, vec![RESETS, MONTH], Some(3), vec![]),
        (told, 200, vec![], None, vec!["credits:individual"]),
        (silent, 200, vec![RESETS], Some(2), vec!["session"]),
        (silent, 403, vec![RESETS], None, vec!["session"]),
    ] {
        let (host, log) = host(move |request| {
            Ok(match request.url.as_str() {
                USUAL => (200, body.to_owned()),
                RESETS => {
                    assert_eq!(request.sent("openai-beta"), Some("codex-1"));
                    (beside, "{\"available_count\":2}".to_owned())
                }
                _ => (
                    beside,
                    "{\"current_month_usage\":1,\"effective_monthly_limit\":{\"limit\":4}}"
                        .to_owned(),
                ),
            })
        });
        let reading = fetch(&host).await.unwrap().reading;
        assert_eq!(reading.reset_credits.map(|resets| resets.left), resets, "{body}");
        assert_eq!(
            reading.windows.iter().map(|window| window.id.as_str()).collect::<Vec<_>>(),
            windows,
            "{body}"
        );
        assert_eq!(asked(&log)[1..], more, "{body}");
    }
}

/// What a host with a personal access token hears of the vendor.
async fn with_access_token(usage: u16) -> (Result<Report, FetchError>, Vec<String>) {
    let base = testing::host();
    let path = home::login_files(&base)[0].clone();
    let stored = r#"{"auth_mode":"personalAccessToken","personal_access_token":"pat-1"}"#;
    base.files.write_private(&path, stored.as_bytes()).unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&log);
    let http = Http::recorded(move |request| {
        seen.lock().unwrap().push(request.url.clone());
        let whoami = request.url.ends_with("/whoami");
        let body = if whoami {
            r#"{"chatgpt_account_id":"team-1","email":"dana@example.com","chatgpt_plan_type":"team"}"#
        } else {
            GOOD
        };
        let refused = r#"{"detail":"This token may not read usage."}"#;
        let (status, body) = if whoami || usage == 200 { (200, body) } else { (usage, refused) };
        Ok(Response { status, headers: Vec::new(), body: body.into() })
    });
    let host = Host { http, ..base };
    let first = fetch(&host).await;
    if first.is_ok() {
        assert_eq!(fetch(&host).await.is_ok(), first.is_ok());
    }
    let asked = log.lock().unwrap().clone();
    (first, asked)
}

#[tokio::test]
async fn a_personal_access_token_is_asked_once_whose_it_is() {
    let (told, asked) = with_access_token(200).await;
    let account = told.unwrap().reading.account.unwrap();
    assert_eq!(
        (account.id.as_deref(), account.email.as_deref()),
        (Some("team-1"), Some("dana@example.com"))
    );
    let whose = asked.iter().filter(|url| url.ends_with("/whoami")).count();
    assert_eq!((whose, asked.iter().filter(|url| *url == USUAL).count()), (1, 2));
    let (refused, _) = with_access_token(403).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.trouble, Trouble::ForbiddenScope);
    assert!(!refused.detail.contains("pat-1") && refused.detail.contains("auth.json"));
}
