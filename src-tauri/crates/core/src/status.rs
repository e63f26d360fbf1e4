//! What a vendor's own status page says of its service.

use serde::{Deserialize, Serialize};

/// How well a service works, as its vendor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceLevel {
    /// The page could not be read: this says nothing about the service.
    Unknown,
    /// No trouble is known.
    None,
    /// Planned work.
    Maintenance,
    /// Slower, or some requests fail.
    Minor,
    /// A part is down.
    Major,
    /// Down.
    Critical,
}

impl ServiceLevel {
    /// The name used in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Maintenance => "maintenance",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }

    /// Whether the vendor admits trouble.
    pub const fn is_trouble(self) -> bool {
        match self {
            Self::Unknown | Self::None => false,
            Self::Maintenance | Self::Minor | Self::Major | Self::Critical => true,
        }
    }
}

/// A status page at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// How well it works.
    pub level: ServiceLevel,
    /// The newest unresolved incident, in the vendor's words.
    pub headline: Option<String>,
    /// Components and what the page says of each, in its own words and order.
    pub components: Vec<(String, String)>,
}

impl ServiceStatus {
    /// A page that could not be read.
    pub const UNKNOWN: Self =
        Self { level: ServiceLevel::Unknown, headline: None, components: Vec::new() };
}
