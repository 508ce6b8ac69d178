//! `list`: what there is to ask about.

use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use super::{Failure, Global, answer};
use crate::query::{Listing, Question, Tail};

/// What there is to ask about, and what is wrong with the input.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// What to list
    #[arg(value_parser = listing())]
    what: Listing,
}

fn listing() -> impl clap::builder::TypedValueParser<Value = Listing> {
    PossibleValuesParser::new(Listing::ALL.map(Listing::as_str))
        .map(|name| Listing::parse(&name).expect("only names of listings are accepted"))
}

const EXAMPLES: &str = "\
Examples:
  $ grantlog list gaps
  $ grantlog list accounts --format csv | cut -d , -f 1,2
  account,name
  111122223333,Harbourlight platform
  222233334444,Harbourlight build
  444455556666,Harbourlight seaboard
  777788889999,Harbourlight management";

/// Lists.
pub(super) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    answer(global, &Question::List(args.what, Tail::default()))?;
    Ok(ExitCode::SUCCESS)
}
