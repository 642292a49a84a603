//! MessagePack, compact form (fields without names), for snapshots and for what travels to browsers.
//!
//! rmp-serde writes it. Reading is done here: rmp-serde has code of its own for every type that a number is read into, at some
//! kilobytes each, which was a quarter of what a participant had to load. Here everything that does not depend on the
//! type is in `Reader::token`. There are no timestamps, no extensions and no numbers of 128 bits. Tests compare with
//! rmp-serde's own reader.

use std::fmt;

use serde::{
    Serialize,
    de::{
        self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer,
        MapAccess, SeqAccess, VariantAccess, Visitor,
    },
    forward_to_deserialize_any,
};

/// Lists within lists deeper than this are not read.
const MAX_DEPTH: u8 = 32;

/// Why bytes were not read, or a value not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

type Result<T> = std::result::Result<T, Error>;

impl de::Error for Error {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self(why.to_string())
    }

    /// Says of what kind the value is, not which: numbers as text are some kilobytes of code.
    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self(format!("{} where {expected} should be", kind(found)))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self(format!("{} that is not {expected}", kind(found)))
    }
}

fn kind(value: de::Unexpected<'_>) -> &'static str {
    match value {
        de::Unexpected::Bool(_) => "a boolean",
        de::Unexpected::Unsigned(_) | de::Unexpected::Signed(_) => "an integer",
        de::Unexpected::Float(_) => "a number",
        de::Unexpected::Char(_) | de::Unexpected::Str(_) => "a string",
        de::Unexpected::Bytes(_) => "bytes",
        de::Unexpected::Unit | de::Unexpected::Option => "nil",
        de::Unexpected::Seq => "a list",
        de::Unexpected::Map => "a map",
        _ => "something else",
    }
}

/// A value as bytes.
///
/// ```
/// use footlights_env::msgpack;
///
/// let bytes = msgpack::encode(&(7u8, "seven")).unwrap();
/// assert_eq!(msgpack::decode::<(u8, String)>(&bytes).unwrap(), (7, "seven".to_owned()));
/// ```
///
/// # Errors
///
/// What the value's own `Serialize` says.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    rmp_serde::to_vec(value).map_err(Error::custom)
}

/// A value from bytes, all of which must belong to it.
///
/// # Errors
///
/// When the bytes are no such value, end early, or go on after it.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let mut reader = Reader { rest: bytes, depth: 0 };
    let value = T::deserialize(&mut reader)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(Error("bytes are left over".into())) }
}

/// One step of MessagePack; of a list or a map only its length.
enum Token<'de> {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float32(f32),
    Float64(f64),
    Text(&'de str),
    Bytes(&'de [u8]),
    List(usize),
    Map(usize),
}

struct Reader<'de> {
    rest: &'de [u8],
    depth: u8,
}

impl<'de> Reader<'de> {
    fn token(&mut self) -> Result<Token<'de>> {
        let [first] = self.array()?;
        Ok(match first {
            0x00..=0x7f => Token::Unsigned(first.into()),
            0x80..=0x8f => Token::Map(usize::from(first & 0x0f)),
            0x90..=0x9f => Token::List(usize::from(first & 0x0f)),
            0xa0..=0xbf => text(self.bytes(usize::from(first & 0x1f))?)?,
            0xc0 => Token::Nil,
            0xc2 | 0xc3 => Token::Bool(first == 0xc3),
            0xc4 => Token::Bytes(self.counted::<1>()?),
            0xc5 => Token::Bytes(self.counted::<2>()?),
            0xc6 => Token::Bytes(self.counted::<4>()?),
            0xca => Token::Float32(f32::from_be_bytes(self.array()?)),
            0xcb => Token::Float64(f64::from_be_bytes(self.array()?)),
            0xcc => Token::Unsigned(self.unsigned::<1>()?),
            0xcd => Token::Unsigned(self.unsigned::<2>()?),
            0xce => Token::Unsigned(self.unsigned::<4>()?),
            0xcf => Token::Unsigned(self.unsigned::<8>()?),
            0xd0 => Token::Signed(i8::from_be_bytes(self.array()?).into()),
            0xd1 => Token::Signed(i16::from_be_bytes(self.array()?).into()),
            0xd2 => Token::Signed(i32::from_be_bytes(self.array()?).into()),
            0xd3 => Token::Signed(i64::from_be_bytes(self.array()?)),
            0xd9 => text(self.counted::<1>()?)?,
            0xda => text(self.counted::<2>()?)?,
            0xdb => text(self.counted::<4>()?)?,
            0xdc => Token::List(self.length::<2>()?),
            0xdd => Token::List(self.length::<4>()?),
            0xde => Token::Map(self.length::<2>()?),
            0xdf => Token::Map(self.length::<4>()?),
            0xe0..=0xff => Token::Signed(i8::from_be_bytes([first]).into()),
            _ => return Err(Error(format!("a byte {first:#04x} where a value should begin"))),
        })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(ends_early)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn unsigned<const N: usize>(&mut self) -> Result<u64> {
        Ok(self.array::<N>()?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// A length that the rest of the message can hold: everything takes a byte at least.
    fn length<const N: usize>(&mut self) -> Result<usize> {
        let length = self.unsigned::<N>()? as usize;
        if length <= self.rest.len() { Ok(length) } else { Err(ends_early()) }
    }

    fn bytes(&mut self, length: usize) -> Result<&'de [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(ends_early)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Bytes behind their number.
    fn counted<const N: usize>(&mut self) -> Result<&'de [u8]> {
        let length = self.length::<N>()?;
        self.bytes(length)
    }

    fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH { Ok(()) } else { Err(Error("too deep".into())) }
    }

    fn leave(&mut self, left: usize) -> Result<()> {
        self.depth -= 1;
        if left == 0 { Ok(()) } else { Err(Error("more values than fields".into())) }
    }

    fn list<V: Visitor<'de>>(&mut self, left: usize, visitor: V) -> Result<V::Value> {
        self.enter()?;
        let mut inside = Inside { reader: self, left };
        let value = visitor.visit_seq(&mut inside)?;
        let left = inside.left;
        self.leave(left)?;
        Ok(value)
    }

    fn map<V: Visitor<'de>>(&mut self, left: usize, visitor: V) -> Result<V::Value> {
        self.enter()?;
        let mut inside = Inside { reader: self, left };
        let value = visitor.visit_map(&mut inside)?;
        let left = inside.left;
        self.leave(left)?;
        Ok(value)
    }
}

fn text(bytes: &[u8]) -> Result<Token<'_>> {
    std::str::from_utf8(bytes).map(Token::Text).map_err(Error::custom)
}

#[cold]
fn ends_early() -> Error {
    Error("it ends early".into())
}

/// What stands where something else should.
#[cold]
fn unexpected(token: &Token<'_>, expected: &dyn de::Expected) -> Error {
    let found = match token {
        Token::Nil => de::Unexpected::Unit,
        Token::Bool(value) => de::Unexpected::Bool(*value),
        Token::Unsigned(value) => de::Unexpected::Unsigned(*value),
        Token::Signed(value) => de::Unexpected::Signed(*value),
        Token::Float32(value) => de::Unexpected::Float((*value).into()),
        Token::Float64(value) => de::Unexpected::Float(*value),
        Token::Text(value) => de::Unexpected::Str(value),
        Token::Bytes(value) => de::Unexpected::Bytes(value),
        Token::List(_) => de::Unexpected::Seq,
        Token::Map(_) => de::Unexpected::Map,
    };
    Error::invalid_type(found, expected)
}

macro_rules! scalars {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.token()? {
                Token::Unsigned(value) => visitor.visit_u64(value),
                Token::Signed(value) => visitor.visit_i64(value),
                Token::Float32(value) => visitor.visit_f32(value),
                Token::Float64(value) => visitor.visit_f64(value),
                Token::Bool(value) => visitor.visit_bool(value),
                other => Err(unexpected(&other, &visitor)),
            }
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.token()? {
                Token::Text(value) => visitor.visit_borrowed_str(value),
                other => Err(unexpected(&other, &visitor)),
            }
        }
    )*};
}

/// Each kind of type reads what it is written as, and only that: code that no type needs is not in the module.
impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.token()? {
            Token::Nil => visitor.visit_unit(),
            Token::Bool(value) => visitor.visit_bool(value),
            Token::Unsigned(value) => visitor.visit_u64(value),
            Token::Signed(value) => visitor.visit_i64(value),
            Token::Float32(value) => visitor.visit_f32(value),
            Token::Float64(value) => visitor.visit_f64(value),
            Token::Text(value) => visitor.visit_borrowed_str(value),
            Token::Bytes(value) => visitor.visit_borrowed_bytes(value),
            Token::List(length) => self.list(length, visitor),
            Token::Map(length) => self.map(length, visitor),
        }
    }

    scalars! { deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8
    deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64 }

    texts! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.token()? {
            Token::List(length) => self.list(length, visitor),
            other => Err(unexpected(&other, &visitor)),
        }
    }

    /// rmp-serde writes an empty list.
    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        match self.token()? {
            Token::List(0) => visitor.visit_unit(),
            other => Err(unexpected(&other, &visitor)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.token()? {
            Token::Map(length) => self.map(length, visitor),
            other => Err(unexpected(&other, &visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.rest.strip_prefix(&[0xc0]) {
            Some(rest) => {
                self.rest = rest;
                visitor.visit_none()
            }
            None => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    /// The name alone, or a map of the name to the fields.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.token()? {
            Token::Text(name) => visitor.visit_enum(name.into_deserializer()),
            Token::Map(1) => {
                self.enter()?;
                let value = visitor.visit_enum(&mut *self)?;
                self.leave(0)?;
                Ok(value)
            }
            other => Err(unexpected(&other, &visitor)),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 bytes byte_buf unit ignored_any
    }
}

/// What is left of a list or a map.
struct Inside<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for &mut Inside<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for &mut Inside<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> EnumAccess<'de> for &mut Reader<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self)> {
        Ok((seed.deserialize(&mut *self)?, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Reader<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        de::Deserialize::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Unit;
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Pair(i8, u64);
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Bare,
        One(f32),
        Two(i64, String),
        Named { yes: bool, letter: char },
    }
    /// A bit of everything that a state may have.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct State {
        unit: Unit,
        pair: Pair,
        kinds: Vec<Kind>,
        maybe: Option<u16>,
        by_name: BTreeMap<String, (u8, f64)>,
        by_number: BTreeMap<i32, Option<()>>,
        array: [u32; 3],
    }

    fn states() -> impl Strategy<Value = State> {
        let kind = prop_oneof![
            Just(Kind::Bare),
            (-1e9f32..1e9).prop_map(Kind::One),
            any::<(i64, String)>().prop_map(|(number, text)| Kind::Two(number, text)),
            any::<(bool, char)>().prop_map(|(yes, letter)| Kind::Named { yes, letter }),
        ];
        let maps = (
            prop::collection::btree_map(any::<String>(), (any::<u8>(), -1e300f64..1e300), 0..20),
            prop::collection::btree_map(any::<i32>(), prop::option::of(Just(())), 0..4),
        );
        let small = (any::<(i8, u64)>(), any::<Option<u16>>(), any::<[u32; 3]>());
        (prop::collection::vec(kind, 0..20), maps, small).prop_map(|(kinds, maps, (pair, maybe, array))| {
            // What nil means inside an option is lost in MessagePack; rmp-serde loses it, too.
            let by_number = maps.1.into_keys().map(|key| (key, None)).collect();
            let pair = Pair(pair.0, pair.1);
            State { unit: Unit, pair, kinds, maybe, by_name: maps.0, by_number, array }
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(state in states()) {
            prop_assert_eq!(decode::<State>(&encode(&state).unwrap()), Ok(state));
        }

        #[test]
        fn what_is_read_from_damaged_bytes_rmp_serde_reads_alike(
            state in states(), at: usize, byte: u8, cut: usize,
        ) {
            let mut bytes = encode(&state).unwrap();
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(1 + cut % (2 * bytes.len()));
            if let Ok(read) = decode::<State>(&bytes) {
                let same: State = rmp_serde::from_slice(&bytes).unwrap();
                prop_assert_eq!(encode(&read).unwrap(), encode(&same).unwrap());
            }
        }

        #[test]
        fn arbitrary_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = decode::<State>(&bytes);
            let _ = decode::<serde_json::Value>(&bytes);
        }
    }

    /// Also those of a signalling NaN, which a conversion to another width would change.
    #[test]
    fn a_number_keeps_its_bits() {
        for bits in [0x7f86_37bd, 0xffc0_0000, 0x8000_0000, 1] {
            let read: f32 = decode(&encode(&f32::from_bits(bits)).unwrap()).unwrap();
            assert_eq!(read.to_bits(), bits);
        }
    }

    #[test]
    fn values_of_any_type_are_read() {
        let value = serde_json::json!({"a": [1, -2, 0.5, null, true, "x"], "b": {"c": {}}});
        assert_eq!(decode::<serde_json::Value>(&encode(&value).unwrap()), Ok(value));
    }

    #[test]
    fn a_refusal_says_what_stands_where() {
        let refused = |bytes: &[u8]| decode::<Pair>(bytes).unwrap_err().to_string();
        assert_eq!(refused(&encode(&("x", 1)).unwrap()), "a string where i8 should be");
        assert_eq!(refused(&encode(&(300, 1)).unwrap()), "an integer that is not i8");
        assert_eq!(refused(&encode(&(1, 2, 3)).unwrap()), "more values than fields");
        assert_eq!(refused(&[0x92, 1]), "it ends early");
        assert_eq!(refused(&[0x92, 1, 1, 1]), "bytes are left over");
        assert_eq!(refused(&[0xc1]), "a byte 0xc1 where a value should begin");
        // 200 lists in a list.
        assert_eq!(decode::<serde_json::Value>(&[0x91; 200]).unwrap_err().to_string(), "too deep");
        // A list that claims 4 billion values.
        assert_eq!(refused(&[0xdd, 255, 255, 255, 255]), "it ends early");
    }
}
