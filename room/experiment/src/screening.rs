//! Which participants may take part, by device, browser, window and connection. The browser reports, and the server
//! decides.

use footlights_protocol::words::{Text, Words, texts};
use serde::Serialize;

use crate::{answer::Answer, interpolate::names, question::Question};

/// What a participant uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// A computer with a keyboard.
    Desktop,
    /// A phone.
    Phone,
    /// A tablet.
    Tablet,
}

/// A requirement of a [`Screening`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// [`Screening::devices`].
    Device,
    /// [`Screening::browsers`] and [`Screening::block_browsers`].
    Browser,
    /// [`Screening::min_window`].
    Window,
    /// [`Screening::max_ping_ms`].
    Ping,
    /// A WebSocket, which games and waiting rooms need, opens. Some networks let pages through and no WebSocket.
    Socket,
    /// The browser runs the page's program.
    JavaScript,
}

impl Requirement {
    /// The requirement's name in the data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Browser => "browser",
            Self::Window => "window",
            Self::Ping => "ping",
            Self::Socket => "socket",
            Self::JavaScript => "javascript",
        }
    }

    /// What a participant reads who does not meet it.
    pub(crate) fn usual(self) -> Text {
        match self {
            Self::Device => texts::REFUSED_DEVICE,
            Self::Browser => texts::REFUSED_BROWSER,
            Self::Window => texts::REFUSED_WINDOW,
            Self::Ping => texts::REFUSED_PING,
            Self::Socket => texts::REFUSED_SOCKET,
            Self::JavaScript => texts::REFUSED_JAVASCRIPT,
        }
    }
}

/// A scene that admits only participants whose device and connection meet the requirements. The data have what the
/// browser reported, whether the participant passed or not.
///
/// ```
/// use footlights_experiment::{Device, Requirement, Screening};
///
/// let screening = Screening::new("screening")
///     .devices(&[Device::Desktop])
///     .min_window(800, 600)
///     .max_ping_ms(250.0)
///     .message(Requirement::Device, "Please open this page on a computer.");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[must_use]
#[non_exhaustive]
pub struct Screening {
    /// The scene's name in addresses and in the data.
    pub id: String,
    /// The heading; empty for the usual one in the study's language.
    pub title: String,
    /// The paragraphs under the heading; none for the usual one.
    pub paragraphs: Vec<String>,
    /// The label of the button; empty for the usual one.
    pub button: String,
    /// The devices that are admitted; all if it is empty.
    pub devices: Vec<Device>,
    /// The browsers that are admitted; all if it is empty.
    pub browsers: Vec<String>,
    /// The browsers that are not admitted.
    pub blocked_browsers: Vec<String>,
    /// The smallest width and height of the window, CSS pixels.
    pub min_window: Option<(u32, u32)>,
    /// The longest median round trip, ms.
    pub max_ping_ms: Option<f64>,
    /// What a participant reads who does not meet a requirement, if not the usual text.
    pub messages: Vec<(Requirement, String)>,
}

/// Browsers that [`browser`] knows and the words that their user agents have, in the order of the search.
const BROWSERS: [(&str, &str); 13] = [
    ("Edge", "Edg"),
    ("Opera", "OPR/"),
    ("Opera", "OPT/"),
    ("Opera", "OPiOS/"),
    ("Samsung Internet", "SamsungBrowser/"),
    // The windows that apps open, and browsers that nobody asks for by name, are none of those that they also name.
    ("unknown", "GSA/"),
    ("unknown", "DuckDuckGo/"),
    ("unknown", "YaBrowser/"),
    ("Firefox", "Firefox/"),
    ("Firefox", "FxiOS/"),
    ("Chrome", "CriOS/"),
    ("Chrome", "Chrome/"),
    ("Safari", "Safari/"),
];

impl Screening {
    /// A screening without requirements: it admits every participant.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.into(),
            title: String::new(),
            paragraphs: Vec::new(),
            button: String::new(),
            devices: Vec::new(),
            browsers: Vec::new(),
            blocked_browsers: Vec::new(),
            min_window: None,
            max_ping_ms: None,
            messages: Vec::new(),
        }
    }

    /// The heading.
    pub fn title(mut self, words: &str) -> Self {
        self.title = words.into();
        self
    }

    /// Adds a paragraph under the heading, in place of the usual one.
    pub fn text(mut self, paragraph: &str) -> Self {
        self.paragraphs.push(paragraph.into());
        self
    }

    /// The label of the button.
    pub fn button(mut self, words: &str) -> Self {
        self.button = words.into();
        self
    }

    /// The names of globals in what a participant reads.
    pub(crate) fn names(&self) -> Vec<String> {
        let messages = self.messages.iter().map(|(_, words)| words);
        let texts = [&self.title, &self.button].into_iter().chain(&self.paragraphs).chain(messages);
        texts.flat_map(|text| names(text)).map(str::to_owned).collect()
    }

    /// Heading, paragraphs and button as a participant reads them.
    #[must_use]
    pub fn shown<'a>(&'a self, words: &'a Words) -> (&'a str, Vec<&'a str>, &'a str) {
        let or = |own: &'a str, usual| if own.is_empty() { words.get(usual) } else { own };
        let mut paragraphs: Vec<&str> = self.paragraphs.iter().map(String::as_str).collect();
        if paragraphs.is_empty() {
            paragraphs.push(words.get(texts::WE_CHECK));
        }
        (or(&self.title, texts::CHECKING_DEVICE), paragraphs, or(&self.button, texts::CHECK_AND_CONTINUE))
    }

    /// Admits only these devices.
    pub fn devices(mut self, devices: &[Device]) -> Self {
        self.devices = devices.to_vec();
        self
    }

    /// Admits only these browsers; known are Chrome, Edge, Firefox, Opera, Safari and Samsung Internet.
    pub fn browsers(mut self, names: &[&str]) -> Self {
        self.browsers = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Admits every browser but these.
    pub fn block_browsers(mut self, names: &[&str]) -> Self {
        self.blocked_browsers = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// The smallest window that is admitted, in CSS pixels.
    pub fn min_window(mut self, width: u32, height: u32) -> Self {
        self.min_window = Some((width, height));
        self
    }

    /// The longest median of several round trips that is admitted, in milliseconds.
    pub fn max_ping_ms(mut self, ms: f64) -> Self {
        self.max_ping_ms = Some(ms);
        self
    }

    /// What a participant reads who does not meet the requirement. Without this, a sentence says what the experiment
    /// needs.
    pub fn message(mut self, requirement: Requirement, words: &str) -> Self {
        self.messages.retain(|(known, _)| *known != requirement);
        self.messages.push((requirement, words.into()));
        self
    }

    /// What the browser reports, as questions that the page's program answers. The server finds the kind of device and
    /// the browser itself, from the user agent.
    #[must_use]
    pub fn questions() -> Vec<Question> {
        vec![
            Question::number_input("window_width", "Window width", 0.0, 100_000.0).into(),
            Question::number_input("window_height", "Window height", 0.0, 100_000.0).into(),
            Question::number_input("ping_ms", "Round trip", 0.0, 600_000.0).step(0.0).into(),
            Question::multiple_choice("touch", "Touch", &["true", "false"]).into(),
            // A page that is older than this question does not answer it.
            Question::multiple_choice("mouse", "Mouse or touchpad", &["true", "false"]).optional().into(),
            Question::multiple_choice("socket", "Whether a WebSocket opened", &["true", "false"])
                .optional()
                .into(),
        ]
    }

    /// What the server adds to the answers: what it found, and what it decided.
    pub(crate) fn judged() -> Vec<Question> {
        let mut browsers: Vec<&str> = BROWSERS.iter().map(|(name, _)| *name).collect();
        browsers.retain(|name| *name != "unknown");
        browsers.dedup();
        browsers.push("unknown");
        let all = [
            Requirement::Device,
            Requirement::Browser,
            Requirement::Window,
            Requirement::Ping,
            Requirement::Socket,
            Requirement::JavaScript,
        ];
        let mut verdicts = vec!["passed"];
        verdicts.extend(all.map(Requirement::as_str));
        vec![
            Question::multiple_choice(
                "device",
                "Kind of device, by the user agent",
                &["desktop", "phone", "tablet"],
            )
            .into(),
            Question::multiple_choice("browser", "Browser, by the user agent", &browsers).into(),
            Question::multiple_choice("verdict", "The requirement that was not met, or passed", &verdicts)
                .into(),
        ]
    }

    /// What a participant reads who does not meet a requirement.
    pub(crate) fn words(&self, requirement: Requirement, words: &Words) -> String {
        match (self.messages.iter().find(|(known, _)| *known == requirement), requirement, self.min_window) {
            (Some((_, own)), ..) => own.clone(),
            (None, Requirement::Window, Some((width, height))) => {
                let [width, height] = [width, height].map(|pixels| pixels.to_string());
                words.with(texts::REFUSED_WINDOW_SIZE, &[("width", &width), ("height", &height)])
            }
            (None, requirement, _) => words.get(requirement.usual()).into(),
        }
    }

    /// Decides whether a participant is admitted.
    ///
    /// # Errors
    /// The first requirement that is not met, and what the participant reads.
    pub fn judge(&self, report: &DeviceReport, words: &Words) -> Result<(), (Requirement, String)> {
        let refuse = |requirement: Requirement| Err((requirement, self.words(requirement, words)));
        if !self.devices.is_empty() && !self.devices.contains(&report.device) {
            return refuse(Requirement::Device);
        }
        let browser = report.browser.as_str();
        let wanted = self.browsers.is_empty() || self.browsers.iter().any(|name| name == browser);
        if !wanted || self.blocked_browsers.iter().any(|name| name == browser) {
            return refuse(Requirement::Browser);
        }
        if let Some((width, height)) = self.min_window
            && (report.window.0 < f64::from(width) || report.window.1 < f64::from(height))
        {
            return refuse(Requirement::Window);
        }
        if !report.socket {
            return refuse(Requirement::Socket);
        }
        if self.max_ping_ms.is_some_and(|most| report.ping_ms > most) {
            return refuse(Requirement::Ping);
        }
        Ok(())
    }

    /// Finds the first wrong option, and what is wrong with it.
    pub(crate) fn validate(&self) -> Result<(), (&'static str, String)> {
        for (option, names) in [("browsers", &self.browsers), ("block_browsers", &self.blocked_browsers)] {
            if let Some(name) = names.iter().find(|name| BROWSERS.iter().all(|(known, _)| known != name)) {
                return Err((option, format!("{name:?} is not a browser that can be recognised")));
            }
        }
        if self.min_window.is_some_and(|(width, height)| width == 0 || height == 0) {
            return Err(("min_window", "must be at least 1 by 1".into()));
        }
        match self.max_ping_ms {
            Some(ms) if !(ms.is_finite() && ms > 0.0) => Err(("max_ping_ms", "must be more than 0".into())),
            _ => Ok(()),
        }
    }
}

/// What is known about a participant's device.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceReport {
    /// The kind of device.
    pub device: Device,
    /// The name of the browser.
    pub browser: String,
    /// Width and height in CSS pixels.
    pub window: (f64, f64),
    /// Median round trip, ms.
    pub ping_ms: f64,
    /// Whether a WebSocket opened. A page of an older build does not try.
    pub socket: bool,
}

impl DeviceReport {
    /// Reads the answers to [`Screening::questions`] and the user agent.
    #[must_use]
    pub fn new(
        user_agent: &str,
        number: impl Fn(&str) -> Option<f64>,
        flag: impl Fn(&str) -> Option<bool>,
    ) -> Self {
        let (touch, mouse) = (flag("touch") == Some(true), flag("mouse"));
        Self {
            device: device(user_agent, touch, mouse),
            browser: browser(user_agent).to_owned(),
            window: (number("window_width").unwrap_or(0.0), number("window_height").unwrap_or(0.0)),
            ping_ms: number("ping_ms").unwrap_or(f64::INFINITY),
            socket: flag("socket") != Some(false),
        }
    }

    /// The device and the browser, as answers for the data.
    pub fn answers(&self) -> impl Iterator<Item = (String, Answer)> {
        let device = match self.device {
            Device::Desktop => "desktop",
            Device::Phone => "phone",
            Device::Tablet => "tablet",
        };
        [("device", device.to_owned()), ("browser", self.browser.clone())]
            .into_iter()
            .map(|(id, text)| (id.to_owned(), Answer::Text(text)))
    }
}

/// The browser's name, from its user agent; `unknown` for others. Most browsers also name older ones, so the order of
/// the search decides (MDN, "Browser detection using the user agent").
fn browser(user_agent: &str) -> &'static str {
    BROWSERS.iter().find(|(_, word)| user_agent.contains(word)).map_or("unknown", |(name, _)| name)
}

/// The kind of device, from the user agent (same source): phones say `Mobi`; iPads call themselves Macintosh, but no
/// other Macintosh has touch. A phone or tablet that asks for the page that computers see calls itself one of these, but
/// it has touch and no mouse.
fn device(user_agent: &str, touch: bool, mouse: Option<bool>) -> Device {
    let has = |word: &str| user_agent.contains(word);
    if has("iPad") || has("Tablet") || has("Macintosh") && touch || has("Android") && !has("Mobi") {
        Device::Tablet
    } else if has("Mobi") {
        Device::Phone
    } else if touch && mouse == Some(false) {
        Device::Tablet
    } else {
        Device::Desktop
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
    const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
        Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0";
    const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0";
    const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
        (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
    const MAC_OR_IPAD: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 \
        (KHTML, like Gecko) Version/18.0 Safari/605.1.15";

    #[test]
    fn browsers_and_devices_are_told_apart() {
        let seen = |agent: &str, touch| (browser(agent), device(agent, touch, Some(true)));
        assert_eq!(seen(CHROME, false), ("Chrome", Device::Desktop));
        assert_eq!(seen(EDGE, true), ("Edge", Device::Desktop));
        assert_eq!(seen(FIREFOX, false), ("Firefox", Device::Desktop));
        assert_eq!(seen(IPHONE, true), ("Safari", Device::Phone));
        assert_eq!(seen(MAC_OR_IPAD, false), ("Safari", Device::Desktop));
        assert_eq!(seen(MAC_OR_IPAD, true), ("Safari", Device::Tablet));
        assert_eq!(seen("curl/8", false), ("unknown", Device::Desktop));
        let phone = |words: &str| {
            format!(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) {words} \
                 Mobile/15E148 Safari/604.1"
            )
        };
        for (words, name) in [
            ("CriOS/140.0.0.0", "Chrome"),
            ("FxiOS/142.0", "Firefox"),
            ("EdgiOS/140.0", "Edge"),
            ("OPT/5.0", "Opera"),
            ("OPiOS/16.0", "Opera"),
            ("GSA/380.0", "unknown"),
            ("Version/18.0", "Safari"),
        ] {
            assert_eq!(seen(&phone(words), true), (name, Device::Phone), "{words}");
        }
        // A tablet that asks for the page of a computer, a computer with a touch screen, and a page of an older build.
        for (mouse, found) in
            [(Some(false), Device::Tablet), (Some(true), Device::Desktop), (None, Device::Desktop)]
        {
            assert_eq!(device(CHROME, true, mouse), found);
        }
        assert_eq!(device(CHROME, false, Some(false)), Device::Desktop, "a computer that is worked by keys");
    }

    #[test]
    fn each_requirement_is_judged_and_has_words_of_its_own() {
        let screening = Screening::new("screening")
            .devices(&[Device::Desktop])
            .block_browsers(&["Firefox"])
            .min_window(800, 600)
            .max_ping_ms(250.0)
            .message(Requirement::Ping, "Too slow.");
        assert_eq!(screening.validate(), Ok(()));
        let good = DeviceReport {
            device: Device::Desktop,
            browser: "Chrome".into(),
            window: (800.0, 600.0),
            ping_ms: 250.0,
            socket: true,
        };
        assert_eq!(screening.judge(&good, &Words::default()), Ok(()));
        let why = |report: DeviceReport| screening.judge(&report, &Words::default()).unwrap_err();
        assert_eq!(why(DeviceReport { device: Device::Phone, ..good.clone() }).0, Requirement::Device);
        assert_eq!(why(DeviceReport { browser: "Firefox".into(), ..good.clone() }).0, Requirement::Browser);
        let small = why(DeviceReport { window: (799.0, 900.0), ..good.clone() });
        assert!(small.1.contains("800 by 600"), "{small:?}");
        assert_eq!(
            why(DeviceReport { ping_ms: 250.1, ..good.clone() }),
            (Requirement::Ping, "Too slow.".into())
        );
        assert_eq!(why(DeviceReport { socket: false, ..good.clone() }).0, Requirement::Socket);
        let only = Screening::new("s").browsers(&["Edge"]);
        assert_eq!(only.judge(&good, &Words::default()).unwrap_err().0, Requirement::Browser);
    }

    #[test]
    fn a_wrong_screening_is_refused() {
        assert_eq!(Screening::new("s").browsers(&["Netscape"]).validate().unwrap_err().0, "browsers");
        assert_eq!(Screening::new("s").min_window(0, 1).validate().unwrap_err().0, "min_window");
        assert_eq!(Screening::new("s").max_ping_ms(f64::NAN).validate().unwrap_err().0, "max_ping_ms");
    }
}
