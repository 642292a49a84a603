//! First come, first served, among those whose connections do.

use super::{Matchmaker, Waiter};

/// Whose round trips are short enough. A pair's goes through the room: it is the sum of both.
pub struct LatencyFifo {
    /// The longest round trip between a person and the server, ms. Who has none yet is not matched.
    pub max_server_rtt: f64,
    /// The longest round trip between two persons, ms; it holds for every pair of a group.
    pub max_pair_rtt: f64,
}

impl Matchmaker for LatencyFifo {
    fn pick(&self, queue: &[&Waiter], size: usize, _: u64) -> Option<Vec<usize>> {
        let rtt = |waiter: &&Waiter| waiter.rtt_ms.map(f64::from).filter(|rtt| *rtt <= self.max_server_rtt);
        let fit: Vec<(usize, f64)> =
            queue.iter().enumerate().filter_map(|(at, waiter)| Some((at, rtt(waiter)?))).collect();
        let (mut chosen, mut longest) = (Vec::new(), None);
        for (k, (at, rtt)) in fit.iter().enumerate() {
            if chosen.len() == size {
                break;
            }
            // Taken as soon as those behind can fill up the group: so the longest wait counts most.
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
    /// Whether `missing` of the others do with each other and with somebody whose round trip is `longest`. Those with
    /// the shortest do if any do.
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
