//! Every provider: one folder each, and the one list of them.

use claudometer_provider::Provider;
use claudometer_scan::LogSource;

pub use archives::archived;

/// Makes the list of providers from their folders.
macro_rules! registry {
    ($($folder:ident),+ $(,)?) => {
        $(pub mod $folder;)+

        /// Every provider, in the order in which they are shown.
        pub static ALL: &[&Provider] = &[$(&$folder::PROVIDER),+];
    };
}

mod archives;
mod keyed;
mod logs;
mod spent;
pub mod status;
#[cfg(test)]
mod testing;

registry! {
    claude, codex, copilot, cursor, gemini, antigravity, amp, kiro, windsurf, jetbrains, openrouter, zai, kimi, minimax, opencode, perplexity, cline, nanogpt, zenmux, chutes, synthetic, codebuff, deepseek, moonshot, commandcode, zed, factory, augment, grok, warp, openai, anthropic
}

/// The logs that assistants keep on this machine themselves, in the order in which they are shown.
pub static LOGS: &[&dyn LogSource] = &[
    &claude::logs::LOGS,
    &codex::logs::LOGS,
    &gemini::logs::LOGS,
    &opencode::logs::LOGS,
    &opencode::logs::KILO,
    &logs::qwen::LOGS,
    &copilot::logs::LOGS,
    &cline::logs::LOGS,
    &cline::logs::ROO,
    &cline::logs::KILO,
    &logs::pi::LOGS,
    &amp::logs::LOGS,
    &factory::logs::LOGS,
    &kimi::logs::LOGS,
    &logs::goose::LOGS,
    &zed::logs::LOGS,
    &cursor::logs::LOGS,
    &logs::continued::LOGS,
];

/// The provider with this id.
pub fn by_id(id: &str) -> Option<&'static Provider> {
    ALL.iter().copied().find(|provider| provider.id.as_str() == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn is_kebab(id: &str) -> bool {
        !id.is_empty()
            && id.split('-').all(|word| {
                !word.is_empty()
                    && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            })
    }

    #[test]
    fn ids_are_unique_and_found_again() {
        let ids: BTreeSet<_> = ALL.iter().map(|provider| &provider.id).collect();
        assert_eq!(ids.len(), ALL.len());
        for provider in ALL {
            assert!(is_kebab(provider.id.as_str()), "{}", provider.id);
            assert_eq!(by_id(provider.id.as_str()).map(|found| found.name), Some(provider.name));
        }
        assert!(by_id("no-such-provider").is_none());
    }

    #[test]
    fn every_provider_says_all_that_a_person_needs() {
        for provider in ALL {
            assert!(provider.dashboard.starts_with("https://"), "{}", provider.id);
            assert_eq!(provider.short.chars().count(), 2, "{}", provider.id);
            assert!(!provider.sign_in.is_empty() && !provider.scenes.is_empty(), "{}", provider.id);
            let fields: BTreeSet<_> = provider.secrets.iter().map(|field| field.id).collect();
            assert_eq!(fields.len(), provider.secrets.len(), "{}", provider.id);
            let names: BTreeSet<_> = provider.scenes.iter().map(|scene| scene.name).collect();
            assert_eq!(names.len(), provider.scenes.len(), "{}", provider.id);
        }
    }

    #[test]
    fn sources_are_unique_described_and_the_passive_ones_come_first() {
        for provider in ALL {
            let specs: Vec<_> = provider.sources.iter().map(|source| source.spec()).collect();
            let ids: BTreeSet<_> = specs.iter().map(|spec| spec.id).collect();
            assert_eq!(ids.len(), specs.len(), "{}", provider.id);
            assert!(specs.is_sorted_by_key(|spec| !spec.passive), "{}", provider.id);
            for spec in specs {
                assert!(!spec.label.is_empty() && !spec.reads.is_empty(), "{}", spec.id);
                let asks_itself =
                    spec.sends.starts_with("Asks ") && !spec.sends.starts_with("Asks nobody");
                assert_eq!(spec.host().is_some(), asks_itself, "{}: {}", provider.id, spec.sends);
                assert_eq!(spec.sends.is_empty(), spec.passive, "{}: who asks says whom", spec.id);
                assert!(spec.passive || spec.cadence.floor_s >= 60, "{}", spec.id);
                assert!(spec.cadence.normal_s >= spec.cadence.floor_s, "{}", spec.id);
            }
        }
    }
}
