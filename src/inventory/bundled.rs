//! AWS-managed policies that touch the registries, for exports that name them without their text.
//!
//! The documents are those of March 2026 (ecr-public R48, R50, Q34). Of large
//! policies that are about everything, only what concerns registries is kept;
//! those are marked as partial.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// A document of AWS's own.
#[derive(Debug, Deserialize)]
pub(super) struct Bundled {
    /// Which version it is.
    pub(super) version: String,
    /// Whether statements that have nothing to do with registries are left out.
    pub(super) partial: bool,
    /// The document as JSON text.
    pub(super) document: Box<serde_json::value::RawValue>,
}

fn all() -> &'static BTreeMap<String, Bundled> {
    static BUNDLED: OnceLock<BTreeMap<String, Bundled>> = OnceLock::new();
    BUNDLED.get_or_init(|| {
        serde_json::from_str(include_str!("managed.json")).expect("the bundled policies are valid JSON")
    })
}

/// The ARNs in this partition of those AWS-managed policies for users and roles whose documents are bundled.
pub fn managed_by_aws(partition: &str) -> impl Iterator<Item = String> {
    let arns = all().keys().filter_map(|arn| arn.strip_prefix("arn:aws:iam:"));
    arns.map(move |rest| format!("arn:{partition}:iam:{rest}"))
}

/// The bundled document of an AWS-managed policy, by its ARN in any partition.
pub(super) fn find(arn: &str) -> Option<&'static Bundled> {
    let (_, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
    all().get(&format!("arn:aws:{rest}"))
}

/// Whether AWS manages the policy.
pub(super) fn is_aws_managed(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

/// The organization's two policies that allow everything, by their ids.
pub(super) fn control(id: &str) -> Option<&'static Bundled> {
    match id {
        "p-FullAWSAccess" => find("arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"),
        "p-RCPFullAWSAccess" => find("arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess"),
        _ => None,
    }
}
