//! A run that is learnt here.

use footlights_env::{Agent, Registry, Simulation, msgpack};
use footlights_learn::{
    Run,
    run::{Finished, Round, RunError, Settings},
};
use footlights_protocol::EpochMs;
use serde::{Deserialize, Serialize};

use super::{
    actor::{Answer, Task},
    crew::Crew,
    episodes::Episodes,
    game::make,
    output::{ModelFile, Output, Saved},
    request::Start,
    told::{self, Episode, Told},
    viewers::Viewers,
};
use crate::{heat::Heat, picture};

/// A run that is not over.
pub struct Active {
    pub run: Run,
    pub facts: Facts,
    actions: Vec<Vec<&'static str>>,
    /// When the next step of an episode that is shown is due.
    pub due: EpochMs,
    pub kept: EpochMs,
    /// Those who learn in place of this object, if anybody does.
    pub crew: Option<Crew>,
}

/// What is stored of a run beside what it learnt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Facts {
    pub start: Start,
    pub environment: String,
    pub paused: bool,
    /// The episode that is shown, or was shown last.
    shown: u32,
    heat: Heat,
    pub episodes: Episodes,
}

/// A run as it is stored.
#[derive(Serialize, Deserialize)]
pub struct Stored {
    facts: Facts,
    #[serde(with = "serde_bytes")]
    run: Vec<u8>,
}

impl Active {
    /// A run that begins.
    ///
    /// # Errors
    /// What is wanted cannot be learnt.
    pub fn new(
        registry: &Registry,
        environment: String,
        mut start: Start,
        now: EpochMs,
    ) -> Result<Self, String> {
        let sim = make(registry, &environment, &start.config)?;
        start.settings.common.shaping = start.shaping.of(&sim.labels().infos);
        let own = own(&start);
        let run = Run::new(sim.as_ref(), own).map_err(|error| error.to_string())?;
        let crew = crew(&start);
        let mut facts = Facts {
            start,
            environment,
            paused: false,
            shown: 0,
            heat: Heat::default(),
            episodes: Episodes::default(),
        };
        facts.show_next(&run);
        Ok(Self { run, facts, actions: names(sim.as_ref()), due: now, kept: now, crew })
    }

    /// Goes on with one that was stored.
    ///
    /// # Errors
    /// Its environment is another one by now.
    pub fn restore(registry: &Registry, stored: Stored, now: EpochMs) -> Result<Self, String> {
        let Stored { facts, run } = stored;
        let crew = crew(&facts.start);
        let sim = make(registry, &facts.environment, &facts.start.config)?;
        let run = Run::restore(sim.as_ref(), &run).map_err(|error| error.to_string())?;
        Ok(Self { run, facts, actions: names(sim.as_ref()), due: now, kept: now, crew })
    }

    /// Everything that a later process needs.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self) -> Result<Stored, String> {
        let run = self.run.save().map_err(|error| error.to_string())?;
        Ok(Stored { facts: self.facts.clone(), run })
    }

    /// The number of the episode of the first game.
    pub fn episode(&self) -> u32 {
        self.run.games().first().map_or(0, |game| game.episode)
    }

    /// Whether the episode of the first game is shown.
    fn is_shown(&self) -> bool {
        self.episode() == self.facts.shown
    }

    /// One round of the run: what is told of it, whether a step of it was shown, and the episodes that it ended.
    ///
    /// # Errors
    /// A game cannot go on.
    pub fn round(&mut self, viewers: &mut Viewers) -> Result<(bool, Vec<Finished>), RunError> {
        if self.run.begin() {
            self.facts.show_next(&self.run);
            self.tell_episode(viewers);
        }
        let Round { played, finished } = self.run.round()?;
        let shown = played && self.is_shown();
        if played {
            self.count();
        }
        if shown {
            self.tell_step(viewers);
        }
        Ok((shown, finished))
    }

    /// One step of the game that is shown while others learn.
    ///
    /// # Errors
    /// The game cannot go on.
    pub fn exhibit(&mut self, viewers: &mut Viewers) -> Result<(), RunError> {
        if self.run.exhibit()? {
            self.facts.shown = self.episode();
            self.tell_episode(viewers);
        }
        self.count();
        self.tell_step(viewers);
        Ok(())
    }

    /// What every actor is asked for.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn task(&self, actor: u32) -> Result<Vec<u8>, String> {
        let mut settings = self.facts.start.settings.clone();
        // Every actor plays other games.
        settings.common.seed = settings.common.seed.wrapping_mul(1_000).wrapping_add(u64::from(actor) + 1);
        let task = Task {
            environment: self.facts.environment.clone(),
            config: self.facts.start.config.clone(),
            settings,
            learnt: self.run.learnt().map_err(|error| error.to_string())?,
            steps: self.run.steps(),
            episodes: self.run.episodes(),
        };
        msgpack::encode(&task).map_err(|error| error.to_string())
    }

    /// All actors have answered. Returns the episodes that are over, with the run's own numbers.
    ///
    /// # Errors
    /// What they learnt is of another network.
    pub fn learnt(&mut self, answers: Vec<Answer>, mean: &[u8]) -> Result<Vec<Episode>, String> {
        let (mut steps, mut number) = (self.run.steps(), self.run.episodes());
        let mut episodes = Vec::new();
        for answer in answers {
            steps += answer.steps;
            for episode in answer.episodes {
                number += 1;
                episodes.push(Episode { episode: number, ..episode });
            }
        }
        self.run.go_on(mean, steps, number).map_err(|error| error.to_string())?;
        Ok(episodes)
    }

    fn count(&mut self) {
        for game in self.run.games() {
            // An episode that has just begun entered no cell.
            if game.last.is_some() {
                let positions = game.sim.overview().positions;
                self.facts.heat.count(&positions, game.sim.spec().viewport);
            }
        }
    }

    /// That an episode begins, if it is shown.
    pub fn tell_episode(&self, viewers: &mut Viewers) {
        if self.is_shown() {
            let epsilon = self.run.epsilon(0);
            viewers.broadcast(&Told::EpisodeStart { episode: self.episode(), epsilon }.json());
        }
    }

    /// The step of an episode that is shown.
    fn tell_step(&mut self, viewers: &mut Viewers) {
        let mut observation = Vec::new();
        if let Some(game) = self.run.games().first() {
            game.sim.observe(Agent(0), &mut observation);
        }
        let preferences = self.run.preferences(&observation);
        let Some(game) = self.run.games().first() else { return };
        if let Some(update) = told::update(game, preferences, &self.facts.heat, &self.actions) {
            viewers.show(&update);
        }
        // A picture that cannot be written is one that is missing; the next one is whole again.
        if viewers.want_pictures()
            && let Ok(bytes) = picture::whole(game.sim.as_ref())
        {
            viewers.show_picture(&bytes);
        }
    }

    /// An episode is over. Returns the model that is to be saved after it, with what is told of it then.
    pub fn complete(&mut self, run: &str, episode: Episode, viewers: &mut Viewers) -> Option<Saved> {
        let complete = self.facts.episodes.push(&episode, self.run.remembered());
        viewers.broadcast(&Told::EpisodeComplete(&complete).json());
        let saves = episode.episode.is_multiple_of(self.facts.start.save_every) && !self.run.is_over();
        if let Some(reason) = episode.failure_reason {
            let agent = "agent_0".to_owned();
            viewers.push(Output::Failed { episode: episode.episode, agent, reason });
        }
        saves.then(|| self.model(format!("{run}_ep{}", episode.episode)))
    }

    /// What was learnt so far.
    pub fn model(&self, name: String) -> Saved {
        Saved {
            name,
            file: ModelFile::Net(self.run.network()),
            output: self.run.output(),
            environment: self.facts.environment.clone(),
            config: self.facts.start.config.clone(),
            episode: self.run.episodes(),
            steps: self.run.steps(),
            score: self.facts.episodes.reward(),
        }
    }
}

impl Facts {
    /// Chooses whether the episode that has just begun in the first game is shown.
    fn show_next(&mut self, run: &Run) {
        let Some(game) = run.games().first() else { return };
        if self.shown == 0 || game.episode >= self.shown.saturating_add(self.start.show_every.max(1)) {
            self.shown = game.episode;
        }
    }
}

/// The run of this object: where actors learn, it plays one game.
fn own(start: &Start) -> Settings {
    let mut settings = start.settings.clone();
    if start.actors > 0 {
        settings.common.games = 1;
    }
    settings
}

fn crew(start: &Start) -> Option<Crew> {
    (start.actors > 0).then(|| Crew::new(start.actors))
}

fn names(sim: &dyn Simulation) -> Vec<Vec<&'static str>> {
    let labels = sim.labels();
    sim.spec().agents().map(|agent| labels.actions(agent).to_vec()).collect()
}
