//! A 64-bit digest of any serialisable state, the same on every target.
//!
//! The value is walked through serde and fed to xxh3 (<https://xxhash.com>) in a canonical form: little-endian numbers,
//! -0.0 as 0.0, lengths before contents. A NaN or an infinity anywhere is an error, so that taking a digest is also the
//! check that a state is sound.

use serde::ser::{self, Serialize, Serializer};
use xxhash_rust::xxh3::Xxh3;

/// Why there is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// There is a NaN or an infinity in it.
    #[error("a number is not finite")]
    NonFinite,
    /// The value's own `Serialize` failed.
    #[error("{0}")]
    Other(String),
}

impl ser::Error for DigestError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }
}

/// The digest of `value`.
///
/// ```
/// use footlights_env::digest;
///
/// assert_eq!(digest::of(&(1u8, -0.0f32)), digest::of(&(1u8, 0.0f32)));
/// assert_eq!(digest::of(&f32::NAN), Err(digest::DigestError::NonFinite));
/// ```
///
/// # Errors
///
/// [`DigestError::NonFinite`] for a NaN or an infinity anywhere in the value, and what the value's own `Serialize` says.
pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<u64, DigestError> {
    let mut walk = Walk(Xxh3::new());
    value.serialize(&mut walk)?;
    Ok(walk.0.digest())
}

/// The digest of bytes.
#[must_use]
pub fn of_bytes(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

struct Walk(Xxh3);

macro_rules! integers {
    ($($name:ident: $t:ty),+) => {
        $(fn $name(self, v: $t) -> Result<(), DigestError> { self.0.update(&v.to_le_bytes()); Ok(()) })+
    };
}

impl Serializer for &mut Walk {
    type Ok = ();
    type Error = DigestError;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    integers!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_u8: u8,
        serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);

    fn serialize_bool(self, v: bool) -> Result<(), DigestError> {
        self.serialize_u8(u8::from(v))
    }
    fn serialize_f32(self, v: f32) -> Result<(), DigestError> {
        if !v.is_finite() {
            return Err(DigestError::NonFinite);
        }
        self.serialize_u32(if v == 0.0 { 0 } else { v.to_bits() })
    }
    fn serialize_f64(self, v: f64) -> Result<(), DigestError> {
        if !v.is_finite() {
            return Err(DigestError::NonFinite);
        }
        self.serialize_u64(if v == 0.0 { 0 } else { v.to_bits() })
    }
    fn serialize_char(self, v: char) -> Result<(), DigestError> {
        self.serialize_u32(u32::from(v))
    }
    fn serialize_str(self, v: &str) -> Result<(), DigestError> {
        self.serialize_bytes(v.as_bytes())
    }
    fn serialize_bytes(self, v: &[u8]) -> Result<(), DigestError> {
        self.0.update(&(v.len() as u64).to_le_bytes());
        self.0.update(v);
        Ok(())
    }
    fn serialize_none(self) -> Result<(), DigestError> {
        self.serialize_u8(0)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, v: &T) -> Result<(), DigestError> {
        self.0.update(&[1]);
        v.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), DigestError> {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), DigestError> {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, index: u32, _: &'static str) -> Result<(), DigestError> {
        self.serialize_u32(index)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        v: &T,
    ) -> Result<(), DigestError> {
        v.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        v: &T,
    ) -> Result<(), DigestError> {
        self.0.update(&index.to_le_bytes());
        v.serialize(self)
    }
    fn serialize_seq(self, len: Option<usize>) -> Result<Self, DigestError> {
        self.0.update(&(len.unwrap_or(0) as u64).to_le_bytes());
        Ok(self)
    }
    fn serialize_tuple(self, _: usize) -> Result<Self, DigestError> {
        Ok(self)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, DigestError> {
        Ok(self)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, DigestError> {
        self.0.update(&index.to_le_bytes());
        Ok(self)
    }
    fn serialize_map(self, len: Option<usize>) -> Result<Self, DigestError> {
        self.serialize_seq(len)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, DigestError> {
        Ok(self)
    }
    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self, DigestError> {
        self.serialize_tuple_variant(name, index, variant, len)
    }
    fn is_human_readable(&self) -> bool {
        false
    }
}

macro_rules! parts {
    ($($parts:ident: $method:ident),+) => {
        $(impl ser::$parts for &mut Walk {
            type Ok = ();
            type Error = DigestError;
            fn $method<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), DigestError> {
                v.serialize(&mut **self)
            }
            fn end(self) -> Result<(), DigestError> {
                Ok(())
            }
        })+
    };
}
parts!(SerializeSeq: serialize_element, SerializeTuple: serialize_element, SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field);

macro_rules! fields {
    ($($parts:ident),+) => {
        $(impl ser::$parts for &mut Walk {
            type Ok = ();
            type Error = DigestError;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _: &'static str,
                v: &T,
            ) -> Result<(), DigestError> {
                v.serialize(&mut **self)
            }
            fn end(self) -> Result<(), DigestError> {
                Ok(())
            }
        })+
    };
}
fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for &mut Walk {
    type Ok = ();
    type Error = DigestError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), DigestError> {
        v.serialize(&mut **self)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, v: &T) -> Result<(), DigestError> {
        v.serialize(&mut **self)
    }
    fn end(self) -> Result<(), DigestError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_of_zero_does_not_matter_and_everything_else_does() {
        assert_eq!(of(&(0.0f32, 1u8)), of(&(-0.0f32, 1u8)));
        assert_eq!(of(&0.0f64), of(&-0.0f64));
        assert_ne!(of(&1.0f32), of(&1.000_000_1f32));
        assert_ne!(of(&vec![1u8, 2]), of(&vec![2u8, 1]));
        assert_ne!(of(&(vec![1u8], vec![2u8])), of(&(vec![1u8, 2], Vec::<u8>::new())));
        assert_ne!(of(&Some(0u8)), of(&None::<u8>));
    }

    #[test]
    fn a_value_that_is_not_finite_has_no_digest() {
        assert_eq!(of(&vec![1.0, f32::NAN]), Err(DigestError::NonFinite));
        assert_eq!(of(&(f64::INFINITY,)), Err(DigestError::NonFinite));
    }

    #[test]
    fn bytes_hash_as_the_reference_implementation_does() {
        // XXH3_64bits of nothing, from the xxHash reference (seed 0).
        assert_eq!(of_bytes(b""), 0x2d06_8005_38d3_94c2);
    }
}
