//! The law of translation: there and back gives the same request without exactly that which `x-candor-dropped` lists.

mod piece;
mod script;

use proptest::prelude::*;
use script::script;
use serde_json::{Value, json};
use wire::dialect::Dialect;
use wire::neutral::{Delivery, Format, Part, PartKind, Place, Request, Tool, ToolChoice, Turn};
use wire::translate::{self, Asked, Changes};

fn translate(from: Format, to: Format, body: &Value) -> (Value, Vec<String>) {
    let changes = Changes {
        model: "m",
        output_cap: u64::MAX,
        user: Some("pseudonym"),
    };
    let body = body.to_string();
    let asked = Asked::new("id", 0, "m");
    let outbound = translate::request(from, to, body.as_bytes(), &changes, &Dialect::PLAIN, asked)
        .unwrap_or_else(|problem| panic!("{from:?} to {to:?}: {problem}\n{body}"));
    let written = serde_json::from_slice(&outbound.body).expect("JSON");
    (written, outbound.dropped.places().to_vec())
}

/// `body` without what stands at `places`.
fn without(mut body: Value, places: &[String]) -> Value {
    let mut places: Vec<Vec<String>> = places
        .iter()
        .map(|place| {
            place
                .split(['.', '['])
                .map(|step| step.trim_end_matches(']').to_owned())
                .collect()
        })
        .collect();
    // Elements leave from the last one on, so that the places before them stay what they were.
    places.sort_by_key(|steps| {
        std::cmp::Reverse(
            steps
                .iter()
                .map(|step| step.parse().unwrap_or(0_usize))
                .collect::<Vec<_>>(),
        )
    });
    for steps in places {
        let (last, path) = steps.split_last().expect("a place has a step");
        let target = path.iter().fold(&mut body, |value, step| match step.parse::<usize>() {
            Ok(at) => &mut value[at],
            Err(_) => &mut value[step.as_str()],
        });
        match (target, last.parse::<usize>()) {
            (Value::Array(list), Ok(at)) => {
                list.remove(at);
            }
            (Value::Object(object), _) => {
                assert!(object.remove(last).is_some(), "{last} was dropped and was not there");
            }
            (other, _) => panic!("{steps:?} leads to {other}"),
        }
    }
    body
}

/// What a request says, without where it says it, and with what each format leaves to the reader settled.
fn meaning(format: Format, body: &Value) -> String {
    let body = body.to_string();
    let mut request = translate::read_request(format, body.as_bytes()).expect("a request");
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for turn in request.turns.drain(..) {
        let parts = turn.parts.into_iter().map(placeless);
        match turns.last_mut() {
            Some(last) if last.role == turn.role => last.parts.extend(parts),
            _ => turns.push(Turn {
                parts: parts.collect(),
                place: Place::default(),
                ..turn
            }),
        }
    }
    request.turns = turns;
    for tool in &mut request.tools {
        let (Tool::Called { place, .. } | Tool::Hosted { place, .. }) = tool;
        *place = Place::default();
    }
    settle(&mut request);
    format!("{request:#?}")
}

fn settle(request: &mut Request<'_>) {
    request.settings.sort_by_key(|setting| format!("{:?}", setting.feature));
    request.parallel_tools = request.parallel_tools.filter(|parallel| !*parallel);
    request.stored = request.stored.filter(|stored| *stored);
    request.thinking.sealed = false;
    if let Delivery::Streamed { usage } = &mut request.delivery {
        *usage = true;
    }
    if request.thinking.mode.as_deref() == Some("disabled") {
        request.thinking.mode = None;
        request.thinking.effort = Some("none".into());
    }
    if request.tool_choice == Some(ToolChoice::Auto) {
        request.tool_choice = None;
    }
}

fn placeless(part: Part<'_>) -> Part<'_> {
    let kind = match part.kind {
        PartKind::ToolResult(mut result) => {
            result.parts = result.parts.into_iter().map(placeless).collect();
            PartKind::ToolResult(result)
        }
        kind => kind,
    };
    Part {
        kind,
        place: Place::default(),
        ..part
    }
}

proptest! {
    #![proptest_config(crate::cases(400))]

    #[test]
    fn there_and_back_loses_exactly_what_is_listed(script in script()) {
        for from in Format::ALL {
            let body = script.write(from);
            for to in Format::ALL.into_iter().filter(|to| *to != from) {
                if to == Format::Responses && (body.get("stop").is_some() || body.get("stop_sequences").is_some()) {
                    continue;
                }
                let (there, dropped) = translate(from, to, &body);
                let (back, dropped_back) = translate(to, from, &there);
                prop_assert!(dropped_back.is_empty(), "{from:?} to {to:?}: {there} gained {dropped_back:?}");
                let expected = meaning(from, &without(body.clone(), &dropped));
                prop_assert_eq!(meaning(from, &back), expected, "{:?} to {:?}, dropped {:?}:\n{}\n{}", from, to, dropped, body, there);
            }
        }
    }
}

#[test]
fn delivery_is_kept() {
    for from in Format::ALL {
        let body = json!({"model": "m", "max_tokens": 1, "stream": true, "messages": [{"role": "user", "content": "x"}], "input": "x"});
        let read = translate::read_request(from, body.to_string().as_bytes()).map(|request| request.delivery);
        assert!(matches!(read, Ok(Delivery::Streamed { .. })), "{from:?}: {read:?}");
    }
}
