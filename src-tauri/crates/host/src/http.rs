//! HTTP requests: to the vendors, to a loopback origin under test, or to recorded answers.

use crate::Files;
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    fmt,
    net::IpAddr,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};
use url::{Host as UrlHost, Url};

/// The largest answer that is read: usage answers are a few kilobytes.
const LARGEST: u64 = 4 * 1024 * 1024;
const MOST_REDIRECTS: usize = 5;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one request may take when it does not say otherwise.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// A header's value; a secret one never shows in debug output and is marked sensitive on the wire.
#[derive(Debug, Clone)]
pub enum Value {
    /// May be shown.
    Plain(String),
    /// May not.
    Secret(SecretString),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

impl From<SecretString> for Value {
    fn from(secret: SecretString) -> Self {
        Self::Secret(secret)
    }
}

/// A request. Redirects are not followed: a redirect to a login page is an answer.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Absolute `https` address, without secrets.
    pub url: String,
    /// Headers, names in lower case.
    pub headers: Vec<(&'static str, Value)>,
    /// JSON body of a `POST`.
    pub body: Option<String>,
    /// How long it may take in all.
    pub timeout: Duration,
    /// Whether it goes to a program of this machine, which made its certificate itself. Such a request is sent nowhere else.
    pub stays_here: bool,
}

impl Request {
    /// A `GET` without headers.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: "GET",
            url: url.into(),
            headers: Vec::new(),
            body: None,
            timeout: REQUEST_TIMEOUT,
            stays_here: false,
        }
    }

    /// A `POST` of a JSON body.
    pub fn post(url: impl Into<String>, body: impl Into<String>) -> Self {
        Self { method: "POST", body: Some(body.into()), ..Self::get(url) }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds `authorization: Bearer ...`.
    #[must_use]
    pub fn bearer(self, token: &SecretString) -> Self {
        let value = SecretString::from(format!("Bearer {}", token.expose_secret()));
        self.header("authorization", value)
    }

    /// Limits how long it may take.
    #[must_use]
    pub const fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// To a program of this machine, whatever its certificate.
    #[must_use]
    pub const fn staying_here(mut self) -> Self {
        self.stays_here = true;
        self
    }

    /// A header's value as sent, secrets included; for recorded answers that look at it.
    pub fn sent(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| match value {
            Value::Plain(text) => text.as_str(),
            Value::Secret(secret) => secret.expose_secret(),
        })
    }
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body, decompressed.
    pub body: Vec<u8>,
}

impl Response {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is a page for people: the content type says HTML, or the body begins with markup whatever it says.
    pub fn is_page(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        kind.contains("html") || body.trim_ascii_start().first() == Some(&b'<')
    }
}

/// Why no answer came. Never carries the address, a header or a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection could be made: name, route, refusal, proxy.
    #[error("no connection to the vendor could be made")]
    Connect,
    /// The proxy on the way asks for a password of its own, or does not let the connection through.
    #[error("a proxy did not let the connection to the vendor through")]
    Proxy,
    /// The TLS handshake failed.
    #[error("no secure connection to the vendor could be made")]
    Tls,
    /// It took longer than allowed.
    #[error("the vendor did not answer in time")]
    Timeout,
    /// The answer broke off.
    #[error("the answer broke off")]
    Broken,
    /// The answer is larger than any usage answer.
    #[error("the answer is larger than 4 MiB")]
    TooLarge,
    /// What came could not be written.
    #[error("what came could not be written ({0})")]
    Unwritable(std::io::ErrorKind),
    /// The request could not be made: a malformed address or header value.
    #[error("the request could not be made")]
    Malformed,
}

/// Answers made without a network.
pub type Recorded = dyn Fn(&Request) -> Result<Response, HttpError> + Send + Sync;

/// The way requests leave. Cheap to clone; the client is built at the first request.
#[derive(Clone, Default)]
pub struct Http {
    recorded: Option<Arc<Recorded>>,
    client: Arc<OnceLock<Option<reqwest::Client>>>,
    /// For programs of this machine: takes any certificate, and knows no proxy.
    nearby: Arc<OnceLock<Option<reqwest::Client>>>,
    test_origin: Option<Arc<Url>>,
    /// Certificates that are trusted beside the system's.
    trusted: Arc<Vec<reqwest::Certificate>>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("recorded", &self.recorded.is_some())
            .field("test_origin", &self.test_origin())
            .finish_non_exhaustive()
    }
}

/// The test origin is not a loopback `http` address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("CLAUDOMETER_TEST_ORIGIN takes only a loopback address such as http://127.0.0.1:8080")]
pub struct NotLoopback;

impl Http {
    /// Requests go to the vendors.
    pub fn network() -> Self {
        Self::default()
    }

    /// The same way, trusting the certificates of a PEM file beside the system's. An error says what is wrong with them.
    pub fn trusting(self, pem: &[u8]) -> Result<Self, String> {
        let found = reqwest::Certificate::from_pem_bundle(pem)
            .map_err(|error| format!("these are no certificates in PEM ({error})"))?;
        if found.is_empty() {
            return Err("there is no certificate in it".to_owned());
        }
        Ok(Self { trusted: Arc::new(found), ..self })
    }

    /// Requests go to a loopback address, the vendor's host as the first path segment.
    pub fn test_origin_at(origin: &str) -> Result<Self, NotLoopback> {
        let url = Url::parse(origin).map_err(|_| NotLoopback)?;
        if url.scheme() != "http" || !is_loopback(&url) {
            return Err(NotLoopback);
        }
        Ok(Self { test_origin: Some(Arc::new(url)), ..Self::default() })
    }

    /// Requests are answered by a function.
    pub fn recorded(
        answer: impl Fn(&Request) -> Result<Response, HttpError> + Send + Sync + 'static,
    ) -> Self {
        Self { recorded: Some(Arc::new(answer)), ..Self::default() }
    }

    /// The test origin in use, if any; to be shown wherever numbers are shown.
    pub fn test_origin(&self) -> Option<&str> {
        self.test_origin.as_deref().map(Url::as_str)
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        if let Some(recorded) = &self.recorded {
            return recorded(&request);
        }
        let url = self.address(&request.url)?;
        let client = if request.stays_here {
            if !is_loopback(&url) {
                return Err(HttpError::Malformed);
            }
            let builder = || client().tls_danger_accept_invalid_certs(true).no_proxy();
            self.nearby.get_or_init(|| builder().build().ok())
        } else {
            let trusted = || self.trusted.iter().cloned();
            self.client.get_or_init(|| client().tls_certs_merge(trusted()).build().ok())
        };
        let client = client.as_ref().ok_or(HttpError::Tls)?;
        let method =
            if request.method == "POST" { reqwest::Method::POST } else { reqwest::Method::GET };
        let mut builder = client.request(method, url).timeout(request.timeout);
        let typed = request.headers.iter().any(|(name, _)| *name == "content-type");
        for (name, value) in request.headers {
            builder = builder.header(name, header_value(&value)?);
        }
        if let Some(body) = request.body {
            builder =
                if typed { builder } else { builder.header("content-type", "application/json") };
            builder = builder.body(body);
        }
        read(builder.send().await.map_err(|error| classify(&error))?).await
    }

    /// A public file that is not secret and not of a vendor: status and body. Redirects are followed, to secure places only.
    pub async fn fetch(&self, url: &str, most: u64) -> Result<(u16, Vec<u8>), HttpError> {
        if let Some(recorded) = &self.recorded {
            return recorded(&Request::get(url)).map(|answer| (answer.status, answer.body));
        }
        let request = self.public()?.get(self.address(url)?).timeout(REQUEST_TIMEOUT);
        let mut answer = request.send().await.map_err(|error| classify(&error))?;
        Ok((answer.status().as_u16(), body(&mut answer, most).await?))
    }

    /// Downloads a public file to `to`, going on behind what is there already; `progress` is told bytes and, where it is
    /// known, their sum. Answers the status; only a status below 300 has written.
    pub async fn download(
        &self,
        url: &str,
        to: &Path,
        most: u64,
        progress: &mut (dyn FnMut(u64, Option<u64>) + Send),
    ) -> Result<u16, HttpError> {
        let files = Files::disk();
        let mut there = files.entry(to).map_or(0, |entry| entry.size);
        let mut request = self.public()?.get(self.address(url)?);
        if there > 0 {
            request = request.header("range", format!("bytes={there}-"));
        }
        let mut answer = request.send().await.map_err(|error| classify(&error))?;
        let status = answer.status().as_u16();
        if there > 0 && status == 416 {
            // All of it is there already.
            return Ok(200);
        }
        if status >= 300 {
            return Ok(status);
        }
        if status != 206 {
            // Who does not know parts sends it from the beginning.
            files.remove(to).map_err(unwritable)?;
            there = 0;
        }
        let sum = answer.content_length().map(|rest| there + rest);
        if sum.is_some_and(|sum| sum > most) {
            return Err(HttpError::TooLarge);
        }
        while let Some(chunk) = answer.chunk().await.map_err(|error| classify(&error))? {
            there += chunk.len() as u64;
            if there > most {
                return Err(HttpError::TooLarge);
            }
            files.append_private(to, &chunk).map_err(unwritable)?;
            progress(there, sum);
        }
        // A connection that ends early ends without an error where no length was told.
        if sum.is_some_and(|sum| there < sum) { Err(HttpError::Broken) } else { Ok(status) }
    }

    /// A client for public files; only a test asks at an insecure place.
    fn public(&self) -> Result<reqwest::Client, HttpError> {
        let builder = client()
            .tls_certs_merge(self.trusted.iter().cloned())
            .https_only(self.test_origin.is_none())
            .read_timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::limited(MOST_REDIRECTS));
        builder.build().map_err(|_| HttpError::Tls)
    }

    fn address(&self, url: &str) -> Result<Url, HttpError> {
        let url = Url::parse(url).map_err(|_| HttpError::Malformed)?;
        if let Some(origin) = &self.test_origin {
            let mut target = Url::clone(origin);
            target.set_path(&format!("/{}{}", url.host_str().unwrap_or_default(), url.path()));
            target.set_query(url.query());
            return Ok(target);
        }
        // A proxy on this machine has no certificate; nothing leaves the machine on the way to it.
        let stays = url.scheme() == "http" && is_loopback(&url);
        if url.scheme() == "https" || stays { Ok(url) } else { Err(HttpError::Malformed) }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an error is handed over by `map_err`")]
fn unwritable(error: std::io::Error) -> HttpError {
    HttpError::Unwritable(error.kind())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(UrlHost::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
        Some(UrlHost::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
        Some(UrlHost::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Asks for nothing in the background: idle connections are closed at once, so that an idle resident does not wake.
fn client() -> reqwest::ClientBuilder {
    rustls::crypto::ring::default_provider().install_default().ok(); // already installed is as good
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
}

fn header_value(value: &Value) -> Result<reqwest::header::HeaderValue, HttpError> {
    let (text, sensitive) = match value {
        Value::Plain(text) => (text.as_str(), false),
        Value::Secret(secret) => (secret.expose_secret(), true),
    };
    let mut value =
        reqwest::header::HeaderValue::from_str(text).map_err(|_| HttpError::Malformed)?;
    value.set_sensitive(sensitive);
    Ok(value)
}

async fn read(mut answer: reqwest::Response) -> Result<Response, HttpError> {
    let status = answer.status().as_u16();
    let text = |value: &reqwest::header::HeaderValue| {
        String::from_utf8_lossy(value.as_bytes()).into_owned()
    };
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect();
    let body = body(&mut answer, LARGEST).await?;
    Ok(Response { status, headers, body })
}

/// The whole body, unless it is over `most` bytes.
async fn body(answer: &mut reqwest::Response, most: u64) -> Result<Vec<u8>, HttpError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| classify(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() as u64 > most {
            return Err(HttpError::TooLarge);
        }
    }
    Ok(body)
}

fn classify(error: &reqwest::Error) -> HttpError {
    if error.is_timeout() {
        HttpError::Timeout
    } else if error.is_connect() {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(inner) = cause {
            if inner.is::<rustls::Error>() || inner.to_string().contains("certificate") {
                return HttpError::Tls;
            }
            // What the tunnel through a proxy fails with has no type that could be asked for.
            let text = inner.to_string();
            if text.contains("proxy authorization required")
                || text.contains("tunnel error: unsuccessful")
            {
                return HttpError::Proxy;
            }
            cause = inner.source();
        }
        HttpError::Connect
    } else if error.is_builder() {
        HttpError::Malformed
    } else {
        HttpError::Broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_loopback_test_origin_is_taken() {
        for (origin, taken) in [
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:9", true),
            ("http://localhost:1", true),
            ("https://127.0.0.1", false),
            ("http://10.0.0.1", false),
            ("http://example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("nonsense", false),
        ] {
            assert_eq!(Http::test_origin_at(origin).is_ok(), taken, "{origin}");
        }
    }

    #[test]
    fn under_test_the_vendors_host_is_the_first_path_segment() {
        let http = Http::test_origin_at("http://127.0.0.1:8080").unwrap();
        let address = http.address("https://api.vendor.example/api/usage?x=1").unwrap();
        assert_eq!(address.as_str(), "http://127.0.0.1:8080/api.vendor.example/api/usage?x=1");
    }

    #[test]
    fn a_request_without_tls_does_not_leave() {
        assert_eq!(Http::network().address("http://vendor.example/"), Err(HttpError::Malformed));
    }

    #[tokio::test]
    async fn what_stays_here_is_sent_nowhere_else() {
        let request = Request::get("https://vendor.example/").staying_here();
        assert_eq!(Http::network().send(request).await, Err(HttpError::Malformed));
    }

    /// A server with a certificate of its own making that answers one request.
    async fn self_signed() -> String {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        rustls::crypto::ring::default_provider().install_default().ok();
        let made = rcgen::generate_simple_self_signed(["editor.invalid".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.unwrap())
            .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let _asked = stream.read(&mut [0; 4096]).await.unwrap();
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        format!("https://{address}/")
    }

    #[tokio::test]
    async fn a_program_of_this_machine_may_have_made_its_own_certificate() {
        let url = self_signed().await;
        let network = Http::network();
        assert_eq!(network.send(Request::get(&url)).await, Err(HttpError::Tls));
        let near = network.send(Request::get(&url).staying_here()).await.unwrap();
        assert_eq!(near.body, b"ok");
    }

    #[test]
    fn a_secret_header_does_not_show() {
        let request =
            Request::get("https://vendor.example").bearer(&SecretString::from("very-secret"));
        assert!(!format!("{request:?}").contains("very-secret"));
        assert_eq!(request.sent("authorization"), Some("Bearer very-secret"));
    }

    #[test]
    fn a_page_is_recognised_by_type_or_by_its_first_mark() {
        let with = |kind: Option<&str>, body: &str| Response {
            status: 403,
            headers: kind
                .map(|kind| ("content-type".to_owned(), kind.to_owned()))
                .into_iter()
                .collect(),
            body: body.into(),
        };
        assert!(with(Some("text/html; charset=UTF-8"), "{}").is_page());
        assert!(with(None, "  <!DOCTYPE html><title>Just a moment</title>").is_page());
        assert!(with(Some("application/json"), "\u{feff}<html>").is_page());
        assert!(with(None, "<?xml version=\"1.0\"?>").is_page());
        assert!(!with(None, "{\"detail\":\"no\"}").is_page());
        assert!(!with(Some("text/plain"), "").is_page());
    }

    #[tokio::test]
    async fn a_proxy_that_asks_for_a_password_is_told_from_a_broken_connection() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        for (said, error) in [
            ("407 Proxy Authentication Required", HttpError::Proxy),
            ("403 Forbidden", HttpError::Proxy),
        ] {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let proxy = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _asked = stream.read(&mut [0; 4096]).await.unwrap();
                let answer = format!("HTTP/1.1 {said}\r\ncontent-length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            });
            let through = client().proxy(reqwest::Proxy::all(proxy).unwrap()).build().unwrap();
            let failed = through.get("https://vendor.invalid/").send().await.unwrap_err();
            assert_eq!(classify(&failed), error, "{said}");
        }
    }
}
