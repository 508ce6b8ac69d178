//! What the shell says about itself, by topic.

use crate::inventory::Inventory;
use crate::query::quoted;
use crate::report::fold::short;

/// The topics and their texts.
const TOPICS: [(&str, &str); 14] = [
    (
        "questions",
        "who can ACTION, ... on REPOSITORY, ...      every principal, its verdict, its way
what can PRINCIPAL do [on REPOSITORY, ...]  the inverse
which repositories can PRINCIPAL ACTION     where it can
can PRINCIPAL ACTION on REPOSITORY          a verdict, denied ones too
why can PRINCIPAL ACTION on REPOSITORY      the proof, or what stands in the way
why NUMBER                                  the same of a line of the last answer
.graph FILE why ...                         the proof as a picture
how can PRINCIPAL become ROLE               the shortest way, step by step
what if CHANGE; what changed; undo          the same in a changed world: help what-if
?- CONDITIONS.                              what no phrase covers: help datalog
summary                                     how many can push, pull, administer what
list findings                               what deserves a look: help findings
list queries; run QUERY; show QUERY         saved queries: help queries
list accounts | principals | repositories | policies | actions | diagnostics | gaps | sets
graph                                       the permission graph for Graphviz
facts                                       what the rules are given
help TOPIC",
    ),
    (
        "names",
        "A principal or repository is named by its ARN, by the end of it that is unique
(role/deployer, storefront/web), or by a pattern with * and ?. A name with
blanks goes between quotes. Tab completes any part of an ARN.",
    ),
    (
        "actions",
        "An action is an action of the service (ecr-public:PutImage), a pattern
(ecr-public:*Layer*), or a capability: pull, push, describe, delete, tag,
administer, create. A capability needs several actions; push, for example,
needs the two of log-in and the five of uploading.",
    ),
    (
        "filters",
        "Rows are chosen, sorted and counted by what follows a question:
where CONDITION  group by FIELD, ...  order by FIELD [desc]  limit NUMBER  count

where verdict is conditional and not kind is user
where account is 111122223333, 222233334444     where unit is NAME
where tag KEY is VALUE    where path is /ci/    where through is role/NAME
where public    where outside the organization  where principal in SET
where repository account is 111122223333        group by account, verdict",
    ),
    (
        "sets",
        "let NAME = who can ACTION on REPOSITORY names those whom a question finds. Then
NAME shows them, A - B, A & B and A + B join them, and conditions use them:
who can push on * where principal not in NAME. list sets shows all. Members are
chosen by member, kind (of principals), account, unit, path, tag KEY. Sets and rules
stay when other data is loaded.",
    ),
    (
        "datalog",
        "?- capable(P, push, R, allowed), account(P, A), not account(R, A).
Variables begin with a capital letter, _ is some value, names stand between
quotes. A rule is kept: via(P, Q) :- can_assume(P, Q). Heads count: n(R, count(P)).
.schema shows the relations, .rules the rules of this session.",
    ),
    (
        "verdicts",
        "allowed       whatever the request's context
conditional   under some contexts; the condition is shown
denied        under no context; explicit when a statement denies it",
    ),
    (
        "context",
        ".context KEY=VALUE tells what is known of the request, for example
.context aws:SourceIp=203.0.113.7. Several values of one key are several lines;
KEY= says that a request does not carry the key. .context clear forgets all.",
    ),
    (
        "what-if",
        "what if attach POLICY|FILE to PRINCIPAL    what if detach POLICY from PRINCIPAL
what if set policy of REPOSITORY to FILE    what if remove policy of REPOSITORY
what if add statement JSON|FILE to NAME     what if remove statement SID|NUMBER of POLICY
what if add USER to GROUP                   what if remove USER from GROUP
what if set boundary of PRINCIPAL to POLICY|FILE
what if remove boundary of PRINCIPAL
what if tag NAME KEY=VALUE                  what if untag NAME KEY
what if delete PRINCIPAL
what changed [by action]                    who gained and who lost what by all changes
list changes; undo [all]                    what was changed; take it back
Every other question answers in the changed world. A name here is a policy, a
principal or a repository. JSON goes between single quotes.",
    ),
    (
        "queries",
        "list queries                       those that come along, and your own (--queries)
run QUERY [PARAMETER=VALUE ...]    its rows; where, order by, limit ... may follow
show QUERY                         what it means, what to do, what it asks
docs/queries.md says how a query is written.",
    ),
    (
        "findings",
        "list findings                      what deserves a look, what matters most first
list findings where finding is NAME where severity is high ... group by finding
`grantlog lint` shows them with what to do, `grantlog lint --explain NAME` what one means.",
    ),
    (
        "incomplete",
        "What the input refers to and does not hold is a gap. An answer that a gap may
change says so. list gaps shows all of them, list diagnostics what is wrong.",
    ),
    (
        "doubts",
        "Where AWS's documentation leaves doubt, the documented reading is followed, else
the observed one, and the answer names the rule. .strict on makes such verdicts
conditional.",
    ),
    (
        "shell",
        ".help lists the commands that begin with a dot. Tab completes, also fragments of
names; the right arrow takes a hint over; Ctrl-R searches the history; Ctrl-C gives
up the line or the question, Ctrl-D leaves. A line goes on while a quote, a
parenthesis or a rule is open, and behind a backslash. Long answers go through
$PAGER.",
    ),
];

/// The names of the topics.
pub fn topics() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().map(|(name, _)| *name)
}

/// The text of a topic, by its name or the beginning of it.
#[must_use]
pub fn topic(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let begins = |topic: &&(&str, &str)| !name.is_empty() && topic.0.starts_with(&name);
    TOPICS.iter().find(begins).map(|(_, text)| *text)
}

/// What there is to ask, which topics there are, and questions about what is loaded.
#[must_use]
pub fn overview(inventory: &Inventory) -> String {
    let names: Vec<&str> = topics().collect();
    let mut text = format!("{}\n\ntopics: {}", TOPICS[0].1, names.join(", "));
    let examples = examples(inventory);
    if !examples.is_empty() {
        text.push_str("\n\nfor example:\n");
        text.extend(examples.iter().map(|example| format!("  {example}\n")));
    }
    text
}

/// Questions that this inventory has an answer to.
fn examples(inventory: &Inventory) -> Vec<String> {
    let repository = inventory.repositories.values().next().map(|one| one.arn.to_string());
    let principal = inventory.principals.values().next().map(|one| one.arn.to_string());
    let mut examples = Vec::new();
    if let Some(repository) = &repository {
        examples.push(format!("who can push on {} where kind is role", quoted(short(repository))));
    }
    if let Some(principal) = &principal {
        examples.push(format!("which repositories can {} push", quoted(principal)));
    }
    if let (Some(repository), Some(principal)) = (&repository, &principal) {
        examples.push(format!("why can {} push on {}", quoted(principal), quoted(short(repository))));
    }
    examples
}
