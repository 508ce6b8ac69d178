//! Globs, actions and resources.

/// A character of a pattern. What came out of a variable or an escape was not written in the policy, and is
/// neither a wildcard nor a separator (C28, C30, V22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) character: char,
    pub(super) written: bool,
}

impl Letter {
    fn is(self, character: char) -> bool {
        self.written && self.character == character
    }
}

/// The letters of a plain text.
pub(super) fn letters(text: &str) -> Vec<Letter> {
    text.chars().map(|character| Letter { character, written: true }).collect()
}

/// One step of a glob.
#[derive(Clone, Copy)]
enum Step {
    Exactly(char),
    /// `?`, taking a colon or not.
    One {
        colon: bool,
    },
    /// `*`, running over colons or not.
    Run {
        colon: bool,
    },
}

fn glob(steps: &[Step], text: &[char]) -> bool {
    let Some((step, rest)) = steps.split_first() else { return text.is_empty() };
    match *step {
        Step::Exactly(character) => text.first() == Some(&character) && glob(rest, &text[1..]),
        Step::One { colon } => text.first().is_some_and(|&next| colon || next != ':') && glob(rest, &text[1..]),
        Step::Run { colon } => {
            glob(rest, text) || text.first().is_some_and(|&next| colon || next != ':') && glob(steps, &text[1..])
        }
    }
}

/// C12: the whole text, `*` any run, `?` one character.
pub(super) fn like(pattern: &[Letter], text: &str) -> bool {
    let steps: Vec<Step> = pattern.iter().map(|letter| step(*letter, true)).collect();
    glob(&steps, &text.chars().collect::<Vec<_>>())
}

fn step(letter: Letter, colon: bool) -> Step {
    match letter {
        letter if letter.is('*') => Step::Run { colon },
        letter if letter.is('?') => Step::One { colon },
        letter => Step::Exactly(letter.character),
    }
}

/// The text without wildcards.
pub(super) fn text(pattern: &[Letter]) -> String {
    pattern.iter().map(|letter| letter.character).collect()
}

/// C16: six components, one by one; `None` for what is no ARN.
pub(super) fn arn_like(pattern: &[Letter], text: &str) -> Option<bool> {
    let texts: Vec<&str> = text.splitn(6, ':').collect();
    let patterns = components(pattern);
    if !is_arn(text) || patterns.len() != 6 {
        return None;
    }
    Some(patterns.iter().zip(texts).all(|(pattern, text)| like(pattern, text)))
}

/// O81: six components, and the word in front.
pub(super) fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.splitn(6, ':').count() == 6
}

/// Split at the first five written colons.
fn components(pattern: &[Letter]) -> Vec<Vec<Letter>> {
    let mut components = vec![Vec::new()];
    for letter in pattern {
        if letter.is(':') && components.len() < 6 {
            components.push(Vec::new());
        } else if let Some(component) = components.last_mut() {
            component.push(*letter);
        }
    }
    components
}

/// M1 to M5: prefix and name apart, without regard to case.
pub(super) fn action(pattern: &str, action: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    let (Some((service, name)), Some((own_service, own_name))) = (pattern.split_once(':'), action.split_once(':'))
    else {
        return false;
    };
    like(&letters(service), own_service) && like(&letters(name), own_name)
}

/// M12 to M16, and M18 where short ARNs are completed.
pub(super) fn resource(pattern: &[Letter], resource: &str, completed: bool) -> bool {
    runs_over(pattern, resource) || completed && resource_by_component(pattern, resource)
}

/// M14: a `*` that ends its component may run on beyond the colon.
fn runs_over(pattern: &[Letter], resource: &str) -> bool {
    let mut colons = 0;
    let mut steps = Vec::new();
    for (at, letter) in pattern.iter().enumerate() {
        let ends_component = pattern.get(at + 1).is_none_or(|next| next.is(':'));
        steps.push(step(*letter, colons >= 5 || letter.is('*') && ends_component));
        colons += usize::from(letter.is(':'));
    }
    glob(&steps, &resource.chars().collect::<Vec<_>>())
}

/// The other reading of M14: split first, complete with `*`, match one by one.
pub(super) fn resource_by_component(pattern: &[Letter], resource: &str) -> bool {
    let mut patterns = components(pattern);
    patterns.resize(6, letters("*"));
    let texts: Vec<&str> = resource.splitn(6, ':').collect();
    texts.len() == 6 && patterns.iter().zip(texts).all(|(pattern, text)| like(pattern, text))
}

/// M17: a wildcard in the partition, the service, or the resource type.
pub(super) fn has_wildcard_in_type(pattern: &[Letter]) -> bool {
    let components = components(pattern);
    let wild = |letters: &[Letter]| letters.iter().any(|letter| letter.is('*') || letter.is('?'));
    let named = |at: usize| components.len() == 6 && wild(&components[at]);
    let kind = components.get(5).and_then(|last| last.iter().position(|letter| letter.is('/')).map(|at| &last[..at]));
    named(1) || named(2) || kind.is_some_and(wild)
}
