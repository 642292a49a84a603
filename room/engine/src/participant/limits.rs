//! What ends by time: the wait for a group, and a page that is shown for a limited time. The page says so itself; who closed
//! it is led on by the alarm of their object.

use footlights_experiment::{
    Experiment, Globals, Scene,
    progress::{GameResult, ProgressError},
};
use footlights_protocol::{EpochMs, Outcome, form::TIME_UP};

use super::Participant;

/// How much later than the waiting room a participant's own object ends a wait, ms.
const WAIT_MARGIN_MS: u64 = 60_000;
/// How much a browser's clock may run ahead when a page says that its time is over, ms.
const CLOCK_MS: u64 = 2_000;
/// How long after the time of a page somebody who closed it goes on without it, ms: an open page sends itself before.
const LATE_MS: u64 = 10_000;

impl Participant {
    /// When nobody can be matched with this participant any more, if they wait: the waiting room ends the wait of who is
    /// there, and who closed the page is told by nobody.
    #[must_use]
    pub fn wait_ends(&self, experiment: &Experiment) -> Option<EpochMs> {
        if let Some(ends) = self.page_ends(experiment) {
            return Some(ends + LATE_MS);
        }
        let Some(Scene::Game(game)) = self.session.progress.current(experiment) else { return None };
        // A group that is held, or asked whether it is ready, does not time out meanwhile.
        let held = game.waitroom.ready_check_ms.unwrap_or(0) + game.waitroom.wait_jitter_ms.1;
        Some(self.wait_limit(experiment)? + held + WAIT_MARGIN_MS)
    }

    /// The longest that they wait, if they wait.
    fn wait_limit(&self, experiment: &Experiment) -> Option<EpochMs> {
        let Some(Scene::Game(game)) = self.session.progress.current(experiment) else { return None };
        let waits = self.game.is_none() && self.session.progress.outcome(&game.id).is_none();
        let since = self.waiting.get(&game.id).filter(|_| waits)?;
        Some(*since + game.waitroom.max_wait_ms)
    }

    /// The participant asks to go on from a game that has not begun for them, which a page does whose sockets do not open.
    /// The wait begins with that, if it has not; when its time is over, they go on without the game. Returns whether they
    /// have gone on.
    ///
    /// # Errors
    /// [`ProgressError`] if `scene` is not the current one.
    pub fn skip_game(
        &mut self,
        now: EpochMs,
        experiment: &Experiment,
        scene: &str,
    ) -> Result<bool, ProgressError> {
        if self.session.progress.is_past(scene) && self.session.progress.outcome(scene).is_some() {
            // Its wait has ended, and a page that only learns that now asks for what follows.
            return Ok(true);
        }
        let is_game =
            matches!(self.session.progress.current(experiment), Some(Scene::Game(game)) if game.id == scene);
        if !is_game || self.game.is_some() || self.session.progress.outcome(scene).is_some() {
            return Ok(false);
        }
        self.enter_lobby(now, experiment, scene)?;
        let is_over = self.wait_limit(experiment).is_some_and(|limit| now >= limit);
        if is_over {
            self.go_without_game(now, experiment);
        }
        Ok(is_over)
    }

    /// Ends a wait whose time is over. Returns whether there was one.
    pub fn end_wait(&mut self, now: EpochMs, experiment: &Experiment) -> bool {
        let is_over = self.wait_ends(experiment).is_some_and(|ends| now >= ends);
        let page = self.page_ends(experiment).and(self.session.progress.current(experiment));
        match page.map(|page| page.id().to_owned()) {
            _ if !is_over => {}
            Some(scene) => {
                let sent = [(TIME_UP.to_owned(), "true".to_owned())];
                return self.submit(now, experiment, &scene, &sent, "").is_ok();
            }
            None => self.go_without_game(now, experiment),
        }
        is_over
    }

    /// When the time of the current page is over, if it has a limit.
    fn page_ends(&self, experiment: &Experiment) -> Option<EpochMs> {
        let limit = self.session.progress.current(experiment)?.page()?.limit.as_ref()?;
        Some(self.entered_at? + limit.ms)
    }

    /// Whether a page says that its time is over, and it is.
    pub(super) fn is_time_up(
        &self,
        now: EpochMs,
        experiment: &Experiment,
        sent: &[(String, String)],
    ) -> bool {
        let asks = sent.iter().any(|(name, value)| name == TIME_UP && value == "true");
        asks && self.page_ends(experiment).is_some_and(|ends| now + CLOCK_MS >= ends)
    }

    /// How much of the time of the current page is left, ms, if it has a limit.
    #[must_use]
    pub fn page_time_left(&self, now: EpochMs, experiment: &Experiment) -> Option<u64> {
        Some(self.page_ends(experiment)?.0.saturating_sub(now.0))
    }

    /// Nobody was found for the game of the current scene.
    fn go_without_game(&mut self, now: EpochMs, experiment: &Experiment) {
        let Some(scene) = self.session.progress.current(experiment).map(|scene| scene.id().to_owned()) else {
            return;
        };
        let outcome = Outcome::LobbyTimeout;
        let result = GameResult {
            scene,
            outcome,
            game: String::new(),
            score: 0.0,
            globals: Globals::new(),
            condition: Default::default(),
        };
        self.finish_game(now, Some(experiment), result);
    }
}

#[cfg(test)]
mod tests {
    use footlights_data::event::EventKind;
    use footlights_environments::slime_volleyball::{Config, SlimeVolleyball};
    use footlights_experiment::{
        Answer, Ending, GameScene, Page, Question, Seat, Transition, Waitroom,
        progress::{Assignment, SubmitOutcome},
    };

    use super::*;
    use crate::participant::Identity;

    /// Somebody on a page with a minute, since the fifth second.
    fn hurried(then: Transition) -> (Participant, Experiment) {
        let offer = Page::new("offer", "Offer")
            .ask(Question::number_input("coins", "Coins?", 0.0, 10.0))
            .ask(Question::text_box("why", "Why?"))
            .time_limit(60_000, then);
        let experiment = Experiment::new("e", "E")
            .scene(Scene::start(Page::new("start", "Hello")))
            .scene(offer)
            .scene(Page::new("after", "After"))
            .scene(Scene::end(Page::new("end", "Bye")));
        assert_eq!(experiment.validate(), Ok(()));
        let mut participant = Participant::default();
        let assignment = Assignment::default();
        participant.begin(EpochMs(5_000), &experiment, "start", Identity::default(), assignment).unwrap();
        (participant, experiment)
    }

    fn time_up(answers: &[(&str, &str)]) -> Vec<(String, String)> {
        let all = answers.iter().chain(&[(TIME_UP, "true")]);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn when_the_time_of_a_page_is_over_what_was_answered_by_then_is_kept() {
        let (mut participant, experiment) = hurried(Transition::Next);
        assert_eq!(participant.page_time_left(EpochMs(25_000), &experiment), Some(40_000));
        let sent = time_up(&[("coins", "4"), ("why", "")]);
        // A page that says so too early is a page like any other.
        let early = participant.submit(EpochMs(20_000), &experiment, "offer", &sent, "").unwrap();
        assert!(matches!(early.outcome, SubmitOutcome::Retry { .. }));
        let late = participant.submit(EpochMs(64_000), &experiment, "offer", &sent, "").unwrap();
        assert!(matches!(late.outcome, SubmitOutcome::Accepted(_)));
        let globals = participant.session.progress.globals();
        assert_eq!(globals.get("offer.coins"), Some(&Answer::Number(4.0)));
        assert!(!globals.contains_key("offer.why"));
        let scene = participant.session.progress.current(&experiment).map(Scene::id);
        assert_eq!(scene, Some("after"));
        assert!(participant.session.events.iter().any(|event| event.kind == EventKind::TimeUp));
        assert_eq!(participant.wait_ends(&experiment), None, "the next page has no limit");
    }

    #[test]
    fn who_closed_a_page_goes_on_when_its_time_is_over() {
        let (mut participant, experiment) = hurried(Transition::End);
        let ends = participant.wait_ends(&experiment).unwrap();
        assert_eq!(ends, EpochMs(65_000) + LATE_MS);
        assert!(!participant.end_wait(EpochMs(74_000), &experiment));
        assert!(participant.end_wait(ends, &experiment));
        assert_eq!(participant.ending(&experiment), Some(Ending::Left));
    }

    #[test]
    fn the_wait_of_who_closed_the_page_ends_after_everything_that_can_still_hold_a_group() {
        let game = |waitroom: Waitroom| {
            let scene = GameScene::new::<SlimeVolleyball>("game", Config::default());
            Experiment::new("e", "E")
                .scene(Scene::start(Page::new("start", "Hello")))
                .scene(scene.seat(Seat::Human).seat(Seat::Human).waitroom(waitroom))
                .scene(Scene::end(Page::new("end", "Bye")))
        };
        let plain = game(Waitroom::new().max_wait_ms(10_000));
        let held = game(Waitroom::new().max_wait_ms(10_000).ready_check_ms(90_000).wait_jitter_ms(0, 5_000));
        for (experiment, ends) in [(plain, 11_000 + WAIT_MARGIN_MS), (held, 106_000 + WAIT_MARGIN_MS)] {
            let mut participant = Participant::default();
            let (identity, assignment) = (Identity::default(), Assignment::default());
            participant.begin(EpochMs(1), &experiment, "start", identity, assignment).unwrap();
            assert_eq!(participant.wait_ends(&experiment), None, "nobody waits yet");
            assert_eq!(participant.skip_game(EpochMs(1_000), &experiment, "game"), Ok(false));
            assert_eq!(participant.wait_ends(&experiment), Some(EpochMs(ends)));
            assert!(!participant.clone().end_wait(EpochMs(ends - 1), &experiment));
            let mut gone = participant.clone();
            assert!(gone.end_wait(EpochMs(ends), &experiment) && !gone.end_wait(EpochMs(ends), &experiment));
            assert_eq!(gone.ending(&experiment), Some(Ending::LobbyTimeout));
            // A page whose sockets do not open asks, and is led on when the waiting room would.
            assert_eq!(participant.skip_game(EpochMs(10_999), &experiment, "game"), Ok(false));
            assert_eq!(participant.skip_game(EpochMs(11_000), &experiment, "game"), Ok(true));
            assert_eq!(
                participant.skip_game(EpochMs(12_000), &experiment, "game"),
                Ok(true),
                "it has gone on"
            );
            assert_eq!(participant.ending(&experiment), Some(Ending::LobbyTimeout));
        }
    }
}
