//! Long answers, a screen at a time: through `$PAGER`, else `less`, where somebody sits at a terminal.

use std::io::{self, Write};
use std::process::{Command, Stdio};

/// What shows texts that are longer than the screen, where the environment names nothing.
const USUAL: &str = "less";

/// Writes a text, through the pager if it is longer than the screen is high.
///
/// # Errors
/// Those of the terminal; a pager that its user leaves early is none.
pub(super) fn show(text: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let height = terminal_size::terminal_size().map(|(_, height)| usize::from(height.0));
    let lines = memchr::memchr_iter(b'\n', text).count();
    if height.is_none_or(|height| lines < height) || !page(text) {
        out.write_all(text)?;
    }
    out.flush()
}

/// Whether a pager showed it.
fn page(text: &[u8]) -> bool {
    let named = std::env::var("PAGER").ok().filter(|pager| !pager.trim().is_empty());
    let pager = named.unwrap_or_else(|| USUAL.to_owned());
    let mut words = pager.split_whitespace();
    let Some(program) = words.next().filter(|program| *program != "cat") else { return false };
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // Colours as they are, and no screen of its own for what fits.
        command.env("LESS", "-FRX");
    }
    let Ok(mut running) = command.spawn() else { return false };
    if let Some(mut stdin) = running.stdin.take() {
        let _ = stdin.write_all(text);
    }
    let _ = running.wait();
    true
}
