//! A driver for the window: attaches to a running web view and acts as a person at the keyboard.

use crate::{session::Session, wait};
use anyhow::{Context as _, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    net::TcpListener,
    process::{Command, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Web views are slow to start on a loaded machine.
const WITHIN: Duration = Duration::from_secs(30);
/// No page has more stops than this.
const MOST_TABS: usize = 120;
/// The key under which the driver names elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A port that is free now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Makes a command's web views accept a driver on `port`.
pub fn make_drivable(command: &mut Command, port: u16) {
    command
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        .env("WEBKIT_INSPECTOR_SERVER", format!("127.0.0.1:{port}"));
}

/// A session with a web view.
#[derive(Debug)]
pub struct Driver {
    port: u16,
    session: String,
}

/// An element of the page.
#[derive(Debug, Clone)]
pub struct Element(String);

impl Driver {
    /// Starts a driver in the session and attaches it to the web view behind `inspector`.
    pub async fn attach(session: &mut Session, inspector: u16) -> Result<Self> {
        let port = free_port()?;
        let mut command = session.command("WebKitWebDriver");
        command.arg(format!("--port={port}")).arg(format!("--target=127.0.0.1:{inspector}"));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        session.keep(command)?;
        let mut driver = Self { port, session: String::new() };
        let open = wait::until("a web view to attach to", WITHIN, async || {
            TcpStream::connect(("127.0.0.1", inspector)).await.ok()?;
            driver.request("POST", "/session", &json!({"capabilities": {}})).await.ok()
        });
        let opened = open.await?;
        driver.session = opened["sessionId"].as_str().context("a session")?.to_owned();
        driver.to_newest_window().await?;
        Ok(driver)
    }

    /// The first handle may be of a web view that is gone.
    async fn to_newest_window(&self) -> Result<()> {
        let handles = self.ask("GET", "/window/handles", &Value::Null).await?;
        let newest = handles.as_array().and_then(|all| all.last()).context("a window")?.clone();
        self.ask("POST", "/window", &json!({"handle": newest})).await.map(drop)
    }

    /// Runs a script in the page.
    pub async fn script(&self, script: &str) -> Result<Value> {
        self.ask("POST", "/execute/sync", &json!({"script": script, "args": []})).await
    }

    /// Waits until an element is there.
    pub async fn find(&self, css: &str) -> Result<Element> {
        let query = json!({"using": "css selector", "value": css});
        wait::until(css, WITHIN, async || {
            let found = self.ask("POST", "/element", &query).await.ok()?;
            found[ELEMENT].as_str().map(|id| Element(id.to_owned()))
        })
        .await
    }

    /// The text of the page's body.
    pub async fn text(&self) -> Result<String> {
        let text = self.script("return document.body.innerText").await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the page shows a text.
    pub async fn shows(&self, text: &str) -> Result<()> {
        let mut last = String::new();
        let shown = wait::until(text, WITHIN, async || {
            last = self.text().await.ok()?;
            last.contains(text).then_some(())
        });
        let shown = shown.await;
        shown.with_context(|| format!("the page shows:\n{last}"))
    }

    /// Clicks.
    pub async fn click(&self, element: &Element) -> Result<()> {
        self.ask("POST", &format!("/element/{}/click", element.0), &json!({})).await.map(drop)
    }

    /// Types into an element.
    pub async fn type_into(&self, element: &Element, text: &str) -> Result<()> {
        self.ask("POST", &format!("/element/{}/value", element.0), &json!({"text": text}))
            .await
            .map(drop)
    }

    /// Presses keys, wherever the focus is.
    pub async fn press(&self, keys: &[&str]) -> Result<()> {
        let downs = keys.iter().map(|key| json!({"type": "keyDown", "value": key}));
        let ups = keys.iter().rev().map(|key| json!({"type": "keyUp", "value": key}));
        let actions: Vec<Value> = downs.chain(ups).collect();
        self.ask(
            "POST",
            "/actions",
            &json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}),
        )
        .await
        .map(drop)
    }

    /// Moves the focus with the tabulator key until it is on an element that matches.
    pub async fn tab_to(&self, css: &str) -> Result<()> {
        let there = format!("return document.activeElement?.matches({}) ?? false", json!(css));
        for _ in 0..MOST_TABS {
            if self.script(&there).await? == json!(true) {
                return Ok(());
            }
            self.press(&["\u{E004}"]).await?;
        }
        bail!("the tabulator key never reaches {css}")
    }

    /// Types text wherever the focus is.
    pub async fn type_text(&self, text: &str) -> Result<()> {
        for letter in text.chars() {
            self.press(&[&letter.to_string()]).await?;
        }
        Ok(())
    }

    /// A picture of the page, as PNG.
    pub async fn picture(&self) -> Result<Vec<u8>> {
        let picture = self.ask("GET", "/screenshot", &Value::Null).await?;
        Ok(STANDARD.decode(picture.as_str().context("a picture")?)?)
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        self.request(method, &format!("/session/{}{path}", self.session), body).await
    }

    /// One HTTP/1.1 exchange with the driver, which speaks nothing newer.
    async fn request(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        let mut answer = Vec::new();
        tokio::time::timeout(WITHIN, read_answer(&mut stream, &mut answer))
            .await
            .context("the driver does not answer")??;
        let text = String::from_utf8_lossy(&answer);
        let (_, json) = text.split_once("\r\n\r\n").context("an answer of the driver")?;
        let value: Value = serde_json::from_str(json.trim())?;
        match value["value"].get("error") {
            Some(error) => bail!("{path}: {error}: {}", value["value"]["message"]),
            None => Ok(value["value"].clone()),
        }
    }
}

/// Reads until the length that the head names; the driver keeps the connection open all the same.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<()> {
    let mut chunk = vec![0_u8; 16 * 1024];
    loop {
        let n = stream.read(&mut chunk).await?;
        answer.extend_from_slice(&chunk[..n]);
        let text = String::from_utf8_lossy(answer);
        let whole = text.split_once("\r\n\r\n").and_then(|(head, _)| {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length:")?
                    .trim()
                    .parse::<usize>()
                    .ok()
            })?;
            Some(head.len() + 4 + length)
        });
        if n == 0 || whole.is_some_and(|whole| answer.len() >= whole) {
            return Ok(());
        }
    }
}
