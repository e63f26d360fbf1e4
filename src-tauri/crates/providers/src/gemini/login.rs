//! The command's own login: read, and renewed in memory where that is possible.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{Account, Trouble};
use claudometer_host::{
    Host,
    http::{Request, Response},
    redact,
};
use claudometer_provider::{
    FetchError, answer, json,
    key::{Item, Lent},
    lenient,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use std::path::PathBuf;

const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
/// A token that ends sooner than this is as good as expired.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// What is known of a login.
pub(super) struct Login {
    access: SecretString,
    refresh: Option<SecretString>,
    expires_at: Option<DateTime<Utc>>,
    email: Option<String>,
    /// Whether it is of a kind that has no quotas: an API key, a project's own account.
    pub(super) has_no_quota: bool,
    /// Whether the command keeps it, and no person typed it.
    is_kept: bool,
}

/// Stands for the login of those who are signed in without one that has quotas.
const WITHOUT_QUOTA: &str = "signed in without quotas";

impl Login {
    /// Reads the file or the keychain's item of the command, or takes a bare token.
    pub(super) fn of(secret: &SecretString) -> Self {
        let text = secret.expose_secret();
        let Ok(value @ Value::Object(_)) = json::read(text) else {
            let has_no_quota = text == WITHOUT_QUOTA;
            let access = secret.clone();
            return Self { access, refresh: None, expires_at: None, email: None, has_no_quota, is_kept: false };
        };
        let inner =
            [&value["token"], &value["installed"]].into_iter().find(|part| part.is_object());
        let login = inner.unwrap_or(&value);
        let told =
            |names: &[&str]| lenient::text(lenient::any(login, names)).map(SecretString::from);
        let email =
            login["id_token"].as_str().and_then(|token| lenient::text(&claims(token)["email"]));
        Self {
            access: told(&["access_token", "accessToken"]).unwrap_or_default(),
            refresh: told(&["refresh_token", "refreshToken"]),
            expires_at: lenient::instant(lenient::any(login, &["expiry_date", "expiresAt"])),
            email,
            has_no_quota: false,
            is_kept: true,
        }
    }

    /// Whether the access token is no good any more, or will not be in a moment.
    pub(super) fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|ends| ends <= now + MARGIN)
    }
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).unwrap_or_default();
    json::read(bytes).unwrap_or_default()
}

/// Whose login it is: by its own token, else the account that the command names as the active one.
pub(super) fn account(login: &Login, host: &Host) -> Option<Account> {
    let active = || active_account(host).filter(|_| login.is_kept);
    login.email.clone().or_else(active).map(|email| Account { email: Some(email), ..Account::default() })
}

fn folder(host: &Host) -> PathBuf {
    let home = host.env.get("GEMINI_CLI_HOME").map(PathBuf::from);
    home.unwrap_or_else(|| host.home().to_owned()).join(".gemini")
}

/// The files of the command.
pub(super) fn files(host: &Host) -> Vec<PathBuf> {
    ["oauth_creds.json", "google_accounts.json", "settings.json"].map(|name| folder(host).join(name)).into()
}

/// The command's login, expired or not. Who is signed in by another kind is signed in: it stands for that.
pub(super) fn lent(host: &Host) -> Vec<Lent> {
    let path = folder(host).join("oauth_creds.json");
    let text = host.files.read_text(&path).ok().flatten().unwrap_or_default();
    if let Some(key) = stored(SecretString::from(text)) {
        return vec![Lent { key, place: host.tilde(&path) }];
    }
    let path = folder(host).join("settings.json");
    let settings = host.files.read(&path).ok().flatten().and_then(|text| json::read(text).ok());
    let other = settings.is_some_and(|settings| is_without_quota(&settings));
    let key = SecretString::from(WITHOUT_QUOTA);
    other.then(|| Lent { key, place: host.tilde(&path) }).into_iter().collect()
}

/// The keyring's item, where the command was told to keep its login there and not in the file.
pub(super) fn item(host: &Host) -> Option<Item> {
    host.files.entry(&folder(host))?;
    let place = "the keyring item gemini-cli-oauth".to_owned();
    let own = lent(host);
    let in_file = own.iter().any(|lent| lent.key.expose_secret() != WITHOUT_QUOTA);
    (!in_file).then(|| Item {
        service: "gemini-cli-oauth",
        user: "main-account".to_owned(),
        place,
        decode: |kept| stored(kept.clone()),
    })
}

/// What is kept, where it is a login.
fn stored(kept: SecretString) -> Option<SecretString> {
    let login = Login::of(&kept);
    for token in [Some(&login.access), login.refresh.as_ref()].into_iter().flatten() {
        redact::register(token.expose_secret());
    }
    let object = json::read(kept.expose_secret()).is_ok_and(|value| value.is_object());
    (object && !login.access.expose_secret().is_empty()).then_some(kept)
}

fn active_account(host: &Host) -> Option<String> {
    let bytes = host.files.read(&folder(host).join("google_accounts.json")).ok()??;
    lenient::text(&json::read(bytes).ok()?["active"])
}

/// Whether the kind of login that is chosen has no quotas to ask for.
fn is_without_quota(settings: &Value) -> bool {
    let auth = &settings["security"]["auth"]["selectedType"];
    let kind = auth.as_str().or_else(|| settings["selectedAuthType"].as_str());
    kind.is_some_and(|kind| kind != "oauth-personal" && kind != "cloud-shell")
}

/// A token that is good now.
pub(super) async fn token(login: &Login, host: &Host) -> Result<SecretString, FetchError> {
    if !login.has_expired(host.now()) {
        return Ok(login.access.clone());
    }
    let variable = |name: &str| host.env.get(name).map(str::to_owned);
    let program = variable("GEMINI_OAUTH_CLIENT_ID").zip(variable("GEMINI_OAUTH_CLIENT_SECRET"));
    let (Some((id, secret)), Some(refresh)) = (program, &login.refresh) else {
        let detail = "The login has expired; its own program renews it when it is started.";
        return Err(FetchError::local(Trouble::AuthExpired, detail));
    };
    let fields = [
        ("client_id", id.as_str()),
        ("client_secret", secret.as_str()),
        ("refresh_token", refresh.expose_secret()),
        ("grant_type", "refresh_token"),
    ];
    let body = fields.map(|(name, value)| format!("{name}={}", escaped(value))).join("&");
    let request =
        Request::post(TOKEN_URL, body).header("content-type", "application/x-www-form-urlencoded");
    let response = answer::send(host, request).await?;
    renewed(&response, host.now()).map(|(token, _)| token)
}

/// A value of a form.
fn escaped(text: &str) -> String {
    let letter = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(letter).collect()
}

/// Reads the answer to a renewal: the token and until when it is good.
pub(super) fn renewed(
    response: &Response,
    now: DateTime<Utc>,
) -> Result<(SecretString, Option<DateTime<Utc>>), FetchError> {
    let body = super::VENDOR.read(response, now)?;
    let token = lenient::text(&body["access_token"]).ok_or_else(|| {
        FetchError::unreadable(
            "The renewed login has no token.",
            Some(claudometer_provider::shape::of(&body)),
        )
    })?;
    redact::register(&token);
    let seconds = lenient::count(&body["expires_in"]);
    let ends = seconds.map(|seconds| now + TimeDelta::seconds(i64::from(seconds)));
    Ok((SecretString::from(token), ends))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn an_expired_login_is_left_to_its_own_program_and_nobody_is_asked() {
        let host = testing::host(&[]);
        let login = Login::of(&SecretString::from(
            r#"{"access_token": "ya29.old", "refresh_token": "r", "expiry_date": 1000}"#,
        ));
        let error = token(&login, &host).await.unwrap_err();
        assert!(error.local && error.trouble == Trouble::AuthExpired);
    }

    #[tokio::test]
    async fn with_the_program_named_it_is_renewed_in_memory() {
        use claudometer_host::Http;
        let mut host = testing::host(&[
            ("GEMINI_OAUTH_CLIENT_ID", "id"),
            ("GEMINI_OAUTH_CLIENT_SECRET", "s/1"),
        ]);
        host.http = Http::recorded(|request| {
            assert!(
                request.body.as_deref().is_some_and(|body| body.contains("client_secret=s%2F1"))
            );
            Ok(Response {
                status: 200,
                headers: Vec::new(),
                body: br#"{"access_token": "ya29.new", "expires_in": 60}"#.to_vec(),
            })
        });
        let login = Login::of(&SecretString::from(
            r#"{"access_token": "ya29.old", "refresh_token": "r", "expiry_date": 1000}"#,
        ));
        assert_eq!(token(&login, &host).await.unwrap().expose_secret(), "ya29.new");
    }
}
