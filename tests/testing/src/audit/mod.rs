//! Whether a run was as it must be: from what the bots saw and what was stored to the report. It knows no clock and
//! looks nothing up.

mod report;
mod stored;

use std::collections::{BTreeMap, BTreeSet};

use footlights_experiment::{Code, Ending, Experiment, Scene};
use footlights_protocol::Outcome;

use crate::diary::{Diary, End, Hindrance, Played};

pub use report::{Pair, Report, Times};
pub use stored::{Leftovers, Steps, Stored, StoredGame, Tables};

/// How long after the end of a wait the next page comes at the latest, ms: the participant's own object ends it a minute
/// later where the waiting room did not, a page without sockets asks every 15 s, says for 20 s that nobody came, and may have
/// slept for 90 s.
const NOTICED_MS: f64 = 200_000.0;

/// Judges a run. Without `stored`, rows are counted as the rooms confirmed them; without `leftovers`, nobody asks what
/// is left.
pub fn audit(
    experiment: &Experiment,
    diaries: &[Diary],
    stored: Option<&Stored>,
    leftovers: Option<Leftovers>,
) -> Report {
    let mut report = Report {
        experiment: experiment.id.clone(),
        participants: diaries.len(),
        looked_up: stored.is_some(),
        ..Report::default()
    };
    walks(experiment, diaries, &mut report);
    for divided in experiment.divided() {
        let count = report.unmatched.get(divided.game).copied().unwrap_or_default();
        report.warnings.push(format!("{count} found no group: {divided}"));
    }
    match stored {
        Some(stored) => {
            games(diaries, stored, &mut report);
            answers(experiment, diaries, stored, &mut report);
            endings(diaries, stored, &mut report);
        }
        None => confirmed(diaries, &mut report),
    }
    if let Some(left) = &leftovers {
        if left.games > 0 || left.chunks > 0 {
            let words = format!("rooms still keep {} games and {} chunks of rows", left.games, left.chunks);
            report.errors.push(words);
        }
        if left.waiting > 0 {
            report.errors.push(format!("somebody still waits in {} lobbies", left.waiting));
        }
    }
    report.leftovers = leftovers;
    report
}

/// How many errors there are whatever is stored.
pub fn lasting(experiment: &Experiment, diaries: &[Diary]) -> usize {
    let mut report = Report::default();
    walks(experiment, diaries, &mut report);
    report.errors.len()
}

/// How it went for each participant.
fn walks(experiment: &Experiment, diaries: &[Diary], report: &mut Report) {
    let mut generated = BTreeSet::new();
    for (bot, diary) in diaries.iter().enumerate() {
        let who = name(bot, diary);
        let outcome = match &diary.end {
            Some(End::Page { ending, code }) => {
                *report.endings.entry(ending.clone()).or_default() += 1;
                let found = code.clone().unwrap_or_default();
                match right_code(experiment, ending, code.as_deref()) {
                    Ok(true) if !generated.insert(found.clone()) => {
                        report.errors.push(format!("{who} has the code {found:?}, like somebody else"));
                    }
                    Ok(_) => {}
                    Err(why) => report.errors.push(format!("{who} {why}")),
                }
                if !found.is_empty() {
                    let drawn = generated.contains(&found);
                    let code = if drawn { "generated".to_owned() } else { found };
                    *report.codes.entry(code).or_default() += 1;
                }
                ending.clone()
            }
            Some(End::Dropout) => {
                report.dropouts += 1;
                "dropout".into()
            }
            Some(End::Stranded(why)) => {
                report.errors.push(format!("{who} gave up in {:?}: {why}", diary.scene));
                "stranded".into()
            }
            None => {
                report.errors.push(format!("{who} hangs in {:?}: {}", diary.scene, diary.doing));
                "stranded".into()
            }
        };
        report.stranded += usize::from(outcome == "stranded");
        *report.outcomes.entry(outcome).or_default() += 1;
        report.errors.extend(diary.faults.iter().map(|fault| format!("{who}: {fault}")));
        report.reloads += diary.reloads;
        report.hidden += diary.hidden;
        report.second_tabs += diary.second_tabs;
        report.failed_checks += diary.failed_checks;
        report.retries += diary.retries;
        if diary.end.is_some() && !diary.hindrances.contains_key(&Hindrance::SocketRefused) {
            for (scene, _) in &diary.unmatched_ms {
                *report.unmatched.entry(scene.clone()).or_default() += 1;
            }
        }
        for (hindrance, count) in &diary.hindrances {
            *report.hindrances.entry(hindrance.as_str().to_owned()).or_default() += count;
        }
        report.errors.extend(late(experiment, diary).map(|why| format!("{who} {why}")));
    }
    let all = |times: fn(&Diary) -> &Vec<f64>| Times::of(diaries.iter().flat_map(times).copied().collect());
    report.wait_ms = all(|diary| &diary.waits_ms);
    report.arrival_to_first_frame_ms = all(|diary| &diary.first_frames_ms);
    report.advance_ms = all(|diary| &diary.advances_ms);
}

/// Who waited for a game longer than the experiment says, and than it may take to notice.
fn late<'a>(experiment: &'a Experiment, diary: &'a Diary) -> impl Iterator<Item = String> + 'a {
    diary.unmatched_ms.iter().filter_map(|(scene, ms)| {
        let Some(Scene::Game(game)) = experiment.find(scene) else { return None };
        let held = game.waitroom.ready_check_ms.unwrap_or(0) + game.waitroom.wait_jitter_ms.1;
        let limit = (game.waitroom.max_wait_ms + held) as f64;
        (*ms > limit + NOTICED_MS)
            .then(|| format!("waited {:.0} s in {scene:?}, which promises {:.0} s", ms / 1e3, limit / 1e3))
    })
}

fn name(bot: usize, diary: &Diary) -> String {
    format!("bot {bot} ({})", if diary.subject.is_empty() { "never came in" } else { &diary.subject })
}

/// Whether a last page shows the code that the experiment has for its ending; true if the code is one of the
/// participant's own.
fn right_code(experiment: &Experiment, ending: &str, found: Option<&str>) -> Result<bool, String> {
    let known = Ending::ALL.into_iter().find(|known| known.as_str() == ending);
    let ending = known.ok_or_else(|| format!("ended with {ending:?}, which is no ending"))?;
    if ending == Ending::Failed {
        return Err("ended with \"failed\": something broke on our side".into());
    }
    match (experiment.completion.as_ref().and_then(|completion| completion.codes.get(&ending)), found) {
        (None, None) => Ok(false),
        (Some(Code::Fixed(code)), Some(found)) if code == found => Ok(false),
        (Some(Code::Generated), Some(found)) if !found.is_empty() => Ok(true),
        (expected, found) => {
            let expected = match expected {
                None => "none".to_owned(),
                Some(Code::Fixed(code)) => format!("{code:?}"),
                Some(Code::Generated) => "one of their own".to_owned(),
            };
            Err(format!("ended with {:?} and has the code {found:?}, not {expected}", ending.as_str()))
        }
    }
}

/// Whether a game that was made came to nothing before it began.
fn never_began(outcome: &str, ticks: u64) -> bool {
    outcome == Outcome::NoShow.as_str() && ticks == 0
}

/// Games, rows and who met whom, as stored.
fn games(diaries: &[Diary], stored: &Stored, report: &mut Report) {
    let known: BTreeMap<&str, usize> =
        diaries.iter().enumerate().map(|(bot, diary)| (diary.subject.as_str(), bot)).collect();
    let who = |subject: &str| match known.get(subject).and_then(|bot| diaries.get(*bot).map(|d| (*bot, d))) {
        Some((bot, diary)) => name(bot, diary),
        None => subject.to_owned(),
    };
    let mut people: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut scenes: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for (game, subject) in stored.seats.iter().filter(|(_, subject)| known.contains_key(subject.as_str())) {
        people.entry(game).or_default().push(subject);
    }
    for (id, subjects) in &people {
        let Some(game) = stored.games.get(*id).filter(|game| !never_began(&game.outcome, game.ticks)) else {
            continue;
        };
        report.games += 1;
        *report.game_outcomes.entry(game.outcome.clone()).or_default() += 1;
        if subjects.len() > 1 {
            let participants = subjects.iter().map(|subject| (*subject).to_owned()).collect();
            report.pairs.push(Pair { scene: game.scene.clone(), game: (*id).to_owned(), participants });
        }
        let mut first: Option<(&str, &Vec<Vec<String>>)> = None;
        for subject in subjects {
            *scenes.entry((&game.scene, subject)).or_default() += 1;
            report.rows_expected += game.ticks;
            let Some(steps) = stored.steps.get(&(game.scene.clone(), (*subject).to_owned())) else {
                report.errors.push(format!("{} has no file of steps in {:?}", who(subject), game.scene));
                continue;
            };
            let rows = steps.games.iter().filter(|row| row == id).count() as u64;
            report.rows_saved += rows;
            let whole = steps.ticks.iter().copied().eq(1..=game.ticks);
            if rows != game.ticks || !whole {
                let words = format!(
                    "{} has {rows} of {} rows in {:?}{}",
                    who(subject),
                    game.ticks,
                    game.scene,
                    if whole { "" } else { ", and their ticks do not count up from 1" },
                );
                report.errors.push(words);
            }
            match first {
                Some((other, shared)) if *shared != steps.shared => {
                    let row = shared.iter().zip(&steps.shared).position(|(one, two)| one != two);
                    let words = format!(
                        "{} and {} have different files of game {id}, first in row {}",
                        who(other),
                        who(subject),
                        row.unwrap_or(shared.len().min(steps.shared.len())) + 1,
                    );
                    report.errors.push(words);
                }
                Some(_) => {}
                None => first = Some((subject, &steps.shared)),
            }
        }
    }
    for ((scene, subject), games) in scenes.into_iter().filter(|(_, games)| *games > 1) {
        report.in_two_games += 1;
        report.errors.push(format!("{} is in {games} games of {scene:?}", who(subject)));
    }
    for (bot, diary) in diaries.iter().enumerate() {
        for played in &diary.games {
            if let Err(why) = seen(played, stored) {
                report.errors.push(format!("{}: {why}", name(bot, diary)));
            }
        }
    }
}

/// Whether a game is stored as a participant saw it.
fn seen(played: &Played, stored: &Stored) -> Result<(), String> {
    let Played { scene, game, tick, outcome, .. } = played;
    let Some(found) = stored.games.get(game) else {
        return match tick {
            Some(tick) => Err(format!("game {game} of {scene:?} ran to tick {tick} and is not stored")),
            // Made, and lost before it began: there is nothing to store yet.
            None => Ok(()),
        };
    };
    // Who left before the others saw less than there is.
    let whole =
        matches!(outcome, Some(Outcome::Completed | Outcome::PartnerLeft | Outcome::Void | Outcome::Failed));
    match tick {
        Some(tick) if whole && u64::from(tick.0) != found.ticks => Err(format!(
            "game {game} of {scene:?} ended at tick {tick} before their eyes, and {} are stored",
            found.ticks
        )),
        _ => Ok(()),
    }
}

/// Games and rows where storage cannot be asked.
fn confirmed(diaries: &[Diary], report: &mut Report) {
    let mut people: BTreeMap<&str, (&Played, Vec<&str>)> = BTreeMap::new();
    for (bot, diary) in diaries.iter().enumerate() {
        let mut scenes: BTreeMap<&str, u32> = BTreeMap::new();
        let began = |played: &&Played| played.outcome != Some(Outcome::NoShow) && played.tick.is_some();
        for played in diary.games.iter().filter(began) {
            people.entry(&played.game).or_insert((played, Vec::new())).1.push(&diary.subject);
            *scenes.entry(&played.scene).or_default() += 1;
            if diary.end != Some(End::Dropout) {
                let rows = u64::from(played.tick.unwrap_or_default().0);
                report.rows_expected += rows;
                // Nothing leads out of a game before it is saved.
                let left = played.saved || diary.scene != played.scene;
                report.rows_saved += if left { rows } else { 0 };
                if !left {
                    let words = format!("nobody confirmed the {rows} rows of game {}", played.game);
                    report.errors.push(format!("{}: {words}", name(bot, diary)));
                }
            }
        }
        for (scene, games) in scenes.into_iter().filter(|(_, games)| *games > 1) {
            report.in_two_games += 1;
            report.errors.push(format!("{} is in {games} games of {scene:?}", name(bot, diary)));
        }
    }
    report.games = people.len();
    for (game, (played, subjects)) in people {
        let outcome = played.outcome.map_or("unknown", Outcome::as_str);
        *report.game_outcomes.entry(outcome.to_owned()).or_default() += 1;
        if subjects.len() > 1 {
            let participants = subjects.into_iter().map(str::to_owned).collect();
            report.pairs.push(Pair { scene: played.scene.clone(), game: game.to_owned(), participants });
        }
    }
}

/// Whether what was sent is stored, as the server reads it.
fn answers(experiment: &Experiment, diaries: &[Diary], stored: &Stored, report: &mut Report) {
    for (bot, diary) in diaries.iter().enumerate() {
        for (scene, sent) in &diary.answers {
            for question in experiment.find(scene).map(Scene::questions).unwrap_or_default() {
                let given = sent.iter().filter(|(id, _)| *id == question.id).map(|(_, value)| value.as_str());
                let Ok(Some(answer)) = question.accept(&given.collect::<Vec<_>>()) else { continue };
                report.answers_expected += 1;
                let key = (diary.subject.clone(), scene.clone(), question.id.clone());
                match stored.answers.get(&key) {
                    Some(found) if *found == answer.to_string() => report.answers_saved += 1,
                    found => {
                        let words =
                            format!("answered {scene}.{} with {answer}, stored is {found:?}", question.id);
                        report.errors.push(format!("{} {words}", name(bot, diary)));
                    }
                }
            }
        }
    }
}

/// Whether the experiment knows how everybody ended.
fn endings(diaries: &[Diary], stored: &Stored, report: &mut Report) {
    for (bot, diary) in diaries.iter().enumerate() {
        // Nothing is stored before the first page was sent.
        let Some(End::Page { ending, .. }) = diary.end.as_ref().filter(|_| !stored.endings.is_empty()) else {
            continue;
        };
        match stored.endings.get(&diary.subject) {
            Some(status) if status == ending => {}
            status => {
                let words = format!("ended with {ending:?}, stored is {status:?}");
                report.errors.push(format!("{} {words}", name(bot, diary)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use footlights_experiment::{Completion, Page, Question};
    use footlights_protocol::Tick;

    use super::*;
    use crate::audit::stored::{Steps, StoredGame};

    fn experiment() -> Experiment {
        Experiment::new("e", "E")
            .scene(Scene::start(Page::new("start", "Hello")))
            .scene(Page::new("survey", "Survey").ask(Question::number_input("age", "Age", 18.0, 99.0)))
            .scene(Scene::completion_code(Page::new("end", "Bye")))
            .completion(Completion::new().code(Ending::Completed, "C1").generated_code(Ending::PartnerLeft))
    }

    fn diary(subject: &str) -> Diary {
        Diary {
            subject: subject.into(),
            scene: "end".into(),
            answers: [("survey".to_owned(), vec![("age".to_owned(), "30".to_owned())])].into(),
            games: vec![Played {
                scene: "game".into(),
                game: "g".into(),
                tick: Some(Tick(3)),
                outcome: Some(Outcome::Completed),
                saved: true,
            }],
            end: Some(End::Page { ending: "completed".into(), code: Some("C1".into()) }),
            ..Diary::default()
        }
    }

    fn steps() -> Steps {
        let shared = (1..=3).map(|tick| vec![tick.to_string()]).collect();
        Steps { games: vec!["g".into(); 3], ticks: vec![1, 2, 3], shared }
    }

    fn stored() -> Stored {
        let game = StoredGame { scene: "game".into(), outcome: "completed".into(), ticks: 3 };
        let mut stored = Stored { games: [("g".to_owned(), game)].into(), ..Stored::default() };
        for subject in ["a", "b"] {
            stored.seats.push(("g".into(), subject.into()));
            stored.answers.insert((subject.into(), "survey".into(), "age".into()), "30".into());
            stored.endings.insert(subject.into(), "completed".into());
            stored.steps.insert(("game".into(), subject.into()), steps());
        }
        stored
    }

    /// The only error of a run in which one thing is wrong.
    fn error(diaries: [Diary; 2], stored: &Stored) -> String {
        let report = audit(&experiment(), &diaries, Some(stored), Some(Leftovers::default()));
        assert_eq!(report.errors.len(), 1, "{:?}", report.errors);
        report.errors.into_iter().next().unwrap()
    }

    fn both() -> [Diary; 2] {
        ["a", "b"].map(diary)
    }

    #[test]
    fn a_run_in_which_all_is_well_has_no_errors() {
        let report = audit(&experiment(), &both(), Some(&stored()), Some(Leftovers::default()));
        assert_eq!(report.errors, Vec::<String>::new());
        assert_eq!((report.games, report.pairs.len(), report.in_two_games, report.stranded), (1, 1, 0, 0));
        assert_eq!((report.rows_expected, report.rows_saved), (6, 6));
        assert_eq!((report.answers_expected, report.answers_saved), (2, 2));
        assert_eq!(report.outcomes, [("completed".to_owned(), 2)].into());
        assert_eq!(report.codes, [("C1".to_owned(), 2)].into());
    }

    #[test]
    fn a_missing_row_is_an_error_for_survivors_and_dropouts_alike() {
        let key = ("game".to_owned(), "b".to_owned());
        let mut short = stored();
        let steps = short.steps.get_mut(&key).unwrap();
        steps.ticks.pop();
        steps.games.pop();
        steps.shared.pop();
        let mut diaries = both();
        diaries[1].end = Some(End::Dropout);
        let report = audit(&experiment(), &diaries, Some(&short), None);
        assert_eq!((report.rows_expected, report.rows_saved, report.dropouts), (6, 5, 1));
        assert!(report.errors.iter().any(|error| error.contains("2 of 3 rows")), "{:?}", report.errors);
        let mut gone = stored();
        gone.steps.remove(&key);
        assert!(error(both(), &gone).contains("no file of steps"));
        let mut twice = stored();
        twice.steps.get_mut(&key).unwrap().ticks = vec![1, 2, 2];
        assert!(error(both(), &twice).contains("do not count up"));
    }

    #[test]
    fn two_files_of_one_game_that_differ_are_an_error() {
        let mut differs = stored();
        differs.steps.get_mut(&("game".to_owned(), "b".to_owned())).unwrap().shared[1] = vec!["x".into()];
        assert!(error(both(), &differs).contains("first in row 2"));
    }

    #[test]
    fn a_game_that_somebody_saw_must_be_stored_to_its_last_tick() {
        let mut later = both();
        later[0].games[0].tick = Some(Tick(4));
        assert!(error(later, &stored()).contains("ended at tick 4"));
        let mut lost = both();
        lost[0].games.push(Played { game: "h".into(), scene: "other".into(), ..lost[0].games[0].clone() });
        assert!(error(lost, &stored()).contains("is not stored"));
    }

    #[test]
    fn somebody_in_two_games_of_a_scene_is_an_error_but_not_if_one_never_began() {
        let mut two = stored();
        let game = StoredGame { ticks: 0, outcome: "no_show".into(), ..two.games["g"].clone() };
        two.games.insert("h".into(), game.clone());
        two.seats.push(("h".into(), "a".into()));
        assert!(audit(&experiment(), &both(), Some(&two), None).errors.is_empty());
        two.games.insert("h".into(), StoredGame { outcome: "abandoned".into(), ..game });
        let report = audit(&experiment(), &both(), Some(&two), None);
        assert_eq!(report.in_two_games, 1);
        assert!(report.errors.iter().any(|error| error.contains("in 2 games")));
    }

    #[test]
    fn who_hangs_is_named_with_the_place() {
        let mut diaries = both();
        diaries[1] =
            Diary { end: None, scene: "game".into(), doing: "is in a game: lobby".into(), ..diary("b") };
        let report = audit(&experiment(), &diaries, Some(&stored()), None);
        assert_eq!((report.stranded, report.outcomes["stranded"]), (1, 1));
        assert!(report.errors[0].contains("bot 1 (b) hangs in \"game\": is in a game: lobby"));
    }

    #[test]
    fn the_code_must_be_that_of_the_ending() {
        let end = |ending: &str, code: Option<&str>| {
            let mut diaries = both();
            diaries[0].end = Some(End::Page { ending: ending.into(), code: code.map(str::to_owned) });
            let mut stored = stored();
            stored.endings.insert("a".into(), ending.into());
            audit(&experiment(), &diaries, Some(&stored), None).errors
        };
        assert!(end("completed", Some("C2"))[0].contains("not \"C1\""));
        assert!(end("completed", None)[0].contains("not \"C1\""));
        assert!(end("partner_left", Some("XYZ")).is_empty());
        assert!(end("lobby_timeout", None).is_empty());
        assert!(end("lobby_timeout", Some("C1"))[0].contains("not none"));
        assert!(end("failed", None)[0].contains("on our side"));
        assert!(end("nonsense", None)[0].contains("no ending"));
    }

    #[test]
    fn an_answer_that_is_stored_otherwise_is_an_error() {
        let mut other = stored();
        other.answers.insert(("a".into(), "survey".into(), "age".into()), "31".into());
        assert!(error(both(), &other).contains("survey.age with 30"));
        other.answers.remove(&("a".into(), "survey".into(), "age".into()));
        assert!(error(both(), &other).contains("stored is None"));
        let mut status = stored();
        status.endings.insert("a".into(), String::new());
        assert!(error(both(), &status).contains("stored is Some(\"\")"));
    }

    #[test]
    fn what_is_left_behind_is_an_error() {
        let judged = |left| audit(&experiment(), &both(), Some(&stored()), Some(left)).errors;
        assert!(judged(Leftovers { games: 1, ..Leftovers::default() })[0].contains("1 games"));
        assert!(judged(Leftovers { waiting: 1, ..Leftovers::default() })[0].contains("waits in 1"));
    }

    #[test]
    fn without_storage_rows_count_as_the_rooms_confirmed_them() {
        let report = audit(&experiment(), &both(), None, None);
        assert_eq!((report.rows_expected, report.rows_saved, report.games), (6, 6, 1));
        assert!(report.errors.is_empty() && !report.looked_up);
        let mut waits = both();
        waits[0].scene = "game".into();
        waits[0].games[0].saved = false;
        let report = audit(&experiment(), &waits, None, None);
        assert_eq!((report.rows_saved, report.errors.len()), (3, 1));
    }

    /// Two levels of a person's, for each of which a pair must be found within 8 s.
    fn divided() -> Experiment {
        use footlights_environments::slime_volleyball::{Config, SlimeVolleyball};
        use footlights_experiment::{Factor, GameScene, Seat, Waitroom};
        let game = GameScene::new::<SlimeVolleyball>("game", Config::default())
            .seat(Seat::Human)
            .seat(Seat::Human)
            .waitroom(Waitroom::new().max_wait_ms(8_000))
            .varied("pace", |game, level| game.fps(if level == "slow" { 10.0 } else { 30.0 }));
        Experiment::new("e", "E")
            .scene(Scene::start(Page::new("start", "Hello")))
            .factor(Factor::new("pace").value("slow").value("fast"))
            .scene(game)
            .scene(Scene::end(Page::new("end", "Bye")))
    }

    fn waited(ms: f64) -> Diary {
        let end = End::Page { ending: "lobby_timeout".into(), code: None };
        let unmatched_ms = vec![("game".to_owned(), ms)];
        Diary { subject: "s".into(), scene: "end".into(), end: Some(end), unmatched_ms, ..Diary::default() }
    }

    #[test]
    fn a_design_that_lets_people_wait_for_nothing_is_told_with_how_many_did() {
        let experiment = divided();
        assert_eq!(experiment.validate(), Ok(()));
        let report = audit(&experiment, &[waited(9_000.0)], None, None);
        assert_eq!(report.unmatched, [("game".to_owned(), 1)].into());
        let warning = "1 found no group: the participants of scene \"game\" are divided by \"pace\"";
        assert!(report.warnings[0].starts_with(warning), "{:?}", report.warnings);
        assert!(report.errors.is_empty(), "{:?}", report.errors);
    }

    #[test]
    fn a_wait_that_is_longer_than_the_waiting_room_promises_is_an_error() {
        let report = audit(&divided(), &[waited(9_000.0 + NOTICED_MS)], None, None);
        assert_eq!(report.errors, ["bot 0 (s) waited 209 s in \"game\", which promises 8 s"]);
    }
}
