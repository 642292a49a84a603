//! What a browser whose person plays alone tells the room: how far it is, and what the keys were up to there.

use footlights_protocol::wire::{ClientToRoom, KeyChange};

use super::{Own, Rollback};

/// How many changes of keys one message holds: a message to the room is short.
const MOST_TOLD: usize = 20;

impl Rollback {
    /// Whether there is something that the room ought to know soon, in a game that is played alone.
    pub fn has_news(&self) -> bool {
        let ready = |own: &Own| !own.told && own.stamp <= self.present.tick();
        // The room's word about a policy that is guessed is wanted soon.
        let unsure = self.local_policies.are_unknown() && self.told < self.present.tick();
        self.alone && (unsure || self.is_at_end() || self.own.iter().any(ready))
    }

    /// Whether an episode is over and the room does not know, in a game that is played alone.
    pub fn is_at_end(&self) -> bool {
        self.alone && self.ended && self.told < self.present.tick()
    }

    /// How far this browser is, with what the room does not know yet: messages for it, with a few changes each. Nothing
    /// where others play, and before the game.
    pub fn played(&mut self, now: f64) -> Vec<ClientToRoom> {
        if !self.alone {
            return Vec::new();
        }
        self.advance(now);
        let last = self.present.tick();
        if last == 0 {
            return Vec::new();
        }
        self.told = last;
        // The room has the digest of the state before a reset. A state that is guessed is nothing to compare.
        let here = match self.end {
            _ if self.local_policies.were_guessed_after(self.confirmed.tick()) => None,
            Some((tick, digest)) if tick == last => Some(digest),
            _ if self.present.sim().tick() == 0 => None,
            _ => self.present.digest().ok(),
        };
        let untold = self.own.iter_mut().filter(|own| !own.told && own.stamp <= last);
        let changes: Vec<KeyChange> = untold
            .map(|own| {
                own.told = true;
                KeyChange { tick: own.stamp, held: own.held, time: own.time }
            })
            .collect();
        let mut messages: Vec<ClientToRoom> = Vec::new();
        for some in changes.chunks(MOST_TOLD) {
            // There may be more changes of the tick that the last one is about.
            let until = some.last().map_or(0, |change| change.tick.saturating_sub(1));
            messages.push(ClientToRoom::Advanced { until, changes: some.to_vec(), digest: None });
        }
        match messages.last_mut() {
            Some(ClientToRoom::Advanced { until, digest, .. }) => (*until, *digest) = (last, here),
            _ => messages.push(ClientToRoom::Advanced { until: last, changes, digest: here }),
        }
        messages
    }
}
