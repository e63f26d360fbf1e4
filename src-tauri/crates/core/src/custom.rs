//! Providers of a person's own: anything that answers JSON to a key, described in the settings.

use crate::{CreditUnit, settings::Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A provider that the settings describe. Its secret is not among them: it is typed, or stands in a variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, rename_all = "camelCase")]
pub struct CustomProvider {
    /// Id: lower-case letters, digits, hyphens; none that another provider has.
    pub id: String,
    /// Name that people see.
    pub name: String,
    /// What is asked, with GET: `https`, or `http` on this machine.
    pub url: String,
    /// Page about the usage, `https`; none where there is none.
    pub dashboard: Option<String>,
    /// Header that carries the secret.
    pub key_header: String,
    /// What stands before the secret in that header, with its blank.
    pub key_prefix: String,
    /// Environment variable that holds the secret, besides the typed one.
    pub key_variable: Option<String>,
    /// Further headers. Never a secret: the settings file is plain text.
    pub headers: BTreeMap<String, String>,
    /// JSON pointer to the name of the plan.
    pub plan: Option<String>,
    /// Windows of the answer.
    pub windows: Vec<CustomWindow>,
    /// JSON pointer to what is left of a balance.
    pub balance: Option<String>,
    /// Unit of the balance.
    pub balance_unit: CreditUnit,
    /// JSON pointer to what was spent.
    pub spent: Option<String>,
    /// JSON pointer to the cap of what may be spent.
    pub spent_limit: Option<String>,
    /// ISO 4217 code of what was spent.
    pub currency: String,
    /// Whether balance and spend come in hundredths.
    pub in_cents: bool,
}

impl Default for CustomProvider {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            url: String::new(),
            dashboard: None,
            key_header: "Authorization".to_owned(),
            key_prefix: "Bearer ".to_owned(),
            key_variable: None,
            headers: BTreeMap::new(),
            plan: None,
            windows: Vec::new(),
            balance: None,
            balance_unit: CreditUnit::USD,
            spent: None,
            spent_limit: None,
            currency: "USD".to_owned(),
            in_cents: false,
        }
    }
}

/// A window of such an answer. One of the pointers to its use is given: a percentage, a fraction, or counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, rename_all = "camelCase")]
pub struct CustomWindow {
    /// Id, unique within the provider: lower-case letters, digits, hyphens.
    pub id: String,
    /// Length in minutes: 300 is a session, 10080 a week; none where it is not known.
    pub minutes: Option<u32>,
    /// JSON pointer to the percentage used, 0-100.
    pub used_percent: Option<String>,
    /// JSON pointer to the percentage left, 0-100.
    pub left_percent: Option<String>,
    /// JSON pointer to the fraction used, 0-1.
    pub used_fraction: Option<String>,
    /// JSON pointer to how much was used, beside `limit`.
    pub used: Option<String>,
    /// JSON pointer to how much is left, beside `limit`.
    pub left: Option<String>,
    /// JSON pointer to how much there is in all.
    pub limit: Option<String>,
    /// JSON pointer to when it resets: RFC 3339, or seconds or milliseconds since 1970.
    pub resets_at: Option<String>,
}

/// Headers that carry secrets by habit.
const SECRET_HEADERS: [&str; 5] =
    ["authorization", "cookie", "x-api-key", "api-key", "proxy-authorization"];

impl CustomProvider {
    /// Every part that cannot be used, each with what is allowed. `path` is where the definition stands in the settings.
    pub fn problems(&self, path: &str) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut note = |field: &str, message: &str| {
            found.push(Problem { field: format!("{path}.{field}"), message: message.to_owned() });
        };
        if !is_id(&self.id) {
            note("id", "Lower-case letters, digits and hyphens, beginning with a letter.");
        }
        if self.name.trim().is_empty() {
            note("name", "A name that people see.");
        }
        if !is_address(&self.url) {
            note(
                "url",
                "An address that begins with https://, or with http://localhost or http://127.0.0.1.",
            );
        }
        if self.dashboard.as_ref().is_some_and(|page| !page.starts_with("https://")) {
            note("dashboard", "An address that begins with https://.");
        }
        if !is_header(&self.key_header) {
            note("keyHeader", "The name of a header, such as Authorization.");
        }
        for name in self.headers.keys() {
            if SECRET_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                note(
                    "headers",
                    "Secrets do not belong into the settings: use keyHeader, and type the secret.",
                );
            } else if !is_header(name) {
                note("headers", "Names of headers: letters, digits and hyphens.");
            }
        }
        let pointers = [&self.plan, &self.balance, &self.spent, &self.spent_limit];
        if pointers.into_iter().flatten().any(|text| !is_pointer(text)) {
            note("plan, balance, spent, spentLimit", POINTER);
        }
        for (nth, window) in self.windows.iter().enumerate() {
            if let Some(message) = window.problem() {
                note(&format!("windows.{nth}"), message);
            }
        }
        if self.windows.is_empty() && self.balance.is_none() && self.spent.is_none() {
            note("windows", "At least one window, or a balance, or what was spent.");
        }
        found
    }
}

const POINTER: &str = "A JSON pointer into the answer, such as /quota/used.";

impl CustomWindow {
    fn problem(&self) -> Option<&'static str> {
        let shares = [&self.used_percent, &self.left_percent, &self.used_fraction];
        let counts = [&self.used, &self.left];
        let given = shares.iter().chain(&counts).filter(|pointer| pointer.is_some()).count();
        let counted = counts.iter().any(|pointer| pointer.is_some());
        let all = shares.into_iter().chain(counts).chain([&self.limit, &self.resets_at]);
        if !is_id(&self.id) {
            return Some("Its id is of lower-case letters, digits and hyphens.");
        }
        if all.flatten().any(|text| !is_pointer(text)) {
            return Some(POINTER);
        }
        if given != 1 || counted != self.limit.is_some() {
            return Some(
                "One of usedPercent, leftPercent, usedFraction; or one of used and left together with limit.",
            );
        }
        None
    }
}

fn is_id(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.len() <= 40
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_header(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_pointer(text: &str) -> bool {
    text.starts_with('/')
}

/// Whether a secret may be sent there: over TLS, or without leaving this machine. Nothing stands before the host.
fn is_address(text: &str) -> bool {
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    if let Some(rest) = text.strip_prefix("https://") {
        let host = host(rest);
        return !host.is_empty() && !host.contains('@');
    }
    let Some(rest) = text.strip_prefix("http://") else { return false };
    let host = host(rest);
    let name = host.split(':').next().unwrap_or_default();
    ["localhost", "127.0.0.1"].contains(&name) && !host.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = Box<dyn Fn(&mut CustomProvider)>;

    fn good() -> CustomProvider {
        let window = CustomWindow {
            id: "weekly".into(),
            used: Some("/used".into()),
            limit: Some("/limit".into()),
            ..CustomWindow::default()
        };
        CustomProvider {
            id: "my-proxy".into(),
            name: "My proxy".into(),
            url: "https://proxy.example/usage".into(),
            windows: vec![window],
            ..CustomProvider::default()
        }
    }

    #[test]
    fn every_part_that_cannot_be_used_is_named() {
        assert_eq!(good().problems("customProviders.0"), []);
        let window = |change: fn(&mut CustomWindow)| {
            move |provider: &mut CustomProvider| change(&mut provider.windows[0])
        };
        let cases: Vec<(Change, &str)> = vec![
            (Box::new(|it| it.id = "My Proxy".into()), "id"),
            (Box::new(|it| it.name = " ".into()), "name"),
            (Box::new(|it| it.url = "http://proxy.example/usage".into()), "url"),
            (Box::new(|it| it.url = "http://localhost.evil.example/".into()), "url"),
            (Box::new(|it| it.url = "http://127.0.0.1@evil.example/".into()), "url"),
            (Box::new(|it| it.url = "https://me:word@proxy.example/".into()), "url"),
            (Box::new(|it| it.dashboard = Some("ftp://x".into())), "dashboard"),
            (Box::new(|it| it.key_header = "a b".into()), "keyHeader"),
            (Box::new(|it| drop(it.headers.insert("Cookie".into(), "a=b".into()))), "headers"),
            (Box::new(|it| it.plan = Some("plan".into())), "plan, balance, spent, spentLimit"),
            (Box::new(|it| it.windows.clear()), "windows"),
            (Box::new(window(|it| it.limit = None)), "windows.0"),
            (Box::new(window(|it| it.used_percent = Some("/p".into()))), "windows.0"),
            (Box::new(window(|it| it.used = Some("used".into()))), "windows.0"),
            (Box::new(window(|it| it.id = String::new())), "windows.0"),
        ];
        for (nth, (change, field)) in cases.iter().enumerate() {
            let mut provider = good();
            change(&mut provider);
            let fields: Vec<_> = provider.problems("p").into_iter().map(|one| one.field).collect();
            assert_eq!(fields, [format!("p.{field}")], "case {nth}");
        }
        for url in ["http://localhost:4000/usage", "http://127.0.0.1/", "https://proxy.example"] {
            assert_eq!(CustomProvider { url: url.into(), ..good() }.problems("p"), [], "{url}");
        }
    }
}
