//! Recorded answers that play a state of a provider, for the demo, screenshots and tests.

/// One recorded HTTP answer.
#[derive(Debug, Clone, Copy)]
pub struct Take {
    /// Answers every request whose address contains this.
    pub url: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: &'static [(&'static str, &'static str)],
    /// Body.
    pub body: &'static str,
}

/// A state of a provider, played by recorded answers through the real sources. Times in the answers are around
/// 2026-09-15T12:00:00Z, the moment at which the demo's clock starts.
#[derive(Debug, Clone, Copy)]
pub struct Scene {
    /// Key of the seat and short title: `near-limit`.
    pub name: &'static str,
    /// Files below the home folder.
    pub files: &'static [(&'static str, &'static str)],
    /// Answers of a first poll, some minutes before; empty for none.
    pub earlier: &'static [Take],
    /// Answers of the poll at the moment shown. A request without an answer finds no connection.
    pub now: &'static [Take],
}

impl Scene {
    /// Whether it plays with a secret that a person typed: one without files has nothing else to begin with.
    pub const fn is_by_secret(&self) -> bool {
        self.files.is_empty()
    }
}
