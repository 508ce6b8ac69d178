//! The command line of grantlog.

use std::process::ExitCode;

fn main() -> ExitCode {
    grantlog::cli::run(std::env::args_os())
}
