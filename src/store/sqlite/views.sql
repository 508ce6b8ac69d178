-- What is held, a row for each principal, permission and resource; and a view for each question that people ask.

CREATE VIEW effective AS
SELECT p.principal_id, p.name AS principal, p.short_name AS short_principal, p.kind, p.account AS principal_account,
       g.permission_id, g.name AS permission, g.kind AS grain,
       r.resource_id, r.name AS resource, r.kind AS resource_kind, r.account, r.repository_id,
       c.verdict, c.own, d.words AS condition
FROM cells AS c
JOIN principal_set_members AS pm ON pm.principal_set_id = c.principal_set_id
JOIN principals AS p ON p.principal_id = pm.principal_id
JOIN resource_set_members AS rm ON rm.resource_set_id = c.resource_set_id
JOIN resources AS r ON r.resource_id = rm.resource_id
JOIN permissions AS g ON g.permission_id = c.permission_id
LEFT JOIN conditions AS d ON d.condition_id = c.condition_id;

CREATE VIEW granted_by AS
SELECT p.name AS principal, p.kind, p.account AS principal_account, g.name AS permission, g.kind AS grain,
       r.name AS resource, r.account, q.size AS principals, t.size AS resources,
       c.statement_id, y.name AS policy, y.layer, s.sid, s.file, s.line, s.text
FROM cell_statements AS c
JOIN principal_sets AS q ON q.principal_set_id = c.principal_set_id
JOIN resource_sets AS t ON t.resource_set_id = c.resource_set_id
JOIN principals AS p ON p.principal_id = (
    SELECT min(m.principal_id) FROM principal_set_members AS m WHERE m.principal_set_id = c.principal_set_id)
JOIN resources AS r ON r.resource_id = (
    SELECT m.resource_id FROM resource_set_members AS m JOIN resources AS o ON o.resource_id = m.resource_id
    WHERE m.resource_set_id = c.resource_set_id ORDER BY o.name LIMIT 1)
JOIN permissions AS g ON g.permission_id = c.permission_id
JOIN statements AS s ON s.statement_id = c.statement_id
JOIN policies AS y ON y.policy_id = s.policy_id;

CREATE VIEW public_repositories AS
SELECT repository_id, name AS repository, arn AS resource, account FROM repositories WHERE visibility = 'public';

CREATE VIEW who_can AS
SELECT e.permission, r.name AS repository, e.resource, e.account, e.principal, e.kind, e.principal_account,
       e.verdict, e.own, e.condition
FROM effective AS e
LEFT JOIN repositories AS r ON r.repository_id = e.repository_id
UNION ALL
SELECT 'pull', repository, resource, account, 'anyone', 'anyone', NULL, 'allowed', 'allowed', NULL
FROM public_repositories;

CREATE VIEW what_can AS
SELECT e.principal, e.short_principal, e.kind, e.principal_account, e.permission, r.name AS repository, e.resource,
       e.account, e.verdict, e.own, e.condition
FROM effective AS e
LEFT JOIN repositories AS r ON r.repository_id = e.repository_id
WHERE e.grain = 'capability';

CREATE VIEW can_push AS
SELECT r.name AS repository, e.account, e.principal, e.kind, e.principal_account, e.verdict, e.own, e.condition
FROM effective AS e
JOIN repositories AS r ON r.repository_id = e.repository_id
WHERE e.permission = 'push';

CREATE VIEW can_administer AS
SELECT r.name AS repository, e.account, e.principal, e.kind, e.principal_account, e.verdict, e.own, e.condition
FROM effective AS e
JOIN repositories AS r ON r.repository_id = e.repository_id
WHERE e.permission = 'administer';

CREATE VIEW administrators AS
SELECT e.principal, e.kind, e.principal_account, e.account, count(*) AS repositories,
       count(*) FILTER (WHERE e.verdict = 'allowed') AS allowed
FROM effective AS e
WHERE e.permission = 'administer' AND e.resource_kind = 'repository'
GROUP BY e.principal_id, e.account;

CREATE VIEW cross_account AS
SELECT e.principal, e.kind, e.principal_account, e.permission, e.resource, e.account, e.verdict, e.own, e.condition
FROM effective AS e
WHERE e.grain = 'capability' AND e.principal_account <> e.account;

CREATE VIEW outsiders AS
SELECT e.principal, e.kind, e.principal_account, e.permission, e.resource, e.account, e.verdict, e.own, e.condition
FROM effective AS e
JOIN principals AS p ON p.principal_id = e.principal_id
JOIN accounts AS owner ON owner.account = e.account
LEFT JOIN accounts AS own ON own.account = p.home
WHERE e.grain = 'capability' AND e.kind <> 'service'
  AND CASE WHEN owner.organization IS NULL THEN p.home IS NOT e.account
           ELSE own.organization IS NOT owner.organization END;

CREATE VIEW conditional AS
SELECT e.principal, e.kind, e.principal_account, e.permission, e.resource, e.account, e.own, e.condition
FROM effective AS e
WHERE e.grain = 'capability' AND e.verdict = 'conditional';

CREATE VIEW only_through_roles AS
SELECT e.principal, e.kind, e.principal_account, e.permission, e.resource, e.account, e.verdict, e.condition
FROM effective AS e
WHERE e.grain = 'capability' AND e.own IS NULL;

CREATE VIEW unused AS
SELECT p.principal_id, p.name AS principal, p.kind, p.account
FROM principals AS p
WHERE p.kind IN ('user', 'role')
  AND NOT EXISTS (
      SELECT 1 FROM principal_set_members AS m JOIN cells AS c ON c.principal_set_id = m.principal_set_id
      WHERE m.principal_id = p.principal_id);

CREATE VIEW nobody_can_push AS
SELECT r.repository_id, r.name AS repository, r.arn AS resource, r.account
FROM repositories AS r
WHERE NOT EXISTS (SELECT 1 FROM effective AS e WHERE e.repository_id = r.repository_id AND e.permission = 'push');

CREATE VIEW counts AS
SELECT e.account, e.permission, count(DISTINCT e.resource) AS resources,
       count(DISTINCT e.principal_id) FILTER (WHERE e.verdict = 'allowed') AS allowed,
       count(DISTINCT e.principal_id) AS possible
FROM effective AS e
WHERE e.grain = 'capability'
GROUP BY e.account, e.permission;

CREATE VIEW can_assume AS
SELECT p.name AS principal, p.kind, p.account AS principal_account, r.name AS role, r.account, s.verdict,
       d.words AS condition
FROM assume_steps AS s
JOIN principals AS p ON p.principal_id = s.principal_id
JOIN principals AS r ON r.principal_id = s.role_id
LEFT JOIN conditions AS d ON d.condition_id = s.condition_id;

CREATE VIEW becomes AS
WITH RECURSIVE reached (principal_id, role_id) AS (
    SELECT principal_id, role_id FROM assume_steps
    UNION
    SELECT reached.principal_id, s.role_id FROM reached JOIN assume_steps AS s ON s.principal_id = reached.role_id
)
SELECT reached.principal_id, p.name AS principal, p.account AS principal_account,
       reached.role_id, r.name AS role, r.account
FROM reached
JOIN principals AS p ON p.principal_id = reached.principal_id
JOIN principals AS r ON r.principal_id = reached.role_id;

CREATE VIEW policies_of AS
SELECT p.principal_id, p.name AS principal, 'identity' AS used_as, NULL AS through, pp.policy_id
FROM principal_policies AS pp JOIN principals AS p ON p.principal_id = pp.principal_id
UNION ALL
SELECT p.principal_id, p.name, 'identity', g.arn, gp.policy_id
FROM group_members AS m
JOIN principals AS p ON p.principal_id = m.principal_id
JOIN user_groups AS g ON g.group_id = m.group_id
JOIN group_policies AS gp ON gp.group_id = m.group_id
UNION ALL
SELECT principal_id, name, 'boundary', NULL, boundary_id FROM principals WHERE boundary_id IS NOT NULL
UNION ALL
SELECT principal_id, name, 'trust', NULL, trust_id FROM principals WHERE trust_id IS NOT NULL;

CREATE VIEW named_in AS
SELECT p.name AS principal, p.kind, p.account AS principal_account, s.statement_id, s.effect, s.sid,
       y.name AS policy, y.layer, s.file, s.line
FROM statement_principals AS n
JOIN principals AS p ON p.principal_id = n.principal_id
JOIN statements AS s ON s.statement_id = n.statement_id
JOIN policies AS y ON y.policy_id = s.policy_id;

CREATE VIEW gone AS
SELECT n.name, s.statement_id, s.effect, s.sid, y.name AS policy, y.layer, s.file, s.line
FROM statement_unknown_principals AS n
JOIN statements AS s ON s.statement_id = n.statement_id
JOIN policies AS y ON y.policy_id = s.policy_id;

CREATE VIEW escalators AS
SELECT p.name AS principal, p.kind, p.account AS principal_account, e.escalation_id, e.account, e.gains, e.service, e.is_certain
FROM escalation_principals AS m
JOIN principals AS p ON p.principal_id = m.principal_id
JOIN escalations AS e ON e.escalation_id = m.escalation_id;

CREATE VIEW grants AS
SELECT l.layer, p.name AS principal, p.kind, p.account AS principal_account, g.name AS action,
       r.name AS resource, r.account
FROM layer_grants AS l
JOIN principal_set_members AS pm ON pm.principal_set_id = l.principal_set_id
JOIN principals AS p ON p.principal_id = pm.principal_id
JOIN permission_set_members AS gm ON gm.permission_set_id = l.permission_set_id
JOIN permissions AS g ON g.permission_id = gm.permission_id
JOIN resource_set_members AS rm ON rm.resource_set_id = l.resource_set_id
JOIN resources AS r ON r.resource_id = rm.resource_id;

CREATE VIEW says AS
SELECT s.statement_id, s.effect, s.sid, y.name AS policy, y.layer, s.file, s.line,
       p.name AS principal, p.kind, p.account AS principal_account, g.name AS action, r.name AS resource, r.account
FROM statement_says AS t
JOIN statements AS s ON s.statement_id = t.statement_id
JOIN policies AS y ON y.policy_id = s.policy_id
JOIN principal_set_members AS pm ON pm.principal_set_id = t.principal_set_id
JOIN principals AS p ON p.principal_id = pm.principal_id
JOIN permission_set_members AS gm ON gm.permission_set_id = t.permission_set_id
JOIN permissions AS g ON g.permission_id = gm.permission_id
JOIN resource_set_members AS rm ON rm.resource_set_id = t.resource_set_id
JOIN resources AS r ON r.resource_id = rm.resource_id;

CREATE VIEW blocks AS
SELECT statement_id, sid, policy, layer, file, line, principal, kind, principal_account, action, resource, account
FROM says WHERE effect = 'Deny';

CREATE VIEW has_power_over AS
SELECT p.name AS principal, p.kind, p.account AS principal_account, o.name AS other, o.kind AS other_kind,
       g.name AS action
FROM controls AS c
JOIN principals AS p ON p.principal_id = c.principal_id
JOIN principals AS o ON o.principal_id = c.other_id
JOIN permissions AS g ON g.permission_id = c.permission_id;

CREATE VIEW findings_at AS
SELECT f.finding_id, f.finding, f.severity, f.message, l.file, l.line, y.name AS policy, s.sid, s.text
FROM findings AS f
LEFT JOIN finding_places AS l ON l.finding_id = f.finding_id
LEFT JOIN statements AS s ON s.statement_id = l.statement_id
LEFT JOIN policies AS y ON y.policy_id = s.policy_id;

CREATE VIEW incomplete AS
SELECT 'principal' AS kind, p.name, g.message
FROM principal_gaps AS o JOIN principals AS p ON p.principal_id = o.principal_id JOIN gaps AS g ON g.gap_id = o.gap_id
UNION ALL
SELECT 'repository', r.arn, g.message
FROM repository_gaps AS o
JOIN repositories AS r ON r.repository_id = o.repository_id
JOIN gaps AS g ON g.gap_id = o.gap_id
UNION ALL
SELECT 'account', o.account, g.message FROM account_gaps AS o JOIN gaps AS g ON g.gap_id = o.gap_id;
