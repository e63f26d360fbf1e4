//! Another release in the place of ours, put there by a package: noticed, told, and left to the person.

use crate::{
    desk::{Desk, held},
    renewal,
};
use claudometer_host::{Host, process::Command};

/// Our own program, as it was when we started and as it is now.
#[derive(Debug, Default)]
pub(crate) struct OwnProgram {
    identity: Option<(u64, u64)>,
    replaced_by: Option<String>,
}

impl OwnProgram {
    pub(crate) fn of(host: &Host) -> Self {
        let identity = host.files.identity(&renewal::lasting_program(host));
        Self { identity, replaced_by: None }
    }
}

impl Desk {
    /// The version that lies in our place, where it is not ours.
    pub(crate) fn replaced_by(&self) -> Option<String> {
        held(&self.0.own_program).replaced_by.clone()
    }

    /// Looks whether another file has taken our place. Only then it is asked for its version.
    pub(crate) async fn look_at_own_program(&self) {
        let host = &self.0.host;
        let program = renewal::lasting_program(host);
        let identity = host.files.identity(&program);
        if identity.is_none() || identity == held(&self.0.own_program).identity {
            return;
        }
        let asked = host.processes.run(Command::new(program).args(["--version"])).await;
        let told = asked.ok().filter(claudometer_host::process::Output::success);
        // Who does not answer yet is asked again in a minute.
        let Some(version) = told.and_then(|output| version_in(&output.stdout)) else { return };
        let replaced_by = (version != self.0.version).then_some(version);
        *held(&self.0.own_program) = OwnProgram { identity, replaced_by };
    }
}

/// The version in what `--version` prints: `claudometer 0.2.0`.
fn version_in(printed: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(printed).ok()?.lines().next()?;
    let version = line.strip_prefix("claudometer ")?.trim();
    (!version.is_empty()).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn a_version_is_read_from_our_own_words_only() {
        assert_eq!(version_in(b"claudometer 0.2.0\n").as_deref(), Some("0.2.0"));
        for other in ["", "claudometer \n", "0.2.0\n", "sh: not found\n"] {
            assert_eq!(version_in(other.as_bytes()), None, "{other}");
        }
    }
}
