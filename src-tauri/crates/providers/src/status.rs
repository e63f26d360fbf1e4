//! Replaying recorded status pages through the readers that the registered providers use.

use claudometer_core::status::{ServiceLevel, ServiceStatus};
use claudometer_host::{Host, Http};
use claudometer_provider::{
    Recorded, StatusPage,
    status::{self, Form},
};
use serde_json::{Map, Value, json};

/// The outcome of a recorded status page, looked at as the resident does; `None` where no registered provider has a page of
/// its form.
pub async fn replay(recorded: &Recorded, host: &Host) -> Option<Value> {
    let form = (recorded.folder() == "status").then(|| form(recorded)).flatten()?;
    let answer = recorded.response.clone();
    let host = Host { http: Http::recorded(move |_| Ok(answer.clone())), ..host.clone() };
    let address = "https://status.example/";
    let page = StatusPage { url: address, link: address, form };
    Some(outcome(&status::look(&page, &host).await))
}

/// The form that a request is answered in: by its address, with the component or product of the provider that has such a
/// page where the request does not name one.
fn form(recorded: &Recorded) -> Option<Form> {
    let request = recorded.request.as_str();
    if request.contains(".rss") {
        return Some(Form::Feed);
    }
    if request.contains("/proxy/") {
        return Some(Form::IncidentIo { component: None });
    }
    if request.contains("incidents.json") {
        let pages = crate::ALL.iter().filter_map(|provider| provider.status);
        return pages.map(|page| page.form).find(|form| matches!(form, Form::Incidents { .. }));
    }
    let known = crate::ALL.iter().filter_map(|provider| match provider.status?.form {
        Form::Statuspage { component } => component,
        Form::IncidentIo { .. } | Form::Incidents { .. } | Form::Feed => None,
    });
    let named = request.split('"').nth(1);
    let component = known.into_iter().find(|component| named == Some(component));
    Some(Form::Statuspage { component })
}

fn outcome(status: &ServiceStatus) -> Value {
    let components: Map<String, Value> =
        status.components.iter().map(|(name, word)| (name.clone(), json!(word))).collect();
    json!({
        "ok": status.level != ServiceLevel::Unknown,
        "level": status.level.code(),
        "headline": status.headline,
        "components": components,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_host::http::Response;

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[tokio::test]
    async fn the_recorded_pages_say_what_their_index_says() {
        let host = crate::testing::host(&[]);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/status-pages");
        let files = claudometer_host::Files::disk();
        let read = |path: &std::path::Path| files.read(path).unwrap().unwrap();
        let index: Vec<Value> = serde_json::from_slice(&read(&folder.join("index.json"))).unwrap();
        for entry in index {
            let file = entry["file"].as_str().unwrap().to_owned();
            let body = read(&folder.join(&file));
            let recorded = Recorded {
                request: entry["request"].as_str().unwrap().to_owned(),
                response: Response { status: 200, headers: Vec::new(), body },
                file,
            };
            let Some(outcome) = replay(&recorded, &host).await else { continue };
            for (key, wanted) in entry["expect"].as_object().unwrap() {
                assert_eq!(&outcome[key], wanted, "{}: {key}", recorded.file);
            }
        }
    }

    #[test]
    fn a_page_that_cannot_be_read_is_unknown_in_every_form() {
        let forms = [
            Form::Statuspage { component: Some("API") },
            Form::IncidentIo { component: None },
            Form::Incidents { product: "p" },
            Form::Feed,
        ];
        for form in forms {
            for (status, body) in
                [(500, "{}"), (200, "<html>"), (200, "{}"), (200, ""), (302, ""), (200, "[1,")]
            {
                assert_eq!(
                    status::read(form, &response(status, body)).level,
                    ServiceLevel::Unknown,
                    "{form:?} HTTP {status} {body}"
                );
            }
        }
    }

    #[test]
    fn the_component_that_matters_wins_over_the_page_and_resolved_incidents_are_no_headline() {
        let page = |component: &str| {
            let page = json!({
                "status": {"indicator": "critical"},
                "components": [{"name": "Web", "status": "major_outage"}, {"name": "The API (v1)", "status": component}],
                "incidents": [{"name": "Old", "status": "resolved"}, {"name": "New", "status": "monitoring"}],
            });
            status::read(
                Form::Statuspage { component: Some("api") },
                &response(200, &page.to_string()),
            )
        };
        assert_eq!(page("operational").level, ServiceLevel::None);
        assert_eq!(page("under_maintenance").level, ServiceLevel::Maintenance);
        assert_eq!(page("a_new_word").level, ServiceLevel::Critical, "the page's own, then");
        assert_eq!(page("operational").headline.as_deref(), Some("New"));
    }

    #[test]
    fn a_component_that_is_not_affected_works_whatever_the_others_do() {
        let page = json!({"summary": {
            "affected_components": [{"component_id": "b", "status": "full_outage"}],
            "ongoing_incidents": [{"name": "Trouble"}],
            "structure": {"items": [
                {"component": {"component_id": "a", "name": "One"}},
                {"group": {"hidden": false, "components": [{"component_id": "b", "name": "Two"}]}},
                {"group": {"hidden": true, "components": [{"component_id": "b", "name": "Three"}]}},
            ]},
        }});
        let level = |component| {
            status::read(Form::IncidentIo { component }, &response(200, &page.to_string())).level
        };
        assert_eq!(level(Some("one")), ServiceLevel::None);
        assert_eq!(level(Some("two")), ServiceLevel::Critical);
        assert_eq!(level(None), ServiceLevel::Critical);
    }

    #[test]
    fn the_worst_incident_under_way_counts_and_only_of_the_product() {
        let incident = |product: &str, end: Value, word: &str| json!({"end": end, "external_desc": format!("# Title\n**Summary**\n{word} it is"), "most_recent_update": {"status": word}, "affected_products": [{"id": product}]});
        let page = json!([
            incident("p", Value::Null, "SERVICE_INFORMATION"),
            incident("p", Value::Null, "SERVICE_DISRUPTION"),
            incident("p", Value::Null, "AVAILABLE"),
            incident("p", json!("2026-09-01T00:00:00Z"), "SERVICE_OUTAGE"),
            incident("q", Value::Null, "SERVICE_OUTAGE"),
        ]);
        let status =
            status::read(Form::Incidents { product: "p" }, &response(200, &page.to_string()));
        assert_eq!(status.level, ServiceLevel::Major);
        assert_eq!(status.headline.as_deref(), Some("Title"));
    }

    #[test]
    fn of_a_feed_the_newest_incident_that_is_not_over_counts() {
        let feed = |items: &str| {
            status::read(
                Form::Feed,
                &response(
                    200,
                    &format!("<rss><channel><title>Resolved things</title>{items}</channel></rss>"),
                ),
            )
        };
        let over =
            "<item><title>Old</title><description><![CDATA[<b>Resolved</b>]]></description></item>";
        let open =
            "<item><title>A &amp; B slow</title><description>Monitoring</description></item>";
        assert_eq!(feed(over).level, ServiceLevel::None);
        assert_eq!(feed("").level, ServiceLevel::None);
        assert_eq!(feed(&format!("{over}{open}")).headline.as_deref(), Some("A & B slow"));
    }
}
