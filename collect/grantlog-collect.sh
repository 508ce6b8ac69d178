#!/bin/sh
# Collects what grantlog reads: read-only calls of the AWS CLI, into a folder.
#
# Every answer is written as {"request": {...}, "response": {...}}, so that a file
# says by itself what it is about; a call that failed leaves {"request": ...,
# "error": "..."} and the rest goes on. A file appears whole or not at all.
set -u
umask 077
# The second version of the CLI would page its answers; the first knows no option for it.
export AWS_PAGER=""

usage() {
	cat <<'TEXT'
Usage: grantlog-collect.sh [--output DIR] [--regions R1,R2] [--organization --role NAME]
       grantlog-collect.sh --permissions

Collects one account (the one whose credentials are in use), or every account of
an organization, into a folder that grantlog reads:

  grantlog --data DIR who-can push storefront/web

  --output DIR      where to write (default: grantlog-export)
  --regions R1,R2   regions of private registries (default: those that are enabled)
  --organization    also the organization, and each of its accounts through --role
  --role NAME       the role to assume in the organization's accounts
  --permissions     print the IAM policy that is needed, and do nothing else
  --help            this text

Exit status: 0 all calls were answered, 1 some were denied or failed, 2 wrong usage.
TEXT
}

permissions() {
	cat <<'TEXT'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Account",
      "Effect": "Allow",
      "Action": [
        "ec2:DescribeRegions",
        "ecr:DescribeRepositories",
        "ecr:GetAccountSetting",
        "ecr:GetRegistryPolicy",
        "ecr:GetRepositoryPolicy",
        "ecr:ListTagsForResource",
        "ecr-public:DescribeRegistries",
        "ecr-public:DescribeRepositories",
        "ecr-public:GetRepositoryPolicy",
        "ecr-public:ListTagsForResource",
        "iam:GetAccountAuthorizationDetails"
      ],
      "Resource": "*"
    },
    {
      "Sid": "Organization",
      "Effect": "Allow",
      "Action": [
        "organizations:DescribeOrganization",
        "organizations:DescribePolicy",
        "organizations:ListAccounts",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListPolicies",
        "organizations:ListRoots",
        "organizations:ListTargetsForPolicy"
      ],
      "Resource": "*"
    },
    {
      "Sid": "OtherAccounts",
      "Effect": "Allow",
      "Action": "sts:AssumeRole",
      "Resource": "arn:aws:iam::*:role/ROLE-OF-YOUR-CHOICE"
    }
  ]
}
TEXT
}

output=grantlog-export
regions=
organization=no
role=

wrong() {
	echo "grantlog-collect: $1" >&2
	echo "Try --help." >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--output) [ $# -gt 1 ] || wrong "--output wants a folder"; output=$2; shift ;;
	--regions) [ $# -gt 1 ] || wrong "--regions wants a list"; regions=$(echo "$2" | tr ',' ' '); shift ;;
	--organization) organization=yes ;;
	--role) [ $# -gt 1 ] || wrong "--role wants a name"; role=$2; shift ;;
	--permissions) permissions; exit 0 ;;
	--help | -h) usage; exit 0 ;;
	*) wrong "unknown option $1" ;;
	esac
	shift
done
if [ "$organization" = yes ] && [ -z "$role" ]; then
	wrong "--organization wants --role, the role to assume in the other accounts"
fi
command -v aws >/dev/null 2>&1 || wrong "the AWS CLI (aws) is not installed"

mkdir -p "$output" || exit 2
scratch=$(mktemp -d "$output/.collecting.XXXXXX") || exit 2
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
failures=$output/failures.txt
: >"$failures"

# What stands in a file name: a slash becomes %2F.
name_of() {
	printf '%s' "$1" | sed 's|%|%25|g; s|/|%2F|g'
}

# A text as it stands between the quotes of JSON.
quoted() {
	printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'
}

# The request in JSON: request SERVICE OPERATION ACCOUNT REGION [NAME VALUE]...
request() {
	printf '{"service": "%s", "operation": "%s", "account": "%s", "region": "%s", "parameters": {' "$1" "$2" "$3" "$4"
	shift 4
	comma=
	while [ $# -gt 1 ]; do
		printf '%s"%s": "%s"' "$comma" "$1" "$(quoted "$2")"
		comma=', '
		shift 2
	done
	printf '}}'
}

# Writes one answer: collect FILE REQUEST aws-arguments...
# 0 if the call was answered. A policy that does not exist is an answer too.
collect() {
	file=$output/$1
	asked=$2
	shift 2
	mkdir -p "$(dirname "$file")"
	if aws "$@" --output json >"$scratch/answer" 2>"$scratch/error"; then
		{
			printf '{"request": %s, "response":\n' "$asked"
			if [ -s "$scratch/answer" ]; then cat "$scratch/answer"; else printf '{}'; fi
			printf '}\n'
		} >"$scratch/whole"
		mv "$scratch/whole" "$file"
		return 0
	fi
	reason=$(sed -n 's/.*(\([A-Za-z]*\)) when calling.*/\1/p' "$scratch/error" | head -n 1)
	[ -n "$reason" ] || reason=$(tr '\n' ' ' <"$scratch/error" | cut -c 1-200)
	[ -n "$reason" ] || reason=Failed
	printf '{"request": %s, "error": "%s"}\n' "$asked" "$(quoted "$reason")" >"$scratch/whole"
	mv "$scratch/whole" "$file"
	case $reason in
	RepositoryPolicyNotFoundException | RegistryPolicyNotFoundException) return 0 ;;
	esac
	echo "$reason: aws $1 $2" >>"$failures"
	echo "grantlog-collect: $reason: aws $1 $2 (going on)" >&2
	return 1
}

# The names that an answer lists: names QUERY aws-arguments...
names() {
	query=$1
	shift
	aws "$@" --query "$query" --output text 2>/dev/null | tr '\t' '\n' | grep -v -e '^None$' -e '^$'
}

registry() {
	account=$1
	service=$2
	region=$3
	folder=$4
	collect "$account/$folder/repositories.json" "$(request "$service" DescribeRepositories "$account" "$region")" \
		"$service" describe-repositories --region "$region" || return 0
	names 'repositories[].[repositoryName]' "$service" describe-repositories --region "$region" >"$scratch/repositories"
	while read -r repository; do
		file=$(name_of "$repository").json
		collect "$account/$folder/policy/$file" \
			"$(request "$service" GetRepositoryPolicy "$account" "$region" repositoryName "$repository")" \
			"$service" get-repository-policy --region "$region" --repository-name "$repository" </dev/null || :
		case $service in
		ecr-public) arn=arn:aws:ecr-public::$account:repository/$repository ;;
		*) arn=arn:aws:ecr:$region:$account:repository/$repository ;;
		esac
		collect "$account/$folder/tags/$file" \
			"$(request "$service" ListTagsForResource "$account" "$region" resourceArn "$arn")" \
			"$service" list-tags-for-resource --region "$region" --resource-arn "$arn" </dev/null || :
	done <"$scratch/repositories"
}

account() {
	account=$1
	echo "grantlog-collect: account $account" >&2
	# This answer says by itself what it is; grantlog reads it as the CLI prints it.
	mkdir -p "$output/$account"
	if aws iam get-account-authorization-details --output json >"$scratch/iam" 2>"$scratch/error"; then
		mv "$scratch/iam" "$output/$account/iam.json"
	else
		collect "$account/iam.json" "$(request iam GetAccountAuthorizationDetails "$account" "")" \
			iam get-account-authorization-details || :
	fi
	collect "$account/ecr-public/registries.json" "$(request ecr-public DescribeRegistries "$account" us-east-1)" \
		ecr-public describe-registries --region us-east-1 || :
	registry "$account" ecr-public us-east-1 ecr-public
	here=$regions
	if [ -z "$here" ]; then
		here=$(names 'Regions[].[RegionName]' ec2 describe-regions --region us-east-1)
	fi
	if [ -z "$here" ]; then
		here=${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}
		echo "grantlog-collect: the enabled regions are not known, only $here is collected" >&2
	fi
	for region in $here; do
		registry "$account" ecr "$region" "ecr/$region"
		collect "$account/ecr/$region/registry-policy.json" "$(request ecr GetRegistryPolicy "$account" "$region")" \
			ecr get-registry-policy --region "$region" || :
		collect "$account/ecr/$region/account-setting.json" \
			"$(request ecr GetAccountSetting "$account" "$region" name REGISTRY_POLICY_SCOPE)" \
			ecr get-account-setting --region "$region" --name REGISTRY_POLICY_SCOPE || :
	done
}

units() {
	parent=$1
	collect "organization/accounts/$parent.json" \
		"$(request organizations ListAccountsForParent "$own" "" ParentId "$parent")" \
		organizations list-accounts-for-parent --parent-id "$parent" </dev/null || :
	collect "organization/ous/$parent.json" \
		"$(request organizations ListOrganizationalUnitsForParent "$own" "" ParentId "$parent")" \
		organizations list-organizational-units-for-parent --parent-id "$parent" </dev/null || return 0
	for unit in $(names 'OrganizationalUnits[].[Id]' organizations list-organizational-units-for-parent --parent-id "$parent"); do
		units "$unit"
	done
}

organization() {
	collect organization/organization.json "$(request organizations DescribeOrganization "$own" "")" \
		organizations describe-organization || return 0
	collect organization/roots.json "$(request organizations ListRoots "$own" "")" organizations list-roots || return 0
	collect organization/accounts.json "$(request organizations ListAccounts "$own" "")" organizations list-accounts || :
	for root in $(names 'Roots[].[Id]' organizations list-roots); do
		units "$root"
	done
	for kind in SERVICE_CONTROL_POLICY RESOURCE_CONTROL_POLICY; do
		collect "organization/policies/$kind.json" "$(request organizations ListPolicies "$own" "" Filter "$kind")" \
			organizations list-policies --filter "$kind" || continue
		for policy in $(names 'Policies[].[Id]' organizations list-policies --filter "$kind"); do
			collect "organization/policy/$policy.json" \
				"$(request organizations DescribePolicy "$own" "" PolicyId "$policy")" \
				organizations describe-policy --policy-id "$policy" || :
			collect "organization/targets/$policy.json" \
				"$(request organizations ListTargetsForPolicy "$own" "" PolicyId "$policy")" \
				organizations list-targets-for-policy --policy-id "$policy" || :
		done
	done
}

own=$(aws sts get-caller-identity --query Account --output text 2>"$scratch/error")
if [ -z "$own" ]; then
	cat "$scratch/error" >&2
	wrong "no credentials: 'aws sts get-caller-identity' was not answered"
fi
account "$own"
if [ "$organization" = yes ]; then
	organization
	for member in $(names 'Accounts[].[Id]' organizations list-accounts); do
		[ "$member" = "$own" ] && continue
		# Credentials of the other account live in a subshell only.
		(
			# Three words without blanks are what is asked for.
			# shellcheck disable=SC2046
			set -- $(aws sts assume-role --role-arn "arn:aws:iam::$member:role/$role" --role-session-name grantlog-collect \
				--query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text 2>/dev/null)
			if [ $# -ne 3 ]; then
				echo "AccessDenied: aws sts assume-role in account $member" >>"$failures"
				echo "grantlog-collect: role $role in account $member cannot be assumed (going on)" >&2
				exit 0
			fi
			AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2 AWS_SESSION_TOKEN=$3
			export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
			account "$member"
		)
	done
fi

failed=$(wc -l <"$failures" | tr -d ' ')
if [ "$failed" -gt 0 ]; then
	echo "grantlog-collect: done, in $output; $failed calls failed, listed in $failures" >&2
	exit 1
fi
rm -f "$failures"
echo "grantlog-collect: done, in $output" >&2
