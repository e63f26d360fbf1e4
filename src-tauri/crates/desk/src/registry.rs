//! The providers that there are: those that are built in, and those that the settings describe.

use claudometer_core::Settings;
use claudometer_provider::{Provider, custom};

/// All of them. A description that cannot be used, or whose id another provider has, is left out.
pub fn with_custom(
    built_in: &'static [&'static Provider],
    settings: &Settings,
) -> &'static [&'static Provider] {
    let mut all = built_in.to_vec();
    for definition in &settings.custom_providers {
        let taken = all.iter().any(|known| known.id.as_str() == definition.id);
        if !taken && definition.problems("").is_empty() {
            all.push(custom::provider(definition));
        }
    }
    if all.len() == built_in.len() { built_in } else { Vec::leak(all) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_core::custom::CustomProvider;

    #[test]
    fn a_description_becomes_a_provider_unless_its_id_is_taken_or_it_cannot_be_used() {
        let definition = |id: &str| CustomProvider {
            id: id.into(),
            name: "Mine".into(),
            url: "https://mine.example/usage".into(),
            balance: Some("/left".into()),
            ..CustomProvider::default()
        };
        let custom_providers = vec![definition("mine"), definition("mine"), definition("NOT")];
        let settings = Settings { custom_providers, ..Settings::default() };
        let ids: Vec<_> =
            with_custom(&[], &settings).iter().map(|known| known.id.as_str()).collect();
        assert_eq!(ids, ["mine"]);
        assert!(with_custom(&[], &Settings::default()).is_empty());
    }
}
