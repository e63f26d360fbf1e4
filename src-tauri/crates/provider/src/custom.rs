//! Providers that the settings describe: a request with a key, and JSON pointers into its answer.

use crate::{
    Checked, Draft, FetchError, Provider, Report, SecretField, Source, SourceSpec, Vendor,
    descriptor::Check,
    draft,
    key::{self, AskWithKey, Key},
    lenient,
};
use claudometer_core::{
    Allowance, CreditUnit, Currency, ProviderId, Window, WindowKind,
    custom::{CustomProvider, CustomWindow},
    gate::Cadence,
};
use claudometer_host::{Host, http::Request};
use futures::{FutureExt as _, future::BoxFuture};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

/// Makes a provider of its description. Providers live as long as the program, so each lasts: one is made for each change of
/// its description, and the few bytes of the former stay.
pub fn provider(definition: &CustomProvider) -> &'static Provider {
    let definition: &'static CustomProvider = Box::leak(Box::new(definition.clone()));
    let host = host_of(&definition.url);
    let variable = definition.key_variable.as_deref();
    let name = host.split(':').next().unwrap_or(host);
    let vendor: &'static Vendor = Box::leak(Box::new(Vendor::of(Vec::leak(vec![name]))));
    let spec = SourceSpec {
        id: "key",
        label: "the key",
        reads: lasting(match variable {
            Some(name) => format!("The key that you typed, or the variable {name}."),
            None => "The key that you typed, from the system's keychain or from memory.".into(),
        }),
        sends: lasting(format!("Asks {host} with that key, as your settings say.")),
        cadence: Cadence { normal_s: 300, floor_s: 60 },
        passive: false,
        opt_in: false,
    };
    let key: &'static Key = Box::leak(Box::new(Key {
        spec,
        provider: ProviderId::owned(&definition.id),
        field: "key",
        variables: Vec::leak(variable.into_iter().collect()),
        lent: key::nobody,
        item: |_| None,
        files: key::no_files,
        ask: asking(move |key, host| ask(definition, vendor, key, host).boxed()),
    }));
    let check = SecretField {
        id: "key",
        label: "Key",
        help: lasting(format!("The secret that {host} takes.")),
        several: true,
        check: checking(move |secret, host| key.check(secret, host).boxed()),
    };
    Box::leak(Box::new(Provider {
        id: ProviderId::owned(&definition.id),
        name: &definition.name,
        short: lasting(short(&definition.name)),
        dashboard: definition.dashboard.as_deref().unwrap_or_default(),
        sign_in: lasting(format!(
            "Type its key under Providers, or run `claudometer key set {}`.",
            definition.id
        )),
        places: |_| vec!["the key that you typed".to_owned()],
        sources: Vec::leak(vec![key as &dyn Source]),
        secrets: Vec::leak(vec![check]),
        remedy: |_, _| None,
        bridge: None,
        device: None,
        status: None,
        homes: None,
        log_retention: |_| None,
        scenes: &[],
        stage: |_| None,
    }))
}

/// Gives a closure the life of the program.
fn asking(
    ask: impl for<'a> Fn(&'a SecretString, &'a Host) -> BoxFuture<'a, Result<Report, FetchError>>
    + Send
    + Sync
    + 'static,
) -> &'static AskWithKey {
    Box::leak(Box::new(ask))
}

/// The same for a check.
fn checking(
    check: impl for<'a> Fn(SecretString, &'a Host) -> BoxFuture<'a, Result<Checked, FetchError>>
    + Send
    + Sync
    + 'static,
) -> &'static Check {
    Box::leak(Box::new(check))
}

fn lasting(text: String) -> &'static str {
    String::leak(text)
}

fn host_of(url: &str) -> &str {
    url.split("://").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or(url)
}

/// Two letters for a panel title.
fn short(name: &str) -> String {
    let letters: Vec<char> = name.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let letter = |nth: usize| letters.get(nth).copied().unwrap_or('·');
    letter(0).to_uppercase().chain(letter(1).to_lowercase()).take(2).collect()
}

async fn ask(
    definition: &'static CustomProvider,
    vendor: &Vendor,
    key: &SecretString,
    host: &Host,
) -> Result<Report, FetchError> {
    let secret = SecretString::from(format!("{}{}", definition.key_prefix, key.expose_secret()));
    let mut request = Request::get(&definition.url)
        .header(&definition.key_header, secret)
        .header("accept", "application/json");
    for (name, value) in &definition.headers {
        request = request.header(name, value.as_str());
    }
    let answer = vendor.ask(host, request).await?;
    read(definition, &answer).finish(&answer)
}

fn read(definition: &CustomProvider, answer: &Value) -> Draft {
    let amount = |pointer: &Option<String>, currency: Option<Currency>| {
        let amount = lenient::amount(answer.pointer(pointer.as_deref()?)?)?;
        let digits = currency.map_or(2, |currency| currency.digits());
        Some(if definition.in_cents { amount.of_minor(digits) } else { amount })
    };
    let mut draft = Draft::new();
    draft.plan = definition.plan.as_deref().and_then(|at| lenient::text(answer.pointer(at)?));
    for window in &definition.windows {
        if let Some(window) = window_of(window, answer) {
            draft.add(Some(window));
        }
    }
    let unit = definition.balance_unit;
    let of_unit = match unit {
        CreditUnit::Money(currency) => Some(currency),
        CreditUnit::Credits | CreditUnit::Requests | CreditUnit::Points => None,
    };
    draft.balance(draft::left(amount(&definition.balance, of_unit), unit));
    let currency = Currency::new(&definition.currency).unwrap_or(Currency::USD);
    let money = |pointer| amount(pointer, Some(currency));
    draft.spend = draft::spend(money(&definition.spent), money(&definition.spent_limit), currency);
    draft
}

/// A window, where the answer tells anything of it.
fn window_of(window: &CustomWindow, answer: &Value) -> Option<Window> {
    let at = |pointer: &Option<String>| answer.pointer(pointer.as_deref()?);
    let number = |pointer: &Option<String>| at(pointer).and_then(lenient::number);
    let limit = number(&window.limit);
    let allowance = Allowance::counted(number(&window.used), limit)
        .or(Allowance::left(number(&window.left), limit))
        .or(Allowance::used_percent(number(&window.used_percent)))
        .or(Allowance::left_percent(number(&window.left_percent)))
        .or(Allowance::used_fraction(number(&window.used_fraction)));
    let resets_at = at(&window.resets_at).and_then(lenient::instant);
    if allowance == Allowance::Unknown && resets_at.is_none() {
        return None;
    }
    let kind = window.minutes.map_or(WindowKind::Other, WindowKind::of_minutes);
    Some(draft::window(&window.id, kind, allowance, resets_at)?.lasting(window.minutes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn definition(text: &Value) -> CustomProvider {
        serde_json::from_value(text.clone()).unwrap()
    }

    #[test]
    fn an_answer_is_read_by_its_pointers_and_what_is_missing_is_unknown() {
        let definition = definition(&json!({
            "id": "acme", "name": "Acme", "url": "https://acme.example/usage", "plan": "/plan/0",
            "windows": [
                {"id": "session", "minutes": 300, "used": "/s/used", "limit": "/s/of", "resetsAt": "/s/ends"},
                {"id": "weekly", "minutes": 10080, "leftPercent": "/w"},
                {"id": "pages", "usedFraction": "/p"},
                {"id": "gone", "left": "/g/left", "limit": "/g/of"},
            ],
            "balance": "/cents", "balanceUnit": "eur", "spent": "/spent", "spentLimit": "/cap", "inCents": true,
        }));
        let draft = read(
            &definition,
            &json!({
                "plan": ["Pro"], "s": {"used": "12", "of": 48, "ends": 1_789_480_800}, "w": 20, "p": 0.5,
                "cents": 1250, "spent": "300", "cap": 1200,
            }),
        );
        let reading = draft.report().reading;
        let told: Vec<_> = reading
            .windows
            .iter()
            .map(|window| {
                (
                    window.id.as_str(),
                    window.kind.code(),
                    window.used.map(claudometer_core::Percent::get),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("session", "session", Some(25.0)),
                ("weekly", "weekly", Some(80.0)),
                ("pages", "other", Some(50.0))
            ]
        );
        assert!(reading.windows[0].resets_at.is_some());
        assert_eq!(reading.plan.as_deref(), Some("Pro"));
        let balance = reading.credits[0].balance;
        assert_eq!(balance.map(|left| left.fixed(2)).as_deref(), Some("12.50"));
        let spend = reading.spend.unwrap();
        assert_eq!(
            (spend.used.fixed(2), spend.used_percent.map(claudometer_core::Percent::get)),
            ("3.00".into(), Some(25.0))
        );
    }

    #[test]
    fn it_is_a_provider_like_any_other() {
        let provider = provider(&definition(&json!({
            "id": "acme", "name": "Acme Proxy", "url": "http://localhost:4000/usage", "keyVariable": "ACME_KEY",
        })));
        assert_eq!(
            (provider.id.as_str(), provider.name, provider.short),
            ("acme", "Acme Proxy", "Ac")
        );
        assert!(provider.sources[0].spec().sends.contains("localhost:4000"));
        assert_eq!(provider.secrets.len(), 1);
    }
}
