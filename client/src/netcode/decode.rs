//! Reads the server's messages as [`room::wire::decode`] does, and makes a smaller module.
//!
//! rmp-serde reads a number anew for every type that it reads into, at some kilobytes each, which was a fifth of what a
//! participant had to load. Here everything that does not depend on the type is in [`Reader::token`]. It knows what
//! `room::wire` writes and no more: no timestamps and no extensions.

use std::fmt;

use room::wire::{MAX_TO_BROWSER, WireError};
use serde::{
    de::{
        self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer,
        SeqAccess, VariantAccess, Visitor,
    },
    forward_to_deserialize_any,
};

/// Lists within lists deeper than this are no message of ours.
const MAX_DEPTH: u8 = 32;

/// A message from bytes, all of which must belong to it.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    if bytes.len() > MAX_TO_BROWSER {
        return Err(WireError::TooLarge { found: bytes.len(), most: MAX_TO_BROWSER });
    }
    let mut reader = Reader { rest: bytes, depth: 0 };
    let message = T::deserialize(&mut reader).map_err(|Unreadable(why)| WireError::Malformed(why))?;
    if reader.rest.is_empty() { Ok(message) } else { Err(WireError::Malformed("bytes are left over".into())) }
}

#[derive(Debug)]
struct Unreadable(String);

type Result<T, E = Unreadable> = std::result::Result<T, E>;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

impl Error for Unreadable {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self(why.to_string())
    }
}

/// One step of MessagePack; of a list or a map only its length.
enum Token<'de> {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(&'de str),
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
            0xa0..=0xbf => self.text(usize::from(first & 0x1f))?,
            0xc0 => Token::Nil,
            0xc2 | 0xc3 => Token::Bool(first == 0xc3),
            0xca => Token::Float(f32::from_be_bytes(self.array()?).into()),
            0xcb => Token::Float(f64::from_be_bytes(self.array()?)),
            0xcc => Token::Unsigned(self.unsigned::<1>()?),
            0xcd => Token::Unsigned(self.unsigned::<2>()?),
            0xce => Token::Unsigned(self.unsigned::<4>()?),
            0xcf => Token::Unsigned(self.unsigned::<8>()?),
            0xd0 => Token::Signed(i8::from_be_bytes(self.array()?).into()),
            0xd1 => Token::Signed(i16::from_be_bytes(self.array()?).into()),
            0xd2 => Token::Signed(i32::from_be_bytes(self.array()?).into()),
            0xd3 => Token::Signed(i64::from_be_bytes(self.array()?)),
            0xd9 => {
                let length = self.length::<1>()?;
                self.text(length)?
            }
            0xda => {
                let length = self.length::<2>()?;
                self.text(length)?
            }
            0xdb => {
                let length = self.length::<4>()?;
                self.text(length)?
            }
            0xdc => Token::List(self.length::<2>()?),
            0xdd => Token::List(self.length::<4>()?),
            0xde => Token::Map(self.length::<2>()?),
            0xdf => Token::Map(self.length::<4>()?),
            0xe0..=0xff => Token::Signed(i8::from_be_bytes([first]).into()),
            _ => return Err(Unreadable(format!("a byte {first:#04x} where a value should begin"))),
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

    fn text(&mut self, length: usize) -> Result<Token<'de>> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(ends_early)?;
        self.rest = rest;
        std::str::from_utf8(bytes).map(Token::Text).map_err(Unreadable::custom)
    }

    fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH { Ok(()) } else { Err(Unreadable("too deep".into())) }
    }

    fn leave(&mut self, left: usize) -> Result<()> {
        self.depth -= 1;
        if left == 0 { Ok(()) } else { Err(Unreadable("more values than fields".into())) }
    }

    fn list<V: Visitor<'de>>(&mut self, left: usize, visitor: V) -> Result<V::Value> {
        self.enter()?;
        let mut inside = Inside { reader: self, left };
        let value = visitor.visit_seq(&mut inside)?;
        let left = inside.left;
        self.leave(left)?;
        Ok(value)
    }
}

#[cold]
fn ends_early() -> Unreadable {
    Unreadable("it ends early".into())
}

/// What stands where something else should.
#[cold]
fn unexpected(token: &Token<'_>, expected: &dyn de::Expected) -> Unreadable {
    let found = match token {
        Token::Nil => de::Unexpected::Unit,
        Token::Bool(value) => de::Unexpected::Bool(*value),
        Token::Unsigned(value) => de::Unexpected::Unsigned(*value),
        Token::Signed(value) => de::Unexpected::Signed(*value),
        Token::Float(value) => de::Unexpected::Float(*value),
        Token::Text(value) => de::Unexpected::Str(value),
        Token::List(_) => de::Unexpected::Seq,
        Token::Map(_) => de::Unexpected::Map,
    };
    Unreadable::invalid_type(found, expected)
}

macro_rules! scalars {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            match self.token()? {
                Token::Unsigned(value) => visitor.visit_u64(value),
                Token::Signed(value) => visitor.visit_i64(value),
                Token::Float(value) => visitor.visit_f64(value),
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

/// Each kind of type reads what it is written as, and only that: code that no message needs is not in the module.
impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.token()? {
            Token::Nil => visitor.visit_unit(),
            Token::Bool(value) => visitor.visit_bool(value),
            Token::Unsigned(value) => visitor.visit_u64(value),
            Token::Signed(value) => visitor.visit_i64(value),
            Token::Float(value) => visitor.visit_f64(value),
            Token::Text(value) => visitor.visit_borrowed_str(value),
            Token::List(length) => self.list(length, visitor),
            other @ Token::Map(_) => Err(unexpected(&other, &visitor)),
        }
    }

    scalars! { deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8
    deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64 }

    texts! { deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.token()? {
            Token::List(length) => self.list(length, visitor),
            other => Err(unexpected(&other, &visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
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
        i128 u128 char bytes byte_buf unit unit_struct tuple_struct map ignored_any
    }
}

/// What is left of a list.
struct Inside<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for &mut Inside<'_, 'de> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> EnumAccess<'de> for &mut Reader<'de> {
    type Error = Unreadable;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self)> {
        Ok((seed.deserialize(&mut *self)?, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Reader<'de> {
    type Error = Unreadable;

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
    use env_sdk::{
        ActionValue, Agent, HudItem, Viewport,
        surface::{Delta, Record},
    };
    use proptest::prelude::*;
    use room::{
        keys::Keyboard,
        wire::{self, Frame, Hud, Outcome, Phase, Presence, Status, ToSeat, ToWaiter, Welcome},
    };

    use super::*;

    fn seat_messages() -> Vec<ToSeat> {
        let mut keyboard = Keyboard::default();
        keyboard.add(&["ArrowLeft", "KeyA"], ActionValue::Discrete(-1), "left");
        keyboard.add(&["Space"], ActionValue::Continuous(vec![0.1, -2.5e-7]), "");
        let record =
            Record { id: 40_000, kind: 6, nums: vec![1, -2, 70_000, i32::MIN], text: "Grüße 🎭".into() };
        let picture = Delta { full: true, put: vec![record], moved: vec![7, 3, -5, 600], gone: vec![65_535] };
        let items = vec![HudItem { label: "Lives".into(), value: "3 – 2".into() }];
        let hud = Hud { episode: 1, episodes: 2, scores: vec![0.1, -1.0], seconds_left: u32::MAX, items };
        vec![
            ToSeat::Welcome(Welcome {
                version: 1,
                agent: Agent(3),
                names: vec!["You".into(), String::new()],
                fps: 29.97,
                viewport: Viewport { width: 1.8, height: 1.2 },
                keyboard,
            }),
            ToSeat::Frame(Frame {
                tick: u32::MAX,
                ack: 0,
                picture,
                rewards: Some(vec![0.3, f32::MIN_POSITIVE]),
                hud: Some(hud),
            }),
            ToSeat::Frame(Frame::default()),
            ToSeat::Status(Status {
                phase: Phase::Paused,
                remaining_ms: 27_000,
                seats: vec![Presence::Away, Presence::Policy],
            }),
            ToSeat::Pong { time: 12.000_000_1, server: 1.7e12 },
            ToSeat::Finished { outcome: Outcome::PartnerLeft, saved: true, scores: vec![] },
            ToSeat::Refused { code: 4005, reason: "protocol 2".into() },
        ]
    }

    #[test]
    fn every_message_is_read_as_it_was_written() {
        for message in seat_messages() {
            assert_eq!(decode::<ToSeat>(&wire::encode(&message)), Ok(message));
        }
        for message in [
            ToWaiter::Waiting { here: 1, needed: 2, waited_ms: 0, limit_ms: u32::MAX },
            ToWaiter::Matched { socket: "/rooms/o/g?ticket=a.b".into() },
            ToWaiter::TimedOut { message: "Nobody came.".into() },
        ] {
            assert_eq!(decode::<ToWaiter>(&wire::encode(&message)), Ok(message));
        }
    }

    #[test]
    fn what_is_too_long_or_goes_on_is_refused() {
        assert!(matches!(decode::<ToSeat>(&vec![0; MAX_TO_BROWSER + 1]), Err(WireError::TooLarge { .. })));
        let mut bytes = wire::encode(&ToSeat::Pong { time: 0.0, server: 0.0 });
        bytes.push(0);
        assert!(decode::<ToSeat>(&bytes).is_err());
    }

    proptest! {
        #[test]
        fn it_understands_what_the_wire_understands(which in 0usize..7, at: usize, byte: u8, cut: usize) {
            let mut bytes = wire::encode(&seat_messages()[which]);
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(1 + cut % (2 * bytes.len()));
            if let Ok(message) = decode::<ToSeat>(&bytes) {
                let same = wire::decode::<ToSeat>(&bytes, MAX_TO_BROWSER);
                prop_assert_eq!(wire::encode(&message), wire::encode(&same.unwrap()));
            }
        }
    }
}
