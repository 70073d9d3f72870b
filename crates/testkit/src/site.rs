//! A place where the program lives: a temporary folder with configuration and data, a database, free ports.
//!
//! ```no_run
//! let upstream = testkit::FakeUpstream::start();
//! let site = testkit::Site::new(testkit::Database::sqlite()).upstream(&upstream);
//! let key = site.customer("a@example.test", "10.00");
//! let serving = site.serve();
//! let answer = serving.send(&testkit::Request::chat("gpt-4o-mini", "Hello", testkit::http::Streamed::No).key(&key));
//! assert_eq!(answer.status, 200);
//! ```

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use crate::circumstances::Circumstances;
use crate::database::Database;
use crate::port::free_port;
use crate::serving::{Ended, Serving};
use crate::upstream::{FakeUpstream, KEY};

/// The model that [`Site::upstream`] configures.
pub const MODEL: &str = "gpt-4o-mini";

/// The variable in which the program of [`Site::served_by`] finds its arguments, one a line.
pub const ARGUMENTS: &str = "CANDOR_TEST_ARGUMENTS";

/// A folder, a database and ports for one instance.
#[derive(Debug)]
pub struct Site {
    database: Database,
    config: Mutex<String>,
    environment: Vec<(String, String)>,
    circumstances: Mutex<Circumstances>,
    listen: SocketAddr,
    operations: SocketAddr,
    /// What `serve` is started from instead of the binary.
    server: Option<(PathBuf, Vec<String>)>,
}

impl Site {
    /// A place with no configuration but ports, data folder and database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        let address = || SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        Self {
            database,
            config: Mutex::default(),
            environment: Vec::new(),
            circumstances: Mutex::default(),
            listen: address(),
            operations: address(),
            server: None,
        }
    }

    /// Adds lines to `candor.toml`.
    #[must_use]
    pub fn config(self, text: &str) -> Self {
        self.reconfigure(|config| format!("{config}{text}\n"));
        self
    }

    /// Writes another `candor.toml` in the place of the one that is there, also while the program runs.
    ///
    /// # Panics
    /// If it can't be written.
    pub fn reconfigure(&self, change: impl FnOnce(&str) -> String) {
        let mut config = self.config.lock().expect("no test panics while it configures");
        *config = change(&config);
        drop(config);
        self.write_config();
    }

    /// Adds a provider `fake` at `upstream` and the model [`MODEL`] that it serves, at 0.15 and 0.60 for a million tokens.
    #[must_use]
    pub fn upstream(self, upstream: &FakeUpstream) -> Self {
        let address = upstream.address();
        self.config(&format!(
            "[[provider]]\nname = \"fake\"\nkind = \"openai\"\nbase_url = \"http://{address}/v1\"\nkey = \"{KEY}\"\nregion = \"eu\"\n\n\
             [[model]]\nname = \"{MODEL}\"\nroutes = [\"fake/{MODEL}\"]\n\
             price = {{ currency = \"EUR\", input = \"0.15\", output = \"0.60\" }}\n"
        ))
    }

    /// Adds a provider `NAME` of `kind` at `upstream`, and a model of the same name that it serves as `served`.
    #[must_use]
    pub fn provider(self, name: &str, kind: &str, upstream: &FakeUpstream) -> Self {
        let address = upstream.address();
        self.config(&format!(
            "[[provider]]\nname = \"{name}\"\nkind = \"{kind}\"\nbase_url = \"http://{address}/v1\"\nkey = \"{KEY}\"\n\n\
             [[model]]\nname = \"{name}\"\nroutes = [\"{name}/served\"]\n\
             price = {{ currency = \"EUR\", input = \"1\", output = \"2\" }}\n"
        ))
    }

    /// Sets a variable of the environment for every start and command.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets `serve` be another program, called with these arguments; those of `serve` stand in [`ARGUMENTS`]. Commands are the binary's.
    #[must_use]
    pub fn served_by(mut self, program: &Path, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self.server = Some((program.to_owned(), arguments));
        self
    }

    /// From now on each start and command finds the machine's date so many days ahead, through libfaketime; 0: the real one.
    ///
    /// # Panics
    /// If libfaketime is not installed.
    pub fn travel(&self, days_ahead: u32) {
        self.circumstances().days_ahead = days_ahead;
    }

    /// Sets the machine's date so many days ahead, also for programs that run, as somebody does who sets it while they run. They
    /// heed it if this was called before they were started.
    ///
    /// # Panics
    /// If libfaketime is not installed.
    pub fn set_wall(&self, days_ahead: u32) {
        let file = self.folder().join("wall");
        let written = self.folder().join("wall.new");
        std::fs::write(&written, format!("+{days_ahead}d\n")).expect("a file can be written");
        // At once, for whoever reads it just now.
        std::fs::rename(&written, &file).expect("a file can be renamed");
        self.circumstances().wall = Some(file);
    }

    /// From now on each start and command has this breach of a promise planted; with an empty name none.
    pub fn plant(&self, breach: &str) {
        breach.clone_into(&mut self.circumstances().planted);
    }

    fn circumstances(&self) -> std::sync::MutexGuard<'_, Circumstances> {
        self.circumstances.lock().expect("no test panics while it sets a date")
    }

    /// The folder of everything: configuration, data, logs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.database.folder()
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// What the program writes to stderr, of all starts so far.
    #[must_use]
    pub fn log(&self) -> Vec<u8> {
        std::fs::read(self.folder().join("stderr")).unwrap_or_default()
    }

    /// What `serve` wrote to stdout, of all starts so far.
    #[must_use]
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder().join("stdout")).unwrap_or_default()).into_owned()
    }

    /// The database.
    #[must_use]
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// Where the model APIs are.
    #[must_use]
    pub const fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Where health and metrics are.
    #[must_use]
    pub const fn operations(&self) -> SocketAddr {
        self.operations
    }

    /// Runs a command of the program to its end.
    ///
    /// # Panics
    /// If the program can't be started.
    #[must_use]
    pub fn cli(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("the program can be started")
    }

    /// Runs a command that must succeed, and returns what it printed, without the last newline.
    ///
    /// # Panics
    /// If it fails.
    pub fn cli_ok(&self, arguments: &[&str]) -> String {
        let output = self.cli(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "candor {}: {}: {error}",
            arguments.join(" "),
            output.status
        );
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Brings the schema of a PostgreSQL up to date, which `serve` asks for; SQLite needs no such step.
    ///
    /// # Panics
    /// If it fails.
    pub fn migrate(&self) {
        if self.database.url().is_some() {
            self.cli_ok(&["migrate"]);
        }
    }

    /// Makes an account with credit and returns an API key of it.
    ///
    /// # Panics
    /// If a command fails.
    pub fn customer(&self, email: &str, credit: &str) -> String {
        self.migrate();
        let name = email.split('@').next().unwrap_or(email);
        self.cli_ok(&["account", "create", "--email", email, "--username", name]);
        self.cli_ok(&["credit", "grant", "--account", email, "--amount", credit]);
        self.cli_ok(&["key", "create", "--account", email, "--name", "test"])
    }

    /// Runs a command that must succeed and print JSON.
    ///
    /// # Panics
    /// If it fails or prints something else.
    pub fn cli_json(&self, arguments: &[&str]) -> serde_json::Value {
        let text = self.cli_ok(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("candor {}: {error}: {text}", arguments.join(" ")))
    }

    /// Starts the program and waits until it is ready.
    ///
    /// # Panics
    /// If it isn't ready within half a minute.
    #[must_use]
    pub fn serve(&self) -> Serving<'_> {
        match Serving::start(self) {
            Ok(serving) => serving,
            Err(ended) => panic!("candor serve ended with {}: {}", ended.status, ended.said),
        }
    }

    /// Starts the program and waits until it is ready or has ended.
    ///
    /// # Errors
    /// It ended.
    ///
    /// # Panics
    /// If it does neither within half a minute.
    pub fn try_serve(&self) -> Result<Serving<'_>, Ended> {
        Serving::start(self)
    }

    /// `serve` in this place.
    pub(crate) fn server(&self) -> Command {
        let Some((program, arguments)) = &self.server else {
            return self.command(&["serve"]);
        };
        let mut command = Command::new(program);
        let file = self.write_config();
        command.args(arguments);
        self.settle(&mut command);
        command.env(ARGUMENTS, format!("serve\n--config\n{}", file.display()));
        command
    }

    /// A command of the program in this place, to be started by the caller.
    ///
    /// # Panics
    /// If the configuration can't be written.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).arg("--config").arg(self.write_config());
        self.settle(&mut command);
        command
    }

    fn write_config(&self) -> PathBuf {
        let file = self.folder().join("candor.toml");
        let config = self.config.lock().expect("no test panics while it configures");
        // In one step, for whoever reads it just now.
        let written = self.folder().join("candor.toml.new");
        std::fs::write(&written, &*config).expect("the configuration can be written");
        std::fs::rename(&written, &file).expect("a file can be renamed");
        file
    }

    /// Gives a command this place's folder and environment, and nothing else of ours.
    fn settle(&self, command: &mut Command) {
        command.current_dir(self.folder()).env_clear();
        for kept in ["PATH", "HOME", "TMPDIR", "LD_PRELOAD", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command.env("CANDOR__SERVER__LISTEN", self.listen.to_string());
        command.env("CANDOR__OPERATIONS__LISTEN", self.operations.to_string());
        command.env("CANDOR__DATA__DIR", self.data());
        if let Some(url) = self.database.url() {
            command.env("CANDOR__DATABASE__URL", url);
        }
        command.envs(self.circumstances().variables());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
    }
}

/// The program: `CANDOR_BIN`, or else the one that was built beside the running test.
fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("CANDOR_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a running test has a path");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    let binary = folder.join("candor");
    assert!(
        binary.is_file(),
        "{} is not there: `cargo build -p candor`, or set CANDOR_BIN",
        binary.display()
    );
    binary
}
