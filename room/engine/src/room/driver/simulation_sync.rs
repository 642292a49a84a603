//! Keeps browsers that simulate the game with the room: what they need to begin, what was decided, and whether their
//! state is the same.

use footlights_env::{Agent, EnvError, PolicyError};
use footlights_experiment::GameScene;
use footlights_protocol::{
    Tick,
    wire::{ConfirmedTick, RoomToClient, SimulationSetup},
};

use super::{
    super::{game::Game, io::RoomError, journal::Journal, seats::Seats},
    audience::{Audience, DecidedTick},
    state_check::StateCheck,
};

/// How far browsers may be ahead of the room.
pub struct Lead {
    /// By how many ticks they may predict.
    pub prediction_window: u32,
    /// By how many seconds a key change may be stamped ahead.
    pub stamps_s: f32,
}

/// The room's side of the browsers' simulations.
pub struct SimulationSync {
    /// What a browser needs to simulate the game.
    setup: SimulationSetup,
    /// By how many ticks a key change may be stamped ahead; what is further ahead counts as that.
    max_lead: u32,
    /// The comparison of states.
    pub states: StateCheck,
}

impl SimulationSync {
    /// Nothing was sent yet. The browser of a `single_player` game may run the policies as well: there is no one else
    /// whom they could give an advantage over.
    ///
    /// # Errors
    /// If the environment's configuration does not encode.
    pub fn new(
        scene: &GameScene,
        single_player: bool,
        lead: &Lead,
        game: &Game,
        seats: &Seats,
    ) -> Result<Self, EnvError> {
        let timeline = game.timeline();
        let policies = seats.policies().map(|(agent, _)| agent).filter(|_| single_player);
        let setup = SimulationSetup {
            environment: scene.environment.id.to_owned(),
            fingerprint: scene.environment.fingerprint()?,
            config: timeline.sim().packed_config()?,
            rules: timeline.rules().clone(),
            single_player,
            policies: policies.collect(),
            pauses: scene.episodes.countdown_ms > 0,
            input_delay: scene.stepping.input_delay,
            prediction_window: lead.prediction_window,
        };
        Ok(Self {
            setup,
            max_lead: (scene.stepping.fps * lead.stamps_s) as u32 + 1,
            states: StateCheck::new(seats.agents().count(), scene.stepping.fps),
        })
    }

    /// What a browser needs to simulate the game.
    pub fn setup(&self) -> &SimulationSetup {
        &self.setup
    }

    /// The last tick that a key change can be stamped for after tick `tick`.
    pub fn latest_stamp(&self, tick: Tick) -> Tick {
        tick + self.max_lead
    }

    /// Sends everyone what was decided for the tick that is over.
    pub fn confirm(&mut self, tick: DecidedTick, journal: &mut Journal, audience: &mut Audience<'_>) {
        let DecidedTick { at_ms, moves, digest, .. } = tick;
        let tick = audience.game.tick();
        let confirmed = ConfirmedTick {
            tick,
            at_ms,
            tag: journal.chain.advance(tick, at_ms, &moves),
            moves,
            digest: self.states.remember(tick, digest),
            persisted: journal.announce(),
        };
        audience.out.broadcast(audience.seats.listeners(), &RoomToClient::ConfirmedTick(confirmed));
    }

    /// Sends a seat the whole state. A browser that knows later ticks may bring them back first, unless the snapshot is
    /// `mandatory`.
    ///
    /// # Errors
    /// If the state of the environment or of a policy does not encode; nothing is sent then.
    pub fn send_snapshot(
        &mut self,
        agent: Agent,
        mandatory: bool,
        audience: &mut Audience<'_>,
    ) -> Result<(), RoomError> {
        let Some(conn) = audience.seats.listener(agent) else { return Ok(()) };
        let tick = audience.game.tick();
        let timeline = audience.game.timeline().save()?;
        let policies = audience.seats.policies().filter(|(agent, _)| self.setup.policies.contains(agent));
        let policy_states = policies.map(|(agent, policy)| Ok((agent, policy.save()?.into())));
        let policy_states = policy_states.collect::<Result<_, PolicyError>>()?;
        self.states.snapshot_sent(agent, tick);
        audience.out.send(conn, &RoomToClient::Snapshot { tick, timeline, policy_states, mandatory });
        Ok(())
    }
}
