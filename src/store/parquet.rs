//! The whole effective relation as a folder of Parquet files: a row for each principal, permission and resource.
//!
//! The files are partitioned by grain and by the account that owns the resources, in the layout that Hive made usual
//! (`grain=capability/account=111122223333/effective.parquet`). An account is written as soon as it is derived, and
//! nothing of it is kept, so that memory does not grow with the organization. `docs/parquet.md` tells the columns.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::TypePtr;
use rustc_hash::FxHashMap;

use super::{Contents, Store, StoreError};
use crate::catalog::{Capability, ResourceKind};
use crate::engine::Verdict;
use crate::ids::Id as _;
use crate::policy::Arn;
use crate::query::{Effective, Grain};

/// The columns, in the order in which [`Columns`] holds them.
const SCHEMA: &str = "
message effective {
    required binary resource (STRING);
    required binary resource_kind (STRING);
    optional binary repository (STRING);
    required binary action (STRING);
    required binary principal (STRING);
    required binary kind (STRING);
    optional binary principal_account (STRING);
    required binary verdict (STRING);
    optional binary own (STRING);
    optional binary condition (STRING);
}";

/// Rows are sorted by resource, its kind, action and principal: the numbers of these columns.
const SORTED_BY: [i32; 4] = [0, 1, 3, 4];

/// So many rows at most are in a row group: as many as DuckDB reads at once.
const ROWS: usize = 122_880;

/// So many values are handed over at once.
const BATCH: usize = 4_096;

/// The form.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parquet;

impl Store for Parquet {
    fn is_folder(&self) -> bool {
        true
    }

    fn fill(&self, contents: &Contents<'_>, draft: &Path) -> Result<(), StoreError> {
        let folder = Folder::new(contents)?;
        let accounts = contents.relations.inventory().accounts.len();
        for (pass, &grain) in contents.grains.iter().enumerate() {
            let (mut done, mut failed) = (pass * accounts, None);
            contents.relations.effective(grain, contents.direct, |effective| {
                if failed.is_none() {
                    failed = folder.write(draft, grain, &effective).err();
                }
                done += 1;
                (contents.progress)(done, contents.grains.len() * accounts);
            });
            failed.map_or(Ok(()), Err)?;
            contents.unless_stopped()?;
        }
        Ok(())
    }
}

/// Somebody as the rows tell it.
struct Party {
    name: ByteArray,
    kind: ByteArray,
    account: Option<ByteArray>,
}

/// What all files have in common.
struct Folder<'a> {
    contents: &'a Contents<'a>,
    schema: TypePtr,
    properties: WriterPropertiesPtr,
    /// Everybody by number, and behind them anyone who pulls from a public repository.
    parties: Vec<Party>,
    /// The places of all of them in the order of their names.
    ranks: Vec<u32>,
}

/// One row: who, and under which cell of the account.
struct Held {
    party: u32,
    cell: u32,
}

/// A cell as the rows tell it; of who holds it, a row tells.
struct Cell {
    action: ByteArray,
    verdict: Verdict,
    own: Option<Verdict>,
    condition: Option<ByteArray>,
}

/// A resource as the rows tell it.
struct Resource {
    name: ByteArray,
    kind: ByteArray,
    repository: Option<ByteArray>,
}

impl<'a> Folder<'a> {
    fn new(contents: &'a Contents<'a>) -> Result<Self, StoreError> {
        let relations = contents.relations;
        let mut parties: Vec<Party> = relations
            .universe()
            .requesters
            .values()
            .map(|known| Party {
                name: (&*known.name).into(),
                kind: known.view.kind.as_str().into(),
                account: known.view.account.map(|account| account.as_str().into()),
            })
            .collect();
        parties.push(Party { name: "anyone".into(), kind: "anyone".into(), account: None });
        let mut order: Vec<usize> = (0..parties.len()).collect();
        order.sort_by(|&one, &other| parties[one].name.data().cmp(parties[other].name.data()));
        let mut ranks = vec![0; parties.len()];
        for (rank, number) in (0..).zip(order) {
            ranks[number] = rank;
        }
        let told = |key: &str, value: &str| KeyValue::new(format!("grantlog.{key}"), value.to_owned());
        let claims = [("direct", contents.direct), ("strict", relations.options().strict)];
        let mut about: Vec<KeyValue> = claims.map(|(key, is_so)| told(key, if is_so { "1" } else { "0" })).into();
        about.extend(contents.inputs.iter().map(|input| told("input", input)));
        let sorting = SORTED_BY.map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: false });
        let properties = WriterProperties::builder()
            .set_created_by(concat!(env!("CARGO_PKG_NAME"), " version ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::LZ4_RAW)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_sorting_columns(Some(sorting.into()))
            .set_key_value_metadata(Some(about))
            .build();
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        Ok(Self { contents, schema, properties: Arc::new(properties), parties, ranks })
    }

    /// Writes the file of an account.
    fn write(&self, draft: &Path, grain: Grain, effective: &Effective) -> Result<(), StoreError> {
        let grain_name = match grain {
            Grain::Capabilities => "capability",
            Grain::Actions => "action",
        };
        let folder = draft.join(format!("grain={grain_name}")).join(format!("account={}", effective.account));
        let path = folder.join("effective.parquet");
        let opened = fs::create_dir_all(&folder).and_then(|()| File::create_new(&path));
        let file = opened.map_err(|error| told(&path, error))?;
        let mut file = SerializedFileWriter::new(file, Arc::clone(&self.schema), Arc::clone(&self.properties))?;
        self.rows(&mut file, grain, effective)?;
        file.finish()?;
        file.inner().sync_all().map_err(|error| told(&path, error))
    }

    fn rows(
        &self,
        file: &mut SerializedFileWriter<File>,
        grain: Grain,
        effective: &Effective,
    ) -> Result<(), StoreError> {
        let mut texts = Texts::default();
        let mut cells: Vec<Cell> = Vec::with_capacity(effective.cells.len() + 1);
        // Of each set of resources: what is held on them, action by action, and by whom in the order of names.
        let mut held: Vec<Vec<Held>> = effective.resources.iter().map(|_| Vec::new()).collect();
        let mut numbers: Vec<usize> = (0..effective.cells.len()).collect();
        numbers.sort_by_key(|&number| (effective.cells[number].resources, &effective.cells[number].action));
        let same = |one: &usize, other: &usize| {
            let (one, other) = (&effective.cells[*one], &effective.cells[*other]);
            (one.resources, &one.action) == (other.resources, &other.action)
        };
        for run in numbers.chunk_by(same) {
            let of_run = &mut held[effective.cells[run[0]].resources];
            let begun = of_run.len();
            for &number in run {
                let known = &effective.cells[number];
                let cell = index(cells.len());
                cells.push(Cell {
                    action: texts.of(&known.action),
                    verdict: known.verdict,
                    own: known.own,
                    condition: known.condition.as_deref().map(|words| texts.of(words)),
                });
                let members = effective.holders[known.holders].members.iter();
                of_run.extend(members.map(|one| Held { party: index(one.index()), cell }));
            }
            of_run[begun..].sort_unstable_by_key(|row| (self.ranks[row.party as usize], row.cell));
        }
        if grain == Grain::Capabilities && effective.resources.iter().any(|alike| alike.is_public) {
            // R7: nobody needs a permission for it, so that none is told as held.
            let (allowed, action) = (Verdict::Allowed, texts.of(Capability::Pull.as_str()));
            cells.push(Cell { action, verdict: allowed, own: Some(allowed), condition: None });
            let (party, cell) = (index(self.parties.len() - 1), index(cells.len() - 1));
            for (alike, held) in effective.resources.iter().zip(&mut held).filter(|(alike, _)| alike.is_public) {
                debug_assert!(!alike.names.is_empty());
                let action = |row: &Held| cells[row.cell as usize].action.data();
                let at = held.partition_point(|row| action(row) < Capability::Pull.as_str().as_bytes());
                held.insert(at, Held { party, cell });
            }
        }
        let mut resources: Vec<(&str, ResourceKind, usize)> = Vec::new();
        for (number, alike) in effective.resources.iter().enumerate() {
            resources.extend(alike.names.iter().map(|name| (name.as_str(), alike.kind, number)));
        }
        resources.sort_unstable_by_key(|&(name, kind, number)| (name, kind.as_str(), number));
        let mut group = Columns { folder: self, cells: &cells, resources: Vec::new(), rows: Vec::new() };
        for (name, kind, number) in resources {
            let mut left = held[number].as_slice();
            group.resources.push(self.resource(name, kind, &mut texts));
            while !left.is_empty() {
                self.contents.unless_stopped()?;
                let (fitting, rest) = left.split_at(left.len().min(ROWS - group.rows.len()));
                let resource = index(group.resources.len() - 1);
                group.rows.extend(fitting.iter().map(|row| (resource, row)));
                left = rest;
                if group.rows.len() == ROWS {
                    group.flush(file)?;
                }
            }
        }
        group.flush(file)
    }

    fn resource(&self, name: &str, kind: ResourceKind, texts: &mut Texts) -> Resource {
        let inventory = self.contents.relations.inventory();
        let arn = Arn::parse(name).filter(|_| kind == ResourceKind::Repository);
        let repository = arn.and_then(|arn| inventory.repository(&arn)).map(|id| &inventory.repositories[id].name);
        let repository = repository.map(|name| name.as_str().into());
        Resource { name: name.into(), kind: texts.of(kind.as_str()), repository }
    }
}

/// Rows that become a row group, column by column.
struct Columns<'f> {
    folder: &'f Folder<'f>,
    cells: &'f [Cell],
    resources: Vec<Resource>,
    rows: Vec<(u32, &'f Held)>,
}

impl Columns<'_> {
    /// Writes the rows, and begins anew.
    fn flush(&mut self, file: &mut SerializedFileWriter<File>) -> Result<(), StoreError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut group = file.next_row_group()?;
        let verdicts = ["allowed", "conditional"].map(ByteArray::from);
        let verdict = |one: Verdict| &verdicts[usize::from(one != Verdict::Allowed)];
        let resource = |row: &(u32, &Held)| &self.resources[row.0 as usize];
        let cell = |row: &(u32, &Held)| &self.cells[row.1.cell as usize];
        let party = |row: &(u32, &Held)| &self.folder.parties[row.1.party as usize];
        self.required(&mut group, |row| &resource(row).name)?;
        self.required(&mut group, |row| &resource(row).kind)?;
        self.optional(&mut group, |row| resource(row).repository.as_ref())?;
        self.required(&mut group, |row| &cell(row).action)?;
        self.required(&mut group, |row| &party(row).name)?;
        self.required(&mut group, |row| &party(row).kind)?;
        self.optional(&mut group, |row| party(row).account.as_ref())?;
        self.required(&mut group, |row| verdict(cell(row).verdict))?;
        self.optional(&mut group, |row| cell(row).own.map(verdict))?;
        self.optional(&mut group, |row| cell(row).condition.as_ref())?;
        group.close()?;
        self.rows.clear();
        Ok(())
    }

    fn required<'c>(
        &'c self,
        group: &mut SerializedRowGroupWriter<'_, File>,
        value: impl Fn(&(u32, &Held)) -> &'c ByteArray,
    ) -> Result<(), StoreError> {
        self.column(group, |rows, values, _| values.extend(rows.iter().map(|row| value(row).clone())))
    }

    fn optional<'c>(
        &'c self,
        group: &mut SerializedRowGroupWriter<'_, File>,
        value: impl Fn(&(u32, &Held)) -> Option<&'c ByteArray>,
    ) -> Result<(), StoreError> {
        self.column(group, |rows, values, levels| {
            for row in rows {
                let value = value(row);
                levels.push(i16::from(value.is_some()));
                values.extend(value.cloned());
            }
        })
    }

    /// Writes the next column: `tell` is to add the values of rows, and whether there is one, if there need not be.
    fn column(
        &self,
        group: &mut SerializedRowGroupWriter<'_, File>,
        tell: impl Fn(&[(u32, &Held)], &mut Vec<ByteArray>, &mut Vec<i16>),
    ) -> Result<(), StoreError> {
        let missing = || ParquetError::General("there are more columns than the schema tells".to_owned());
        let mut column = group.next_column()?.ok_or_else(missing)?;
        let (mut values, mut levels) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
        for rows in self.rows.chunks(BATCH) {
            values.clear();
            levels.clear();
            tell(rows, &mut values, &mut levels);
            let levels = (!levels.is_empty()).then_some(levels.as_slice());
            column.typed::<ByteArrayType>().write_batch(&values, levels, None)?;
        }
        column.close()?;
        Ok(())
    }
}

/// Texts that many rows share.
#[derive(Default)]
struct Texts(FxHashMap<String, ByteArray>);

impl Texts {
    fn of(&mut self, text: &str) -> ByteArray {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let shared = ByteArray::from(text);
        self.0.insert(text.to_owned(), shared.clone());
        shared
    }
}

fn index(number: usize) -> u32 {
    u32::try_from(number).expect("there are fewer than 2^32 of anything")
}

fn told(path: &Path, error: io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), error }
}
