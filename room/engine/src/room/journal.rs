//! What the game has written down and not stored yet, and up to where it is stored.

use std::collections::VecDeque;

use footlights_data::{
    Chunk, RecordError,
    event::{Event, EventKind, Retention},
};
use footlights_env::Agent;
use footlights_experiment::record::{EpisodeRecord, StepRecord};
use footlights_protocol::{EpochMs, Tick, wire::RenderReport};
use serde::{Deserialize, Serialize};

use super::recovery::{SavedChain, TickChain};

/// While the game runs, rows are handed out for storage at least this often.
pub const FLUSH_INTERVAL_MS: u64 = 2_000;
/// A game keeps no more events than this, apart from those that decide how it goes on.
const MAX_EVENTS: u32 = 1_000;

/// What a checkpoint keeps of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedJournal {
    events_left: u32,
    chain: SavedChain,
}

/// The journal of one game.
pub struct Journal {
    /// What was not handed out for storage yet.
    pending: Chunk,
    /// When it was handed out last.
    flushed_ms: EpochMs,
    /// By how much the grid of the times at which it is handed out is moved.
    phase_ms: u64,
    /// How many more events are kept.
    events_left: u32,
    /// The last ticks of chunks that were handed out and are not known to be stored.
    unacked_flushes: VecDeque<Tick>,
    /// All ticks up to this one are stored.
    persisted_through: Tick,
    /// The browsers know that all ticks up to this one are stored.
    announced_persisted_tick: Tick,
    /// The tags of the ticks, with which browsers can bring back what was not stored.
    pub chain: TickChain,
}

impl Journal {
    /// An empty journal. Games with the same phase hand out what is pending at the same ticks.
    pub fn new(now: EpochMs, phase_ms: u64) -> Self {
        Self {
            pending: Chunk::default(),
            flushed_ms: now,
            phase_ms,
            events_left: MAX_EVENTS,
            unacked_flushes: VecDeque::new(),
            persisted_through: Tick::ZERO,
            announced_persisted_tick: Tick::ZERO,
            chain: TickChain::new(now),
        }
    }

    /// Keeps an event, and returns it for the log. Once there have been too many, only events that decide how the game
    /// goes on are kept; the last of the others says so.
    pub fn report(
        &mut self,
        now: EpochMs,
        tick: Tick,
        agent: Option<Agent>,
        kind: EventKind,
        detail: String,
    ) -> Option<Event> {
        let mut kind = kind;
        if kind.retention() != Retention::Always {
            self.events_left = self.events_left.checked_sub(1)?;
            if self.events_left == 0 {
                kind = EventKind::NoMoreEvents;
            }
        }
        let event = Event { at_ms: now, tick, agent, kind, detail };
        self.pending.events.push(event.clone());
        Some(event)
    }

    /// Keeps a tick's row.
    pub fn record_step(&mut self, row: StepRecord) {
        self.pending.rows.push(row);
    }

    /// Keeps an episode that ended.
    pub fn record_episode(&mut self, episode: EpisodeRecord) {
        self.pending.episodes.push(episode);
    }

    /// Keeps how a browser showed the game.
    pub fn record_rendering(&mut self, agent: Agent, report: RenderReport) {
        self.pending.shown.push((agent, report));
    }

    /// Keeps whether a browser's state after `tick` was the room's.
    pub fn record_verification(&mut self, agent: Agent, tick: Tick, same: bool) {
        self.pending.verified.push((agent, tick, same));
    }

    /// Whether it is time to hand out what is pending.
    pub fn is_flush_due(&self, now: EpochMs) -> bool {
        let interval = |at: EpochMs| at.0.saturating_sub(self.phase_ms) / FLUSH_INTERVAL_MS;
        interval(now) > interval(self.flushed_ms)
    }

    /// Starts to hand out what is pending. Returns false if there is nothing.
    pub fn begin_flush(&mut self, now: EpochMs) -> bool {
        self.flushed_ms = now;
        !self.pending.is_empty()
    }

    /// Takes what is pending for storage, encoded; `tick` is the last tick.
    ///
    /// # Errors
    /// If it does not encode. Its rows are lost then; its events stay pending and say why, and what was stored before
    /// stays stored.
    pub fn take_chunk(&mut self, tick: Tick) -> Result<Vec<u8>, RecordError> {
        let chunk = std::mem::take(&mut self.pending);
        match chunk.encode() {
            Ok(bytes) => {
                self.unacked_flushes.push_back(tick);
                Ok(bytes)
            }
            Err(error) => {
                self.pending.events = chunk.events;
                Err(error)
            }
        }
    }

    /// The oldest chunk that was taken is stored. Returns the tick up to which everything is stored now, if a chunk was
    /// waiting.
    pub fn acknowledge(&mut self) -> Option<Tick> {
        self.persisted_through = self.unacked_flushes.pop_front()?;
        Some(self.persisted_through)
    }

    /// The tick up to which everything is stored, if the browsers do not know it yet; from now on they do.
    pub fn announce(&mut self) -> Option<Tick> {
        let news = self.persisted_through != self.announced_persisted_tick;
        self.announced_persisted_tick = self.persisted_through;
        news.then_some(self.persisted_through)
    }

    /// What a checkpoint keeps.
    pub fn save(&self) -> SavedJournal {
        SavedJournal { events_left: self.events_left, chain: self.chain.save() }
    }

    /// The journal as it was at a checkpoint after tick `tick`, with which everything before was stored.
    pub fn restore(&mut self, saved: SavedJournal, tick: Tick) {
        self.events_left = saved.events_left;
        self.chain.restore(saved.chain);
        (self.persisted_through, self.announced_persisted_tick) = (tick, tick);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(journal: &mut Journal, kind: EventKind) -> Option<EventKind> {
        journal.report(EpochMs(1), Tick(1), None, kind, String::new()).map(|event| event.kind)
    }

    #[test]
    fn only_events_that_decide_how_the_game_goes_on_are_kept_without_end() {
        let mut journal = Journal::new(EpochMs(0), 0);
        for _ in 1..MAX_EVENTS {
            assert_eq!(report(&mut journal, EventKind::FocusLost), Some(EventKind::FocusLost));
        }
        assert_eq!(report(&mut journal, EventKind::FocusLost), Some(EventKind::NoMoreEvents));
        assert_eq!(report(&mut journal, EventKind::FocusLost), None);
        assert_eq!(report(&mut journal, EventKind::Left), Some(EventKind::Left));
        assert_eq!(
            Chunk::decode(&journal.take_chunk(Tick(1)).unwrap()).unwrap().events.len(),
            MAX_EVENTS as usize + 1
        );
    }

    #[test]
    fn chunks_are_acknowledged_in_order_and_browsers_are_told_once() {
        let mut journal = Journal::new(EpochMs(0), 0);
        assert!(!journal.begin_flush(EpochMs(10)));
        for tick in [60, 120] {
            report(&mut journal, EventKind::Slip);
            assert!(journal.begin_flush(EpochMs(10)));
            assert_eq!(Chunk::decode(&journal.take_chunk(Tick(tick)).unwrap()).unwrap().events.len(), 1);
        }
        assert_eq!(journal.announce(), None);
        assert_eq!(journal.acknowledge(), Some(Tick(60)));
        assert_eq!(journal.announce(), Some(Tick(60)));
        assert_eq!(journal.announce(), None);
        assert_eq!(journal.acknowledge(), Some(Tick(120)));
        assert_eq!(journal.acknowledge(), None);
        assert_eq!(journal.announce(), Some(Tick(120)));
    }

    #[test]
    fn games_of_one_phase_flush_together_every_two_seconds_whenever_they_flushed_before() {
        let mut games = [3_000, 4_700].map(|began| Journal::new(EpochMs(began), 700));
        for journal in &games {
            assert!(!journal.is_flush_due(EpochMs(4_699).max(journal.flushed_ms)));
        }
        games[0].begin_flush(EpochMs(5_000));
        for journal in &mut games {
            assert!(!journal.is_flush_due(EpochMs(6_699)));
            assert!(journal.is_flush_due(EpochMs(6_700)));
            journal.begin_flush(EpochMs(6_710));
            assert!(!journal.is_flush_due(EpochMs(8_699)));
        }
    }

    #[test]
    fn a_restored_journal_knows_what_is_stored() {
        let mut journal = Journal::new(EpochMs(0), 0);
        report(&mut journal, EventKind::Slip);
        let saved = journal.save();
        let mut restored = Journal::new(EpochMs(9), 0);
        restored.restore(saved.clone(), Tick(33));
        assert_eq!(restored.save(), saved);
        assert_eq!(restored.announce(), None);
    }
}
