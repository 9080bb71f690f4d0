//! The JSON Schema of what is read, from the code that reads it: a deserializer of nothing, whose
//! errors are what a type would have read. Bounds are those of the type ([`crate::bounds`]).

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, Deserializer, Expected, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

use crate::bounds::CHECKED;

/// The fields of a struct, each with its schema.
pub fn fields<T: DeserializeOwned>() -> Map<String, Value> {
    let names = match T::deserialize(Nothing { field: None }) {
        Err(Found::Fields(names)) => names,
        _ => &[],
    };
    let schema = |&name: &&'static str| {
        let found = T::deserialize(Nothing { field: Some(name) });
        (name.to_string(), schema(found))
    };
    names.iter().map(schema).collect()
}

/// What reading nothing has found.
fn schema<T>(found: Result<T, Found>) -> Value {
    match found {
        Err(Found::Schema(schema)) => schema,
        // Nothing can be said about what is read in a way of its own.
        _ => json!({}),
    }
}

#[derive(Debug)]
enum Found {
    Schema(Value),
    Fields(&'static [&'static str]),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Found {}

impl de::Error for Found {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Found::Schema(json!({}))
    }
}

#[derive(Clone, Copy)]
struct Nothing {
    /// Of a struct, the field that is read, or none but their names.
    field: Option<&'static str>,
}

/// What stands for the value of a field, for each item of a list.
const VALUE: Nothing = Nothing { field: None };

macro_rules! read_as {
    ($($method:ident: $schema:tt;)*) => {$(
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Found> {
            Err(Found::Schema(json!($schema)))
        }
    )*};
}

impl<'de> Deserializer<'de> for Nothing {
    type Error = Found;

    read_as! {
        deserialize_any: {};
        deserialize_bool: {"type": "boolean"};
        deserialize_i8: {"type": "integer"};
        deserialize_i16: {"type": "integer"};
        deserialize_i32: {"type": "integer"};
        deserialize_i64: {"type": "integer"};
        deserialize_u8: {"type": "integer", "minimum": 0};
        deserialize_u16: {"type": "integer", "minimum": 0};
        deserialize_u32: {"type": "integer", "minimum": 0};
        deserialize_u64: {"type": "integer", "minimum": 0};
        deserialize_f32: {"type": "number"};
        deserialize_f64: {"type": "number"};
        deserialize_char: {"type": "string"};
        deserialize_str: {"type": "string"};
        deserialize_string: {"type": "string"};
        deserialize_bytes: {};
        deserialize_byte_buf: {};
        deserialize_unit: {"type": "null"};
        deserialize_map: {"type": "object"};
        deserialize_identifier: {"type": "string"};
        deserialize_ignored_any: {};
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Found> {
        let some = schema(visitor.visit_some(VALUE));
        Err(Found::Schema(json!({"anyOf": [some, {"type": "null"}]})))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Found> {
        let item = schema(visitor.visit_seq(self));
        Err(Found::Schema(json!({"type": "array", "items": item})))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, n: usize, visitor: V) -> Result<V::Value, Found> {
        let item = schema(visitor.visit_seq(self));
        let array = json!({"type": "array", "items": item, "minItems": n, "maxItems": n});
        Err(Found::Schema(array))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        n: usize,
        visitor: V,
    ) -> Result<V::Value, Found> {
        self.deserialize_tuple(n, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Found> {
        Err(Found::Schema(json!({"enum": variants})))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: V,
    ) -> Result<V::Value, Found> {
        Err(Found::Schema(json!({"type": "null"})))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Found> {
        if name != CHECKED {
            return visitor.visit_newtype_struct(self);
        }
        let expected = format!("{:#}", &visitor as &dyn Expected);
        let schema = serde_json::from_str(&expected).expect("a checked type says its schema");
        Err(Found::Schema(schema))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Found> {
        match self.field {
            Some(_) => visitor.visit_map(self),
            None => Err(Found::Fields(fields)),
        }
    }
}

impl<'de> SeqAccess<'de> for Nothing {
    type Error = Found;

    fn next_element_seed<T: de::DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Found> {
        seed.deserialize(VALUE).map(Some)
    }
}

impl<'de> MapAccess<'de> for Nothing {
    type Error = Found;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Found> {
        let Some(name) = self.field else { return Ok(None) };
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Found> {
        seed.deserialize(VALUE)
    }
}
