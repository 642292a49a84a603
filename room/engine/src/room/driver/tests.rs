//! What distinguishes the ways to run a game.

use footlights_env::ActionValue;
use footlights_experiment::{Execution, GameScene};
use footlights_protocol::{
    EpochMs, KeySet, MonotonicMs, Tick,
    timeline::Move,
    wire::{self, ClientToRoom, RenderReport, RoomToClient},
};

use super::{
    super::{
        fixture::{A, B, join, pair, parts, single},
        game::Game,
        io::Output,
        journal::Journal,
        outbox::Outbox,
        phase::Phase,
        seats::Seats,
    },
    Acceptance, Audience, DecidedTick, Driver, QueuedInputs, TickSource,
};
use crate::ConnId;

struct Stage {
    game: Game,
    seats: Seats,
    driver: Driver,
    journal: Journal,
    out: Outbox,
}

impl Stage {
    fn new(scene: &GameScene) -> Self {
        let (game, mut seats) = parts(scene);
        join(&mut seats, A);
        let driver = Driver::new(scene, 0, &game, &seats, EpochMs(0)).unwrap();
        Self { game, seats, driver, journal: Journal::new(EpochMs(0), 0), out: Outbox::default() }
    }

    /// What the seats are sent of a tick with one move.
    fn show(&mut self, source: TickSource) -> Vec<RoomToClient> {
        self.game.advance(EpochMs(33), &Default::default(), &self.seats).unwrap();
        let tick = DecidedTick { at_ms: EpochMs(33), moves: moves(), digest: 5, source };
        let mut audience = Audience { game: &self.game, seats: &self.seats, out: &mut self.out };
        self.driver.show(tick, &mut self.journal, &mut audience);
        self.sent()
    }

    fn greet(&mut self) -> Vec<RoomToClient> {
        let mut audience = Audience { game: &self.game, seats: &self.seats, out: &mut self.out };
        self.driver.send_all(A, false, &mut audience).unwrap();
        self.sent()
    }

    fn sent(&mut self) -> Vec<RoomToClient> {
        let sent = std::iter::from_fn(|| self.out.pop()).map(|output| match output {
            Output::Send { conn: ConnId(1), bytes } => wire::decode(&bytes, wire::MAX_TO_BROWSER).unwrap(),
            other => panic!("{other:?}"),
        });
        sent.collect()
    }
}

fn moves() -> Vec<(footlights_env::Agent, Move)> {
    vec![(B, Move::Action(ActionValue::Discrete(1)))]
}

fn rollback() -> GameScene {
    pair().execution(Execution::Browser)
}

#[test]
fn each_way_accepts_the_messages_of_its_own_browsers() {
    use Acceptance::{Accepted, Ignored, Refused};

    let (streamed, rollback, single) =
        (Stage::new(&pair()).driver, Stage::new(&rollback()).driver, Stage::new(&single()).driver);
    let simulating = Refused("browsers do not simulate this game");
    let playing = Refused("this game is not played alone");
    let table = [
        (ClientToRoom::Keys { seq: 1, held: KeySet(0), time: MonotonicMs(0.0) }, [Accepted; 3]),
        (ClientToRoom::AssetFailed { file: "cook.png".into() }, [Accepted; 3]),
        (ClientToRoom::Ping { time: MonotonicMs(0.0), rtt: 0.0, focused: true }, [Accepted; 3]),
        (
            ClientToRoom::StampedKeys { tick: Tick(1), held: KeySet(0), time: MonotonicMs(0.0) },
            [simulating, Accepted, Accepted],
        ),
        (
            ClientToRoom::Advanced { until: Tick(1), changes: vec![], digest: None },
            [simulating, playing, Accepted],
        ),
        (ClientToRoom::RestoreTicks { ticks: vec![] }, [simulating, Accepted, Accepted]),
        (ClientToRoom::RestoreReceipts { from: Tick(1), receipts: vec![] }, [Accepted, Ignored, Ignored]),
        (ClientToRoom::RenderReport(RenderReport::default()), [simulating, Accepted, Accepted]),
        (ClientToRoom::Desync { tick: Tick(1), digest: 1 }, [simulating, Accepted, Accepted]),
    ];
    for (message, expected) in table {
        let accepted = [&streamed, &rollback, &single].map(|driver| driver.accepts(&message));
        assert_eq!(accepted, expected, "{message:?}");
    }
}

#[test]
fn a_stream_sends_pictures_with_receipts_that_open_and_repeats_none_that_were_seen() {
    let mut stage = Stage::new(&pair());
    assert!(stage.driver.setup().is_none());
    let greeting = stage.greet();
    assert!(matches!(greeting.as_slice(),[RoomToClient::Frame(frame)]if frame.receipt.is_empty()));
    let shown = stage.show(TickSource::Live);
    let [RoomToClient::Frame(frame)] = shown.as_slice() else { panic!("{shown:?}") };
    assert_eq!((frame.tick, &frame.hud), (Tick(1), &None));
    assert_eq!(
        Journal::new(EpochMs(0), 0).chain.open_receipt(Tick(1), &frame.receipt),
        Some((EpochMs(33), moves()))
    );
    assert_eq!(stage.show(TickSource::Restored), []);
    assert_eq!(stage.driver.persisted(Tick(7)), Some(RoomToClient::Persisted { tick: Tick(7) }));
}

#[test]
fn browsers_that_simulate_are_sent_the_state_once_and_then_each_decision() {
    for (scene, policies) in [(rollback(), vec![]), (single(), vec![B])] {
        let mut stage = Stage::new(&scene);
        assert_eq!(stage.driver.setup().unwrap().policies, policies);
        let greeting = stage.greet();
        assert!(matches!(
            greeting.as_slice(),
            [RoomToClient::Snapshot { tick: Tick(0), mandatory: false, .. }]
        ));
        for (tick, source) in [(1, TickSource::Live), (2, TickSource::Restored)] {
            let tag = Journal::new(EpochMs(0), 0).chain.next_tag(Tick(1), EpochMs(33), &moves());
            let shown = stage.show(source);
            let [RoomToClient::ConfirmedTick(confirmed)] = shown.as_slice() else { panic!("{shown:?}") };
            assert_eq!((confirmed.tick, &confirmed.moves), (Tick(tick), &moves()));
            assert_eq!(confirmed.tag == tag, tick == 1);
        }
        assert_eq!(stage.driver.persisted(Tick(7)), None);
        assert!(stage.driver.owes_report(A, Tick(2)));
    }
}

#[test]
fn the_rooms_clock_drives_a_pair_and_the_browsers_a_single_player() {
    for scene in [pair(), rollback()] {
        let mut driver = Stage::new(&scene).driver;
        driver.start(EpochMs(1_000), EpochMs(1_000), Tick(0));
        assert_eq!(driver.next_wake(Tick(0)), EpochMs(1_033));
        assert!(
            !driver.take_due_tick(EpochMs(1_032), Tick(0)) && driver.take_due_tick(EpochMs(1_033), Tick(0))
        );
        assert_eq!(driver.report_progress(EpochMs(1_033), Tick(1), Phase::Running, Tick(30), None), None);
        assert_eq!(driver.catch_up(EpochMs(5_000)), Some(3_933));
        assert_eq!((driver.slips(), driver.resumes_at_once()), (1, false));
        assert_eq!(driver.reconnect(Tick(0)), QueuedInputs::Release);
        assert!(!driver.restores_while_running());
    }
    let mut driver = Stage::new(&single()).driver;
    assert!(!driver.resumes_at_once());
    driver.start(EpochMs(1_000), EpochMs(1_000), Tick(0));
    assert!(driver.resumes_at_once() && driver.restores_while_running());
    assert!(!driver.take_due_tick(EpochMs(9_000), Tick(0)));
    assert!(
        driver.report_progress(EpochMs(1_500), Tick(0), Phase::Running, Tick(10), Some(3)).unwrap().is_news
    );
    assert!(driver.take_due_tick(EpochMs(1_500), Tick(9)) && !driver.take_due_tick(EpochMs(1_500), Tick(10)));
    assert_eq!(driver.take_claim(Tick(9)), None);
    assert_eq!(driver.take_claim(Tick(10)), Some((A, Tick(10), 3)));
    assert_eq!((driver.catch_up(EpochMs(99_000)), driver.slips()), (None, 0));
    assert_eq!(driver.reconnect(Tick(5)), QueuedInputs::Discard);
    assert!(driver.is_stuck(EpochMs(99_000), A, Tick(5)) && !driver.is_stuck(EpochMs(99_000), B, Tick(5)));
}

#[test]
fn keys_can_be_stamped_a_few_seconds_ahead_and_no_further() {
    for (scene, latest) in [(rollback(), 10 + 151), (single(), 10 + 451)] {
        let driver = Stage::new(&scene).driver;
        assert_eq!(driver.cap_stamp(Tick(12), Tick(10)), Tick(12));
        assert_eq!(driver.cap_stamp(Tick(u32::MAX), Tick(10)), Tick(latest));
    }
}
