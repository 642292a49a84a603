//! One participant: where they are, which game they are in, and how their games ended.

use std::collections::BTreeMap;

use room::{experiment::Answer, record::Answered, stager::Stager, wire::Outcome};
use serde::{Deserialize, Serialize};
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::{answer, now, question};
use crate::{auth::Identity, error::Fault, log, store, studies};

/// After a failure to write what analysts read, it is tried again after so long, ms.
const RETRY_MS: i64 = 30_000;

/// What is stored about a participant.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Position {
    pub stager: Stager,
    /// The game that runs.
    pub game: Option<RunningGame>,
    /// Answers by page, in the order of answering.
    #[serde(default)]
    pub answered: Vec<Answered>,
    /// Whose position it is; known once the participant has begun.
    #[serde(default)]
    pub identity: Option<Identity>,
}

/// A page that was left.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    pub identity: Identity,
    pub scene: String,
    pub answers: BTreeMap<String, Answer>,
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
    env: Env,
}

impl DurableObject for Participant {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        answer(self.handle(request).await)
    }

    /// What could not be written before is written again.
    async fn alarm(&self) -> worker::Result<Response> {
        match self.position().await {
            Ok(position) => self.publish(&position).await?,
            Err(fault) => log!("error", "position_unreadable", "detail": fault.to_string()),
        }
        Response::empty()
    }
}

impl Participant {
    async fn handle(&self, mut request: Request) -> Result<Position, Fault> {
        let mut position = self.position().await?;
        let mut news = false;
        match request.path().as_str() {
            "/position" => return Ok(position),
            "/advance" => {
                let Step { identity, scene, answers } = question(&mut request).await?;
                position.stager.advance(studies::experiment(&identity.experiment)?, &scene)?;
                position.identity = Some(identity);
                if !answers.is_empty() {
                    position.answered.push(Answered { scene, at_ms: now(), answers });
                }
                news = true;
            }
            "/matched" => position.game = Some(question(&mut request).await?),
            "/saved" => {
                let saved: SavedGame = question(&mut request).await?;
                position.stager.game_saved(&saved.scene, saved.outcome);
                position.game.take_if(|game| game.game == saved.game);
            }
            _ => return Err(Fault::NotFound("request")),
        }
        self.state.storage().put("position", serde_json::to_string(&position)?).await?;
        if news {
            self.publish(&position).await?;
        }
        Ok(position)
    }

    async fn position(&self) -> Result<Position, Fault> {
        match self.state.storage().get::<String>("position").await? {
            Some(stored) => Ok(serde_json::from_str(&stored)?),
            None => Ok(Position::default()),
        }
    }

    /// Writes for analysts what is stored here already. A failure holds nobody up: it is tried again until it works.
    async fn publish(&self, position: &Position) -> worker::Result<()> {
        let Some(identity) = &position.identity else { return Ok(()) };
        if let Err(fault) = store::participant(&self.env, identity, position).await {
            log!("error", "publish_failed", "subject": identity.subject, "detail": fault.to_string());
            self.state.storage().set_alarm(RETRY_MS).await?;
        }
        Ok(())
    }
}
