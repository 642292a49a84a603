//! Writes into an object's keys and values that hold back none of its messages.
//!
//! Cloudflare keeps every message of an object to itself while one of its writes is not confirmed (the
//! [output gate](https://developers.cloudflare.com/durable-objects/reference/glossary/)), which at the edge takes as long as
//! other data centres take to answer. A game would stand still for everybody at each write. Writes with
//! `allowUnconfirmed` are left out of that; what must not be said before they are confirmed waits for [`confirmed`].

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use worker::Storage;

use crate::{
    clock::now,
    costs::{self, Cost},
};

#[wasm_bindgen]
extern "C" {
    // https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/
    type Keys;
    #[wasm_bindgen(method, catch)]
    fn put(this: &Keys, entries: &Object, options: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn delete(this: &Keys, keys: &Array, options: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    fn set_alarm(this: &Keys, at_ms: f64, options: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn kv(this: &Keys) -> Present;

    /// What is there now, whether it is confirmed or not.
    type Present;
    #[wasm_bindgen(method, catch)]
    fn get(this: &Present, key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn list(this: &Present, options: &JsValue) -> Result<JsValue, JsValue>;
}

/// What may be kept under a key.
pub enum Value {
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    fn of(value: &JsValue) -> Option<Self> {
        if let Some(text) = value.as_string() {
            return Some(Self::Text(text));
        }
        value.dyn_ref::<Uint8Array>().map(|bytes| Self::Bytes(bytes.to_vec()))
    }

    /// The bytes, if it is bytes.
    pub fn bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Text(_) => None,
        }
    }

    /// The text, if it is one.
    pub fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bytes(_) => None,
        }
    }
}

/// A write that has begun.
#[must_use = "a write that fails says so here"]
pub struct Written(Promise);

impl Written {
    /// Until the object holds it; until it is confirmed as well, see [`confirmed`].
    ///
    /// # Errors
    /// What the storage says.
    pub async fn held(self) -> worker::Result<()> {
        JsFuture::from(self.0).await?;
        Ok(())
    }
}

/// The keys and values of an object.
pub struct KeyValues(Keys);

/// How many keys one call takes.
const KEYS_AT_ONCE: usize = 128;

impl KeyValues {
    /// Those of an object with this storage.
    pub fn of(storage: &Storage) -> Self {
        Self(JsValue::from(storage.as_raw()).unchecked_into())
    }

    /// Writes all of them or, where that fails, none.
    ///
    /// # Errors
    /// What the storage says.
    pub fn put(&self, entries: impl IntoIterator<Item = (String, Value)>) -> worker::Result<Written> {
        let object = Object::new();
        let mut rows = 0;
        for (key, value) in entries {
            let value = match value {
                Value::Text(text) => text.into(),
                Value::Bytes(bytes) => Uint8Array::from(bytes.as_slice()).into(),
            };
            Reflect::set(&object, &key.into(), &value)?;
            rows += 1;
        }
        costs::add(Cost::SqliteRows, rows);
        Ok(Written(self.0.put(&object, &unconfirmed()?)?))
    }

    /// Calls the object's alarm in so many milliseconds.
    ///
    /// # Errors
    /// What the storage says.
    pub fn set_alarm(&self, in_ms: u64) -> worker::Result<Written> {
        costs::add(Cost::SqliteRows, 1);
        Ok(Written(self.0.set_alarm((now() + in_ms).0 as f64, &unconfirmed()?)?))
    }

    /// Takes away these keys.
    ///
    /// # Errors
    /// What the storage says.
    pub fn delete(&self, keys: &[String]) -> worker::Result<Vec<Written>> {
        costs::add(Cost::SqliteRows, keys.len() as u64);
        let at_once = keys.chunks(KEYS_AT_ONCE).map(|keys| {
            let keys: Array = keys.iter().map(|key| JsValue::from(key.as_str())).collect();
            Ok(Written(self.0.delete(&keys, &unconfirmed()?)?))
        });
        at_once.collect()
    }

    /// What is under a key.
    ///
    /// # Errors
    /// What the storage says.
    pub fn get(&self, key: &str) -> worker::Result<Option<Value>> {
        Ok(Value::of(&self.0.kv().get(key)?))
    }

    /// The keys with this beginning, in order.
    ///
    /// # Errors
    /// What the storage says.
    pub fn keys(&self, prefix: &str) -> worker::Result<Vec<String>> {
        self.find(prefix, false, usize::MAX, |key, _| Some(key))
    }

    /// The last one of them.
    ///
    /// # Errors
    /// What the storage says.
    pub fn last_key(&self, prefix: &str) -> worker::Result<Option<String>> {
        Ok(self.find(prefix, true, 1, |key, _| Some(key))?.pop())
    }

    /// The keys with this beginning and their values, in the order of the keys.
    ///
    /// # Errors
    /// What the storage says.
    pub fn list(&self, prefix: &str) -> worker::Result<Vec<(String, Value)>> {
        self.find(prefix, false, usize::MAX, |key, value| Some((key, Value::of(value)?)))
    }

    fn find<T>(
        &self,
        prefix: &str,
        reverse: bool,
        most: usize,
        take: impl Fn(String, &JsValue) -> Option<T>,
    ) -> worker::Result<Vec<T>> {
        let options = Object::new();
        Reflect::set(&options, &"prefix".into(), &prefix.into())?;
        Reflect::set(&options, &"reverse".into(), &reverse.into())?;
        let mut found = Vec::new();
        let entries = js_sys::try_iter(&self.0.kv().list(&options)?)?.ok_or("a list of keys is no list")?;
        for entry in entries.take(most) {
            let entry: Array = entry?.dyn_into()?;
            found.extend(entry.get(0).as_string().and_then(|key| take(key, &entry.get(1))));
        }
        Ok(found)
    }
}

fn unconfirmed() -> worker::Result<JsValue> {
    let options = Object::new();
    Reflect::set(&options, &"allowUnconfirmed".into(), &true.into())?;
    Ok(options.into())
}

/// Until everything that was written so far is confirmed.
///
/// # Errors
/// What the storage says; the object is started again then.
pub async fn confirmed(storage: &Storage) -> worker::Result<()> {
    storage.sync().await
}
