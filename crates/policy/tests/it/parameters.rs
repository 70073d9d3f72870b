//! The operator's numbers: stricter is taken, weaker is refused by name.

use std::sync::LazyLock;

use policy::parameters::{MayOnly, NoneIs, Override, OverrideError};
use policy::{Days, Document, Parameters, Thousandths};
use proptest::prelude::*;

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document::embedded().unwrap());

fn with(overrides: &[(&str, &str)]) -> Result<Parameters, OverrideError> {
    let overrides: Vec<_> = overrides
        .iter()
        .map(|(key, value)| Override {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        })
        .collect();
    Parameters::of(&DOCUMENT, &overrides)
}

#[test]
fn without_overrides_the_documents_numbers_are_in_force() {
    let parameters = with(&[]).unwrap();
    assert_eq!(parameters.retention_generation_log, Some(Days::new(30)));
    assert_eq!(
        (
            parameters.key_week_slack,
            parameters.backup_life,
            parameters.backup_dead
        ),
        (Days::new(52), Days::new(52), Days::new(60))
    );
    assert_eq!(
        (parameters.aggregates_k, parameters.aggregates_epsilon),
        (20, Thousandths::new(1000))
    );
}

#[test]
fn every_number_of_the_document_can_be_asked_for() {
    let document = &*DOCUMENT;
    let parameters = with(&[]).unwrap();
    for parameter in &document.parameters {
        assert_eq!(
            parameters.value(&parameter.key),
            Some(parameter.value),
            "{}",
            parameter.key
        );
    }
    assert_eq!(document.parameters.len(), 10);
    assert_eq!(parameters.value("retention.nothing"), None);
}

#[test]
fn stricter_numbers_are_taken() {
    let parameters = with(&[
        ("retention.generation_log", "7d"),
        ("retention.account_grace", "0d"),
        ("aggregates.k", "50"),
        ("aggregates.epsilon", "0.5"),
    ])
    .unwrap();
    assert_eq!(parameters.retention_generation_log, Some(Days::new(7)));
    assert_eq!(parameters.retention_account_grace, Days::new(0));
    assert_eq!(
        (parameters.aggregates_k, parameters.aggregates_epsilon),
        (50, Thousandths::new(500))
    );
    assert_eq!(
        with(&[("retention.generation_log", "none")])
            .unwrap()
            .retention_generation_log,
        None
    );
    assert_eq!(
        with(&[("aggregates.epsilon", "1")]).unwrap().aggregates_epsilon,
        Thousandths::new(1000)
    );
}

#[test]
fn a_weaker_number_is_refused_with_promise_key_and_both_values() {
    let cases = [
        ("retention.generation_log", "31d", "P-13.3", "`30d`"),
        ("retention.account_gone", "91d", "P-6.2", "`90d`"),
        ("aggregates.k", "19", "P-13.4", "`20`"),
        ("aggregates.epsilon", "1.001", "P-13.4", "`1.0`"),
        ("retention.billing", "6y", "P-6.5", "`7y`"),
        ("retention.billing", "8y", "P-6.5", "`7y`"),
    ];
    for (key, value, promise, promised) in cases {
        let error = with(&[(key, value)]).unwrap_err();
        assert!(matches!(error, OverrideError::Weaker { .. }), "{error}");
        let told = error.to_string();
        for part in [
            format!("policy.{key}"),
            format!("`{value}`"),
            promise.to_owned(),
            promised.to_owned(),
        ] {
            assert!(told.contains(&part), "`{told}` lacks {part}");
        }
    }
}

#[test]
fn what_the_program_cannot_keep_is_refused() {
    for value in ["0d", "1d", "2d"] {
        let told = with(&[("retention.generation_log", value)]).unwrap_err().to_string();
        assert!(
            told.contains("P-13.3") && told.contains("the least is `3d`, or `none`"),
            "{told}"
        );
    }
    assert_eq!(
        with(&[("retention.generation_log", "3d")])
            .unwrap()
            .retention_generation_log,
        Some(Days::new(3))
    );
}

#[test]
fn another_unit_and_an_unknown_key_are_refused_with_what_to_write() {
    for value in ["7", "7y", "week", "7.5d", "-7d", "", "NONE"] {
        let told = with(&[("retention.generation_log", value)]).unwrap_err().to_string();
        assert!(told.contains("`30d`"), "{told}");
    }
    assert!(matches!(
        with(&[("aggregates.k", "none")]),
        Err(OverrideError::Unit { .. })
    ));
    let told = with(&[("retention.generation_logs", "7d")]).unwrap_err().to_string();
    assert!(
        told.contains("did you mean `policy.retention.generation_log`"),
        "{told}"
    );
}

#[test]
fn numbers_that_break_a_promise_only_together_are_refused() {
    let told = with(&[("retention.account_gone", "80d")]).unwrap_err().to_string();
    assert!(
        told.contains("retention.account_gone") && told.contains("89 days"),
        "{told}"
    );
    assert!(with(&[("retention.account_gone", "80d"), ("retention.account_grace", "20d")]).is_ok());
    assert!(matches!(
        with(&[("keys.week_slack", "20d")]),
        Err(OverrideError::Together { .. })
    ));
    assert!(matches!(
        with(&[("backup.dead", "58d")]),
        Err(OverrideError::Together { .. })
    ));
    assert!(
        with(&[
            ("keys.week_slack", "20d"),
            ("backup.life", "20d"),
            ("backup.dead", "27d")
        ])
        .is_ok()
    );
}

proptest! {
    #[test]
    fn no_override_ever_weakens_a_number(which in 0_usize..10, number in 0_u32..200) {
        let document = &*DOCUMENT;
        let parameter = &document.parameters[which];
        let suffix = parameter.value.to_string().chars().filter(char::is_ascii_alphabetic).collect::<String>();
        let written = Override { key: parameter.key.clone(), value: format!("{number}{suffix}") };
        if let Ok(parameters) = Parameters::of(document, &[written]) {
            let number_of = |value: policy::parameters::Value| -> u32 {
                value.to_string().chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
            };
            let (taken, promised) = (parameters.value(&parameter.key).unwrap(), parameter.value);
            let is_strict = match parameter.may_only {
                MayOnly::Shorten | MayOnly::Lower => number_of(taken) <= number_of(promised),
                MayOnly::Raise => number_of(taken) >= number_of(promised),
                MayOnly::Stay => taken == promised,
            };
            prop_assert!(is_strict, "{} became {taken}", parameter.key);
            prop_assert!(parameter.none == NoneIs::Allowed || taken != policy::parameters::Value::None);
        }
    }
}
