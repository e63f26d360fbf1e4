//! `update`: a newer release, and putting it in place.

use super::resident_of;
use crate::{
    args::{Args, Update},
    exit::Exit,
    out,
    setup::{self, Refusal},
};
use claudometer_core::settings::ReleaseChannel;
use claudometer_desk::{link::Client, settings_file::SettingsFile};
use claudometer_host::{Host, lock::Lock, paths::Paths, process::Launch};
use claudometer_update::{
    Channel, Installation, Key, Offer, Place, Previous, UpdateError, check, download, install,
    place,
};
use claudometer_view::text;
use claudometer_wire::{Command, report::SCHEMA_VERSION, update::UpdateReport};
use semver::Version;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

/// How long a resident may take to end, and a new one to answer.
const WITHIN: Duration = Duration::from_secs(10);
/// Both, and once more where the one before has to come back.
const WITHIN_ALL: Duration = Duration::from_secs(35);
const PAUSE: Duration = Duration::from_millis(50);

/// Looks for a newer release, and installs it where that was asked for.
pub(crate) async fn run(args: &Args, wanted: &Update, host: Host) -> Result<Exit, Refusal> {
    if args.global.offline {
        return Err(("--offline asks nobody, so nothing can be found.".into(), Exit::Config));
    }
    if let Some(program) = &wanted.restart {
        let installation = Installation::of(program, &host.files, &host.env);
        take_over(&host, &installation, &wanted.words).await?;
        return Ok(Exit::Ok);
    }
    let key = Key::of_host(&host).map_err(|error| refused(&error))?;
    let channel = channel(args, wanted, &host)?;
    let running = running();
    let program = host.processes.own_program().unwrap_or_default();
    let place = place(&program, &host.files, &host.env);
    let offer = check(&host.http, channel, &running, &place.platform()).await;
    let offer = offer.map_err(|error| refused(&error))?;
    let mut told = told(&running, offer.as_ref(), &place);
    let Some(offer) = offer.filter(|_| wanted.install) else {
        if args.global.json {
            out::print_json(&told);
        } else {
            out::print(&words(&told, &place));
        }
        return Ok(Exit::Ok);
    };
    let Place::Own(installation) = &place else {
        let how = how(&place, &offer.version.to_string(), &offer.page);
        return Err((how, Exit::Config));
    };
    put_in_place(&host, installation, &offer, &key).await?;
    if !wanted.no_restart
        && let Some(resident) = resident_of(&host).await
    {
        replaced(&host, resident, installation).await?;
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

/// The releases that are wanted: those of the settings, unless more were asked for now.
fn channel(args: &Args, wanted: &Update, host: &Host) -> Result<Channel, Refusal> {
    let path = setup::paths(args, host)?.settings();
    let overrides = setup::overrides(args, host)?;
    let file = SettingsFile::load(host.files.clone(), path, overrides);
    Ok(match file.effective().updates.channel {
        ReleaseChannel::Beta => Channel::Beta,
        ReleaseChannel::Stable if wanted.beta => Channel::Beta,
        ReleaseChannel::Stable => Channel::Stable,
    })
}

fn refused(error: &UpdateError) -> Refusal {
    let exit = match error {
        UpdateError::Http(_) | UpdateError::NoRelease(_) => Exit::Network,
        UpdateError::NoKey => Exit::Config,
        _ => Exit::Other,
    };
    (error.sentences(), exit)
}

fn told(running: &Version, offer: Option<&Offer>, place: &Place) -> UpdateReport {
    UpdateReport {
        schema_version: SCHEMA_VERSION,
        running: running.to_string(),
        newest: offer.map(|offer| offer.version.to_string()),
        notes: offer.map(|offer| offer.notes.clone()),
        page: offer.map(|offer| offer.page.clone()),
        can_install: offer.is_some() && matches!(place, Place::Own(_)),
        remedy: match place {
            Place::Closed(_, remedy) => Some((*remedy).to_owned()),
            Place::Own(_) | Place::Package(_) | Place::Elsewhere(_) => None,
        },
        command: match place {
            Place::Package(command) => Some((*command).to_owned()),
            Place::Own(_) | Place::Closed(..) | Place::Elsewhere(_) => None,
        },
        installed: false,
    }
}

fn words(told: &UpdateReport, place: &Place) -> String {
    let UpdateReport { newest: Some(newest), notes, page, .. } = told else {
        return format!("{}\n", text::release(told));
    };
    let notes = notes.as_deref().map(str::trim).filter(|notes| !notes.is_empty());
    let notes = notes.map(|notes| format!("\n{notes}\n")).unwrap_or_default();
    let page = page.as_deref().unwrap_or_default();
    let how = how(place, newest, page);
    format!("{}\n{notes}\n{how}\n", text::release(told))
}

/// How a release is installed here.
fn how(place: &Place, newest: &str, page: &str) -> String {
    match place {
        Place::Own(_) => "`claudometer update --install` installs it.".to_owned(),
        Place::Closed(installation, remedy) => {
            let path = installation.path().display();
            format!("{path} cannot be replaced where it lies. {remedy} {page} has {newest}.")
        }
        Place::Package(command) => format!(
            "A package brought this one, so Claudometer does not replace it itself: get {newest} from {page}, then `{command}`."
        ),
        Place::Elsewhere(folder) => format!(
            "This one lies in {}, which is none of a release's folders: {page} has {newest}.",
            folder.display()
        ),
    }
}

/// Downloads, verifies and installs an offer.
async fn put_in_place(
    host: &Host,
    installation: &Installation,
    offer: &Offer,
    key: &Key,
) -> Result<(), Refusal> {
    let failed = |error: UpdateError| refused(&error);
    let mut last = 0;
    let mut progress = |bytes: u64, sum: Option<u64>| {
        let percent = sum.map_or(0, |sum| bytes * 100 / sum.max(1));
        if percent >= last + 10 && out::is_error_terminal() {
            last = percent;
            out::say(&format!("{percent} % of {}", offer.version));
        }
    };
    let payload = download(host, installation, offer, key, &mut progress).await.map_err(failed)?;
    install(&host.files, installation, &payload).map_err(failed)
}

/// Has the running resident replaced, and waits for what comes of it. It does that itself, in its own session and with its
/// own options.
async fn replaced(
    host: &Host,
    resident: Client,
    installation: &Installation,
) -> Result<(), Refusal> {
    let mut events = resident.events();
    resident.call(Command::Restart {}).await.map_err(|error| super::refused(&error))?;
    let ends = async { while !matches!(events.recv().await, Err(RecvError::Closed)) {} };
    tokio::time::timeout(WITHIN, ends).await.ok(); // what follows tells whether it has
    drop(resident);
    let answers = until(WITHIN_ALL, async || resident_of(host).await.is_some()).await;
    // What did not start has given way to what ran before.
    if answers && Previous::of(&host.files, installation).is_some() {
        return Ok(());
    }
    Err(does_not_start())
}

fn does_not_start() -> Refusal {
    ("The new Claudometer does not start here, so the one before stays.".into(), Exit::Other)
}

/// Starts what lies here now once the resident, which asked for that, has ended; where it does not answer, what lay here
/// before comes back.
async fn take_over(
    host: &Host,
    installation: &Installation,
    words: &[String],
) -> Result<(), Refusal> {
    let lock = Paths::of(&host.env).resident_lock();
    until(WITHIN, async || matches!(Lock::try_acquire(&lock), Ok(Some(_)))).await;
    if start(host, installation, words).await {
        return Ok(());
    }
    if let Some(previous) = Previous::of(&host.files, installation) {
        previous.put_back(&host.files).map_err(|error| refused(&error))?;
        start(host, installation, words).await;
    }
    Err(does_not_start())
}

/// Starts a resident; whether it answers.
async fn start(host: &Host, installation: &Installation, words: &[String]) -> bool {
    let (program, usual) = installation.start();
    let args = if words.is_empty() { usual } else { words.to_vec() };
    let launch = Launch { program, args, env: Vec::new(), speaks: false };
    let over = CancellationToken::new();
    let ended = over.clone();
    if host.processes.launch(launch, move || ended.cancel()).is_err() {
        return false;
    }
    let answers = until(WITHIN, async || over.is_cancelled() || resident_of(host).await.is_some());
    answers.await && resident_of(host).await.is_some()
}

/// Waits until something is so; whether it came to be.
async fn until(within: Duration, is_so: impl AsyncFn() -> bool) -> bool {
    let tries = async {
        while !is_so().await {
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(within, tries).await.is_ok()
}
