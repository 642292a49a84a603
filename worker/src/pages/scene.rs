//! The scene in which a participant is.

use footlights_experiment::Scene;
use footlights_protocol::{ShownResult, words::texts};
use maud::{Markup, html};

use super::{
    form::{device_check, text, without_script},
    last,
    parts::{POLICIES, assets, model_names},
    shell::shell,
    view::{Retry, View},
    words::in_page,
};

/// The page of the participant's current scene; `again` if its form was refused.
pub fn scene(view: &View<'_>, again: Option<Retry<'_>>) -> Markup {
    let View { experiment, session, base, .. } = *view;
    let words = view.words();
    let (done, all) = session.progress.progress(experiment);
    let [said_done, said_all] = [done, all].map(|scenes| scenes.to_string());
    let progress = words.with(texts::PROGRESS_OF, &[("done", &said_done), ("all", &said_all)]);
    let bar = html! {
        span.title { (experiment.title) }
        progress value=(done) max=(all) aria-label=(words.get(texts::PROGRESS)) { (progress) }
    };
    let current = session.progress.current(experiment);
    let game =
        current.and_then(|scene| if let Scene::Game(game) = scene { Some(game.as_ref()) } else { None });
    let main = match current {
        Some(Scene::Start(page)) => text(view, page, "start", again),
        Some(Scene::Static(page)) => text(view, page, "static", again),
        Some(Scene::Screening(screening)) => device_check(view, screening),
        Some(Scene::End(page) | Scene::CompletionCode(page)) => last::page(view, page),
        Some(Scene::Game(game)) => html! {
            section.game data-scene=(game.id) data-kind="game" data-title=(view.text(&game.title))
                data-env=(game.environment.id) data-policies=[game.policies_in_browser().then_some(POLICIES)]
                data-models=[model_names(experiment, game)] data-assets=[assets(game)]
                data-experiment=(experiment.id) data-loading=(words.get(texts::LOADING)) data-result=(shown_result(view, &game.episodes.shown_result))
                data-lobby={ (base) "/lobby/" (game.id) } data-room=[view.room]
                data-next={ (base) "/scenes/" (game.id) } {
                (without_script(view, &game.id))
            }
        },
        None => html! {},
    };
    let main = html! {
        (in_page(view, game))
        (main)
    };
    shell(&experiment.title, Some((experiment, base)), words, bar, main)
}

/// What the page says of the result, for `data-result`: a word, or the words behind a colon.
fn shown_result(view: &View<'_>, shown: &ShownResult) -> String {
    match shown {
        ShownResult::GameOver => "game_over".into(),
        ShownResult::WinOrLose => "win_or_lose".into(),
        ShownResult::Words(words) => format!("words:{}", view.text(words)),
    }
}

#[cfg(test)]
mod tests {
    use footlights_data::session::SessionRecord;
    use footlights_environments::slime_volleyball::{Config, Move, SlimeVolleyball};
    use footlights_experiment::{
        Answer, Completion, Condition, Ending, Experiment, GameScene, Globals, Outcome, Page, Screening,
        Seat, Waitroom,
        progress::{Assignment, GameResult},
    };

    use super::*;
    use crate::requests::LeadsTo;

    fn experiment() -> Experiment {
        Experiment::new("e", "<b>")
            .scene(Scene::start(Page::new("start", "<script>").text("a & b")))
            .scene(Scene::completion_code(Page::new("end", "Bye").ending(Ending::Completed, "All done.")))
            .completion(Completion::new().code(Ending::Completed, "C1").redirect("https://example.org/?a=b"))
    }

    fn view<'a>(experiment: &'a Experiment, session: &'a SessionRecord) -> View<'a> {
        View {
            experiment,
            usual: experiment,
            session,
            base: "/x/e/s",
            proof: None,
            leads_to: None,
            saved: false,
            chosen: None,
            time_left: None,
            room: None,
        }
    }

    #[test]
    fn researchers_text_is_escaped() {
        let experiment = experiment();
        let session = SessionRecord::default();
        let view = view(&experiment, &session);
        let html = scene(&view, None).into_string();
        assert!(html.contains("&lt;script&gt;") && html.contains("a &amp; b") && !html.contains("<b>"));
        assert!(
            html.contains(r#"action="/x/e/s/scenes/start""#) && html.contains(r#"data-tab="/x/e/s/tab""#)
        );
    }

    #[test]
    fn only_a_study_whose_games_browsers_simulate_loads_the_environments() {
        footlights_app::install(footlights_examples::app);
        for (id, program) in [
            ("slime_human_human", "/client/"),
            ("slime_rollback", "/simulating/"),
            ("slime_alone", "/simulating/"),
        ] {
            let experiment = crate::experiments::experiment(id).unwrap();
            let session = SessionRecord::default();
            let view = view(experiment, &session);
            let html = scene(&view, None).into_string();
            assert!(html.contains(&format!(r#"src="{program}boot.js""#)), "{id}");
        }
    }

    #[test]
    fn the_code_is_in_sight_only_when_everything_is_saved() {
        let experiment = experiment();
        let mut session = SessionRecord::default();
        session.progress.begin(&experiment, "start", Assignment::default(), Globals::new()).unwrap();
        let leads_to = LeadsTo::Address("https://example.org/?a=b&cc=C1".into());
        let mut view = View { leads_to: Some(&leads_to), ..view(&experiment, &session) };
        let waiting = scene(&view, None).into_string();
        let visible = waiting.split("<template").next().unwrap();
        assert!(!visible.contains("C1") && waiting.contains("C1") && waiting.contains("/x/e/s/complete"));
        view.saved = true;
        let saved = scene(&view, None).into_string();
        assert!(saved.contains("C1") && saved.contains("All done.") && !saved.contains("<template"));
        assert!(saved.contains("https://example.org/?a=b&amp;cc=C1"));
    }

    #[test]
    fn what_is_known_about_a_participant_stands_in_every_text_that_they_read() {
        let waitroom = Waitroom::new().timeout_message("Nobody came, {url.name}.");
        let game = GameScene::new::<SlimeVolleyball>("game", Config::default())
            .title("A game for {url.name}")
            .action(&["ArrowUp"], Move::Jump, "{url.name} left")
            .seat(Seat::Human)
            .seat(Seat::Human)
            .waitroom(waitroom);
        let experiment = Experiment::new("e", "E")
            .parameter("name")
            .scene(Scene::start(Page::new("start", "Hello")))
            .scene(
                Screening::new("device")
                    .title("{url.name}!")
                    .text("We look, {url.name}.")
                    .button("Look, {url.name}"),
            )
            .scene(game)
            .scene(Scene::end(Page::new("end", "Bye")));
        assert_eq!(experiment.validate(), Ok(()));
        let globals = Globals::from([("url.name".into(), Answer::Text("Ada".into()))]);
        let mut session = SessionRecord::default();
        session.progress.begin(&experiment, "start", Assignment::default(), globals).unwrap();
        let device = scene(&view(&experiment, &session), None).into_string();
        assert!(["Ada!", "We look, Ada.", "Look, Ada"].iter().all(|text| device.contains(text)), "{device}");
        let sent = [
            ("window_width", "900"),
            ("window_height", "900"),
            ("ping_ms", "40"),
            ("touch", "false"),
            ("socket", "true"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        session.progress.submit(&experiment, "device", &sent, "").unwrap();
        let game = scene(&view(&experiment, &session), None).into_string();
        for text in [
            "A game for Ada",
            r#""Nobody came, {url.name}.":"Nobody came, Ada.""#,
            r#""{url.name} left":"Ada left""#,
        ] {
            assert!(game.contains(text), "{text}: {game}");
        }
        session.progress.played(GameResult {
            scene: "game".into(),
            outcome: Outcome::LobbyTimeout,
            game: String::new(),
            score: 0.0,
            globals: Globals::new(),
            condition: Condition::new(),
        });
        session.progress.submit(&experiment, "game", &[], "").unwrap();
        let end = scene(&view(&experiment, &session), None).into_string();
        assert!(end.contains("Nobody came, Ada."), "{end}");
    }
}
