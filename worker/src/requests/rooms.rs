//! Requests to an object that holds running games.

use footlights_experiment::Condition;
use serde::{Deserialize, Serialize};

use super::envelope::object_requests;

/// A lobby matched a group and needs a room.
#[derive(Debug, Serialize, Deserialize)]
pub struct CreateGame {
    pub experiment: String,
    pub scene: String,
    pub game: String,
    pub seed: u64,
    /// The participant of each seat, in the agents' order; `None` where a policy holds the seat.
    pub subjects: Vec<Option<String>>,
    /// The levels of the factors that vary the game.
    #[serde(default)]
    pub condition: Condition,
}

object_requests! {
    /// What an object that holds running games takes.
    RoomsRequest to Rooms {
        CreateGame -> (),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_keeps_all_its_bits_on_the_way() {
        let game = CreateGame {
            experiment: "e".into(),
            scene: "s".into(),
            game: "g".into(),
            seed: u64::MAX - 1,
            subjects: vec![Some("a".into()), None],
            condition: Condition::new(),
        };
        let sent = crate::json::encode("a request", &RoomsRequest::from(game)).unwrap();
        let RoomsRequest::CreateGame(read) = crate::json::decode("a request", &sent).unwrap();
        assert_eq!((read.seed, read.subjects), (u64::MAX - 1, vec![Some("a".into()), None]));
    }
}
