//! Names of things: providers, sources, accounts.

use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Cow<'static, str>);

        impl $name {
            /// A name known when the program is built.
            pub const fn new(id: &'static str) -> Self {
                Self(Cow::Borrowed(id))
            }

            /// A name that came from a file, a flag or another process.
            pub fn owned(id: impl Into<String>) -> Self {
                Self(Cow::Owned(id.into()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A provider: lower-case ASCII letters, digits and hyphens. Only the registry makes the ones that are polled.
    ProviderId
}
text_id! {
    /// One way to obtain a reading of a provider, for example `oauth` or `web`.
    SourceId
}
text_id! {
    /// One account at a provider: opaque, stable over token changes, never an e-mail address, so it may stand in logs.
    AccountKey
}
