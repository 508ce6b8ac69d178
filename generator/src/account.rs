//! One account: its users, groups, roles and policies, its repositories and their policies.

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use crate::Shape;
use crate::organization::ID;

/// A role of the first account that pushes to every repository of its team.
pub const EXAMPLE_PRINCIPAL: &str = "arn:aws:iam::100000000000:role/deployer";
/// A public repository of the first account.
pub const EXAMPLE_REPOSITORY: &str = "arn:aws:ecr-public::100000000000:repository/team-0/app-0";

const PUSH: [&str; 5] =
    ["BatchCheckLayerAvailability", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage"];
/// How many roles of an account are not for services.
const FIRST_FOR_SERVICES: usize = 15;
const TEAMS: [&str; 4] = ["web", "api", "data", "platform"];

/// The number of the account at this place.
pub(crate) fn number_of(number: usize) -> String {
    format!("{:012}", 100_000_000_000_u64 + number as u64)
}

/// The files of an account.
pub(crate) fn files(shape: &Shape, number: usize) -> Vec<(String, Vec<u8>)> {
    let id = number_of(number);
    let number = if shape.alike { 0 } else { number };
    let seed = shape.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(number as u64);
    let mut maker = Maker { random: ChaCha8Rng::seed_from_u64(seed), id: id.clone(), number, shape: *shape };
    let iam = maker.iam();
    let public = maker.registry(true);
    let private = maker.registry(false);
    vec![
        (format!("{id}/iam.json"), iam.to_string().into_bytes()),
        (format!("{id}/ecr-public.json"), public.to_string().into_bytes()),
        (format!("{id}/ecr-eu-central-1.json"), private.to_string().into_bytes()),
    ]
}

struct Maker {
    random: ChaCha8Rng,
    id: String,
    /// The account's place among all, on which its parts depend.
    number: usize,
    shape: Shape,
}

impl Maker {
    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.random.random_range(0..from.len())]
    }

    fn unique(&mut self, prefix: &str) -> String {
        format!("{prefix}{:016X}", self.random.next_u64())
    }

    fn arn(&self, resource: &str) -> String {
        format!("arn:aws:iam::{}:{resource}", self.id)
    }

    fn neighbour(&mut self) -> String {
        let other = self.random.random_range(0..self.shape.accounts());
        crate::account::number_of(other)
    }

    fn users(&self) -> usize {
        self.shape.principals_per_account * 2 / 5
    }

    fn roles(&self) -> usize {
        self.shape.principals_per_account - self.users()
    }

    // --- documents ---

    fn document(statements: &[Value]) -> Value {
        json!({"Version": "2012-10-17", "Statement": statements})
    }

    fn login() -> Value {
        json!({"Sid": "Login", "Effect": "Allow", "Resource": "*",
            "Action": ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken", "ecr:GetAuthorizationToken"]})
    }

    fn push(&mut self, service: &str, resource: &str) -> Value {
        let actions: Vec<String> = PUSH.iter().map(|name| format!("{service}:{name}")).collect();
        let mut statement = json!({"Sid": "Push", "Effect": "Allow", "Action": actions, "Resource": resource});
        if self.chance(20) {
            statement["Condition"] = self.condition(service);
        }
        statement
    }

    fn condition(&mut self, service: &str) -> Value {
        match self.random.random_range(0..5) {
            0 => json!({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}),
            1 => json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            2 => json!({"StringEquals": {"aws:PrincipalOrgID": ID}}),
            3 => json!({"StringEquals": {format!("{service}:ResourceTag/team"): "${aws:PrincipalTag/team}"}}),
            _ => json!({"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-central-1"]}}),
        }
    }

    /// Statements that have nothing to do with registries: most of what real policies hold.
    fn noise(&mut self) -> Vec<Value> {
        let bucket = format!("arn:aws:s3:::bucket-{}-{}", self.id, self.random.random_range(0..40));
        let table = format!("arn:aws:dynamodb:eu-central-1:{}:table/t{}", self.id, self.random.random_range(0..20));
        vec![
            json!({"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"], "Resource": [bucket.clone(), format!("{bucket}/*")]}),
            json!({"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:CreateLogGroup"], "Resource": "*"}),
            json!({"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"], "Resource": table}),
        ]
    }

    fn managed(arn: &str, document: &Value) -> Value {
        let name = arn.rsplit('/').next().unwrap_or(arn);
        json!({"PolicyName": name, "PolicyId": format!("ANPA{:0>17}", name.len()), "Arn": arn, "Path": "/",
            "DefaultVersionId": "v1", "AttachmentCount": 1, "PermissionsBoundaryUsageCount": 0, "IsAttachable": true,
            "CreateDate": "2025-01-01T00:00:00+00:00", "UpdateDate": "2025-01-01T00:00:00+00:00",
            "PolicyVersionList": [{"Document": document, "VersionId": "v1", "IsDefaultVersion": true, "CreateDate": "2025-01-01T00:00:00+00:00"}]})
    }

    fn attached(arns: &[String]) -> Value {
        let one = |arn: &String| json!({"PolicyName": arn.rsplit('/').next(), "PolicyArn": arn});
        arns.iter().map(one).collect()
    }

    // --- the account's policies ---

    fn policies(&mut self) -> Vec<Value> {
        let actions = |service: &str, names: &[&str]| -> Vec<String> {
            names.iter().map(|name| format!("{service}:{name}")).collect()
        };
        let mut power = actions("ecr-public", &PUSH);
        power.extend(actions(
            "ecr-public",
            &[
                "GetAuthorizationToken",
                "GetRepositoryPolicy",
                "DescribeRepositories",
                "DescribeRegistries",
                "DescribeImages",
                "DescribeImageTags",
                "GetRepositoryCatalogData",
                "GetRegistryCatalogData",
            ],
        ));
        power.push("sts:GetServiceBearerToken".to_owned());
        let read = actions(
            "ecr",
            &[
                "GetAuthorizationToken",
                "BatchCheckLayerAvailability",
                "GetDownloadUrlForLayer",
                "GetRepositoryPolicy",
                "DescribeRepositories",
                "ListImages",
                "DescribeImages",
                "BatchGetImage",
                "ListTagsForResource",
            ],
        );
        let all = |actions: Vec<String>| json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        let aws = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
        let own = |resource: &str| format!("arn:aws:ecr-public::{}:repository/{resource}", self.id);
        let (team, everything) = (own("team-${aws:PrincipalTag/team}/*"), own("*"));
        let mut made = vec![
            Self::managed(&aws("AmazonElasticContainerRegistryPublicPowerUser"), &Self::document(&[all(power)])),
            Self::managed(&aws("AmazonEC2ContainerRegistryReadOnly"), &Self::document(&[all(read)])),
            Self::managed(&aws("AdministratorAccess"), &Self::document(&[all(vec!["*".to_owned()])])),
            Self::managed(
                &aws("AmazonS3ReadOnlyAccess"),
                &Self::document(&[all(vec!["s3:Get*".to_owned(), "s3:List*".to_owned()])]),
            ),
        ];
        let push = self.push("ecr-public", &everything);
        made.push(Self::managed(&self.arn("policy/Deploy"), &Self::document(&[Self::login(), push])));
        let push = self.push("ecr-public", &team);
        made.push(Self::managed(&self.arn("policy/TeamPush"), &Self::document(&[Self::login(), push])));
        let edge = json!({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "ecr-public:Delete*", "ecr:Delete*"], "Resource": "*"});
        made.push(Self::managed(&self.arn("policy/Edge"), &Self::document(&[edge])));
        let cross = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/deployer"});
        made.push(Self::managed(&self.arn("policy/AssumeDeployer"), &Self::document(&[cross])));
        made
    }

    fn iam(&mut self) -> Value {
        let policies = self.policies();
        let users: Vec<Value> = (0..self.users()).map(|place| self.user(place)).collect();
        let roles: Vec<Value> = (0..self.roles()).map(|place| self.role(place)).collect();
        let groups: Vec<Value> = ["developers", "operators", "auditors"].iter().map(|name| self.group(name)).collect();
        json!({"UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles, "Policies": policies, "IsTruncated": false})
    }

    fn group(&mut self, name: &str) -> Value {
        let attached = match name {
            "developers" => vec![self.arn("policy/TeamPush")],
            "operators" => vec![self.arn("policy/Deploy"), self.arn("policy/AssumeDeployer")],
            _ => vec!["arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly".to_owned()],
        };
        json!({"Path": "/", "GroupName": name, "GroupId": self.unique("AGPA"), "Arn": self.arn(&format!("group/{name}")),
            "CreateDate": "2025-01-01T00:00:00+00:00", "GroupPolicyList": [], "AttachedManagedPolicies": Self::attached(&attached)})
    }

    fn user(&mut self, place: usize) -> Value {
        let path = if self.chance(30) { "/people/" } else { "/" };
        let name = format!("user-{place}");
        let group = self.pick(&["developers", "developers", "operators", "auditors"]);
        let mut inline = Vec::new();
        if self.chance(25) {
            inline.push(json!({"PolicyName": "own", "PolicyDocument": Self::document(&self.noise())}));
        }
        let mut attached = Vec::new();
        if self.chance(10) {
            attached.push("arn:aws:iam::aws:policy/AmazonElasticContainerRegistryPublicPowerUser".to_owned());
        }
        if self.chance(20) {
            attached.push("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess".to_owned());
        }
        let mut user = json!({"Path": path, "UserName": name, "UserId": self.unique("AIDA"),
            "Arn": self.arn(&format!("user{path}{name}")), "CreateDate": "2025-01-01T00:00:00+00:00",
            "UserPolicyList": inline, "GroupList": [group], "AttachedManagedPolicies": Self::attached(&attached), "Tags": self.tags()});
        self.bound(&mut user);
        user
    }

    fn tags(&mut self) -> Value {
        if self.chance(50) { json!([{"Key": "team", "Value": self.pick(&TEAMS)}]) } else { json!([]) }
    }

    fn bound(&mut self, entity: &mut Value) {
        if self.chance(15) {
            entity["PermissionsBoundary"] =
                json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": self.arn("policy/Edge")});
        }
    }

    fn role(&mut self, place: usize) -> Value {
        let service =
            |name: &str| json!({"Effect": "Allow", "Principal": {"Service": name}, "Action": "sts:AssumeRole"});
        let mut inline = Vec::new();
        let mut attached = Vec::new();
        let name;
        let trust;
        match place {
            0 => {
                name = "deployer".to_owned();
                attached.push(self.arn("policy/Deploy"));
                let neighbour = self.neighbour();
                let mut statement = json!({"Effect": "Allow", "Action": "sts:AssumeRole",
                    "Principal": {"AWS": [self.arn("root"), format!("arn:aws:iam::{neighbour}:root")]}});
                if self.chance(30) {
                    statement["Condition"] = json!({"StringEquals": {"aws:PrincipalOrgID": ID}});
                }
                trust = statement;
            }
            1 => {
                name = "break-glass".to_owned();
                attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
                trust = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": self.arn("root")},
                    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}});
            }
            2 => {
                name = "OrganizationAccountAccessRole".to_owned();
                attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
                trust = json!({"Effect": "Allow", "Action": "sts:AssumeRole",
                    "Principal": {"AWS": format!("arn:aws:iam::{}:root", crate::organization::MANAGEMENT)}});
            }
            3..=14 => {
                name = format!("ci-build-{:02}", place - 2);
                attached.push("arn:aws:iam::aws:policy/AmazonElasticContainerRegistryPublicPowerUser".to_owned());
                attached.push(self.arn("policy/AssumeDeployer"));
                trust = json!({"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                    "Principal": {"Federated": self.arn("oidc-provider/token.actions.githubusercontent.com")},
                    "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": format!("repo:example/{name}:*")}}});
            }
            _ => {
                name = format!("service-{place}");
                inline.push(json!({"PolicyName": "work", "PolicyDocument": Self::document(&self.noise())}));
                if self.chance(10) {
                    let resource = format!("arn:aws:ecr:eu-central-1:{}:repository/*", self.id);
                    let push = self.push("ecr", &resource);
                    inline.push(
                        json!({"PolicyName": "images", "PolicyDocument": Self::document(&[Self::login(), push])}),
                    );
                }
                trust = service(self.pick(&["ec2.amazonaws.com", "lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]));
            }
        }
        let mut role = json!({"Path": "/", "RoleName": name, "RoleId": self.unique("AROA"), "Arn": self.arn(&format!("role/{name}")),
            "CreateDate": "2025-01-01T00:00:00+00:00", "AssumeRolePolicyDocument": Self::document(&[trust]),
            "InstanceProfileList": [], "RolePolicyList": inline, "AttachedManagedPolicies": Self::attached(&attached),
            "Tags": self.tags(), "RoleLastUsed": {}});
        if place > 2 {
            self.bound(&mut role);
        }
        role
    }

    // --- registries ---

    fn registry(&mut self, public: bool) -> Value {
        let all = self.shape.repositories_per_account;
        let public_count = (all * 7).div_ceil(10);
        let count = if public { public_count } else { all - public_count };
        let (service, region) = if public { ("ecr-public", "") } else { ("ecr", "eu-central-1") };
        let (mut repositories, mut policies, mut tags) = (Vec::new(), Map::new(), Map::new());
        for place in 0..count {
            let name = format!("team-{}/app-{place}", place % TEAMS.len());
            let arn = format!("arn:aws:{service}:{region}:{}:repository/{name}", self.id);
            repositories.push(json!({"repositoryArn": arn, "registryId": self.id, "repositoryName": name, "createdAt": "2025-01-01T00:00:00+00:00"}));
            tags.insert(arn, json!([{"Key": "team", "Value": TEAMS[place % TEAMS.len()]}]));
            if self.shape.own_policies || self.chance(40) {
                let mut policy = self.repository_policy(service);
                if self.shape.own_policies {
                    policy["Statement"]
                        .as_array_mut()
                        .into_iter()
                        .for_each(|all| all.push(self.maintainers(service, place)));
                }
                let text = policy.to_string();
                policies
                    .insert(name.clone(), json!({"registryId": self.id, "repositoryName": name, "policyText": text}));
            }
        }
        json!({"repositories": repositories, "policies": policies, "tags": tags})
    }

    /// Two roles for services; no two repositories of a registry have the same while there are pairs.
    fn maintainers(&self, service: &str, place: usize) -> Value {
        let count = self.roles().saturating_sub(FIRST_FOR_SERVICES).max(1);
        let pair = [place, place + 1 + place / count];
        let names = pair.map(|one| self.arn(&format!("role/service-{}", FIRST_FOR_SERVICES + one % count)));
        json!({"Sid": "Maintainers", "Effect": "Allow", "Principal": {"AWS": names},
            "Action": [format!("{service}:PutImage"), format!("{service}:BatchDeleteImage")]})
    }

    fn repository_policy(&mut self, service: &str) -> Value {
        let push: Vec<String> = PUSH.iter().map(|name| format!("{service}:{name}")).collect();
        let statement = match self.random.random_range(0..100) {
            0..25 => {
                let neighbour = self.neighbour();
                json!({"Sid": "Neighbour", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{neighbour}:root")}, "Action": push})
            }
            25..45 => {
                json!({"Sid": "Organization", "Effect": "Allow", "Principal": "*", "Action": [format!("{service}:DescribeImages"), format!("{service}:DescribeRepositories")],
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": ID}}})
            }
            45..80 => {
                json!({"Sid": "Deployer", "Effect": "Allow", "Principal": {"AWS": self.arn("role/deployer")}, "Action": push})
            }
            80..90 => {
                json!({"Sid": "OnlyDeployerDeletes", "Effect": "Deny", "Principal": "*", "Action": [format!("{service}:BatchDeleteImage"), format!("{service}:DeleteRepository")],
                "Condition": {"ArnNotEquals": {"aws:PrincipalArn": self.arn("role/deployer")}}})
            }
            _ => {
                json!({"Sid": "Operators", "Effect": "Allow", "Principal": {"AWS": [self.arn("user/user-1"), self.arn("user/user-2")]}, "Action": format!("{service}:*")})
            }
        };
        let version = if self.number.is_multiple_of(3) { "2008-10-17" } else { "2012-10-17" };
        json!({"Version": version, "Statement": [statement]})
    }
}
