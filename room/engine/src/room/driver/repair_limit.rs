//! How often what is wrong in one browser is repaired.

use footlights_protocol::EpochMs;

/// The shortest time between two repairs of one seat, ms.
const MIN_REPAIR_GAP_MS: u64 = 500;

/// When one seat's browser was repaired last.
#[derive(Debug, Clone, Default)]
pub struct RepairLimit {
    last_ms: Option<EpochMs>,
}

impl RepairLimit {
    /// Whether enough time has passed since the last repair.
    pub fn allows(&self, now: EpochMs) -> bool {
        self.last_ms.is_none_or(|last| now - last >= MIN_REPAIR_GAP_MS)
    }

    /// Counts a repair, if enough time has passed; returns whether it has.
    pub fn take(&mut self, now: EpochMs) -> bool {
        let allowed = self.allows(now);
        if allowed {
            self.last_ms = Some(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_repaired_twice_a_second_at_most() {
        let mut limit = RepairLimit::default();
        let repaired: Vec<u64> = (0..1_600).step_by(100).filter(|now| limit.take(EpochMs(*now))).collect();
        assert_eq!(repaired, [0, 500, 1_000, 1_500]);
        assert!(!limit.allows(EpochMs(1_999)));
        assert!(limit.allows(EpochMs(2_000)));
    }
}
