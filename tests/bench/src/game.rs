//! A room on virtual time with everybody connected and changing keys: as fast as it can, without a socket.

use anyhow::{Result, ensure};
use footlights_engine::{
    ConnId,
    room::{GameRoom, Input, Output},
};
use footlights_env::{Agent, Environment, Rng, Stream};
use footlights_environments::{
    commons_harvest::{self, Action, CommonsHarvest},
    mountain_car::{self, MountainCar},
    slime_volleyball::{self, Move, SlimeVolleyball},
};
use footlights_experiment::{
    GameScene, Seat,
    record::{GameInfo, SeatInfo},
};
use footlights_protocol::{
    EpochMs, KeySet, MonotonicMs, ShownScores,
    wire::{self, ClientToRoom},
};

/// The start of virtual time.
const EPOCH: EpochMs = EpochMs(1_790_000_000_000);
/// How often a person changes the keys that are held.
const KEY_CHANGES_PER_SECOND: u32 = 3;

/// What a room handed out in some time.
#[derive(Debug, Clone, Default)]
pub struct Handed {
    pub ticks: u32,
    /// Length of every frame.
    pub frames: Vec<usize>,
    /// All other bytes to browsers.
    pub other_bytes: usize,
    /// Lengths of what was to be stored, chunk and checkpoint.
    pub stored: Vec<(usize, usize)>,
}

/// A room and its people.
pub struct Game {
    scene: GameScene,
    room: GameRoom,
    now: EpochMs,
    rng: Rng,
    /// Number of messages sent by seat.
    seqs: Vec<u32>,
    ping_at: EpochMs,
}

impl Game {
    pub fn new(scene: GameScene, seed: u64) -> Result<Self> {
        let mut game = Self {
            room: room(&scene, seed, EPOCH)?,
            rng: Rng::derive(seed, Stream::Policy(0), 0, 0),
            seqs: vec![0; scene.seats.len()],
            now: EPOCH,
            ping_at: EPOCH,
            scene,
        };
        game.join()?;
        Ok(game)
    }

    fn people(&self) -> Vec<Agent> {
        self.scene.human_agents().collect()
    }

    fn join(&mut self) -> Result<()> {
        let digest = self.scene.environment.default_fingerprint()?;
        for agent in self.people() {
            self.room.handle(self.now, Input::Connected { agent, conn: conn(agent) });
            self.say(agent, &ClientToRoom::Hello { version: wire::VERSION, digest: Some(digest) });
        }
        Ok(())
    }

    fn say(&mut self, agent: Agent, message: &ClientToRoom) {
        let bytes = wire::encode(message);
        self.room.handle(self.now, Input::Message { conn: conn(agent), bytes });
    }

    /// Plays until so many more ticks are over; a game that ends is followed by another.
    pub fn play(&mut self, ticks: u32) -> Result<Handed> {
        let mut handed = Handed::default();
        while handed.ticks < ticks {
            let before = self.room.tick();
            self.step(&mut handed)?;
            handed.ticks += self.room.tick() - before;
            if self.room.outcome().is_some() {
                self.room = room(&self.scene, self.rng.next_u64(), self.now)?;
                self.join()?;
            }
        }
        Ok(handed)
    }

    fn step(&mut self, handed: &mut Handed) -> Result<()> {
        let wake = self.room.next_wake();
        ensure!(wake.is_some(), "the room wants nothing any more");
        self.now = wake.unwrap_or_default().max(self.now);
        for agent in self.people() {
            let keyboard = self.scene.controls.keyboard(agent);
            let keys = keyboard.map_or(0, |keyboard| keyboard.keys.len() as u32);
            if self.rng.below(self.scene.stepping.fps as u32) < KEY_CHANGES_PER_SECOND {
                let seq = self.seqs.get_mut(agent.index()).map_or(0, |seq| {
                    *seq += 1;
                    *seq
                });
                let held = KeySet::key(self.rng.below(keys.max(1)) as usize);
                self.say(agent, &ClientToRoom::Keys { seq, held, time: MonotonicMs(self.now.0 as f64) });
            }
            if self.now >= self.ping_at {
                let ping =
                    ClientToRoom::Ping { time: MonotonicMs(self.now.0 as f64), rtt: 20.0, focused: true };
                self.say(agent, &ping);
            }
        }
        if self.now >= self.ping_at {
            self.ping_at = self.now + 1_000;
        }
        self.room.handle(self.now, Input::Wake);
        while let Some(output) = self.room.poll() {
            match output {
                // A map of one: `f` and the frame.
                Output::Send { bytes, .. } if bytes.starts_with(b"\x81\xa1f") => {
                    handed.frames.push(bytes.len())
                }
                Output::Send { bytes, .. } => handed.other_bytes += bytes.len(),
                Output::Persist { chunk, checkpoint } => handed.stored.push((chunk.len(), checkpoint.len())),
                _ => {}
            }
        }
        Ok(())
    }
}

fn conn(agent: Agent) -> ConnId {
    ConnId(u64::from(agent.0) + 1)
}

fn room(scene: &GameScene, seed: u64, now: EpochMs) -> Result<GameRoom> {
    let seats = (0u8..).zip(&scene.seats).map(|(agent, seat)| SeatInfo {
        agent: Agent(agent),
        holder: seat.name().to_owned(),
        subject: seat.is_human().then(|| format!("subject-{agent}")),
    });
    let info = GameInfo {
        game_id: "game".into(),
        experiment: "bench".into(),
        scene: scene.id.clone(),
        seed,
        seats: seats.collect(),
        condition: Default::default(),
        opened_at: None,
    };
    Ok(GameRoom::new(scene, info, 0, now)?)
}

/// Two people at Slime Volleyball, point after point.
pub fn slime() -> GameScene {
    people::<SlimeVolleyball>(slime_volleyball::Config::default(), 2)
        .episodes(1_000)
        .action(&["ArrowLeft"], Move::Backward, "left")
        .action(&["ArrowUp"], Move::Jump, "jump")
        .action(&["ArrowRight"], Move::Forward, "right")
}

/// One person at Mountain Car.
pub fn mountain_car() -> GameScene {
    people::<MountainCar>(mountain_car::Config::default(), 1)
        .action(&["ArrowLeft"], mountain_car::Push::Left, "left")
        .action(&["ArrowRight"], mountain_car::Push::Right, "right")
}

/// Eight people in an orchard of which each sees a window, fifteen ticks a second.
pub fn orchard() -> GameScene {
    let config = commons_harvest::Config { players: 8, ..commons_harvest::Config::default() };
    people::<CommonsHarvest>(config, 8)
        .fps(15.0)
        .scores(ShownScores::Own)
        .action(&["ArrowUp"], Action::North, "up")
        .action(&["ArrowDown"], Action::South, "down")
        .action(&["ArrowLeft"], Action::West, "left")
        .action(&["ArrowRight"], Action::East, "right")
        .action(&["Space"], Action::Tag, "beam")
}

/// So many people, thirty ticks a second, no pauses.
pub fn people<E: Environment>(config: E::Config, count: usize) -> GameScene {
    let scene = GameScene::new::<E>("game", config).countdown_ms(0);
    (0..count).fold(scene, |scene, _| scene.seat(Seat::Human))
}
