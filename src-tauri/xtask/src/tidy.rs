//! Rules of the repository that no linter knows. Each is a row of [`RULES`], and a test.

mod dependencies;
mod documents;
mod gatekeeper;
mod providers;
mod source;

use crate::repository::Repository;
use anyhow::Result;
use std::fmt;

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The file, relative to the top folder.
    pub(crate) path: String,
    /// Line, from 1.
    pub(crate) line: usize,
    /// What is wrong and what to do.
    pub(crate) text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

/// A rule: its sentence, and what finds the places that break it.
pub(crate) struct Rule {
    /// What holds everywhere.
    pub(crate) sentence: &'static str,
    /// Finds where it does not.
    pub(crate) find: fn(&Repository) -> Result<Vec<Finding>>,
}

/// All rules.
pub(crate) const RULES: &[Rule] = &[
    source::LENGTH,
    source::FIRST_LINE,
    source::LOOSE_ENDS,
    source::REGISTRY_HOSTS,
    source::ONE_READER,
    gatekeeper::GATEKEEPER,
    dependencies::DIRECTIONS,
    dependencies::THIRD_PARTIES,
    providers::FOLDERS,
    documents::LINKS,
];

/// Prints every finding under its rule; true when there is none.
pub(crate) fn report() -> Result<bool> {
    let repository = Repository::open()?;
    let mut count = 0;
    for rule in RULES {
        let findings = (rule.find)(&repository)?;
        if !findings.is_empty() {
            println!("{} ({}):", rule.sentence, findings.len());
        }
        for finding in &findings {
            println!("  {finding}");
        }
        count += findings.len();
    }
    println!("tidy: {} rules, {count} findings", RULES.len());
    Ok(count == 0)
}

#[cfg(test)]
mod tests {
    use super::{RULES, Rule};
    use crate::repository::Repository;

    fn obeyed(rule: &Rule) {
        let findings = (rule.find)(&Repository::open().unwrap()).unwrap();
        let list: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert!(list.is_empty(), "{}:\n  {}", rule.sentence, list.join("\n  "));
    }

    macro_rules! sentences {
        ($($test:ident = $rule:expr;)+) => {
            $(#[test] fn $test() { obeyed(&$rule); })+
            const TESTED: usize = [$(stringify!($test)),+].len();
        };
    }

    sentences! {
        every_file_stays_within_500_lines_before_its_tests = super::source::LENGTH;
        every_rust_file_says_in_its_first_line_what_it_is_about = super::source::FIRST_LINE;
        nothing_is_left_for_later_or_left_out_of_the_tests = super::source::LOOSE_ENDS;
        no_file_names_the_host_of_a_registry = super::source::REGISTRY_HOSTS;
        json_of_others_is_read_by_the_one_lenient_reader = super::source::ONE_READER;
        no_provider_is_named_outside_of_its_folder = super::gatekeeper::GATEKEEPER;
        our_crates_depend_on_each_other_only_in_the_directions_of_the_table = super::dependencies::DIRECTIONS;
        each_part_of_the_world_is_reached_through_one_crate = super::dependencies::THIRD_PARTIES;
        every_provider_has_a_readme_and_three_fixtures = super::providers::FOLDERS;
        every_link_to_a_file_leads_somewhere = super::documents::LINKS;
    }

    #[test]
    fn every_rule_is_tested() {
        assert_eq!(TESTED, RULES.len());
    }
}
