//! The web session: what people paste, and the `Cookie` header that it becomes.

use secrecy::{ExposeSecret as _, SecretString};

/// The cookie that is the session.
const SESSION: &str = "sessionKey";
/// The vendor's mark at the begin of a session key.
const MARK: &str = "sk-ant-";
/// Longest paste that is read, in bytes: a copied request is a few kilobytes.
const LONGEST: usize = 64 * 1024;

/// Cookies of a web session. Others than the session key are kept, because they help against the bot filter.
#[derive(Clone)]
pub struct Cookies(Vec<(String, String)>);

impl std::fmt::Debug for Cookies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.0.iter().map(|(name, _)| name).collect();
        f.debug_tuple("Cookies").field(&names).finish()
    }
}

impl Cookies {
    /// Reads a bare key, `sessionKey=…`, a `Cookie:` header, or a copied cURL command; `None` where no session key is in
    /// it.
    pub fn parse(pasted: &str) -> Option<Self> {
        let pasted = pasted.trim();
        if pasted.len() > LONGEST {
            return None;
        }
        let header = if pasted.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("curl ")) {
            of_command(pasted)?
        } else {
            pasted.trim_matches(['"', '\'', '`']).to_owned()
        };
        let header = after_name(&header).unwrap_or(&header);
        let bare = header.trim();
        if bare.starts_with(MARK) && !bare.contains([';', '=']) {
            return is_value(bare).then(|| Self(vec![(SESSION.to_owned(), bare.to_owned())]));
        }
        let cookies = Self(header.split(';').filter_map(pair).collect());
        cookies.session().map(|_| ())?;
        Some(cookies)
    }

    /// The session key.
    pub fn session(&self) -> Option<&str> {
        self.get(SESSION).filter(|key| key.starts_with(MARK))
    }

    /// The organisation that was open in the browser last.
    pub fn last_organization(&self) -> Option<&str> {
        self.get("lastActiveOrg")
    }

    /// The value of the `Cookie` header, which is also the form to keep.
    pub fn header(&self) -> SecretString {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        SecretString::from(pairs.join("; "))
    }

    /// Takes over a session key that the vendor renewed in one of its `Set-Cookie` headers. Returns whether it did.
    pub fn renew<'a>(&mut self, set_cookies: impl IntoIterator<Item = &'a str>) -> bool {
        let fresh = set_cookies
            .into_iter()
            .filter_map(|header| pair(header.split(';').next()?))
            .find(|(name, _)| name == SESSION);
        let Some((_, fresh)) = fresh.filter(|(_, value)| value.starts_with(MARK)) else {
            return false;
        };
        let Some((_, known)) = self.0.iter_mut().find(|(name, _)| name == SESSION) else {
            return false;
        };
        let changed = *known != fresh;
        *known = fresh;
        changed
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the form in which cookies are kept.
pub fn stored(secret: &SecretString) -> Option<Cookies> {
    Cookies::parse(secret.expose_secret())
}

fn pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.trim().split_once('=')?;
    let (name, value) = (name.trim(), value.trim().trim_matches('"'));
    let token =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && !b";,=\"".contains(&b));
    (token && is_value(value)).then(|| (name.to_owned(), value.to_owned()))
}

/// Whether a text may stand in a header as a cookie's value: nothing in it can end the header or the cookie.
fn is_value(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b";,\"\\".contains(&b))
}

/// What follows `Cookie:`, in any case.
fn after_name(header: &str) -> Option<&str> {
    let (name, rest) = header.trim().split_once(':')?;
    name.trim().eq_ignore_ascii_case("cookie").then(|| rest.trim())
}

/// The cookies in a copied cURL command: its `-b` or `--cookie`, or a header of that name.
fn of_command(command: &str) -> Option<String> {
    let words = words(command);
    let mut found = None;
    for (at, word) in words.iter().enumerate() {
        let next = || words.get(at + 1).map(String::as_str);
        let cookie = match word.as_str() {
            "-b" | "--cookie" => next().map(|value| after_name(value).unwrap_or(value)),
            "-H" | "--header" => next().and_then(after_name),
            other => other
                .strip_prefix("--cookie=")
                .or_else(|| other.strip_prefix("-H").and_then(after_name))
                .or_else(|| other.strip_prefix("-b").filter(|value| value.contains('='))),
        };
        found = cookie.map(str::to_owned).or(found);
    }
    found
}

/// Splits a command as a shell does: quotes, backslashes, `$'…'`, and the carets of a Windows prompt.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = command.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some('\''), _) => word.get_or_insert_default().push(letter),
            (_, '\\' | '^') => match letters.next() {
                Some('\n') | None => {}
                Some('"') if letter == '^' => {
                    quote = if quote.is_some() { None } else { Some('"') }
                }
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '$') if letters.peek() == Some(&'\'') => {}
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(pasted: &str) -> Option<String> {
        Cookies::parse(pasted).map(|cookies| cookies.header().expose_secret().to_owned())
    }

    #[test]
    fn whatever_people_paste_becomes_a_cookie_header() {
        for (pasted, want) in [
            (" sk-ant-sid01-AAA\n", Some("sessionKey=sk-ant-sid01-AAA")),
            ("\"sk-ant-sid01-AAA\"", Some("sessionKey=sk-ant-sid01-AAA")),
            ("sessionKey=sk-ant-sid01-AAA", Some("sessionKey=sk-ant-sid01-AAA")),
            ("cookie: a=1; sessionKey=sk-ant-sid01-AAA;", Some("a=1; sessionKey=sk-ant-sid01-AAA")),
            (
                "curl 'https://x.example' -H 'Cookie: sessionKey=sk-ant-sid01-AAA; b=2'",
                Some("sessionKey=sk-ant-sid01-AAA; b=2"),
            ),
            (
                "curl \"https://x.example\" \\\n  --cookie \"sessionKey=sk-ant-sid01-AAA\"",
                Some("sessionKey=sk-ant-sid01-AAA"),
            ),
            (
                "curl ^\"https://x.example^\" -b ^\"sessionKey=sk-ant-sid01-AAA; c=3^\"",
                Some("sessionKey=sk-ant-sid01-AAA; c=3"),
            ),
            (
                "curl https://x.example --cookie=sessionKey=sk-ant-sid01-AAA",
                Some("sessionKey=sk-ant-sid01-AAA"),
            ),
            (
                "curl https://x.example -b $'sessionKey=sk-ant-sid01-AAA'",
                Some("sessionKey=sk-ant-sid01-AAA"),
            ),
            ("sessionKey=other", None),
            ("a=1; b=2", None),
            ("curl https://x.example", None),
            ("sk-ant-sid01-A\r\nx-injected: 1", None),
            ("hello", None),
            ("", None),
        ] {
            assert_eq!(header(pasted).as_deref(), want, "{pasted:?}");
        }
    }

    #[test]
    fn a_renewed_key_takes_the_place_of_the_old_and_nothing_else_changes() {
        let renewed = |set: &[&str]| {
            let mut cookies = Cookies::parse("lastActiveOrg=o; sessionKey=sk-ant-1; cf=x")?;
            Some((cookies.renew(set.iter().copied()), cookies.header().expose_secret().to_owned()))
        };
        let old = "lastActiveOrg=o; sessionKey=sk-ant-1; cf=x";
        for (set, want) in [
            (
                vec!["__cf_bm=1", "sessionKey=sk-ant-2; Path=/; HttpOnly"],
                (true, "lastActiveOrg=o; sessionKey=sk-ant-2; cf=x"),
            ),
            (vec!["sessionKey=sk-ant-1; Path=/"], (false, old)),
            (vec!["sessionKey=; Max-Age=0"], (false, old)),
            (vec!["sessionKey=deleted"], (false, old)),
            (vec![], (false, old)),
        ] {
            assert_eq!(renewed(&set), Some((want.0, want.1.to_owned())), "{set:?}");
        }
    }

    #[test]
    fn debug_output_names_cookies_without_values() {
        let cookies = Cookies::parse("sessionKey=sk-ant-secret; cf_clearance=abc");
        assert_eq!(format!("{cookies:?}"), "Some(Cookies([\"sessionKey\", \"cf_clearance\"]))");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_paste_panics_or_can_end_the_header(pasted in "(curl )?[ -~\\n\u{e9}]{0,60}(sessionKey=sk-ant-)?[ -~\\r\\n]{0,40}") {
            if let Some(header) = header(&pasted) {
                prop_assert!(header.bytes().all(|b| (b' '..=b'~').contains(&b)));
            }
        }
    }
}
