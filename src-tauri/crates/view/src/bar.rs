//! The snapshot in one line, in the forms that status bars understand.

use claudometer_wire::{Bundle, Card, Fresh, Level, Meter};
use serde::Serialize;

/// What waybar takes from a custom module with `return-type: json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waybar {
    /// The line, in Pango's markup.
    pub text: String,
    /// Every window in a sentence, in Pango's markup.
    pub tooltip: String,
    /// Urgency, for the style sheet: `unknown`, `calm`, `watch`, `low`, `exhausted`.
    pub class: &'static str,
    /// Percent used of the worst window, 0-100, for icons.
    pub percentage: Option<u8>,
}

/// A block of the i3bar protocol, as i3blocks and i3status-rust take it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct I3Block {
    /// Name of the block.
    pub name: &'static str,
    /// The line.
    pub full_text: String,
    /// Whether something is used up.
    pub urgent: bool,
    /// `#rrggbb`; absent where the bar's own colour does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<&'static str>,
}

/// One figure of the line.
struct Piece {
    text: String,
    level: Level,
}

/// One plain line. It ends with a line feed, as all of these do.
pub fn text(bundle: &Bundle) -> String {
    plain(&pieces(bundle)) + "\n"
}

/// For waybar.
pub fn waybar(bundle: &Bundle) -> Waybar {
    let pieces = pieces(bundle);
    let used = bundle.cards.iter().filter_map(|card| large(card)?.used);
    Waybar {
        text: markup(&plain(&pieces)),
        tooltip: markup(&sentences(bundle).join("\n")),
        class: class(worst(&pieces)),
        percentage: used.reduce(f64::max).map(|used| used.round().clamp(0.0, 100.0) as u8),
    }
}

/// For bars of the i3 family.
pub fn i3bar(bundle: &Bundle) -> I3Block {
    let pieces = pieces(bundle);
    let worst = worst(&pieces);
    I3Block {
        name: "claudometer",
        full_text: plain(&pieces),
        urgent: worst == Level::Exhausted,
        color: colour(worst),
    }
}

/// With tmux's style marks.
pub fn tmux(bundle: &Bundle) -> String {
    let painted = |piece: &Piece| {
        let text = piece.text.replace('#', "##");
        match colour(piece.level) {
            Some(colour) => format!("#[fg={colour}]{text}#[default]"),
            None => text,
        }
    };
    joined(&pieces(bundle), painted) + "\n"
}

/// With polybar's format tags. A percent sign right before a tag would make it plain text, hence the space.
pub fn polybar(bundle: &Bundle) -> String {
    let painted = |piece: &Piece| {
        let text = piece.text.replace("%{", "% {");
        match colour(piece.level) {
            Some(colour) => format!("%{{F{colour}}}{text} %{{F-}}"),
            None => text,
        }
    };
    joined(&pieces(bundle), painted) + "\n"
}

/// A title, then a menu: xbar, SwiftBar, Argos.
pub fn xbar(bundle: &Bundle) -> String {
    let painted = |text: &str, level: Level| {
        let text = text.replace('|', "/");
        colour(level).map_or_else(|| text.clone(), |colour| format!("{text} | color={colour}"))
    };
    let pieces = pieces(bundle);
    let mut lines = vec![painted(&plain(&pieces), worst(&pieces)), "---".to_owned()];
    for card in &bundle.cards {
        lines.push(name(card, bundle).replace('|', "/"));
        for meter in &card.meters {
            lines.push(painted(&meter.sentence, meter.level));
        }
        if let Some(trouble) = &card.trouble {
            lines.push(format!("{} {}", trouble.detail, trouble.remedy).replace('|', "/"));
        }
        lines.push(format!("Usage page | href={}", card.dashboard));
        lines.push("---".to_owned());
    }
    lines.pop();
    lines.join("\n") + "\n"
}

fn plain(pieces: &[Piece]) -> String {
    joined(pieces, |piece| piece.text.clone())
}

fn worst(pieces: &[Piece]) -> Level {
    pieces.iter().map(|piece| piece.level).max().unwrap_or(Level::Unknown)
}

fn joined(pieces: &[Piece], text: impl Fn(&Piece) -> String) -> String {
    pieces.iter().map(text).collect::<Vec<_>>().join(" · ")
}

fn pieces(bundle: &Bundle) -> Vec<Piece> {
    if bundle.cards.is_empty() {
        return vec![Piece { text: bundle.headline.clone(), level: Level::Unknown }];
    }
    bundle.cards.iter().map(|card| piece(card, &name(card, bundle))).collect()
}

/// The provider's name. Where several cards have it, with the part of the account that tells them apart: a bar has little
/// room.
fn name(card: &Card, bundle: &Bundle) -> String {
    let parts = |card: &Card, nth: usize| {
        let account = card.account.as_deref().unwrap_or_default();
        account.split(" · ").nth(nth).map(str::to_owned)
    };
    let alike: Vec<&Card> = bundle.cards.iter().filter(|other| other.name == card.name).collect();
    let Some(account) = card.account.as_deref().filter(|_| alike.len() > 1) else {
        return card.name.clone();
    };
    let telling = (0..account.split(" · ").count()).find_map(|nth| {
        let own = parts(card, nth)?;
        let same = alike.iter().filter(|other| parts(other, nth).as_ref() == Some(&own)).count();
        (same == 1).then_some(own)
    });
    let telling = telling.unwrap_or_else(|| account.replace(" · ", ", "));
    format!("{} ({telling})", card.name)
}

fn piece(card: &Card, name: &str) -> Piece {
    let Some(meter) = large(card) else {
        let trouble = card.trouble.as_ref().map(|trouble| trouble.title.as_str());
        let text = format!("{name} {}", trouble.unwrap_or(crate::text::NOT_REPORTED));
        return Piece { text, level: Level::Unknown };
    };
    let old = match (meter.fresh, &card.age) {
        (Fresh::Stale, Some(age)) => format!(" ({age})"),
        (Fresh::Fresh | Fresh::Stale | Fresh::RolledOver, _) => String::new(),
    };
    Piece { text: format!("{name} {}{old}", meter.figure), level: meter.level }
}

/// The meter that is shown large: the card's worst.
fn large(card: &Card) -> Option<&Meter> {
    card.meters.iter().find(|meter| Some(&meter.id) == card.worst.as_ref())
}

fn sentences(bundle: &Bundle) -> Vec<String> {
    let of_card = |card: &Card| {
        let trouble = card.trouble.as_ref();
        let trouble = trouble.map(|trouble| format!("{} {}", trouble.detail, trouble.remedy));
        let meters = card.meters.iter().map(|meter| meter.sentence.clone());
        std::iter::once(name(card, bundle)).chain(meters).chain(trouble).collect::<Vec<_>>()
    };
    bundle.remarks.iter().cloned().chain(bundle.cards.iter().flat_map(of_card)).collect()
}

/// The colour of a level in `#rrggbb`; what is calm has the bar's own.
const fn colour(level: Level) -> Option<&'static str> {
    match level {
        Level::Unknown | Level::Calm => None,
        Level::Watch => Some("#d98e04"),
        Level::Low | Level::Exhausted => Some("#e5484d"),
    }
}

const fn class(level: Level) -> &'static str {
    match level {
        Level::Unknown => "unknown",
        Level::Calm => "calm",
        Level::Watch => "watch",
        Level::Low => "low",
        Level::Exhausted => "exhausted",
    }
}

/// Text in Pango's markup.
fn markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
