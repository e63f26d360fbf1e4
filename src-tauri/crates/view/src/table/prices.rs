//! The price list in a terminal.

use super::{
    Style,
    grid::{Column, Row, grid},
    paint::{Ink, Line},
    wrapped,
};
use crate::{Context, text};
use claudometer_wire::prices::{PriceList, PricedModel};

const NOTE: &str = "US dollars per million tokens: of the prompt, generated, read from a cache, written to it for five minutes and for an hour. Prompts that are longer than the last column says cost something else.";

/// The list, and where it is from. Ends with a line feed.
pub fn page(list: &PriceList, context: &Context, style: &Style) -> String {
    let mut lines = wrapped(&heading(list), 0, style, Ink::Strong);
    if !list.models.is_empty() {
        let columns = [
            Column::words("Model", 20),
            Column::number("Input"),
            Column::number("Output"),
            Column::number("Cached"),
            Column::number("Written"),
            Column::number("1 hour"),
            Column::number("Longer than"),
        ];
        let rows: Vec<Row> = list.models.iter().map(|model| row(model, context)).collect();
        lines.extend(grid(&columns, &rows, style));
        lines.extend(wrapped(NOTE, 0, style, Ink::Quiet));
    }
    lines.iter().map(|line: &Line| line.text(style) + "\n").collect()
}

fn heading(list: &PriceList) -> String {
    let day = list.as_of.map(|day| format!(" of {day}")).unwrap_or_default();
    let how = match list.renewed {
        Some(_) => "fetched",
        None => "built in",
    };
    let models = list.known_models;
    format!("Prices{day}, {how}: {models} models.")
}

fn row(model: &PricedModel, context: &Context) -> Row {
    let price = |dollars: Option<f64>| dollars.map_or_else(|| "–".to_owned(), rate);
    let long = model.long_above_tokens.map(|above| text::count(above, context));
    Row {
        cells: vec![
            model.model.clone(),
            price(model.input_usd),
            price(model.output_usd),
            price(model.cache_read_usd),
            price(model.cache_write_usd),
            price(model.cache_write_1h_usd),
            long.unwrap_or_default(),
        ],
        ink: Ink::Plain,
    }
}

/// As exactly as lists are, without zeros at the end.
fn rate(dollars: f64) -> String {
    let text = format!("{dollars:.6}");
    let short = text.trim_end_matches('0');
    // Whole dollars need no point, and cents are two.
    match short.split_once('.') {
        Some((whole, "")) => whole.to_owned(),
        Some((whole, tenth)) if tenth.len() == 1 => format!("{whole}.{tenth}0"),
        _ => short.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_as_short_as_they_can_be() {
        for (dollars, expected) in
            [(3.0, "3"), (18.75, "18.75"), (0.3, "0.30"), (0.0375, "0.0375"), (0.0, "0")]
        {
            assert_eq!(rate(dollars), expected);
        }
    }
}
