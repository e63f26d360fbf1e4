//! A feed of incidents: the newest one that is not resolved is what counts.

use claudometer_core::status::{ServiceLevel, ServiceStatus};
use quick_xml::{Reader, events::Event};

/// Incidents that are over, as feeds name them in capitals or not.
const OVER: [&str; 3] = ["resolved", "completed", "postmortem"];

#[derive(Default)]
struct Item {
    title: String,
    description: String,
}

impl Item {
    fn is_over(&self) -> bool {
        let said = format!("{} {}", self.title, self.description).to_ascii_lowercase();
        OVER.iter().any(|word| said.contains(word))
    }
}

/// Reads an RSS feed; `None` where it is none.
pub(super) fn read(body: &[u8]) -> Option<ServiceStatus> {
    let text = std::str::from_utf8(body).ok()?;
    let mut reader = Reader::from_str(text);
    let (mut is_feed, mut path) = (false, Vec::new());
    let mut items: Vec<Item> = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Eof => break,
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                is_feed |= name == "rss";
                if name == "item" {
                    items.push(Item::default());
                }
                path.push(name);
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Text(said) => add(&mut items, &path, &said),
            Event::CData(said) => add(&mut items, &path, &said),
            Event::GeneralRef(entity) => add(&mut items, &path, meaning(&entity)),
            Event::Empty(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
    let open = items.into_iter().find(|item| !item.is_over());
    is_feed.then(|| ServiceStatus {
        level: if open.is_some() { ServiceLevel::Minor } else { ServiceLevel::None },
        headline: open.map(|item| item.title.trim().to_owned()).filter(|title| !title.is_empty()),
        components: Vec::new(),
    })
}

fn add(items: &mut [Item], path: &[String], said: &str) {
    let Some(item) = items.last_mut() else { return };
    match path {
        [.., parent, field] if parent == "item" && field == "title" => item.title.push_str(said),
        [.., parent, field] if parent == "item" && field == "description" => {
            item.description.push_str(said);
        }
        _ => {}
    }
}

fn meaning(entity: &str) -> &'static str {
    match entity {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => " ",
    }
}
