//! Keys, signatures and the manifest of a release, and a rehearsal of all of it with a key that is thrown away.

use anyhow::{Context as _, Result, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use claudometer_update::{Key, UpdateError, verify};
use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox};
use semver::Version;
use serde_json::{Map, Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The secret key's text, and its password; the variables that the release workflow takes from its secrets.
const KEY: &str = "CLAUDOMETER_UPDATE_KEY";
const PASSWORD: &str = "CLAUDOMETER_UPDATE_PASSWORD";
/// A public key's text, where another one than the built-in counts: in the release that brings a new key, and in rehearsals.
const PUBLIC: &str = "CLAUDOMETER_UPDATE_PUBLIC";
/// Where the public key is built in from.
const BUILT_IN: &str = "src-tauri/crates/update/assets/update.pub";
const RELEASES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/releases/download");

/// Makes a key: the secret one in `folder`, the public one in a file, or where it is built in.
pub(crate) fn keys(repository: &Path, folder: &Path, public: Option<&str>) -> Result<()> {
    let password = std::env::var(PASSWORD)
        .with_context(|| format!("{PASSWORD} is to hold the new key's password"))?;
    ensure!(!password.is_empty(), "{PASSWORD} is empty: whoever finds the file could sign");
    let secret = folder.join("update.key");
    ensure!(!secret.exists(), "{} is there already", secret.display());
    let pair = KeyPair::generate_encrypted_keypair(Some(password))?;
    fs::create_dir_all(folder)?;
    fs::write(&secret, pair.sk.to_box(Some("Claudometer's updates"))?.to_string())?;
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(&secret, permissions)?;
    fs::write(repository.join(public.unwrap_or(BUILT_IN)), pair.pk.to_box()?.to_string())?;
    println!(
        "The secret key is {}: keep it and its password apart, and commit neither.",
        secret.display()
    );
    match public {
        Some(file) => println!("The public key is {file}."),
        None => println!("The public key is {BUILT_IN}: commit it."),
    }
    Ok(())
}

/// Writes `FILE.sig` beside each file, for this version.
pub(crate) fn sign(version: &str, files: &[&str]) -> Result<()> {
    let version = version_of(version)?;
    let text = std::env::var(KEY).with_context(|| format!("{KEY} is to hold the secret key"))?;
    let password =
        std::env::var(PASSWORD).with_context(|| format!("{PASSWORD} is to hold its password"))?;
    let key = SecretKeyBox::from_string(&text)?.into_secret_key(Some(password))?;
    for file in files {
        let path = Path::new(file);
        let signature = signature(&key, path, &version)?;
        fs::write(sig(path), signature)?;
        println!("{} is signed for {version}.", path.display());
    }
    Ok(())
}

fn version_of(text: &str) -> Result<Version> {
    let version = text.trim_start_matches('v');
    Version::parse(version).with_context(|| format!("{text} is no version"))
}

fn sig(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

fn signature(key: &SecretKey, file: &Path, version: &Version) -> Result<String> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let comment =
        format!("timestamp:{}\tfile:{name}\tversion:{version}", chrono::Utc::now().timestamp());
    let signed = minisign::sign(None, key, bytes.as_slice(), Some(&comment), None)?;
    Ok(STANDARD.encode(signed.into_string()))
}

/// Writes the manifest of signed files; each is verified first, with the built-in key unless another one is named.
pub(crate) fn manifest(
    repository: &Path,
    version: &str,
    notes: &str,
    out: &str,
    files: &[&str],
) -> Result<()> {
    let key = match std::env::var(PUBLIC).ok().filter(|text| !text.trim().is_empty()) {
        Some(text) => text,
        None => fs::read_to_string(repository.join(BUILT_IN))?,
    };
    let notes = fs::read_to_string(notes).with_context(|| notes.to_owned())?;
    let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
    let text = manifest_of(&version_of(version)?, &notes, &files, &key)?;
    fs::write(out, text)?;
    println!("{out} is written.");
    Ok(())
}

fn manifest_of(version: &Version, notes: &str, files: &[PathBuf], key: &str) -> Result<String> {
    let key = Key::of(key)?;
    let mut platforms = Map::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let platform = platform(&name, version)?;
        let signature =
            fs::read_to_string(sig(file)).with_context(|| format!("{name} is not signed"))?;
        verify(&fs::read(file)?, &signature, version, &key).with_context(|| name.clone())?;
        let known = platforms.insert(
            platform,
            json!({"url": format!("{RELEASES}/v{version}/{name}"), "signature": signature}),
        );
        ensure!(known.is_none(), "{name} is for a system that another file is for");
    }
    ensure!(!platforms.is_empty(), "a release without a file is none");
    let manifest = json!({
        "version": version.to_string(), "notes": notes.trim(), "pub_date": chrono::Utc::now(), "platforms": Value::Object(platforms),
    });
    Ok(format!("{manifest:#}\n"))
}

/// For what a file is, as `claudometer_update` looks for it: `claudometer-0.2.0-linux-x86_64.tar.gz` is for `linux-x86_64`,
/// `claudometer-0.2.0-x86_64.AppImage` for `linux-x86_64-appimage`, `claudometer-0.2.0-darwin-aarch64.app.tar.gz` for
/// `darwin-aarch64`.
fn platform(name: &str, version: &Version) -> Result<String> {
    let rest = name.strip_prefix(&format!("claudometer-{version}-")).unwrap_or_default();
    let machine = |text: &str| ["x86_64", "aarch64"].contains(&text);
    let of = |prefix: &str, suffix: &str| {
        let found = rest.strip_prefix(prefix)?.strip_suffix(suffix)?;
        machine(found).then(|| found.to_owned())
    };
    if let Some(machine) = of("linux-", ".tar.gz") {
        return Ok(format!("linux-{machine}"));
    }
    if let Some(machine) = of("", ".AppImage") {
        return Ok(format!("linux-{machine}-appimage"));
    }
    if let Some(machine) = of("darwin-", ".app.tar.gz") {
        return Ok(format!("darwin-{machine}"));
    }
    bail!("{name} is not called like a file of version {version} that updates itself")
}

/// Everything that a release does, with a key that is thrown away: what is signed is taken, and everything else is refused.
pub(crate) fn rehearse(archive: Option<&str>) -> Result<()> {
    let work = tempfile::tempdir()?;
    let version = Version::new(9, 9, 9);
    let file = work.path().join("claudometer-9.9.9-linux-x86_64.tar.gz");
    match archive {
        Some(archive) => fs::copy(archive, &file).map(drop)?,
        None => small_archive(work.path(), &file)?,
    }
    let pair = KeyPair::generate_encrypted_keypair(Some("rehearsal".into()))?;
    // As it lies in a secret of the build server, and comes back from it.
    let text = pair.sk.to_box(None)?.to_string();
    let secret = SecretKeyBox::from_string(&text)?.into_secret_key(Some("rehearsal".into()))?;
    println!("A key was made, and read again with its password.");
    fs::write(sig(&file), signature(&secret, &file, &version)?)?;
    let public = public(&pair.pk)?;
    let manifest = manifest_of(&version, "A rehearsal.", std::slice::from_ref(&file), &public)?;
    println!("The archive was signed, and its manifest written:\n{manifest}");

    let manifest: Value = serde_json::from_str(&manifest)?;
    let signature = manifest["platforms"]["linux-x86_64"]["signature"].as_str().unwrap_or_default();
    let mut bytes = fs::read(&file)?;
    let key = Key::of(&public)?;
    verify(&bytes, signature, &version, &key)?;
    println!("Accepted: the archive as it was signed.");
    let old = verify(&bytes, signature, &Version::new(10, 0, 0), &key);
    ensure!(matches!(old, Err(UpdateError::Version { .. })), "another version was accepted");
    println!("Refused: the same file, announced as another version.");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    ensure!(verify(&bytes, signature, &version, &key).is_err(), "a tampered file was accepted");
    println!("Refused: the file with one bit changed.");
    let other = KeyPair::generate_unencrypted_keypair()?;
    let other = Key::of(&self::public(&other.pk)?)?;
    ensure!(
        verify(&fs::read(&file)?, signature, &version, &other).is_err(),
        "another key was accepted"
    );
    println!("Refused: a signature by a key that is not built in.");
    ensure!(
        SecretKeyBox::from_string(&text)?.into_secret_key(Some("wrong".into())).is_err(),
        "any password opens the key"
    );
    println!("Refused: the key with a wrong password. The key is thrown away.");
    match Key::built_in() {
        Ok(_) => println!("The key that is built in can be read."),
        Err(error) => println!("Before a release: {}", error.sentences()),
    }
    Ok(())
}

fn public(key: &PublicKey) -> Result<String> {
    Ok(key.to_box()?.to_string())
}

fn small_archive(work: &Path, file: &Path) -> Result<()> {
    fs::create_dir_all(work.join("claudometer/bin"))?;
    for name in ["claudometer", "claudometer-desktop"] {
        fs::write(work.join("claudometer/bin").join(name), name)?;
    }
    let tar = Command::new("tar")
        .args(["--create", "--gzip", "--file"])
        .arg(file)
        .arg("--directory")
        .arg(work)
        .arg("claudometer")
        .status()?;
    ensure!(tar.success(), "tar ended with {tar}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_rehearsed_with_a_key_that_is_thrown_away() {
        rehearse(None).unwrap();
    }

    #[test]
    fn a_manifest_names_only_what_is_signed_and_called_right() {
        let folder = tempfile::tempdir().unwrap();
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        let key = public(&pair.pk).unwrap();
        let version = Version::new(0, 2, 0);
        let file = |name: &str, signed: Option<&Version>| {
            let path = folder.path().join(name);
            fs::write(&path, name).unwrap();
            if let Some(signed) = signed {
                fs::write(sig(&path), signature(&pair.sk, &path, signed).unwrap()).unwrap();
            }
            path
        };
        let good = [
            file("claudometer-0.2.0-linux-x86_64.tar.gz", Some(&version)),
            file("claudometer-0.2.0-darwin-aarch64.app.tar.gz", Some(&version)),
            file("claudometer-0.2.0-x86_64.AppImage", Some(&version)),
        ];
        let manifest: Value =
            serde_json::from_str(&manifest_of(&version, "New.\n", &good, &key).unwrap()).unwrap();
        assert_eq!(manifest["notes"], "New.");
        let url = manifest["platforms"]["darwin-aarch64"]["url"].as_str().unwrap();
        assert!(
            url.starts_with("https://")
                && url.ends_with(
                    "/releases/download/v0.2.0/claudometer-0.2.0-darwin-aarch64.app.tar.gz"
                ),
            "{url}"
        );
        let mut platforms: Vec<_> = manifest["platforms"].as_object().unwrap().keys().collect();
        platforms.sort();
        assert_eq!(platforms, ["darwin-aarch64", "linux-x86_64", "linux-x86_64-appimage"]);
        for (name, signed) in [
            ("claudometer-0.2.0-linux-aarch64.tar.gz", None),
            ("claudometer-0.2.0-linux-x86_64.tar.gz", Some(Version::new(0, 1, 0))),
            ("claudometer-0.2.0-linux-i686.tar.gz", Some(version.clone())),
            ("claudometer-0.2.0-darwin-x86_64.tar.gz", Some(version.clone())),
            ("claudometer_0.2.0_amd64.deb", Some(version.clone())),
        ] {
            assert!(
                manifest_of(&version, "", &[file(name, signed.as_ref())], &key).is_err(),
                "{name}"
            );
        }
        assert!(manifest_of(&version, "", &[], &key).is_err());
        assert!(version_of("v0.2.0").is_ok() && version_of("two").is_err());
    }
}
