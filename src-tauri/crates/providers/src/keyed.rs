//! The frame of providers that are asked with one key: what differs is data, a request, and how its answer is read.

/// Makes a provider whose one source is a key. `ask` is a function of the folder; scenes are `name: [(address, status, body)]`.
macro_rules! keyed {
    (
        id: $id:literal, name: $name:literal, short: $short:literal, dashboard: $dashboard:literal,
        variables: [$($variable:literal),*], key: $label:literal, help: $help:literal, asks: $asks:literal,
        status: $status:expr, lent: $lent:expr, files: $files:expr,
        replays: [$($prefix:literal),+],
        scenes: {$($scene:literal: [$(($url:literal, $code:literal, $body:literal)),*]),+ $(,)?},
        $(device: $device:expr,)?
        $(stage: $stage:expr,)?
        $(before: $before:expr,)?
        $(also: $also:expr,)?
        $(item: $item:expr,)?
    ) => {
        static KEY: claudometer_provider::key::Key = claudometer_provider::key::Key {
            spec: claudometer_provider::SourceSpec {
                id: "key",
                label: "the key",
                reads: concat!("The key that you typed, from the system's keychain or from memory" $(, ", or in the variable ", $variable)*, "."),
                sends: concat!("Asks ", $asks, " with that key."),
                cadence: claudometer_core::gate::Cadence { normal_s: 300, floor_s: 60 },
                passive: false,
                opt_in: false,
            },
            provider: claudometer_core::ProviderId::new($id),
            field: "key",
            variables: &[$($variable),*],
            lent: $lent,
            item: crate::keyed::first!($($item,)? |_| None),
            files: $files,
            ask: &|key, host| Box::pin(ask(key, host)),
        };

        /// The provider.
        pub static PROVIDER: claudometer_provider::Provider = claudometer_provider::Provider {
            id: claudometer_core::ProviderId::new($id),
            name: $name,
            short: $short,
            dashboard: $dashboard,
            sign_in: concat!($help, " Type it under Providers, or run `claudometer key set ", $id, "`."),
            places: |host| {
                let files = (KEY.files)(host).into_iter().map(|path| host.tilde(&path));
                files.chain(KEY.variables.iter().map(|name| format!("the variable {name}"))).chain(["the key that you typed".to_owned()]).collect()
            },
            sources: &[$($before,)? &KEY $(, $also)?],
            secrets: &[claudometer_provider::SecretField {
                id: "key",
                label: $label,
                help: $help,
                several: true,
                check: &|secret, host| Box::pin(KEY.check(secret, host)),
            }],
            remedy: |trouble, _| match trouble {
                claudometer_core::Trouble::AuthMissing => Some(PROVIDER.sign_in),
                claudometer_core::Trouble::AuthExpired => Some(concat!("Make a new key at ", $dashboard, " and type it under Providers.")),
                _ => None,
            },
            bridge: None,
            device: crate::keyed::first!($($device,)? None),
            status: $status,
            homes: None,
            log_retention: |_| None,
            scenes: &[$(claudometer_provider::Scene {
                name: $scene,
                files: &[],
                earlier: &[],
                now: &[$(claudometer_provider::scene::Take { url: $url, status: $code, headers: &[], body: include_str!($body) }),*],
            }),+],
            stage: |recorded| {
                let ours = [$($prefix),+].iter().any(|prefix| recorded.file.starts_with(prefix));
                let stage: fn(&claudometer_provider::Recorded) -> claudometer_provider::replay::Stage =
                    crate::keyed::first!($($stage,)? claudometer_provider::replay::Stage::keyed);
                ours.then(|| stage(recorded))
            },
        };
    };
}

/// The first of several: what was given, else the usual.
macro_rules! first {
    ($first:expr $(, $rest:expr)*) => {
        $first
    };
}

pub(crate) use first;
pub(crate) use keyed;
