//! Vendors on loopback: recorded answers by host and path, changed at will, with a log of what was asked.

use serde_json::Value;
use std::{collections::HashMap, time::Duration};
use tokio::sync::Mutex;
use wiremock::{Mock, MockGuard, MockServer, ResponseTemplate, matchers};

/// What a path answers.
#[derive(Debug, Clone)]
pub struct Reply(ResponseTemplate);

impl Reply {
    /// JSON with status 200.
    pub fn json(body: &Value) -> Self {
        Self(ResponseTemplate::new(200).set_body_json(body))
    }

    /// A status with a JSON body.
    pub fn status(status: u16, body: &Value) -> Self {
        Self(ResponseTemplate::new(status).set_body_json(body))
    }

    /// A status with any body.
    pub fn raw(status: u16, kind: &str, body: &str) -> Self {
        Self(ResponseTemplate::new(status).set_body_raw(body.as_bytes().to_vec(), kind))
    }

    /// Adds a header.
    #[must_use]
    pub fn header(self, name: &'static str, value: &str) -> Self {
        Self(self.0.insert_header(name, value))
    }

    /// Answers only after a while.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self(self.0.set_delay(delay))
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The vendor's host.
    pub host: String,
    /// The path at it.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Asked {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The server.
pub struct Vendors {
    server: MockServer,
    answers: Mutex<HashMap<String, MockGuard>>,
}

impl Vendors {
    /// Starts on a free loopback port; every path answers 404 until it is told otherwise.
    pub async fn start() -> Self {
        Self { server: MockServer::start().await, answers: Mutex::default() }
    }

    /// For `CLAUDOMETER_TEST_ORIGIN`.
    pub fn origin(&self) -> String {
        self.server.uri()
    }

    /// Makes `https://{address}` answer this from now on; `address` is host and path.
    pub async fn answer(&self, address: &str, reply: Reply) {
        let mock = Mock::given(matchers::path(format!("/{address}"))).respond_with(reply.0);
        let mut answers = self.answers.lock().await;
        answers.remove(address);
        answers.insert(address.to_owned(), mock.mount_as_scoped(&self.server).await);
    }

    /// Everything that was asked, in order.
    pub async fn asked(&self) -> Vec<Asked> {
        let requests = self.server.received_requests().await.unwrap_or_default();
        let asked = requests.into_iter().map(|request| {
            let path = request.url.path().trim_start_matches('/').to_owned();
            let (host, path) =
                path.split_once('/').map_or((path.clone(), String::new()), |(host, path)| {
                    (host.to_owned(), format!("/{path}"))
                });
            let text = |value: &wiremock::http::HeaderValue| {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            let headers = request
                .headers
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), text(value)))
                .collect();
            Asked { host, path, headers }
        });
        asked.collect()
    }
}
