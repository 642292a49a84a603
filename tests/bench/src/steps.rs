//! Environment steps a second, natively and in WebAssembly.

use anyhow::Result;
use footlights_bench_kernels::steps;
use footlights_env::{Environment, conformance};
use footlights_environments::{
    mountain_car::MountainCar, overcooked::Overcooked, slime_volleyball::SlimeVolleyball,
};
use serde_json::{Value, json};

use crate::{
    context::Context,
    measure::{Spread, time},
    node::Kernel,
    report::Figure,
};

/// Long enough for V8 to have compiled everything, short enough to repeat.
const STEPS: u32 = 1_000_000;

fn rate(seconds: &[f64]) -> Spread {
    Spread::of(seconds.iter().map(|s| f64::from(STEPS) / s).collect())
}

fn typed<E: Environment>() -> Spread {
    rate(&time(|| steps::typed::<E>(STEPS)))
}

fn erased(id: &str) -> Spread {
    let registry = footlights_environments::registry();
    rate(&time(|| steps::erased(&registry, id, STEPS)))
}

/// The environments' own step functions, and the same through `Simulation`.
pub fn native(context: &mut Context) -> Result<()> {
    let figure = Figure::spread("env_steps_native", typed::<SlimeVolleyball>(), "steps/s");
    context.add(figure.at_least(5e6).detail("environment", SlimeVolleyball::ID))?;
    let simulation = erased(SlimeVolleyball::ID);
    context.add(Figure::spread("env_steps_native/slime_as_simulation", simulation, "steps/s"))?;
    context.add(Figure::spread("env_steps_native/mountain_car", typed::<MountainCar>(), "steps/s"))?;
    let simulation = erased(MountainCar::ID);
    context.add(Figure::spread("env_steps_native/car_as_simulation", simulation, "steps/s"))?;
    let figure = Figure::spread("env_steps_native/overcooked", typed::<Overcooked>(), "steps/s");
    context.add(figure.at_least(3e6).detail("layout", "cramped_room, two cooks"))?;
    let simulation = erased(Overcooked::ID);
    context.add(Figure::spread("env_steps_native/overcooked_as_simulation", simulation, "steps/s"))
}

/// The same in V8, and how much of the native rate is left.
pub fn wasm(context: &mut Context) -> Result<()> {
    let (slime, car, overcooked) = (SlimeVolleyball::ID, MountainCar::ID, Overcooked::ID);
    let kernels = context.kernels()?;
    let kernel = |call: &str, id: &str| -> Result<Spread> {
        let args = vec![json!(id), json!(STEPS)];
        Ok(rate(
            &Kernel { module: kernels.clone(), call: call.into(), args, network: Value::Null }
                .run(context)?,
        ))
    };
    let client = Kernel {
        module: context.root.join("examples/target/footlights/pages/simulating/client.js"),
        call: "bench_steps".into(),
        args: vec![json!(slime), json!(STEPS)],
        network: Value::Null,
    };
    let client = rate(&client.run(context)?);
    let rows = [
        ("", kernel("typed_steps", slime)?, typed::<SlimeVolleyball>()),
        ("/slime_as_simulation", kernel("erased_steps", slime)?, erased(slime)),
        ("/mountain_car", kernel("typed_steps", car)?, typed::<MountainCar>()),
        ("/car_as_simulation", kernel("erased_steps", car)?, erased(car)),
        ("/overcooked", kernel("typed_steps", overcooked)?, typed::<Overcooked>()),
        ("/overcooked_as_simulation", kernel("erased_steps", overcooked)?, erased(overcooked)),
    ];
    for (suffix, wasm, native) in rows {
        context.add(Figure::spread(format!("env_steps_wasm{suffix}"), wasm, "steps/s"))?;
        let name = format!("env_steps_wasm{suffix}/to_native");
        context.add(Figure::new(name, wasm.median / native.median, "").at_least(0.6))?;
    }
    // Most of this is the drawing of random actions, for which V8 has no wide registers: no aim.
    let figure = Figure::spread("env_steps_wasm/client_module", client, "steps/s");
    let ratio = client.median / client_loop(slime)?.median;
    context.add(figure.detail("includes", "drawing random actions").detail("to_native", ratio))
}

/// Natively what the client module's `bench_steps` does: its random actions are drawn on the way.
fn client_loop(id: &str) -> Result<Spread> {
    let mut simulation = footlights_environments::registry().get(id)?.make_default()?;
    let seconds = time(|| {
        let mut episode = 0;
        simulation.reset(1, episode);
        for _ in 0..STEPS {
            let actions = conformance::random_actions(simulation.as_ref(), 1);
            if simulation.step(&actions)?.done() {
                episode += 1;
                simulation.reset(1, episode);
            }
        }
        anyhow::Ok(())
    });
    Ok(rate(&seconds))
}
