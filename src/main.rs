//! The command line of grantlog.

fn main() {}
