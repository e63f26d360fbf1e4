//! What a person sees and clicks in the panel.

use crate::world::{USAGE, WHAM, WITHIN, World, usage, wham};
use anyhow::Result;
use claudometer_testkit::{session::Keyring, tray::TrayHost, vendors::Reply, wait};

#[tokio::test]
async fn after_a_poll_the_tray_has_both_assistants_with_their_windows() -> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-TRAY")?;
    world.sign_in_codex()?;
    world.vendors.answer(USAGE, Reply::json(&usage(37.0, 12.5))).await;
    world.vendors.answer(WHAM, Reply::json(&wham(26, 47))).await;
    let item = world.started().await?;
    for text in
        ["Claude", "Max 20x", "37%", "Codex", "Plus", "26%", "47%", "Refresh now", "Open", "Quit"]
    {
        item.row(text).await?;
    }
    assert!(item.icon_sizes().await?.len() >= 4);
    let (_, tooltip) = item.tooltip().await?;
    assert!(tooltip.contains("37%") && tooltip.contains("26%"), "{tooltip}");
    let asked = world.vendors.asked().await;
    let claude = asked
        .iter()
        .find(|asked| asked.host == "api.anthropic.com")
        .map(|asked| asked.header("user-agent").unwrap_or_default().to_owned());
    assert!(
        claude.is_some_and(|agent| agent.starts_with("claude-code/")),
        "the endpoint demands the installed assistant's name"
    );
    Ok(())
}

#[tokio::test]
async fn refresh_now_by_menu_and_middle_click_respects_the_floors() -> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-FLOOR")?;
    world.vendors.answer(USAGE, Reply::json(&usage(10.0, 5.0))).await;
    let item = world.started().await?;
    item.row("10%").await?;
    for _ in 0..5 {
        item.click("Refresh now").await?;
        item.middle_click().await?;
    }
    world.printed(&["usage", "--refresh"]).await?;
    let asked = world
        .vendors
        .asked()
        .await
        .into_iter()
        .filter(|asked| asked.path == "/api/oauth/usage")
        .count();
    assert_eq!(asked, 1, "the floor of five minutes binds refresh now too");
    Ok(())
}

#[tokio::test]
async fn nothing_found_is_said_in_the_tray() -> Result<()> {
    let mut world = World::new().await?;
    let item = world.started().await?;
    item.row("No assistants found").await?;
    Ok(())
}

#[tokio::test]
async fn the_item_registers_again_when_the_watcher_restarts_or_appears_late() -> Result<()> {
    let mut world = World::with(Keyring::Absent, false).await?;
    world.sign_in_claude("sk-ant-oat01-LATE")?;
    world.vendors.answer(USAGE, Reply::json(&usage(21.0, 5.0))).await;
    world.start(&[], &[])?;
    // A command that came before the resident would ask on its own, and the floor would bind the resident too.
    let socket = world.session.runtime().join("claudometer/link.sock");
    wait::until("the resident's socket", WITHIN, async || socket.exists().then_some(())).await?;
    let resident_up =
        async || world.printed(&["usage"]).await.ok().filter(|text| text.contains("21%"));
    wait::until("numbers without a tray", WITHIN, resident_up).await?;
    for _ in 0..2 {
        world.tray = None;
        world.tray = Some(TrayHost::start(world.session.bus_address()).await?);
        world.item().await?.row("21%").await?;
    }
    Ok(())
}

#[tokio::test]
async fn demo_is_labelled_and_asks_nobody() -> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-DEMO")?;
    world.start(&["--demo", "--seed", "3"], &[])?;
    let item = world.item().await?;
    item.row("demo").await?;
    assert_eq!(world.vendors.asked().await.len(), 0);
    let (first, second) = (
        world.printed(&["--demo", "--seed", "7", "usage", "--json"]).await?,
        world.printed(&["--demo", "--seed", "7", "usage", "--json"]).await?,
    );
    let stable = |text: &str| text.replace(char::is_numeric, "");
    assert_eq!(stable(&first), stable(&second));
    Ok(())
}
