//! Starting, ending, starting again.

use crate::world::{USAGE, WITHIN, World, clean, usage};
use anyhow::Result;
use claudometer_testkit::{session::Keyring, tray::Item, vendors::Reply, wait};
use std::time::Duration;

#[tokio::test]
async fn the_last_numbers_are_shown_at_once_after_a_kill_at_any_moment() -> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-KILL")?;
    world.vendors.answer(USAGE, Reply::json(&usage(37.0, 12.5))).await;
    let item = world.started().await?;
    item.row("37%").await?;
    for milliseconds in [0_u64, 3, 10, 30, 100] {
        world.end("-KILL").await?;
        world.start(&[], &[])?;
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    world.end("-KILL").await?;
    let item = world.started().await?;
    item.row("37%").await?;
    let status = world.end("-TERM").await?;
    assert!(clean(status), "{status}");
    assert!(
        !world.session.runtime().join("claudometer/link.sock").exists(),
        "the socket goes with the resident"
    );
    Ok(())
}

#[tokio::test]
async fn a_second_launch_opens_the_window_of_the_first() -> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-TWICE")?;
    world.vendors.answer(USAGE, Reply::json(&usage(12.0, 12.5))).await;
    world.started().await?.row("12%").await?;
    let second = world.run(&[]).await?;
    assert!(clean(second.status));
    let window = world.window().await?;
    window.shows("12%").await?;
    Ok(())
}

#[tokio::test]
async fn without_a_tray_doctor_says_so_and_commands_still_work() -> Result<()> {
    let mut world = World::with(Keyring::Absent, false).await?;
    world.sign_in_claude("sk-ant-oat01-DOCTOR-CANARY")?;
    world.vendors.answer(USAGE, Reply::json(&usage(12.0, 12.5))).await;
    world.start(&[], &[])?;
    let report =
        async || world.printed(&["doctor"]).await.ok().filter(|text| text.contains("No tray"));
    let report = wait::until("doctor names the missing tray", WITHIN, report).await?;
    assert!(report.contains("TEST ORIGIN"), "{report}");
    assert!(report.contains("Keyring"), "{report}");
    assert!(!report.contains("CANARY"), "{report}");
    Ok(())
}

#[tokio::test]
async fn with_nobody_signed_in_usage_says_what_was_looked_for() -> Result<()> {
    let world = World::new().await?;
    let text = world.printed(&["usage"]).await?;
    assert!(text.contains("Looked for Claude, Codex,"), "{text}");
    assert!(text.contains("`claudometer auth` says how to"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_window_that_outlives_its_resident_belongs_to_the_next_one() -> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-OUTLIVES")?;
    world.vendors.answer(USAGE, Reply::json(&usage(37.0, 12.5))).await;
    world.started().await?.click("Open Claudometer").await?;
    let window = world.window().await?;
    window.shows("37%").await?;
    world.end("-KILL").await?;
    window.shows("Claudometer is not running.").await?;
    let item = world.started().await?;
    let back = async || {
        let text = window.text().await.ok()?;
        (!text.contains("is not running") && text.contains("37%")).then_some(())
    };
    wait::until("the window found the new resident", WITHIN, back).await?;
    world.run(&["open", "alerts"]).await?;
    window.shows("Send a test").await?;
    item.click("Open Claudometer").await?;
    let windows = world.window_processes();
    let opened = windows.iter().filter(|name| name.starts_with("claudometer-de")).count();
    assert_eq!(opened, 1, "{windows:?}");
    world.close(&window).await?;
    item.click("Open Claudometer").await?;
    world.window().await?.shows("37%").await?;
    Ok(())
}

#[tokio::test]
async fn one_process_shows_the_same_rows_and_its_tray_outlives_its_window() -> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-ONE")?;
    world.vendors.answer(USAGE, Reply::json(&usage(37.0, 12.5))).await;
    world.started().await?.row("37%").await?;
    let two = rows(&world.item().await?).await?;
    world.end("-TERM").await?;
    world.start_one_process()?;
    let item = world.item().await?;
    item.row("37%").await?;
    assert_eq!(rows(&item).await?, two);
    item.click("Open Claudometer").await?;
    let window = world.window().await?;
    window.shows("37%").await?;
    window.press(&["\u{E009}", "w"]).await.ok(); // the answer may be lost with the page
    item.row("37%").await?;
    let second = world.run(&["usage"]).await?;
    assert!(String::from_utf8_lossy(&second.stdout).contains("37%"));
    assert!(clean(world.end("-TERM").await?));
    Ok(())
}

/// What stands in the menu, without the words that tell the time.
async fn rows(item: &Item) -> Result<Vec<String>> {
    let labels = item.labels().await?.into_iter();
    Ok(labels.map(|label| label.split(" · ").next().unwrap_or_default().to_owned()).collect())
}

#[tokio::test]
async fn an_app_server_that_hangs_is_gone_soon_after_a_kill() -> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_codex()?;
    world.write(
        "bin/codex",
        "#!/bin/sh\ntrap '' TERM HUP\necho $$ >> \"$HOME/started\"\nsleep 300 & wait; wait\n",
    )?;
    let home = world.session.home();
    let program = home.join("bin/codex");
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let path = format!("{}:{}", home.join("bin").display(), std::env::var("PATH")?);
    world.start(&[], &[("PATH", &path)])?;
    let started = async || std::fs::read_to_string(home.join("started")).ok();
    wait::until("the assistant's program runs", WITHIN, started).await?;
    let below = |world: &World| {
        let all = world.processes().into_iter().map(|process| process.name);
        all.filter(|name| name == "codex" || name == "sleep").collect::<Vec<_>>()
    };
    assert!(!below(&world).is_empty());
    world.end("-KILL").await?;
    let gone = async || below(&world).is_empty().then_some(());
    wait::until("nothing outlives us", Duration::from_secs(5), gone).await
}
