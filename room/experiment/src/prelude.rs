//! Everything that an experiment usually needs: `use footlights_experiment::prelude::*;`.
//!
//! ```
//! use footlights_experiment::prelude::*;
//!
//! let experiment = Experiment::new("short", "A short study")
//!     .scene(Scene::start(Page::new("consent", "Welcome").button("I agree to take part")))
//!     .scene(Page::new("survey", "Survey").ask(Question::number_input("age", "How old are you?", 18.0, 120.0)))
//!     .scene(Scene::end(Page::new("end", "Thank you")));
//! assert_eq!(experiment.validate(), Ok(()));
//! ```

pub use footlights_env::Image;
pub use footlights_protocol::{
    InputDelay, Outcome, ShownResult, ShownScores,
    keys::{InputMode, MissingAction},
};

pub use crate::{
    answer::{Answer, Globals},
    checkpoint::Checkpoint,
    ending::{Completion, Ending, Transition},
    experiment::Experiment,
    game::GameScene,
    hooks::Hooks,
    matchmaking::{DifferentAttribute, Fifo, LatencyFifo, Matchmaker, Reunion, SameAttribute},
    page::Page,
    plan::{Block, Factor, Unit},
    presence::{DropoutRule, PresenceRule},
    question::Question,
    recruiter::{Recruiter, Retake, Returning},
    run_mode::Execution,
    scene::Scene,
    screening::{Device, Requirement, Screening},
    seat::Seat,
    waitroom::Waitroom,
};
