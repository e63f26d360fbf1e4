//! Antigravity: what is left, as the running editor tells it, or asked with its login.

use crate::keyed::keyed;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use claudometer_core::{Account, Allowance, Trouble, Window, WindowKind};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{
    Draft, FetchError, Odd, Report, Vendor, Word, draft, json,
    key::{Item, Lent},
    lenient,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use std::path::PathBuf;

keyed! {
    id: "antigravity", name: "Antigravity", short: "Ag", dashboard: "https://antigravity.google/",
    variables: [], key: "Access token", help: "Sign in to the Antigravity editor; its login is read. An access token can be typed too.", asks: "daily-cloudcode-pa.googleapis.com and, where that does not answer, cloudcode-pa.googleapis.com for the quotas of the login",
    status: Some(claudometer_provider::StatusPage { url: "https://www.google.com/appsstatus/dashboard/incidents.json", link: "https://www.google.com/appsstatus/dashboard", form: claudometer_provider::status::Form::Incidents { product: "npdyhgECDJ6tB66MxXyo" } }), lent: lent, files: |host| vec![database(host)],
    replays: ["antigravity/"],
    scenes: {
        "calm": [("v1internal", 200, "fixtures/antigravity/quota_summary_wrapped.json")],
        "refused": [("v1internal", 401, "fixtures/antigravity/error_401.json")],
    },
    stage: server::stage,
    before: &server::SERVER,
    item: keyring,
}

mod server;

const VENDOR: Vendor = Vendor {
    sign_in: &["accounts.google.com"],
    form: &["/error/status", "/error/code", "/error_description"],
    says: &[(Word::Kind("UNAUTHENTICATED"), Trouble::AuthExpired)],
    means: &[(403, Trouble::AuthExpired)],
    ..Vendor::of(&["googleapis.com", "google.com"])
};
const HOSTS: [&str; 2] =
    ["https://daily-cloudcode-pa.googleapis.com", "https://cloudcode-pa.googleapis.com"];
const TABLE: &str = "ItemTable";
const STATUS: &str = "antigravityAuthStatus";
/// Pools of models by what their names hold, all of it.
const POOLS: [(&str, &[&str]); 4] = [
    ("gemini-pro", &["gemini", "pro"]),
    ("gemini-flash", &["gemini", "flash"]),
    ("claude-gpt", &["claude"]),
    ("claude-gpt", &["gpt"]),
];

/// The summary of both hosts in turn; where neither has one, the quotas of the models.
async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let metadata = json!({"metadata": {"ideType": "ANTIGRAVITY"}});
    let (tier, _) = call("loadCodeAssist", &metadata, key, host).await?;
    let project = lenient::text(&tier["cloudaicompanionProject"])
        .or_else(|| lenient::text(&tier["cloudaicompanionProject"]["id"]));
    let body = project.map_or_else(|| json!({}), |project| json!({"project": project}));
    let (mut draft, (answer, failed)) =
        match call("retrieveUserQuotaSummary", &body, key, host).await {
            Ok(told) => (summary(&told.0), told),
            Err(error) if matches!(error.trouble, Trouble::BadPayload | Trouble::UpstreamDown) => {
                let told = call("fetchAvailableModels", &body, key, host).await?;
                (models(&told.0), told)
            }
            Err(error) => return Err(error),
        };
    if failed.is_some() {
        draft = draft.of_mirror();
    }
    let named = [&tier["paidTier"]["name"], &tier["currentTier"]["name"]];
    draft.plan = named.into_iter().find_map(lenient::text);
    let own = lent(host).iter().any(|lent| lent.is(key));
    draft.account = account(host).filter(|_| own);
    draft.finish(&answer).map_err(|error| failed.unwrap_or(error))
}

/// An answer, and why the first host did not give it where the second one did.
async fn call(
    method: &str,
    body: &Value,
    key: &SecretString,
    host: &Host,
) -> Result<(Value, Option<FetchError>), FetchError> {
    let ask = |base: &str| {
        let request = Request::post(format!("{base}/v1internal:{method}"), body.to_string());
        VENDOR.ask(host, request.header("user-agent", "antigravity").bearer(key))
    };
    match ask(HOSTS[0]).await {
        Err(error) if error.trouble == Trouble::UpstreamDown && error.retry_after.is_none() => {
            ask(HOSTS[1]).await.map(|answer| (answer, Some(error)))
        }
        first => first.map(|answer| (answer, None)),
    }
}

/// Groups of buckets; what is turned off is left out.
fn summary(answer: &Value) -> Draft {
    let inner = if answer["response"].is_object() { &answer["response"] } else { answer };
    let mut draft = Draft::new();
    for group in draft.elements("groups", &inner["groups"]) {
        draft.each("buckets", &group["buckets"], bucket);
    }
    draft
}

fn bucket(bucket: &Value) -> Result<Option<Window>, Odd> {
    let id = lenient::text(&bucket["bucketId"]).ok_or(Odd::Broken("bucketId is missing"))?;
    let length = lenient::text(&bucket["window"]);
    let kind = match length.as_deref().or_else(|| id.rsplit('-').next()) {
        Some("5h") => WindowKind::Session,
        Some("weekly") => WindowKind::Weekly,
        Some("daily") => WindowKind::Daily,
        _ => WindowKind::Other,
    };
    let allowance = Allowance::left_fraction(remaining(bucket)).only_if(bucket["disabled"] != true);
    let mut window = draft::window(&id, kind, allowance, lenient::instant(&bucket["resetTime"]));
    if let Some(window) = window.as_mut().filter(|_| id.starts_with("3p-")) {
        // As the editor calls the models that are not its vendor's.
        window.scope.pool = Some("Other models".to_owned());
    }
    Ok(window)
}

/// What remains, as a fraction, comes in three forms.
fn remaining(bucket: &Value) -> Option<f64> {
    let nested = &bucket["remaining"];
    [&nested["remainingFraction"], &nested["value"], &bucket["remainingFraction"]]
        .into_iter()
        .find_map(lenient::number)
}

/// Models by name, each with what remains of it.
fn models(answer: &Value) -> Draft {
    // What only the vendor itself uses is no quota of the person's.
    let all = answer["models"].as_object().into_iter().flatten();
    let all = all.filter(|(_, model)| model["isInternal"] != true);
    let named = all.map(|(id, model)| {
        (lenient::text(&model["displayName"]).unwrap_or_else(|| id.clone()), &model["quotaInfo"])
    });
    let mut draft = Draft::new();
    pooled(&mut draft, named);
    draft
}

/// Per pool the model of which least is left; one that is not reported makes no figure.
fn pooled<'a>(draft: &mut Draft, models: impl Iterator<Item = (String, &'a Value)>) {
    for (name, quota) in models {
        let name = name.to_ascii_lowercase();
        let pool = POOLS.iter().find(|(_, parts)| parts.iter().all(|part| name.contains(part)));
        let left = lenient::number(&quota["remainingFraction"]);
        let (Some((id, _)), Some(left)) = (pool, left) else { continue };
        let ends = lenient::instant(&quota["resetTime"]);
        let window =
            draft::window(id, WindowKind::Session, Allowance::left_fraction(Some(left)), ends);
        draft.add(window.map(|window| Window { minutes: None, ..window }));
    }
}

fn database(host: &Host) -> PathBuf {
    let base = if cfg!(target_os = "macos") {
        host.home().join("Library/Application Support")
    } else {
        let given = host.env.get("XDG_CONFIG_HOME").map(PathBuf::from);
        given.unwrap_or_else(|| host.home().join(".config"))
    };
    base.join("Antigravity/User/globalStorage/state.vscdb")
}

fn status(host: &Host) -> Option<Value> {
    let found = host.files.database_value(&database(host), TABLE, STATUS);
    let text = found
        .inspect_err(|error| tracing::debug!(%error, "the editor's database cannot be read now"));
    json::read(text.ok()??).ok()
}

fn account(host: &Host) -> Option<Account> {
    let email = lenient::text(&status(host)?["email"])?;
    Some(Account { email: Some(email), ..Account::default() })
}

/// The editor's login: it renews it, we never do.
fn lent(host: &Host) -> Vec<Lent> {
    let key = status(host).and_then(|status| lenient::text(&status["apiKey"]));
    let place = host.tilde(&database(host));
    key.map(|key| Lent { key: SecretString::from(key), place }).into_iter().collect()
}

/// Where the vendor's newer programs keep the same login; that of the editor is as good.
fn keyring(host: &Host) -> Option<Item> {
    lent(host).is_empty().then(|| Item {
        service: "gemini",
        user: "antigravity".to_owned(),
        place: "the keyring item gemini of antigravity".to_owned(),
        decode: |kept| {
            let text = kept.expose_secret().trim();
            let plain = match text.strip_prefix("go-keyring-base64:") {
                Some(coded) => STANDARD.decode(coded).ok()?,
                None => text.as_bytes().to_owned(),
            };
            let kept = json::read(plain).ok()?;
            lenient::text(&kept["token"]["access_token"]).map(SecretString::from)
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use claudometer_host::{
        Http,
        http::{HttpError, Response},
    };

    #[test]
    fn the_editors_login_is_read_from_its_database() {
        let host = testing::host(&[]);
        let status = json!({"apiKey": "ya29.editor", "email": "gil@example.com"}).to_string();
        let text = json!({STATUS: status}).to_string();
        host.files.write_private(&database(&host), text.as_bytes()).unwrap();
        assert_eq!(lent(&host)[0].key.expose_secret(), "ya29.editor");
        assert_eq!(
            account(&host).and_then(|account| account.email).as_deref(),
            Some("gil@example.com")
        );
    }

    #[test]
    fn the_keyrings_login_is_read_as_it_is_or_coded() {
        let plain =
            json!({"token": {"access_token": "ya29.kept", "refresh_token": "never"}}).to_string();
        let coded = format!("go-keyring-base64:{}", STANDARD.encode(&plain));
        let item = keyring(&testing::host(&[])).unwrap();
        for kept in [plain, coded] {
            let key = (item.decode)(&SecretString::from(kept)).unwrap();
            assert_eq!(key.expose_secret(), "ya29.kept");
        }
        assert!((item.decode)(&SecretString::from("go-keyring-base64:%%")).is_none());
    }

    #[test]
    fn of_a_pool_the_worst_model_counts_and_an_unknown_one_makes_no_figure() {
        let answer = json!({"models": {
            "a": {"displayName": "Gemini 3 Pro", "quotaInfo": {"remainingFraction": 0.9}},
            "gemini-3-pro-low": {"quotaInfo": {"remainingFraction": 0.4}},
            "b": {"displayName": "GPT", "quotaInfo": {}},
            "c": {"displayName": "Gemini 3 Pro Test", "isInternal": true, "quotaInfo": {"remainingFraction": 0.01}},
        }});
        let shown: Vec<_> = models(&answer)
            .report()
            .reading
            .windows
            .into_iter()
            .map(|w| (w.id, w.used.map(|used| used.get().round())))
            .collect();
        assert_eq!(shown, [("gemini-pro".to_owned(), Some(60.0))]);
    }

    #[tokio::test]
    async fn while_the_first_host_fails_only_what_the_second_says_is_used_counts() {
        for (fractions, shown) in [([1.0, 1.0], None), ([1.0, 0.4], Some(60.0))] {
            let [pro, flash] = fractions;
            let buckets = json!({"groups": [{"buckets": [
                {"bucketId": "gemini-5h", "remainingFraction": pro},
                {"bucketId": "gemini-weekly", "remainingFraction": flash},
            ]}]});
            let http = Http::recorded(move |request| {
                let body = if request.url.contains("loadCodeAssist") {
                    "{}".to_owned()
                } else if request.url.starts_with(HOSTS[0]) {
                    return Err(HttpError::Connect);
                } else {
                    buckets.to_string()
                };
                Ok(Response { status: 200, headers: Vec::new(), body: body.into() })
            });
            let host = Host { http, ..testing::host(&[]) };
            let told = ask(&SecretString::from("ya29.typed"), &host).await;
            let used = told.as_ref().ok().map(|report| {
                let told = report.reading.windows.iter().filter_map(|window| window.used);
                told.map(|used| used.get().round()).collect::<Vec<_>>()
            });
            assert_eq!(used, shown.map(|used| vec![used]));
            let trouble = told.err().map(|error| error.trouble);
            assert_eq!(trouble, shown.is_none().then_some(Trouble::UpstreamDown));
        }
    }
}
