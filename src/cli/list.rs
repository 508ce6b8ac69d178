//! `list`: what there is to ask about.

use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use super::{Failure, Global, answer};
use crate::query::{Listing, Question, Tail};

/// What there is to ask about, and what is wrong with the input.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to list
    #[arg(value_parser = listing())]
    what: Listing,
}

fn listing() -> impl clap::builder::TypedValueParser<Value = Listing> {
    PossibleValuesParser::new(Listing::ALL.map(Listing::as_str))
        .map(|name| Listing::parse(&name).expect("only names of listings are accepted"))
}

/// Lists.
pub(super) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    answer(global, &Question::List(args.what, Tail::default()))?;
    Ok(ExitCode::SUCCESS)
}
