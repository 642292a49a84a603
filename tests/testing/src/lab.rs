//! What must hold of every lab. A lab's tests are one line, `footlights::tests!(my_lab::app);`, which calls each of these.

use footlights_app::App;
use footlights_env::conformance;
use serde_json::Value;

use crate::walk;

/// The seed of all walks.
const SEED: u64 = 1;

/// Every environment passes the conformance kit, as it is by default.
///
/// # Panics
/// With the gate that does not hold, and what happened there.
pub fn environments_conform(app: fn() -> App) {
    let failures: Vec<String> = app()
        .registry()
        .iter()
        .filter_map(|entry| conformance::check(entry).err())
        .map(|e| e.to_string())
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Every environment has the digest that `goldens.json` in the lab's folder holds, where it holds one: it is the game that
/// it was. `golden --accept` writes the file.
///
/// # Panics
/// With the environments that are other games now.
pub fn goldens_hold(app: fn() -> App, root: &str) {
    let path = std::path::Path::new(root).join("goldens.json");
    let text = if path.exists() { std::fs::read_to_string(&path) } else { Ok("{}".into()) };
    let kept: Value =
        text.ok().and_then(|text| serde_json::from_str(&text).ok()).expect("goldens.json is JSON");
    let goldens = conformance::goldens(app().registry()).expect("every environment can be simulated");
    let changed: Vec<String> = goldens
        .iter()
        .filter_map(|(id, here)| {
            let before = kept[id].as_str()?;
            (before != here).then(|| format!("{id}: {here}, was {before}"))
        })
        .collect();
    assert!(
        changed.is_empty(),
        "other games than before; if that is meant, `cargo run -- golden --accept`:\n{}",
        changed.join("\n")
    );
}

/// Every experiment of the lab in `root` is configured right, with all its files, and every environment passes the
/// conformance kit as each of its games configures it.
///
/// # Panics
/// With whatever [`App::review`] finds.
pub fn experiments_are_right(app: fn() -> App, root: &str) {
    let app = app();
    let review = app.review(&std::path::Path::new(root).join(app.assets_folder()));
    assert!(review.errors.is_empty(), "{}", review.errors.join("\n"));
}

/// Everybody who takes part in an experiment comes to an end, in every condition.
///
/// # Panics
/// With the scene where somebody is stuck, or the game that fails.
pub fn bots_walk_through(app: fn() -> App) {
    footlights_app::install(app);
    for experiment in footlights_app::installed().experiments() {
        match walk(&experiment, SEED) {
            Ok(walks) => {
                for walked in walks {
                    let (scenes, ticks) = (walked.scenes.len(), walked.ticks);
                    println!("{}: {scenes} scenes and {ticks} ticks to {:?}", experiment.id, walked.ending);
                }
            }
            Err(stuck) => panic!("{stuck}"),
        }
    }
}
