//! Who answered, and only then what was said: the same rules for every vendor.
//!
//! Between us and a vendor stand guest networks, companies' proxies and bot filters, and each of them answers in the
//! vendor's place. A login ends only by the vendor's own word: a refusal in the form that its service writes, or a redirect
//! to a place where it is known to sign people in. Everything else says nothing about the login.

use crate::{
    FetchError, json,
    refusal::{ErrorBody, Word},
    shape,
};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::Trouble;
use claudometer_host::{
    Host,
    http::{HttpError, Request, Response},
    redact,
};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

/// What is known of a vendor as one who answers. Each provider says it once, as data.
#[derive(Debug, Clone, Copy)]
pub struct Vendor {
    /// Its own domains; hosts below them are its own too.
    pub domains: &'static [&'static str],
    /// Where it sends people who have to sign in: `/path` on any host of its own, a host, or a host with the beginning of a
    /// path. Only documented places.
    pub sign_in: &'static [&'static str],
    /// JSON pointers of which a refusal of this vendor has one; empty where its form is not documented, and any object has
    /// to do.
    pub form: &'static [&'static str],
    /// What its words mean; the first that is said counts, in refusals and in errors that come with a good status.
    pub says: &'static [(Word, Trouble)],
    /// What a status in its own form means where none of these words is said. 401 is an ended login, 403 a login that may
    /// not read, unless the vendor means something else.
    pub means: &'static [(u16, Trouble)],
}

impl Vendor {
    /// A vendor of whom nothing but its domains is documented.
    pub const fn of(domains: &'static [&'static str]) -> Self {
        Self { domains, sign_in: &[], form: &[], says: &[], means: &[] }
    }

    /// Asks, and reads the JSON of a good answer.
    pub async fn ask(&self, host: &Host, request: Request) -> Result<Value, FetchError> {
        self.read(&send(host, request).await?, host.now())
    }

    /// Asks with a bearer key.
    pub async fn get(
        &self,
        host: &Host,
        url: &str,
        key: &SecretString,
    ) -> Result<Value, FetchError> {
        self.ask(host, Request::get(url).bearer(key)).await
    }

    /// The JSON of a good answer, or who refused and what that means.
    pub fn read(&self, response: &Response, now: DateTime<Utc>) -> Result<Value, FetchError> {
        let body = self.body(response, now)?;
        let Some(error) = ErrorBody::in_good(&body) else { return Ok(body) };
        let numbers = error.codes.iter().find_map(|code| self.meant(u16::try_from(*code).ok()?));
        match error.meaning(self.says).or(numbers) {
            Some(trouble) => Err(FetchError {
                retry_after: retry_after(response, now),
                ..FetchError::new(trouble, sentence(trouble, response.status))
            }),
            None if error.is_certain => {
                let detail = "The vendor answered with an error of its own.";
                Err(FetchError::unreadable(detail, Some(shape::of(&body))))
            }
            // An error of a part: what the rest tells counts.
            None => Ok(body),
        }
    }

    /// The same, whatever the JSON says: for answers whose errors are steps on the way.
    pub fn body(&self, response: &Response, now: DateTime<Utc>) -> Result<Value, FetchError> {
        let status = response.status;
        let fail = |trouble| {
            let wait = retry_after(response, now);
            FetchError { retry_after: wait, ..FetchError::new(trouble, sentence(trouble, status)) }
        };
        // A redirect says by its goal who sent it, whatever page comes with it.
        let goes = (300..400).contains(&status) && response.header("location").is_some();
        if !goes && is_stranger(response) {
            return Err(FetchError {
                retry_after: retry_after(response, now),
                ..blocked(response)
            });
        }
        match status {
            200..=299 => document(response),
            300..=399 => Err(self.redirected(response)),
            429 => Err(fail(Trouble::RateLimited)),
            408 | 500..=599 => Err(fail(Trouble::UpstreamDown)),
            _ => Err(self.refused(response)),
        }
    }

    /// A redirect ends the login only where it leads to a place where this vendor signs people in.
    fn redirected(&self, response: &Response) -> FetchError {
        let status = response.status;
        let base = self.domains.first().and_then(|own| Url::parse(&format!("https://{own}")).ok());
        let to = response.header("location").zip(base).and_then(|(to, base)| base.join(to).ok());
        let Some(to) = to else {
            let detail =
                format!("The vendor sent us elsewhere and did not say where (HTTP {status}).");
            return FetchError::new(Trouble::BadPayload, detail);
        };
        let name = to.host_str().unwrap_or_default();
        let own = self.domains.iter().any(|domain| is_below(name, domain));
        if self.sign_in.iter().any(|place| is_at(&to, place, own)) {
            let detail = format!("The vendor asks to sign in again (HTTP {status}).");
            return FetchError::new(Trouble::AuthExpired, detail);
        }
        if own {
            let detail = format!("The vendor sent us to another address (HTTP {status}).");
            return FetchError::new(Trouble::BadPayload, detail);
        }
        let name = plain(name).unwrap_or_else(|| "another host".to_owned());
        let detail = format!(
            "The network sent us to {name} instead of the vendor (HTTP {status}). That says nothing about your login."
        );
        FetchError::new(Trouble::Blocked, detail)
    }

    /// What a status means in the vendor's own form.
    fn meant(&self, status: u16) -> Option<Trouble> {
        let own = self.means.iter().find(|(known, _)| *known == status);
        own.map(|(_, trouble)| *trouble).or(match status {
            401 => Some(Trouble::AuthExpired),
            403 => Some(Trouble::ForbiddenScope),
            429 => Some(Trouble::RateLimited),
            _ => None,
        })
    }

    /// A refusal counts only in the vendor's own words: its JSON, unless a network's gate speaks in it. What 403 means
    /// differs so much that it has to be in the form that is documented, where one is.
    fn refused(&self, response: &Response) -> FetchError {
        let status = response.status;
        let body = json::read(&response.body).ok();
        let own = body.as_ref().filter(|body| {
            let has = |at: &&str| body.pointer(at).is_some_and(|told| !told.is_null());
            let formed = self.form.is_empty() || self.form.iter().any(has);
            body.is_object() && (formed || status == 401)
        });
        let error = own.map(|body| ErrorBody::of(body).unwrap_or_default());
        let trouble = error.as_ref().and_then(|error| {
            error
                .meaning(self.says)
                .or_else(|| self.meant(status).filter(|_| !error.is_of_a_gate()))
        });
        match trouble {
            Some(trouble) => FetchError::new(trouble, sentence(trouble, status)),
            None if status == 401 && names_a_token(response) => {
                FetchError::new(Trouble::AuthExpired, sentence(Trouble::AuthExpired, status))
            }
            None if matches!(status, 401 | 403) => blocked(response),
            None => FetchError::unreadable(
                format!("The vendor answered with HTTP {status}."),
                body.map(|body| shape::of(&body)),
            ),
        }
    }
}

/// Sends a request. A proxy that does not let it through is named.
pub async fn send(host: &Host, request: Request) -> Result<Response, FetchError> {
    host.http.send(request).await.map_err(|error| match error {
        HttpError::Proxy => {
            let name = proxy(host).map_or_else(|| "A proxy".to_owned(), |name| format!("The proxy {name}"));
            let detail = format!(
                "{name} did not let the request through to the vendor. That says nothing about your login."
            );
            FetchError::new(Trouble::Blocked, detail)
        }
        error => FetchError::from(error),
    })
}

/// The host of the proxy that the environment names.
fn proxy(host: &Host) -> Option<String> {
    let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let text = names.iter().find_map(|name| host.env.get(name))?;
    let url = Url::parse(text).or_else(|_| Url::parse(&format!("http://{text}"))).ok()?;
    plain(url.host_str()?)
}

/// The body of a good answer.
fn document(response: &Response) -> Result<Value, FetchError> {
    json::read(&response.body).map_err(|_| {
        let kind = if response.body.is_empty() { "nothing" } else { "text that is not JSON" };
        FetchError::unreadable(format!("The answer was {kind}."), Some(kind.to_owned()))
    })
}

/// Whether somebody else than the vendor's service answered: a proxy by its own status, header or name, a bot filter, or a
/// page of whatever status.
fn is_stranger(response: &Response) -> bool {
    let has = |name: &&str| response.header(name).is_some();
    let says = |name: &str, words: &[&str]| {
        let told = response.header(name).unwrap_or_default().to_ascii_lowercase();
        words.iter().any(|word| told.contains(word))
    };
    matches!(response.status, 407 | 511)
        || GATE_HEADERS.iter().any(has)
        || (response.status >= 400 && says("server", &GATE_SERVERS))
        || (response.status == 401 && says("www-authenticate", &["basic", "ntlm", "negotiate"]))
        || (response.is_page() && json::read(&response.body).is_err())
}

/// Headers that only proxies and filters send.
const GATE_HEADERS: [&str; 5] =
    ["proxy-authenticate", "cf-mitigated", "x-squid-error", "x-bluecoat-via", "x-zscaler-response"];
/// How products that stand in companies' networks name themselves.
const GATE_SERVERS: [&str; 10] = [
    "zscaler",
    "squid",
    "bluecoat",
    "fortigate",
    "netskope",
    "websense",
    "sophos",
    "mcafee",
    "paloalto",
    "proxy",
];

/// The refusal that RFC 6750 has for tokens.
fn names_a_token(response: &Response) -> bool {
    response.header("www-authenticate").is_some_and(|told| told.contains("invalid_token"))
}

fn sentence(trouble: Trouble, status: u16) -> String {
    let what = match trouble {
        Trouble::AuthMissing | Trouble::AuthExpired => "The vendor refused the login",
        Trouble::ForbiddenScope => "The vendor refused access",
        Trouble::NotSubscribed => "The vendor knows no plan of this account",
        Trouble::UnsupportedAccount => "The vendor does not support this kind of login any more",
        Trouble::RateLimited => "The vendor asks to wait",
        Trouble::UpstreamDown => "The vendor has trouble of its own",
        Trouble::NoData => "The vendor names no limit for this account",
        Trouble::Blocked | Trouble::BadPayload | Trouble::Keychain => {
            "The vendor answered with an error of its own"
        }
    };
    format!("{what} (HTTP {status}).")
}

/// Somebody on the way answered, by name where it gives one.
fn blocked(response: &Response) -> FetchError {
    let status = response.status;
    let what = if response.header("cf-mitigated").is_some() {
        "A bot filter in front of the vendor answered instead of it".to_owned()
    } else {
        let kind = if response.is_page() { "A web page" } else { "Something on the way" };
        let named = refuser(response).map(|name| format!(" ({name})")).unwrap_or_default();
        format!("{kind}{named} answered instead of the vendor")
    };
    let detail = format!("{what} (HTTP {status}). That says nothing about your login.");
    FetchError::new(Trouble::Blocked, detail)
}

/// How the one who refused names itself: the realm that a proxy asks a password for, the title of a page, the program that
/// served it.
fn refuser(response: &Response) -> Option<String> {
    let realm = response.header("proxy-authenticate").and_then(|told| {
        let (_, rest) = told.split_once("realm=")?;
        plain(rest.trim_start_matches('"').split('"').next()?)
    });
    let named = |header: &str| response.header(header).and_then(plain);
    realm.or_else(|| title(response)).or_else(|| named("server")).or_else(|| named("via"))
}

fn title(response: &Response) -> Option<String> {
    let text = String::from_utf8_lossy(&response.body);
    let lower = text.to_ascii_lowercase();
    let begin = lower.find("<title")?;
    let begin = begin + lower[begin..].find('>')? + 1;
    let end = begin + lower[begin..].find("</title")?;
    plain(&text[begin..end])
}

/// Text of a stranger as it may stand in a sentence: one line, short, without markup, secrets or control characters.
fn plain(text: &str) -> Option<String> {
    const LONGEST: usize = 60;
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let one_line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let safe: String =
        redact::scrub(&one_line).chars().filter(|letter| shown(*letter)).take(LONGEST).collect();
    let safe = safe.trim().trim_end_matches(['.', '!', '?', '…']).trim();
    (!safe.is_empty()).then(|| safe.to_owned())
}

/// Neither markup nor a character that turns the direction of writing or takes no place.
const fn shown(letter: char) -> bool {
    !matches!(
        letter,
        '<' | '>' | '"' | '`' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

fn is_below(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether `to` is `place`; `own` says whether its host is the vendor's.
fn is_at(to: &Url, place: &str, own: bool) -> bool {
    let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let here = if host.is_empty() { own } else { to.host_str() == Some(host) };
    let rest = to.path().strip_prefix(path.trim_end_matches('/'));
    here && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The wait that `Retry-After` asks for, as seconds or as a date, whatever the status. Zero and less are no wish at all.
pub fn retry_after(response: &Response, now: DateTime<Utc>) -> Option<TimeDelta> {
    let text = response.header("retry-after")?.trim();
    let wait = match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => {
            TimeDelta::milliseconds((seconds.min(1e9) * 1000.0) as i64)
        }
        Ok(_) => return None,
        Err(_) => DateTime::parse_from_rfc2822(text).ok()?.with_timezone(&Utc) - now,
    };
    (wait > TimeDelta::zero()).then_some(wait)
}

#[cfg(test)]
mod tests;
