//! Tags that come and go.

use super::{ChangeError, Tagged};
use crate::inventory::tags::Tags;
use crate::inventory::world::Inventory;

impl Inventory {
    pub(super) fn tag(&mut self, of: Tagged, key: &str, value: Option<&str>) -> Result<(), ChangeError> {
        match of {
            Tagged::Principal(id) => {
                let principal = &self.principals[id];
                // IAM takes the keys of a principal's tags for one in either letter case, ECR does not.
                let is_it = |own: &str| own.eq_ignore_ascii_case(key);
                let tags = tagged(&principal.tags, is_it, key, value, || principal.arn.to_string())?;
                self.change_principal(id, |principal| principal.tags = tags);
            }
            Tagged::Repository(id) => {
                let repository = &self.repositories[id];
                let Some(tags) = &repository.tags else {
                    return Err(ChangeError::UnknownTags(repository.arn.to_string()));
                };
                let tags = tagged(tags, |own| own == key, key, value, || repository.arn.to_string())?;
                if let Some(repository) = self.repositories.get_mut(id) {
                    repository.tags = Some(tags);
                }
            }
        }
        Ok(())
    }
}

fn tagged(
    tags: &Tags,
    is_it: impl Fn(&str) -> bool,
    key: &str,
    value: Option<&str>,
    of: impl Fn() -> String,
) -> Result<Tags, ChangeError> {
    let others: Vec<_> = tags.iter().filter(|(own, _)| !is_it(own)).collect();
    if value.is_none() && others.len() == tags.len() {
        return Err(ChangeError::NoTag { of: of(), key: key.to_owned() });
    }
    let own = value.map(|value| (key.to_owned(), value.to_owned()));
    Ok(others.into_iter().map(|(key, value)| (key.clone(), value.clone())).chain(own).collect())
}
