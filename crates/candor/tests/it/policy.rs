//! The policy of a running installation: its date, its page, and whether document and program agree.

use std::sync::Arc;
use std::time::Duration;

use base::clock::Clock;
use candor::privacy::published::Parts;
use candor::privacy::{declared, versions};
use policy::page::{Operator, Page, Updated};
use policy::{Category, Document, Parameters, Purpose};
use testkit::both_databases;

use crate::ground::Ground;

fn page(operator: &Operator) -> Page {
    parts(operator.clone()).making().page(None).unwrap()
}

both_databases! {
    async fn a_page_is_dated_by_its_first_run_and_never_again(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let (first, later) = (ground.clock.now(), Duration::from_hours(50));
        let draft = versions::dated(&ground.db, page(&Operator::default())).await.unwrap();
        assert_eq!(draft.updated, Updated::NotYet);
        let dated = versions::ran(&ground.db, draft.clone(), first).await.unwrap();
        assert_eq!(dated.updated, Updated::FirstRan(first));
        ground.clock.advance(later);
        let again = versions::ran(&ground.db, draft, ground.clock.now()).await.unwrap();
        assert_eq!(again, dated, "a second start keeps the date");

        let named = Operator { name: Some("Ada".to_owned()), ..Operator::default() };
        let changed = versions::ran(&ground.db, page(&named), ground.clock.now()).await.unwrap();
        assert_eq!(changed.updated, Updated::FirstRan(ground.clock.now()));
        let hashes: Vec<_> = versions::store::all(&ground.db).await.unwrap().iter().map(|one| one.hash).collect();
        assert_eq!(hashes, [changed.hash, dated.hash], "the newest first");
    }
}

fn parts(operator: Operator) -> Parts {
    let document = Arc::new(Document::embedded().unwrap());
    Parts {
        parameters: Parameters::of(&document, &[]).unwrap(),
        document,
        inventory: candor::instance::inventory(),
        operator,
        named: Vec::new(),
    }
}

#[test]
fn document_declarations_and_page_agree() {
    let checked = declared::examine(&parts(Operator::default()), &[]);
    let faults: Vec<String> = checked.faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, Vec::<String>::new());
    assert!(checked.examined > 600, "looked at {} things only", checked.examined);
}

#[test]
fn a_kind_of_data_that_is_used_or_kept_otherwise_than_the_page_says_ends_the_start() {
    let mut changed = parts(Operator::default());
    let document = Arc::make_mut(&mut changed.document);
    let contact = document
        .categories
        .iter_mut()
        .find(|entry| entry.id == Category::Contact)
        .unwrap();
    contact.purposes = vec![Purpose::Marketing];
    contact.kept = vec!["retention.security_log".to_owned().into()];
    let told = declared::require(&changed).unwrap_err().to_string();
    for expected in [
        "account: it uses `contact` for `provide_service`",
        "account: it keeps `contact` as WhileAccount",
    ] {
        assert!(told.contains(expected), "{told}");
    }
}
