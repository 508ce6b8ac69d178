-- The tables, in the order in which they are filled. docs/sqlite.md says the same at more length; a test compares them.

CREATE TABLE about (
    name TEXT NOT NULL,       -- schema, program, version, input, direct, strict or context
    number INTEGER NOT NULL,  -- from 1 on, where there are several of a name
    value TEXT NOT NULL,      -- direct and strict: 1 or 0; context: KEY=VALUE
    PRIMARY KEY (name, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE organizations (
    organization TEXT PRIMARY KEY,            -- o-...
    management_account TEXT,                  -- the account that no control policy touches
    is_complete INTEGER NOT NULL,             -- 1: all its accounts are in the input
    has_service_control_policies INTEGER,     -- 1: they are enabled
    has_resource_control_policies INTEGER     -- 1: they are enabled
) STRICT, WITHOUT ROWID;

CREATE TABLE units (
    unit TEXT PRIMARY KEY,                    -- the id of a root or an organizational unit
    organization TEXT NOT NULL REFERENCES organizations,
    name TEXT                                 -- where the input tells it
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    account TEXT PRIMARY KEY,                 -- twelve digits
    name TEXT,                                -- where the input tells it
    partition TEXT,                           -- aws, aws-cn ...; null for an account that only a policy names
    organization TEXT REFERENCES organizations,
    is_read INTEGER NOT NULL,                 -- 1: the input holds something of it; 0: only policies name it
    has_principals INTEGER NOT NULL           -- 1: its users and roles are in the input
) STRICT, WITHOUT ROWID;

CREATE TABLE account_units (
    account TEXT NOT NULL REFERENCES accounts,
    depth INTEGER NOT NULL,                   -- 0: the root
    unit TEXT NOT NULL REFERENCES units,
    PRIMARY KEY (account, depth)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
    gap_id INTEGER PRIMARY KEY,               -- its number
    message TEXT NOT NULL                     -- in words: the boundary arn:... is not in the export
) STRICT;

CREATE TABLE account_gaps (
    account TEXT NOT NULL REFERENCES accounts,
    gap_id INTEGER NOT NULL REFERENCES gaps,
    PRIMARY KEY (account, gap_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE policies (
    policy_id INTEGER PRIMARY KEY,            -- its number
    name TEXT NOT NULL,                       -- an ARN, or what it is and on what it hangs
    layer TEXT NOT NULL,                      -- identity, repository, registry, trust, service-control, resource-control
    file TEXT NOT NULL,                       -- where it was read
    is_bundled INTEGER NOT NULL,              -- 1: its text is the copy that comes with the program
    gap_id INTEGER REFERENCES gaps            -- set where statements of it may be missing
) STRICT;

CREATE TABLE principals (
    principal_id INTEGER PRIMARY KEY,         -- its number
    name TEXT NOT NULL,                       -- an ARN, or a name in words: anyone, service NAME
    short_name TEXT NOT NULL,                 -- user/NAME, role/PATH/NAME
    kind TEXT NOT NULL,                       -- user, role, session, root, service, account, anyone ...
    account TEXT REFERENCES accounts,         -- null for services, identity providers and anyone
    home TEXT REFERENCES accounts,            -- the same; of an identity provider, the account that set it up
    path TEXT,                                -- of a user or role of the input
    unique_id TEXT,                           -- AIDA..., AROA..., where the input tells it
    boundary_id INTEGER REFERENCES policies,  -- the permissions boundary
    trust_id INTEGER REFERENCES policies      -- the trust policy of a role
) STRICT;

CREATE TABLE principal_tags (
    principal_id INTEGER NOT NULL REFERENCES principals,
    key TEXT NOT NULL,                        -- as it is written
    value TEXT NOT NULL,                      -- empty, if the tag has none
    PRIMARY KEY (principal_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE principal_gaps (
    principal_id INTEGER NOT NULL REFERENCES principals,
    gap_id INTEGER NOT NULL REFERENCES gaps,
    PRIMARY KEY (principal_id, gap_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_groups (
    group_id INTEGER PRIMARY KEY,             -- its number
    arn TEXT NOT NULL,                        -- its ARN
    account TEXT REFERENCES accounts
) STRICT;

CREATE TABLE group_members (
    group_id INTEGER NOT NULL REFERENCES user_groups,
    principal_id INTEGER NOT NULL REFERENCES principals,
    PRIMARY KEY (group_id, principal_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE principal_policies (
    principal_id INTEGER NOT NULL REFERENCES principals,
    policy_id INTEGER NOT NULL REFERENCES policies,
    is_inline INTEGER NOT NULL,               -- 1: embedded, 0: a managed policy
    PRIMARY KEY (principal_id, policy_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE group_policies (
    group_id INTEGER NOT NULL REFERENCES user_groups,
    policy_id INTEGER NOT NULL REFERENCES policies,
    is_inline INTEGER NOT NULL,               -- 1: embedded, 0: a managed policy
    PRIMARY KEY (group_id, policy_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE registry_policies (
    account TEXT NOT NULL REFERENCES accounts,
    region TEXT NOT NULL,                     -- eu-central-1
    policy_id INTEGER NOT NULL REFERENCES policies,
    PRIMARY KEY (account, region)
) STRICT, WITHOUT ROWID;

CREATE TABLE control_policies (
    account TEXT NOT NULL REFERENCES accounts,
    depth INTEGER NOT NULL,                   -- 0: at the root; one more than the deepest unit: at the account itself
    policy_id INTEGER NOT NULL REFERENCES policies,
    PRIMARY KEY (account, depth, policy_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE repositories (
    repository_id INTEGER PRIMARY KEY,        -- its number
    arn TEXT NOT NULL,                        -- its ARN
    name TEXT NOT NULL,                       -- storefront/web
    account TEXT NOT NULL REFERENCES accounts,
    region TEXT NOT NULL,                     -- empty for public repositories
    visibility TEXT NOT NULL                  -- public: anyone can pull
        CHECK (visibility IN ('public', 'private')),
    has_policy INTEGER,                       -- 1 or 0; null: no file tells
    policy_id INTEGER REFERENCES policies     -- the policy on it
) STRICT;

CREATE TABLE repository_tags (
    repository_id INTEGER NOT NULL REFERENCES repositories,
    key TEXT NOT NULL,                        -- as it is written
    value TEXT NOT NULL,                      -- empty, if the tag has none
    PRIMARY KEY (repository_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE repository_gaps (
    repository_id INTEGER NOT NULL REFERENCES repositories,
    gap_id INTEGER NOT NULL REFERENCES gaps,
    PRIMARY KEY (repository_id, gap_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE statements (
    statement_id INTEGER PRIMARY KEY,         -- its number
    policy_id INTEGER NOT NULL REFERENCES policies,
    number INTEGER NOT NULL,                  -- in its policy, from 1 on
    sid TEXT,                                 -- its Sid, if it has one
    effect TEXT NOT NULL                      -- whether it grants or forbids
        CHECK (effect IN ('Allow', 'Deny')),
    file TEXT NOT NULL,                       -- where it stands
    line INTEGER NOT NULL,                    -- where it begins
    text TEXT NOT NULL                        -- as it is written
) STRICT;

CREATE TABLE statement_principals (
    statement_id INTEGER NOT NULL REFERENCES statements,
    principal_id INTEGER NOT NULL REFERENCES principals,
    PRIMARY KEY (statement_id, principal_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE statement_unknown_principals (
    statement_id INTEGER NOT NULL REFERENCES statements,
    name TEXT NOT NULL,                       -- an ARN or unique id of somebody who is gone
    PRIMARY KEY (statement_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE statement_elements (
    statement_id INTEGER NOT NULL REFERENCES statements,
    element TEXT NOT NULL,                    -- Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition
    PRIMARY KEY (statement_id, element)
) STRICT, WITHOUT ROWID;

CREATE TABLE statement_actions (
    statement_id INTEGER NOT NULL REFERENCES statements,
    pattern TEXT NOT NULL,                    -- of Action or NotAction, in lower case
    PRIMARY KEY (statement_id, pattern)
) STRICT, WITHOUT ROWID;

CREATE TABLE statement_condition_keys (
    statement_id INTEGER NOT NULL REFERENCES statements,
    key TEXT NOT NULL,                        -- in lower case
    PRIMARY KEY (statement_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE permissions (
    permission_id INTEGER PRIMARY KEY,        -- its number
    name TEXT NOT NULL UNIQUE,                -- push, ecr-public:PutImage
    kind TEXT NOT NULL                        -- what people mean, or what AWS asks for
        CHECK (kind IN ('capability', 'action')),
    access TEXT                               -- of an action: Read, Write, List, Tagging, Permissions management
) STRICT;

CREATE TABLE capability_actions (
    capability_id INTEGER NOT NULL REFERENCES permissions,
    action_id INTEGER NOT NULL REFERENCES permissions,
    PRIMARY KEY (capability_id, action_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE conditions (
    condition_id INTEGER PRIMARY KEY,         -- its number
    words TEXT NOT NULL UNIQUE                -- aws:MultiFactorAuthPresent is true
) STRICT;

CREATE TABLE resources (
    resource_id INTEGER PRIMARY KEY,          -- its number
    name TEXT NOT NULL,                       -- its ARN, or that of the registry or of all repositories
    kind TEXT NOT NULL,                       -- repository, registry, new-repository, listing, none
    account TEXT NOT NULL REFERENCES accounts,
    repository_id INTEGER REFERENCES repositories
) STRICT;

CREATE TABLE principal_sets (
    principal_set_id INTEGER PRIMARY KEY,     -- its number
    account TEXT NOT NULL                     -- whose resources it is about
        REFERENCES accounts,
    size INTEGER NOT NULL                     -- how many members it has
) STRICT;

CREATE TABLE principal_set_members (
    principal_set_id INTEGER NOT NULL REFERENCES principal_sets,
    principal_id INTEGER NOT NULL REFERENCES principals,
    PRIMARY KEY (principal_set_id, principal_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE resource_sets (
    resource_set_id INTEGER PRIMARY KEY,      -- its number
    account TEXT NOT NULL                     -- who owns them
        REFERENCES accounts,
    size INTEGER NOT NULL                     -- how many members it has
) STRICT;

CREATE TABLE resource_set_members (
    resource_set_id INTEGER NOT NULL REFERENCES resource_sets,
    resource_id INTEGER NOT NULL REFERENCES resources,
    PRIMARY KEY (resource_set_id, resource_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cells (
    principal_set_id INTEGER NOT NULL REFERENCES principal_sets,
    resource_set_id INTEGER NOT NULL REFERENCES resource_sets,
    permission_id INTEGER NOT NULL REFERENCES permissions,
    verdict TEXT NOT NULL                     -- over all ways: every request, or some
        CHECK (verdict IN ('allowed', 'conditional')),
    own TEXT                                  -- without the roles that they can become; null: only through these
        CHECK (own IN ('allowed', 'conditional')),
    condition_id INTEGER                      -- what a conditional verdict asks for
        REFERENCES conditions,
    PRIMARY KEY (principal_set_id, resource_set_id, permission_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cell_statements (
    principal_set_id INTEGER NOT NULL REFERENCES principal_sets,
    resource_set_id INTEGER NOT NULL REFERENCES resource_sets,
    permission_id INTEGER NOT NULL REFERENCES permissions,
    statement_id INTEGER NOT NULL             -- one that grants it, to the first of the principals on the first of the resources
        REFERENCES statements,
    PRIMARY KEY (principal_set_id, resource_set_id, permission_id, statement_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE permission_sets (
    permission_set_id INTEGER PRIMARY KEY,    -- its number
    size INTEGER NOT NULL                     -- how many members it has
) STRICT;

CREATE TABLE permission_set_members (
    permission_set_id INTEGER NOT NULL REFERENCES permission_sets,
    permission_id INTEGER NOT NULL REFERENCES permissions,
    PRIMARY KEY (permission_set_id, permission_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE layer_grants (
    layer TEXT NOT NULL,                      -- identity, boundary, service-control, repository ...
    principal_set_id INTEGER NOT NULL REFERENCES principal_sets,
    permission_set_id INTEGER NOT NULL REFERENCES permission_sets,
    resource_set_id INTEGER NOT NULL REFERENCES resource_sets,
    PRIMARY KEY (layer, principal_set_id, permission_set_id, resource_set_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE statement_says (
    statement_id INTEGER NOT NULL REFERENCES statements,
    principal_set_id INTEGER NOT NULL REFERENCES principal_sets,
    permission_set_id INTEGER NOT NULL REFERENCES permission_sets,
    resource_set_id INTEGER NOT NULL REFERENCES resource_sets,
    PRIMARY KEY (statement_id, principal_set_id, permission_set_id, resource_set_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE controls (
    principal_id INTEGER NOT NULL REFERENCES principals,
    other_id INTEGER NOT NULL                 -- over whom it has power
        REFERENCES principals,
    permission_id INTEGER NOT NULL            -- by which action of IAM
        REFERENCES permissions,
    PRIMARY KEY (principal_id, other_id, permission_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE assume_steps (
    principal_id INTEGER NOT NULL REFERENCES principals,
    role_id INTEGER NOT NULL                  -- the role, or the session of it that a policy names
        REFERENCES principals,
    verdict TEXT NOT NULL                     -- every such request is allowed, or some
        CHECK (verdict IN ('allowed', 'conditional')),
    condition_id INTEGER                      -- what a conditional verdict asks for
        REFERENCES conditions,
    PRIMARY KEY (principal_id, role_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE escalations (
    escalation_id INTEGER PRIMARY KEY,        -- what is certain comes first
    account TEXT NOT NULL REFERENCES accounts, -- where more is gained
    holder TEXT NOT NULL,                     -- as whom it is held in the end
    gains TEXT NOT NULL                       -- what: everything in the account, what a boundary holds back ...
        CHECK (gains IN ('everything', 'boundary', 'group', 'others', 'repositories')),
    service TEXT,                             -- the service that must be set to work as the role that is handed to it
    is_certain INTEGER NOT NULL               -- 1: every request of the chain is allowed, whatever its context
) STRICT;

CREATE TABLE escalation_gains (
    escalation_id INTEGER NOT NULL REFERENCES escalations,
    name TEXT NOT NULL,                       -- the boundary, the group, the others or the repositories
    PRIMARY KEY (escalation_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE escalation_principals (
    escalation_id INTEGER NOT NULL REFERENCES escalations,
    principal_id INTEGER NOT NULL REFERENCES principals,
    PRIMARY KEY (escalation_id, principal_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE escalation_steps (
    escalation_id INTEGER NOT NULL REFERENCES escalations,
    number INTEGER NOT NULL,                  -- from 1 on; the chain of the first of the principals
    principal TEXT NOT NULL,                  -- who makes the request
    action TEXT NOT NULL,                     -- iam:PutRolePolicy, sts:AssumeRole
    entity TEXT NOT NULL,                     -- what it is about
    is_certain INTEGER NOT NULL,              -- 1: it is allowed in every request
    condition TEXT,                           -- in words, where some requests are allowed
    PRIMARY KEY (escalation_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE findings (
    finding_id INTEGER PRIMARY KEY,           -- what matters most comes first
    finding TEXT NOT NULL,                    -- anyone-writes ...
    severity TEXT NOT NULL                    -- how much it matters
        CHECK (severity IN ('critical', 'high', 'medium', 'low', 'info')),
    message TEXT NOT NULL,                    -- what is so
    hint TEXT                                 -- what to do about it
) STRICT;

CREATE TABLE finding_places (
    finding_id INTEGER NOT NULL REFERENCES findings,
    number INTEGER NOT NULL,                  -- from 1 on
    file TEXT NOT NULL,                       -- the file
    line INTEGER NOT NULL,                    -- from 1 on
    column_number INTEGER NOT NULL,           -- from 1 on
    statement_id INTEGER REFERENCES statements, -- null where the input could not be read
    replacement TEXT,                         -- what to write there, where that mends it
    PRIMARY KEY (finding_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE finding_subjects (
    finding_id INTEGER NOT NULL REFERENCES findings,
    role TEXT NOT NULL                        -- whom it is about, what they do, on what
        CHECK (role IN ('principal', 'action', 'resource')),
    name TEXT NOT NULL,                       -- an ARN, an action, or a name in words
    PRIMARY KEY (finding_id, role, name)
) STRICT, WITHOUT ROWID;
