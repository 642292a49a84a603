//! An actor of a run: in an object of its own it plays and learns from where the run is, and says what it learnt.

use footlights_env::{Registry, msgpack};
use footlights_learn::{Run, run::Settings};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{game::make, pace::Pace, told::Episode};

/// What an actor is asked for: one update of the network.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    pub environment: String,
    pub config: Value,
    pub settings: Settings,
    /// What the run has learnt so far, and how far it is.
    #[serde(with = "serde_bytes")]
    pub learnt: Vec<u8>,
    pub steps: u64,
    pub episodes: u32,
}

/// What came of a task.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    #[serde(with = "serde_bytes")]
    pub learnt: Vec<u8>,
    /// Steps that were played for it.
    pub steps: u64,
    /// Episodes that ended meanwhile; their numbers are the actor's own.
    pub episodes: Vec<Episode>,
}

/// An actor. Its games go on from task to task.
#[derive(Default)]
pub struct Actor {
    run: Option<Playing>,
    work: Option<Work>,
    pace: Pace,
}

/// The games of an actor, and what they are of.
struct Playing {
    environment: String,
    config: Value,
    settings: Settings,
    run: Run,
}

impl Playing {
    fn begin(registry: &Registry, task: &Task) -> Result<Self, String> {
        let sim = make(registry, &task.environment, &task.config)?;
        let run = Run::new(sim.as_ref(), task.settings.clone()).map_err(|error| error.to_string())?;
        let (environment, config) = (task.environment.clone(), task.config.clone());
        Ok(Self { environment, config, settings: task.settings.clone(), run })
    }

    /// Whether a task is of the same run, as far as its games can tell.
    fn suits(&self, task: &Task) -> bool {
        (&self.environment, &self.config, &self.settings) == (&task.environment, &task.config, &task.settings)
    }
}

/// A task that is under way.
struct Work {
    began: u64,
    updates: u64,
    episodes: Vec<Episode>,
}

impl Actor {
    /// Takes a task, in place of one that is under way.
    ///
    /// # Errors
    /// It cannot be read, or not be done here.
    pub fn take(&mut self, registry: &Registry, task: &[u8]) -> Result<(), String> {
        let task: Task = msgpack::decode(task).map_err(|error| error.to_string())?;
        // What was played for another run is of no use for this one.
        let mut playing = match self.run.take().filter(|playing| playing.suits(&task)) {
            Some(playing) => playing,
            None => Playing::begin(registry, &task)?,
        };
        let run = &mut playing.run;
        run.go_on(&task.learnt, task.steps, task.episodes).map_err(|error| error.to_string())?;
        self.work = Some(Work { began: task.steps, updates: run.updates(), episodes: Vec::new() });
        self.run = Some(playing);
        Ok(())
    }

    /// Works for a slice; `took` are the milliseconds since the slice before. Returns the answer once it is there.
    ///
    /// # Errors
    /// A game cannot go on, or no task is under way.
    pub fn work(&mut self, took: Option<u64>) -> Result<Option<Vec<u8>>, String> {
        let (Some(Playing { run, .. }), Some(work)) = (&mut self.run, &mut self.work) else {
            return Err("another task took the place of this one".into());
        };
        let slice = self.pace.begin(took);
        let mut spent = 0;
        while spent < slice {
            spent += run.cost();
            let round = run.round().map_err(|error| error.to_string())?;
            work.episodes.extend(round.finished.iter().map(Episode::from));
            if run.updates() > work.updates {
                let learnt = run.learnt().map_err(|error| error.to_string())?;
                let steps = run.steps() - work.began;
                let answer = Answer { learnt, steps, episodes: std::mem::take(&mut work.episodes) };
                self.work = None;
                return msgpack::encode(&answer).map(Some).map_err(|error| error.to_string());
            }
        }
        self.pace.use_up();
        Ok(None)
    }
}
