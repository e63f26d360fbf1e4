//! Whether the desktop starts Claudometer at login: the real state, not a flag of ours.

use crate::launch;
use claudometer_host::{Host, paths::Paths};
use std::{
    io,
    path::{Path, PathBuf},
};

/// The entry that the desktop reads.
#[derive(Debug, Clone)]
pub struct Autostart {
    file: PathBuf,
}

impl Autostart {
    /// The entry of this user: an XDG autostart file, or a LaunchAgent on macOS.
    pub fn of(host: &Host, paths: &Paths) -> Self {
        let file = if cfg!(target_os = "macos") {
            host.home().join("Library/LaunchAgents/dev.claudometer.plist")
        } else {
            // Autostart lies beside our own folder, in the same configuration base.
            paths.config.parent().unwrap_or(Path::new("/")).join("autostart/claudometer.desktop")
        };
        Self { file }
    }

    /// Whether the desktop would start it. An entry that a person hid in the desktop's own settings counts as off.
    pub fn is_on(&self, host: &Host) -> bool {
        let Ok(Some(text)) = host.files.read_text(&self.file) else { return false };
        let hidden = text
            .lines()
            .map(|line| line.replace(' ', "").to_ascii_lowercase())
            .any(|line| line == "hidden=true" || line == "x-gnome-autostart-enabled=false");
        !hidden
    }

    /// Makes it so.
    pub fn set(&self, host: &Host, on: bool, program: &Path) -> io::Result<()> {
        if on == self.is_on(host) && (!on || self.starts(host, program)) {
            return Ok(());
        }
        if !on {
            return host.files.remove(&self.file);
        }
        host.files.write_private(&self.file, entry(program).as_bytes())
    }

    fn starts(&self, host: &Host, program: &Path) -> bool {
        host.files
            .read_text(&self.file)
            .is_ok_and(|text| text.is_some_and(|text| text == entry(program)))
    }
}

fn entry(program: &Path) -> String {
    if cfg!(target_os = "macos") { launch_agent(program) } else { desktop_entry(program) }
}

fn desktop_entry(program: &Path) -> String {
    format!(
        "[Desktop Entry]\nType=Application\nName=Claudometer\nComment=How much of your assistants' limits is left\n\
         Exec={}\nIcon=claudometer\nTerminal=false\nX-GNOME-Autostart-enabled=true\n",
        quoted(&program.display().to_string())
    )
}

/// The resident alone would show nothing in the menu bar, so the whole is started.
fn launch_agent(program: &Path) -> String {
    let (program, args) = launch::whole(program, "macos");
    let words: Vec<String> = std::iter::once(program.display().to_string())
        .chain(args)
        .map(|word| word.replace('&', "&amp;").replace('<', "&lt;"))
        .collect();
    let words = words.join("</string><string>");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>\n<key>Label</key><string>dev.claudometer</string>\n\
         <key>ProgramArguments</key><array><string>{words}</string></array>\n<key>RunAtLoad</key><true/>\n</dict></plist>\n"
    )
}

/// An argument as the desktop entry rules want it: in double quotes, with four characters escaped, `%` doubled.
fn quoted(argument: &str) -> String {
    let mut text = String::from("\"");
    for letter in argument.chars() {
        match letter {
            // A backslash is escaped twice: once for the quoting, once for the string type of the file.
            '\\' => text.push_str("\\\\\\\\"),
            '"' | '`' | '$' => {
                text.push_str("\\\\");
                text.push(letter);
            }
            '%' => text.push_str("%%"),
            letter => text.push(letter),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_spaces_and_signs_is_quoted_by_the_rules_of_desktop_entries() {
        assert_eq!(quoted("/opt/My Apps/claudometer"), "\"/opt/My Apps/claudometer\"");
        assert_eq!(quoted("/a/$b/100%"), "\"/a/\\\\$b/100%%\"");
        assert!(
            desktop_entry(Path::new("/opt/My Apps/claudometer"))
                .contains("\nExec=\"/opt/My Apps/claudometer\"\n")
        );
    }

    #[test]
    fn at_login_macos_starts_what_shows_the_menu_bar_item() {
        let text =
            launch_agent(Path::new("/Apps & more/Claudometer.app/Contents/MacOS/claudometer"));
        let words = "<array><string>/Apps &amp; more/Claudometer.app/Contents/MacOS/claudometer-desktop</string><string>--one-process</string></array>";
        assert!(text.contains(words), "{text}");
    }
}
