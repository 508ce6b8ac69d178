//! Keys that a role's session carries of whom it was made for: an identity provider, or an AWS service.
//!
//! They stay with the session (D39), and are there only in sessions of roles that trust the maker (K20, K22 to K26,
//! K55, K56). Nobody else's requests have them.

use super::context::Context;
use super::view::{PrincipalView, RequesterKind};
use crate::condition::Known;

/// Who may make sessions of a role, by its trust policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Makers {
    /// Identity providers, as the policy names them.
    pub providers: Vec<String>,
    /// AWS services.
    pub services: Vec<String>,
    /// Whether it may be a service that the policy does not name: it lets everybody in.
    pub any_service: bool,
}

impl Makers {
    fn trusts_service(&self, name: &str) -> bool {
        self.any_service || self.services.iter().any(|own| own == name)
    }

    /// The providers whose tokens are not SAML's.
    fn of_tokens(&self) -> impl Iterator<Item = &String> {
        self.providers.iter().filter(|name| !name.contains(":saml-provider/"))
    }
}

/// Whose session carries a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Maker {
    /// A provider of tokens: which one is what the key tells.
    Token,
    /// The provider whose name stands before the last colon, or any SAML provider.
    Provider,
    /// This service.
    Service(&'static str),
    /// AWS Glue, of which the key tells.
    Glue,
}

/// Who a session must have been made for to carry the key; `None` for other keys.
fn maker(key: &str) -> Option<Maker> {
    Some(match key {
        "aws:federatedprovider" => Maker::Token,
        "aws:chatbotsourcearn" => Maker::Service("chatbot.amazonaws.com"),
        "aws:ec2instancesourcevpc"
        | "aws:ec2instancesourceprivateipv4"
        | "ec2:roledelivery"
        | "ec2:sourceinstancearn" => Maker::Service("ec2.amazonaws.com"),
        "codebuild:buildarn" | "codebuild:projectarn" => Maker::Service("codebuild.amazonaws.com"),
        "lambda:sourcefunctionarn" => Maker::Service("lambda.amazonaws.com"),
        "ssm:sourceinstancearn" => Maker::Service("ssm.amazonaws.com"),
        "glue:roleassumedby" | "glue:credentialissuingservice" => Maker::Glue,
        _ if key.split(':').next().is_some_and(|head| head == "saml" || head.contains('.')) => Maker::Provider,
        _ => return None,
    })
}

/// Whether sessions carry the key of their maker.
pub(super) fn is_of_maker(key: &str) -> bool {
    maker(key).is_some()
}

/// Whether a key is one of those that this provider vouches for: `accounts.google.com:sub`.
fn vouches(provider: &str, key: &str) -> bool {
    if provider.contains(":saml-provider/") {
        return key.starts_with("saml:");
    }
    let name = provider.split_once(":oidc-provider/").map_or(provider, |(_, name)| name);
    let head = key.get(..name.len()).filter(|head| head.eq_ignore_ascii_case(name));
    head.is_some() && key[name.len()..].starts_with(':')
}

impl PrincipalView {
    /// What a key of the maker holds, `None` for other keys.
    pub(super) fn of_maker(&self, key: &str, context: &Context) -> Option<Known> {
        use RequesterKind as R;
        let maker = maker(key)?;
        Some(match self.kind {
            R::Role | R::Session => self.of_session(maker, key, context),
            R::Account | R::Anyone => context.open(Known::UNKNOWN),
            // K80: the provider itself vouches for its user.
            R::Provider if maker == Maker::Provider => match &self.name {
                Some(name) if !vouches(name, key) => Known::Absent,
                _ => context.open(Known::UNKNOWN),
            },
            // AWS does not document what calls by services and by users of a provider carry.
            R::Service | R::Provider if key.starts_with("aws:") => context.open(Known::UNKNOWN),
            R::User | R::FederatedUser | R::Root | R::Service | R::Provider | R::Anonymous => Known::Absent,
        })
    }

    fn of_session(&self, maker: Maker, key: &str, context: &Context) -> Known {
        let unless_absent = |is_there: bool| if is_there { context.open(Known::UNKNOWN) } else { Known::Absent };
        match (maker, &self.makers) {
            (Maker::Glue, _) => context.open(Known::Among(vec!["glue.amazonaws.com".to_owned()])),
            (_, None) => context.open(Known::UNKNOWN),
            (Maker::Token, Some(makers)) => {
                let names: Vec<String> = makers.of_tokens().cloned().collect();
                if names.is_empty() { Known::Absent } else { context.open(Known::Among(names)) }
            }
            (Maker::Provider, Some(makers)) => unless_absent(makers.providers.iter().any(|name| vouches(name, key))),
            (Maker::Service(name), Some(makers)) => unless_absent(makers.trusts_service(name)),
        }
    }
}
