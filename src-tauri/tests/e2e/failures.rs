//! Every way a vendor can fail: the last good numbers stay, with their age and a remedy.

use crate::world::{USAGE, WITHIN, World, rate_limited, usage};
use anyhow::Result;
use claudometer_testkit::{tray::Item, vendors::Reply, wait};
use serde_json::{Value, json};
use std::time::Duration;

/// A world in which 37% was seen, then the credential changes and the vendor answers `reply`.
async fn after_good(reply: Reply) -> Result<(World, Item)> {
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-FIRST")?;
    world.vendors.answer(USAGE, Reply::json(&usage(37.0, 12.5))).await;
    let item = world.started().await?;
    item.row("37%").await?;
    world.vendors.answer(USAGE, reply).await;
    // A new token has a gate of its own, so the vendor is asked at once.
    world.sign_in_claude("sk-ant-oat01-SECOND")?;
    Ok((world, item))
}

async fn trouble(world: &World) -> Option<(String, Value)> {
    let document: Value =
        serde_json::from_str(&world.printed(&["usage", "--json"]).await.ok()?).ok()?;
    let account = document["accounts"][0].clone();
    let code = account["trouble"]["code"].as_str()?.to_owned();
    Some((code, account))
}

#[tokio::test]
async fn whatever_the_vendor_answers_the_last_good_numbers_stay_and_the_trouble_is_named()
-> Result<()> {
    let html = "<!DOCTYPE html><title>Just a moment...</title>";
    let cases = [
        ("auth_expired", Reply::status(401, &json!({"error": {"type": "authentication_error"}}))),
        ("forbidden_scope", Reply::status(403, &json!({"error": {"type": "permission_error"}}))),
        ("rate_limited", rate_limited(None)),
        ("rate_limited", rate_limited(Some("272"))),
        ("upstream_down", Reply::status(529, &json!({"error": {"type": "overloaded_error"}}))),
        ("blocked", Reply::raw(403, "text/html", html)),
        ("bad_payload", Reply::raw(200, "application/json", "{\"five_hour\": {\"utiliz")),
        ("upstream_down", Reply::json(&usage(99.0, 99.0)).after(Duration::from_secs(40))),
    ];
    for (code, reply) in cases {
        let (world, item) = after_good(reply).await?;
        let found = wait::until(code, Duration::from_secs(45), async || {
            trouble(&world).await.filter(|(found, _)| found == code)
        })
        .await?;
        assert_eq!(
            found.1["windows"][0]["usedPercent"],
            json!(37.0),
            "{code}: the last good number stays"
        );
        assert_eq!(found.1["windows"][0]["stale"], json!(true), "{code}");
        item.row("37%").await?;
        assert!(
            !found.1["trouble"]["remedy"].as_str().unwrap_or_default().is_empty(),
            "{code} has a remedy"
        );
        let text = format!("{:?} {found:?}", item.labels().await?);
        assert!(!text.contains("sk-ant-"), "{code}: {text}");
    }
    Ok(())
}

#[tokio::test]
async fn signing_in_again_heals_within_two_seconds() -> Result<()> {
    let (world, item) =
        after_good(Reply::status(401, &json!({"error": {"type": "authentication_error"}}))).await?;
    wait::until("auth_expired", WITHIN, async || {
        trouble(&world).await.filter(|(code, _)| code == "auth_expired")
    })
    .await?;
    world.vendors.answer(USAGE, Reply::json(&usage(41.0, 13.0))).await;
    world.sign_in_claude("sk-ant-oat01-THIRD")?;
    let healed = async || {
        item.labels().await.ok().filter(|labels| labels.iter().any(|label| label.contains("41%")))
    };
    wait::until("41%", Duration::from_secs(2), healed).await?;
    Ok(())
}

#[tokio::test]
async fn a_pause_of_the_vendor_holds_over_a_restart() -> Result<()> {
    let (mut world, _) = after_good(rate_limited(Some("900"))).await?;
    wait::until("rate_limited", WITHIN, async || {
        trouble(&world).await.filter(|(code, _)| code == "rate_limited")
    })
    .await?;
    let asked = world.vendors.asked().await.len();
    world.end("-KILL").await?;
    let item = world.started().await?;
    item.row("37%").await?;
    world.printed(&["usage", "--refresh"]).await?;
    assert_eq!(
        world.vendors.asked().await.len(),
        asked,
        "nobody is asked while the vendor's pause holds"
    );
    Ok(())
}

#[tokio::test]
async fn the_window_shows_each_trouble_with_its_remedy_beside_the_last_good_numbers() -> Result<()>
{
    let mut world = World::new().await?;
    world.sign_in_claude("sk-ant-oat01-WINDOW")?;
    world.vendors.answer(USAGE, Reply::json(&usage(37.0, 12.5))).await;
    world.started().await?.click("Open Claudometer").await?;
    let window = world.window().await?;
    window.shows("37%").await?;
    let cases = [
        ("upstream_down", Reply::status(408, &json!({"error": {"type": "timeout_error"}}))),
        ("auth_expired", Reply::status(401, &json!({"error": {"type": "authentication_error"}}))),
        ("upstream_down", Reply::raw(502, "text/plain", "bad gateway")),
        ("blocked", Reply::raw(403, "text/html", "<!DOCTYPE html><title>Just a moment...</title>")),
        ("bad_payload", Reply::raw(200, "application/json", "{\"five_hour\": {\"utiliz")),
        ("forbidden_scope", Reply::status(403, &json!({"error": {"type": "permission_error"}}))),
        ("rate_limited", rate_limited(Some("272"))),
        ("blocked", Reply::raw(200, "text/html", "<!DOCTYPE html><title>Hello</title>")),
    ];
    for (nth, (code, reply)) in cases.into_iter().enumerate() {
        world.vendors.answer(USAGE, reply).await;
        world.sign_in_claude(&format!("sk-ant-oat01-WINDOW-{nth}"))?;
        let strip = format!(
            "const strip = document.querySelector('.trouble[data-code={code}]');\
             return strip && [strip.querySelectorAll('p').length, document.body.innerText];"
        );
        let shown = async || window.script(&strip).await.ok().filter(|found| !found.is_null());
        let shown = wait::until(code, WITHIN, shown).await?;
        assert!(shown[0].as_u64() >= Some(2), "{code}: a sentence and a remedy: {shown}");
        let text = shown[1].as_str().unwrap_or_default();
        assert!(text.contains("37%") && !text.contains("sk-ant-"), "{code}: {text}");
    }
    world.vendors.answer(USAGE, Reply::json(&usage(41.0, 13.0))).await;
    world.sign_in_claude("sk-ant-oat01-WINDOW-HEALED")?;
    window.shows("41%").await?;
    assert_eq!(window.script("return document.querySelector('.trouble')").await?, Value::Null);
    Ok(())
}
