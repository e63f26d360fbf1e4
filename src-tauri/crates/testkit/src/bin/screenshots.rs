//! Pictures of the real thing for README and review: tray menu in an xfce4-panel, every page of the window.
//!
//! `screenshots CLAUDOMETER FOLDER`: the resident's executable with the window's beside it, and where pictures go.
#![expect(
    clippy::disallowed_methods,
    reason = "it starts programs and writes files as a desktop does"
)]

use anyhow::{Context as _, Result};
use claudometer_testkit::{
    driver::{self, Driver},
    session::{Keyring, Parts, Session},
    wait,
};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

/// A panel across the top with nothing but a system tray at its right end.
const PANEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array"><value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="32"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/><value type="int" value="2"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="separator"><property name="expand" type="bool" value="true"/></property>
    <property name="plugin-2" type="string" value="systray"><property name="square-icons" type="bool" value="true"/></property>
  </property>
</channel>
"#;
/// Where the panel puts the only icon, on a display of 1280 columns.
const ICON: (&str, &str) = ("1268", "16");
const PAGES: [(&str, &str); 7] = [
    ("1", "overview"),
    ("2", "history"),
    ("3", "providers"),
    ("4", "alerts"),
    ("5", "cost"),
    ("6", "general"),
    ("7", "about"),
];
/// The Control key, as drivers name it.
const CONTROL: &str = "\u{E009}";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [claudometer, folder] = args.as_slice() else {
        anyhow::bail!("screenshots CLAUDOMETER FOLDER")
    };
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    let claudometer = std::fs::canonicalize(claudometer)?;
    everyday(&claudometer, &folder).await?;
    every_state(&claudometer, &folder).await?;
    first_run(&claudometer, &folder).await
}

/// The pictures of the README: one good account each.
async fn everyday(claudometer: &Path, folder: &Path) -> Result<()> {
    let mut stage = Stage::set(claudometer, &["--demo", "--scene", "everyday"]).await?;
    stage.open_menu().await?;
    stage.shoot(&folder.join("tray-menu.png"), Some("640x420+640+0"))?;
    stage.run("xdotool", &["key", "Escape"])?;
    let window = stage.window(claudometer).await?;
    for theme in ["light", "dark"] {
        for (key, page) in PAGES {
            window.script(&format!("document.documentElement.dataset.theme = '{theme}'")).await?;
            window.press(&[CONTROL, key]).await?;
            tokio::time::sleep(Duration::from_millis(400)).await;
            save(&window, &folder.join(format!("{page}-{theme}.png"))).await?;
        }
    }
    std::fs::copy(folder.join("overview-light.png"), folder.join("window.png"))?;
    std::fs::copy(folder.join("history-light.png"), folder.join("history.png"))?;
    Ok(())
}

/// Every trouble and every odd window, down the whole page.
async fn every_state(claudometer: &Path, folder: &Path) -> Result<()> {
    let mut stage = Stage::set(claudometer, &["--demo"]).await?;
    stage.open_menu().await?;
    stage.shoot(&folder.join("tray-menu-all.png"), None)?;
    stage.run("xdotool", &["key", "Escape"])?;
    let window = stage.window(claudometer).await?;
    for part in 0..6 {
        window.script(&format!("const page = document.querySelector('main'); page.scrollTop = {part} * (page.clientHeight - 40); window.scrollTo(0, {part} * 560)")).await?;
        tokio::time::sleep(Duration::from_millis(300)).await;
        save(&window, &folder.join(format!("states-{part}.png"))).await?;
    }
    Ok(())
}

/// A machine on which nothing is.
async fn first_run(claudometer: &Path, folder: &Path) -> Result<()> {
    let mut stage = Stage::set(claudometer, &[]).await?;
    let window = stage.window(claudometer).await?;
    save(&window, &folder.join("first-run.png")).await
}

struct Stage {
    session: Session,
    inspector: u16,
}

impl Stage {
    async fn set(claudometer: &Path, args: &[&str]) -> Result<Self> {
        let mut session =
            Session::start(Parts { display: true, keyring: Keyring::Unlocked }).await?;
        let settings = session.home().join(".config/xfce4/xfconf/xfce-perchannel-xml");
        std::fs::create_dir_all(&settings)?;
        std::fs::write(settings.join("xfce4-panel.xml"), PANEL)?;
        session.allow_service("/usr/share/dbus-1/services/org.xfce.Xfconf.service")?;
        for (program, arguments) in
            [("openbox", &["--sm-disable"][..]), ("xfce4-panel", &["--disable-wm-check"][..])]
        {
            let mut command = session.command(program);
            command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
            session.keep(command)?;
        }
        session.await_name("org.kde.StatusNotifierWatcher").await?;
        let inspector = driver::free_port()?;
        let mut command = session.command(claudometer);
        driver::make_drivable(&mut command, inspector);
        command.args(args);
        session.keep(command)?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        Ok(Self { session, inspector })
    }

    fn run(&self, program: &str, args: &[&str]) -> Result<()> {
        let status = self
            .session
            .command(program)
            .args(args)
            .status()
            .with_context(|| format!("{program} is not installed"))?;
        anyhow::ensure!(status.success(), "{program} failed");
        Ok(())
    }

    async fn open_menu(&self) -> Result<()> {
        self.run("xdotool", &["mousemove", ICON.0, ICON.1, "click", "3"])?;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        Ok(())
    }

    fn shoot(&self, to: &Path, part: Option<&str>) -> Result<()> {
        let to = to.display().to_string();
        let mut args = vec!["-window", "root"];
        args.extend(part.into_iter().flat_map(|part| ["-crop", part]));
        args.push(&to);
        self.run("import", &args)
    }

    async fn window(&mut self, claudometer: &Path) -> Result<Driver> {
        let mut command = self.session.command(claudometer);
        command.arg("open");
        wait::until("an open window", Duration::from_secs(20), async || {
            command.status().ok().filter(std::process::ExitStatus::success)
        })
        .await?;
        let window = Driver::attach(&mut self.session, self.inspector).await?;
        window.find("h1").await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(window)
    }
}

async fn save(window: &Driver, to: &Path) -> Result<()> {
    Ok(std::fs::write(to, window.picture().await?)?)
}
