//! A world for this folder's tests.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, http::HttpError,
};
use serde_json::{Value, json};

/// The moment of all recorded answers.
pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_789_473_600, 0).unwrap_or_default()
}

/// A host over memory, without a network.
pub(super) fn host() -> Host {
    host_with(&[])
}

/// The same with environment variables.
pub(super) fn host_with(variables: &[(&str, &str)]) -> Host {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Host {
        clock: Clock::told(now()),
        env: Environment::of("/home/dana", variables),
        files: Files::memory(),
        http: Http::recorded(|_| Err(HttpError::Connect)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    }
}

/// An unsigned token with these claims.
pub(super) fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(&json!({"alg": "none"})), part(claims))
}

/// A login that expires at `exp`, epoch seconds, with a token that ends in `mark`.
pub(super) fn login(exp: i64, mark: &str) -> String {
    json!({"tokens": {"access_token": format!("{}{mark}", jwt(&json!({"exp": exp}))), "account_id": "acc-1"}}).to_string()
}
