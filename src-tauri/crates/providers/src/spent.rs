//! What an organisation has spent since the first of the month: pages of daily costs, added up.

use chrono::{DateTime, Datelike as _, TimeZone as _, Utc};
use claudometer_core::{Amount, Currency, Spend};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, shape};
use serde_json::Value;

/// A month has two pages at most; more are a vendor's mistake.
const MOST_PAGES: usize = 5;

/// How a vendor is asked and answers.
pub(crate) struct Form<'a> {
    /// Asks for the days from the first instant on; for the page with this name, where it is not the first.
    pub(crate) request: &'a (dyn Fn(DateTime<Utc>, Option<&str>) -> Request + Sync),
    /// Who answers.
    pub(crate) vendor: &'a Vendor,
    /// One cost: amount in whole units, and currency; `None` where it is not understood.
    pub(crate) cost: fn(&Value) -> Option<(Amount, Currency)>,
}

/// A page's name, as it may stand in an address.
pub(crate) fn escaped(page: &str) -> String {
    url::form_urlencoded::byte_serialize(page.as_bytes()).collect()
}

/// Adds up the costs of this month, UTC, as vendors bill. Days without costs are days; an answer without days is not.
pub(crate) async fn this_month(form: Form<'_>, host: &Host) -> Result<Report, FetchError> {
    let (begin, end) = month(host.now());
    let mut total: Option<(Amount, Currency)> = None;
    let mut page: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let request = (form.request)(begin, page.as_deref());
        let answer = form.vendor.ask(host, request).await?;
        let Some(days) = answer["data"].as_array() else { return Err(unreadable(&answer)) };
        let costs = days.iter().flat_map(|day| day["results"].as_array().into_iter().flatten());
        // What is no cost at all has no amount; one whose amount is not understood is not left out silently.
        for cost in costs.filter(|cost| !cost["amount"].is_null()) {
            let Some((amount, currency)) = (form.cost)(cost) else {
                return Err(unreadable(&answer));
            };
            total = Some(match total {
                None => (amount, currency),
                Some((sum, known)) if known == currency => (sum + amount, known),
                // Two currencies have no sum.
                Some(_) => return Err(unreadable(&answer)),
            });
        }
        page =
            answer["next_page"].as_str().filter(|_| answer["has_more"] == true).map(str::to_owned);
        if page.is_none() {
            let (used, currency) = total.unwrap_or((Amount::ZERO, Currency::USD));
            let mut draft = Draft::new();
            draft.spend = draft::spend(Some(used), None, currency)
                .map(|spend| Spend { resets_at: Some(end), ..spend });
            return draft.finish(&answer);
        }
    }
    Err(FetchError::unreadable("The list of costs has no end.", None))
}

fn unreadable(answer: &Value) -> FetchError {
    FetchError::unreadable(
        "The answer names no costs that are understood.",
        Some(shape::of(answer)),
    )
}

/// The first instants of this month and of the next, UTC.
fn month(now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let first = |year, month| Utc.with_ymd_and_hms(year, month, 1, 0, 0, 0).single().unwrap_or(now);
    let (year, month) = (now.year(), now.month());
    let next = if month == 12 { first(year + 1, 1) } else { first(year, month + 1) };
    (first(year, month), next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use claudometer_core::Trouble;
    use claudometer_host::{Http, http::Response};
    use serde_json::json;

    async fn told(pages: &'static [&'static str]) -> Result<(String, String), Trouble> {
        let http = Http::recorded(|request| {
            let nth = request.url.split_once("page=").map_or(0, |(_, nth)| nth.parse().unwrap());
            Ok(Response { status: 200, headers: Vec::new(), body: pages[nth].into() })
        });
        let host = Host { http, ..testing::host(&[]) };
        let request = |from: DateTime<Utc>, page: Option<&str>| {
            assert_eq!(from.to_rfc3339(), "2026-09-01T00:00:00+00:00");
            Request::get(format!("https://example.com/?page={}", page.unwrap_or("0")))
        };
        let cost = |cost: &Value| {
            let amount = claudometer_provider::lenient::amount(&cost["amount"])?;
            Some((amount, Currency::new(cost["currency"].as_str()?)?))
        };
        let vendor = &Vendor::of(&["example.com"]);
        let report = this_month(Form { request: &request, vendor, cost }, &host).await;
        let spend = report.map_err(|error| error.trouble)?.reading.spend.unwrap();
        assert_eq!(spend.resets_at.unwrap().to_rfc3339(), "2026-10-01T00:00:00+00:00");
        Ok((spend.used.fixed(2), spend.currency))
    }

    #[tokio::test]
    async fn all_pages_are_added_and_what_is_not_understood_is_never_left_out_silently() {
        let sum = |text: &str, currency: &str| Ok((text.to_owned(), currency.to_owned()));
        let more = r#"{"data": [{"results": [{"amount": 1.25, "currency": "USD"}, {"amount": "0.50", "currency": "USD"}]}], "has_more": true, "next_page": "1"}"#;
        let last = r#"{"data": [{"results": []}, {"results": [{"amount": 2, "currency": "USD"}]}], "has_more": false, "next_page": null}"#;
        let euro = r#"{"data": [{"results": [{"amount": 2, "currency": "EUR"}]}]}"#;
        assert_eq!(told(Vec::leak(vec![more, last])).await, sum("3.75", "USD"));
        assert_eq!(told(Vec::leak(vec![euro])).await, sum("2.00", "EUR"));
        assert_eq!(told(&[r#"{"data": []}"#]).await, sum("0.00", "USD"));
        assert_eq!(told(Vec::leak(vec![more, euro])).await, Err(Trouble::BadPayload));
        assert_eq!(
            told(&[r#"{"data": [{"results": [{"amount": {}}]}]}"#]).await,
            Err(Trouble::BadPayload)
        );
        assert_eq!(told(&[r#"{"object": "page"}"#]).await, Err(Trouble::BadPayload));
        assert_eq!(told(Vec::leak(vec![more, more])).await, Err(Trouble::BadPayload));
    }

    #[test]
    fn december_ends_with_the_year() {
        let at = Utc.with_ymd_and_hms(2026, 12, 24, 18, 0, 0).unwrap();
        assert_eq!(json!(month(at)), json!(["2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"]));
    }
}
