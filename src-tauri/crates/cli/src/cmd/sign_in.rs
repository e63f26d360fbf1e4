//! `auth --device`: signing in with a code that is typed at the vendor.

use super::way::Way;
use crate::{args::Args, exit::Exit, out, setup::Refusal};
use claudometer_host::Host;
use claudometer_provider::{FetchError, Provider};
use claudometer_wire::{Command, Draft, SecretDraft, SettingsState};
use secrecy::ExposeSecret as _;

/// Shows a code, waits until it was typed, and keeps what the vendor gives for it. Ctrl-C ends the wait.
pub(crate) async fn run(
    args: &Args,
    provider: &'static Provider,
    host: Host,
) -> Result<Exit, Refusal> {
    let login = provider.device.ok_or_else(|| {
        let message = format!(
            "{} does not let others sign in with a code. {}",
            provider.name, provider.sign_in
        );
        (message, Exit::Config)
    })?;
    let failed = |error: FetchError| (error.detail, Exit::of_code(error.trouble.code()));
    let code = login.begin(&host).await.map_err(failed)?;
    out::print(&format!("Open {} and type {}\n", code.address, code.user_code));
    out::say("Waiting until it was typed; Ctrl-C ends this.");
    let token = tokio::select! {
        token = login.finish(&code, &host) => token.map_err(failed)?,
        _ = tokio::signal::ctrl_c() => {
            return Err(("Nobody signed in; nothing was kept.".to_owned(), Exit::Auth));
        }
    };
    let way = Way::of(args, host).await?;
    let settings = way.settings().await?.settings;
    let secret = SecretDraft {
        provider: provider.id.to_string(),
        field: login.field.to_owned(),
        value: token.expose_secret().to_owned(),
    };
    let draft = Draft { settings, secrets: vec![secret] };
    let saved = way.ask::<SettingsState>(Command::SaveSettings { draft: Box::new(draft) }).await;
    way.end();
    saved?;
    out::say(&format!("Signed in to {}.", provider.name));
    Ok(Exit::Ok)
}
