//! What a test on one key is as a diagram, by every reading that the test names.

use biodivine_lib_bdd::Bdd;

use super::decide::Decider;
use super::domain::{self, Class};
use super::known::is_multivalued;
use super::proposition::{Fact, Keys, Proposition, relation};
use super::test::{Residual, Resolved, Test};
use super::value::{boolean, is_malformed};
use crate::policy::{Operator, Pattern, Relation, SetPrefix};

impl Test {
    /// The rules by whose other readings the test may come to something else.
    pub(super) fn readings(&self, resolved: &Resolved, always_present: bool) -> Vec<&'static str> {
        let Operator { set, relation, negated, if_exists } = self.operator;
        if relation == Relation::Null {
            return Vec::new();
        }
        let malformed = |pattern: &Pattern| is_malformed(relation, pattern);
        let may_be_unreadable =
            domain::may_be_of_another_type(&self.key, relation) || resolved.values.iter().any(malformed);
        let may_be_absent = !always_present;
        let readings = [
            ("O9", self.values.is_empty()),
            ("O31", negated && may_be_unreadable),
            ("O80", relation == Relation::Arn && resolved.values.iter().any(Pattern::is_everything)),
            ("S11", set == Some(SetPrefix::Any) && if_exists && may_be_absent),
            ("V15", resolved.valueless && !negated),
            ("Z1", set == Some(SetPrefix::All) && negated && !if_exists && may_be_absent),
            ("Z2", set.is_none() && is_multivalued(&self.key)),
            ("Z5", resolved.valueless && negated),
        ];
        readings.into_iter().filter(|(_, matters)| *matters).map(|(rule, _)| rule).collect()
    }
}

impl Decider {
    /// When a test holds: with the key there, or without it.
    pub(super) fn test(&self, test: &Residual) -> Bdd {
        let present = self.var(&Proposition::About(Keys::name(test), Fact::Present));
        let Operator { set, negated, if_exists, .. } = test.operator;
        if test.operator.relation == Relation::Null {
            let absent = test.values.iter().any(|value| boolean(value.as_str()) == Some(true));
            return if absent { present.not() } else { present };
        }
        let found = self.found(test, &present);
        // By the other reading, a value that stands for nothing spoils the others (V15, Z5).
        let found = self.only_as_followed(test, "V15", &self.only_as_followed(test, "Z5", &found));
        // O22 to O26, S3, S5: what is so where the key is absent.
        let absent = match set {
            None if !negated && !if_exists => self.variables.mk_false(),
            Some(SetPrefix::Any) if !if_exists => self.variables.mk_false(),
            None => present.not(),
            Some(SetPrefix::All) => self.only_as_followed(test, "Z1", &present.not()),
            Some(SetPrefix::Any) => self.only_as_followed(test, "S11", &present.not()),
        };
        // O9: by another reading a condition without values says nothing; of a negated one, that it fails.
        if negated {
            return self.or(&self.only_as_followed(test, "O9", &found), &absent);
        }
        self.by(test, "O9", |followed| if followed { self.or(&found, &absent) } else { self.variables.mk_true() })
    }

    /// When it holds with the key there.
    fn found(&self, test: &Residual, present: &Bdd) -> Bdd {
        let key = Keys::name(test);
        let known = &self.keys[&key];
        let found = if test.relates || (known.is_multivalued && known.classes.is_none()) {
            self.and(present, &self.var(&relation(test)))
        } else {
            self.by(test, "O31", |o31| self.by(test, "O80", |o80| self.compared(test, &key, present, o31, o80)))
        };
        // Z2: a multivalued key without a set operator is never true when it is there; by the other reading it
        // is if one of its values passes.
        self.by(
            test,
            "Z2",
            |followed| if followed && is_bare_list(test) { self.variables.mk_false() } else { found.clone() },
        )
    }

    /// When the values that are there pass. What is of another type fails a negated test by the other reading of
    /// O31, and `*` matches every ARN by that of O80.
    fn compared(&self, test: &Residual, key: &str, present: &Bdd, o31: bool, o80: bool) -> Bdd {
        let Operator { set, relation, negated, .. } = test.operator;
        let known = &self.keys[key];
        let mut matching = known.of(test);
        if !o80 {
            matching.extend(known.numbers(&[domain::any_arn()]));
        }
        // Which atoms a value must satisfy one of to be readable; none where all values are.
        let typed = domain::of_the_type(relation);
        let readable = known.numbers(&typed);
        let is_spoilt = !o31 && test.values.iter().any(|value| is_malformed(relation, value));
        let asks_for_type = !o31 && domain::may_be_of_another_type(&test.key.to_ascii_lowercase(), relation);
        if !known.is_multivalued {
            let any = |atoms: &[usize]| {
                let names = atoms.iter().map(|&atom| Proposition::About(key.to_owned(), Fact::Satisfies(atom)));
                self.any(&names.collect::<Vec<_>>())
            };
            let matched = any(&matching);
            let passes = match () {
                () if !negated => matched,
                () if is_spoilt => self.variables.mk_false(),
                () if asks_for_type => self.and_not(&any(&readable), &matched),
                () => self.and_not(present, &matched),
            };
            return self.and(present, &passes);
        }
        let held = |class: &Class, atoms: &[usize]| atoms.iter().any(|&atom| class.members[atom]);
        let passes = |class: &Class| match () {
            () if !negated => held(class, &matching),
            () => !is_spoilt && !held(class, &matching) && (!asks_for_type || held(class, &readable)),
        };
        // U38: whether some value passes, or some does not.
        let some = |passing: bool| {
            let classes = known.classes.iter().flatten().enumerate();
            let chosen = classes.filter(|(_, class)| passes(class) == passing);
            let names = chosen.map(|(class, _)| Proposition::About(key.to_owned(), Fact::Holds(class)));
            self.any(&names.collect::<Vec<_>>())
        };
        match set {
            Some(SetPrefix::All) => self.and_not(present, &some(false)),
            Some(SetPrefix::Any) | None => some(true),
        }
    }

    /// What the test is by either reading of a rule; by the one that is followed, where the test does not name it.
    fn by(&self, test: &Residual, rule: &'static str, meaning: impl Fn(bool) -> Bdd) -> Bdd {
        let followed = meaning(true);
        if !test.readings.contains(&rule) {
            return followed;
        }
        let reading = self.var(&Proposition::Reading(rule));
        self.or(&self.and(&followed, &reading), &self.and_not(&meaning(false), &reading))
    }

    /// What holds by the reading of a rule that is followed, and never by the other one.
    fn only_as_followed(&self, test: &Residual, rule: &'static str, followed: &Bdd) -> Bdd {
        self.by(test, rule, |is_followed| if is_followed { followed.clone() } else { self.variables.mk_false() })
    }
}

fn is_bare_list(test: &Residual) -> bool {
    test.readings.contains(&"Z2")
}
