//! What a session tells, as JSON. Names and layout are those of the Hamlet metaserver, so that its page works; what it does not
//! know is added beside.

use footlights_env::{ActionValue, Agent, HudItem, Overview, PerAgent, View, Viewport};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    heat::Shares,
    player::{Played, Player, exact},
};

/// Colours of agents, in their order.
const COLORS: [&str; 6] = ["#3b82f6", "#ef4444", "#10b981", "#f59e0b", "#8b5cf6", "#ec4899"];

/// A message of a session.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Told<'a> {
    /// The first message.
    Connected {
        /// What `load_model` takes.
        available_models: &'a [String],
        /// By which a lost connection finds its session again: `/ws?session=…`.
        session: &'a str,
    },
    /// An episode begins.
    EpisodeStart {
        /// From 1.
        episode: u32,
        /// The model that plays.
        model_name: &'a str,
        /// Where its randomness comes from.
        seed: u64,
    },
    /// A step was played.
    StateUpdate(Box<Update<'a>>),
    /// An episode is over.
    EpisodeEnd {
        /// From 1.
        episode: u32,
        /// Its steps.
        steps: u32,
        /// What the first agent was rewarded.
        total_reward: f64,
        /// `meter_depleted` where the rules ended it, `truncated` at its step limit, or `reset`.
        reason: &'static str,
    },
    /// Another model plays.
    ModelLoaded {
        /// As it was asked for.
        model: &'a str,
    },
    /// The client plays that agent, or none.
    Taken {
        /// Its number.
        agent: Option<u8>,
    },
    /// Answers `ping`.
    Pong {},
    /// Something cannot be done.
    Error {
        /// Why, in a sentence.
        message: &'a str,
    },
}

/// A step, and how things are after it.
#[derive(Serialize)]
pub struct Update<'a> {
    step: u32,
    action: Action<'a>,
    reward: f64,
    cumulative_reward: f64,
    done: bool,
    info: Info,
    grid: Grid<'a>,
    agents: ByAgent<Status<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heat_map: Option<Shares<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    q_values: Option<&'a [f32]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probabilities: Option<&'a [f32]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hud: Vec<HudItem>,
}

#[derive(Serialize)]
struct Info {
    step: u32,
    failure_reason: Option<&'static str>,
}

#[derive(Serialize)]
struct Grid<'a> {
    width: f32,
    height: f32,
    agents: Vec<Standing<'a>>,
    affordances: Vec<Affordance>,
}

/// Where an agent is.
#[derive(Serialize)]
pub(crate) struct Standing<'a> {
    id: String,
    #[serde(serialize_with = "whole")]
    x: f32,
    #[serde(serialize_with = "whole")]
    y: f32,
    color: &'static str,
    last_action: Option<&'a str>,
    reward: f64,
}

/// A place of the world.
#[derive(Serialize)]
pub(crate) struct Affordance {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(serialize_with = "whole")]
    x: f32,
    #[serde(serialize_with = "whole")]
    y: f32,
    qualifier: Option<()>,
    title: &'static str,
}

/// How an agent is.
#[derive(Serialize)]
pub(crate) struct Status<'a> {
    meters: Meters<'a>,
    last_action: Option<&'a str>,
    reward: f64,
}

/// Meters by name, in the order of the environment, which a page shows.
pub(crate) struct Meters<'a>(&'a [footlights_env::Meter]);

impl Serialize for Meters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|meter| (meter.name, meter.told())))
    }
}

/// One value an agent, under keys such as `agent_0`.
pub(crate) struct ByAgent<T>(pub Vec<T>);

impl<T: Serialize> Serialize for ByAgent<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (number, value) in self.0.iter().enumerate() {
            map.serialize_entry(&id(number), value)?;
        }
        map.end()
    }
}

fn id(number: usize) -> String {
    format!("agent_{number}")
}

/// An action: the number of a discrete one, or the numbers of one in a `Box`; of several agents a list.
pub(crate) struct Action<'a>(pub &'a PerAgent<ActionValue>);

impl Serialize for Action<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct One<'a>(&'a ActionValue);
        impl Serialize for One<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.0 {
                    ActionValue::Discrete(number) => serializer.serialize_i32(*number),
                    ActionValue::Continuous(numbers) => numbers.serialize(serializer),
                }
            }
        }
        match self.0.as_slice() {
            [one] => One(one).serialize(serializer),
            several => serializer.collect_seq(several.iter().map(One)),
        }
    }
}

/// A whole number without a point.
fn whole<S: Serializer>(x: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    if x.fract() == 0.0 { serializer.serialize_i64(*x as i64) } else { serializer.serialize_f32(*x) }
}

/// The world as both protocols tell it.
pub(crate) struct World<'a> {
    pub overview: &'a Overview,
    pub played: Option<&'a Played>,
    pub actions: &'a [Vec<&'static str>],
    pub viewport: Viewport,
}

impl<'a> World<'a> {
    pub fn last_action(&self, agent: usize) -> Option<&'a str> {
        match self.played?.actions.get(agent)? {
            ActionValue::Discrete(number) => {
                self.actions.get(agent)?.get(usize::try_from(*number).ok()?).copied()
            }
            ActionValue::Continuous(_) => None,
        }
    }

    pub fn reward(&self, agent: usize) -> f64 {
        let reward = self.played.and_then(|played| played.step.rewards.get(agent));
        reward.map_or(0.0, |reward| exact(*reward))
    }

    pub fn standing(&self) -> Vec<Standing<'a>> {
        let places = self.overview.positions.iter().enumerate();
        let placed = places.filter_map(|(agent, place)| place.map(|(x, y)| (agent, x, y)));
        placed
            .map(|(agent, x, y)| Standing {
                id: id(agent),
                x,
                y,
                color: COLORS.get(agent % COLORS.len()).copied().unwrap_or_default(),
                last_action: self.last_action(agent),
                reward: self.reward(agent),
            })
            .collect()
    }

    pub fn affordances(&self) -> Vec<Affordance> {
        let places = self.overview.places.iter();
        places
            .map(|place| Affordance {
                kind: place.kind,
                x: place.x,
                y: place.y,
                qualifier: None,
                title: place.title,
            })
            .collect()
    }

    pub fn statuses(&self, agents: usize) -> ByAgent<Status<'a>> {
        ByAgent(
            (0..agents)
                .map(|agent| Status {
                    meters: Meters(self.overview.meters.get(agent).map_or(&[], Vec::as_slice)),
                    last_action: self.last_action(agent),
                    reward: self.reward(agent),
                })
                .collect(),
        )
    }
}

impl Told<'_> {
    /// As it is sent.
    #[must_use]
    pub fn json(&self) -> String {
        // Nothing in a message can fail to be written; an empty message would tell a page nothing.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The names of the discrete actions of each agent.
pub(crate) fn action_names(player: &Player) -> Vec<Vec<&'static str>> {
    let labels = player.sim.labels();
    player.sim.spec().agents().map(|agent| labels.actions(agent).to_vec()).collect()
}

/// The message after a step.
pub(crate) fn update(player: &Player, played: &Played, actions: &[Vec<&'static str>]) -> String {
    let overview = player.sim.overview();
    let spec = player.sim.spec();
    let viewport = spec.viewport;
    let world = World { overview: &overview, played: Some(played), actions, viewport };
    let step = player.sim.tick();
    let (q_values, probabilities) = played.told();
    let update = Update {
        step,
        action: Action(&played.actions),
        reward: world.reward(0),
        cumulative_reward: player.totals.first().copied().unwrap_or_default(),
        done: played.step.done(),
        info: Info { step, failure_reason: overview.failure },
        grid: Grid {
            width: world.viewport.width,
            height: world.viewport.height,
            agents: world.standing(),
            affordances: world.affordances(),
        },
        agents: world.statuses(spec.agents.len()),
        heat_map: (!player.heat.is_empty()).then(|| player.heat.shares()),
        q_values,
        probabilities,
        hud: player.sim.hud(View::Agent(Agent(0))),
    };
    Told::StateUpdate(Box::new(update)).json()
}
