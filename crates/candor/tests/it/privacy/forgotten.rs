//! The real program, thirty-one days later, looked at byte by byte. "Not found" alone proves nothing where everything is sealed
//! (durability.md 6): plaintext is never found, and planted plaintext is; the sealed bytes and the day's key are found before the
//! end and gone after it; what was copied before can't be opened with the keys that remain.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base::ids::GenerationId;
use base::time::Day;
use store::db::{Db, DbOptions, SqliteProfile, Statement};
use testkit::canary::Canary;
use testkit::http::Streamed;
use testkit::scan::{Needle, Scan};
use testkit::{Database, Request, Serving, Site, wait};

use crate::books::receipt;

const ADA: &str = "ada@example.test";
const LATER_DAYS: u32 = 31;
const SEALED: Statement = Statement::common("test.sealed", "SELECT meta, content FROM generation");

/// An instance with a used day, and what to look for.
struct Used {
    site: Site,
    canaries: Vec<Canary>,
    receipts: Vec<String>,
    key: String,
    log_place: String,
}

impl Used {
    fn new(database: Database) -> Self {
        let log_place = database.log_place();
        let mirror = database.folder().join("mirror").join("keyring");
        let site = Site::new(database)
            .environment("RUST_LOG", "trace")
            .environment("CANDOR__KEYS__MIRROR", mirror.to_str().unwrap());
        let key = site.customer(ADA, "10.00");
        Self {
            site,
            canaries: Vec::new(),
            receipts: Vec::new(),
            key,
            log_place,
        }
    }

    fn texts(&self) -> Vec<&str> {
        self.canaries.iter().map(|canary| canary.text.as_str()).collect()
    }

    /// Everything outside of the backup, for plaintext.
    fn assert_no_plaintext(&self, metrics: &[u8]) {
        let needles: Vec<Needle> = self
            .texts()
            .into_iter()
            .map(|text| needle(text, text.as_bytes()))
            .collect();
        let database = self.site.database();
        Scan::folder(self.site.folder(), &self.texts())
            .and(Scan::bytes("dump", &database.dump(), &self.texts()))
            .and(database.scan_tables(&needles))
            .and(database.scan_log(&self.log_place, &needles))
            .and(Scan::bytes("metrics", metrics, &self.texts()))
            .assert_clean();
    }

    /// What of `needles` the living stores hold: data folder, mirror, logs, tables of PostgreSQL.
    fn living(&self, needles: &[Needle]) -> Scan {
        let scan = Scan::folder_for(&self.site.data(), needles)
            .and(Scan::folder_for(&self.site.folder().join("mirror"), needles));
        let log = Scan::bytes_for("log", &self.site.log(), needles);
        scan.and(log).and(self.site.database().scan_tables(needles))
    }
}

/// A generation a canary; they are in the log when this returns their receipts.
fn ask(serving: &Serving<'_>, key: &str, canaries: &[Canary]) -> Vec<String> {
    let one = |canary: &Canary| {
        let request = Request::chat("sandbox-chat", &canary.sentence(), Streamed::No).key(key);
        let answer = serving.send(&request);
        assert!(answer.is_delivered(), "{}", answer.status);
        answer.header("x-candor-receipt").unwrap().to_owned()
    };
    let receipts: Vec<String> = canaries.iter().map(one).collect();
    for id in &receipts {
        assert_eq!(receipt(serving, key, id)["status"], "completed");
    }
    receipts
}

fn needle(name: &str, bytes: &[u8]) -> Needle {
    Needle {
        name: name.to_owned(),
        bytes: bytes.to_vec(),
    }
}

/// Bytes from the middle of every sealed value of the day.
fn sealed(site: &Site, day: Day) -> Vec<Needle> {
    let rows = testkit::block_on(async {
        let db = match site.database().url() {
            Some(url) => Db::open(&url.parse().unwrap(), DbOptions::default()).await.unwrap(),
            None => {
                let file = site.data().join("days").join(format!("{day}.db"));
                Db::open_sqlite(&file, SqliteProfile::DAY, DbOptions::default())
                    .await
                    .unwrap()
            }
        };
        let rows = db.query(&SEALED, vec![]).await.unwrap();
        db.close().await;
        rows
    });
    let mut needles = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        for (column, name) in ["meta", "content"].into_iter().enumerate() {
            if let Some(value) = row.optional_blob(column).unwrap().filter(|value| value.len() > 64) {
                needles.push(needle(&format!("{name} {number}"), &value[24..56]));
            }
        }
    }
    needles
}

/// The key of a day as it lies in a keyring's file, by the layout that `store::keys` documents.
fn day_key(file: &Path, day: Day) -> Option<Needle> {
    const BLOCK: usize = 4096;
    let bytes = std::fs::read(file).unwrap();
    let is_of_day = |block: &&[u8]| {
        block.starts_with(b"CDRKEY")
            && block[29] == 1
            && block[32..40] == i64::from(day.number()).to_le_bytes()
            && block[56..88] != [0; 32]
    };
    let block = bytes.chunks_exact(BLOCK).find(is_of_day)?;
    Some(needle("the day's key", &block[56..88]))
}

fn state(site: &Site, promise: &str) -> String {
    let output = site.cli(&["verify", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let promises = told["promises"].as_array().unwrap();
    let one = promises.iter().find(|one| one["id"] == promise).unwrap();
    format!("{} {}", one["state"].as_str().unwrap(), one["why"])
}

fn copy(from: &Path, to: &Path) -> PathBuf {
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::copy(from, to).unwrap();
    to.to_owned()
}

testkit::both_databases! {
    fn thirty_one_days_later_nothing_is_left_and_what_was_copied_before_does_not_open(database) {
        let mut used = Used::new(database);
        let outside = tempfile::tempdir().unwrap();

        // A process that is killed leaves everything in its spool: the first retained copy.
        let site_spool = used.site.data().join("spool");
        let killed = Canary::new("prompt before a kill");
        let serving = used.site.serve();
        let request = Request::chat("sandbox-chat", &killed.sentence(), Streamed::Yes).key(&used.key);
        assert!(serving.send(&request).is_delivered());
        serving.kill9();
        let segments: Vec<PathBuf> = std::fs::read_dir(&site_spool).unwrap().map(|file| file.unwrap().path()).collect();
        for segment in &segments {
            copy(segment, &outside.path().join("spool").join(segment.file_name().unwrap()));
        }
        used.canaries.push(killed);
        used.canaries.extend((0..3).map(|_| Canary::new("prompt")));

        let serving = used.site.serve();
        used.receipts = ask(&serving, &used.key, &used.canaries[1..]);
        let day = used.receipts[0].parse::<GenerationId>().unwrap().day();
        let backup = outside.path().join("backup");
        used.site.cli_ok(&["backup", backup.to_str().unwrap()]);
        let metrics = serving.operations("/metrics").body;
        assert!(serving.terminate().success());

        let mut needles = sealed(&used.site, day);
        let sealed_values = needles.len();
        assert!(sealed_values >= 8, "{sealed_values} sealed values");
        let keyring = copy(&used.site.data().join("keyring"), &outside.path().join("keyring of then"));
        let key = day_key(&keyring, day).unwrap();
        assert_eq!(day_key(&used.site.folder().join("mirror").join("keyring"), day).unwrap().bytes, key.bytes);
        needles.push(key.clone());
        used.assert_no_plaintext(&metrics);
        assert_eq!(used.living(&needles).found().len(), needles.len(), "what will be gone is there");
        assert!(Scan::folder_for(&backup, &needles).found().len() >= sealed_values, "and in the backup");
        assert!(Scan::folder_for(&outside.path().join("spool"), &needles).found().len() >= 2, "and in the old spool");
        assert_eq!(Scan::folder_for(&backup, std::slice::from_ref(&key)).found().len(), 0, "but for the key");

        used.site.travel(LATER_DAYS);
        let due = used.site.cli_json(&["sweep", "--dry-run"]);
        assert!(due["due"].as_array().unwrap().iter().any(|due| due["day"] == day.to_string()), "{due}");
        let serving = used.site.serve();
        // The level is missing until a sweep has looked, and above zero until it is through.
        let is_swept = || serving.operations("/metrics").text().lines().any(|line| line == "candor_seconds_past_cutoff 0");
        wait::until_true(Duration::from_secs(30), "the program sweeps by itself", is_swept);
        assert_eq!(serving.send(&Request::get(format!("/v1/candor/receipts/{}", used.receipts[0])).key(&used.key)).status, 404);
        let metrics = serving.operations("/metrics").body;
        for promise in ["P-13.3", "P-6.4"] {
            assert!(state(&used.site, promise).starts_with("kept"), "{promise}: {}", state(&used.site, promise));
        }
        assert!(serving.terminate().success());

        used.assert_no_plaintext(&metrics);
        let left = used.living(&needles);
        assert!(left.looked_at > 5);
        assert_eq!(left.found().into_iter().collect::<Vec<_>>(), Vec::<&str>::new(), "{:?}", left.hits);
        let in_log = used.site.database().scan_log(&used.log_place, std::slice::from_ref(&key));
        assert!(in_log.found().is_empty(), "the key was never in a database's log");
        prove_alive(&used, &needles);

        opens(&used, &backup, &keyring, 200);
        opens(&used, &backup, &used.site.data().join("keyring"), 404);
    }
}

/// Restores the backup beside this keyring, at the time when it was made, and asks for a receipt.
fn opens(used: &Used, backup: &Path, keyring: &Path, expected: u16) {
    let database = match used.site.database().url() {
        None => Database::sqlite(),
        Some(_) => Database::postgres().unwrap(),
    };
    let restored = Site::new(database);
    copy(keyring, &restored.data().join("keyring"));
    for beside in ["keyring.tombstones", "keyring.revoked"] {
        let file = used.site.data().join(beside);
        if file.exists() {
            copy(&file, &restored.data().join(beside));
        }
    }
    restored.cli_ok(&["restore", backup.to_str().unwrap()]);
    let serving = restored.serve();
    for id in &used.receipts {
        let request = Request::get(format!("/v1/candor/receipts/{id}")).key(&used.key);
        let status = wait::until(Duration::from_secs(10), "an answer about a receipt", || {
            let status = serving.send(&request).status;
            (status == expected || expected == 404).then_some(status)
        });
        assert_eq!(status, expected);
    }
}

/// What was planted where the other things were not found is found.
fn prove_alive(used: &Used, needles: &[Needle]) {
    let planted = used.site.data().join("planted");
    for (text, bytes) in used.texts().into_iter().zip(needles) {
        std::fs::write(&planted, [text.as_bytes(), &bytes.bytes].concat()).unwrap();
        assert_eq!(Scan::folder(&used.site.data(), &[text]).hits.len(), 1);
        assert_eq!(
            Scan::folder_for(&used.site.data(), std::slice::from_ref(bytes))
                .hits
                .len(),
            1
        );
    }
    std::fs::remove_file(planted).unwrap();
}
