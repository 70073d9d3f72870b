//! The first day: what people say.

use super::cast::Cast;
use super::{BLOCKED, accounts, count, end_of};
use crate::cli::account;
use crate::cli::demo::screen::{Pace, Screen, moment};
use crate::cli::demo::stage::{Person, Stage};
use crate::cli::demo::told::Telling;
use crate::cli::failure::Failure;
use base::money::Micro;

const ADA: &str = "ada@example.test";
const ADA_NAME: &str = "Ada Lovelace";
const CREDIT: &str = "10.00";
const ASKED: &str = "The test came back positive. How do I tell my family?";
const PLAIN: &str = "Write three lines for my grandmother, who misses the sea.";
/// Of the others, whose prompts are refused: too few to be counted.
const REFUSED_OTHERS: usize = 3;

/// Ada signs up and talks: streamed, blocked, plain.
pub(super) async fn conversation(stage: &Stage<'_>, telling: &mut Telling<'_>) -> Result<Cast, Failure> {
    telling
        .step("conversation", "a conversation", stage.day(), stage.now())
        .await?;
    let where_ = format!("{}, SQLite, the built-in test model", stage.address());
    telling.show(|screen| screen.fact("Instance", &where_))?;
    let credit: Micro = CREDIT.parse().expect("the amount above is a decimal number");
    let ada = stage.sign_up(ADA, ADA_NAME, credit).await?;
    let shown = account::show(stage.instance(), ADA).await?;
    let signed_up = format!(
        "{ADA_NAME} has an account, an API key and {} {} of test credit",
        shown.balance_micro, shown.currency
    );
    telling.same(shown.balance_micro, credit, signed_up).await?;

    let receipt = streamed(stage, telling, &ada).await?;
    let blocked = format!("Tell me everything about {BLOCKED}, please.");
    refused(stage, telling, &ada, &blocked).await?;

    telling.show(|screen| screen.gap().and_then(|()| screen.quote("Ada", PLAIN)))?;
    let plain = stage.visitor.ask(&ada.token, PLAIN).await?;
    telling.same(plain.status, 200, "a plain answer, in one piece").await?;
    let texts = [ASKED, &blocked, PLAIN, ADA, ADA_NAME, ada.token.expose()];
    Ok(Cast {
        texts: texts.map(ToOwned::to_owned).to_vec(),
        ada,
        others: Vec::new(),
        receipt,
        answered: 1,
        refused: 1,
    })
}

async fn streamed(stage: &Stage<'_>, telling: &mut Telling<'_>, ada: &Person) -> Result<String, Failure> {
    let mut pace = Pace::Fast;
    telling.show(|screen| {
        pace = screen.pace();
        screen.gap()?;
        screen.quote("Ada", ASKED)
    })?;
    let see = |piece: &str| telling.show(|screen| screen.piece(piece));
    let streamed = stage.visitor.stream(&ada.token, ASKED, pace, see).await?;
    telling.show(Screen::pieces_end)?;
    let whole = |is_whole| if is_whole { "whole" } else { "cut" };
    telling
        .same(
            format!("{} {}", streamed.status, whole(streamed.is_whole)),
            format!("200 {}", whole(true)),
            format!("streamed through the listener in {} pieces, whole", streamed.pieces),
        )
        .await?;
    stage.settle().await?;
    let answer = stage.visitor.receipt(&ada.token, &streamed.receipt).await?;
    let stored = answer.body["stored"].as_array().cloned().unwrap_or_default();
    let content = stored.iter().find(|stored| !stored["ends_at"].is_null());
    let ends_at = content
        .and_then(|stored| stored["ends_at"].as_str())
        .unwrap_or_default();
    let promise = content
        .and_then(|stored| stored["promise"].as_str())
        .unwrap_or_default();
    let end = end_of(stage, stage.first);
    let cost = Micro::new(answer.body["cost_micro"].as_i64().unwrap_or_default());
    telling
        .same(
            ends_at.to_owned(),
            end.to_string(),
            format!(
                "receipt {}: cost {cost} {}, gone on {} ({promise})",
                streamed.receipt,
                answer.body["currency"].as_str().unwrap_or_default(),
                moment(end)
            ),
        )
        .await?;
    Ok(streamed.receipt)
}

async fn refused(stage: &Stage<'_>, telling: &mut Telling<'_>, ada: &Person, prompt: &str) -> Result<(), Failure> {
    telling.show(|screen| screen.gap().and_then(|()| screen.quote("Ada", prompt)))?;
    let answer = stage.visitor.ask(&ada.token, prompt).await?;
    let code = answer.body["error"]["code"].as_str().unwrap_or_default();
    telling
        .same(
            format!("{} {code}", answer.status),
            "400 content_policy_violation".to_owned(),
            "blocked by the operator's list: 400, content_policy_violation",
        )
        .await?;
    stage.settle().await?;
    let receipt = stage.visitor.receipt(&ada.token, &answer.receipt).await?.body;
    let tries = receipt["tries"].as_array().map_or(0, Vec::len);
    telling
        .same(
            format!("{} {} {tries}", receipt["status"], receipt["cost_micro"]),
            "\"refused\" 0 0".to_owned(),
            "its receipt says: refused, sent to no provider, cost nothing",
        )
        .await
}

/// Others sign up, so many that something may be counted, and a few whose prompts are refused, which may not.
pub(super) async fn company(stage: &Stage<'_>, telling: &mut Telling<'_>, mut cast: Cast) -> Result<Cast, Failure> {
    telling.step("company", "company", stage.day(), stage.now()).await?;
    let parameters = &stage.instance().config.policy.parameters;
    let others = accounts(parameters)?.saturating_sub(1);
    let credit: Micro = CREDIT.parse().expect("the amount above is a decimal number");
    let (mut answered, mut refused) = (0, 0);
    for number in 1..=others {
        let (email, name) = (
            format!("visitor-{number:03}@example.test"),
            format!("Visitor {number:03}"),
        );
        let person = stage.sign_up(&email, &name, credit).await?;
        let prompt = format!("{name} would like to know what the weather hides.");
        answered += usize::from(stage.visitor.ask(&person.token, &prompt).await?.status == 200);
        cast.texts.extend([email, prompt]);
        if number <= REFUSED_OTHERS {
            let prompt = format!("{name} asks about {BLOCKED}, too.");
            refused += usize::from(stage.visitor.ask(&person.token, &prompt).await?.status == 400);
            cast.texts.push(prompt);
        }
        cast.others.push(person);
        telling.show(|screen| screen.passing(number, others, &name))?;
    }
    telling.show(Screen::passed)?;
    let who = count(others, "other signs up and asks", "others sign up and ask");
    telling
        .same(answered, others, format!("{who} something; each is answered"))
        .await?;
    let who = count(refused, "of them also asks", "of them also ask");
    telling
        .same(
            refused,
            REFUSED_OTHERS,
            format!("{who} what is blocked, as Ada did; each is refused"),
        )
        .await?;
    cast.answered += answered;
    cast.refused += refused;
    Ok(cast)
}
