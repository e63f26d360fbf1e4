//! Who answered is asked before what was said, for every status.

use super::*;

const ACME: Vendor = Vendor {
    sign_in: &["/login", "auth.acme.example", "id.example/acme/sign-in"],
    form: &["/error/type", "/code"],
    says: &[
        (Word::Kind("no_plan"), Trouble::NotSubscribed),
        (Word::Code(1001), Trouble::AuthExpired),
        (Word::Text("too many requests"), Trouble::RateLimited),
    ],
    means: &[(404, Trouble::NotSubscribed)],
    ..Vendor::of(&["acme.example"])
};

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let headers =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Response { status, headers, body: body.into() }
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn trouble(vendor: &Vendor, given: &Response) -> Option<Trouble> {
    vendor.read(given, now()).err().map(|error| error.trouble)
}

const PAGE: &str = "<!DOCTYPE html><html><title>Accept\n our  terms</title></html>";
const REFUSED: &str = r#"{"error":{"type":"authentication_error","message":"no"}}"#;

#[test]
fn a_page_of_whatever_status_says_nothing_about_the_login() {
    let html = [("content-type", "text/html; charset=utf-8")];
    for status in [200, 204, 302, 307, 400, 401, 403, 404, 407, 429, 500, 502, 503, 504] {
        for given in [
            answer(status, &html, PAGE),
            answer(status, &[], PAGE),
            answer(status, &[("content-type", "application/json")], " \n<HTML><body>x"),
            answer(status, &[], "\u{feff}<?xml version=\"1.0\"?><Error/>"),
            answer(status, &html, ""),
        ] {
            assert_eq!(trouble(&ACME, &given), Some(Trouble::Blocked), "{given:?}");
        }
    }
    let badly_typed = answer(200, &html, "{\"a\":1}");
    assert_eq!(trouble(&ACME, &badly_typed), None, "JSON is JSON, whatever it is called");
}

#[test]
fn every_status_is_named_by_what_can_be_done_about_it() {
    use Trouble::{
        AuthExpired, BadPayload, Blocked, ForbiddenScope, NotSubscribed, RateLimited, UpstreamDown,
    };
    for (given, want) in [
        (answer(401, &[], REFUSED), AuthExpired),
        (answer(403, &[], REFUSED), ForbiddenScope),
        (answer(403, &[], r#"{"error":{"type":"no_plan"}}"#), NotSubscribed),
        (answer(404, &[], REFUSED), NotSubscribed),
        (answer(400, &[], r#"{"code":1001}"#), AuthExpired),
        (answer(400, &[], REFUSED), BadPayload),
        (answer(404, &[], "{}"), BadPayload),
        (answer(401, &[], "{}"), AuthExpired),
        (answer(401, &[], r#"{"message":"Unauthorized"}"#), AuthExpired),
        (answer(403, &[], r#"{"message":"Forbidden"}"#), Blocked),
        (answer(401, &[], "[]"), Blocked),
        (answer(401, &[], ""), Blocked),
        (answer(401, &[], "Unauthorized"), Blocked),
        (answer(401, &[], r#"{"message":"Sign in to the proxy"}"#), Blocked),
        (answer(401, &[("server", "Zscaler/6.2")], REFUSED), Blocked),
        (answer(401, &[("www-authenticate", "NTLM")], "{}"), Blocked),
        (answer(403, &[], r#"{"error":"policy"}"#), Blocked),
        (answer(403, &[], r#"{"error":{"type":"x","message":"Denied by policy"}}"#), Blocked),
        (answer(401, &[("www-authenticate", "Bearer error=\"invalid_token\"")], ""), AuthExpired),
        (answer(401, &[("www-authenticate", "Basic realm=\"x\"")], ""), Blocked),
        (answer(401, &[("proxy-authenticate", "Basic")], REFUSED), Blocked),
        (answer(407, &[], REFUSED), Blocked),
        (answer(511, &[], REFUSED), Blocked),
        (answer(403, &[("cf-mitigated", "challenge")], ""), Blocked),
        (answer(429, &[], "{}"), RateLimited),
        (answer(429, &[], "Rate exceeded."), RateLimited),
        (answer(500, &[], "{}"), UpstreamDown),
        (answer(529, &[], ""), UpstreamDown),
        (answer(200, &[], "{\"cut\": "), BadPayload),
        (answer(200, &[], ""), BadPayload),
        (answer(200, &[], r#"{"success":false,"code":1001}"#), AuthExpired),
        (answer(200, &[], r#"{"success":false,"code":7}"#), BadPayload),
        (answer(200, &[], r#"{"error":{"code":401,"message":"x"}}"#), AuthExpired),
        (answer(200, &[], r#"{"error":{"message":"Too Many Requests"}}"#), RateLimited),
    ] {
        assert_eq!(trouble(&ACME, &given), Some(want), "{given:?}");
    }
    let part = answer(200, &[], r#"{"errors":[{"message":"a part failed"}],"data":{"used":1}}"#);
    assert!(ACME.read(&part, now()).is_ok(), "what the rest tells is for the mapper");
    let words = answer(200, &[], r#"{"message":"too many requests are fine","used":1}"#);
    assert!(ACME.read(&words, now()).is_ok(), "words of a good answer are no error");
}

#[test]
fn a_vendor_whose_form_is_not_documented_refuses_in_any_usual_one() {
    let vendor = Vendor::of(&["acme.example"]);
    for body in ["{}", r#"{"message":"no"}"#, r#"{"detail":"no"}"#, r#"{"error":"no"}"#, REFUSED] {
        assert_eq!(trouble(&vendor, &answer(401, &[], body)), Some(Trouble::AuthExpired), "{body}");
    }
    for body in ["", "no", "[]", r#"{"error":"Blocked by the web filter"}"#] {
        assert_eq!(trouble(&vendor, &answer(401, &[], body)), Some(Trouble::Blocked), "{body}");
    }
}

#[test]
fn a_redirect_ends_a_login_only_where_the_vendor_signs_people_in() {
    use Trouble::{AuthExpired, BadPayload, Blocked};
    for (to, want) in [
        ("/login", AuthExpired),
        ("/login?from=/usage", AuthExpired),
        ("https://www.acme.example/login/", AuthExpired),
        ("https://auth.acme.example/", AuthExpired),
        ("https://auth.acme.example/x?y", AuthExpired),
        ("//auth.acme.example/x", AuthExpired),
        ("https://id.example/acme/sign-in?a=b", AuthExpired),
        ("https://id.example/other", Blocked),
        ("/logins", BadPayload),
        ("/new/usage", BadPayload),
        ("https://api.acme.example/v2", BadPayload),
        ("https://portal.example/login", Blocked),
        ("https://portal.example/acme.example/login", Blocked),
        ("https://notacme.example/login", Blocked),
        ("http://10.0.0.1:8080/login", Blocked),
        ("", BadPayload),
        ("http://[broken", BadPayload),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let given = answer(status, &[("location", to)], "");
            assert_eq!(trouble(&ACME, &given), Some(want), "{status} {to}");
        }
    }
    assert_eq!(trouble(&ACME, &answer(302, &[], "")), Some(BadPayload));
}

#[test]
fn who_refused_is_named_in_words_that_cannot_do_harm() {
    let detail = |given: &Response| ACME.read(given, now()).unwrap_err().detail;
    for (given, name) in [
        (answer(200, &[("server", "Zscaler/6.2")], PAGE), "(Accept our terms)"),
        (answer(403, &[("server", "Zscaler/6.2")], "<html>"), "(Zscaler/6.2)"),
        (answer(403, &[("via", "1.1 gate.corp")], "<html>"), "(1.1 gate.corp)"),
        (answer(407, &[("proxy-authenticate", "Basic realm=\"Corp Proxy\"")], ""), "(Corp Proxy)"),
        (answer(302, &[("location", "https://portal.example/x")], ""), " portal.example "),
        (answer(403, &[], "<title>a\u{202e}b\u{1b}[31m<i></title>"), "(ab [31mi)"),
        (answer(401, &[], ""), "Something on the way answered"),
    ] {
        let detail = detail(&given);
        assert!(detail.contains(name), "{detail}");
        assert!(detail.ends_with("That says nothing about your login."), "{detail}");
    }
    let long = answer(403, &[], &format!("<title>{}</title>", "x".repeat(500)));
    assert!(detail(&long).len() < 200);
}

#[test]
fn a_proxy_that_lets_nothing_through_is_named_by_its_host_alone() {
    let told = |variable: Option<(&str, &str)>| {
        let variables = variable.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let host = crate::testing::host(variables, |_| Err(HttpError::Proxy));
        let asked = send(&host, Request::get("https://api.acme.example/"));
        futures::executor::block_on(asked).unwrap_err()
    };
    let error = told(Some(("HTTPS_PROXY", "http://user:secret@gate.corp:3128")));
    assert_eq!(error.trouble, Trouble::Blocked);
    assert!(error.detail.starts_with("The proxy gate.corp did not"), "{error}");
    assert!(!error.detail.contains("secret"));
    assert!(told(None).detail.starts_with("A proxy did not"));
}

#[test]
fn a_wait_counts_with_every_status_as_seconds_or_date_and_zero_is_no_wish() {
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
        for (status, body) in [(429, "{}"), (503, ""), (500, "{}"), (503, PAGE), (429, PAGE)] {
            let given = answer(status, &[("retry-after", text)], body);
            let wait = ACME.read(&given, now()).unwrap_err().retry_after;
            assert_eq!(wait.map(|wait| wait.num_seconds()), seconds, "{status} {text}");
        }
    }
}
