//! Two real builds of different versions, with a key that is thrown away built in.
//!
//! They are built from the workspace as it is, seen through links, with other versions in copies of its manifests. So the
//! libraries of the tests' own build serve them, too, and only our crates are built once more.

use minisign::{KeyPair, PublicKey, SecretKeyBox};
use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The versions.
pub(crate) const OLD: &str = "90.0.0";
pub(crate) const NEW: &str = "90.1.0";
/// What the executable is called while it is built, so that it does not take the place of the one that other tests run.
const BUILT_AS: &str = "claudometer-release";

/// The builds, as archives of a release.
pub(crate) struct Builds {
    pub(crate) old: Build,
    pub(crate) new: Build,
    pub(crate) keys: KeyPair,
}

pub(crate) struct Build {
    pub(crate) program: PathBuf,
    pub(crate) archive: Vec<u8>,
}

/// They are built once.
pub(crate) fn builds() -> &'static Builds {
    static BUILDS: OnceLock<Builds> = OnceLock::new();
    BUILDS.get_or_init(|| {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let profile = Path::new(env!("CARGO_BIN_EXE_claudometer")).parent().unwrap();
        let work = profile.parent().unwrap().join("two-releases");
        let keys = keys(&work);
        lay_out(workspace, &work, &keys.pk);
        let build = |version| build(workspace, &work, profile, version);
        Builds { old: build(OLD), new: build(NEW), keys }
    })
}

/// The key stays with the builds, which need not be made anew while nothing has changed.
fn keys(work: &Path) -> KeyPair {
    let file = work.join("throw-away.key");
    if let Ok(text) = fs::read_to_string(&file) {
        let sk = SecretKeyBox::from_string(&text).unwrap().into_unencrypted_secret_key().unwrap();
        return KeyPair { pk: PublicKey::from_secret_key(&sk).unwrap(), sk };
    }
    let keys = KeyPair::generate_unencrypted_keypair().unwrap();
    fs::create_dir_all(work).unwrap();
    fs::write(file, keys.sk.to_box(None).unwrap().to_string()).unwrap();
    keys
}

fn lay_out(workspace: &Path, work: &Path, key: &PublicKey) {
    let ours = ["crates", "target", "Cargo.toml", "Cargo.lock"];
    links(workspace, work, &ours);
    links(&workspace.join("crates"), &work.join("crates"), &["cli", "update"]);
    links(&workspace.join("crates/cli"), &work.join("crates/cli"), &["Cargo.toml", "tests"]);
    links(&workspace.join("crates/update"), &work.join("crates/update"), &["src", "assets"]);
    // A link would lead the key's path astray.
    for file in fs::read_dir(workspace.join("crates/update/src")).unwrap() {
        let file = file.unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        write(&work.join("crates/update/src").join(file.file_name()), &text);
    }
    write(&work.join("crates/update/assets/update.pub"), &key.to_box().unwrap().to_string());
    write(&work.join("crates/cli/tests/nothing.rs"), "//! Asks for what tests need.\n");
    let manifest = fs::read_to_string(workspace.join("Cargo.toml")).unwrap();
    write(&work.join("Cargo.toml"), &with_version(&manifest, &own_version(), OLD));
    fs::copy(workspace.join("Cargo.lock"), work.join("Cargo.lock")).unwrap();
}

fn own_version() -> String {
    format!("\nversion = \"{}\"\n", env!("CARGO_PKG_VERSION"))
}

fn with_version(manifest: &str, place: &str, version: &str) -> String {
    assert_eq!(manifest.matches(place).count(), 1, "one place of the version");
    manifest.replace(place, &format!("\nversion = \"{version}\"\n"))
}

/// Links to everything in a folder but these.
fn links(from: &Path, to: &Path, except: &[&str]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let name = entry.unwrap().file_name();
        let link = to.join(&name);
        if !except.iter().any(|other| name == *other) && fs::symlink_metadata(&link).is_err() {
            symlink(from.join(&name), link).unwrap();
        }
    }
}

/// Only what differs is written, so that cargo sees what is as it was.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn build(workspace: &Path, work: &Path, profile: &Path, version: &str) -> Build {
    let manifest = fs::read_to_string(workspace.join("crates/cli/Cargo.toml")).unwrap();
    let manifest = with_version(&manifest, "\nversion.workspace = true\n", version);
    let named = manifest
        .replace("[[bin]]\nname = \"claudometer\"", &format!("[[bin]]\nname = \"{BUILT_AS}\""));
    assert_ne!(named, manifest, "the executable has a name");
    write(&work.join("crates/cli/Cargo.toml"), &named);
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    // The same packages as in `npm test`, with what tests need: else cargo chose other features of the libraries.
    cargo.args([
        "build",
        "--quiet",
        "--offline",
        "--workspace",
        "--test",
        "nothing",
        "--bin",
        BUILT_AS,
    ]);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    let target = profile.parent().unwrap();
    let done = cargo.current_dir(work).env("CARGO_TARGET_DIR", target).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let root = work.join("packed").join(format!("claudometer-{version}"));
    let program = root.join("bin/claudometer");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::copy(profile.join(BUILT_AS), &program).unwrap();
    // As in a release; what cannot be stripped is only larger.
    Command::new("strip").arg(&program).output().ok();
    write(&root.join("bin/claudometer-desktop"), &format!("#!/bin/sh\n# window of {version}\n"));
    Build { program, archive: packed(&root) }
}

fn packed(root: &Path) -> Vec<u8> {
    let tar = root.with_added_extension("tar");
    let name = root.file_name().unwrap();
    let into = root.parent().unwrap();
    let run = |command: &mut Command| {
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        done.stdout
    };
    run(Command::new("tar").arg("-cf").arg(&tar).arg("-C").arg(into).arg(name));
    run(Command::new("gzip").args(["-1", "-c"]).arg(&tar))
}
