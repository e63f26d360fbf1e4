//! What a token says about itself. Nothing is verified: the vendor does that, and here it only labels numbers.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use claudometer_provider::{
    json,
    lenient::{instant, text},
};
use serde_json::Value;

/// The longest token that is looked into.
const LONGEST: usize = 64 * 1024;

/// Claims of a token; those of something that is no token are all empty.
#[derive(Debug, Clone, Default)]
pub struct Claims(Value);

impl Claims {
    /// Reads the middle part of a token.
    pub fn of(token: &str) -> Self {
        let part = token.split('.').nth(1).filter(|_| token.len() <= LONGEST).unwrap_or_default();
        let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).unwrap_or_default();
        Self(json::read(bytes).unwrap_or_default())
    }

    fn auth(&self) -> &Value {
        &self.0["https://api.openai.com/auth"]
    }

    /// When it expires, in UTC.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        instant(&self.0["exp"])
    }

    /// When it was issued, in UTC.
    pub fn issued_at(&self) -> Option<DateTime<Utc>> {
        instant(&self.0["iat"])
    }

    /// When the person signed in, in UTC.
    pub fn signed_in_at(&self) -> Option<DateTime<Utc>> {
        instant(&self.0["auth_time"])
    }

    /// The address of the login.
    pub fn email(&self) -> Option<String> {
        text(&self.0["email"]).or_else(|| text(&self.0["https://api.openai.com/profile"]["email"]))
    }

    /// The vendor's id of the account.
    pub fn account_id(&self) -> Option<String> {
        text(&self.auth()["chatgpt_account_id"])
    }

    /// The vendor's id of the person: a workspace has many, each with limits of their own.
    pub fn user_id(&self) -> Option<String> {
        text(&self.auth()["chatgpt_user_id"]).or_else(|| text(&self.auth()["user_id"]))
    }

    /// The plan in the vendor's own word.
    pub fn plan(&self) -> Option<String> {
        text(&self.auth()["chatgpt_plan_type"])
    }

    /// Whether the account belongs to the government's own installation.
    pub fn is_fedramp(&self) -> bool {
        self.auth()["chatgpt_account_is_fedramp"] == true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codex::testing::jwt;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn claims_are_read_from_both_kinds_of_token() {
        let id = Claims::of(&jwt(
            &json!({"exp": 1_789_477_200, "iat": 1, "auth_time": 2, "email": "sam@example.com",
            "https://api.openai.com/auth": {"chatgpt_plan_type": "plus", "chatgpt_account_id": "acc", "chatgpt_account_is_fedramp": true}}),
        ));
        assert_eq!(id.email().as_deref(), Some("sam@example.com"));
        assert_eq!(
            (id.plan().as_deref(), id.account_id().as_deref(), id.is_fedramp()),
            (Some("plus"), Some("acc"), true)
        );
        let seconds = [id.expires_at(), id.issued_at(), id.signed_in_at()]
            .map(|at| at.map(|at| at.timestamp()));
        assert_eq!(seconds, [Some(1_789_477_200), Some(1), Some(2)]);
        let access = Claims::of(&jwt(
            &json!({"https://api.openai.com/profile": {"email": "sam@example.com"}}),
        ));
        assert_eq!(access.email().as_deref(), Some("sam@example.com"));
        assert!(!access.is_fedramp());
    }

    proptest! {
        #[test]
        fn nothing_that_is_no_token_makes_it_panic(token in ".{0,80}", middle in "[A-Za-z0-9_=-]{0,40}") {
            for token in [token, format!("a.{middle}.b")] {
                let claims = Claims::of(&token);
                drop((claims.expires_at(), claims.email(), claims.account_id(), claims.plan(), claims.is_fedramp()));
            }
        }
    }
}
