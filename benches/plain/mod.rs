//! The plain evaluation beside which grantlog is measured: the tests' twin, one complete request at a time.
//!
//! A request is one principal, one action and one repository, with all policies that bear on it, read
//! beforehand. What a request would bring is fixed: an address, no MFA.

use std::collections::HashMap;

use grantlog::catalog::{Catalog, ResourceKind};
use serde_json::{Value, json};

use crate::twin::{Decision, Given, Scenario, Statement, decide, statements};

/// The requests of an organization.
pub(crate) struct Plain {
    /// One for every user and role, without action and repository.
    askers: Vec<Scenario>,
    repositories: Vec<Repository>,
}

/// What requests came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) decided: u64,
    pub(crate) allowed: u64,
}

struct Repository {
    arn: String,
    policy: Vec<Statement>,
    controls: Vec<Vec<Statement>>,
    tags: Vec<(String, String)>,
    actions: Vec<String>,
}

impl Plain {
    /// Reads the files that the generator made.
    pub(crate) fn of(files: &[(String, Vec<u8>)]) -> Self {
        let read = |content: &[u8]| serde_json::from_slice::<Value>(content).expect("the generator writes JSON");
        let (_, organization) = files.iter().find(|(name, _)| name == "organization.json").expect("there is one");
        let organization = read(organization);
        let mut plain = Self { askers: Vec::new(), repositories: Vec::new() };
        for (name, content) in files {
            let Some((account, file)) = name.split_once('/') else { continue };
            let levels = |kind: &str| levels(&organization, account, kind);
            if file == "iam.json" {
                plain.askers.extend(askers(&read(content), &levels("SERVICE_CONTROL_POLICY"), &organization));
            } else {
                plain.repositories.extend(repositories(&read(content), &levels("RESOURCE_CONTROL_POLICY")));
            }
        }
        plain
    }

    /// Decides the actions that are asked of the pairs of principal and repository that are.
    pub(crate) fn decide(&self, pairs: impl Fn(&str, &str) -> bool, actions: impl Fn(&str) -> bool) -> Count {
        let mut count = Count::default();
        for asker in &self.askers {
            for repository in self.repositories.iter().filter(|one| pairs(&asker.principal, &one.arn)) {
                let mut request = repository.asked_by(asker);
                for action in repository.actions.iter().filter(|action| actions(action)) {
                    request.action.clone_from(action);
                    count.decided += 1;
                    count.allowed += u64::from(decide(&request).decision == Decision::Allowed);
                }
            }
        }
        count
    }
}

impl Repository {
    fn asked_by(&self, asker: &Scenario) -> Scenario {
        let mut request = asker.clone();
        request.resource.clone_from(&self.arn);
        request.resource_policy.clone_from(&self.policy);
        request.rcps.clone_from(&self.controls);
        for (key, value) in &self.tags {
            for prefix in ["aws", "ecr", "ecr-public"] {
                request.context.insert(format!("{prefix}:resourcetag/{key}"), Given::One(value.clone()));
            }
        }
        request
    }
}

fn each<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value[field].as_array().into_iter().flatten()
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// The documents at each level above an account, root first.
fn levels(organization: &Value, account: &str, kind: &str) -> Vec<Vec<Value>> {
    let units = each(organization, "organizational_units").chain(each(organization, "accounts"));
    let parents: HashMap<String, String> = units.map(|one| (text(one, "Id"), text(one, "ParentId"))).collect();
    let mut path = vec![account.to_owned()];
    while let Some(parent) = parents.get(&path[path.len() - 1]) {
        path.push(parent.clone());
    }
    let at = |level: &String| {
        let here = each(organization, "policies")
            .filter(|policy| policy["type"] == kind && each(policy, "targets").any(|target| *target == **level));
        here.map(|policy| serde_json::from_str(&text(policy, "content")).expect("it is a document")).collect()
    };
    path.iter().rev().map(at).collect()
}

fn askers(iam: &Value, controls: &[Vec<Value>], organization: &Value) -> Vec<Scenario> {
    let managed: HashMap<String, &Value> = each(iam, "Policies")
        .map(|policy| (text(policy, "Arn"), &policy["PolicyVersionList"][0]["Document"]))
        .collect();
    let attached = |entity: &Value| -> Vec<Value> {
        let arns = each(entity, "AttachedManagedPolicies").map(|one| text(one, "PolicyArn"));
        arns.filter_map(|arn| managed.get(&arn).map(|document| (*document).clone())).collect()
    };
    let groups: HashMap<String, Vec<Value>> =
        each(iam, "GroupDetailList").map(|group| (text(group, "GroupName"), attached(group))).collect();
    let id = organization["roots"][0]["Arn"].as_str().and_then(|arn| arn.split('/').nth(1));
    let asker = |entity: &Value| {
        let inline = each(entity, "UserPolicyList").chain(each(entity, "RolePolicyList"));
        let mut identity: Vec<Value> = inline.map(|policy| policy["PolicyDocument"].clone()).collect();
        identity.extend(attached(entity));
        let of_groups = each(entity, "GroupList").filter_map(|name| groups.get(name.as_str()?));
        identity.extend(of_groups.flatten().cloned());
        let mut context = json!({"aws:SourceIp": "203.0.113.7", "aws:PrincipalOrgID": id});
        for tag in each(entity, "Tags") {
            context[format!("aws:PrincipalTag/{}", text(tag, "Key"))] = tag["Value"].clone();
        }
        let boundary = managed.get(&text(&entity["PermissionsBoundary"], "PermissionsBoundaryArn"));
        let request = json!({
            "principal": entity["Arn"], "action": "", "resource": "", "context": context,
            "identity_policies": identity, "permissions_boundaries": boundary, "service_control_policies": controls,
        });
        Scenario::read(&request).expect("it is a scenario")
    };
    each(iam, "UserDetailList").chain(each(iam, "RoleDetailList")).map(asker).collect()
}

fn repositories(registry: &Value, controls: &[Vec<Value>]) -> Vec<Repository> {
    let controls: Vec<Vec<Statement>> =
        controls.iter().map(|level| level.iter().flat_map(statements).collect()).collect();
    let one = |repository: &Value| {
        let (arn, name) = (text(repository, "repositoryArn"), text(repository, "repositoryName"));
        let service = arn.split(':').nth(2).unwrap_or_default();
        let acts = Catalog::bundled().actions().map(|(_, action)| action);
        let acts = acts.filter(|action| action.service == service && action.on.contains(&ResourceKind::Repository));
        let policy = registry["policies"][&name]["policyText"].as_str();
        let policy = policy.map(|text| serde_json::from_str(text).expect("it is a document"));
        let tags = each(&registry["tags"], &arn).map(|tag| (text(tag, "Key"), text(tag, "Value")));
        Repository {
            policy: policy.iter().flat_map(statements).collect(),
            controls: controls.clone(),
            tags: tags.collect(),
            actions: acts.map(ToString::to_string).collect(),
            arn,
        }
    };
    each(registry, "repositories").map(one).collect()
}
