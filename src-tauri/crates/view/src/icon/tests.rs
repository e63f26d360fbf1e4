//! Contrast, by computation; shapes, by comparing pictures.

use super::*;

/// Panels of common desktops: white, two light themes, three dark ones, black.
const PANELS: [[u8; 3]; 7] = [
    [255, 255, 255],
    [0xF6, 0xF5, 0xF4],
    [0xEF, 0xF0, 0xF1],
    [0x31, 0x36, 0x3B],
    [0x2D, 0x2D, 0x2D],
    [0x1D, 0x1D, 0x20],
    [0, 0, 0],
];

/// Relative luminance of WCAG 2.
fn luminance(color: [u8; 3]) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(color[0]) + 0.7152 * linear(color[1]) + 0.0722 * linear(color[2])
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn gauge(used: u64, level: Level) -> Gauge {
    Gauge { used: Some(used), figure: Some(used), level, stale: false }
}

fn model(style: IconStyle, gauge: Gauge, mark: Mark) -> IconModel {
    IconModel { style, session: gauge, weekly: gauge, chosen: gauge, mark }
}

/// Which pixels are seen at all, colours aside.
fn shape(picture: &Pixmap) -> Vec<u8> {
    picture.rgba.chunks_exact(4).map(|pixel| pixel[3]).collect()
}

#[test]
fn every_colour_stands_out_on_light_and_dark_panels() {
    for color in [NEUTRAL, AMBER, RED] {
        for panel in PANELS {
            let found = contrast(color, panel);
            assert!(found >= 3.0, "{color:02X?} on {panel:02X?} has {found:.2}");
        }
    }
}

#[test]
fn every_state_has_a_shape_of_its_own_at_every_size_without_its_colour() {
    for size in SIZES {
        for style in [IconStyle::Bars, IconStyle::Number] {
            let states = [
                ("unknown", model(style, Gauge::UNKNOWN, Mark::None)),
                ("nothing used", model(style, gauge(0, Level::Calm), Mark::None)),
                ("calm", model(style, gauge(37, Level::Calm), Mark::None)),
                ("watch", model(style, gauge(85, Level::Watch), Mark::None)),
                ("low", model(style, gauge(96, Level::Low), Mark::None)),
                ("used up", model(style, gauge(100, Level::Exhausted), Mark::None)),
                (
                    "stale",
                    model(style, Gauge { stale: true, ..gauge(37, Level::Calm) }, Mark::None),
                ),
                ("trouble", model(style, gauge(37, Level::Calm), Mark::Trouble)),
                ("blocked", model(style, gauge(37, Level::Calm), Mark::Blocked)),
            ];
            for (at, (one, a)) in states.iter().enumerate() {
                for (other, b) in &states[at + 1..] {
                    assert_ne!(
                        shape(&draw(a, size)),
                        shape(&draw(b, size)),
                        "{one} and {other} look alike at {size}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_bar_is_empty_only_at_nothing_and_full_only_at_hundred() {
    for width in [14, 18, 20, 26, 40] {
        for (percent, expected) in [
            (0, 0..=0),
            (1, 1..=1),
            (50, width / 2..=width / 2),
            (99, width - 1..=width - 1),
            (100, width..=width),
            (140, width..=width),
        ] {
            assert!(
                expected.contains(&filled(percent, width)),
                "{percent} of {width}: {}",
                filled(percent, width)
            );
        }
        let lengths: Vec<_> = (0..=100).map(|percent| filled(percent, width)).collect();
        assert!(lengths.is_sorted(), "more used is never a shorter bar");
    }
}

#[test]
fn every_number_differs_from_every_other_at_22_pixels_and_fits() {
    let mut seen = Vec::new();
    for figure in 0..=100 {
        let gauge =
            Gauge { used: Some(50), figure: Some(figure), level: Level::Calm, stale: false };
        let picture = draw(&model(IconStyle::Number, gauge, Mark::None), 22);
        assert!(!seen.contains(&picture), "{figure} looks like another number");
        seen.push(picture);
    }
}

#[test]
fn pictures_have_the_bytes_that_their_size_says_in_both_orders() {
    for size in SIZES {
        let picture = draw(&model(IconStyle::Bars, gauge(50, Level::Low), Mark::Blocked), size);
        assert_eq!(picture.rgba.len(), (size * size * 4) as usize);
        let argb = picture.argb();
        assert_eq!(argb.len(), picture.rgba.len());
        assert!(
            picture
                .rgba
                .chunks_exact(4)
                .zip(argb.chunks_exact(4))
                .all(|(a, b)| [a[3], a[0], a[1], a[2]] == b)
        );
    }
}
