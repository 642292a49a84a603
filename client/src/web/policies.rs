//! Loads the module with the policies, where a game runs them in the browser: `data-policies` of the game's section is the
//! address of its program. It is large, so pages fetch it ahead while their text is read.

use std::cell::RefCell;

use footlights_env::{ActionValue, msgpack};
use footlights_protocol::timeline::PolicyQuery;
use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};
use web_sys::{DomStringMap, HtmlScriptElement};

use footlights_canvas::dom::{OrMissing, Result, document, sleep, warn, window};

/// What the module's program calls its one function on the window.
const NAME: &str = "footlightsPolicies";
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
    let Some(program) = data.get("policies") else {
        then();
        return Ok(());
    };
    let of = |key: &str| data.get(key).unwrap_or_default();
    let (experiment, scene, models) = (of("experiment"), of("scene"), of("models"));
    spawn_local(async move {
        let opened = future_to_promise(async move { open(&program, &experiment, &scene, &models).await });
        let late = future_to_promise(async {
            sleep(LOAD_TIMEOUT_MS).await?;
            Err("they took too long".into())
        });
        match JsFuture::from(Promise::race(&Array::of2(&opened, &late))).await {
            Ok(policies) => LOADED.set(Some(policies.unchecked_into())),
            Err(error) => warn("the policies are guessed: they did not load", &error),
        }
        then();
    });
    Ok(())
}

/// Loads the module's program, unless the page has it, and asks it for the policies of a game.
async fn open(program: &str, experiment: &str, scene: &str, models: &str) -> Result<JsValue> {
    if !Reflect::has(&window()?.into(), &NAME.into())? {
        let script: HtmlScriptElement = document()?.create_element("script")?.unchecked_into();
        script.set_type("module");
        script.set_src(program);
        let ran = Promise::new(&mut |resolve, reject| {
            script.set_onload(Some(&resolve));
            script.set_onerror(Some(&reject));
        });
        document()?.head().or_missing("head")?.append_child(&script)?;
        JsFuture::from(ran).await.map_err(|_| JsValue::from(format!("{program} cannot be loaded")))?;
    }
    let make: Function = Reflect::get(&window()?.into(), &NAME.into())?.dyn_into()?;
    let models: Array = models.lines().map(JsValue::from).collect();
    let made: Promise = make.call3(&JsValue::NULL, &experiment.into(), &scene.into(), &models)?.dyn_into()?;
    JsFuture::from(made).await
}

/// Evaluates a policy from its saved state. Returns the action and the state after it; `None` without the module, or if
/// the policy fails.
pub fn infer(query: &PolicyQuery, state: Option<&[u8]>) -> Option<(ActionValue, Vec<u8>)> {
    LOADED.with_borrow(|loaded| {
        let answer = loaded.as_ref()?.act(&msgpack::encode(query).ok()?, state.map(<[u8]>::to_vec)).ok()?;
        msgpack::decode(&answer).ok()
    })
}
