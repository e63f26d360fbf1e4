//! Which organisation of a web session is meant, and what is remembered of a session between polls.

use super::{cookie::Cookies, identity};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{Account, AccountKey, Seat, Trouble};
use claudometer_host::{Host, paths::Paths};
use claudometer_provider::{FetchError, Fingerprint, lenient, shape, source::hex16};
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

    /// The seat that it is where no login of this machine is of it.
    pub fn seat(&self) -> Seat {
        let key = AccountKey::owned(format!("web-{}", hex16(&self.id())));
        Seat { provider: identity::ID, account: key }
    }

    /// Whose numbers it has.
    pub fn account(&self, email: Option<&str>) -> Account {
        Account {
            email: email.map(str::to_owned),
            org: Some(self.name()),
            org_id: Some(self.id()),
            ..Account::default()
        }
    }
}

fn has_id(one: &Value, id: &str) -> bool {
    one["uuid"].as_str().is_some_and(|known| known.trim().eq_ignore_ascii_case(id.trim()))
}

/// Chooses: what the person configured, that of the seat, what was chosen before, the one open in the browser last, the
/// first for chat, the first that is not for the interface only, the first.
pub fn select<const N: usize>(listed: &[Value], wanted: [Option<&str>; N]) -> Option<Chosen> {
    let by_id = |id: &str| listed.iter().find(|one| has_id(one, id));
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
    /// The organisation that was chosen where the person chose none: it stays chosen as long as the session opens it.
    chosen: Option<String>,
    /// Address of the session's account, where the vendor told it.
    email: Option<String>,
}

impl Memory {
    /// What is remembered of the session of `cookies`.
    pub fn of(host: &Host, cookies: &Cookies) -> Self {
        let current = Fingerprint::of(&cookies.header()).as_str().to_owned();
        let kept = || serde_json::from_slice::<Self>(&host.files.read(&path(host)).ok()??).ok();
        match kept() {
            Some(kept) if kept.current == current => kept,
            _ => Self { typed: current.clone(), current, ..Self::default() },
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

    /// The organisations as they were told last, however long ago.
    fn listed(&self) -> &[Value] {
        self.known.as_ref().map_or(&[], |(_, listed)| listed)
    }

    /// The organisation that the session is used for, as far as that is known without asking: what the person configured,
    /// what was chosen before, or that of this machine's login.
    pub fn organization(&self, configured: Option<&str>, machine: Option<&str>) -> Option<Chosen> {
        let wanted = [configured, self.chosen.as_deref(), machine];
        let by_id = |id: &str| self.listed().iter().find(|one| has_id(one, id)).cloned();
        wanted.into_iter().flatten().find_map(by_id).map(Chosen)
    }

    /// The organisation of a seat that belongs to the session alone.
    pub fn of_seat(&self, seat: &Seat) -> Option<Chosen> {
        let all = self.listed().iter().cloned().map(Chosen);
        let mut own = all.filter(|one| one.seat() == *seat);
        own.next()
    }

    /// The organisation that was chosen before.
    pub fn chosen(&self) -> Option<&str> {
        self.chosen.as_deref()
    }

    /// Address of the session's account.
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Notes which organisation was chosen, and whose session it is.
    pub fn note(&mut self, host: &Host, chosen: &Chosen, email: Option<&str>) {
        let (id, email) = (Some(chosen.id()), email.map(str::to_owned).or(self.email.clone()));
        if self.chosen != id || self.email != email {
            (self.chosen, self.email) = (id, email);
            self.keep(host);
        }
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

/// Where it is remembered; its change means that a seat may be another's.
pub fn path(host: &Host) -> PathBuf {
    Paths::of(&host.env).state.join("claude-web.json")
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
        let none = [None; 4];
        for (listed, wanted, want) in [
            (vec![&api, &raven, &chat], none, Some("chat")),
            (vec![&api, &raven], none, Some("raven")),
            (vec![&api, &bare], none, Some("bare")),
            (vec![&api], none, Some("api")),
            (vec![], none, None),
            (vec![&api, &chat], [None, None, None, Some("API")], Some("api")),
            (vec![&api, &chat, &bare], [Some("bare"), Some("api"), None, None], Some("bare")),
            (vec![&api, &chat], [Some("gone"), None, Some("api"), Some("chat")], Some("api")),
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
