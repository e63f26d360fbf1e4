//! Vendors' status pages: four forms, one meaning. A page that cannot be read is unknown, never "all is well".

use crate::json;
use chrono::TimeDelta;
use claudometer_core::status::{ServiceLevel, ServiceStatus};
use claudometer_host::{
    Host,
    http::{Request, Response},
};
use serde_json::Value;

mod feed;

/// Pages are small and quick, or not worth the wait.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);
/// Nobody looks at one page more often than this.
pub const FLOOR: TimeDelta = TimeDelta::minutes(5);

/// A status page that is about a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusPage {
    /// Where it is read, `https`.
    pub url: &'static str,
    /// Where a person reads it.
    pub link: &'static str,
    /// Its form.
    pub form: Form,
}

/// The forms of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Statuspage v2 (`summary.json`, `status.json`).
    Statuspage {
        /// The component that matters, by a part of its name; the page's own indicator where it is missing.
        component: Option<&'static str>,
    },
    /// incident.io's own (`/proxy/...`).
    IncidentIo {
        /// The component that matters, by its name; the worst of all where none is named.
        component: Option<&'static str>,
    },
    /// A list of incidents, newest first, each with the products that it affects.
    Incidents {
        /// Id of the product that matters.
        product: &'static str,
    },
    /// A feed of incidents, newest first, without a severity.
    Feed,
}

/// Reads the page; [`ServiceStatus::UNKNOWN`] where it cannot be read.
pub async fn look(page: &StatusPage, host: &Host) -> ServiceStatus {
    let request = Request::get(page.url).within(TIMEOUT);
    match host.http.send(request).await {
        Ok(response) => read(page.form, &response),
        Err(error) => {
            tracing::debug!(url = page.url, %error, "a status page was not read");
            ServiceStatus::UNKNOWN
        }
    }
}

/// What an answer says.
pub fn read(form: Form, response: &Response) -> ServiceStatus {
    if !(200..300).contains(&response.status) {
        return ServiceStatus::UNKNOWN;
    }
    let json = || json::read(&response.body).ok();
    let status = match form {
        Form::Statuspage { component } => json().and_then(|page| statuspage(&page, component)),
        Form::IncidentIo { component } => json().and_then(|page| incident_io(&page, component)),
        Form::Incidents { product } => json().and_then(|page| incidents(&page, product)),
        Form::Feed => feed::read(&response.body),
    };
    status.unwrap_or(ServiceStatus::UNKNOWN)
}

fn statuspage(page: &Value, component: Option<&str>) -> Option<ServiceStatus> {
    let indicator = indicator(page["status"]["indicator"].as_str()?);
    let components = page["components"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named =
        |one: &Value| Some((one["name"].as_str()?.to_owned(), one["status"].as_str()?.to_owned()));
    let components: Vec<_> = components.iter().filter_map(named).collect();
    let own = component.and_then(|wanted| {
        let wanted = wanted.to_ascii_lowercase();
        let (_, status) =
            components.iter().find(|(name, _)| name.to_ascii_lowercase().contains(&wanted))?;
        component_level(status)
    });
    let incidents = page["incidents"].as_array().map(Vec::as_slice).unwrap_or_default();
    let open = |one: &&Value| {
        one["resolved_at"].is_null()
            && !matches!(one["status"].as_str(), Some("resolved" | "postmortem"))
    };
    let headline = incidents.iter().find(open).and_then(|one| one["name"].as_str());
    let level = own.unwrap_or(indicator);
    Some(ServiceStatus { level, headline: headline.map(str::to_owned), components })
}

fn indicator(word: &str) -> ServiceLevel {
    match word {
        "none" => ServiceLevel::None,
        "minor" => ServiceLevel::Minor,
        "major" => ServiceLevel::Major,
        "critical" => ServiceLevel::Critical,
        "maintenance" => ServiceLevel::Maintenance,
        _ => ServiceLevel::Unknown,
    }
}

fn component_level(word: &str) -> Option<ServiceLevel> {
    Some(match word {
        "operational" => ServiceLevel::None,
        "degraded_performance" => ServiceLevel::Minor,
        "partial_outage" => ServiceLevel::Major,
        "major_outage" | "full_outage" => ServiceLevel::Critical,
        "under_maintenance" => ServiceLevel::Maintenance,
        _ => return None,
    })
}

fn incident_io(page: &Value, component: Option<&str>) -> Option<ServiceStatus> {
    let summary = page["summary"].as_object()?;
    let affected = summary.get("affected_components").and_then(Value::as_array);
    let affected = affected.map(Vec::as_slice).unwrap_or_default();
    let of = |id: &Value| {
        let hit = affected.iter().find(|one| one["component_id"] == *id);
        hit.and_then(|one| one["status"].as_str()).unwrap_or("operational").to_owned()
    };
    let items = page["summary"]["structure"]["items"].as_array()?;
    let listed = items.iter().flat_map(|item| match item["group"]["components"].as_array() {
        Some(_) if item["group"]["hidden"] == true => Vec::new(),
        Some(grouped) => grouped.iter().collect(),
        None => vec![&item["component"]],
    });
    let shown = listed.filter(|one| one["hidden"] != true);
    let components: Vec<(String, String)> = shown
        .filter_map(|one| {
            let id = if one["component_id"].is_null() { &one["id"] } else { &one["component_id"] };
            Some((one["name"].as_str()?.to_owned(), of(id)))
        })
        .collect();
    let of_interest = components
        .iter()
        .filter(|(name, _)| component.is_none_or(|wanted| name.eq_ignore_ascii_case(wanted)));
    let level = of_interest.filter_map(|(_, status)| component_level(status)).max();
    let ongoing = page["summary"]["ongoing_incidents"].as_array();
    let headline = ongoing.and_then(|all| all.first()?["name"].as_str()).map(str::to_owned);
    Some(ServiceStatus { level: level.unwrap_or(ServiceLevel::None), headline, components })
}

fn incidents(page: &Value, product: &str) -> Option<ServiceStatus> {
    let all = page.as_array()?;
    let about = |one: &&Value| {
        let products = one["affected_products"].as_array().map(Vec::as_slice).unwrap_or_default();
        products.iter().any(|known| known["id"] == product)
    };
    let impact = |one: &Value| {
        let newest = one["most_recent_update"]["status"].as_str();
        match newest.or_else(|| one["status_impact"].as_str())? {
            "SERVICE_INFORMATION" => Some(ServiceLevel::Minor),
            "SERVICE_DISRUPTION" => Some(ServiceLevel::Major),
            "SERVICE_OUTAGE" => Some(ServiceLevel::Critical),
            _ => None,
        }
    };
    let active = all
        .iter()
        .filter(about)
        .filter(|one| one["end"].is_null())
        .filter_map(|one| Some((impact(one)?, one)));
    // Of equals the first one: pages list the newest first.
    let worst = active.reduce(|worst, other| if other.0 > worst.0 { other } else { worst });
    let Some((level, incident)) = worst else {
        return Some(ServiceStatus { level: ServiceLevel::None, ..ServiceStatus::UNKNOWN });
    };
    let headline = incident["external_desc"].as_str().and_then(plain_line);
    Some(ServiceStatus { level, headline, components: Vec::new() })
}

/// The first line of a Markdown text that is no heading.
fn plain_line(text: &str) -> Option<String> {
    let lines = text.lines().map(|line| line.trim().trim_start_matches('#').trim());
    let is_heading = |line: &str| line.starts_with("**") && line.ends_with("**");
    let mut said = lines.filter(|line| !line.is_empty()).filter(|line| !is_heading(line));
    said.next().map(|line| line.replace("**", ""))
}
