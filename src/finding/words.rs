//! What is said of a statement that deserves a look by itself.

use super::Finding;
use super::clause::{Clause, service};
use super::edit::Mend;
use crate::catalog::Catalog;
use crate::condition::near_key;
use crate::policy::{Condition, Effect, PrincipalName, Span, near};
use crate::rules::finding::Part;
use crate::rules::finding::document::Service;

/// What is said, and where.
pub(super) struct Told {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) span: Span,
    pub(super) mend: Mend,
}

const REGISTRIES: [(Service, &str, &str); 2] =
    [(Service::Public, "ecr-public", "Amazon ECR Public"), (Service::Private, "ecr", "Amazon ECR")];

impl Clause<'_> {
    /// What a finding about a part of the statement says.
    pub(super) fn told(&self, finding: Finding, part: Part) -> Told {
        let statement = self.statement;
        let at = |number: u32| number as usize;
        match part {
            Part::Whole => self.told_of_whole(finding),
            Part::Action(number) => {
                let entry = &statement.actions.entries[at(number)];
                told_of_action(finding, entry.value.as_str(), self, entry.span)
            }
            Part::Resource(number) => {
                let element = statement.resources.as_ref().expect("a part of a statement is there");
                let entry = &element.entries[at(number)];
                told_of_resource(finding, entry.value.0.as_str(), entry.span)
            }
            Part::Principal(number) => {
                let element = statement.principals.as_ref().expect("a part of a statement is there");
                let entry = &element.entries[at(number)];
                told_of_principal(finding, &entry.value, entry.span)
            }
            Part::Condition(number) => told_of_condition(finding, &statement.conditions[at(number)], statement.effect),
        }
    }

    fn told_of_whole(&self, finding: Finding) -> Told {
        let (message, hint) = match finding {
            Finding::MatchesNothing => {
                let listed = self.statement.resources.iter().flat_map(|element| &element.entries);
                let listed: Vec<String> = listed.map(|entry| format!("`{}`", entry.value.0.as_str())).collect();
                (format!("no repository is matched by {}", listed.join(", ")), "remove the statement, or mend the ARN")
            }
            Finding::NeverHolds => (
                "its conditions hold in no request: the statement never applies".to_owned(),
                "remove the statement, or mend the conditions; all of them must hold together",
            ),
            Finding::AllowNotPrincipal => {
                ("everyone is allowed who is not listed".to_owned(), "list those who are to be allowed as `Principal`")
            }
            _ => (
                "every action of every service is allowed that is not listed".to_owned(),
                "list the actions that are needed as `Action`",
            ),
        };
        let mend = if finding == Finding::MatchesNothing { Mend::Remove } else { Mend::Nothing };
        Told { message, hint: Some(hint.to_owned()), span: self.statement.span, mend }
    }
}

/// The action of this name that a registry has.
fn existing(prefix: &str, name: &str) -> Option<String> {
    let catalog = Catalog::bundled();
    let id = catalog.find(&format!("{prefix}:{name}"))?;
    Some(catalog.action(id).to_string())
}

fn told_of_action(finding: Finding, text: &str, clause: &Clause<'_>, span: Span) -> Told {
    let name = text.split_once(':').map_or(text, |(_, name)| name);
    let own = service(
        &clause.statement.actions.entries.iter().find(|entry| entry.span == span).expect("it is an entry").value,
    );
    let [(_, _, title), (_, other_prefix, other_title)] = match own {
        Some(Service::Private) => [REGISTRIES[1], REGISTRIES[0]],
        _ => REGISTRIES,
    };
    let (message, hint, mend) = match finding {
        Finding::WrongRegistry => {
            let hung = if own == Some(Service::Private) { "a public" } else { "a private" };
            let message = format!("`{text}` is an action of {title}, and the policy hangs on {hung} repository");
            match existing(other_prefix, name) {
                Some(other) => (message, format!("write `{other}`"), Mend::Rewrite(other)),
                None => (
                    message,
                    format!("remove it; it does nothing here, and {other_title} has no such action"),
                    Mend::Remove,
                ),
            }
        }
        Finding::UnknownAction => {
            let message = format!("{title} has no action `{text}`");
            let of_own = Catalog::bundled().actions().map(|(_, action)| action.to_string());
            let of_own: Vec<String> = of_own.filter(|one| one.split(':').next() == text.split(':').next()).collect();
            let of_own: Vec<&str> = of_own.iter().map(String::as_str).collect();
            match (near(text, &of_own), existing(other_prefix, name)) {
                (Some(near), _) => (message, format!("did you mean `{near}`?"), Mend::Rewrite(near.to_owned())),
                (None, Some(other)) => (message, format!("{other_title} has: `{other}`"), Mend::Nothing),
                (None, None) => {
                    (message, "remove it, or look it up in the list of the service's actions".to_owned(), Mend::Nothing)
                }
            }
        }
        Finding::PullDeniedOnPublic => (
            format!("denying `{text}` has no effect: anyone can pull from a public repository"),
            "keep the images in a private repository, if not everybody shall have them".to_owned(),
            Mend::Remove,
        ),
        Finding::TokenOnResource => (
            format!(
                "`{text}` has no resource, and is allowed on some resources only: nobody gets it by this statement"
            ),
            "allow it in a statement of its own with `\"Resource\": \"*\"`".to_owned(),
            Mend::Nothing,
        ),
        _ => (
            format!("`{text}` cannot be given by the policy of a repository"),
            "allow it in an identity policy, with `\"Resource\": \"*\"`".to_owned(),
            Mend::Remove,
        ),
    };
    Told { message, hint: Some(hint), span, mend }
}

fn told_of_resource(finding: Finding, text: &str, span: Span) -> Told {
    if finding == Finding::VariableInOldVersion {
        return told_of_variable(text, span);
    }
    if finding == Finding::OnlyCallerSide {
        return Told {
            message: format!("`{text}` is of another account, and no policy there lets anybody in who has this one"),
            hint: Some("let them in by the policy of the repository, or remove the entry".to_owned()),
            span,
            mend: Mend::Nothing,
        };
    }
    let mut parts: Vec<&str> = text.splitn(6, ':').collect();
    if let Some(region) = parts.get_mut(3) {
        *region = "";
    }
    let without = parts.join(":");
    Told {
        message: format!("`{text}` has a region, and matches nothing: public registries have none in their ARNs"),
        hint: Some(format!("write `{without}`")),
        span,
        mend: Mend::Rewrite(without),
    }
}

fn told_of_variable(text: &str, span: Span) -> Told {
    Told {
        message: format!("the variable in `{text}` is plain text in a document of version 2008-10-17, or without one"),
        hint: Some("write `\"Version\": \"2012-10-17\"` at the head of the document".to_owned()),
        span,
        mend: Mend::Renew,
    }
}

fn told_of_principal(finding: Finding, named: &PrincipalName, span: Span) -> Told {
    let text = named.as_text();
    let (message, hint, mend) = match finding {
        Finding::MalformedPrincipal => {
            let message = format!("`{text}` is no principal, and names nobody");
            match text.strip_suffix(":*").map(|account| format!("{account}:root")) {
                Some(root) => (message, format!("name the whole account as `{root}`"), Mend::Rewrite(root)),
                None => (
                    message,
                    "name an account, or the whole ARN of a user, a role or a session; for many of them test \
                     `aws:PrincipalArn` in a condition"
                        .to_owned(),
                    Mend::Remove,
                ),
            }
        }
        Finding::OnlyResourceSide => (
            format!("`{text}` is let in, and no policy on that side allows anything here"),
            "allow it there as well, or remove the entry".to_owned(),
            Mend::Remove,
        ),
        Finding::DeletedPrincipal if matches!(named, PrincipalName::UniqueId(_)) => (
            format!("`{text}` is the unique id of somebody who is not in the input: deleted, or of another account"),
            "remove it, or name the one who shall be allowed by its ARN".to_owned(),
            Mend::Remove,
        ),
        Finding::DeletedPrincipal => (
            format!("`{text}` does not exist"),
            "remove it, or create it before somebody else does".to_owned(),
            Mend::Remove,
        ),
        _ => (
            format!("`{text}` is let in for whomever it acts: the resource of any customer can make it come"),
            "add a condition on `aws:SourceArn` or `aws:SourceAccount`".to_owned(),
            Mend::Nothing,
        ),
    };
    Told { message, hint: Some(hint), span, mend }
}

fn told_of_condition(finding: Finding, condition: &Condition, effect: Effect) -> Told {
    let key = &condition.key.value;
    let values: Vec<&str> = condition.values.iter().map(|value| value.value.as_str()).collect();
    let written = format!("`{} {key} {}`", condition.operator.value, values.join(", "));
    let (message, hint, mend) = match finding {
        Finding::VariableInOldVersion => {
            let text = values.iter().find(|value| value.contains("${")).copied().unwrap_or_default();
            return told_of_variable(text, condition.values.first().map_or(condition.key.span, |value| value.span));
        }
        Finding::UnknownKey => {
            let message = format!("there is no condition key `{key}`: in every request it is absent");
            match near_key(key) {
                Some(near) => (message, format!("did you mean `{near}`?"), Mend::Rename(near.to_owned())),
                None => (message, "look it up in the list of global condition keys".to_owned(), Mend::Nothing),
            }
        }
        Finding::RegionShutOut if effect == Effect::Deny => (
            format!("{written} holds in us-east-1, where all public registries are asked: they are denied"),
            "let us-east-1 through, or leave `ecr-public:*` and `sts:GetServiceBearerToken` out with `NotAction`"
                .to_owned(),
            Mend::Nothing,
        ),
        Finding::RegionShutOut => (
            format!(
                "{written} does not hold in us-east-1, where all public registries are asked: nothing of it is allowed"
            ),
            "add us-east-1, or allow the actions of `ecr-public` without the condition".to_owned(),
            Mend::Nothing,
        ),
        _ => (
            format!("{written} holds in every request, and asks for nothing"),
            "remove it, or write what it was meant to ask for".to_owned(),
            Mend::Nothing,
        ),
    };
    Told { message, hint: Some(hint), span: condition.key.span, mend }
}
