//! What stands in `docs/ci`, tried without the network: the workflow against the schema of workflows, its steps in a
//! repository with a base branch and a proposed change, the hooks as pre-commit runs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::files;
use crate::schemas::fits_sarif;
use crate::tools::require;

const WEB: &str = "exports/111122223333/ecr-public/policy/storefront%2Fweb.json";
const API: &str = "exports/111122223333/ecr-public/policy/storefront%2Fapi.json";
const PREVIEW: &str = "exports/111122223333/ecr-public/policy/storefront%2Fpreview.json";
const CLI: &str = "exports/111122223333/ecr-public/policy/tools%2Fcli.json";
const IAM: &str = "exports/111122223333/iam.json";

/// The principal of `ReleasePush` in the policy of `storefront/web`, as it stands in the export.
const RELEASE: &str = r#"{\n      \"AWS\" : \"arn:aws:iam::222233334444:role/github/storefront-release\"\n    }"#;

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci").join(name);
    fs::read_to_string(path).expect("the page is there")
}

fn workflow() -> Value {
    yaml_serde::from_str(&page("github-actions.yml")).expect("the workflow is YAML")
}

/// The steps of a job.
fn steps<'a>(workflow: &'a Value, job: &str) -> &'a Vec<Value> {
    workflow["jobs"][job]["steps"].as_array().unwrap_or_else(|| panic!("{job} has steps"))
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// A file, a part of it, and what is to stand there.
type Change<'a> = (&'a str, &'a str, &'a str);

/// What is proposed, the exit codes of the steps, and what the summary tells.
type Case<'a> = (&'a str, Change<'a>, [i32; 4], &'a str);

/// A repository of exports that lies in a folder of its own, so that there is room beside it.
struct Repository {
    folder: TempDir,
}

impl Repository {
    /// The sample on the branch `main`, with the assertions about it and these files.
    fn of_the_sample(more: &[(&str, &str)]) -> Self {
        let repository = Self { folder: tempfile::tempdir().expect("there is room for a folder") };
        for (name, bytes) in files::below("samples/organization") {
            repository.write(&format!("exports/{name}"), &bytes);
        }
        repository.write("access.grantlog", page("access.grantlog").as_bytes());
        for (name, text) in more {
            repository.write(name, text.as_bytes());
        }
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit();
        repository
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let file = self.path().join(name);
        fs::create_dir_all(file.parent().expect("a file lies in a folder")).expect("there is room for a folder");
        fs::write(file, bytes).expect("there is room for a file");
    }

    /// Changes a part of a file that stands there once.
    fn change(&self, name: &str, old: &str, new: &str) {
        let before = fs::read_to_string(self.path().join(name)).expect("the file is there");
        assert_eq!(before.matches(old).count(), 1, "{name}: {old}");
        self.write(name, before.replace(old, new).as_bytes());
    }

    /// Runs a program in the repository: with the built one on the path, nobody's settings, and no way to the network.
    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let built = Path::new(env!("CARGO_BIN_EXE_grantlog")).parent().expect("a program lies in a folder");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([built.to_owned()].into_iter().chain(std::env::split_paths(&path)));
        let nowhere = "http://127.0.0.1:9";
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.path()).env_clear();
        command.env("PATH", path.expect("a path of paths")).env("HOME", self.folder.path()).env("LC_ALL", "C.UTF-8");
        command.env("GITHUB_STEP_SUMMARY", self.folder.path().join("summary.md"));
        command.env("PRE_COMMIT_HOME", self.folder.path().join("hooks")).env("PIP_NO_INDEX", "1");
        command.envs([("http_proxy", nowhere), ("https_proxy", nowhere), ("all_proxy", nowhere)]);
        command.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")]);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "nobody").env(format!("GIT_{who}_EMAIL"), "nobody@example.org");
        }
        command.output().unwrap_or_else(|error| panic!("{program} runs: {error}"))
    }

    fn git(&self, arguments: &[&str]) {
        let output = self.run("git", arguments);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "change"]);
    }

    /// Proposes a change, and checks out what its merge into the base branch would be, as it is done for a pull
    /// request. The base branch has moved on since: what it brings by itself is not to be told of.
    fn propose(&self, (name, old, new): Change) {
        self.git(&["switch", "--quiet", "--create", "proposal"]);
        self.change(name, old, new);
        self.commit();
        self.git(&["switch", "--quiet", "main"]);
        self.change(PREVIEW, "Allow", "Deny");
        self.commit();
        self.git(&["switch", "--quiet", "--detach"]);
        self.git(&["merge", "--quiet", "--no-ff", "--message", "merge", "proposal"]);
    }

    /// Runs the commands of a job in their order, but for those that install; each with its exit code and what it told.
    fn job(&self, job: &str) -> Vec<(String, i32, String)> {
        let workflow = workflow();
        let commands = steps(&workflow, job).iter().filter(|step| step["run"].is_string());
        let commands = commands.filter(|step| !text(step, "name").starts_with("Install"));
        let mut ran = Vec::new();
        for step in commands {
            // As a runner does where the shell is said to be bash.
            let shell = ["--noprofile", "--norc", "-eo", "pipefail", "-c", text(step, "run")];
            let output = self.run("bash", &shell);
            let told = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            ran.push((text(step, "name").to_owned(), output.status.code().unwrap_or(-1), told.concat()));
        }
        ran
    }

    fn summary(&self) -> String {
        fs::read_to_string(self.folder.path().join("summary.md")).unwrap_or_default()
    }

    /// How many results a report has.
    fn results(&self, report: &str) -> usize {
        let text = fs::read_to_string(self.path().join(report)).expect("the report is written");
        let log: Value = serde_json::from_str(&text).expect("SARIF is JSON");
        fits_sarif(&log);
        log["runs"][0]["results"].as_array().map_or(0, Vec::len)
    }
}

#[test]
fn the_workflow_is_one() {
    if !require("check-jsonschema") {
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci/github-actions.yml");
    let mut check = Command::new("check-jsonschema");
    let output = check.args(["--builtin-schema", "vendor.github-workflows"]).arg(file).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// What no schema asks for: no more rights than are used, nothing of the event in a script, actions with their version.
#[test]
fn the_workflow_is_careful() {
    if !require("zizmor") {
        return;
    }
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let config = folder.path().join("zizmor.yml");
    // A version is enough; a commit would be an old one before anybody copies it.
    let pins = "rules:\n  unpinned-uses:\n    config:\n      policies:\n        \"*\": ref-pin\n";
    fs::write(&config, pins).expect("there is room for a file");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci/github-actions.yml");
    let mut audit = Command::new("zizmor");
    audit.args(["--offline", "--no-progress", "--persona", "pedantic", "--config"]).arg(&config).arg(&file);
    let output = audit.output().expect("zizmor runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// What nobody else knows: this version is installed, as it was tested, and every report that is uploaded is written.
#[test]
fn the_workflow_fits_the_program() {
    let workflow = workflow();
    assert_eq!(workflow["permissions"], serde_json::json!({}));
    assert_eq!(workflow["defaults"]["run"]["shell"], "bash");
    assert!(workflow["on"]["pull_request"].is_object() && workflow["on"]["schedule"].is_array());
    for name in ["pull-request", "whole"] {
        let mut written = String::new();
        let mut installs = 0;
        for step in steps(&workflow, name) {
            let (run, uses) = (text(step, "run"), text(step, "uses"));
            if let Some((_, version)) = uses.split_once('@') {
                let is_major = version.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok());
                assert!(is_major, "{uses}");
            }
            if text(step, "name").starts_with("Install") {
                assert_eq!(run, format!("cargo install --locked grantlog@{}", env!("CARGO_PKG_VERSION")), "{name}");
                installs += 1;
            }
            if uses.starts_with("actions/cache@") {
                assert!(text(&step["with"], "key").contains(concat!("-", env!("CARGO_PKG_VERSION"), "-")));
            }
            written.push_str(run);
            let uploaded = text(&step["with"], "sarif_file");
            assert!(uploaded.is_empty() || written.contains(&format!("-o {uploaded}")), "{uploaded}");
        }
        assert_eq!(installs, 1, "{name}");
    }
}

#[test]
fn each_step_fails_for_what_it_is_there_for() {
    if !require("git") || !require("bash") {
        return;
    }
    let upload = "\"Sid\": \"UploadStorefront\",\n                \"Effect\": \"Allow\"";
    let upload = (IAM, upload, &*upload.replace("Allow", "Deny"));
    let hotfix = r#"\"AWS\" : \"arn:aws:iam::111122223333:user/petra\""#;
    let cases: [Case; 5] = [
        ("somebody loses", (CLI, "Allow", "Deny"), [0, 0, 0, 0], "| lost | push |"),
        (
            "somebody gains a write",
            (API, hotfix, &hotfix.replace("petra", "tomas")),
            [0, 0, 0, 1],
            "| gained | push | user/tomas | ecr-public::111122223333:repository/storefront/api |",
        ),
        (
            "a statement that does not do what it seems to",
            (WEB, RELEASE, r#"{\n      \"AWS\" : \"arn:aws:iam::111122223333:user/vera\"\n    }"#),
            [0, 0, 1, 0],
            "| lost | push | role/github/storefront-release |",
        ),
        ("what has to go on working does not", upload, [0, 1, 0, 0], "| lost | push | 3 roles: release/publisher, "),
        ("everybody is let in", (WEB, RELEASE, r#"\"*\""#), [0, 1, 1, 1], "### Became public"),
    ];
    for (name, change, expected, told) in cases {
        let repository = Repository::of_the_sample(&[]);
        repository.propose(change);
        let ran = repository.job("pull-request");
        let names: Vec<&str> = ran.iter().map(|(name, ..)| name.as_str()).collect();
        let all = ["Lay out the base branch", "Check the assertions", "Look for new findings"];
        assert_eq!(names, [&all[..], &["Tell who gains and who loses"]].concat());
        let codes: Vec<i32> = ran.iter().map(|(_, code, _)| *code).collect();
        assert_eq!(codes, expected, "{name}: {ran:#?}");
        let summary = repository.summary();
        assert!(summary.contains(told), "{name}: {summary}");
        assert!(!summary.contains("repository/storefront/preview |"), "the base branch did that: {summary}");
        // The reports say what the exit codes say; whoever reads the log only, reads it there.
        assert_eq!(repository.results("check.sarif") > 0, expected[1] == 1, "{name}");
        assert_eq!(ran[1].2.contains("fails "), expected[1] == 1, "{name}: {}", ran[1].2);
        assert!(expected[2] == 0 || (repository.results("lint.sarif") > 0 && ran[2].2.contains(" finding")), "{name}");
    }
}

/// Without suppressions the sample has findings that matter, with them it has none.
#[test]
fn the_whole_is_looked_through() {
    if !require("git") || !require("bash") {
        return;
    }
    let repository = Repository::of_the_sample(&[]);
    let ran = repository.job("whole");
    assert_eq!(
        ran.iter().map(|(name, code, _)| (name.as_str(), *code)).collect::<Vec<_>>(),
        [("Look for findings", 1)]
    );
    assert!(ran[0].2.contains("[anyone-writes]") && repository.results("lint.sarif") > 0, "{ran:?}");
    let output = repository.run("grantlog", &["lint", "--data", "exports", "--suppress-all", "-o", "grantlog.toml"]);
    assert!(output.status.success());
    assert_eq!(repository.job("whole")[0].1, 0);
}

#[test]
fn the_hooks_let_good_policies_pass_and_no_bad_ones() {
    if !require("git") || !require("pre-commit") {
        return;
    }
    let config = page("pre-commit-config.yaml");
    let repository = Repository::of_the_sample(&[(".pre-commit-config.yaml", &config)]);
    let validated = repository.run("pre-commit", &["validate-config"]);
    assert!(validated.status.success(), "{}", String::from_utf8_lossy(&validated.stdout));
    let output = repository.run("grantlog", &["lint", "--data", "exports", "--suppress-all", "-o", "grantlog.toml"]);
    assert!(output.status.success());
    repository.commit();
    let hooks = |arguments: &[&str]| {
        let output = repository.run("pre-commit", &[&["run", "--color=never"], arguments].concat());
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let count = |word: &str| told.lines().filter(|line| line.ends_with(word)).count();
        (output.status.code(), count("Passed"), count("Failed"), count("Skipped"), told)
    };
    let (code, passed, _, _, told) = hooks(&["--all-files"]);
    assert_eq!((code, passed), (Some(0), 2), "{told}");
    // What has nothing to do with access is committed without being asked.
    repository.write("notes.md", b"nothing\n");
    repository.git(&["add", "notes.md"]);
    let (code, _, _, skipped, told) = hooks(&[]);
    assert_eq!((code, skipped), (Some(0), 2), "{told}");
    repository.change(WEB, RELEASE, r#"\"*\""#);
    repository.git(&["add", "--all"]);
    for arguments in [&["--all-files"][..], &[]] {
        let (code, _, failed, _, told) = hooks(arguments);
        assert_eq!((code, failed), (Some(1), 2), "{told}");
        assert!(told.contains("fails      strangers (critical)") && told.contains("[anyone-writes]"), "{told}");
    }
}
