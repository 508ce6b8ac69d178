//! The script that collects exports, run with the real AWS CLI against a moto server on the loopback.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use grantlog::inventory::{Boundary, Inventory, RepositoryPolicy};
use grantlog::query::{Scope, Verdict};

use crate::tools::require;

/// A moto server that ends with the test.
struct Moto {
    server: Child,
    url: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Moto {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port is free").port();
        let server = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto_server starts");
        let moto = Self { server, url: format!("http://127.0.0.1:{port}") };
        let patience = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < patience, "moto_server does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        moto
    }

    fn run(&self, script: &Path, arguments: &[&str]) -> Output {
        Command::new("sh")
            .arg(script)
            .args(arguments)
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", "testing")
            .env("AWS_SECRET_ACCESS_KEY", "testing")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .output()
            .expect("sh runs")
    }
}

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn script() -> PathBuf {
    file("collect/grantlog-collect.sh")
}

#[test]
fn collected_folder_is_an_inventory() {
    if !require("aws") || !require("moto_server") {
        return;
    }
    let moto = Moto::start();
    let filled = moto.run(&file("tests/collect/fill.sh"), &[]);
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    let folder = tempfile::tempdir().expect("a folder for the export");
    let output = folder.path().join("export");
    let target = output.to_string_lossy().into_owned();
    let regions = "eu-central-1,us-east-1";
    let run = moto.run(&script(), &["--output", &target, "--regions", regions, "--organization", "--role", "auditor"]);
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    // moto does not serve ECR Public: those calls fail, are said, and the rest goes on.
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(said.contains("aws ecr-public describe-repositories (going on)"), "{said}");
    let failures = std::fs::read_to_string(output.join("failures.txt")).expect("failed calls are listed");
    assert!(failures.contains("ecr-public"), "{failures}");
    let leftovers: Vec<_> = std::fs::read_dir(&output)
        .expect("the export is a folder")
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(leftovers.is_empty(), "half-written files are gone: {leftovers:?}");

    let inventory = Inventory::load([&output]).expect("the folder is read");
    let faults: Vec<_> = inventory
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == grantlog::policy::Severity::Error)
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let names: Vec<&str> = inventory.principals.values().map(|principal| principal.arn.resource()).collect();
    assert!(["user/alice", "user/ci/build", "role/deployer"].iter().all(|name| names.contains(name)), "{names:?}");
    let deployer = inventory.principals.values().find(|principal| principal.arn.resource() == "role/deployer");
    assert!(matches!(deployer.map(|role| &role.boundary), Some(Boundary::Policy(_))), "the boundary is found");
    let policies: Vec<(&str, bool)> = inventory
        .repositories
        .values()
        .map(|repository| (repository.arn.region(), matches!(repository.policy, RepositoryPolicy::Policy(_))))
        .collect();
    assert_eq!(policies, [("eu-central-1", true), ("us-east-1", false)]);
    let unknown = inventory.repositories.values().any(|one| matches!(one.policy, RepositoryPolicy::Unknown(_)));
    assert!(!unknown, "a policy that does not exist is known not to exist");
    assert_eq!(inventory.registry_policies.len(), 1);
    let organization = inventory.organizations.values().next().expect("the organization was collected");
    assert!(organization.complete && organization.service_control);
    let member = inventory.accounts.values().find(|account| account.name.as_deref() == Some("member"));
    let path = member.and_then(|account| account.membership.as_ref()).map(|membership| membership.path.len());
    assert_eq!(path, Some(2), "the member stands in a unit below the root");

    let relations = grantlog::derive(&inventory, grantlog::Options::default());
    let answer = relations
        .can("user/alice", "push", "arn:aws:ecr:eu-central-1:123456789012:repository/team/backend", Scope::default())
        .expect("alice and the repository were collected");
    assert_eq!(answer.rows[0].verdict, Verdict::Allowed);
}

#[test]
fn collector_says_what_it_needs_and_refuses_what_it_does_not_know() {
    if !require("aws") {
        return;
    }
    let run = |arguments: &[&str]| Command::new("sh").arg(script()).args(arguments).output().expect("sh runs");
    let permissions = run(&["--permissions"]);
    assert!(permissions.status.success());
    let text = String::from_utf8_lossy(&permissions.stdout).into_owned();
    let parsed = grantlog::policy::parse(&text, grantlog::policy::PolicyKind::Identity);
    assert_eq!((parsed.document.statements.len(), parsed.problems.as_slice()), (3, &[][..]));
    assert_eq!(run(&["--frobnicate"]).status.code(), Some(2));
    assert_eq!(run(&["--organization"]).status.code(), Some(2), "an organization wants a role");
    assert_eq!(run(&["--output"]).status.code(), Some(2));
}
