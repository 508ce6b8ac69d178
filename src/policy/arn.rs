//! Amazon Resource Names and account numbers.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The twelve digits of an AWS account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId([u8; 12]);

impl AccountId {
    /// Reads exactly twelve ASCII digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 12] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_digit).then_some(Self(bytes))
    }

    /// The digits as text.
    ///
    /// # Panics
    /// Never: an account number holds ASCII digits only.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("an account number holds ASCII digits only")
    }
}

/// Written as its digits.
impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        Self::parse(text).ok_or_else(|| de::Error::custom("an account number is not twelve digits"))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An ARN: six components, split at the first five colons (M11).
///
/// The components are not checked beyond that, for a policy may name what AWS
/// would never make. Copies share their text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arn {
    text: Arc<str>,
    /// They follow from the text.
    colons: [u16; 5],
}

impl Arn {
    const LONGEST: usize = 4096;

    /// Splits an ARN; `None` if it has fewer than six components, does not begin with `arn:`, or
    /// is longer than an ARN can be (2,048 characters and the parts before the resource).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !text.starts_with("arn:") || text.len() > Self::LONGEST {
            return None;
        }
        let mut colons = [0; 5];
        let mut found = text.bytes().enumerate().filter(|(_, byte)| *byte == b':');
        for colon in &mut colons {
            *colon = u16::try_from(found.next()?.0).ok()?;
        }
        Some(Self { text: text.into(), colons })
    }

    /// The account of an ARN that is not kept.
    #[must_use]
    pub fn account_of(text: &str) -> Option<AccountId> {
        if !text.starts_with("arn:") || text.len() > Self::LONGEST {
            return None;
        }
        let mut behind = text.splitn(6, ':').skip(4);
        let (account, _) = (behind.next()?, behind.next()?);
        AccountId::parse(account)
    }

    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The whole text, for somebody who keeps it too.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    fn component(&self, number: usize) -> &str {
        let start = usize::from(self.colons[number - 1]) + 1;
        match self.colons.get(number) {
            Some(&end) => &self.text[start..usize::from(end)],
            None => &self.text[start..],
        }
    }

    /// `aws`, `aws-cn`, `aws-us-gov` ...
    #[must_use]
    pub fn partition(&self) -> &str {
        self.component(1)
    }

    /// `iam`, `ecr-public` ...
    #[must_use]
    pub fn service(&self) -> &str {
        self.component(2)
    }

    /// The region, empty for global resources and for public repositories (R1).
    #[must_use]
    pub fn region(&self) -> &str {
        self.component(3)
    }

    /// The account, if this component holds twelve digits.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        AccountId::parse(self.component(4))
    }

    /// The account component as it is written.
    #[must_use]
    pub fn account_text(&self) -> &str {
        self.component(4)
    }

    /// Everything behind the fifth colon: `role/ci/deploy`, `repository/web`.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.component(5)
    }

    /// The part of the resource behind the first slash, with the type before it: `("role", "ci/deploy")`.
    #[must_use]
    pub fn typed_resource(&self) -> Option<(&str, &str)> {
        self.resource().split_once('/')
    }

    /// The last element of the resource's path: the name of a user or role without its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.resource().rsplit('/').next().unwrap_or_default()
    }
}

/// The shortest form of a name that a question still understands: an IAM ARN without its account,
/// another ARN without its partition.
#[must_use]
pub fn short(name: &str) -> &str {
    let mut parts = name.splitn(6, ':');
    match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("arn"), _, Some("iam" | "sts"), _, _, Some(resource)) => resource,
        (Some("arn"), Some(partition), ..) => &name["arn:".len() + partition.len() + 1..],
        _ => name,
    }
}

impl Hash for Arn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// Written as its text.
impl Serialize for Arn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Arn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        Self::parse(text).ok_or_else(|| de::Error::custom("an ARN has fewer than six components, or is too long"))
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
