//! What the shell says about itself, by topic.

/// The topics and their texts.
const TOPICS: [(&str, &str); 9] = [
    (
        "questions",
        "who can ACTION on REPOSITORY             every principal, its verdict, its way
what can PRINCIPAL do [on REPOSITORY]    the inverse
can PRINCIPAL ACTION on REPOSITORY       one verdict
why can PRINCIPAL ACTION on REPOSITORY   the proof, or what stands in the way
what if CHANGE; what changed; undo       the same in a changed world: help what-if
summary                                  how many can push, pull, administer what
list accounts | principals | repositories | actions | diagnostics | gaps
graph                                    the permission graph for Graphviz
facts                                    what the rules are given
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
what if tag NAME KEY=VALUE                  what if untag NAME KEY
what if delete PRINCIPAL
what changed [by action]                    who gained and who lost what by all changes
list changes; undo [all]                    what was changed; take it back
Every other question answers in the changed world. A name here is a policy, a
principal or a repository. JSON goes between single quotes.",
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
        ".context  .mode FORMAT  .strict  .direct  .all  .expand  .settings  .quit
Tab completes, the right arrow takes a hint over, Ctrl-R searches the history,
Ctrl-C gives up the line, Ctrl-D leaves. A backslash at the end of a line lets
it go on in the next.",
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

/// What there is to ask, and which topics there are.
#[must_use]
pub fn overview() -> String {
    let names: Vec<&str> = topics().collect();
    format!("{}\n\ntopics: {}", TOPICS[0].1, names.join(", "))
}
