//! Files and folders that could not be read, in words.

/// As many are named.
const MOST: usize = 3;

/// "2 places could not be read, so what they hold is missing here: ~/logs (permission denied), ~/other.jsonl (...)." Each place
/// is a path and why it could not be read.
pub fn sentence(places: &[(String, &str)]) -> String {
    let named = places.iter().take(MOST).map(|(path, why)| format!("{path} ({why})"));
    let mut named: Vec<String> = named.collect();
    if places.len() > MOST {
        named.push(format!("and {} more", places.len() - MOST));
    }
    let count = match places.len() {
        1 => "1 place".to_owned(),
        count => format!("{count} places"),
    };
    format!(
        "{count} could not be read, so what is new in them is missing here: {}.",
        named.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_places_are_named_and_the_others_counted() {
        let place = |nth: usize| (format!("~/{nth}.jsonl"), "permission denied");
        assert_eq!(
            sentence(&[place(1)]),
            "1 place could not be read, so what is new in them is missing here: ~/1.jsonl (permission denied)."
        );
        let many: Vec<_> = (1..=5).map(place).collect();
        assert!(sentence(&many).ends_with("~/3.jsonl (permission denied), and 2 more."));
    }
}
