//! Who asks, what is asked, and about what: read off the texts of a scenario.

use super::ScenarioError;
use super::form::{OneOrMany, Scenario};
use crate::catalog::{Action, Catalog, ResourceKind};
use crate::lower::{Organizational, PrincipalView, RequesterKind, ResourceView, SessionTags};
use crate::policy::{AccountId, Arn};

/// The requester, by what its text tells.
pub(super) fn principal(text: &str, scenario: &Scenario<'_>) -> Result<PrincipalView, ScenarioError> {
    let unknown = || ScenarioError::Principal(text.to_owned());
    let asks_for_session = ["sts:assumerolewithwebidentity", "sts:assumerolewithsaml"];
    let by_provider = asks_for_session.contains(&scenario.action.to_ascii_lowercase().as_str());
    if text == "anonymous" {
        let kind = if by_provider { RequesterKind::Provider } else { RequesterKind::Anonymous };
        return Ok(PrincipalView::new(kind));
    }
    let Some(arn) = Arn::parse(text) else {
        if by_provider {
            return Ok(PrincipalView { name: Some(text.to_owned()), ..PrincipalView::new(RequesterKind::Provider) });
        }
        if text.contains('.') && !text.contains(char::is_whitespace) {
            return Ok(PrincipalView { name: Some(text.to_owned()), ..PrincipalView::new(RequesterKind::Service) });
        }
        return Err(unknown());
    };
    let (service, resource) = (arn.service().to_owned(), arn.resource().to_owned());
    if by_provider && resource.contains("-provider/") {
        return Ok(PrincipalView { name: Some(text.to_owned()), ..PrincipalView::new(RequesterKind::Provider) });
    }
    let account = Some(arn.account().ok_or_else(unknown)?);
    let base =
        |kind| PrincipalView { account, tags: SessionTags::Unknown, source_identity: true, ..PrincipalView::new(kind) };
    let parts: Vec<&str> = resource.split('/').collect();
    Ok(match (service.as_str(), parts.as_slice()) {
        ("iam", ["root"]) => PrincipalView { arn: Some(arn), ..base(RequesterKind::Root) },
        ("iam", ["user", .., _]) => {
            PrincipalView { arn: Some(arn), unique_id: scenario.unique_id(), ..base(RequesterKind::User) }
        }
        ("iam", ["role", .., _]) => {
            PrincipalView { arn: Some(arn), unique_id: scenario.unique_id(), ..base(RequesterKind::Role) }
        }
        ("sts", ["assumed-role", role, _]) => {
            let written = scenario.context.iter().find(|(key, _)| key.eq_ignore_ascii_case("aws:PrincipalArn"));
            let given = match written.map(|(_, values)| values) {
                Some(OneOrMany::One(value)) => Arn::parse(&value.text()),
                _ => None,
            };
            let guessed = format!("arn:{}:iam::{}:role/{role}", arn.partition(), arn.account_text());
            PrincipalView {
                path_known: given.is_some(),
                arn: given.or_else(|| Arn::parse(&guessed)),
                unique_id: scenario.unique_id(),
                session: Some(arn),
                ..base(RequesterKind::Session)
            }
        }
        ("sts", ["federated-user", name]) => {
            let user = format!("arn:{}:iam::{}:user/{name}", arn.partition(), arn.account_text());
            PrincipalView {
                arn: Some(arn.clone()),
                user: Arn::parse(scenario.calling_user.as_deref().unwrap_or(&user)),
                session: Some(arn),
                ..base(RequesterKind::FederatedUser)
            }
        }
        _ => return Err(unknown()),
    })
}

pub(super) fn resource(scenario: &Scenario<'_>, principal: &PrincipalView) -> Result<ResourceView, ScenarioError> {
    let text = scenario.resource.as_str();
    let service = scenario.action.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let tags = Some(scenario.resource_tags()).filter(|tags| !tags.is_empty());
    let given = match scenario.resource_account.as_deref() {
        Some(text) => Some(AccountId::parse(text).ok_or_else(|| ScenarioError::Account {
            member: "resource_account",
            account: text.to_owned(),
            wanted: "its number, twelve digits",
        })?),
        None => None,
    };
    let base = |kind, arn: &str, account, region| ResourceView {
        kind,
        service: service.clone(),
        arn: arn.to_owned(),
        account,
        of_caller: false,
        organization: Organizational::Unknown,
        region,
        tags: tags.clone(),
        keys: Vec::new(),
    };
    if text == "*" {
        let catalogued = Catalog::bundled().find(&scenario.action).map(|id| Catalog::bundled().action(id));
        let lists = catalogued.is_some_and(|action| action.on.contains(&ResourceKind::Listing));
        if lists && let Some(account) = given.or(principal.account) {
            // R23: a listing is a request on all repositories of the registry.
            let arn = format!("arn:aws:{service}::{account}:repository/*");
            return Ok(base(ResourceKind::Listing, &arn, Some(account), None));
        }
        return Ok(base(ResourceKind::None, "", principal.account, None));
    }
    let arn = Arn::parse(text).ok_or_else(|| ScenarioError::Form(format!("`{text}` is no ARN and not `*`")))?;
    let kind = match (arn.service(), service.as_str()) {
        ("iam", "sts") => ResourceKind::Role,
        ("iam", "iam") => match arn.typed_resource() {
            Some(("user", _)) => ResourceKind::User,
            Some(("group", _)) => ResourceKind::Group,
            Some(("policy", _)) => ResourceKind::Policy,
            _ => ResourceKind::Role,
        },
        ("ecr-public", _) if arn.resource().starts_with("registry/") => ResourceKind::Registry,
        _ => ResourceKind::Repository,
    };
    let region = (!arn.region().is_empty()).then(|| arn.region().to_owned());
    // The owner of what does not tell it is the caller's account.
    Ok(base(kind, text, given.or(arn.account()).or(principal.account), region))
}

pub(super) fn action(name: &str, kind: ResourceKind) -> Result<Action, ScenarioError> {
    let unknown = || ScenarioError::Action(name.to_owned());
    let mut action = match Catalog::bundled().find(name) {
        Some(id) => Catalog::bundled().action(id).clone(),
        None => Action::uncatalogued(name, kind).ok_or_else(unknown)?,
    };
    // The question says what it is about; a repository that is to be created has its name here.
    action.on = vec![kind];
    Ok(action)
}
