//! Which participant of a matched group plays which agent.

use footlights_env::Agent;
use footlights_experiment::GameScene;

use super::entry::QueueEntry;

/// A participant and the agent they play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatedParticipant {
    /// The agent.
    pub agent: Agent,
    /// The participant's `subject_id`.
    pub subject: String,
}

/// Seats a group: its members take the scene's human seats in order. Seats that policies hold are left out.
#[must_use]
pub fn seat_participants(scene: &GameScene, group: &[QueueEntry]) -> Vec<SeatedParticipant> {
    let seats = scene.human_agents().zip(group);
    seats
        .map(|(agent, entry)| SeatedParticipant { agent, subject: entry.candidate.subject.clone() })
        .collect()
}

/// The participant of each of the scene's seats, in the agents' order; `None` where a policy holds the seat.
#[must_use]
pub fn subjects_by_agent(scene: &GameScene, seated: &[SeatedParticipant]) -> Vec<Option<String>> {
    let subject = |agent| seated.iter().find(|seat| seat.agent == agent).map(|seat| seat.subject.clone());
    (0u8..).map(Agent).zip(&scene.seats).map(|(agent, _)| subject(agent)).collect()
}

#[cfg(test)]
mod tests {
    use footlights_environments::mountain_car::{Config, MountainCar};
    use footlights_experiment::{Seat, matchmaking::Candidate};

    use super::*;

    #[test]
    fn the_members_of_a_group_take_the_human_seats_in_order() {
        let scene = GameScene::new::<MountainCar>("game", Config::default())
            .seat(Seat::Human)
            .seat(Seat::Random)
            .seat(Seat::Human);
        let entry = |subject: &str| QueueEntry {
            candidate: Candidate { subject: subject.into(), ..Candidate::default() },
            ..QueueEntry::default()
        };
        let seated = seat_participants(&scene, &[entry("a"), entry("b")]);
        let seat = |agent, subject: &str| SeatedParticipant { agent: Agent(agent), subject: subject.into() };
        assert_eq!(seated, [seat(0, "a"), seat(2, "b")]);
        assert_eq!(subjects_by_agent(&scene, &seated), [Some("a".into()), None, Some("b".into())]);
    }
}
