//! Sockets, HTTP and the clock around a [`Bot`].

// Here time is read; everything behind it takes it as an argument.
#![allow(clippy::disallowed_types)]

use std::{
    cell::Cell,
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use footlights_protocol::{MonotonicMs, form::NEXT_PAGE};
use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, Url, header};
use tokio::{
    net::TcpStream,
    sync::mpsc,
    task::spawn_local,
    time::{self, Instant},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue, protocol::WebSocketConfig},
};

use crate::{
    bot::{Bot, Event, Line, Output, Plan},
    diary::{Diary, Hindrance},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A desktop computer with Chrome.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
     Chrome/140.0.0.0 Safari/537.36";
/// Connections that are idle for longer are not used again: a request that meets the edge's close is lost.
const IDLE: Duration = Duration::from_secs(1);
/// How long a request or a connection may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the other side has to answer a close.
const GOODBYE: Duration = Duration::from_secs(2);
const MAX_REDIRECTS: usize = 5;
/// What a socket's end without a close frame counts as.
const ABNORMAL: u16 = 1006;

/// A deployment, and the clock that all bots share.
pub struct Site {
    url: Url,
    http: reqwest::Client,
    epoch: Instant,
    /// Whether any bot has seen a frame of a game.
    pub plays: Cell<bool>,
}

impl Site {
    /// The deployment at `url`, such as `http://127.0.0.1:8787/`.
    ///
    /// # Errors
    /// An address that does not begin with `http://`, or an HTTP client that cannot be made.
    pub fn new(url: &str) -> Result<Self> {
        let parsed = Url::parse(url).with_context(|| format!("--url {url:?}"))?;
        if parsed.scheme() != "http" {
            bail!("--url {url:?}: bots speak http://, not {}://", parsed.scheme());
        }
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(USER_AGENT)
            .timeout(PATIENCE)
            .pool_idle_timeout(IDLE)
            .no_proxy()
            .build()?;
        Ok(Self { url: parsed, http, epoch: Instant::now(), plays: Cell::new(false) })
    }

    /// Whether it serves.
    ///
    /// # Errors
    /// It cannot be reached; the message says where it was looked for.
    pub async fn must_answer(&self) -> Result<()> {
        let answer = self.http.get(self.url.clone()).send().await;
        answer
            .map(|_| ())
            .with_context(|| format!("{} cannot be reached; is `cargo run -- dev` running there?", self.url))
    }

    /// Milliseconds since the site was made: the bots' time.
    pub fn now(&self) -> MonotonicMs {
        MonotonicMs(self.epoch.elapsed().as_secs_f64() * 1_000.0)
    }

    fn instant(&self, at: MonotonicMs) -> Instant {
        // A day is longer than any run.
        self.epoch + Duration::from_secs_f64(at.0.clamp(0.0, 86_400_000.0) / 1_000.0)
    }
}

/// What a bot's network and browser let through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Network {
    /// How long everything takes each way, beside what it takes anyway, ms.
    pub delay_ms: f64,
    /// Whether WebSockets open.
    pub sockets: bool,
    /// Whether cookies are kept.
    pub cookies: bool,
    /// After how long a WebSocket is cut, ms.
    pub cut_ms: Option<f64>,
}

impl Default for Network {
    /// One that lets everything through.
    fn default() -> Self {
        Self { delay_ms: 0.0, sockets: true, cookies: true, cut_ms: None }
    }
}

impl Network {
    /// That of somebody with this plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        Self {
            delay_ms: plan.slow_ms.unwrap_or(0.0),
            sockets: !plan.no_sockets,
            cookies: !plan.no_cookies,
            cut_ms: plan.cut_ms,
        }
    }
}

/// What a socket's task tells.
enum Heard {
    Opened,
    /// It is cut; its end follows.
    Cut,
    Message(tokio_tungstenite::tungstenite::Bytes),
    Closed(u16),
}

/// What a socket's task is told. When nobody can tell it anything any more, the connection is cut.
enum Tell {
    Say(Vec<u8>),
    Close,
}

/// A message on its way to the bot, and when it arrives.
struct Arriving {
    at: Instant,
    line: Line,
    number: u64,
    heard: Heard,
}

struct Open {
    number: u64,
    tell: mpsc::UnboundedSender<(Instant, Tell)>,
}

/// What a browser keeps for one participant.
struct Browser<'a> {
    site: &'a Site,
    cookie: Option<HeaderValue>,
    network: Network,
    delay: Duration,
    sockets: BTreeMap<Line, Open>,
    numbers: u64,
    heard: mpsc::UnboundedSender<Arriving>,
}

/// Lets a bot walk until it leaves or `until` comes; what it saw.
///
/// It must run on a tokio `LocalSet`.
pub async fn walk(bot: Bot, site: Rc<Site>, network: Network, until: Instant) -> Diary {
    watched(bot, site, network, until, |_, _| {}).await
}

/// The same; `watch` sees the bot after everything that it hears, with the time of [`Site::now`].
pub async fn watched(
    mut bot: Bot,
    site: Rc<Site>,
    network: Network,
    until: Instant,
    mut watch: impl FnMut(MonotonicMs, &mut Bot),
) -> Diary {
    let (heard, mut hears) = mpsc::unbounded_channel();
    let delay = Duration::from_secs_f64(network.delay_ms / 1_000.0);
    let sockets = BTreeMap::new();
    let mut browser = Browser { site: &site, cookie: None, network, delay, sockets, numbers: 0, heard };
    if !network.cookies {
        bot.count(Hindrance::NoCookies);
    }
    let mut arriving: VecDeque<Arriving> = VecDeque::new();
    loop {
        while let Some(output) = bot.poll() {
            match output {
                Output::Load(path) => browser.load(&mut bot, Method::GET, &path, &[]).await,
                Output::Post(path, form) => browser.load(&mut bot, Method::POST, &path, &form).await,
                Output::Connect(line, path) => {
                    if !network.sockets {
                        bot.count(Hindrance::SocketRefused);
                    }
                    browser.connect(line, &path);
                }
                Output::Sleep(ms) => time::sleep(Duration::from_secs_f64(ms / 1_000.0)).await,
                Output::Disconnect(line) => browser.tell(line, Tell::Close, true),
                Output::Say(line, bytes) => browser.tell(line, Tell::Say(bytes), false),
                Output::Leave { silent } => {
                    for line in [Line::Game, Line::Tab, Line::Second] {
                        if !silent {
                            browser.tell(line, Tell::Close, true);
                        }
                    }
                    return bot.into_diary();
                }
            }
        }
        if Instant::now() >= until {
            return bot.into_diary();
        }
        site.plays.set(site.plays.get() || !bot.diary().first_frames_ms.is_empty());
        let next = arriving.front().map_or(until, |message| message.at);
        let wake = site.instant(bot.wake_at()).min(next).min(until);
        tokio::select! {
            Some(message) = hears.recv() => arriving.push_back(message),
            () = time::sleep_until(wake) => {}
        }
        while let Some(Arriving { line, number, heard, .. }) =
            arriving.pop_front_if(|message| message.at <= Instant::now())
        {
            // Of a socket that was given up nothing is to be heard any more.
            if browser.sockets.get(&line).is_none_or(|open| open.number != number) {
                continue;
            }
            let now = site.now();
            match heard {
                Heard::Opened => bot.handle(now, Event::Opened(line)),
                Heard::Cut => bot.count(Hindrance::SocketCut),
                Heard::Message(bytes) => bot.handle(now, Event::Message(line, &bytes)),
                Heard::Closed(code) => {
                    browser.sockets.remove(&line);
                    bot.handle(now, Event::Closed(line, code));
                }
            }
            watch(now, &mut bot);
        }
        if site.now() >= bot.wake_at() {
            bot.handle(site.now(), Event::Wake);
        }
    }
}

impl Browser<'_> {
    async fn load(&mut self, bot: &mut Bot, method: Method, path: &str, form: &[(String, String)]) {
        time::sleep(self.delay).await;
        let loaded = self.follow(method, path, form).await;
        time::sleep(self.delay).await;
        let now = self.site.now();
        match loaded {
            Ok((status, path, html)) => bot.handle(now, Event::Page { status, path: &path, html: &html }),
            Err(why) => bot.handle(now, Event::NoPage(&format!("{why:#}"))),
        }
    }

    /// The answer behind all redirects: status, path and document.
    async fn follow(
        &mut self,
        mut method: Method,
        path: &str,
        form: &[(String, String)],
    ) -> Result<(u16, String, String)> {
        let mut url = self.site.url.join(path)?;
        for _ in 0..MAX_REDIRECTS {
            let mut request = self.site.http.request(method.clone(), url.clone());
            if let Some(cookie) = &self.cookie {
                request = request.header(header::COOKIE, cookie);
            }
            if method == Method::GET {
                request = request.header("sec-fetch-mode", "navigate");
            }
            if method == Method::POST {
                let mut body = Url::parse("x:")?;
                body.query_pairs_mut().extend_pairs(form);
                request = request
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .header(NEXT_PAGE, "1")
                    .body(body.query().unwrap_or_default().to_owned());
            }
            let response = request.send().await?;
            if let Some(cookie) = response.headers().get(header::SET_COOKIE).filter(|_| self.network.cookies)
            {
                let pair = cookie.to_str().ok().and_then(|cookie| cookie.split(';').next());
                self.cookie = pair.and_then(|pair| HeaderValue::from_str(pair).ok());
            }
            let location = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
            let Some(location) = location.filter(|_| response.status().is_redirection()) else {
                let status = response.status().as_u16();
                // The next page in the answer to a form says where it belongs.
                let elsewhere = response.headers().get(header::CONTENT_LOCATION);
                if let Some(elsewhere) = elsewhere.and_then(|to| to.to_str().ok()) {
                    url = url.join(elsewhere)?;
                }
                let rest =
                    |sign, rest: Option<&str>| rest.map(|rest| format!("{sign}{rest}")).unwrap_or_default();
                let path =
                    [url.path().to_owned(), rest('?', url.query()), rest('#', url.fragment())].concat();
                return Ok((status, path, response.text().await?));
            };
            url = url.join(location)?;
            method = Method::GET;
        }
        bail!("{path}: redirected more than {MAX_REDIRECTS} times")
    }

    /// Opens a socket in the place of another one.
    fn connect(&mut self, line: Line, path: &str) {
        self.numbers += 1;
        let number = self.numbers;
        let (tell, told) = mpsc::unbounded_channel();
        self.sockets.insert(line, Open { number, tell });
        let (heard, delay) = (self.heard.clone(), self.delay);
        let Network { sockets, cut_ms, .. } = self.network;
        let say = move |what| {
            let at = Instant::now() + delay;
            let _ = heard.send(Arriving { at, line, number, heard: what });
        };
        let request = self.request(path);
        spawn_local(async move {
            time::sleep(delay).await;
            // Messages are small and bots are many.
            let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
            let opening = async { connect_async_with_config(request.ok()?, Some(config), true).await.ok() };
            if !sockets {
                return say(Heard::Closed(ABNORMAL));
            }
            match time::timeout(PATIENCE, opening).await.ok().flatten() {
                Some((socket, _)) => {
                    say(Heard::Opened);
                    let cut = Duration::from_secs_f64(cut_ms.unwrap_or(86_400_000.0) / 1_000.0);
                    if time::timeout(cut, converse(socket, told, &say)).await.is_err() {
                        say(Heard::Cut);
                        say(Heard::Closed(ABNORMAL));
                    }
                }
                None => say(Heard::Closed(ABNORMAL)),
            }
        });
    }

    fn request(&self, path: &str) -> Result<tokio_tungstenite::tungstenite::handshake::client::Request> {
        let url = self.site.url.join(path)?;
        let rest = url.as_str().strip_prefix("http").context("no http address")?;
        let mut request = format!("ws{rest}").into_client_request()?;
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(header::COOKIE, cookie.clone());
        }
        Ok(request)
    }

    /// Tells a socket something; `last` if nothing more is to be heard of it.
    fn tell(&mut self, line: Line, what: Tell, last: bool) {
        if let Some(open) = self.sockets.get(&line) {
            let _ = open.tell.send((Instant::now() + self.delay, what));
        }
        if last {
            self.sockets.remove(&line);
        }
    }
}

/// Reads and writes until one side has enough.
async fn converse(
    mut socket: Socket,
    mut told: mpsc::UnboundedReceiver<(Instant, Tell)>,
    say: &impl Fn(Heard),
) {
    let mut outbox: VecDeque<(Instant, Tell)> = VecDeque::new();
    let mut closing = false;
    loop {
        let due = outbox.front().map(|(at, _)| *at);
        let departs = async {
            match due {
                Some(at) => time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            next = told.recv(), if !closing => match next {
                Some(next) => {
                    closing = matches!(next.1, Tell::Close);
                    outbox.push_back(next);
                }
                // The bot is gone without a word.
                None => return,
            },
            () = departs => match outbox.pop_front() {
                // A socket that cannot send says so again, with its code, when it is read.
                Some((_, Tell::Say(bytes))) => drop(socket.send(Message::binary(bytes)).await),
                Some((_, Tell::Close)) => {
                    let goodbye = async {
                        if socket.close(None).await.is_ok() {
                            while let Some(Ok(_)) = socket.next().await {}
                        }
                    };
                    let _ = time::timeout(GOODBYE, goodbye).await;
                    return;
                }
                None => {}
            },
            next = socket.next() => match next {
                Some(Ok(Message::Binary(bytes))) => say(Heard::Message(bytes)),
                Some(Ok(Message::Close(frame))) => {
                    return say(Heard::Closed(frame.map_or(ABNORMAL, |frame| frame.code.into())));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return say(Heard::Closed(ABNORMAL)),
            },
        }
    }
}
