//! Save: every part of a draft is checked before any part of it is applied, and a failure on the way is undone.

use crate::{
    desk::{Desk, held},
    renewal,
};
use claudometer_core::{
    Settings, Trouble,
    settings::{Problem, ProviderSettings},
};
use claudometer_host::secrets::{Keep, SecretError};
use claudometer_provider::{Checked, FetchError, Provider};
use claudometer_wire::{Draft, ErrorCode, IpcError, SecretDraft};
use secrecy::SecretString;

/// A typed secret that its vendor has accepted.
struct Accepted {
    provider: &'static Provider,
    /// The field's name: `key`, or `key@work`.
    name: String,
    checked: Checked,
    keep: Keep,
}

/// Applies a draft wholly, or names every problem and applies nothing.
pub(crate) async fn save(desk: &Desk, draft: Draft) -> Result<(), IpcError> {
    let _turn = desk.0.saving.lock().await;
    let problems = problems(desk, &draft.settings);
    if !problems.is_empty() {
        return Err(IpcError::invalid(problems));
    }
    let mut accepted = Vec::new();
    for secret in draft.secrets {
        accepted.push(check(desk, secret, &draft.settings).await?);
    }
    let kept = keep_all(desk, &accepted).await?;
    if let Err(error) = apply(desk, draft.settings) {
        undo(desk, kept).await;
        return Err(error);
    }
    for one in accepted {
        let gates = format!("{}/", one.provider.id);
        desk.0.book.reopen(&gates, desk.0.host.now());
        held(&desk.0.organizations).insert(one.provider.id.clone(), one.checked.organizations);
    }
    let unremembered = move_unremembered(desk).await;
    desk.recount().await;
    desk.render();
    unremembered
}

fn problems(desk: &Desk, settings: &Settings) -> Vec<Problem> {
    let mut found = settings.problems();
    let known = |id: &str| desk.providers().iter().find(|provider| provider.id.as_str() == id);
    for (id, choice) in &settings.providers {
        let Some(provider) = known(id) else { continue };
        let source = choice
            .source
            .iter()
            .chain(&choice.sources_on)
            .chain(&choice.sources_off)
            .find(|source| provider.source(source).is_none());
        if let Some(source) = source {
            let all: Vec<_> = provider.sources.iter().map(|source| source.spec().id).collect();
            found.push(Problem {
                field: format!("providers.{id}.source"),
                message: format!("There is no source {source}. Possible: {}.", all.join(", ")),
            });
        }
    }
    found
}

async fn check(desk: &Desk, draft: SecretDraft, settings: &Settings) -> Result<Accepted, IpcError> {
    let field_path = format!("providers.{}.{}", draft.provider, draft.field);
    let problem = |code: ErrorCode, message: String| IpcError {
        code,
        message: message.clone(),
        problems: vec![Problem { field: field_path.clone(), message }],
    };
    let provider =
        desk.providers().iter().copied().find(|provider| provider.id.as_str() == draft.provider);
    let found =
        provider.and_then(|provider| Some((provider, provider.secret_field(&draft.field)?)));
    let (provider, field) =
        found.ok_or_else(|| problem(ErrorCode::Validation, "There is no such field.".into()))?;
    let choice: ProviderSettings = settings.provider(&provider.id);
    let checked =
        (field.check)(SecretString::from(draft.value), &desk.0.host).await.map_err(|error| {
            problem(
                code_of(&error),
                format!("{} {}", error.detail, provider.advice(error.trouble, None)),
            )
        })?;
    let keep = if choice.remember_secret { Keep::Keychain } else { Keep::Session };
    Ok(Accepted { provider, name: draft.field, checked, keep })
}

const fn code_of(error: &FetchError) -> ErrorCode {
    match error.trouble {
        Trouble::AuthMissing
        | Trouble::AuthExpired
        | Trouble::ForbiddenScope
        | Trouble::UnsupportedAccount => ErrorCode::Unauthorized,
        Trouble::RateLimited => ErrorCode::RateLimited,
        Trouble::Blocked | Trouble::UpstreamDown => ErrorCode::Network,
        Trouble::Keychain => ErrorCode::Keyring,
        Trouble::BadPayload | Trouble::NoData | Trouble::NotSubscribed => ErrorCode::Validation,
    }
}

/// What stood where a secret was put, for putting it back.
struct Before {
    key: claudometer_host::secrets::SecretKey,
    value: Option<(SecretString, Keep)>,
}

async fn keep_all(desk: &Desk, accepted: &[Accepted]) -> Result<Vec<Before>, IpcError> {
    let secrets = &desk.0.host.secrets;
    let mut kept = Vec::new();
    for one in accepted {
        let key = one.provider.secret_key(&one.name);
        let old = match (secrets.kept(&key).await, secrets.get(&key).await) {
            (Some(keep), Ok(Some(value))) => Some((value, keep)),
            _ => None,
        };
        if let Err(error) = secrets.set(&key, one.checked.secret.clone(), one.keep).await {
            undo(desk, kept).await;
            let message = error.to_string();
            let field = format!("providers.{}.{}", one.provider.id, one.name);
            return Err(IpcError {
                code: ErrorCode::Keyring,
                message: message.clone(),
                problems: vec![Problem { field, message }],
            });
        }
        kept.push(Before { key, value: old });
    }
    Ok(kept)
}

async fn undo(desk: &Desk, kept: Vec<Before>) {
    for before in kept {
        let undone = match before.value {
            Some((value, keep)) => desk.0.host.secrets.set(&before.key, value, keep).await,
            None => desk.0.host.secrets.delete(&before.key).await,
        };
        if let Err(error) = undone {
            tracing::warn!(%error, "a secret could not be put back");
        }
    }
}

/// Writes the file, then tells the desktop about autostart; the file is put back if that fails.
fn apply(desk: &Desk, new: Settings) -> Result<(), IpcError> {
    let storage = |what: &str, error: std::io::Error| {
        IpcError::new(ErrorCode::Storage, format!("{what} could not be written: {error}."))
    };
    let autostart = new.start_at_login;
    let old = {
        let mut file = held(&desk.0.settings);
        let old = file.chosen().clone();
        file.save(new).map_err(|error| storage("The settings file", error))?;
        old
    };
    if old.custom_providers != desk.settings().custom_providers {
        desk.recall_providers();
    }
    desk.follow_other_releases(&old);
    let program = renewal::lasting_program(&desk.0.host);
    let set = desk.0.autostart.set(&desk.0.host, autostart, &program);
    set.map_err(|error| {
        held(&desk.0.settings).save(old).ok(); // the error to tell is the first one
        storage("The autostart entry", error)
    })
}

/// "Remember" was turned off: secrets leave the keychain and stay until we end.
async fn move_unremembered(desk: &Desk) -> Result<(), IpcError> {
    let settings = desk.settings();
    let secrets = &desk.0.host.secrets;
    for provider in desk.providers() {
        let choice = settings.provider(&provider.id);
        let remember = choice.remember_secret;
        for (name, _) in provider.secret_names(&choice) {
            let key = provider.secret_key(&name);
            let wanted = if remember { Keep::Keychain } else { Keep::Session };
            if secrets.kept(&key).await.is_none_or(|keep| keep == wanted) {
                continue;
            }
            let moved = match secrets.get(&key).await {
                Ok(Some(value)) => match secrets.delete(&key).await {
                    Ok(()) => secrets.set(&key, value, wanted).await,
                    Err(error) => Err(error),
                },
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            moved.map_err(|error: SecretError| {
                IpcError::new(ErrorCode::Keyring, error.to_string())
            })?;
        }
    }
    Ok(())
}
