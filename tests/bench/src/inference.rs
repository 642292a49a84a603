//! How long a policy thinks.

use anyhow::Result;
use footlights_bench_kernels::inference::{Network, slime};
use serde_json::{Value, json};

use crate::{
    context::Context,
    measure::{Spread, time},
    node::Kernel,
    report::Figure,
};

const TIMES: u32 = 10_000;
const AIM_US: f64 = 40.0;
const WIDTHS: [usize; 4] = [12, 128, 128, 6];

/// One decision of the shipped policy and of a larger network, in V8 and, for comparison, natively.
pub fn wasm(context: &mut Context) -> Result<()> {
    let file = context.root.join(&context.policy);
    if file.exists() {
        let network = Network::load(&std::fs::read(&file)?, &slime())?;
        one(context, "inference_wasm", network, json!(file))?;
    } else {
        eprintln!("bench: there is no {}, so it is not measured", file.display());
    }
    one(context, "inference_wasm/mlp_12_128_128_6", Network::random(&WIDTHS, &slime())?, json!(WIDTHS))
}

fn one(context: &mut Context, name: &str, mut network: Network, told: Value) -> Result<()> {
    let each = |seconds: Vec<f64>| Spread::of(seconds.iter().map(|s| s * 1e6 / f64::from(TIMES)).collect());
    let module = context.kernels()?;
    let kernel = Kernel { module, call: "decide".into(), args: vec![json!(TIMES)], network: told };
    let figure = Figure::spread(name, each(kernel.run(context)?), "us").at_most(AIM_US);
    context.add(figure.detail("target", "wasm with simd128 in V8"))?;
    let native = each(time(|| network.decide(TIMES)));
    context.add(Figure::spread(format!("{name}/native"), native, "us"))
}
