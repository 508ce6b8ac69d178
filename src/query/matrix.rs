//! The effective-permission matrix: who in rows, what on in columns, capabilities in the cells.
//!
//! Nothing is decided here: what everybody holds is told account by account ([`Effective`]). Principals who hold
//! the same everywhere are one row, resources on which everybody holds the same one column; so it is of the size
//! of what policies tell apart, whatever the number of names. [`Matrix::cells`] has what is held and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::select::nearest;
use super::{AskError, Effective, Grain};
use crate::catalog::{Capability, ResourceKind};
use crate::engine::{Relations, RequesterId, Verdict};
use crate::policy::AccountId;

/// Who holds which capabilities on what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    /// The rows: whoever holds something, by account and name; those without an account last.
    pub principals: Vec<Party>,
    /// The columns, by account and name. Repositories on which nobody holds anything are there too.
    pub repositories: Vec<Column>,
    /// What is held, sorted by row, column and capability.
    pub cells: Vec<MatrixCell>,
    /// The capabilities that were looked for, in the order in which they are shown.
    pub capabilities: Vec<Capability>,
    /// How many principals of those that were asked about hold nothing.
    pub without: usize,
}

/// Principals who hold the same everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// What kind of principals these are.
    pub kind: &'static str,
    /// Their account, if they have one.
    pub account: Option<AccountId>,
    /// Their names, in order.
    pub names: Vec<String>,
}

/// Resources on which everybody holds the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The account that owns them.
    pub account: AccountId,
    /// What they are: repositories, mostly; a registry; a repository that is to be created.
    pub kind: ResourceKind,
    /// R7: whether anyone can pull from them. No cell says so.
    pub is_public: bool,
    /// Their names, in order.
    pub names: Vec<String>,
}

/// A capability that those of a row hold on those of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixCell {
    /// The row, by its number in [`Matrix::principals`].
    pub party: usize,
    /// The column, by its number in [`Matrix::repositories`].
    pub column: usize,
    /// What is held.
    pub capability: Capability,
    /// The verdict over all ways.
    pub verdict: Verdict,
    /// The verdict by their own permissions; `None` for what they hold only through roles that they can become.
    pub own: Option<Verdict>,
    /// The condition of a conditional verdict, in words.
    pub condition: Option<Arc<str>>,
}

/// What a matrix is to be about; where nothing is named, everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// These capabilities.
    pub capabilities: Vec<Capability>,
    /// What these accounts own: their numbers, or their names.
    pub accounts: Vec<String>,
    /// These principals: names as in questions.
    pub principals: Vec<String>,
    /// These repositories: names as in questions.
    pub repositories: Vec<String>,
    /// What principals hold by themselves, and not through roles.
    pub direct: bool,
}

/// What is held: on what or by whom, by number; which capability, how by all ways and how by itself, under which
/// condition.
type Holding = (usize, Capability, Verdict, Option<Verdict>, Option<Arc<str>>);

impl Relations<'_> {
    /// The matrix; all accounts are derived for it. `progress` is told how many of how many accounts are done.
    ///
    /// # Errors
    /// [`AskError`] where a name means nothing, or more than one thing, and where nobody wants it any more.
    pub fn matrix(&self, frame: &Frame, progress: &impl Fn(usize, usize)) -> Result<Matrix, AskError> {
        let accounts = self.accounts_called(&frame.accounts)?;
        let mut wanted = Wanted { capabilities: frame.capabilities.clone(), ..Wanted::default() };
        if wanted.capabilities.is_empty() {
            wanted.capabilities = Capability::ALL.to_vec();
        }
        wanted.capabilities.sort_unstable();
        wanted.capabilities.dedup();
        if !frame.principals.is_empty() {
            let mut found = FxHashSet::default();
            for text in &frame.principals {
                found.extend(self.requesters(text)?);
            }
            wanted.principals = Some(found);
        }
        if !frame.repositories.is_empty() {
            let mut found = FxHashSet::default();
            for text in &frame.repositories {
                found.extend(self.targets(text)?.into_iter().map(|target| (target.account, target.resource)));
            }
            let named = self.resource_names().iter().filter(|(thing, _)| found.contains(thing));
            wanted.repositories = Some(named.map(|((account, _), name)| (account, name.to_owned())).collect());
        }
        let (mut gathered, mut done) = (Gathered::default(), 0);
        let total = self.inventory().accounts.len();
        self.effective(Grain::Capabilities, frame.direct, |effective| {
            done += 1;
            progress(done, total);
            if accounts.is_empty() || accounts.contains(&effective.account) {
                gathered.add(effective, &wanted);
            }
        });
        if self.is_stopped() {
            return Err(AskError::Interrupted);
        }
        Ok(self.arranged(gathered, wanted))
    }

    /// The accounts of these numbers or names.
    pub(crate) fn accounts_called(&self, texts: &[String]) -> Result<FxHashSet<AccountId>, AskError> {
        let accounts = &self.inventory().accounts;
        let mut found = FxHashSet::default();
        for text in texts {
            let is_meant =
                |id: &AccountId, name: &Option<String>| id.to_string() == *text || name.as_ref() == Some(text);
            let before = found.len();
            found.extend(accounts.iter().filter(|(id, account)| is_meant(id, &account.name)).map(|(id, _)| *id));
            if found.len() == before && !accounts.iter().any(|(id, account)| is_meant(id, &account.name)) {
                let known =
                    accounts.iter().flat_map(|(id, one)| std::iter::once(id.to_string()).chain(one.name.clone()));
                return Err(AskError::Unknown { kind: "account", name: text.clone(), near: nearest(text, known) });
            }
        }
        Ok(found)
    }

    /// Rows and columns in their order.
    fn arranged(&self, gathered: Gathered, wanted: Wanted) -> Matrix {
        let mut parties: BTreeMap<(bool, Option<AccountId>, &'static str, usize), Vec<&str>> = BTreeMap::new();
        for (somebody, requester) in self.universe().present() {
            let Some(&class) = gathered.classes_of.get(&somebody) else { continue };
            let account = requester.view.account;
            let key = (account.is_none(), account, requester.view.kind.as_str(), class);
            parties.entry(key).or_default().push(&requester.name);
        }
        let mut rows: Vec<(Party, usize)> = parties
            .into_iter()
            .map(|((_, account, kind, class), mut names)| {
                names.sort_unstable();
                let names = names.into_iter().map(str::to_owned).collect();
                (Party { kind, account, names }, class)
            })
            .collect();
        rows.sort_by(|(one, _), (other, _)| one.place().cmp(&other.place()));
        let mut order: Vec<usize> = (0..gathered.columns.len()).collect();
        order.sort_by(|&one, &other| gathered.columns[one].place().cmp(&gathered.columns[other].place()));
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &at)| places[at] = place);
        let mut cells = Vec::new();
        for (party, (_, class)) in rows.iter().enumerate() {
            let held = gathered.held_by(*class);
            let mut own: Vec<MatrixCell> = held
                .map(|&(column, capability, verdict, own, ref condition)| MatrixCell {
                    party,
                    column: places[column],
                    capability,
                    verdict,
                    own,
                    condition: condition.clone(),
                })
                .collect();
            own.sort_by_key(|cell| (cell.column, cell.capability));
            cells.append(&mut own);
        }
        let asked = wanted.principals.as_ref().map_or_else(|| self.universe().present().count(), FxHashSet::len);
        let mut columns: Vec<(usize, Column)> = places.into_iter().zip(gathered.columns).collect();
        columns.sort_by_key(|(place, _)| *place);
        Matrix {
            without: asked.saturating_sub(gathered.classes_of.len()),
            principals: rows.into_iter().map(|(party, _)| party).collect(),
            repositories: columns.into_iter().map(|(_, column)| column).collect(),
            cells,
            capabilities: wanted.capabilities,
        }
    }
}

impl Party {
    /// What it is sorted by.
    fn place(&self) -> impl Ord + '_ {
        (self.account.is_none(), self.account, &self.names)
    }
}

impl Column {
    /// What it is sorted by.
    fn place(&self) -> impl Ord + '_ {
        (self.account, self.kind, &self.names)
    }
}

impl Matrix {
    /// How many principals the rows stand for.
    #[must_use]
    pub fn principals_told(&self) -> usize {
        self.principals.iter().map(|party| party.names.len()).sum()
    }

    /// How many resources the columns stand for.
    #[must_use]
    pub fn resources_told(&self) -> usize {
        self.repositories.iter().map(|column| column.names.len()).sum()
    }

    /// Everybody by name, with the number of the row: by account, those without one last.
    #[must_use]
    pub fn each_principal(&self) -> Vec<(usize, &str)> {
        let all = self.principals.iter().enumerate();
        let mut all: Vec<(usize, &str)> =
            all.flat_map(|(at, party)| party.names.iter().map(move |name| (at, name.as_str()))).collect();
        let account = |at: usize| self.principals[at].account;
        all.sort_by_key(|&(at, name)| (account(at).is_none(), account(at), name));
        all
    }

    /// Each resource by name, with the number of the column: by account.
    #[must_use]
    pub fn each_resource(&self) -> Vec<(usize, &str)> {
        let all = self.repositories.iter().enumerate();
        let mut all: Vec<(usize, &str)> =
            all.flat_map(|(at, column)| column.names.iter().map(move |name| (at, name.as_str()))).collect();
        all.sort_by_key(|&(at, name)| (self.repositories[at].account, self.repositories[at].kind, name));
        all
    }

    /// The same with a row for each principal and a column for each resource.
    #[must_use]
    pub fn expanded(&self) -> Self {
        let (rows, columns) = (self.each_principal(), self.each_resource());
        let mut places: Vec<Vec<usize>> = vec![Vec::new(); self.repositories.len()];
        columns.iter().enumerate().for_each(|(place, (at, _))| places[*at].push(place));
        let mut cells = Vec::new();
        for (party, (at, _)) in rows.iter().enumerate() {
            let from = cells.len();
            for (column, held) in self.row(*at) {
                for &column in &places[column] {
                    cells.extend(held.iter().map(|cell| MatrixCell { party, column, ..cell.clone() }));
                }
            }
            cells[from..].sort_by_key(|cell| (cell.column, cell.capability));
        }
        let party = |(at, name): (usize, &str)| {
            let Party { kind, account, .. } = self.principals[at];
            Party { kind, account, names: vec![name.to_owned()] }
        };
        let column = |(at, name): (usize, &str)| {
            let Column { account, kind, is_public, .. } = self.repositories[at];
            Column { account, kind, is_public, names: vec![name.to_owned()] }
        };
        Self {
            principals: rows.into_iter().map(party).collect(),
            repositories: columns.into_iter().map(column).collect(),
            cells,
            capabilities: self.capabilities.clone(),
            without: self.without,
        }
    }

    /// What is to be said of the whole.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let pull = self.capabilities.contains(&Capability::Pull);
        let public = self.repositories.iter().filter(|column| column.is_public && pull);
        let public: usize = public.map(|column| column.names.len()).sum();
        let repositories = if public == 1 { "1 public repository" } else { &format!("{public} public repositories") };
        let open = format!("anyone can pull from {repositories}, which no cell says");
        let principals = match self.without {
            1 => "1 principal holds nothing here".to_owned(),
            without => format!("{without} principals hold nothing here"),
        };
        let notes = [(public > 0, open), (self.without > 0, principals)];
        notes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, note)| note).collect()
    }

    /// What stands in one row, by column.
    pub fn row(&self, party: usize) -> impl Iterator<Item = (usize, &[MatrixCell])> {
        let from = self.cells.partition_point(|cell| cell.party < party);
        let row = &self.cells[from..self.cells.partition_point(|cell| cell.party <= party)];
        row.chunk_by(|one, other| one.column == other.column).map(|cells| (cells[0].column, cells))
    }
}

/// What is to be in a matrix.
#[derive(Default)]
struct Wanted {
    capabilities: Vec<Capability>,
    principals: Option<FxHashSet<RequesterId>>,
    repositories: Option<FxHashSet<(AccountId, String)>>,
}

/// What was found so far.
#[derive(Default)]
struct Gathered {
    columns: Vec<Column>,
    /// What is held in an account by some of its holders.
    holdings: Vec<Vec<Holding>>,
    /// Those who hold the same so far: what they hold in the last account in which they hold something, and of which
    /// class they were before it.
    classes: Vec<(Option<usize>, usize)>,
    classes_of: FxHashMap<RequesterId, usize>,
}

impl Gathered {
    /// Takes in what is held in one more account.
    fn add(&mut self, effective: Effective, wanted: &Wanted) {
        let Effective { account, holders, resources, cells } = effective;
        let members: Vec<Vec<RequesterId>> = holders
            .into_iter()
            .map(|holders| {
                let is_wanted = |id: &RequesterId| wanted.principals.as_ref().is_none_or(|these| these.contains(id));
                holders.members.into_iter().filter(is_wanted).collect()
            })
            .collect();
        let mut on: Vec<Vec<Holding>> = vec![Vec::new(); resources.len()];
        for held in cells {
            let Some(capability) = Capability::parse(&held.action) else { continue };
            if wanted.capabilities.contains(&capability) && !members[held.holders].is_empty() {
                on[held.resources].push((held.holders, capability, held.verdict, held.own, held.condition));
            }
        }
        // What is left of them may be alike where the whole is not.
        let mut columns: IndexMap<_, Vec<String>, FxBuildHasher> = IndexMap::default();
        for (alike, held) in resources.into_iter().zip(on) {
            let is_wanted = |name: &String| {
                let these = wanted.repositories.as_ref();
                these.is_none_or(|these| these.contains(&(account, name.clone())))
            };
            let names: Vec<String> = alike.names.into_iter().filter(is_wanted).collect();
            // Of what is no repository only that is told on which somebody holds something.
            if !names.is_empty() && (alike.kind == ResourceKind::Repository || !held.is_empty()) {
                columns.entry((alike.kind, alike.is_public, held)).or_default().extend(names);
            }
        }
        let mut held_by: Vec<Vec<Holding>> = vec![Vec::new(); members.len()];
        for ((kind, is_public, held), mut names) in columns {
            names.sort_unstable();
            for (holders, capability, verdict, own, condition) in held {
                held_by[holders].push((self.columns.len(), capability, verdict, own, condition));
            }
            self.columns.push(Column { account, kind, is_public, names });
        }
        self.class(members, held_by);
    }

    /// Parts those who hold something else here.
    fn class(&mut self, members: Vec<Vec<RequesterId>>, held_by: Vec<Vec<Holding>>) {
        let mut known: FxHashMap<Vec<Holding>, usize> = FxHashMap::default();
        let mut parted: FxHashMap<(Option<usize>, usize), usize> = FxHashMap::default();
        for (members, held) in members.into_iter().zip(held_by).filter(|(_, held)| !held.is_empty()) {
            let holding = *known.entry(held).or_insert_with_key(|held| {
                self.holdings.push(held.clone());
                self.holdings.len() - 1
            });
            for somebody in members {
                let before = self.classes_of.get(&somebody).copied();
                let class = *parted.entry((before, holding)).or_insert_with(|| {
                    self.classes.push((before, holding));
                    self.classes.len() - 1
                });
                self.classes_of.insert(somebody, class);
            }
        }
    }

    /// All that those of a class hold.
    fn held_by(&self, class: usize) -> impl Iterator<Item = &Holding> {
        let classes = std::iter::successors(Some(class), |class| self.classes[*class].0);
        classes.flat_map(|class| &self.holdings[self.classes[class].1])
    }
}
