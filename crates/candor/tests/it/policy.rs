//! The policy of a running installation: its date, its page, and whether document and program agree.

use std::sync::Arc;
use std::time::Duration;

use base::clock::Clock;
use candor::privacy::versions;
use policy::page::{Making, Operator, Page, Updated};
use policy::{Document, Parameters};
use testkit::both_databases;

use crate::ground::Ground;

fn page(operator: &Operator) -> Page {
    let document = Document::embedded().unwrap();
    let making = Making {
        document: &document,
        parameters: &Parameters::of(&document, &[]).unwrap(),
        inventory: &candor::instance::inventory(),
        operator,
        named: &[],
    };
    making.page(None).unwrap()
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
