//! What an account's books say, read as its owner and its operator read them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use testkit::{Request, Serving, Site, wait};

/// How long credit may stay reserved, and a delivered answer unrecorded.
const SETTLED_WITHIN: Duration = Duration::from_secs(10);

/// One account's books at one moment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Books {
    /// Each generation with its cost, by receipt.
    pub(crate) generations: BTreeMap<String, i64>,
    /// Receipts that stand in the list more than once.
    pub(crate) doubled: Vec<String>,
    pub(crate) balance_micro: i64,
    pub(crate) reserved_micro: i64,
    /// Sum over the account's keys.
    pub(crate) usage_cost_micro: i64,
    pub(crate) usage_requests: i64,
}

impl Books {
    pub(crate) fn read(site: &Site, serving: &Serving<'_>, email: &str, key: &str) -> Self {
        let (mut generations, mut doubled) = (BTreeMap::new(), Vec::new());
        for row in rows(serving, key) {
            let receipt = text(&row["receipt"]);
            if generations
                .insert(receipt.clone(), integer(&row["cost_micro"]))
                .is_some()
            {
                doubled.push(receipt);
            }
        }
        let account = site.cli_json(&["account", "show", email]);
        let usage = site.cli_json(&["usage", "--account", email]);
        let sum = |field: &str| {
            usage["keys"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| integer(&key[field]))
                .sum()
        };
        Self {
            generations,
            doubled,
            balance_micro: integer(&account["balance_micro"]),
            reserved_micro: integer(&account["reserved_micro"]),
            usage_cost_micro: sum("cost_micro"),
            usage_requests: sum("requests"),
        }
    }

    /// Reads until nothing is reserved any more and the books agree with themselves, and asserts it.
    pub(crate) fn settled(site: &Site, serving: &Serving<'_>, email: &str, key: &str, granted_micro: i64) -> Self {
        let mut last = None;
        let is_settled = |books: &Self| books.reserved_micro == 0 && books.spent(granted_micro) == books.cost();
        let began = std::time::Instant::now();
        while began.elapsed() < SETTLED_WITHIN {
            let books = Self::read(site, serving, email, key);
            if is_settled(&books) {
                last = Some(books);
                break;
            }
            last = Some(books);
            wait::pass(Duration::from_millis(50));
        }
        let books = last.unwrap();
        assert_eq!(books.reserved_micro, 0, "credit is still reserved");
        assert_eq!(books.spent(granted_micro), books.cost(), "granted − balance = Σ costs");
        assert_eq!(books.usage_cost_micro, books.cost(), "usage by key = Σ costs");
        assert!(books.doubled.is_empty(), "recorded twice: {:?}", books.doubled);
        books
    }

    pub(crate) fn cost(&self) -> i64 {
        self.generations.values().sum()
    }

    const fn spent(&self, granted_micro: i64) -> i64 {
        granted_micro - self.balance_micro
    }
}

/// The account's generations, all pages of them.
fn rows(serving: &Serving<'_>, key: &str) -> Vec<Value> {
    let (mut rows, mut after) = (Vec::new(), String::new());
    loop {
        let answer = serving.send(&Request::get(format!("/api/usage/generations?limit=100{after}")).key(key));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let page = answer.json();
        rows.extend(page["data"].as_array().unwrap().iter().cloned());
        match rows.last() {
            Some(row) if page["has_more"] == true => after = format!("&after={}", text(&row["receipt"])),
            _ => return rows,
        }
    }
}

/// A receipt, as soon as it can be seen.
pub(crate) fn receipt(serving: &Serving<'_>, key: &str, id: &str) -> Value {
    wait::until(Duration::from_secs(5), &format!("the receipt {id} can be seen"), || {
        let answer = serving.send(&Request::get(format!("/v1/candor/receipts/{id}")).key(key));
        (answer.status == 200).then(|| answer.json())
    })
}

fn integer(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no integer"))
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}
