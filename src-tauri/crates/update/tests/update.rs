//! A release on its way, from a server over real signatures into a folder, and everything that can go wrong with it.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and makes files"
)]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, http::HttpError,
};
use claudometer_update::{
    Channel, Installation, Key, Offer, Previous, UpdateError, check, download, install,
};
use flate2::{Compression, write::GzEncoder};
use minisign::KeyPair;
use semver::Version;
use std::{fs, path::Path, sync::Mutex};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path_regex};

/// An archive with these files below a folder of its own.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o755);
        tar.append_data(&mut header, format!("claudometer-0.2.0/{name}"), *bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn release() -> Vec<u8> {
    archive(&[
        ("bin/claudometer", b"new"),
        ("bin/claudometer-desktop", b"new window"),
        ("LICENSE", b"MIT"),
    ])
}

fn signed(keys: &KeyPair, bytes: &[u8], comment: &str) -> String {
    let signature = minisign::sign(None, &keys.sk, bytes, Some(comment), None).unwrap();
    STANDARD.encode(signature.into_string())
}

fn key(keys: &KeyPair) -> Key {
    Key::of(&keys.pk.to_box().unwrap().to_string()).unwrap()
}

fn offer(url: &str, signature: String) -> Offer {
    Offer {
        version: Version::new(0, 2, 0),
        notes: String::new(),
        published: None,
        url: url.into(),
        signature,
        page: String::new(),
    }
}

fn host(origin: &str) -> Host {
    Host {
        clock: Clock::default(),
        env: Environment::of("/nowhere", []),
        files: Files::disk(),
        http: Http::test_origin_at(origin).unwrap(),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    }
}

fn of(folder: &tempfile::TempDir) -> Installation {
    Installation::Folder(folder.path().to_owned())
}

/// A folder in which a release lies.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("claudometer"), "old").unwrap();
    fs::write(folder.path().join("claudometer-desktop"), "old window").unwrap();
    folder
}

fn holds(folder: &Path) -> [String; 2] {
    ["claudometer", "claudometer-desktop"]
        .map(|name| fs::read_to_string(folder.join(name)).unwrap())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_release_is_found_downloaded_verified_and_put_in_place_and_can_be_taken_back() {
    let keys = KeyPair::generate_unencrypted_keypair().unwrap();
    let bytes = release();
    let signature = signed(&keys, &bytes, "timestamp:1\tfile:a.tar.gz\tversion:0.2.0");
    let server = MockServer::start().await;
    let manifest = serde_json::json!({"version": "0.2.0", "notes": "Better.", "platforms": {
        "linux-x86_64": {"url": "https://files.test/a.tar.gz", "signature": signature}}});
    let answer = |pattern: &str, template: ResponseTemplate| {
        Mock::given(path_regex(pattern)).respond_with(template).mount(&server)
    };
    answer("latest/download/latest.json$", ResponseTemplate::new(200).set_body_json(&manifest))
        .await;
    answer("a.tar.gz$", ResponseTemplate::new(200).set_body_bytes(bytes.clone())).await;
    let host = host(&server.uri());

    let asked = async |channel, patch| {
        check(&host.http, channel, &Version::new(0, patch, 0), "linux-x86_64").await.unwrap()
    };
    let offer = asked(Channel::Stable, 1).await.unwrap();
    assert_eq!(offer.notes, "Better.");
    assert!(asked(Channel::Stable, 2).await.is_none());
    assert_eq!(asked(Channel::Beta, 1).await.unwrap(), offer, "there is no beta");

    let folder = folder();
    let place = of(&folder);
    let told = Mutex::new(Vec::new());
    let mut progress = |bytes: u64, sum: Option<u64>| told.lock().unwrap().push((bytes, sum));
    let fetched = download(&host, &place, &offer, &key(&keys), &mut progress).await.unwrap();
    assert_eq!(told.lock().unwrap().last(), Some(&(bytes.len() as u64, Some(bytes.len() as u64))));
    install(&host.files, &place, &fetched).unwrap();
    assert_eq!(holds(folder.path()), ["new", "new window"]);
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(folder.path().join("claudometer")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o755);

    // It never says that it runs: the second start takes it back.
    let previous = Previous::of(&host.files, &place).unwrap();
    assert!(!previous.has_failed(&host.files));
    previous.note_start(&host.files).unwrap();
    let again = Previous::of(&host.files, &place).unwrap();
    assert!(again.has_failed(&host.files));
    again.put_back(&host.files).unwrap();
    assert_eq!(holds(folder.path()), ["old", "old window"]);
    assert_eq!(names(folder.path()), ["claudometer", "claudometer-desktop"]);

    // Another time it runs.
    install(&host.files, &place, &fetched).unwrap();
    Previous::of(&host.files, &place).unwrap().forget(&host.files).unwrap();
    assert!(Previous::of(&host.files, &place).is_none());
    assert_eq!(names(folder.path()), ["claudometer", "claudometer-desktop"]);
}

#[tokio::test]
async fn what_is_not_signed_by_the_makers_for_this_very_version_is_refused_and_leaves_nothing() {
    let (keys, others) = (
        KeyPair::generate_unencrypted_keypair().unwrap(),
        KeyPair::generate_unencrypted_keypair().unwrap(),
    );
    let bytes = release();
    let mut tampered = bytes.clone();
    tampered[20] ^= 1;
    let good = "version:0.2.0";
    let cases = [
        ("tampered", tampered, signed(&keys, &bytes, good)),
        ("another key", bytes.clone(), signed(&others, &bytes, good)),
        ("no version", bytes.clone(), signed(&keys, &bytes, "file:a.tar.gz")),
        ("an old one", bytes.clone(), signed(&keys, &bytes, "version:0.1.0")),
        ("no signature", bytes.clone(), "rubbish".into()),
    ];
    for (case, served, signature) in cases {
        let server = MockServer::start().await;
        Mock::given(path_regex("a.tar.gz$"))
            .respond_with(ResponseTemplate::new(200).set_body_bytes(served))
            .mount(&server)
            .await;
        let folder = folder();
        let offer = offer("https://files.test/a.tar.gz", signature);
        let found =
            download(&host(&server.uri()), &of(&folder), &offer, &key(&keys), &mut |_, _| {}).await;
        let error = found.unwrap_err();
        match case {
            "an old one" => assert!(
                matches!(&error, UpdateError::Version { signed, .. } if signed == "0.1.0"),
                "{error}"
            ),
            _ => assert!(matches!(&error, UpdateError::Signature(_)), "{case}: {error}"),
        }
        assert_eq!(holds(folder.path()), ["old", "old window"], "{case}");
        assert_eq!(names(folder.path()), ["claudometer", "claudometer-desktop"], "{case}");
    }
    assert!(matches!(Key::of(""), Err(UpdateError::NoKey)));
}

/// A server that breaks off in the middle of its first answer, and knows how to go on.
async fn breaking_off(bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).to_lowercase();
            let from = request
                .split("range: bytes=")
                .nth(1)
                .and_then(|rest| rest.split('-').next()?.parse::<usize>().ok());
            let (status, rest, sent) = match from {
                Some(from) => ("206 Partial Content", bytes.len() - from, &bytes[from..]),
                None => ("200 OK", bytes.len(), &bytes[..bytes.len() / 2]),
            };
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: {rest}\r\nconnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(sent).await.unwrap();
            stream.shutdown().await.ok(); // the client may be gone
        }
    });
    origin
}

#[tokio::test]
async fn a_download_that_breaks_off_is_gone_on_with() {
    let keys = KeyPair::generate_unencrypted_keypair().unwrap();
    let bytes = release();
    let host = host(&breaking_off(bytes.clone()).await);
    let folder = folder();
    let place = of(&folder);
    let offer = offer("https://files.test/a.tar.gz", signed(&keys, &bytes, "version:0.2.0"));
    let cut = download(&host, &place, &offer, &key(&keys), &mut |_, _| {}).await;
    assert!(matches!(cut, Err(UpdateError::Http(HttpError::Broken))), "{cut:?}");
    let told = Mutex::new(Vec::new());
    let mut progress = |bytes: u64, _: Option<u64>| told.lock().unwrap().push(bytes);
    let whole = download(&host, &place, &offer, &key(&keys), &mut progress).await.unwrap();
    assert_eq!(whole, bytes);
    assert!(told.lock().unwrap()[0] > bytes.len() as u64 / 2, "it did not begin anew");
}

#[test]
fn an_archive_without_both_programs_and_a_place_that_does_not_take_them_change_nothing() {
    let files = Files::disk();
    let folder = folder();
    for archive in [
        archive(&[("bin/claudometer", b"new")]),
        archive(&[("bin/claudometer", b"new"), ("bin/claudometer-desktop", b"")]),
        b"no archive at all".to_vec(),
    ] {
        let found = install(&files, &of(&folder), &archive);
        assert!(matches!(found, Err(UpdateError::Archive(_))), "{found:?}");
    }
    assert_eq!(holds(folder.path()), ["old", "old window"]);
    // The second of the two cannot be kept, so the first is left as well.
    fs::remove_file(folder.path().join("claudometer-desktop")).unwrap();
    assert!(matches!(install(&files, &of(&folder), &release()), Err(UpdateError::File(_))));
    assert_eq!(fs::read_to_string(folder.path().join("claudometer")).unwrap(), "old");
    assert_eq!(names(folder.path()), ["claudometer"], "nothing is left beside it");
}

/// The file of an `AppImage`, or a bundle, with this version in it.
fn lay(installation: &Installation, version: &str) {
    match installation {
        Installation::AppImage(image) => fs::write(image, version).unwrap(),
        Installation::Bundle(bundle) => {
            fs::create_dir_all(bundle.join("Contents/MacOS")).unwrap();
            for name in ["claudometer", "claudometer-desktop"] {
                fs::write(bundle.join("Contents/MacOS").join(name), version).unwrap();
            }
        }
        Installation::Folder(_) => unreachable!("folders are laid by another function"),
    }
}

fn version_in(installation: &Installation) -> String {
    let (program, _) = installation.start();
    fs::read_to_string(program).unwrap()
}

fn bundle(version: &str) -> Vec<u8> {
    let program = version.as_bytes();
    archive(&[
        ("Contents/Info.plist", b"<plist/>"),
        ("Contents/MacOS/claudometer", program),
        ("Contents/MacOS/claudometer-desktop", program),
    ])
}

#[test]
fn an_appimage_and_a_bundle_are_exchanged_as_a_whole_and_come_back_where_they_do_not_run() {
    let files = Files::disk();
    let folder = tempfile::tempdir().unwrap();
    let image = Installation::AppImage(folder.path().join("Claudometer.AppImage"));
    let app = Installation::Bundle(folder.path().join("My Claudometer.app"));
    for (place, payload) in [(&image, b"new".to_vec()), (&app, bundle("new"))] {
        lay(place, "old");
        assert!(matches!(install(&files, place, b""), Err(UpdateError::Archive(_))));
        install(&files, place, &payload).unwrap();
        assert_eq!(version_in(place), "new");
        let program = fs::metadata(place.start().0).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&program) & 0o777, 0o755);
        let previous = Previous::of(&files, place).unwrap();
        assert!(!previous.has_failed(&files));
        previous.note_start(&files).unwrap();
        let previous = Previous::of(&files, place).unwrap();
        assert!(previous.has_failed(&files), "it was started, and did not live");
        previous.put_back(&files).unwrap();
        assert_eq!(version_in(place), "old");
        install(&files, place, &payload).unwrap();
        Previous::of(&files, place).unwrap().forget(&files).unwrap();
        assert_eq!(version_in(place), "new");
    }
    assert_eq!(names(folder.path()), ["Claudometer.AppImage", "My Claudometer.app"]);
    let plist = folder.path().join("My Claudometer.app/Contents/Info.plist");
    assert_eq!(fs::read_to_string(plist).unwrap(), "<plist/>");
}

#[test]
fn a_bundle_that_leads_out_of_itself_or_lacks_a_program_changes_nothing() {
    let files = Files::disk();
    let folder = tempfile::tempdir().unwrap();
    let place = Installation::Bundle(folder.path().join("Claudometer.app"));
    lay(&place, "old");
    let mut link = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    link.append_link(&mut header, "Claudometer.app/Contents", "/etc").unwrap();
    let link = link.into_inner().unwrap().finish().unwrap();
    let mut climbs = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    let name = b"Claudometer.app/../../climbed";
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_cksum();
    climbs.append(&header, &b"x"[..]).unwrap();
    let climbs = climbs.into_inner().unwrap().finish().unwrap();
    for payload in [link, climbs, archive(&[("Contents/MacOS/claudometer", b"new")])] {
        let found = install(&files, &place, &payload);
        assert!(matches!(found, Err(UpdateError::Archive(_))), "{found:?}");
        assert_eq!(version_in(&place), "old");
        assert_eq!(names(folder.path()), ["Claudometer.app"]);
    }
}

/// What lies in a folder when an exchange is ended after so many of its steps.
fn cut_after(folder: &Path, steps: usize) {
    let at = |name: &str| folder.join(name);
    let step: [&dyn Fn(); 5] = [
        &|| {
            fs::write(at(".claudometer.new"), "new").unwrap();
            fs::write(at(".claudometer-desktop.new"), "new window").unwrap();
        },
        &|| {
            fs::create_dir(at(".claudometer-previous.part")).unwrap();
            for name in ["claudometer", "claudometer-desktop"] {
                let kept = at(".claudometer-previous.part").join(name);
                fs::hard_link(at(name), kept).unwrap();
            }
        },
        &|| fs::rename(at(".claudometer-previous.part"), at(".claudometer-previous")).unwrap(),
        &|| fs::rename(at(".claudometer-desktop.new"), at("claudometer-desktop")).unwrap(),
        &|| fs::rename(at(".claudometer.new"), at("claudometer")).unwrap(),
    ];
    step[..steps].iter().for_each(|one| one());
}

#[test]
fn an_exchange_that_is_ended_in_its_middle_leaves_a_whole_release_or_comes_back() {
    let files = Files::disk();
    for steps in 0..=5 {
        let folder = folder();
        cut_after(folder.path(), steps);
        let previous = Previous::of(&files, &of(&folder));
        if let Some(previous) = previous.filter(|previous| previous.has_failed(&files)) {
            assert!(steps == 3 || steps == 4, "{steps}: only half of it was put in place");
            previous.put_back(&files).unwrap();
        }
        let whole = if steps == 5 { ["new", "new window"] } else { ["old", "old window"] };
        assert_eq!(holds(folder.path()), whole, "{steps}");
        install(&files, &of(&folder), &release()).unwrap();
        Previous::of(&files, &of(&folder)).unwrap().forget(&files).unwrap();
        assert_eq!(names(folder.path()), ["claudometer", "claudometer-desktop"], "{steps}");
    }
}

#[test]
fn a_place_without_room_or_that_is_read_only_is_said_with_what_to_do() {
    let full = UpdateError::from(HttpError::Unwritable(std::io::ErrorKind::StorageFull));
    assert_eq!(full.remedy(), "Make some room and try again.");
    let closed = UpdateError::from(HttpError::Unwritable(std::io::ErrorKind::ReadOnlyFilesystem));
    assert!(closed.remedy().contains("may write"), "{closed}");
    for (error, remedy) in [
        (HttpError::Connect, "online"),
        (HttpError::Broken, "goes on where it ended"),
        (HttpError::Tls, "CLAUDOMETER_CA_FILE"),
        (HttpError::TooLarge, "page"),
    ] {
        let error = UpdateError::from(error);
        assert!(error.remedy().contains(remedy), "{error}");
        assert!(!error.to_string().contains("vendor"), "{error}");
    }
}
