//! What the executable was started for.

/// The arguments that are understood.
const USAGE: &str = "The arguments are: the id of a page or nothing, --window with the same, or --one-process, with --demo and --seed N if wanted.";

/// What to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Let the resident open the window.
    HandOver {
        /// Page to show.
        page: Option<String>,
    },
    /// The window of a resident.
    Window {
        /// Page to show.
        page: Option<String>,
    },
    /// Desk, tray and window in this process.
    OneProcess {
        /// Seed of the demo, if that is to be shown.
        demo: Option<u64>,
    },
}

impl Mode {
    /// Reads the arguments after the program's name; an error says what would be understood. Without any, on the system of
    /// Macs, this is what a person starts: the whole.
    pub(crate) fn of(args: impl Iterator<Item = String>, system: &str) -> Result<Self, String> {
        let mut args: Vec<String> = args.collect();
        if args.is_empty() && system == "macos" {
            return Ok(Self::OneProcess { demo: None });
        }
        if args.first().is_some_and(|first| first == "--one-process") {
            return one_process(&args[1..]).ok_or_else(|| USAGE.to_owned());
        }
        let window = args.first().is_some_and(|first| first == "--window");
        if window {
            args.remove(0);
        }
        let page = args.pop();
        let plain = |page: &String| page.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !args.is_empty() || !page.iter().all(plain) {
            return Err(USAGE.to_owned());
        }
        Ok(if window { Self::Window { page } } else { Self::HandOver { page } })
    }
}

fn one_process(args: &[String]) -> Option<Mode> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let demo = match args[..] {
        [] => None,
        ["--demo"] => Some(0),
        ["--demo", "--seed", seed] => Some(seed.parse().ok()?),
        _ => return None,
    };
    Some(Mode::OneProcess { demo })
}

#[cfg(test)]
mod tests {
    use super::Mode;

    #[test]
    fn the_arguments_say_whether_to_be_the_window_and_on_which_page() {
        let page = Some("alerts".to_owned());
        for (line, mode) in [
            ("", Some(Mode::HandOver { page: None })),
            ("alerts", Some(Mode::HandOver { page: page.clone() })),
            ("--window", Some(Mode::Window { page: None })),
            ("--window alerts", Some(Mode::Window { page })),
            ("--one-process", Some(Mode::OneProcess { demo: None })),
            ("--one-process --demo", Some(Mode::OneProcess { demo: Some(0) })),
            ("--one-process --demo --seed 7", Some(Mode::OneProcess { demo: Some(7) })),
            ("--one-process --demo --seed x", None),
            ("--one-process alerts", None),
            ("--widow", None),
            ("--window alerts general", None),
            ("--window ../alerts", None),
        ] {
            let args = line.split_whitespace().map(str::to_owned);
            assert_eq!(Mode::of(args, "linux").ok(), mode, "{line}");
        }
    }

    #[test]
    fn an_application_that_macos_starts_is_the_whole() {
        let of = |line: &str| Mode::of(line.split_whitespace().map(str::to_owned), "macos").ok();
        assert_eq!(of(""), Some(Mode::OneProcess { demo: None }));
        assert_eq!(of("alerts"), Some(Mode::HandOver { page: Some("alerts".to_owned()) }));
    }
}
