//! `report` as a store: a database, or a folder of Parquet files.

use std::io;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::process::ExitCode;

use super::{Failure, Global, load};
use crate::engine::{Options, derive};
use crate::query::Grain;
use crate::repl::{Progress, stop_on_ctrl_c};
use crate::store::{Contents, Parquet, Sqlite, Store, StoreError, write};

/// The forms of stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// A database.
    Sqlite,
    /// A folder of files.
    Parquet,
}

impl Stored {
    fn store(self) -> &'static dyn Store {
        match self {
            Self::Sqlite => &Sqlite,
            Self::Parquet => &Parquet,
        }
    }
}

/// Reads, derives and writes.
pub(super) fn run(global: &Global, form: Stored) -> Result<ExitCode, Failure> {
    let store = form.store();
    let path = global.output.as_deref().filter(|path| *path != Path::new("-")).ok_or_else(|| {
        let (what, place) =
            if store.is_folder() { ("folder", "--output FOLDER") } else { ("database", "--output FILE.sqlite") };
        Failure::input(format!("a {what} cannot be written to standard output\n  hint: name a place with {place}"))
    })?;
    let (inventory, _) = load::load(global)?;
    let settings = global.answers()?;
    let mut options = Options { strict: settings.strict, ..Options::default() };
    options.context.given = settings.context;
    // Without it Ctrl-C would end the program in the midst of writing, and leave a draft.
    stop_on_ctrl_c(&options.interrupt);
    // It lasts as long as the process, as the inventory does.
    let relations = ManuallyDrop::new(derive(&inventory, options));
    let inputs: Vec<String> = global.paths().iter().map(|path| path.display().to_string()).collect();
    let progress = Progress::of("accounts");
    let contents = Contents {
        relations: &relations,
        inputs: &inputs,
        direct: settings.scope.direct,
        grains: &[Grain::Capabilities, Grain::Actions],
        progress: &|done, total| progress.tell(done, total),
    };
    write(store, &contents, path).map_err(|error| failure(&error, path))?;
    Ok(ExitCode::SUCCESS)
}

/// The failure that it is to whoever called the program.
fn failure(error: &StoreError, path: &Path) -> Failure {
    match error {
        StoreError::Interrupted => Failure::Interrupted,
        StoreError::Sqlite(_) | StoreError::Parquet(_) => {
            Failure::Output(io::Error::other(format!("{}: {error}", path.display())))
        }
        StoreError::Io { .. } => Failure::Output(io::Error::other(error.to_string())),
        _ => Failure::Input(format!("{error}\n  hint: {}", error.hint().unwrap_or_default())),
    }
}
