//! How keys are spelled where they are shown: names are compared without regard to case (O13), and policies
//! write them in any.

use crate::policy::near;

/// The well-known keys.
const SPELLINGS: [&str; 68] = [
    "aws:AssumedRoot",
    "aws:CalledVia",
    "aws:CalledViaAWSMCP",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:ChatbotSourceArn",
    "aws:CurrentTime",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:EpochTime",
    "aws:FederatedProvider",
    "aws:IsMcpServiceAction",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalType",
    "aws:referer",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:SecureTransport",
    "aws:SignInSessionArn",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:TagKeys",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:userid",
    "aws:username",
    "aws:ViaAWSMCPService",
    "aws:ViaAWSService",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:VpcSourceIp",
    "codebuild:BuildArn",
    "codebuild:ProjectArn",
    "ec2:RoleDelivery",
    "ec2:SourceInstanceArn",
    "ecr:AccountSetting",
    "lambda:SourceFunctionArn",
    "ssm:SourceInstanceArn",
    "sts:AWSServiceName",
    "sts:DurationSeconds",
    "sts:ExternalId",
    "sts:IdentityTokenAudience",
    "sts:RequestContext",
    "sts:RequestContextProviders",
    "sts:RoleAuthorizedByIdp",
    "sts:RoleSessionName",
    "sts:SigningAlgorithm",
    "sts:SourceIdentity",
    "sts:TaskPolicyArn",
    "sts:TransitiveTagKeys",
];

/// A key in the spelling of the documentation, where it is one of the well-known ones.
pub(crate) fn documented(written: &str) -> String {
    spelling(written).unwrap_or_else(|| written.to_owned())
}

/// Whether a key is one of the well-known ones.
pub(crate) fn is_documented(written: &str) -> bool {
    spelling(written).is_some()
}

/// The well-known key that is nearly written so.
pub(crate) fn near_key(written: &str) -> Option<&'static str> {
    near(written, &SPELLINGS)
}

fn spelling(written: &str) -> Option<String> {
    if let Some(spelling) = SPELLINGS.iter().find(|spelling| spelling.eq_ignore_ascii_case(written)) {
        return Some((*spelling).to_owned());
    }
    let is_of = |family: &&&str| {
        let head = written.get(..family.len()).filter(|head| head.eq_ignore_ascii_case(family));
        head.is_some() && written.len() > family.len()
    };
    let family = ["aws:PrincipalTag/", "aws:ResourceTag/", "aws:RequestTag/"].iter().find(is_of)?;
    Some(format!("{family}{}", &written[family.len()..]))
}
