//! The view of a game that only the room simulates: pictures come over the connection, and receipts are kept for a room
//! that loses its process.

use std::collections::VecDeque;

use footlights_env::{Viewport, surface::Item};
use footlights_protocol::{
    Hud, KeySet, MonotonicMs, Tick,
    wire::{ClientToRoom, Frame, Welcome},
};
use serde_bytes::ByteBuf;

use super::{
    playback::Playback,
    restore::{MAX_RESTORED_TICKS, pack_receipts},
    view::{OutOfSync, SentKeys, View},
};
use crate::netcode::{outbox::Outbox, page::PlayOutput};

/// A game whose pictures the room sends.
#[derive(Debug, Clone)]
pub struct Streamed {
    playback: Playback,
    /// Receipts of ticks that are not persisted yet, by tick. A restarted room gets them back.
    receipts: VecDeque<(Tick, ByteBuf)>,
    /// The panel of the last frame that had one, until it is taken.
    hud: Option<Hud>,
}

impl Streamed {
    /// Nothing to show yet.
    pub fn new(welcome: &Welcome) -> Self {
        let playback = Playback::new(welcome.viewport, welcome.fps);
        Self { playback, receipts: VecDeque::new(), hud: None }
    }
}

impl View for Streamed {
    /// The last picture stays on the screen until the next full one arrives, unless it would not fit.
    fn on_welcome(&mut self, welcome: &Welcome) -> bool {
        if welcome.simulated.is_some() {
            return false;
        }
        if self.playback.viewport() != welcome.viewport {
            self.playback = Playback::new(welcome.viewport, welcome.fps);
        }
        true
    }

    /// With the first frame of a connection the room may have forgotten ticks after this one: their receipts are queued in
    /// `out`.
    fn on_frame(
        &mut self,
        frame: Frame,
        is_synced: bool,
        now: MonotonicMs,
        out: &mut Outbox,
    ) -> Result<Option<u32>, OutOfSync> {
        self.playback.push(frame.tick, frame.picture, now).map_err(|_| OutOfSync)?;
        self.hud = frame.hud.or(self.hud.take());
        if !is_synced {
            let forgotten = self.receipts.iter().filter(|(kept, _)| *kept > frame.tick);
            out.extend(pack_receipts(forgotten).into_iter().map(PlayOutput::Send));
        }
        if !frame.receipt.is_empty() {
            // The room decided these ticks again: the receipts came too late.
            while self.receipts.pop_back_if(|(kept, _)| *kept >= frame.tick).is_some() {}
            self.receipts.push_back((frame.tick, frame.receipt));
            if self.receipts.len() > MAX_RESTORED_TICKS {
                self.receipts.pop_front();
            }
        }
        Ok(Some(frame.ack))
    }

    /// Receipts of stored ticks are no longer needed.
    fn on_persisted(&mut self, tick: Tick) {
        while self.receipts.pop_front_if(|(kept, _)| *kept <= tick).is_some() {}
    }

    fn hold(&mut self, held: KeySet, seq: u32, at: MonotonicMs) -> SentKeys {
        SentKeys { mark: seq, message: Some(ClientToRoom::Keys { seq, held, time: at }) }
    }

    fn picture(&mut self, now: MonotonicMs) -> Option<Vec<Item>> {
        self.playback.picture(now)
    }

    fn repaint(&mut self) {
        self.playback.repaint();
    }

    fn viewport(&self) -> Viewport {
        self.playback.viewport()
    }

    fn take_hud(&mut self) -> Option<Hud> {
        self.hud.take()
    }

    fn tick(&self) -> Option<Tick> {
        self.playback.tick()
    }
}

#[cfg(test)]
mod tests {
    use footlights_env::surface::Delta;
    use footlights_protocol::wire::{self, ClientToRoom, MAX_FROM_BROWSER};

    use super::*;
    use crate::netcode::rollback::testing::welcome;

    fn streamed() -> Streamed {
        Streamed::new(&welcome(None))
    }

    fn frame(tick: Tick) -> Frame {
        let picture = Delta { full: true, ..Delta::default() };
        Frame { tick, picture, receipt: ByteBuf::from(vec![tick.0 as u8; 20]), ..Frame::default() }
    }

    /// The ticks that a room which restarts at `tick` gets back.
    fn restored(streamed: &mut Streamed, tick: Tick) -> Vec<Tick> {
        let mut out = Outbox::new();
        streamed
            .on_frame(Frame { receipt: ByteBuf::new(), ..frame(tick) }, false, MonotonicMs(0.0), &mut out)
            .unwrap();
        let ticks = out.iter().flat_map(|output| match output {
            PlayOutput::Send(bytes) => match wire::decode(bytes, MAX_FROM_BROWSER).unwrap() {
                ClientToRoom::RestoreReceipts { from, receipts } => from.onwards().take(receipts.len()),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        });
        ticks.collect()
    }

    #[test]
    fn a_restarted_room_gets_back_what_it_has_forgotten_and_not_what_is_stored() {
        let mut streamed = streamed();
        for tick in 1..=50 {
            streamed
                .on_frame(frame(Tick(tick)), true, MonotonicMs(f64::from(tick) * 33.0), &mut Outbox::new())
                .unwrap();
        }
        assert_eq!(restored(&mut streamed.clone(), Tick(40)), (41..=50).map(Tick).collect::<Vec<_>>());
        streamed.on_persisted(Tick(45));
        assert_eq!(restored(&mut streamed.clone(), Tick(40)), (46..=50).map(Tick).collect::<Vec<_>>());
        // What the room decides again replaces what it decided before.
        streamed.on_frame(frame(Tick(47)), true, MonotonicMs(2_000.0), &mut Outbox::new()).unwrap();
        assert_eq!(restored(&mut streamed, Tick(40)), [46, 47].map(Tick));
    }

    #[test]
    fn receipts_do_not_pile_up() {
        let mut streamed = streamed();
        for tick in 1..=1_000 {
            streamed
                .on_frame(frame(Tick(tick)), true, MonotonicMs(f64::from(tick) * 33.0), &mut Outbox::new())
                .unwrap();
        }
        assert_eq!(streamed.receipts.len(), MAX_RESTORED_TICKS);
    }

    #[test]
    fn a_change_that_does_not_fit_is_out_of_sync() {
        let picture = Delta { gone: vec![9], ..Delta::default() };
        let frame = Frame { tick: Tick(1), picture, ..Frame::default() };
        assert_eq!(streamed().on_frame(frame, true, MonotonicMs(0.0), &mut Outbox::new()), Err(OutOfSync));
    }
}
