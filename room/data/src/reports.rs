//! What simulating browsers reported of how they showed a game, tick by tick.

use std::collections::BTreeMap;

use footlights_env::Agent;
use footlights_experiment::{GameScene, RunMode};
use footlights_protocol::{InputDelay, Tick, wire::TickReport};

use crate::chunk::Chunk;

/// How one agent's browser showed one tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownTick {
    /// What the browser reported, or what holds where it had nothing to report.
    pub report: TickReport,
    /// By how many ticks the participant's keys were delayed.
    pub input_delay: u8,
}

/// How one agent's browser showed the ticks; ticks of which it could not report are missing.
#[must_use]
pub fn shown(scene: &GameScene, record: &Chunk, agent: Agent) -> BTreeMap<Tick, ShownTick> {
    let mut ticks = BTreeMap::new();
    let as_planned = |tick, input_delay| ShownTick {
        report: TickReport { tick, predicted: true, rollback: 0, stalled_ms: 0 },
        input_delay,
    };
    if scene.run_mode() == RunMode::SinglePlayer {
        // A single player's browser reports only what was not so.
        let delay = if let InputDelay::Fixed(ticks) = scene.stepping.input_delay { ticks } else { 0 };
        let delay = u8::try_from(delay).unwrap_or(u8::MAX);
        ticks.extend(record.rows.iter().map(|row| (row.tick, as_planned(row.tick, delay))));
    }
    let mut from = Tick(1);
    for (_, shown) in record.shown.iter().filter(|(about, _)| *about == agent) {
        for tick in from.max(shown.until - shown.ticks + 1).until(shown.until.next()) {
            ticks.insert(tick, as_planned(tick, shown.input_delay));
        }
        for report in &shown.notes {
            ticks.insert(report.tick, ShownTick { report: *report, input_delay: shown.input_delay });
        }
        from = from.max(shown.until.next());
    }
    ticks
}

/// Whether the states of one agent's browser were the room's, by tick.
#[must_use]
pub fn verified(record: &Chunk, agent: Agent) -> BTreeMap<Tick, bool> {
    let mut verified = BTreeMap::new();
    let mut from = Tick(1);
    for (_, until, equal) in record.verified.iter().filter(|(about, ..)| *about == agent) {
        verified.extend(from.until(until.next()).map(|tick| (tick, *equal)));
        from = from.max(until.next());
    }
    verified
}

/// The last tick up to which one agent's browser had the room's states all along; none where browsers do not simulate.
#[must_use]
pub fn verified_until(record: &Chunk, agent: Agent) -> Option<Tick> {
    let own = record.verified.iter().filter(|(about, ..)| *about == agent);
    own.take_while(|(_, _, equal)| *equal).map(|(_, until, _)| *until).last()
}
