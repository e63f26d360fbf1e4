//! The real world, as the environment asks for it.

use crate::{args::Args, exit::Exit};
use claudometer_desk::{
    Options, Role,
    settings_file::{self, Override},
};
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, env, paths::Paths,
};

/// A reason not to start, and the exit code that says so.
pub(crate) type Refusal = (String, Exit);

/// The world of this process.
pub(crate) fn host() -> Result<Host, Refusal> {
    let environment = Environment::of_this_process();
    let http = match environment.get(env::TEST_ORIGIN) {
        Some(origin) => {
            Http::test_origin_at(origin).map_err(|error| (error.to_string(), Exit::Config))?
        }
        None => Http::network(),
    };
    let secrets = match environment.get(env::SECRETS) {
        None | Some("keychain") => Secrets::keychain(),
        Some("memory") => Secrets::in_memory(),
        Some(other) => {
            return Err((
                format!("{} is {other:?}; it takes keychain or memory.", env::SECRETS),
                Exit::Config,
            ));
        }
    };
    let own = std::env::current_exe().ok();
    let processes = Processes::real(environment.clone(), own);
    Ok(Host {
        clock: Clock::default(),
        env: environment,
        files: Files::disk(),
        http,
        processes,
        secrets,
    })
}

/// Flags over environment.
pub(crate) fn overrides(args: &Args, host: &Host) -> Result<Vec<Override>, Refusal> {
    let providers: Vec<&str> =
        claudometer_providers::ALL.iter().map(|provider| provider.id.as_str()).collect();
    let mut overrides = settings_file::from_environment(&host.env, &providers);
    for text in &args.set {
        overrides.push(
            settings_file::from_flag(text)
                .map_err(|problem| (problem.to_string(), Exit::Config))?,
        );
    }
    Ok(overrides)
}

/// What a desk is made of.
pub(crate) fn options(args: &Args, host: Host, role: Role) -> Result<Options, Refusal> {
    let overrides = overrides(args, &host)?;
    Ok(Options {
        role,
        paths: Paths::of(&host.env),
        debug: host.env.says_yes(env::DEBUG),
        host,
        providers: claudometer_providers::ALL,
        overrides,
        demo: args.demo.then_some(args.seed),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
