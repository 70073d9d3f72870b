//! The meter's laws.

use super::*;
use proptest::prelude::*;

const BOUNDS: Bounds = Bounds {
    input: 100,
    output: 20,
    answers: 1,
    media: 0,
};

fn told(input: u64, output: u64) -> Usage {
    Usage {
        input,
        output,
        ..Usage::default()
    }
}

#[test]
fn what_the_provider_tells_is_charged_in_disjoint_parts() {
    let mut meter = Meter::new(BOUNDS, 80);
    meter.content(5);
    meter.tell(Usage {
        input: 30,
        cached: 10,
        written: 7,
        output: 8,
        reasoning: 3,
    });
    let expected = [
        (Unit::Input, 13),
        (Unit::Cached, 10),
        (Unit::CacheWrite, 7),
        (Unit::Output, 5),
        (Unit::Reasoning, 3),
    ];
    assert_eq!(
        meter.used(),
        Used {
            units: expected.to_vec(),
            counted: Counted::Told
        }
    );
}

#[test]
fn an_impossible_usage_is_replaced_by_what_was_counted() {
    let mut meter = Meter::new(BOUNDS, 80);
    meter.content(12);
    meter.tell(told(30, 0));
    assert_eq!(meter.usage(), (told(30, 3), Counted::Estimated));
    meter.tell(told(1000, 21));
    assert_eq!(meter.usage(), (told(20, 3), Counted::Estimated));
    meter.tell(told(30, 21));
    assert_eq!(meter.usage(), (told(30, 3), Counted::Estimated));
}

#[test]
fn media_that_are_dearer_than_was_reserved_cost_what_was_reserved() {
    let mut meter = Meter::new(Bounds { media: 1, ..BOUNDS }, 80);
    meter.content(12);
    meter.tell(told(48_000, 2));
    assert_eq!(meter.usage(), (told(100, 2), Counted::Estimated));
}

#[test]
fn several_answers_of_which_the_provider_counts_one_are_counted() {
    let bounds = Bounds { answers: 3, ..BOUNDS };
    let mut meter = Meter::new(bounds, 80);
    for _ in 0..3 {
        meter.content(20);
        meter.wrote("one two three four");
    }
    meter.tell(told(30, 4));
    assert!(meter.needs_counting());
    meter.counted = Some(Counts {
        input: 30,
        output: meter.written.total(),
    });
    assert_eq!(meter.usage(), (told(30, 12), Counted::Estimated));
    meter.tell(told(30, 11));
    assert_eq!(meter.usage(), (told(30, 11), Counted::Told), "another tokenizer");
    assert!(!meter.needs_counting());
}

#[test]
fn nothing_is_counted_where_the_provider_told_or_nothing_came() {
    let mut meter = Meter::new(BOUNDS, 80);
    assert!(!meter.needs_counting());
    meter.content(5);
    assert!(meter.needs_counting());
    meter.tell(told(30, 2));
    assert!(!meter.needs_counting());
}

#[test]
fn an_answer_without_content_costs_nothing() {
    assert!(Meter::new(BOUNDS, 80).used().units.is_empty());
    let mut meter = Meter::new(BOUNDS, 80);
    meter.tell(told(30, 0));
    assert!(meter.used().units.is_empty());
}

#[test]
fn vectors_are_charged_by_their_prompt_and_only_if_they_came() {
    let bounds = Bounds { output: 0, ..BOUNDS };
    let mut meter = Meter::new(bounds, 80).of_prompts();
    meter.tell(told(30, 0));
    assert!(meter.used().units.is_empty());
    meter.contents(1, 12);
    let used = meter.used();
    assert_eq!((used.units, used.counted), (vec![(Unit::Input, 30)], Counted::Told));
}

#[test]
fn a_prompt_that_was_told_at_the_beginning_counts_where_the_end_never_came() {
    let mut meter = Meter::new(BOUNDS, 80);
    meter.tell_prompt(Usage {
        input: 40,
        cached: 30,
        written: 0,
        output: 1,
        reasoning: 0,
    });
    meter.contents(2, 12);
    let expected = vec![(Unit::Input, 10), (Unit::Cached, 30), (Unit::Output, 3)];
    assert_eq!(meter.used().units, expected);
}

proptest! {
    #[test]
    fn nothing_is_ever_charged_beyond_its_bounds(
        input in 1u64..500, output in 1u64..500, answers in 1u64..3, media in 0u64..2, prompt in 0usize..2000,
        events in proptest::collection::vec(0usize..50, 0..100),
        usage in proptest::option::of((0u64..1000, 0u64..1000)),
    ) {
        let mut meter = Meter::new(Bounds { input, output, answers, media }, prompt);
        events.into_iter().for_each(|bytes| meter.content(bytes));
        if let Some((input, output)) = usage { meter.tell(told(input, output)); }
        let sum = |wanted: [Unit; 2]| meter.used().units.iter().filter(|(unit, _)| wanted.contains(unit)).map(|(_, q)| q).sum::<u64>();
        prop_assert!(sum([Unit::Input, Unit::Cached]) <= input);
        prop_assert!(sum([Unit::Output, Unit::Reasoning]) <= output);
    }
}
