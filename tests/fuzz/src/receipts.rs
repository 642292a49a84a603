//! What browsers bring back to a room that lost its process: receipts that they cannot read, so that a bit of a receipt
//! that is changed is a bit of what the room reads in it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use footlights_engine::{
    ConnId,
    room::{GameRoom, Input},
};
use footlights_env::Agent;
use footlights_environments::slime_volleyball::{Config, Move, SlimeVolleyball};
use footlights_experiment::{GameScene, Seat};
use footlights_protocol::{
    EpochMs, KeySet,
    wire::{self, ClientToRoom},
};
use footlights_testing::{World, info};

use crate::target::Target;

const SEED: u64 = 5;
/// As long as a message may be.
const MAX_RECEIPTS: usize = 12;

pub struct Receipts {
    scene: GameScene,
    checkpoint: Vec<u8>,
    now: EpochMs,
    /// True receipts of the ticks behind the checkpoint.
    true_ones: ClientToRoom,
    hello: Vec<u8>,
}

impl Receipts {
    /// Plays until there is something that is decided and not stored.
    pub fn new() -> Result<Self> {
        let scene = GameScene::new::<SlimeVolleyball>("game", Config::default())
            .seat(Seat::Human)
            .seat(Seat::Human)
            .action(&["ArrowLeft"], Move::Backward, "left")
            .action(&["ArrowRight"], Move::Forward, "right")
            .countdown_ms(0);
        let mut world = World::new(scene.clone(), SEED);
        let seats = [world.join(0), world.join(1)];
        for round in 0..9u32 {
            world.hold(seats[round as usize % 2], KeySet::key(round as usize % 2));
            world.pass(300);
        }
        let checkpoint = world.host.checkpoint().context("nothing was stored")?.to_vec();
        let restored = GameRoom::restore(&scene, info(&scene, SEED), 0, &checkpoint, world.now)?;
        let frames = world.browser(seats[0]).frames.iter().map(|(_, frame)| frame);
        let behind = frames.filter(|frame| frame.tick > restored.tick() && !frame.receipt.is_empty());
        let receipts: Vec<_> = behind.take(MAX_RECEIPTS).map(|frame| frame.receipt.clone()).collect();
        let true_ones = ClientToRoom::RestoreReceipts { from: restored.tick().next(), receipts };
        let digest = scene.environment.fingerprint()?;
        let hello = wire::encode(&ClientToRoom::Hello { version: wire::VERSION, digest: Some(digest) });
        Ok(Self { scene, checkpoint, now: world.now, true_ones, hello })
    }
}

impl Target for Receipts {
    fn seeds(&self) -> Vec<Vec<u8>> {
        vec![wire::encode(&self.true_ones)]
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(2)
    }

    fn read(&self, input: &[u8]) -> String {
        let game = info(&self.scene, SEED);
        let restored = GameRoom::restore(&self.scene, game, 0, &self.checkpoint, self.now);
        let mut room = restored.expect("a stored checkpoint can be read");
        let before = room.tick();
        room.handle(self.now, Input::Connected { agent: Agent(0), conn: ConnId(1) });
        for bytes in [self.hello.as_slice(), input] {
            room.handle(self.now, Input::Message { conn: ConnId(1), bytes: bytes.to_vec() });
        }
        while room.poll().is_some() {}
        // Nothing that was brought back may break what comes.
        for _ in 0..4 {
            let Some(wake) = room.next_wake() else { break };
            room.handle(wake.max(self.now), Input::Wake);
            while room.poll().is_some() {}
        }
        let read = match wire::decode::<ClientToRoom>(input, wire::MAX_FROM_BROWSER) {
            Ok(message) => {
                String::from_utf8_lossy(wire::encode(&message).get(..3).unwrap_or_default()).into()
            }
            Err(why) => why.to_string(),
        };
        // Letters, since numbers do not count as another answer.
        let brought = char::from(b'a' + (room.tick() - before).min(25) as u8);
        format!("{read}, {brought}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_true_receipts_are_taken() {
        let target = Receipts::new().unwrap();
        let answer = target.read(&target.seeds()[0]);
        assert!(!answer.ends_with(", a"), "{answer}");
    }
}
