//! Loads the module with the policies, where a game runs them in the browser: `data-policies` of the game's section is the
//! address of its program. It is large, so pages fetch it ahead while their text is read.

use std::cell::RefCell;

use footlights_env::{ActionValue, msgpack};
use footlights_protocol::timeline::PolicyQuery;
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::{DomStringMap, HtmlScriptElement};

use footlights_canvas::dom::{OrMissing, Result, document, warn, window};

/// What the module's program calls itself on the window.
const NAME: &str = "footlightsPolicies";
/// What its program tells the window when it is there, or cannot be.
const EVENT: &str = "footlights-policies";
/// A game begins without its policies if they are not there after this time, ms: their moves are guessed then.
const LOAD_TIMEOUT_MS: i32 = 20_000;

#[wasm_bindgen]
extern "C" {
    type Policies;
    #[wasm_bindgen(method, catch)]
    fn act(this: &Policies, query: &[u8], state: Option<Vec<u8>>) -> std::result::Result<Vec<u8>, JsValue>;
}

thread_local! {
    static LOADED: RefCell<Option<Policies>> = const { RefCell::new(None) };
}

/// Gets the policies of the game with this data, if it has any, and calls `then` once they are there or cannot be.
pub fn load(data: &DomStringMap, then: impl FnOnce() + 'static) -> Result<()> {
    LOADED.set(None);
    let Some(address) = data.get("policies") else {
        then();
        return Ok(());
    };
    let (experiment, scene) =
        (data.get("experiment").unwrap_or_default(), data.get("scene").unwrap_or_default());
    let then = RefCell::new(Some(then));
    // Whatever comes first: the module, a failure, or the timeout.
    let done = Closure::<dyn FnMut()>::new(move || {
        let Some(then) = then.take() else { return };
        match open(&experiment, &scene) {
            Ok(policies) => LOADED.set(Some(policies)),
            Err(error) => warn("the policies are guessed: their module did not load", &error),
        }
        then();
    });
    let call: &Function = done.as_ref().unchecked_ref();
    let window = window()?;
    if Reflect::has(&window, &NAME.into())? {
        call.call0(&JsValue::NULL)?;
    } else {
        let script: HtmlScriptElement = document()?.create_element("script")?.unchecked_into();
        script.set_type("module");
        script.set_src(&address);
        script.add_event_listener_with_callback("error", call)?;
        window.add_event_listener_with_callback(EVENT, call)?;
        window.set_timeout_with_callback_and_timeout_and_arguments_0(call, LOAD_TIMEOUT_MS)?;
        document()?.head().or_missing("head")?.append_child(&script)?;
    }
    done.forget();
    Ok(())
}

fn open(experiment: &str, scene: &str) -> Result<Policies> {
    let class: Function = Reflect::get(&window()?.into(), &NAME.into())?.dyn_into()?;
    Ok(Reflect::construct(&class, &Array::of2(&experiment.into(), &scene.into()))?.unchecked_into())
}

/// Evaluates a policy from its saved state. Returns the action and the state after it; `None` without the module, or if
/// the policy fails.
pub fn infer(query: &PolicyQuery, state: Option<&[u8]>) -> Option<(ActionValue, Vec<u8>)> {
    LOADED.with_borrow(|loaded| {
        let answer = loaded.as_ref()?.act(&msgpack::encode(query).ok()?, state.map(<[u8]>::to_vec)).ok()?;
        msgpack::decode(&answer).ok()
    })
}
