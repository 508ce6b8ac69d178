//! The plain twin: AWS authorization as a specification on a page.
//!
//! One request at a time, with a complete context: a key that is neither given
//! nor implied is absent. There are no ids, no atoms, no guards and no Datalog
//! here, and nothing is shared with the library: the twin reads, splits, matches
//! and compares on its own. It is written to be checked by reading. The letters
//! are the rules of the authorization reference; where AWS leaves doubt, the
//! verdict follows the documented, else the observed reading, and the rule is
//! noted among the doubts.
//!
//! The twin does not judge documents: it expects what AWS would have stored.

mod condition;
mod context;
mod matching;
mod requester;
mod scenario;

use std::cell::RefCell;
use std::collections::BTreeSet;

use context::Context;
use requester::{How, Kind, Requester};
use scenario::Principals;
pub(crate) use scenario::{Given, Scenario, Statement, statements};

/// The verdict of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Some path allows and nothing denies.
    Allowed,
    /// Nothing allows and nothing denies.
    ImplicitDeny,
    /// A Deny statement applies.
    ExplicitDeny,
}

impl Decision {
    /// The verdict as a case file writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ImplicitDeny => "implicitDeny",
            Self::ExplicitDeny => "explicitDeny",
        }
    }
}

/// A verdict with the uncertain rules that were met on the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TwinDecision {
    /// The verdict.
    pub(crate) decision: Decision,
    /// Every uncertain rule that was applied, whether or not it turned the verdict.
    pub(crate) doubts: BTreeSet<&'static str>,
}

/// What AWS answers to the request of a scenario.
pub(crate) fn decide(scenario: &Scenario) -> TwinDecision {
    let request = Request {
        requester: Requester::of(scenario),
        context: Context::of(scenario),
        doubts: RefCell::default(),
        scenario,
    };
    let decision = request.decide();
    TwinDecision { decision, doubts: request.doubts.into_inner() }
}

/// What statements say by themselves.
#[derive(Debug)]
pub(crate) struct Said {
    /// The names of those that match the request.
    pub(crate) statements: BTreeSet<String>,
    /// The layers that let it pass: one Allow is enough, of control policies one at every level.
    pub(crate) layers: BTreeSet<&'static str>,
    /// Whether the resource's policy and, but for services, the requester's own have something to allow (E18, E28),
    /// whatever limits there are.
    pub(crate) is_invited: bool,
}

/// What the statements of a scenario say, whether or not it comes to anything.
pub(crate) fn said(scenario: &Scenario) -> Said {
    let request = Request {
        requester: Requester::of(scenario),
        context: Context::of(scenario),
        doubts: RefCell::default(),
        scenario,
    };
    let mut said = Said { statements: BTreeSet::new(), layers: BTreeSet::new(), is_invited: request.is_invited() };
    let mut hear = |name: &'static str, levels: &[&[Statement]], attached: Attached| {
        for statement in levels.iter().copied().flatten().filter(|statement| request.applies(statement, attached)) {
            said.statements.extend(statement.sid.clone());
        }
        // L12, L25. Where nothing stands above, nothing lets pass either.
        if !levels.is_empty() && levels.iter().all(|level| request.allows(level, attached)) {
            said.layers.insert(name);
        }
    };
    let registry = if scenario.service() == "ecr" { &scenario.registry_policy[..] } else { &[] };
    hear("identity", &[request.identity()], Attached::Principal);
    hear("boundary", &[request.boundary().unwrap_or_default()], Attached::Principal);
    hear("repository", &[&scenario.resource_policy], Attached::Resource);
    hear("registry", &[registry], Attached::Resource);
    hear("service-control", &slices(request.scps()), Attached::Session);
    hear("resource-control", &slices(request.rcps()), Attached::Resource);
    said
}

fn slices(levels: &[Vec<Statement>]) -> Vec<&[Statement]> {
    levels.iter().map(Vec::as_slice).collect()
}

/// Where a statement hangs, as far as matching depends on it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attached {
    /// Identity policy, boundary: a short ARN is completed (M18).
    Principal,
    /// Session policy, service control policy.
    Session,
    /// Resource, resource control and endpoint policies: statements name principals.
    Resource,
}

struct Request<'a> {
    scenario: &'a Scenario,
    requester: Requester,
    context: Context,
    doubts: RefCell<BTreeSet<&'static str>>,
}

impl Request<'_> {
    /// The truth table: denies first, then everything that must allow.
    fn decide(&self) -> Decision {
        // T25, T26: answered whatever the policies say.
        if ["sts:getcalleridentity", "sts:getsessiontoken"].contains(&&*self.scenario.action.to_lowercase()) {
            return Decision::Allowed;
        }
        if self.is_denied() {
            return Decision::ExplicitDeny; // E2
        }
        let stopped = self.scp_stops() || self.rcp_stops() || self.endpoint_stops();
        if self.permits() && !stopped { Decision::Allowed } else { Decision::ImplicitDeny }
    }

    /// E4: a Deny applies in a layer that the requester passes.
    fn is_denied(&self) -> bool {
        self.denies(self.identity(), Attached::Principal)
            || self.denies(self.boundary().unwrap_or_default(), Attached::Principal)
            || self.denies(self.session().unwrap_or_default(), Attached::Session)
            || self.denies(&self.resource(), Attached::Resource)
            || self.scps().iter().any(|level| self.denies(level, Attached::Session))
            || self.rcps().iter().any(|level| self.denies(level, Attached::Resource))
            || self.endpoints().iter().any(|policy| self.denies(policy, Attached::Resource))
    }

    /// L12: every level must allow.
    fn scp_stops(&self) -> bool {
        !self.scps().iter().all(|level| self.allows(level, Attached::Session))
    }

    /// L25.
    fn rcp_stops(&self) -> bool {
        !self.rcps().iter().all(|level| self.allows(level, Attached::Resource))
    }

    /// L29.
    fn endpoint_stops(&self) -> bool {
        !self.endpoints().iter().all(|policy| self.allows(policy, Attached::Resource))
    }

    /// The rows 5 to 15 of the truth table.
    fn permits(&self) -> bool {
        let resource = self.resource();
        let granted: BTreeSet<How> = resource
            .iter()
            .filter(|statement| statement.allows)
            .flat_map(|statement| self.applies_as(statement))
            .collect();
        let as_any = |hows: &[How]| hows.iter().any(|how| granted.contains(how));
        let directly = as_any(&[How::User, How::Session, How::Everyone]);
        let through_parent = as_any(&[How::Role, How::UserOfSession]);

        let is_root = self.requester.kind == Kind::Root;
        let own = is_root || self.allows(self.identity(), Attached::Principal); // E5, E26
        let in_bounds = self.boundary().is_none_or(|boundary| self.allows(boundary, Attached::Principal)); // L2
        let in_limits = match self.session() {
            Some(session) => self.allows(session, Attached::Session), // L7
            None => self.requester.kind != Kind::Federated,           // L8, E31
        };
        let side = own && in_bounds && in_limits; // E9
        let same = self.requester.account == self.context.resource_account;

        if !self.is_in_one_partition() {
            return false; // E24
        }
        if self.is_by_token() {
            return false; // T18: whoever signs a request does not come with a provider's token
        }
        match self.requester.kind {
            // E28
            Kind::Service => {
                if !granted.contains(&How::Service) && granted.contains(&How::Everyone) {
                    self.doubt("Z13");
                }
                as_any(&[How::Service, How::Everyone])
            }
            // E29: the registries and STS answer only signed calls.
            Kind::Anonymous => granted.contains(&How::Everyone) && !self.is_signed_only(),
            // T8
            Kind::Root if self.is_trust_action() => false,
            // T2 to T7
            _ if same && self.is_trust_action() => {
                if directly && self.boundary().is_some() {
                    self.doubt("Z23");
                }
                directly && in_bounds
                    || through_parent && in_bounds && in_limits
                    || granted.contains(&How::Account) && side
            }
            // E7, E12
            _ if same => side || directly || through_parent && in_bounds && in_limits,
            // E18, E19, E27
            _ => !granted.is_empty() && side,
        }
    }

    fn is_invited(&self) -> bool {
        let resource = self.resource();
        let granting = resource.iter().filter(|statement| statement.allows);
        let granted: BTreeSet<How> = granting.flat_map(|statement| self.applies_as(statement)).collect();
        match self.requester.kind {
            Kind::Service => granted.contains(&How::Service) || granted.contains(&How::Everyone),
            Kind::Anonymous => false,
            kind => {
                let own = kind == Kind::Root || self.allows(self.identity(), Attached::Principal);
                !granted.is_empty() && own && self.is_in_one_partition()
            }
        }
    }

    // --- the layers that this requester passes; the others are not there

    fn identity(&self) -> &[Statement] {
        if self.requester.has_identity_policies() { &self.scenario.identity } else { &[] }
    }

    fn boundary(&self) -> Option<&[Statement]> {
        let passes = self.requester.has_identity_policies() && !self.requester.is_service_linked;
        self.scenario.boundary.as_deref().filter(|_| passes)
    }

    fn session(&self) -> Option<&[Statement]> {
        let passes =
            matches!(self.requester.kind, Kind::Session | Kind::Federated) && !self.requester.is_service_linked;
        self.scenario.session.as_deref().filter(|_| passes)
    }

    /// The repository, registry or trust policy. Without a resource, no policy hangs on it (M19, E22).
    fn resource(&self) -> Vec<Statement> {
        if self.has_no_resource() {
            return Vec::new();
        }
        let mut statements = self.scenario.resource_policy.clone();
        if self.scenario.service() == "ecr" && !self.scenario.registry_policy.is_empty() {
            self.doubt("Z15");
            statements.extend(self.scenario.registry_policy.clone());
        }
        statements
    }

    /// One account manages its organization or does not, whichever side is asked about.
    fn is_managed(&self, own: bool) -> bool {
        let either = self.scenario.management_account || self.scenario.resource_management_account;
        own || (either && self.requester.account == self.context.resource_account)
    }

    /// L10, L11.
    fn scps(&self) -> &[Vec<Statement>] {
        let exempt = matches!(self.requester.kind, Kind::Service | Kind::Anonymous)
            || self.requester.is_service_linked
            || self.is_managed(self.scenario.management_account);
        if exempt { &[] } else { &self.scenario.scps }
    }

    /// L20 to L23.
    fn rcps(&self) -> &[Vec<Statement>] {
        const SUPPORTED: [&str; 7] = ["ecr", "ecr-public", "kms", "s3", "secretsmanager", "sqs", "sts"];
        if self.has_no_resource() && !self.scenario.rcps.is_empty() {
            self.doubt("Z11");
        }
        let exempt = self.has_no_resource()
            || self.requester.is_service_linked
            || self.is_managed(self.scenario.resource_management_account)
            || !SUPPORTED.contains(&&*self.scenario.service());
        if exempt { &[] } else { &self.scenario.rcps }
    }

    fn endpoints(&self) -> &[Vec<Statement>] {
        if self.requester.kind == Kind::Service { &[] } else { &self.scenario.endpoints }
    }

    // --- statements

    fn allows(&self, layer: &[Statement], attached: Attached) -> bool {
        layer.iter().any(|statement| statement.allows && self.applies(statement, attached))
    }

    fn denies(&self, layer: &[Statement], attached: Attached) -> bool {
        layer.iter().any(|statement| !statement.allows && self.applies(statement, attached))
    }

    fn applies(&self, statement: &Statement, attached: Attached) -> bool {
        if attached == Attached::Resource {
            return !self.applies_as(statement).is_empty();
        }
        self.matches(statement, attached)
    }

    /// In which ways (A21) a statement with principals applies; none when it does not.
    fn applies_as(&self, statement: &Statement) -> BTreeSet<How> {
        if !self.matches(statement, Attached::Resource) {
            return BTreeSet::new();
        }
        match &statement.principals {
            Principals::Missing => BTreeSet::new(), // G19
            Principals::Only(names) => self.requester.named_by(names),
            Principals::AllBut(names) if self.is_spared(names, statement.allows) => BTreeSet::new(),
            Principals::AllBut(_) => BTreeSet::from([How::Everyone]),
        }
    }

    /// A28 to A33: whether `NotPrincipal` leaves the requester out.
    fn is_spared(&self, names: &[(String, String)], allows: bool) -> bool {
        let listed = self.requester.named_by(names);
        if allows {
            self.doubt("A31");
            return !listed.is_empty();
        }
        if self.boundary().is_some() {
            return false; // A30
        }
        if listed.contains(&How::Everyone) {
            return true; // A29: the statement is dead
        }
        if self.requester.kind == Kind::Root {
            return listed.contains(&How::Account);
        }
        // The role beside sessions of its own is listed for those sessions only.
        let by_session = names.iter().any(|(_, name)| self.requester.is_session_of_same_role(name));
        let names_it = |how: &How| *how != How::Account && !(*how == How::Role && by_session);
        let is_named = listed.iter().any(names_it);
        if is_named && !self.requester.identities().iter().all(|how| listed.contains(how)) {
            self.doubt("Z8");
        }
        is_named
    }

    /// Action, resource and conditions.
    fn matches(&self, statement: &Statement, attached: Attached) -> bool {
        self.matches_action(statement) && self.matches_resource(statement, attached) && self.holds(statement)
    }

    /// M1 to M9.
    fn matches_action(&self, statement: &Statement) -> bool {
        let has_wild_service = |pattern: &str| {
            pattern != "*" && pattern.split(':').next().is_some_and(|prefix| prefix.contains(['*', '?']))
        };
        let entries = statement.actions.entries.iter();
        let matched: Vec<_> = entries.filter(|pattern| matching::action(pattern, &self.scenario.action)).collect();
        let listed = !matched.is_empty();
        if listed && matched.iter().all(|pattern| has_wild_service(pattern)) {
            self.doubt("M4");
        }
        self.doubt_emptiness(statement.actions.entries.is_empty());
        listed != statement.actions.negated
    }

    /// M11 to M23; a resource policy without Resource is about its resource (G20, G21).
    fn matches_resource(&self, statement: &Statement, attached: Attached) -> bool {
        let Some(resources) = &statement.resources else { return true };
        let listed = resources.entries.iter().any(|pattern| {
            let Some(letters) = self.context.expand_resource(pattern, statement.variables) else {
                if Context::is_misplaced(pattern) {
                    self.doubt("V5");
                } else if resources.negated {
                    self.doubt("Z4");
                }
                return false; // M23
            };
            if self.has_no_resource() {
                if pattern != "*" && pattern.trim_start_matches("arn").chars().all(|own| [':', '*'].contains(&own)) {
                    self.doubt("Z14");
                }
                return pattern == "*"; // M19
            }
            let completed = attached == Attached::Principal;
            let matched = matching::resource(&letters, &self.scenario.resource, completed);
            if matched && !matching::resource_by_component(&letters, &self.scenario.resource) {
                self.doubt("Z3");
            }
            if matched && matching::has_wildcard_in_type(&letters) {
                self.doubt("M17");
            }
            matched
        });
        self.doubt_emptiness(resources.entries.is_empty());
        listed != resources.negated
    }

    /// Z20: what an empty list of a `Not` form leaves out.
    fn doubt_emptiness(&self, is_empty: bool) {
        if is_empty {
            self.doubt("Z20");
        }
    }

    /// C1: every condition must hold.
    fn holds(&self, statement: &Statement) -> bool {
        statement.conditions.iter().all(|condition| {
            let outcome = condition::holds(condition, statement.variables, &self.context);
            self.doubts.borrow_mut().extend(outcome.doubts);
            if !outcome.holds && statement.conditions.iter().any(|other| other.differs_in_case(condition)) {
                self.doubt("O18");
            }
            outcome.holds
        })
    }

    // --- the request

    fn has_no_resource(&self) -> bool {
        self.scenario.resource == "*"
    }

    /// E8: the resource policy of a role must allow in any case.
    fn is_trust_action(&self) -> bool {
        let parts: Vec<&str> = self.scenario.resource.split(':').collect();
        self.scenario.service() == "sts" && parts.get(2) == Some(&"iam") && parts[5..].concat().starts_with("role/")
    }

    /// T18: the calls of users of identity providers, whom the twin does not know.
    fn is_by_token(&self) -> bool {
        let action = self.scenario.action.to_lowercase();
        ["sts:assumerolewithwebidentity", "sts:assumerolewithsaml"].contains(&&*action)
    }

    fn is_signed_only(&self) -> bool {
        ["ecr", "ecr-public", "sts"].contains(&&*self.scenario.service())
    }

    /// A27, E24. Services and anonymous callers have no partition.
    fn is_in_one_partition(&self) -> bool {
        let partition = self.scenario.resource.split(':').nth(1);
        match (&self.requester.partition, partition) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        }
    }

    fn doubt(&self, rule: &'static str) {
        self.doubts.borrow_mut().insert(rule);
    }
}
