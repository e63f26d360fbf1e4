//! What an HTTP answer means before anyone looks at its body: the same rules for every vendor.

use crate::{FetchError, shape};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::Trouble;
use claudometer_host::http::Response;
use serde_json::Value;

/// The JSON body of a good answer, or what its status, headers and kind of body say.
///
/// What 403 with a JSON body means differs from vendor to vendor, so the caller says it.
pub fn json(
    response: &Response,
    forbidden: Trouble,
    now: DateTime<Utc>,
) -> Result<Value, FetchError> {
    check(response, forbidden, now)?;
    serde_json::from_slice(&response.body).map_err(|_| {
        let kind = if response.body.is_empty() {
            "nothing"
        } else if response.is_html() {
            "a web page"
        } else {
            "text that is not JSON"
        };
        FetchError::unreadable(format!("The answer was {kind}."), Some(kind.to_owned()))
    })
}

/// Whether an answer is a good one.
pub fn check(
    response: &Response,
    forbidden: Trouble,
    now: DateTime<Utc>,
) -> Result<(), FetchError> {
    let status = response.status;
    let challenged = response.header("cf-mitigated").is_some()
        || (matches!(status, 403 | 503) && response.is_html());
    if challenged {
        return Err(FetchError::new(
            Trouble::Blocked,
            format!("A bot filter in front of the vendor answered instead of it (HTTP {status})."),
        ));
    }
    match status {
        200..=299 => Ok(()),
        300..=399 => {
            let to_login = response.header("location").is_some_and(|to| to.contains("login"));
            let trouble = if to_login { Trouble::AuthExpired } else { Trouble::BadPayload };
            Err(FetchError::new(trouble, format!("The vendor sent us elsewhere (HTTP {status}).")))
        }
        401 => {
            Err(FetchError::new(Trouble::AuthExpired, "The vendor refused the login (HTTP 401)."))
        }
        403 => Err(FetchError::new(forbidden, "The vendor refused access (HTTP 403).")),
        429 => Err(FetchError {
            retry_after: retry_after(response, now),
            ..FetchError::new(Trouble::RateLimited, "The vendor asks to wait (HTTP 429).")
        }),
        408 | 500..=599 => Err(FetchError::new(
            Trouble::UpstreamDown,
            format!("The vendor has trouble of its own (HTTP {status})."),
        )),
        _ => Err(FetchError::unreadable(
            format!("The vendor answered with HTTP {status}."),
            serde_json::from_slice(&response.body).ok().map(|body| shape::of(&body)),
        )),
    }
}

/// The wait that `Retry-After` asks for, as seconds or as a date. Zero and less are no wish at all.
pub fn retry_after(response: &Response, now: DateTime<Utc>) -> Option<TimeDelta> {
    let text = response.header("retry-after")?.trim();
    let wait = match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => {
            TimeDelta::milliseconds((seconds.min(1e9) * 1000.0) as i64)
        }
        Ok(_) => return None,
        Err(_) => DateTime::parse_from_rfc2822(text).ok()?.with_timezone(&Utc) - now,
    };
    (wait > TimeDelta::zero()).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        let headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Response { status, headers, body: body.into() }
    }

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    #[test]
    fn every_status_is_named_by_what_can_be_done_about_it() {
        let html = [("content-type", "text/html")];
        for (given, trouble) in [
            (answer(401, &[], "{}"), Trouble::AuthExpired),
            (answer(403, &[], "{}"), Trouble::ForbiddenScope),
            (answer(403, &html, "<html>"), Trouble::Blocked),
            (answer(503, &html, "<html>"), Trouble::Blocked),
            (answer(200, &[("cf-mitigated", "challenge")], "<html>"), Trouble::Blocked),
            (answer(302, &[("location", "/login")], ""), Trouble::AuthExpired),
            (answer(307, &[("location", "/new")], ""), Trouble::BadPayload),
            (answer(404, &[], "{}"), Trouble::BadPayload),
            (answer(429, &[], "{}"), Trouble::RateLimited),
            (answer(500, &[], "{}"), Trouble::UpstreamDown),
            (answer(529, &[], "{}"), Trouble::UpstreamDown),
            (answer(200, &html, "<html>"), Trouble::BadPayload),
            (answer(200, &[], "{\"cut\": "), Trouble::BadPayload),
            (answer(200, &[], ""), Trouble::BadPayload),
        ] {
            let got = json(&given, Trouble::ForbiddenScope, now()).err().map(|error| error.trouble);
            assert_eq!(got, Some(trouble), "{given:?}");
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_date_and_zero_is_no_wish() {
        let later = (now() + TimeDelta::seconds(90)).to_rfc2822();
        for (text, seconds) in [
            ("272", Some(272)),
            ("0", None),
            ("-5", None),
            ("soon", None),
            ("NaN", None),
            (later.as_str(), Some(90)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ] {
            let given = answer(429, &[("retry-after", text)], "");
            assert_eq!(
                retry_after(&given, now()).map(|wait| wait.num_seconds()),
                seconds,
                "{text}"
            );
        }
    }
}
