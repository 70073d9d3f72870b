//! Locks that many share or one has alone.

use store::db::{DbOptions, Hold};

use super::both::Fresh;

const LOCK: i64 = 7;
const TRIES: usize = 2_000;

async fn shared(db: &store::db::Db) -> Option<Hold> {
    db.try_share(LOCK).await.unwrap()
}

#[tokio::test]
async fn who_waits_to_have_a_lock_alone_is_not_passed_by_those_who_would_share_it() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let other = fresh.again(DbOptions::default()).await;
    let (first, second) = (shared(&fresh.db).await.unwrap(), shared(&other).await.unwrap());
    let db = other.clone();
    let waiting = tokio::spawn(async move { db.hold_alone(LOCK).await });
    let mut passed = TRIES;
    for tried in 0..TRIES {
        match shared(&fresh.db).await {
            Some(hold) => hold.release().await,
            None => {
                passed = tried;
                break;
            }
        }
    }
    assert!(passed < TRIES, "nobody else gets a share while one waits");
    first.release().await;
    assert!(!waiting.is_finished());
    // As if its process died.
    drop(second);
    let alone = waiting.await.unwrap().unwrap();
    assert!(shared(&other).await.is_none());
    alone.release().await;
    let mut again = None;
    for _ in 0..TRIES {
        // The server learns of the closed connection by itself.
        again = shared(&other).await;
        if again.is_some() {
            break;
        }
    }
    again.unwrap().release().await;
    other.close().await;
    fresh.end().await;
}
