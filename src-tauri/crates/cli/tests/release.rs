//! One real build updates itself to another over HTTPS, with the key and the addresses that are built in; and everything that
//! can go wrong on the way, at which what runs goes on.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts the real program"
)]

#[path = "release/builds.rs"]
mod builds;
mod home;
#[path = "release/server.rs"]
mod server;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use builds::{NEW, OLD, builds};
use home::{Home, document, ended};
use serde_json::{Value, json};
use server::{End, Server};
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const WITHIN: Duration = Duration::from_secs(30);
const MANIFEST: &str = "/releases/latest/download/latest.json";
const FILE: &str = "/release.tar.gz";

/// A person with the old build in a folder of theirs, and a vendor with a newer one.
struct World {
    home: Home,
    server: Server,
}

impl World {
    async fn new() -> Self {
        let builds = tokio::task::spawn_blocking(builds).await.unwrap();
        let home = Home::new();
        fs::create_dir_all(home.path("app/bin")).unwrap();
        fs::create_dir_all(home.path("run")).unwrap();
        fs::set_permissions(home.path("run"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::copy(&builds.old.program, home.path("app/bin/claudometer")).unwrap();
        home.write("app/bin/claudometer-desktop", "window of before");
        let server = Server::start().await;
        home.write("company.pem", &server.authority);
        Self { home, server }
    }

    fn program(&self) -> PathBuf {
        self.home.path("app/bin/claudometer")
    }

    /// Offers a file as this version; its signature is for `signed`.
    fn offer(&self, announced: &str, signed: &str, file: &[u8], end: End) {
        self.server.serve(MANIFEST, manifest(announced, &signature(signed, file)), End::Whole);
        self.server.serve(FILE, file.to_vec(), end);
    }

    /// The command as a person's session runs it: nothing of it is for tests but where secrets are.
    fn command_of(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.program());
        command.args(words).env_clear().stdin(Stdio::null());
        for (name, value) in self.home.command(words).get_envs() {
            command.env(name, value.unwrap());
        }
        command.env_remove("CLAUDOMETER_TEST_ORIGIN");
        command.env("HTTPS_PROXY", &self.server.proxy);
        command.env("CLAUDOMETER_CA_FILE", self.home.path("company.pem"));
        command
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        ended(self.command_of(words).output().unwrap())
    }

    fn start(&self) -> Child {
        let mut command = self.command_of(&[]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("a resident answers", || self.ask("get_state").is_some());
        child
    }

    fn ask(&self, command: &str) -> Option<Value> {
        let stream = UnixStream::connect(self.home.path("run/claudometer/link.sock")).ok()?;
        writeln!(&stream, "{}", json!({"id": 1, "command": command, "args": {}})).ok()?;
        let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
        let found = lines.find_map(|line| {
            let message: Value = serde_json::from_str(&line).unwrap();
            (message["id"] == 1).then_some(message)
        });
        Some(found?["value"].clone())
    }

    /// The version that runs, and a choice of its person.
    fn runs(&self) -> (String, String) {
        let settings = self.ask("get_state").unwrap()["settings"].clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&settings["about"]["version"]), text(&settings["settings"]["theme"]))
    }

    /// What runs is as it was, and so is what lies there.
    fn goes_on(&self, case: &str) {
        assert_eq!(self.runs().0, OLD, "{case}");
        let lies = fs::read(self.program()).unwrap() == fs::read(&builds().old.program).unwrap();
        assert!(lies, "{case}: another program lies there");
        let window = fs::read_to_string(self.home.path("app/bin/claudometer-desktop")).unwrap();
        assert_eq!(window, "window of before", "{case}");
    }

    fn parts(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.home.path("app/bin")).unwrap();
        let paths = files.map(|file| file.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "part")).collect()
    }

    async fn end(&self, mut resident: Child) {
        assert_eq!(self.run(&["quit"]).0, 0);
        tokio::task::spawn_blocking(move || resident.wait().unwrap()).await.unwrap();
    }
}

fn platform() -> String {
    let system = std::env::consts::OS.replace("macos", "darwin");
    format!("{system}-{}", std::env::consts::ARCH)
}

fn signature(version: &str, file: &[u8]) -> String {
    let comment = format!("timestamp:1\tfile:release.tar.gz\tversion:{version}");
    let signed = minisign::sign(None, &builds().keys.sk, file, Some(&comment), None).unwrap();
    STANDARD.encode(signed.into_string())
}

fn manifest(version: &str, signature: &str) -> Vec<u8> {
    let url = format!("https://github.com/somewhere{FILE}");
    let file = json!({"url": url, "signature": signature});
    json!({"version": version, "notes": "Better.", "platforms": {platform(): file}})
        .to_string()
        .into_bytes()
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < WITHIN, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_becomes_the_next_one_and_goes_on_where_the_one_before_was() {
    let world = World::new().await;
    let (exit, text, _) = world.run(&["--version"]);
    assert_eq!((exit, text.trim()), (0, "claudometer 90.0.0"));
    assert_eq!(world.run(&["config", "set", "theme", "dark"]).0, 0);
    world.offer(NEW, NEW, &builds().new.archive, End::Cut);
    let resident = world.start();
    let (exit, text, said) = world.run(&["update"]);
    assert!(
        exit == 0 && text.contains("Claudometer 90.1.0 is there; this is 90.0.0"),
        "{text}{said}"
    );

    let (exit, _, said) = world.run(&["update", "--install"]);
    assert!(exit == 3 && said.contains("Try again: it goes on where it ended"), "{exit} {said}");
    world.goes_on("the download was cut");
    let (exit, text, said) = world.run(&["update", "--install"]);
    assert_eq!((exit, text.as_str()), (0, "Claudometer 90.1.0 is installed.\n"), "{said}");
    assert_eq!(world.server.ranges().last(), Some(&(builds().new.archive.len() as u64 / 2)));
    assert_eq!(world.runs(), (NEW.to_owned(), "dark".to_owned()));
    let (_, text, _) = world.run(&["update"]);
    assert_eq!(text, "Claudometer 90.1.0 is the newest there is.\n");
    let said = world.ask("look_for_updates").unwrap();
    assert_eq!(said, "Claudometer 90.1.0 is the newest there is.", "the window says the same");
    world.end(resident).await;
    until("it has ended well, so it runs", || {
        !world.home.path("app/bin/.claudometer-previous").exists()
    });
    let hosts = world.server.hosts();
    assert!(hosts.iter().all(|host| host == "github.com"), "{hosts:?}");
}

/// What is offered, and what comes of it: a name, manifest, file, exit code, words.
type Offered<'a> = (&'a str, Vec<u8>, &'a [u8], i32, &'a str);

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_makers_newer_release_is_refused_and_what_runs_goes_on() {
    let world = World::new().await;
    let builds = builds();
    let mut tampered = builds.new.archive.clone();
    let middle = tampered.len() / 2;
    tampered[middle] ^= 1;
    let resident = world.start();
    let offers: [Offered<'_>; 6] = [
        ("no release", Vec::new(), b"", 3, "There is no release to be had"),
        ("a bad manifest", b"<!doctype html>".to_vec(), b"", 1, "is not understood"),
        (
            "a downgrade",
            manifest("89.0.0", &signature("89.0.0", &builds.old.archive)),
            &builds.old.archive,
            0,
            "90.0.0 is the newest",
        ),
        (
            "an old file as a new one",
            manifest(NEW, &signature(OLD, &builds.old.archive)),
            &builds.old.archive,
            1,
            "signed as version 90.0.0, but announced as 90.1.0",
        ),
        (
            "tampered",
            manifest(NEW, &signature(NEW, &builds.new.archive)),
            &tampered,
            1,
            "not signed by Claudometer's makers",
        ),
        (
            "none for this system",
            br#"{"version": "90.1.0", "platforms": {}}"#.to_vec(),
            b"",
            1,
            "Look at the release's page",
        ),
    ];
    for (case, manifest, file, code, words) in offers {
        if !manifest.is_empty() {
            world.server.serve(MANIFEST, manifest, End::Whole);
            world.server.serve(FILE, file.to_vec(), End::Whole);
        }
        let (exit, text, said) = world.run(&["update", "--install"]);
        assert!(exit == code && (text + &said).contains(words), "{case}: {exit} {said}");
        world.goes_on(case);
        assert!(world.parts().is_empty(), "{case}");
    }
    for (case, name, value, words) in [
        ("offline", "HTTPS_PROXY", "http://127.0.0.1:9", "when you are online"),
        ("an authority that nobody trusts", "CLAUDOMETER_CA_FILE", "", "CLAUDOMETER_CA_FILE names"),
    ] {
        let done = world.command_of(&["update", "--install"]).env(name, value).output().unwrap();
        let (exit, _, said) = ended(done);
        assert!(exit == 3 && said.contains(words), "{case}: {exit} {said}");
        world.goes_on(case);
    }
    world.end(resident).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_is_killed_in_its_middle_is_gone_on_with() {
    let world = World::new().await;
    world.offer(NEW, NEW, &builds().new.archive, End::Stuck);
    let resident = world.start();
    let mut update = world.command_of(&["update", "--install", "--json"]);
    let mut update = update.stdout(Stdio::null()).spawn().unwrap();
    until("half of it is there", || {
        let half = builds().new.archive.len() as u64 / 2;
        world.parts().iter().any(|part| part.metadata().is_ok_and(|data| data.len() == half))
    });
    update.kill().unwrap();
    update.wait().unwrap();
    world.goes_on("killed");
    let (exit, _, said) = world.run(&["update", "--install"]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(world.runs().0, NEW);
    assert!(world.parts().is_empty());
    world.end(resident).await;
}

/// The command under a shell that limits it first.
fn limited(world: &World, limit: &str, words: &[&str]) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("{limit}; exec \"$0\" \"$@\"")]).arg(world.program()).args(words);
    command.env_clear();
    for (name, value) in world.command_of(words).get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_without_room_is_said_and_left_as_it_was() {
    let world = World::new().await;
    world.offer(NEW, NEW, &builds().new.archive, End::Whole);
    let resident = world.start();
    // No file may be larger than a megabyte: the nearest to a full disk that needs no other disk.
    let mut command = limited(&world, "trap '' XFSZ; ulimit -f 2048", &["update", "--install"]);
    let (exit, _, said) = ended(command.output().unwrap());
    assert!(exit == 1 && said.contains("Make some room and try again"), "{exit} {said}");
    world.goes_on("no room");
    assert!(world.parts().is_empty(), "the last of the room is given back");
    world.end(resident).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_place_is_said_with_where_to_go() {
    let world = World::new().await;
    world.offer(NEW, NEW, &builds().new.archive, End::Whole);
    let open = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    open(world.home.folder.path(), 0o755);
    open(&world.home.path("app"), 0o755);
    open(&world.home.path("app/bin"), 0o555);
    // Whoever may do everything may write everywhere, so somebody else tries it then.
    let somebody = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let words = ["update", "--install"];
    let command = world.command_of(&words);
    let mut tried = if somebody { Command::new("setpriv") } else { Command::new(world.program()) };
    if somebody {
        tried.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(world.program());
    }
    tried.args(words).env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            tried.env(name, value);
        }
    }
    let (exit, _, said) = ended(tried.output().unwrap());
    assert!(exit == 4 && said.contains("cannot be replaced where it lies"), "{exit} {said}");
    assert!(said.contains("Unpack the new one where you may write"), "{said}");
    open(&world.home.path("app/bin"), 0o755);
    assert!(fs::read(world.program()).unwrap() == fs::read(&builds().old.program).unwrap());
    assert_eq!(document(&world.run(&["update", "--json"]).1)["canInstall"], true);
}
