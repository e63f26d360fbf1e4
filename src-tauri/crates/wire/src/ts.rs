//! TypeScript for the window: every type in a fixed order, and a typed function per command.

use crate::{
    bundle, command, cost as told, diagnosis, error, history, report, settings, status, update,
};
use claudometer_core::{CreditUnit, cost, custom, settings as core};
use std::fmt::Write as _;
use ts_rs::{Config, TS};

fn config() -> Config {
    Config::new().with_large_int("number")
}

macro_rules! declarations {
    ($config:expr; $($type:ty),+ $(,)?) => { [$(<$type as TS>::decl($config)),+] };
}

/// Declarations of every type that crosses to the window.
pub fn typescript() -> String {
    let config = &config();
    let all = declarations![config;
        core::Theme, core::Metric, core::FigureOf, core::ResetAs, core::IconStyle, core::ResetNotice,
        core::QuietHours, core::Alerts, core::Display, core::ProviderSettings, custom::CustomProvider, custom::CustomWindow, CreditUnit, cost::CostMode, cost::ModelPrice, cost::BudgetSpan, cost::Budget, cost::CostSettings, core::ReleaseChannel, core::Updates, core::Settings, core::Problem,
        bundle::Level, bundle::Fresh, bundle::Meter, bundle::Line, bundle::TroubleStrip, bundle::AttemptLine,
        bundle::Card, bundle::Looked, bundle::FirstRun, bundle::Bundle,
        settings::SourceForm, settings::SecretForm, settings::Organization, settings::BridgeForm,
        settings::ProviderForm, settings::Assistant, settings::KeyringForm, settings::LedgerRow, settings::About,
        settings::SettingsState, settings::SecretDraft, settings::Draft,
        report::WindowReport, report::CreditsReport, report::SpendReport, report::TroubleReport, report::AccountReport,
        report::Report,
        diagnosis::Diagnosis, diagnosis::Variable, diagnosis::Place, diagnosis::ProviderDiagnosis,
        diagnosis::SourceDiagnosis, diagnosis::AccountDiagnosis, diagnosis::AttemptDiagnosis,
        diagnosis::GateDiagnosis, diagnosis::Endpoint, diagnosis::LogDiagnosis,
        cost::BudgetState, told::CostSums, told::CostBrief, told::CostQuery, told::CostViewPart, told::CostViewRow, told::CostView, history::CoursePoint, history::CourseDay, history::LimitCourse,
        update::UpdateReport, status::ServiceReport, command::State, error::ErrorCode, error::IpcError,
    ];
    let mut text =
        String::from("// Generated from the Rust types by `npm run gen`. Do not edit.\n");
    for declaration in all {
        write!(text, "\nexport {declaration}\n").ok(); // writing to a String cannot fail
    }
    text
}

/// A typed signature for every command of the table.
pub fn commands() -> String {
    let config = &config();
    let mut text = String::from(
        "// Generated from the command table by `npm run gen`. Do not edit.\n\nimport type * as wire from './wire';\n\nexport interface Commands {\n",
    );
    for spec in command::SPECS {
        let args: Vec<_> = (spec.args)(config)
            .into_iter()
            .map(|(name, kind)| format!("{name}: {}", qualified(&kind)))
            .collect();
        let args = if args.is_empty() {
            "Record<string, never>".to_owned()
        } else {
            format!("{{ {} }}", args.join("; "))
        };
        let answer = qualified(&(spec.returns)(config));
        let (name, doc) = (spec.name, spec.doc.trim());
        write!(text, "  /** {doc} */\n  {name}: {{ args: {args}; answer: {answer} }};\n").ok(); // as above
    }
    text.push_str("}\n");
    text
}

/// Types of ours are found in `wire.ts`; TypeScript's own begin with a lower-case letter.
fn qualified(name: &str) -> String {
    if let Some(inner) = name.strip_prefix("Array<").and_then(|rest| rest.strip_suffix('>')) {
        format!("{}[]", qualified(inner))
    } else if name.starts_with(|c: char| c.is_ascii_uppercase()) {
        format!("wire.{name}")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_type_that_a_command_names_is_declared() {
        let types = super::typescript();
        for name in super::commands().split("wire.").skip(1) {
            let name: String = name.chars().take_while(char::is_ascii_alphanumeric).collect();
            assert!(types.contains(&format!("export type {name} ")), "{name} is not declared");
        }
    }
}
