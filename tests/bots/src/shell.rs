//! Sockets, HTTP and the clock around a [`Bot`].

// Here time is read; everything behind it takes it as an argument.
#![allow(clippy::disallowed_types)]

use std::{
    future::pending,
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, Url, header};
use tokio::{net::TcpStream, time};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue, protocol::WebSocketConfig},
};

use crate::bot::{Bot, Ending, Event, Output, Report};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connections that are idle for longer are not used again. Edges close them after a few seconds, and a request that
/// meets that close is lost.
const IDLE: Duration = Duration::from_secs(1);
/// How long a request or a connection may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the other side has to answer a close.
const GOODBYE: Duration = Duration::from_secs(2);
/// More redirects than this are a circle.
const MAX_REDIRECTS: usize = 5;
/// What a socket's end without a close frame counts as.
const ABNORMAL: u16 = 1006;

/// A deployment, and the clock that all its bots share.
#[derive(Debug, Clone)]
pub struct Site {
    url: Url,
    http: reqwest::Client,
    epoch: Instant,
}

/// Why a site cannot be walked.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The address.
    #[error("{0:?} is not an address that begins with http://")]
    Address(String),
    /// The HTTP client.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
}

impl Site {
    /// The deployment at `url`, such as `http://127.0.0.1:8787/`.
    pub fn new(url: &str) -> Result<Self, SiteError> {
        let parsed = Url::parse(url).ok().filter(|url| url.scheme() == "http");
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .pool_idle_timeout(IDLE)
            .no_proxy()
            .build()?;
        let url = parsed.ok_or_else(|| SiteError::Address(url.to_owned()))?;
        Ok(Self { url, http, epoch: Instant::now() })
    }

    /// Milliseconds since the site was made: the bots' time.
    pub fn now(&self) -> f64 {
        self.epoch.elapsed().as_secs_f64() * 1_000.0
    }

    fn resolve(&self, path: &str) -> Result<Url, String> {
        self.url.join(path).map_err(|e| format!("{path}: {e}"))
    }
}

/// Lets a bot walk until its way ends. `watch` hears its reports, each with the time at which its cause was there.
pub async fn walk(mut bot: Bot, site: &Site, mut watch: impl FnMut(f64, Report)) -> Ending {
    let mut browser = Browser { site, cookie: None, socket: None };
    let mut now = site.now();
    loop {
        while let Some(output) = bot.poll() {
            match output {
                Output::Report(Report::Ended(ending)) => {
                    watch(now, Report::Ended(ending.clone()));
                    return ending;
                }
                Output::Report(report) => watch(now, report),
                Output::Visit(path) => now = browser.load(&mut bot, Method::GET, &path).await,
                Output::Press(path) => now = browser.load(&mut bot, Method::POST, &path).await,
                Output::Connect(path) => now = browser.connect(&mut bot, &path).await,
                Output::Disconnect => browser.disconnect().await,
                Output::Send(bytes) => browser.send(bytes).await,
            }
        }
        let wake_at = bot.wake_at();
        let heard = tokio::select! {
            heard = browser.hear() => Some(heard),
            () = until(site, wake_at) => None,
        };
        now = site.now();
        match heard {
            None => bot.handle(now, Event::Wake),
            Some(Heard::Message(bytes)) => bot.handle(now, Event::Message(&bytes)),
            Some(Heard::Closed(code)) => {
                browser.socket = None;
                bot.handle(now, Event::Closed(code));
            }
        }
    }
}

async fn until(site: &Site, at: f64) {
    if at.is_finite() {
        let at = site.epoch + Duration::from_secs_f64((at / 1_000.0).max(0.0));
        time::sleep_until(time::Instant::from_std(at)).await;
    } else {
        pending().await
    }
}

enum Heard {
    Message(tokio_tungstenite::tungstenite::Bytes),
    Closed(u16),
}

/// What a browser keeps for one participant.
struct Browser<'a> {
    site: &'a Site,
    cookie: Option<HeaderValue>,
    socket: Option<Socket>,
}

impl Browser<'_> {
    /// Loads a page and tells the bot; returns when it came.
    async fn load(&mut self, bot: &mut Bot, method: Method, path: &str) -> f64 {
        let loaded = self.follow(method, path).await;
        let now = self.site.now();
        match loaded {
            Ok((status, path, html)) => bot.handle(now, Event::Page { status, path: &path, html: &html }),
            Err(why) => bot.handle(now, Event::NoPage(&why)),
        }
        now
    }

    /// The answer behind all redirects: status, path and document.
    async fn follow(&mut self, mut method: Method, path: &str) -> Result<(u16, String, String), String> {
        let mut url = self.site.resolve(path)?;
        for _ in 0..MAX_REDIRECTS {
            let mut request = self.site.http.request(method, url.clone());
            if let Some(cookie) = &self.cookie {
                request = request.header(header::COOKIE, cookie);
            }
            let response = request.send().await.map_err(|e| reasons(&e))?;
            if let Some(cookie) = response.headers().get(header::SET_COOKIE) {
                let pair = cookie.to_str().ok().and_then(|cookie| cookie.split(';').next());
                self.cookie = pair.and_then(|pair| HeaderValue::from_str(pair).ok());
            }
            let location = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
            let Some(location) = location.filter(|_| response.status().is_redirection()) else {
                let status = response.status().as_u16();
                let html = response.text().await.map_err(|e| reasons(&e))?;
                let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
                return Ok((status, format!("{}{query}", url.path()), html));
            };
            url = url.join(location).map_err(|e| format!("{location}: {e}"))?;
            method = Method::GET;
        }
        Err(format!("{path}: redirected more than {MAX_REDIRECTS} times"))
    }

    /// Opens a socket in place of any other and tells the bot; returns when it was open.
    async fn connect(&mut self, bot: &mut Bot, path: &str) -> f64 {
        self.socket = time::timeout(PATIENCE, self.open(path)).await.ok().flatten();
        let event = if self.socket.is_some() { Event::Opened } else { Event::Closed(ABNORMAL) };
        let now = self.site.now();
        bot.handle(now, event);
        now
    }

    async fn open(&self, path: &str) -> Option<Socket> {
        let url = self.site.resolve(path).ok()?;
        let address = format!("ws{}", url.as_str().strip_prefix("http")?);
        let mut request = address.into_client_request().ok()?;
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(header::COOKIE, cookie.clone());
        }
        // Messages are small and bots are many.
        let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
        Some(connect_async_with_config(request, Some(config), true).await.ok()?.0)
    }

    async fn send(&mut self, bytes: Vec<u8>) {
        if let Some(socket) = &mut self.socket {
            // A socket that cannot send says so again, with its code, when it is read.
            let _ = socket.send(Message::binary(bytes)).await;
        }
    }

    async fn disconnect(&mut self) {
        let Some(mut socket) = self.socket.take() else { return };
        let goodbye = async {
            if socket.close(None).await.is_ok() {
                while let Some(Ok(_)) = socket.next().await {}
            }
        };
        // An edge that does not answer has lost the socket anyway.
        let _ = time::timeout(GOODBYE, goodbye).await;
    }

    /// What comes next over the socket; never if there is none.
    async fn hear(&mut self) -> Heard {
        let Some(socket) = &mut self.socket else { return pending().await };
        loop {
            match socket.next().await {
                Some(Ok(Message::Binary(bytes))) => return Heard::Message(bytes),
                Some(Ok(Message::Close(frame))) => {
                    return Heard::Closed(frame.map_or(ABNORMAL, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Closed(ABNORMAL),
            }
        }
    }
}

/// An error with everything that it was caused by.
fn reasons(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    words
}
