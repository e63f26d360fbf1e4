//! Which organisation of a web session is meant, and what is remembered of a session between polls.

use super::{cookie::Cookies, identity};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::Trouble;
use claudometer_host::{Host, paths::Paths};
use claudometer_provider::{FetchError, Fingerprint, lenient, shape};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

/// How long the list of organisations is taken as known: it changes with a login, not with use.
const KNOWN_FOR: TimeDelta = TimeDelta::hours(1);

/// The organisations in an answer, those that have an id.
pub fn listed(answer: &Value) -> Result<Vec<Value>, FetchError> {
    let unreadable = || {
        FetchError::unreadable(
            "The list of organisations is not understood.",
            Some(shape::of(answer)),
        )
    };
    let all = answer.as_array().ok_or_else(unreadable)?;
    let known: Vec<Value> =
        all.iter().filter(|one| lenient::text(&one["uuid"]).is_some()).take(100).cloned().collect();
    match (known.is_empty(), all.is_empty()) {
        (false, _) => Ok(known),
        (true, true) => Err(FetchError::new(Trouble::NoData, "The session opens no organisation.")),
        (true, false) => Err(unreadable()),
    }
}

/// One organisation as the vendor lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen(pub Value);

impl Chosen {
    /// The vendor's id.
    pub fn id(&self) -> String {
        lenient::text(&self.0["uuid"]).unwrap_or_default()
    }

    /// Its name, else its id.
    pub fn name(&self) -> String {
        lenient::text(&self.0["name"]).unwrap_or_else(|| self.id())
    }
}

/// Chooses: what the person configured, the one that this machine's login belongs to (of others the numbers would be
/// refused), the one open in the browser last, the first for chat, the first that is not for the interface only, the
/// first.
pub fn select(listed: &[Value], wanted: [Option<&str>; 3]) -> Option<Chosen> {
    let by_id = |id: &str| {
        listed.iter().find(|one| {
            one["uuid"].as_str().is_some_and(|known| known.trim().eq_ignore_ascii_case(id.trim()))
        })
    };
    let has = |one: &Value, name: &str| {
        one["capabilities"].as_array().is_some_and(|all| all.iter().any(|c| c == name))
    };
    let only_api = |one: &Value| one["capabilities"] == serde_json::json!(["api"]);
    let chosen = wanted.into_iter().flatten().find_map(by_id);
    let chosen = chosen.or_else(|| listed.iter().find(|one| has(one, "chat")));
    let chosen =
        chosen.or_else(|| listed.iter().find(|one| !only_api(one))).or_else(|| listed.first());
    chosen.cloned().map(Chosen)
}

/// The membership in `organization`, else the first for chat, else the first.
pub fn membership<'a>(account: &'a Value, organization: Option<&str>) -> Option<&'a Value> {
    let all = account["memberships"].as_array()?;
    let of = |one: &&Value, id: &str| {
        one["organization"]["uuid"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(id))
    };
    if let Some(id) = organization {
        return all.iter().find(|one| of(one, id));
    }
    let good = || all.iter().filter(|one| one["organization"].is_object());
    let chat = |one: &&Value| {
        one["organization"]["capabilities"]
            .as_array()
            .is_some_and(|c| c.iter().any(|c| c == "chat"))
    };
    good().find(chat).or_else(|| good().next())
}

/// What is remembered of one web session: names and ids, no secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Fingerprint of the session as it was typed: a renewal by the vendor is no new login.
    typed: String,
    /// Fingerprint of the session as it stands.
    current: String,
    /// The organisations, and since when they are known, in UTC.
    known: Option<(DateTime<Utc>, Vec<Value>)>,
}

impl Memory {
    /// What is remembered of the session of `cookies`.
    pub fn of(host: &Host, cookies: &Cookies) -> Self {
        let current = Fingerprint::of(&cookies.header()).as_str().to_owned();
        let kept = || serde_json::from_slice::<Self>(&host.files.read(&path(host)).ok()??).ok();
        match kept() {
            Some(kept) if kept.current == current => kept,
            _ => Self { typed: current.clone(), current, known: None },
        }
    }

    /// The name of the session for gates.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_name(&self.typed)
    }

    /// The organisations, if they were learned within the last hour.
    pub fn organizations(&self, now: DateTime<Utc>) -> Option<Vec<Value>> {
        let (at, listed) = self.known.as_ref()?;
        (*at <= now && now - *at < KNOWN_FOR).then(|| listed.clone())
    }

    /// Remembers the organisations and gives them back.
    pub fn learn(&mut self, host: &Host, listed: &[Value]) -> Vec<Value> {
        const KEPT: [&str; 5] = ["uuid", "name", "capabilities", "rate_limit_tier", "billing_type"];
        let listed: Vec<Value> = listed
            .iter()
            .map(|one| KEPT.iter().map(|key| ((*key).to_owned(), one[*key].clone())).collect())
            .collect();
        self.known = Some((host.now(), listed.clone()));
        self.keep(host);
        listed
    }

    /// Notes that the vendor renewed the session.
    pub fn renewed(&mut self, host: &Host, cookies: &Cookies) {
        Fingerprint::of(&cookies.header()).as_str().clone_into(&mut self.current);
        self.keep(host);
    }

    fn keep(&self, host: &Host) {
        let kept = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .and_then(|bytes| host.files.write_private(&path(host), &bytes));
        if let Err(error) = kept {
            tracing::warn!(%error, "what is known of the web session could not be kept");
        }
    }
}

fn path(host: &Host) -> PathBuf {
    Paths::of(&host.env).state.join("claude-web.json")
}

/// The organisation of this machine's own login.
pub fn of_this_machine(host: &Host) -> Option<String> {
    identity::account(host)?.org_id
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_organisation_is_chosen_in_a_fixed_order() {
        let api = json!({"uuid": "api", "capabilities": ["api"]});
        let chat = json!({"uuid": "chat", "capabilities": ["chat"]});
        let raven = json!({"uuid": "raven", "capabilities": ["raven", "api"]});
        let bare = json!({"uuid": "bare"});
        let none = [None; 3];
        for (listed, wanted, want) in [
            (vec![&api, &raven, &chat], none, Some("chat")),
            (vec![&api, &raven], none, Some("raven")),
            (vec![&api, &bare], none, Some("bare")),
            (vec![&api], none, Some("api")),
            (vec![], none, None),
            (vec![&api, &chat], [None, None, Some("API")], Some("api")),
            (vec![&api, &chat, &bare], [Some("bare"), Some("api"), None], Some("bare")),
            (vec![&api, &chat], [Some("gone"), Some("api"), Some("chat")], Some("api")),
        ] {
            let listed: Vec<Value> = listed.into_iter().cloned().collect();
            assert_eq!(
                select(&listed, wanted).map(|chosen| chosen.id()).as_deref(),
                want,
                "{listed:?} {wanted:?}"
            );
        }
    }

    #[test]
    fn a_list_without_anything_usable_is_told_apart_from_an_empty_one() {
        for (answer, want) in [
            (json!([]), Trouble::NoData),
            (json!([{"name": "x"}, null]), Trouble::BadPayload),
            (json!({}), Trouble::BadPayload),
            (json!(null), Trouble::BadPayload),
        ] {
            assert_eq!(listed(&answer).err().map(|error| error.trouble), Some(want), "{answer}");
        }
        assert_eq!(listed(&json!([null, {"uuid": "a"}, {"uuid": ""}])).map(|all| all.len()), Ok(1));
    }
}
