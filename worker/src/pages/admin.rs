//! The researchers' pages, as HTML. Only the page of a replay needs a program: it fills in the pictures and the rows.

use footlights_experiment::GameScene;
use maud::{DOCTYPE, Markup, html};

use super::parts::assets;
use crate::store::listing::{Amount, GAMES, Game, Seat};

/// An experiment, by its id; one that a later deployment removed has no title.
#[derive(Clone, Copy)]
pub struct ListedExperiment<'a> {
    pub id: &'a str,
    pub title: Option<&'a str>,
}

impl ListedExperiment<'_> {
    fn name(&self) -> &str {
        self.title.unwrap_or(self.id)
    }

    fn path(&self) -> String {
        format!("/admin/x/{}", self.id)
    }

    fn files(&self) -> String {
        format!("/api/admin/experiments/{}", self.id)
    }
}

fn shell(title: &str, head: Markup, signed_in: bool, main: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " – Footlights" }
                link rel="icon" href="/client/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/client/style.css";
                link rel="stylesheet" href="/replay/admin.css";
                (head)
            }
            body {
                header.bar {
                    a.title href="/admin" { "Footlights for researchers" }
                    @if signed_in {
                        form.sign-out method="post" action="/admin/sign-out" { button type="submit" { "Sign out" } }
                    }
                }
                main #scene { (main) }
            }
        }
    }
}

/// The trail of links to the pages above, and the name of this one.
fn trail(above: &[(&str, &str)], here: &str) -> Markup {
    html! {
        nav.trail aria-label="You are here" {
            ol {
                @for (path, name) in above { li { a href=(path) { (name) } } }
                li aria-current="page" { (here) }
            }
        }
    }
}

/// The form for the token. `to` is the page that it leads to, and `why` says what was wrong with the last token. With
/// `again` the page reloads itself once: after a link from another site, browsers do not send the cookie at first.
pub fn sign_in(to: &str, why: Option<&str>, again: bool) -> Markup {
    let main = html! {
        section.page data-kind="sign-in" {
            h1 { "Sign in" }
            p {
                "The token is what the deployment's FOOTLIGHTS_ADMIN_TOKEN was set to; on your own machine it is in the file .dev.vars of the lab. You stay signed in for twelve hours on this browser."
            }
            form method="post" action="/admin/sign-in" {
                input type="hidden" name="to" value=(to);
                label for="token" { "Token" }
                @if let Some(why) = why { p.complaint #complaint role="alert" { (why) } }
                input #token name="token" type="password" required autofocus autocomplete="current-password"
                    spellcheck="false" aria-invalid=[why.map(|_| "true")] aria-describedby=[why.map(|_| "complaint")];
                button.primary type="submit" { "Sign in" }
            }
        }
    };
    let head = html! { @if again { script type="module" src="/replay/again.js" {} } };
    shell("Sign in", head, false, main)
}

/// The page that says what went wrong.
pub fn problem(why: &str) -> Markup {
    let main = html! {
        section.page.problem data-kind="problem" {
            h1 { "That did not work" }
            p { (sentence(why)) }
            p { a href="/admin" { "To all experiments" } }
        }
    };
    shell("That did not work", html! {}, false, main)
}

/// An error message as a sentence, with a capital letter and a full stop.
fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// The list of experiments: those with data, and those of this deployment.
pub fn experiments(all: &[(ListedExperiment<'_>, Amount)]) -> Markup {
    let main = html! {
        section.page.wide data-kind="experiments" {
            h1 { "Experiments" }
            ul.list {
                @for (experiment, amount) in all {
                    li {
                        div {
                            a.name href=(experiment.path()) { (experiment.name()) }
                            span.id { (experiment.id) }
                            @if experiment.title.is_none() { span.id { "no longer part of this deployment; its data are" } }
                        }
                        span.amount { (amount.participants) " " (many(amount.participants, "participant")) }
                        span.amount { (amount.games) " " (many(amount.games, "game")) }
                        @if experiment.title.is_some() {
                            a.button href={ (experiment.files()) "/export.zip" } download
                                aria-label={ "All data of " (experiment.name()) " as a ZIP" } { "All data" }
                        }
                    }
                }
            }
            @if all.is_empty() { p { "This deployment has no experiment." } }
        }
    };
    shell("Experiments", html! {}, true, main)
}

fn many(count: u32, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// One page of an experiment's games, counted from 0; `more` says whether another one follows.
pub fn games(experiment: &ListedExperiment<'_>, games: &[Game], at: u32, more: bool) -> Markup {
    let main = html! {
        section.page.wide data-kind="games" {
            (trail(&[("/admin", "Experiments")], experiment.name()))
            h1 { "Games of " (experiment.name()) }
            @if games.is_empty() {
                p { @if at == 0 { "No game of this experiment is over yet." } @else { "There are no games this far back." } }
            } @else {
                table.games role="table" {
                    caption { "The newest first; times are UTC." }
                    thead role="rowgroup" {
                        tr role="row" {
                            @for name in ["Started", "Scene", "Outcome", "Players", "Length", "Replay"] {
                                th scope="col" role="columnheader" { (name) }
                            }
                        }
                    }
                    tbody role="rowgroup" { @for game in games { (line(experiment, game)) } }
                }
            }
            @if at > 0 || more {
                nav.pages aria-label="More games" {
                    @if at > 0 { a.button rel="prev" href={ (experiment.path()) "?page=" (at) } { "Newer" } }
                    span { "Games " (at as usize * GAMES + 1) " to " (at as usize * GAMES + games.len()) }
                    @if more { a.button rel="next" href={ (experiment.path()) "?page=" (at + 2) } { "Older" } }
                }
            }
        }
    };
    shell(&format!("Games of {}", experiment.name()), html! {}, true, main)
}

fn line(experiment: &ListedExperiment<'_>, game: &Game) -> Markup {
    html! {
        tr role="row" {
            td role="cell" data-label="Started" { (started(game)) }
            td role="cell" data-label="Scene" { (game.scene_id) }
            td role="cell" data-label="Outcome" { (words(&game.outcome)) }
            td role="cell" data-label="Players" {
                ul.players { @for seat in &game.seats { li { (who(game, seat)) } } }
            }
            td role="cell" data-label="Length" { (length(game)) }
            td role="cell" data-label="Replay" {
                @if game.ticks > 0 {
                    a href={ (experiment.path()) "/games/" (game.game_id) } aria-label={ "Replay of game " (game.game_id) } { "Replay" }
                } @else {
                    span.muted { "nothing was played" }
                }
            }
        }
    }
}

fn started(game: &Game) -> Markup {
    html! {
        @match game.started_at.as_deref() {
            Some(at) => time datetime=(at) { (at.get(..19).unwrap_or(at).replace('T', " ")) },
            None => span.muted { "never" },
        }
    }
}

/// A name of the data as words: `partner_left` becomes `partner left`.
fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn length(game: &Game) -> String {
    format!(
        "{} {} in {} {}",
        game.ticks,
        many(game.ticks, "tick"),
        game.episodes,
        many(game.episodes, "episode")
    )
}

/// The holder of a seat, and their outcome if it differs from the game's.
fn who(game: &Game, seat: &Seat) -> Markup {
    html! {
        span.agent { (seat.agent) } " "
        @match seat.subject_id.as_deref() {
            Some(_) if seat.deleted() => span.muted { "a person whose data were deleted" },
            Some(subject) => code { (subject) },
            None => { (seat.holder) " " span.muted { "(policy)" } },
        }
        @if let Some(outcome) = seat.outcome.as_ref().filter(|outcome| **outcome != game.outcome) { " " span.muted { "(" (words(outcome)) ")" } }
    }
}

/// The page of a replay. `scene` is what the game was played in, if this deployment has it: its images are shown.
pub fn replay(experiment: &ListedExperiment<'_>, game: &Game, scene: Option<&GameScene>) -> Markup {
    let files = format!("{}/games/{}", experiment.files(), game.game_id);
    let above = [("/admin".to_owned(), "Experiments"), (experiment.path(), experiment.name())];
    let above: Vec<(&str, &str)> = above.iter().map(|(path, name)| (path.as_str(), *name)).collect();
    let head = html! { script type="module" src="/replay/boot.js" {} };
    let main = html! {
        section.page.replay data-kind="replay" data-game=(game.game_id) data-file={ (files) "/replay.msgpack" }
            data-assets=[scene.and_then(assets)] {
            (trail(&above, "Replay"))
            h1 { "Replay of a game" }
            dl.facts {
                (fact("Started", started(game)))
                (fact("Scene", html! { (game.scene_id) }))
                (fact("Environment", html! { (game.environment) }))
                (fact("Outcome", html! { (words(&game.outcome)) }))
                (fact("Length", html! { (length(game)) }))
                (fact("Game", html! { code { (game.game_id) } }))
            }
            p.verdict #verdict role="status" { "Loading the replay…" }
            noscript { p.notice { "Playing a game again needs JavaScript. The files below do not." } }
            div.player #player {
                div.watch {
                    // Above the pictures, which are high where there are several seats.
                    (controls())
                    div.views #views {
                        @for (k, seat) in game.seats.iter().enumerate() {
                            figure data-agent=(k) {
                                figcaption { (who(game, seat)) }
                                div.stage {}
                                p.told {}
                            }
                        }
                    }
                    p.hint {
                        kbd { "Space" } " plays and pauses, " kbd { "←" } " " kbd { "→" } " one step, with " kbd { "Shift" }
                        " ten, " kbd { "Page ↑" } " " kbd { "Page ↓" } " one second, " kbd { "Home" } " " kbd { "End" }
                        " start and end of the episode."
                    }
                }
                (row(game, &files))
                (exports(&files))
            }
        }
    };
    shell(&format!("Replay of {}", game.game_id), head, true, main)
}

fn fact(name: &str, value: Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// The controls of a replay; its program enables them once the replay is loaded.
fn controls() -> Markup {
    html! {
        fieldset.controls #controls disabled aria-label="Playback" {
            div.scrub {
                label for="scrub" { "Step" }
                input #scrub type="range" min="0" max="0" value="0" step="1" aria-describedby="where";
                output #where for="scrub" { "–" }
            }
            div.steer {
                div.buttons {
                (button("first", "To the start of the episode", "Home", "M6 5v14M19 5 9 12l10 7z"))
                (button("back", "One step back", "Left arrow", "M17 5 7 12l10 7z"))
                button.primary #play type="button" aria-keyshortcuts="Space" title="Play or pause (Space)" { "Play" }
                (button("ahead", "One step ahead", "Right arrow", "m7 5 10 7-10 7z"))
                (button("last", "To the end of the episode", "End", "M18 5v14M5 5l10 7-10 7z"))
              }
              div.choices {
                label for="episode" { "Episode" }
                select #episode {}
                label for="speed" { "Speed" }
                select #speed {
                    @for (value, name) in [("0.25", "¼×"), ("0.5", "½×"), ("1", "1×"), ("2", "2×"), ("4", "4×"), ("8", "8×")] {
                        option value=(value) selected[value == "1"] { (name) }
                    }
                }
              }
            }
            p.visually-hidden #status role="status" {}
        }
    }
}

fn button(id: &str, name: &str, key: &str, path: &str) -> Markup {
    html! {
        button.icon id=(id) type="button" aria-label=(name) title={ (name) " (" (key) ")" } {
            svg viewBox="0 0 24 24" aria-hidden="true" { path d=(path) {} }
        }
    }
}

fn exports(files: &str) -> Markup {
    html! {
        section.export aria-labelledby="export-title" {
            h2 #export-title { "Save" }
            div.buttons {
                button #picture type="button" disabled { "This picture (PNG)" }
                button #film type="button" disabled { "This episode (WebM)" }
                a.button href={ (files) "/replay.msgpack" } download { "The replay file" }
            }
            p.muted #export-note { "Of the seat that is chosen beside the rows. A film is recorded while it plays." }
            p #export-status role="status" {}
        }
    }
}

/// The table that shows the row of the data for the tick in the picture.
fn row(game: &Game, files: &str) -> Markup {
    let chosen = game.seats.iter().position(|seat| seat.subject_id.is_some() && !seat.deleted()).unwrap_or(0);
    html! {
        section.row #row aria-labelledby="row-title" {
            h2 #row-title { "The row" }
            fieldset.seats-choice {
                legend { "Seat" }
                @for (k, seat) in game.seats.iter().enumerate() {
                    label {
                        input type="radio" name="seat" value=(k) checked[k == chosen]
                            data-file=[rows_of(seat).map(|agent| format!("{files}/seats/{agent}.csv"))];
                        span { (who(game, seat)) }
                    }
                }
            }
            p #row-note {}
            div #row-body hidden {
                label for="filter" { "Only columns with" }
                input #filter type="search" autocomplete="off" spellcheck="false" placeholder="for example reward";
                div.table tabindex="0" role="region" aria-labelledby="row-title" {
                    table #columns {
                        thead { tr { th scope="col" { "Column" } th scope="col" { "Value" } } }
                    }
                }
                p { a #rows-file href="" download { "All rows of this seat (CSV)" } }
            }
        }
    }
}

/// The agent of a seat whose rows are stored.
fn rows_of(seat: &Seat) -> Option<&str> {
    (seat.subject_id.is_some() && !seat.deleted()).then_some(seat.agent.as_str())
}
