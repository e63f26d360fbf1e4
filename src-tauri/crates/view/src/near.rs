//! "Did you mean": the known word that is most like a mistyped one.

/// Jaro-Winkler likeness, 0.0-1.0, from which a word counts as meant.
const ALIKE: f64 = 0.8;

/// Of `all` the word that is most like `word`, if any is like it at all.
pub fn nearest<T: AsRef<str>>(word: &str, all: impl IntoIterator<Item = T>) -> Option<T> {
    let likeness = |other: &T| strsim::jaro_winkler(word, other.as_ref());
    let alike = all.into_iter().map(|other| (likeness(&other), other));
    alike
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_word_and_a_strange_word_finds_none() {
        let all = ["acme", "globex", "initech"];
        assert_eq!(nearest("amce", all), Some("acme"));
        assert_eq!(nearest("gobex", all), Some("globex"));
        assert_eq!(nearest("zzz", all), None);
    }
}
