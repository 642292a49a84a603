//! What the file of an environment needs: `use footlights_env::prelude::*;`.

pub use serde::{Deserialize, Serialize};

pub use crate::{
    ActionValue, Agent, AgentLabels, AgentSpec, Discrete, EnvError, Environment, HudItem, Label, Labels,
    Policy, PolicyError, RecordKind, RecordValue, Rng, Sim, Simulation, Space, Spec, Step, Surface, View,
    Viewport, math,
    surface::{Align, Color},
};
