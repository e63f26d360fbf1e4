//! The real world, as the environment asks for it.

use crate::{args::Args, exit::Exit};
use claudometer_desk::{
    Demo, Options, Role, only, registry,
    settings_file::{self, Override, SettingsFile},
};
use claudometer_host::{Environment, Host, env, paths::Paths};
use claudometer_provider::Provider;
use std::path::PathBuf;

/// A reason not to start, and the exit code that says so.
pub(crate) type Refusal = (String, Exit);

/// The world of this process.
pub(crate) fn host() -> Result<Host, Refusal> {
    let own = std::env::current_exe().ok();
    only::host(Environment::of_this_process(), own).map_err(|error| (error.message, Exit::Config))
}

/// Settings that were given as flags.
pub(crate) fn flags(args: &Args) -> Result<Vec<Override>, Refusal> {
    let given = args.global.set.iter().map(|text| settings_file::from_flag(text));
    given.map(|one| one.map_err(|problem| (problem.to_string(), Exit::Config))).collect()
}

/// Settings that variables and flags put above the file, the flags last.
pub(crate) fn overrides(args: &Args, host: &Host) -> Result<Vec<Override>, Refusal> {
    let ids: Vec<&str> = claudometer_providers::ALL.iter().map(|one| one.id.as_str()).collect();
    let mut overrides = settings_file::from_environment(&host.env, &ids);
    overrides.extend(flags(args)?);
    Ok(overrides)
}

/// Every provider that there is, those of the settings too. Words of a command line are looked up among them.
pub(crate) fn providers(args: &Args, host: &Host) -> Result<&'static [&'static Provider], Refusal> {
    let file = SettingsFile::load(host.files.clone(), paths(args, host)?.settings(), Vec::new());
    Ok(registry::with_custom(claudometer_providers::ALL, file.effective()))
}

/// What a desk is made of.
pub(crate) fn options(args: &Args, host: Host, role: Role) -> Result<Options, Refusal> {
    let overrides = overrides(args, &host)?;
    Ok(Options {
        role,
        paths: paths(args, &host)?,
        offline: args.global.offline,
        debug: host.env.says_yes(env::DEBUG),
        host,
        providers: claudometer_providers::ALL,
        overrides,
        demo: demo(args),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        words: Vec::new(),
    })
}

/// The demo that was asked for.
pub(crate) fn demo(args: &Args) -> Option<Demo> {
    let global = &args.global;
    global.demo.then(|| Demo { seed: global.seed, scenes: global.scenes.clone() })
}

/// The words that start a resident with the same options, wherever that is done.
pub(crate) fn words(args: &Args) -> Result<Vec<String>, Refusal> {
    let global = &args.global;
    let mut words = Vec::new();
    if let Some(file) = settings_file_of(args)? {
        words.extend(["--config".to_owned(), file.display().to_string()]);
    }
    words.extend(global.set.iter().flat_map(|one| ["--set".to_owned(), one.clone()]));
    words.extend(global.offline.then(|| "--offline".to_owned()));
    words.extend(global.verbose.then(|| "--verbose".to_owned()));
    if global.demo {
        words.extend(["--demo".to_owned(), "--seed".to_owned(), global.seed.to_string()]);
        words.extend(global.scenes.iter().flat_map(|one| ["--scene".to_owned(), one.clone()]));
    }
    Ok(words)
}

/// Where our files are: the usual places, with another settings file where one was given.
pub(crate) fn paths(args: &Args, host: &Host) -> Result<Paths, Refusal> {
    let paths = Paths::of(&host.env);
    Ok(settings_file_of(args)?.into_iter().fold(paths, Paths::with_settings))
}

/// The settings file that was given in place of the usual one, from the root on.
pub(crate) fn settings_file_of(args: &Args) -> Result<Option<PathBuf>, Refusal> {
    let Some(file) = &args.global.config else { return Ok(None) };
    let absolute = std::path::absolute(file)
        .map_err(|error| (format!("{}: {error}.", file.display()), Exit::Config))?;
    Ok(Some(absolute))
}
