//! How keys are spelled where they are shown: names are compared without regard to case (O13), and policies
//! write them in any.

/// A key in the spelling of the documentation, where it is one of the well-known ones.
pub(super) fn canonical(written: &str) -> String {
    const SPELLINGS: [&str; 34] = [
        "aws:CalledVia",
        "aws:CalledViaFirst",
        "aws:CalledViaLast",
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:FederatedProvider",
        "aws:MultiFactorAuthAge",
        "aws:MultiFactorAuthPresent",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalType",
        "aws:Referer",
        "aws:RequestedRegion",
        "aws:ResourceAccount",
        "aws:ResourceOrgID",
        "aws:ResourceOrgPaths",
        "aws:SecureTransport",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceIdentity",
        "aws:SourceIp",
        "aws:SourceOrgID",
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:TagKeys",
        "aws:TokenIssueTime",
        "aws:UserAgent",
        "aws:ViaAWSService",
        "aws:VpcSourceIp",
        "aws:username",
        "sts:ExternalId",
    ];
    if let Some(spelling) = SPELLINGS.iter().find(|spelling| spelling.eq_ignore_ascii_case(written)) {
        return (*spelling).to_owned();
    }
    for family in ["aws:PrincipalTag/", "aws:ResourceTag/", "aws:RequestTag/"] {
        if written.len() > family.len()
            && written.get(..family.len()).is_some_and(|head| head.eq_ignore_ascii_case(family))
        {
            return format!("{family}{}", &written[family.len()..]);
        }
    }
    written.to_owned()
}
