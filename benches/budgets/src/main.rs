//! `grantlog-measure`: the measurements of `benches/budgets.sh`, one a call.
//!
//! Each prints one line of plain words for the script: numbers are seconds
//! and bytes. What takes longer than it is given is stopped, and says so.

mod questions;
mod run;
mod values;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// That of the program: the plain reading is to have the same, and questions are asked as the program asks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measure one thing for benches/budgets.sh.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Read every file of a folder and parse it as a plain JSON value: `SECONDS BYTES`.
    Values {
        /// The folder.
        folder: PathBuf,
    },
    /// Run a command to its end: `done SECONDS PEAK`, or `time LIMIT PEAK`, or `memory SECONDS LIMIT`.
    Run {
        /// After how many seconds it is stopped.
        #[arg(long)]
        seconds: u64,
        /// Beyond how many bytes of memory it is stopped.
        #[arg(long)]
        bytes: u64,
        /// The command.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Load a folder and ask at random, everything twice, the second time measured: `who-can P99 COUNT` and
    /// `what-can P99 COUNT`.
    Questions {
        /// The folder.
        folder: PathBuf,
        /// How many of each kind.
        #[arg(long, default_value_t = 10_000)]
        count: usize,
        /// How many seconds each kind gets, each time; what was asked by then is counted.
        #[arg(long)]
        seconds: u64,
    },
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the edge")]
fn main() -> ExitCode {
    let tell = |line: String| println!("{line}");
    let measured = match Arguments::parse().what {
        What::Values { folder } => values::measure(&folder).map(tell),
        What::Run { seconds, bytes, command } => run::measure(&command, seconds, bytes).map(tell),
        What::Questions { folder, count, seconds } => questions::measure(&folder, count, seconds, tell),
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("grantlog-measure: {error}");
            ExitCode::FAILURE
        }
    }
}
