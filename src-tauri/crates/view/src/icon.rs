//! The tray icon, drawn per size on whole pixels: what a person reads in half a second.
//!
//! The panel's colour is not known, so every colour is a middle tone with a contrast of 3:1 or more on light and dark panels
//! alike, and everything that a colour says is said by shape as well.

mod digits;

use claudometer_core::settings::IconStyle;

pub use claudometer_wire::Level;

/// Edge lengths in pixels for which the icon is drawn.
pub const SIZES: [u32; 5] = [16, 22, 24, 32, 48];

/// Colour of outlines and of what is below the first threshold: red, green, blue.
pub const NEUTRAL: [u8; 3] = [0x82, 0x82, 0x82];
/// Colour at or above the first threshold.
pub const AMBER: [u8; 3] = [0xBA, 0x76, 0x00];
/// Colour at or above the last threshold, and of what is used up.
pub const RED: [u8; 3] = [0xE6, 0x48, 0x3C];

const SOLID: u8 = 255;
const HALF: u8 = 128;
/// The empty part of a bar, so that 0 % and "not reported" look different.
const TRACK: u8 = 56;

/// One window as the icon shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    /// Whole percent used; `None` is drawn hollow.
    pub used: Option<u64>,
    /// The digits of the number style, whole percent used or left; `None` is a dash.
    pub figure: Option<u64>,
    /// Urgency.
    pub level: Level,
    /// Whether the number is old: drawn at half strength.
    pub stale: bool,
}

impl Gauge {
    /// A window of which nothing is known.
    pub const UNKNOWN: Self =
        Self { used: None, figure: None, level: Level::Unknown, stale: false };
}

/// A small sign in the corner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mark {
    /// None.
    #[default]
    None,
    /// A dot: trouble stands.
    Trouble,
    /// A pause: the vendor blocks.
    Blocked,
}

/// What the icon shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IconModel {
    /// Bars or the number.
    pub style: IconStyle,
    /// The worst session window: the upper bar.
    pub session: Gauge,
    /// The worst longer window: the lower bar.
    pub weekly: Gauge,
    /// The window that the number is about.
    pub chosen: Gauge,
    /// The sign in the corner.
    pub mark: Mark,
}

impl Default for IconModel {
    fn default() -> Self {
        let unknown = Gauge::UNKNOWN;
        Self {
            style: IconStyle::Bars,
            session: unknown,
            weekly: unknown,
            chosen: unknown,
            mark: Mark::None,
        }
    }
}

/// A square picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixmap {
    /// Edge length in pixels.
    pub size: u32,
    /// Rows from the top, four bytes a pixel: red, green, blue, alpha (not premultiplied).
    pub rgba: Vec<u8>,
}

impl Pixmap {
    fn new(size: u32) -> Self {
        Self { size, rgba: vec![0; (size * size * 4) as usize] }
    }

    /// The same picture with alpha first, as `StatusNotifierItem` wants it (ARGB32 in network byte order).
    pub fn argb(&self) -> Vec<u8> {
        self.rgba
            .chunks_exact(4)
            .flat_map(|pixel| [pixel[3], pixel[0], pixel[1], pixel[2]])
            .collect()
    }

    fn set(&mut self, x: u32, y: u32, [red, green, blue]: [u8; 3], alpha: u8) {
        if x < self.size && y < self.size {
            let at = ((y * self.size + x) * 4) as usize;
            self.rgba[at..at + 4].copy_from_slice(&[red, green, blue, alpha]);
        }
    }

    fn fill(&mut self, area: Area, color: [u8; 3], alpha: u8) {
        for y in area.y..area.y + area.height {
            for x in area.x..area.x + area.width {
                self.set(x, y, color, alpha);
            }
        }
    }
}

/// A rectangle, in pixels.
#[derive(Debug, Clone, Copy)]
struct Area {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl Area {
    const fn inner(self, by: u32) -> Self {
        Self {
            x: self.x + by,
            y: self.y + by,
            width: self.width.saturating_sub(by * 2),
            height: self.height.saturating_sub(by * 2),
        }
    }
}

/// Measures of one size, chosen by eye so that no edge falls between two pixels.
#[derive(Debug, Clone, Copy)]
struct Grid {
    /// Free pixels at left and right.
    margin: u32,
    /// Thickness of an outline.
    line: u32,
    /// Height of a bar with its outline.
    bar: u32,
    /// Free pixels between the bars.
    gap: u32,
    /// Diameter of the corner's dot.
    dot: u32,
}

const fn grid(size: u32) -> Grid {
    match size {
        0..=19 => Grid { margin: 0, line: 1, bar: 7, gap: 2, dot: 5 },
        20..=23 => Grid { margin: 1, line: 1, bar: 9, gap: 2, dot: 7 },
        24..=27 => Grid { margin: 1, line: 1, bar: 10, gap: 2, dot: 8 },
        28..=39 => Grid { margin: 1, line: 2, bar: 13, gap: 4, dot: 10 },
        _ => Grid { margin: 2, line: 2, bar: 19, gap: 6, dot: 15 },
    }
}

const fn color_of(level: Level) -> [u8; 3] {
    match level {
        Level::Unknown | Level::Calm => NEUTRAL,
        Level::Watch => AMBER,
        Level::Low | Level::Exhausted => RED,
    }
}

/// Draws the icon at an edge length in pixels.
pub fn draw(model: &IconModel, size: u32) -> Pixmap {
    let mut picture = Pixmap::new(size);
    let grid = grid(size);
    match model.style {
        IconStyle::Bars => {
            let top = size.saturating_sub(grid.bar * 2 + grid.gap) / 2;
            let width = size.saturating_sub(grid.margin * 2);
            let upper = Area { x: grid.margin, y: top, width, height: grid.bar };
            let lower = Area { y: top + grid.bar + grid.gap, ..upper };
            bar(&mut picture, upper, grid.line, model.session);
            bar(&mut picture, lower, grid.line, model.weekly);
        }
        IconStyle::Number => number(&mut picture, grid, model.chosen),
    }
    mark(&mut picture, grid, model.mark);
    picture
}

/// Pixels of `width` that a percent fills: none for 0 only, all for 100 only.
fn filled(percent: u64, width: u32) -> u32 {
    let width = u64::from(width);
    let pixels = match percent {
        0 => 0,
        100.. => width,
        part => (width * part).div_ceil(100).clamp(1, width.saturating_sub(1)),
    };
    u32::try_from(pixels).unwrap_or_default()
}

fn bar(picture: &mut Pixmap, area: Area, line: u32, gauge: Gauge) {
    let Some(used) = gauge.used else {
        outline(picture, area, line, true);
        return;
    };
    outline(picture, area, line, false);
    let (color, strength) = (color_of(gauge.level), if gauge.stale { HALF } else { SOLID });
    let inside = area.inner(line);
    let length = filled(used, inside.width);
    picture.fill(inside, NEUTRAL, TRACK);
    picture.fill(Area { width: length, ..inside }, color, strength);
    match gauge.level {
        Level::Unknown | Level::Calm => {}
        Level::Watch => notch(picture, inside, length, line),
        Level::Low => cap(picture, area, inside.x + length, line, (color, strength)),
        Level::Exhausted => picture.fill(area, color, strength),
    }
}

/// A cut through the upper half of the fill, before its end.
fn notch(picture: &mut Pixmap, inside: Area, length: u32, line: u32) {
    let width = line.max(inside.height / 4);
    let x = inside.x + length.saturating_sub(width * 2);
    picture.fill(Area { x, width, height: inside.height.div_ceil(2), ..inside }, NEUTRAL, 0);
}

/// A solid end of the fill, as high as the bar with its outline.
fn cap(picture: &mut Pixmap, area: Area, end: u32, line: u32, (color, strength): ([u8; 3], u8)) {
    let width = (line * 2).max(area.height / 3);
    picture.fill(Area { x: end.saturating_sub(width), width, ..area }, color, strength);
}

fn outline(picture: &mut Pixmap, area: Area, line: u32, dashed: bool) {
    let dash = (line * 2).max(2);
    let inner = area.inner(line);
    for y in area.y..area.y + area.height {
        for x in area.x..area.x + area.width {
            let inside = x >= inner.x
                && x < inner.x + inner.width
                && y >= inner.y
                && y < inner.y + inner.height;
            let gap = dashed && ((x - area.x) + (y - area.y)) / dash % 2 == 1;
            if !inside && !gap {
                picture.set(x, y, NEUTRAL, SOLID);
            }
        }
    }
}

/// The digits with a thin meter below them.
fn number(picture: &mut Pixmap, grid: Grid, gauge: Gauge) {
    let strength = if gauge.stale { HALF } else { SOLID };
    let thick = grid.line * if picture.size < 20 { 2 } else { 3 };
    let height = picture.size - thick - grid.line;
    let text = gauge.figure.map_or_else(|| "-".to_owned(), |figure| figure.min(999).to_string());
    // Thin strokes at half strength could not be read: an old number keeps its digits, and its meter is broken.
    digits::draw(picture, &text, height, (color_of(gauge.level), SOLID));
    let meter = Area { x: 0, y: picture.size - thick, width: picture.size, height: thick };
    let dash = grid.line * 2;
    let Some(used) = gauge.used else {
        for x in (0..meter.width).step_by((dash * 2) as usize) {
            picture.fill(Area { x, width: dash, ..meter }, NEUTRAL, SOLID);
        }
        return;
    };
    let length = filled(used, meter.width);
    picture.fill(meter, NEUTRAL, TRACK * 2);
    picture.fill(Area { width: length, ..meter }, color_of(gauge.level), strength);
    if gauge.level == Level::Watch {
        let width = grid.line;
        picture.fill(Area { x: length.saturating_sub(width * 3), width, ..meter }, NEUTRAL, 0);
    }
    for x in (dash..if gauge.stale { meter.width } else { 0 }).step_by((dash * 2) as usize) {
        picture.fill(Area { x, width: dash, ..meter }, NEUTRAL, 0);
    }
}

fn mark(picture: &mut Pixmap, grid: Grid, mark: Mark) {
    let corner = picture.size - grid.dot;
    let ring = grid.line;
    let clear = Area {
        x: corner.saturating_sub(ring),
        y: corner.saturating_sub(ring),
        width: grid.dot + ring,
        height: grid.dot + ring,
    };
    match mark {
        Mark::None => {}
        Mark::Trouble => {
            disc(picture, (corner, corner), grid.dot, ring, 0);
            disc(picture, (corner, corner), grid.dot, 0, SOLID);
        }
        Mark::Blocked => {
            picture.fill(clear, NEUTRAL, 0);
            let stroke = (grid.dot * 2 / 5).max(2);
            for x in [corner, picture.size - stroke] {
                picture.fill(Area { x, y: corner, width: stroke, height: grid.dot }, RED, SOLID);
            }
        }
    }
}

/// A disc whose edge lies `grow` pixels outside the square of `diameter` at `(x, y)`.
fn disc(picture: &mut Pixmap, (left, top): (u32, u32), diameter: u32, grow: u32, alpha: u8) {
    // Twice the distance, so that the centre of an even diameter is a whole number too.
    let (span, reach) = (i64::from(diameter), i64::from(diameter + grow * 2));
    for y in top.saturating_sub(grow)..picture.size {
        for x in left.saturating_sub(grow)..picture.size {
            let across = (i64::from(x) - i64::from(left)) * 2 + 1 - span;
            let down = (i64::from(y) - i64::from(top)) * 2 + 1 - span;
            if across * across + down * down <= reach * reach {
                picture.set(x, y, RED, alpha);
            }
        }
    }
}

#[cfg(test)]
mod tests;
