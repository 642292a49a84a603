use std::collections::{BTreeMap, BTreeSet};

use footlights_data::event::EventKind;
use footlights_experiment::{
    Answer, Globals, Waitroom,
    matchmaking::{Candidate, DifferentAttribute, Fifo, LatencyFifo, LobbyEvent, Matchmaker, SameAttribute},
};
use footlights_protocol::{
    EpochMs,
    wire::{CloseCode, LobbyToClient},
};
use proptest::prelude::*;

use super::{group::validate_pick, *};
use crate::ConnId;

fn drain(lobby: &mut Lobby) -> Vec<Output> {
    std::iter::from_fn(|| lobby.poll()).collect()
}

fn matches(outputs: &[Output]) -> Vec<Vec<String>> {
    outputs
        .iter()
        .filter_map(|o| match o {
            Output::Match { group, .. } => Some(group.iter().map(|w| w.candidate.subject.clone()).collect()),
            _ => None,
        })
        .collect()
}

fn game(outputs: &[Output]) -> String {
    let game = outputs.iter().find_map(|o| match o {
        Output::Match { game, .. } => Some(game.clone()),
        _ => None,
    });
    game.expect("a match")
}

/// The last message to `conn`.
fn last_message(outputs: &[Output], conn: ConnId) -> Option<LobbyToClient> {
    outputs.iter().rev().find_map(|o| match o {
        Output::Send(to, message) if *to == conn && *message != LobbyToClient::Pong => Some(message.clone()),
        _ => None,
    })
}

fn reports(outputs: &[Output]) -> Vec<(&'static str, &str)> {
    let reports = outputs.iter().filter_map(|o| match o {
        Output::Report { kind, subject, .. } => Some((kind.as_str(), subject.as_str())),
        _ => None,
    });
    reports.collect()
}

fn joined(conn: ConnId, subject: &str, since: EpochMs) -> Input {
    // Entropy of the test: another number for everybody.
    let draw = conn.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Input::Joined { conn, subject: subject.into(), since, globals: Globals::new(), location: None, draw }
}

fn join(lobby: &mut Lobby, now: EpochMs, conn: ConnId, subject: &str) -> Vec<Output> {
    lobby.handle(now, joined(conn, subject, now));
    drain(lobby)
}

fn send(lobby: &mut Lobby, now: EpochMs, input: Input) -> Vec<Output> {
    lobby.handle(now, input);
    drain(lobby)
}

/// The room of a game exists; the members' sockets are `/0`, `/1` and so on.
fn opened(game: &str) -> Input {
    Input::RoomOpened { game: game.into(), sockets: (0..4).map(|seat| format!("/{seat}")).collect() }
}

fn sent_to(socket: &str) -> LobbyToClient {
    LobbyToClient::Matched { socket: socket.into() }
}

fn alive(conn: ConnId) -> Input {
    Input::Alive { conn, rtt: 20.0 }
}

fn rules() -> Waitroom {
    Waitroom::new().max_wait_ms(600_000)
}

/// What is kept by the shell, and a lobby that is made of that.
fn slept(lobby: &Lobby, state: &LobbyState, group: usize, rules: &Waitroom) -> Lobby {
    let kept: Vec<QueueEntry> =
        lobby.entries().map(|w| serde_json::from_str(&serde_json::to_string(w).unwrap()).unwrap()).collect();
    let mut again = Lobby::new(group, rules);
    again.restore(kept, state.clone());
    again
}

#[test]
fn a_hundred_at_once_make_fifty_pairs_in_the_order_of_their_coming() {
    let mut lobby = Lobby::new(2, &rules());
    let mut pairs = Vec::new();
    let mut games = BTreeSet::new();
    for k in 0..100 {
        let outputs = join(&mut lobby, EpochMs(0), ConnId(k), &format!("s{k:02}"));
        if k % 2 == 1 {
            games.insert(game(&outputs));
        }
        pairs.extend(matches(&outputs));
    }
    assert_eq!(pairs.len(), 50);
    assert_eq!(pairs[0], ["s00", "s01"]);
    assert_eq!(pairs[49], ["s98", "s99"]);
    assert_eq!(lobby.entries().count(), 0);
    assert_eq!(games.len(), 50, "every game has an id of its own");
    assert!(games.iter().all(|id| id.len() == 25));
}

#[test]
fn people_with_another_level_are_never_matched_and_those_without_one_are_alike() {
    let mut lobby = Lobby::new(2, &rules()).sharing(vec!["condition.tone".into()]);
    let mut come = |conn: u64, subject: &str, level: Option<&str>| {
        let mut input = joined(ConnId(conn), subject, EpochMs(conn));
        if let (Input::Joined { globals, .. }, Some(level)) = (&mut input, level) {
            globals.insert("condition.tone".into(), Answer::Text(level.into()));
        }
        matches(&send(&mut lobby, EpochMs(conn), input))
    };
    assert!(come(1, "kind", Some("kind")).is_empty());
    assert!(come(2, "none", None).is_empty());
    assert!(come(3, "rude", Some("rude")).is_empty());
    assert_eq!(come(4, "none too", None), [["none", "none too"]]);
    assert_eq!(come(5, "rude too", Some("rude")), [["rude", "rude too"]]);
    assert_eq!(come(6, "kind too", Some("kind")), [["kind", "kind too"]]);
}

#[test]
fn a_closed_tab_is_never_matched() {
    let mut lobby = Lobby::new(2, &rules());
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    lobby.handle(EpochMs(5), Input::Left(ConnId(1)));
    assert!(matches(&join(&mut lobby, EpochMs(10), ConnId(2), "b")).is_empty());
    assert_eq!(matches(&join(&mut lobby, EpochMs(20), ConnId(3), "c")), [["b", "c"]]);
}

#[test]
fn a_silent_connection_is_closed_before_anybody_is_matched_with_it() {
    let mut lobby = Lobby::new(2, &rules());
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    lobby.handle(EpochMs(1_000), alive(ConnId(1)));
    let outputs = join(&mut lobby, EpochMs(1_000) + SILENT_MS, ConnId(2), "b");
    assert!(outputs.contains(&Output::Close(ConnId(1), CloseCode::Silent)));
    assert!(matches(&outputs).is_empty());
}

#[test]
fn the_same_person_in_a_second_tab_keeps_the_place_and_is_not_their_own_partner() {
    let mut lobby = Lobby::new(3, &rules());
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    join(&mut lobby, EpochMs(5), ConnId(2), "b");
    let outputs = join(&mut lobby, EpochMs(10), ConnId(3), "a");
    assert!(outputs.contains(&Output::Close(ConnId(1), CloseCode::Replaced)));
    assert!(reports(&outputs).is_empty(), "no new participant came");
    assert_eq!(matches(&join(&mut lobby, EpochMs(20), ConnId(4), "c")), [["a", "b", "c"]]);
}

#[test]
fn who_has_waited_before_comes_in_at_the_head() {
    let mut lobby = Lobby::new(3, &rules());
    join(&mut lobby, EpochMs(100_000), ConnId(1), "new");
    send(&mut lobby, EpochMs(100_001), joined(ConnId(2), "back from a no-show", EpochMs(5_000)));
    assert_eq!(lobby.entries().map(|w| w.conn).collect::<Vec<_>>(), [ConnId(2), ConnId(1)]);
    assert_eq!(lobby.next_wake(), Some(EpochMs(100_000) + SILENT_MS));
    lobby.handle(EpochMs(160_000), alive(ConnId(1)));
    let outputs = send(&mut lobby, EpochMs(160_000), alive(ConnId(2)));
    let waited =
        LobbyToClient::Waiting { here: 2, needed: 3, waited_ms: 155_000, limit_ms: 600_000, full: false };
    assert_eq!(last_message(&outputs, ConnId(2)), Some(waited));
}

#[test]
fn waiting_ends_at_the_limit_with_the_researchers_words() {
    let mut lobby = Lobby::new(2, &Waitroom::new().max_wait_ms(60_000).timeout_message("Sorry."));
    join(&mut lobby, EpochMs(1_000), ConnId(1), "a");
    lobby.handle(EpochMs(50_000), alive(ConnId(1)));
    assert_eq!(lobby.next_wake(), Some(EpochMs(61_000)));
    lobby.handle(EpochMs(60_999), Input::Wake);
    assert!(!drain(&mut lobby).iter().any(|output| matches!(output, Output::TimeUp { .. })));
    let outputs = send(&mut lobby, EpochMs(61_000), Input::Wake);
    assert_eq!(reports(&outputs), [("lobby_timed_out", "a")]);
    assert!(matches!(outputs.last(), Some(Output::TimeUp { entry, message })
        if entry.candidate.subject == "a" && entry.conn == ConnId(1) && message == "Sorry."));
    assert_eq!(lobby.next_wake(), None);
}

#[test]
fn a_sign_of_life_is_answered_to_who_gave_it() {
    let mut lobby = Lobby::new(3, &Waitroom::new().max_wait_ms(60_000));
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    join(&mut lobby, EpochMs(500), ConnId(2), "b");
    let waiting =
        LobbyToClient::Waiting { here: 2, needed: 3, waited_ms: 5_000, limit_ms: 60_000, full: false };
    let outputs = send(&mut lobby, EpochMs(5_500), alive(ConnId(2)));
    assert_eq!(outputs, [Output::Send(ConnId(2), LobbyToClient::Pong), Output::Send(ConnId(2), waiting)]);
}

#[test]
fn a_flood_is_closed_and_the_others_wait_on() {
    let mut lobby = Lobby::new(3, &rules());
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    join(&mut lobby, EpochMs(0), ConnId(2), "b");
    for k in 0..100 {
        lobby.handle(EpochMs(k * 10), if k % 2 == 0 { alive(ConnId(1)) } else { Input::Ready(ConnId(1)) });
        if k % 20 == 0 {
            lobby.handle(EpochMs(k * 10), alive(ConnId(2)));
        }
    }
    assert!(drain(&mut lobby).contains(&Output::Close(ConnId(1), CloseCode::TooFrequent)));
    assert_eq!(lobby.entries().map(|w| w.conn).collect::<Vec<_>>(), [ConnId(2)]);
}

#[test]
fn one_person_games_start_at_once() {
    let mut lobby = Lobby::new(1, &rules());
    assert_eq!(matches(&join(&mut lobby, EpochMs(0), ConnId(1), "a")), [["a"]]);
}

#[test]
fn a_group_is_held_for_a_time_between_the_bounds_and_sees_the_waiting_page() {
    let rules = rules().wait_jitter_ms(1_000, 3_000);
    let mut waits = Vec::new();
    for pair in 0..200 {
        let mut lobby = Lobby::new(2, &rules);
        join(&mut lobby, EpochMs(0), ConnId(pair * 2), "a");
        let outputs = join(&mut lobby, EpochMs(500), ConnId(pair * 2 + 1), "b");
        assert!(matches(&outputs).is_empty());
        assert!(matches!(
            last_message(&outputs, ConnId(pair * 2)),
            Some(LobbyToClient::Waiting { here: 2, .. })
        ));
        let wake = lobby.next_wake().unwrap();
        assert!(matches(&send(&mut lobby, wake - 1, Input::Wake)).is_empty());
        assert_eq!(matches(&send(&mut lobby, wake, Input::Wake)), [["a", "b"]]);
        waits.push(wake - EpochMs(500));
    }
    assert!(waits.iter().all(|ms| (1_000..=3_000).contains(ms)), "{waits:?}");
    let mean = waits.iter().sum::<u64>() / 200;
    assert!((1_850..2_150).contains(&mean), "uniform: {mean}");
    let early = waits.iter().filter(|ms| **ms < 1_500).count();
    assert!((30..70).contains(&early), "uniform: {early} of 200 in the first quarter");
}

#[test]
fn who_is_left_of_a_held_group_is_at_the_head_again() {
    let mut lobby = Lobby::new(2, &rules().wait_jitter_ms(5_000, 5_000));
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    join(&mut lobby, EpochMs(10), ConnId(2), "b");
    join(&mut lobby, EpochMs(20), ConnId(3), "c");
    lobby.handle(EpochMs(1_000), Input::Left(ConnId(2)));
    assert!(
        matches(&send(&mut lobby, EpochMs(5_020), Input::Wake)).is_empty(),
        "a's new group is held again"
    );
    assert_eq!(matches(&send(&mut lobby, EpochMs(6_000), Input::Wake)), [["a", "c"]]);
}

#[test]
fn everybody_who_is_ready_plays() {
    let mut lobby = Lobby::new(2, &rules().ready_check_ms(10_000));
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    let outputs = join(&mut lobby, EpochMs(1_000), ConnId(2), "b");
    assert!(matches(&outputs).is_empty());
    let check =
        |remaining_ms, ready, mine| LobbyToClient::ReadyCheck { remaining_ms, ready, needed: 2, mine };
    assert_eq!(last_message(&outputs, ConnId(1)), Some(check(10_000, 0, false)));
    let outputs = send(&mut lobby, EpochMs(4_000), Input::Ready(ConnId(2)));
    assert_eq!(last_message(&outputs, ConnId(1)), Some(check(7_000, 1, false)));
    assert_eq!(last_message(&outputs, ConnId(2)), Some(check(7_000, 1, true)));
    assert!(send(&mut lobby, EpochMs(4_500), Input::Ready(ConnId(2))).is_empty(), "twice is once");
    let outputs = send(&mut lobby, EpochMs(6_000), alive(ConnId(1)));
    assert_eq!(
        outputs,
        [Output::Send(ConnId(1), LobbyToClient::Pong), Output::Send(ConnId(1), check(5_000, 1, false))]
    );
    assert_eq!(matches(&send(&mut lobby, EpochMs(10_999), Input::Ready(ConnId(1)))), [["a", "b"]]);
}

#[test]
fn who_is_not_ready_is_sent_away_and_comes_back_behind_the_others() {
    let mut lobby = Lobby::new(2, &rules().ready_check_ms(10_000));
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    join(&mut lobby, EpochMs(1_000), ConnId(2), "b");
    lobby.handle(EpochMs(2_000), Input::Ready(ConnId(2)));
    lobby.handle(EpochMs(9_000), alive(ConnId(1)));
    drain(&mut lobby);
    assert_eq!(lobby.next_wake(), Some(EpochMs(11_000)));
    let outputs = send(&mut lobby, EpochMs(11_000), Input::Wake);
    let why = LobbyToClient::Refused { code: CloseCode::NotReady.code(), reason: String::new() };
    let closed = outputs
        .windows(2)
        .any(|w| w == [Output::Send(ConnId(1), why.clone()), Output::Close(ConnId(1), CloseCode::NotReady)]);
    assert!(closed, "the reason, then the close");
    assert_eq!(reports(&outputs), [("lobby_not_ready", "a")]);
    assert!(matches!(
        last_message(&outputs, ConnId(2)),
        Some(LobbyToClient::Waiting { here: 1, waited_ms: 10_000, .. })
    ));
    // Whoever was there is matched with the next one to come.
    send(&mut lobby, EpochMs(12_000), joined(ConnId(3), "c", EpochMs(11_500)));
    lobby.handle(EpochMs(12_100), Input::Ready(ConnId(2)));
    assert_eq!(matches(&send(&mut lobby, EpochMs(12_200), Input::Ready(ConnId(3)))), [["b", "c"]]);
    // a missed the check: although a has waited longest, a is behind.
    join(&mut lobby, EpochMs(10_500), ConnId(4), "d");
    lobby.handle(EpochMs(20_000), joined(ConnId(5), "a", EpochMs(0)));
    assert_eq!(lobby.entries().map(|w| w.candidate.subject.as_str()).collect::<Vec<_>>(), ["d", "a"]);
}

#[test]
fn a_participant_who_misses_every_check_times_out_and_is_forgotten() {
    let mut lobby = Lobby::new(2, &Waitroom::new().max_wait_ms(60_000).ready_check_ms(5_000));
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    join(&mut lobby, EpochMs(0), ConnId(2), "b");
    lobby.handle(EpochMs(1_000), Input::Ready(ConnId(2)));
    send(&mut lobby, EpochMs(5_000), Input::Wake);
    assert_eq!(lobby.take_state().unwrap().missed, BTreeMap::from([("a".into(), EpochMs(5_000))]));
    let outputs = send(&mut lobby, EpochMs(61_000), joined(ConnId(3), "a", EpochMs(0)));
    assert!(
        outputs.iter().any(|o| matches!(o, Output::TimeUp { entry, .. } if entry.candidate.subject == "a"))
    );
    send(&mut lobby, EpochMs(65_000), Input::Wake);
    assert_eq!(lobby.take_state(), Some(LobbyState::default()));
}

#[test]
fn who_leaves_during_the_check_leaves_the_others_at_the_head() {
    let mut lobby = Lobby::new(3, &rules().ready_check_ms(10_000));
    for (conn, who) in [(1, "a"), (2, "b"), (3, "c"), (4, "d")] {
        join(&mut lobby, EpochMs(conn), ConnId(conn), who);
    }
    lobby.handle(EpochMs(100), Input::Ready(ConnId(1)));
    let outputs = send(&mut lobby, EpochMs(200), Input::Left(ConnId(2)));
    let check = LobbyToClient::ReadyCheck { remaining_ms: 10_000, ready: 0, needed: 3, mine: false };
    assert_eq!(
        last_message(&outputs, ConnId(1)),
        Some(check.clone()),
        "the check begins again for all members"
    );
    assert_eq!(last_message(&outputs, ConnId(4)), Some(check));
    for conn in [1, 3] {
        lobby.handle(EpochMs(300), Input::Ready(ConnId(conn)));
    }
    assert_eq!(matches(&send(&mut lobby, EpochMs(300), Input::Ready(ConnId(4)))), [["a", "c", "d"]]);
}

#[test]
fn a_reload_in_a_check_stays_in_the_group() {
    let mut lobby = Lobby::new(2, &rules().ready_check_ms(10_000));
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    join(&mut lobby, EpochMs(0), ConnId(2), "b");
    lobby.handle(EpochMs(100), Input::Ready(ConnId(1)));
    drain(&mut lobby);
    let outputs = send(&mut lobby, EpochMs(500), joined(ConnId(3), "a", EpochMs(0)));
    assert!(outputs.contains(&Output::Close(ConnId(1), CloseCode::Replaced)));
    assert!(matches!(last_message(&outputs, ConnId(3)), Some(LobbyToClient::ReadyCheck { mine: true, .. })));
    lobby.handle(EpochMs(600), Input::Left(ConnId(1)));
    assert_eq!(matches(&send(&mut lobby, EpochMs(700), Input::Ready(ConnId(2)))), [["a", "b"]]);
}

#[test]
fn a_check_is_not_cut_short_by_a_time_out() {
    let mut lobby = Lobby::new(2, &Waitroom::new().max_wait_ms(60_000).ready_check_ms(10_000));
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    lobby.handle(EpochMs(50_000), alive(ConnId(1)));
    join(&mut lobby, EpochMs(58_000), ConnId(2), "b");
    assert_eq!(lobby.next_wake(), Some(EpochMs(68_000)));
    let timed_out = |outputs: &[Output]| outputs.iter().any(|o| matches!(o, Output::TimeUp { .. }));
    assert!(!timed_out(&send(&mut lobby, EpochMs(60_000), Input::Wake)));
    lobby.handle(EpochMs(60_000), Input::Ready(ConnId(1)));
    assert!(!timed_out(&send(&mut lobby, EpochMs(67_999), Input::Wake)));
    let outputs = send(&mut lobby, EpochMs(68_000), Input::Wake);
    assert!(outputs.contains(&Output::Close(ConnId(2), CloseCode::NotReady)));
    assert!(timed_out(&outputs));
}

#[test]
fn no_more_games_run_than_may_and_waiters_see_that() {
    let mut lobby = Lobby::new(2, &rules().max_concurrent_games(1));
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    let first = game(&join(&mut lobby, EpochMs(0), ConnId(2), "b"));
    assert_eq!(lobby.running().collect::<Vec<_>>(), [first.as_str()]);
    assert_eq!(lobby.take_state(), None, "what may not come to be is not stored");
    lobby.handle(EpochMs(1), opened(&first));
    assert_eq!(lobby.take_state().unwrap().running, BTreeSet::from([first.clone()]));
    let outputs = join(&mut lobby, EpochMs(10), ConnId(3), "c");
    assert!(matches!(last_message(&outputs, ConnId(3)), Some(LobbyToClient::Waiting { full: true, .. })));
    assert!(matches(&join(&mut lobby, EpochMs(20), ConnId(4), "d")).is_empty());
    assert!(matches(&join(&mut lobby, EpochMs(30), ConnId(5), "e")).is_empty());
    lobby.handle(EpochMs(40), Input::GameOver("another".into()));
    assert!(matches(&drain(&mut lobby)).is_empty());
    let outputs = send(&mut lobby, EpochMs(50), Input::GameOver(first.clone()));
    assert_eq!(matches(&outputs), [["c", "d"]]);
    assert!(matches(&send(&mut lobby, EpochMs(60), Input::GameOver(first))).is_empty(), "twice is once");
    assert!(matches(&join(&mut lobby, EpochMs(70), ConnId(6), "f")).is_empty());
}

#[test]
fn a_group_that_is_held_or_asked_has_its_place_and_gives_it_back() {
    let mut lobby = Lobby::new(2, &rules().max_concurrent_games(1).ready_check_ms(10_000));
    for (conn, who) in [(1, "a"), (2, "b"), (3, "c")] {
        join(&mut lobby, EpochMs(0), ConnId(conn), who);
    }
    let outputs = join(&mut lobby, EpochMs(0), ConnId(4), "d");
    assert!(matches!(
        last_message(&outputs, ConnId(4)),
        Some(LobbyToClient::Waiting { full: true, here: 2, .. })
    ));
    let outputs = send(&mut lobby, EpochMs(100), Input::Left(ConnId(1)));
    assert!(matches!(last_message(&outputs, ConnId(2)), Some(LobbyToClient::ReadyCheck { .. })));
    assert!(matches!(last_message(&outputs, ConnId(3)), Some(LobbyToClient::ReadyCheck { .. })));
    assert!(matches!(
        last_message(&outputs, ConnId(4)),
        Some(LobbyToClient::Waiting { full: true, here: 1, .. })
    ));
}

#[test]
fn a_room_that_could_not_be_made_frees_its_place() {
    let mut lobby = Lobby::new(1, &rules().max_concurrent_games(1));
    let first = game(&join(&mut lobby, EpochMs(0), ConnId(1), "a"));
    join(&mut lobby, EpochMs(0), ConnId(2), "b");
    let outputs = send(&mut lobby, EpochMs(5), Input::RoomFailed(first.clone()));
    assert_eq!(matches(&outputs), [["b"]]);
    assert_eq!(
        outputs.iter().filter(|output| **output == Output::Close(ConnId(1), CloseCode::Unavailable)).count(),
        1
    );
    lobby.handle(EpochMs(6), opened(&first));
    assert!(!lobby.running().any(|game| game == first), "a room that failed is not opened later");
}

#[test]
fn a_game_that_ends_before_its_room_is_known_frees_its_place_and_still_gets_its_players() {
    let mut lobby = Lobby::new(1, &rules().max_concurrent_games(1));
    let first = game(&join(&mut lobby, EpochMs(0), ConnId(1), "a"));
    join(&mut lobby, EpochMs(0), ConnId(2), "b");
    assert_eq!(matches(&send(&mut lobby, EpochMs(5), Input::GameOver(first.clone()))), [["b"]]);
    let outputs = send(&mut lobby, EpochMs(6), opened(&first));
    assert_eq!(last_message(&outputs, ConnId(1)), Some(sent_to("/0")));
    assert!(!lobby.running().any(|game| game == first), "over before it was known to be open");
}

#[test]
fn a_participant_who_returns_while_their_room_is_opened_is_sent_there_and_not_matched_again() {
    let mut lobby = Lobby::new(2, &rules());
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    let first = game(&join(&mut lobby, EpochMs(0), ConnId(2), "b"));
    assert!(join(&mut lobby, EpochMs(10), ConnId(3), "b").is_empty());
    assert!(matches(&join(&mut lobby, EpochMs(20), ConnId(4), "c")).is_empty(), "b is not in the queue");
    assert_eq!(
        join(&mut lobby, EpochMs(30), ConnId(5), "b").last(),
        Some(&Output::Close(ConnId(3), CloseCode::Replaced))
    );
    assert_eq!([1, 2, 3, 4, 5].map(|conn| lobby.contains(ConnId(conn))), [false, false, false, true, true]);
    let outputs = send(&mut lobby, EpochMs(40), opened(&first));
    for (conn, socket) in [(1, "/0"), (2, "/1"), (5, "/1")] {
        assert_eq!(last_message(&outputs, ConnId(conn)), Some(sent_to(socket)), "{conn}");
    }
    assert_eq!(last_message(&outputs, ConnId(3)), None);
    assert_eq!(lobby.entries().map(|w| w.conn).collect::<Vec<_>>(), [ConnId(4)]);
}

#[test]
fn a_participant_who_returned_waits_again_if_the_room_could_not_be_opened() {
    let mut lobby = Lobby::new(2, &rules());
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    let first = game(&join(&mut lobby, EpochMs(0), ConnId(2), "b"));
    join(&mut lobby, EpochMs(10), ConnId(3), "a");
    join(&mut lobby, EpochMs(10), ConnId(4), "b");
    lobby.handle(EpochMs(15), Input::Left(ConnId(4)));
    let outputs = send(&mut lobby, EpochMs(20), Input::RoomFailed(first));
    let why = "The game could not be started. Please reload.".to_owned();
    let refused = LobbyToClient::Refused { code: CloseCode::Unavailable.code(), reason: why };
    for conn in [1, 2] {
        assert_eq!(last_message(&outputs, ConnId(conn)), Some(refused.clone()));
        assert!(outputs.contains(&Output::Close(ConnId(conn), CloseCode::Unavailable)));
    }
    assert!(matches!(last_message(&outputs, ConnId(3)), Some(LobbyToClient::Waiting { here: 1, .. })));
    assert_eq!(lobby.take_changed().iter().map(|w| w.conn).collect::<Vec<_>>(), [ConnId(3)]);
    assert_eq!(matches(&join(&mut lobby, EpochMs(30), ConnId(5), "c")), [["a", "c"]]);
}

#[test]
fn a_lobby_that_slept_goes_on_where_it_was() {
    let rules = rules().ready_check_ms(10_000).wait_jitter_ms(100, 100).max_concurrent_games(2);
    let mut lobby = Lobby::new(2, &rules);
    let mut state = LobbyState::default();
    for (conn, who) in [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")] {
        join(&mut lobby, EpochMs(conn), ConnId(conn), who);
    }
    let mut lobby = slept(&lobby, &state, 2, &rules);
    let outputs = send(&mut lobby, EpochMs(102), Input::Wake);
    assert!(
        matches!(last_message(&outputs, ConnId(1)), Some(LobbyToClient::ReadyCheck { .. })),
        "the hold went on"
    );
    lobby.handle(EpochMs(200), Input::Ready(ConnId(1)));
    let mut lobby = slept(&lobby, &state, 2, &rules);
    let outputs = send(&mut lobby, EpochMs(300), Input::Ready(ConnId(2)));
    assert_eq!(matches(&outputs), [["a", "b"]]);
    lobby.handle(EpochMs(300), opened(&game(&outputs)));
    state = lobby.take_state().unwrap();
    let mut lobby = slept(&lobby, &state, 2, &rules);
    assert!(lobby.is_full());
    assert_eq!(
        matches(&send(&mut lobby, EpochMs(301), Input::GameOver(game(&outputs)))),
        Vec::<Vec<String>>::new()
    );
    assert!(!lobby.is_full());
}

#[test]
fn what_is_left_of_a_group_after_a_sleep_is_in_the_queue_again() {
    let rules = rules().ready_check_ms(10_000);
    let mut lobby = Lobby::new(2, &rules);
    for (conn, who) in [(1, "a"), (2, "b")] {
        join(&mut lobby, EpochMs(conn), ConnId(conn), who);
    }
    let mut again = Lobby::new(2, &rules);
    again.restore(lobby.entries().filter(|w| w.conn == ConnId(2)).cloned().collect(), LobbyState::default());
    let outputs = send(&mut again, EpochMs(50), Input::Left(ConnId(1)));
    assert!(matches!(last_message(&outputs, ConnId(2)), Some(LobbyToClient::Waiting { here: 1, .. })));
    assert_eq!(again.take_changed().len(), 1);
}

#[test]
fn only_entries_that_changed_are_stored() {
    let mut lobby = Lobby::new(3, &rules());
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    join(&mut lobby, EpochMs(0), ConnId(2), "b");
    let conns = |lobby: &mut Lobby| lobby.take_changed().iter().map(|w| w.conn).collect::<Vec<_>>();
    assert_eq!(conns(&mut lobby), [ConnId(1), ConnId(2)]);
    lobby.handle(EpochMs(5_000), alive(ConnId(2)));
    assert_eq!(conns(&mut lobby), [ConnId(2)]);
    lobby.handle(EpochMs(6_000), Input::Wake);
    assert!(conns(&mut lobby).is_empty());
}

#[test]
fn only_what_the_matchmaker_asks_for_is_kept_and_fits_the_socket() {
    let rules = rules().matching(SameAttribute { global: "survey.words".into() });
    let mut lobby = Lobby::new(2, &rules);
    let globals = Globals::from([
        ("survey.words".into(), Answer::Text("\u{0}\"ü".repeat(100_000))),
        ("survey.secret".into(), Answer::Number(1.0)),
    ]);
    let input = Input::Joined {
        conn: ConnId(1),
        subject: "s".repeat(64),
        since: EpochMs(0),
        globals,
        location: None,
        draw: u64::MAX,
    };
    lobby.handle(EpochMs(0), input);
    let kept = lobby.take_changed();
    assert_eq!(kept[0].candidate.globals.keys().collect::<Vec<_>>(), ["survey.words"]);
    let text = serde_json::to_string(&kept[0]).unwrap();
    assert!(text.encode_utf16().count() * 2 < 14_000, "{}", text.len());
}

#[test]
fn a_round_trip_makes_a_match_when_it_is_known() {
    let matching = LatencyFifo { max_server_rtt: 100.0, max_pair_rtt: 150.0 };
    let mut lobby = Lobby::new(2, &rules().matching(matching));
    join(&mut lobby, EpochMs(0), ConnId(1), "a");
    assert!(matches(&join(&mut lobby, EpochMs(0), ConnId(2), "b")).is_empty());
    lobby.handle(EpochMs(10), Input::Alive { conn: ConnId(1), rtt: f32::NAN });
    lobby.handle(EpochMs(20), Input::Alive { conn: ConnId(2), rtt: 60.0 });
    assert!(matches(&drain(&mut lobby)).is_empty());
    assert_eq!(
        matches(&send(&mut lobby, EpochMs(30), Input::Alive { conn: ConnId(1), rtt: 90.0 })),
        [["a", "b"]]
    );
}

/// Names a pair that cannot be, and has words for everything.
#[derive(Clone, Default)]
struct Odd {
    seen: usize,
}

impl Matchmaker for Odd {
    fn name(&self) -> &str {
        "odd"
    }

    fn pick(&self, queue: &[&Candidate], size: usize, _: EpochMs) -> Option<Vec<usize>> {
        Some(if queue.len() < 3 { vec![0, 0] } else { (1..=size).rev().collect() })
    }

    fn on_event(&mut self, event: &LobbyEvent<'_>) -> Option<String> {
        self.seen += 1;
        Some(format!("{} {:?} {}", self.seen, event.kind, event.waiting))
    }
}

#[test]
fn a_pick_that_cannot_be_is_reported_once_and_the_order_of_one_that_can_is_kept() {
    let mut lobby = Lobby::new(2, &rules().matching(Odd::default()));
    let mut outputs = join(&mut lobby, EpochMs(0), ConnId(1), "a");
    outputs.extend(join(&mut lobby, EpochMs(1), ConnId(2), "b"));
    assert_eq!(reports(&outputs), [("lobby_joined", "a"), ("bad_pick", ""), ("lobby_joined", "b")]);
    let words = |outputs: &[Output], kind: &str| {
        let found = outputs.iter().find_map(|o| match o {
            Output::Report { kind: found, detail, .. } if found.as_str() == kind => Some(detail.clone()),
            _ => None,
        });
        found.unwrap()
    };
    assert_eq!(words(&outputs, "lobby_joined"), "1 Joined 0");
    let outputs = join(&mut lobby, EpochMs(2), ConnId(3), "c");
    assert_eq!(matches(&outputs), [["c", "b"]]);
    assert_eq!(words(&outputs, "lobby_matched"), "4 Matched 1");
    assert_eq!(lobby.entries().map(|w| w.candidate.subject.as_str()).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn what_happens_is_reported_without_a_matchmaker_of_ones_own() {
    let mut lobby = Lobby::new(2, &rules());
    let mut outputs = join(&mut lobby, EpochMs(0), ConnId(1), "a");
    outputs.extend(send(&mut lobby, EpochMs(5), Input::Left(ConnId(1))));
    outputs.extend(join(&mut lobby, EpochMs(10), ConnId(2), "b"));
    outputs.extend(join(&mut lobby, EpochMs(20), ConnId(3), "c"));
    let kinds = [
        ("lobby_joined", "a"),
        ("lobby_left", "a"),
        ("lobby_joined", "b"),
        ("lobby_joined", "c"),
        ("lobby_matched", "b"),
        ("lobby_matched", "c"),
    ];
    assert_eq!(reports(&outputs), kinds);
    let detail = "after 10 ms, 0 others here".to_owned();
    assert!(outputs.contains(&Output::Report {
        kind: EventKind::LobbyMatched,
        subject: "b".into(),
        detail,
        record: false
    }));
}

#[test]
fn a_pick_that_cannot_be_is_found_out() {
    assert_eq!(validate_pick(&[3, 0], 2, 4), Ok(()));
    for bad in [&[0][..], &[0, 0], &[0, 4], &[0, 1, 2]] {
        assert!(validate_pick(bad, 2, 4).is_err(), "{bad:?}");
    }
}

/// What may happen in a lobby.
#[derive(Debug, Clone)]
enum Step {
    Join(u8),
    Leave(u8),
    Ready(u8),
    Alive(u8, u8),
    Opened,
    Failed,
    Over,
    Pass(u16),
    Sleep,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0u8..16).prop_map(Step::Join),
        2 => (0u8..16).prop_map(Step::Leave),
        5 => (0u8..16).prop_map(Step::Ready),
        3 => ((0u8..16), (0u8..200)).prop_map(|(who, rtt)| Step::Alive(who, rtt)),
        4 => Just(Step::Opened),
        1 => Just(Step::Failed),
        1 => Just(Step::Over),
        3 => (0u16..9_000).prop_map(Step::Pass),
        1 => Just(Step::Sleep),
    ]
}

proptest! {
    #[test]
    fn no_participant_is_in_two_groups_and_none_that_is_alive_is_forgotten(
        steps in proptest::collection::vec(step(), 1..300),
        size in 1usize..4,
        matching in 0u8..4,
        ready_check in proptest::bool::ANY,
        extra in 0u64..3_000,
        most in proptest::option::of(1u32..3),
    ) {
        let rules = Waitroom::new().max_wait_ms(120_000).wait_jitter_ms(extra / 2, extra);
        let mut rules = match matching {
            0 => rules.matching(Fifo),
            1 => rules.matching(LatencyFifo { max_server_rtt: 150.0, max_pair_rtt: 200.0 }),
            2 => rules.matching(SameAttribute { global: "g.v".into() }),
            _ => rules.matching(DifferentAttribute { global: "g.v".into() }),
        };
        if ready_check {
            rules = rules.ready_check_ms(5_000);
        }
        if let Some(most) = most {
            rules = rules.max_concurrent_games(most);
        }
        let mut lobby = Lobby::new(size, &rules);
        let mut state = LobbyState::default();
        let (mut now, mut next) = (EpochMs(0), 100);
        let mut open: BTreeMap<String, ConnId> = BTreeMap::new();
        let mut since: BTreeMap<String, EpochMs> = BTreeMap::new();
        let mut games: BTreeSet<String> = BTreeSet::new();
        // Rooms that are being opened: for each member the matched connection and the one after a reload.
        let mut opening: BTreeMap<String, Vec<(String, ConnId, Option<ConnId>)>> = BTreeMap::new();
        // Connections that must be sent to a room now.
        let mut sent: BTreeSet<ConnId> = BTreeSet::new();
        for step in steps {
            let conn = |who: u8| open.get(&who.to_string()).copied().unwrap_or(ConnId(1));
            let input = match step {
                Step::Join(who) => {
                    next += 1;
                    let subject = who.to_string();
                    let since = *since.entry(subject.clone()).or_insert(now);
                    match opening.values_mut().flatten().find(|(member, ..)| *member == subject) {
                        Some((.., returned)) => *returned = Some(ConnId(next)),
                        None => drop(open.insert(subject.clone(), ConnId(next))),
                    }
                    let globals = Globals::from([("g.v".into(), Answer::Number(f64::from(who % 3)))]);
                    Input::Joined { conn: ConnId(next), subject, since, globals, location: None, draw: next ^ 0x5555 }
                }
                Step::Leave(who) => {
                    let conn = conn(who);
                    open.remove(&who.to_string());
                    Input::Left(conn)
                }
                Step::Ready(who) => Input::Ready(conn(who)),
                Step::Alive(who, rtt) => Input::Alive { conn: conn(who), rtt: f32::from(rtt) },
                Step::Opened => match opening.pop_first() {
                    Some((game, members)) => {
                        for (subject, conn, returned) in members {
                            since.remove(&subject);
                            sent.extend([Some(conn), returned].into_iter().flatten());
                        }
                        opened(&game)
                    }
                    None => Input::Wake,
                },
                Step::Failed => match opening.pop_first() {
                    Some((game, members)) => {
                        for (subject, _, returned) in members {
                            match returned {
                                Some(returned) => drop(open.insert(subject, returned)),
                                None => drop(since.remove(&subject)),
                            }
                        }
                        games.remove(&game);
                        Input::RoomFailed(game)
                    }
                    None => Input::Wake,
                },
                Step::Over => games.pop_first().map_or(Input::Wake, Input::GameOver),
                Step::Pass(ms) => {
                    now += u64::from(ms);
                    Input::Wake
                }
                Step::Sleep => {
                    // A lobby does not sleep while it opens a room.
                    if opening.is_empty() {
                        lobby = slept(&lobby, &state, size, &rules);
                    }
                    Input::Wake
                }
            };
            lobby.handle(now, input);
            for output in drain(&mut lobby) {
                match output {
                    Output::Match { game, group } => {
                        prop_assert_eq!(group.len(), size);
                        let mut members = Vec::new();
                        for entry in group {
                            // Removed here: a participant in a second group is not found.
                            prop_assert_eq!(open.remove(&entry.candidate.subject), Some(entry.conn));
                            members.push((entry.candidate.subject, entry.conn, None));
                        }
                        prop_assert!(games.insert(game.clone()));
                        opening.insert(game, members);
                    }
                    Output::Send(conn, LobbyToClient::Matched { .. }) => prop_assert!(sent.remove(&conn)),
                    Output::Close(_, CloseCode::Unavailable) => {}
                    Output::Close(conn, code) => {
                        let gone = open.iter().find(|(_, open)| **open == conn).map(|(who, _)| who.clone());
                        prop_assert_eq!(gone.is_none(), code == CloseCode::Replaced);
                        gone.map(|who| open.remove(&who));
                    }
                    Output::TimeUp { entry, .. } => {
                        prop_assert!(now >= entry.candidate.since + 120_000);
                        prop_assert_eq!(open.remove(&entry.candidate.subject), Some(entry.conn));
                        since.remove(&entry.candidate.subject);
                    }
                    Output::Send(_, LobbyToClient::Refused { .. }) => {}
                    Output::Send(conn, _) => prop_assert!(open.values().any(|open| *open == conn)),
                    Output::Report { kind, .. } => prop_assert_ne!(kind, EventKind::BadPick),
                }
            }
            prop_assert!(sent.is_empty(), "every connection of a group is sent to its room");
            if let Some(most) = most {
                prop_assert!(games.len() <= most as usize);
            }
            state = lobby.take_state().unwrap_or(state);
            let mut waiting: Vec<ConnId> = lobby.entries().map(|w| w.conn).collect();
            let mut expected: Vec<ConnId> = open.values().copied().collect();
            waiting.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(waiting, expected);
            prop_assert!(lobby.next_wake().is_none_or(|wake| wake > now), "nothing is left undone");
        }
    }
}
