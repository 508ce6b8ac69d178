//! What the configuration of a plan tells of values that are not known before it is applied: which other resource
//! they come from, and what the providers are told.

use serde_json::Value;

use super::form::Parsed;
use super::resource::Resource;
use crate::policy::{AccountId, Arn};

impl<'a> Parsed<'a> {
    /// The resource whose attribute an attribute of another one is, if the configuration names one alone.
    pub(super) fn referred(&self, from: &Resource<'_>, attribute: &str) -> Option<&Resource<'a>> {
        let (module, own) = split(&from.address);
        let configured = self.configured(&from.address)?;
        let references = configured["expressions"][attribute]["references"].as_array()?;
        let references: Vec<&str> = references.iter().filter_map(Value::as_str).collect();
        // `aws_iam_policy.ci.arn` stands beside `aws_iam_policy.ci`, and an instance beside both.
        let others = references.iter().filter(|one| one.starts_with("aws_") && bare(one).matches('.').count() == 1);
        let mut names: Vec<&str> = others.copied().collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let first = *names.first()?;
        if names.iter().any(|name| bare(name) != bare(first)) {
            return None;
        }
        let full = |name: &str| if module.is_empty() { name.to_owned() } else { format!("{module}.{name}") };
        let wanted = bare(&full(first));
        let instances: Vec<&Resource<'a>> =
            self.instances(&wanted).filter(|one| split(&one.address).0 == module).collect();
        let exact = instances.iter().find(|one| one.address == full(first) && first.ends_with(']'));
        let is_each = references.iter().any(|one| one.starts_with("each.") || one.starts_with("count."));
        let index = own.find('[').map(|at| &own[at..]);
        let same = || instances.iter().find(|one| is_each && index.is_some_and(|index| one.address.ends_with(index)));
        match (exact.or_else(same), instances.as_slice()) {
            (Some(one), _) | (None, [one]) => Some(one),
            _ => None,
        }
    }

    /// Whether the configuration says anything of an attribute; else the provider computes it.
    pub(super) fn sets(&self, address: &str, attribute: &str) -> bool {
        self.configured(address).is_some_and(|one| !one["expressions"][attribute].is_null())
    }

    /// What the configuration says of a resource.
    fn configured(&self, address: &str) -> Option<&Value> {
        let (module, own) = split(address);
        let mut place = &self.configuration["root_module"];
        let module = bare(module);
        let mut names = module.split('.');
        while let (Some("module"), Some(name)) = (names.next(), names.next()) {
            place = &place["module_calls"][name]["module"];
        }
        let own = bare(own);
        place["resources"].as_array()?.iter().find(|one| one["address"] == own)
    }

    /// The key of the provider of a resource.
    pub(super) fn provider(&self, address: &str) -> &str {
        self.configured(address).and_then(|one| one["provider_config_key"].as_str()).unwrap_or("aws")
    }

    /// What a provider is told, where that is a text: a constant, or a variable of the root module.
    fn told(&self, value: &Value) -> Option<String> {
        if let Some(text) = value["constant_value"].as_str() {
            return Some(text.to_owned());
        }
        let variable = value["references"].get(0)?.as_str()?.strip_prefix("var.")?;
        Some(self.variables[variable]["value"].as_str()?.to_owned())
    }

    pub(super) fn region_of(&self, provider: &str) -> Option<String> {
        self.told(&self.configuration["provider_config"][provider]["expressions"]["region"])
    }

    /// The account that a provider works in: the only one that it may, or that of the role that it takes on.
    pub(super) fn account_of(&self, provider: &str) -> Option<AccountId> {
        let told = &self.configuration["provider_config"][provider]["expressions"];
        let role = &told["assume_role"][0]["role_arn"];
        let role = self.told(role).and_then(|arn| Arn::account_of(&arn));
        role.or_else(|| match told["allowed_account_ids"]["constant_value"].as_array()?.as_slice() {
            [one] => AccountId::parse(one.as_str()?),
            _ => None,
        })
    }
}

/// The module of an address, and what stands in it: `module.a["x"].aws_iam_role.ci[0]`.
fn split(address: &str) -> (&str, &str) {
    let mut at = 0;
    while address[at..].starts_with("module.") {
        let name = at + "module.".len();
        match dot(&address[name..]) {
            Some(end) => at = name + end + 1,
            None => break,
        }
    }
    (address[..at].trim_end_matches('.'), &address[at..])
}

/// Where the first dot is that stands in no brackets.
fn dot(text: &str) -> Option<usize> {
    let mut brackets = Brackets::default();
    text.char_indices().find(|&(_, letter)| !brackets.holds(letter) && letter == '.').map(|(at, _)| at)
}

/// An address without the keys of instances.
pub(super) fn bare(address: &str) -> String {
    let mut brackets = Brackets::default();
    address.chars().filter(|&letter| !brackets.holds(letter)).collect()
}

/// Whether letters stand in brackets, which may hold texts with brackets in them.
#[derive(Default)]
struct Brackets {
    is_inside: bool,
    is_text: bool,
    is_escaped: bool,
}

impl Brackets {
    fn holds(&mut self, letter: char) -> bool {
        let was_inside = self.is_inside;
        match letter {
            _ if self.is_escaped => self.is_escaped = false,
            '\\' if self.is_text => self.is_escaped = true,
            '"' if self.is_inside => self.is_text = !self.is_text,
            '[' if !self.is_text => self.is_inside = true,
            ']' if !self.is_text => self.is_inside = false,
            _ => {}
        }
        was_inside || self.is_inside
    }
}
