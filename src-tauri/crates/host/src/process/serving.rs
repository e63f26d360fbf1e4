//! Programs of this machine that serve others on it: their arguments, and the ports on which they listen.

use super::{Command, ProcessError, Processes};
use secrecy::SecretString;
use std::fmt;

/// A running program that listens on this machine. Its arguments may hold secrets and are never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Serving {
    args: Vec<String>,
    /// TCP ports on which it listens.
    pub ports: Vec<u16>,
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").field("ports", &self.ports).finish_non_exhaustive()
    }
}

impl Serving {
    /// The value that was given for an argument such as `--token`, as the next word or after `=`.
    pub fn value_of(&self, argument: &str) -> Option<SecretString> {
        let mut words = self.args.iter();
        let value = words.by_ref().find_map(|word| match word.strip_prefix(argument) {
            Some("") => Some(None),
            Some(rest) => rest.strip_prefix('=').map(Some),
            None => None,
        })?;
        value.or_else(|| words.next().map(String::as_str)).map(SecretString::from)
    }
}

impl Processes {
    /// The user's running programs whose file name begins with `program` and whose arguments say `about` in any case, with
    /// the ports on which they listen.
    pub async fn serving(&self, program: &str, about: &str) -> Vec<Serving> {
        #[cfg(target_os = "linux")]
        if let super::Kind::Real { .. } = self.0 {
            return linux(program, about);
        }
        self.told_by_tools(program, about).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "the running programs cannot be listed now");
            Vec::new()
        })
    }

    /// Where there is no `/proc`: what `ps` and `lsof` tell.
    async fn told_by_tools(
        &self,
        program: &str,
        about: &str,
    ) -> Result<Vec<Serving>, ProcessError> {
        let user = super::own_user().to_string();
        let list = Command::new("ps").args(["-ww", "-U", &user, "-o", "pid=,args="]);
        let listed = self.run(list).await?;
        let mut found = Vec::new();
        for line in String::from_utf8_lossy(&listed.stdout).lines() {
            let Some((pid, args)) = line.trim_start().split_once(' ') else { continue };
            let args: Vec<String> = args.split_whitespace().map(str::to_owned).collect();
            if is_meant(&args, program, about) {
                let ask = ["-nP", "-a", "-iTCP", "-sTCP:LISTEN", "-Fn", "-p", pid];
                let ports = self.run(Command::new("lsof").args(ask)).await?;
                let ports = String::from_utf8_lossy(&ports.stdout);
                let port = |line: &str| line.strip_prefix('n')?.rsplit(':').next()?.parse().ok();
                found.push(Serving { args, ports: ports.lines().filter_map(port).collect() });
            }
        }
        Ok(found)
    }
}

/// Whether a command line is that of the program meant. On some systems it comes as one text, so any of its words may be
/// the program.
fn is_meant(args: &[String], program: &str, about: &str) -> bool {
    let name =
        |word: &String| word.rsplit('/').next().is_some_and(|name| name.starts_with(program));
    args.iter().any(name) && args.iter().any(|word| word.to_lowercase().contains(about))
}

#[cfg(target_os = "linux")]
fn linux(program: &str, about: &str) -> Vec<Serving> {
    use procfs::{net::TcpState, process::FDTarget};
    let all = procfs::process::all_processes().into_iter().flatten().flatten();
    let meant = all.filter_map(|process| {
        let args = process.cmdline().ok()?;
        is_meant(&args, program, about).then_some((process, args))
    });
    let tables = || [procfs::net::tcp(), procfs::net::tcp6()].into_iter().flatten().flatten();
    meant
        .filter_map(|(process, args)| {
            // The programs of others do not tell their sockets.
            let open = process.fd().ok()?.flatten();
            let sockets: Vec<u64> = open
                .filter_map(|file| match file.target {
                    FDTarget::Socket(inode) => Some(inode),
                    _ => None,
                })
                .collect();
            let listening = |entry: &procfs::net::TcpNetEntry| {
                entry.state == TcpState::Listen && sockets.contains(&entry.inode)
            };
            let ports =
                tables().filter(listening).map(|entry| entry.local_address.port()).collect();
            Some(Serving { args, ports })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Environment, process::Output};
    use secrecy::ExposeSecret as _;
    use std::net::TcpListener;

    #[test]
    fn an_argument_is_read_as_the_next_word_or_after_a_sign() {
        let serving = |args: &[&str]| Serving {
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            ports: vec![1],
        };
        for (args, value) in [
            (&["server", "--token", "abc"][..], Some("abc")),
            (&["server", "--token=abc", "--other"], Some("abc")),
            (&["server", "--token_two", "abc"], None),
            (&["server", "--token"], None),
        ] {
            let found = serving(args).value_of("--token");
            assert_eq!(found.as_ref().map(SecretString::expose_secret), value, "{args:?}");
        }
        assert!(!format!("{:?}", serving(&["server", "--token", "abc"])).contains("abc"));
    }

    #[tokio::test]
    async fn a_program_that_listens_is_found_with_its_port() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let own = std::env::current_exe().unwrap();
        let own = own.file_name().unwrap().to_str().unwrap();
        let processes = Processes::real(Environment::of("/nowhere", []), None);
        let found = processes.serving(own, "").await;
        assert!(found.iter().any(|serving| serving.ports.contains(&port)), "{found:?}");
        assert_eq!(processes.serving("no such program anywhere", "").await, []);
    }

    #[tokio::test]
    async fn where_there_is_no_proc_the_tools_of_the_system_are_asked() {
        let processes = Processes::scripted(
            |command| {
                let printed = match command.program.to_str() {
                    Some("ps") => {
                        "  12 /Apps/Editor.app/language_server_macos_arm --token t-1\n 13 /bin/grep language_server\n"
                    }
                    Some("lsof") if command.args.last().is_some_and(|pid| pid == "12") => {
                        "p12\nf7\nn127.0.0.1:51234\nf8\nn[::1]:51235\n"
                    }
                    _ => return Err(ProcessError::NotFound),
                };
                Ok(Output { code: Some(0), stdout: printed.into(), stderr: Vec::new() })
            },
            |_| Err(ProcessError::NotFound),
        );
        let found = processes.serving("language_server", "editor.app").await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].ports, [51234, 51235]);
        assert_eq!(found[0].value_of("--token").unwrap().expose_secret(), "t-1");
    }
}
