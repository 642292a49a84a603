//! What participants type, press and come with, and what their browsers refuse, for tests. Not on the front page.

use footlights::environments::slime_volleyball::{Config, SlimeVolleyball};
use footlights::prelude::*;

use footlights_examples::slime_controls;

/// Every kind of question, with options as they are pasted, and an address that gives credit.
pub fn answers() -> Experiment {
    Experiment::new("answers_check", "Answers")
        .unlisted()
        .parameter("survey_code")
        .parameter("wave")
        .retake_for(Retake::Parameter("wave".into()))
        .returning(Returning::Refused)
        .completion(Completion::new().code(Ending::Completed, "DONE").redirect(
            "https://uni.example/credit?experiment_id=1&survey_code={url.survey_code}&person={url.PROLIFIC_PID}&age={numbers.age}",
        ))
        .scene(Scene::start(Page::new("start", "Answers")))
        .scene(
            Page::new("options", "Options")
                .ask(Question::multiple_choice("one", "Will you?", &["Yes ", "No\u{a0}"]))
                .ask(Question::multiple_choice("some", "Which?", &[" a", "b\r\nc", "d+e=f & g"]).multiple()),
        )
        .scene(Page::new("slider", "Slider").ask(Question::slider("agree", "How much?", 0.0, 100.0, 1.0)))
        .scene(
            Page::new("texts", "Texts")
                .html(
                    r#"<label>Mood <input name="mood"></label>
                       <label>Days <select name="days" multiple><option>Monday</option><option>Friday</option></select></label>"#,
                )
                .ask(Question::custom_html("mood", "Mood"))
                .ask(Question::custom_html("days", "Days").optional())
                .ask(Question::text_box("line", "One line").max_chars(20))
                .ask(Question::text_area("lines", "Lines").max_chars(20).optional()),
        )
        .scene(
            Page::new("numbers", "Numbers")
                .ask(Question::number_input("age", "How old are you?", 18.0, 120.0))
                .ask(Question::number_input("height", "How tall, in metres?", 0.5, 2.5).step(0.01)),
        )
        .scene(Scene::completion_code(Page::new("end", "Thank you")))
}

/// Questions that are called as properties of a form in a browser are.
pub fn names() -> Experiment {
    let names = [
        "action", "method", "target", "submit", "reset", "elements", "length", "name", "id", "children",
        "dataset", "code", "scene", "remove", "style", "title", "lang", "hidden",
    ];
    let page =
        names.iter().fold(Page::new("names", "Names"), |page, name| page.ask(Question::text_box(name, name)));
    Experiment::new("names_check", "Names")
        .unlisted()
        .completion(codes())
        .scene(Scene::start(Page::new("start", "Names")))
        .scene(page.time_limit(600_000, Transition::Next))
        .scene(Scene::completion_code(Page::new("end", "Thank you")))
}

/// A game for two with a short wait, and a code for each way out.
pub fn pair() -> Experiment {
    let game = GameScene::new::<SlimeVolleyball>("game", Config { lives: 1, ..Config::default() })
        .seat(Seat::Human)
        .seat(Seat::Human)
        .episodes(1)
        .countdown_ms(0)
        .waitroom(Waitroom::new().max_wait_ms(8_000));
    Experiment::new("pair_check", "A pair")
        .unlisted()
        .completion(codes())
        .scene(Scene::start(Page::new("start", "A pair")))
        .scene(slime_controls(game))
        .scene(Scene::completion_code(Page::new("end", "Thank you")))
}

/// A screening without requirements.
pub fn screened() -> Experiment {
    Experiment::new("screened_check", "A screening")
        .unlisted()
        .completion(codes())
        .scene(Scene::start(Page::new("start", "A screening")))
        .scene(Screening::new("screening"))
        .scene(Scene::completion_code(Page::new("end", "Thank you")))
}

/// A consent to keep, text in Markdown, a debriefing for everybody, and a way to withdraw.
pub fn pages() -> Experiment {
    Experiment::new("pages_check", "Pages")
        .unlisted()
        .withdrawal()
        .completion(codes())
        .scene(Scene::start(
            Page::new("consent", "Consent")
                .markdown("You agree that\n\n1. **keys** are recorded,\n2. nothing else is.\n\n[Rules](https://lab.example/rules)")
                .keep_copy()
                .button("I agree"),
        ))
        .scene(Page::new("you", "You").ask(Question::text_box("first_name", "Your first name?")))
        .scene(
            Page::new("rules", "Rules")
                .markdown("# Hello {you.first_name}\n\n| who | points |\n|---|---|\n| *{you.first_name}* | 1 |\n\n![A hill](hill.svg)"),
        )
        .scene(Scene::completion_code(
            Page::new("end", "Thank you").text("That was all.").debriefing("The study was about **{you.first_name}**."),
        ))
}

/// Pages that are shown for a limited time.
pub fn timed() -> Experiment {
    Experiment::new("timed_check", "Time")
        .unlisted()
        .completion(codes().code(Ending::Left, "IDLE"))
        .scene(Scene::start(Page::new("start", "Time")))
        .scene(
            Page::new("offer", "Your offer")
                .ask(Question::number_input("coins", "How many coins?", 0.0, 10.0))
                .ask(Question::text_box("why", "Why?").max_chars(5))
                .time_limit(3_000, Transition::Next),
        )
        .scene(Page::new("read", "Read").text("Nothing to do.").time_limit(2_000, Transition::End))
        .scene(Scene::completion_code(Page::new("end", "Thank you")))
}

fn codes() -> Completion {
    Completion::new()
        .code(Ending::Completed, "DONE")
        .code(Ending::LobbyTimeout, "WAITED")
        .code(Ending::ScreenedOut, "SCREENED")
}
