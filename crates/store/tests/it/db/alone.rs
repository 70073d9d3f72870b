//! Work that one process of several does at a time.

use store::db::{DbOptions, Dialect};

use super::both::{Fresh, both_databases};

both_databases! {
    async fn one_process_is_at_work_under_a_name_and_lets_go_when_it_is_done_or_dropped(fresh: &Fresh) {
        if fresh.db.dialect() == Dialect::Sqlite {
            assert_eq!(fresh.db.alone("sweep", async { 7 }).await.unwrap(), Some(7), "there is nobody to keep out");
            return;
        }
        let other = fresh.again(DbOptions::default()).await;
        let inside = fresh.db.alone("sweep", async {
            (
                other.alone("sweep", async { "both" }).await.unwrap(),
                other.alone("another job", async { "apart" }).await.unwrap(),
            )
        });
        assert_eq!(inside.await.unwrap(), Some((None, Some("apart"))));
        assert_eq!(other.alone("sweep", async { "next" }).await.unwrap(), Some("next"));

        let (began, begun) = tokio::sync::oneshot::channel();
        let mut endless = Box::pin(fresh.db.alone("sweep", async {
            began.send(()).unwrap();
            std::future::pending::<()>().await;
        }));
        tokio::select! {
            _ = &mut endless => unreachable!("it never ends"),
            begun = begun => begun.unwrap(),
        }
        drop(endless);
        // The server learns of the closed connection by itself.
        let mut last = None;
        for _ in 0..1000 {
            last = other.alone("sweep", async { "after a death" }).await.unwrap();
            if last.is_some() {
                break;
            }
        }
        assert_eq!(last, Some("after a death"));
        other.close().await;
    }
}
