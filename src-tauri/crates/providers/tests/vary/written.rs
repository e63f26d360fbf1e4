//! The same document, written otherwise.

use serde_json::Value;
use std::fmt::Write as _;

/// How a document is written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Style {
    /// Keys of each object the other way round.
    pub(crate) reversed: bool,
    /// Blanks and other line ends between everything.
    pub(crate) spaced: bool,
    /// Every letter of every text as an escape.
    pub(crate) escaped: bool,
    /// `3` as `3.0`, `3.5` as `3.50e0`.
    pub(crate) other_numbers: bool,
}

/// The text of a document.
pub(crate) fn written(value: &Value, style: Style) -> String {
    let mut text = String::new();
    write(value, style, &mut text);
    if style.spaced { format!(" \n\t{text}\r\n ") } else { text }
}

fn write(value: &Value, style: Style, out: &mut String) {
    let gap = if style.spaced { "\r\n\t " } else { "" };
    match value {
        Value::Object(members) => {
            out.push('{');
            let mut all: Vec<_> = members.iter().collect();
            if style.reversed {
                all.reverse();
            }
            for (nth, (key, member)) in all.into_iter().enumerate() {
                out.push_str(if nth > 0 { "," } else { "" });
                out.push_str(gap);
                text(key, style, out);
                out.push_str(if style.spaced { " : " } else { ":" });
                write(member, style, out);
            }
            out.push_str(gap);
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (nth, item) in items.iter().enumerate() {
                out.push_str(if nth > 0 { "," } else { "" });
                out.push_str(gap);
                write(item, style, out);
            }
            out.push(']');
        }
        Value::String(of) => text(of, style, out),
        Value::Number(number) if style.other_numbers => {
            let plain = number.to_string();
            let form = match (plain.contains(['e', 'E']), plain.contains('.')) {
                (true, _) => plain,
                (false, true) => format!("{plain}0e0"),
                (false, false) => format!("{plain}.0"),
            };
            out.push_str(&form);
        }
        other => out.push_str(&other.to_string()),
    }
}

fn text(of: &str, style: Style, out: &mut String) {
    if !style.escaped {
        out.push_str(&Value::from(of).to_string());
        return;
    }
    out.push('"');
    for unit in of.encode_utf16() {
        write!(out, "\\u{unit:04x}").ok(); // writing to a String cannot fail
    }
    out.push('"');
}
