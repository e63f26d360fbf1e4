//! Lists in a terminal: a name at the left, words at the right, wrapped below themselves.

use super::{
    Style,
    paint::{Ink, Line},
    wrapped,
};
use crate::foreign;

/// The widest column of names.
const WIDEST: usize = 32;
/// Columns between name and words.
const GAP: usize = 2;

/// One line, or several where the words do not fit, for each row.
pub fn rows<N: AsRef<str>, W: AsRef<str>>(rows: &[(N, W)], style: &Style) -> String {
    let rows: Vec<(String, &str)> = rows
        .iter()
        .map(|(name, words)| (foreign::shown(name.as_ref()).into_owned(), words.as_ref()))
        .collect();
    let longest = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let column = longest.min(WIDEST).min(style.width / 2);
    let mut text = String::new();
    for (name, words) in &rows {
        let name = name.as_str();
        let room = column.max(name.chars().count()) + GAP;
        let hanging = column + GAP;
        let mut lines = wrapped(words, hanging, style, Ink::Plain);
        let first = if lines.is_empty() { Line::new() } else { lines.remove(0) };
        let heading = Line::new().with(name, Ink::Strong);
        if room > hanging {
            // A name that is too long stands on a line of its own.
            push(&mut text, &heading, style);
            push(&mut text, &first, style);
        } else {
            let blanks = " ".repeat(hanging - name.chars().count());
            let said = first.plain().trim_start().to_owned();
            push(&mut text, &heading.with(&blanks, Ink::Plain).with(&said, Ink::Plain), style);
        }
        for line in lines {
            push(&mut text, &line, style);
        }
    }
    text
}

fn push(text: &mut String, line: &Line, style: &Style) {
    text.push_str(&line.text(style));
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_below_themselves_and_no_line_is_too_wide() {
        let long = "The vendor asks to wait. Nothing to do: Claudometer asks again when the vendor allows it.";
        let all = [
            ("acme", long),
            ("zeta", "signed in"),
            ("a-provider-with-a-very-long-name-indeed", long),
            ("none", ""),
        ];
        for width in [40, 80, 120] {
            let style = Style { width, color: false, ascii: false, whole: false };
            let text = rows(&all, &style);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}\n{text}");
        }
        insta::assert_snapshot!(rows(
            &all,
            &Style { width: 60, color: false, ascii: false, whole: false }
        ));
    }
}
