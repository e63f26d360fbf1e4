//! An update of a release's folder with the real program: what is new is told, installed and run, and what does not run is
//! taken back.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts the real program"
)]

mod home;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, write::GzEncoder};
use home::{Home, document, ended};
use minisign::KeyPair;
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead as _, BufReader, Cursor, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path_regex};

const WITHIN: Duration = Duration::from_secs(20);

/// A person with a release in a folder of theirs, and a vendor with a newer one.
struct World {
    home: Home,
    keys: KeyPair,
    server: MockServer,
}

impl World {
    async fn new() -> Self {
        let server = MockServer::start().await;
        let mut home = Home::new();
        home.origin = server.uri();
        fs::create_dir_all(home.path("app/bin")).unwrap();
        fs::create_dir_all(home.path("run")).unwrap();
        fs::set_permissions(home.path("run"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_claudometer"), home.path("app/bin/claudometer")).unwrap();
        home.write("app/bin/claudometer-desktop", "old window");
        Self { home, keys: KeyPair::generate_unencrypted_keypair().unwrap(), server }
    }

    fn program(&self) -> PathBuf {
        self.home.path("app/bin/claudometer")
    }

    /// Offers version 9.0.0 with this resident.
    async fn offer(&self, resident: &[u8]) {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, bytes) in
            [("bin/claudometer", resident), ("bin/claudometer-desktop", b"new window")]
        {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o755);
            tar.append_data(&mut header, format!("claudometer-9.0.0/{name}"), bytes).unwrap();
        }
        self.offer_file(&platform(), tar.into_inner().unwrap().finish().unwrap()).await;
    }

    /// Offers version 9.0.0 as this file.
    async fn offer_file(&self, platform: &str, archive: Vec<u8>) {
        let comment = Some("timestamp:1\tversion:9.0.0");
        let signature =
            minisign::sign(None, &self.keys.sk, Cursor::new(&archive), comment, None).unwrap();
        let file = json!({"url": "https://files.test/a.tar.gz", "signature": STANDARD.encode(signature.into_string())});
        let manifest = json!({"version": "9.0.0", "notes": "Quicker than light.", "platforms": {platform: file}});
        for (pattern, answer) in [
            ("latest.json$", ResponseTemplate::new(200).set_body_json(manifest)),
            ("a.tar.gz$", ResponseTemplate::new(200).set_body_bytes(archive)),
        ] {
            Mock::given(path_regex(pattern)).respond_with(answer).mount(&self.server).await;
        }
    }

    fn command(&self, words: &[&str]) -> Command {
        self.command_of(&self.program(), words)
    }

    fn command_of(&self, program: &Path, words: &[&str]) -> Command {
        let mut command = self.home.command(words);
        let mut own = Command::new(program);
        own.args(words).env_clear().stdin(Stdio::null());
        for (name, value) in command.get_envs() {
            own.env(name, value.unwrap());
        }
        command.stdin(Stdio::null());
        own.env("CLAUDOMETER_TEST_UPDATE_KEY", self.keys.pk.to_box().unwrap().to_string());
        own
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        ended(self.command(words).output().unwrap())
    }

    fn start(&self) -> Child {
        self.start_by(self.command(&[]))
    }

    fn start_by(&self, mut command: Command) -> Child {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("a resident answers", || self.answers());
        child
    }

    fn answers(&self) -> bool {
        UnixStream::connect(self.home.path("run/claudometer/link.sock")).is_ok()
    }

    fn previous(&self) -> PathBuf {
        self.home.path("app/bin/.claudometer-previous")
    }
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < WITHIN, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// This system, as manifests call it.
fn platform() -> String {
    let system = std::env::consts::OS.replace("macos", "darwin");
    format!("{system}-{}", std::env::consts::ARCH)
}

/// The program with something behind its end, which changes nothing of what it does.
fn other_build() -> Vec<u8> {
    let mut bytes = fs::read(env!("CARGO_BIN_EXE_claudometer")).unwrap();
    bytes.extend_from_slice(b"another build");
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_new_is_told_and_then_runs_in_place_of_what_ran() {
    let world = World::new().await;
    let (exit, _, said) = world.run(&["update"]);
    assert!(exit == 3 && said.contains("There is no release"), "{said}");
    world.offer(&other_build()).await;
    let (exit, text, _) = world.run(&["update"]);
    assert_eq!(exit, 0);
    for words in ["Claudometer 9.0.0 is there", "Quicker than light.", "update --install"] {
        assert!(text.contains(words), "{text}");
    }
    let (_, text, _) = world.run(&["update", "--json"]);
    assert_eq!(document(&text)["newest"], "9.0.0");

    let mut resident = world.start();
    let (exit, text, said) = world.run(&["update", "--install"]);
    assert_eq!((exit, text.as_str()), (0, "Claudometer 9.0.0 is installed.\n"), "{said}");
    assert!(resident.wait().unwrap().success(), "the one before ended as it was asked to");
    assert!(world.answers(), "and another one runs");
    assert!(fs::read(world.program()).unwrap() == other_build());
    assert_eq!(world.home.path("app/bin/claudometer-desktop").metadata().unwrap().len(), 10);
    assert!(world.previous().join("claudometer").is_file(), "what ran before is kept for a while");
    assert_eq!(world.run(&["quit"]).0, 0);
    until("it has ended well, so it runs", || !world.previous().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_does_not_start_or_does_not_live_gives_way_to_the_one_before() {
    let world = World::new().await;
    let before = fs::read(world.program()).unwrap();
    world.offer(b"#!/bin/sh\nexit 1\n").await;
    let mut resident = world.start();
    let (exit, _, said) = world.run(&["update", "--install"]);
    assert!(exit == 1 && said.contains("does not start here"), "{exit} {said}");
    assert!(resident.wait().unwrap().success());
    assert!(world.answers(), "the one before runs again");
    assert!(fs::read(world.program()).unwrap() == before);
    assert_eq!(world.run(&["quit"]).0, 0);
    until("it has ended", || !world.answers());

    // One that starts, and is killed before it can say that it runs.
    world.server.reset().await;
    world.offer(&other_build()).await;
    assert_eq!(world.run(&["update", "--install"]).0, 0);
    let mut fallen = world.start();
    fallen.kill().unwrap();
    fallen.wait().unwrap();
    let mut next = world.start();
    assert!(fs::read(world.program()).unwrap() == before, "the next start brings the one before");
    assert!(next.wait().unwrap().success() && world.answers());
    assert!(!world.previous().exists());
    assert_eq!(world.run(&["quit"]).0, 0);
    until("it has ended", || !world.answers());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_over_runs_with_the_settings_file_of_what_ran_before_and_as_offline_as_that() {
    let world = World::new().await;
    world.offer(&other_build()).await;
    world.home.write("elsewhere/mine.json", r#"{"version": 1, "theme": "dark"}"#);
    world.home.sign_in("sk-ant-oat01-OFFLINE");
    let mut command = world.command(&["--config", "elsewhere/mine.json", "--offline"]);
    command.current_dir(world.home.path(""));
    let mut resident = world.start_by(command);
    let settings = || {
        let state = ask(&world, "get_state")["value"]["settings"].clone();
        (state["about"]["settingsFile"].clone(), state["settings"]["theme"].clone())
    };
    let before = settings();
    assert_eq!(before, (json!("~/elsewhere/mine.json"), json!("dark")));
    let (exit, _, said) = world.run(&["update", "--install"]);
    assert_eq!(exit, 0, "{said}");
    assert!(resident.wait().unwrap().success());
    assert_eq!(settings(), before);
    ask_with(&world, "refresh", &json!({"provider": null}));
    assert_eq!(world.run(&["quit"]).0, 0);
    until("it has ended", || !world.answers());
    let asked = world.server.received_requests().await.unwrap();
    let paths = asked.iter().map(|one| one.url.path());
    let others =
        paths.filter(|path| !path.contains("/releases/") && !path.starts_with("/files.test"));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// An `AppImage` as far as we can tell: it says what it is and where it is opened, and runs what is there.
fn image(opened: &Path) -> String {
    let opened = opened.display();
    format!("#!/bin/sh\nAPPIMAGE=$0 APPDIR={opened} exec {opened}/usr/bin/claudometer \"$@\"\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appimage_is_replaced_as_one_file_and_comes_back_where_the_new_one_does_not_run() {
    let world = World::new().await;
    let file = world.home.path("Applications/Claudometer.AppImage");
    for opened in ["opened-old", "opened-new"] {
        world.home.write(&format!("{opened}/usr/bin/claudometer-desktop"), "window");
        let program = world.home.path(opened).join("usr/bin/claudometer");
        fs::copy(env!("CARGO_BIN_EXE_claudometer"), program).unwrap();
    }
    let old = image(&world.home.path("opened-old"));
    world.home.write("Applications/Claudometer.AppImage", &old);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let platform = format!("linux-{}-appimage", std::env::consts::ARCH);
    let run = |words: &[&str]| ended(world.command_of(&file, words).output().unwrap());
    let lies = || fs::read_to_string(&file).unwrap();

    world.offer_file(&platform, b"#!/bin/sh\nexit 1\n".to_vec()).await;
    let mut resident = world.start_by(world.command_of(&file, &[]));
    let (exit, _, said) = run(&["update", "--install"]);
    assert!(exit == 1 && said.contains("does not start here"), "{exit} {said}");
    assert!(resident.wait().unwrap().success());
    assert!(world.answers() && lies() == old, "the one before runs again");

    world.server.reset().await;
    let new = image(&world.home.path("opened-new"));
    world.offer_file(&platform, new.clone().into_bytes()).await;
    let (exit, _, said) = run(&["update", "--install"]);
    assert_eq!(exit, 0, "{said}");
    assert!(world.answers() && lies() == new);
    let kept = world.home.path("Applications/.Claudometer.AppImage-previous");
    assert!(kept.is_dir(), "what ran before is kept for a while");
    assert_eq!(run(&["quit"]).0, 0);
    until("it has ended well, so it runs", || !kept.exists());
}

/// Asks the resident, as the window does.
fn ask(world: &World, command: &str) -> Value {
    ask_with(world, command, &json!({}))
}

fn ask_with(world: &World, command: &str, args: &Value) -> Value {
    let stream = UnixStream::connect(world.home.path("run/claudometer/link.sock")).unwrap();
    let question = json!({"id": 1, "command": command, "args": args});
    writeln!(&stream, "{question}").unwrap();
    let lines = BufReader::new(&stream).lines();
    let mut answers = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    answers.find(|message| message["id"] == 1).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_resident_finds_a_release_by_itself_and_gives_way_to_it_when_the_window_asks() {
    let world = World::new().await;
    world.offer(&other_build()).await;
    let mut resident = world.start();
    let found = || ask(&world, "get_bundle")["value"]["update"].clone();
    assert_eq!(found(), Value::Null, "the start belongs to the numbers");
    std::thread::sleep(Duration::from_mins(1));
    until("a release is found", || found() != Value::Null);
    let update = found();
    assert_eq!((&update["newest"], &update["canInstall"]), (&json!("9.0.0"), &json!(true)));
    let mut settings = ask(&world, "get_state")["value"]["settings"]["settings"].clone();
    for looks in [false, true] {
        settings["checkUpdatesOnStartup"] = json!(looks);
        let draft = json!({"draft": {"settings": settings, "secrets": []}});
        let saved = ask_with(&world, "save_settings", &draft);
        assert_eq!(saved["error"], Value::Null, "{saved}");
        if looks {
            until("it is looked for at once", || found() != Value::Null);
        } else {
            assert_eq!(found(), Value::Null, "nobody wants to know of it any more");
        }
    }
    let answer = ask(&world, "install_update");
    assert_eq!(answer["error"], Value::Null, "{answer}");
    assert!(resident.wait().unwrap().success());
    until("the new one runs", || world.answers());
    assert!(fs::read(world.program()).unwrap() == other_build());
    assert_eq!(world.run(&["quit"]).0, 0);
    until("it has ended", || !world.answers());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_replaces_the_program_is_noticed_and_left_to_the_person() {
    let world = World::new().await;
    let mut resident = world.start();
    let told = || ask(&world, "get_bundle")["value"]["replacedBy"].clone();
    // As packages do it: written beside, then moved over.
    let beside = world.home.path("app/bin/claudometer.package");
    let program = env!("CARGO_BIN_EXE_claudometer");
    let text = format!(
        "#!/bin/sh\ncase $1 in --version) echo claudometer 0.7.0;; *) exec {program} \"$@\";; esac\n"
    );
    fs::write(&beside, text).unwrap();
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(&beside, world.program()).unwrap();
    assert_eq!(told(), Value::Null);
    std::thread::sleep(Duration::from_mins(1));
    until("it is noticed", || told() == json!("0.7.0"));
    assert!(resident.try_wait().unwrap().is_none(), "it goes on until it is asked to restart");
    let answer = ask(&world, "restart");
    assert_eq!(answer["error"], Value::Null, "{answer}");
    assert!(resident.wait().unwrap().success());
    until("what lies there now runs", || world.answers());
    assert_eq!(told(), Value::Null);
    assert_eq!(world.run(&["quit"]).0, 0);
    until("it has ended", || !world.answers());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_name_the_channel_and_beta_gets_the_newer_of_both() {
    let world = World::new().await;
    world.offer(&other_build()).await;
    let file = json!({"url": "https://files.test/b.tar.gz", "signature": ""});
    let beta = json!({"version": "9.1.0-beta.1", "platforms": {platform(): file}});
    Mock::given(path_regex("download/beta/latest.json$"))
        .respond_with(ResponseTemplate::new(200).set_body_json(beta))
        .with_priority(1)
        .mount(&world.server)
        .await;
    let newest = |words: &[&str]| document(&world.run(words).1)["newest"].clone();
    assert_eq!(newest(&["update", "--json"]), "9.0.0");
    assert_eq!(newest(&["update", "--json", "--beta"]), "9.1.0-beta.1");
    let (exit, _, said) = world.run(&["config", "set", "updates.channel", "beta"]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(newest(&["update", "--json"]), "9.1.0-beta.1");
}

#[test]
fn a_build_without_a_key_says_so_in_the_same_words_everywhere() {
    let built_in = include_str!("../../update/assets/update.pub");
    let home = Home::new();
    let words = "This build has no key to verify updates with. Install a release";
    let without = built_in.trim().is_empty();
    let (exit, _, said) = home.run(&["update"]);
    assert_eq!((exit == 4, said.contains(words)), (without, without), "{said}");
    let (_, text, _) = home.run(&["doctor", "--offline"]);
    assert_eq!(text.contains(&format!("Updates: {words}")), without, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_package_brought_or_was_built_is_left_to_its_owner() {
    let mut world = World::new().await;
    world.offer(&other_build()).await;
    // What is built lies in a folder of cargo's.
    let program = env!("CARGO_BIN_EXE_claudometer");
    let mut command = Command::new(program);
    for (name, value) in world.command(&[]).get_envs() {
        command.env(name, value.unwrap());
    }
    let (exit, _, said) = ended(command.args(["update", "--install"]).output().unwrap());
    assert!(exit == 4 && said.contains("none of a release's folders"), "{exit} {said}");
    world.home.origin = "http://127.0.0.1:9".into();
    let (exit, _, said) = world.run(&["update"]);
    assert!(exit == 3 && said.contains("online"), "{said}");
    assert_eq!(world.run(&["update", "--offline"]).0, 4);
}
