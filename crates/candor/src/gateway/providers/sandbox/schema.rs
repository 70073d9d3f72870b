//! A small document that fits a JSON schema: what the sandbox answers when a tool or a response format has one.
//!
//! Covers what tools and response formats use: types, `enum`, `const`, `properties`, `items`, `anyOf`/`oneOf`/`allOf`,
//! local `$ref`, `minItems`, `minLength`, `minimum`. Not a validator; what it doesn't know, it leaves out.

use serde_json::{Map, Value, json};

/// Deeper schemas (recursive ones, for instance) are cut with `null`.
const MAX_DEPTH: usize = 16;
/// Most elements or characters that a minimum can make it produce.
const MAX_SIZE: u64 = 64;

/// A document that fits `schema`, always the same.
pub(super) fn example(schema: &Value) -> Value {
    build(schema, schema, 0)
}

fn build(schema: &Value, root: &Value, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return Value::Null;
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let found = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return found.map_or(Value::Null, |target| build(target, root, depth + 1));
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
        return first.clone();
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(first) = schema.get(choice).and_then(|choices| choices.get(0)) {
            return build(first, root, depth + 1);
        }
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        return all_of(parts, root, depth);
    }
    of_type(kind(schema), schema, root, depth)
}

fn all_of(parts: &[Value], root: &Value, depth: usize) -> Value {
    let mut merged = Map::new();
    for part in parts {
        match build(part, root, depth + 1) {
            Value::Object(members) => merged.extend(members),
            other => return other,
        }
    }
    Value::Object(merged)
}

fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .unwrap_or("null"),
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "string",
    }
}

fn of_type(kind: &str, schema: &Value, root: &Value, depth: usize) -> Value {
    let least = |name: &str| schema.get(name).and_then(Value::as_u64).unwrap_or(0).min(MAX_SIZE);
    match kind {
        "object" => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let members = properties.into_iter().flatten();
            Value::Object(
                members
                    .map(|(name, part)| (name.clone(), build(part, root, depth + 1)))
                    .collect(),
            )
        }
        "array" => {
            let items = schema.get("items").cloned().unwrap_or_else(|| json!({}));
            (0..least("minItems").max(1))
                .map(|_| build(&items, root, depth + 1))
                .collect()
        }
        "integer" => json!(whole_number(schema)),
        "number" => schema
            .get("minimum")
            .cloned()
            .unwrap_or_else(|| json!(whole_number(schema))),
        "boolean" => json!(true),
        "null" => Value::Null,
        _ => json!(text(schema, least("minLength"))),
    }
}

fn whole_number(schema: &Value) -> i64 {
    let number = |name: &str| schema.get(name).and_then(Value::as_i64);
    let least = number("minimum").or_else(|| number("exclusiveMinimum").map(|bound| bound.saturating_add(1)));
    least.unwrap_or_else(|| number("maximum").map_or(1, |most| most.min(1)))
}

fn text(schema: &Value, least: u64) -> String {
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("date") => "2000-01-01",
        Some("date-time") => "2000-01-01T00:00:00Z",
        Some("time") => "00:00:00Z",
        Some("email") => "test@example.com",
        Some("uri") => "https://example.com/",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        _ => "test",
    };
    let mut text = text.to_owned();
    while (text.len() as u64) < least {
        text.push('x');
    }
    let most = schema
        .get("maxLength")
        .and_then(Value::as_u64)
        .and_then(|most| usize::try_from(most).ok());
    text.truncate(most.unwrap_or(text.len()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_fits_its_schema() {
        let schema = json!({
            "type": "object", "required": ["city", "days"],
            "properties": {
                "city": {"type": "string"}, "days": {"type": "integer", "minimum": 3},
                "unit": {"enum": ["c", "f"]}, "tags": {"type": "array", "items": {"type": ["null", "boolean"]}},
                "place": {"$ref": "#/$defs/place"}, "either": {"anyOf": [{"const": 7}, {"type": "null"}]},
            },
            "$defs": {"place": {"type": "object", "properties": {"next": {"$ref": "#/$defs/leaf"}}}, "leaf": {"type": "null"}},
        });
        let expected =
            json!({"city": "test", "days": 3, "unit": "c", "tags": [true], "place": {"next": null}, "either": 7});
        assert_eq!(example(&schema), expected);
    }

    #[test]
    fn a_schema_that_contains_itself_comes_to_an_end() {
        let schema = json!({"$defs": {"a": {"properties": {"a": {"$ref": "#/$defs/a"}}}}, "$ref": "#/$defs/a"});
        assert!(example(&schema).to_string().len() < 1000);
    }
}
