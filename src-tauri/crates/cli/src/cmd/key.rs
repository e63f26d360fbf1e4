//! `key` and `auth`: typed secrets, and whether providers are signed in. A value comes in by standard input and never out.

use super::{provider_named, way::Way};
use crate::{
    args::{Args, Auth, Key},
    exit::Exit,
    out,
    setup::Refusal,
};
use claudometer_core::settings::KEY_NAMES;
use claudometer_host::{Host, terminal};
use claudometer_provider::{Provider, SecretField};
use claudometer_wire::{
    Command, Draft, ProviderForm, SecretDraft, SettingsState,
    report::{AccountReport, Report},
};
use serde_json::json;

/// Keeps, lists or deletes typed secrets.
pub(crate) async fn run(args: &Args, key: &Key, host: Host) -> Result<Exit, Refusal> {
    match key {
        Key::List => list(args, host).await,
        Key::Set { provider, field, account } => {
            let which = Which { field: field.as_deref(), account: account.as_deref() };
            set(args, host, provider, which).await
        }
        Key::Delete { provider, field, account } => {
            let which = Which { field: field.as_deref(), account: account.as_deref() };
            delete(args, host, provider, which).await
        }
    }
}

/// Says who is signed in, or keeps or deletes the one secret of a provider.
pub(crate) async fn auth(args: &Args, auth: &Auth, host: Host) -> Result<Exit, Refusal> {
    match &auth.provider {
        Some(provider) if auth.delete => delete(args, host, provider, Which::default()).await,
        Some(provider) if auth.device => {
            super::sign_in::run(args, provider_named(args, &host, provider)?, host).await
        }
        Some(provider) if auth.token.is_some() => set(args, host, provider, Which::default()).await,
        provider => status(args, provider.as_deref(), auth.status, host).await,
    }
}

/// Which of a provider's secrets.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Which<'a> {
    field: Option<&'a str>,
    account: Option<&'a str>,
}

impl Which<'_> {
    /// Its name: `key`, or `key@work`.
    fn name(self, provider: &Provider, field: &SecretField) -> Result<String, Refusal> {
        let Some(account) = self.account else { return Ok(field.id.to_owned()) };
        let name = format!("{}@{account}", field.id);
        if provider.secret_field(&name).is_some() {
            return Ok(name);
        }
        let message = if field.several {
            format!("{account}: {KEY_NAMES}")
        } else {
            format!("{} of {} can be typed only once.", field.label, provider.name)
        };
        Err((message, Exit::Config))
    }
}

/// Reads a secret, checks it with the vendor, keeps it.
pub(crate) async fn set(
    args: &Args,
    host: Host,
    provider: &str,
    which: Which<'_>,
) -> Result<Exit, Refusal> {
    let provider = provider_named(args, &host, provider)?;
    let field = field_of(provider, which.field)?;
    let name = which.name(provider, field)?;
    let value = read_secret(field)?;
    let way = Way::of(args, host).await?;
    let state = way.settings().await?;
    let forgets = matches!(way, Way::Alone(_)) && !state.keyring.available;
    if forgets {
        way.end();
        let message = format!(
            "{} Start `claudometer` first: it keeps the secret until it ends.",
            state.keyring.reason
        );
        return Err((message, Exit::Config));
    }
    let mut settings = state.settings;
    if !state.keyring.available {
        settings.providers.entry(provider.id.to_string()).or_default().remember_secret = false;
    }
    if let Some(account) = which.account {
        let keys = &mut settings.providers.entry(provider.id.to_string()).or_default().keys;
        if !keys.iter().any(|known| known == account) {
            keys.push(account.to_owned());
        }
    }
    let secret = SecretDraft { provider: provider.id.to_string(), field: name, value };
    let draft = Draft { settings, secrets: vec![secret] };
    let saved = way.ask::<SettingsState>(Command::SaveSettings { draft: Box::new(draft) }).await;
    way.end();
    saved?;
    note(args, &format!("{} of {} works and is kept.", field.label, provider.name));
    Ok(Exit::Ok)
}

async fn delete(
    args: &Args,
    host: Host,
    provider: &str,
    which: Which<'_>,
) -> Result<Exit, Refusal> {
    let provider = provider_named(args, &host, provider)?;
    let field = field_of(provider, which.field)?;
    let name = which.name(provider, field)?;
    let way = Way::of(args, host).await?;
    let command = Command::ForgetSecret { provider: provider.id.to_string(), field: name };
    let forgotten = way.ask::<SettingsState>(command).await;
    let unnamed = match (which.account, forgotten) {
        (Some(account), Ok(state)) => unname(&way, state, provider, account).await,
        (_, forgotten) => forgotten.map(drop),
    };
    way.end();
    unnamed?;
    note(args, &format!("{} of {} is not kept any more.", field.label, provider.name));
    Ok(Exit::Ok)
}

/// Takes the name of a further key out of the settings, now that the key is gone.
async fn unname(
    way: &Way,
    state: SettingsState,
    provider: &Provider,
    account: &str,
) -> Result<(), Refusal> {
    let mut settings = state.settings;
    if let Some(choice) = settings.providers.get_mut(provider.id.as_str()) {
        choice.keys.retain(|known| known != account);
    }
    let draft = Draft { settings, secrets: Vec::new() };
    way.ask::<SettingsState>(Command::SaveSettings { draft: Box::new(draft) }).await.map(drop)
}

async fn list(args: &Args, host: Host) -> Result<Exit, Refusal> {
    let shown_on = host.clone();
    let way = Way::of(args, host).await?;
    let state = way.settings().await?;
    way.end();
    let fields =
        state.providers.iter().flat_map(|form| form.secrets.iter().map(move |s| (form, s)));
    if args.global.json {
        let all: Vec<_> = fields
            .map(|(form, secret)| {
                json!({"provider": form.id, "field": secret.field, "present": secret.present, "remembered": secret.remembered})
            })
            .collect();
        out::print_json(&json!({"schemaVersion": 1, "keys": all}));
        return Ok(Exit::Ok);
    }
    let row = |(form, secret): (&ProviderForm, &claudometer_wire::SecretForm)| {
        let kept = match (secret.present, secret.remembered) {
            (false, _) => "none",
            (true, true) => "in the keyring",
            (true, false) => "until Claudometer ends",
        };
        (format!("{} {}", form.id, secret.field), kept.to_owned())
    };
    out::print_rows(args, &shown_on, &fields.map(row).collect::<Vec<_>>());
    Ok(Exit::Ok)
}

async fn status(
    args: &Args,
    provider: Option<&str>,
    only_code: bool,
    host: Host,
) -> Result<Exit, Refusal> {
    let wanted = provider.map(|name| provider_named(args, &host, name)).transpose()?;
    let shown_on = host.clone();
    let way = Way::of(args, host).await?;
    way.freshen(args, args.global.no_cache).await?;
    let (state, report) = (way.settings().await?, way.report().await?);
    way.end();
    let forms: Vec<&ProviderForm> = state
        .providers
        .iter()
        .filter(|form| wanted.is_none_or(|provider| provider.id.as_str() == form.id))
        .collect();
    let signed_in = |form: &ProviderForm| accounts(&report, form).any(works);
    let exit = match wanted {
        Some(_) if !forms.iter().any(|form| signed_in(form)) => Exit::Auth,
        _ => Exit::Ok,
    };
    if only_code {
        return Ok(exit);
    }
    if args.global.json {
        let all: Vec<_> = forms
            .iter()
            .map(|form| json!({"provider": form.id, "signedIn": signed_in(form), "found": form.found, "signIn": form.sign_in}))
            .collect();
        out::print_json(&json!({"schemaVersion": 1, "providers": all}));
        return Ok(exit);
    }
    let rows: Vec<_> = forms.iter().flat_map(|form| said(form, &report)).collect();
    out::print_rows(args, &shown_on, &rows);
    Ok(exit)
}

/// A row for each account; one that says how to sign in where there is none.
fn said(form: &ProviderForm, report: &Report) -> Vec<(String, String)> {
    let words = |account: &AccountReport| {
        let who = account.account.as_deref().unwrap_or("an account");
        account.trouble.as_ref().map_or_else(
            || format!("signed in as {who}"),
            |trouble| format!("{who}: {} {}", trouble.detail, trouble.remedy),
        )
    };
    let mut rows: Vec<_> =
        accounts(report, form).map(|account| (form.id.clone(), words(account))).collect();
    if rows.is_empty() {
        rows.push((form.id.clone(), format!("not signed in. {}", form.sign_in)));
    }
    rows
}

fn accounts<'a>(
    report: &'a Report,
    form: &'a ProviderForm,
) -> impl Iterator<Item = &'a AccountReport> {
    report.accounts.iter().filter(|account| account.provider == form.id)
}

/// Whether its login works: other troubles than those of a login do not count.
fn works(account: &AccountReport) -> bool {
    let code = account.trouble.as_ref().map(|trouble| trouble.code.as_str());
    code.is_none_or(|code| Exit::of_code(code) != Exit::Auth)
}

fn field_of(
    provider: &'static Provider,
    named: Option<&str>,
) -> Result<&'static SecretField, Refusal> {
    let all = || provider.secrets.iter().map(|field| field.id).collect::<Vec<_>>().join(", ");
    match (named, provider.secrets) {
        (_, []) => Err((
            format!("{} takes no typed secret. {}", provider.name, provider.sign_in),
            Exit::Config,
        )),
        (None, [only]) => Ok(only),
        (None, _) => {
            Err((format!("{} has several fields: {}.", provider.name, all()), Exit::Config))
        }
        (Some(named), fields) => fields.iter().find(|field| field.id == named).ok_or_else(|| {
            let message = format!("{} has no field {named}. There are: {}.", provider.name, all());
            (message, Exit::Config)
        }),
    }
}

/// From a pipe as it is; from a terminal without showing what is typed.
fn read_secret(field: &SecretField) -> Result<String, Refusal> {
    let prompt = format!("{}\n{}: ", field.help, field.label);
    let typed = terminal::read_secret(&prompt)
        .map_err(|error| (format!("Nothing could be read: {error}."), Exit::Other))?;
    let typed = typed.trim().to_owned();
    if typed.is_empty() {
        return Err(("Nothing was typed, so nothing is kept.".to_owned(), Exit::Config));
    }
    Ok(typed)
}

fn note(args: &Args, text: &str) {
    if args.global.json {
        out::print_json(&json!({"schemaVersion": 1, "ok": true}));
    } else {
        out::say(text);
    }
}
