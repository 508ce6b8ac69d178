//! From bytes to an inventory.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::rows::{Chunks, take};
use super::texts::{FileRow, unpack};
use super::{Wrong, check};
use crate::ids::{Id, Table};
use crate::inventory::world::{Account, Inventory, Organization, Principal, Repository};
use crate::policy::{Arn, Document, Sources};

/// Reads the content of a snapshot; what is wrong with it otherwise.
pub(super) fn read(content: &[u8]) -> Result<Inventory, Wrong> {
    let mut rest = content;
    let mut next = || Chunks::cut(&mut rest);
    let files = next()?;
    let documents = next()?;
    let policies = next()?;
    let added = next()?;
    let principals = next()?;
    let groups = next()?;
    let repositories = next()?;
    let gaps = next()?;
    let accounts = next()?;
    let organizations = next()?;
    let registry_policies = next()?;
    let registry_gaps = next()?;
    let diagnostics = next()?;

    let files: Vec<FileRow> = files.rows()?;
    let (((documents, policies), principals), repositories) = rayon::join(
        || {
            rayon::join(
                || rayon::join(|| documents.rows(), || policies.rows()),
                || with_arns(principals, |one: &Principal| &one.arn),
            )
        },
        || with_arns(repositories, |one: &Repository| &one.arn),
    );
    let (principals, by_arn) = principals?;
    let (repositories, repository_by_arn) = repositories?;
    let inventory = Inventory {
        sources: sources(&files, rest)?,
        documents: Arc::new(documents?.into_iter().map(Arc::<Document>::new).collect()),
        policies: Table::from_iter(policies?),
        added: pairs(added.rows()?)?,
        accounts: map(accounts.rows()?, |account: &Account| account.id)?,
        organizations: map(organizations.rows()?, |organization: &Organization| organization.id.clone())?,
        principals,
        groups: Table::from_iter(groups.rows()?),
        repositories,
        registry_policies: pairs(registry_policies.rows()?)?,
        registry_gaps: pairs(registry_gaps.rows()?)?,
        gaps: Table::from_iter(gaps.rows()?),
        diagnostics: diagnostics.rows()?,
        by_arn,
        repository_by_arn,
    };
    let lengths: Vec<u32> = files.iter().map(|file| file.length).collect();
    check::inventory(&inventory, &lengths)?;
    Ok(inventory)
}

/// A table, and which row of it has which ARN.
type Named<I, T> = (Table<I, T>, FxHashMap<Arn, I>);

/// The rows of a table, and which of them has which ARN.
fn with_arns<'a, I: Id, T: Deserialize<'a> + Send>(
    chunks: Chunks<'a>,
    arn: impl Fn(&T) -> &Arn,
) -> Result<Named<I, T>, Wrong> {
    let table = Table::from_iter(chunks.rows()?);
    let mut by_arn = FxHashMap::default();
    by_arn.reserve(table.len());
    for (id, row) in table.iter() {
        if by_arn.insert(arn(row).clone(), id).is_some() {
            return Err("two principals or two repositories have one ARN");
        }
    }
    Ok((table, by_arn))
}

/// Rows by the key that is in each.
fn map<K: Ord, T>(rows: Vec<T>, key: impl Fn(&T) -> K) -> Result<BTreeMap<K, T>, Wrong> {
    pairs(rows.into_iter().map(|row| (key(&row), row)).collect())
}

fn pairs<K: Ord, T>(rows: Vec<(K, T)>) -> Result<BTreeMap<K, T>, Wrong> {
    let count = rows.len();
    let map = BTreeMap::from_iter(rows);
    if map.len() == count { Ok(map) } else { Err("two accounts, organizations or registries have one name") }
}

/// The files, of which each finds its text in the bytes when it is asked for.
fn sources(files: &[FileRow], texts: &[u8]) -> Result<Sources, Wrong> {
    check::files(files)?;
    let mut rest = texts;
    let mut sources = Sources::default();
    let mut names: Vec<Arc<str>> = Vec::with_capacity(files.len());
    for file in files {
        let name = match (&file.name, file.origin) {
            (Some(name), None) => Arc::from(name.as_str()),
            (None, Some(origin)) => Arc::clone(&names[origin.file.index()]),
            _ => return Err("a file has two names, or none"),
        };
        let packed = usize::try_from(file.packed).ok().and_then(|length| take(&mut rest, length).ok());
        let packed: Box<[u8]> = packed.ok_or("a text is not there")?.into();
        let length = file.length as usize;
        sources.add_unread(Arc::clone(&name), file.origin, move || unpack(&packed, length));
        names.push(name);
    }
    if rest.is_empty() { Ok(sources) } else { Err("there are more texts than files") }
}
