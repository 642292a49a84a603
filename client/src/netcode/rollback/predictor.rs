//! Two copies of the game: the confirmed state, which contains only what the room decided, and the present, which adds
//! predictions.
//!
//! Own keys are predicted as they were stamped, policies by running them, and everybody else by repeating their last
//! move. When a prediction was wrong, the present is made again from the confirmed state. Nothing before that state ever
//! changes, so there is no need of a ring of snapshots.

use footlights_env::{Agent, EnvError};
use footlights_protocol::{
    Tick,
    timeline::{Move, Moves, Timeline},
};

use super::{
    local_policies::{InferFn, LocalPolicies, map_of},
    own_inputs::OwnInputs,
};

/// How a confirmed tick compares with this copy of the game.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// As far as it can be compared, the state is the room's.
    Consistent,
    /// The state here has this digest, and the room's has another one: only a snapshot helps.
    Differs(u64),
    /// The simulation fails, or a tick is missing: only a snapshot helps.
    Broken,
}

/// What a confirmed tick meant for the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmation {
    /// How the state compares with the room's.
    pub consistency: Consistency,
    /// Whether the tick had been predicted, rightly or not.
    pub predicted: bool,
    /// Ticks of the present that are undone because the prediction was wrong.
    pub undone: u32,
    /// Whether the game pauses now, because an episode ended and the room counts down to the next one.
    pub pauses: bool,
}

/// The tick that ended an episode, and the digest of the state before the reset.
type EpisodeEnd = (Tick, u64);

/// The present.
#[derive(Debug, Clone)]
struct Present {
    timeline: Timeline,
    end: Option<EpisodeEnd>,
    /// It is at the end of an episode, and does not know when the next one begins.
    is_ended: bool,
    /// It does not follow from the confirmed state any more.
    is_stale: bool,
}

/// One browser's copies of a game.
#[derive(Debug, Clone)]
pub struct Predictor {
    me: Agent,
    /// Whether the game pauses between episodes.
    pauses: bool,
    confirmed: Timeline,
    confirmed_end: Option<EpisodeEnd>,
    present: Present,
    /// The last move of every policy that is not run here.
    last_moves: Moves,
    policies: LocalPolicies,
    own: OwnInputs,
}

impl Predictor {
    /// The game of `me` before its first tick. The policies of `policies` are run here with `infer`.
    pub fn new(me: Agent, pauses: bool, timeline: Timeline, policies: Vec<Agent>, infer: InferFn) -> Self {
        Self {
            me,
            pauses,
            present: Present { timeline: timeline.clone(), end: None, is_ended: false, is_stale: false },
            confirmed: timeline,
            confirmed_end: None,
            last_moves: Moves::new(),
            policies: LocalPolicies::new(policies, infer),
            own: OwnInputs::default(),
        }
    }

    /// The agent of this seat.
    pub fn me(&self) -> Agent {
        self.me
    }

    /// The confirmed state.
    pub fn confirmed(&self) -> &Timeline {
        &self.confirmed
    }

    /// The predicted state.
    pub fn present(&self) -> &Timeline {
        &self.present.timeline
    }

    /// Whether the present is at the end of an episode, and does not know when the next one begins.
    pub fn is_ended(&self) -> bool {
        self.present.is_ended
    }

    /// Whether the present must be made again.
    pub fn is_outdated(&self) -> bool {
        self.present.is_stale || self.present.timeline.tick() < self.confirmed.tick()
    }

    /// The present does not follow from the confirmed state any more.
    pub fn invalidate(&mut self) {
        self.present.is_stale = true;
    }

    /// The changes of own keys that are not confirmed.
    pub fn own(&self) -> &OwnInputs {
        &self.own
    }

    /// The same, to add some.
    pub fn own_mut(&mut self) -> &mut OwnInputs {
        &mut self.own
    }

    /// Takes over a state of the room; all predictions are void. The caller decides which own keys are still to come.
    ///
    /// # Errors
    /// The state is not one of this game. The confirmed state may be unusable then: only another snapshot helps.
    pub fn load(
        &mut self,
        timeline: &[u8],
        policy_states: impl IntoIterator<Item = (Agent, Vec<u8>)>,
    ) -> Result<(), EnvError> {
        self.confirmed.load(timeline)?;
        self.policies.load(self.confirmed.tick(), policy_states);
        self.invalidate();
        Ok(())
    }

    /// Takes over what the room decided for the tick after the confirmed state. `digest` is the room's of the state after
    /// it. [`Consistency::Broken`] leaves the confirmed state as it was.
    pub fn confirm(&mut self, tick: Tick, moves: &Moves, digest: Option<u64>) -> Confirmation {
        let ahead = self.present.timeline.tick();
        let predicted = ahead >= tick;
        // A present that is made again anyway is not undone a second time.
        let is_intact = !self.present.is_stale;
        let is_right = is_intact && predicted && self.has_predicted(tick, moves);
        let broken = Confirmation { consistency: Consistency::Broken, predicted, undone: 0, pauses: false };
        if let Some(Move::Keys(changes)) = moves.get(&self.me) {
            self.own.settle(changes.iter().flatten().count());
        }
        self.remember_moves(moves);
        if tick != self.confirmed.tick().next() {
            return broken;
        }
        let Ok(ticked) = self.confirmed.advance(moves) else { return broken };
        let consistency = self.compare(digest);
        let is_done = ticked.step.done();
        let mut pauses = false;
        if is_done {
            self.confirmed_end = self.confirmed.digest().ok().map(|digest| (tick, digest));
            pauses = self.confirmed.next_episode() && self.pauses;
            self.policies.reset(tick);
        }
        let mut undone = 0;
        if !is_right || (is_done && self.present.is_ended) {
            if predicted && is_intact {
                undone = ahead - tick;
            }
            self.invalidate();
        }
        self.policies.forget_before(tick);
        Confirmation { consistency, predicted, undone, pauses }
    }

    fn compare(&self, digest: Option<u64>) -> Consistency {
        match digest.map(|expected| (expected, self.confirmed.digest())) {
            None => Consistency::Consistent,
            Some((expected, Ok(here))) if here == expected => Consistency::Consistent,
            Some((_, Ok(here))) => Consistency::Differs(here),
            Some((_, Err(_))) => Consistency::Broken,
        }
    }

    fn remember_moves(&mut self, moves: &Moves) {
        self.last_moves.retain(|agent, _| moves.contains_key(agent));
        for (agent, moved) in moves {
            if let (true, Move::Action(_)) = (*agent != self.me, moved) {
                self.last_moves.insert(*agent, moved.clone());
            }
        }
    }

    /// Whether the present did in `tick` what was decided for it.
    fn has_predicted(&self, tick: Tick, moves: &Moves) -> bool {
        let mine = self.own.applied_in(tick);
        let ran = self.policies.moves_in(tick);
        let mut agents = self.confirmed.sim().spec().agents();
        agents.all(|agent| {
            let decided = moves.get(&agent);
            if agent == self.me {
                return match decided {
                    Some(Move::Keys(changes)) => *changes == mine,
                    _ => mine.is_empty(),
                };
            }
            decided == ran.and_then(|ran| ran.get(&agent)).or(self.last_moves.get(&agent))
        })
    }

    /// Makes the present again from the confirmed state, up to the tick where it is, and to `limit` at most.
    pub fn resimulate(&mut self, limit: Tick) {
        let to = self.present.timeline.tick().min(limit);
        self.present.timeline = self.confirmed.clone();
        self.policies.back_to(self.confirmed.tick());
        (self.present.is_stale, self.present.is_ended) = (false, false);
        self.own.unapply();
        self.run_to(to);
    }

    /// Runs the present up to tick `tick`, or to the end of an episode behind which nothing is known.
    pub fn run_to(&mut self, tick: Tick) {
        while self.present.timeline.tick() < tick && !self.present.is_ended {
            let moves = self.predict();
            if !self.step(&moves) {
                return;
            }
        }
    }

    /// The moves of the present's next tick.
    fn predict(&mut self) -> Moves {
        let next = self.present.timeline.tick().next();
        let mut moves = self.last_moves.clone();
        for (agent, moved) in self.policies.run(self.present.timeline.sim(), next).into_iter().flatten() {
            moves.insert(agent, moved);
        }
        let mine = self.own.apply(next);
        if !mine.is_empty() {
            moves.insert(self.me, Move::Keys(mine));
        }
        moves
    }

    fn step(&mut self, moves: &Moves) -> bool {
        let present = &mut self.present;
        let Ok(ticked) = present.timeline.advance(moves) else {
            // Only the room can say whether this really is the end.
            present.is_ended = true;
            return false;
        };
        if ticked.step.done() {
            let tick = present.timeline.tick();
            present.end = present.timeline.digest().ok().map(|digest| (tick, digest));
            present.is_ended = self.pauses || !present.timeline.next_episode();
            if !present.is_ended {
                self.policies.reset(tick);
            }
        }
        true
    }

    /// The present after its next tick, with the keys that are held now, so that they show at once. `None` where the
    /// next tick is unknown, or begins another episode: that is no place to move to.
    pub fn preview(&self) -> Option<Timeline> {
        if self.present.is_ended {
            return None;
        }
        let mut next = self.present.timeline.clone();
        let tick = next.tick().next();
        let mut moves = self.last_moves.clone();
        for (agent, moved) in self.policies.preview(next.sim()).into_iter().flatten() {
            moves.insert(agent, moved);
        }
        moves.insert(self.me, Move::Keys(self.own.peek(tick)));
        let ticked = next.advance(&moves).ok()?;
        (!ticked.step.done()).then_some(next)
    }

    /// Whether policies run in the room whose next move cannot be known here.
    pub fn has_unknown_policies(&self) -> bool {
        self.policies.are_unknown()
    }

    /// The digest of the state after the confirmed tick `tick`, as the room has it: before a reset, if there was one. `None`
    /// if that state is gone.
    pub fn confirmed_digest(&self, tick: Tick) -> Option<u64> {
        match self.confirmed_end {
            _ if tick != self.confirmed.tick() => None,
            _ if self.confirmed.sim().tick() > 0 => self.confirmed.digest().ok(),
            Some((end, digest)) if end == tick => Some(digest),
            _ => None,
        }
    }

    /// The digest of the present, as the room will have it: before a reset, if there was one. `None` if a policy's move
    /// was guessed, because such a state proves nothing.
    pub fn present_digest(&self) -> Option<u64> {
        let timeline = &self.present.timeline;
        match self.present.end {
            _ if self.policies.were_guessed_after(self.confirmed.tick()) => None,
            Some((tick, digest)) if tick == timeline.tick() => Some(digest),
            _ if timeline.sim().tick() == 0 => None,
            _ => timeline.digest().ok(),
        }
    }
}

/// The moves of a tick by agent.
pub fn moves_of(moves: Vec<(Agent, Move)>) -> Moves {
    map_of(moves)
}

#[cfg(test)]
mod tests {
    use footlights_protocol::{KeySet, MonotonicMs};

    use super::{super::testing, *};

    fn predictor() -> Predictor {
        Predictor::new(Agent(0), false, testing::timeline(), Vec::new(), |_, _| None)
    }

    fn moves(held: &[KeySet]) -> Moves {
        moves_of((0..).map(Agent).zip(held.iter().map(|held| Move::Keys(vec![Some(*held)]))).collect())
    }

    #[test]
    fn a_right_prediction_undoes_nothing() {
        let mut predictor = predictor();
        predictor.own_mut().push(Tick(2), KeySet(1), MonotonicMs(0.0));
        predictor.run_to(Tick(5));
        assert_eq!(predictor.present().keys_seen(Agent(0)), KeySet(1));
        let quiet = predictor.confirm(Tick(1), &Moves::new(), None);
        assert_eq!((quiet.predicted, quiet.undone), (true, 0));
        assert_eq!(predictor.confirm(Tick(2), &moves(&[KeySet(1)]), None).undone, 0);
        assert!(!predictor.is_outdated() && predictor.own().peek(Tick(9)).is_empty());
    }

    #[test]
    fn a_wrong_prediction_is_undone_once_and_the_present_follows_from_what_was_decided() {
        let mut predictor = predictor();
        predictor.run_to(Tick(5));
        let wrong = predictor.confirm(Tick(1), &moves(&[KeySet(0), KeySet(1)]), None);
        assert_eq!((wrong.consistency, wrong.undone), (Consistency::Consistent, 4));
        assert_eq!(predictor.confirm(Tick(2), &Moves::new(), None).undone, 0, "it is made again anyway");
        predictor.resimulate(Tick(5));
        let mut expected = testing::timeline();
        expected.advance(&moves(&[KeySet(0), KeySet(1)])).unwrap();
        (0..4).for_each(|_| drop(expected.advance(&Moves::new()).unwrap()));
        assert_eq!(predictor.present().digest().unwrap(), expected.digest().unwrap());
        assert_eq!(predictor.present().tick(), Tick(5));
    }

    #[test]
    fn a_missing_tick_breaks_and_another_state_differs() {
        let mut predictor = predictor();
        assert_eq!(predictor.confirm(Tick(2), &Moves::new(), None).consistency, Consistency::Broken);
        assert_eq!(predictor.confirmed().tick(), Tick(0));
        let here = {
            let mut next = testing::timeline();
            next.advance(&Moves::new()).unwrap();
            next.digest().unwrap()
        };
        let differs = predictor.confirm(Tick(1), &Moves::new(), Some(here ^ 1));
        assert_eq!(differs.consistency, Consistency::Differs(here));
        assert_eq!(predictor.confirmed_digest(Tick(1)), Some(here));
        assert_eq!(predictor.confirmed_digest(Tick(0)), None);
    }

    #[test]
    fn a_preview_has_the_keys_that_are_held_and_changes_nothing() {
        let mut predictor = predictor();
        predictor.own_mut().push(Tick(1), KeySet(1), MonotonicMs(0.0));
        assert_eq!(predictor.preview().unwrap().keys_seen(Agent(0)), KeySet(1));
        assert_eq!(
            (predictor.present().tick(), predictor.own().peek(Tick(1))),
            (Tick(0), vec![Some(KeySet(1))])
        );
    }

    #[test]
    fn a_snapshot_makes_the_present_again() {
        let mut room = testing::timeline();
        (0..7).for_each(|_| drop(room.advance(&Moves::new()).unwrap()));
        let mut predictor = predictor();
        predictor.load(&room.save().unwrap(), []).unwrap();
        assert!(predictor.is_outdated());
        predictor.resimulate(Tick(10));
        assert_eq!((predictor.confirmed().tick(), predictor.present().tick()), (Tick(7), Tick(7)));
        assert!(predictor.load(&[1, 2, 3], []).is_err());
    }

    #[test]
    fn behind_a_pause_nothing_is_known() {
        let mut predictor = Predictor::new(Agent(0), true, testing::timeline(), Vec::new(), |_, _| None);
        predictor.run_to(Tick(250));
        assert_eq!((predictor.present().tick(), predictor.is_ended()), (Tick(80), true));
        assert!(predictor.preview().is_none());
        for tick in 1..80 {
            assert!(!predictor.confirm(Tick(tick), &Moves::new(), None).pauses);
        }
        assert!(predictor.confirm(Tick(80), &Moves::new(), None).pauses);
        assert!(predictor.confirmed_digest(Tick(80)).is_some(), "of the state before the reset");
    }
}
