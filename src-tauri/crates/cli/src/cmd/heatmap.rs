//! `heatmap`: a year of use, a square a day.

use super::cost::known_agents;
use crate::{
    args::{Args, Heatmap as Wanted},
    books::{self, Books, refusal},
    exit::Exit,
    out,
    setup::Refusal,
};
use chrono::{Days, NaiveDate};
use claudometer_host::Host;
use claudometer_ledger::{By, Filter, Query, report};
use claudometer_view::{heatmap::Heatmap, text::Money};
use std::collections::BTreeMap;

/// Draws it on the terminal, or into a file.
pub(crate) async fn run(args: &Args, wanted: &Wanted, host: Host) -> Result<Exit, Refusal> {
    let mut books = Books::of(args, host)?;
    books.is_current = super::history_is_current(&books.host).await;
    let now = books.host.now();
    let today = books.zone.1.wall(now).date();
    let (first, last) = match wanted.year {
        Some(year) => (
            NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(today),
            NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(today),
        ),
        None => (today.checked_sub_days(Days::new(364)).unwrap_or(today), today),
    };
    let query = Query {
        by: By::Day,
        hour: None,
        since: Some(first),
        until: Some(last),
        filter: Filter { agents: known_agents(&wanted.agent, &books)?, ..Filter::default() },
        mode: books.settings.cost.mode,
        breakdown: false,
        zone: (books.zone.0.as_str(), &books.zone.1),
        week_ends: BTreeMap::new(),
        limit: None,
        now,
        today,
    };
    let (mut store, done) = books.readable()?;
    let report = report::report(&mut store, &query, books.prices.as_of(), &BTreeMap::new())
        .map_err(refusal)?;
    if args.global.json {
        out::print_json(&report);
        return Ok(books::exit(&done));
    }
    let map = Heatmap::of(&report, first, last);
    let (context, money) = (books.context(), Money::of(&books.settings.cost));
    let picture = match (&wanted.svg, &wanted.png) {
        (Some(file), _) => Some((file, map.svg(&money, &context).into_bytes(), &b"<svg"[..])),
        (None, Some(file)) => {
            let png = png(&map).map_err(|error| (format!("{error}."), Exit::Other))?;
            Some((file, png, &b"\x89PNG"[..]))
        }
        (None, None) => None,
    };
    match picture {
        None => {
            let style = out::style(&books.host, args.global.no_color);
            out::print_painted(&map.text(&money, &context, &style));
        }
        Some((file, bytes, begins)) => {
            out::to_place(&books.host.files, file, begins, |out| out.write_all(&bytes))
                .map_err(|error| (format!("{}: {error}.", file.display()), Exit::Other))?;
            out::say(&format!("{} Written to {}.", map.sentence(&money, &context), file.display()));
        }
    }
    Ok(books::exit(&done))
}

fn png(map: &Heatmap) -> Result<Vec<u8>, png::EncodingError> {
    let (width, height, pixels) = map.pixels();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(bytes)
}
