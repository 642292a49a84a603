//! What browser execution costs: going back, snapshots, what holding still sends, and playing a game again.

use anyhow::Result;
use footlights_data::replay::{FORMAT, Replay, ReplayEpisode};
use footlights_env::{Sim, Simulation, conformance};
use footlights_environments::slime_volleyball::{Config, SlimeVolleyball};
use footlights_experiment::{Execution, GameScene, Seat, record::GameInfo};
use footlights_protocol::{
    EpochMs, MonotonicMs, Tick,
    timeline::{Move, Timeline},
    wire::{self, ClientToRoom, ConfirmedTick, RenderReport, RoomToClient},
};
use serde_json::{Value, json};

use crate::{
    context::Context,
    measure::{Spread, time},
    node::Kernel,
    report::Figure,
};

const ID: &str = "slime-volleyball-v0";

pub fn run(context: &mut Context) -> Result<()> {
    resimulate(context)?;
    let (_, timeline) = played()?;
    let snapshot = RoomToClient::Snapshot {
        tick: timeline.tick(),
        timeline: timeline.save()?,
        policy_states: Vec::new(),
        mandatory: false,
    };
    let bytes = wire::encode(&snapshot).len() as f64;
    context.add(Figure::new("rollback/snapshot", bytes, "bytes").at_most(200.0).detail("game", "slime"))?;
    messages(context, timeline.tick())?;
    verify(context)
}

/// Undoing and simulating eight ticks again, in the module that participants run.
fn resimulate(context: &mut Context) -> Result<()> {
    const TIMES: u32 = 20_000;
    let kernel = Kernel {
        module: context.root.join("examples/target/footlights/pages/simulating/client.js"),
        call: "bench_rollback".into(),
        args: vec![json!(ID), json!(8), json!(TIMES)],
        network: Value::Null,
    };
    let each = kernel.run(context)?.iter().map(|s| s * 1e6 / f64::from(TIMES)).collect();
    let figure = Figure::spread("rollback/resimulate_8", Spread::of(each), "us");
    context.add(figure.at_most(1_000.0).detail("where", "client module in node's V8"))
}

/// Six hundred ticks of random play.
fn played() -> Result<(GameScene, Timeline)> {
    let scene = GameScene::new::<SlimeVolleyball>(
        "game",
        Config { lives: 200, max_steps: 100_000, ..Config::default() },
    )
    .execution(Execution::Browser)
    .seat(Seat::Human)
    .seat(Seat::Human);
    let mut timeline = Timeline::new(scene.rules(), scene.environment.make()?, 1);
    for _ in 0..600 {
        let actions = conformance::random_actions(timeline.sim(), 1);
        let moves = (0u8..).map(footlights_env::Agent).zip(actions.into_iter().map(Move::Action)).collect();
        timeline.advance(&moves)?;
    }
    Ok((scene, timeline))
}

/// One second of somebody who holds still, up and down, without the headers of WebSocket.
fn messages(context: &mut Context, tick: Tick) -> Result<()> {
    let ping = ClientToRoom::Ping { time: MonotonicMs(123_456.7), rtt: 150.25, focused: true };
    let shown = ClientToRoom::RenderReport(RenderReport {
        until: tick,
        digest: Some(u64::MAX),
        input_delay: 3,
        notes: Vec::new(),
        ticks: 30,
    });
    let up = wire::encode(&ping).len() + wire::encode(&shown).len();
    context.add(Figure::new("rollback/idle_upstream", up as f64, "bytes/s").at_most(40.0))?;
    let told = ConfirmedTick {
        tick,
        at_ms: EpochMs(1_790_000_000_000),
        moves: Vec::new(),
        tag: u64::MAX,
        digest: None,
        persisted: None,
    };
    let down = wire::encode(&RoomToClient::ConfirmedTick(told)).len();
    context.add(Figure::new("rollback/tick_without_a_move", down as f64, "bytes"))
}

/// A game of 3,000 ticks, played again with a digest a tick.
fn verify(context: &mut Context) -> Result<()> {
    const TICKS: u32 = 3_000;
    let registry = footlights_environments::registry();
    let entry = registry.get(ID)?;
    let mut sim =
        Sim::<SlimeVolleyball>::new(Config { lives: 200, max_steps: 100_000, ..Config::default() })?;
    let config = sim.config()?;
    let here = entry.fingerprint_of(&config)?;
    let replay = recorded(&mut sim, TICKS, here, &config)?;
    let seconds = time(|| replay.verify(&mut sim, here));
    anyhow::ensure!(replay.verify(&mut sim, here) == Ok(TICKS), "the replay does not hold");
    let each = Spread::of(seconds.iter().map(|s| s * 1e3).collect());
    context
        .add(Figure::spread("rollback/verify_3000_ticks", each, "ms").at_most(20.0).detail("where", "native"))
}

fn recorded(sim: &mut dyn Simulation, ticks: u32, here: u64, config: &Value) -> Result<Replay> {
    sim.reset(1, 0);
    let mut episode = ReplayEpisode { episode: 0, actions: Vec::new(), digest: 0, digests: Vec::new() };
    for _ in 0..ticks {
        let actions = conformance::random_actions(sim, 1);
        sim.step(&actions)?;
        episode.actions.push(actions.to_vec());
        episode.digests.push(sim.digest()?);
    }
    episode.digest = sim.digest()?;
    let info = GameInfo {
        game_id: "bench".into(),
        experiment: "bench".into(),
        scene: "game".into(),
        seed: 1,
        seats: Vec::new(),
        condition: Default::default(),
        opened_at: None,
    };
    Ok(Replay {
        format: FORMAT,
        info,
        environment: ID.into(),
        config: config.to_string(),
        fingerprint: here,
        fps: 30.0,
        episodes: vec![episode],
    })
}
