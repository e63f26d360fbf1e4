//! The desk's state in words: everything is made by `view`, this only hands it what it needs.

use crate::{
    desk::{Desk, held},
    notify::Note,
};
use chrono::{DateTime, Utc};
use claudometer_core::{ProviderId, Settings, SourceId, notice::Alert};
use claudometer_host::{Environment, clock};
use claudometer_view::{
    Context, Extras, Locale, cards, notice, report,
    tray::{self, TrayModel},
};
use claudometer_wire::{Bundle, FirstRun, Looked, report::Report};

/// What texts depend on, at `now`.
pub fn context(environment: &Environment, settings: &Settings, now: DateTime<Utc>) -> Context {
    let locale = match &settings.locale {
        Some(name) => Locale::named(name),
        None => Locale::of_environment(
            environment.get("LC_ALL"),
            environment.get("LC_TIME"),
            environment.get("LANG"),
        ),
    };
    Context {
        now,
        offset_s: clock::local_offset_s,
        locale,
        display: settings.display.clone(),
        alerts: settings.alerts.clone(),
    }
}

/// The snapshot as window and terminal draw it.
pub(crate) fn bundle(desk: &Desk) -> Bundle {
    with_extras(desk, |context, extras| cards::bundle(&desk.snapshot(), context, extras))
}

/// The snapshot for scripts.
pub(crate) fn report(desk: &Desk) -> Report {
    with_extras(desk, |context, extras| report::report(&desk.snapshot(), context, extras))
}

/// The snapshot as the tray shows it.
pub(crate) fn tray(desk: &Desk) -> TrayModel {
    with_extras(desk, |context, extras| tray::model(&desk.snapshot(), context, extras))
}

fn with_extras<T>(desk: &Desk, make: impl FnOnce(&Context, &Extras<'_>) -> T) -> T {
    let inner = &desk.0;
    let context = context(&inner.host.env, &desk.settings(), desk.shown_now());
    let label = |provider: &ProviderId, source: &SourceId| {
        let found = desk
            .providers()
            .iter()
            .find(|known| known.id == *provider)
            .and_then(|known| known.source(source));
        found.map_or_else(|| source.to_string(), |source| source.spec().label.to_owned())
    };
    let demo = held(&inner.demo).is_some();
    let extras = Extras {
        labels: &label,
        demo,
        debug: inner.debug,
        remarks: remarks(desk),
        update: desk.release(),
        replaced_by: desk.replaced_by(),
        can_look: !demo && !inner.offline && desk.updates_remark().is_none(),
        first_run: &|| Some(first_run(desk)),
        service: &|provider| desk.known_status(provider),
        today: &|seat| desk.used_today(seat, &context),
    };
    make(&context, &extras)
}

fn remarks(desk: &Desk) -> Vec<String> {
    let origin = desk
        .0
        .host
        .http
        .test_origin()
        .map(|origin| format!("Test origin {origin}: these are not the vendors' numbers."));
    let mut remarks: Vec<String> = origin.into_iter().collect();
    remarks.extend(held(&desk.0.settings).remarks().iter().cloned());
    remarks
}

fn first_run(desk: &Desk) -> FirstRun {
    let looked = desk.providers().iter().map(|provider| Looked {
        provider: provider.id.to_string(),
        name: provider.name.into(),
        places: (provider.places)(&desk.0.host),
        sign_in: provider.sign_in.into(),
    });
    FirstRun { looked: looked.collect() }
}

/// An alert as a notification.
pub(crate) fn note(desk: &Desk, alert: &Alert) -> Note {
    let settings = desk.settings();
    let context = context(&desk.0.host.env, &settings, desk.0.host.now());
    let words = notice::words(alert, &desk.snapshot().seats, &context);
    Note {
        title: words.title,
        body: words.body,
        urgent: words.urgent,
        sound: settings.alerts.sound,
    }
}

/// The notification that a person asks for to see whether they work.
pub(crate) fn test_note(sound: bool) -> Note {
    Note {
        title: "Claudometer: a test".into(),
        body: "Notifications work. A click opens the window.".into(),
        urgent: false,
        sound,
    }
}
