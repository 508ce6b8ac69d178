//! The doors through which strangers' bytes come in: whatever comes, nothing panics, and what is told of
//! it has a place in it.

use std::collections::BTreeMap;

use grantlog::condition::add_given;
use grantlog::condition::{Known, Test};
use grantlog::inventory::Inventory;
use grantlog::policy::{
    AccountId, Arn, Case, Condition, Document, Filling, Json, Node, Operator, Pattern, PolicyKind, ResourcePattern,
    Span, Spanned, Value, Version, parse,
};
use grantlog::query::saved::Queries;
use grantlog::query::{Question, Scope, Side, Vocabulary, outline, word_start};
use grantlog::repl::{Command, Completer, Highlighter, Hinter, Names, context_entry};
use grantlog::scenario;
use proptest::prelude::*;
use serde_json::json;
use serde_json::value::RawValue;

use crate::files;
use crate::mutations::{documents, exports, json_under, scenarios, spread, text};

/// Keys of every kind: what an export knows of them, and what only a request does.
const KEYS: [&str; 10] = [
    "aws:SourceIp",
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:PrincipalArn",
    "aws:userid",
    "aws:TagKeys",
    "aws:MultiFactorAuthAge",
    "aws:PrincipalTag/${",
    "aws:ResourceAccount",
    "s3:prefix",
];

/// The members that the readers of exports look for.
const MEMBERS: &[&str] = &[
    "UserDetailList",
    "RoleDetailList",
    "GroupDetailList",
    "Policies",
    "PolicyVersionList",
    "Document",
    "Arn",
    "AssumeRolePolicyDocument",
    "UserPolicyList",
    "PolicyDocument",
    "GroupList",
    "AttachedManagedPolicies",
    "PermissionsBoundary",
    "Tags",
    "Key",
    "Value",
    "repositories",
    "repositoryArn",
    "repositoryName",
    "registryId",
    "policies",
    "policyText",
    "tags",
    "registries",
    "request",
    "response",
    "error",
    "service",
    "operation",
    "Organization",
    "MasterAccountId",
    "Roots",
    "OrganizationalUnits",
    "Accounts",
    "Targets",
    "TargetId",
    "Policy",
    "PolicySummary",
    "Content",
    "accounts",
    "roots",
    "ParentId",
    "configurationItems",
    "configuration",
    "resourceType",
    "accountId",
    "Results",
    "name",
    "value",
    "IsTruncated",
    "structure",
    "metadata",
    "parent",
];

/// Texts that once made something panic, or have no place.
const FOUND: [&str; 3] = [
    // The reader's column ends within the character.
    "\"😀",
    // A lone surrogate in a key is JSON, and no text.
    r#"{"\ud800": 1, "Version": "2012-10-17", "Statement": []}"#,
    r#"{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"a\ud800": "\ud800"}}}]}"#,
];

fn is_within(span: Span, text: &str) -> bool {
    let (start, end) = (span.start as usize, span.end as usize);
    start <= end && text.is_char_boundary(start) && text.is_char_boundary(end)
}

/// Every place that a document tells of.
fn spans(document: &Document) -> Vec<Span> {
    let mut spans = Vec::new();
    for statement in &document.statements {
        spans.push(statement.span);
        spans.extend(statement.actions.entries.iter().map(|entry| entry.span));
        spans.extend(statement.resources.iter().flat_map(|element| &element.entries).map(|entry| entry.span));
        spans.extend(statement.principals.iter().flat_map(|element| &element.entries).map(|entry| entry.span));
        for condition in &statement.conditions {
            spans.extend([condition.operator.span, condition.key.span]);
            spans.extend(condition.values.iter().map(|value| value.span));
        }
    }
    spans
}

/// What a document says, without the places where it says it.
fn meaning(document: &Document) -> String {
    let told = format!("{document:?}");
    let mut parts = told.split("span: Span {");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |meaning, part| meaning + part.split_once('}').map_or("", |(_, rest)| rest))
}

fn check_document(text: &str) -> Result<(), TestCaseError> {
    check_json(text)?;
    for kind in PolicyKind::ALL {
        let parsed = parse(text, kind);
        let problems = parsed.problems.iter().map(|problem| problem.span);
        for span in spans(&parsed.document).into_iter().chain(problems) {
            prop_assert!(is_within(span, text), "{span:?} of {} bytes", text.len());
        }
        if parsed.problems.is_empty() {
            let again = parse(&spread(text), kind);
            prop_assert!(again.problems.is_empty(), "{:?}", again.problems);
            prop_assert_eq!(meaning(&again.document), meaning(&parsed.document));
        }
    }
    Ok(())
}

/// The scan of documents takes what serde takes, and finds in it what serde finds.
fn check_json(text: &str) -> Result<(), TestCaseError> {
    let theirs = serde_json::from_str::<&RawValue>(text);
    match (Json::parse(text), &theirs) {
        (Ok(ours), Ok(theirs)) => {
            prop_assert_eq!(ours.root().raw(), theirs.get());
            if let Ok(value) = serde_json::from_str(text) {
                prop_assert!(is_said(ours.root(), &value), "{}", text);
            }
        }
        (Err(error), Err(_)) => prop_assert!(text.is_char_boundary(error.offset)),
        (ours, theirs) => prop_assert!(false, "{:?}, {:?}: {}", ours.is_ok(), theirs.is_ok(), text),
    }
    Ok(())
}

/// Of equal keys serde keeps the last.
fn is_said(node: Node<'_>, value: &serde_json::Value) -> bool {
    match (node.value(), value) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(ours), serde_json::Value::Bool(theirs)) => ours == *theirs,
        (Value::Number(ours), serde_json::Value::Number(_)) => {
            serde_json::from_str::<serde_json::Value>(ours).is_ok_and(|ours| ours == *value)
        }
        (Value::String(ours), serde_json::Value::String(theirs)) => ours == *theirs,
        (Value::Array(ours), serde_json::Value::Array(theirs)) => {
            let ours: Vec<_> = ours.collect();
            ours.len() == theirs.len() && ours.into_iter().zip(theirs).all(|(ours, theirs)| is_said(ours, theirs))
        }
        (Value::Object(ours), serde_json::Value::Object(theirs)) => {
            let ours: BTreeMap<_, _> = ours.map(|(key, value)| (key.value.into_owned(), value)).collect();
            ours.len() == theirs.len()
                && ours.into_iter().all(|(key, value)| theirs.get(&key).is_some_and(|theirs| is_said(value, theirs)))
        }
        _ => false,
    }
}

/// Reads the files, and asks what it may.
fn check_export(files: Vec<(String, Vec<u8>)>) {
    let inventory = Inventory::from_files(files);
    for diagnostic in &inventory.diagnostics {
        if let Some((file, span)) = diagnostic.place {
            let source = inventory.sources.get(file);
            assert!(is_within(span, source.text()), "{span:?} of {}: {}", source.name, diagnostic.message);
        }
    }
    let relations = grantlog::derive(&inventory, grantlog::Options::default());
    let _ = relations.who_can("push", "*", Scope { direct: false, all: true });
    let _ = relations.what_can("*", None, Scope::default());
}

fn spanned(value: &str) -> Spanned<String> {
    Spanned { value: value.to_owned(), span: Span::new(0, 0) }
}

fn names() -> Names {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Names::new(texts(&["arn:aws:iam::111122223333:user/alice", "é 😀"]), texts(&["web"]), texts(&["push"]))
}

/// What the properties and the fuzz targets found, kept.
#[test]
fn what_was_found_is_read() {
    for text in FOUND {
        check_document(text).expect("a find is read like anything else");
        check_export(vec![("111122223333/iam.json".to_owned(), text.as_bytes().to_vec())]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_document_with_problems(text in text()) {
        check_document(&text)?;
    }

    #[test]
    fn a_document_with_a_few_changes_is_read(text in documents()) {
        check_document(&text)?;
    }

    #[test]
    fn any_json_is_a_document_with_problems(value in json_under(&["Statement", "Condition", "Principal"])) {
        check_document(&value.to_string())?;
    }

    #[test]
    fn a_scenario_with_a_few_changes_is_answered(text in scenarios()) {
        let answered = scenario::decide(&text).is_ok();
        prop_assert_eq!(scenario::decide_strictly(&text).is_ok(), answered);
    }

    #[test]
    fn any_json_is_a_scenario_or_none(value in json_under(&["principal", "action", "resource", "context"])) {
        let _ = scenario::decide(&value.to_string());
    }

    #[test]
    fn any_value_under_any_operator_is_decided(
        operator in proptest::sample::select(Operator::names().collect::<Vec<_>>()),
        affix in proptest::sample::select(&["{}", "{}IfExists", "ForAllValues:{}", "ForAnyValue:{}IfExists"][..]),
        key in proptest::sample::select(&KEYS[..]),
        policy in prop::collection::vec(text(), 0..3),
        request in prop::collection::vec(text(), 0..3),
    ) {
        let operator = affix.replace("{}", operator);
        prop_assert_eq!(Operator::parse(&operator).is_err(), operator.ends_with("NullIfExists"));
        let condition =
            Condition { operator: spanned(&operator), key: spanned(key), values: policy.iter().map(|one| spanned(one)).collect() };
        for version in [Version::V2008, Version::V2012] {
            let Ok(test) = Test::parse(&condition, version) else { continue };
            let prefix = request.first().cloned().unwrap_or_default();
            for known in [Known::Absent, Known::UNKNOWN, Known::PRESENT, Known::Values(request.clone()),
                Known::Prefixed(prefix), Known::NoneOf(request.clone())] {
                let _ = test.decide(&|_| known.clone());
            }
        }
        let document = json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {key: policy}}}});
        let mut scenario = json!({"principal": "arn:aws:sts::111122223333:assumed-role/ci/run", "context_mode": "open",
            "action": "ecr-public:PutImage", "resource": "arn:aws:ecr-public::111122223333:repository/web",
            "identity_policies": [document]});
        let _ = scenario::decide(&scenario.to_string());
        scenario["context"] = json!({key: request});
        let _ = scenario::decide_strictly(&scenario.to_string());
    }

    #[test]
    fn patterns_say_what_they_were_read_from(pattern in text(), other in text()) {
        for version in [Version::V2008, Version::V2012] {
            let parsed = Pattern::parse(&pattern, version);
            prop_assert_eq!(parsed.as_str(), &pattern);
            let literal = Pattern::parse_literal(&pattern, Version::V2008);
            prop_assert!(literal.matches(&pattern, Case::Sensitive));
            prop_assert_eq!(literal.matches(&other, Case::Sensitive), pattern == other);
            let _ = (parsed.matches(&other, Case::Ignored), parsed.coverage(&other));
            if let Some(resolved) = parsed.fill(|_| Filling::Text(other.clone())) {
                prop_assert_eq!(resolved.variables().count(), 0);
            }
            let resource = ResourcePattern(parsed);
            let _ = (resource.fit(&other, true), resource.fit(&other, false), resource.fit_no_resource());
            let _ = resource.fit_unnamed(&other, true);
        }
    }

    #[test]
    fn arns_and_accounts_say_what_they_were_read_from(text in text(), digits in "[0-9]{10,14}") {
        if let Some(arn) = Arn::parse(&text) {
            prop_assert_eq!(arn.to_string(), text);
            let _ = (arn.account(), arn.name().len(), arn.typed_resource());
        }
        prop_assert_eq!(AccountId::parse(&digits).map(|id| id.to_string()), (digits.len() == 12).then_some(digits));
    }

    #[test]
    fn any_line_may_be_typed_into_the_shell(line in text(), at in any::<prop::sample::Index>()) {
        if let Ok(question) = line.parse::<Question>() {
            let again = question.to_string().parse::<Question>();
            prop_assert_eq!(again.as_ref(), Ok(&question), "{}", question);
        }
        let _ = line.parse::<Command>();
        let _ = format!(".context {line}").parse::<Command>();
        let borders: Vec<usize> = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
        let at = borders[at.index(borders.len())];
        prop_assert!(line.is_char_boundary(word_start(&line[..at])));
        let vocabulary = Vocabulary { sets: [("deployers".to_owned(), Side::Principal)].into(), queries: Queries::bundled().columns() };
        let _ = (outline(&line[..at], &vocabulary), Question::parse(&line, &vocabulary));
        let names = names();
        names.learn(vocabulary);
        let _ = (Completer::new(&names).candidates(&line, at), Hinter::new(&names).rest(&line));
        let _ = rustyline::highlight::Highlighter::highlight(&Highlighter::new(&names), &line, at);
    }

    #[test]
    fn any_entry_may_be_given_as_context(entries in prop::collection::vec(text(), 0..4)) {
        let mut context = BTreeMap::new();
        for entry in entries.iter().filter_map(|entry| context_entry(entry).ok()) {
            prop_assert!(!entry.0.is_empty());
            let _ = add_given(&mut context, &entry.0, entry.1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_file(name in text(), bytes in prop::collection::vec(any::<u8>(), 0..200), gzip in any::<bool>()) {
        let bytes = if gzip { [&[0x1f, 0x8b][..], &bytes].concat() } else { bytes };
        check_export(vec![(name, bytes)]);
    }

    #[test]
    fn exports_with_a_few_changes_are_read(files in prop::collection::vec((exports(), any::<bool>()), 1..4)) {
        let packed = files.into_iter().map(|((name, text), gzip)| {
            (name, if gzip { files::gzip(text.as_bytes()) } else { text.into_bytes() })
        });
        check_export(packed.collect());
    }

    #[test]
    fn any_json_under_the_names_of_exports_is_read(values in prop::collection::vec(json_under(MEMBERS), 1..4)) {
        let file = |(number, value): (usize, serde_json::Value)| {
            (format!("111122223333/ecr-public/{number}.json"), value.to_string().into_bytes())
        };
        check_export(values.into_iter().enumerate().map(file).collect());
    }
}
