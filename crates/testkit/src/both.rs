//! One test, two databases.

/// Makes two tests of one body: `NAME::on_sqlite` and `NAME::on_postgresql`. The body gets a fresh, empty [`Database`](crate::Database).
///
/// ```text
/// testkit::both_databases! {
///     /// Why this matters.
///     async fn a_balance_is_the_sum_of_its_postings(database) {
///         let db = Db::open(database.url()).await.unwrap();
///         …
///     }
/// }
/// ```
#[macro_export]
macro_rules! both_databases {
    ($($(#[$about:meta])* async fn $name:ident($database:ident) $body:block)+) => { $(
        $(#[$about])*
        mod $name {
            use super::*;

            async fn act($database: $crate::Database) $body

            #[test]
            fn on_sqlite() {
                $crate::block_on(act($crate::Database::sqlite()));
            }

            #[test]
            fn on_postgresql() {
                if let Some(database) = $crate::Database::postgres() {
                    $crate::block_on(act(database));
                }
            }
        }
    )+ };
    ($($(#[$about:meta])* fn $name:ident($database:ident) $body:block)+) => { $(
        $(#[$about])*
        mod $name {
            use super::*;

            fn act($database: $crate::Database) $body

            #[test]
            fn on_sqlite() {
                act($crate::Database::sqlite());
            }

            #[test]
            fn on_postgresql() {
                if let Some(database) = $crate::Database::postgres() {
                    act(database);
                }
            }
        }
    )+ };
}
