//! Waiting for something to become true, with a deadline and a reason.

use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// Between two looks.
const STEP: Duration = Duration::from_millis(25);

/// Looks again and again until `look` finds something; fails with `what` after `within`.
pub async fn until<T>(
    what: &str,
    within: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> Result<T> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = look().await {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            bail!("not within {within:?}: {what}");
        }
        tokio::time::sleep(STEP).await;
    }
}
