//! Settings, by keyboard alone.

use crate::world::{USAGE, WITHIN, World, resident_program, usage};
use anyhow::Result;
use claudometer_testkit::{driver::Driver, vendors::Reply, wait};
use serde_json::{Value, json};

const SPACE: &str = " ";
const ENTER: &str = "\u{E007}";
/// As a German writes it.
const GERMAN: &str = "37 %";

/// Presses the button of the bar that stands there while something is not saved, and waits until nothing is.
async fn press_in_bar(window: &Driver, button: &str) -> Result<()> {
    window.tab_to(button).await?;
    window.press(&[ENTER]).await?;
    let settled = async || {
        let open = window.script("return document.querySelector('form') !== null").await.ok()?;
        (open == json!(false)).then_some(())
    };
    wait::until("nothing unsaved", WITHIN, settled).await
}

async fn general(world: &mut World) -> Result<Driver> {
    world.run(&["open", "general"]).await?;
    let window = world.window().await?;
    window.find("input[name=locale]").await?;
    Ok(window)
}

#[tokio::test]
async fn what_is_chosen_by_keyboard_holds_after_a_restart_and_changes_what_the_desktop_starts()
-> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-KEYS")?;
    world.vendors.answer(USAGE, Reply::json(&usage(37.0, 12.5))).await;
    world.started().await?.row("37%").await?;
    let entry = world.session.home().join(".config/autostart/claudometer.desktop");
    let window = general(&mut world).await?;
    window.tab_to("input[name=locale]").await?;
    window.type_text("de_DE").await?;
    window.tab_to("input[name=startAtLogin]").await?;
    window.press(&[SPACE]).await?;
    press_in_bar(&window, "button[type=submit]").await?;
    world.item().await?.row(GERMAN).await?;
    let text = std::fs::read_to_string(&entry)?;
    assert!(text.contains(&resident_program().display().to_string()), "{text}");
    world.close(&window).await?;
    world.end("-TERM").await?;

    world.started().await?.row(GERMAN).await?;
    let window = general(&mut world).await?;
    let kept = "return [document.querySelector('input[name=locale]').value, document.querySelector('input[name=startAtLogin]').checked]";
    assert_eq!(window.script(kept).await?, json!(["de_DE", true]));
    window.tab_to("input[name=startAtLogin]").await?;
    window.press(&[SPACE]).await?;
    press_in_bar(&window, "form button[type=button]").await?;
    assert_eq!(window.script(kept).await?, json!(["de_DE", true]), "cancel really reverts");
    assert!(entry.exists());
    window.tab_to("input[name=startAtLogin]").await?;
    window.press(&[SPACE]).await?;
    press_in_bar(&window, "button[type=submit]").await?;
    assert!(!entry.exists(), "the desktop starts nothing any more");
    Ok(())
}

#[tokio::test]
async fn a_refused_draft_says_where_it_is_wrong_and_changes_nothing() -> Result<()> {
    let mut world = World::new().await?;
    world.started().await?;
    let window = general(&mut world).await?;
    window.tab_to("input[name=locale]").await?;
    window.type_text("de!DE").await?;
    window.tab_to("input[name=startAtLogin]").await?;
    window.press(&[SPACE]).await?;
    window.tab_to("button[type=submit]").await?;
    window.press(&[ENTER]).await?;
    window.shows("Not saved.").await?;
    let invalid =
        "return document.querySelector('input[name=locale]').getAttribute('aria-invalid')";
    assert_eq!(window.script(invalid).await?, json!("true"));
    assert!(!world.session.home().join(".config/autostart/claudometer.desktop").exists());
    Ok(())
}

#[tokio::test]
async fn a_budget_is_typed_by_keyboard_refused_where_it_is_wrong_and_kept_in_the_file() -> Result<()>
{
    let mut world = World::new().await?;
    world.started().await?;
    world.run(&["open", "cost"]).await?;
    let window = world.window().await?;
    window.find("[data-path='cost.budgets']").await?;
    window.tab_to("[data-path='cost.budgets'] > div > button").await?;
    window.press(&[ENTER]).await?;
    // The new row has the focus.
    window.find("input[name='cost.budgets.0.amount']:focus").await?;
    window.type_text("0").await?;
    window.tab_to("button[type=submit]").await?;
    window.press(&[ENTER]).await?;
    window.shows("A number above 0.").await?;
    window.tab_to("input[name='cost.budgets.0.amount']").await?;
    window.type_text("12.5").await?;
    press_in_bar(&window, "button[type=submit]").await?;
    let file = world.session.home().join(".config/claudometer/settings.json");
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    assert_eq!(kept["cost"]["budgets"][0]["per"], "month", "{kept}");
    assert_eq!(kept["cost"]["budgets"][0]["amount"], "12.5", "{kept}");
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_edited_by_hand_or_by_a_command_counts_at_once() -> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-EDITED")?;
    world.vendors.answer(USAGE, Reply::json(&usage(37.0, 12.5))).await;
    let item = world.started().await?;
    item.row("37%").await?;
    world.write(".config/claudometer/settings.json", r#"{"locale": "de_DE", "mine": 1}"#)?;
    item.row(GERMAN).await?;
    world.run(&["config", "set", "display.figure", "left"]).await?;
    item.row("63 %").await?;
    let file = world.session.home().join(".config/claudometer/settings.json");
    let kept = std::fs::read_to_string(file)?;
    assert!(kept.contains("\"mine\": 1") && kept.contains("de_DE"), "{kept}");
    Ok(())
}
