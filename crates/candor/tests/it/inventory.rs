//! The data inventory against the live databases.

use std::path::Path;
use std::sync::Arc;

use candor::instance::files::declared;
use candor::money::credit::Sharing;
use candor::privacy::inventory::check;
use candor::privacy::{aggregates, evidence, versions};
use candor::{backups, money, people, records, schema};
use policy::inventory::Store;
use store::db::Statement;
use testkit::http::Streamed;
use testkit::{Request, Site, both_databases};

use crate::ground::{Ground, Process, Said};

const PLANT: Statement = Statement::common("test.plant", "ALTER TABLE account ADD COLUMN birthday TEXT");
const PLANT_TABLE: Statement = Statement::pair(
    "test.plant_table",
    "CREATE TABLE diary (entry TEXT NOT NULL) STRICT",
    "CREATE TABLE diary (entry TEXT NOT NULL)",
);

both_databases! {
    async fn every_live_column_is_declared_and_every_declared_one_lives(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let process = Process::start(&ground, Sharing::Alone).await;
        let ada = process.user("ada@example.org", "1.00").await;
        process.generate(&ada, Said::USUAL).await;
        process.apply().await;
        let main = check(&schema::tables(), Store::Main, &ground.db.catalogue().await.unwrap());
        assert_eq!(main.mismatches, []);
        let day = check(&schema::tables(), Store::Day, &ground.days.catalogue().await.unwrap());
        assert_eq!(day.mismatches, []);
        let columns = |store| -> usize {
            schema::tables().iter().filter(|table| table.store == store).map(|table| table.columns.len()).sum()
        };
        assert_eq!((main.examined, day.examined), (columns(Store::Main), columns(Store::Day)));
        assert!(main.examined > 50 && day.examined > 15);
    }

    async fn a_planted_column_is_told_with_the_lines_to_paste(database) {
        let ground = Ground::new(&database).await;
        ground.db.execute(&PLANT, vec![]).await.unwrap();
        let checked = check(&schema::tables(), Store::Main, &ground.db.catalogue().await.unwrap());
        let told = candor::privacy::inventory::Undeclared(checked.mismatches).to_string();
        assert!(told.contains("account.birthday"), "{told}");
        assert!(told.contains("Column { name: \"birthday\", kind: Kind::Text, null: Null::Allowed"), "{told}");
    }

    async fn a_planted_table_is_told_with_the_lines_to_paste(database) {
        let ground = Ground::new(&database).await;
        ground.db.execute(&PLANT_TABLE, vec![]).await.unwrap();
        let checked = check(&schema::tables(), Store::Main, &ground.db.catalogue().await.unwrap());
        assert_eq!(checked.mismatches.len(), 1);
        let told = checked.mismatches[0].to_string();
        assert!(told.contains("pub const DIARY: Table") && told.contains("name: \"entry\""), "{told}");
    }

    async fn every_statement_prepares(database) {
        let ground = Arc::new(Ground::new(&database).await);
        let mut prepared = 0;
        let all =
            [people::store::STATEMENTS, money::store::STATEMENTS, records::store::STATEMENTS, backups::store::STATEMENTS,
             aggregates::store::STATEMENTS, evidence::store::STATEMENTS, versions::store::STATEMENTS];
        for statement in all.concat() {
            ground.db.check(statement).await.unwrap();
            prepared += 1;
        }
        let day = ground.days.writer(ground.today()).await.unwrap();
        for statement in records::store::DAY_STATEMENTS {
            day.check(statement).await.unwrap();
            prepared += 1;
        }
        assert!(prepared > 45, "{prepared}");
    }
}

#[test]
fn no_declaration_contradicts_itself() {
    let document = policy::Document::embedded().unwrap();
    let checked = candor::instance::inventory().check(&document.parameter_keys(), &document.recipient_ids());
    assert_eq!(checked.faults, []);
    assert!(checked.examined > 120, "{}", checked.examined);
}

fn undeclared(folder: &Path) -> (usize, Vec<String>) {
    let (mut examined, mut undeclared, mut folders) = (0, Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            examined += 1;
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            if declared(name, "keyring").is_none() {
                undeclared.push(name.to_owned());
            }
        }
    }
    (examined, undeclared)
}

both_databases! {
    async fn every_file_of_a_used_data_folder_is_declared(database) {
        let site = Site::new(database);
        let key = site.customer("ada@example.test", "1.00");
        let serving = site.serve();
        assert_eq!(serving.send(&Request::chat("sandbox-chat", "Hello", Streamed::No).key(&key)).status, 200);
        site.cli_ok(&["key", "revoke", "--account", "ada@example.test", "--name", "test"]);
        let (examined, strange) = undeclared(&site.data());
        assert_eq!(strange, Vec::<String>::new(), "declare them in instance/files.rs");
        assert!(examined >= 7, "{examined}");
        std::fs::write(site.data().join("diary"), "").unwrap();
        assert_eq!(undeclared(&site.data()).1, ["diary"], "a planted file is found");
        drop(serving);
    }
}

#[test]
fn pairs_of_sql_are_few_and_counted() {
    let all = [
        people::store::STATEMENTS,
        money::store::STATEMENTS,
        records::store::STATEMENTS,
        records::store::DAY_STATEMENTS,
        aggregates::store::STATEMENTS,
        evidence::store::STATEMENTS,
        versions::store::STATEMENTS,
    ]
    .concat();
    assert_eq!(all.iter().filter(|statement| statement.is_pair()).count(), 0);
}
