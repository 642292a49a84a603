//! The pages on which people watch policies play and learn.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

/// A whole document. `program` is the name of a file below `/watch/`, and `catalog` what it must know, as JSON.
fn shell(title: &str, program: &str, catalog: &Value, main: Markup) -> Markup {
    // The end of the element cannot stand in it.
    let catalog = catalog.to_string().replace('<', "\\u003c");
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – Footlights" }
                link rel="icon" href="/client/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/client/style.css";
                link rel="stylesheet" href="/client/pages.css";
                link rel="stylesheet" href="/watch/uPlot.min.css";
                link rel="stylesheet" href="/watch/watch.css";
                script #catalog type="application/json" { (PreEscaped(catalog)) }
                link rel="modulepreload" href={ "/watch/" (program) ".js" };
                script type="module" src="/watch/boot.js" {}
            }
            body data-program=(program) {
                header.bar {
                    a.title href="/" { "Footlights" }
                    nav { a href="/watch" { "Watch" } " " a href="/train" { "Train" } }
                }
                main #scene tabindex="-1" { (main) }
            }
        }
    }
}

/// What is told of the step that is shown.
fn facts() -> Markup {
    html! {
        dl {
            div { dt { "Episode" } dd data-part="episode" { "–" } }
            div { dt { "Step" } dd data-part="step" { "–" } }
            div { dt { "Reward so far" } dd data-part="total" { "–" } }
            div { dt { "Last reward" } dd data-part="reward" { "–" } }
            div { dt { "Last action" } dd data-part="action" { "–" } }
        }
    }
}

fn bars() -> Markup {
    html! {
        div.gauges data-part="meters" role="group" aria-label="Meters" {}
        div.gauges data-part="actions" hidden { h2 {} ul {} }
    }
}

/// `/watch`: policies play, at everybody's own pace.
pub fn watch(catalog: &Value) -> Markup {
    let main = html! {
        section.page.wide.watching data-kind="watch" {
            h1 { "Watch an agent" }
            p #state role="status" { "Connecting…" }
            p.keys { "Keys: space plays and pauses, → is one step, R starts the episode again, H shows where the agent has been, + and − change the speed." }
            @if catalog["details"].as_array().is_none_or(Vec::is_empty) {
                p { strong { "There is nothing to watch here yet." } " A lab adds what can be watched in its app, with " code { ".checkpoint(…)" } ", and a training adds what it learns." }
            }
            div #panes data-count="1" {}
            p { button #compare type="button" { "Compare with another" } }
            template #pane {
                article.pane {
                    div {
                        div.controls {
                            label { "Model " select data-part="model" aria-label="Model" {} }
                        }
                        p data-part="about" {}
                        div.stage data-part="stage" { canvas data-part="heat-map" aria-hidden="true" {} }
                        div.controls.hands data-part="hands" role="group" aria-label="What you do" hidden {}
                        div.controls {
                            button.primary data-part="play" type="button" aria-pressed="false" { "Play" }
                            button data-part="step-once" type="button" { "Step" }
                            button data-part="reset" type="button" { "Reset" }
                            button data-part="heat" type="button" aria-pressed="true" { "Heat map" }
                            button data-part="film" type="button" { "Film" }
                            button data-part="link" type="button" { "Link" }
                            label { "You play " select data-part="seat" aria-label="The agent that you play" {} }
                            label { "Speed " input data-part="speed" type="range" min="0.5" max="10" step="0.5" value="1"; output data-part="pace" { "1×" } }
                        }
                        form.controls data-part="reseed" {
                            label { "Seed " input data-part="seed" type="number" min="0" step="1" value="1"; }
                            button type="submit" { "Start from this seed" }
                        }
                        p data-part="told" role="status" {}
                    }
                    div {
                        (facts())
                        dl data-part="hud" {}
                        (bars())
                        dl {
                            div { dt { "Mean steps of ten" } dd data-part="mean" { "–" } }
                            div { dt { "Steps of the last" } dd data-part="lately" { "–" } }
                        }
                        div.chart data-part="survival" {}
                        div.chart data-part="rewards" {}
                    }
                }
            }
        }
    };
    shell("Watch", "watch-page", catalog, main)
}

/// A field of the form that starts a training.
fn field(label: &str, name: &str, value: &str, least: &str, most: &str, step: &str) -> Markup {
    html! {
        label {
            (label)
            input type="number" name=(name) value=(value) min=(least) max=(most) step=(step) required;
        }
    }
}

/// `/train`: one training run that all watch.
pub fn train(catalog: &Value, environments: &[&str], usual: Option<&str>) -> Markup {
    let main = html! {
        section.page.wide.watching data-kind="train" {
            h1 { "Watch an agent learn" }
            p #state role="status" { "Connecting…" }
            article.pane #training data-running="no" {
                div {
                    div.stage data-part="stage" {
                        canvas data-part="heat-map" aria-hidden="true" {}
                    }
                    div.controls {
                        button data-part="pause" type="button" data-when="yes" { "Pause" }
                        button data-part="resume" type="button" data-when="paused" { "Go on" }
                        button data-part="stop" type="button" data-when="yes paused" { "Stop" }
                        button data-part="heat" type="button" aria-pressed="true" { "Heat map" }
                    }
                    p data-part="told" role="status" {}
                    form.fields data-part="start" data-when="no" {
                        label {
                            "Environment"
                            select name="environment" {
                                @for environment in environments {
                                    option value=(environment) selected[usual == Some(*environment)] { (environment) }
                                }
                            }
                        }
                        label {
                            "Learner"
                            select name="learner" {
                                option value="dqn" { "Deep Q-learning" }
                                option value="ppo" { "PPO, self-play" }
                            }
                        }
                        (field("Episodes", "num_episodes", "100", "1", "100000", "1"))
                        (field("Games at a time", "games", "1", "1", "64", "1"))
                        div data-for="ppo" { (field("Actors in objects of their own", "actors", "0", "0", "16", "1")) }
                        (field("Steps in a batch", "batch_size", "32", "1", "256", "1"))
                        div data-for="dqn" { (field("Steps remembered", "buffer_capacity", "10000", "100", "200000", "100")) }
                        (field("Show every … episode", "show_every", "5", "1", "100000", "1"))
                        (field("Seconds between steps", "step_delay", "0.1", "0", "10", "0.01"))
                        div data-for="dqn" { (field("Epsilon after an episode, times", "epsilon_decay", "0.98", "0", "1", "0.001")) }
                        (field("Seed", "seed", "1", "0", "9007199254740992", "1"))
                        label.wide {
                            "Configuration, as JSON; the usual one without"
                            textarea name="config" rows="2" maxlength="2000" spellcheck="false" placeholder="{\"layout\": \"cramped_room\"}" {}
                        }
                        button.primary type="submit" { "Start the training" }
                    }
                }
                div {
                    (facts())
                    progress data-part="progress" max="1" value="0" aria-label="Episodes of the training" {}
                    dl {
                        div { dt { "Mean reward of 5" } dd data-part="avg-reward" { "–" } }
                        div { dt { "Mean steps of 5" } dd data-part="avg-length" { "–" } }
                        div { dt { "Mean loss of 5" } dd data-part="avg-loss" { "–" } }
                        div { dt { "Epsilon" } dd data-part="epsilon" { "–" } }
                        div { dt { "Steps remembered" } dd data-part="buffer" { "–" } }
                    }
                    (bars())
                    h2 { "Models of this run" }
                    ul data-part="models" {}
                }
                div.charts {
                    div.chart data-part="reward-chart" {}
                    div.chart data-part="length-chart" {}
                    div.chart data-part="loss-chart" {}
                    div.chart data-part="epsilon-chart" {}
                    div data-part="numbers" {}
                }
            }
        }
    };
    shell("Train", "train", catalog, main)
}
