//! Who holds each seat: a policy, a participant, or no one after a participant has left.

use footlights_env::{Agent, Policy, PolicyError, Simulation};
use footlights_experiment::GameScene;
use footlights_protocol::{
    EpochMs, Outcome, Tick,
    timeline::{Move, Moves, PolicyQuery},
};
use serde::{Deserialize, Serialize};

use super::player::Player;
use crate::ConnId;

/// A connection from which nothing came for this long counts as lost.
pub const SILENCE_TIMEOUT_MS: u64 = 10_000;

/// What decides a seat's moves.
enum SeatController {
    Policy(Box<dyn Policy>),
    Player(Box<Player>),
}

/// How a participant went out of the game for good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Departure {
    /// How the game ended for them.
    pub outcome: Outcome,
    /// The tick after which they went.
    pub tick: Tick,
    /// The sum of their rewards until then.
    pub score: f64,
    /// The connection on which they wait to hear that their result is stored.
    #[serde(skip)]
    pub conn: Option<ConnId>,
    /// Whether their result is stored.
    #[serde(skip)]
    pub released: bool,
}

struct Seat {
    controller: SeatController,
    departure: Option<Departure>,
}

impl Seat {
    fn player(&self) -> Option<&Player> {
        match &self.controller {
            SeatController::Player(player) if self.departure.is_none() => Some(player),
            _ => None,
        }
    }

    fn player_mut(&mut self) -> Option<&mut Player> {
        match &mut self.controller {
            SeatController::Player(player) if self.departure.is_none() => Some(player),
            _ => None,
        }
    }

    fn is_vacant(&self) -> bool {
        self.departure.is_some() && matches!(self.controller, SeatController::Player(_))
    }
}

/// What a checkpoint keeps of a seat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedSeat {
    /// The policy's own state; empty in a participant's seat.
    #[serde(with = "serde_bytes")]
    policy: Vec<u8>,
    departure: Option<Departure>,
}

impl SavedSeat {
    /// Whether the seat's participant had left for good.
    pub fn has_departed(&self) -> bool {
        self.departure.is_some()
    }
}

/// The seats of a game, by agent.
pub struct Seats(Vec<Seat>);

impl Seats {
    /// The seats as the scene fills them. Nobody is connected.
    ///
    /// # Errors
    /// If a policy does not load.
    pub fn new(scene: &GameScene, sim: &dyn Simulation) -> Result<Self, PolicyError> {
        let mut seats = Vec::new();
        for agent in sim.spec().agents() {
            let controller = match scene.policy_for(agent, sim)? {
                Some(policy) => SeatController::Policy(policy),
                None => SeatController::Player(Box::new(Player::new())),
            };
            seats.push(Seat { controller, departure: None });
        }
        Ok(Self(seats))
    }

    /// The agents, in order.
    pub fn agents(&self) -> impl Iterator<Item = Agent> + use<> {
        (0..self.0.len() as u8).map(Agent)
    }

    /// The participants who have not left for good.
    pub fn players(&self) -> impl Iterator<Item = (Agent, &Player)> {
        self.agents().zip(&self.0).filter_map(|(agent, seat)| Some((agent, seat.player()?)))
    }

    /// The same, to change them.
    pub fn players_mut(&mut self) -> impl Iterator<Item = (Agent, &mut Player)> {
        self.agents().zip(&mut self.0).filter_map(|(agent, seat)| Some((agent, seat.player_mut()?)))
    }

    /// The participant of a seat; `None` if it is a policy's, or if they have left for good.
    pub fn player(&self, agent: Agent) -> Option<&Player> {
        self.0.get(agent.index())?.player()
    }

    /// The same, to change them.
    pub fn player_mut(&mut self, agent: Agent) -> Option<&mut Player> {
        self.0.get_mut(agent.index())?.player_mut()
    }

    /// The connection to send the game of a seat to.
    pub fn listener(&self, agent: Agent) -> Option<ConnId> {
        self.player(agent)?.listener()
    }

    /// All connections to send the game to.
    pub fn listeners(&self) -> impl Iterator<Item = ConnId> {
        self.players().filter_map(|(_, player)| player.listener())
    }

    /// The seat that a connection belongs to.
    pub fn agent_of(&self, conn: ConnId) -> Option<Agent> {
        self.players().find(|(_, player)| player.conn == Some(conn)).map(|(agent, _)| agent)
    }

    /// When the connection that has been silent for longest counts as lost.
    pub fn silence_deadline(&self) -> Option<EpochMs> {
        let connected = self.players().filter(|(_, player)| player.conn.is_some());
        connected.map(|(_, player)| player.last_message_ms + SILENCE_TIMEOUT_MS).min()
    }

    /// Whether the connection of a seat has been silent for too long.
    pub fn is_silent(&self, agent: Agent, now: EpochMs) -> bool {
        self.player(agent)
            .is_some_and(|player| player.conn.is_some() && now - player.last_message_ms >= SILENCE_TIMEOUT_MS)
    }

    /// The policies with their agents.
    pub fn policies(&self) -> impl Iterator<Item = (Agent, &dyn Policy)> {
        self.agents().zip(&self.0).filter_map(|(agent, seat)| match &seat.controller {
            SeatController::Policy(policy) => Some((agent, policy.as_ref())),
            SeatController::Player(_) => None,
        })
    }

    /// Whether a policy decides the moves of a seat.
    pub fn has_policy(&self, agent: Agent) -> bool {
        self.0.get(agent.index()).is_some_and(|seat| matches!(seat.controller, SeatController::Policy(_)))
    }

    /// What a seat does in tick `tick`.
    ///
    /// # Errors
    /// If the seat's policy fails; the move is [`Move::Failed`] then.
    pub fn choose(&mut self, agent: Agent, tick: Tick, sim: &dyn Simulation) -> Result<Move, PolicyError> {
        let Some(seat) = self.0.get_mut(agent.index()) else { return Ok(Move::default()) };
        match &mut seat.controller {
            SeatController::Player(player) if seat.departure.is_none() => {
                let (changes, late) = player.inputs.take(tick);
                player.late = Some(late);
                Ok(Move::Keys(changes))
            }
            SeatController::Player(_) => Ok(Move::default()),
            SeatController::Policy(policy) => {
                PolicyQuery::new(sim, agent).evaluate(policy.as_mut()).map(Move::Action)
            }
        }
    }

    /// Fills the gaps of a restored tick's moves, and brings everything that takes part in a tick to where it was: runs
    /// the policies again for their recurrent state (the recorded actions are used and these results discarded).
    pub fn repeat(&mut self, moves: Vec<(Agent, Move)>, sim: &dyn Simulation) -> Moves {
        let mut all: Moves = self.agents().map(|agent| (agent, Move::default())).collect();
        all.extend(moves);
        for (agent, seat) in (0u8..).map(Agent).zip(&mut self.0) {
            if let SeatController::Policy(policy) = &mut seat.controller {
                let _ = PolicyQuery::new(sim, agent).evaluate(policy.as_mut());
            }
        }
        for (_, player) in self.players_mut() {
            player.late = None;
        }
        all
    }

    /// An episode begins.
    pub fn reset_policies(&mut self) {
        for seat in &mut self.0 {
            if let SeatController::Policy(policy) = &mut seat.controller {
                policy.reset();
            }
        }
    }

    /// How the participant of a seat left for good, if they did.
    pub fn departure(&self, agent: Agent) -> Option<&Departure> {
        self.0.get(agent.index())?.departure.as_ref()
    }

    /// The agents whose participants have left for good.
    pub fn departed(&self) -> Vec<Agent> {
        self.agents()
            .zip(&self.0)
            .filter(|(_, seat)| seat.departure.is_some())
            .map(|(agent, _)| agent)
            .collect()
    }

    /// The agents whose participants have left for good and whose seats no policy has taken over.
    pub fn vacant(&self) -> Vec<Agent> {
        self.agents().zip(&self.0).filter(|(_, seat)| seat.is_vacant()).map(|(agent, _)| agent).collect()
    }

    /// Takes a participant out of the game for good.
    pub fn depart(&mut self, agent: Agent, outcome: Outcome, tick: Tick, score: f64) {
        if let Some(seat) = self.0.get_mut(agent.index()) {
            let conn = seat.player().and_then(|player| player.conn);
            seat.departure = Some(Departure { outcome, tick, score, conn, released: false });
        }
    }

    /// The result of a participant who left is stored. Returns their outcome and the connection to tell it on, if they
    /// still listen.
    pub fn release(&mut self, agent: Agent) -> Option<(ConnId, Outcome)> {
        let departure = self.0.get_mut(agent.index())?.departure.as_mut()?;
        departure.released = true;
        Some((departure.conn.take()?, departure.outcome))
    }

    /// A connection closed on which a participant who has left may have listened.
    pub fn stop_listening(&mut self, conn: ConnId) {
        for departure in self.0.iter_mut().filter_map(|seat| seat.departure.as_mut()) {
            departure.conn.take_if(|listening| *listening == conn);
        }
    }

    /// A policy plays on in a seat.
    pub fn take_over(&mut self, agent: Agent, policy: Box<dyn Policy>) {
        if let Some(seat) = self.0.get_mut(agent.index()) {
            seat.controller = SeatController::Policy(policy);
        }
    }

    /// What a checkpoint keeps.
    ///
    /// # Errors
    /// If the state of a policy cannot be written.
    pub fn save(&self) -> Result<Vec<SavedSeat>, PolicyError> {
        let saved = self.0.iter().map(|seat| {
            let policy = match &seat.controller {
                SeatController::Policy(policy) => policy.save()?,
                SeatController::Player(_) => Vec::new(),
            };
            Ok(SavedSeat { policy, departure: seat.departure.clone() })
        });
        saved.collect()
    }

    /// The seats as they were at a checkpoint. `replacement` makes the policy that plays on for those who left.
    ///
    /// # Errors
    /// If a policy does not load, or not its state.
    pub fn restore(
        &mut self,
        saved: Vec<SavedSeat>,
        replacement: impl Fn(Agent) -> Result<Option<Box<dyn Policy>>, PolicyError>,
    ) -> Result<(), PolicyError> {
        for (agent, (seat, saved)) in (0u8..).map(Agent).zip(self.0.iter_mut().zip(saved)) {
            seat.departure = saved.departure;
            if seat.is_vacant()
                && let Some(policy) = replacement(agent)?
            {
                seat.controller = SeatController::Policy(policy);
            }
            if let SeatController::Policy(policy) = &mut seat.controller {
                policy.load(&saved.policy)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use footlights_experiment::make_policy;
    use footlights_protocol::KeySet;

    use super::{
        super::fixture::{A, B, chaser, join, pair, parts, single},
        *,
    };

    #[test]
    fn a_departed_participant_holds_nothing_any_more_and_still_listens_for_their_result() {
        let (_, mut seats) = parts(&pair());
        join(&mut seats, A);
        join(&mut seats, B);
        assert_eq!(
            (seats.agent_of(ConnId(1)), seats.listeners().collect::<Vec<_>>()),
            (Some(A), vec![ConnId(1), ConnId(2)])
        );
        seats.depart(A, Outcome::Left, Tick(12), -3.0);
        assert_eq!((seats.agent_of(ConnId(1)), seats.listener(A)), (None, None));
        assert_eq!((seats.departed(), seats.vacant()), (vec![A], vec![A]));
        assert_eq!(seats.release(A), Some((ConnId(1), Outcome::Left)));
        assert_eq!(seats.release(A), None);
        assert!(seats.departure(A).is_some_and(|departure| departure.released));
    }

    #[test]
    fn a_connection_that_closed_is_not_told_of_the_result() {
        let (_, mut seats) = parts(&pair());
        join(&mut seats, A);
        seats.depart(A, Outcome::Left, Tick(12), -3.0);
        seats.stop_listening(ConnId(1));
        assert_eq!(seats.release(A), None);
    }

    #[test]
    fn a_policy_takes_over_a_vacant_seat_and_is_there_again_after_a_restore() {
        let (game, mut seats) = parts(&pair());
        let sim = game.timeline().sim();
        let replacement = |agent| make_policy(&chaser(), agent, sim);
        seats.depart(A, Outcome::Left, Tick(12), -3.0);
        assert_eq!(seats.choose(A, Tick(1), sim), Ok(Move::default()));
        seats.take_over(A, replacement(A).unwrap().unwrap());
        assert!(seats.has_policy(A) && seats.vacant().is_empty());
        assert!(matches!(seats.choose(A, Tick(1), sim), Ok(Move::Action(_))));
        let (_, mut restored) = parts(&pair());
        restored.restore(seats.save().unwrap(), replacement).unwrap();
        assert!(restored.has_policy(A) && !restored.has_policy(B));
        assert_eq!(restored.departed(), [A]);
    }

    #[test]
    fn a_restored_tick_fills_the_moves_that_were_left_out() {
        let (game, mut seats) = parts(&single());
        let keys = Move::Keys(vec![Some(KeySet(1))]);
        let moves = seats.repeat(vec![(A, keys.clone())], game.timeline().sim());
        assert_eq!(moves.iter().map(|(_, moved)| moved).collect::<Vec<_>>(), [&keys, &Move::default()]);
        assert_eq!(seats.player(A).unwrap().late, None);
    }

    #[test]
    fn ten_seconds_without_a_message_are_silence() {
        let (_, mut seats) = parts(&pair());
        assert_eq!((seats.silence_deadline(), seats.is_silent(A, EpochMs(u64::MAX))), (None, false));
        join(&mut seats, A);
        join(&mut seats, B);
        seats.player_mut(B).unwrap().count_message(EpochMs(4_000));
        assert_eq!(seats.silence_deadline(), Some(EpochMs(10_000)));
        assert!(seats.is_silent(A, EpochMs(10_000)) && !seats.is_silent(B, EpochMs(10_000)));
    }
}
