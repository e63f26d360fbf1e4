//! How what runs was installed, which decides who may replace it.

use claudometer_host::{Environment, Files};
use std::path::{Path, PathBuf};

/// The executables of a release.
pub(crate) const PROGRAMS: [&str; 2] = ["claudometer", "claudometer-desktop"];

/// Where what runs lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a folder that its person may write: it replaces itself.
    Own(PathBuf),
    /// A package of the system put it there, which this command would update.
    Package(&'static str),
    /// Somebody else's, or built from the sources: the release's page is all that can be told.
    Elsewhere(PathBuf),
}

/// Where `program` lies, which is its file without links.
pub fn place(program: &Path, files: &Files, environment: &Environment) -> Place {
    let folder = program.parent().unwrap_or(Path::new("/"));
    let below = |root: &str| program.starts_with(root);
    if below("/nix/store") {
        return Place::Package("nix profile upgrade claudometer");
    }
    if below("/opt/homebrew") || below("/usr/local/Caskroom") || below("/home/linuxbrew") {
        return Place::Package("brew upgrade claudometer");
    }
    if below("/usr") && !below("/usr/local") {
        let of = |file: &str| files.is_file(Path::new(file));
        return if of("/var/lib/dpkg/info/claudometer.list") {
            Place::Package("sudo apt install ./claudometer_*.deb")
        } else if of("/etc/arch-release") {
            Place::Package("sudo pacman -U claudometer-*.pkg.tar.zst")
        } else {
            Place::Package("sudo dnf install ./claudometer-*.rpm")
        };
    }
    let is_built = folder.ends_with("target/release") || folder.ends_with("target/debug");
    let cargo = environment.get("CARGO_HOME").map(PathBuf::from);
    let is_cargo =
        cargo.is_some_and(|home| program.starts_with(home)) || folder.ends_with(".cargo/bin");
    if is_cargo {
        return Place::Package(concat!(
            "cargo install --git ",
            env!("CARGO_PKG_REPOSITORY"),
            " claudometer"
        ));
    }
    let whole = PROGRAMS.iter().all(|name| files.is_file(&folder.join(name)));
    if whole && !is_built && files.can_write(folder) {
        Place::Own(folder.to_owned())
    } else {
        Place::Elsewhere(folder.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn who_may_replace_a_program_follows_from_where_it_lies() {
        let environment = Environment::of("/home/dana", []);
        let at = |program: &str, others: &[&str]| {
            let files = Files::memory();
            for path in others {
                files.place(Path::new(path), b"x", DateTime::UNIX_EPOCH).unwrap();
            }
            place(Path::new(program), &files, &environment)
        };
        let own = [
            "/home/dana/claudometer/bin/claudometer",
            "/home/dana/claudometer/bin/claudometer-desktop",
        ];
        assert_eq!(at(own[0], &own), Place::Own("/home/dana/claudometer/bin".into()));
        assert_eq!(at(own[0], &own[..1]), Place::Elsewhere("/home/dana/claudometer/bin".into()));
        let dpkg = ["/var/lib/dpkg/info/claudometer.list"];
        for (program, there, command) in [
            ("/usr/bin/claudometer", &dpkg[..], "apt"),
            ("/usr/bin/claudometer", &[], "dnf"),
            ("/usr/bin/claudometer", &["/etc/arch-release"], "pacman"),
            ("/nix/store/x/bin/claudometer", &[], "nix"),
            ("/opt/homebrew/bin/claudometer", &[], "brew"),
            ("/home/dana/.cargo/bin/claudometer", &[], "cargo"),
        ] {
            let found = at(program, there);
            assert!(
                matches!(found, Place::Package(said) if said.contains(command)),
                "{program}: {found:?}"
            );
        }
        let built = ["/w/target/release/claudometer", "/w/target/release/claudometer-desktop"];
        assert_eq!(at(built[0], &built), Place::Elsewhere("/w/target/release".into()));
    }
}
