//! A room's ticks, the bytes of its frames, and its snapshots, all without a socket.

use anyhow::{Context as _, Result};
use footlights_env::{Simulation, conformance};

use crate::{
    context::Context,
    game::{Game, Handed, mountain_car, orchard, people, slime},
    measure::{Spread, percentile, time},
    report::Figure,
    swarm::{self, Swarm},
};

/// What RFC 6455 puts before a message of up to 125 bytes from a server.
const WEBSOCKET_HEADER: f64 = 2.0;

/// Ticks with everything that belongs to them: keys decoded, step, row, pictures, frames encoded, chunks.
pub fn ticks(context: &mut Context) -> Result<()> {
    const TICKS: u32 = 20_000;
    let measure = |mut games: Vec<Game>| -> Result<(Spread, Spread)> {
        let count = games.len() as u32;
        let seconds = time(|| games.iter_mut().try_for_each(|game| game.play(TICKS / count).map(|_| ())));
        let each = |s: &f64| s / f64::from(TICKS / count * count);
        let rates = seconds.iter().map(|s| 1.0 / each(s)).collect();
        Ok((Spread::of(rates), Spread::of(seconds.iter().map(|s| each(s) * 1e6).collect())))
    };
    let slimes = |n: u64| (0..n).map(|seed| Game::new(slime(), seed)).collect::<Result<Vec<_>>>();
    let (rate, cost) = measure(slimes(1)?)?;
    context.add(Figure::spread("room_ticks", rate, "ticks/s").detail("game", "slime, 2 people"))?;
    context.add(Figure::spread("room_ticks/1_room", cost, "us/tick"))?;
    context.add(Figure::spread("room_ticks/8_rooms", measure(slimes(8)?)?.1, "us/tick"))?;
    let (_, cost) = measure(vec![Game::new(orchard(), 1)?])?;
    let figure = Figure::spread("room_ticks/orchard_of_8", cost, "us/tick");
    context.add(figure.detail("game", "commons harvest, 8 people, 7 x 7 cells each"))?;
    for discs in [10, 100, 1_000] {
        let scene = people::<Swarm>(swarm::Config { discs }, 1);
        let (_, cost) = measure(vec![Game::new(scene, 1)?])?;
        let name = format!("room_ticks/{discs}_moving_discs");
        context.add(Figure::spread(name, cost, "us/tick").detail("game", "draws only, 1 person"))?;
    }
    Ok(())
}

/// What a minute of random play costs on the wire.
pub fn frame_bytes(context: &mut Context) -> Result<()> {
    const SECONDS: u32 = 60;
    for (suffix, scene, aim) in [
        ("", slime(), Some(60.0)),
        ("/mountain_car", mountain_car(), None),
        ("/orchard_of_8", orchard(), None),
    ] {
        let people = scene.human_count() as f64;
        let ticks = SECONDS * scene.stepping.fps as u32;
        let Handed { mut frames, other_bytes, .. } = Game::new(scene, 1)?.play(ticks)?;
        frames.sort_unstable();
        let lengths: Vec<f64> = frames.iter().map(|length| *length as f64).collect();
        let sum: f64 = lengths.iter().sum();
        let mean = sum / lengths.len() as f64;
        let rate = (sum + other_bytes as f64) / f64::from(SECONDS) / people;
        let figure = Figure::new(format!("frame_bytes{suffix}"), mean, "bytes")
            .detail("with_websocket_header", mean + WEBSOCKET_HEADER)
            .detail("p50", percentile(&lengths, 0.5))
            .detail("p99", percentile(&lengths, 0.99))
            .detail("max", percentile(&lengths, 1.0))
            .detail("all_messages_bytes_per_second", rate);
        context.add(match aim {
            Some(aim) => figure.at_most(aim),
            None => figure,
        })?;
    }
    Ok(())
}

/// Size and cost of a snapshot of each environment, and of what a room stores.
pub fn snapshot(context: &mut Context) -> Result<()> {
    for entry in footlights_environments::registry().iter() {
        let mut simulation = entry.make_default()?;
        conformance::golden(simulation.as_mut())?;
        let saved = simulation.save()?;
        context.add(Figure::new(format!("snapshot/{}", entry.id), saved.len() as f64, "bytes"))?;
        let save = per_call(|simulation| simulation.save().map(|_| ()), simulation.as_mut());
        context.add(Figure::spread(format!("snapshot/{}/save", entry.id), save, "ns"))?;
        let load = per_call(|simulation| simulation.load(&saved), simulation.as_mut());
        context.add(Figure::spread(format!("snapshot/{}/load", entry.id), load, "ns"))?;
    }
    let stored = Game::new(slime(), 1)?.play(1_800)?.stored;
    let (chunk, checkpoint) = stored.get(stored.len() / 2).copied().context("nothing was stored")?;
    let figure = Figure::new("snapshot/room_checkpoint", checkpoint as f64, "bytes");
    context.add(figure.detail("game", "slime, 2 people"))?;
    let figure = Figure::new("snapshot/room_chunk", chunk as f64, "bytes");
    context.add(figure.detail("holds", "2 s of rows"))
}

fn per_call<E>(
    call: impl Fn(&mut dyn Simulation) -> Result<(), E>,
    simulation: &mut dyn Simulation,
) -> Spread {
    const CALLS: u32 = 100_000;
    let seconds = time(|| (0..CALLS).filter(|_| call(simulation).is_ok()).count());
    Spread::of(seconds.iter().map(|s| s * 1e9 / f64::from(CALLS)).collect())
}
