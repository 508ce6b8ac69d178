//! The integration tests: one binary, one `check` per feature, and data.
//!
//! Authorization cases are files in `tests/cases`, a scenario a line with the
//! verdict that AWS's documentation calls for. The plain twin of the engine
//! (`twin`) proves them, and they prove the twin.

mod agreement;
mod both_ways;
mod cases;
mod check;
mod ci;
mod collect;
mod command_line;
mod datalog;
mod diff;
mod document;
mod doors;
mod escalation;
mod examples;
mod files;
mod findings;
mod graph;
mod grounds;
mod guide;
mod hostile;
mod inventories;
mod laws;
mod lint;
mod matrix;
mod mutations;
mod organizations;
mod output;
mod page;
mod places;
mod policies;
mod progress;
mod question;
mod random;
mod readers;
mod readme;
mod remedies;
mod report;
mod rooms;
mod rows;
mod rules;
mod sample;
mod saved;
mod schemas;
mod session;
mod shell;
mod shell_files;
mod simulate;
mod snapshot;
mod statements;
mod stores;
mod summary;
mod tails;
mod terminal;
mod tools;
mod transcript;
mod twin;
mod what_if;
mod worlds;
