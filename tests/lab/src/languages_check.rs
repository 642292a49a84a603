//! One study in every language that has a table, for tests: a screening, a comprehension check, a game for two and a survey.
//! Its own texts are in English, German and Hebrew; in the other languages they stay English. Not on the front page.

use footlights::environments::slime_volleyball::{Config, SlimeVolleyball};
use footlights::prelude::*;

use footlights_examples::slime_controls;

/// The languages, the usual one first.
const LANGUAGES: [&str; 9] = ["en", "de", "he", "ar", "es", "fr", "ja", "nl", "zh"];

/// The experiment in all of them.
pub fn experiment() -> Experiment {
    LANGUAGES.iter().skip(1).fold(study("en"), |all, language| all.translated(study(language)))
}

fn study(language: &str) -> Experiment {
    let say = |english, german, hebrew| match language {
        "de" => german,
        "he" => hebrew,
        _ => english,
    };
    let instructions = Page::new("instructions", say("How to play", "So wird gespielt", "איך משחקים")).text(say(
        "You are one of two slimes on either side of a net. Whoever lets the ball touch the ground on their own side loses the point.",
        "Sie sind einer von zwei Schleimen auf beiden Seiten eines Netzes. Wer den Ball auf der eigenen Seite auf den Boden fallen lässt, verliert den Punkt.",
        "כל משתתף הוא אחד משני יצורים משני צדי הרשת. מי שהכדור נוגע בקרקע בצד שלו מפסיד את הנקודה.",
    ));
    let yes_or_no = [say("Yes", "Ja", "כן"), say("No", "Nein", "לא")];
    Experiment::new("languages_check", say("Slime Volleyball", "Schleim-Volleyball", "כדורעף יצורים"))
        .unlisted()
        .language(language)
        .completion(
            Completion::new()
                .code(Ending::Completed, "DONE")
                .code(Ending::LobbyTimeout, "WAITED")
                .code(Ending::PartnerLeft, "PARTNER")
                .code(Ending::ScreenedOut, "SCREENED")
                .code(Ending::FailedCheck, "CHECK"),
        )
        .scene(Scene::start(
            Page::new("consent", say("Welcome", "Willkommen", "ברוכים הבאים"))
                .text(say(
                    "You play a simple game with another participant and answer a few questions. It takes about ten minutes.",
                    "Sie spielen ein einfaches Spiel mit einer anderen Person und beantworten ein paar Fragen. Das dauert etwa zehn Minuten.",
                    "תשחקו במשחק פשוט עם משתתף אחר ותענו על כמה שאלות. זה נמשך כעשר דקות.",
                ))
                .button(say("I agree to take part", "Ich nehme teil", "אני מסכים להשתתף")),
        ))
        .scene(Screening::new("screening"))
        .scene(instructions.clone())
        .scene(
            Page::new("check", say("One question", "Eine Frage", "שאלה אחת"))
                .collapsible(&instructions)
                .ask(
                    Question::multiple_choice(
                        "point",
                        say(
                            "Does the ball on your ground cost you a point?",
                            "Kostet der Ball auf Ihrem Boden einen Punkt?",
                            "האם כדור על הקרקע שלך עולה לך בנקודה?",
                        ),
                        &yes_or_no,
                    )
                    .stored_as(&["yes", "no"])
                    .correct(&["yes"]),
                )
                .attempts(3, Transition::End),
        )
        .scene(game(language))
        .scene(
            Page::new("survey", say("How was it?", "Wie war es?", "איך היה?"))
                .text(say(
                    "You scored {match.score:1} points. You answered {check.point}.",
                    "Sie haben {match.score:1} Punkte. Ihre Antwort war {check.point}.",
                    "צברת {match.score:1} נקודות. ענית {check.point}.",
                ))
                .ask(
                    Question::scale("fun", say("How much fun was it?", "Wie viel Spaß hat es gemacht?", "כמה נהניתם?"), 7)
                        .anchors(say("None", "Keinen", "בכלל לא"), say("A lot", "Viel", "מאוד")),
                )
                .ask(
                    Question::slider(
                        "skill",
                        say("Whose skill was higher?", "Wer war geschickter?", "מי היה מיומן יותר?"),
                        0.0,
                        100.0,
                        1.0,
                    )
                    .anchors(
                        say("Mine", "Ich", "אני"),
                        say("My partner's", "Die andere Person", "האדם האחר"),
                    ),
                )
                .ask(
                    Question::number_input(
                        "height",
                        say("How tall are you, in metres?", "Wie groß sind Sie, in Metern?", "מה הגובה שלך, במטרים?"),
                        0.5,
                        2.5,
                    )
                    .step(0.0),
                )
                .ask(
                    Question::multiple_choice("again", say("Again?", "Noch einmal?", "שוב?"), &yes_or_no)
                        .stored_as(&["yes", "no"]),
                )
                .ask(
                    Question::text_area("comments", say("Anything else?", "Noch etwas?", "משהו נוסף?"))
                        .max_chars(40)
                        .optional(),
                ),
        )
        .scene(Scene::completion_code(
            Page::new("end", say("Thank you", "Danke", "תודה")).text(say(
                "That was all.",
                "Das war alles.",
                "זה הכול.",
            )),
        ))
}

fn game(language: &str) -> GameScene {
    let say = |english, german, hebrew| match language {
        "de" => german,
        "he" => hebrew,
        _ => english,
    };
    let game = GameScene::new::<SlimeVolleyball>("match", Config { lives: 1, ..Config::default() })
        .title(say("The game", "Das Spiel", "המשחק"))
        .seat(Seat::Human)
        .seat(Seat::Human);
    slime_controls(game)
        // What the keys are called comes from elsewhere, in English.
        .translate("left", say("left", "links", "שמאלה"))
        .translate("right", say("right", "rechts", "ימינה"))
        .translate("jump", say("jump", "springen", "קפיצה"))
        .result(ShownResult::WinOrLose)
        .waitroom(Waitroom::new().max_wait_ms(60_000).ready_check_ms(20_000).timeout_message(say(
            "Nobody came. You are paid for the wait.",
            "Es kam niemand. Sie werden für das Warten bezahlt.",
            "אף אחד לא הגיע. תקבלו תשלום על ההמתנה.",
        )))
        .grace_ms(20_000)
        .max_steps(300)
        .attention_rule(PresenceRule::new(
            3_000.0,
            say("Please come back to the game.", "Bitte kommen Sie zum Spiel zurück.", "נא לחזור למשחק."),
        ))
}
