//! What a person sees of the history while an assistant works.

use crate::world::{USAGE, WITHIN, World, usage};
use anyhow::{Context as _, Result};
use chrono::Utc;
use claudometer_testkit::{vendors::Reply, wait};
use serde_json::{Value, json};

const LOG: &str = ".claude/projects/-work-shop/5e1f.jsonl";

fn line(id: &str, output: u64) -> String {
    let line = json!({
        "type": "assistant", "timestamp": Utc::now(), "sessionId": "5e1f", "cwd": "/work/shop",
        "requestId": format!("req_{id}"),
        "message": {"id": format!("msg_{id}"), "model": "house-model", "usage": {"input_tokens": 0, "output_tokens": output}}
    });
    format!("{line}\n")
}

/// What `cost today` says, in US dollars.
async fn today(world: &World) -> Result<Value> {
    let printed = world.printed(&["cost", "today", "--json"]).await?;
    Ok(serde_json::from_str::<Value>(&printed)?["total"]["costUsd"].clone())
}

#[tokio::test]
async fn the_tray_follows_todays_use_budgets_are_told_once_and_commands_trust_the_resident()
-> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-HISTORY")?;
    world.vendors.answer(USAGE, Reply::json(&usage(37.0, 12.5))).await;
    let settings = json!({"cost": {
        "prices": {"house-model": {"input": 1, "output": 1000}},
        "budgets": [{"per": "day", "amount": 10}],
    }});
    world.write(".config/claudometer/settings.json", &settings.to_string())?;
    world.write(LOG, &line("1", 5000))?;
    let item = world.started().await?;
    item.row("API value $5.00").await?;
    assert!(world.notifications.shown().is_empty());

    world.write(LOG, &(line("1", 5000) + &line("2", 4000)))?;
    item.row("API value $9.00").await?;
    let budgets = || {
        let shown = world.notifications.shown().into_iter();
        shown.filter(|note| note.summary.starts_with("Budget")).count()
    };
    wait::until("the notice of the budget", WITHIN, async || (budgets() == 1).then_some(()))
        .await?;

    assert_eq!(today(&world).await?, json!(9.0));
    world.write(LOG, &(line("1", 5000) + &line("2", 4000) + &line("3", 100)))?;
    item.row("API value $9.10").await?;
    assert_eq!(today(&world).await?, json!(9.1));
    assert_eq!(budgets(), 1);
    Ok(())
}

#[tokio::test]
async fn the_window_follows_the_history_and_looks_into_a_day_by_hour_and_session() -> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-HISTORY")?;
    world.vendors.answer(USAGE, Reply::json(&usage(37.0, 12.5))).await;
    let settings = json!({"cost": {"prices": {"house-model": {"input": 1, "output": 1000}}}});
    world.write(".config/claudometer/settings.json", &settings.to_string())?;
    world.write(LOG, &line("1", 5000))?;
    let item = world.started().await?;
    item.row("API value $5.00").await?;
    world.run(&["open", "history"]).await?;
    let window = world.window().await?;
    window.shows("$5.00 · 5000 tokens").await?;

    world.write(LOG, &(line("1", 5000) + &line("2", 4000)))?;
    window.shows("$9.00 · 9000 tokens").await?;

    window.tab_to("section[aria-label='Cost by day'] tbody button").await?;
    window.press(&["\u{E007}"]).await?;
    window.shows("Sessions of").await?;
    let hours = window.find("section[aria-label='Cost by hour'] tbody button").await?;
    window.click(&hours).await?;
    window.shows("5e1f").await?;
    Ok(())
}

#[tokio::test]
async fn the_window_draws_what_was_kept_of_a_limit() -> Result<()> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-LIMITS")?;
    world.vendors.answer(USAGE, Reply::json(&usage(37.0, 12.5))).await;
    world.started().await?.row("37%").await?;
    let folder = world.session.home().join(".local/share/claudometer/limits");
    let kept = std::fs::read_dir(folder)?.next().context("nothing was kept")??.path();
    let text = std::fs::read_to_string(&kept)?;
    // Ten minutes before, less was used.
    let earlier = text.lines().map(|line| {
        let mut sample: Value = serde_json::from_str(line)?;
        sample["at"] = json!(Utc::now() - chrono::TimeDelta::minutes(10));
        sample["used"] = json!(5.0);
        Ok(format!("{sample}\n"))
    });
    let earlier: String = earlier.collect::<Result<_>>()?;
    std::fs::write(&kept, earlier + &text)?;
    world.run(&["open", "history"]).await?;
    let window = world.window().await?;
    window.shows("Limits over time").await?;
    Ok(())
}
