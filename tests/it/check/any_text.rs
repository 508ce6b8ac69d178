//! Whatever text is given as a file of assertions: it is read, or refused with its place.

use std::collections::BTreeSet;

use grantlog::assertion::{Sentence, parse};
use proptest::prelude::*;

use crate::mutations::text;
use crate::random;

proptest! {
    #![proptest_config(random::cases(256))]

    #[test]
    fn any_text_may_be_a_file_of_assertions(text in text(), words in prop::collection::vec(word(), 0..14)) {
        for text in [text, words.concat()] {
            let files = [("file".to_owned(), text.clone())];
            let (assertions, problems) = parse(&files);
            for problem in &problems {
                prop_assert!(text.get(problem.error.span.clone()).is_some(), "{problem:?}");
                let _ = problem.picture(&text);
            }
            let mut names = BTreeSet::new();
            for (assertion, _) in &assertions {
                prop_assert!(text.get(assertion.span.clone()).is_some());
                prop_assert!(names.insert(assertion.name.clone()));
                let shown = assertion.sentence.to_string();
                let again = Sentence::parse(&shown).map(|sentence| sentence.to_string());
                prop_assert_eq!(again, Ok(shown));
            }
        }
    }
}

/// Words of assertions, whole and in parts.
fn word() -> impl Strategy<Value = String> {
    let words = [
        "only ",
        "no one ",
        "nobody ",
        "can ",
        "cannot ",
        "sometimes ",
        "directly ",
        "on ",
        "push ",
        "web ",
        "when ",
        "aws:SourceIp ",
        "is ",
        "in ",
        "203.0.113.0/24 ",
        "absent ",
        "and ",
        "where ",
        "outside ",
        "the organization ",
        "except ",
        "user/alice ",
        ", ",
        "\"a b\" ",
        "name: ",
        "name (low): ",
        "(high): ",
        "\n",
        "\n  ",
        "# ",
        "?- ",
        "capable(P, push, R, _). ",
        "query ",
        "users-push ",
        "finds nothing ",
        "\"",
        "'",
        "kind ",
        "not ",
        "x=1 ",
    ];
    prop::sample::select(words.to_vec()).prop_map(str::to_owned)
}
