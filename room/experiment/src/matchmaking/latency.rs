//! First come, first served, among participants with short round trips.

use serde_json::{Value, json};

use super::matchmaker::{Candidate, Matchmaker};
use crate::EpochMs;

/// First come, first served, among participants whose round trips are short enough. The round trip between two
/// participants goes through the room, so it is the sum of both.
///
/// ```
/// use footlights_experiment::{Waitroom, matchmaking::LatencyFifo};
///
/// let waitroom = Waitroom::new().matching(LatencyFifo { max_server_rtt: 150.0, max_pair_rtt: 200.0 });
/// assert_eq!(waitroom.matchmaker().name(), "latency_fifo");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatencyFifo {
    /// The longest allowed round trip between a participant and the server, ms. A participant whose round trip is not
    /// measured yet is not matched.
    pub max_server_rtt: f64,
    /// The longest allowed round trip between any two participants of a group, ms.
    pub max_pair_rtt: f64,
}

impl Matchmaker for LatencyFifo {
    fn name(&self) -> &str {
        "latency_fifo"
    }

    fn parameters(&self) -> Value {
        json!({ "max_server_rtt": self.max_server_rtt, "max_pair_rtt": self.max_pair_rtt })
    }

    fn validate(&self, _: usize) -> Result<(), String> {
        let positive = |ms: f64| ms.is_finite() && ms > 0.0;
        if positive(self.max_server_rtt) && positive(self.max_pair_rtt) {
            Ok(())
        } else {
            Err("round trips must be more than 0".into())
        }
    }

    fn pick(&self, queue: &[&Candidate], size: usize, _: EpochMs) -> Option<Vec<usize>> {
        let rtt = |candidate: &&Candidate| {
            candidate.rtt_ms.map(f64::from).filter(|rtt| *rtt <= self.max_server_rtt)
        };
        let fit: Vec<(usize, f64)> =
            queue.iter().enumerate().filter_map(|(at, candidate)| Some((at, rtt(candidate)?))).collect();
        let (mut chosen, mut longest) = (Vec::new(), None);
        for (k, (at, rtt)) in fit.iter().enumerate() {
            if chosen.len() == size {
                break;
            }
            // Chosen as soon as later candidates can fill the group, so that the longest wait counts most.
            let others = fit.get(k + 1..).unwrap_or_default();
            let fits = longest.is_none_or(|longest| longest + rtt <= self.max_pair_rtt);
            let with = longest.map_or(*rtt, |longest: f64| longest.max(*rtt));
            if fits && self.can_fill(with, others, size - chosen.len() - 1) {
                chosen.push(*at);
                longest = Some(with);
            }
        }
        (chosen.len() == size && size > 0).then_some(chosen)
    }
}

impl LatencyFifo {
    /// Whether `missing` of the others fit with each other and with a participant whose round trip is `longest`. If any
    /// of them fit, those with the shortest round trips do.
    fn can_fill(&self, longest: f64, others: &[(usize, f64)], missing: usize) -> bool {
        let mut rtts: Vec<f64> =
            others.iter().map(|(_, rtt)| *rtt).filter(|rtt| longest + rtt <= self.max_pair_rtt).collect();
        rtts.sort_by(f64::total_cmp);
        match rtts.get(..missing) {
            Some([.., a, b]) => a + b <= self.max_pair_rtt,
            Some(_) => true,
            None => false,
        }
    }
}
