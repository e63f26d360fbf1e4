//! What the settings pages show, from the registry's data and what is there now.

use crate::{
    desk::{Desk, held},
    logs,
};
use claudometer_core::{Settings, settings::ProviderSettings};
use claudometer_host::secrets::{Availability, Keep};
use claudometer_provider::{Ask, Provider, SecretField, Source};
use claudometer_wire::{
    About, BridgeForm, KeyringForm, LedgerRow, Organization, ProviderForm, SecretForm,
    SettingsState, SourceForm,
};

/// Everything that the settings pages show.
pub(crate) async fn settings_state(desk: &Desk) -> SettingsState {
    let (settings, overridden, remarks) = {
        let file = held(&desk.0.settings);
        let overridden =
            file.overrides().iter().map(|one| (one.path.clone(), one.by.clone())).collect();
        (
            Settings {
                start_at_login: desk.0.autostart.is_on(&desk.0.host),
                ..file.chosen().clone()
            },
            overridden,
            file.remarks().join(" "),
        )
    };
    let mut providers = Vec::new();
    for provider in desk.providers() {
        providers.push(provider_form(desk, provider, &settings).await);
    }
    SettingsState {
        providers,
        assistants: logs::assistants(),
        keyring: keyring_form(desk).await,
        overridden,
        file_remark: Some(remarks).filter(|text| !text.is_empty()),
        about: about(desk, &settings),
        settings,
    }
}

async fn provider_form(
    desk: &Desk,
    provider: &'static Provider,
    settings: &Settings,
) -> ProviderForm {
    let choice = settings.provider(&provider.id);
    let (found, active) = {
        let census = held(&desk.0.census);
        let found: Vec<String> = census
            .found_of(&provider.id)
            .iter()
            .map(|found| found.place.clone())
            .filter(|place| !place.is_empty())
            .collect();
        (found, census.polled.iter().any(|place| place.provider.id == provider.id))
    };
    let mut sources = Vec::new();
    for source in provider.sources {
        sources.push(source_form(desk, provider, *source, &choice).await);
    }
    let mut secrets = Vec::new();
    for (name, field) in provider.secret_names(&choice) {
        secrets.push(secret_form(desk, provider, &name, field).await);
    }
    let organizations = held(&desk.0.organizations).get(&provider.id).cloned().unwrap_or_default();
    ProviderForm {
        id: provider.id.to_string(),
        name: provider.name.into(),
        home_variable: provider.homes.map(|homes| homes.variable.to_owned()),
        active,
        found,
        sign_in: provider.sign_in.into(),
        sources,
        secrets,
        organizations: organizations
            .into_iter()
            .map(|one| Organization { id: one.id, name: one.name })
            .collect(),
        bridge: provider.bridge.map(|bridge| {
            let state = bridge.state(&desk.0.host);
            BridgeForm {
                installed: state.installed,
                help: state.help,
                previous: state.previous,
                obstacle: state.obstacle,
            }
        }),
    }
}

async fn source_form(
    desk: &Desk,
    provider: &Provider,
    source: &dyn Source,
    choice: &ProviderSettings,
) -> SourceForm {
    let found = source.discover(choice, &desk.0.host).await;
    let available = match found.first() {
        Some(found) => source
            .credential(Ask { seat: &found.seat, settings: choice, host: &desk.0.host })
            .await
            .is_ok(),
        None => false,
    };
    let spec = source.spec();
    tracing::trace!(provider = provider.id.as_str(), source = spec.id, available, "source");
    let help = if spec.sends.is_empty() {
        spec.reads.to_owned()
    } else {
        format!("{} {}", spec.reads, spec.sends)
    };
    SourceForm {
        id: spec.id.into(),
        label: spec.label.into(),
        help,
        available,
        opt_in: spec.opt_in,
    }
}

async fn secret_form(
    desk: &Desk,
    provider: &Provider,
    name: &str,
    field: &SecretField,
) -> SecretForm {
    let key = provider.secret_key(name);
    let kept = desk.0.host.secrets.kept(&key).await;
    SecretForm {
        field: name.into(),
        label: match name.split_once('@') {
            Some((_, account)) => format!("{} ({account})", field.label),
            None => field.label.into(),
        },
        help: field.help.into(),
        present: kept.is_some(),
        remembered: kept == Some(Keep::Keychain),
    }
}

async fn keyring_form(desk: &Desk) -> KeyringForm {
    let availability = desk.0.host.secrets.availability().await;
    KeyringForm {
        available: availability == Availability::Available,
        reason: availability.sentence().into(),
    }
}

fn about(desk: &Desk, settings: &Settings) -> About {
    let tilde = |path: &std::path::Path| desk.0.host.tilde(path);
    About {
        version: desk.0.version.clone(),
        log_folder: tilde(&desk.0.paths.logs()),
        settings_file: tilde(&desk.0.paths.settings()),
        ledger: ledger(desk, settings),
        tray_remark: held(&desk.0.tray_remark).clone(),
        updates_remark: desk.updates_remark(),
    }
}

/// What is read from where and sent to whom, one row per source.
fn ledger(desk: &Desk, settings: &Settings) -> Vec<LedgerRow> {
    let active = |provider: &Provider| {
        held(&desk.0.census).polled.iter().any(|place| place.provider.id == provider.id)
    };
    let rows = desk.providers().iter().flat_map(|provider| {
        let (choice, on) = (settings.provider(&provider.id), active(provider));
        provider.sources.iter().map(move |source| {
            let spec = source.spec();
            LedgerRow {
                provider: provider.name.into(),
                source: spec.label.into(),
                reads: spec.reads.into(),
                sends: spec.sends.into(),
                on: on && source.allowed(&choice),
            }
        })
    });
    let host = &desk.0.host;
    let read = claudometer_providers::LOGS.iter().filter_map(|source| {
        let places = source.places(host);
        let there: Vec<String> =
            places.iter().filter(|path| host.files.entry(path).is_some()).map(|path| host.tilde(path)).collect();
        (!there.is_empty()).then(|| LedgerRow {
            provider: source.name().into(),
            source: "logs, for the history".into(),
            reads: format!("Tokens, model, session, folder and branch of each response, from {}. No prompts, no answers.", there.join(", ")),
            sends: String::new(),
            on: true,
        })
    });
    rows.chain(read).chain(own(desk, settings)).collect()
}

/// What Claudometer reads and sends for itself.
fn own(desk: &Desk, settings: &Settings) -> [LedgerRow; 3] {
    let cost = &settings.cost;
    [
        LedgerRow {
            provider: "Claudometer".into(),
            source: "newer releases".into(),
            reads: String::new(),
            sends: concat!("Asks ", env!("CARGO_PKG_REPOSITORY"), " once a day for the newest release, and tells nothing. Setting checkUpdatesOnStartup.").into(),
            on: settings.check_updates_on_startup && desk.updates_remark().is_none(),
        },
        LedgerRow {
            provider: "History".into(),
            source: "price list".into(),
            reads: format!("What is kept of it in {}.", desk.0.host.tilde(&desk.0.paths.prices())),
            sends: "Asks raw.githubusercontent.com once a day for LiteLLM's price list, and tells nothing. Setting cost.refreshPrices.".into(),
            on: cost.refresh_prices,
        },
        LedgerRow {
            provider: "History".into(),
            source: "other machines".into(),
            reads: "What other machines wrote into the folder of the setting cost.syncFolder.".into(),
            sends: "Writes tokens, model, session, folder and branch of each response of this machine into that folder. No prompts, no answers.".into(),
            on: cost.sync_folder.is_some(),
        },
    ]
}
