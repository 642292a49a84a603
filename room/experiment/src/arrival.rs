//! What the address by which somebody comes says of them.

use std::collections::BTreeMap;

use footlights_protocol::text::clean_line;

use crate::{
    experiment::Experiment,
    recruiter::{Recruiter, Retake, SUBMIT_HOSTS, SUBMIT_TO},
};

/// The longest value of a parameter, in characters.
pub const MAX_VALUE: usize = 200;

/// Somebody who opens an experiment's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The recruiter, or `link`.
    pub source: String,
    /// What a participant's pseudonym is computed from; none for who is new each time.
    pub key: Option<String>,
    /// The recruiter's parameters, as its documentation spells them.
    pub identifiers: BTreeMap<String, String>,
    /// The experiment's parameters.
    pub parameters: BTreeMap<String, String>,
    /// They only look at the task.
    pub preview: bool,
}

/// What the query of an address says of who opens it: (name, value) pairs, as they stand in the address.
///
/// ```
/// use footlights_experiment::{Experiment, arrival::arrive};
///
/// let query = [("prolific_pid".to_owned(), "5f1c ".to_owned())];
/// let arrival = arrive(&Experiment::new("coins", "Coins"), &query).unwrap();
/// assert_eq!((arrival.source.as_str(), arrival.identifiers["PROLIFIC_PID"].as_str()), ("prolific", "5f1c"));
/// ```
///
/// # Errors
/// A value cannot be what it should be: it is a placeholder that was not filled in, too long, or there are two of it. In
/// words for who opened the address, and for who wrote it.
pub fn arrive(experiment: &Experiment, query: &[(String, String)]) -> Result<Arrival, String> {
    // A parameter without a value says nothing, and one that stands there twice with the same value says it once.
    let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in query {
        let (values, value) = (given.entry(name.to_lowercase()).or_default(), clean_line(value));
        if !value.is_empty() && !values.contains(&value) {
            values.push(value);
        }
    }
    let find =
        |name: &str| given.get(&name.to_lowercase()).and_then(|values| values.first()).map(String::as_str);
    let only = |name: &str| match given.get(&name.to_lowercase()).map_or(&[][..], Vec::as_slice) {
        [] => Ok(None),
        [value] => Ok(Some(value.as_str())),
        [..] => Err(format!("the address has two different values of {name}")),
    };
    let own = |name: &str| experiment.parameters.iter().any(|own| own.eq_ignore_ascii_case(name));
    let names =
        |recruiter: &Recruiter, name: &str| !(recruiter.by_convention && own(name)) && find(name).is_some();
    let recruiters = experiment.all_recruiters();
    let is_here = |recruiter: &&Recruiter| recruiter.participant.iter().any(|name| names(recruiter, name));
    // Who only looks at a task may have no name yet.
    let looks = |recruiter: &&Recruiter| {
        let session = recruiter.session.iter().find_map(|name| find(name));
        recruiter.preview.as_deref().is_some_and(|preview| {
            session == Some(preview) || recruiter.study.iter().any(|name| find(name).is_some())
        })
    };
    let recruiter = recruiters.iter().find(is_here).or_else(|| recruiters.iter().find(looks));
    let mut identifiers = BTreeMap::new();
    let theirs = |recruiter: &Recruiter| {
        let named = recruiter.parameters().filter(|name| names(recruiter, name));
        named.map(str::to_owned).collect::<Vec<_>>()
    };
    for name in recruiter.map(theirs).unwrap_or_default() {
        let name = name.as_str();
        if let Some(value) = only(name)? {
            if name != SUBMIT_TO {
                identifiers.insert(name.to_owned(), is_recruiters(name, value)?);
            } else if let Some(host) = SUBMIT_HOSTS.iter().find(|host| **host == value.trim_end_matches('/'))
            {
                identifiers.insert(name.to_owned(), (*host).to_owned());
            }
        }
    }
    let mut parameters = BTreeMap::new();
    for name in &experiment.parameters {
        let Some(value) = only(name)? else { continue };
        let found = value.chars().count();
        if found > MAX_VALUE {
            return Err(format!("{name} has {found} characters, and {MAX_VALUE} are the most"));
        }
        parameters.insert(name.clone(), value.to_owned());
    }
    let Some(recruiter) = recruiter else {
        return Ok(Arrival { source: "link".into(), key: None, identifiers, parameters, preview: false });
    };
    let participant = Recruiter::value(&recruiter.participant, &identifiers);
    let session = Recruiter::value(&recruiter.session, &identifiers);
    let preview = participant.is_none() || session.is_some() && session == recruiter.preview.as_deref();
    let mut key = participant.map(|id| format!("{}\n{}\n{id}", experiment.id, recruiter.source));
    for retake in &experiment.retakes {
        let value = match retake {
            Retake::Study => Recruiter::value(&recruiter.study, &identifiers),
            Retake::Session => session,
            Retake::Parameter(name) => parameters.get(name).map(String::as_str),
        };
        if let (Some(key), Some(value)) = (&mut key, value) {
            key.push_str(&format!("\n{retake:?}\n{value}"));
        }
    }
    Ok(Arrival { source: recruiter.source.clone(), key, identifiers, parameters, preview })
}

/// A value as recruiters give it: nothing that a placeholder, a formula or an address has.
fn is_recruiters(name: &str, value: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '@' | ':');
    let begins_well = value.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if value.len() <= MAX_VALUE && begins_well && value.chars().all(is_plain) {
        return Ok(value.to_owned());
    }
    Err(format!(
        "{name} is {value:?}; it must be letters, digits, - and _, at most {MAX_VALUE}, filled in by the recruiter"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experiment() -> Experiment {
        Experiment::new("e", "E")
    }

    fn query(text: &str) -> Vec<(String, String)> {
        let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        text.split('&').filter_map(pair).collect()
    }

    fn come(experiment: &Experiment, text: &str) -> Arrival {
        arrive(experiment, &query(text)).unwrap()
    }

    #[test]
    fn every_recruiters_participant_is_the_same_person_each_time() {
        for (address, source) in [
            ("PROLIFIC_PID=p&STUDY_ID=s&SESSION_ID=x", "prolific"),
            ("prolific_pid=p", "prolific"),
            ("workerId=w&assignmentId=a&hitId=h", "mturk"),
            ("participantId=p&assignmentId=a&projectId=j", "connect"),
            ("respondent_user_id=u&respondent_project_id=j", "respondent"),
            ("rid=4711", "cint"),
            ("aid=4711", "prime_panels"),
            ("tic=4711", "bilendi"),
            ("ResponseID=R_1", "qualtrics"),
            ("survey_code=4711", "sona"),
            ("sona_id=4711", "sona"),
            ("id=4711", "sona"),
        ] {
            let arrival = come(&experiment(), address);
            assert_eq!((arrival.source.as_str(), arrival.preview), (source, false), "{address}");
            assert!(arrival.key.is_some() && !arrival.identifiers.is_empty());
            assert_eq!(come(&experiment(), address), arrival);
            let other = address.replacen('=', "=other", 1);
            assert_ne!(come(&experiment(), &other).key, arrival.key, "{other}");
        }
        let link = come(&experiment(), "utm_source=mail");
        assert_eq!((link.source.as_str(), link.key), ("link", None));
    }

    #[test]
    fn what_is_no_value_is_refused_and_blanks_are_not_looked_at() {
        for refused in [
            "PROLIFIC_PID={{%PROLIFIC_PID%}}",
            "PROLIFIC_PID=a b",
            "PROLIFIC_PID=a&prolific_pid=b",
            "PROLIFIC_PID=a&STUDY_ID==1+1",
            "PROLIFIC_PID=a&SESSION_ID=-1",
            "id=[%RID%]",
        ] {
            assert!(arrive(&experiment(), &query(refused)).is_err(), "{refused}");
        }
        let long = format!("PROLIFIC_PID={}", "a".repeat(MAX_VALUE + 1));
        assert!(arrive(&experiment(), &query(&long)).is_err());
        let wave = experiment().parameter("wave");
        let why = arrive(&wave, &query(&format!("wave={}", "a".repeat(MAX_VALUE + 1)))).unwrap_err();
        assert!(why.contains("wave") && why.contains("200"), "{why}");
        let plain = come(&experiment(), "PROLIFIC_PID=5f1c");
        for same in
            ["PROLIFIC_PID=5f1c ", "PROLIFIC_PID=\r\n5f1c\u{a0}", "PROLIFIC_PID=5f1c&PROLIFIC_PID=5f1c"]
        {
            assert_eq!(come(&experiment(), same), plain);
        }
        assert_eq!(come(&experiment(), "PROLIFIC_PID=").source, "link");
    }

    #[test]
    fn who_looks_at_a_task_cannot_begin() {
        for preview in [
            "assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE&hitId=H",
            "workerId=W&assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE&hitId=H",
            "hitId=H",
        ] {
            let arrival = come(&experiment(), preview);
            assert_eq!((arrival.source.as_str(), arrival.preview), ("mturk", true), "{preview}");
        }
    }

    #[test]
    fn a_finished_assignment_is_sent_to_mturk_and_nowhere_else() {
        let kept = |to: &str| {
            let arrival =
                come(&experiment(), &format!("workerId=w&assignmentId=a&hitId=h&turkSubmitTo={to}"));
            arrival.identifiers.get(SUBMIT_TO).cloned()
        };
        assert_eq!(
            kept("https://workersandbox.mturk.com/").as_deref(),
            Some("https://workersandbox.mturk.com")
        );
        for other in ["https://evil.example", "http://www.mturk.com", "https://www.mturk.com.evil.example"] {
            assert_eq!(kept(other), None, "{other}");
        }
    }

    #[test]
    fn the_experiment_says_for_what_somebody_is_a_new_participant() {
        let key = |experiment: &Experiment, address: &str| come(experiment, address).key.unwrap();
        let (first, second) =
            ("PROLIFIC_PID=p&STUDY_ID=a&SESSION_ID=1", "PROLIFIC_PID=p&STUDY_ID=b&SESSION_ID=2");
        assert_eq!(key(&experiment(), first), key(&experiment(), second));
        for retake in [Retake::Study, Retake::Session] {
            let again = experiment().retake_for(retake);
            assert_ne!(key(&again, first), key(&again, second));
            assert_eq!(key(&again, first), key(&again, first));
        }
        let waves = experiment().parameter("wave").retake_for(Retake::Parameter("wave".into()));
        assert_ne!(key(&waves, "id=4&wave=1"), key(&waves, "id=4&wave=2"));
        assert_eq!(
            key(&waves, "id=4"),
            key(&experiment(), "id=4"),
            "who comes without a wave is who they were"
        );
    }

    #[test]
    fn a_labs_own_pool_comes_first_and_a_parameter_of_the_experiment_is_its_own() {
        let pool = Recruiter::new("pool", "member").session("visit").keeps("id");
        let arrival = come(&experiment().recruiter(pool), "member=m&visit=v&id=7");
        assert_eq!(arrival.source, "pool");
        assert_eq!(arrival.identifiers.len(), 3);
        let own = come(&experiment().parameter("id"), "id=control");
        assert_eq!((own.source.as_str(), own.key), ("link", None));
        assert_eq!(own.parameters["id"], "control");
        // Also where another name of the same recruiter says who it is.
        let survey = experiment().parameter("survey_code");
        let key = |address: &str| come(&survey, address).key;
        assert_ne!(key("sona_id=5&survey_code=A"), key("sona_id=6&survey_code=A"));
        assert_eq!(
            come(&experiment().parameter("id"), "survey_code=1&id=group a").parameters["id"],
            "group a"
        );
        // What nobody asks for is nobody's business.
        assert!(arrive(&experiment(), &query("PROLIFIC_PID=p&utm_source=a&utm_source=b")).is_ok());
        assert!(arrive(&experiment().parameter("wave"), &query("wave=1&wave=2")).is_err());
    }
}
