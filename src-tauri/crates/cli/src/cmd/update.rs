//! `update`: a newer release, and putting it in place.

use super::resident_of;
use crate::{
    args::{Args, Update},
    exit::Exit,
    out, renewal,
    setup::Refusal,
};
use claudometer_host::{Host, env, process::Launch};
use claudometer_update::{
    Channel, Key, Offer, Place, Previous, UpdateError, check, download, install, place,
};
use claudometer_wire::{Command, report::SCHEMA_VERSION, update::UpdateReport};
use semver::Version;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a resident may take to end, and a new one to answer.
const WITHIN: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// Looks for a newer release, and installs it where that was asked for.
pub(crate) async fn run(args: &Args, wanted: &Update, host: Host) -> Result<Exit, Refusal> {
    if args.global.offline {
        return Err(("--offline asks nobody, so nothing can be found.".into(), Exit::Config));
    }
    if wanted.restart {
        let folder = renewal::own_program().parent().unwrap_or(Path::new("/")).to_owned();
        restart(&host, &folder).await?;
        return Ok(Exit::Ok);
    }
    let key = key(&host).map_err(|error| refused(&error))?;
    let channel = if wanted.beta { Channel::Beta } else { Channel::Stable };
    let running = running();
    let offer = check(&host.http, channel, &running).await.map_err(|error| refused(&error))?;
    let program = renewal::own_program();
    let place = place(&program, &host.files, &host.env);
    let mut told = told(&running, offer.as_ref(), &place);
    let Some(offer) = offer.filter(|_| wanted.install) else {
        if args.global.json {
            out::print_json(&told);
        } else {
            out::print(&words(&told, &place));
        }
        return Ok(Exit::Ok);
    };
    let Place::Own(folder) = place else {
        return Err((other_way(&place, &offer), Exit::Config));
    };
    put_in_place(&host, &folder, &offer, &key).await?;
    if !wanted.no_restart {
        restart(&host, &folder).await?;
    }
    told.installed = true;
    if args.global.json {
        out::print_json(&told);
    } else {
        out::print(&format!("Claudometer {} is installed.\n", offer.version));
    }
    Ok(Exit::Ok)
}

fn running() -> Version {
    Version::parse(env!("CARGO_PKG_VERSION")).unwrap_or(Version::new(0, 0, 0))
}

/// The makers' key; under test another one, which counts only where everything is asked on this machine.
fn key(host: &Host) -> Result<Key, UpdateError> {
    match host.env.get(env::TEST_UPDATE_KEY).filter(|_| host.http.test_origin().is_some()) {
        Some(text) => Key::of(text),
        None => Key::built_in(),
    }
}

fn refused(error: &UpdateError) -> Refusal {
    let exit = match error {
        UpdateError::Http(_) | UpdateError::NoRelease(_) => Exit::Network,
        UpdateError::NoKey => Exit::Config,
        _ => Exit::Other,
    };
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    (format!("{first}{}. {}", letters.as_str(), error.remedy()), exit)
}

fn told(running: &Version, offer: Option<&Offer>, place: &Place) -> UpdateReport {
    UpdateReport {
        schema_version: SCHEMA_VERSION,
        running: running.to_string(),
        newest: offer.map(|offer| offer.version.to_string()),
        notes: offer.map(|offer| offer.notes.clone()),
        page: offer.map(|offer| offer.page.clone()),
        can_install: offer.is_some() && matches!(place, Place::Own(_)),
        command: match place {
            Place::Package(command) => Some((*command).to_owned()),
            Place::Own(_) | Place::Elsewhere(_) => None,
        },
        installed: false,
    }
}

fn words(told: &UpdateReport, place: &Place) -> String {
    let UpdateReport { running, newest: Some(newest), notes, page, .. } = told else {
        return format!("Claudometer {} is the newest there is.\n", told.running);
    };
    let notes = notes.as_deref().map(str::trim).filter(|notes| !notes.is_empty());
    let notes = notes.map(|notes| format!("\n{notes}\n")).unwrap_or_default();
    let page = page.as_deref().unwrap_or_default();
    let how = match place {
        Place::Own(_) => "`claudometer update --install` installs it.".to_owned(),
        Place::Package(command) => {
            format!("A package brought this one: get the new one from {page}, then `{command}`.")
        }
        Place::Elsewhere(folder) => format!(
            "This one lies in {}, which is none of a release's folders: {page} has the new one.",
            folder.display()
        ),
    };
    format!("Claudometer {newest} is there; this is {running}.\n{notes}\n{how}\n")
}

fn other_way(place: &Place, offer: &Offer) -> String {
    match place {
        Place::Package(command) => format!(
            "A package brought this one, so Claudometer does not replace it itself. Get {} from {}, then `{command}`.",
            offer.version, offer.page
        ),
        Place::Own(folder) | Place::Elsewhere(folder) => format!(
            "{} is none of a release's folders, or you may not write into it. {} has the new one.",
            folder.display(),
            offer.page
        ),
    }
}

/// Downloads, verifies and installs an offer.
async fn put_in_place(host: &Host, folder: &Path, offer: &Offer, key: &Key) -> Result<(), Refusal> {
    let failed = |error: UpdateError| refused(&error);
    let mut last = 0;
    let mut progress = |bytes: u64, sum: Option<u64>| {
        let percent = sum.map_or(0, |sum| bytes * 100 / sum.max(1));
        if percent >= last + 10 && out::is_error_terminal() {
            last = percent;
            out::say(&format!("{percent} % of {}", offer.version));
        }
    };
    let archive = download(host, folder, offer, key, &mut progress).await.map_err(failed)?;
    install(&host.files, folder, &archive).map(drop).map_err(failed)
}

/// Where the resident runs, what lies in the folder now takes its place; where that does not answer, what lay there before
/// comes back.
async fn restart(host: &Host, folder: &Path) -> Result<(), Refusal> {
    let Some(resident) = resident_of(host).await else { return Ok(()) };
    resident.call(Command::Quit {}).await.ok(); // it may have ended by itself
    drop(resident);
    until(async || resident_of(host).await.is_none()).await;
    if start(host, folder.join("claudometer")).await {
        return Ok(());
    }
    if let Some(previous) = Previous::of(&host.files, folder) {
        let old = previous.put_back(&host.files).map_err(|error| refused(&error))?;
        start(host, old).await;
    }
    Err(("The new Claudometer does not start here, so the one before stays.".into(), Exit::Other))
}

/// Starts a resident; whether it answers.
async fn start(host: &Host, program: PathBuf) -> bool {
    let launch = Launch { program, args: Vec::new(), env: Vec::new(), speaks: false };
    host.processes.launch(launch, || ()).is_ok()
        && until(async || resident_of(host).await.is_some()).await
}

/// Waits until something is so; whether it came to be.
async fn until(is_so: impl AsyncFn() -> bool) -> bool {
    let tries = async {
        while !is_so().await {
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(WITHIN, tries).await.is_ok()
}
