//! The context of a request: what is given, and what the request itself implies (section D).

use std::collections::BTreeMap;

use super::matching::{Letter, letters};
use super::requester::{Kind, Requester};
use super::scenario::{Given, Scenario};

/// Keys that hold lists by their definition (S1).
const LISTS: [&str; 10] = [
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:tagkeys",
    "aws:vpceorgpaths",
    "sts:identitytokenaudience",
    "sts:requestcontextproviders",
    "sts:transitivetagkeys",
];

/// The keys of a request; what is not here is absent.
pub(super) struct Context {
    keys: BTreeMap<String, Given>,
    /// The account of the resource, or of the requester where there is none (E22).
    pub(super) resource_account: Option<String>,
    service: String,
    has_resource: bool,
}

impl Context {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let requester = Requester::of(scenario);
        let parts: Vec<&str> = scenario.resource.splitn(6, ':').collect();
        let in_arn = parts.get(4).filter(|account| !account.is_empty()).map(|&account| account.to_owned());
        let resource_account = scenario.resource_account.clone().or(in_arn).or_else(|| requester.account.clone());
        let mut context = Self {
            keys: scenario.context.clone(),
            resource_account,
            service: scenario.service(),
            has_resource: scenario.resource != "*",
        };
        context.imply_principal(&requester, &scenario.principal);
        if let Some(account) = context.resource_account.clone() {
            context.imply("aws:ResourceAccount", &account); // D18
        }
        match (&*scenario.service(), parts.get(3)) {
            ("ecr-public" | "iam" | "sts", _) => context.imply("aws:RequestedRegion", "us-east-1"),
            (_, Some(region)) if !region.is_empty() => context.imply("aws:RequestedRegion", region),
            _ => {}
        } // D22
        context.imply("aws:SecureTransport", "true"); // D23
        context
    }

    /// D1, D2, D6 to D10.
    fn imply_principal(&mut self, requester: &Requester, name: &str) {
        if let Some(arn) = &requester.principal_arn {
            self.imply("aws:PrincipalArn", arn);
        }
        if let Some(account) = &requester.account {
            self.imply("aws:PrincipalAccount", account);
            self.imply("aws:PrincipalIsAWSService", "false");
        }
        let last = name.rsplit('/').next().unwrap_or_default();
        match requester.kind {
            Kind::User => {
                self.imply("aws:PrincipalType", "User");
                self.imply("aws:username", last);
            }
            Kind::Session => {
                self.imply("aws:PrincipalType", "AssumedRole");
                self.imply("aws:TokenIssueTime", ""); // D12: it is there, whichever it is
            }
            Kind::Federated => {
                let account = requester.account.clone().unwrap_or_default();
                self.imply("aws:PrincipalType", "FederatedUser");
                self.imply("aws:TokenIssueTime", "");
                self.imply("aws:userid", &format!("{account}:{last}"));
            }
            Kind::Root => {
                self.imply("aws:PrincipalType", "Account");
                self.imply("aws:userid", &requester.account.clone().unwrap_or_default());
            }
            Kind::Service => {
                self.imply("aws:PrincipalIsAWSService", "true");
                self.imply("aws:PrincipalServiceName", name);
                self.imply("aws:PrincipalServiceNamesList", name);
            }
            Kind::Anonymous => {
                self.imply("aws:PrincipalType", "Anonymous");
                self.imply("aws:PrincipalAccount", "anonymous");
                self.imply("aws:userid", "anonymous");
            }
        }
    }

    /// What is given stands.
    fn imply(&mut self, key: &str, value: &str) {
        self.keys.entry(key.to_lowercase()).or_insert_with(|| Given::One(value.to_owned()));
    }

    /// The values of a key, its name without regard to case (C5); none: it is absent.
    pub(super) fn values(&self, key: &str) -> &[String] {
        match self.keys.get(&key.to_lowercase()) {
            None => &[],
            Some(Given::One(value)) => std::slice::from_ref(value),
            Some(Given::Many(values)) => values,
        }
    }

    /// Whether a key holds a list.
    pub(super) fn is_list(&self, key: &str) -> bool {
        let key = key.to_lowercase();
        LISTS.contains(&&*key) || matches!(self.keys.get(&key), Some(Given::Many(_)))
    }

    /// The uncertain rule that stands behind the value of a key, if one does.
    pub(super) fn doubt(&self, key: &str) -> Option<&'static str> {
        let key = key.to_lowercase();
        if let Some(tag) = key.strip_prefix("ecr:resourcetag/") {
            let is_tagged = !self.values(&format!("aws:ResourceTag/{tag}")).is_empty();
            return (self.service == "ecr-public" && is_tagged).then_some("K67");
        }
        match &*key {
            "aws:requestedregion" if ["ecr-public", "sts"].contains(&&*self.service) => Some("Z10"),
            "aws:resourceaccount" | "aws:resourceorgid" | "aws:resourceorgpaths" if !self.has_resource => Some("Z9"),
            "aws:securetransport" => Some("K51"),
            _ => None,
        }
    }

    /// The uncertain rules that stand behind the variables of a text.
    pub(super) fn doubts_of_variables(&self, text: &str) -> Vec<&'static str> {
        let names = text.split("${").skip(1).filter_map(|rest| rest.split(['}', ',']).next());
        names.filter_map(|name| self.doubt(name)).collect()
    }

    /// V1 to V17: the letters of a value with its variables replaced; `None` if one of them has no value.
    pub(super) fn expand(&self, text: &str, variables: bool) -> Option<Vec<Letter>> {
        let mut expanded = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find("${").filter(|_| variables) {
            let Some(end) = rest[at..].find('}') else { break };
            expanded.extend(letters(&rest[..at]));
            let value = self.variable(&rest[at + 2..at + end])?;
            expanded.extend(value.chars().map(|character| Letter { character, written: false }));
            rest = &rest[at + end + 1..];
        }
        expanded.extend(letters(rest));
        Some(expanded)
    }

    /// V5: in a resource, variables stand only behind the fifth colon.
    pub(super) fn expand_resource(&self, text: &str, variables: bool) -> Option<Vec<Letter>> {
        if variables && Self::is_misplaced(text) { None } else { self.expand(text, variables) }
    }

    /// Whether a variable stands before the fifth colon.
    pub(super) fn is_misplaced(text: &str) -> bool {
        // The components of the pattern, not of what stands between braces.
        let mut outside = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            let Some((name, after)) = behind.split_once('}') else { break };
            let is_escape = ["*", "?", "$"].contains(&name);
            outside.push_str(before);
            if !is_escape && outside.matches(':').count() < 5 {
                return true;
            }
            rest = after;
        }
        false
    }

    fn variable(&self, name: &str) -> Option<String> {
        if ["*", "?", "$"].contains(&name) {
            return Some(name.to_owned()); // V8
        }
        let (key, default) = match name.split_once(", ") {
            Some((key, default)) => (key, Some(default)),
            None => (name, None),
        };
        let default = default.and_then(|text| text.strip_prefix('\'')).and_then(|text| text.strip_suffix('\''));
        let value = self.values(key).first().filter(|_| !self.is_list(key)); // V17
        value.cloned().or_else(|| default.map(str::to_owned)) // V9
    }
}
