//! What the file of an environment needs: `use footlights_env::prelude::*;`.

pub use serde::{Deserialize, Serialize};

pub use crate::{
    ActionValue, Agent, AgentLabels, AgentSpec, BundledFrames, BundledImage, Discrete, EnvError, Environment,
    HudItem, Label, Labels, Landmark, Meter, Overview, PerAgent, Policy, PolicyError, RecordKind,
    RecordValue, Rng, Sim, Simulation, Space, Spec, Step, Surface, View, Viewport, bundled_image, math,
    surface::{Align, Color},
};
