//! What time it is by a vendor's clock.

use chrono::{DateTime, Utc};
use claudometer_host::http::Response;

/// The moment of an answer by its header `Date`, in UTC, to the second.
pub fn of(response: &Response) -> Option<DateTime<Utc>> {
    let told = DateTime::parse_from_rfc2822(response.header("date")?.trim()).ok()?;
    Some(told.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_and_nonsense_is_none() {
        let answer = |date: &str| Response {
            status: 200,
            headers: vec![("date".to_owned(), date.to_owned())],
            body: Vec::new(),
        };
        let told = of(&answer("Tue, 15 Sep 2026 12:00:00 GMT"));
        assert_eq!(told.map(|at| at.timestamp()), Some(1_789_473_600));
        assert_eq!(of(&answer("yesterday")), None);
    }
}
