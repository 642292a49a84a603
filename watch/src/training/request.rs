//! What is asked of a training run.

use footlights_env::Label;
use footlights_learn::{
    Common, Shaping,
    dqn::{self, Exploration},
    ppo,
    run::{Length, Method, Settings},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::command;

/// The most objects that learn for one run.
const MOST_ACTORS: u64 = 16;
/// What there is to ask.
const COMMANDS: &str = "start_training, pause, resume, stop, status, show, seen, ping";

/// A message of a viewer.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Begins a run.
    Start(Box<Start>),
    /// Nothing more is played until it is resumed.
    Pause,
    /// It goes on.
    Resume,
    /// The run ends; what it learnt is saved.
    Stop,
    /// How it stands.
    Status,
    /// Says only that the viewer is there.
    Ping,
    /// How many messages the viewer has shown so far: who falls behind is sent fewer pictures.
    Seen(u64),
    /// Whether the viewer wants pictures of the steps that are shown.
    Show(bool),
}

impl Request {
    /// Whether it changes the run, which only those may who have the token.
    #[must_use]
    pub fn is_control(&self) -> bool {
        matches!(self, Self::Start(_) | Self::Pause | Self::Resume | Self::Stop)
    }
}

/// A run that is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Of which environment; none stands for that of the first checkpoint.
    pub environment: Option<String>,
    /// With which configuration; null stands for the default.
    pub config: Value,
    /// Episodes of the run.
    pub episodes: u32,
    /// Every so many episodes one is shown, the first always.
    pub show_every: u32,
    /// Milliseconds between two steps of an episode that is shown.
    pub step_ms: u64,
    /// Every so many episodes the model is saved.
    pub save_every: u32,
    /// What is paid beside the reward.
    pub shaping: Shaped,
    /// How many objects of their own play and learn for the run; 0 for none.
    pub actors: u32,
    /// How it learns.
    pub settings: Settings,
}

/// What is paid beside the reward.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Shaped {
    /// What the environment reports as `shaped_reward`, if it does.
    Usual,
    /// Nothing.
    Never,
    /// That.
    Paid(Shaping),
}

/// The info of an environment that is meant for this.
const SHAPED_REWARD: &str = "shaped_reward";

impl Shaped {
    /// What is paid in an environment whose steps report these infos.
    pub fn of(&self, infos: &[Label]) -> Option<Shaping> {
        match self {
            Self::Never => None,
            Self::Paid(shaping) => Some(shaping.clone()),
            Self::Usual => {
                let known = infos.iter().any(|info| info.name == SHAPED_REWARD);
                known.then(|| Shaping::new(SHAPED_REWARD, 1.0))
            }
        }
    }
}

/// Reads a message: `{"command": …}`, with or without `"type": "control"`.
///
/// # Errors
/// What is wrong with it, in a sentence for who wrote it.
pub fn parse(text: &str) -> Result<Request, String> {
    let message = command::object(text)?;
    Ok(match command::name(&message, COMMANDS)? {
        "start_training" => Request::Start(Box::new(start(&message)?)),
        "pause" => Request::Pause,
        "resume" => Request::Resume,
        "stop" => Request::Stop,
        "status" => Request::Status,
        "ping" => Request::Ping,
        "show" => Request::Show(command::picture(&message)?),
        "seen" => Request::Seen(command::whole(&message, "messages", 1 << 53)?),
        unknown => {
            let shown: String = unknown.chars().take(40).collect();
            return Err(format!("There is no command {shown:?}; there are {COMMANDS}."));
        }
    })
}

fn start(message: &Map<String, Value>) -> Result<Start, String> {
    let learner = learner(message.get("learner"))?;
    // Games of several agents are short beside what they take to be learnt, and many are played at once.
    let (usual_games, usual_batch, usual_rate) = match learner {
        Learner::Dqn => (1, 32, 5e-4),
        Learner::Ppo => (16, 128, 2e-3),
    };
    let episodes = between(message, "num_episodes", 100, (1, 100_000))? as u32;
    let games = between(message, "games", usual_games, (1, 64))? as usize;
    let batch = between(message, "batch_size", usual_batch, (1, 256))? as usize;
    let capacity = between(message, "buffer_capacity", 10_000, (100, 200_000))? as usize;
    let show_every = between(message, "show_every", 5, (1, 100_000))? as u32;
    let save_every = between(message, "save_every", u64::from(episodes.div_ceil(10)), (1, 100_000))? as u32;
    let seed = between(message, "seed", 1, (0, 1 << 53))?;
    let step_delay = real(message, "step_delay", 0.2, (0.0, 10.0))?;
    let rate = real(message, "learning_rate", usual_rate, (1e-6, 0.1))?;
    let discount = real(message, "discount", 0.99, (0.0, 0.9999))?;
    let decay = real(message, "epsilon_decay", 0.995, (0.0, 1.0))?;
    let actors = between(message, "actors", 0, (0, MOST_ACTORS))? as u32;
    if actors > 0 && matches!(learner, Learner::Dqn) {
        return Err("\"actors\" are for \"learner\": \"ppo\".".into());
    }
    let method = match learner {
        Learner::Dqn => Method::Dqn(dqn::Settings {
            batch,
            capacity,
            warm_up: batch.max(200),
            exploration: Exploration::PerEpisode { decay: decay as f32, floor: 0.05 },
            ..dqn::Settings::default()
        }),
        Learner::Ppo => Method::Ppo(ppo::Settings { batch, ..ppo::Settings::default() }),
    };
    let environment = match message.get("environment") {
        None | Some(Value::Null) => None,
        Some(Value::String(environment)) if environment.len() <= 100 => Some(environment.clone()),
        _ => return Err("\"environment\" is the id of an environment.".into()),
    };
    let mut config = message.get("config").cloned().unwrap_or_default();
    match message.get("variant") {
        None | Some(Value::Null) => {}
        Some(Value::String(variant)) => match &mut config {
            Value::Null => config = serde_json::json!({ "variant": variant }),
            Value::Object(config) => {
                config.insert("variant".into(), variant.as_str().into());
            }
            _ => return Err("\"config\" is an object.".into()),
        },
        _ => return Err("\"variant\" is a word.".into()),
    }
    Ok(Start {
        environment,
        config,
        episodes,
        show_every,
        step_ms: (step_delay * 1_000.0).round() as u64,
        save_every,
        shaping: shaping(message.get("shaping"))?,
        actors,
        settings: Settings {
            common: Common {
                seed,
                hidden: hidden(message.get("network"))?,
                games,
                discount: discount as f32,
                reward_scale: 0.05,
                rate: rate as f32,
                ..Common::default()
            },
            method,
            length: Length::Episodes(episodes),
        },
    })
}

/// A way of learning.
enum Learner {
    Dqn,
    Ppo,
}

fn learner(named: Option<&Value>) -> Result<Learner, String> {
    match named {
        None | Some(Value::Null) => Ok(Learner::Dqn),
        Some(Value::String(learner)) if learner == "dqn" => Ok(Learner::Dqn),
        Some(Value::String(learner)) if learner == "ppo" => Ok(Learner::Ppo),
        Some(_) => Err("\"learner\" is \"dqn\" or \"ppo\".".into()),
    }
}

/// What is paid beside the reward, if something was said about it.
fn shaping(said: Option<&Value>) -> Result<Shaped, String> {
    let wrong = || "\"shaping\" is false, or {\"info\": NAME, \"weight\": NUMBER}.".to_owned();
    let object = match said {
        None | Some(Value::Null | Value::Bool(true)) => return Ok(Shaped::Usual),
        Some(Value::Bool(false)) => return Ok(Shaped::Never),
        Some(Value::Object(object)) => object,
        Some(_) => return Err(wrong()),
    };
    let info = object.get("info").and_then(Value::as_str).filter(|info| info.len() <= 100);
    let weight = object.get("weight").map_or(Some(1.0), Value::as_f64).filter(|weight| weight.is_finite());
    match info.zip(weight) {
        Some((info, weight)) => Ok(Shaped::Paid(Shaping::new(info, weight as f32))),
        None => Err(wrong()),
    }
}

/// The widths of hidden layers: a list, or the name of one.
fn hidden(network: Option<&Value>) -> Result<Vec<usize>, String> {
    let wrong = || "\"network\" is a list of 1 to 4 widths from 1 to 512, such as [128, 128].".to_owned();
    match network {
        None | Some(Value::Null) => Ok(vec![128, 128]),
        Some(Value::Array(widths)) if (1..=4).contains(&widths.len()) => widths
            .iter()
            .map(|width| {
                let width = width.as_u64().filter(|width| (1..=512).contains(width));
                width.map(|width| width as usize).ok_or_else(wrong)
            })
            .collect(),
        Some(_) => Err(wrong()),
    }
}

/// A whole number within bounds, or what stands for it.
fn between(
    message: &Map<String, Value>,
    key: &str,
    usual: u64,
    (least, most): (u64, u64),
) -> Result<u64, String> {
    match message.get(key) {
        None | Some(Value::Null) => Ok(usual.clamp(least, most)),
        Some(_) => match command::whole(message, key, most) {
            Ok(number) if number >= least => Ok(number),
            _ => Err(format!("{key:?} must be a whole number from {least} to {most}.")),
        },
    }
}

fn real(
    message: &Map<String, Value>,
    key: &str,
    usual: f64,
    (least, most): (f64, f64),
) -> Result<f64, String> {
    match message.get(key) {
        None | Some(Value::Null) => Ok(usual),
        Some(_) => match command::number(message, key) {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(format!("{key:?} must be a number from {least} to {most}.")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_the_original_are_optional_and_have_its_defaults() {
        let Ok(Request::Start(start)) = parse(r#"{"command":"start_training"}"#) else { panic!() };
        assert_eq!((start.episodes, start.show_every, start.step_ms, start.save_every), (100, 5, 200, 10));
        let Method::Dqn(dqn) = &start.settings.method else { panic!() };
        assert_eq!((dqn.batch, dqn.capacity), (32, 10_000));
        let text = r#"{"type":"control","command":"start_training","num_episodes":6,"batch_size":8,"buffer_capacity":1000,
            "show_every":1,"step_delay":0.05,"variant":"stress","network":[64],"seed":9}"#;
        let Ok(Request::Start(start)) = parse(text) else { panic!() };
        assert_eq!((start.episodes, start.show_every, start.step_ms), (6, 1, 50));
        assert_eq!(start.config, serde_json::json!({ "variant": "stress" }));
        let common = &start.settings.common;
        assert_eq!((common.hidden.as_slice(), common.seed, common.games), (&[64][..], 9, 1));
    }

    #[test]
    fn several_agents_are_learnt_in_many_games_at_once() {
        let text = r#"{"command":"start_training","learner":"ppo","environment":"slime-volleyball-v0"}"#;
        let Ok(Request::Start(start)) = parse(text) else { panic!() };
        let Method::Ppo(ppo) = &start.settings.method else { panic!() };
        assert_eq!((start.settings.common.games, ppo.batch), (16, 128));
        let infos = [Label::new(SHAPED_REWARD, "", "")];
        let paid = |fields: &str| {
            let text = format!(r#"{{"command":"start_training"{fields}}}"#);
            let Ok(Request::Start(start)) = parse(&text) else { panic!("{text}") };
            start.shaping.of(&infos).map(|shaping| (shaping.info, shaping.weight))
        };
        assert_eq!(paid(""), Some((SHAPED_REWARD.into(), 1.0)));
        assert_eq!(paid(r#","shaping":false"#), None);
        assert_eq!(paid(r#","shaping":{"info":"x","weight":0.5}"#), Some(("x".into(), 0.5)));
    }

    #[test]
    fn what_is_wrong_is_said_by_its_name() {
        for (fields, why) in [
            (r#""num_episodes":0"#, "\"num_episodes\" must be a whole number from 1 to"),
            (r#""show_every":0"#, "\"show_every\" must be a whole number from 1 to"),
            (r#""batch_size":1.5"#, "\"batch_size\" must be a whole number from 1 to 256"),
            (r#""buffer_capacity":"x""#, "\"buffer_capacity\" must be"),
            (r#""step_delay":-1"#, "\"step_delay\" must be a number from 0 to 10"),
            (r#""learner":"sarsa""#, "\"learner\" is \"dqn\" or \"ppo\""),
            (r#""actors":2"#, "\"actors\" are for"),
            (r#""actors":17,"learner":"ppo""#, "\"actors\" must be a whole number from 0 to 16"),
            (r#""games":0"#, "\"games\" must be a whole number from 1 to 64"),
            (r#""shaping":{"weight":1}"#, "\"shaping\" is false, or"),
            (r#""network":[0]"#, "\"network\" is a list"),
            (r#""environment":7"#, "\"environment\" is the id"),
            (r#""variant":7"#, "\"variant\" is a word"),
        ] {
            let said = parse(&format!(r#"{{"command":"start_training",{fields}}}"#)).unwrap_err();
            assert!(said.starts_with(why), "{fields}: {said}");
        }
        assert!(parse(r#"{"command":"fly"}"#).unwrap_err().contains("start_training, pause"));
    }
}
