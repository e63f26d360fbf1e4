//! `statusline`: a short line for a bar. With `--from` an assistant's status line comes in, its numbers are kept, a useful
//! line goes out.

use super::way::Way;
use crate::{
    args::{Args, Format, Statusline},
    exit::Exit,
    out,
    setup::Refusal,
};
use claudometer_desk::{settings_file::SettingsFile, state_file::StateFile};
use claudometer_host::{Host, paths::Paths, process};
use claudometer_provider::Bridge;
use claudometer_view::{
    bar,
    text::{self, Money},
};
use claudometer_wire::{Bundle, Command, cost::CostBrief};
use std::{io::Read as _, time::Duration};

/// An assistant writes a few kilobytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// How long the command that was configured before may take.
const PREVIOUS_TIMEOUT: Duration = Duration::from_secs(5);

/// Prints the line.
pub(crate) async fn run(args: &Args, line: &Statusline, host: Host) -> Result<Exit, Refusal> {
    if let Some(from) = &line.from {
        return take(&host, from).await;
    }
    let way = Way::of(args, host).await?;
    way.freshen(args, args.global.no_cache).await?;
    let bundle: Bundle = way.ask(Command::GetBundle {}).await?;
    way.end();
    match line.format {
        Format::Text => out::print(&bar::text(&bundle)),
        Format::Waybar => out::print_json(&bar::waybar(&bundle)),
        Format::I3bar => out::print_json(&bar::i3bar(&bundle)),
        Format::Tmux => out::print(&bar::tmux(&bundle)),
        Format::Polybar => out::print(&bar::polybar(&bundle)),
        Format::Xbar => out::print(&bar::xbar(&bundle)),
    }
    Ok(Exit::Ok)
}

/// Reads standard input, keeps what it says, prints a line. Whatever goes wrong, the assistant gets a line.
async fn take(host: &Host, from: &str) -> Result<Exit, Refusal> {
    let provider = claudometer_providers::by_id(from).filter(|provider| provider.bridge.is_some());
    let provider =
        provider.ok_or_else(|| (format!("There is no status line of {from:?}."), Exit::Config))?;
    let bridge = provider.bridge.ok_or_else(|| (String::new(), Exit::Config))?;
    let mut input = Vec::new();
    std::io::stdin()
        .lock()
        .take(LARGEST)
        .read_to_end(&mut input)
        .map_err(|error| (format!("Standard input could not be read: {error}."), Exit::Other))?;
    let arrived = bridge.receive(host, &input);
    if let Some(line) = passed_on(host, bridge, &input).await {
        // What the person's own program prints is theirs, colours too.
        out::print_painted(&line);
        return Ok(Exit::Ok);
    }
    if let Some(arrived) = arrived {
        let paths = Paths::of(&host.env);
        let settings = SettingsFile::load(host.files.clone(), paths.settings(), Vec::new());
        let context = claudometer_desk::context_of(&host.env, settings.effective(), host.now());
        let today = today(host).await;
        let today = today.as_ref().and_then(|brief| brief.agents.get(from));
        let money = Money::of(&settings.effective().cost);
        let costs = text::line(arrived.session_cost, today, &money, &context);
        let remembered = StateFile::new(host.files.clone(), paths.snapshot()).load();
        let reading = match &arrived.seat {
            Some(seat) => remembered.with_record(seat, arrived.reading, host.now()),
            None => arrived.reading,
        };
        let line = text::status_line(&reading, arrived.model.as_deref(), &costs, &context);
        out::print(&format!("{line}\n"));
    }
    Ok(Exit::Ok)
}

/// What the resident knows of today. Logs are not read for a line: a status line may not take long.
async fn today(host: &Host) -> Option<CostBrief> {
    super::resident_of(host).await?.ask(Command::GetToday {}).await.ok()?
}

/// What the command prints that was configured before ours.
async fn passed_on(host: &Host, bridge: &dyn Bridge, input: &[u8]) -> Option<String> {
    let state = bridge.state(host);
    let previous = state.previous.filter(|_| state.installed)?;
    let command = process::Command::new("/bin/sh")
        .args(["-c", &previous])
        .stdin(input.to_vec())
        .timeout(PREVIOUS_TIMEOUT);
    let output = host.processes.run(command).await.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (!text.trim().is_empty()).then_some(text)
}
