//! Accept: the request gets its identity and its time. Everything that is recorded of it belongs to this day.

use base::ids::GenerationId;
use base::time::Timestamp;

use crate::gateway::Gateway;

/// A request that came in.
#[derive(Debug, Clone, Copy)]
pub struct Arrived {
    /// Its id: the request id, the receipt's id, and in its first bytes the day of its partition.
    pub id: GenerationId,
    /// When its head was complete.
    pub at: Timestamp,
}

/// Gives the request its id.
pub fn accept(gateway: &Gateway) -> Arrived {
    let at = gateway.clock.now();
    Arrived {
        id: GenerationId::for_day(at.day(), &*gateway.random),
        at,
    }
}
