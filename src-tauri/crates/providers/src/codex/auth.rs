//! Codex's own login: where it lies, whose it is, and which one to use.
//!
//! Read only. A refresh token is never used: redeeming one would sign Codex itself out.

use super::{claims::Claims, home, keyring};
use chrono::{DateTime, Utc};
use claudometer_core::{Account, AccountKey, ProviderId, Seat, Trouble};
use claudometer_host::{Host, redact};
use claudometer_provider::{
    FetchError, Fingerprint, Found, json,
    lenient::{any, instant, text},
    source::hex16,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

/// The provider's id.
pub const ID: ProviderId = ProviderId::new("codex");
/// Key of the account when the login does not tell which one it is.
const UNNAMED: AccountKey = AccountKey::new("default");

/// A login with a ChatGPT account.
#[derive(Debug, Clone)]
pub struct Login {
    /// The access token.
    pub token: SecretString,
    /// Whose it is: its id is that of the workspace, or of the person's own account.
    pub account: Account,
    /// The vendor's id of the person, where the login tells it.
    pub user: Option<String>,
    /// The plan in the vendor's own word, as of when the token was issued.
    pub plan: Option<String>,
    /// When the token expires, in UTC; `None` where that is not said.
    pub expires_at: Option<DateTime<Utc>>,
    /// When the token was issued, in UTC.
    pub issued_at: Option<DateTime<Utc>>,
    /// When the person signed in, in UTC.
    pub signed_in_at: Option<DateTime<Utc>>,
    /// Whether the account belongs to the government's own installation.
    pub fedramp: bool,
}

impl Login {
    /// A personal access token of which the vendor told whose it is.
    pub const fn of_token(token: SecretString, account: Account, plan: Option<String>) -> Self {
        let (user, expires_at, issued_at, signed_in_at) = (None, None, None, None);
        Self { token, account, user, plan, expires_at, issued_at, signed_in_at, fedramp: false }
    }

    /// By what it is known again: once renewed it is still the same account's.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.token).of_account(self.account.id.as_deref())
    }

    /// Whether it has expired at `now`.
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// What a place holds.
#[derive(Debug, Clone)]
pub enum Stored {
    /// A login.
    Login(Box<Login>),
    /// A personal access token, of which the vendor tells whose it is.
    AccessToken(SecretString),
    /// A login of another kind, which has no limits of a plan or which only Codex itself can use: what it is.
    Foreign(&'static str),
    /// An API key, which has no limits of a plan.
    ApiKey,
    /// Nobody is signed in.
    Nothing,
    /// Something that is not understood.
    Damaged,
    /// The keyring did not give it out.
    Locked,
}

/// Reads what Codex stores.
pub fn read(stored: &str) -> Stored {
    let Ok(value) = json::read(stored) else { return Stored::Damaged };
    if !value.is_object() {
        return Stored::Damaged;
    }
    // Old files have the tokens beside everything else.
    let tokens = if value["tokens"].is_object() { &value["tokens"] } else { &value };
    let member = |names: &[&str]| text(any(tokens, names));
    let personal = text(&value["personal_access_token"]);
    let key = text(&value["OPENAI_API_KEY"]);
    personal.iter().chain(&key).for_each(|secret| redact::register(secret));
    let has_agent =
        !matches!(&value["agent_identity"], Value::Null) && value["agent_identity"] != "";
    let mode = value["auth_mode"].as_str().unwrap_or_default().to_ascii_lowercase();
    match (mode.as_str(), personal, key) {
        ("personalaccesstoken", Some(token), _) => Stored::AccessToken(token.into()),
        ("apikey", _, Some(_)) => Stored::ApiKey,
        ("agentidentity", ..) => Stored::Foreign("the identity of an agent"),
        ("headers", ..) => Stored::Foreign("headers of a company's own gateway"),
        ("bedrockapikey", ..) => Stored::Foreign("an API key of Amazon Bedrock"),
        ("bedrockaccesskeys", ..) => Stored::Foreign("access keys of Amazon Bedrock"),
        (_, personal, key) => match (member(&["access_token", "accessToken"]), personal, key) {
            (Some(token), ..) => Stored::Login(Box::new(login(token, &member, tokens))),
            (None, Some(token), _) => Stored::AccessToken(token.into()),
            (None, None, _) if has_agent => Stored::Foreign("the identity of an agent"),
            (None, None, Some(_)) => Stored::ApiKey,
            (None, None, None) => Stored::Nothing,
        },
    }
}

fn login(token: String, member: &dyn Fn(&[&str]) -> Option<String>, tokens: &Value) -> Login {
    let id_token = member(&["id_token", "idToken"]).unwrap_or_default();
    for secret in
        [&token, &id_token, &member(&["refresh_token", "refreshToken"]).unwrap_or_default()]
    {
        redact::register(secret);
    }
    let (access, id) = (Claims::of(&token), Claims::of(&id_token));
    let account_id = member(&["account_id", "accountId"])
        .or_else(|| id.account_id())
        .or_else(|| access.account_id());
    let email = id.email().or_else(|| access.email());
    Login {
        token: SecretString::from(token),
        account: Account { id: account_id, email, ..Account::default() },
        user: id.user_id().or_else(|| access.user_id()),
        plan: id.plan().or_else(|| access.plan()),
        expires_at: access
            .expires_at()
            .or_else(|| instant(any(tokens, &["expires_at", "expiresAt"]))),
        issued_at: access.issued_at().max(id.issued_at()),
        signed_in_at: id.signed_in_at().or_else(|| access.signed_in_at()),
        fedramp: id.is_fedramp() || access.is_fedramp(),
    }
}

/// A place and what it holds.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The place, for people.
    pub place: String,
    /// What it holds.
    pub stored: Stored,
}

/// Everything that lies on this machine: the keyring first where Codex is set to use it, then files.
pub async fn candidates(host: &Host) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = keyring::candidate(host).await.into_iter().collect();
    found.extend(in_files(host));
    found.extend(in_variables(host));
    found
}

/// What Codex takes from its own variables where no file says otherwise.
fn in_variables(host: &Host) -> Vec<Candidate> {
    let variable = |name: &str, stored: Stored| {
        let secret = host.env.get(name).filter(|secret| !secret.trim().is_empty())?;
        redact::register(secret.trim());
        Some(Candidate { place: format!("the variable {name}"), stored })
    };
    let agent = variable("CODEX_ACCESS_TOKEN", Stored::Foreign("an access token of an agent"));
    agent.into_iter().chain(variable("CODEX_API_KEY", Stored::ApiKey)).collect()
}

/// What lies in files.
pub fn in_files(host: &Host) -> Vec<Candidate> {
    let stored = |path: &std::path::Path| match host.files.read_text(path) {
        Ok(Some(text)) => Some(read(&text)),
        Ok(None) => None,
        Err(_) => Some(Stored::Damaged),
    };
    let files = home::login_files(host);
    files
        .iter()
        .filter_map(|path| Some(Candidate { place: host.tilde(path), stored: stored(path)? }))
        .collect()
}

/// The login to use: the first that has not expired. `refused` is a token that the vendor has just refused.
pub fn choose<'a>(
    candidates: &'a [Candidate],
    refused: Option<&SecretString>,
    now: DateTime<Utc>,
) -> Result<&'a Login, FetchError> {
    let is_refused = |login: &Login| {
        refused.is_some_and(|token| token.expose_secret() == login.token.expose_secret())
    };
    let usable = |login: &&Login| !login.has_expired(now) && !is_refused(login);
    logins(candidates).map(|(_, login)| login).find(usable).ok_or_else(|| why_none(candidates, now))
}

fn logins(candidates: &[Candidate]) -> impl Iterator<Item = (&Candidate, &Login)> {
    candidates.iter().filter_map(|candidate| match &candidate.stored {
        Stored::Login(login) => Some((candidate, login.as_ref())),
        Stored::AccessToken(_)
        | Stored::Foreign(_)
        | Stored::ApiKey
        | Stored::Nothing
        | Stored::Damaged
        | Stored::Locked => None,
    })
}

/// The personal access token that Codex is signed in with, and its place: only where no login comes before it.
pub fn access_token(candidates: &[Candidate]) -> Option<(&str, &SecretString)> {
    candidates.iter().find_map(|candidate| match &candidate.stored {
        Stored::Login(_) => Some(None),
        Stored::AccessToken(token) => Some(Some((candidate.place.as_str(), token))),
        Stored::Foreign(_)
        | Stored::ApiKey
        | Stored::Nothing
        | Stored::Damaged
        | Stored::Locked => None,
    })?
}

/// Why no login can be used, the reason that is nearest to a good one first.
fn why_none(candidates: &[Candidate], now: DateTime<Utc>) -> FetchError {
    if let Some((Candidate { place, .. }, login)) = logins(candidates).next() {
        let what = if login.has_expired(now) { "has expired" } else { "was refused by the vendor" };
        return FetchError::local(Trouble::AuthExpired, format!("The login in {place} {what}."));
    }
    let reason = |Candidate { place, stored }: &Candidate| match stored {
        Stored::Locked => {
            Some((0, Trouble::Keychain, format!("{place} did not give out the login.")))
        }
        Stored::AccessToken(_) => Some((
            1,
            Trouble::ForbiddenScope,
            format!(
                "Codex is signed in with a personal access token ({place}), which cannot read the limits of a plan."
            ),
        )),
        Stored::Foreign(what) => Some((
            1,
            Trouble::ForbiddenScope,
            format!(
                "Codex is signed in with {what} ({place}), which cannot read the limits of a plan."
            ),
        )),
        Stored::ApiKey => Some((
            2,
            Trouble::ForbiddenScope,
            format!(
                "Codex is signed in with an API key ({place}), which cannot read the limits of a plan."
            ),
        )),
        Stored::Damaged => {
            Some((3, Trouble::BadPayload, format!("The login in {place} is not readable.")))
        }
        Stored::Login(_) | Stored::Nothing => None,
    };
    let nearest = candidates.iter().filter_map(reason).min_by_key(|(rank, ..)| *rank);
    match nearest {
        Some((_, trouble, detail)) => FetchError::local(trouble, detail),
        None => FetchError::local(Trouble::AuthMissing, "No Codex login was found."),
    }
}

/// The seat that a source found at `place` answers for: whoever is signed in.
pub fn found(candidates: &[Candidate], place: String, now: DateTime<Utc>) -> Found {
    let login = choose(candidates, None, now)
        .ok()
        .or_else(|| logins(candidates).next().map(|(_, login)| login));
    let account = login.map(|login| login.account.clone());
    of_account(account, login.and_then(|login| login.user.as_deref()), place)
}

/// The seat of a person in a workspace, or of an account of their own.
pub fn of_account(account: Option<Account>, user: Option<&str>, place: String) -> Found {
    let account = account.filter(|account| *account != Account::default());
    let id = account.as_ref().and_then(|account| account.id.as_deref());
    let key = id.map(|id| match user {
        Some(user) => AccountKey::owned(hex16(&format!("{id}/{user}"))),
        None => AccountKey::owned(hex16(id)),
    });
    let formerly = id.map(|id| vec![AccountKey::owned(hex16(id)), UNNAMED]).unwrap_or_default();
    let seat = Seat { provider: ID, account: key.unwrap_or(UNNAMED) };
    Found { account, formerly, ..Found::at(seat, place) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codex::testing::{self, jwt};
    use serde_json::json;

    fn candidate(place: &str, text: &str) -> Candidate {
        Candidate { place: place.to_owned(), stored: read(text) }
    }

    fn chosen(candidates: &[Candidate], refused: Option<&str>) -> Result<String, Trouble> {
        let refused = refused.map(SecretString::from);
        let login = choose(candidates, refused.as_ref(), testing::now());
        login.map(|login| login.token.expose_secret().to_owned()).map_err(|error| {
            assert!(error.local && error.detail.ends_with('.'), "{error:?}");
            error.trouble
        })
    }

    #[test]
    fn what_is_stored_is_read_in_every_form() {
        for (text, want) in [
            (json!({"tokens": {"access_token": "t"}}), Ok("t".to_owned())),
            (json!({"tokens": {"accessToken": "t"}, "OPENAI_API_KEY": ""}), Ok("t".to_owned())),
            (
                json!({"tokens": {"access_token": "t"}, "OPENAI_API_KEY": "sk-proj-x"}),
                Ok("t".to_owned()),
            ),
            (
                json!({"access_token": "t", "refresh_token": "r", "expires_at": 1_789_480_000}),
                Ok("t".to_owned()),
            ),
            (
                json!({"access_token": "t", "expires_at": 1_789_473_600_000_i64}),
                Err(Trouble::AuthExpired),
            ),
            (
                json!({"access_token": "t", "expires_at": "2026-09-15T11:59:59Z"}),
                Err(Trouble::AuthExpired),
            ),
            (json!({"OPENAI_API_KEY": "sk-proj-x", "tokens": null}), Err(Trouble::ForbiddenScope)),
            (json!({"tokens": null, "personal_access_token": "pat"}), Err(Trouble::ForbiddenScope)),
            (json!({"tokens": null, "agent_identity": {"x": 1}}), Err(Trouble::ForbiddenScope)),
            (json!({"auth_mode": "headers"}), Err(Trouble::ForbiddenScope)),
            (json!({"auth_mode": "bedrockApiKey", "tokens": null}), Err(Trouble::ForbiddenScope)),
            (
                json!({"auth_mode": "apikey", "OPENAI_API_KEY": "sk-x", "tokens": {"access_token": "t"}}),
                Err(Trouble::ForbiddenScope),
            ),
            (
                json!({"auth_mode": "chatgpt", "OPENAI_API_KEY": "sk-x", "tokens": {"access_token": "t"}}),
                Ok("t".to_owned()),
            ),
            (
                json!({"OPENAI_API_KEY": null, "tokens": null, "agent_identity": null}),
                Err(Trouble::AuthMissing),
            ),
            (json!({"tokens": {"access_token": ""}}), Err(Trouble::AuthMissing)),
            (json!([]), Err(Trouble::BadPayload)),
        ] {
            assert_eq!(chosen(&[candidate("file", &text.to_string())], None), want, "{text}");
        }
        assert_eq!(chosen(&[candidate("file", "{\"cut\":")], None), Err(Trouble::BadPayload));
        assert_eq!(chosen(&[], None), Err(Trouble::AuthMissing));
        let locked = Candidate { place: "The keyring".to_owned(), stored: Stored::Locked };
        assert_eq!(chosen(&[locked, candidate("file", "{}")], None), Err(Trouble::Keychain));
    }

    #[test]
    fn the_first_login_that_lasts_is_used_and_a_refused_one_gives_way() {
        let login = |mark: &str, exp: i64| {
            json!({"tokens": {"access_token": format!("{}{mark}", jwt(&json!({"exp": exp})))}})
                .to_string()
        };
        let all = [
            candidate("a", &login("old", 1_789_473_600)),
            candidate("b", &login("one", 1_789_473_601)),
            candidate("c", &login("two", 1_789_473_602)),
        ];
        let one = chosen(&all, None).unwrap();
        assert!(one.ends_with("one"), "{one}");
        assert!(chosen(&all, Some(&one)).unwrap().ends_with("two"));
        assert_eq!(chosen(&all[..1], None), Err(Trouble::AuthExpired));
        assert_eq!(chosen(&all[1..2], Some(&one)), Err(Trouble::AuthExpired));
    }

    #[test]
    fn the_account_is_named_by_the_file_then_by_the_id_token_then_by_the_access_token() {
        let token =
            |id: &str| jwt(&json!({"https://api.openai.com/auth": {"chatgpt_account_id": id}}));
        for (tokens, want) in [
            (
                json!({"account_id": "file", "id_token": token("id"), "access_token": token("access")}),
                Some("file"),
            ),
            (
                json!({"account_id": null, "id_token": token("id"), "access_token": token("access")}),
                Some("id"),
            ),
            (json!({"access_token": token("access")}), Some("access")),
            (json!({"access_token": "opaque"}), None),
        ] {
            let found = found(
                &[candidate("file", &json!({"tokens": tokens}).to_string())],
                String::new(),
                testing::now(),
            );
            assert_eq!(found.account.and_then(|account| account.id).as_deref(), want);
            assert_eq!(found.seat.account.as_str(), want.map_or("default".to_owned(), hex16));
        }
    }

    #[test]
    fn who_is_signed_in_by_another_kind_is_told_which_kind() {
        for (text, words) in [
            (json!({"personal_access_token": "pat"}), "a personal access token"),
            (json!({"auth_mode": "agentIdentity"}), "the identity of an agent"),
            (json!({"OPENAI_API_KEY": "sk-x"}), "an API key"),
        ] {
            let all = [candidate("~/.codex/auth.json", &text.to_string())];
            let error = choose(&all, None, testing::now()).unwrap_err();
            assert!(error.detail.contains(words) && error.detail.contains("auth.json"), "{error}");
        }
    }

    #[test]
    fn members_of_one_workspace_are_seats_of_their_own() {
        let key = |user: Option<&str>| {
            let claims = json!({"https://api.openai.com/auth": {"chatgpt_account_id": "team", "chatgpt_user_id": user}});
            let text = json!({"tokens": {"access_token": jwt(&claims)}}).to_string();
            found(&[candidate("file", &text)], String::new(), testing::now())
        };
        let (dana, eli, unsaid) = (key(Some("dana")), key(Some("eli")), key(None));
        assert_ne!(dana.seat, eli.seat);
        assert!(dana.formerly.contains(&unsaid.seat.account), "as an earlier release had it");
    }

    #[test]
    fn an_expired_login_still_says_whose_seat_it_is() {
        let text = testing::login(1, "");
        let found = found(&[candidate("file", &text)], String::new(), testing::now());
        assert_eq!(found.seat.account.as_str(), hex16("acc-1"));
    }
}
