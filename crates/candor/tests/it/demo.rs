//! `candor demo`, as somebody runs it: what it shows, what it leaves, what it does when a promise is broken.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use testkit::wait;

/// What the interface promises.
const WITHIN: Duration = Duration::from_secs(60);
/// As wide as every terminal.
const WIDTH: usize = 80;
/// Where the README shows it.
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
/// Set it to write the README anew: `DEMO_BLESS=1 ./test -p candor demo`.
const BLESS: &str = "DEMO_BLESS";

/// `candor demo` in a folder for its temporary files that is looked into afterwards.
struct Demo {
    folder: tempfile::TempDir,
    arguments: Vec<&'static str>,
    config: String,
    planted: &'static str,
}

/// What came of it.
struct Ended {
    status: ExitStatus,
    out: String,
    err: String,
}

impl Demo {
    fn new(arguments: &[&'static str]) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            arguments: arguments.to_vec(),
            config: String::new(),
            planted: "",
        }
    }

    fn start(&self) -> Child {
        let config = self.folder.path().join("candor.toml");
        std::fs::write(&config, &self.config).unwrap();
        std::fs::create_dir_all(self.temporary()).unwrap();
        Command::new(env!("CARGO_BIN_EXE_candor"))
            .arg("demo")
            .args(&self.arguments)
            .arg("--config")
            .arg(config)
            .env_clear()
            .env("TMPDIR", self.temporary())
            .env("CANDOR_PLANT", self.planted)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn temporary(&self) -> std::path::PathBuf {
        self.folder.path().join("temporary")
    }

    fn run(&self) -> Ended {
        let output = self.start().wait_with_output().unwrap();
        Ended {
            status: output.status,
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn assert_nothing_left(&self) {
        let left = std::fs::read_dir(self.temporary()).unwrap().count();
        let beside = std::fs::read_dir(self.folder.path()).unwrap().count();
        assert_eq!(
            (left, beside),
            (0, 2),
            "the configuration and an empty folder for temporary files"
        );
    }
}

impl Ended {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }
}

#[test]
fn the_demo_ends_well_within_a_minute_shows_what_the_readme_shows_and_leaves_nothing() {
    let demo = Demo::new(&[]);
    let began = Instant::now();
    let ended = demo.run();
    let took = began.elapsed();
    assert_eq!(
        (ended.status.code(), ended.err.as_str()),
        (Some(0), ""),
        "{}",
        ended.out
    );
    assert!(took < WITHIN, "{took:?}");
    demo.assert_nothing_left();
    assert!(!ended.out.contains(['\x1b', '\r', '✗']), "{}", ended.out);
    let widest = ended.out.lines().map(|line| line.chars().count()).max();
    assert!(widest.unwrap() <= WIDTH, "{widest:?}");
    assert!(ended.out.matches('✓').count() > 40, "{}", ended.out);

    let readme = std::fs::read_to_string(README).unwrap();
    let (before, shown, after) = recorded(&readme);
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(README, format!("{before}{}{after}", ended.out.trim_end())).unwrap();
    } else {
        assert_eq!(
            shape(shown),
            shape(&ended.out),
            "README.md shows another demo: {BLESS}=1 ./test -p candor demo writes this one"
        );
    }
}

/// The README, parted around its transcript.
fn recorded(readme: &str) -> (&str, &str, &str) {
    const BEGIN: &str = "<!-- demo: written by a test -->\n\n```text\n";
    const END: &str = "\n```\n\n<!-- end of demo -->";
    let begin = readme.find(BEGIN).expect("the README shows the demo") + BEGIN.len();
    let end = begin + readme[begin..].find(END).expect("the README shows the demo to its end");
    (&readme[..begin], &readme[begin..end], &readme[end..])
}

/// Numbers, ids and line ends differ from run to run; words don't.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    for word in text.split_whitespace() {
        let word = if word.starts_with("gen_") { "gen_#:" } else { word };
        let mut last = ' ';
        for letter in word.chars() {
            let letter = if letter.is_ascii_digit() { '#' } else { letter };
            if !(letter == last && matches!(letter, '#' | '─')) {
                shape.push(letter);
            }
            last = letter;
        }
        shape.push(' ');
    }
    shape
}

#[test]
fn nothing_listens_beyond_this_machine_and_nothing_is_connected_to() {
    let demo = Demo::new(&["--fast"]);
    let mut child = demo.start();
    let (mut listening, mut looks) = (BTreeSet::new(), 0);
    let status = wait::until(WITHIN, "the demo ends", || {
        for socket in sockets(child.id()) {
            assert!(socket.is_local, "{socket:?}");
            if socket.state == LISTENING {
                listening.insert(socket.local);
            }
        }
        looks += 1;
        child.try_wait().unwrap()
    });
    assert!(status.success());
    assert!(listening.len() >= 2 && looks > 10, "{listening:?} in {looks} looks");
}

const LISTENING: u8 = 0x0a;

#[derive(Debug)]
struct Socket {
    local: String,
    is_local: bool,
    state: u8,
}

/// The sockets of a process: those of its network whose number is among its descriptors.
fn sockets(process: u32) -> Vec<Socket> {
    let folder = Path::new("/proc").join(process.to_string());
    let links = std::fs::read_dir(folder.join("fd")).into_iter().flatten().flatten();
    let links = links.filter_map(|link| std::fs::read_link(link.path()).ok());
    let own: BTreeSet<String> = links
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let mut found = Vec::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let text = std::fs::read_to_string(folder.join("net").join(table)).unwrap_or_default();
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (local, remote, state, number) = (fields[1], fields[2], fields[3], fields[9]);
            if own.contains(number) {
                let state = u8::from_str_radix(state, 16).unwrap();
                // 127.0.0.1, as the kernel writes it. Who listens has no remote.
                let is_here = |address: &str| address.starts_with("0100007F:");
                found.push(Socket {
                    local: local.to_owned(),
                    is_local: is_here(local) && (state == LISTENING || is_here(remote)),
                    state,
                });
            }
        }
    }
    found
}

/// A promise, and what breaks it.
const BREACHES: &[(&str, &str)] = &[
    ("keeps_key", "P-13.3"),
    ("keeps_day", "P-13.3"),
    ("shows_ended_day", "P-13.3"),
    ("k_of_one", "P-13.4"),
];

#[test]
fn a_planted_breach_ends_it_with_1_and_is_told() {
    for (breach, promise) in BREACHES {
        let mut demo = Demo::new(&["--json"]);
        demo.planted = breach;
        let ended = demo.run();
        let told = ended.json();
        assert_eq!((ended.status.code(), &told["ok"]), (Some(1), &false.into()), "{breach}");
        let state = told["promises"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["id"] == *promise)
            .map(|one| one["state"].clone());
        assert_eq!(state, Some("broken".into()), "{breach}");
        let steps = told["steps"].as_array().unwrap().iter();
        let checks: Vec<_> = steps.flat_map(|step| step["checks"].as_array().unwrap()).collect();
        let failed = checks.iter().filter(|check| check["holds"] == false).count();
        assert!(
            failed > 0 && checks.len() > 30,
            "{breach}: {failed} of {}",
            checks.len()
        );
        assert!(ended.err.contains("checks did not see what they must"), "{}", ended.err);
        demo.assert_nothing_left();
    }
}

#[test]
fn numbers_of_the_policy_are_obeyed_and_where_nothing_is_kept_there_is_nothing_to_show() {
    let mut demo = Demo::new(&["--json"]);
    demo.config = "[policy.retention]\ngeneration_log = \"7d\"\n".to_owned();
    let ended = demo.run();
    assert_eq!(ended.status.code(), Some(0), "{} {}", ended.out, ended.err);
    let left = ended.json()["left"].clone();
    let left = left.as_array().unwrap();
    let column = |key: &str| left.iter().map(|left| left[key].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(column("day"), [0, 6, 6, 7]);
    assert_eq!(column("receipt"), [200, 404, 404, 404]);
    let sealed = left[0]["sealed"].as_u64().unwrap();
    assert!(sealed > 200, "{sealed}");
    assert_eq!(column("sealed_found"), [sealed, sealed, 0, 0]);
    assert_eq!(column("backup_opened"), [sealed, sealed, 0, 0]);
    assert_eq!(column("keys"), [1, 1, 0, 0]);
    assert_eq!(column("in_the_clear"), [0, 0, 0, 0]);

    demo.config = "[policy.retention]\ngeneration_log = \"none\"\n".to_owned();
    let ended = demo.run();
    assert_eq!(ended.status.code(), Some(2), "{}", ended.err);
    assert!(ended.err.contains("nothing is kept"), "{}", ended.err);
    demo.assert_nothing_left();
}

#[test]
fn whoever_interrupts_it_finds_nothing_left() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let demo = Demo::new(&[]);
        let mut child = demo.start();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        read_until(&mut out, "company");
        assert_eq!(
            std::fs::read_dir(demo.temporary()).unwrap().count(),
            1,
            "it is there while it runs"
        );
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(sent.unwrap().success());
        let mut rest = Vec::new();
        out.read_to_end(&mut rest).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(1), "{signal}");
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(
            said.contains("interrupted by SIG") && said.contains("is gone"),
            "{said}"
        );
        demo.assert_nothing_left();
    }
}

#[test]
fn a_closed_pipe_ends_it_and_leaves_nothing() {
    let demo = Demo::new(&[]);
    let mut child = demo.start();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    read_until(&mut out, "conversation");
    drop(out);
    let ended = wait::until(WITHIN, "the demo ends", || child.try_wait().unwrap());
    assert_eq!(ended.code(), Some(1));
    demo.assert_nothing_left();
}

fn read_until(out: &mut impl BufRead, word: &str) {
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "it ended before {word:?}");
    }
}
