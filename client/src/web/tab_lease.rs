//! The lease of the tab in which a participant takes part: any other tab says so and offers to take over.

use std::{cell::RefCell, rc::Rc};

use footlights_canvas::dom::{
    Listener, OrMissing, Result, child, document, number, sleep, warn, window, words,
};
use footlights_protocol::{
    wire::{self, ClientToTabLease, CloseCode, MAX_TO_BROWSER, TabLeaseToClient},
    words::texts,
};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, Storage};

use super::{
    mount,
    request::current_page,
    scene::set_state,
    socket::{Socket, SocketEvent},
    swap,
    words::say,
};

/// How long the scene waits for the lease, ms; after that it starts without.
const LEASE_TIMEOUT_MS: i32 = 2_000;
/// Pause before a lost connection is opened again, ms.
const RETRY_MS: i32 = 3_000;
/// How long a tab that is being reloaded has to come back before another one asks for its place, ms.
const RELOAD_MS: i32 = 5_000;
/// The key of the tab's name in the session storage.
const NAME: &str = "footlights-tab";

thread_local! {
    static TAB: RefCell<Tab> = const { RefCell::new(Tab { socket: None, is_decided: false, elsewhere: false }) };
}

struct Tab {
    socket: Option<Rc<Socket>>,
    /// Whether the server has said which tab has the lease, or this tab started without.
    is_decided: bool,
    /// Whether another tab has the lease.
    elsewhere: bool,
}

/// Asks for the lease; the scene comes to life when this tab has it.
pub fn take_over() -> Result<()> {
    let Some(path) = document()?.body().or_missing("body")?.dataset().get("tab") else {
        return mount::mount();
    };
    let document = document()?;
    let shown = Listener::new(&document, "visibilitychange", |_: Event| {
        let visible = footlights_canvas::dom::document().is_ok_and(|document| !document.hidden());
        send(ClientToTabLease::Visible(visible));
    })?;
    // It listens as long as the document lives.
    std::mem::forget(shown);
    // Without a connection the scene starts after a while, and takes its chance.
    if let Err(error) = connect(path) {
        warn("no connection", &error);
    }
    spawn_local(async {
        if sleep(LEASE_TIMEOUT_MS).await.is_ok() && !TAB.with_borrow(|tab| tab.is_decided) {
            on_lease(TabLeaseToClient::Here);
        }
    });
    Ok(())
}

fn connect(path: String) -> Result<()> {
    let name = name()?;
    let again = path.clone();
    let socket = Socket::open(&format!("{path}?tab={name}"), move |event| match event {
        SocketEvent::Opened => {}
        SocketEvent::Message(bytes) => {
            if let Ok(message) = wire::decode::<TabLeaseToClient>(&bytes, MAX_TO_BROWSER) {
                on_lease(message);
            }
        }
        // Another page has this name: the browser duplicated the tab with its storage. This one takes another name, and
        // learns that it is the second.
        SocketEvent::Closed(code) if code == CloseCode::Replaced.code() => {
            if let Err(error) = forget_name().and_then(|()| connect(again.clone())) {
                warn("no connection", &error);
            }
        }
        // A participant who was deleted.
        SocketEvent::Closed(code) if (4_000..5_000).contains(&code) => {}
        SocketEvent::Closed(_) => {
            let path = again.clone();
            spawn_local(async move {
                if sleep(RETRY_MS).await.is_ok()
                    && let Err(error) = connect(path)
                {
                    warn("no connection", &error);
                }
            });
        }
    })?;
    TAB.with_borrow_mut(|tab| tab.socket = Some(Rc::new(socket)));
    Ok(())
}

/// The tab's name: the same after a reload, another one in every other tab.
fn name() -> Result<String> {
    let storage = storage()?;
    if let Some(name) = storage.as_ref().and_then(|storage| storage.get_item(NAME).ok().flatten()) {
        return Ok(name);
    }
    let name = number((js_sys::Math::random() * 9e15).floor());
    if let Some(storage) = storage {
        let _ = storage.set_item(NAME, &name);
    }
    Ok(name)
}

/// None where the browser keeps nothing, which it says with an exception.
fn storage() -> Result<Option<Storage>> {
    Ok(window()?.session_storage().ok().flatten())
}

fn forget_name() -> Result<()> {
    match storage()? {
        Some(storage) => storage.remove_item(NAME),
        None => Ok(()),
    }
}

fn send(message: ClientToTabLease) {
    if let Some(socket) = TAB.with_borrow(|tab| tab.socket.clone()) {
        socket.send(&wire::encode(&message));
    }
}

fn on_lease(message: TabLeaseToClient) {
    if message == TabLeaseToClient::Free {
        spawn_local(async {
            if sleep(RELOAD_MS).await.is_ok() {
                send(ClientToTabLease::TakeIfFree);
            }
        });
        return;
    }
    let elsewhere = message == TabLeaseToClient::Elsewhere;
    let (first, before) = TAB.with_borrow_mut(|tab| {
        let was = (!tab.is_decided, tab.elsewhere);
        (tab.is_decided, tab.elsewhere) = (true, elsewhere);
        was
    });
    let done = match (first, before, elsewhere) {
        (true, _, false) => mount::mount(),
        // Not by a reload, which would close this tab's connection and with it give its place away.
        (false, true, false) => {
            spawn_local(async {
                if let Err(error) = refresh().await {
                    warn("the scene was not shown again", &error);
                    let _ = window().and_then(|window| window.location().reload());
                }
            });
            Ok(())
        }
        (_, false, true) => refuse(),
        _ => Ok(()),
    };
    if let Err(error) = done {
        warn("the scene was not shown", &error);
    }
}

/// Loads the scene again and shows it, unless another tab has taken the lease meanwhile: the experiment may have gone on
/// there.
async fn refresh() -> Result<()> {
    let page = current_page().await?;
    if TAB.with_borrow(|tab| tab.elsewhere) { Ok(()) } else { swap::swap(&page).await }
}

/// Shows that the experiment is open in another tab.
fn refuse() -> Result<()> {
    let scene = mount::unmount()?;
    scene.set_inner_html("");
    let section = child(&scene, "section", "page")?;
    section.dataset().set("kind", "elsewhere")?;
    words(&section, "h1", "", &say(texts::OTHER_TAB))?;
    words(&section, "p", "", &say(texts::OTHER_TAB_WHY))?;
    let button = words(&section, "button", "primary", &say(texts::USE_THIS_TAB))?;
    button.dataset().set("take", "")?;
    set_state("elsewhere")?;
    button.focus()
}

/// A button with `data-take` was pressed: takes the lease from the other tab.
pub fn claim() {
    send(ClientToTabLease::Take);
}
