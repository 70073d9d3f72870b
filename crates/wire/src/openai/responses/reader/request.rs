//! The request of a response.

use super::{items, tools};
use crate::feature::Feature;
use crate::json::{Fragment, Object, Out, array, fragment, text};
use crate::neutral::{
    Delivery, Format, OutputFormat, Part, PartKind, Place, Request, Role, Schema, Setting, Thinking, Turn, settings,
};
use crate::problem::Problem;

/// How a client asks for sealed thinking.
const SEALED: &str = "reasoning.encrypted_content";

/// Reads a request.
pub(crate) fn request(body: &[u8]) -> Result<Request<'_>, Problem> {
    let value = fragment(body).map_err(|error| Problem::Syntax(error.to_string()))?;
    let mut object = open(value, "")?.ok_or(Problem::NotAnObject)?;
    let model = object
        .take_text("model")
        .filter(|model| !model.is_empty())
        .ok_or_else(|| Problem::Missing("model".to_owned()))?;
    let mut request = Request::new(Format::Responses, model);
    if let Some(instructions) = object.take_raw("instructions") {
        let text = text(instructions).ok_or_else(|| Problem::value("instructions", "a text"))?;
        let place = Place::whole("instructions");
        let part = Part::new(plain(text), place);
        request.turns.push(Turn::new(Role::System, place, vec![part]));
    }
    input(&mut object, &mut request)?;
    tools::read(&mut object, &mut request)?;
    delivery(&mut object, &mut request)?;
    if let Some(cap) = object.take("max_output_tokens") {
        let cap = cap.whole_number().filter(|cap| *cap > 0);
        request.output_cap = Some(cap.ok_or_else(|| Problem::value("max_output_tokens", "a whole number from 1 on"))?);
    }
    form(&mut object, &mut request)?;
    thinking(&mut object, &mut request)?;
    include(&mut object, &mut request)?;
    request.user = object
        .take_text("safety_identifier")
        .or_else(|| object.take_text("user"));
    request.stored = flag(&mut object, "store")?;
    request.settings.extend(settings::take(&mut object, Format::Responses));
    request.rest.extend(object.rest());
    Ok(request)
}

/// Opens an object that stands at `at`.
pub(super) fn open<'a>(value: &'a str, at: &str) -> Result<Option<Object<'a>>, Problem> {
    Object::open(value).map_err(|doubled| Problem::doubled(at, &doubled))
}

/// A text without sources.
pub(super) fn plain(text: crate::json::Text<'_>) -> PartKind<'_> {
    PartKind::Text {
        text,
        citations: Vec::new(),
    }
}

fn flag(object: &mut Object<'_>, key: &str) -> Result<Option<bool>, Problem> {
    match object.take(key) {
        None => Ok(None),
        Some(value) => value
            .truth()
            .map(Some)
            .ok_or_else(|| Problem::value(key, "true or false")),
    }
}

/// A text is one message of the user.
fn input<'a>(object: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Problem> {
    let input = object
        .take_raw("input")
        .ok_or_else(|| Problem::Missing("input".to_owned()))?;
    if let Some(text) = text(input) {
        let place = Place::whole("input");
        let part = Part::new(plain(text), place);
        request.turns.push(Turn::new(Role::User, place, vec![part]));
        return Ok(());
    }
    let items = array(input).ok_or_else(|| Problem::value("input", "a text or an array of items"))?;
    for (at, item) in items.into_iter().enumerate() {
        items::item(item, Place::item("input", at), &mut request.turns)?;
    }
    Ok(())
}

fn delivery<'a>(object: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Problem> {
    let options = object.take_raw("stream_options");
    if flag(object, "stream")?.unwrap_or(false) {
        request.delivery = Delivery::Streamed { usage: true };
        let options = options
            .map(|options| open(options, "stream_options"))
            .transpose()?
            .flatten();
        if let Some(mut options) = options {
            options.take("include_obfuscation");
            let unknown = options.rest().into_iter();
            request
                .rest
                .extend(unknown.map(|(key, value)| (format!("stream_options.{key}").into(), value)));
        }
        return Ok(());
    }
    match options {
        Some(_) => Err(Problem::Without("stream_options", "stream")),
        None => Ok(()),
    }
}

/// `text`: the form of the answer and how wordy it is.
fn form<'a>(object: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Problem> {
    let Some(value) = object.take_raw("text") else {
        return Ok(());
    };
    let expected = || Problem::value("text", "an object");
    let mut text = open(value, "text")?.ok_or_else(expected)?;
    if let Some(value) = text.take("verbosity") {
        request.settings.push(Setting {
            feature: Feature::Verbosity,
            value,
        });
    }
    if let Some(value) = text.take_raw("format") {
        let expected = || Problem::value("text.format", "an object with a 'type'");
        let mut format = open(value, "text.format")?.ok_or_else(expected)?;
        request.output = match &*format.take_text("type").ok_or_else(expected)? {
            "text" => OutputFormat::Text,
            "json_object" => OutputFormat::JsonObject,
            "json_schema" => OutputFormat::JsonSchema(Schema {
                name: format.take_text("name").filter(|name| name != Schema::UNNAMED),
                description: format.take_text("description"),
                schema: format.take("schema"),
                strict: format.take("strict").and_then(|strict| strict.truth()),
            }),
            _ => OutputFormat::Other(Fragment::borrowed(value)),
        };
    }
    let unknown = text.rest().into_iter();
    request
        .rest
        .extend(unknown.map(|(key, value)| (format!("text.{key}").into(), value)));
    Ok(())
}

fn thinking<'a>(object: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Problem> {
    let Some(value) = object.take_raw("reasoning") else {
        return Ok(());
    };
    let mut reasoning = open(value, "reasoning")?.ok_or_else(|| Problem::value("reasoning", "an object"))?;
    request.thinking = Thinking {
        effort: reasoning.take_text("effort"),
        shown: reasoning.take_text("summary"),
        rest: reasoning.rest(),
        ..Thinking::default()
    };
    Ok(())
}

/// Sealed thinking is asked for here; what else is, only this format knows.
fn include<'a>(object: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Problem> {
    let Some(value) = object.take_raw("include") else {
        return Ok(());
    };
    let wanted = array(value).ok_or_else(|| Problem::value("include", "an array of texts"))?;
    let mut others = Out::default();
    let mut counted = 0;
    others.open_array();
    for one in wanted {
        if text(one).is_some_and(|name| name == SEALED) {
            request.thinking.sealed = true;
        } else {
            others.raw(one);
            counted += 1;
        }
    }
    others.close_array();
    if counted > 0 {
        request.settings.push(Setting {
            feature: Feature::Include,
            value: Fragment::owned(others.into_text()),
        });
    }
    Ok(())
}
