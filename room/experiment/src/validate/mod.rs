//! Validates an experiment at start-up. An error names the scene and the option that are wrong.

mod language;
mod same_study;
#[cfg(test)]
mod tests;
mod treatments;

pub use treatments::Divided;

use std::collections::BTreeSet;

use crate::{
    ending::{self, Transition},
    experiment::Experiment,
    id::is_id,
    interpolate::{names, names_in_address},
    plan::{self, Element},
    recruiter::{self, Recruiter, Retake},
    scene::Scene,
    translation::texts_of,
};

/// A wrong configuration, and where it is.
///
/// ```
/// use footlights_experiment::{Experiment, Page, Question, Scene};
///
/// let error = Experiment::new("e", "An experiment")
///     .scene(Scene::start(Page::new("start", "Welcome")))
///     .scene(Page::new("survey", "Survey").ask(Question::scale("fun", "Fun?", 1)))
///     .scene(Scene::end(Page::new("end", "Thank you")))
///     .validate()
///     .unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"experiment "e", scene "survey", ask: question "fun": a scale has 2 to 11 points"#
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("experiment {experiment:?}, scene {scene:?}, {option}: {why}")]
pub struct ConfigError {
    /// The experiment's id.
    pub experiment: String,
    /// The scene's id; empty if the experiment itself is wrong.
    pub scene: String,
    /// The option of the builder.
    pub option: &'static str,
    /// What is wrong.
    pub why: String,
}

/// Folders and columns of the data that no scene can have; `arm` is what an older build called `condition`.
const RESERVED: [&str; 6] = ["replays", "participants", "raw", "condition", "arm", "url"];

impl Experiment {
    /// Finds the first mistake in the configuration. This resets each environment once or twice and loads each policy once.
    ///
    /// # Errors
    /// The mistake, with its scene and its option.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let fail = |scene: &str, option, why: String| {
            Err(ConfigError { experiment: self.id.clone(), scene: scene.into(), option, why })
        };
        if !is_id(&self.id) {
            return fail("", "id", format!("{:?} must be letters, digits, _ and -", self.id));
        }
        if let Err((scene, option, why)) = plan::validate(&self.steps) {
            return fail(&scene, option, why);
        }
        let scenes = self.scenes();
        let mut ids = BTreeSet::new();
        for scene in &scenes {
            if !is_id(scene.id()) {
                return fail(scene.id(), "id", "must be letters, digits, _ and -".into());
            }
            if RESERVED.contains(&scene.id()) {
                return fail(scene.id(), "id", "is reserved for a folder or for columns of the data".into());
            }
            if !ids.insert(scene.id()) {
                return fail(scene.id(), "id", "two scenes have the same id".into());
            }
            if let Err((option, why)) = self.validate_scene(scene) {
                return fail(scene.id(), option, why);
            }
        }
        if let Some(name) = self.parameters.iter().find(|name| !is_id(name)) {
            return fail("", "parameter", format!("{name:?} must be letters, digits, _ and -"));
        }
        let all = self.all_recruiters();
        let identifying: Vec<&str> =
            all.iter().filter(|recruiter| !recruiter.by_convention).flat_map(Recruiter::parameters).collect();
        let is_known = |name: &&String| identifying.iter().any(|known| known.eq_ignore_ascii_case(name));
        if let Some(name) = self.parameters.iter().find(is_known) {
            let why = format!(
                "{name:?} identifies a participant; Footlights keeps it already, apart from the data"
            );
            return fail("", "parameter", why);
        }
        if let Err((option, why)) = self.validate_recruiters().and_then(|()| self.validate_language()) {
            return fail("", option, why);
        }
        if let Err((option, why)) = self.validate_treatments() {
            return fail("", option, why);
        }
        let whole =
            |step: &Element| if let Element::Scene(scene) = step { Some(scene.clone()) } else { None };
        let (first, last) = (self.steps.first().and_then(whole), self.steps.last().and_then(whole));
        let firsts = scenes.iter().filter(|scene| matches!(scene, Scene::Start(_))).count();
        let lasts = scenes.iter().filter(|scene| scene.is_last()).count();
        let ends = matches!(first, Some(Scene::Start(_))) && last.as_ref().is_some_and(Scene::is_last);
        if !ends || firsts != 1 || lasts != 1 {
            let why = "the first scene must be a start page, the last one an end page, and there must be one of each";
            return fail("", "scenes", why.into());
        }
        match (&self.completion, last) {
            (Some(_), Some(Scene::End(page))) => fail(
                &page.id,
                "completion",
                "there are codes, but the last page is not a completion_code".into(),
            ),
            (None, Some(Scene::CompletionCode(page))) => fail(
                &page.id,
                "completion",
                "the last page shows a code, but the experiment has no completion".into(),
            ),
            (Some(completion), Some(last)) => {
                if let Err(why) = completion.validate() {
                    return fail("", "completion", why);
                }
                let redirect = completion.redirect.as_deref().unwrap_or_default();
                self.validate_address(&last, "completion", redirect)
                    .or_else(|(option, why)| fail("", option, why))
            }
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// Whether the lab's own recruiters can be told apart, and whether there is what retakes depend on.
    fn validate_recruiters(&self) -> Result<(), (&'static str, String)> {
        let mut sources = BTreeSet::new();
        for recruiter in &self.recruiters {
            let names = recruiter.parameters().chain([recruiter.source.as_str()]);
            if let Some(name) = names.into_iter().find(|name| !is_id(name)) {
                return Err(("recruiter", format!("{name:?} must be letters, digits, _ and -")));
            }
            let is_taken = |known: &Recruiter| known.source == recruiter.source;
            let is_new = sources.insert(recruiter.source.as_str());
            if !is_new || recruiter.source == "link" || recruiter::known().iter().any(is_taken) {
                return Err(("recruiter", format!("{:?} is the name of another one", recruiter.source)));
            }
        }
        for retake in &self.retakes {
            if let Retake::Parameter(name) = retake
                && !self.parameters.contains(name)
            {
                return Err(("retake_for", format!("{name:?} is no parameter of the experiment")));
            }
        }
        Ok(())
    }

    /// Whether a participant in `scene` has what stands in braces in an address.
    fn validate_address(
        &self,
        scene: &Scene,
        option: &'static str,
        address: &str,
    ) -> Result<(), (&'static str, String)> {
        let host = address.split_once("://").map_or(address, |(_, rest)| rest);
        if host.split(['/', '?', '#']).next().is_some_and(|host| host.contains('{')) {
            return Err((option, format!("{address:?}: a value can stand behind the host only")));
        }
        let recruiters = self.all_recruiters();
        let of_recruiters = |name: &str| {
            let name = name.strip_prefix("url.");
            name.is_some_and(|name| {
                recruiters.iter().flat_map(Recruiter::parameters).any(|known| known == name)
            })
        };
        for name in names_in_address(address).filter(|name| !of_recruiters(name)) {
            self.validate_name(scene, option, name)?;
        }
        Ok(())
    }

    fn validate_scene(&self, scene: &Scene) -> Result<(), (&'static str, String)> {
        let mut transitions: Vec<(&'static str, &Transition)> = Vec::new();
        match scene {
            Scene::Screening(screening) => {
                screening.validate()?;
                for name in screening.names() {
                    self.validate_name(scene, "text", &name)?;
                }
            }
            Scene::Game(game) => {
                game.validate()?;
                self.validate_variations(game)?;
                let sent = texts_of(game, game);
                for name in
                    game.names().iter().map(String::as_str).chain(sent.keys().flat_map(|text| names(text)))
                {
                    self.validate_name(scene, "text", name)?;
                }
                transitions.extend(game.transitions.iter().map(|(_, transition, _)| ("on", transition)));
                for name in game.waitroom.needs() {
                    self.validate_name(scene, "matching", &name)?;
                }
            }
            Scene::Start(page) | Scene::Static(page) | Scene::End(page) | Scene::CompletionCode(page) => {
                page.validate()?;
                if !page.questions.is_empty() && !matches!(scene, Scene::Static(_)) {
                    let why = "the first page records nothing and the last one sends nothing, so neither can have questions";
                    return Err(("ask", why.into()));
                }
                if page.limit.is_some() && !matches!(scene, Scene::Static(_)) {
                    let why = "the first page has not begun and the last one does not end, so neither can have a time limit";
                    return Err(("time_limit", why.into()));
                }
                if page.debriefing.is_some() && !scene.is_last() {
                    return Err((
                        "debriefing",
                        "only the last page is read however a participant ended".into(),
                    ));
                }
                if !page.endings.is_empty() && !scene.is_last() {
                    return Err(("ending", "only the last page knows how the participant ended".into()));
                }
                transitions.extend(page.check.iter().map(|check| ("attempts", &check.otherwise)));
                transitions.extend(page.limit.iter().map(|limit| ("time_limit", &limit.then)));
                for name in page.names() {
                    self.validate_name(scene, "text", &name)?;
                }
            }
        }
        for (option, transition) in transitions {
            match transition {
                Transition::Goto(to) => {
                    let place = |id: &str| {
                        self.steps
                            .iter()
                            .position(|step| matches!(step, Element::Scene(scene) if scene.id() == id))
                    };
                    let here = self.steps.iter().position(|step| {
                        plan::scenes(std::slice::from_ref(step)).iter().any(|known| known.id() == scene.id())
                    });
                    if place(to).is_none_or(|place| here.is_some_and(|here| place <= here)) {
                        let why = format!("{to:?} is not a later scene that every participant goes through");
                        return Err((option, why));
                    }
                }
                Transition::Redirect(url) => {
                    ending::validate_url(url).map_err(|why| (option, why))?;
                    // The last page leads there, whatever comes before.
                    self.validate_address(self.scenes().last().unwrap_or(&scene), option, url)?;
                }
                Transition::Next | Transition::End => {}
            }
        }
        Ok(())
    }

    /// Whether a participant in `scene` can have a global of that name.
    fn validate_name(
        &self,
        scene: &Scene,
        option: &'static str,
        name: &str,
    ) -> Result<(), (&'static str, String)> {
        let known = match name.split_once('.') {
            Some(("url", parameter)) => self.parameters.iter().any(|known| known == parameter),
            Some(("condition", factor)) => {
                plan::factors(&self.steps).iter().any(|known| known.name == factor)
            }
            Some((earlier, what)) if earlier != scene.id() => {
                self.find(earlier).is_some_and(|earlier| match earlier {
                    Scene::Game(game) => game.globals().any(|known| known == what),
                    other => other.questions().iter().any(|question| question.id == what),
                })
            }
            _ => false,
        };
        if known {
            return Ok(());
        }
        Err((
            option,
            format!(
                "no global is called {{{name}}}; there are scene.question, scene.score, scene.outcome, condition.factor and url.name"
            ),
        ))
    }
}
