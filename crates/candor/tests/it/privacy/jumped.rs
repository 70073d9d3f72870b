//! Somebody sets the machine's date while the program serves.

use std::time::Duration;

use testkit::http::Streamed;
use testkit::{Request, Serving, Site, wait};

use crate::books::receipt;

const SOON: Duration = Duration::from_secs(10);

fn parted_seconds(serving: &Serving<'_>) -> u64 {
    let page = serving.operations("/metrics").body;
    let page = String::from_utf8_lossy(&page);
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix("candor_clock_parted_seconds "));
    line.unwrap().parse().unwrap()
}

testkit::both_databases! {
    fn a_date_that_is_set_while_it_serves_ends_no_day_raises_an_alarm_and_heals(database) {
        let site = Site::new(database);
        site.set_wall(0);
        let key = site.customer("ada@example.test", "10.00");
        let serving = site.serve();
        let asked = serving.send(&Request::chat("sandbox-chat", "Remember this", Streamed::No).key(&key));
        let id = asked.header("x-candor-receipt").unwrap().to_owned();
        receipt(&serving, &key, &id);
        assert_eq!(parted_seconds(&serving), 0);

        site.set_wall(400);
        wait::until_true(SOON, "the alarm", || parted_seconds(&serving) > 399 * 86_400);
        let status = || serving.send(&Request::get(format!("/v1/candor/receipts/{id}")).key(&key)).status;
        assert_eq!(status(), 404, "what is over by the wall is hidden");
        let refused = site.cli(&["sweep"]);
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(1) && told.contains("clock moved"), "{told}");
        assert!(!site.cli_json(&["sweep", "--dry-run"])["due"].as_array().unwrap().is_empty());
        assert!(serving.is_ready(), "new work is taken as before");

        site.set_wall(0);
        wait::until_true(SOON, "the end of the alarm", || parted_seconds(&serving) == 0);
        assert_eq!(status(), 200, "nothing was lost");
        assert!(site.cli_json(&["sweep"])["left"].as_array().unwrap().is_empty());
        assert!(serving.terminate().success());
    }
}
