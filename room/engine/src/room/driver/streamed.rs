//! Streamed games: only the room simulates, by its own clock. Each seat is sent pictures of what it may see, and with each
//! tick a sealed receipt, from which a restored room learns what a lost process had decided.

use footlights_env::{Agent, View, surface::Encoder, surface::Surface};
use footlights_experiment::GameScene;
use footlights_protocol::{
    Hud,
    wire::{ClientToRoom, Frame, RoomToClient},
};

use super::{
    super::{game::Game, journal::Journal},
    audience::{Acceptance, Audience, DecidedTick, TickSource},
    repair_limit::RepairLimit,
    schedule::Schedule,
};

/// What one seat was shown last.
struct SeatView {
    encoder: Encoder,
    hud: Option<Hud>,
    repairs: RepairLimit,
}

/// Runs a streamed game.
pub struct StreamDriver {
    /// When ticks are due.
    pub schedule: Schedule,
    fps: f32,
    /// What is drawn into; kept for its memory.
    surface: Surface,
    views: Vec<SeatView>,
}

impl StreamDriver {
    /// Nothing was shown yet.
    pub fn new(scene: &GameScene, phase_ms: u64, game: &Game) -> Self {
        let spec = game.timeline().sim().spec();
        let view =
            |_| SeatView { encoder: Encoder::new(spec.viewport), hud: None, repairs: RepairLimit::default() };
        Self {
            schedule: Schedule::new(scene.stepping.fps, phase_ms),
            fps: scene.stepping.fps,
            surface: Surface::new(),
            views: spec.agents().map(view).collect(),
        }
    }

    /// A browser that is sent pictures must not see the state behind them, so it cannot say anything about it either.
    pub fn accepts(&self, message: &ClientToRoom) -> Acceptance {
        match message {
            ClientToRoom::StampedKeys { .. }
            | ClientToRoom::Advanced { .. }
            | ClientToRoom::RestoreTicks { .. }
            | ClientToRoom::RenderReport(_)
            | ClientToRoom::Desync { .. } => Acceptance::Refused("browsers do not simulate this game"),
            ClientToRoom::Hello { .. }
            | ClientToRoom::Keys { .. }
            | ClientToRoom::RestoreReceipts { .. }
            | ClientToRoom::AssetFailed { .. }
            | ClientToRoom::Ping { .. } => Acceptance::Accepted,
        }
    }

    /// How often a seat's receipts may be refused.
    pub fn repairs_mut(&mut self, agent: Agent) -> Option<&mut RepairLimit> {
        self.views.get_mut(agent.index()).map(|view| &mut view.repairs)
    }

    /// Sends everyone the picture of a tick, with its receipt. A restored tick has been seen before.
    pub fn show(&mut self, tick: &DecidedTick, journal: &mut Journal, audience: &mut Audience<'_>) {
        let receipt = journal.chain.seal_receipt(audience.game.tick(), tick.at_ms, &tick.moves);
        if tick.source == TickSource::Live {
            for agent in audience.seats.agents() {
                self.send_frame(agent, &receipt, audience);
            }
        }
    }

    /// An episode begins: the next pictures are whole ones.
    pub fn start_episode(&mut self, source: TickSource, audience: &mut Audience<'_>) {
        for view in &mut self.views {
            view.encoder.restart();
        }
        if source == TickSource::Live {
            self.send_pictures(audience);
        }
    }

    /// Sends everyone what has changed in their picture since the last one, without a tick.
    pub fn send_pictures(&mut self, audience: &mut Audience<'_>) {
        for agent in audience.seats.agents() {
            self.send_frame(agent, &[], audience);
        }
    }

    /// Sends a seat its whole picture, because its connection is new.
    pub fn send_whole_picture(&mut self, agent: Agent, audience: &mut Audience<'_>) {
        if let Some(view) = self.views.get_mut(agent.index()) {
            view.encoder.restart();
            view.hud = None;
        }
        self.send_frame(agent, &[], audience);
    }

    /// Sends a seat what has changed in its picture since the last one.
    fn send_frame(&mut self, agent: Agent, receipt: &[u8], audience: &mut Audience<'_>) {
        let Some(player) = audience.seats.player(agent) else { return };
        let Some(conn) = player.listener() else { return };
        let Some(view) = self.views.get_mut(agent.index()) else { return };
        let timeline = audience.game.timeline();
        self.surface.clear();
        timeline.sim().draw(View::Agent(agent), &mut self.surface);
        let hud = timeline.hud(agent, self.fps);
        let hud = (view.hud.as_ref() != Some(&hud)).then_some(hud);
        if let Some(hud) = &hud {
            view.hud = Some(hud.clone());
        }
        let frame = Frame {
            tick: timeline.tick(),
            ack: player.ack,
            picture: view.encoder.encode(&self.surface),
            receipt: receipt.to_vec().into(),
            hud,
        };
        audience.out.send(conn, &RoomToClient::Frame(frame));
    }
}
