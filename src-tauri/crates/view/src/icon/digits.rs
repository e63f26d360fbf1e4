//! Digits of three by five squares, enlarged by whole factors.

use super::{Area, Pixmap};

const COLUMNS: u32 = 3;
const ROWS: u32 = 5;

/// Five rows of three bits, the left column first.
const fn rows(letter: char) -> [u8; 5] {
    match letter {
        '0' => [0b111, 0b101, 0b101, 0b101, 0b111],
        '1' => [0b010, 0b110, 0b010, 0b010, 0b111],
        '2' => [0b111, 0b001, 0b111, 0b100, 0b111],
        '3' => [0b111, 0b001, 0b111, 0b001, 0b111],
        '4' => [0b101, 0b101, 0b111, 0b001, 0b001],
        '5' => [0b111, 0b100, 0b111, 0b001, 0b111],
        '6' => [0b111, 0b100, 0b111, 0b101, 0b111],
        '7' => [0b111, 0b001, 0b001, 0b001, 0b001],
        '8' => [0b111, 0b101, 0b111, 0b101, 0b111],
        '9' => [0b111, 0b101, 0b111, 0b001, 0b111],
        _ => [0b000, 0b000, 0b111, 0b000, 0b000],
    }
}

/// Draws `text` centred in the upper `height` pixels, as large as fits, never wider than twice its height.
pub(super) fn draw(picture: &mut Pixmap, text: &str, height: u32, (color, alpha): ([u8; 3], u8)) {
    let letters = u32::try_from(text.chars().count()).unwrap_or(1).max(1);
    let space = |wide: u32| (wide / 2).max(1);
    let width = |wide: u32| letters * COLUMNS * wide + (letters - 1) * space(wide);
    let wide = (1..=height)
        .rev()
        .find(|wide| width(*wide) <= picture.size && *wide * ROWS <= height)
        .unwrap_or(1);
    // Three digits are squeezed sideways rather than made small.
    let tall = (height / ROWS).clamp(1, wide * 2);
    let left = picture.size.saturating_sub(width(wide)) / 2;
    let top = height.saturating_sub(tall * ROWS) / 2;
    for (place, letter) in (0_u32..).zip(text.chars()) {
        let x = left + place * (COLUMNS * wide + space(wide));
        for (row, bits) in (0_u32..).zip(rows(letter)) {
            for column in (0..COLUMNS).filter(|column| bits >> (COLUMNS - 1 - column) & 1 == 1) {
                let square =
                    Area { x: x + column * wide, y: top + row * tall, width: wide, height: tall };
                picture.fill(square, color, alpha);
            }
        }
    }
}
