//! The actors of a run, which play and learn side by side in objects of their own. When all have answered, the mean of what
//! they learnt is where they go on.

use std::collections::BTreeMap;

use footlights_env::msgpack;
use footlights_learn::ppo;

use super::actor::Answer;

/// How often an actor is asked for the same before the others go on without it.
const ATTEMPTS: u32 = 3;

/// The actors of a run.
#[derive(Debug, Default)]
pub struct Crew {
    size: u32,
    /// Those that have not answered yet, with the number of what they were asked for.
    asked: BTreeMap<u32, u64>,
    answers: Vec<Answer>,
    failures: BTreeMap<u32, u32>,
}

/// What is to be done after an answer.
pub enum Next {
    /// Others are still at work.
    Wait,
    /// That actor is asked for the same again, under the same number.
    Ask,
    /// All have answered: what they learnt, the steps that they took, and their episodes.
    Learnt(Vec<Answer>, Vec<u8>),
    /// None of them can learn, for that reason.
    Failed(String),
}

impl Crew {
    /// So many actors.
    pub fn new(size: u32) -> Self {
        Self { size, ..Self::default() }
    }

    /// Whether all wait for something to do.
    pub fn is_idle(&self) -> bool {
        self.asked.is_empty()
    }

    /// All are asked for another update; `number` is larger than all before.
    pub fn ask(&mut self, number: u64) -> impl Iterator<Item = u32> + use<> {
        self.asked = (0..self.size).map(|actor| (actor, number)).collect();
        self.answers.clear();
        self.failures.clear();
        0..self.size
    }

    /// An actor has answered what it was asked for under that number, or could not be reached.
    pub fn answered(&mut self, actor: u32, number: u64, answer: Result<&[u8], &str>) -> Next {
        // An answer to another run, or to an earlier question, is none.
        if self.asked.get(&actor) != Some(&number) {
            return Next::Wait;
        }
        let read = answer.map_err(str::to_owned);
        match read.and_then(|bytes| msgpack::decode(bytes).map_err(|error| error.to_string())) {
            Ok(answer) => self.answers.push(answer),
            Err(why) => {
                let failures = self.failures.entry(actor).or_default();
                *failures += 1;
                if *failures < ATTEMPTS {
                    return Next::Ask;
                }
                if self.asked.len() == 1 && self.answers.is_empty() {
                    self.asked.clear();
                    return Next::Failed(why);
                }
            }
        }
        self.asked.remove(&actor);
        if !self.asked.is_empty() {
            return Next::Wait;
        }
        let answers = std::mem::take(&mut self.answers);
        let learnt: Vec<Vec<u8>> = answers.iter().map(|answer| answer.learnt.clone()).collect();
        match ppo::mean(&learnt) {
            Ok(mean) => Next::Learnt(answers, mean),
            Err(why) => Next::Failed(why),
        }
    }
}
