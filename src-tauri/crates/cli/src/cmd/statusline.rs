//! `statusline --from`: an assistant's status line comes in, its numbers are kept, a useful line goes out.

use crate::{exit::Exit, out, setup::Refusal};
use claudometer_host::{Host, paths::Paths, process};
use claudometer_provider::Bridge;
use std::{io::Read as _, time::Duration};

/// An assistant writes a few kilobytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// How long the command that was configured before may take.
const PREVIOUS_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads standard input, keeps what it says, prints a line. Whatever goes wrong, the assistant gets a line.
pub(crate) async fn run(host: &Host, from: &str) -> Result<Exit, Refusal> {
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
        out::print(&line);
        return Ok(Exit::Ok);
    }
    if let Some(arrived) = arrived {
        let context = claudometer_desk::context(host, &Paths::of(&host.env));
        out::print(&format!(
            "{}\n",
            claudometer_view::text::status_line(
                &arrived.reading,
                arrived.model.as_deref(),
                &context
            )
        ));
    }
    Ok(Exit::Ok)
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
