//! Under which circumstances something is asserted: what requests are like.
//!
//! An assertion about several values, or about a range of addresses, is to hold in a request with each of them. A range
//! has more addresses than can be asked about, but policies tell few of them apart: one is asked about of each part of
//! the range in which all policies read all addresses alike.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::sentence::Named;
use crate::condition::add_given;
use crate::inventory::Inventory;
use crate::query::{QuestionError, quoted};

/// What an assertion says of one key of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The key.
    pub key: Named,
    /// Values, of which a request has one; none says that the key is absent.
    pub values: Vec<Named>,
}

/// What is known of a request: values by key in lower case; none says that the key is absent.
pub type Circumstance = BTreeMap<String, Vec<String>>;

/// So many circumstances are asked about for one assertion.
const MOST: usize = 64;

/// Why an assertion is not asked under its circumstances.
#[derive(Debug)]
pub(super) enum Hindrance {
    /// No request is like that.
    Wrong(QuestionError),
    /// Nobody can say which addresses of a range policies tell apart.
    Undecided(String),
}

/// All circumstances that are told, on top of what is known of every request.
pub(super) fn circumstances(
    known: &Circumstance,
    when: &[Told],
    inventory: &Inventory,
) -> Result<Vec<Circumstance>, Hindrance> {
    let mut all = vec![known.clone()];
    for told in when {
        let choices = choices(told, inventory)?;
        let mut next = Vec::new();
        for one in &all {
            for (choice, span) in &choices {
                let mut one = one.clone();
                if let Err(error) = add_given(&mut one, &told.key.text, choice.clone()) {
                    let hint = Some(error.hint());
                    let error = QuestionError { message: error.to_string(), span: span.clone(), hint };
                    return Err(Hindrance::Wrong(error));
                }
                next.push(one);
            }
        }
        if next.len() > MOST {
            let message = format!("these are more than {MOST} circumstances to be asked about");
            let hint = Some("write fewer values, or several assertions".to_owned());
            return Err(Hindrance::Wrong(QuestionError { message, span: told.key.span.clone(), hint }));
        }
        all = next;
    }
    all.sort();
    all.dedup();
    Ok(all)
}

type Choice = (Option<String>, std::ops::Range<usize>);

fn choices(told: &Told, inventory: &Inventory) -> Result<Vec<Choice>, Hindrance> {
    if told.values.is_empty() {
        return Ok(vec![(None, told.key.span.clone())]);
    }
    let mut found = Vec::new();
    for value in &told.values {
        let range = value.text.contains('/').then(|| value.text.parse::<IpNet>().ok()).flatten();
        // A key that holds such a text is no key of addresses.
        let is_address = add_given(&mut Circumstance::new(), &told.key.text, Some(value.text.clone())).is_err();
        match range.filter(|_| is_address) {
            None => found.push((Some(value.text.clone()), value.span.clone())),
            Some(range) => {
                let addresses = told_apart(range, &told.key.text, inventory)?;
                found.extend(addresses.into_iter().map(|one| (Some(one.to_string()), value.span.clone())));
            }
        }
    }
    Ok(found)
}

/// An address of each part of a range whose addresses all policies read alike: ranges in policies begin a part, and
/// what lies behind them begins another one.
fn told_apart(range: IpNet, key: &str, inventory: &Inventory) -> Result<BTreeSet<IpAddr>, Hindrance> {
    let mut found = BTreeSet::from([range.network()]);
    let statements = inventory.documents.values().flat_map(|document| &document.statements);
    for condition in statements.flat_map(|statement| &statement.conditions) {
        let variable = format!("${{{}", key.to_ascii_lowercase());
        let is_own = condition.key.value.eq_ignore_ascii_case(key);
        let operator = condition.operator.value.to_ascii_lowercase();
        let by_text = is_own && !operator.contains("ipaddress") && operator != "null";
        if by_text || condition.values.iter().any(|value| value.value.to_ascii_lowercase().contains(&variable)) {
            let message = format!("a policy compares {key} as a text, so nobody can ask about all of {range}");
            return Err(Hindrance::Undecided(message));
        }
        if !is_own {
            continue;
        }
        for value in &condition.values {
            let net = value.value.parse().or_else(|_| value.value.parse::<IpAddr>().map(IpNet::from));
            let Ok(net) = net else { continue };
            let borders = [Some(net.network()), behind(net.broadcast())];
            found.extend(borders.into_iter().flatten().filter(|border| range.contains(border)));
        }
    }
    Ok(found)
}

/// The address behind an address.
fn behind(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => u32::from(address).checked_add(1).map(|next| Ipv4Addr::from(next).into()),
        IpAddr::V6(address) => u128::from(address).checked_add(1).map(|next| Ipv6Addr::from(next).into()),
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is ", self.key)?;
        if self.values.is_empty() {
            return f.write_str("absent");
        }
        let is_range = self.values.iter().any(|value| value.text.parse::<IpNet>().is_ok());
        let values: Vec<String> = self.values.iter().map(value).collect();
        write!(f, "{}{}", if is_range { "in " } else { "" }, values.join(", "))
    }
}

/// A value as it is read back: what looks like a pattern stands between quotes.
fn value(value: &Named) -> String {
    let is_bare = !value.text.contains(['*', '?']) && quoted(&value.text) == value.text;
    let is_word = ["absent", "in"].iter().any(|word| word.eq_ignore_ascii_case(&value.text));
    if is_bare && !is_word {
        return value.text.clone();
    }
    format!("\"{}\"", value.text.replace('\\', "\\\\").replace('"', "\\\""))
}
