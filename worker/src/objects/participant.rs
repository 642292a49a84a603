//! One participant: where they are, which game they are in, and how their games ended.

use room::{stager::Stager, wire::Outcome};
use serde::{Deserialize, Serialize};
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::{answer, question};
use crate::{error::Fault, studies};

/// What is stored about a participant.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Position {
    pub stager: Stager,
    /// The game that runs.
    pub game: Option<RunningGame>,
}

/// How to get back to a running game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningGame {
    pub scene: String,
    pub game: String,
    /// Path and query of the room's socket.
    pub socket: String,
}

/// A game whose data are saved, or that will never be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedGame {
    pub scene: String,
    /// Empty where nobody came to play with.
    pub game: String,
    pub outcome: Outcome,
}

#[durable_object]
pub struct Participant {
    state: State,
}

impl DurableObject for Participant {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        answer(self.handle(request).await)
    }
}

impl Participant {
    async fn handle(&self, mut request: Request) -> Result<Position, Fault> {
        let storage = self.state.storage();
        let mut position: Position = match storage.get::<String>("position").await? {
            Some(stored) => serde_json::from_str(&stored)?,
            None => Position::default(),
        };
        match request.path().as_str() {
            "/position" => return Ok(position),
            "/advance" => {
                let (experiment, scene): (String, String) = question(&mut request).await?;
                position.stager.advance(studies::experiment(&experiment)?, &scene)?;
            }
            "/matched" => position.game = Some(question(&mut request).await?),
            "/saved" => {
                let saved: SavedGame = question(&mut request).await?;
                position.stager.game_saved(&saved.scene, saved.outcome);
                position.game.take_if(|game| game.game == saved.game);
            }
            _ => return Err(Fault::NotFound("request")),
        }
        storage.put("position", serde_json::to_string(&position)?).await?;
        Ok(position)
    }
}
