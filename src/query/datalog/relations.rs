//! The relations that there are: one table, from which questions are read and documentation is made.

use std::fmt;

use super::value::Type;

use Type::{
    Account, Action, Capability, Effect, Group, Kind, Layer, Number, Organization, Policy, Principal, Repository,
    Statement, Text, Unit, Verdict, Visibility,
};

/// A column: its name, and what it holds.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// The type of its values; where there are several, the variable that stands there tells which is meant.
    pub types: &'static [Type],
}

/// A relation that can be asked.
#[derive(Debug)]
pub struct Relation {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// What a row says.
    pub sentence: &'static str,
    /// A question that has an answer in the sample organization.
    pub example: &'static str,
    /// Whether the rules derive it, rather than the inventory holding it.
    pub is_derived: bool,
    pub(super) source: Source,
}

impl fmt::Display for Relation {
    /// The relation with its columns, and what they hold where the name does not say it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.columns.iter().map(|column| {
            let types: Vec<&str> = column.types.iter().map(|of| of.as_str()).collect();
            if types == [column.name] {
                return column.name.to_owned();
            }
            format!("{}: {}", column.name, types.join(" or "))
        });
        write!(f, "{}({})", self.name, columns.collect::<Vec<_>>().join(", "))
    }
}

/// Where the rows of a relation come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    Principal,
    Kind,
    Account,
    Repository,
    Visibility,
    Name,
    Arn,
    Path,
    Tag,
    Member,
    Attached,
    Inline,
    Boundary,
    Trust,
    RepositoryPolicy,
    NoPolicy,
    RegistryPolicy,
    Unit,
    Organization,
    ControlPolicy,
    Policy,
    Layer,
    Statement,
    InPolicy,
    Sid,
    Effect,
    Place,
    Names,
    NamesNobody,
    Element,
    ListsAction,
    ConditionKey,
    Action,
    Needs,
    Gap,
    Incomplete,
    Allowed,
    Conditional,
    Possible,
    Capable,
    CanAssume,
    Becomes,
    Controls,
    Escalates,
    Grants,
    Says,
    Blocks,
    /// What the rules of `reach.dl` say.
    Reaches,
}

const fn column(name: &'static str, types: &'static [Type]) -> Column {
    Column { name, types }
}

macro_rules! relations {
    ($($source:ident $is_derived:literal $name:literal ($($column:literal: $($type:ident)|+),*) $sentence:literal $example:literal;)*) => {
        /// All relations, those of the inventory first.
        pub const RELATIONS: &[Relation] = &[$(Relation {
            name: $name,
            columns: &[$(column($column, &[$($type),+])),*],
            sentence: $sentence,
            example: $example,
            is_derived: $is_derived,
            source: Source::$source,
        }),*];
    };
}

relations! {
    Principal false "principal" ("principal": Principal)
        "somebody who can make requests: users, roles, root users, and those whom only a policy names"
        "?- principal(P), kind(P, service).";
    Kind false "kind" ("principal": Principal, "kind": Kind)
        "what the principal is: user, role, session, federated-user, root, service, identity-provider, account or anyone"
        "?- kind(P, root).";
    Account false "account" ("of": Principal | Repository, "account": Account)
        "the account that a principal or a repository belongs to"
        "?- account(R, 444455556666), repository(R).";
    Repository false "repository" ("repository": Repository)
        "a repository, public or private"
        "?- repository(R), R like \"storefront/*\".";
    Visibility false "visibility" ("repository": Repository, "visibility": Visibility)
        "whether the repository is in a public or a private registry"
        "?- visibility(R, private), account(R, 111122223333).";
    Name false "name" ("of": Principal | Repository | Account | Unit, "name": Text)
        "the name without what stands before it: of a user or role without its path, of a repository with its namespace"
        "?- name(A, \"Harbourlight seaboard\"), account(P, A), kind(P, user).";
    Arn false "arn" ("of": Principal | Repository, "arn": Text)
        "the name by which the principal or repository is shown: its ARN, where it has one"
        "?- principal(P), arn(P, \"arn:aws:iam::444455556666:user/developers/mira\").";
    Path false "path" ("principal": Principal, "path": Text)
        "the path of a user or role: `/release/`"
        "?- path(P, \"/release/\").";
    Tag false "tag" ("of": Principal | Repository, "key": Text, "value": Text)
        "a tag of a user, a role or a repository"
        "?- repository(R), tag(R, \"team\", T).";
    Member false "member" ("user": Principal, "group": Group)
        "the user is in the group"
        "?- member(P, G).";
    Attached false "attached" ("to": Principal | Group, "policy": Policy)
        "the managed policy is attached to the user, role or group itself"
        "?- principal(P), attached(P, X), P like \"publisher\".";
    Inline false "inline" ("in": Principal | Group, "policy": Policy)
        "the inline policy is embedded in the user, role or group itself"
        "?- principal(P), inline(P, X), P like \"role/release/*\".";
    Boundary false "boundary" ("principal": Principal, "policy": Policy)
        "the policy is the permissions boundary"
        "?- boundary(P, X).";
    Trust false "trust" ("role": Principal, "policy": Policy)
        "the trust policy of the role"
        "?- trust(\"role/release/publisher\", X).";
    RepositoryPolicy false "repository_policy" ("repository": Repository, "policy": Policy)
        "the policy on the repository"
        "?- visibility(R, private), repository_policy(R, X).";
    NoPolicy false "no_policy" ("repository": Repository)
        "the export tells that the repository has no policy"
        "?- no_policy(R), visibility(R, public).";
    RegistryPolicy false "registry_policy" ("account": Account, "policy": Policy)
        "the policy on a private registry of the account"
        "?- registry_policy(A, X).";
    Unit false "unit" ("account": Account, "unit": Unit)
        "the account is below the root or organizational unit, at any depth"
        "?- unit(444455556666, U), name(U, N).";
    Organization false "organization" ("account": Account, "organization": Organization)
        "the organization that the account is a member of"
        "?- organization(111122223333, O).";
    ControlPolicy false "control_policy" ("account": Account, "policy": Policy)
        "the service or resource control policy hangs on the account, or on a unit or root above it"
        "?- control_policy(444455556666, X), layer(X, service-control).";
    Policy false "policy" ("policy": Policy)
        "a policy that hangs somewhere"
        "?- policy(X), X like \"*Boundary\".";
    Layer false "layer" ("policy": Policy, "layer": Layer)
        "what type of policy it is: identity, repository, registry, trust, service-control or resource-control"
        "?- layer(X, resource-control).";
    Statement false "statement" ("statement": Statement)
        "a statement of a policy that hangs somewhere"
        "?- statement(S), sid(S, \"PetraHotfix\").";
    InPolicy false "in_policy" ("statement": Statement, "policy": Policy)
        "the statement stands in the policy"
        "?- in_policy(S, X), repository_policy(\"storefront/preview\", X).";
    Sid false "sid" ("statement": Statement, "sid": Text)
        "the `Sid` of the statement"
        "?- sid(S, N), effect(S, deny), in_policy(S, X), layer(X, repository).";
    Effect false "effect" ("statement": Statement, "effect": Effect)
        "whether the statement allows or denies"
        "?- effect(S, deny), in_policy(S, X), layer(X, repository).";
    Place false "place" ("statement": Statement, "file": Text, "line": Number)
        "the file and the line where the statement begins"
        "?- place(S, F, L), effect(S, deny), in_policy(S, X), layer(X, repository).";
    Names false "names" ("statement": Statement, "principal": Principal)
        "the `Principal` element lists the principal itself: by ARN, unique id or name; `*` lists anyone"
        "?- names(S, anyone), in_policy(S, X), layer(X, repository).";
    NamesNobody false "names_nobody" ("statement": Statement, "name": Text)
        "the `Principal` element lists a unique id that nobody in the input has, or a user or role that its account, whose users and roles were exported, does not have"
        "?- names_nobody(S, N), N like \"AROA*\".";
    Element false "element" ("statement": Statement, "element": Text)
        "the statement has the element: `Principal` or `NotPrincipal`, `Action` or `NotAction`, `Resource` or `NotResource`, `Condition`"
        "?- element(S, \"NotAction\"), effect(S, deny).";
    ListsAction false "lists_action" ("statement": Statement, "pattern": Text)
        "the `Action` or `NotAction` element lists the action or pattern, in lower case"
        "?- lists_action(S, \"*\"), in_policy(S, X), layer(X, service-control).";
    ConditionKey false "condition_key" ("statement": Statement, "key": Text)
        "the statement has a condition on the key, in lower case"
        "?- condition_key(S, K), in_policy(S, X), layer(X, repository).";
    Action false "action" ("action": Action)
        "an action that can be asked about"
        "?- action(A), A like \"ecr-public:Tag*\".";
    Needs false "needs" ("capability": Capability, "action": Action)
        "an action that the capability is made of, in one of the services"
        "?- needs(tag, A).";
    Gap false "gap" ("missing": Text)
        "something that the input refers to and does not hold"
        "?- gap(M).";
    Incomplete false "incomplete" ("of": Principal | Repository | Account, "missing": Text)
        "the gap may change what is derived about the principal, the repository or the account"
        "?- principal(P), incomplete(P, M).";
    Allowed true "allowed" ("principal": Principal, "action": Action, "repository": Repository)
        "every request of the principal for the action is allowed, by its own permissions"
        "?- allowed(P, \"ecr-public:PutImage\", \"storefront/web\").";
    Conditional true "conditional" ("principal": Principal, "action": Action, "repository": Repository)
        "some requests are allowed, and some are not"
        "?- conditional(P, \"ecr-public:PutImage\", \"storefront/web\").";
    Possible true "possible" ("principal": Principal, "action": Action, "repository": Repository)
        "some request is allowed: allowed or conditional"
        "?- possible(P, \"ecr-public:DeleteRepository\", R), account(R, 777788889999).";
    Capable true "capable" ("principal": Principal, "capability": Capability, "repository": Repository, "verdict": Verdict)
        "the principal has the capability on the repository by its own permissions, in every request or in some"
        "?- capable(P, push, \"storefront/api\", V).";
    CanAssume true "can_assume" ("principal": Principal, "role": Principal)
        "the principal can make a session of the role (or the very session that a policy names), in some requests"
        "?- can_assume(P, \"role/release/publisher\").";
    Becomes true "becomes" ("principal": Principal, "role": Principal)
        "one step of `can_assume` or several leads there"
        "?- becomes(P, \"role/release/publisher\").";
    Controls true "controls" ("principal": Principal, "of": Principal, "way": Action)
        "the principal is allowed the action of IAM, in some requests, on the user or role, on a group or managed policy of it, or on its boundary: it decides what the other may do, or acts as it"
        "?- controls(P, \"mira\", \"iam:PutUserPolicy\").";
    Escalates true "escalates" ("principal": Principal)
        "the principal can give itself more in some account, by actions of IAM and steps of `can_assume`"
        "?- escalates(P).";
    Grants true "grants" ("layer": Layer, "principal": Principal, "action": Action, "repository": Repository)
        "an Allow statement of that layer by itself lets some request pass (of the organization's layers, one at every level); layers are identity, boundary, session, repository, registry, service-control and resource-control"
        "?- boundary(P, _), grants(identity, P, A, R), not grants(boundary, P, A, R).";
    Says true "says" ("statement": Statement, "principal": Principal, "action": Action, "repository": Repository)
        "the statement, of whichever layer and effect, matches some request"
        "?- says(S, \"user/ines\", \"ecr-public:PutImage\", \"storefront/web\").";
    Blocks true "blocks" ("statement": Statement, "principal": Principal, "action": Action, "repository": Repository)
        "the Deny statement stops some request"
        "?- blocks(S, P, \"ecr-public:PutImage\", \"storefront/web\").";
    Reaches true "reaches" ("principal": Principal, "capability": Capability, "repository": Repository)
        "the principal has the capability itself, or can become somebody who has it, in some requests"
        "?- reaches(\"mira\", push, R), R like \"storefront/*\".";
}

/// The relation of this name.
pub(super) fn relation(name: &str) -> Option<&'static Relation> {
    RELATIONS.iter().find(|relation| relation.name == name)
}

/// The words that values of a type can be, where there are only some; in the order of their codes.
pub(super) fn words(of: Type) -> Option<&'static [&'static str]> {
    match of {
        Type::Verdict => Some(&["allowed", "conditional"]),
        Type::Kind => Some(&[
            "user",
            "role",
            "session",
            "federated-user",
            "root",
            "service",
            "identity-provider",
            "account",
            "anyone",
            "anonymous",
        ]),
        Type::Visibility => Some(&["public", "private"]),
        Type::Effect => Some(&["allow", "deny"]),
        Type::Layer => Some(&[
            "identity",
            "boundary",
            "session",
            "repository",
            "registry",
            "trust",
            "service-control",
            "resource-control",
            "endpoint",
        ]),
        Type::Capability => Some(&["pull", "push", "describe", "delete", "tag", "administer", "create"]),
        _ => None,
    }
}
