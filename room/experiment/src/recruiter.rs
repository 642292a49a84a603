//! The services that recruit participants, and the parameters of an address by which each service names a participant.

/// A service that recruits participants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recruiter {
    /// The recruiter's name in the data, such as `prolific`.
    pub source: &'static str,
    /// The parameter that names the participant.
    pub participant: &'static str,
    /// Further parameters that are kept with the participant.
    pub others: &'static [&'static str],
}

/// Every recruiter whose parameters Footlights understands.
pub const RECRUITERS: [Recruiter; 2] = [
    // https://researcher-help.prolific.com/en/article/b2943f
    Recruiter { source: "prolific", participant: "PROLIFIC_PID", others: &["STUDY_ID", "SESSION_ID"] },
    // https://docs.aws.amazon.com/AWSMechTurk/latest/AWSMturkAPI/ApiReference_ExternalQuestionArticle.html
    Recruiter { source: "mturk", participant: "workerId", others: &["assignmentId", "hitId"] },
];

impl Recruiter {
    /// All parameters of the recruiter; the one that names the participant comes first.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.participant).chain(self.others.iter().copied())
    }
}

/// The parameters of all recruiters, in the order of the columns of the table of identifiers. These parameters identify
/// people, so they are stored apart from all other data.
pub fn parameters() -> impl Iterator<Item = &'static str> {
    RECRUITERS.iter().flat_map(Recruiter::parameters)
}
