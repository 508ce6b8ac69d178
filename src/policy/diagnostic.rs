//! What is wrong with an input, where, and what to do about it.
//!
//! A message says what is wrong in AWS's words: lower case, no full stop, the
//! user's text in backticks. Advice goes into the hint.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::arn::AccountId;
use super::operator;
use super::source::{Place, Span};
use crate::ids::FileId;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Worth knowing; nothing is left out because of it.
    Note,
    /// Probably not what was meant, or a fault that changes no verdict; nothing was left out.
    Warning,
    /// AWS would reject it; it was left out, and the account's answers are incomplete.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Why a policy document, or a part of it, cannot be read as AWS would read it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The text is no JSON.
    #[error("not valid JSON: {0}")]
    Json(String),
    /// The bytes of an encoded document do not decode to text.
    #[error("the document is not valid percent-encoded or escaped text")]
    Encoding,
    /// Something of another JSON type stands where the grammar wants this.
    #[error("expected {expected}, found {found}")]
    Shape {
        /// What the grammar wants.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// G8: an object holds a key twice.
    #[error("the element `{}` stands here twice", clip(.0))]
    Twice(String),
    /// G9, G10: a member that the grammar does not know.
    #[error("unknown element `{}`", clip(.0))]
    UnknownElement(String),
    /// G2: a `Version` that does not exist.
    #[error("unknown version `{}`", clip(.0))]
    UnknownVersion(String),
    /// The document has no `Statement`.
    #[error("the document has no `Statement`")]
    NoStatement,
    /// G12: no effect, or one that is neither `Allow` nor `Deny`.
    #[error("unknown effect `{}`", clip(.0))]
    UnknownEffect(String),
    /// G13: an element that this policy type requires is missing.
    #[error("the statement has no `{0}`")]
    Missing(&'static str),
    /// G13: an element and its `Not` form together.
    #[error("`{0}` and `Not{0}` cannot stand in one statement")]
    Both(&'static str),
    /// G18, G21, A32: an element that this policy type does not have.
    #[error("{kind} has no `{element}`")]
    NotAllowed {
        /// The element.
        element: &'static str,
        /// The policy type, with its article.
        kind: &'static str,
    },
    /// An action that is neither `*` nor `service:name`.
    #[error("`{}` is no action", clip(.0))]
    MalformedAction(String),
    /// A principal in no documented form.
    #[error("`{}` is no principal", clip(.0))]
    MalformedPrincipal(String),
    /// An account that is not twelve digits.
    #[error("`{}` in the principal `{}` is no account number", clip(account), clip(principal))]
    MalformedAccount {
        /// The whole principal.
        principal: String,
        /// Its account component.
        account: String,
    },
    /// A15: a wildcard inside a principal.
    #[error("the principal `{}` holds a wildcard and matches nobody", clip(.0))]
    WildcardPrincipal(String),
    /// A5: a group as principal.
    #[error("the group `{}` cannot be a principal", clip(.0))]
    GroupPrincipal(String),
    /// A member of `Principal` other than the four that exist.
    #[error("unknown principal type `{}`", clip(.0))]
    UnknownPrincipalType(String),
    /// An account in a resource that is not twelve digits.
    #[error("`{}` in the resource `{}` is no account number", clip(account), clip(resource))]
    MalformedResource {
        /// The whole ARN.
        resource: String,
        /// Its account component.
        account: String,
    },
    /// A resource that is neither `*` nor an ARN.
    #[error("the resource `{}` is no ARN", clip(.0))]
    NoArn(String),
    /// G15: an empty list.
    #[error("the list of `{0}` is empty")]
    EmptyList(&'static str),
    /// A15 and G23: a control policy that grants, or names principals.
    #[error("a resource control policy written by a customer can only deny")]
    AllowInResourceControl,
    /// Table G-T: a resource control policy that names somebody.
    #[error("a resource control policy can only name `*`")]
    PrincipalInResourceControl,
    /// Table G-T: a resource control policy about every action of every service.
    #[error("a resource control policy written by a customer cannot be about `*`")]
    EveryActionInResourceControl,
    /// O10, O12: an operator outside the list of the documentation.
    #[error("unknown condition operator `{}`", clip(.0))]
    UnknownOperator(String),
    /// O11: an operator in another letter case than the documentation's.
    #[error("the documentation writes the condition operator `{}` as `{documented}`", clip(written))]
    OperatorSpelling {
        /// As it stands.
        written: String,
        /// As AWS writes it.
        documented: String,
    },
    /// A18: services are compared as a whole.
    #[error("the service `{}` holds a wildcard and matches nobody", clip(.0))]
    WildcardService(String),
    /// G4: a resource control policy of the old version, or of none.
    #[error("a resource control policy needs `\"Version\": \"2012-10-17\"`")]
    OldResourceControl,
    /// G5: an `Id` where there is none.
    #[error("an identity policy has no `Id`")]
    IdInIdentityPolicy,
    /// G11: a character that IAM does not store.
    #[error("the character U+{:04X} is not allowed in an IAM policy", u32::from(*.0))]
    Letter(char),
    /// G16: a `Sid` that another statement of the document has.
    #[error("the statement id `{}` stands here twice", clip(.0))]
    SidTwice(String),
    /// A19, A20: a principal type that matches nobody in this policy type.
    #[error("`{0}` names nobody in {1}")]
    NamesNobody(&'static str, &'static str),
    /// More problems than anybody reads.
    #[error("{0} more problems in this document are not listed")]
    Unlisted(usize),
    /// A31: `Allow` with `NotPrincipal`.
    #[error("`Allow` with `NotPrincipal` allows everyone who is not listed")]
    AllowNotPrincipal,
}

impl PolicyError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Json(_) => "check the brackets and commas before this place".to_owned(),
            Self::Encoding => "export it again; the text was cut or encoded twice".to_owned(),
            Self::Shape { .. } => "compare with the grammar of the IAM JSON policy language".to_owned(),
            Self::Twice(_) => {
                "AWS rejects a document in which a key occurs twice; put the values into one list".to_owned()
            }
            Self::UnknownElement(name) => match near(name, &ELEMENTS) {
                Some(element) => format!("did you mean `{element}`? Element names are case-sensitive"),
                None => "remove it; AWS accepts only the elements of the policy grammar".to_owned(),
            },
            Self::UnknownVersion(_) => "the versions are `2012-10-17` and `2008-10-17`".to_owned(),
            Self::NoStatement => "a policy holds one statement or a list of statements".to_owned(),
            Self::UnknownEffect(_) => "write `Allow` or `Deny`; AWS compares case-sensitively".to_owned(),
            Self::Missing(element) => match *element {
                "Principal" => "without it the statement names nobody and never applies".to_owned(),
                "Effect" => "add `\"Effect\": \"Allow\"` or `\"Effect\": \"Deny\"`".to_owned(),
                _ => format!("add `{element}` or `Not{element}`"),
            },
            Self::Both(element) => format!("split the statement in two, one with `{element}`, one with `Not{element}`"),
            Self::NotAllowed { .. } => "AWS rejects it here; the statement is left out".to_owned(),
            Self::MalformedAction(_) => "write `service:Action`, for example `ecr-public:PutImage`, or `*`".to_owned(),
            Self::MalformedPrincipal(text) if text.ends_with(":*") => {
                format!("name the account as `{}:root`", clip(text.trim_end_matches(":*")))
            }
            Self::MalformedPrincipal(_) => {
                "write `*`, twelve digits, or the ARN of an account root, user, role, role session or federated user"
                    .to_owned()
            }
            Self::MalformedAccount { account, .. } | Self::MalformedResource { account, .. } => {
                format!("replace `{}` by the twelve digits of the account", clip(account))
            }
            Self::WildcardPrincipal(text) if text.ends_with(":*") => {
                format!("name the whole account as `{}:root`", clip(text.trim_end_matches(":*")))
            }
            Self::WildcardPrincipal(_) => {
                "name the account and test `aws:PrincipalArn` with `ArnLike` in a condition".to_owned()
            }
            Self::GroupPrincipal(_) => "name the users, or a role; a group is not a principal".to_owned(),
            Self::UnknownPrincipalType(_) => {
                "the types are `AWS`, `Service`, `Federated` and `CanonicalUser`".to_owned()
            }
            Self::NoArn(_) => "write `*` or `arn:partition:service:region:account:resource`".to_owned(),
            Self::EmptyList(_) => "an empty list matches nothing; remove the statement or fill the list".to_owned(),
            Self::AllowInResourceControl => "only the AWS-managed `RCPFullAWSAccess` allows".to_owned(),
            Self::PrincipalInResourceControl => {
                "write `\"Principal\": \"*\"` and test `aws:PrincipalArn` in a condition".to_owned()
            }
            Self::EveryActionInResourceControl => "name the services, for example `ecr:*`".to_owned(),
            Self::UnknownOperator(name) => match operator::near(name) {
                Some(operator) => format!("did you mean `{operator}`? Whether the condition holds is taken as unknown"),
                None if name.contains(':') && !name.starts_with("For") => {
                    "put the key under an operator, for example `StringEquals`; the condition is taken as unknown"
                        .to_owned()
                }
                None => "AWS refuses it; whether the condition holds is taken as unknown".to_owned(),
            },
            Self::OperatorSpelling { documented, .. } => {
                format!("write `{documented}`; it is read without regard to letter case, which AWS does not promise")
            }
            Self::WildcardService(_) => "name each service, for example `codebuild.amazonaws.com`".to_owned(),
            Self::OldResourceControl => "AWS refuses any other; variables are read as plain text".to_owned(),
            Self::IdInIdentityPolicy => {
                "remove it; it has no effect, and AWS accepts it in resource policies only".to_owned()
            }
            Self::Letter(_) => "IAM stores U+0020 to U+00FF, tabs and line breaks".to_owned(),
            Self::SidTwice(_) => "give each statement an id of its own, or none".to_owned(),
            Self::NamesNobody("Federated", _) => {
                "identity providers are named in trust policies; name the role that they assume".to_owned()
            }
            Self::NamesNobody(..) => "canonical users belong to S3; name the account or a principal of it".to_owned(),
            Self::Unlisted(_) => "mend those above first".to_owned(),
            Self::AllowNotPrincipal => "AWS no longer supports it; list those who are to be allowed".to_owned(),
        };
        Some(hint)
    }
}

const ELEMENTS: [&str; 11] = [
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
];

/// The candidate that differs least from a word, if any is near enough to be meant.
pub(crate) fn near<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    if word.len() > 80 {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let scored = candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_ascii_lowercase()), *candidate));
    let (distance, best) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + word.len() / 4).then_some(best)
}

/// What the user wrote, as much of it as a message can hold.
pub(crate) fn clip(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(200) {
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
        None => Cow::Borrowed(text),
    }
}

/// A [`PolicyError`] with its place in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub error: PolicyError,
    /// Whether something was left out because of it.
    pub severity: Severity,
    /// Where in the document.
    pub span: Span,
}

/// A message about an input file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where it stands; none for what concerns no single file.
    pub place: Option<(FileId, Span)>,
    /// The account whose answers it may change.
    pub account: Option<AccountId>,
}

impl Problem {
    /// The problem as a message about the file that holds the document at `place`.
    #[must_use]
    pub fn at(&self, sources: &super::Sources, place: Place, account: Option<AccountId>) -> Diagnostic {
        Diagnostic {
            severity: self.severity,
            message: self.error.to_string(),
            hint: self.error.hint(),
            place: Some(sources.origin(place.file, sources.locate(place, self.span))),
            account,
        }
    }
}
