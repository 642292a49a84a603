//! The order of scenes: blocks that may be shuffled, cut down or repeated, and factors with their levels. The path of one
//! participant is drawn once, from a seed, and stored.

use footlights_env::{Rng, Stream};
use serde::Serialize;

use crate::{condition::Condition, id::is_id, scene::Scene};

/// A part of an experiment: a scene, a block or a factor.
#[derive(Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// One scene.
    Scene(Scene),
    /// Several elements that belong together.
    Block(Block),
    /// Different scenes for different participants.
    Factor(Factor),
}

/// Several scenes or blocks that belong together. The options act on the elements of the block, in the order in which they
/// are called.
///
/// ```
/// use footlights_experiment::{Block, Page};
///
/// // Every participant reads two of the three pages, in a random order.
/// let block = Block::new()
///     .scene(Page::new("a", "A"))
///     .scene(Page::new("b", "B"))
///     .scene(Page::new("c", "C"))
///     .shuffle()
///     .keep(2);
/// ```
#[derive(Clone, Default, Serialize)]
#[must_use]
pub struct Block {
    pub(crate) steps: Vec<Element>,
    shuffle: bool,
    keep: Option<usize>,
    /// The factor whose levels are the orders of the elements.
    #[serde(skip_serializing_if = "Option::is_none")]
    square: Option<Factor>,
}

/// A factor of the design: each participant is assigned to one of its levels and goes through that level's scenes.
///
/// ```
/// use footlights_experiment::{Block, Experiment, Factor, Page};
///
/// let hint = Factor::new("hint")
///     .level("given", Block::new().scene(Page::new("with_hint", "How to play").text("Take a run-up.")))
///     .level("withheld", Block::new().scene(Page::new("without_hint", "How to play")));
/// let experiment = Experiment::new("e", "An experiment").factor(hint);
/// assert_eq!(experiment.conditions().len(), 2);
/// ```
#[derive(Clone, Serialize)]
#[must_use]
pub struct Factor {
    /// What the levels differ in, such as `difficulty`; the name in the data.
    pub name: String,
    /// Who has a level of it together.
    #[serde(skip_serializing_if = "Unit::is_usual")]
    pub unit: Unit,
    pub(crate) levels: Vec<(String, Block)>,
}

/// Who is assigned to a level together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Each participant, when they begin.
    #[default]
    Person,
    /// Those who play a game together, when their group is made. Balanced over groups whose game was completed.
    Group,
    /// All who come with the same value of the address's parameter `session`, when the first of their groups is made.
    Session,
}

impl Unit {
    /// The unit's name in the configuration and in storage.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Group => "group",
            Self::Session => "session",
        }
    }

    fn is_usual(&self) -> bool {
        *self == Self::Person
    }
}

impl Block {
    /// A block without scenes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a scene.
    pub fn scene(mut self, scene: impl Into<Scene>) -> Self {
        self.steps.push(Element::Scene(scene.into()));
        self
    }

    /// Adds a block.
    pub fn block(mut self, block: Block) -> Self {
        self.steps.push(Element::Block(block));
        self
    }

    /// Draws the order of the elements for each participant.
    pub fn shuffle(mut self) -> Self {
        self.shuffle = true;
        self
    }

    /// Gives each participant only the first `n` elements; in a shuffled block, `n` random ones.
    pub fn keep(mut self, n: usize) -> Self {
        self.keep = Some(n);
        self
    }

    /// Takes every participant through all elements so far, in one of the orders of a balanced Latin square (Williams,
    /// "Experimental designs balanced for the estimation of residual effects of treatments", 1949): over all orders each
    /// element is equally often in each place, and follows each other one equally often. With an even number of elements
    /// there are as many orders, with an odd one twice as many. The order is the level of the factor `name`, `order_1` and so
    /// on, so assignment balances it. Call this last.
    ///
    /// ```
    /// use footlights_experiment::{Block, Condition, Experiment, Page};
    ///
    /// let block = Block::new().scene(Page::new("a", "A")).scene(Page::new("b", "B")).latin_square("order");
    /// let experiment = Experiment::new("e", "An experiment").block(block);
    /// let second = Condition::from([("order".to_owned(), "order_2".to_owned())]);
    /// assert_eq!(experiment.draw(&second, 7), ["b", "a"]);
    /// ```
    pub fn latin_square(mut self, name: &str) -> Self {
        let orders = 1..=williams(self.steps.len()).len();
        self.square = Some(orders.fold(Factor::new(name), |factor, k| factor.value(&format!("order_{k}"))));
        self
    }

    /// Repeats the elements so far `n` times. The scenes of the k-th time have `-k` at the end of their ids, so that each
    /// has its own place in the data.
    pub fn repeat(mut self, n: usize) -> Self {
        let once = std::mem::take(&mut self.steps);
        for k in 1..=n {
            let mut again = Self { steps: once.clone(), ..Self::default() };
            each_scene(&mut again.steps, &mut |scene| scene.set_id(format!("{}-{k}", scene.id())));
            self.steps.push(Element::Block(again));
        }
        self
    }
}

impl Factor {
    /// A factor without levels; it needs at least two.
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), unit: Unit::Person, levels: Vec::new() }
    }

    /// Adds a level without scenes of its own: a game is [varied](crate::GameScene::varied) by it, or a text names it.
    ///
    /// ```
    /// use footlights_experiment::{Factor, Unit};
    ///
    /// let multiplier = Factor::new("multiplier").value("low").value("high").per(Unit::Group);
    /// ```
    pub fn value(self, name: &str) -> Self {
        self.level(name, Block::new())
    }

    /// Who has a level together: without this, each participant has one of their own.
    pub fn per(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    /// Adds a level, and the scenes that its participants go through.
    pub fn level(mut self, name: &str, block: Block) -> Self {
        self.levels.push((name.into(), block));
        self
    }
}

/// The rows of a Williams design for `n` treatments.
fn williams(n: usize) -> Vec<Vec<usize>> {
    // 0, n-1, 1, n-2, …: neighbours differ by every distance once.
    let first: Vec<usize> = (0..n).map(|k| if k.is_multiple_of(2) { k / 2 } else { n - 1 - k / 2 }).collect();
    let shifted = |by: usize| first.iter().map(|place| (place + by) % n).collect::<Vec<usize>>();
    let rows: Vec<Vec<usize>> = (0..n).map(shifted).collect();
    let mirrored = rows.iter().map(|row| row.iter().rev().copied().collect());
    if n.is_multiple_of(2) { rows } else { rows.iter().cloned().chain(mirrored).collect() }
}

fn each_scene(steps: &mut [Element], change: &mut impl FnMut(&mut Scene)) {
    for step in steps {
        match step {
            Element::Scene(scene) => change(scene),
            Element::Block(block) => each_scene(&mut block.steps, change),
            Element::Factor(factor) => {
                for (_, block) in &mut factor.levels {
                    each_scene(&mut block.steps, change);
                }
            }
        }
    }
}

/// Every scene that any participant may see, in the order in which they are written.
pub(crate) fn scenes(steps: &[Element]) -> Vec<&Scene> {
    steps.iter().flat_map(scenes_of).collect()
}

fn scenes_of(step: &Element) -> Vec<&Scene> {
    match step {
        Element::Scene(scene) => vec![scene],
        Element::Block(block) => scenes(&block.steps),
        Element::Factor(factor) => factor.levels.iter().flat_map(|(_, block)| scenes(&block.steps)).collect(),
    }
}

/// Every combination of levels that a participant can be assigned to, in the order in which they are written; a single
/// empty one without factors.
pub(crate) fn conditions(steps: &[Element]) -> Vec<Condition> {
    crossed(factors(steps).into_iter().filter(|factor| factor.unit == Unit::Person))
}

/// Every combination of the levels of some factors.
pub(crate) fn crossed<'a>(factors: impl IntoIterator<Item = &'a Factor>) -> Vec<Condition> {
    factors.into_iter().fold(vec![Condition::new()], |conditions, factor| {
        let with = |condition: &Condition, name: &String| {
            let mut condition = condition.clone();
            condition.insert(factor.name.clone(), name.clone());
            condition
        };
        conditions
            .iter()
            .flat_map(|condition| factor.levels.iter().map(move |(name, _)| with(condition, name)))
            .collect()
    })
}

/// The factors, which stand on the top level only; the order of a block is one of them.
pub(crate) fn factors(steps: &[Element]) -> Vec<&Factor> {
    let factor = |step: &'_ Element| match step {
        Element::Factor(_) => true,
        Element::Block(block) => block.square.is_some(),
        Element::Scene(_) => false,
    };
    let all = steps.iter().filter(|step| factor(step));
    all.filter_map(|step| match step {
        Element::Factor(factor) => Some(factor),
        Element::Block(block) => block.square.as_ref(),
        Element::Scene(_) => None,
    })
    .collect()
}

/// The ids of the scenes of one participant.
pub(crate) fn draw(steps: &[Element], condition: &Condition, seed: u64) -> Vec<String> {
    let mut path = Vec::new();
    walk(steps, condition, &mut Rng::derive(seed, Stream::Order, 0, 0), &mut path);
    path
}

fn walk(steps: &[Element], condition: &Condition, rng: &mut Rng, path: &mut Vec<String>) {
    for step in steps {
        match step {
            Element::Scene(scene) => path.push(scene.id().to_owned()),
            Element::Block(block) => walk_block(block, condition, rng, path),
            Element::Factor(factor) => {
                let name = condition.get(&factor.name);
                let level =
                    factor.levels.iter().find(|(level, _)| Some(level) == name).or(factor.levels.first());
                if let Some((_, block)) = level {
                    walk_block(block, condition, rng, path);
                }
            }
        }
    }
}

fn walk_block(block: &Block, condition: &Condition, rng: &mut Rng, path: &mut Vec<String>) {
    let mut order: Vec<&Element> = block.steps.iter().collect();
    if block.shuffle {
        rng.shuffle(&mut order);
    }
    if let Some(square) = &block.square {
        let level = condition.get(&square.name);
        let row = square.levels.iter().position(|(name, _)| Some(name) == level).unwrap_or(0);
        let rows = williams(block.steps.len());
        order = rows.get(row).into_iter().flatten().filter_map(|at| block.steps.get(*at)).collect();
    }
    order.truncate(block.keep.unwrap_or(usize::MAX));
    for step in order {
        walk(std::slice::from_ref(step), condition, rng, path);
    }
}

/// Finds what is wrong with the order: the scene (if it is about one), the option, and why.
pub(crate) fn validate(steps: &[Element]) -> Result<(), (String, &'static str, String)> {
    let mut names = std::collections::BTreeSet::new();
    for factor in factors(steps) {
        let wrong = |why: String| Err((String::new(), "factor", why));
        if !is_id(&factor.name) || !names.insert(&factor.name) {
            return wrong(format!(
                "the name of factor {:?} must be letters, digits, _ and -, and unique",
                factor.name
            ));
        }
        if factor.levels.len() < 2 {
            return wrong(format!(
                "factor {:?} has {} levels, but needs at least two",
                factor.name,
                factor.levels.len()
            ));
        }
        let mut seen = std::collections::BTreeSet::new();
        for (name, block) in &factor.levels {
            if !is_id(name) || !seen.insert(name) {
                return wrong(format!(
                    "level {name:?} of {:?} must be letters, digits, _ and -, and unique",
                    factor.name
                ));
            }
            if block.square.is_some() {
                return wrong(format!(
                    "level {name:?} is a block in the orders of a Latin square; add it to the experiment"
                ));
            }
            // All levels may be without scenes: then they vary a game, or stand in texts.
            if factor.levels.iter().any(|(_, block)| !block.steps.is_empty()) {
                validate_block(block)?;
            }
            if factor.unit != Unit::Person && !block.steps.is_empty() {
                let name = &factor.name;
                return wrong(format!(
                    "level {name:?} has scenes, but the scenes of a participant are drawn before their group is made"
                ));
            }
        }
    }
    for step in steps {
        if let Element::Block(block) = step {
            validate_block(block)?;
        }
    }
    Ok(())
}

fn validate_block(block: &Block) -> Result<(), (String, &'static str, String)> {
    let scenes = scenes(&block.steps);
    let first = scenes.first().map(|scene| scene.id().to_owned()).unwrap_or_default();
    if block.steps.is_empty() {
        return Err((first, "block", "a block or a level has no scenes, or is repeated 0 times".into()));
    }
    if let Some(keep) = block.keep
        && !(1..=block.steps.len()).contains(&keep)
    {
        return Err((
            first,
            "keep",
            format!("the block has {} elements, so it cannot keep {keep}", block.steps.len()),
        ));
    }
    if let Some(square) = &block.square {
        let orders = williams(block.steps.len()).len();
        let why = match () {
            () if square.levels.len() != orders => {
                "latin_square must be the last call: it orders what is there by then"
            }
            () if block.shuffle || block.keep.is_some() => {
                "a block in the orders of a Latin square cannot be shuffled or cut down as well"
            }
            () => "",
        };
        if !why.is_empty() {
            return Err((first, "latin_square", why.into()));
        }
    }
    for step in &block.steps {
        match step {
            Element::Block(block) if block.square.is_some() => {
                let why =
                    "a block in the orders of a Latin square is inside a block; add it to the experiment";
                return Err((first, "latin_square", why.into()));
            }
            Element::Block(block) => validate_block(block)?,
            Element::Factor(factor) => {
                let why = format!("factor {:?} is inside a block; add it to the experiment", factor.name);
                return Err((first, "factor", why));
            }
            Element::Scene(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::Page;

    fn page(id: &str) -> Page {
        Page::new(id, id)
    }

    fn five() -> Block {
        ["a", "b", "c", "d", "e"].into_iter().fold(Block::new(), |block, id| block.scene(page(id)))
    }

    #[test]
    fn a_fixed_block_keeps_its_order_and_a_shuffled_one_has_every_order_equally_often() {
        let steps = [Element::Block(five())];
        assert_eq!(draw(&steps, &Condition::new(), 3), ["a", "b", "c", "d", "e"]);
        let three = Block::new().scene(page("a")).scene(page("b")).scene(page("c")).shuffle();
        let steps = [Element::Block(three)];
        let mut orders: BTreeMap<Vec<String>, u32> = BTreeMap::new();
        for seed in 0..6_000 {
            *orders.entry(draw(&steps, &Condition::new(), seed)).or_default() += 1;
        }
        // 1,000 each are expected; five standard deviations are 144.
        // The order of a participant is drawn again from the stored seed: it must never change.
        assert_eq!(
            draw(&[Element::Block(five().shuffle())], &Condition::new(), 2026),
            ["a", "c", "d", "e", "b"]
        );
        assert_eq!(orders.len(), 6);
        assert!(orders.values().all(|n| (856..1_144).contains(n)), "{orders:?}");
    }

    #[test]
    fn keep_takes_so_many_and_the_same_seed_draws_the_same() {
        let steps = [Element::Block(five().shuffle().keep(2))];
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let path = draw(&steps, &Condition::new(), seed);
            assert_eq!(path.len(), 2);
            assert_eq!(path, draw(&steps, &Condition::new(), seed));
            seen.insert(path);
        }
        assert_eq!(seen.len(), 20);
    }

    #[test]
    fn what_is_repeated_has_ids_of_its_own() {
        let steps = [Element::Block(Block::new().scene(page("a")).scene(page("b")).repeat(2))];
        assert_eq!(draw(&steps, &Condition::new(), 0), ["a-1", "b-1", "a-2", "b-2"]);
        let shuffled = Element::Block(Block::new().scene(page("a")).repeat(3).shuffle());
        let ids: Vec<_> = scenes(&[shuffled]).iter().map(|scene| scene.id().to_owned()).collect();
        assert_eq!(ids, ["a-1", "a-2", "a-3"]);
    }

    #[test]
    fn factors_are_crossed_and_a_level_leads_through_its_own_scenes() {
        let steps = [
            Element::Scene(page("start").into()),
            Element::Factor(
                Factor::new("hill")
                    .level("low", Block::new().scene(page("low")))
                    .level("high", Block::new().scene(page("high"))),
            ),
            Element::Factor(
                Factor::new("hint")
                    .level("yes", Block::new().scene(page("hint")))
                    .level("no", Block::new().scene(page("none"))),
            ),
        ];
        let all = conditions(&steps);
        assert_eq!(all.len(), 4);
        let path = |k: usize| draw(&steps, &all[k], 1);
        assert_eq!(path(0), ["start", "low", "hint"]);
        assert_eq!(path(3), ["start", "high", "none"]);
        assert_eq!(conditions(&steps[..1]), [Condition::new()]);
    }

    #[test]
    fn in_a_latin_square_every_element_is_in_every_place_and_follows_every_other_equally_often() {
        for n in 2..=9 {
            let ids: Vec<String> = (0..n).map(|k| format!("s{k}")).collect();
            let block =
                ids.iter().fold(Block::new(), |block, id| block.scene(page(id))).latin_square("order");
            let steps = [Element::Block(block)];
            validate(&steps).unwrap();
            let orders: Vec<Vec<String>> =
                conditions(&steps).iter().map(|one| draw(&steps, one, 5)).collect();
            assert_eq!(orders.len(), if n % 2 == 0 { n } else { 2 * n });
            let (mut places, mut pairs) = (BTreeMap::new(), BTreeMap::new());
            for order in &orders {
                for (place, id) in order.iter().enumerate() {
                    *places.entry((place, id)).or_insert(0) += 1;
                }
                for pair in order.windows(2) {
                    *pairs.entry(pair).or_insert(0) += 1;
                }
            }
            assert_eq!((places.len(), pairs.len()), (n * n, n * (n - 1)), "{n}");
            let even = |counts: Vec<i32>| counts.iter().all(|count| *count == counts[0]);
            assert!(even(places.into_values().collect()) && even(pairs.into_values().collect()), "{n}");
        }
    }

    #[test]
    fn wrong_orders_are_named() {
        let why = |step: Element| validate(&[step]).unwrap_err();
        assert_eq!(why(Element::Block(five().keep(6))).1, "keep");
        assert_eq!(why(Element::Block(five().keep(0))).0, "a");
        assert_eq!(why(Element::Block(five().repeat(0))).1, "block");
        assert_eq!(why(Element::Block(five().latin_square("o").scene(page("f")))).1, "latin_square");
        assert_eq!(why(Element::Block(five().shuffle().latin_square("o"))).1, "latin_square");
        assert_eq!(why(Element::Block(Block::new().block(five().latin_square("o")))).1, "latin_square");
        let one = Factor::new("f").level("x", five());
        assert!(why(Element::Factor(one.clone())).2.contains("1 levels"));
        assert!(why(Element::Factor(one.clone().level("x", five()))).2.contains("\"x\""));
        assert!(
            why(Element::Factor(Factor::new("f g").level("x", five()).level("y", five()))).2.contains("f g")
        );
        let mut inner = Block::new();
        inner.steps.push(Element::Factor(one.level("y", five())));
        assert!(why(Element::Block(inner)).2.contains("add it to the experiment"));
    }
}
