//! One seat: its link to the room ([`RoomLink`]), the room's last messages ([`RoomState`]), the keys ([`KeySender`]) and the
//! view of the game ([`View`]).

use footlights_env::{Viewport, surface::Item};
use footlights_protocol::{
    Hud, KeySet, MonotonicMs, Outcome, Tick,
    wire::{
        self, ClientToRoom, CloseCode, Frame, MAX_TO_BROWSER, Phase, RoomToClient, Status, VERSION, Welcome,
    },
};

use super::{
    key_sender::KeySender,
    open_view::{WelcomeError, open_view},
    room_link::RoomLink,
    room_state::{Finished, RoomState},
    view::View,
};
use crate::netcode::{
    connection::Connection,
    outbox::{Outbox, send},
    page::Stop,
    rollback::{LocalEngine, Rollback},
    round_trips::ConnectionQuality,
};

/// How a seat ends.
#[derive(Debug, Clone, PartialEq)]
pub enum SeatExit {
    /// The game is over; what the room said of its end is in [`SeatConnection::finished`].
    GameOver,
    /// The ticket has expired. The lobby issues another one if the game still runs.
    StaleTicket {
        /// The room's explanation; may be empty.
        reason: String,
    },
    /// There is nothing to play.
    Stop(Stop),
}

/// A seat of a game, from the first connection to the room to the game's end.
pub struct SeatConnection {
    digest: Option<u64>,
    engine: Option<LocalEngine>,
    link: RoomLink,
    room: RoomState,
    /// How the game is seen; `None` before the first welcome.
    view: Option<Box<dyn View>>,
    keys: KeySender,
    /// Whether anything but the picture changed since [`SeatConnection::take_news`].
    news: bool,
}

impl SeatConnection {
    /// Connects to the room socket at `path`. `digest` is the environment's fingerprint, and `engine` simulates it, where
    /// this build can.
    #[must_use]
    pub fn new(
        path: String,
        digest: Option<u64>,
        engine: Option<LocalEngine>,
        focused: bool,
        now: MonotonicMs,
    ) -> Self {
        Self {
            digest,
            engine,
            link: RoomLink::new(path, focused, now),
            room: RoomState::default(),
            view: None,
            keys: KeySender::default(),
            news: true,
        }
    }

    /// The connection.
    pub fn connection(&self) -> &Connection {
        self.link.connection()
    }

    /// The connection in one word.
    pub fn quality(&self, now: MonotonicMs) -> ConnectionQuality {
        self.link.quality(now)
    }

    /// The median of the last round trips, ms; `None` before the first.
    pub fn rtt(&self) -> Option<f64> {
        self.link.rtt()
    }

    /// The room's answer to the handshake; stays over a reconnect.
    pub fn welcome(&self) -> Option<&Welcome> {
        self.room.welcome.as_ref()
    }

    /// The room's phase and everybody's presence.
    pub fn status(&self) -> Option<&Status> {
        self.room.status.as_ref().map(|(status, _)| status)
    }

    /// Time until the phase ends by itself, ms; 0 where it does not.
    pub fn remaining_ms(&self, now: MonotonicMs) -> f64 {
        self.room.remaining_ms(now)
    }

    /// The panel.
    pub fn hud(&self) -> &Hud {
        &self.room.hud
    }

    /// How the game ended, once it has.
    pub fn finished(&self) -> Option<&Finished> {
        self.room.finished.as_ref()
    }

    /// Whether there is no game because an expected participant never came.
    pub fn is_unmatched(&self) -> bool {
        self.finished().is_some_and(|finished| finished.outcome == Outcome::NoShow)
    }

    /// A warning that stands while the game runs; empty if there is none.
    pub fn notice(&self) -> &str {
        &self.room.notice
    }

    /// The viewport of the pictures; `None` before the first welcome.
    pub fn viewport(&self) -> Option<Viewport> {
        self.view.as_ref().map(|view| view.viewport())
    }

    /// The picture to paint at `now`, in painting order; `None` if the last one still holds. Call once a refresh of the
    /// screen.
    pub fn picture(&mut self, now: MonotonicMs) -> Option<Vec<Item>> {
        let view = self.view.as_mut()?;
        let picture = view.picture(now);
        if picture.is_some()
            && let Some(mark) = view.shown_keys()
        {
            self.keys.on_shown(mark, now);
        }
        self.update_hud();
        picture
    }

    /// The next picture must be painted even if nothing changed: the canvas is new.
    pub fn repaint(&mut self) {
        if let Some(view) = &mut self.view {
            view.repaint();
        }
    }

    /// The newest tick that the room decided.
    pub fn tick(&self) -> Option<Tick> {
        self.view.as_ref()?.tick()
    }

    /// Whether the participant plays already though the room still counts down.
    pub fn has_begun(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.has_begun())
    }

    /// Whether the participant plays on even while the connection is lost.
    pub fn runs_offline(&self) -> bool {
        self.room.finished.is_none() && self.view.as_ref().is_some_and(|view| view.runs_offline())
    }

    /// What support may want to know of how the game runs here, by name.
    pub fn figures(&self) -> Vec<(&'static str, f64)> {
        self.view.as_ref().map_or_else(Vec::new, |view| view.figures())
    }

    /// The game that this browser simulates, if it does: for tests that compare its states with the room's.
    pub fn rollback(&self) -> Option<&Rollback> {
        self.view.as_ref()?.rollback()
    }

    /// Sequence numbers of the last keys sent and of the last ones that a frame acknowledged.
    pub fn sent_and_acked(&self) -> (u32, u32) {
        self.keys.sent_and_acked()
    }

    /// Times from a change of keys to the first picture that shows it, ms, since the last call.
    pub fn take_measured(&mut self) -> impl Iterator<Item = f64> + '_ {
        self.keys.take_measured()
    }

    pub(in crate::netcode) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    pub(in crate::netcode) fn on_open(&mut self, now: MonotonicMs, out: &mut Outbox) {
        send(out, &ClientToRoom::Hello { version: VERSION, digest: self.digest });
        self.keys.on_open();
        self.link.on_open(now);
    }

    pub(in crate::netcode) fn on_message(
        &mut self,
        bytes: &[u8],
        now: MonotonicMs,
        out: &mut Outbox,
    ) -> Option<SeatExit> {
        self.link.connection_mut().on_message();
        let message = wire::decode(bytes, MAX_TO_BROWSER);
        self.news |= !matches!(
            &message,
            Ok(RoomToClient::Frame(Frame { hud: None, .. }) | RoomToClient::ConfirmedTick(_))
        );
        match message {
            Ok(RoomToClient::Welcome(welcome)) => return self.on_welcome(welcome, now, out),
            Ok(RoomToClient::Frame(frame)) => self.on_frame(frame, now, out),
            Ok(RoomToClient::ConfirmedTick(confirmed)) => {
                if let Some(view) = &mut self.view {
                    view.on_confirmed(confirmed, now, out);
                    self.update_hud();
                }
            }
            Ok(RoomToClient::Snapshot { tick, timeline, policy_states, mandatory }) => {
                let view = self.view.as_mut();
                match view.map(|view| view.on_snapshot(tick, &timeline, policy_states, mandatory, out)) {
                    Some(Ok(true)) => self.synchronise(now, out),
                    Some(Err(_)) => self.link.start_over(now, out),
                    Some(Ok(false)) | None => {}
                }
            }
            Ok(RoomToClient::Persisted { tick }) => {
                if let Some(view) = &mut self.view {
                    view.on_persisted(tick);
                }
            }
            Ok(RoomToClient::Status(status)) => self.on_status(status, now),
            Ok(RoomToClient::Pong { time, .. }) => {
                let trip_ms = self.link.on_pong(time, now);
                if let Some(view) = &mut self.view {
                    view.on_trip(trip_ms);
                }
            }
            Ok(RoomToClient::Notice { text }) => self.room.notice = text,
            Ok(RoomToClient::Finished { outcome, saved, scores }) => {
                if let Some(view) = self.view.as_mut().filter(|_| self.keys.is_synced() && !saved) {
                    view.report_end(out);
                }
                self.room.finish(outcome, saved, scores, now);
            }
            Ok(RoomToClient::Refused { code, reason }) => {
                self.room.refusal = reason;
                return self.on_close(code, now);
            }
            // An undecodable message means that the two sides are out of sync.
            Err(_) => self.link.start_over(now, out),
        }
        None
    }

    pub(in crate::netcode) fn on_close(&mut self, code: u16, now: MonotonicMs) -> Option<SeatExit> {
        let reason = std::mem::take(&mut self.room.refusal);
        if self.room.is_saved() {
            self.stop();
            return None;
        }
        match code {
            _ if code == CloseCode::Over.code() => return Some(SeatExit::GameOver),
            _ if code == CloseCode::Ticket.code() => return Some(SeatExit::StaleTicket { reason }),
            // The computer was asleep, and is awake when this arrives.
            _ if code == CloseCode::Silent.code() => {}
            _ if CloseCode::is_known(code) => {
                return Some(SeatExit::Stop(Stop::Refused { code, reason }));
            }
            _ => {}
        }
        self.link.connection_mut().on_lost(now);
        None
    }

    /// The keys changed; `at` is the time of the event.
    pub(in crate::netcode) fn on_keys(&mut self, held: KeySet, at: MonotonicMs, out: &mut Outbox) {
        let is_synced = self.keys.is_synced();
        if self.keys.hold(held)
            && self.view.as_ref().is_some_and(|view| view.takes_keys(is_synced))
            && let Some(mark) = self.send_keys(at, out)
        {
            self.keys.measure(mark, at);
        }
    }

    pub(in crate::netcode) fn on_attention(&mut self, focused: bool, now: MonotonicMs, out: &mut Outbox) {
        if self.link.set_focused(focused, now) {
            self.poll(now, out);
        }
    }

    pub(in crate::netcode) fn retry_now(&mut self, now: MonotonicMs) {
        self.link.connection_mut().retry_now(now);
    }

    /// Gives the connection up: nothing more is wanted from the room.
    pub(in crate::netcode) fn stop(&mut self) {
        self.link.connection_mut().stop();
    }

    /// Connects again after another tab took this seat.
    pub(in crate::netcode) fn reclaim(&mut self, now: MonotonicMs) {
        self.link.reclaim(now);
    }

    /// Does what is due at `now`.
    pub(in crate::netcode) fn poll(&mut self, now: MonotonicMs, out: &mut Outbox) {
        let (is_open, is_synced) = (self.connection().is_open(), self.keys.is_synced());
        let pings = self.link.ping_if_due(now, out);
        if let Some(view) = &mut self.view {
            if pings && is_synced {
                view.report(out);
                view.upload(now, out);
            } else if is_open && !pings {
                view.upload_if_due(is_synced, now, out);
            }
            view.poll(now);
        }
        self.link.poll(now, out);
    }

    pub(in crate::netcode) fn wake_at(&self) -> MonotonicMs {
        let wake_at = self.link.wake_at();
        let Some(view) = &self.view else { return wake_at };
        // Nothing is uploaded over a line that is not open.
        let upload_at = if self.connection().is_open() { view.upload_at() } else { MonotonicMs::NEVER };
        wake_at.min(upload_at).min(view.wake_at())
    }

    fn on_welcome(&mut self, welcome: Welcome, now: MonotonicMs, out: &mut Outbox) -> Option<SeatExit> {
        self.link.connection_mut().on_handshake(now);
        let goes_on = self.view.as_mut().is_some_and(|view| view.on_welcome(&welcome));
        let opened = if goes_on { Ok(None) } else { open_view(&welcome, self.engine).map(Some) };
        match opened {
            Ok(opened) => self.view = opened.or(self.view.take()),
            Err(WelcomeError::OutOfDate(reason)) => {
                self.room.refusal = reason;
                return self.on_close(CloseCode::Mismatch.code(), now);
            }
            Err(WelcomeError::OutOfSync) => {
                self.link.start_over(now, out);
                return None;
            }
        }
        self.room.welcome = Some(welcome);
        // The room repeats a notice that still stands.
        self.room.notice.clear();
        self.poll(now, out);
        None
    }

    fn on_frame(&mut self, frame: Frame, now: MonotonicMs, out: &mut Outbox) {
        let Some(view) = &mut self.view else { return };
        match view.on_frame(frame, self.keys.is_synced(), now, out) {
            Ok(Some(ack)) => {
                self.keys.on_ack(ack, now);
                self.synchronise(now, out);
            }
            Ok(None) => {}
            Err(_) => self.link.start_over(now, out),
        }
    }

    fn on_status(&mut self, status: Status, now: MonotonicMs) {
        // A restarted room may count down to ticks that are being played here.
        let plays_on = status.phase == Phase::Countdown && self.runs_offline();
        if let Some(view) = self.view.as_mut().filter(|_| !plays_on) {
            view.on_phase(status.phase, f64::from(status.remaining_ms), now);
        }
        self.room.status = Some((status, now));
    }

    /// A picture or a state arrived. After the first of a connection the room is told which keys are held.
    fn synchronise(&mut self, now: MonotonicMs, out: &mut Outbox) {
        self.update_hud();
        if !self.keys.sync() {
            return;
        }
        if self.view.as_mut().is_some_and(|view| view.on_synced()) {
            self.keys.forget_pending();
            self.send_keys(now, out);
        }
        if let Some(view) = &mut self.view {
            view.upload(now, out);
        }
    }

    /// Says which keys are held; returns the mark under which they will be shown.
    fn send_keys(&mut self, at: MonotonicMs, out: &mut Outbox) -> Option<u32> {
        let seq = self.keys.next_seq();
        let sent = self.view.as_mut()?.hold(self.keys.held(), seq, at);
        if let Some(message) = &sent.message {
            send(out, message);
        }
        Some(sent.mark)
    }

    fn update_hud(&mut self) {
        if let Some(hud) = self.view.as_mut().and_then(|view| view.take_hud()) {
            self.news |= hud != self.room.hud;
            self.room.hud = hud;
        }
    }
}
