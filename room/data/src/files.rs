//! What the files of an export are called: `key-value_key-value_data.csv`, as Psych-DS wants it. The keys in storage are
//! others and stay as they are; this is the way from one to the other.

use std::collections::BTreeMap;

use footlights_experiment::{Experiment, Scene};

/// The names that an experiment and its scenes have in file names. Psych-DS allows nothing but letters and digits there;
/// the columns of the files hold the ids themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileNames {
    study: String,
    scenes: BTreeMap<String, String>,
}

/// Where a stored object belongs in an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportTarget {
    /// It is copied to there; a file of that table, if it is one of data.
    File {
        /// From the dataset's folder on.
        path: String,
        /// [`TableInfo::name`](crate::codebook::TableInfo::name).
        table: Option<String>,
    },
    /// A row of the participants' table.
    Participant,
    /// Nowhere: an export makes its own.
    Made,
}

impl FileNames {
    /// The names of an experiment.
    #[must_use]
    pub fn new(experiment: &Experiment) -> Self {
        let scenes = experiment.scenes();
        let short: Vec<String> = scenes.iter().map(|scene| camel(scene.id())).collect();
        let alone = |name: &String| short.iter().filter(|other| *other == name).count() == 1;
        let named = scenes.iter().zip(&short).map(|(scene, short)| {
            // An escaped name that changed has a Z, and so no short one may.
            let name = if alone(short) && !short.contains('Z') { short.clone() } else { escaped(scene.id()) };
            (scene.id().to_owned(), name)
        });
        Self { study: camel(&experiment.id), scenes: named.collect() }
    }

    fn scene(&self, id: &str) -> String {
        self.scenes.get(id).cloned().unwrap_or_else(|| if id == "*" { id.into() } else { escaped(id) })
    }

    /// The table of participants.
    #[must_use]
    pub fn participants(&self) -> String {
        format!("data/study-{}_description-participants_data.csv", self.study)
    }

    /// The table of events.
    #[must_use]
    pub fn events(&self) -> String {
        format!("data/study-{}_description-events_data.csv", self.study)
    }

    /// One participant's answers on one scene.
    #[must_use]
    pub fn answers(&self, subject: &str, scene: &str) -> String {
        let (subject, scene) = (file_subject(subject), self.scene(scene));
        format!("data/answers/subject-{subject}_task-{scene}_description-answers_data.csv")
    }

    /// One participant's steps in one scene.
    #[must_use]
    pub fn steps(&self, subject: &str, scene: &str) -> String {
        let (subject, scene) = (file_subject(subject), self.scene(scene));
        format!("data/steps/subject-{subject}_task-{scene}_description-steps_data.csv")
    }
}

fn file_subject(subject: &str) -> String {
    if subject == "*" { subject.to_owned() } else { escaped(subject) }
}

/// `slime_human-ai` as `slimeHumanAi`.
fn camel(id: &str) -> String {
    let mut words = id.split(['_', '-']).filter(|word| !word.is_empty());
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at_checked(1).unwrap_or_default();
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    if name.is_empty() { escaped(id) } else { name }
}

/// Letters and digits only, and no two ids alike: `_` is `Zu`, `-` is `Zh`, `Z` is `ZZ`.
fn escaped(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    for letter in id.chars() {
        match letter {
            '_' => name.push_str("Zu"),
            '-' => name.push_str("Zh"),
            'Z' => name.push_str("ZZ"),
            other => name.push(other),
        }
    }
    name
}

/// Where the object of that key, below `data/{experiment}/`, belongs in an export.
#[must_use]
pub fn export_target(experiment: &Experiment, names: &FileNames, key: &str) -> ExportTarget {
    let record = |path: String| ExportTarget::File { path, table: None };
    let Some((folder, file)) = key.split_once('/') else {
        let configuration = key == "experiment.json";
        return if configuration { record("records/experiment.json".into()) } else { ExportTarget::Made };
    };
    if folder == "participants" {
        return ExportTarget::Participant;
    }
    // The codebook cannot explain the columns of a scene that is gone, so its files are not among the data.
    match (file.strip_suffix(".csv"), experiment.find(folder)) {
        (Some(subject), Some(Scene::Game(_))) => {
            ExportTarget::File { path: names.steps(subject, folder), table: Some(format!("steps/{folder}")) }
        }
        (Some(subject), Some(_)) => {
            ExportTarget::File { path: names.answers(subject, folder), table: Some("answers".into()) }
        }
        _ => record(format!("records/{folder}/{file}")),
    }
}

/// What stands in the folder, in words.
#[must_use]
pub fn readme(experiment: &Experiment, names: &FileNames) -> String {
    let about = if experiment.description.is_empty() { "" } else { &experiment.description };
    format!(
        "# {}\n{about}\n\n\
        | where | what | key of a row |\n|---|---|---|\n\
        | `{}` | participants | `subject_id` |\n\
        | `{}` | answers | `subject_id`, `scene_id`, `question_id`, `attempt` |\n\
        | `{}` | steps of games | `subject_id`, `game_id`, `tick` |\n\
        | `{}` | events | none |\n\
        | `records/` | the configuration; of each game metadata, globals and the replay | |\n\n\
        `dataset_description.json` explains every column. Files are UTF-8. An empty field is a missing \
        value, and nothing else is: people answer `NA`, `None` and `null`, which programs take for missing unless they are \
        told otherwise (pandas: `keep_default_na=False, na_values=[\"\"]`; R: `na.strings = \"\"`). Spreadsheets ask for the \
        encoding when a file is imported. `subject_id` and `game_id` join the tables; read them as text. Names of files hold letters and digits only; the columns hold the \
        ids themselves. These files name no participant: who they are to a recruiter is not in this folder.\n",
        experiment.title,
        names.participants(),
        names.answers("*", "*"),
        names.steps("*", "*"),
        names.events(),
    )
}
