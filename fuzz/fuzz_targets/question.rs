//! Lines of the shell: a question that is printed is the same question.

#![no_main]

use std::collections::BTreeMap;

use grantlog::query::saved::Queries;
use grantlog::query::{Question, Side, Vocabulary, outline, word_start};
use grantlog::condition::add_given;
use grantlog::repl::{Command, Completer, Hinter, Names, context_entry};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &str| {
    let sets = [("deployers".to_owned(), Side::Principal), ("webs".to_owned(), Side::Repository)];
    let vocabulary = Vocabulary { sets: sets.into(), queries: Queries::bundled().columns() };
    if let Ok(question) = Question::parse(line, &vocabulary) {
        assert_eq!(Question::parse(&question.to_string(), &vocabulary), Ok(question));
    }
    let _ = line.parse::<Command>();
    let _ = outline(line, &vocabulary);
    assert!(line.is_char_boundary(word_start(line)));
    let names = Names::new(vec!["arn:aws:iam::111122223333:user/alice".to_owned()], vec![line.to_owned()], Vec::new());
    let _ = (Completer::new(&names).candidates(line, line.len()), Hinter::new(&names).rest(line));
    if let Ok((key, value)) = context_entry(line) {
        let _ = add_given(&mut BTreeMap::new(), &key, value);
    }
});
