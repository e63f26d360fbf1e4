//! Links relative relocations in their packed form (`DT_RELR`) where the loader knows it.
//!
//! A position-independent executable with many tables carries half a megabyte of relocations, which the loader reads at every
//! start and which then stay resident. Packed they are a few kilobytes. glibc reads them since 2.36 (its NEWS of that
//! version); what is built on an older system stays as it was.

#![expect(clippy::disallowed_methods, reason = "a build script asks the machine that builds")]

use std::{env, process::Command};

/// The first glibc whose loader reads packed relocations.
const FIRST: (u32, u32) = (2, 36);

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let native = env::var("HOST").ok() == env::var("TARGET").ok();
    let gnu_linux = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if native && gnu_linux && loader().is_some_and(|version| version >= FIRST) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of this machine's glibc.
fn loader() -> Option<(u32, u32)> {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
