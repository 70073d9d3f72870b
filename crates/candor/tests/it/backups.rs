//! Backups: made while serving, restored elsewhere, with what happened since done again.

use std::path::Path;
use std::time::Duration;

use testkit::http::Streamed;
use testkit::upstream::Chat;
use testkit::{Database, FakeUpstream, Reply, Request, Serving, Site, both_databases, wait};

use crate::books::Books;
use crate::load::Load;

const ADA: &str = "ada@example.test";

fn chat(key: &str) -> Request {
    Request::chat("sandbox-chat", "Hello", Streamed::No).key(key)
}

fn another_database(like: &Database) -> Database {
    if like.url().is_some() {
        Database::postgres().unwrap()
    } else {
        Database::sqlite()
    }
}

/// Copies the keyring and the files beside it, as an operator moves them to a new machine.
fn carry_keyring(from: &Site, to: &Site, files: &[&str]) {
    std::fs::create_dir_all(to.data()).unwrap();
    for file in files {
        std::fs::copy(from.data().join(file), to.data().join(file)).unwrap();
    }
}

const ALL_FILES: &[&str] = &["keyring", "keyring.tombstones", "keyring.revoked"];

fn back_up(site: &Site, folder: &Path) -> serde_json::Value {
    site.cli_json(&["backup", folder.to_str().unwrap()])
}

fn refusal(site: &Site, arguments: &[&str]) -> (Option<i32>, String) {
    let output = site.cli(arguments);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn requests(site: &Site) -> i64 {
    let usage = site.cli_json(&["usage", "--account", ADA]);
    usage["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["requests"].as_i64().unwrap())
        .sum()
}

fn status(serving: &Serving<'_>, key: &str) -> u16 {
    serving.send(&chat(key)).status
}

both_databases! {
    async fn a_backup_made_while_serving_restores_people_money_and_log_and_what_was_revoked_since_stays_revoked(database) {
        let other = another_database(&database);
        let site = Site::new(database);
        let lost = site.customer(ADA, "1.00");
        let kept = site.cli_ok(&["key", "create", "--account", ADA, "--name", "kept"]);
        let serving = site.serve();
        for _ in 0..3 {
            assert_eq!(status(&serving, &lost), 200);
        }
        let folder = site.folder().join("backup");
        let made = back_up(&site, &folder);
        assert!(made["rows"].as_i64().unwrap() > 10 && made["days"].as_i64().unwrap() >= 1, "{made}");
        let booked = site.cli_json(&["account", "show", ADA])["balance_micro"].clone();
        site.cli_ok(&["key", "revoke", "--account", ADA, "--name", "test"]);
        assert!(serving.terminate().success());

        let restored = Site::new(other);
        carry_keyring(&site, &restored, ALL_FILES);
        let said = restored.cli_ok(&["restore", folder.to_str().unwrap()]);
        assert!(said.contains("1 keys revoked again") && said.contains("1 people can be read"), "{said}");
        assert_eq!(requests(&restored), 3);
        assert_eq!(restored.cli_json(&["account", "show", ADA])["balance_micro"], booked);
        let serving = restored.serve();
        assert_eq!((status(&serving, &lost), status(&serving, &kept)), (401, 200));
        wait::until_true(Duration::from_secs(5), "the new answer counts", || requests(&restored) == 4);
    }

    async fn an_old_backup_is_brought_under_this_weeks_keys_while_it_is_restored(database) {
        let other = another_database(&database);
        let site = Site::new(database);
        let key = site.customer(ADA, "1.00");
        let folder = site.folder().join("backup");
        back_up(&site, &folder);
        let restored = Site::new(other);
        carry_keyring(&site, &restored, &["keyring", "keyring.tombstones"]);
        restored.travel(45);
        let said = restored.cli_ok(&["restore", folder.to_str().unwrap()]);
        assert!(said.contains("1 keys of people and 1 addresses brought under this week's keys"), "{said}");
        assert!(said.contains("1 people can be read, 0 can't"), "{said}");
        let serving = restored.serve();
        assert_eq!(status(&serving, &key), 200);
        assert_eq!(restored.cli_json(&["account", "show", ADA])["email"], ADA);
    }

    async fn a_restore_is_refused_with_a_way_out_and_leaves_everything_as_it_was(database) {
        let other = another_database(&database);
        let site = Site::new(database);
        site.customer(ADA, "1.00");
        let folder = site.folder().join("backup");
        back_up(&site, &folder);
        let folder = folder.to_str().unwrap();
        let (code, said) = refusal(&site, &["backup", folder]);
        assert!(code == Some(2) && said.contains("is not empty"), "{said}");
        let (code, said) = refusal(&site, &["restore", folder]);
        assert!(code == Some(2) && said.contains("empty"), "{said}");
        assert_eq!(requests(&site), 0, "the instance still works");

        let restored = Site::new(other);
        let (code, said) = refusal(&restored, &["restore", site.folder().to_str().unwrap()]);
        assert!(code == Some(2) && said.contains("holds no complete backup"), "{said}");
        let (code, said) = refusal(&restored, &["restore", folder]);
        assert!(code == Some(2) && said.contains("--accept-erasures-until"), "{said}");
        let now = ["restore", folder, "--accept-erasures-until", "2000-01-01T00:00:00Z"];
        let (code, said) = refusal(&restored, &now);
        assert!(code == Some(2) && said.contains("is not between"), "{said}");
        let tombstones = site.data().join("keyring.tombstones");
        let given = ["restore", folder, "--tombstones", tombstones.to_str().unwrap()];
        let (code, said) = refusal(&restored, &given);
        assert!(code == Some(2) && said.contains("there is no keyring"), "{said}");
        carry_keyring(&site, &restored, &["keyring"]);
        restored.cli_ok(&given);
        assert_eq!(requests(&restored), 0);
    }
}

/// Log and books of a copy are at one mark, whichever process applies meanwhile.
#[test]
fn a_backup_made_while_several_processes_apply_adds_up() {
    const COPIES: usize = 4;
    let Some(database) = Database::postgres() else { return };
    let upstream = FakeUpstream::start();
    let site = Site::new(database).upstream(&upstream);
    let key = site.customer(ADA, "1000.00");
    upstream.always(Reply::Good(Chat::of_pieces(12).paced(Duration::from_millis(8))));
    // The same instance, another process: its own ports, the first one's data folder and database.
    let other = Site::new(Database::sqlite())
        .upstream(&upstream)
        .environment("CANDOR__DATA__DIR", site.data().to_str().unwrap())
        .environment("CANDOR__DATABASE__URL", &site.database().url().unwrap());
    let (first, second) = (site.serve(), other.serve());
    let loads = [&first, &second].map(|serving| Load::start(serving.address(), &key));
    let mut folders = Vec::new();
    for number in 0..COPIES {
        wait::pass(Duration::from_millis(300));
        let folder = site.folder().join(format!("backup {number}"));
        back_up(&site, &folder);
        folders.push(folder);
    }
    let heard = loads.map(Load::stop);
    assert!(
        heard
            .iter()
            .all(|heard| heard.cut.is_empty() && heard.delivered.len() > COPIES),
        "both were busy"
    );
    Books::settled(&site, &first, ADA, &key, 1_000_000_000);
    for folder in folders {
        let restored = Site::new(Database::postgres().unwrap()).upstream(&upstream);
        carry_keyring(&site, &restored, &["keyring", "keyring.tombstones"]);
        restored.cli_ok(&["restore", folder.to_str().unwrap()]);
        let serving = restored.serve();
        let books = Books::settled(&restored, &serving, ADA, &key, 1_000_000_000);
        assert!(!books.generations.is_empty());
    }
}

#[test]
fn another_keyring_opens_nobody_and_keeps_the_folder_closed() {
    let (site, stranger) = (Site::new(Database::sqlite()), Site::new(Database::sqlite()));
    site.customer(ADA, "1.00");
    stranger.customer(ADA, "1.00");
    let folder = site.folder().join("backup");
    back_up(&site, &folder);
    let restored = Site::new(Database::sqlite());
    carry_keyring(&stranger, &restored, &["keyring", "keyring.tombstones"]);
    let (code, said) = refusal(&restored, &["restore", folder.to_str().unwrap()]);
    assert!(code == Some(1) && said.contains("it is another one"), "{said}");
    let (code, said) = refusal(&restored, &["serve"]);
    assert!(code == Some(2) && said.contains("did not come to its end"), "{said}");
}

#[test]
fn a_damaged_backup_is_refused_before_anything_is_written() {
    let site = Site::new(Database::sqlite());
    site.customer(ADA, "1.00");
    let folder = site.folder().join("backup");
    back_up(&site, &folder);
    let rows = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
    let file = rows
        .filter(|path| path.extension().is_some_and(|end| end == "rows"))
        .max_by_key(|path| path.metadata().unwrap().len());
    let mut bytes = std::fs::read(file.as_ref().unwrap()).unwrap();
    bytes[0] ^= 1;
    std::fs::write(file.unwrap(), bytes).unwrap();
    let restored = Site::new(Database::sqlite());
    carry_keyring(&site, &restored, &["keyring", "keyring.tombstones"]);
    let (code, said) = refusal(&restored, &["restore", folder.to_str().unwrap()]);
    assert!(code == Some(1) && said.contains("is damaged"), "{said}");
    assert!(!restored.data().join("candor.db").exists());
}
