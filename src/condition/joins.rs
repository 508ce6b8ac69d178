//! Facts that join keys of one request (U47): which are there together, which never, and which hold what others do.
//!
//! Of keys that only a request fixes each fact is a clause: alternatives of which one must hold.

use jiff::Timestamp;

use super::domain::Atom;
use super::known::Known;
use super::proposition::{Fact, Key, Keys, Proposition, Signed};
use super::value;
use crate::policy::{AccountId, Coverage, Pattern, Relation, Token, Version};

/// Keys of requests through a VPC endpoint, which carry no source address (K28, K29).
const ENDPOINT: [&str; 7] = [
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpcsourceip",
    "aws:sourcevpcarn",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
];

/// Keys that are all there or all absent.
const TOGETHER: [&[&str]; 7] = [
    &["aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"],
    &["aws:principalorgid", "aws:principalorgpaths"],
    &["aws:resourceorgid", "aws:resourceorgpaths"],
    &["aws:sourceorgid", "aws:sourceorgpaths"],
    &["aws:vpceorgid", "aws:vpceorgpaths"],
    &["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"],
    &["aws:ec2instancesourceprivateipv4", "aws:ec2instancesourcevpc", "ec2:roledelivery", "ec2:sourceinstancearn"],
];

/// Keys of which the first is there only where the second is (K29, K31 to K33).
const NEEDS: [(&str, &str); 4] = [
    ("aws:sourcevpcarn", "aws:sourcevpce"),
    ("aws:vpceaccount", "aws:sourcevpce"),
    ("aws:vpceorgid", "aws:sourcevpce"),
    ("aws:vpceorgpaths", "aws:sourcevpce"),
];

/// A key that holds an ARN, and one that holds the ARN's account.
const ACCOUNTS: [(&str, &str); 2] =
    [("aws:principalarn", "aws:principalaccount"), ("aws:sourcearn", "aws:sourceaccount")];

/// A key that holds an organization's id, and one that holds paths that begin with it.
const ORGANIZATIONS: [(&str, &str); 4] = [
    ("aws:principalorgid", "aws:principalorgpaths"),
    ("aws:resourceorgid", "aws:resourceorgpaths"),
    ("aws:sourceorgid", "aws:sourceorgpaths"),
    ("aws:vpceorgid", "aws:vpceorgpaths"),
];

/// K40: what these hold is among the services that the call came through.
const OF_CHAIN: [&str; 2] = ["aws:calledviafirst", "aws:calledvialast"];
const CHAIN: &str = "aws:calledvia";

/// K19: how long ago MFA was used is told exactly where it was used.
const MFA: [&str; 2] = ["aws:multifactorauthage", "aws:multifactorauthpresent"];

/// Keys that are there only in requests for which the flag beside them is true.
const IMPLIED: [(&str, &str); 4] = [
    ("aws:multifactorauthage", "aws:multifactorauthpresent"),
    ("aws:calledvia", "aws:viaawsservice"),
    ("aws:calledviafirst", "aws:viaawsservice"),
    ("aws:calledvialast", "aws:viaawsservice"),
];

/// What the keys that a request is said to have, or to lack, tell of another one. `given` has the values of
/// a key of which something was said; none for a key that is absent.
pub(crate) fn implied<'a>(key: &str, given: &dyn Fn(&str) -> Option<&'a [String]>) -> Option<Known> {
    let has = |key: &str| given(key).is_some_and(|values| !values.is_empty());
    let lacks = |key: &str| given(key).is_some_and(<[String]>::is_empty);
    let is_yes = |text: &String| text.eq_ignore_ascii_case("true");
    let is_false = |flag: &str| given(flag).is_some_and(|values| !values.iter().any(is_yes));
    let excluded = (ENDPOINT.contains(&key) && has("aws:sourceip"))
        || (key == "aws:sourceip" && ENDPOINT.iter().any(|other| has(other)))
        || IMPLIED.iter().any(|(own, flag)| *own == key && is_false(flag));
    if excluded {
        return Some(Known::Absent);
    }
    if IMPLIED.iter().any(|(other, flag)| *flag == key && has(other)) {
        return Some(Known::value("true"));
    }
    // K45: one time, in two forms.
    let instant = |other: &str| value::date(given(other)?.first()?);
    let first = |other: &str| given(other)?.first();
    match key {
        "aws:multifactorauthage" if given(MFA[1]).is_some_and(|values| values.iter().any(is_yes)) => {
            return Some(Known::PRESENT);
        }
        "aws:multifactorauthpresent" if lacks(MFA[0]) => {
            return Some(Known::Among(vec!["false".to_owned()]));
        }
        "aws:calledviafirst" | "aws:calledvialast" if has(CHAIN) => {
            let services = given(CHAIN)?;
            return Some(match services {
                [one] => Known::value(one),
                several => Known::Among(several.to_vec()),
            });
        }
        "aws:epochtime" => {
            if let Some(instant) = instant("aws:currenttime") {
                return Some(Known::value(instant.as_second().to_string()));
            }
        }
        "aws:currenttime" => {
            if let Some(instant) = instant("aws:epochtime") {
                return Some(Known::value(instant.to_string()));
            }
        }
        _ => {}
    }
    if let Some((arn, _)) = ACCOUNTS.iter().find(|(arn, account)| *account == key && has(arn)) {
        // Some ARNs have no account.
        let account = first(arn)?.split(':').nth(4).filter(|account| !account.is_empty())?;
        return Some(Known::Among(vec![account.to_owned()]));
    }
    if let Some((id, _)) = ORGANIZATIONS.iter().find(|(id, paths)| *paths == key && has(id)) {
        return Some(Known::Prefixed(format!("{}/", first(id)?)));
    }
    if let Some((_, paths)) = ORGANIZATIONS.iter().find(|(id, paths)| *id == key && has(paths)) {
        return Some(Known::value(first(paths)?.split('/').next()?));
    }
    if NEEDS.iter().any(|(own, needed)| *own == key && lacks(needed)) {
        return Some(Known::Absent);
    }
    let is_needed = NEEDS.iter().any(|(own, needed)| *needed == key && has(own));
    if is_needed {
        return Some(Known::PRESENT);
    }
    let group = TOGETHER.iter().find(|group| group.contains(&key))?;
    match () {
        () if group.iter().any(|other| lacks(other)) => Some(Known::Absent),
        () if group.iter().any(|other| has(other)) => Some(Known::PRESENT),
        () => None,
    }
}

/// That a key is there.
fn present(key: &str) -> Proposition {
    Proposition::About(key.to_owned(), Fact::Present)
}

/// That the one value of a key satisfies an atom.
fn satisfies(key: &str, atom: usize) -> Proposition {
    Proposition::About(key.to_owned(), Fact::Satisfies(atom))
}

/// That one of the values of a key is of a class.
fn holds(key: &str, class: usize) -> Proposition {
    Proposition::About(key.to_owned(), Fact::Holds(class))
}

impl Keys {
    /// Atoms that a joining fact needs although no condition mentions them.
    pub(super) fn join(&mut self) {
        for (key, flag) in IMPLIED {
            if self.0.contains_key(key)
                && let Some(flag) = self.0.get_mut(flag)
            {
                flag.atoms.push(is_true());
            }
        }
        let tags: Vec<Atom> = self.request_tags().map(|(_, tag)| tag_key(tag)).collect();
        if let Some(keys) = self.0.get_mut(TAG_KEYS) {
            keys.atoms.extend(tags);
        }
        if self.0.contains_key(CHAIN) {
            let chain: Vec<&str> = [CHAIN].into_iter().chain(OF_CHAIN).collect();
            let atoms: Vec<Atom> =
                chain.iter().filter_map(|key| self.0.get(*key)).flat_map(|key| key.atoms.clone()).collect();
            for key in chain {
                if let Some(key) = self.0.get_mut(key) {
                    key.atoms.clone_from(&atoms);
                }
            }
        }
    }

    /// The facts that join these keys.
    pub(super) fn joined(&self) -> Vec<Vec<Signed>> {
        let mut clauses = self.presence();
        clauses.extend(self.tags());
        clauses.extend(self.chain());
        for (arn, account) in ACCOUNTS {
            clauses.extend(self.of_account(arn, account));
        }
        for (id, paths) in ORGANIZATIONS {
            clauses.extend(self.of_organization(id, paths));
        }
        clauses.extend(self.times());
        clauses
    }

    fn pair(&self, one: &str, other: &str) -> Option<(&Key, &Key)> {
        self.0.get(one).zip(self.0.get(other))
    }

    /// Which keys are there together, and which never.
    fn presence(&self) -> Vec<Vec<Signed>> {
        let has = |key: &str| self.0.contains_key(key);
        let mut clauses = Vec::new();
        for key in ENDPOINT.into_iter().filter(|key| has(key) && has("aws:sourceip")) {
            clauses.push(vec![(present("aws:sourceip"), false), (present(key), false)]);
        }
        let mut needs = NEEDS.to_vec();
        for group in TOGETHER {
            needs.extend(
                group
                    .iter()
                    .flat_map(|one| group.iter().filter(move |other| *other != one).map(|other| (*one, *other))),
            );
        }
        for (one, other) in needs.into_iter().filter(|(one, other)| has(one) && has(other)) {
            clauses.push(vec![(present(one), false), (present(other), true)]);
        }
        let truth = |flag: &str| Some(satisfies(flag, self.0.get(flag)?.numbers(&[is_true()]).first().copied()?));
        for (key, flag) in IMPLIED {
            if let (true, Some(flag)) = (has(key), truth(flag)) {
                clauses.push(vec![(present(key), false), (flag, true)]);
            }
        }
        if let (true, Some(used)) = (has(MFA[0]), truth(MFA[1])) {
            clauses.push(vec![(used, false), (present(MFA[0]), true)]);
        }
        clauses
    }

    fn request_tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.keys().filter_map(|key| Some((key.as_str(), key.strip_prefix("aws:requesttag/")?)))
    }

    /// A tag is in the request exactly if its key is among the keys of tags.
    fn tags(&self) -> Vec<Vec<Signed>> {
        let mut clauses = Vec::new();
        let Some(keys) = self.0.get(TAG_KEYS) else { return clauses };
        for (key, tag) in self.request_tags() {
            let at = keys.numbers(&[tag_key(tag)]).first().copied();
            let (Some(at), Some(found)) = (at, &keys.classes) else { continue };
            let holding = found.iter().enumerate().filter(|(_, class)| class.members[at]);
            let holding: Vec<Proposition> = holding.map(|(class, _)| holds(TAG_KEYS, class)).collect();
            clauses.extend(holding.iter().map(|one| vec![(one.clone(), false), (present(key), true)]));
            let one = holding.into_iter().map(|one| (one, true));
            clauses.push(std::iter::once((present(key), false)).chain(one).collect());
        }
        clauses
    }

    /// K40: the first and the last service are among those of the chain; these keys have the same atoms.
    fn chain(&self) -> Vec<Vec<Signed>> {
        let mut clauses = Vec::new();
        for own in OF_CHAIN {
            let Some((key, chain)) = self.pair(own, CHAIN) else { continue };
            let Some((found, all)) = key.classes.as_ref().zip(chain.classes.as_ref()) else { continue };
            for class in found {
                let Some(at) = all.iter().position(|other| other.members == class.members) else { continue };
                let members = class.members.iter().enumerate();
                let differs = members.map(|(atom, held)| (satisfies(own, atom), !held));
                clauses.push([(present(own), false), (holds(CHAIN, at), true)].into_iter().chain(differs).collect());
            }
        }
        clauses
    }

    /// An ARN is of the account that is told beside it.
    fn of_account(&self, arn: &str, account: &str) -> Vec<Vec<Signed>> {
        let Some((key, beside)) = self.pair(arn, account) else { return Vec::new() };
        let named = key.atoms.iter().enumerate().filter_map(|(at, atom)| Some((at, account_of(atom)?)));
        let mut clauses = Vec::new();
        for (at, number) in named {
            for (other, atom) in beside.atoms.iter().enumerate() {
                let fits = atom.admits(number.as_str());
                let of_it = (satisfies(account, other), fits);
                clauses.push(vec![(satisfies(arn, at), false), (present(account), false), of_it]);
            }
        }
        clauses
    }

    /// A path begins with the id of its organization.
    fn of_organization(&self, id: &str, paths: &str) -> Vec<Vec<Signed>> {
        let Some((key, beside)) = self.pair(id, paths) else { return Vec::new() };
        let mut clauses = Vec::new();
        for (class, found) in beside.classes.iter().flatten().enumerate() {
            let held = |at: usize| found.members[at];
            for (other, path) in beside.atoms.iter().enumerate() {
                // What every path that matches begins with.
                if let Some(own) = head(&path.value).filter(|_| held(other) && is_prefixing(path)) {
                    for (at, atom) in key.atoms.iter().enumerate() {
                        clauses.push(vec![(holds(paths, class), false), (satisfies(id, at), atom.admits(own))]);
                    }
                }
                // Whether all paths of an organization match, or none.
                for (at, atom) in key.atoms.iter().enumerate() {
                    let Some(own) = atom.value.literal().filter(|_| atom.relation == Relation::StringEquals) else {
                        continue;
                    };
                    let fits = match path.value.coverage(&format!("{own}/")) {
                        Coverage::All => true,
                        Coverage::None => false,
                        Coverage::Some => continue,
                    };
                    if is_prefixing(path) && fits != held(other) {
                        clauses.push(vec![(satisfies(id, at), false), (holds(paths, class), false)]);
                    }
                }
            }
        }
        clauses
    }

    /// U27: a token is issued before it is used.
    fn times(&self) -> Vec<Vec<Signed>> {
        let (token, now) = ("aws:tokenissuetime", "aws:currenttime");
        let Some((issued, used)) = self.pair(token, now) else { return Vec::new() };
        let mut clauses = Vec::new();
        for (at, least) in issued.atoms.iter().enumerate() {
            for (other, most) in used.atoms.iter().enumerate() {
                for (is, held) in [(true, true), (true, false), (false, true), (false, false)] {
                    let (Some(least), Some(most)) = (bound(least, is, true), bound(most, held, false)) else {
                        continue;
                    };
                    if least.0 > most.0 || least.0 == most.0 && (least.1 || most.1) {
                        let signs = [(satisfies(token, at), !is), (satisfies(now, other), !held)];
                        clauses
                            .push([(present(token), false), (present(now), false)].into_iter().chain(signs).collect());
                    }
                }
            }
        }
        clauses
    }
}

/// The bound that an instant has below (or above) which satisfies an atom, or does not, and whether it is itself
/// excluded.
fn bound(atom: &Atom, satisfied: bool, below: bool) -> Option<(Timestamp, bool)> {
    use Relation as R;
    let [least, most] = match (atom.relation, satisfied) {
        (R::DateEquals, true) => [Some(false), Some(false)],
        (R::DateGreater, true) | (R::DateLessOrEqual, false) => [Some(true), None],
        (R::DateGreaterOrEqual, true) | (R::DateLess, false) => [Some(false), None],
        (R::DateLess, true) | (R::DateGreaterOrEqual, false) => [None, Some(true)],
        (R::DateLessOrEqual, true) | (R::DateGreater, false) => [None, Some(false)],
        _ => [None, None],
    };
    let is_excluded = if below { least? } else { most? };
    Some((value::date(atom.value.as_str())?, is_excluded))
}

/// The account of every ARN that satisfies an atom, where it spells one out.
fn account_of(atom: &Atom) -> Option<AccountId> {
    match atom.relation {
        // O76: whatever the components before it are.
        Relation::Arn => {
            let parts = atom.value.components();
            let account = parts.get(4).filter(|_| parts.len() == 6)?;
            let char = |token: &Token| if let Token::Char(char) = token { Some(*char) } else { None };
            AccountId::parse(&account.iter().map(char).collect::<Option<String>>()?)
        }
        Relation::StringEquals | Relation::StringLike => atom.value.account_of_arn(),
        _ => None,
    }
}

/// The organization of a path, where the pattern spells it out.
fn head(path: &Pattern) -> Option<&str> {
    let (head, _) = path.as_str().split_once('/')?;
    (!head.contains(['*', '?', '$'])).then_some(head)
}

/// Whether an atom says how a text begins, letter for letter.
fn is_prefixing(atom: &Atom) -> bool {
    matches!(atom.relation, Relation::StringEquals | Relation::StringLike)
}

const TAG_KEYS: &str = "aws:tagkeys";

fn is_true() -> Atom {
    Atom { relation: Relation::Bool, value: Pattern::parse_literal("true", Version::V2008) }
}

/// A tag of the request has its key among the keys of tags, in whatever letter case (O14).
fn tag_key(tag: &str) -> Atom {
    let value = Pattern::parse_literal(tag, Version::V2008);
    Atom { relation: Relation::StringEqualsIgnoreCase, value }
}
