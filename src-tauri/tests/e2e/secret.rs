//! A secret that was typed into the window: kept, used, forgotten, and nowhere in the clear.

use crate::world::{ORGANIZATIONS, WITHIN, World, usage};
use anyhow::{Context as _, Result};
use claudometer_testkit::{driver::Driver, session::Keyring, vendors::Reply, wait};
use serde_json::json;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    time::Duration,
};

/// What must never come out anywhere.
const CANARY: &str = "sk-ant-sid01-CANARY-7f3a9c";
/// The part of it that is looked for: however it were wrapped, this would be in it.
const MARK: &str = "CANARY-7f3a9c";

async fn web_account(world: &World) {
    let organizations = json!([{"uuid": "0aa00000-0000-4000-8000-000000000002", "name": "Dana's Organization", "capabilities": ["chat", "claude_max"], "rate_limit_tier": "default_claude_max_5x"}]);
    world.vendors.answer(ORGANIZATIONS, Reply::json(&organizations)).await;
    world
        .vendors
        .answer(
            "claude.ai/api/organizations/0aa00000-0000-4000-8000-000000000002/usage",
            Reply::json(&usage(55.0, 20.0)),
        )
        .await;
}

async fn type_and_save(world: &mut World) -> Result<Driver> {
    world.run(&["open", "providers"]).await?;
    let window = world.window().await?;
    // Nothing of any assistant is found, so all of them are folded.
    let first = window.find("section button[aria-expanded=false]").await?;
    window.click(&first).await?;
    let field = window.find("input[type=password]").await?;
    window.type_into(&field, CANARY).await?;
    let save = window.find("button[type=submit]").await?;
    window.click(&save).await?;
    Ok(window)
}

/// Presses the button of the page that says so, and waits until it is gone.
async fn forget(window: &Driver) -> Result<()> {
    window.shows("Forget").await?;
    window.script("[...document.querySelectorAll('button')].find(b => b.textContent.includes('Forget')).click()").await?;
    let gone = async || window.text().await.ok().filter(|text| !text.contains("Forget")).map(drop);
    wait::until("the secret is forgotten", WITHIN, gone).await
}

#[tokio::test]
async fn it_survives_a_restart_and_is_forgotten_on_request() -> Result<()> {
    let mut world = World::new().await?;
    web_account(&world).await;
    world.started().await?;
    let window = type_and_save(&mut world).await?;
    world.item().await?.row("55%").await?;
    let typed = "return document.querySelector('input[type=password]').value";
    let cleared =
        async || window.script(typed).await.ok().filter(|value| value == &json!("")).map(drop);
    wait::until("the field is cleared", WITHIN, cleared).await?;
    world.close(&window).await?;
    world.end("-TERM").await?;
    world.started().await?.row("55%").await?;
    world.run(&["open", "providers"]).await?;
    let window = world.window().await?;
    forget(&window).await?;
    world.close(&window).await?;
    world.end("-TERM").await?;
    world.started().await?.row("No assistants found").await?;
    Ok(())
}

#[tokio::test]
async fn without_a_keyring_it_works_until_the_end_and_is_written_nowhere() -> Result<()> {
    let mut world = World::with(Keyring::Absent, true).await?;
    web_account(&world).await;
    world.started().await?;
    type_and_save(&mut world).await?;
    world.item().await?.row("55%").await?;
    assert_eq!(files_with_the_mark(&world)?, Vec::<String>::new());
    world.end("-TERM").await?;
    world.started().await?;
    let text = world.printed(&["usage"]).await?;
    assert!(!text.contains("from your sessionKey"), "{text}");
    Ok(())
}

#[tokio::test]
async fn it_is_in_no_file_message_argument_or_notification() -> Result<()> {
    let mut world = World::new().await?;
    web_account(&world).await;
    let heard = world.session.home().with_file_name("bus.log");
    let mut monitor = world.session.command("dbus-monitor");
    monitor.arg("--session").stdout(std::fs::File::create(&heard)?);
    world.session.keep(monitor)?;
    world.start(&["--verbose"], &[])?;
    let item = world.item().await?;
    let mut link = Listening::to(&world)?;
    let window = type_and_save(&mut world).await?;
    item.row("55%").await?;
    // The vendor refuses the secret: an error is where one would most likely slip out.
    world
        .vendors
        .answer(ORGANIZATIONS, Reply::status(401, &json!({"error": {"message": CANARY}})))
        .await;
    world.run(&["usage", "--refresh"]).await?;
    let said = [
        world.printed(&["doctor"]).await?,
        world.printed(&["usage", "--json"]).await?,
        link.answer(r#"{"id":1,"command":"get_state","args":{}}"#)?,
        link.answer(r#"{"id":2,"command":"diagnostics","args":{}}"#)?,
        window.text().await?,
        window.script("return document.documentElement.outerHTML").await?.to_string(),
        format!("{:?} {:?}", item.labels().await?, item.tooltip().await?),
        format!("{:?}", world.notifications.shown()),
        world.processes().into_iter().map(|process| process.told).collect(),
    ];
    for text in said {
        assert!(!text.is_empty() && !text.contains(MARK), "{text}");
    }
    assert_eq!(files_with_the_mark(&world)?, Vec::<String>::new());
    let bus = std::fs::read(&heard)?;
    let bus = String::from_utf8_lossy(&bus);
    assert!(bus.contains("org.freedesktop.Secret"), "the monitor heard the keyring");
    assert!(!bus.contains(MARK), "a secret crosses the bus encrypted");
    Ok(())
}

/// Files of the person's that hold it in the clear; the keyring's own are encrypted, and are looked at too.
fn files_with_the_mark(world: &World) -> Result<Vec<String>> {
    let found = std::process::Command::new("grep")
        .args(["-rlaF", MARK])
        .args([world.session.home(), world.session.runtime()])
        .args(["--devices=skip"])
        .output()?;
    Ok(String::from_utf8(found.stdout)?.lines().map(str::to_owned).collect())
}

/// A client of the socket that keeps every line.
struct Listening(BufReader<UnixStream>);

impl Listening {
    fn to(world: &World) -> Result<Self> {
        let stream = UnixStream::connect(world.session.runtime().join("claudometer/link.sock"))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Asks, and returns all that was said until the answer, with it.
    fn answer(&mut self, question: &str) -> Result<String> {
        writeln!(self.0.get_mut(), "{question}")?;
        let mut said = String::new();
        loop {
            let before = said.len();
            anyhow::ensure!(self.0.read_line(&mut said)? > 0, "the resident hung up");
            let line = said.get(before..).context("a line")?;
            if line.contains("\"answer\"") || line.contains("\"error\"") {
                return Ok(said);
            }
        }
    }
}
