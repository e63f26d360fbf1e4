//! Starting, ending, starting again.

use crate::world::{USAGE, WITHIN, World, clean, usage};
use anyhow::Result;
use claudometer_testkit::{session::Keyring, vendors::Reply, wait};
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
    assert!(text.contains("~/.claude") && text.contains("~/.codex"), "{text}");
    Ok(())
}
