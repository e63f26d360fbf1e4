//! What is shown now, and what changes when another model comes.

use crate::{
    Event,
    menu::{self, Properties},
};
use claudometer_view::{
    icon::{self, IconModel, Pixmap},
    tray::{Row, TrayModel},
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::mpsc::{self, error::TrySendError},
    time::Instant,
};

/// A token that is older belongs to a click that never came.
const TOKEN_LIFE: Duration = Duration::from_secs(2);
/// One turn of a wheel arrives as several events; what follows within this time is the same turn.
const SAME_TURN: Duration = Duration::from_millis(150);

/// What an observer of the bus is to be told.
#[derive(Debug)]
pub(crate) enum Change {
    /// The icon is another one.
    Icon,
    /// The text beside it is.
    Label(String),
    /// The tooltip, or the icon's description, is.
    Tooltip,
    /// Rows of the same menu have other texts.
    Texts(Vec<(i32, Properties)>),
    /// The menu has other rows; its new revision.
    Layout(u32),
}

/// Everything that both objects on the bus, and the handle, share.
#[derive(Debug)]
pub(crate) struct Shared {
    shown: Mutex<Shown>,
    tell: mpsc::Sender<Event>,
}

/// The state behind the lock.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) model: TrayModel,
    pub(crate) pictures: Vec<Pixmap>,
    pub(crate) numbers: Numbers,
    pub(crate) revision: u32,
    token: Option<(Instant, String)>,
    turned: Option<(Instant, bool)>,
}

/// The menu protocol names rows by number: each id of ours keeps its number for the life of the process.
#[derive(Debug, Default)]
pub(crate) struct Numbers(HashMap<String, i32>);

impl Numbers {
    fn take_in(&mut self, rows: &[Row]) {
        for row in rows {
            if !self.0.contains_key(&row.id) {
                let next = i32::try_from(self.0.len()).unwrap_or(i32::MAX - 1) + 1;
                self.0.insert(row.id.clone(), next);
            }
            self.take_in(row.children());
        }
    }

    /// The number of a row that is shown.
    pub(crate) fn of(&self, row: &Row) -> i32 {
        self.0.get(&row.id).copied().unwrap_or(menu::ROOT)
    }
}

impl Shared {
    pub(crate) fn new(tell: mpsc::Sender<Event>) -> Self {
        let model = TrayModel::default();
        let mut numbers = Numbers::default();
        numbers.take_in(&model.rows);
        let pictures = draw(&model.icon);
        Self {
            shown: Mutex::new(Shown {
                model,
                pictures,
                numbers,
                revision: 1,
                token: None,
                turned: None,
            }),
            tell,
        }
    }

    pub(crate) fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Never waits: who does not listen misses it.
    pub(crate) fn tell(&self, event: Event) {
        match self.tell.try_send(event) {
            Ok(()) => {}
            Err(TrySendError::Full(event)) => {
                tracing::warn!(?event, "too many clicks at once; one was dropped");
            }
            Err(TrySendError::Closed(_)) => tracing::debug!("nobody listens to the tray any more"),
        }
    }

    /// Takes over a model.
    pub(crate) fn show(&self, model: TrayModel) -> Vec<Change> {
        let mut shown = self.shown();
        let mut changes = Vec::new();
        if shown.model.icon != model.icon {
            shown.pictures = draw(&model.icon);
            changes.push(Change::Icon);
        }
        if shown.model.title != model.title {
            changes.push(Change::Label(model.title.clone().unwrap_or_default()));
        }
        if shown.model.tooltip != model.tooltip {
            changes.push(Change::Tooltip);
        }
        if shown.model.shape() == model.shape() {
            let mut rows = Vec::new();
            changed(&shown.model.rows, &model.rows, &shown.numbers, &mut rows);
            if !rows.is_empty() {
                changes.push(Change::Texts(rows));
            }
        } else {
            shown.numbers.take_in(&model.rows);
            shown.revision = shown.revision.wrapping_add(1);
            changes.push(Change::Layout(shown.revision));
        }
        shown.model = model;
        changes
    }

    /// Keeps a token for the click that follows it.
    pub(crate) fn keep_token(&self, token: String) {
        self.shown().token = Some((Instant::now(), token)).filter(|(_, token)| !token.is_empty());
    }

    /// The token that came with this click, once.
    pub(crate) fn take_token(&self) -> Option<String> {
        let (at, token) = self.shown().token.take()?;
        (at.elapsed() < TOKEN_LIFE).then_some(token)
    }

    /// Whether a turn of the wheel is a new one.
    pub(crate) fn is_new_turn(&self, down: bool) -> bool {
        let mut shown = self.shown();
        let same =
            shown.turned.is_some_and(|(at, before)| before == down && at.elapsed() < SAME_TURN);
        shown.turned = Some((Instant::now(), down));
        !same
    }
}

fn draw(model: &IconModel) -> Vec<Pixmap> {
    icon::SIZES.into_iter().map(|size| icon::draw(model, size)).collect()
}

/// Rows of two menus of the same shape that differ in what is seen of them.
fn changed(old: &[Row], new: &[Row], numbers: &Numbers, found: &mut Vec<(i32, Properties)>) {
    for (old, new) in old.iter().zip(new) {
        if (&old.label, old.enabled) != (&new.label, new.enabled) {
            found.push((numbers.of(new), menu::texts(new)));
        }
        changed(old.children(), new.children(), numbers, found);
    }
}
