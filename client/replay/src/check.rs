//! The check of a stored game: whether playing it again leads to the recorded states.

use footlights_data::replay::ReplayError;

/// What was found when a stored game was played again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayCheck {
    /// Steps that came to the recorded state.
    pub steps: u32,
    /// Steps of the record.
    pub all: u32,
    /// Episodes of the record.
    pub episodes: u32,
    /// Whether there is a digest for every step, and not only one an episode.
    pub every_step: bool,
    /// Set if this build's simulation is not the recorded one.
    pub other_build: Option<ReplayError>,
    /// The first step whose state differs from the record.
    pub trouble: Option<ReplayError>,
}

impl ReplayCheck {
    /// Whether the game came to the recorded states, in a build with the same simulation.
    pub fn is_fine(&self) -> bool {
        self.other_build.is_none() && self.trouble.is_none()
    }

    /// What was found, in sentences for the reader.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        if let Some(other) = &self.other_build {
            words.push(format!("The environment was changed since this game was played: it was {other}."));
        }
        let episodes =
            if self.episodes == 1 { "1 episode".into() } else { format!("{} episodes", self.episodes) };
        match (&self.trouble, self.every_step) {
            (None, _) if self.all == 0 => words.push("There are no steps in it.".into()),
            (None, true) => {
                let all = if self.other_build.is_some() { "Nevertheless, every" } else { "Every" };
                words.push(format!("{all} digest holds: {} steps in {episodes}, played again, came to the recorded states.", self.all));
            }
            (None, false) => words.push(format!(
                "The {} steps in {episodes}, played again, came to the recorded states at the end of every episode; the file is of an older format without digests in between.",
                self.all
            )),
            (Some(trouble), every_step) => {
                words.push(format!("Played again, the game goes another way than it did: {trouble}."));
                words.push(match (self.steps, every_step) {
                    (0, _) => "There is nothing before that to watch.".into(),
                    (_, true) => "Every step before that holds, and only those can be watched.".into(),
                    (_, false) => "The file is of an older format with one digest an episode, so the difference may have begun earlier; what comes before can be watched with that in mind.".into(),
                });
            }
        }
        words.join(" ")
    }
}
