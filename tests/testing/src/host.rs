//! Stands in for the Durable Object of a room: it hands the room its inputs, stores what the room wants stored, and opens
//! the room again from storage when the process is lost.
//!
//! Its storage confirms a write after a time that the test sets. What is not confirmed when the process is lost is lost with
//! it.

use std::collections::VecDeque;

use footlights_data::{
    chunk::Chunk,
    event::Event,
    verdict::{SeatVerdict, Verdict},
};
use footlights_engine::{
    ConnId,
    room::{GameRoom, Input, Output, Write, Writes},
};
use footlights_env::Agent;
use footlights_experiment::{
    GameScene,
    record::{GameInfo, SeatInfo},
};
use footlights_protocol::{EpochMs, Outcome, wire::CloseCode};

/// Ids as a lobby would give them.
pub fn info(scene: &GameScene, seed: u64) -> GameInfo {
    let seats = (0u8..).zip(&scene.seats).map(|(agent, seat)| SeatInfo {
        agent: Agent(agent),
        holder: seat.name().to_owned(),
        subject: seat.is_human().then(|| format!("subject-{agent}")),
    });
    GameInfo {
        game_id: "game-1".into(),
        experiment: "experiment".into(),
        scene: scene.id.clone(),
        seed,
        seats: seats.collect(),
        condition: Default::default(),
        opened_at: None,
    }
}

/// What a room wants the network to do.
#[derive(Debug)]
pub enum Delivery {
    /// A message for a browser.
    Message {
        /// Its connection.
        conn: ConnId,
        /// An encoded [`RoomToClient`](footlights_protocol::wire::RoomToClient).
        bytes: Vec<u8>,
    },
    /// The end of a connection.
    Close {
        /// The connection.
        conn: ConnId,
        /// The reason that the browser is told.
        code: CloseCode,
    },
}

/// What is stored of a game.
#[derive(Debug, Clone, Default)]
struct Stored {
    chunks: Vec<Vec<u8>>,
    checkpoint: Option<Vec<u8>>,
}

impl Stored {
    fn keep(&mut self, write: &Write) {
        if let Write::Chunk { seq, chunk, checkpoint } = write {
            assert_eq!(*seq as usize, self.chunks.len(), "chunks come in order");
            self.chunks.push(chunk.clone());
            if !checkpoint.is_empty() {
                self.checkpoint = Some(checkpoint.clone());
            }
        }
    }
}

/// A real room and its storage.
pub struct Host {
    /// What is played.
    pub scene: GameScene,
    /// The real room.
    pub room: GameRoom,
    /// What the storage has, confirmed or not.
    present: Stored,
    /// What it has confirmed.
    confirmed: Stored,
    /// How long it takes to confirm a write, ms; 0 without more.
    pub confirm_ms: u64,
    writes: Writes,
    /// When which write will be confirmed, by its number.
    in_flight: VecDeque<(EpochMs, u64, Write)>,
    /// When something was stored.
    pub stored_at: Vec<EpochMs>,
    /// Everything that the room reported.
    pub events: Vec<Event>,
    /// How the game ended.
    pub finished: Option<Outcome>,
    /// What the room found about the game and its participants.
    pub verdict: Option<Verdict>,
    /// Who may go on before the game is over.
    pub released: Vec<(u8, SeatVerdict)>,
    /// How often the room asked to save the game.
    pub saves: usize,
    next_conn: ConnId,
}

impl Host {
    /// A room of this scene that opens at `now`.
    ///
    /// # Panics
    /// When the scene cannot be played, for example because it has a model and this build has no runtime for models.
    pub fn new(scene: GameScene, seed: u64, now: EpochMs) -> Self {
        let info = GameInfo { opened_at: Some(now), ..info(&scene, seed) };
        let room = GameRoom::new(&scene, info, 0, now)
            .unwrap_or_else(|error| panic!("scene {:?} cannot be played here: {error}", scene.id));
        Self {
            scene,
            room,
            present: Stored::default(),
            confirmed: Stored::default(),
            confirm_ms: 0,
            writes: Writes::default(),
            in_flight: VecDeque::new(),
            stored_at: Vec::new(),
            events: Vec::new(),
            finished: None,
            verdict: None,
            released: Vec::new(),
            saves: 0,
            next_conn: ConnId(1),
        }
    }

    /// When there is something to do.
    pub fn next_wake(&self) -> Option<EpochMs> {
        let confirmed = self.in_flight.front().map(|(at, ..)| *at);
        self.room.next_wake().into_iter().chain(confirmed).min()
    }

    /// The number of the next connection.
    pub fn next_conn(&mut self) -> ConnId {
        let conn = self.next_conn;
        self.next_conn = conn.after(0);
        conn
    }

    /// Does what the room asks for, up to the next thing that the network has to do.
    pub fn poll(&mut self, now: EpochMs) -> Option<Delivery> {
        loop {
            self.store(now);
            let output = self.writes.next_held().or_else(|| self.room.poll())?;
            if let Output::Persist { .. } = &output {
                assert_eq!(self.saves, 0, "nothing comes after what is saved");
                self.stored_at.push(now);
            }
            match self.writes.take(output) {
                Some(Output::Send { conn, bytes }) => return Some(Delivery::Message { conn, bytes }),
                Some(Output::Close { conn, code, .. }) => return Some(Delivery::Close { conn, code }),
                Some(Output::Report(event)) => self.events.push(event),
                Some(Output::Released { agent, verdict }) => self.released.push((agent.0, verdict)),
                Some(Output::Save) => {
                    assert!(self.finished.is_some(), "how a game ended is stored before it is saved");
                    self.saves += 1;
                }
                Some(Output::Persist { .. } | Output::Finished(_)) | None => {}
            }
        }
    }

    /// Hands over what is to be stored, and takes in what is confirmed by now.
    fn store(&mut self, now: EpochMs) {
        let (at, present) = (now + self.confirm_ms, &mut self.present);
        let begun = self.writes.begin(|write| {
            present.keep(write);
            Ok::<_, ()>(write.clone())
        });
        self.in_flight.extend(begun.0.into_iter().map(|(number, write)| (at, number, write)));
        while let Some((_, number, write)) = self.in_flight.pop_front_if(|(at, ..)| *at <= now) {
            self.confirmed.keep(&write);
            if let Write::Verdict(verdict) = write {
                assert_eq!(self.finished, None, "a game ends once");
                self.finished = Some(verdict.outcome);
                // As it is stored until the game is saved.
                let stored = serde_json::to_string(&verdict).expect("a verdict is JSON");
                self.verdict = Some(serde_json::from_str(&stored).expect("a stored verdict can be read"));
            }
            for _ in 0..self.writes.settle(number, true) {
                self.room.handle(now, Input::Stored);
            }
        }
    }

    /// The process is lost: memory and what is not confirmed are gone, the rest of the storage is not.
    pub fn crash(&mut self, now: EpochMs) {
        let info = self.room.info().clone();
        self.in_flight.clear();
        self.present = self.confirmed.clone();
        self.writes = Writes::after(self.present.chunks.len() as u32);
        self.room = match self.checkpoint() {
            Some(bytes) => GameRoom::restore(&self.scene, info, 0, bytes, now),
            None => GameRoom::new(&self.scene, info, 0, now),
        }
        .expect("a stored checkpoint can be read");
    }

    /// The newest checkpoint that survives the process.
    pub fn checkpoint(&self) -> Option<&[u8]> {
        self.confirmed.checkpoint.as_deref()
    }

    /// Everything that is stored.
    pub fn record(&self) -> Chunk {
        Chunk::join(
            self.present.chunks.iter().map(|bytes| Chunk::decode(bytes).expect("a stored chunk can be read")),
        )
    }

    /// The names of all events, in order.
    pub fn event_kinds(&self) -> Vec<&str> {
        self.events.iter().map(|event| event.kind.as_str()).collect()
    }

    /// How many events of a kind were reported.
    pub fn count(&self, kind: &str) -> usize {
        self.event_kinds().into_iter().filter(|known| *known == kind).count()
    }
}
