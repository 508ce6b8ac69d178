//! What is made by the first who needs it, and kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Where something is put by the first who needs it, while others wait.
pub(super) type Place<T> = Arc<OnceLock<Arc<T>>>;

/// What is at a place; made now, if nobody needed it before. `make` may not share its work with other threads:
/// what they do meanwhile might need the same place.
pub(super) fn at<K: Ord, T>(places: &Mutex<BTreeMap<K, Place<T>>>, key: K, make: impl FnOnce() -> T) -> Arc<T> {
    let place = Arc::clone(places.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
    Arc::clone(place.get_or_init(|| Arc::new(make())))
}
