//! The typed web session in Claudometer's own secret store.

use super::{
    PROVIDER,
    cookie::{self, Cookies},
};
use claudometer_core::Trouble;
use claudometer_host::{
    Host, redact,
    secrets::{Keep, SecretError, SecretKey},
};
use claudometer_provider::FetchError;
use secrecy::SecretString;

/// Id of the secret within the provider.
pub(super) const FIELD: &str = "session_key";

fn key() -> SecretKey {
    PROVIDER.secret_key(FIELD)
}

fn failed(error: SecretError) -> FetchError {
    FetchError::local(Trouble::Keychain, error.to_string())
}

/// The session that was typed; `None` where none was.
pub(super) async fn stored(host: &Host) -> Result<Option<Cookies>, FetchError> {
    let Some(secret) = host.secrets.get(&key()).await.map_err(failed)? else { return Ok(None) };
    let none = || FetchError::local(Trouble::AuthMissing, "What was typed holds no session key.");
    let cookies = cookie::stored(&secret).ok_or_else(none)?;
    cookies.session().into_iter().for_each(redact::register);
    Ok(Some(cookies))
}

/// The session that was typed, or why there is none.
pub(super) async fn required(host: &Host) -> Result<Cookies, FetchError> {
    stored(host)
        .await?
        .ok_or_else(|| FetchError::local(Trouble::AuthMissing, "No session key was typed."))
}

/// Puts a session in the place of the one that was typed, kept the same way as that.
pub(super) async fn replace(host: &Host, secret: SecretString) -> Result<(), FetchError> {
    let keep = host.secrets.kept(&key()).await.unwrap_or(Keep::Session);
    host.secrets.set(&key(), secret, keep).await.map_err(failed)
}
