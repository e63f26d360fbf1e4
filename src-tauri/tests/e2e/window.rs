//! The window, by keyboard and mouse.

use crate::world::{USAGE, WITHIN, World, usage};
use anyhow::Result;
use claudometer_testkit::{session::Keyring, vendors::Reply, wait};
use serde_json::json;

#[tokio::test]
async fn a_click_in_the_menu_opens_it_every_page_is_reached_by_keyboard_and_closing_leaves_no_process()
-> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-PAGES")?;
    world.vendors.answer(USAGE, Reply::json(&usage(37.0, 12.5))).await;
    let item = world.started().await?;
    item.row("37%").await?;
    item.click("Open Claudometer").await?;
    let window = world.window().await?;
    window.shows("37%").await?;
    for (key, heading) in [
        ("2", "History"),
        ("3", "Providers"),
        ("4", "Alerts"),
        ("5", "Cost"),
        ("6", "General"),
        ("7", "About"),
        ("1", "Overview"),
    ] {
        window.press(&["\u{E009}", key]).await?;
        let there = async || {
            window
                .script("return document.querySelector('h1')?.textContent")
                .await
                .ok()
                .filter(|text| text.as_str().is_some_and(|text| text.trim() == heading))
        };
        wait::until(heading, WITHIN, there).await?;
    }
    world.close(&window).await?;
    item.row("37%").await?;
    Ok(())
}

#[tokio::test]
async fn without_a_keyring_remember_is_off_with_the_reason_and_a_late_keyring_is_noticed()
-> Result<()> {
    let mut world = World::with(Keyring::Absent, true).await?;
    world.started().await?;
    world.run(&["open", "providers"]).await?;
    let window = world.window().await?;
    let first = window.find("section button[aria-expanded=false]").await?;
    window.click(&first).await?;
    window.shows("keyring").await?;
    world.session.start_keyring().await?;
    let state = async || {
        window.script("location.reload()").await.ok();
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        window
            .script("document.querySelector('section button[aria-expanded=false]').click()")
            .await
            .ok();
        window.script("return [...document.querySelectorAll('input[type=checkbox]')].some(b => b.name.includes('remember') && !b.disabled)").await.ok().filter(|there| there == &json!(true))
    };
    wait::until("remember can be chosen", WITHIN, state).await?;
    Ok(())
}

#[tokio::test]
async fn a_test_alert_is_shown_by_the_desktop_and_a_click_on_it_opens_the_window() -> Result<()> {
    let mut world = World::new().await?;
    world.started().await?;
    world.run(&["open", "alerts"]).await?;
    let window = world.window().await?;
    window.shows("test").await?;
    window.script("[...document.querySelectorAll('button')].find(b => /send a test/i.test(b.textContent)).click()").await?;
    let shown =
        wait::until("a notification", WITHIN, async || world.notifications.shown().last().cloned())
            .await?;
    assert!(shown.actions.contains(&"default".to_owned()), "{shown:?}");
    Ok(())
}
