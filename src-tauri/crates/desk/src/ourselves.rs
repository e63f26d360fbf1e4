//! Our own program, run for what shall not stay with the resident: it ends again.

use crate::{
    desk::{Desk, held},
    launch,
};
use claudometer_host::process::Command;
use std::{path::PathBuf, time::Duration};

impl Desk {
    /// The program of the command line; an error says that it is not there.
    pub(crate) fn own_program(&self) -> Result<PathBuf, String> {
        let program = launch::program_beside().or_else(|| self.0.host.processes.own_program());
        program.ok_or_else(|| "Our own program was not found.".to_owned())
    }

    /// Runs a command of ours with our own options; answers what it prints, or in a sentence what it says is wrong.
    pub(crate) async fn ask_ourselves<S: AsRef<str>>(
        &self,
        words: impl IntoIterator<Item = S>,
        longest: Duration,
    ) -> Result<Vec<u8>, String> {
        let program = self.own_program()?;
        let settings = held(&self.0.settings).path().display().to_string();
        let words = words.into_iter().map(|word| word.as_ref().to_owned());
        let offline = self.0.offline.then(|| "--offline".to_owned());
        let options = ["--config".to_owned(), settings].into_iter().chain(offline);
        let all: Vec<String> = options.chain(words).collect();
        let output = self.0.host.processes.run(Command::new(program).args(all).timeout(longest));
        match output.await {
            Ok(output) if output.success() => Ok(output.stdout),
            Ok(output) => Err(complaint(&output.stdout, &output.stderr)),
            Err(error) => Err(format!("Our own program could not be asked: {error}.")),
        }
    }
}

/// What a failed command says: with `--json` it says so on its output.
fn complaint(stdout: &[u8], stderr: &[u8]) -> String {
    let said: serde_json::Value = serde_json::from_slice(stdout).unwrap_or_default();
    match said["error"]["message"].as_str() {
        Some(message) => message.to_owned(),
        None => String::from_utf8_lossy(stderr).trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_a_sentence_whether_said_as_json_or_in_words() {
        let json = br#"{"schemaVersion":1,"error":{"message":"The history is damaged.","exit":1}}"#;
        assert_eq!(complaint(json, b""), "The history is damaged.");
        assert_eq!(complaint(b"", b"It is locked.\n"), "It is locked.");
        assert_eq!(complaint(b"half a table", b"It is locked.\n"), "It is locked.");
    }
}
