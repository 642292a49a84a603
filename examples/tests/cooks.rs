//! The trained cooks: how many soups they serve with themselves, with the scripted cook, and with one who errs.

use footlights::env::{RandomPolicy, Sim, Simulation, Stream};
use footlights::environments::overcooked::{Config, Greedy, Layout, Overcooked};
use footlights::prelude::*;
use footlights_examples::policies;

const GAMES: u32 = 40;

/// The scripted cook, who does something at random three times in ten, as a distracted person does.
struct Distracted(Greedy);

impl Policy for Distracted {
    fn act(&mut self, observation: &[f32], rng: &mut Rng) -> Result<ActionValue, PolicyError> {
        // Asked in any case, so that it notices where it stands.
        let planned = self.0.act(observation, rng)?;
        if rng.below(10) < 3 {
            return RandomPolicy(Space::Discrete { n: 6 }).act(observation, rng);
        }
        Ok(planned)
    }

    fn reset(&mut self) {
        self.0.reset();
    }
}

/// Makes a cook for a kitchen.
type Cook = fn(&str) -> Box<dyn Policy>;

/// Soups a game of 400 steps, over games with the cooks at either place.
fn soups(kitchen: &str, cooks: [Cook; 2]) -> f32 {
    let config = Config { layout: Layout::named(kitchen), ..Config::default() };
    let mut sim = Sim::<Overcooked>::new(config).unwrap();
    let mut served = 0.0;
    for game in 0..GAMES {
        let mut seated = cooks.map(|cook| cook(kitchen));
        if game % 2 == 1 {
            seated.reverse();
        }
        sim.reset(u64::from(game), 0);
        loop {
            let actions: Vec<ActionValue> = (0u8..)
                .map(Agent)
                .zip(&mut seated)
                .map(|(agent, cook)| {
                    let mut observation = Vec::new();
                    sim.observe(agent, &mut observation);
                    let mut rng = Rng::derive(u64::from(game), Stream::Policy(agent.0), 0, sim.tick() + 1);
                    cook.act(&observation, &mut rng).unwrap()
                })
                .collect();
            let step = sim.step(&actions).unwrap();
            served += step.rewards[0] / 20.0;
            if step.done() {
                break;
            }
        }
    }
    served / GAMES as f32
}

fn trained(kitchen: &str) -> Box<dyn Policy> {
    policies::cook(kitchen).unwrap()
}

fn scripted(kitchen: &str) -> Box<dyn Policy> {
    Box::new(Greedy::on(&Layout::named(kitchen)))
}

fn distracted(kitchen: &str) -> Box<dyn Policy> {
    Box::new(Distracted(Greedy::on(&Layout::named(kitchen))))
}

#[test]
fn trained_cooks_serve_more_than_scripted_ones_and_work_with_others() {
    for kitchen in policies::WITH_A_TRAINED_COOK {
        let pair = soups(kitchen, [scripted, scripted]);
        let [own, with_scripted, with_distracted] =
            [trained, scripted, distracted].map(|partner: Cook| soups(kitchen, [trained, partner]));
        let both_err = soups(kitchen, [scripted, distracted]);
        println!(
            "{kitchen}: {own:.1} soups with itself, {with_scripted:.1} with the scripted cook, {with_distracted:.1} with a distracted \
             one; the scripted cook serves {pair:.1} with itself and {both_err:.1} with a distracted one"
        );
        assert!(own > pair, "{kitchen}: {own} with itself, scripted cooks {pair}");
        assert!(with_scripted > 0.7 * pair, "{kitchen}: {with_scripted} with the scripted cook");
        assert!(with_distracted > 0.7 * both_err, "{kitchen}: {with_distracted} with a distracted cook");
    }
}
