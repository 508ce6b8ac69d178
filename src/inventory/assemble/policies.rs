//! Documents, parsed once for each distinct text, and the managed policies that ARNs stand for.

use std::sync::Arc;

use super::Assembler;
use super::documents::Told;
use crate::ids::{DocumentId, GapId, PolicyId};
use crate::inventory::bundled;
use crate::inventory::world::{GapKind, Policy};
use crate::policy::{AccountId, Arn, Diagnostic, Document, Encoding, Place, PolicyError, PolicyKind, Severity, Span};

impl Assembler {
    pub(super) fn policy(
        &mut self,
        name: String,
        kind: PolicyKind,
        place: Place,
        account: Option<AccountId>,
    ) -> PolicyId {
        let (document, rejected) = self.document(kind, place, account);
        let gap = rejected.then(|| {
            let message = format!("a part of {name} cannot be read as AWS would read it");
            self.gap(GapKind::Unreadable, account, message)
        });
        self.world.policies.push(Policy { name, kind, document, place, bundled: false, gap })
    }

    /// The document at a place, parsed once for each distinct text; and whether AWS would reject it.
    pub(super) fn document(
        &mut self,
        kind: PolicyKind,
        place: Place,
        account: Option<AccountId>,
    ) -> (DocumentId, bool) {
        let (text, told) = self.texts.ask(&self.world.sources, kind, place);
        let parsed = match told {
            Told::Known(document, rejected) => return (document, rejected),
            Told::New(parsed) => parsed,
        };
        let (document, rejected) = if let Some(parsed) = parsed {
            let rejected = parsed.is_rejected();
            let sources = &self.world.sources;
            let found = parsed.problems.iter().map(|problem| problem.at(sources, place, account));
            self.world.diagnostics.extend(found);
            (parsed.document, rejected)
        } else {
            let error = PolicyError::Encoding;
            self.world.diagnostics.push(Diagnostic {
                severity: Severity::Error,
                message: error.to_string(),
                hint: error.hint(),
                place: Some(self.world.sources.origin(place.file, place.span)),
                account,
            });
            (Document::default(), true)
        };
        let id = Arc::make_mut(&mut self.world.documents).push(Arc::new(document));
        self.texts.number(text, id, rejected);
        (id, rejected)
    }

    /// A managed policy by its ARN: from the export, else the bundled copy, else a gap.
    pub(super) fn managed(&mut self, arn: &str, account: AccountId, as_boundary: bool) -> Result<PolicyId, GapId> {
        if let Some(&known) = self.managed_policies.get(arn) {
            return Ok(known);
        }
        let missing = if as_boundary { &self.missing_boundaries } else { &self.missing_policies };
        if let Some(&gap) = missing.get(arn) {
            return Err(gap);
        }
        let exported = self.managed.get(arn).copied().flatten().or_else(|| self.version(arn));
        let found = match exported {
            Some(place) => {
                let owner = Arn::parse(arn).and_then(|arn| arn.account());
                Ok(self.policy(arn.to_owned(), PolicyKind::Identity, place, owner))
            }
            None => match bundled::find(arn) {
                Some(bundled) => {
                    let part = if bundled.partial { ", as far as it concerns registries," } else { "" };
                    self.note(format!(
                        "{arn} is not in the export; its bundled copy{part} is used ({})",
                        bundled.version
                    ));
                    Ok(self.bundled(arn, PolicyKind::Identity, bundled))
                }
                None if bundled::is_aws_managed(arn) && !as_boundary => {
                    let message =
                        format!("{arn} is not in the export; as far as known it has nothing to do with registries");
                    self.note(message.clone());
                    Err(self.gap(GapKind::AwsManagedPolicy, None, message))
                }
                None if as_boundary => {
                    let message = format!("the boundary {arn} is not in the export");
                    Err(self.gap(GapKind::Boundary, Some(account), message))
                }
                None => {
                    let message = format!("the attached policy {arn} is not in the export");
                    Err(self.gap(GapKind::AttachedPolicy, Some(account), message))
                }
            },
        };
        // The same ARN may be missing as a boundary and as a policy: two gaps.
        match found {
            Ok(policy) => drop(self.managed_policies.insert(arn.to_owned(), policy)),
            Err(gap) if as_boundary => drop(self.missing_boundaries.insert(arn.to_owned(), gap)),
            Err(gap) => drop(self.missing_policies.insert(arn.to_owned(), gap)),
        }
        found
    }

    pub(super) fn bundled(&mut self, name: &str, kind: PolicyKind, bundled: &bundled::Bundled) -> PolicyId {
        let text = bundled.document.get();
        let file = self.world.sources.add(format!("bundled copy of {name}"), text);
        let place = Place { file, span: Span::new(0, text.len()), encoding: Encoding::Object };
        let id = self.policy(name.to_owned(), kind, place, None);
        if let Some(policy) = self.world.policies.get_mut(id) {
            policy.bundled = true;
        }
        id
    }

    pub(super) fn attached(&mut self, arns: &[String], account: AccountId) -> (Vec<PolicyId>, Vec<GapId>) {
        let (mut policies, mut gaps) = (Vec::new(), Vec::new());
        for arn in arns {
            match self.managed(arn, account, false) {
                Ok(policy) => policies.push(policy),
                Err(gap) => gaps.push(gap),
            }
        }
        (policies, gaps)
    }

    /// A version of the policy that was exported by itself: names are unique in an account, whatever the path.
    fn version(&self, arn: &str) -> Option<Place> {
        if self.versions.is_empty() {
            return None;
        }
        let arn = Arn::parse(arn)?;
        self.versions.get(&(arn.account()?, arn.name().to_owned())).copied()
    }
}
