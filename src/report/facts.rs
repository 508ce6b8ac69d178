//! The lowered facts as sheets: one a relation, readable, with the account whose shard they are in.

use std::fmt::Debug;

use super::Sheet;
use crate::engine::{Kind, Relations, RequesterId, Shard};
use crate::ids::{Id as _, PrincipalAtom};

/// Every relation that the rules are given, and the tables that lead back from their ids.
#[must_use]
pub fn facts(relations: &Relations<'_>) -> Vec<Sheet> {
    let mut sheets = Sheets::default();
    for &account in relations.inventory().accounts.keys() {
        let shard = relations.shard(account, Kind::Registries);
        sheets.tables(relations, &account.to_string(), &shard);
        sheets.relations(&account.to_string(), &shard);
    }
    sheets.0
}

#[derive(Default)]
struct Sheets(Vec<Sheet>);

/// A tuple as the texts of its columns.
trait Tuple {
    fn texts(&self) -> Vec<String>;
}

macro_rules! tuples {
    ($($($name:ident)+;)+) => {$(
        impl<$($name: Debug),+> Tuple for ($($name,)+) {
            #[expect(non_snake_case, reason = "each variable is called as its type")]
            fn texts(&self) -> Vec<String> {
                let ($($name,)+) = self;
                vec![$(format!("{:?}", $name)),+]
            }
        }
    )+};
}
tuples! { A; A B; A B C; A B C D; }

impl Sheets {
    fn add(
        &mut self,
        relation: &str,
        columns: &[&'static str],
        account: &str,
        rows: impl Iterator<Item = Vec<String>>,
    ) {
        let known = self.0.iter().position(|sheet| sheet.title == relation);
        let sheet = if let Some(known) = known {
            &mut self.0[known]
        } else {
            let columns: Vec<&'static str> = std::iter::once("shard").chain(columns.iter().copied()).collect();
            self.0.push(Sheet::new(relation, &columns));
            self.0.last_mut().expect("a sheet was pushed")
        };
        sheet.rows.extend(rows.map(|row| {
            let texts = std::iter::once(account.to_owned()).chain(row);
            texts.map(super::Value::from).collect()
        }));
    }

    fn tuples<T: Tuple>(&mut self, relation: &str, columns: &[&'static str], account: &str, rows: &[T]) {
        self.add(relation, columns, account, rows.iter().map(Tuple::texts));
    }

    /// What the ids stand for.
    fn tables(&mut self, relations: &Relations<'_>, account: &str, shard: &Shard) {
        let facts = &shard.facts;
        let principal = |atom: PrincipalAtom, member: RequesterId| {
            let first = relations.requester(shard.first_like(member)).name.to_string();
            vec![format!("{atom:?}"), relations.requester(member).name.to_string(), first]
        };
        let members = |atom| shard.members(atom).into_iter().map(move |member| principal(atom, member));
        let principals = facts.principals.ids().flat_map(members);
        // The facts are about one of those who are alike: `told_of`.
        self.add("principal_atom", &["principal", "member", "told_of"], account, principals);
        let actions = facts.actions.iter().flat_map(|(atom, of)| {
            of.iter().map(move |&member| vec![format!("{atom:?}"), shard.actions[member].to_string()])
        });
        self.add("action_atom", &["action", "member"], account, actions);
        let resources = facts.resources.iter().flat_map(|(atom, of)| {
            of.iter().map(move |&member| vec![format!("{atom:?}"), shard.resources[member].name.clone()])
        });
        self.add("resource_atom", &["resource", "member"], account, resources);
        let statements = facts.statements.iter().map(|(id, key)| vec![format!("{id:?}"), format!("{:?}", key.source)]);
        self.add("statement", &["statement", "source"], account, statements);
        let guards = (0..facts.guards.len()).map(crate::ids::GuardId::new);
        let guards = guards.map(|id| vec![format!("{id:?}"), format!("{:?}", facts.guards.literals(id))]);
        self.add("guard", &["guard", "tests"], account, guards);
    }

    fn relations(&mut self, account: &str, shard: &Shard) {
        let rows = &shard.facts.rows;
        let single = |column: &[crate::ids::ActionAtom]| column.iter().map(|&atom| (atom,)).collect::<Vec<_>>();
        self.tuples("principal_in", &["principal", "account"], account, &rows.principal_in);
        self.tuples("resource_in", &["resource", "account"], account, &rows.resource_in);
        self.tuples("like", &["resource", "as"], account, &rows.like);
        let bears: Vec<_> = rows.bears.iter().map(|&resource| (resource,)).collect();
        self.tuples("bears", &["resource"], account, &bears);
        self.tuples("holds", &["statement", "resource"], account, &rows.holds);
        self.tuples("concerns", &["action", "resource"], account, &rows.concerns);
        self.tuples("is", &["principal", "what"], account, &rows.flags);
        self.tuples("unsigned_action", &["action"], account, &single(&rows.unsigned_actions));
        self.tuples("unconditional_action", &["action"], account, &single(&rows.unconditional));
        self.tuples("trust_action", &["action"], account, &single(&rows.trust_actions));
        self.tuples("resource_controlled", &["action"], account, &single(&rows.resource_controlled));
        self.tuples("perhaps_controlled", &["action", "guard"], account, &rows.perhaps_controlled);
        self.tuples("perhaps_unbounded", &["action", "guard"], account, &rows.perhaps_unbounded);
        self.tuples("by_token", &["action"], account, &single(&rows.by_token));
        let management: Vec<_> = rows.management.iter().map(|&own| (own,)).collect();
        self.tuples("management", &["account"], account, &management);
        self.tuples("levels", &["control", "account", "count"], account, &rows.levels);
        self.tuples("effect", &["statement", "effect"], account, &rows.effects);
        self.tuples("applies", &["layer", "statement", "principal", "guard"], account, &rows.applies);
        self.tuples("names", &["statement", "principal", "how", "guard"], account, &rows.names);
        self.tuples("excepts", &["statement", "principal", "guard"], account, &rows.excepts);
        self.tuples("spares", &["statement", "principal"], account, &rows.spares);
        self.tuples("touches", &["statement", "principal", "guard"], account, &rows.touches);
        let blanket: Vec<_> = rows.blanket.iter().map(|&statement| (statement,)).collect();
        self.tuples("blanket", &["statement"], account, &blanket);
        self.tuples("acts_on", &["statement", "action", "guard"], account, &rows.acts_on);
        self.tuples("reaches", &["statement", "resource", "guard"], account, &rows.reaches);
        self.tuples("attached_at", &["control", "statement", "level", "account"], account, &rows.attached_at);
    }
}

/// All relations in one sheet, a tuple a row: for programs, which want one shape.
#[must_use]
pub fn joined(sheets: &[Sheet]) -> Sheet {
    let mut all = Sheet::new("facts", &["relation", "shard", "tuple"]);
    for sheet in sheets {
        for row in &sheet.rows {
            let Some((shard, tuple)) = row.split_first() else { continue };
            let texts: Vec<String> = tuple.iter().map(super::Value::text).collect();
            all.rows.push(vec![sheet.title.clone().into(), shard.clone(), texts.into()]);
        }
    }
    all
}

/// A sheet as a Souffle `.facts` file: columns between tabs, no header.
#[must_use]
pub fn souffle(sheet: &Sheet) -> String {
    let mut text = String::new();
    for row in &sheet.rows {
        let cells: Vec<String> = row.iter().map(|value| super::terminal::clean(&value.text()).into_owned()).collect();
        text.push_str(&cells.join("\t"));
        text.push('\n');
    }
    text
}
