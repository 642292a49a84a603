//! A film of one canvas, recorded by the browser while the canvas is painted.

use std::{cell::Cell, rc::Rc};

use footlights_canvas::dom::{Listener, Result, warn};
use footlights_protocol::MonotonicMs;
use js_sys::{Array, Reflect};
use wasm_bindgen::JsValue;
use web_sys::{
    Blob, BlobEvent, BlobPropertyBag, Event, HtmlCanvasElement, MediaRecorder, MediaRecorderOptions,
};

use super::save;

/// What is recorded where the browser can, and the end of a file's name.
const KINDS: [(&str, &str); 2] = [("video/webm", "webm"), ("video/mp4", "mp4")];
/// Enough for flat colours and thin lines.
const BITS_A_SECOND: u32 = 6_000_000;
/// The last picture stays so long, ms.
const REST_MS: f64 = 400.0;

/// A film that is being recorded.
pub struct Film {
    recorder: MediaRecorder,
    cancelled: Rc<Cell<bool>>,
    ends: Option<MonotonicMs>,
    _listeners: [Listener; 2],
}

/// What this browser can record, if anything: the type, and the end of a file's name.
pub fn kind(canvas: &HtmlCanvasElement) -> Option<(&'static str, &'static str)> {
    let has = |of: &JsValue, name: &str| Reflect::has(of, &name.into()).unwrap_or(false);
    if !has(&js_sys::global(), "MediaRecorder") || !has(canvas, "captureStream") {
        return None;
    }
    KINDS.into_iter().find(|(kind, _)| MediaRecorder::is_type_supported(kind))
}

impl Film {
    /// Records from now on. The file is called `name` with the right end; `done` gets its name once it is saved, or nothing.
    pub fn record(
        canvas: &HtmlCanvasElement,
        name: &str,
        done: impl Fn(Option<String>) + 'static,
    ) -> Result<Self> {
        let (kind, end) = kind(canvas).ok_or("this browser records no films")?;
        let options = MediaRecorderOptions::new();
        options.set_mime_type(kind);
        options.set_video_bits_per_second(BITS_A_SECOND);
        let stream = canvas.capture_stream()?;
        let recorder = MediaRecorder::new_with_media_stream_and_media_recorder_options(&stream, &options)?;
        let (pieces, cancelled) = (Array::new(), Rc::new(Cell::new(false)));
        let collected = pieces.clone();
        let data = Listener::new(&recorder, "dataavailable", move |event: BlobEvent| {
            if let Some(piece) = event.data() {
                collected.push(&piece);
            }
        })?;
        let (name, stopped) = (format!("{name}.{end}"), cancelled.clone());
        let stop =
            Listener::new(&recorder, "stop", move |_: Event| {
                for track in stream.get_tracks().iter().filter_map(|track| {
                    wasm_bindgen::JsCast::dyn_into::<web_sys::MediaStreamTrack>(track).ok()
                }) {
                    track.stop();
                }
                if stopped.get() {
                    return done(None);
                }
                let bag = BlobPropertyBag::new();
                bag.set_type(kind);
                let film = Blob::new_with_blob_sequence_and_options(&pieces, &bag);
                match film.and_then(|film| save::file(&film, &name)) {
                    Ok(()) => done(Some(name.clone())),
                    Err(error) => {
                        warn("no film was saved", &error);
                        done(None);
                    }
                }
            })?;
        recorder.start_with_time_slice(1_000)?;
        Ok(Self { recorder, cancelled, ends: None, _listeners: [data, stop] })
    }

    /// What is to be seen has been shown: true once the film may end.
    pub fn rest(&mut self, now: MonotonicMs) -> bool {
        now >= *self.ends.get_or_insert(now + REST_MS)
    }

    /// Ends it; what was recorded is saved.
    pub fn end(&self) {
        let _ = self.recorder.stop();
    }

    /// Ends it, and saves nothing.
    pub fn cancel(&self) {
        self.cancelled.set(true);
        self.end();
    }

    /// A page out of sight paints nothing, so nothing is recorded meanwhile.
    pub fn hold(&self, hidden: bool) {
        let _ = if hidden { self.recorder.pause() } else { self.recorder.resume() };
    }
}
