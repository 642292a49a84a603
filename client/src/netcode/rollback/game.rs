//! One browser's copy of a game, from the room's messages to pictures.

use footlights_env::{Agent, EnvError, Simulation, Viewport, fingerprint, surface::Item};
use footlights_protocol::{
    Hud, KeySet, MonotonicMs, Tick,
    timeline::Timeline,
    wire::{ClientToRoom, ConfirmedTick, Phase, RenderReport, SimulationSetup, TickReport},
};

use super::{
    local_policies::InferFn,
    pacer::Pacer,
    pacing::Pacing,
    painter::Painter,
    predictor::{Consistency, Predictor, moves_of},
    reporter::Reporter,
};

/// Makes the simulation of an environment from its id and a packed configuration.
pub type MakeFn = fn(&str, &[u8]) -> Result<Box<dyn Simulation>, EnvError>;

/// What this browser can compute by itself.
#[derive(Debug, Clone, Copy)]
pub struct LocalEngine {
    /// Makes simulations.
    pub make: MakeFn,
    /// Evaluates policies.
    pub infer: InferFn,
}

/// A present that is further behind the confirmed state, and than the window, was out of sight.
const MOVEMENT_TICKS: u32 = 15;

/// One browser's copy of a game.
#[derive(Debug, Clone)]
pub struct Rollback {
    fps: f32,
    predictor: Predictor,
    pacer: Pacer,
    pacing: Pacing,
    reporter: Reporter,
    painter: Painter,
    /// The last tick whose changes of own keys are in the last picture.
    shown: Tick,
    /// The tick of the panel that was taken last; `None` if it must be taken again.
    hud_tick: Option<Tick>,
}

impl Rollback {
    /// The game that `setup` describes, played by `me` at `fps` ticks a second, without a state yet.
    ///
    /// # Errors
    /// [`EnvError::Fingerprint`] if this build simulates the configuration differently from the room's. Otherwise this
    /// build does not know the environment, or cannot read its configuration.
    pub fn new(me: Agent, fps: f32, setup: SimulationSetup, engine: LocalEngine) -> Result<Self, EnvError> {
        let pacing = Pacing::new(&setup);
        let SimulationSetup { environment, config, rules, policies, pauses, .. } = setup;
        let mut sim = (engine.make)(&environment, &config)?;
        let here = fingerprint(sim.as_mut())?;
        if here != setup.fingerprint {
            return Err(EnvError::Fingerprint { env: environment, here, there: setup.fingerprint });
        }
        let viewport = sim.spec().viewport;
        let timeline = Timeline::new(rules, sim, 0);
        Ok(Self {
            fps,
            predictor: Predictor::new(me, pauses, timeline, policies, engine.infer),
            pacer: Pacer::new(1_000.0 / f64::from(fps), setup.prediction_window, setup.input_delay),
            pacing,
            reporter: Reporter::default(),
            painter: Painter::new(viewport),
            shown: Tick::ZERO,
            hud_tick: Some(Tick::ZERO),
        })
    }

    /// The viewport of the pictures.
    pub fn viewport(&self) -> Viewport {
        self.predictor.confirmed().sim().spec().viewport
    }

    /// The last confirmed state.
    pub fn confirmed(&self) -> &Timeline {
        self.predictor.confirmed()
    }

    /// The state that is shown.
    pub fn present(&self) -> &Timeline {
        self.predictor.present()
    }

    /// By how many ticks own keys are delayed now.
    pub fn input_delay(&self) -> u32 {
        self.pacer.input_delay()
    }

    /// How long the prediction window has been exhausted so far, ms.
    pub fn stalled_ms(&self) -> f64 {
        self.pacer.stalled_ms()
    }

    /// How often a prediction was wrong, and how many ticks that undid at most.
    pub fn rollbacks(&self) -> (u32, u32) {
        self.reporter.rollbacks()
    }

    /// The last tick whose changes of own keys are in the last picture.
    pub fn shown(&self) -> Tick {
        self.shown
    }

    /// Whether the game goes on in this browser even if nothing arrives from the room.
    pub fn runs_offline(&self) -> bool {
        let limit = self.confirmed().tick() + self.pacer.window();
        self.pacing.runs_offline()
            && self.pacer.is_running()
            && !self.predictor.is_ended()
            && self.present().tick() < limit
    }

    /// The panel of the state that is certain, if that may have changed since the last call.
    pub fn take_hud(&mut self) -> Option<Hud> {
        let certain = self.pacing.certain(&self.predictor);
        let tick = certain.tick();
        (self.hud_tick.replace(tick) != Some(tick)).then(|| certain.hud(self.predictor.me(), self.fps))
    }

    /// The round trip to plan for, ms.
    pub fn on_trip(&mut self, ms: f64) {
        self.pacer.set_trip(ms);
    }

    /// The room is in this phase for another `remaining_ms`. This browser starts before the room does, so that its first
    /// keys are in time.
    pub fn on_phase(&mut self, phase: Phase, remaining_ms: f64, now: MonotonicMs) {
        let begins_in = match phase {
            Phase::Running => Some(0.0),
            Phase::Countdown => self.pacing.begins_in(remaining_ms),
            _ => None,
        };
        if self.pacer.schedule(begins_in, self.predictor.confirmed().tick(), now) {
            self.predictor.invalidate();
        }
    }

    /// When this browser starts, if the room still counts down; infinite otherwise.
    pub fn begins_at(&self) -> MonotonicMs {
        self.pacer.begins_at(self.confirmed().tick())
    }

    /// Whether this browser has started and the room has not.
    pub fn has_begun(&self) -> bool {
        self.pacer.has_begun(self.confirmed().tick())
    }

    /// The ticks after `tick` that were confirmed here, if a room that is at `tick` may have forgotten them.
    pub fn confirmed_after(&self, tick: Tick) -> Option<Vec<ConfirmedTick>> {
        self.reporter.confirmed_after(tick)
    }

    /// Goes on from a state of the room. All predictions are void.
    ///
    /// # Errors
    /// The state is not one of this game: only another snapshot helps.
    pub fn load(
        &mut self,
        timeline: &[u8],
        policy_states: impl IntoIterator<Item = (Agent, Vec<u8>)>,
    ) -> Result<(), EnvError> {
        let before = self.confirmed().tick();
        self.predictor.load(timeline, policy_states)?;
        let tick = self.confirmed().tick();
        self.reporter.on_snapshot(before, tick);
        self.pacing.on_snapshot(&mut self.predictor, tick);
        self.painter.jump();
        self.pacer.catch_up(tick);
        self.hud_tick = None;
        Ok(())
    }

    /// The first state of a connection arrived. Returns whether the room must be told which keys are held.
    pub fn on_synced(&mut self) -> bool {
        self.pacing.on_synced(&mut self.predictor)
    }

    /// Whether a change of keys counts now. On the room's clock it needs a room that is synchronised.
    pub fn takes_keys(&self, is_synced: bool) -> bool {
        is_synced || self.pacing.runs_offline()
    }

    /// These keys are held since `now`. Returns the first tick that sees it, and what the room must know at once.
    pub fn hold(&mut self, held: KeySet, now: MonotonicMs) -> (Tick, Option<ClientToRoom>) {
        let target = self.pacing.target(&self.pacer, now);
        let (present, confirmed) = (self.present().tick(), self.confirmed().tick());
        let first = self.pacer.stamp(present, confirmed, target, self.predictor.is_ended());
        let stamp = self.predictor.own_mut().push(first, held, now);
        self.painter.outdated();
        (stamp, self.pacing.message(stamp, held, now))
    }

    /// How the last ticks were shown.
    pub fn report(&mut self) -> RenderReport {
        let report = self.reporter.report(self.predictor.confirmed().tick(), self.pacer.input_delay());
        RenderReport { digest: self.predictor.confirmed_digest(report.until), ..report }
    }

    /// The report that goes with a sign of life. In a single-player game the room knows most of it from the uploads.
    pub fn poll_report(&mut self) -> Option<RenderReport> {
        (self.reporter.has_reports() || !self.pacing.runs_offline()).then(|| self.report())
    }

    /// When to ask [`Rollback::is_upload_due`] at the latest.
    pub fn upload_at(&self) -> MonotonicMs {
        self.pacing.upload_at()
    }

    /// Whether an upload is due and has something new.
    pub fn is_upload_due(&mut self, now: MonotonicMs) -> bool {
        self.pacing.is_upload_due(&self.predictor, now)
    }

    /// How far a single-player game is, as messages to the room.
    pub fn upload(&mut self, now: MonotonicMs) -> Vec<ClientToRoom> {
        if self.pacing.runs_offline() {
            self.advance(now);
        }
        self.pacing.upload(&mut self.predictor, now)
    }

    /// Takes over what the room decided for one tick, and compares the state after it.
    pub fn confirm(&mut self, decided: ConfirmedTick, now: MonotonicMs) -> Consistency {
        self.hud_tick = None;
        if decided.tick <= self.confirmed().tick() {
            // A restarted room repeats what another browser brought back.
            return Consistency::Consistent;
        }
        self.reporter.log(&decided);
        let ConfirmedTick { tick, moves, digest, .. } = decided;
        self.pacer.on_confirmed(tick, now);
        let stalled_ms = self.reporter.take_stall(self.pacer.stalled_ms()) as u16;
        let confirmation = self.predictor.confirm(tick, &moves_of(moves), digest);
        if self.confirmed().tick() < tick {
            // It could not be simulated.
            return confirmation.consistency;
        }
        if confirmation.pauses {
            self.pacer.stand_still(tick);
            self.predictor.invalidate();
        }
        let rollback = u16::try_from(confirmation.undone).unwrap_or(u16::MAX);
        self.reporter.on_tick(TickReport { tick, predicted: confirmation.predicted, rollback, stalled_ms });
        confirmation.consistency
    }

    /// Brings the present to where it has to be at `now`.
    pub fn advance(&mut self, now: MonotonicMs) {
        let confirmed = self.confirmed().tick();
        let passed_ms = self.pacer.elapse(now);
        if self.pacer.is_running() {
            self.pacing.follow(&mut self.pacer, passed_ms, confirmed, now);
        }
        let to = self.pacer.tick(confirmed);
        if self.predictor.is_outdated() {
            self.correct(to);
            self.resimulate();
            self.painter.outdated();
        }
        self.predictor.run_to(to);
    }

    /// The present is about to be made again, up to tick `to`: prepares the pictures for the difference.
    fn correct(&mut self, to: Tick) {
        let (here, there) = (self.present().tick(), self.confirmed().tick());
        let is_another_episode = self.present().sim().episode() != self.confirmed().sim().episode();
        if is_another_episode || here + self.pacer.window().max(MOVEMENT_TICKS) < there {
            // A new episode, or the page was out of sight: that is no movement.
            self.painter.jump();
        } else if !self.painter.has_painted() {
            // There is nothing to glide from.
        } else if self.pacer.window() == 0 {
            // Lockstep shows no prediction: everything glides from one tick to the next.
            self.painter.correct(0.0);
        } else {
            // As it would be shown had the prediction been right, own keys included: only what differs is an error.
            self.predictor.run_to(to);
            self.draw();
            self.painter.correct(self.fraction());
        }
    }

    /// Makes the present again from the confirmed state and predictions, up to the tick where it is.
    pub fn resimulate(&mut self) {
        self.predictor.resimulate(self.pacer.tick(self.predictor.confirmed().tick()));
    }

    /// The picture to paint at `now`, in painting order; `None` if the last one still holds.
    pub fn picture(&mut self, now: MonotonicMs) -> Option<Vec<Item>> {
        self.advance(now);
        if self.painter.is_outdated(self.present().tick()) {
            self.draw();
        }
        let fraction = self.fraction();
        // On its way to the next tick the picture shows what that tick sees.
        self.shown = self.present().tick() + u32::from(fraction > 0.0);
        self.painter.paint(fraction, now)
    }

    /// How far the picture is on its way to the next tick, 0 to 1.
    fn fraction(&self) -> f32 {
        if self.predictor.is_ended() { 0.0 } else { self.pacer.fraction(self.present().tick()) }
    }

    /// Gives the painter the present and its next tick.
    fn draw(&mut self) {
        let is_moving = self.fraction() > 0.0 || self.pacer.is_running();
        let after = (is_moving && self.pacer.window() > 0).then(|| self.predictor.preview()).flatten();
        self.painter.set(self.predictor.present(), after.as_ref(), self.predictor.me());
    }

    /// The next picture must be painted even if nothing changed.
    pub fn repaint(&mut self) {
        self.painter.repaint();
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Referee, rollback, timeline},
        *,
    };

    /// Six seconds at 60 Hz, in which every tick is confirmed when it is due, to a browser that is 250 ms ahead.
    fn play(rollback: &mut Rollback, keys: impl Fn(Tick) -> Vec<(u8, KeySet)>) {
        let mut referee = Referee(timeline());
        rollback.on_trip(300.0);
        rollback.on_phase(Phase::Running, 0.0, MonotonicMs(0.0));
        for frame in 1..=360 {
            let now = f64::from(frame) * 1_000.0 / 60.0;
            while f64::from(referee.0.tick().next()) * 50.0 <= now {
                let tick = referee.0.tick().next();
                let decided = referee.decide(&keys(tick));
                assert_eq!(
                    rollback.confirm(decided, MonotonicMs(now)),
                    Consistency::Consistent,
                    "tick {tick}"
                );
            }
            rollback.picture(MonotonicMs(now));
        }
        assert_eq!(rollback.confirmed().tick(), referee.0.tick());
    }

    #[test]
    fn a_partner_who_does_nothing_is_predicted_and_one_who_moves_is_corrected() {
        let mut quiet = rollback(false);
        play(&mut quiet, |_| Vec::new());
        assert_eq!(quiet.rollbacks(), (0, 0));
        assert!(quiet.present().tick() > quiet.confirmed().tick());
        let mut moved = rollback(false);
        play(&mut moved, |tick| {
            if tick.0.is_multiple_of(20) { vec![(1, KeySet(tick.0 / 20 % 2))] } else { Vec::new() }
        });
        let (rollbacks, deepest) = moved.rollbacks();
        assert!(rollbacks >= 5 && (1..=8).contains(&deepest), "{rollbacks}, {deepest}");
        assert!(moved.report().notes.iter().any(|note| note.rollback > 0));
    }

    #[test]
    fn keys_are_stamped_and_sent_on_the_rooms_clock() {
        let mut rollback = rollback(false);
        assert!(!rollback.takes_keys(false) && rollback.takes_keys(true));
        rollback.on_phase(Phase::Running, 0.0, MonotonicMs(0.0));
        rollback.advance(MonotonicMs(0.0));
        let (stamp, message) = rollback.hold(KeySet(1), MonotonicMs(0.0));
        assert_eq!(
            message,
            Some(ClientToRoom::StampedKeys { tick: stamp, held: KeySet(1), time: MonotonicMs(0.0) })
        );
        assert!(rollback.on_synced(), "a room must be told what is held");
        assert!(rollback.upload(MonotonicMs(100.0)).is_empty());
    }

    #[test]
    fn a_single_player_game_runs_without_the_room_and_uploads_what_happened() {
        let mut rollback = rollback(true);
        assert!(rollback.on_synced() && !rollback.on_synced(), "its room is told once");
        rollback.on_phase(Phase::Countdown, 3_000.0, MonotonicMs(0.0));
        rollback.advance(MonotonicMs(1_000.0));
        assert_eq!(rollback.present().tick(), Tick(0), "it waits for the room to run");
        rollback.on_phase(Phase::Running, 0.0, MonotonicMs(1_000.0));
        rollback.advance(MonotonicMs(1_000.0));
        let (stamp, message) = rollback.hold(KeySet(1), MonotonicMs(1_010.0));
        assert_eq!((stamp, message), (Tick(2), None));
        rollback.advance(MonotonicMs(1_250.0));
        assert_eq!((rollback.present().tick(), rollback.runs_offline()), (Tick(5), true));
        let messages = rollback.upload(MonotonicMs(1_250.0));
        let [ClientToRoom::Advanced { until: Tick(5), changes, digest: Some(_) }] = messages.as_slice()
        else {
            panic!("{messages:?}")
        };
        assert_eq!((changes.len(), rollback.upload_at()), (1, MonotonicMs(1_500.0)));
        assert!(!rollback.is_upload_due(MonotonicMs(1_499.0)));
        assert!(!rollback.is_upload_due(MonotonicMs(1_500.0)), "nothing new is held");
        rollback.advance(MonotonicMs(9_000.0));
        assert!(!rollback.runs_offline(), "the window is exhausted");
    }

    #[test]
    fn many_changes_are_uploaded_in_short_messages() {
        let mut rollback = rollback(true);
        rollback.on_synced();
        rollback.on_phase(Phase::Running, 0.0, MonotonicMs(0.0));
        rollback.advance(MonotonicMs(0.0));
        for k in 0..50 {
            rollback.hold(KeySet(k % 2), MonotonicMs(1.0));
        }
        rollback.advance(MonotonicMs(400.0));
        let changes = rollback.upload(MonotonicMs(400.0)).into_iter().map(|message| match message {
            ClientToRoom::Advanced { changes, .. } => changes.len(),
            other => panic!("{other:?}"),
        });
        assert_eq!(changes.collect::<Vec<_>>(), [20, 20, 10]);
    }

    #[test]
    fn the_panel_is_taken_once_for_every_certain_state() {
        let mut rollback = rollback(false);
        assert!(rollback.take_hud().is_some() && rollback.take_hud().is_none());
        let decided = Referee(timeline()).decide(&[]);
        rollback.confirm(decided, MonotonicMs(0.0));
        assert!(rollback.take_hud().is_some());
        rollback.picture(MonotonicMs(10.0));
        assert!(rollback.take_hud().is_none());
    }
}
