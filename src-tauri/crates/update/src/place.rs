//! How what runs was installed: what of it is exchanged by an update, and who may do that.

use claudometer_host::{Environment, Files};
use std::path::{Path, PathBuf};

/// The executables of a release, the resident first.
pub(crate) const PROGRAMS: [&str; 2] = ["claudometer", "claudometer-desktop"];
/// The window's executable, and the word that makes it the whole of Claudometer; this is what macOS starts of a bundle.
pub const WHOLE: (&str, &str) = (PROGRAMS[1], "--one-process");
/// What an `AppImage` is told by what starts it: its file, and where it is opened.
/// <https://docs.appimage.org/packaging-guide/environment-variables.html>
const APPIMAGE: (&str, &str) = ("APPIMAGE", "APPDIR");
/// In the path of what macOS runs from a read-only copy, because it was never moved since its download.
const TRANSLOCATED: &str = "AppTranslocation";

/// A release as it lies on a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Installation {
    /// A folder with the executables.
    Folder(PathBuf),
    /// One file that holds all of it.
    AppImage(PathBuf),
    /// A bundle of macOS: `Claudometer.app`.
    Bundle(PathBuf),
}

impl Installation {
    /// To which `program` belongs; that is its file without links.
    pub fn of(program: &Path, files: &Files, environment: &Environment) -> Self {
        let named = |name: &str| environment.get(name).map(PathBuf::from);
        if let (Some(image), Some(opened)) = (named(APPIMAGE.0), named(APPIMAGE.1))
            // Whoever is started by another program's AppImage is told of that one.
            && program.starts_with(files.canonical(&opened))
            && image.is_absolute()
        {
            return Self::AppImage(image);
        }
        let folder = program.parent().unwrap_or(Path::new("/"));
        let bundle =
            folder.ends_with("Contents/MacOS").then(|| folder.ancestors().nth(2)).flatten();
        match bundle.filter(|path| path.extension().is_some_and(|ending| ending == "app")) {
            Some(bundle) => Self::Bundle(bundle.to_owned()),
            None => Self::Folder(folder.to_owned()),
        }
    }

    /// Its name in a manifest, such as `linux-x86_64`.
    pub fn platform(&self) -> String {
        let machine = std::env::consts::ARCH;
        match self {
            Self::Folder(_) => platform_of_this_system(),
            Self::AppImage(_) => format!("linux-{machine}-appimage"),
            Self::Bundle(_) => format!("darwin-{machine}"),
        }
    }

    /// What is to be started, and the words that go with it where nobody chose others.
    pub fn start(&self) -> (PathBuf, Vec<String>) {
        match self {
            Self::Folder(folder) => (folder.join(PROGRAMS[0]), Vec::new()),
            Self::AppImage(image) => (image.clone(), Vec::new()),
            Self::Bundle(bundle) => {
                (bundle.join("Contents/MacOS").join(WHOLE.0), vec![WHOLE.1.to_owned()])
            }
        }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::AppImage(path) | Self::Bundle(path) => path,
        }
    }

    /// The folder in which its pieces lie.
    pub(crate) fn folder(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder,
            Self::AppImage(path) | Self::Bundle(path) => path.parent().unwrap_or(Path::new("/")),
        }
    }

    /// Names of what is exchanged.
    pub(crate) fn pieces(&self) -> Vec<String> {
        match self {
            Self::Folder(_) => PROGRAMS.map(str::to_owned).to_vec(),
            Self::AppImage(path) | Self::Bundle(path) => {
                vec![path.file_name().unwrap_or_default().to_string_lossy().into_owned()]
            }
        }
    }
}

fn platform_of_this_system() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    format!("{system}-{}", std::env::consts::ARCH)
}

/// Who may replace what runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// It lies where its person may write: it replaces itself.
    Own(Installation),
    /// It would replace itself, if it lay elsewhere; the sentence says what to do.
    Closed(Installation, &'static str),
    /// A package of the system put it there, which this command would update.
    Package(&'static str),
    /// Somebody else's, or built from the sources: the release's page is all that can be told.
    Elsewhere(PathBuf),
}

impl Place {
    /// What is looked for in a manifest.
    pub fn platform(&self) -> String {
        match self {
            Self::Own(installation) | Self::Closed(installation, _) => installation.platform(),
            Self::Package(_) | Self::Elsewhere(_) => platform_of_this_system(),
        }
    }
}

/// Who may replace `program`, which is its file without links.
pub fn place(program: &Path, files: &Files, environment: &Environment) -> Place {
    let found = Installation::of(program, files, environment);
    let remedy = match &found {
        Installation::Folder(folder) => {
            if let Some(command) = package(program, files, environment) {
                return Place::Package(command);
            }
            let is_built = folder.ends_with("target/release") || folder.ends_with("target/debug");
            let is_whole = PROGRAMS.iter().all(|name| files.is_file(&folder.join(name)));
            // Releases for macOS are bundles.
            if is_built || !is_whole || cfg!(target_os = "macos") {
                return Place::Elsewhere(folder.clone());
            }
            "Unpack the new one where you may write, such as ~/.local/opt, and start it from there."
        }
        Installation::AppImage(_) => {
            "Move its file to where you may write, such as ~/Applications, and start it from there."
        }
        Installation::Bundle(bundle) if is_translocated(bundle) => {
            let remedy = "macOS runs it from a read-only copy. Move it into Applications with the Finder, and open it there.";
            return Place::Closed(found, remedy);
        }
        Installation::Bundle(_) => {
            "Move it to where you may write, such as Applications, and open it there."
        }
    };
    if files.can_write(found.folder()) { Place::Own(found) } else { Place::Closed(found, remedy) }
}

fn is_translocated(bundle: &Path) -> bool {
    bundle.components().any(|part| part.as_os_str() == TRANSLOCATED)
}

/// The command that updates the package which brought `program`.
fn package(program: &Path, files: &Files, environment: &Environment) -> Option<&'static str> {
    let below = |root: &str| program.starts_with(root);
    if below("/nix/store") {
        return Some("nix profile upgrade claudometer");
    }
    if below("/opt/homebrew") || below("/usr/local/Caskroom") || below("/home/linuxbrew") {
        return Some("brew upgrade claudometer");
    }
    if below("/usr") && !below("/usr/local") {
        let of = |file: &str| files.is_file(Path::new(file));
        return Some(if of("/var/lib/dpkg/info/claudometer.list") {
            "sudo apt install ./claudometer_*.deb"
        } else if of("/etc/arch-release") {
            "sudo pacman -U claudometer-*.pkg.tar.zst"
        } else {
            "sudo dnf install ./claudometer-*.rpm"
        });
    }
    let cargo = environment.get("CARGO_HOME").map(PathBuf::from);
    let is_cargo = cargo.is_some_and(|home| program.starts_with(home))
        || program.parent().is_some_and(|folder| folder.ends_with(".cargo/bin"));
    let command = concat!("cargo install --git ", env!("CARGO_PKG_REPOSITORY"), " claudometer");
    is_cargo.then_some(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn at(program: &str, others: &[&str], variables: &[(&str, &str)]) -> Place {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let files = Files::memory();
        for path in others {
            files.place(Path::new(path), b"x", DateTime::UNIX_EPOCH).unwrap();
        }
        place(Path::new(program), &files, &Environment::of("/home/dana", variables))
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn who_may_replace_a_program_follows_from_where_it_lies() {
        let own = [
            "/home/dana/claudometer/bin/claudometer",
            "/home/dana/claudometer/bin/claudometer-desktop",
        ];
        let folder = PathBuf::from("/home/dana/claudometer/bin");
        assert_eq!(at(own[0], &own, &[]), Place::Own(Installation::Folder(folder.clone())));
        assert_eq!(at(own[0], &own[..1], &[]), Place::Elsewhere(folder));
        let built = ["/w/target/release/claudometer", "/w/target/release/claudometer-desktop"];
        assert_eq!(at(built[0], &built, &[]), Place::Elsewhere("/w/target/release".into()));
    }

    #[test]
    fn what_a_package_brought_names_the_packages_command() {
        let dpkg = ["/var/lib/dpkg/info/claudometer.list"];
        for (program, there, command) in [
            ("/usr/bin/claudometer", &dpkg[..], "apt"),
            ("/usr/bin/claudometer", &[], "dnf"),
            ("/usr/bin/claudometer", &["/etc/arch-release"], "pacman"),
            ("/nix/store/x/bin/claudometer", &[], "nix"),
            ("/opt/homebrew/bin/claudometer", &[], "brew"),
            ("/home/dana/.cargo/bin/claudometer", &[], "cargo"),
        ] {
            let found = at(program, there, &[]);
            assert!(
                matches!(found, Place::Package(said) if said.contains(command)),
                "{program}: {found:?}"
            );
        }
    }

    #[test]
    fn an_appimage_is_the_file_that_was_started_and_not_that_of_the_program_around_us() {
        let (program, image) =
            ("/tmp/.mount_c/usr/bin/claudometer", "/home/dana/Claudometer.AppImage");
        let ours = [("APPIMAGE", image), ("APPDIR", "/tmp/.mount_c")];
        let Place::Own(found) = at(program, &[], &ours) else { panic!("it is ours") };
        assert_eq!(found, Installation::AppImage(image.into()));
        assert!(found.platform().starts_with("linux-") && found.platform().ends_with("-appimage"));
        assert_eq!(found.start().0, Path::new(image));
        assert_eq!(found.pieces(), ["Claudometer.AppImage"]);
        let editor = [("APPIMAGE", "/home/dana/Editor.AppImage"), ("APPDIR", "/tmp/.mount_e")];
        let around = at("/usr/bin/claudometer", &[], &editor);
        assert!(matches!(around, Place::Package(_)), "{around:?}");
    }

    #[test]
    fn a_bundle_is_exchanged_as_a_whole_unless_macos_runs_a_read_only_copy() {
        let inside = "Claudometer.app/Contents/MacOS/claudometer";
        let Place::Own(found) = at(&format!("/Applications/{inside}"), &[], &[]) else {
            panic!("it is ours")
        };
        assert_eq!(found, Installation::Bundle("/Applications/Claudometer.app".into()));
        assert!(found.platform().starts_with("darwin-"));
        assert_eq!(found.start().0.file_name().unwrap(), "claudometer-desktop");
        let copy = format!("/private/var/folders/x/AppTranslocation/1-2/d/{inside}");
        let Place::Closed(_, remedy) = at(&copy, &[], &[]) else { panic!("it cannot be replaced") };
        assert!(remedy.contains("into Applications"), "{remedy}");
    }
}
