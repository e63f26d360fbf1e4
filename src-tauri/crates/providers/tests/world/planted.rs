//! Credentials that are planted, so that a test can look for them where they must not be.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use claudometer_host::{Host, secrets::Keep};
use claudometer_provider::{Provider, Scene};
use secrecy::SecretString;
use serde_json::Value;

/// What every typed secret is, in a form that every provider takes.
const TYPED: &str = "sk-ant-sid01-PLANTED";

/// A scene's world and the credentials in it.
pub(crate) struct World {
    /// The host.
    pub(crate) host: Host,
    files: Vec<(String, String)>,
    typed: Option<String>,
}

impl World {
    /// The files of a scene.
    pub(crate) fn of_scene(scene: &Scene) -> Self {
        let files = scene
            .files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        Self { host: crate::world::host(scene.files), files, typed: None }
    }

    /// Types a secret into every field of the provider.
    pub(crate) async fn type_secrets(&mut self, provider: &Provider) {
        self.keep(provider, TYPED.to_owned()).await;
    }

    /// Changes every credential, as a new login does.
    pub(crate) async fn change_credentials(&mut self, provider: &Provider) {
        let tokens = self.tokens();
        for (path, text) in &mut self.files {
            for token in &tokens {
                *text = text.replace(&format!("\"{token}\""), &format!("\"{token}x\""));
            }
            self.host
                .files
                .place(&self.host.home().join(path.as_str()), text.as_bytes(), crate::world::now())
                .unwrap();
        }
        if let Some(typed) = self.typed.clone() {
            self.keep(provider, format!("{typed}x")).await;
        }
    }

    /// Every planted credential.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.tokens().into_iter().chain(self.typed.clone()).collect()
    }

    async fn keep(&mut self, provider: &Provider, secret: String) {
        for field in provider.secrets {
            let kept = SecretString::from(secret.clone());
            self.host
                .secrets
                .set(&provider.secret_key(field.id), kept, Keep::Session)
                .await
                .unwrap();
            self.typed = Some(secret.clone());
        }
    }

    fn tokens(&self) -> Vec<String> {
        let mut tokens = Vec::new();
        for (_, text) in &self.files {
            if let Ok(value) = serde_json::from_str(text) {
                collect(&value, &mut tokens);
            }
        }
        tokens.sort();
        tokens.dedup();
        tokens
    }
}

/// Texts under keys that name a token or a key.
fn collect(value: &Value, tokens: &mut Vec<String>) {
    let secret = |name: &str| {
        name.to_ascii_lowercase().contains("token") || name.to_ascii_lowercase().ends_with("_key")
    };
    for (name, member) in value.as_object().into_iter().flatten() {
        match member {
            Value::String(text) if secret(name) && text.len() > 8 => tokens.push(text.clone()),
            other => collect(other, tokens),
        }
    }
}
