//! The names of objects.

use std::marker::PhantomData;

use super::{
    assignment::AssignmentRequest, envelope::Envelope, lobby::LobbyRequest, participant::ParticipantRequest,
    rooms::RoomsRequest, training::TrainingRequest, watch::WatchRequest,
};

/// The name of an object that takes requests of the type `E`.
pub struct Address<E> {
    name: String,
    object: PhantomData<E>,
}

impl<E: Envelope> Address<E> {
    fn new(name: String) -> Self {
        Self { name, object: PhantomData }
    }

    /// The object's name, unique in its class.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Address<ParticipantRequest> {
    /// The object of one participant.
    pub fn participant(experiment: &str, subject: &str) -> Self {
        Self::new(format!("{experiment}/{subject}"))
    }
}

impl Address<LobbyRequest> {
    /// The lobby of one game scene.
    pub fn lobby(experiment: &str, scene: &str) -> Self {
        Self::new(format!("{experiment}/{scene}"))
    }
}

impl Address<RoomsRequest> {
    /// An object that holds a few games, by its name.
    pub fn rooms(name: &str) -> Self {
        Self::new(name.to_owned())
    }
}

impl Address<AssignmentRequest> {
    /// The object that assigns the participants of one experiment to its conditions.
    pub fn assignment(experiment: &str) -> Self {
        Self::new(experiment.to_owned())
    }
}

impl Address<WatchRequest> {
    /// An object in which people watch, by its number.
    pub fn watch(object: u32) -> Self {
        Self::new(object.to_string())
    }
}

impl Address<TrainingRequest> {
    /// The object of a training run, by the run's name.
    pub fn training(run: &str) -> Self {
        Self::new(run.to_owned())
    }

    /// An actor of a training run. No run has a point in its name.
    pub fn actor(run: &str, actor: u32) -> Self {
        Self::new(format!("{run}.{actor}"))
    }
}
