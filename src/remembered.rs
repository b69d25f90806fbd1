//! What was read of a projection, remembered until something is folded into it: a viewer asks a hundred times for tiles of
//! one file, and nothing about it changes meanwhile.

use std::future::Future;
use std::hash::Hash;

use moka::sync::Cache;

use crate::keeper::Keeper;

/// Values of one projection by their keys, each with the place at which the projection stood when it was read.
pub struct Remembered<K, V> {
    projection: &'static str,
    cache: Cache<K, (u64, V)>,
}

impl<K, V> Remembered<K, V>
where
    K: Copy + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Nothing yet, of the projection of that name; at most `capacity` in all, each as heavy as `weight` says.
    #[must_use]
    pub fn new(projection: &'static str, capacity: u64, weight: fn(&V) -> usize) -> Self {
        let weigher = move |_: &K, (_, value): &(u64, V)| u32::try_from(weight(value)).unwrap_or(u32::MAX);
        Self { projection, cache: Cache::builder().max_capacity(capacity).weigher(weigher).build() }
    }

    /// The value, as `read` finds it unless nothing was folded since it did. That there is none is not remembered, and
    /// neither is anything in a process that does not fold: it does not hear of what is.
    pub async fn get<E>(
        &self,
        keeper: &Keeper,
        key: K,
        read: impl Future<Output = Result<Option<V>, E>>,
    ) -> Result<Option<V>, E> {
        let Some(projector) = keeper.projector() else { return read.await };
        let now = projector.applied(self.projection);
        if let Some((_, value)) = self.cache.get(&key).filter(|(then, _)| *then == now) {
            return Ok(Some(value));
        }
        let value = read.await?;
        if let Some(value) = &value {
            // What was folded in the meantime has moved the projection on, and this is read again.
            self.cache.insert(key, (now, value.clone()));
        }
        Ok(value)
    }
}
