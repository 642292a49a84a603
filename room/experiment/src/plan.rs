//! The order of scenes: blocks that may be shuffled, cut down or repeated, and treatment arms. What one participant gets
//! is drawn once, from a seed, and stored.

use std::collections::BTreeMap;

use footlights_env::{Rng, Stream};
use serde::Serialize;

use crate::Scene;

/// A part of an experiment.
#[derive(Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// One scene.
    Scene(Scene),
    /// Several steps that belong together.
    Block(Block),
    /// Different steps for different participants.
    Arms(Arms),
}

/// Several steps that belong together.
#[derive(Clone, Default, Serialize)]
pub struct Block {
    pub(super) steps: Vec<Step>,
    shuffle: bool,
    keep: Option<usize>,
}

/// Treatment arms: each participant goes through one of them.
#[derive(Clone, Serialize)]
pub struct Arms {
    /// What the arms differ in, such as `difficulty`; in the data.
    pub factor: String,
    pub(super) arms: Vec<(String, Block)>,
}

/// The arm of each factor.
pub type Cell = BTreeMap<String, String>;

impl Block {
    /// A block without steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a scene.
    pub fn scene(mut self, scene: impl Into<Scene>) -> Self {
        self.steps.push(Step::Scene(scene.into()));
        self
    }

    /// Adds a block.
    pub fn block(mut self, block: Block) -> Self {
        self.steps.push(Step::Block(block));
        self
    }

    /// In another order for each participant.
    pub fn shuffle(mut self) -> Self {
        self.shuffle = true;
        self
    }

    /// Each participant gets only so many of the steps: other ones, if the block is shuffled.
    pub fn keep(mut self, n: usize) -> Self {
        self.keep = Some(n);
        self
    }

    /// What it holds so far, `n` times in a row. The scenes of the k-th time have `-k` at the end of their ids, so that
    /// each has its own place in the data.
    pub fn repeat(mut self, n: usize) -> Self {
        let once = std::mem::take(&mut self.steps);
        for k in 1..=n {
            let mut again = Self { steps: once.clone(), ..Self::default() };
            each_scene(&mut again.steps, &mut |scene| scene.set_id(format!("{}-{k}", scene.id())));
            self.steps.push(Step::Block(again));
        }
        self
    }
}

impl Arms {
    /// Arms that differ in `factor`.
    pub fn new(factor: &str) -> Self {
        Self { factor: factor.into(), arms: Vec::new() }
    }

    /// Adds an arm and what its participants go through.
    pub fn arm(mut self, name: &str, block: Block) -> Self {
        self.arms.push((name.into(), block));
        self
    }
}

fn each_scene(steps: &mut [Step], change: &mut impl FnMut(&mut Scene)) {
    for step in steps {
        match step {
            Step::Scene(scene) => change(scene),
            Step::Block(block) => each_scene(&mut block.steps, change),
            Step::Arms(arms) => {
                for (_, block) in &mut arms.arms {
                    each_scene(&mut block.steps, change);
                }
            }
        }
    }
}

/// Every scene that any participant may see, in the order in which they are written.
pub(super) fn scenes(steps: &[Step]) -> Vec<&Scene> {
    steps.iter().flat_map(scenes_of).collect()
}

fn scenes_of(step: &Step) -> Vec<&Scene> {
    match step {
        Step::Scene(scene) => vec![scene],
        Step::Block(block) => scenes(&block.steps),
        Step::Arms(arms) => arms.arms.iter().flat_map(|(_, block)| scenes(&block.steps)).collect(),
    }
}

/// Every combination of arms, in the order in which they are written; one empty one without arms.
pub(super) fn cells(steps: &[Step]) -> Vec<Cell> {
    factors(steps).into_iter().fold(vec![Cell::new()], |cells, arms| {
        let with = |cell: &Cell, name: &String| {
            let mut cell = cell.clone();
            cell.insert(arms.factor.clone(), name.clone());
            cell
        };
        cells.iter().flat_map(|cell| arms.arms.iter().map(move |(name, _)| with(cell, name))).collect()
    })
}

/// The arms on the top level; there are none elsewhere.
pub(super) fn factors(steps: &[Step]) -> Vec<&Arms> {
    let arms = |step: &'_ Step| matches!(step, Step::Arms(_));
    steps
        .iter()
        .filter(|step| arms(step))
        .filter_map(|step| if let Step::Arms(arms) = step { Some(arms) } else { None })
        .collect()
}

/// The scenes of one participant, by id.
pub(super) fn draw(steps: &[Step], cell: &Cell, seed: u64) -> Vec<String> {
    let mut path = Vec::new();
    walk(steps, cell, &mut Rng::derive(seed, Stream::Order, 0, 0), &mut path);
    path
}

fn walk(steps: &[Step], cell: &Cell, rng: &mut Rng, path: &mut Vec<String>) {
    for step in steps {
        match step {
            Step::Scene(scene) => path.push(scene.id().to_owned()),
            Step::Block(block) => walk_block(block, cell, rng, path),
            Step::Arms(arms) => {
                let name = cell.get(&arms.factor);
                let arm = arms.arms.iter().find(|(arm, _)| Some(arm) == name).or(arms.arms.first());
                if let Some((_, block)) = arm {
                    walk_block(block, cell, rng, path);
                }
            }
        }
    }
}

fn walk_block(block: &Block, cell: &Cell, rng: &mut Rng, path: &mut Vec<String>) {
    let mut order: Vec<&Step> = block.steps.iter().collect();
    if block.shuffle {
        // Fisher and Yates, from the end.
        for last in (1..order.len()).rev() {
            order.swap(last, rng.below(last as u32 + 1) as usize);
        }
    }
    order.truncate(block.keep.unwrap_or(usize::MAX));
    for step in order {
        walk(std::slice::from_ref(step), cell, rng, path);
    }
}

/// What is wrong with the order: the scene it is about (if it is about one), the option, and why.
pub(super) fn check(steps: &[Step]) -> Result<(), (String, &'static str, String)> {
    let mut names = std::collections::BTreeSet::new();
    for arms in factors(steps) {
        let wrong = |why: String| Err((String::new(), "arms", why));
        if !crate::id::is_id(&arms.factor) || !names.insert(&arms.factor) {
            return wrong(format!(
                "factor {:?} must be letters, digits, _ and -, and there once",
                arms.factor
            ));
        }
        if arms.arms.len() < 2 {
            return wrong(format!("factor {:?} has {} arms, two at least", arms.factor, arms.arms.len()));
        }
        let mut seen = std::collections::BTreeSet::new();
        for (name, block) in &arms.arms {
            if !crate::id::is_id(name) || !seen.insert(name) {
                return wrong(format!(
                    "arm {name:?} of {:?} must be letters, digits, _ and -, and there once",
                    arms.factor
                ));
            }
            check_block(block)?;
        }
    }
    for step in steps {
        if let Step::Block(block) = step {
            check_block(block)?;
        }
    }
    Ok(())
}

fn check_block(block: &Block) -> Result<(), (String, &'static str, String)> {
    let scenes = scenes(&block.steps);
    let first = scenes.first().map(|scene| scene.id().to_owned()).unwrap_or_default();
    if block.steps.is_empty() {
        return Err((first, "block", "a block or an arm without scenes (or repeated 0 times)".into()));
    }
    if let Some(keep) = block.keep
        && !(1..=block.steps.len()).contains(&keep)
    {
        return Err((first, "keep", format!("{keep} of {} steps cannot be kept", block.steps.len())));
    }
    for step in &block.steps {
        match step {
            Step::Block(block) => check_block(block)?,
            Step::Arms(arms) => {
                let why =
                    format!("arms of {:?} stand in a block; they belong to the experiment", arms.factor);
                return Err((first, "arms", why));
            }
            Step::Scene(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::Page;
    use crate::plan::*;

    fn page(id: &str) -> Page {
        Page::new(id, id)
    }

    fn five() -> Block {
        ["a", "b", "c", "d", "e"].into_iter().fold(Block::new(), |block, id| block.scene(page(id)))
    }

    #[test]
    fn a_fixed_block_keeps_its_order_and_a_shuffled_one_has_every_order_equally_often() {
        let steps = [Step::Block(five())];
        assert_eq!(draw(&steps, &Cell::new(), 3), ["a", "b", "c", "d", "e"]);
        let three = Block::new().scene(page("a")).scene(page("b")).scene(page("c")).shuffle();
        let steps = [Step::Block(three)];
        let mut orders: BTreeMap<Vec<String>, u32> = BTreeMap::new();
        for seed in 0..6_000 {
            *orders.entry(draw(&steps, &Cell::new(), seed)).or_default() += 1;
        }
        // 1,000 each are expected; five standard deviations are 144.
        assert_eq!(orders.len(), 6);
        assert!(orders.values().all(|n| (856..1_144).contains(n)), "{orders:?}");
    }

    #[test]
    fn keep_takes_so_many_and_the_same_seed_draws_the_same() {
        let steps = [Step::Block(five().shuffle().keep(2))];
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let path = draw(&steps, &Cell::new(), seed);
            assert_eq!(path.len(), 2);
            assert_eq!(path, draw(&steps, &Cell::new(), seed));
            seen.insert(path);
        }
        assert_eq!(seen.len(), 20);
    }

    #[test]
    fn what_is_repeated_has_ids_of_its_own() {
        let steps = [Step::Block(Block::new().scene(page("a")).scene(page("b")).repeat(2))];
        assert_eq!(draw(&steps, &Cell::new(), 0), ["a-1", "b-1", "a-2", "b-2"]);
        let shuffled = Step::Block(Block::new().scene(page("a")).repeat(3).shuffle());
        let ids: Vec<_> = scenes(&[shuffled]).iter().map(|scene| scene.id().to_owned()).collect();
        assert_eq!(ids, ["a-1", "a-2", "a-3"]);
    }

    #[test]
    fn factors_are_crossed_and_an_arm_leads_through_its_own_scenes() {
        let steps = [
            Step::Scene(page("start").into()),
            Step::Arms(
                Arms::new("hill")
                    .arm("low", Block::new().scene(page("low")))
                    .arm("high", Block::new().scene(page("high"))),
            ),
            Step::Arms(
                Arms::new("hint")
                    .arm("yes", Block::new().scene(page("hint")))
                    .arm("no", Block::new().scene(page("none"))),
            ),
        ];
        let all = cells(&steps);
        assert_eq!(all.len(), 4);
        let path = |k: usize| draw(&steps, &all[k], 1);
        assert_eq!(path(0), ["start", "low", "hint"]);
        assert_eq!(path(3), ["start", "high", "none"]);
        assert_eq!(cells(&steps[..1]), [Cell::new()]);
    }

    #[test]
    fn wrong_orders_are_named() {
        let why = |step: Step| check(&[step]).unwrap_err();
        assert_eq!(why(Step::Block(five().keep(6))).1, "keep");
        assert_eq!(why(Step::Block(five().keep(0))).0, "a");
        assert_eq!(why(Step::Block(five().repeat(0))).1, "block");
        let one = Arms::new("f").arm("x", five());
        assert!(why(Step::Arms(one.clone())).2.contains("1 arms"));
        assert!(why(Step::Arms(one.clone().arm("x", five()))).2.contains("\"x\""));
        assert!(why(Step::Arms(Arms::new("f g").arm("x", five()).arm("y", five()))).2.contains("f g"));
        let mut inner = Block::new();
        inner.steps.push(Step::Arms(one.arm("y", five())));
        assert!(why(Step::Block(inner)).2.contains("belong to the experiment"));
    }
}
