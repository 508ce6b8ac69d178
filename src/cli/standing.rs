//! Which findings may stand: the file that says so.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Failure;
use crate::finding::Suppressions;
use crate::report::terminal;

/// The file that is read if it is there.
const USUAL: &str = "grantlog.toml";

/// Where that is said.
#[derive(Debug, clap::Args)]
pub(super) struct Standing {
    /// The file that says which findings may stand [default: `grantlog.toml`, if it is there]
    #[arg(long, value_name = "FILE", conflicts_with = "no_suppressions")]
    suppressions: Option<PathBuf>,
    /// Let no finding stand
    #[arg(long)]
    no_suppressions: bool,
}

impl Standing {
    /// What the file says.
    pub(super) fn suppressions(&self) -> Result<Suppressions, Failure> {
        let path = match &self.suppressions {
            _ if self.no_suppressions => return Ok(Suppressions::default()),
            Some(path) => path,
            None if Path::new(USUAL).is_file() => Path::new(USUAL),
            None => return Ok(Suppressions::default()),
        };
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| Failure::input(format!("{name}: {error}")))?;
        let read = Suppressions::parse(&name, &text);
        read.map_err(|error| Failure::input(terminal::clean_lines(&error.picture())))
    }
}

/// By what day entries are judged that count until one.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date()
}
