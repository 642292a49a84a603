//! An error on its way from an object to the worker or to another object.

use footlights_experiment::progress::ProgressError;
use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// Why an object refuses a request.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Refusal {
    Progress(ProgressError),
    Gone,
    TakenPart,
    Unauthorized,
    Conflict(String),
    /// Anything else: a mistake of ours, in words.
    Failed(String),
}

impl From<&ApiError> for Refusal {
    fn from(error: &ApiError) -> Self {
        match error {
            ApiError::Progress(error) => Self::Progress(error.clone()),
            ApiError::Gone => Self::Gone,
            ApiError::TakenPart => Self::TakenPart,
            ApiError::Unauthorized => Self::Unauthorized,
            ApiError::Conflict(why) => Self::Conflict(why.clone()),
            error => Self::Failed(error.to_string()),
        }
    }
}

impl Refusal {
    /// The error that the caller has. `place` is what was called.
    pub(super) fn into_error(self, place: &str) -> ApiError {
        match self {
            Self::Progress(error) => ApiError::Progress(error),
            Self::Gone => ApiError::Gone,
            Self::TakenPart => ApiError::TakenPart,
            Self::Unauthorized => ApiError::Unauthorized,
            Self::Conflict(why) => ApiError::Conflict(why),
            Self::Failed(why) => ApiError::Internal(format!("{place}: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_concerns_the_participant_stays_what_it_is_and_any_other_is_ours() {
        let through = |error: ApiError| Refusal::from(&error).into_error("Participant SubmitPage").status();
        assert_eq!(through(ApiError::Gone), 410);
        assert_eq!(through(ApiError::TakenPart), 409);
        assert_eq!(through(ApiError::Progress(ProgressError::AtTheEnd)), 409);
        assert_eq!(through(ApiError::Conflict("busy".into())), 409);
        assert_eq!(through(ApiError::BadRequest("between objects".into())), 500);
        assert_eq!(through(ApiError::NotFound("between objects")), 500);
    }
}
