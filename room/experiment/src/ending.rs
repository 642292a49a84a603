//! How a participant's way through an experiment ends, and what they are paid with: a code for each ending.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use footlights_protocol::Outcome;

/// How somebody's way through an experiment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every scene was gone through.
    Completed,
    /// Nobody to play with came in time.
    LobbyTimeout,
    /// A partner left, and the game ended with that.
    PartnerLeft,
    /// They left a game themselves, and came back too late.
    Left,
    /// Their device, browser, window or connection does not do.
    ScreenedOut,
    /// The comprehension check was failed too often.
    FailedCheck,
    /// Their connection or their attention was too poor for too long.
    Excluded,
    /// Something broke on our side.
    Failed,
}

impl Ending {
    /// All of them.
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

    /// The word in the data.
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

/// Where somebody goes after a scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "then", content = "to", rename_all = "snake_case")]
pub enum Transition {
    /// To the next scene.
    Next,
    /// To the scene of that id, further on.
    Goto(String),
    /// To the last page.
    End,
    /// To the last page, which leads to that address and not to the usual one.
    Redirect(String),
}

/// What stands for an ending at the recruiter's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", content = "is", rename_all = "snake_case")]
pub enum Code {
    /// The same for everybody.
    Fixed(String),
    /// Twelve characters, drawn for each participant.
    Generated,
}

/// The codes of an experiment, and where participants go with them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// By ending; who ends otherwise sees no code.
    pub codes: BTreeMap<Ending, Code>,
    /// Where the last page leads, `cc=CODE` appended.
    pub redirect: Option<String>,
}

impl Completion {
    /// No codes yet, and nowhere to go.
    pub fn new() -> Self {
        Self::default()
    }

    /// The code for an ending.
    pub fn code(mut self, ending: Ending, code: &str) -> Self {
        self.codes.insert(ending, Code::Fixed(code.into()));
        self
    }

    /// A code of each participant's own for an ending.
    pub fn generated_code(mut self, ending: Ending) -> Self {
        self.codes.insert(ending, Code::Generated);
        self
    }

    /// Where the last page leads, such as `https://app.prolific.com/submissions/complete`.
    pub fn redirect(mut self, url: &str) -> Self {
        self.redirect = Some(url.into());
        self
    }

    /// The code of a participant; `draw` is the participant's own.
    pub fn code_of(&self, ending: Ending, draw: u64) -> Option<String> {
        Some(match self.codes.get(&ending)? {
            Code::Fixed(code) => code.clone(),
            Code::Generated => generated(draw),
        })
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if !self.codes.contains_key(&Ending::Completed) {
            return Err("there is no code for who completes the study".into());
        }
        for (ending, code) in &self.codes {
            if let Code::Fixed(code) = code
                && !crate::id::is_id(code)
            {
                let ending = ending.as_str();
                return Err(format!("code {code:?} for {ending} must be 1 to 64 letters, digits, _ and -"));
            }
        }
        self.redirect.as_deref().map_or(Ok(()), check_url)
    }
}

/// Twelve of 32 characters that nobody confuses when copying by hand.
fn generated(draw: u64) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    (0..12u32)
        .filter_map(|k| LETTERS.get((draw.rotate_right(k * 5) & 31) as usize))
        .map(|letter| char::from(*letter))
        .collect()
}

/// Whether participants can be sent there.
pub(super) fn check_url(url: &str) -> Result<(), String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !url.contains(|c: char| c.is_whitespace() || c.is_control()) => {
            Ok(())
        }
        _ => Err(format!("{url:?} is not an address that begins with https://")),
    }
}

/// `cc=CODE` appended to an address.
pub fn with_code(url: &str, code: Option<&str>) -> String {
    match code {
        Some(code) => {
            let (address, fragment) = match url.split_once('#') {
                Some((address, fragment)) => (address, format!("#{fragment}")),
                None => (url, String::new()),
            };
            let sign = if address.contains('?') { '&' } else { '?' };
            format!("{address}{sign}cc={code}{fragment}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::ending::*;

    #[test]
    fn a_code_is_appended_to_an_address_whatever_it_has_already() {
        assert_eq!(with_code("https://a.b/c", Some("X1")), "https://a.b/c?cc=X1");
        assert_eq!(with_code("https://a.b/c?d=e", Some("X1")), "https://a.b/c?d=e&cc=X1");
        assert_eq!(with_code("https://a.b/c#f", Some("X1")), "https://a.b/c?cc=X1#f");
        assert_eq!(with_code("https://a.b/c", None), "https://a.b/c");
    }

    #[test]
    fn codes_are_checked_and_a_generated_one_is_the_same_for_the_same_draw() {
        let fixed = Completion::new().code(Ending::Completed, "C1").redirect("https://a.b/");
        assert_eq!(fixed.check(), Ok(()));
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
            let why = wrong.check().unwrap_err();
            assert!(why.contains(words), "{why}");
        }
    }
}
