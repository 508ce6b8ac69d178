//! Whom the entries of a `Principal` element name, and how (A21 to A29).

use super::view::{PrincipalView, RequesterKind};
use crate::policy::{Arn, PrincipalName};
use crate::rules::How;

/// Whether, and in which ways, one entry names a requester.
///
/// A session stands under its own ARN, its role's and its account's; a user under its own and its
/// account's.
pub(super) fn names(entry: &PrincipalName, view: &PrincipalView) -> Option<How> {
    use RequesterKind as R;
    match entry {
        PrincipalName::Everyone => Some(How::Everyone),
        PrincipalName::Account { partition, account } => {
            let same_partition = match (partition, &view.arn) {
                // A27: accounts of another partition cannot be meant.
                (Some(partition), Some(arn)) => partition == arn.partition(),
                _ => true,
            };
            (view.account == Some(*account) && same_partition && view.kind != R::Service).then_some(How::Account)
        }
        PrincipalName::User(arn) => match view.kind {
            R::User => (view.arn.as_ref() == Some(arn)).then_some(How::User),
            R::FederatedUser => (view.user.as_ref() == Some(arn)).then_some(How::UserOfSession),
            _ => None,
        },
        PrincipalName::Role(arn) => match view.kind {
            R::Role | R::Session => {
                view.arn.as_ref().filter(|own| same_role(own, arn, view.path_known)).map(|_| How::Role)
            }
            _ => None,
        },
        PrincipalName::Session(arn) | PrincipalName::FederatedUser(arn) => match view.kind {
            R::Session | R::FederatedUser => (view.session.as_ref() == Some(arn)).then_some(How::Session),
            _ => None,
        },
        PrincipalName::Service(name) => {
            (view.kind == R::Service && view.name.as_ref() == Some(name)).then_some(How::Service)
        }
        PrincipalName::Federated(name) => {
            (view.kind == R::Provider && view.name.as_ref().is_none_or(|own| own == name)).then_some(How::Federated)
        }
        // A16: the id of a principal that still exists names it.
        PrincipalName::UniqueId(id) => match view.kind {
            R::User => (view.unique_id.as_ref() == Some(id)).then_some(How::User),
            R::Role | R::Session => (view.unique_id.as_ref() == Some(id)).then_some(How::Role),
            _ => None,
        },
        PrincipalName::CanonicalUser(_) | PrincipalName::Nobody(_) => None,
    }
}

/// A2: a session's ARN does not hold its role's path; then account and name decide.
fn same_role(own: &Arn, named: &Arn, path_known: bool) -> bool {
    if path_known {
        return own == named;
    }
    own.partition() == named.partition()
        && own.account_text() == named.account_text()
        && own.name().eq_ignore_ascii_case(named.name())
}

/// How a list of exceptions treats a requester (A28, A29).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exception {
    /// Not listed: the statement is about it.
    NotListed,
    /// Listed by some of its identities: spared by the reading that is followed (Z8).
    Doubtful,
    /// Listed by all of its identities.
    Listed,
}

/// Whether a `NotPrincipal` list leaves a requester out.
pub(super) fn exception<'a>(
    entries: &(impl Iterator<Item = &'a PrincipalName> + Clone),
    view: &PrincipalView,
) -> Exception {
    use RequesterKind as R;
    let listed =
        |wanted: &[How]| entries.clone().any(|entry| names(entry, view).is_some_and(|how| wanted.contains(&how)));
    if listed(&[How::Everyone]) {
        return Exception::Listed;
    }
    let account = listed(&[How::Account]);
    // Where sessions of the role are listed, the role beside them is there for those sessions only.
    let sessions = entries.clone().any(|entry| matches!(entry, PrincipalName::Session(arn) if of_role(arn, view)));
    let role = listed(&[How::Role]) && !sessions;
    let (named, complete) = match view.kind {
        R::User => (listed(&[How::User]), account),
        R::Role => (role, false),
        R::Session => (role || listed(&[How::Session]), listed(&[How::Session]) && listed(&[How::Role]) && account),
        R::FederatedUser => {
            let both = listed(&[How::Session]) && listed(&[How::UserOfSession]);
            (listed(&[How::Session, How::UserOfSession]), both && account)
        }
        R::Root => (account, account),
        R::Service => (listed(&[How::Service]), true),
        R::Provider => (listed(&[How::Federated]), true),
        R::Account | R::Anyone | R::Anonymous => (false, false),
    };
    match (named, complete) {
        (false, _) => Exception::NotListed,
        (true, false) => Exception::Doubtful,
        (true, true) => Exception::Listed,
    }
}

fn of_role(session: &Arn, view: &PrincipalView) -> bool {
    let role = session.resource().split('/').nth(1);
    let own = view.arn.as_ref();
    view.account == session.account() && own.is_some_and(|own| Some(own.name()) == role)
}
