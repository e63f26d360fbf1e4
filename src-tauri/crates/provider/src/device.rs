//! Signing in with a code that a person types at the vendor (RFC 8628), for vendors that offer it to everybody.

use crate::{FetchError, Vendor, answer::send, json, lenient};
use chrono::{DateTime, Utc};
use claudometer_core::Trouble;
use claudometer_host::{
    Host,
    http::{Request, Response},
    redact,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use std::time::Duration;

const FORM: &str = "application/x-www-form-urlencoded";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Between two questions where the vendor does not say, and how much slower "slow down" means then.
const INTERVAL: Duration = Duration::from_secs(5);
/// How long a code is good where the vendor does not say.
const LIFETIME: Duration = Duration::from_mins(15);

/// Where and as whom to sign in.
#[derive(Debug, Clone, Copy)]
pub struct DeviceLogin {
    /// Who answers.
    pub vendor: &'static Vendor,
    /// The public id of the program that asks.
    pub client: &'static str,
    /// What it may do, as the vendor writes it.
    pub scope: &'static str,
    /// Gives a code.
    pub code_url: &'static str,
    /// Gives the token, once the code was typed.
    pub token_url: &'static str,
    /// The secret field in which the token is kept.
    pub field: &'static str,
}

/// A code to type.
#[derive(Debug, Clone)]
pub struct Code {
    /// Names this sign-in to the vendor.
    device: SecretString,
    /// What a person types.
    pub user_code: String,
    /// Where.
    pub address: String,
    /// Between two questions.
    pub interval: Duration,
    /// How long it is good.
    pub lifetime: Duration,
}

/// How a sign-in stands.
#[derive(Debug, Clone)]
pub enum Progress {
    /// Nobody has typed the code yet; ask again after so long, or as before.
    Pending(Option<Duration>),
    /// It was typed.
    Granted(SecretString),
}

impl DeviceLogin {
    /// Asks for a code.
    pub async fn begin(&self, host: &Host) -> Result<Code, FetchError> {
        let body = format!("client_id={}&scope={}", self.client, self.scope);
        code(self.vendor, &send(host, form(self.code_url, body)).await?, host.now())
    }

    /// Asks whether the code was typed.
    pub async fn look(&self, code: &Code, host: &Host) -> Result<Progress, FetchError> {
        let device = code.device.expose_secret();
        let body = format!("client_id={}&device_code={device}&grant_type={GRANT}", self.client);
        progress(self.vendor, &send(host, form(self.token_url, body)).await?, host.now())
    }

    /// Asks until the code was typed, refused, or is no good any more.
    pub async fn finish(&self, code: &Code, host: &Host) -> Result<SecretString, FetchError> {
        let deadline = tokio::time::Instant::now() + code.lifetime;
        let mut interval = code.interval;
        loop {
            tokio::time::sleep(interval).await;
            if tokio::time::Instant::now() >= deadline {
                return Err(expired());
            }
            match self.look(code, host).await {
                Ok(Progress::Granted(token)) => return Ok(token),
                Ok(Progress::Pending(slower)) => {
                    interval = slower.unwrap_or(interval).max(interval);
                }
                // A connection that broke is no answer.
                Err(error) if error.trouble == Trouble::UpstreamDown => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn form(url: &str, body: String) -> Request {
    Request::post(url, body).header("accept", "application/json").header("content-type", FORM)
}

/// Reads the answer to the wish for a code.
fn code(vendor: &Vendor, response: &Response, now: DateTime<Utc>) -> Result<Code, FetchError> {
    let body = vendor.body(response, now)?;
    let told = |name: &str| lenient::text(&body[name]);
    let (Some(device), Some(user_code), Some(address)) =
        (told("device_code"), told("user_code"), told("verification_uri"))
    else {
        return Err(refused(&body));
    };
    redact::register(&device);
    Ok(Code {
        device: SecretString::from(device),
        user_code,
        address,
        interval: seconds(&body["interval"]).unwrap_or(INTERVAL),
        lifetime: seconds(&body["expires_in"]).unwrap_or(LIFETIME),
    })
}

/// Reads the answer to the question whether the code was typed; refusals come with HTTP 200 too.
fn progress(
    vendor: &Vendor,
    response: &Response,
    now: DateTime<Utc>,
) -> Result<Progress, FetchError> {
    let body = match json::read(&response.body) {
        Ok(body) if response.status < 500 && !body["error"].is_null() => body,
        _ => vendor.body(response, now)?,
    };
    if let Some(token) = lenient::text(&body["access_token"]) {
        redact::register(&token);
        return Ok(Progress::Granted(SecretString::from(token)));
    }
    match body["error"].as_str() {
        Some("authorization_pending") => Ok(Progress::Pending(None)),
        Some("slow_down") => {
            Ok(Progress::Pending(Some(seconds(&body["interval"]).unwrap_or(INTERVAL * 2))))
        }
        _ => Err(refused(&body)),
    }
}

fn seconds(value: &Value) -> Option<Duration> {
    lenient::count(value).filter(|count| *count > 0).map(|count| Duration::from_secs(count.into()))
}

fn expired() -> FetchError {
    FetchError::new(Trouble::AuthMissing, "The code was not typed in time. Begin again.")
}

fn refused(body: &Value) -> FetchError {
    match body["error"].as_str() {
        Some("expired_token") => expired(),
        Some("access_denied") => {
            FetchError::new(Trouble::AuthMissing, "The sign-in was refused at the vendor.")
        }
        _ => FetchError::unreadable(
            "The vendor did not let us sign in with a code.",
            Some(crate::shape::of(body)),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_host::{Clock, Environment, Files, Http, Processes, Secrets};
    use std::{
        collections::VecDeque,
        sync::{Arc, Mutex},
    };

    const ACME: Vendor = Vendor::of(&["acme.example"]);

    const LOGIN: DeviceLogin = DeviceLogin {
        vendor: &ACME,
        client: "acme",
        scope: "read",
        code_url: "https://acme.example/code",
        token_url: "https://acme.example/token",
        field: "key",
    };

    /// A vendor that answers these bodies in turn; what was asked, and after how many seconds.
    fn vendor(bodies: &[&str]) -> (Host, Arc<Mutex<Vec<u64>>>) {
        let queue: VecDeque<String> = bodies.iter().map(|body| (*body).to_owned()).collect();
        let (queue, times) = (Mutex::new(queue), Arc::<Mutex<Vec<u64>>>::default());
        let (asked, begin) = (Arc::clone(&times), tokio::time::Instant::now());
        let http = Http::recorded(move |request| {
            assert_eq!(request.sent("content-type"), Some(FORM));
            asked.lock().unwrap().push(begin.elapsed().as_secs());
            let body = queue.lock().unwrap().pop_front();
            let body = body.ok_or(claudometer_host::http::HttpError::Connect)?;
            Ok(Response { status: 200, headers: Vec::new(), body: body.into_bytes() })
        });
        let host = Host {
            clock: Clock::told(DateTime::UNIX_EPOCH),
            env: Environment::of("/home/dana", []),
            files: Files::memory(),
            http,
            processes: Processes::none(),
            secrets: Secrets::in_memory(),
        };
        (host, times)
    }

    const CODE: &str = r#"{"device_code": "d-secret-1", "user_code": "AB-CD", "verification_uri": "https://acme.example/device", "interval": 5, "expires_in": 60}"#;

    #[tokio::test(start_paused = true)]
    async fn it_asks_as_slowly_as_it_is_told_until_the_code_was_typed() {
        let (host, times) = vendor(&[
            CODE,
            r#"{"error": "authorization_pending"}"#,
            r#"{"error": "slow_down", "interval": 12}"#,
            r#"{"error": "authorization_pending"}"#,
            r#"{"access_token": "granted-token"}"#,
        ]);
        let code = LOGIN.begin(&host).await.unwrap();
        assert_eq!((code.user_code.as_str(), code.lifetime.as_secs()), ("AB-CD", 60));
        assert!(!format!("{code:?}").contains("d-secret-1"));
        let token = LOGIN.finish(&code, &host).await.unwrap();
        assert_eq!(token.expose_secret(), "granted-token");
        assert_eq!(*times.lock().unwrap(), [0, 5, 10, 22, 34]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_code_that_nobody_types_ends_and_a_broken_connection_does_not_end_it() {
        let (host, times) = vendor(&[CODE]);
        let code = LOGIN.begin(&host).await.unwrap();
        let error = LOGIN.finish(&code, &host).await.unwrap_err();
        assert_eq!(error.trouble, Trouble::AuthMissing);
        assert!(times.lock().unwrap().len() > 5, "it went on asking");
    }

    #[test]
    fn a_refusal_is_told_from_a_change_of_form() {
        let trouble = |body: &str| {
            let response = Response { status: 200, headers: Vec::new(), body: body.into() };
            progress(&ACME, &response, DateTime::UNIX_EPOCH).unwrap_err().trouble
        };
        assert_eq!(trouble(r#"{"error": "access_denied"}"#), Trouble::AuthMissing);
        assert_eq!(trouble(r#"{"error": "expired_token"}"#), Trouble::AuthMissing);
        assert_eq!(trouble(r#"{"error": "device_flow_disabled"}"#), Trouble::BadPayload);
        assert_eq!(trouble("<html>"), Trouble::Blocked);
    }
}
