//! Declared tables against live ones, and declarations that contradict themselves.

use policy::inventory::{
    Admits, Column, Cookie, Disposition, File, Host, Inventory, Kind, LiveColumn, LogField, Method, MetricLabel,
    Mismatch, Null, Processing, Retention, Route, Sealed, Store, SubjectPath, Table, compare,
};
use policy::{Category, Document, Purpose};

const ID: Column = Column {
    name: "subject_id",
    kind: Kind::Blob,
    null: Null::Never,
    category: Category::Identifiers,
    sealed: Sealed::No("random, means nothing by itself"),
};
const EMAIL: Column = Column {
    name: "email",
    kind: Kind::Blob,
    null: Null::Allowed,
    category: Category::Contact,
    sealed: Sealed::Subject,
};

const PERSON: Table = Table {
    name: "person",
    store: Store::Main,
    subject_path: SubjectPath::Column("subject_id"),
    purpose: Purpose::ProvideService,
    retention: Retention::WhileAccount,
    disposition: Disposition::Erase,
    columns: &[ID, EMAIL],
};
const NOTE: Table = Table {
    name: "note",
    store: Store::Day,
    subject_path: SubjectPath::Via {
        column: "subject_id",
        table: "person",
    },
    purpose: Purpose::ProvideService,
    retention: Retention::Parameter("retention.generation_log"),
    disposition: Disposition::Anonymise(&["email"]),
    columns: &[ID, EMAIL],
};

fn live(table: &str, column: &str, kind: Kind, null: Null) -> LiveColumn {
    LiveColumn {
        table: table.to_owned(),
        column: column.to_owned(),
        kind: Some(kind),
        null,
    }
}

fn live_person() -> Vec<LiveColumn> {
    vec![
        live("person", "subject_id", Kind::Blob, Null::Never),
        live("person", "email", Kind::Blob, Null::Allowed),
    ]
}

#[test]
fn a_database_as_declared_has_no_mismatch() {
    assert_eq!(compare(&[&PERSON], &live_person()), []);
}

#[test]
fn an_undeclared_table_and_column_print_the_lines_to_paste() {
    let mut live_columns = live_person();
    live_columns.push(live("person", "phone", Kind::Text, Null::Allowed));
    live_columns.push(live("visit", "at", Kind::Integer, Null::Never));
    let mismatches = compare(&[&PERSON], &live_columns);
    let told: Vec<_> = mismatches.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2);
    assert!(told[0].contains(
        "Column { name: \"phone\", kind: Kind::Text, null: Null::Allowed, category: Category::/* which */, sealed: Sealed::/* which */ },"
    ));
    for line in [
        "pub const VISIT: Table = Table {",
        "name: \"visit\",",
        "retention: Retention::/* which */,",
        "kind: Kind::Integer, null: Null::Never",
    ] {
        assert!(told[1].contains(line), "{}", told[1]);
    }
}

#[test]
fn what_is_missing_or_different_is_told() {
    let told = |live: &[LiveColumn]| {
        compare(&[&PERSON], live)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(told(&[]).contains("table `person` is in the inventory and not in the database"));
    assert!(told(&live_person()[..1]).contains("column `person.email` is in the inventory and not in the database"));
    let mut changed = live_person();
    changed[1].null = Null::Never;
    assert!(told(&changed).contains("declared as kind: Kind::Blob, null: Null::Allowed"));
    changed[1].null = Null::Allowed;
    changed[1].kind = Kind::from_sql_type("double precision");
    assert!(told(&changed).contains("a type that no column may have"));
    assert_eq!(
        compare(&[&PERSON, &PERSON], &live_person()),
        [Mismatch::DeclaredTwice { table: "person" }]
    );
}

#[test]
fn both_databases_types_are_known() {
    for (name, kind) in [
        ("INTEGER", Kind::Integer),
        ("bigint", Kind::Integer),
        ("TEXT", Kind::Text),
        ("BLOB", Kind::Blob),
        ("bytea", Kind::Blob),
    ] {
        assert_eq!(Kind::from_sql_type(name), Some(kind));
    }
    assert_eq!(Kind::from_sql_type("real"), None);
}

const FIELD: LogField = LogField {
    name: "status",
    category: Category::Operations,
    why: "the answer's status",
};
const LABEL: MetricLabel = MetricLabel {
    metric: "candor_requests",
    label: "route",
    values: "the configured routes",
    category: Category::Operations,
};
const FILE: File = File {
    path: "spool/<instance>-<n>.seg",
    category: Category::GenerationContent,
    sealed: Sealed::SubjectDay,
    purpose: Purpose::ProvideService,
    retention: Retention::Parameter("retention.generation_log"),
    disposition: Disposition::Erase,
};
const HOST: Host = Host {
    name: "each [[provider]]",
    recipient: "model_provider",
    categories: &[Category::GenerationContent],
    purpose: Purpose::ProvideService,
};
const ROUTE: Route = Route {
    method: Method::Get,
    path: "/v1/notes/{id}",
    admits: Admits::ApiKey,
    processing: Processing::Personal {
        purpose: Purpose::ProvideService,
        categories: &[Category::GenerationContent],
    },
};

const COOKIE: Cookie = Cookie {
    name: "session",
    why: "keeps somebody signed in",
    lives: "until the browser is closed",
};

fn inventory() -> Inventory {
    Inventory {
        tables: vec![&PERSON, &NOTE],
        log_fields: vec![&FIELD],
        metric_labels: vec![&LABEL],
        files: vec![&FILE],
        hosts: vec![&HOST],
        routes: vec![&ROUTE],
        cookies: vec![&COOKIE],
    }
}

fn faults(inventory: &Inventory) -> Vec<String> {
    let document = Document::embedded().unwrap();
    let checked = inventory.check(&document.parameter_keys(), &document.recipient_ids());
    checked.faults.iter().map(ToString::to_string).collect()
}

#[test]
fn sound_declarations_pass_and_are_counted() {
    let document = Document::embedded().unwrap();
    let checked = inventory().check(&document.parameter_keys(), &document.recipient_ids());
    assert_eq!((checked.examined, checked.faults.len()), (10, 0));
    assert_eq!(inventory().tables_of(Store::Day).len(), 1);
}

/// A breach, and what must be told of it.
static BROKEN_TABLES: [(&str, Table); 12] = [
    (
        "which is no column",
        Table {
            subject_path: SubjectPath::Column("owner"),
            ..PERSON
        },
    ),
    (
        "which doesn't end at one",
        Table {
            subject_path: SubjectPath::Via {
                column: "subject_id",
                table: "nowhere",
            },
            ..PERSON
        },
    ),
    (
        "which doesn't end at one",
        Table {
            subject_path: SubjectPath::Via {
                column: "subject_id",
                table: "person",
            },
            ..PERSON
        },
    ),
    (
        "without a way to the person",
        Table {
            subject_path: SubjectPath::None("it is about nobody"),
            ..PERSON
        },
    ),
    (
        "a reason is missing",
        Table {
            subject_path: SubjectPath::None("TBD"),
            disposition: Disposition::Retain("a law, see the page"),
            ..PERSON
        },
    ),
    (
        "is no parameter",
        Table {
            retention: Retention::Parameter("retention.forever"),
            ..PERSON
        },
    ),
    (
        "kept as evidence",
        Table {
            retention: Retention::Evidence,
            ..PERSON
        },
    ),
    (
        "to be anonymised",
        Table {
            disposition: Disposition::Anonymise(&["phone"]),
            ..PERSON
        },
    ),
    (
        "a reason is missing",
        Table {
            disposition: Disposition::Unreachable(""),
            ..PERSON
        },
    ),
    (
        "person.email: it is declared twice",
        Table {
            columns: &[ID, EMAIL, EMAIL],
            ..PERSON
        },
    ),
    (
        "its kind is Kind::Blob",
        Table {
            columns: &[
                ID,
                Column {
                    kind: Kind::Text,
                    ..EMAIL
                },
            ],
            ..PERSON
        },
    ),
    (
        "never stands in the clear",
        Table {
            columns: &[ID, CLEAR_CONTENT],
            ..PERSON
        },
    ),
];
const CLEAR_CONTENT: Column = Column {
    category: Category::GenerationContent,
    sealed: Sealed::No("it is short"),
    ..EMAIL
};

type Plant = (&'static str, fn(&mut Inventory));

const OTHER_PLANTS: [Plant; 10] = [
    ("it is declared twice", |it| it.tables.push(&PERSON)),
    ("neither logs nor metrics", |it| {
        it.log_fields.push(&LogField {
            category: Category::Contact,
            ..FIELD
        });
    }),
    ("neither logs nor metrics", |it| {
        it.metric_labels.push(&MetricLabel {
            category: Category::Identifiers,
            ..LABEL
        });
    }),
    ("never stands in the clear", |it| {
        it.files.push(&File {
            sealed: Sealed::No("a short file"),
            ..FILE
        });
    }),
    ("answers anyone", |it| {
        it.routes.push(&Route {
            path: "/v1/notes",
            admits: Admits::Anyone,
            ..ROUTE
        });
    }),
    ("names no personal data", |it| {
        it.routes.push(&Route {
            path: "/v1/notes",
            processing: Processing::Personal {
                purpose: Purpose::ProvideService,
                categories: &[],
            },
            ..ROUTE
        });
    }),
    ("GET /v1/notes/{id}: it is declared twice", |it| it.routes.push(&ROUTE)),
    ("a path begins with a slash", |it| {
        it.routes.push(&Route { path: "notes", ..ROUTE });
    }),
    ("GET /notes: a reason is missing", |it| {
        it.routes.push(&Route {
            path: "/notes",
            processing: Processing::Nobody(""),
            ..ROUTE
        });
    }),
    ("is no recipient", |it| {
        it.hosts.push(&Host {
            recipient: "data_broker",
            ..HOST
        });
    }),
];

#[test]
fn planted_contradictions_are_all_told() {
    let told = |expected: &str, inventory: &Inventory| {
        let faults = faults(inventory);
        assert!(
            faults.iter().any(|fault| fault.contains(expected)),
            "`{expected}` was not told, but {faults:#?}"
        );
    };
    for (expected, table) in &BROKEN_TABLES {
        told(
            expected,
            &Inventory {
                tables: vec![table],
                ..inventory()
            },
        );
    }
    for (expected, plant) in OTHER_PLANTS {
        let mut inventory = inventory();
        plant(&mut inventory);
        told(expected, &inventory);
    }
}

#[test]
fn a_route_tells_its_own_paths_from_others() {
    assert_eq!(ROUTE.rest("/v1/notes/n1"), Some("n1"));
    assert_eq!(ROUTE.rest("/v1/note"), None);
    let plain = Route {
        path: "/v1/notes",
        ..ROUTE
    };
    assert_eq!((plain.rest("/v1/notes"), plain.rest("/v1/notes/")), (Some(""), None));
}
