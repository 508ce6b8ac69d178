//! The rows that programs read: documented, and stable.

use serde::{Serialize, Serializer};

use crate::condition::Formula;
use crate::query::{Citation, Demand, Row};

/// A row of an answer as JSON.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    principal: &'a str,
    kind: &'a str,
    account: Option<&'a str>,
    action: &'a str,
    resource: &'a str,
    verdict: &'static str,
    residual: Option<&'a str>,
    /// Each key with the list of its values; an empty list says that the key is absent.
    witness: Option<Witness<'a>>,
    routes: Vec<RouteRecord<'a>>,
    incomplete: &'a [String],
    doubts: &'a [String],
}

#[derive(Debug, Serialize)]
struct RouteRecord<'a> {
    through: &'a [String],
    /// What each request along this way asks for.
    conditions: Vec<DemandRecord<'a>>,
    statements: Vec<StatementRecord<'a>>,
}

/// What a request asks for, as a tree and as an example.
#[derive(Debug, Serialize)]
struct DemandRecord<'a> {
    /// The role that the request is to become; null for the permission itself.
    r#become: Option<&'a str>,
    condition: Option<&'a Formula>,
    witness: Option<Witness<'a>>,
}

impl<'a> From<&'a Demand> for DemandRecord<'a> {
    fn from(demand: &'a Demand) -> Self {
        Self {
            r#become: demand.role.as_deref(),
            condition: demand.formula.as_ref(),
            witness: demand.witness.as_deref().map(Witness),
        }
    }
}

/// A statement as JSON: where to find it.
#[derive(Debug, Serialize)]
pub(super) struct StatementRecord<'a> {
    policy: &'a str,
    sid: Option<&'a str>,
    file: &'a str,
    line: usize,
}

impl<'a> From<&'a Row> for Record<'a> {
    fn from(row: &'a Row) -> Self {
        let routes = row.routes.iter().map(|route| RouteRecord {
            through: &route.through,
            conditions: route.demands.iter().map(DemandRecord::from).collect(),
            statements: route.statements.iter().map(StatementRecord::from).collect(),
        });
        Self {
            principal: &row.principal,
            kind: row.kind,
            account: row.account.as_deref(),
            action: &row.action,
            resource: &row.resource,
            verdict: row.verdict.as_str(),
            residual: row.residual.as_deref(),
            witness: row.witness.as_deref().map(Witness),
            routes: routes.collect(),
            incomplete: &row.incomplete,
            doubts: &row.doubts,
        }
    }
}

impl<'a> From<&'a Citation> for StatementRecord<'a> {
    fn from(citation: &'a Citation) -> Self {
        let Citation { policy, sid, file, line, .. } = citation;
        Self { policy, sid: sid.as_deref(), file, line: *line }
    }
}

/// A request's context as an object.
#[derive(Debug)]
pub(super) struct Witness<'a>(pub(super) &'a [(String, Vec<String>)]);

impl Serialize for Witness<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, values)| (key, values)))
    }
}
