//! The JSON Schema of the file.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Key, Kind, SECRET, Shape, TEXTS};

/// The JSON Schema (2020-12) of the configuration file, for editors and other tools. What it allows may still be a mistake:
/// names that belong together, bounds that depend on each other; [`parse`](crate::parse) decides.
#[must_use]
pub fn schema() -> Value {
    let mut schema = Schema::default();
    let Value::Object(mut top) = schema.table(&crate::FILE) else {
        return Value::Null;
    };
    top.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    top.insert("title".to_owned(), json!("The configuration of firstsight"));
    top.insert("$defs".to_owned(), json!(schema.defined));
    Value::Object(top)
}

#[derive(Default)]
struct Schema {
    defined: BTreeMap<&'static str, Value>,
}

impl Schema {
    fn table(&mut self, shape: &Shape) -> Value {
        let properties: Map<String, Value> = shape
            .keys
            .iter()
            .map(|key| (key.name.to_owned(), self.key(key)))
            .collect();
        let needed: Vec<&str> = shape
            .keys
            .iter()
            .filter(|key| key.needed)
            .map(|key| key.name)
            .collect();
        json!({
            "type": "object",
            "properties": properties,
            "required": needed,
            "additionalProperties": false,
        })
    }

    fn key(&mut self, key: &Key) -> Value {
        let mut value = self.kind(&key.kind);
        if let Value::Object(fields) = &mut value {
            fields.insert("description".to_owned(), json!(key.about));
        }
        value
    }

    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Text => json!({ "type": "string", "pattern": "\\S" }),
            Kind::Boolean => json!({ "type": "boolean" }),
            Kind::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Kind::Length => json!({ "anyOf": [length(), { "const": 0 }] }),
            Kind::LengthOr(words) => json!({ "anyOf": [length(), { "enum": words }] }),
            Kind::Clock => json!({ "type": "string", "pattern": "^[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$" }),
            Kind::Moment => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}" }),
            Kind::Words(words) => json!({ "enum": words }),
            Kind::Secret => json!({ "anyOf": [{ "type": "string", "pattern": "\\S" }, self.place()] }),
            Kind::TextsOr(words) => json!({ "anyOf": [self.kind(&TEXTS), { "enum": words }] }),
            Kind::List(item) => json!({ "type": "array", "items": self.kind(item) }),
            Kind::Each(item) => {
                let item = self.kind(item);
                json!({ "anyOf": [item, { "type": "array", "items": item }] })
            }
            Kind::Table(shape) => self.defined(shape),
            Kind::OneOf(shapes) => {
                let all: Vec<Value> = shapes.iter().map(|shape| self.defined(shape)).collect();
                json!({ "oneOf": all })
            }
            Kind::Named(item) => json!({
                "type": "object",
                "propertyNames": { "pattern": "^[A-Za-z0-9_-]{1,64}$" },
                "additionalProperties": self.kind(item),
            }),
            Kind::Map(item) => json!({ "type": "object", "additionalProperties": self.kind(item) }),
        }
    }

    /// Where a secret is: in one place.
    fn place(&mut self) -> Value {
        let reference = self.defined(&SECRET);
        if let Some(Value::Object(secret)) = self.defined.get_mut(SECRET.name) {
            secret.insert("minProperties".to_owned(), json!(1));
            secret.insert("maxProperties".to_owned(), json!(1));
        }
        reference
    }

    fn defined(&mut self, shape: &Shape) -> Value {
        if !self.defined.contains_key(shape.name) {
            let table = self.table(shape);
            self.defined.insert(shape.name, table);
        }
        json!({ "$ref": format!("#/$defs/{}", shape.name) })
    }
}

fn length() -> Value {
    json!({ "type": "string", "pattern": "^(0|[0-9]+[smhdw])$" })
}
