//! `rollout`: one episode of an environment as JSON lines, for people who want to look and for programs
//! that compare.
//!
//! The first line is the reset, each later one a step. Everything but the tick, the digest and the state is an object by
//! agent id; the state is what the environment describes of it, and is not there where it describes nothing.

use std::{io::Write, path::PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use footlights_env::{
    ActionValue, Agent, Entry, PerAgent, Registry, Simulation, Space, Spec, Step, conformance,
};
use serde_json::{Map, Value, json};

/// What to play.
#[derive(Debug, Args)]
pub struct Options {
    /// The environment's id
    #[arg(long)]
    pub env: String,
    /// Where its randomness comes from, and that of the actions if there is no file of them
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Stop after this many steps, if the episode has not ended by then
    #[arg(long)]
    pub steps: Option<u32>,
    /// A JSON array with an object for each step: an action for each agent id
    #[arg(long)]
    pub actions: Option<PathBuf>,
    /// The environment's configuration as JSON; its default without
    #[arg(long)]
    pub config: Option<String>,
}

/// The environment of that id.
///
/// # Errors
/// There is none; the sentence lists those that there are.
pub fn entry<'a>(registry: &'a Registry, id: &str) -> Result<&'a Entry> {
    registry.get(id).map_err(|_| {
        let known: Vec<&str> = registry.iter().map(|entry| entry.id).collect();
        anyhow!("no environment is called {id:?}; there are {}", known.join(", "))
    })
}

/// Plays, and writes a line for the reset and one for each step.
pub fn run(registry: &Registry, options: &Options, out: &mut impl Write) -> Result<()> {
    let entry = entry(registry, &options.env)?;
    let config = match &options.config {
        Some(text) => serde_json::from_str(text).context("--config is not JSON")?,
        None => Value::Null,
    };
    let mut sim = entry.make(&config)?;
    let script = match &options.actions {
        Some(path) => {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            Some(script(sim.spec(), &text).with_context(|| path.display().to_string())?)
        }
        None => None,
    };
    sim.reset(options.seed, 0);
    writeln!(out, "{}", line(sim.as_ref(), None)?)?;
    let steps = options.steps.unwrap_or(u32::MAX);
    for number in 0..steps {
        let actions = match &script {
            Some(script) => match script.get(number as usize) {
                Some(actions) => actions.clone(),
                None => break,
            },
            None => conformance::random_actions(sim.as_ref(), options.seed),
        };
        let step = sim.step(&actions)?;
        writeln!(out, "{}", line(sim.as_ref(), Some((&actions, &step)))?)?;
        if step.done() {
            break;
        }
    }
    Ok(())
}

/// The state as it is now, and the step that led to it.
fn line(sim: &dyn Simulation, step: Option<(&PerAgent<ActionValue>, &Step)>) -> Result<Value> {
    let spec = sim.spec();
    let observe = |agent| {
        let mut flat = Vec::new();
        sim.observe(agent, &mut flat);
        json!(flat)
    };
    let mut line = json!({
        "tick": sim.tick(),
        "observations": by_agent(spec, observe),
        "digest": format!("{:016x}", sim.digest()?),
    });
    let state = sim.describe();
    if state != json!({}) {
        line["state"] = state;
    }
    if let Some((actions, step)) = step {
        line["actions"] = by_agent(spec, |agent| json!(actions.get(agent.index())));
        line["rewards"] = by_agent(spec, |agent| json!(step.rewards.get(agent.index())));
        line["terminated"] = by_agent(spec, |agent| json!(step.terminated.get(agent.index())));
        line["truncated"] = by_agent(spec, |agent| json!(step.truncated.get(agent.index())));
        line["infos"] = by_agent(spec, |agent| {
            let own = step.infos.iter().filter(|info| info.agent == agent);
            own.map(|info| (info.key.to_owned(), json!(info.value))).collect::<Map<_, _>>().into()
        });
    }
    Ok(line)
}

fn by_agent(spec: &Spec, value: impl Fn(Agent) -> Value) -> Value {
    spec.agents().map(|agent| (agent.to_string(), value(agent))).collect::<Map<_, _>>().into()
}

/// The actions of a file, all checked before the first is played.
fn script(spec: &Spec, text: &str) -> Result<Vec<PerAgent<ActionValue>>> {
    let steps: Vec<Value> = serde_json::from_str(text).context("not a JSON array")?;
    let known: Vec<String> = spec.agents().map(|agent| agent.to_string()).collect();
    let read = |(index, step): (usize, &Value)| {
        let number = index + 1;
        let step =
            step.as_object().with_context(|| format!("step {number}: not an object of actions by agent"))?;
        if let Some(stranger) = step.keys().find(|key| !known.contains(key)) {
            bail!("step {number}, {stranger}: {} has no such agent, only {}", spec.id, known.join(", "));
        }
        let one = |(agent, id): (Agent, &String)| {
            let value = step.get(id).with_context(|| format!("step {number}, {id}: no action"))?;
            action(spec.action_space(agent), value).with_context(|| format!("step {number}, {id}: {value}"))
        };
        spec.agents().zip(&known).map(one).collect::<Result<PerAgent<_>>>()
    };
    steps.iter().enumerate().map(read).collect()
}

fn action(space: &Space, value: &Value) -> Result<ActionValue> {
    let (action, expected) = match space {
        Space::Discrete { n } => {
            let whole = value.as_f64().filter(|v| v.fract() == 0.0 && v.abs() <= f64::from(i32::MAX));
            (
                whole.map(|v| ActionValue::Discrete(v as i32)),
                format!("a whole number from 0 to {}", n.saturating_sub(1)),
            )
        }
        Space::Box { low, high } => {
            let numbers =
                value.as_array().and_then(|values| values.iter().map(|v| Some(v.as_f64()? as f32)).collect());
            let bounds: Vec<String> =
                low.iter().zip(high).map(|(low, high)| format!("{low}..={high}")).collect();
            (
                numbers.map(ActionValue::Continuous),
                format!("an array of {} numbers in [{}]", low.len(), bounds.join(", ")),
            )
        }
    };
    action.filter(|action| space.contains(action)).with_context(|| format!("an action must be {expected}"))
}

#[cfg(test)]
mod tests {
    use footlights_env::{
        AgentSpec, Discrete, Environment, Labels, RecordKind, RecordValue, Rng, Surface, View, Viewport,
    };

    use super::*;

    fn options(env: &str) -> Options {
        Options { env: env.into(), seed: 7, steps: None, actions: None, config: None }
    }

    fn play(options: &Options) -> Result<Vec<Value>> {
        let mut out = Vec::new();
        run(&footlights_environments::registry(), options, &mut out)?;
        Ok(String::from_utf8(out)?.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    /// A file that is removed with the test.
    struct File(PathBuf);

    impl File {
        fn with(name: &str, text: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("footlights-rollout-{name}-{}.json", std::process::id()));
            std::fs::write(&path, text).unwrap();
            Self(path)
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn every_env() -> Vec<&'static str> {
        footlights_environments::registry().iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn a_rollout_is_the_reset_and_one_line_a_step() {
        for env in every_env() {
            let lines = play(&Options { steps: Some(5), ..options(env) }).unwrap();
            assert_eq!(lines.len(), 6, "{env}");
            for (tick, line) in lines.iter().enumerate() {
                assert_eq!(line["tick"], tick);
                assert_eq!(line["digest"].as_str().unwrap().len(), 16);
                assert!(line["observations"]["player_0"][0].is_number());
                for key in ["actions", "rewards", "terminated", "truncated", "infos"] {
                    assert_eq!(line.get(key).is_some(), tick > 0, "{env}, tick {tick}, {key}");
                    assert!(tick == 0 || !line[key]["player_0"].is_null(), "{env}, tick {tick}, {key}");
                }
            }
        }
    }

    /// Counts, and records what nobody observes.
    struct Counter;

    #[derive(Clone, Copy, Discrete)]
    enum Count {
        Up,
    }

    impl Environment for Counter {
        type Config = ();
        type State = u32;
        type Action = Count;
        type Observation = [f32; 1];

        const ID: &'static str = "counter-v0";

        fn spec(_: &()) -> Spec {
            Spec {
                id: Self::ID.into(),
                agents: vec![AgentSpec::new(Count::space(), Space::uniform_box(1, 0.0, 0.0))],
                max_steps: 3,
                reward_range: (0.0, 0.0),
                viewport: Viewport { width: 1.0, height: 1.0 },
            }
        }

        fn reset(_: &(), _: &mut Rng) -> u32 {
            0
        }

        fn step(_: &(), count: &mut u32, _: &[Count], _: &mut Rng) -> Step {
            *count += 1;
            Step::solo(0.0, false)
        }

        fn observe(_: &(), _: &u32, _: Agent) -> [f32; 1] {
            [0.0]
        }

        fn draw(_: &(), _: &u32, _: View, _: &mut Surface) {}

        fn labels(_: &()) -> Labels {
            Labels::default()
                .state("count", "How often it was counted", "", RecordKind::Number)
                .state("parity", "Whether that is odd or even", "", RecordKind::Text)
                .state("history", "All counts so far", "", RecordKind::Json)
        }

        fn record(_: &(), count: &u32) -> Vec<RecordValue> {
            let parity = if count.is_multiple_of(2) { "even" } else { "odd" };
            vec![f64::from(*count).into(), parity.into(), json!((0..=*count).collect::<Vec<_>>()).into()]
        }
    }

    #[test]
    fn what_an_environment_records_of_its_state_is_on_each_line() {
        let mut out = Vec::new();
        run(&Registry::new().with(Entry::of::<Counter>()), &options(Counter::ID), &mut out).unwrap();
        let lines: Vec<Value> =
            String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[2]["state"], json!({"count": 2.0, "parity": "even", "history": [0, 1, 2]}));
        assert_eq!(lines[3]["truncated"]["player_0"], true);
        assert!(play(&options("mountain-car-v0")).unwrap()[0].get("state").is_none());
    }

    #[test]
    fn without_a_limit_it_ends_with_the_episode() {
        for env in every_env() {
            let lines = play(&options(env)).unwrap();
            let over = |line: &Value| {
                let ended = |key: &str, agent: &str| line[key][agent] == true;
                line.get("rewards").is_some_and(|r| {
                    r.as_object()
                        .unwrap()
                        .keys()
                        .all(|agent| ended("terminated", agent) || ended("truncated", agent))
                })
            };
            assert_eq!(lines.iter().position(over), Some(lines.len() - 1), "{env}");
        }
    }

    #[test]
    fn its_actions_played_again_give_the_same_lines() {
        for env in every_env() {
            let first = play(&Options { steps: Some(200), ..options(env) }).unwrap();
            let actions: Vec<&Value> = first.iter().skip(1).map(|line| &line["actions"]).collect();
            let file = File::with(&format!("again-{env}"), &json!(actions).to_string());
            let again = play(&Options { actions: Some(file.0.clone()), ..options(env) }).unwrap();
            assert_eq!(first, again, "{env}");
            let other = play(&Options { seed: 8, steps: Some(200), ..options(env) }).unwrap();
            assert_ne!(first, other, "{env}: seeds matter");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let told = |options: Options| format!("{:#}", play(&options).unwrap_err());
        let unknown = told(options("mountain-bike-v0"));
        assert!(unknown.contains("mountain-bike-v0") && unknown.contains("mountain-car-v0"), "{unknown}");
        assert!(
            told(Options { config: Some("{".into()), ..options("mountain-car-v0") }).contains("--config")
        );
        for (text, expected) in [
            ("{}", "not a JSON array"),
            (r#"[{"player_0": 1}, 2]"#, "step 2: not an object"),
            (r#"[{"player_0": 1}, {}]"#, "step 2, player_0: no action"),
            (r#"[{"player_0": 3}]"#, "step 1, player_0: 3: an action must be a whole number from 0 to 2"),
            (r#"[{"player_0": 0.5}]"#, "step 1, player_0: 0.5"),
            (r#"[{"player_0": 1, "player_1": 1}]"#, "step 1, player_1: mountain-car-v0 has no such agent"),
        ] {
            let file = File::with("mistake", text);
            let message = told(Options { actions: Some(file.0.clone()), ..options("mountain-car-v0") });
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
