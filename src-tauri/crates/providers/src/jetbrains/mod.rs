//! JetBrains AI: what the newest editor last knew of its quota, read from its own file.

use claudometer_core::{Allowance, ProviderId, Trouble, WindowKind, gate::Cadence};
use claudometer_host::Host;
use claudometer_provider::{
    Draft, Provider, Recorded, Scene, SourceSpec, draft, json, lenient, local::Local, replay::Stage,
};
use quick_xml::{Reader, events::Event};
use serde_json::Value;
use std::path::PathBuf;

const FILE: &str = "options/AIAssistantQuotaManager2.xml";

static EDITOR: Local = Local {
    spec: SourceSpec {
        id: "editor",
        label: "the editor's own notes",
        reads: "The quota as the newest JetBrains editor last noted it, in its settings; nothing is changed.",
        sends: "",
        cadence: Cadence { normal_s: 300, floor_s: 60 },
        passive: true,
        opt_in: false,
    },
    provider: ProviderId::new("jetbrains"),
    files,
    folders: |host| roots(host).into(),
    read: |host, path| read(&host.files.read_text(path).ok()??),
};

/// The provider.
pub static PROVIDER: Provider = Provider {
    id: ProviderId::new("jetbrains"),
    name: "JetBrains AI",
    short: "Jb",
    dashboard: "https://account.jetbrains.com/licenses",
    sign_in: "Sign in to AI Assistant in a JetBrains editor and use it once.",
    places: |host| roots(host).iter().map(|root| host.tilde(root)).collect(),
    sources: &[&EDITOR],
    secrets: &[],
    remedy: |trouble, _| match trouble {
        Trouble::AuthMissing | Trouble::NoData => Some(PROVIDER.sign_in),
        _ => None,
    },
    bridge: None,
    device: None,
    status: None,
    homes: None,
    log_retention: |_| None,
    scenes: &[Scene {
        name: "calm",
        files: &[(
            ".config/JetBrains/RustRover2026.2/options/AIAssistantQuotaManager2.xml",
            include_str!("fixtures/jetbrains/AIAssistantQuotaManager2.xml"),
        )],
        earlier: &[],
        now: &[],
    }],
    stage,
};

/// Folders of editors: of the vendor's own, and of the one that another makes of them.
fn roots(host: &Host) -> [PathBuf; 2] {
    let base = if cfg!(target_os = "macos") {
        host.home().join("Library/Application Support")
    } else {
        let given = host.env.get("XDG_CONFIG_HOME").map(PathBuf::from);
        given.unwrap_or_else(|| host.home().join(".config"))
    };
    [base.join("JetBrains"), base.join("Google")]
}

/// The file of every editor, the newest first.
fn files(host: &Host) -> Vec<PathBuf> {
    let folders = roots(host).into_iter().flat_map(|root| host.files.list(&root));
    let mut found: Vec<_> = folders
        .filter_map(|editor| host.files.entry(&editor.path.join(FILE)))
        .filter(|entry| !entry.is_folder)
        .collect();
    found.sort_by_key(|entry| std::cmp::Reverse(entry.modified));
    found.into_iter().map(|entry| entry.path).collect()
}

fn read(xml: &str) -> Option<Draft> {
    let (refill, quota) = (option(xml, "nextRefill"), option(xml, "quotaInfo")?);
    let number = |value: &Value| lenient::number(value);
    let maximum = number(&quota["maximum"]);
    let allowance = Allowance::left(number(&quota["tariffQuota"]["available"]), maximum)
        .or(Allowance::counted(number(&quota["current"]), maximum));
    let refill = refill.unwrap_or_default();
    let ends = lenient::instant(&refill["next"]).or_else(|| lenient::instant(&quota["until"]));
    let minutes = refill["tariff"]["duration"].as_str().and_then(hours).map(|hours| hours * 60);
    let window = draft::window("credits", WindowKind::Monthly, allowance, ends);
    let mut draft = Draft::new();
    draft.add(window.map(|window| window.lasting(minutes)));
    Some(draft)
}

/// The JSON in an option's value.
fn option(xml: &str, name: &str) -> Option<Value> {
    let mut reader = Reader::from_str(xml);
    loop {
        let element = match reader.read_event().ok()? {
            Event::Eof => return None,
            Event::Start(element) | Event::Empty(element) => element,
            _ => continue,
        };
        let attribute = |wanted: &str| {
            let found = element.try_get_attribute(wanted).ok()??;
            let value = found.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
            Some(value.into_owned())
        };
        if element.local_name().as_ref() == "option" && attribute("name").as_deref() == Some(name) {
            return json::read(attribute("value")?).ok();
        }
    }
}

/// `PT720H` in hours.
fn hours(duration: &str) -> Option<u32> {
    duration.strip_prefix("PT")?.strip_suffix('H')?.parse().ok().filter(|hours| *hours < 100_000)
}

fn stage(recorded: &Recorded) -> Option<Stage> {
    let place = format!(".config/JetBrains/RustRover2026.2/{FILE}");
    let body = recorded.response.body.clone();
    (recorded.folder() == "jetbrains").then(|| Stage::of("editor").file(place, body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use chrono::{DateTime, TimeDelta};
    use std::path::Path;

    #[test]
    fn the_newest_editor_counts_and_others_are_passed_over() {
        let host = testing::host(&[]);
        let begin = DateTime::from_timestamp(1_789_000_000, 0).unwrap();
        for (editor, age) in [
            ("JetBrains/IntelliJIdea2026.1", 0),
            ("Google/AndroidStudio2026.2", 2),
            ("JetBrains/RustRover2026.2", 1),
        ] {
            let path = host.home().join(".config").join(editor).join(FILE);
            host.files.place(&path, b"<application/>", begin + TimeDelta::days(age)).unwrap();
        }
        let found = files(&host);
        assert_eq!(found.len(), 3);
        assert!(found[0].ends_with(Path::new("AndroidStudio2026.2").join(FILE)));
        assert!(read("<application/>").is_none());
        assert_eq!(hours("PT720H"), Some(720));
    }
}
