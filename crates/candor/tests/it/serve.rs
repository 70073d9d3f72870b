//! Start and end of the process, as a supervisor sees them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running `candor serve` in a folder of its own; killed when it is dropped.
struct Served {
    child: Child,
    operations: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Served {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (public, operations) = (free_address(), free_address());
        let child = Command::new(env!("CARGO_BIN_EXE_candor"))
            .arg("serve")
            .current_dir(folder.path())
            .env_clear()
            .env("CANDOR__SERVER__LISTEN", public.to_string())
            .env("CANDOR__OPERATIONS__LISTEN", operations.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut served = Self {
            child,
            operations,
            _folder: folder,
        };
        served.wait_until("it is ready", |served| {
            served.get("/readyz").is_some_and(|answer| answer.contains(" 200 "))
        });
        served
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.operations).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    fn wait_until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        for _ in 0..1000 {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended before {what}");
            if condition(self) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("10 s passed before {what}");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Already gone in the good case.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn the_operations_listener_tells_life_readiness_and_metrics() {
    let served = Served::start();
    assert!(served.get("/healthz").unwrap().contains("alive"));
    assert!(served.get("/metrics").unwrap().contains("text/plain; version=0.0.4"));
    assert!(served.get("/admin").unwrap().starts_with("HTTP/1.1 404"));
}

#[test]
fn a_signal_to_terminate_ends_the_process_well() {
    let mut served = Served::start();
    let pid = rustix::process::Pid::from_child(&served.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_taken_address_ends_the_start_and_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_candor"))
        .arg("serve")
        .current_dir(folder.path())
        .env_clear()
        .env("CANDOR__SERVER__LISTEN", taken.local_addr().unwrap().to_string())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains(&format!(
            "server.listen: {} can't be listened on",
            taken.local_addr().unwrap()
        )),
        "{said}"
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing was touched"
    );
}
