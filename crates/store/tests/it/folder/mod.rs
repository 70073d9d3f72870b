//! The data folder's lock and the owner's socket.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use store::disk::{Disk, RealDisk};
use store::folder::{ControlError, DataFolder, Owner, REQUEST_LIMIT, Scratch, ask, files_below, serve_control};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

fn owner(folder: &Path) -> Owner {
    match DataFolder::own(folder).unwrap() {
        DataFolder::Owner(owner) => owner,
        DataFolder::Owned { .. } => panic!("someone else has it"),
    }
}

fn socket(folder: &Path) -> Option<PathBuf> {
    match DataFolder::own(folder).unwrap() {
        DataFolder::Owner(_) => panic!("nobody has it"),
        DataFolder::Owned { socket } => socket,
    }
}

/// An owner that answers with the request turned around.
struct Serving {
    _owner: Owner,
    socket: PathBuf,
    task: JoinHandle<()>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn serving(folder: &Path) -> Serving {
    let mut owner = owner(folder);
    let listener = owner.listen().unwrap();
    let reversed = |mut request: Vec<u8>| async move {
        request.reverse();
        request
    };
    let task = tokio::spawn(async move { drop(serve_control(listener, reversed).await) });
    Serving {
        socket: socket(folder).unwrap(),
        _owner: owner,
        task,
    }
}

#[tokio::test]
async fn one_process_owns_a_folder_and_the_next_one_asks_it() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("candor-data");
    let serving = serving(&folder);
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(serving.socket.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(ask(&serving.socket, b"usage").await.unwrap(), b"egasu");
    assert_eq!(ask(&serving.socket, b"").await.unwrap(), b"");
    let large = vec![7; REQUEST_LIMIT];
    assert_eq!(ask(&serving.socket, &large).await.unwrap(), large);
}

#[tokio::test]
async fn an_owner_that_does_not_listen_has_no_socket_and_a_gone_one_leaves_the_folder_free() {
    let place = tempfile::tempdir().unwrap();
    let first = owner(place.path());
    assert_eq!(socket(place.path()), None);
    drop(first);
    let second = serving(place.path());
    let path = second.socket.clone();
    drop(second);
    assert!(!path.exists());
    assert!(matches!(ask(&path, b"x").await, Err(ControlError::NoOwner { .. })));
    drop(owner(place.path()));
}

#[tokio::test]
async fn a_folder_with_a_long_path_has_its_socket_elsewhere() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("a".repeat(200)).join("candor-data");
    let serving = serving(&folder);
    assert!(!serving.socket.starts_with(place.path()));
    assert_eq!(ask(&serving.socket, b"ab").await.unwrap(), b"ba");
    let parent = serving.socket.parent().unwrap().to_owned();
    assert_eq!(parent.metadata().unwrap().permissions().mode() & 0o077, 0);
    drop(serving);
    std::fs::remove_dir(parent).unwrap();
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_refused_on_both_sides() {
    let place = tempfile::tempdir().unwrap();
    let serving = serving(place.path());
    let error = ask(&serving.socket, &vec![0; REQUEST_LIMIT + 1]).await.unwrap_err();
    assert!(matches!(error, ControlError::TooLarge { .. }), "{error}");
    // A peer that doesn't keep to it is cut off at the length, before anything is stored.
    let mut rude = UnixStream::connect(&serving.socket).await.unwrap();
    rude.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
    assert_eq!(rude.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(ask(&serving.socket, b"ab").await.unwrap(), b"ba");
}

#[tokio::test]
async fn few_are_answered_at_once_and_a_gone_asker_frees_its_place() {
    let place = tempfile::tempdir().unwrap();
    let mut owner = owner(place.path());
    let listener = owner.listen().unwrap();
    let path = socket(place.path()).unwrap();
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counters = (Arc::clone(&running), Arc::clone(&most));
    let task = tokio::spawn(serve_control(listener, move |request| {
        let (running, most) = counters.clone();
        async move {
            let now = running.fetch_add(1, Ordering::SeqCst) + 1;
            let _leave = Leave(running);
            most.fetch_max(now, Ordering::SeqCst);
            if request == b"stay" {
                std::future::pending::<()>().await;
            }
            request
        }
    }));
    let stay = |_| {
        let path = path.clone();
        tokio::spawn(async move { ask(&path, b"stay").await })
    };
    let staying: Vec<_> = (0..12).map(stay).collect();
    until(|| running.load(Ordering::SeqCst) == 8).await;
    for asker in &staying {
        asker.abort();
    }
    assert_eq!(ask(&path, b"now").await.unwrap(), b"now");
    assert_eq!(most.load(Ordering::SeqCst), 8);
    until(|| running.load(Ordering::SeqCst) == 0).await;
    task.abort();
}

struct Leave(Arc<AtomicUsize>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn until(condition: impl Fn() -> bool) {
    let met = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), met).await.unwrap();
}

#[test]
fn a_scratch_folder_is_new_and_ends_with_its_holder() {
    let parent = tempfile::tempdir().unwrap();
    let random = base::random::SeededRandom::new(7);
    let scratch = Scratch::make(parent.path(), "demo", &random).unwrap();
    let place = scratch.path().to_owned();
    RealDisk.create_folder(&place.join("below")).unwrap();
    RealDisk.create(&place.join("below").join("file")).unwrap();
    RealDisk.create(&place.join("above")).unwrap();
    assert_eq!(
        files_below(&place).unwrap(),
        [place.join("above"), place.join("below").join("file")]
    );
    let again = Scratch::make(parent.path(), "demo", &base::random::SeededRandom::new(7));
    assert_eq!(again.unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
    let other = Scratch::make(parent.path(), "demo", &random).unwrap();
    let beside = other.path().to_owned();
    drop(scratch);
    other.remove().unwrap();
    assert!(!place.exists() && !beside.exists());
    assert_eq!(files_below(parent.path()).unwrap(), Vec::<PathBuf>::new());
    assert!(files_below(&place).is_err());
}
