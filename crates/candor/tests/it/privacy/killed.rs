//! The real program is killed while it sweeps, again and again; what is left to do is done by the next.

use std::process::Stdio;
use std::time::Duration;

use base::random::{SystemRandom, bytes};
use testkit::http::Streamed;
use testkit::{Request, Site, wait};

use crate::books::receipt;

const DAYS: u32 = 3;
const KILLS: usize = 12;
/// By then a sweep of a few days is over, also on a busy machine.
const SWEEP_MILLIS: u16 = 400;

testkit::both_databases! {
    fn a_sweep_that_is_killed_at_any_moment_is_brought_to_its_end_by_the_next(database) {
        let site = Site::new(database);
        let key = site.customer("ada@example.test", "10.00");
        for ahead in 0..DAYS {
            site.travel(ahead);
            let serving = site.serve();
            let answer = serving.send(&Request::chat("sandbox-chat", "Remember this", Streamed::No).key(&key));
            let id = answer.header("x-candor-receipt").unwrap().to_owned();
            assert_eq!(receipt(&serving, &key, &id)["status"], "completed");
            assert!(serving.terminate().success());
        }
        let booked = site.cli_json(&["account", "show", "ada@example.test"])["balance_micro"].clone();
        site.travel(DAYS + 40);
        let due = site.cli_json(&["sweep", "--dry-run"]);
        assert!(due["due"].as_array().unwrap().len() >= usize::try_from(DAYS).unwrap(), "{due}");
        let mut killed = 0;
        for _ in 0..KILLS {
            let mut sweep = site.command(&["sweep"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            wait::pass(Duration::from_millis((u16::from_be_bytes(bytes(&SystemRandom)) % SWEEP_MILLIS).into()));
            if sweep.try_wait().unwrap().is_none() {
                killed += 1;
                sweep.kill().unwrap();
            }
            sweep.wait().unwrap();
        }
        assert!(killed > 0, "no sweep was still at work when it was to be killed");
        site.cli_json(&["sweep"]);
        let after = site.cli_json(&["sweep", "--dry-run"]);
        assert_eq!((after["due"].as_array().unwrap().len(), after["partitions"].as_u64()), (0, Some(0)), "{after}");
        let verified = site.cli_json(&["verify"]);
        let promises = verified["promises"].as_array().unwrap();
        assert!(promises.iter().any(|one| one["id"] == "P-13.3" && one["state"] == "kept"), "{verified}");
        assert!(promises.iter().all(|one| one["state"] != "broken"), "{verified}");
        assert_eq!(site.cli_json(&["account", "show", "ada@example.test"])["balance_micro"], booked, "the books stay");
    }
}
