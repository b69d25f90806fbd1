//! The one place that reads the clock and draws random bytes; everything else is handed moments and ids.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use fonds_schemas::{AnnotationId, BatchId, EventId, ObjectId, Timestamp, TokenId};

/// Where moments come from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's clock.
    System,
    /// A clock that stands still until it is moved: microseconds since 1970. For tests.
    Standing(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at that moment.
    #[must_use]
    pub fn standing_at(moment: Timestamp) -> Self {
        Self::Standing(Arc::new(AtomicI64::new(moment.micros())))
    }

    /// Moves a standing clock; the system's clock goes by itself.
    pub fn advance_seconds(&self, seconds: i64) {
        if let Self::Standing(micros) = self {
            micros.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
        }
    }

    /// Now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the file that reads the clock")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => chrono::Utc::now().into(),
            Self::Standing(micros) => Timestamp::from_micros(micros.load(Ordering::SeqCst)),
        }
    }
}

/// Random bytes from the operating system's generator, through a generator of this thread.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut bytes);
    bytes
}

/// The name of an event that has none yet.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the file that makes ids")]
pub fn event_id() -> EventId {
    EventId(uuid::Uuid::now_v7())
}

/// The id of an object that has no identifier elsewhere.
#[must_use]
pub fn object_id() -> ObjectId {
    ObjectId::from_random(random())
}

/// The id of a new batch.
#[must_use]
pub fn batch_id() -> BatchId {
    BatchId::from_random(random())
}

/// The id of a new token.
#[must_use]
pub fn token_id() -> TokenId {
    TokenId::from_random(random())
}

/// The name of a new annotation.
#[must_use]
pub fn annotation_id() -> AnnotationId {
    AnnotationId::from_random(random())
}
