//! Values by their codes: what there is, and how it is called.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::bound::{Bound, Hung};
use super::check::Constant;
use super::extent::{Code, Extent};
use super::lexer::error;
use super::limits::{Meter, QueryError};
use super::relations::{Source, words};
use super::value::Type;
use crate::catalog::{ActionId, Catalog};
use crate::engine::{Kind, Names, Relations, RequesterId, ends};
use crate::ids::{Id as _, PolicyId, PrincipalAtom, RepositoryId};
use crate::policy::{AccountId, Case, Pattern};
use crate::query::QuestionError;
use crate::query::select::{AskError, nearest, select};

/// What stands in a column of a row that was found: one value, or each of several, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Held {
    One(Code),
    Each(Rc<[Code]>),
}

impl Held {
    /// The values.
    pub(super) fn codes(&self) -> &[Code] {
        match self {
            Self::One(code) => std::slice::from_ref(code),
            Self::Each(codes) => codes,
        }
    }
}

/// What is told of each row.
pub(super) type Tell<'t> = dyn FnMut(&[Held]) -> Result<(), QueryError> + 't;

/// Resources of one name in one account.
#[derive(Debug)]
pub(super) struct Site<'a> {
    pub(super) account: AccountId,
    /// Their numbers in the account's shard.
    pub(super) numbers: std::ops::Range<usize>,
    pub(super) repository: Option<RepositoryId>,
    pub(super) name: &'a str,
}

/// Who is in the atoms of each account's shard.
type Members = FxHashMap<(AccountId, PrincipalAtom), Rc<[Code]>>;

/// The values of one question.
pub(super) struct World<'a> {
    pub(super) relations: &'a Relations<'a>,
    pub(super) meter: Meter,
    pub(super) sites: Vec<Site<'a>>,
    /// The site of each resource, account by account.
    site_of: FxHashMap<AccountId, Vec<Code>>,
    pub(super) everybody: Rc<[Code]>,
    pub(super) accounts: IndexSet<AccountId, FxBuildHasher>,
    texts: RefCell<IndexSet<Box<str>, FxBuildHasher>>,
    pub(super) policies: OnceCell<IndexMap<PolicyId, Code>>,
    pub(super) members: RefCell<Members>,
    /// Where policies hang, the other way round than the inventory holds it.
    pub(super) hung: OnceCell<Hung>,
    /// What statements are, by their codes, as far as somebody asked about them.
    pub(super) bound: RefCell<FxHashMap<Code, Rc<Bound>>>,
    /// The kinds of which all shards are derived.
    pub(super) derived: RefCell<BTreeSet<Kind>>,
    pub(super) kept: RefCell<FxHashMap<(Source, Type), Extent>>,
}

impl<'a> World<'a> {
    pub(super) fn new(relations: &'a Relations<'a>, meter: Meter) -> Self {
        let universe = relations.universe();
        let mut sites: Vec<Site<'a>> = Vec::new();
        let mut site_of: FxHashMap<AccountId, Vec<Code>> = FxHashMap::default();
        for ((account, number), name) in relations.resource_names().iter() {
            // Resources of one name follow each other.
            match sites.last_mut() {
                Some(last) if last.account == account && last.name == name => last.numbers.end = number + 1,
                _ => {
                    let repository = universe.repositories(account).get(number).copied();
                    sites.push(Site { account, numbers: number..number + 1, repository, name });
                }
            }
            site_of.entry(account).or_default().push(code(sites.len() - 1));
        }
        let of_requesters = universe.by_account.keys().copied().flatten();
        let accounts = relations.inventory().accounts.keys().copied().chain(of_requesters).collect();
        Self {
            relations,
            meter,
            sites,
            site_of,
            everybody: universe.present().map(|(id, _)| code(id.index())).collect(),
            accounts,
            texts: RefCell::default(),
            policies: OnceCell::new(),
            members: RefCell::default(),
            hung: OnceCell::new(),
            bound: RefCell::default(),
            derived: RefCell::default(),
            kept: RefCell::default(),
        }
    }

    pub(super) fn requester(code: Code) -> RequesterId {
        RequesterId::new(code as usize)
    }

    pub(super) fn action(code: Code) -> ActionId {
        ActionId::new(code as usize)
    }

    /// The site of a resource, if it is an account's own.
    pub(super) fn site(&self, account: AccountId, number: usize) -> Option<Code> {
        self.site_of.get(&account)?.get(number).copied()
    }

    pub(super) fn text(&self, text: &str) -> Code {
        let mut texts = self.texts.borrow_mut();
        code(texts.get_index_of(text).unwrap_or_else(|| texts.insert_full(text.into()).0))
    }

    pub(super) fn account(&self, account: AccountId) -> Code {
        code(self.accounts.get_index_of(&account).expect("accounts of requesters and resources are known"))
    }

    /// How a value is called.
    pub(super) fn name(&self, of: Type, value: Code) -> String {
        let at = value as usize;
        match of {
            Type::Principal => self.relations.requester(Self::requester(value)).name.to_string(),
            Type::Repository => self.sites[at].name.to_owned(),
            Type::Account => self.accounts[at].to_string(),
            Type::Action => Catalog::bundled().action(Self::action(value)).to_string(),
            Type::Number => value.to_string(),
            Type::Capability | Type::Verdict | Type::Kind | Type::Visibility | Type::Effect | Type::Layer => {
                words(of).expect("these are words")[at].to_owned()
            }
            Type::Group | Type::Policy | Type::Statement | Type::Unit | Type::Organization | Type::Text => {
                self.texts.borrow()[at].to_string()
            }
        }
    }

    /// Whether a value's name, or an end of it, matches a pattern.
    pub(super) fn is_like(&self, of: Type, value: Code, pattern: &Pattern) -> bool {
        let case = if of == Type::Action { Case::Ignored } else { Case::Sensitive };
        let name = self.name(of, value);
        match of {
            Type::Text => pattern.matches(&name, case),
            _ => ends(&name).any(|end| pattern.matches(end, case)),
        }
    }

    /// The value that a constant means.
    pub(super) fn constant(&self, constant: &Constant) -> Result<Code, QuestionError> {
        let Constant { text, types, is_pattern, span, .. } = constant;
        let ask =
            |wrong: AskError| QuestionError { message: wrong.to_string(), span: span.clone(), hint: wrong.hint() };
        let several = |kind: &str| {
            let hint =
                format!("a value is one {kind}; for all that match, give a variable to `like`: X like \"{text}\"");
            error(&format!("`{text}` is the name of more than one {kind}"), span.clone(), Some(hint))
        };
        if *is_pattern {
            return Ok(self.text(text));
        }
        match types {
            Type::Principal => match self.relations.requesters(text).map_err(ask)?.as_slice() {
                [one] => Ok(code(one.index())),
                _ => Err(several("principal")),
            },
            Type::Repository => {
                // The name of a private registry ends with `*`.
                let named = self.relations.resource_names().ending(text).filter(|(_, name)| name == text);
                let exact: Vec<(AccountId, usize)> = named.map(|(target, _)| target).collect();
                let targets = if exact.is_empty() {
                    let targets = self.relations.targets(text).map_err(ask)?;
                    targets.into_iter().map(|target| (target.account, target.resource)).collect()
                } else {
                    exact
                };
                let found = targets.into_iter().filter_map(|(account, number)| self.site(account, number));
                let found: BTreeSet<Code> = found.collect();
                if found.len() == 1 {
                    Ok(found.into_iter().next().unwrap_or_default())
                } else {
                    Err(several("repository"))
                }
            }
            Type::Account => {
                let known = AccountId::parse(text).and_then(|account| self.accounts.get_index_of(&account));
                let near = || self.accounts.iter().map(ToString::to_string);
                known.map(code).ok_or_else(|| unknown(constant, near()))
            }
            Type::Number => text.parse().map_err(|_| {
                let hint = format!("the largest number is {}", Code::MAX);
                error("this number is too large", span.clone(), Some(hint))
            }),
            Type::Text => Ok(self.text(text)),
            Type::Group | Type::Policy | Type::Statement | Type::Unit | Type::Organization => {
                let names = self.named(*types).into_iter().map(|one| (one, Arc::from(self.name(*types, one))));
                let found = select(types.as_str(), text, &Names::new(names.collect())).map_err(ask)?;
                if let [one] = found[..] { Ok(one) } else { Err(several(types.as_str())) }
            }
            Type::Action
            | Type::Capability
            | Type::Verdict
            | Type::Kind
            | Type::Visibility
            | Type::Effect
            | Type::Layer => fixed(constant).expect("these are the same in every world"),
        }
    }
}

/// The value of a constant whose type has the same values in every world; `None` for one of another type.
pub(super) fn fixed(constant: &Constant) -> Option<Result<Code, QuestionError>> {
    let Constant { text, types, span, .. } = constant;
    if *types == Type::Action {
        let catalog = Catalog::bundled();
        let names = || catalog.actions().map(|(_, action)| action.to_string());
        let found = catalog.find(text).map(|id| code(id.index()));
        return Some(found.ok_or_else(|| unknown(constant, names())));
    }
    let all = words(*types)?;
    let found = all.iter().position(|word| word.eq_ignore_ascii_case(text));
    Some(found.map(code).ok_or_else(|| {
        let all: Vec<String> = all.iter().map(|word| format!("`{word}`")).collect();
        let message = format!("no {types} is called `{text}`");
        error(&message, span.clone(), Some(format!("write one of {}", all.join(", "))))
    }))
}

/// A number as a code.
pub(super) fn code(number: usize) -> Code {
    Code::try_from(number).expect("there are fewer than 2^32 of anything")
}

/// A name that nothing has, with the nearest that something has.
fn unknown(constant: &Constant, names: impl Iterator<Item = String>) -> QuestionError {
    let lower = constant.text.to_ascii_lowercase();
    let near = nearest(&constant.text, names);
    let wrong = AskError::Unknown { kind: constant.types.as_str(), name: constant.text.clone(), near };
    let hint = wrong.hint().or_else(|| lower.contains(['*', '?']).then(|| "give a variable to `like`".to_owned()));
    QuestionError { message: wrong.to_string(), span: constant.span.clone(), hint }
}
