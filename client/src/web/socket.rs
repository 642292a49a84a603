//! One WebSocket, until it is dropped.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

use footlights_canvas::dom::{Listener, Result, window};

/// What a socket tells.
pub enum SocketEvent {
    Opened,
    Message(Vec<u8>),
    Closed(u16),
}

/// An open or opening connection. Dropping it closes it; it tells nothing after that.
pub struct Socket {
    socket: WebSocket,
    _listeners: [Listener; 3],
}

impl Socket {
    /// Opens a socket on the page's own host.
    pub fn open(path: &str, tell: impl Fn(SocketEvent) + Clone + 'static) -> Result<Self> {
        let location = window()?.location();
        let scheme = if location.protocol()? == "http:" { "ws" } else { "wss" };
        let socket = WebSocket::new(&format!("{scheme}://{}{path}", location.host()?))?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let (opened, message, closed) = (tell.clone(), tell.clone(), tell);
        let listeners = [
            Listener::new(&socket, "open", move |_: Event| opened(SocketEvent::Opened))?,
            Listener::new(&socket, "message", move |event: MessageEvent| {
                if let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() {
                    message(SocketEvent::Message(Uint8Array::new(&buffer).to_vec()));
                }
            })?,
            Listener::new(&socket, "close", move |event: CloseEvent| {
                closed(SocketEvent::Closed(event.code()))
            })?,
        ];
        Ok(Self { socket, _listeners: listeners })
    }

    /// Sends a binary message, if the socket is open.
    pub fn send(&self, bytes: &[u8]) {
        if self.socket.ready_state() == WebSocket::OPEN {
            let _ = self.socket.send_with_u8_array(bytes);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}
