//! `both_databases!` makes two tests of one body.

testkit::both_databases! {
    /// What every storage test begins with.
    async fn a_test_gets_an_empty_database_of_its_own(database) {
        assert_eq!(database.url().is_some(), database.url().is_some_and(|url| url.contains("candor_test_")));
        assert!(database.folder().read_dir().unwrap().next().is_none());
        assert!(database.dump().is_empty());
    }
}

testkit::both_databases! {
    fn a_test_may_be_synchronous(database) {
        assert!(database.folder().is_dir());
    }
}
