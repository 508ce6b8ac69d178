//! The graph as a picture, which Graphviz lays out.
//!
//! The program is found by its name and gets the text on its standard input; no shell is between. It has some time, and
//! what it wrote is passed on only when it ended well.

use std::io::{self, Read as _, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::dot::render;
use super::model::{Model, Omitted};
use super::{DrawError, Renderer};
use crate::report::terminal::clean;

/// Writes SVG.
#[derive(Clone, Copy, Debug)]
pub struct Svg {
    /// How long Graphviz may take.
    pub patience: Duration,
}

impl Default for Svg {
    /// Many times what a picture takes that a person can read.
    fn default() -> Self {
        Self { patience: Duration::from_mins(2) }
    }
}

/// How often it is looked whether it is done.
const LOOK: Duration = Duration::from_millis(5);

impl Renderer for Svg {
    fn render(&self, model: &Model, out: &mut dyn Write) -> Result<Omitted, DrawError> {
        out.write_all(&self.laid_out(render(model))?)?;
        Ok(Omitted::default())
    }
}

impl Svg {
    /// What Graphviz makes of a DOT document.
    ///
    /// # Errors
    /// If it is not installed, fails, or takes too long.
    pub fn laid_out(&self, document: String) -> Result<Vec<u8>, DrawError> {
        let begun = Instant::now();
        let child = Command::new("dot")
            .arg("-Tsvg")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DrawError::NoGraphviz,
            _ => DrawError::Graphviz(error.to_string()),
        })?;
        // It may write before it has read all: each pipe has a thread of its own.
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut stdin), Some(mut stdout), Some(mut stderr)) = pipes else {
            return Err(DrawError::Graphviz("it cannot be talked to".to_owned()));
        };
        let writer = thread::spawn(move || stdin.write_all(document.as_bytes()));
        let mut picture = Vec::new();
        let picture = thread::spawn(move || stdout.read_to_end(&mut picture).map(|_| picture));
        let mut said = Vec::new();
        let said = thread::spawn(move || stderr.read_to_end(&mut said).map(|_| said));
        let status = self.wait(&mut child, begun)?;
        let failed = || DrawError::Graphviz("its output cannot be read".to_owned());
        let said = said.join().map_err(|_| failed())??;
        let picture = picture.join().map_err(|_| failed())??;
        // What it did not read it has said why.
        let is_read = writer.join().is_ok_and(|written| written.is_ok());
        if !status.success() || !is_read {
            let said = String::from_utf8_lossy(&said);
            let first = said.lines().find(|line| !line.trim().is_empty());
            return Err(DrawError::Graphviz(first.map_or_else(|| status.to_string(), |line| clean(line).into_owned())));
        }
        Ok(picture)
    }

    fn wait(&self, child: &mut Child, begun: Instant) -> Result<ExitStatus, DrawError> {
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if begun.elapsed() >= self.patience {
                // It may have ended meanwhile.
                let _ = child.kill();
                let _ = child.wait();
                return Err(DrawError::Slow(self.patience.as_secs()));
            }
            thread::sleep(LOOK);
        }
    }
}
