//! Reports: one sample answer in every form, and names that try to be more than names.

use grantlog::condition::Formula;
use grantlog::policy::{Diagnostic, Severity, Sources, Span};
use grantlog::query::{
    Answer, ChangedLine, Citation, Demand, Evidence, Fact, Grain, Ground, Holds, Proof, Remedies, Remedy, Route, Row,
    Shift, Step, Verdict, Widening,
};
use grantlog::report::terminal::{clean, is_hidden};
use grantlog::report::{Format, Sheet, Style, Value, diagnostic_line, diagnostic_picture};
use proptest::prelude::*;

const WEB: &str = "arn:aws:ecr-public::111122223333:repository/storefront/web";

fn citation(sid: Option<&str>, line: usize) -> Citation {
    Citation {
        policy: "repository policy of storefront/web".to_owned(),
        layer: "repository",
        effect: "Allow",
        sid: sid.map(str::to_owned),
        file: "exports/repositories.json".to_owned(),
        line,
        span: Span::default(),
        text: "{\n  \"Effect\": \"Allow\",\n  \"Principal\": \"*\",\n  \"Action\": \"ecr-public:*\"\n}".to_owned(),
    }
}

fn row(principal: &str, kind: &'static str, verdict: Verdict) -> Row {
    let account = principal.split(':').nth(4).map(str::to_owned);
    let routes = vec![Route {
        through: Vec::new(),
        verdict,
        residual: None,
        demands: Vec::new(),
        statements: vec![citation(Some("Push"), 14)],
    }];
    Row {
        principal: principal.to_owned(),
        kind,
        account,
        action: "push".to_owned(),
        resource: WEB.to_owned(),
        verdict,
        residual: None,
        witness: None,
        routes: if verdict.is_possible() { routes } else { Vec::new() },
        incomplete: Vec::new(),
        supposed: Vec::new(),
        doubts: Vec::new(),
    }
}

fn sample() -> Answer {
    let mut rows = vec![
        row("arn:aws:iam::111122223333:user/alice", "user", Verdict::Allowed),
        row("arn:aws:iam::111122223333:user/mallory", "user", Verdict::Denied { explicit: true }),
        row("service codebuild.amazonaws.com", "service", Verdict::Denied { explicit: false }),
    ];
    for number in 1..=12 {
        let name = format!("arn:aws:iam::111122223333:role/ci-build-{number}");
        rows.push(row(&name, "role", Verdict::Allowed));
    }
    let mut remote = row("arn:aws:iam::444455556666:role/remote", "role", Verdict::Conditional);
    remote.residual = Some("aws:SourceIp is in 203.0.113.0/24".to_owned());
    remote.witness = Some(vec![("aws:SourceIp".to_owned(), vec!["203.0.113.1".to_owned()])]);
    remote.routes[0].demands = vec![Demand {
        role: None,
        residual: "aws:SourceIp is in 203.0.113.0/24".to_owned(),
        formula: Some(Formula::Condition {
            operator: "IpAddress".to_owned(),
            key: "aws:SourceIp".to_owned(),
            values: vec!["203.0.113.0/24".to_owned()],
        }),
        witness: remote.witness.clone(),
    }];
    remote.incomplete = vec!["the boundary arn:aws:iam::444455556666:policy/limit is not in the export".to_owned()];
    remote.doubts = vec!["Z3".to_owned()];
    remote.routes[0].through =
        vec!["arn:aws:iam::111122223333:role/hub".to_owned(), "arn:aws:iam::111122223333:role/deployer".to_owned()];
    rows.push(remote);
    Answer { rows, notes: vec!["anyone can pull from a public repository".to_owned()], is_sorted: false }
}

fn rendered(answer: &Answer, format: Format, style: Style) -> String {
    let mut out = Vec::new();
    format.renderer(style).answer(answer, &mut out).expect("writing into memory does not fail");
    String::from_utf8(out).expect("renderers write text")
}

/// The answer with every name replaced.
fn named(name: &str) -> Answer {
    let mut row = row(name, "user", Verdict::Allowed);
    name.clone_into(&mut row.resource);
    row.residual = Some(name.to_owned());
    row.incomplete = vec![name.to_owned()];
    Answer { rows: vec![row], notes: vec![name.to_owned()], is_sorted: false }
}

#[test]
fn the_table_folds_what_is_alike() {
    insta::assert_snapshot!(rendered(&sample(), Format::Table, Style::default()), @r"
    action: push
    resource: arn:aws:ecr-public::111122223333:repository/storefront/web

    verdict            principal                        account       through                      when                               remarks
    allowed            user/alice                       111122223333  directly
    allowed            12 roles like ci-build-*         111122223333  directly
    conditional        role/remote                      444455556666  via role/hub, role/deployer  aws:SourceIp is in 203.0.113.0/24  [1] [2]
    denied             service codebuild.amazonaws.com
    denied (explicit)  user/mallory                     111122223333

    13 allowed, 1 conditional, 2 denied
    [1] incomplete: the boundary arn:aws:iam::444455556666:policy/limit is not in the export
    [2] in doubt: AWS's documentation leaves rule Z3 open
    note: anyone can pull from a public repository
    ");
}

#[test]
fn the_table_keeps_to_the_width_of_the_terminal() {
    let narrow = rendered(&sample(), Format::Table, Style { width: Some(72), ..Style::default() });
    insta::assert_snapshot!(narrow, @r"
    action: push
    resource: arn:aws:ecr-public::111122223333:repository/storefront/web

    verdict            principa  account       through   when      remarks
                       l
    allowed            user/ali  111122223333  directly
                       ce
    allowed            12 roles  111122223333  directly
                       like ci-
                       build-*
    conditional        role/rem  444455556666  via role  aws:Sour  [1] [2]
                       ote                     /hub,     ceIp is
                                               role/dep  in 203.0
                                               loyer     .113.0/2
                                                         4
    denied             service
                       codebuil
                       d.amazon
                       aws.com
    denied (explicit)  user/mal  111122223333
                       lory

    13 allowed, 1 conditional, 2 denied
    [1] incomplete: the boundary arn:aws:iam::444455556666:policy/limit is not in the export
    [2] in doubt: AWS's documentation leaves rule Z3 open
    note: anyone can pull from a public repository
    ");
    assert!(narrow.lines().filter(|line| !line.contains(": ")).all(|line| line.chars().count() <= 72));
}

#[test]
fn the_table_expands() {
    let style = Style { expand: true, ..Style::default() };
    assert_eq!(rendered(&sample(), Format::Table, style).matches("ci-build-").count(), 12);
}

#[test]
fn json_lines_are_the_documented_rows() {
    let mut answer = sample();
    answer.rows.retain(|row| row.principal.ends_with("alice") || row.principal.ends_with("remote"));
    insta::assert_snapshot!(rendered(&answer, Format::Jsonl, Style::default()), @r#"
    {"principal":"arn:aws:iam::111122223333:user/alice","kind":"user","account":"111122223333","action":"push","resource":"arn:aws:ecr-public::111122223333:repository/storefront/web","verdict":"allowed","residual":null,"witness":null,"routes":[{"through":[],"conditions":[],"statements":[{"policy":"repository policy of storefront/web","sid":"Push","file":"exports/repositories.json","line":14}]}],"incomplete":[],"doubts":[]}
    {"principal":"arn:aws:iam::444455556666:role/remote","kind":"role","account":"444455556666","action":"push","resource":"arn:aws:ecr-public::111122223333:repository/storefront/web","verdict":"conditional","residual":"aws:SourceIp is in 203.0.113.0/24","witness":{"aws:SourceIp":["203.0.113.1"]},"routes":[{"through":["arn:aws:iam::111122223333:role/hub","arn:aws:iam::111122223333:role/deployer"],"conditions":[{"become":null,"condition":{"operator":"IpAddress","key":"aws:SourceIp","values":["203.0.113.0/24"]},"witness":{"aws:SourceIp":["203.0.113.1"]}}],"statements":[{"policy":"repository policy of storefront/web","sid":"Push","file":"exports/repositories.json","line":14}]}],"incomplete":["the boundary arn:aws:iam::444455556666:policy/limit is not in the export"],"doubts":["Z3"]}
    "#);
}

#[test]
fn json_is_one_array_of_the_same_rows() {
    let json: serde_json::Value =
        serde_json::from_str(&rendered(&sample(), Format::Json, Style::default())).expect("it is JSON");
    let lines = rendered(&sample(), Format::Jsonl, Style::default());
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    assert_eq!(json.as_array(), Some(&lines));
    assert_eq!(rendered(&Answer::default(), Format::Json, Style::default()), "[]\n");
}

#[test]
fn csv_and_markdown_are_flat() {
    let mut answer = sample();
    answer.rows.retain(|row| row.kind != "role" || row.principal.ends_with("remote"));
    insta::assert_snapshot!(rendered(&answer, Format::Csv, Style::default()), @r#"
    principal,kind,account,action,resource,verdict,residual,routes,statements,incomplete,doubts
    arn:aws:iam::111122223333:user/alice,user,111122223333,push,arn:aws:ecr-public::111122223333:repository/storefront/web,allowed,,directly,exports/repositories.json:14 (Push),,
    arn:aws:iam::111122223333:user/mallory,user,111122223333,push,arn:aws:ecr-public::111122223333:repository/storefront/web,denied,,,,,
    service codebuild.amazonaws.com,service,,push,arn:aws:ecr-public::111122223333:repository/storefront/web,denied,,,,,
    arn:aws:iam::444455556666:role/remote,role,444455556666,push,arn:aws:ecr-public::111122223333:repository/storefront/web,conditional,aws:SourceIp is in 203.0.113.0/24,"via role/hub, role/deployer",exports/repositories.json:14 (Push),the boundary arn:aws:iam::444455556666:policy/limit is not in the export,Z3
    "#);
    insta::assert_snapshot!(rendered(&answer, Format::Markdown, Style::default()), @r"
    | principal | kind | account | action | resource | verdict | residual | routes | statements | incomplete | doubts |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    | arn:aws:iam::111122223333:user/alice | user | 111122223333 | push | arn:aws:ecr-public::111122223333:repository/storefront/web | allowed |  | directly | exports/repositories.json:14 (Push) |  |  |
    | arn:aws:iam::111122223333:user/mallory | user | 111122223333 | push | arn:aws:ecr-public::111122223333:repository/storefront/web | denied |  |  |  |  |  |
    | service codebuild.amazonaws.com | service |  | push | arn:aws:ecr-public::111122223333:repository/storefront/web | denied |  |  |  |  |  |
    | arn:aws:iam::444455556666:role/remote | role | 444455556666 | push | arn:aws:ecr-public::111122223333:repository/storefront/web | conditional | aws:SourceIp is in 203.0.113.0/24 | via role/hub, role/deployer | exports/repositories.json:14 (Push) | the boundary arn:aws:iam::444455556666:policy/limit is not in the export | Z3 |

    anyone can pull from a public repository
    ");
}

#[test]
fn an_empty_answer_says_so() {
    assert_eq!(rendered(&Answer::default(), Format::Table, Style::default()), "nobody and nothing\n");
}

#[test]
fn escape_sequences_do_not_reach_the_terminal() {
    assert_eq!(clean("a\u{1b}[31mred\u{1b}[0m"), "ared");
    assert_eq!(clean("\u{1b}]0;title\u{7}name"), "name");
    assert_eq!(clean("\u{1b}]8;;http://x\u{1b}\\link"), "link");
    assert_eq!(clean("\u{9b}2Jgone"), "gone");
    assert_eq!(clean("\u{1b}]0;never ends"), "]0;never ends", "what follows is not swallowed");
    assert_eq!(clean("user\u{202e}nimda\u{2066}"), "usernimda");
    assert_eq!(clean("two\nlines\tand\r"), "two lines and ");
    assert_eq!(clean("tag\u{e0041}\u{200b}s"), "tags");
    assert_eq!(clean("Zoë 東京"), "Zoë 東京");
}

#[test]
fn a_cell_is_no_formula() {
    for name in ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\u{1b}[0m=1", " =1"] {
        let csv = rendered(&named(name), Format::Csv, Style::default());
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let record = reader.records().next().expect("there is a row").expect("it is CSV");
        assert!(record[0].starts_with('\''), "{name:?} became {:?}", &record[0]);
    }
}

#[test]
fn markdown_stays_a_table() {
    let markdown = rendered(&named("a|b\nc <script> [x](y) `z` *w*"), Format::Markdown, Style::default());
    let row = markdown.lines().nth(2).expect("there is a row");
    assert_eq!(row.replace("\\|", "").matches('|').count(), 12, "{row}");
    assert!(!row.contains('<') && !row.contains("[x]"), "{row}");
}

fn proof() -> Proof {
    let step = |claim: &str, holds, rule, statements, because| Step {
        claim: claim.to_owned(),
        holds,
        rule,
        condition: None,
        statements,
        because,
    };
    let tagged = |key: &str, source: &str| Fact {
        key: key.to_owned(),
        value: "is storefront".to_owned(),
        source: source.to_owned(),
    };
    let bare = Evidence { statement: citation(None, 3), grounds: Vec::new() };
    let inner = step("the statement names the account", Holds::Sometimes, None, vec![bare], Vec::new());
    let push = Evidence {
        statement: citation(Some("Push"), 14),
        grounds: vec![
            Ground {
                claim: "aws:ResourceTag/team is storefront".to_owned(),
                holds: true,
                doubt: Some("O16"),
                facts: vec![
                    tagged("aws:ResourceTag/team", "tag of repository/storefront/web"),
                    tagged("aws:PrincipalTag/team", "tag of role/remote"),
                ],
            },
            Ground { claim: "member of group remotes".to_owned(), holds: false, doubt: None, facts: Vec::new() },
        ],
    };
    Proof {
        row: row("arn:aws:iam::444455556666:role/remote", "role", Verdict::Denied { explicit: false }),
        actions: vec!["push".to_owned()],
        steps: vec![
            step("the repository policy allows it", Holds::Yes, Some("E18"), vec![push], vec![inner]),
            step("no identity policy allows it", Holds::No, Some("E18"), Vec::new(), Vec::new()),
        ],
        remedies: vec![Remedies {
            changes: vec![Remedy {
                change: "allow ecr-public:PutImage in an identity policy of role/remote".to_owned(),
                statement: Some(
                    "{\"Effect\":\"Allow\",\"Action\":\"ecr-public:PutImage\",\"Resource\":\"*\"}".to_owned(),
                ),
            }],
            widening: Widening::Counted {
                grain: Grain::Actions,
                lines: vec![ChangedLine {
                    shift: Shift::Gained,
                    action: "ecr-public:PutImage".to_owned(),
                    kind: "user",
                    resources: vec![WEB.to_owned()],
                    principals: ["one", "two"].map(|name| format!("arn:aws:iam::111122223333:user/{name}")).to_vec(),
                    before: Some(Verdict::Denied { explicit: false }),
                    after: Some(Verdict::Conditional),
                    conditions: [None, None],
                }],
            },
        }],
        parts: Vec::new(),
    }
}

#[test]
fn a_proof_is_a_short_tree() {
    let mut out = Vec::new();
    Format::Table.renderer(Style::default()).proofs(&[proof()], &mut out).expect("writing into memory does not fail");
    insta::assert_snapshot!(String::from_utf8_lossy(&out), @r#"
    role/remote: push on ecr-public::111122223333:repository/storefront/web: denied, as nothing allows it
      yes the repository policy allows it (E18)
          exports/repositories.json:14 Allow `Push` in repository policy of storefront/web
            { "Effect": "Allow", "Principal": "*", "Action": "ecr-public:*" }
            yes aws:ResourceTag/team is storefront: tag of repository/storefront/web; aws:PrincipalTag/team is storefront, tag of role/remote (O16)
            no  member of group remotes
          if  the statement names the account
              exports/repositories.json:3 Allow in repository policy of storefront/web
                { "Effect": "Allow", "Principal": "*", "Action": "ecr-public:*" }
      no  no identity policy allows it (E18)
      to allow it:
        - allow ecr-public:PutImage in an identity policy of role/remote
          {"Effect":"Allow","Action":"ecr-public:PutImage","Resource":"*"}
        also gives 2 more: ecr-public:PutImage on ecr-public::111122223333:repository/storefront/web to 2 users: one, two in some requests
    "#);
}

#[test]
fn a_proof_is_json() {
    let mut out = Vec::new();
    Format::Jsonl.renderer(Style::default()).proofs(&[proof()], &mut out).expect("writing into memory does not fail");
    let json: serde_json::Value = serde_json::from_slice(&out).expect("it is JSON");
    assert_eq!(json["steps"][0]["because"][0]["holds"], "sometimes");
    assert_eq!(json["steps"][0]["statements"][0]["line"], 14);
    assert_eq!(json["verdict"], "denied");
    let remedies = &json["remedies"][0];
    assert_eq!(remedies["changes"][0]["statement"].as_str().map(str::is_empty), Some(false));
    assert_eq!((&remedies["widens"], &remedies["not_counted"]), (&2.into(), &serde_json::Value::Null));
    assert_eq!(remedies["gives"][0]["principals"][1], "arn:aws:iam::111122223333:user/two");
    assert_eq!(remedies["gives"][0]["verdict"], "conditional");
}

fn problem(text: &str, wanted: &str) -> (Diagnostic, Sources) {
    let mut sources = Sources::default();
    let file = sources.add("exports/policy.json", text);
    let start = text.find(wanted).expect("the text holds it");
    let diagnostic = Diagnostic {
        severity: Severity::Error,
        message: format!("unknown effect `{wanted}`"),
        hint: Some("write `Allow` or `Deny`; AWS compares case-sensitively".to_owned()),
        place: Some((file, Span::new(start, start + wanted.len()))),
        account: None,
    };
    (diagnostic, sources)
}

#[test]
fn a_diagnostic_points_at_its_place() {
    let (diagnostic, sources) = problem("{\n  \"Effect\": \"allow\",\n  \"Action\": \"*\"\n}\n", "allow");
    insta::assert_snapshot!(diagnostic_line(&diagnostic, &sources), @"exports/policy.json:2:14: error: unknown effect `allow` (write `Allow` or `Deny`; AWS compares case-sensitively)");
    insta::assert_snapshot!(diagnostic_picture(&diagnostic, &sources, Style::default()), @r#"
     × unknown effect `allow`
      ╭─[exports/policy.json:2:14]
    2 │   "Effect": "allow",
      ·              ─────
      ╰────
     help: write `Allow` or `Deny`; AWS compares case-sensitively
    "#);
}

#[test]
fn a_diagnostic_in_a_line_of_megabytes_shows_a_window() {
    let text = format!(
        "{{\"a\": \"{}\", \"Effect\": \"al\u{1b}low\", \"b\": \"{}\"}}",
        "é".repeat(100_000),
        "x".repeat(100_000)
    );
    let (diagnostic, sources) = problem(&text, "al\u{1b}low");
    let picture = diagnostic_picture(&diagnostic, &sources, Style::default());
    insta::assert_snapshot!(picture, @r#"
     × unknown effect `allow`
      ╭─[exports/policy.json:1:100022]
    1 │ ééééééééééééééééééééééé", "Effect": "al?low", "b": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      ·                                      ──────
      ╰────
     help: write `Allow` or `Deny`; AWS compares case-sensitively
    "#);
}

#[test]
fn a_list_is_a_table_of_any_columns() {
    let mut sheet = Sheet::new("accounts", &["account", "name", "gaps"]);
    sheet.rows.push(vec!["111122223333".into(), "prod".into(), Value::Number(12)]);
    sheet.rows.push(vec!["444455556666".into(), Value::Null, Value::Number(0)]);
    let written = |format: Format| {
        let mut out = Vec::new();
        format.renderer(Style::default()).sheet(&sheet, &mut out).expect("writing into memory does not fail");
        String::from_utf8(out).expect("renderers write text")
    };
    insta::assert_snapshot!(written(Format::Table), @r"
    account       name  gaps
    111122223333  prod    12
    444455556666           0
    ");
    insta::assert_snapshot!(written(Format::Jsonl), @r#"
    {"account":"111122223333","name":"prod","gaps":12}
    {"account":"444455556666","name":null,"gaps":0}
    "#);
}

proptest! {
    #[test]
    fn nothing_hidden_is_ever_written(name in any::<String>()) {
        for format in Format::ALL {
            let text = rendered(&named(&name), format, Style::default());
            prop_assert!(!text.contains(|char| char != '\n' && is_hidden(char)), "{format:?}: {text:?}");
        }
    }
}
