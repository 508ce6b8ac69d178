//! The organization as the files that people export.

use serde_json::{Map, Value, json};

use super::world::{Account, LEVELS, MANAGEMENT, ORGANIZATION, Principal, REGION, Tags, Tree, World};

/// The statement that allows everything.
pub(crate) fn full_access(named: bool) -> Value {
    let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    if named {
        statement["Principal"] = json!("*");
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

impl World {
    /// All files with their names.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        for account in &self.accounts {
            let number = account.number;
            let mut add = |name: String, content: &Value| files.push((name, content.to_string().into_bytes()));
            if account.exported {
                add(format!("{number}/iam.json"), &iam(account));
            }
            add(format!("{number}/ecr-public.json"), &registry(account, true));
            add(format!("{number}/ecr/{REGION}/repositories.json"), &registry(account, false));
            if let Some((document, first_scope)) = &account.registry {
                let answer = json!({"registryId": number, "policyText": document.to_string()});
                add(format!("{number}/ecr/{REGION}/registry-policy.json"), &answer);
                let scope = if *first_scope { "V1" } else { "V2" };
                let setting = json!({"name": "REGISTRY_POLICY_SCOPE", "value": scope});
                add(format!("{number}/ecr/{REGION}/account-setting.json"), &setting);
            }
        }
        if let Some(tree) = &self.tree {
            files.push(("organization.json".to_owned(), self.organization(tree).to_string().into_bytes()));
        }
        files
    }

    fn organization(&self, tree: &Tree) -> Value {
        let manager = tree.management.and_then(|account| self.accounts.get(account)).map(|account| account.number);
        let manager = manager.unwrap_or(MANAGEMENT);
        let arn = |kind: &str, id: &str| format!("arn:aws:organizations::{manager}:{kind}/{ORGANIZATION}/{id}");
        let mut accounts = Vec::new();
        if manager == MANAGEMENT {
            accounts.push(json!({"Id": manager, "Arn": arn("account", manager), "ParentId": LEVELS[0]}));
        }
        for (place, account) in self.accounts.iter().enumerate() {
            if let Some(parent) = tree.path(place).and_then(<[_]>::last) {
                accounts.push(
                    json!({"Id": account.number, "Arn": arn("account", account.number), "Name": "a", "ParentId": parent}),
                );
            }
        }
        let units: Vec<Value> = (1..LEVELS.len())
            .map(|at| json!({"Id": LEVELS[at], "Arn": arn("ou", LEVELS[at]), "Name": "u", "ParentId": LEVELS[at - 1]}))
            .collect();
        let targets = Tree::targets(&self.accounts);
        let mut policies = Vec::new();
        let mut types = Vec::new();
        for (kind, own, levels, named) in [
            ("SERVICE_CONTROL_POLICY", "p-FullAWSAccess", &tree.service, false),
            ("RESOURCE_CONTROL_POLICY", "p-RCPFullAWSAccess", &tree.resource, true),
        ] {
            let Some(levels) = levels else { continue };
            types.push(json!({"Type": kind, "Status": "ENABLED"}));
            let mut everywhere: Vec<&str> =
                targets.iter().zip(levels).filter(|(_, level)| level.full).map(|(target, _)| *target).collect();
            everywhere.push(MANAGEMENT);
            policies.push(json!({"id": own, "name": own, "type": kind, "targets": everywhere,
                "content": full_access(named).to_string()}));
            for (at, (target, level)) in targets.iter().zip(levels).enumerate() {
                for (number, document) in level.policies.iter().enumerate() {
                    let id = format!("p-{}{at}{number}00000", &kind[..3]).to_lowercase();
                    policies.push(json!({"id": id, "name": id, "type": kind, "targets": [target],
                        "content": document.to_string()}));
                }
            }
        }
        json!({
            "accounts": accounts,
            "roots": [{"Id": LEVELS[0], "Arn": arn("root", LEVELS[0]), "Name": "Root", "PolicyTypes": types}],
            "organizational_units": units,
            "policies": policies,
        })
    }
}

fn tags(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// `get-account-authorization-details`. The first policy of each principal is inline, the others are managed.
fn iam(account: &Account) -> Value {
    let number = account.number;
    let mut managed: Map<String, Value> = Map::new();
    let mut manage = |document: &Value| {
        let text = document.to_string();
        let name = format!("managed-{}", managed.len());
        let arn = managed.iter().find(|(_, known)| known["Text"] == text).map(|(arn, _)| arn.clone());
        arn.unwrap_or_else(|| {
            let arn = format!("arn:aws:iam::{number}:policy/{name}");
            let version = json!({"Document": document, "VersionId": "v1", "IsDefaultVersion": true});
            let policy = json!({"PolicyName": name, "Arn": arn, "Path": "/", "DefaultVersionId": "v1",
                "PolicyVersionList": [version], "Text": text});
            managed.insert(arn.clone(), policy);
            arn
        })
    };
    let mut lists = |policies: &[Value], prefix: &str| {
        let (inline, attached) = policies.split_at(policies.len().min(1));
        let inline: Vec<Value> = inline
            .iter()
            .map(|document| json!({"PolicyName": format!("{prefix}-inline"), "PolicyDocument": document}))
            .collect();
        let attached: Vec<Value> =
            attached.iter().map(|document| json!({"PolicyName": "managed", "PolicyArn": manage(document)})).collect();
        (inline, attached)
    };
    let mut entity = |principal: &Principal| {
        let (inline, attached) = lists(&principal.policies, principal.name);
        json!({"Path": principal.path, "Arn": principal.arn(number), "AttachedManagedPolicies": attached,
            "Tags": tags(&principal.tags), "Inline": inline})
    };
    let mut users: Vec<Value> = Vec::new();
    for user in &account.users {
        let mut one = entity(user);
        one["UserName"] = json!(user.name);
        one["UserId"] = json!(user.id(number));
        one["UserPolicyList"] = one["Inline"].take();
        one["GroupList"] = user.groups.iter().map(|group| json!(format!("group-{group}"))).collect();
        users.push(one);
    }
    let mut roles: Vec<Value> = Vec::new();
    for role in &account.roles {
        let mut one = entity(role);
        one["RoleName"] = json!(role.name);
        one["RoleId"] = json!(role.id(number));
        one["RolePolicyList"] = one["Inline"].take();
        one["AssumeRolePolicyDocument"] = role.trust.clone().unwrap_or_default();
        roles.push(one);
    }
    let mut groups: Vec<Value> = Vec::new();
    for (at, policies) in account.groups.iter().enumerate() {
        let (inline, attached) = lists(policies, "group");
        groups.push(json!({"Path": "/", "GroupName": format!("group-{at}"),
            "Arn": format!("arn:aws:iam::{number}:group/group-{at}"),
            "GroupPolicyList": inline, "AttachedManagedPolicies": attached}));
    }
    for (exported, principal) in users.iter_mut().zip(&account.users).chain(roles.iter_mut().zip(&account.roles)) {
        if let Some(boundary) = &principal.boundary {
            exported["PermissionsBoundary"] = json!({"PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": manage(boundary)});
        }
    }
    let policies: Vec<Value> = managed.into_iter().map(|(_, policy)| policy).collect();
    json!({"UserDetailList": users, "RoleDetailList": roles, "GroupDetailList": groups, "Policies": policies})
}

/// One registry in one file.
fn registry(account: &Account, public: bool) -> Value {
    let number = account.number;
    let own = || account.repositories.iter().filter(|repository| repository.public == public);
    let repositories: Vec<Value> = own()
        .map(|repository| {
            json!({"repositoryArn": repository.arn(number), "registryId": number, "repositoryName": repository.name})
        })
        .collect();
    let mut policies = Map::new();
    let mut tagged = Map::new();
    for repository in own() {
        if let Some(policy) = &repository.policy {
            let answer =
                json!({"registryId": number, "repositoryName": repository.name, "policyText": policy.to_string()});
            policies.insert(repository.name.to_owned(), answer);
        }
        tagged.insert(repository.arn(number), tags(&repository.tags));
    }
    json!({"repositories": repositories, "policies": policies, "tags": tagged})
}
