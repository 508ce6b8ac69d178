#!/bin/sh
# Fills a moto server with an account and an organization that the collector's test knows.
set -eu
export AWS_PAGER=""
call() { aws "$@" --output text >/dev/null; }

call iam create-user --user-name alice --tags Key=team,Value=web
call iam create-user --user-name build --path /ci/
call iam create-group --group-name developers
call iam add-user-to-group --group-name developers --user-name alice
call iam put-group-policy --group-name developers --policy-name read --policy-document \
	'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:Describe*", "Resource": "*"}]}'
call iam put-user-policy --user-name alice --policy-name login --policy-document \
	'{"Version": "2012-10-17", "Statement": [{"Sid": "Login", "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}]}'
call iam create-policy --policy-name Edge --policy-document \
	'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}]}'
call iam create-role --role-name deployer --permissions-boundary arn:aws:iam::123456789012:policy/Edge --assume-role-policy-document \
	'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/alice"}, "Action": "sts:AssumeRole"}]}'
call iam put-role-policy --role-name deployer --policy-name push --policy-document \
	'{"Version": "2012-10-17", "Statement": [{"Sid": "Push", "Effect": "Allow", "Action": "ecr:*", "Resource": "*"}]}'
for region in eu-central-1 us-east-1; do
	call ecr create-repository --region "$region" --repository-name team/backend --tags Key=team,Value=web
done
call ecr set-repository-policy --region eu-central-1 --repository-name team/backend --policy-text \
	'{"Version": "2012-10-17", "Statement": [{"Sid": "Alice", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/alice"}, "Action": ["ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"]}]}'
call ecr put-registry-policy --region eu-central-1 --policy-text \
	'{"Version": "2012-10-17", "Statement": [{"Sid": "Copies", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "ecr:ReplicateImage", "Resource": "arn:aws:ecr:eu-central-1:123456789012:repository/*"}]}'
call organizations create-organization --feature-set ALL
root=$(aws organizations list-roots --query 'Roots[0].Id' --output text)
call organizations enable-policy-type --root-id "$root" --policy-type SERVICE_CONTROL_POLICY || :
unit=$(aws organizations create-organizational-unit --parent-id "$root" --name Workloads --query OrganizationalUnit.Id --output text)
member=$(aws organizations create-account --email member@example.com --account-name member --query CreateAccountStatus.AccountId --output text)
call organizations move-account --account-id "$member" --source-parent-id "$root" --destination-parent-id "$unit"
policy=$(aws organizations create-policy --name Guard --description guard --type SERVICE_CONTROL_POLICY --content \
	'{"Version": "2012-10-17", "Statement": [{"Sid": "NoDelete", "Effect": "Deny", "Action": "ecr:DeleteRepository", "Resource": "*"}]}' \
	--query Policy.PolicySummary.Id --output text)
call organizations attach-policy --policy-id "$policy" --target-id "$unit"
