//! Places: one document in every form in which a file can hold it, and what its statements and its mistakes are
//! cited by.

use grantlog::Options;
use grantlog::inventory::Inventory;
use grantlog::query::Scope;

/// Two good statements with a bad one between them, over several lines, with letters of two, three and four bytes.
const DOCUMENT: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "é € 🦀 \"quoted\" \\ + %41",
     "Effect": "Allow", "Action": "ecr-public:PutImage",
     "Resource": "arn:aws:ecr-public::111122223333:repository/a+b/*"},
    {"Effect": "Allow", "Action": "ecr-public:*", "Resource": "arn:aws:ecr-public::account-id:repository/web"},
    {"Effect": "Deny", "Action": "ecr-public:DeleteRepository", "Resource": "*"}
  ]
}"#;

/// The texts of the good statements in the document.
fn statements() -> [&'static str; 2] {
    let first = DOCUMENT.find("{\"Sid\"").expect("the document holds it");
    let second = DOCUMENT.find("{\"Effect\": \"Deny\"").expect("the document holds it");
    let end = DOCUMENT.find("},\n    {\"Effect\": \"Allow\"").expect("the document holds it") + 1;
    let last = DOCUMENT.rfind("\n  ]").expect("the document holds it");
    [&DOCUMENT[first..end], &DOCUMENT[second..last]]
}

/// How a form writes a text that is a part of the document.
type Write = fn(&str) -> String;

fn plain(text: &str) -> String {
    text.to_owned()
}

/// The inside of a JSON string.
fn text(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("a text is JSON");
    quoted[1..quoted.len() - 1].to_owned()
}

/// The inside of a JSON string with every letter beyond ASCII as an escape.
fn escaped(part: &str) -> String {
    let ascii = |char: char| match char {
        char if char.is_ascii() => char.to_string(),
        char => {
            let units: Vec<String> =
                char.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect();
            units.concat()
        }
    };
    text(part).chars().map(ascii).collect::<Vec<_>>().concat()
}

/// Percent-encoded, `+` left as it is (I4).
fn percent(text: &str) -> String {
    let byte = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'+' | b'-' | b'.' | b'_' => char::from(*byte).to_string(),
        byte => format!("%{byte:02x}"),
    };
    text.as_bytes().iter().map(byte).collect::<Vec<_>>().concat()
}

fn user(document: &str) -> String {
    format!(
        "{{\"UserDetailList\": [\n  {{\"Arn\": \"arn:aws:iam::111122223333:user/alice\", \"UserPolicyList\": [\n    \
         {{\"PolicyName\": \"é\", \"PolicyDocument\": {document}}}]}}\n]}}\n"
    )
}

/// The file, and how parts of the document are written in it.
fn forms() -> Vec<(&'static str, String, Write)> {
    // Config: the configuration is a text in the item, and the item a text in the result of a query.
    let configuration = |document: &str| {
        format!(
            "{{\"arn\": \"arn:aws:iam::111122223333:user/alice\",\n \"userPolicyList\": \
             [{{\"policyName\": \"é\", \"policyDocument\": \"{document}\"}}]}}"
        )
    };
    let item = |inside: &str| {
        format!(
            "{{\"resourceType\": \"AWS::IAM::User\",\n \"configuration\": \"{inside}\", \"awsRegion\": \"global\"}}"
        )
    };
    let in_item: Write = |part| text(&percent(part));
    let in_result: Write = |part| text(&text(&text(part)));
    let result = text(&item(&text(&configuration(&text(DOCUMENT)))));
    vec![
        ("object", user(DOCUMENT), plain),
        ("text", user(&format!("\"{}\"", text(DOCUMENT))), text),
        ("escapes", user(&format!("\"{}\"", escaped(DOCUMENT))), escaped),
        ("percent", user(&format!("\" {}\"", percent(DOCUMENT))), percent),
        ("configuration", format!("[\n{}\n]", item(&text(&configuration(&percent(DOCUMENT))))), in_item),
        ("result", format!("{{\"Results\": [\n\"{result}\"], \"QueryInfo\": {{}}}}"), in_result),
    ]
}

/// The line and the column, counted from one, at which a part of a file begins.
fn position(file: &str, part: &str) -> (usize, usize) {
    let at = file.find(part).unwrap_or_else(|| panic!("{part} is not in {file}"));
    let line = file[..at].matches('\n').count() + 1;
    let column = file[..at].rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[test]
fn statements_are_cited_where_they_stand_in_the_file() {
    for (form, file, write) in forms() {
        let inventory = Inventory::from_files([("exports.json".to_owned(), file.clone().into_bytes())]);
        let [allow, _] = statements();
        let policy = inventory.policies.iter().find(|(_, policy)| policy.name.contains("inline"));
        let (id, policy) = policy.unwrap_or_else(|| panic!("{form}: {:?}", inventory.diagnostics));
        let found = &inventory.document(id).statements;
        assert_eq!(found.len(), 2, "{form}: the bad statement is left out, the others are read");
        for (statement, wanted) in found.iter().zip(statements()) {
            let text = inventory.sources.document(policy.place).expect("the document decodes");
            assert_eq!(statement.span.of(&text), wanted, "{form}");
            let span = inventory.sources.locate(policy.place, statement.span);
            let (source, span) = inventory.sources.origin(policy.place.file, span);
            assert_eq!(&*inventory.sources.get(source).name, "exports.json", "{form}");
            assert_eq!(span.of(&file), write(wanted), "{form}: the bytes of the file");
            let at = inventory.sources.position(source, span.start);
            assert_eq!((at.line, at.column), position(&file, &write(wanted)), "{form}");
        }
        let gap = policy.gap.expect("a part was left out");
        let wanted = "a part of inline policy é of user/alice cannot be read as AWS would read it";
        assert_eq!(inventory.gaps[gap].message, wanted, "{form}");

        let repositories =
            br#"{"repositories": [{"repositoryArn": "arn:aws:ecr-public::111122223333:repository/a+b/c"}]}"#;
        let files =
            [("exports.json".to_owned(), file.clone().into_bytes()), ("r.json".to_owned(), repositories.to_vec())];
        let inventory = Inventory::from_files(files);
        let relations = grantlog::derive(&inventory, Options::default());
        let answer = relations.can("user/alice", "ecr-public:PutImage", "repository/a+b/c", Scope::default());
        let answer = answer.expect("the names are in the export");
        let cited = &answer.rows[0].routes[0].statements[0];
        let line = position(&file, &write(allow)).0;
        assert_eq!((cited.file.as_str(), cited.line, cited.text.as_str()), ("exports.json", line, allow), "{form}");
    }
}

#[test]
fn mistakes_are_told_where_they_stand_in_the_file() {
    for (form, file, write) in forms() {
        let inventory = Inventory::from_files([("exports.json".to_owned(), file.clone().into_bytes())]);
        let errors: Vec<_> =
            inventory.diagnostics.iter().filter(|one| one.message.starts_with("`account-id`")).collect();
        assert_eq!(errors.len(), 1, "{form}: {:?}", inventory.diagnostics);
        let (source, span) = errors[0].place.expect("it stands in a file");
        let wanted = write("\"arn:aws:ecr-public::account-id:repository/web\"");
        assert_eq!(&*inventory.sources.get(source).name, "exports.json", "{form}");
        assert_eq!(span.of(&file), wanted, "{form}");
        let at = inventory.sources.position(source, span.start);
        assert_eq!((at.line, at.column), position(&file, &wanted), "{form}");
        assert_eq!(errors[0].account.map(|account| account.to_string()).as_deref(), Some("111122223333"), "{form}");
    }
}

/// A file may be one line of megabytes, or have a million lines.
#[test]
fn places_far_down_a_file_are_counted_right() {
    for filler in ["é".repeat(3 << 20), "é\n".repeat(1 << 20)] {
        let (lines, last) =
            (filler.matches('\n').count(), filler.rsplit('\n').next().unwrap_or_default().chars().count());
        let mut sources = grantlog::policy::Sources::default();
        let file = sources.add("long.json", format!("{filler}x"));
        for _ in 0..20_000 {
            let at = sources.position(file, u32::try_from(filler.len()).expect("it is short"));
            assert_eq!((at.line, at.column), (lines + 1, last + 1));
        }
    }
}
