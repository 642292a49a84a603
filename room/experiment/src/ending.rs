//! How a participant's way through an experiment ends, where scenes lead, and the completion codes of the endings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use footlights_protocol::Outcome;

/// How a participant's way through an experiment ended. Each ending can have a completion code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The participant went through every scene.
    Completed,
    /// The participant waited for partners as long as the waiting room allows.
    LobbyTimeout,
    /// A partner left, and that ended the game.
    PartnerLeft,
    /// The participant left a game and came back too late.
    Left,
    /// The participant's device, browser, window or connection did not meet the requirements.
    ScreenedOut,
    /// The participant failed the comprehension check too often.
    FailedCheck,
    /// The participant's connection or attention was too poor for too long.
    Excluded,
    /// The server or the environment failed.
    Failed,
}

impl Ending {
    /// Every ending.
    pub const ALL: [Self; 8] = [
        Self::Completed,
        Self::LobbyTimeout,
        Self::PartnerLeft,
        Self::Left,
        Self::ScreenedOut,
        Self::FailedCheck,
        Self::Excluded,
        Self::Failed,
    ];

    /// The ending's name in the data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::LobbyTimeout => "lobby_timeout",
            Self::PartnerLeft => "partner_left",
            Self::Left => "left",
            Self::ScreenedOut => "screened_out",
            Self::FailedCheck => "failed_check",
            Self::Excluded => "excluded",
            Self::Failed => "failed",
        }
    }
}

impl From<Outcome> for Ending {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Completed => Self::Completed,
            Outcome::PartnerLeft | Outcome::Void => Self::PartnerLeft,
            Outcome::LobbyTimeout => Self::LobbyTimeout,
            Outcome::Left | Outcome::Abandoned | Outcome::NoShow => Self::Left,
            Outcome::Excluded => Self::Excluded,
            Outcome::Failed => Self::Failed,
        }
    }
}

/// Where a participant goes after a scene.
///
/// ```
/// use footlights_experiment::{Page, Question, Transition};
///
/// let check = Page::new("check", "One question")
///     .ask(Question::number_input("points", "How many points are there?", 0.0, 10.0).correct(&["3"]))
///     .attempts(2, Transition::End);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "then", content = "to", rename_all = "snake_case")]
pub enum Transition {
    /// To the next scene.
    Next,
    /// To the scene of that id, which must come later and be the same for every participant.
    Goto(String),
    /// To the last page.
    End,
    /// To the last page, which then leads to this address instead of [`Completion::redirect`]; the same names can be in it.
    Redirect(String),
}

/// A completion code: it tells the recruiter how a participant ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", content = "is", rename_all = "snake_case")]
pub enum Code {
    /// The same code for every participant.
    Fixed(String),
    /// Twelve characters, drawn for each participant.
    Generated,
}

/// The completion codes of an experiment, and where participants go with them. The last scene must be a
/// [`Scene::completion_code`](crate::Scene::completion_code).
///
/// ```
/// use footlights_experiment::{Completion, Ending};
///
/// let completion = Completion::new()
///     .code(Ending::Completed, "DONE1234")
///     .code(Ending::PartnerLeft, "PART1234")
///     .redirect("https://app.prolific.com/submissions/complete");
/// assert_eq!(completion.code_of(Ending::Completed, 0).as_deref(), Some("DONE1234"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[must_use]
#[non_exhaustive]
pub struct Completion {
    /// The code of each ending; a participant with another ending sees no code.
    pub codes: BTreeMap<Ending, Code>,
    /// Where the last page leads.
    pub redirect: Option<String>,
}

impl Completion {
    /// No codes and no redirect yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The code for an ending: 1 to 64 letters, digits, `_` and `-`.
    pub fn code(mut self, ending: Ending, code: &str) -> Self {
        self.codes.insert(ending, Code::Fixed(code.into()));
        self
    }

    /// A code for an ending that differs between participants.
    pub fn generated_code(mut self, ending: Ending) -> Self {
        self.codes.insert(ending, Code::Generated);
        self
    }

    /// Where the last page leads, such as `https://app.prolific.com/submissions/complete`. `{url.name}` stands for a
    /// parameter of the participant's address: one of the experiment or of the recruiter, such as `{url.survey_code}`;
    /// `{scene.question}` and the other names of [`Page::text`](crate::Page::text) can be there, too. `{code}` stands for
    /// the completion code, which is appended as `cc=CODE` where the address does not have it.
    pub fn redirect(mut self, url: &str) -> Self {
        self.redirect = Some(url.into());
        self
    }

    /// The code of a participant; `None` if the ending has no code. A generated code depends on the participant's
    /// `seed` only.
    #[must_use]
    pub fn code_of(&self, ending: Ending, seed: u64) -> Option<String> {
        Some(match self.codes.get(&ending)? {
            Code::Fixed(code) => code.clone(),
            Code::Generated => generated(seed),
        })
    }

    /// Finds what is wrong with the codes or the redirect.
    pub(crate) fn validate(&self) -> Result<(), String> {
        if !self.codes.contains_key(&Ending::Completed) {
            return Err("there is no code for the ending completed".into());
        }
        for (ending, code) in &self.codes {
            if let Code::Fixed(code) = code
                && !crate::id::is_id(code)
            {
                let ending = ending.as_str();
                return Err(format!("code {code:?} for {ending} must be 1 to 64 letters, digits, _ and -"));
            }
        }
        self.redirect.as_deref().map_or(Ok(()), validate_url)
    }
}

/// Twelve of 32 characters that are not easily confused when they are copied by hand.
fn generated(seed: u64) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    (0..12u32)
        .filter_map(|k| LETTERS.get((seed.rotate_right(k * 5) & 31) as usize))
        .map(|letter| char::from(*letter))
        .collect()
}

/// Whether a browser can go to that address.
pub(crate) fn validate_url(url: &str) -> Result<(), String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !url.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            Ok(())
        }
        _ => Err(format!("{url:?} is not an address; it must begin with https://")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_checked_and_a_generated_one_is_the_same_for_the_same_draw() {
        let fixed = Completion::new().code(Ending::Completed, "C1").redirect("https://a.b/");
        assert_eq!(fixed.validate(), Ok(()));
        assert_eq!(fixed.code_of(Ending::Completed, 7).as_deref(), Some("C1"));
        assert_eq!(fixed.code_of(Ending::Left, 7), None);
        let drawn = Completion::new().generated_code(Ending::Completed);
        let code = drawn.code_of(Ending::Completed, 0x0123_4567_89AB_CDEF).unwrap();
        assert_eq!(code.len(), 12);
        assert_eq!(drawn.code_of(Ending::Completed, 0x0123_4567_89AB_CDEF), Some(code.clone()));
        assert_ne!(drawn.code_of(Ending::Completed, 0x0123_4567_89AB_CDE0), Some(code));
        for (wrong, words) in [
            (Completion::new(), "no code"),
            (Completion::new().code(Ending::Completed, "a b"), "\"a b\" for completed"),
            (fixed.redirect("javascript:alert(1)"), "https://"),
        ] {
            let why = wrong.validate().unwrap_err();
            assert!(why.contains(words), "{why}");
        }
    }
}
