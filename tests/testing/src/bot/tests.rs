//! A bot walks experiments of a few lines, on virtual time.

use footlights_experiment::Question;

use super::*;

const NO_ENVIRONMENTS: Environments =
    Environments { make: |id, _| Err(footlights_env::EnvError::Unknown(id.into())), fingerprint: |_| None };

const START: &str = r#"<body data-tab="/t"><section data-scene="start" data-kind="start"><form action="/start"></form></section>"#;
const SURVEY: &str = r#"<body data-tab="/t"><section data-scene="survey" data-kind="static"><form action="/survey"><input name="age" type="number" min="18" max="99"></form></section>"#;
const END: &str = r#"<body data-tab="/t"><section data-scene="end" data-kind="end" data-ending="completed" data-saved="false"><form action="/complete"></form></section>"#;
const SAVED: &str = r#"<body><section data-scene="end" data-kind="end" data-ending="completed" data-saved="true"><b id="code">C1</b></section>"#;

/// An experiment of two pages on virtual time; every answer is one line here.
struct Study {
    bot: Bot,
    now: MonotonicMs,
    at: usize,
    done: Vec<String>,
    /// So many requests fail first.
    broken: usize,
    /// Where a reload leads, if not where the bot was.
    astray: Option<usize>,
    left: Option<bool>,
    /// Whether the survey has a time limit.
    limited: bool,
    /// Whether the survey needs scripts.
    needs_script: bool,
}

impl Study {
    fn new(plan: Plan) -> Self {
        let page = |id: &str| footlights_experiment::Page::new(id, id);
        let experiment = Experiment::new("e", "E")
            .scene(Scene::start(page("start")))
            .scene(page("survey").ask(Question::number_input("age", "Age", 18.0, 99.0)))
            .scene(Scene::end(page("end")));
        let habits = Habits { style: Style::Idle, ..Habits::default() };
        let bot = Bot::new(Rc::new(experiment), NO_ENVIRONMENTS, 1, 0, habits, plan);
        Self {
            bot,
            now: MonotonicMs(0.0),
            at: 0,
            done: Vec::new(),
            broken: 0,
            astray: None,
            left: None,
            limited: false,
            needs_script: false,
        }
    }

    fn serve(&mut self) {
        while let Some(output) = self.bot.poll() {
            let word = match &output {
                Output::Load(path) => format!("load {path}"),
                Output::Post(path, _) => format!("post {path}"),
                Output::Connect(line, path) => format!("connect {line:?} {path}"),
                Output::Disconnect(line) => format!("disconnect {line:?}"),
                Output::Sleep(ms) => format!("sleep {ms}"),
                Output::Say(..) | Output::Leave { .. } => String::new(),
            };
            self.done.push(word);
            match output {
                Output::Load(_) | Output::Post(..) if self.broken > 0 => {
                    self.broken -= 1;
                    self.bot.handle(self.now, Event::NoPage("connection refused"));
                }
                Output::Load(_) => {
                    self.at = self.astray.filter(|_| self.bot.diary().reloads > 0).unwrap_or(self.at);
                    self.page();
                }
                Output::Post(..) => {
                    self.at += 1;
                    self.page();
                }
                Output::Connect(line, _) => {
                    let word =
                        if line == Line::Tab { TabLeaseToClient::Here } else { TabLeaseToClient::Elsewhere };
                    self.bot.handle(self.now, Event::Opened(line));
                    self.bot.handle(self.now, Event::Message(line, &wire::encode(&word)));
                }
                Output::Leave { silent } => self.left = Some(silent),
                Output::Sleep(ms) => self.now += ms,
                Output::Disconnect(_) | Output::Say(..) => {}
            }
        }
    }

    fn page(&mut self) {
        let mut html = [START, SURVEY, END, SAVED][self.at].to_owned();
        if self.limited {
            html = html.replace(r#"action="/survey""#, r#"action="/survey" data-time-left="3000""#);
        }
        if self.needs_script {
            html = html.replace(
                "</form></section>",
                r#"</form><noscript><form action="/none"></form></noscript></section>"#,
            );
            html = html.replacen("<noscript>", if self.at == 1 { "<noscript>" } else { "<template>" }, 1);
        }
        let html = html.as_str();
        self.bot.handle(self.now, Event::Page { status: 200, path: "/x/e/s", html });
    }

    fn walk(&mut self) -> &Diary {
        for _ in 0..1_000 {
            self.serve();
            if self.left.is_some() {
                break;
            }
            self.now = self.bot.wake_at().max(self.now);
            self.bot.handle(self.now, Event::Wake);
        }
        self.bot.diary()
    }
}

fn moment(scene: usize) -> Option<Moment> {
    Some(Moment { scene, share: 0.5 })
}

#[test]
fn a_bot_answers_every_page_and_ends_with_its_code() {
    let mut study = Study::new(Plan::default());
    let diary = study.walk().clone();
    assert_eq!(diary.end, Some(End::Page { ending: "completed".into(), code: Some("C1".into()) }));
    assert_eq!((diary.subject.as_str(), diary.faults.len(), diary.retries), ("s", 0, 0));
    assert_eq!(diary.answers["survey"].len(), 1);
    let way = ["load /x/e", "connect Tab /t?tab=tab0", "post /start", "post /survey", "post /complete", ""];
    assert_eq!(study.done, way);
}

#[test]
fn what_fails_is_sent_again_with_the_same_answers() {
    let mut study = Study::new(Plan::default());
    study.broken = 5;
    let diary = study.walk();
    assert_eq!((diary.retries, diary.faults.len()), (5, 0));
    assert!(matches!(diary.end, Some(End::Page { .. })));
    let mut never = Study::new(Plan::default());
    never.broken = usize::MAX;
    assert_eq!(never.walk().end, Some(End::Stranded("connection refused".into())));
}

#[test]
fn a_dropout_leaves_in_its_scene_and_says_nothing_if_silent() {
    let mut study = Study::new(Plan { dropout: moment(1), silent: true, ..Plan::default() });
    let diary = study.walk();
    assert_eq!((diary.end.clone(), diary.scene.as_str()), (Some(End::Dropout), "survey"));
    assert_eq!(study.left, Some(true));
    assert!(
        study.done.contains(&"post /start".to_owned()) && !study.done.contains(&"post /survey".to_owned())
    );
}

#[test]
fn a_reload_must_lead_back_to_the_same_scene() {
    let mut study = Study::new(Plan { reload: moment(1), ..Plan::default() });
    let diary = study.walk();
    assert_eq!((diary.reloads, diary.faults.len()), (1, 0));
    assert!(matches!(diary.end, Some(End::Page { .. })));
    let mut astray = Study::new(Plan { reload: moment(1), ..Plan::default() });
    astray.astray = Some(0);
    let diary = astray.walk();
    assert!(diary.faults[0].contains("a reload of \"survey\" led to \"start\""), "{:?}", diary.faults);
}

#[test]
fn a_second_tab_sees_itself_refused_and_the_walk_goes_on() {
    let mut study = Study::new(Plan { second_tab: moment(1), ..Plan::default() });
    let diary = study.walk();
    assert_eq!((diary.second_tabs, diary.faults.len()), (1, 0));
    assert!(matches!(diary.end, Some(End::Page { .. })));
    assert!(study.done.contains(&"connect Second /t?tab=tab0b".to_owned()));
}

#[test]
fn a_page_is_left_lie_once_and_a_lid_is_closed_once() {
    let plan = Plan {
        idle: Some((1, 90_000.0)),
        sleep: Some((Moment { scene: 0, share: 0.5 }, 30_000.0)),
        ..Plan::default()
    };
    let mut study = Study::new(plan);
    let diary = study.walk().clone();
    assert!(matches!(diary.end, Some(End::Page { .. })));
    assert_eq!(diary.hindrances, [(Hindrance::IdlePage, 1), (Hindrance::Sleep, 1)].into());
    assert!(study.now > MonotonicMs(120_000.0) && study.now < MonotonicMs(130_000.0), "{:?}", study.now);
}

#[test]
fn a_limited_page_sends_itself_when_it_is_left_lie() {
    let mut study = Study::new(Plan { idle: Some((1, 90_000.0)), ..Plan::default() });
    study.limited = true;
    let diary = study.walk().clone();
    assert_eq!(diary.hindrances, [(Hindrance::IdlePage, 1), (Hindrance::TimeUp, 1)].into());
    assert!(diary.answers["survey"].iter().any(|(name, _)| name == TIME_UP));
    assert!(study.now < MonotonicMs(10_000.0), "{:?}", study.now);
}

#[test]
fn without_scripts_no_socket_is_opened_and_the_way_out_is_taken() {
    let mut study = Study::new(Plan { no_script: true, ..Plan::default() });
    study.needs_script = true;
    let diary = study.walk().clone();
    assert!(matches!(diary.end, Some(End::Page { .. })));
    assert_eq!(diary.hindrances, [(Hindrance::NoScript, 1)].into());
    assert_eq!(study.done, ["load /x/e", "post /start", "post /none", "post /complete", ""]);
}

#[test]
fn the_pseudonym_is_read_from_the_address_with_and_without_a_key() {
    let paths = ["/x/e/s1", "/x/e/s1.key", "/x/e/s1?as=a.b", "/x/e/s1#a.b"];
    assert_eq!(paths.map(subject), ["s1"; 4]);
    assert_eq!(way_in("/x/e/s1#a.b").as_deref(), Some("/x/e/s1?as=a.b"));
    assert_eq!(way_in("/x/e/s1"), None);
}
