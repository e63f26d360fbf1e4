//! What is on the screen: whether a window is painted, and closing it as a person does.

use anyhow::{Context as _, Result};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};
use x11rb::{
    connection::Connection as _,
    protocol::xproto::{
        AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, ImageFormat, Window,
    },
    rust_connection::RustConnection,
};

/// A painted page has text, and text has many shades.
const SHADES: usize = 12;

/// The display of a session.
#[derive(Debug)]
pub(crate) struct Screen {
    connection: RustConnection,
    root: Window,
}

impl Screen {
    /// Connects to a display such as `:7`.
    pub(crate) fn open(display: &str) -> Result<Self> {
        let (connection, number) = x11rb::connect(Some(display))?;
        let root = connection.setup().roots.get(number).context("a screen")?.root;
        Ok(Self { connection, root })
    }

    /// Waits until something with text is painted; the time since `from`.
    pub(crate) async fn painted(&self, from: Instant, within: Duration) -> Result<Duration> {
        loop {
            if self.shades()? >= SHADES {
                return Ok(from.elapsed());
            }
            anyhow::ensure!(from.elapsed() < within, "nothing was painted within {within:?}");
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
    }

    /// Waits until the window of a program that was ended has gone.
    pub(crate) async fn wait_until_empty(&self, within: Duration) -> Result<()> {
        let from = Instant::now();
        self.close_windows()?;
        while self.shades()? >= SHADES {
            anyhow::ensure!(from.elapsed() < within, "a window outlives its program");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    fn shades(&self) -> Result<usize> {
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, 760, 620, u32::MAX)?
            .reply()?;
        let pixels = image.data.chunks_exact(4).step_by(29);
        Ok(pixels.map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect::<HashSet<_>>().len())
    }

    /// Asks every window that can be asked to close.
    pub(crate) fn close_windows(&self) -> Result<()> {
        let atom = |name: &[u8]| {
            Ok::<_, anyhow::Error>(self.connection.intern_atom(false, name)?.reply()?.atom)
        };
        let (protocols, delete) = (atom(b"WM_PROTOCOLS")?, atom(b"WM_DELETE_WINDOW")?);
        for window in self.connection.query_tree(self.root)?.reply()?.children {
            let listed = self
                .connection
                .get_property(false, window, protocols, AtomEnum::ATOM, 0, 8)?
                .reply()?;
            if listed.value32().into_iter().flatten().any(|known| known == delete) {
                let message = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
                self.connection.send_event(false, window, EventMask::NO_EVENT, message)?;
            }
        }
        self.connection.flush()?;
        Ok(())
    }
}
